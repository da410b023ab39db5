//! Gemini: activity as JSON and as a page, Workspace, AI Studio.

use std::fs;

use tempfile::TempDir;
use tulving_chats::{Limits, MessageKind, TimeSource};

use crate::support::{Heard, counts, heard, of_bytes, of_bytes_within, read_all};

const JSON: &str = "gemini/Takeout/My Activity/Gemini Apps/MyActivity.json";
const PAGE: &str = "gemini/Takeout/My Activity/Gemini Apps/MyActivity.html";

fn all_turns(heard: &Heard) -> Vec<String> {
    let turns = heard.conversations.iter().map(|(_, turns)| {
        let turns: Vec<String> = turns
            .iter()
            .map(|turn| format!("{} → {}", turn.human, turn.assistant))
            .collect();
        turns.join(" / ")
    });
    turns.collect()
}

#[test]
fn turns_of_the_log_are_put_together_by_links_and_by_their_times() {
    let heard = heard(&[JSON]);
    assert_eq!(
        all_turns(&heard),
        [
            "linked first → one / linked later → two",
            "\"노르웨이의 수도는?\" 라고 물음 → 오슬로입니다.",
            "No answer came → ",
            "What is the longest fjord? → Scoresby Sund.\n\n```text\n350 km\n``` / And its depth? → Up to 1,300 m.",
            "What is a fjord? → A narrow inlet.\n\n- deep\n- steep",
        ]
    );
    let (conversation, turns) = &heard.conversations[3];
    assert!(conversation.is_grouped);
    assert_eq!(
        turns[0].created_at.unwrap().to_string(),
        "2026-07-26T06:07:57Z"
    );
    assert_eq!(conversation.messages[1].time_source, TimeSource::Inferred);
    let linked = heard.conversation("abc123");
    assert!(!linked.is_grouped);
    assert_eq!(
        heard.conversations[4].0.messages[0].attachments,
        ["map.png", "chart.pdf"]
    );
    let report = heard.file("MyActivity.json");
    let skipped: Vec<(&str, u64)> = report
        .skipped
        .iter()
        .map(|(reason, count)| (reason.name(), *count))
        .collect();
    assert_eq!(skipped, [("not_a_turn", 2), ("other_product", 1)]);
}

#[test]
fn the_page_says_the_same_in_other_languages_and_zones() {
    let heard = heard(&[PAGE]);
    assert_eq!(
        all_turns(&heard),
        [
            "Which whales live there & when? → Narwhals.\n\n| month | seen |\n|---|---|\n| May | often | / E no Brasil? → Não há fiordes.",
            "What is the longest fjord? → Scoresby Sund.",
        ]
    );
    let times: Vec<String> = heard
        .conversations
        .iter()
        .flat_map(|(_, turns)| turns)
        .map(|turn| turn.created_at.unwrap().to_string())
        .collect();
    assert_eq!(
        times,
        [
            "2026-07-20T09:00:00Z",
            "2026-07-20T09:10:00Z",
            "2026-07-26T06:07:57Z"
        ]
    );
    assert_eq!(
        heard.conversations[0].0.messages[0].attachments,
        ["whale.jpg", "b.pdf"]
    );
    let report = heard.file("MyActivity.html");
    let skipped: Vec<(&str, u64)> = report
        .skipped
        .iter()
        .map(|(reason, count)| (reason.name(), *count))
        .collect();
    assert_eq!(skipped, [("not_a_turn", 1), ("other_product", 1)]);
}

#[test]
fn what_stands_in_the_page_and_in_the_json_is_read_once() {
    for order in [[JSON, PAGE], [PAGE, JSON]] {
        let heard = heard(&order);
        let fjord = all_turns(&heard)
            .join(" ")
            .matches("What is the longest fjord?")
            .count();
        assert_eq!(fjord, 1, "{order:?}");
        assert_eq!(heard.skipped().get("duplicate"), Some(&1));
    }
}

#[test]
fn workspace_conversations_keep_the_last_of_what_was_made_again() {
    let heard = heard(&["gemini/Takeout/Gemini in Workspace"]);
    assert_eq!(
        all_turns(&heard),
        [
            "Sum up the minutes → A better summary.\n\nWith two parts. / Make a picture of it → [conversation_1_turn_3_images_0]"
        ]
    );
    let conversation = &heard.conversations[0].0;
    assert_eq!(conversation.title.as_deref(), Some("Minutes"));
    assert_eq!(conversation.messages.len(), 6);
    assert_eq!(heard.skipped().get("empty"), Some(&1));
}

#[test]
fn ai_studio_is_read_without_its_thoughts() {
    let heard = heard(&["gemini/Google AI Studio"]);
    assert_eq!(
        all_turns(&heard),
        ["[drive-1]\n\nRhyme on this → Roses are red. / And violets? → Blue."]
    );
    let conversation = &heard.conversations[0].0;
    assert_eq!(conversation.messages[2].kind, MessageKind::Reasoning);
    assert_eq!(
        conversation.messages[3].model.as_deref(),
        Some("models/gemini-2.5-pro")
    );
}

#[test]
fn a_log_has_the_same_ids_as_a_page_and_as_json() {
    // Of the first two, the later is half an hour later by the second, and not by the thousandth of it.
    let turns = [
        (
            "10:00:00",
            "100",
            "How  deep is\\n a fjord?",
            "How deep is a fjord?",
        ),
        ("10:30:00", "900", "And how long?", "And how long?"),
        ("15:00:00", "5", "Who lives there?", "Who  lives there?"),
    ];
    let (mut json, mut page) = (Vec::new(), String::new());
    for (time, fraction, question, shown) in turns.into_iter().rev() {
        json.push(format!(
            r#"{{"header": "Gemini Apps", "products": ["Gemini Apps"], "title": "Prompted {question}", "time": "2026-07-20T{time}.{fraction}Z", "safeHtmlItem": [{{"html": "<p>Very.</p>"}}]}}"#
        ));
        page.push_str(&format!(
            r#"<div class="outer-cell"><p class="mdl-typography--title">Gemini Apps<br></p><div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">Prompted {shown}<br>Jul 20, 2026, {} {}<br><p>Very.</p></div></div>"#,
            time.replace("15:", "3:"),
            if time.starts_with("15") { "PM UTC" } else { "AM UTC" },
        ));
    }
    let ids = |heard: &Heard| -> Vec<(String, Vec<String>)> {
        let of = heard.conversations.iter().map(|(conversation, _)| {
            let messages = conversation.messages.iter();
            let messages = messages.map(|message| message.id.clone());
            (conversation.id.clone(), messages.collect())
        });
        of.collect()
    };
    let json = of_bytes(format!("[{}]", json.join(",")));
    let page = of_bytes(format!("<html><body>{page}</body></html>"));
    assert_eq!(ids(&json).len(), 2);
    assert_eq!(ids(&json), ids(&page));
}

/// A record of a log as JSON; `link` is the conversation that it leads to, if any.
fn logged(question: &str, time: &str, link: &str) -> String {
    let url = match link {
        "" => String::new(),
        link => format!(r#", "titleUrl": "https://gemini.google.com/app/{link}""#),
    };
    format!(
        r#"{{"header": "Gemini Apps", "title": "Prompted {question}", "time": "2026-07-20T{time}Z", "safeHtmlItem": [{{"html": "<p>So.</p>"}}]{url}}}"#
    )
}

/// A card of a page; `answer` is HTML.
fn card(question: &str, time: &str, answer: &str) -> String {
    format!(
        r#"<div class="outer-cell"><p class="mdl-typography--title">Gemini Apps<br></p><div class="content-cell mdl-cell mdl-cell--6-col mdl-typography--body-1">Prompted {question}<br>Jul 20, 2026, {time} AM UTC<br>{answer}</div></div>"#
    )
}

#[test]
fn a_link_in_an_answer_does_not_say_which_conversation_it_is_of() {
    let answer = r#"<p>As <a href="https://gemini.google.com/app/other">before</a>.</p>"#;
    let page = of_bytes(card("And then?", "10:00:00", answer));
    assert!(page.conversations[0].0.is_grouped);
    let linked = r#"<a href="https://gemini.google.com/app/own">And then?</a>"#;
    let page = of_bytes(card(linked, "10:00:00", answer));
    assert_eq!(page.ids(), ["own"]);
    assert_eq!(page.turns("own")[0].split(' ').next(), Some("And"));
}

#[test]
fn turns_of_one_conversation_in_two_logs_do_not_replace_each_other() {
    let folder = TempDir::new().unwrap();
    let march = [
        logged("one", "10:00:00", "c"),
        logged("two", "11:00:00", "c"),
    ];
    let june = [
        march[0].clone(),
        march[1].clone(),
        logged("three", "12:00:00", "c"),
    ];
    for (name, records) in [("a.json", &march[..]), ("b.json", &june)] {
        let records: Vec<String> = records.iter().rev().cloned().collect();
        fs::write(folder.path().join(name), format!("[{}]", records.join(","))).unwrap();
    }
    let heard = read_all(&[folder.path().to_owned()], &Limits::default());
    assert_eq!(heard.turns("c"), ["one → So.", "two → So."]);
    let ids = heard.ids();
    assert_eq!(ids.len(), 2);
    assert_eq!(heard.turns(ids[1]), ["three → So."]);
    assert_eq!(heard.skipped(), counts(&[("duplicate", 2)]));
}

#[test]
fn a_log_larger_than_a_conversation_may_be_is_given_as_it_comes() {
    // Hardly any text, and much HTML around it, every three hours four turns.
    let html = "<b></b>".repeat(40);
    let record = |hour: u32, minute: u32| {
        logged(
            &format!("at {hour}:{minute}?"),
            &format!("{hour:02}:{minute:02}:00"),
            "",
        )
        .replace("<p>So.</p>", &format!("<p>So.</p>{html}"))
    };
    let records: Vec<String> = (0..8)
        .flat_map(|third| (0..4).map(move |quarter| (third * 3, quarter * 15)))
        .map(|(hour, minute)| record(hour, minute))
        .rev()
        .collect();
    let whole = of_bytes(format!("[{}]", records.join(",")));
    let limits = Limits {
        conversation: 10_000,
        ..Limits::default()
    };
    let parts = of_bytes_within(format!("[{}]", records.join(",")), &limits);
    // The newest are given while the rest is still to come, and none is torn.
    assert_ne!(parts.ids(), whole.ids());
    let sorted = |heard: &Heard| {
        let mut turns = all_turns(heard);
        turns.sort();
        turns
    };
    assert_eq!(parts.ids().len(), 8);
    assert_eq!(sorted(&parts), sorted(&whole));
}

#[test]
fn only_a_count_of_files_is_taken_from_a_question() {
    for (title, question) in [
        ("Sum it up. Attached 2 files.", "Sum it up."),
        ("Sum it up. Attached 1 file.", "Sum it up."),
        (
            "Sum up what I Attached as two files",
            "Sum up what I Attached as two files",
        ),
    ] {
        let heard = of_bytes(format!("[{}]", logged(title, "10:00:00", "")));
        assert_eq!(all_turns(&heard), [format!("{question} → So.")]);
    }
}
