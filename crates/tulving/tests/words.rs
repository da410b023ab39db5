//! Words of the world: what readers of a language expect to find with a question, and what not.
//!
//! Sources, by script: Unicode's CaseFolding.txt and UAX #29 and #15; CLDR's root collation (what
//! differs by accent only, and that й, ї, ў are letters of their own); Lucene's normalizers for
//! Arabic, Persian and Hindi; the allomorphs of Korean particles; parasavarna and the optional nukta
//! of Hindi; chillu letters as in Unicode's chapter on Malayalam.

use std::collections::HashSet;

use tulving::search::keyword::query_terms;
use tulving::search::snippet::snippet;
use tulving::search::tokens;

/// Language, question, memory.
const FOUND: &[(&str, &str, &str)] = &[
    ("English", "worker", "The WORKERS hung"),
    ("English", "cooperate", "we co\u{ad}operate"),
    ("English", "naive", "a naïve idea"),
    ("English", "O'Brien", "asked OBrien"),
    ("German", "strasse", "Die Straße ist gesperrt"),
    ("German", "GROSSE", "große Pläne"),
    ("German", "Mueller", "Frau Müller rief an"),
    ("German", "Müller", "Herr Mueller"),
    ("German", "Zurich", "In Zürich"),
    ("German", "Fußball", "FUẞBALL"),
    ("French", "eau", "un verre d'eau"),
    ("French", "l’œuvre", "une OEUVRE"),
    ("French", "eleve", "l'élève"),
    ("Spanish", "manana", "Hasta mañana"),
    ("Spanish", "corazón", "CORAZON"),
    ("Portuguese", "coracao", "coração"),
    ("Catalan", "col·legi", "el collegi"),
    ("Romanian", "știință", "ştiinţă"),
    ("Polish", "lodz", "Mieszkam w Łodzi; Łódź"),
    ("Polish", "zolty", "ŻÓŁTY"),
    ("Czech", "prilis", "Příliš žluťoučký kůň"),
    ("Croatian", "Dordevic", "Đorđević"),
    ("Hungarian", "arvizturo", "árvíztűrő"),
    ("Danish", "Kobenhavn", "i København"),
    ("Danish", "Koebenhavn", "i København"),
    ("Danish", "Aalborg", "Ålborg"),
    ("Swedish", "smörgås", "SMÖRGÅS"),
    ("Norwegian", "blåbær", "blaabaer"),
    ("Icelandic", "thing", "Þing"),
    ("Finnish", "paivaa", "hyvää päivää"),
    ("Turkish", "istanbul", "İSTANBUL"),
    ("Turkish", "ISPARTA", "ısparta"),
    ("Turkish", "ısparta", "Isparta"),
    ("Turkish", "Ankara", "Ankara'da"),
    ("Azerbaijani", "DİL", "dil"),
    ("Vietnamese", "pho", "một bát phở"),
    ("Vietnamese", "Da Nang", "Đà Nẵng"),
    (
        "Vietnamese",
        "tiếng Việt",
        "tie\u{302}\u{301}ng Vie\u{323}\u{302}t",
    ),
    ("Hawaiian", "Hawaii", "Hawaiʻi"),
    ("Welsh", "ŵyr", "wyr"),
    ("Greek", "ΟΔΟΣ", "η οδός"),
    ("Greek", "Αθηνα", "Αθήνα"),
    ("Greek", "ψυχη", "ψυχῇ"),
    ("Russian", "елка", "Ёлка горит"),
    ("Russian", "ЧАЙ", "чаи\u{306} горячий"),
    ("Russian", "замок", "за\u{301}мок"),
    ("Ukrainian", "об'єкт", "обʼєкт"),
    ("Ukrainian", "ЇЖАК", "їжак"),
    ("Macedonian", "ЌЕ", "ќе"),
    ("Georgian", "თბილისი", "ᲗᲑᲘᲚᲘᲡᲘ"),
    ("Armenian", "երեւան", "ԵՐԵՎԱՆ և Երևան"),
    ("Cherokee", "ᏣᎳᎩ", "ꮳꮃꭹ"),
    ("Hebrew", "שלום", "שָׁלוֹם עולם"),
    ("Hebrew", "בית", "גר והבית גדול"),
    ("Hebrew", "צה\"ל", "צה״ל"),
    ("Yiddish", "אידיש", "אִידיש"),
    ("Arabic", "كتاب", "هذا كِتَابٌ"),
    ("Arabic", "كتاب", "قرأت الكتاب"),
    ("Arabic", "احمد", "جاء أحمد"),
    ("Arabic", "محمد", "محمـــد"),
    ("Arabic", "مدرسه", "مدرسة"),
    ("Arabic", "على", "علي"),
    ("Arabic", "سلام", "ﺳﻼﻡ"),
    ("Arabic", "2024", "سنة ٢٠٢٤"),
    ("Persian", "كتاب", "کتاب"),
    ("Persian", "میخواهم", "می\u{200c}خواهم"),
    ("Persian", "۱۲۳", "123"),
    ("Urdu", "ہے", "ھے ہے هے"),
    ("Hindi", "हिंदी", "हिन्दी भाषा"),
    ("Hindi", "संबंध", "सम्बन्ध"),
    ("Hindi", "हां", "हाँ"),
    ("Hindi", "जरूरी", "ज़रूरी काम"),
    ("Hindi", "क\u{93c}लम", "क़लम"),
    ("Hindi", "2024", "२०२४ में"),
    ("Marathi", "नमस्कार", "नमस्कार मंडळी"),
    ("Bengali", "উৎসব", "উত\u{9cd}\u{200d}সব"),
    ("Bengali", "সময়", "সময\u{9bc} নেই"),
    ("Tamil", "கொடி", "க\u{bc6}\u{bbe}டி"),
    ("Malayalam", "അവൻ", "അവന\u{d4d}\u{200d} വന്നു"),
    ("Telugu", "నమస్కారం", "నమస్కారం అండి"),
    ("Thai", "ภาษา", "ฉันเรียนภาษาไทย"),
    ("Thai", "น้ำ", "นํ้า"),
    ("Thai", "น้ำ", "ดื่มน้ำเย็น"),
    ("Thai", "123", "ห้อง ๑๒๓"),
    ("Lao", "ລາວ", "ປະເທດລາວງາມ"),
    ("Khmer", "ខ្មែរ", "ភាសាខ្មែរល្អ"),
    ("Khmer", "ភាសាខ្មែរ", "ភាសា\u{200b}ខ្មែរ"),
    ("Burmese", "မြန်မာ", "ကျွန်တော်မြန်မာစကား"),
    ("Tibetan", "བོད", "བོད་སྐད"),
    ("Chinese", "东京", "我昨天去东京了"),
    ("Chinese", "猫", "我的猫很可爱"),
    ("Chinese", "我的猫在哪里", "猫"),
    ("Chinese", "辻", "辻\u{e0100}さん"),
    ("Chinese", "２０２４年", "2024年"),
    ("Japanese", "東京", "東京都に行く"),
    ("Japanese", "猫が好き", "猫を飼う"),
    ("Japanese", "本", "図書館で本を読む"),
    ("Japanese", "水", "海水浴"),
    ("Japanese", "ねこ", "ネコの話"),
    ("Japanese", "ガス", "ｶﾞｽ代"),
    ("Japanese", "か\u{3099}す", "がす"),
    ("Japanese", "サーバー", "サーバが落ちた"),
    ("Korean", "서울", "서울은 비가 온다"),
    ("Korean", "혈당에서", "혈당 수치가 높다"),
    ("Korean", "수급자", "수급자의 연금을 확인했다"),
    ("Korean", "물을 마셨다", "물이 없다"),
    ("Korean", "집에서", "집"),
    ("Korean", "데이터", "빅데이터분석"),
    (
        "Korean",
        "한국",
        "\u{1112}\u{1161}\u{11ab}\u{1100}\u{116e}\u{11a8}에서",
    ),
    ("signs", "C++", "I write C++."),
    ("signs", "C#", "(C#)"),
    ("signs", ".NET", "on .NET 8"),
    ("signs", "🎉", "we won 🎉🎉"),
    ("signs", "👍", "ok👍🏽"),
    ("signs", "👍🏿", "👍"),
    ("signs", "❤", "❤\u{fe0f}"),
    ("signs", "👩", "👩🏽\u{200d}💻"),
    ("signs", "🇩🇪", "to 🇩🇪 and 🇩🇰"),
    ("signs", "$", "it cost $5"),
    ("signs", "€", "5 € or 5€"),
    ("signs", "₹", "₹500"),
    ("signs", "%", "up by 3%"),
    ("signs", "->", "fn f() -> u8"),
    ("signs", "=>", "case _ => ()"),
    ("signs", "!=", "if a!=b"),
    ("signs", "\\d+", "matches \\d+ only"),
    ("signs", "&&", "make && make test"),
    ("signs", "404", "error 404"),
    ("signs", "#1", "issue #1"),
    ("signs", "@user", "ask @user"),
    ("signs", "∑", "∑ of all"),
    ("signs", "→", "a → b"),
    ("signs", "＄", "$"),
];

/// The same, of what must stay apart.
const APART: &[(&str, &str, &str)] = &[
    ("Russian", "май", "маи"),
    ("Russian", "мой", "мои"),
    ("Ukrainian", "їх", "іх"),
    ("Belarusian", "ў", "у"),
    ("Hindi", "कमल", "कमाल"),
    ("Hindi", "दिन", "दीन"),
    ("Hindi", "सड़क", "सडक"),
    ("Hindi", "कल", "क्ल"),
    ("Bengali", "যা", "য়া"),
    ("Gurmukhi", "ਸ਼", "ਸ"),
    ("Tamil", "கல", "கல்"),
    ("Thai", "มา", "ม้า"),
    ("Thai", "น้ำ", "น้า"),
    ("Japanese", "は", "ば"),
    ("Japanese", "びょういん", "美容"),
    ("Japanese", "行く", "銀行"),
    ("Japanese", "東京", "京都"),
    ("Chinese", "大学", "大小"),
    ("Korean", "아이", "아버지"),
    ("Korean", "서울", "부산"),
    ("Korean", "나이", "나무"),
    ("Korean", "물", "불"),
    ("Hebrew", "שלום", "לחם"),
    ("Arabic", "كتب", "قلم"),
    ("Arabic", "الله", "له"),
    ("Turkish", "göl", "gül"),
    ("German", "Masse", "Maske"),
    ("Finnish", "tuli", "tuuli"),
    ("Greek", "νόμος", "μόνος"),
    ("English", "class", "clasp"),
    ("English", "public", "publish"),
    ("Georgian", "კარი", "ქარი"),
    ("signs", "🇩🇪", "🇩🇰"),
    ("signs", "🎉", "🎂"),
    ("signs", "->", "a - b > c"),
    ("signs", "$", "5 €"),
    ("signs", "?", "why?"),
];

fn found(question: &str, memory: &str) -> bool {
    let held: HashSet<String> = tokens::terms(memory).into_iter().collect();
    query_terms(question).iter().any(|term| held.contains(term))
}

#[test]
fn what_readers_take_for_the_same_is_found_and_shown() {
    let mut missed = Vec::new();
    for (language, question, memory) in FOUND {
        if !found(question, memory) || snippet(memory, question).marks.is_empty() {
            let (asked, held) = (query_terms(question), tokens::terms(memory));
            missed.push(format!(
                "{language}: {question} {asked:?} not in {memory} {held:?}"
            ));
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn what_readers_tell_apart_is_not_found() {
    let mut taken = Vec::new();
    for (language, question, memory) in APART {
        if found(question, memory) {
            let (asked, held) = (query_terms(question), tokens::terms(memory));
            taken.push(format!(
                "{language}: {question} {asked:?} in {memory} {held:?}"
            ));
        }
    }
    assert!(taken.is_empty(), "{taken:#?}");
}

#[test]
fn the_table_is_of_many_languages() {
    let languages: HashSet<&str> = FOUND.iter().map(|(language, ..)| *language).collect();
    assert!(FOUND.len() > 60 && languages.len() > 20);
}

/// The word as it was written counts for more than the same without its accents.
#[test]
fn an_accent_that_is_asked_for_counts() {
    let shared = |memory: &str| {
        let held: HashSet<String> = tokens::terms(memory).into_iter().collect();
        let asked = query_terms("phở");
        asked.iter().filter(|term| held.contains(*term)).count()
    };
    assert!(shared("phở") > shared("phố"));
    assert_eq!(shared("pho"), shared("phố"));
}
