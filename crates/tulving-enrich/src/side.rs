//! What one of the two said, read once.

use crate::lexicon::{Ask, Lexicon, Mark, TABLES, Token};
use crate::line::{Line, is_code_span, is_exception, is_trace};
use crate::words::{Folded, each_word};

/// What one of the two said.
#[derive(Default)]
pub(crate) struct Side {
    /// How many characters there are.
    pub(crate) characters: usize,
    /// The words outside of blocks of code, in order.
    pub(crate) words: Vec<Word>,
    /// The sentences of these.
    pub(crate) sentences: Vec<Sentence>,
    /// What the tables say, in order.
    pub(crate) hits: Vec<Hit>,
    /// How many lines of code there are.
    pub(crate) code_lines: usize,
    /// How many lines of stack traces there are.
    pub(crate) trace_lines: usize,
    /// How many pieces of code there are within lines.
    pub(crate) code_spans: usize,
    /// How many lines are items of lists, rows of tables or headings.
    pub(crate) outline_lines: usize,
    /// Whether the name of an exception occurs.
    pub(crate) names_exception: bool,
}

/// In whose voice a word is said.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Voice {
    /// That of the writer.
    Own,
    /// Something between quotation marks, or a name between backticks.
    Quoted,
    /// Code between backticks or in a block, and addresses.
    Code,
}

/// A word outside of blocks of code.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Word {
    /// Where it begins in the text.
    pub(crate) start: usize,
    /// Where it ends.
    pub(crate) end: usize,
    /// Which sentence it is of.
    pub(crate) sentence: usize,
    /// How many words of the sentence are before it.
    pub(crate) place: usize,
    /// Whether a colon or a dash stands before it.
    pub(crate) after_colon: bool,
    /// Whether a comma or a bracket does.
    pub(crate) after_comma: bool,
    pub(crate) voice: Voice,
    /// How many more words the name has that begins here, by the table of names.
    pub(crate) names: Option<usize>,
    /// Whether it is an ordinary word wherever it stands.
    pub(crate) ordinary: bool,
}

/// A sentence, or a line without an end.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Sentence {
    /// How many words it has.
    pub(crate) words: usize,
    /// Whether it ends with a question mark.
    pub(crate) asks: bool,
}

/// A mark of a table, and where.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) mark: Mark,
    /// The number of the entry.
    pub(crate) id: u32,
    /// Whether it is outside of blocks of code.
    pub(crate) outside: bool,
    pub(crate) place: Place,
}

/// Where something stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Place {
    /// Which sentence it is of; of code the one before.
    pub(crate) sentence: usize,
    /// Whether only fillers stand before it in its sentence, or after a colon.
    pub(crate) begins: bool,
    /// Whether a comma or a bracket stands before it.
    pub(crate) after_comma: bool,
    /// Whether a negation stands within three words before it.
    pub(crate) negated: bool,
    pub(crate) voice: Voice,
}

/// How many words a negation reaches.
const REACH: usize = 3;

impl Side {
    /// Reads a text.
    pub(crate) fn read(text: &str) -> Self {
        let mut reader = Reader::new(text);
        let mut fence = false;
        let mut start = 0;
        for line in text.split('\n') {
            let trimmed = line.trim();
            let opens = trimmed.starts_with("```") || trimmed.starts_with("~~~");
            if opens && !(trimmed.len() > 6 && trimmed.ends_with("```")) {
                fence = !fence;
                reader.code(
                    start + (line.len() - line.trim_start().len()) + 3,
                    start + line.len(),
                );
            } else if fence || opens {
                reader.side.trace_lines += usize::from(is_trace(trimmed));
                reader.side.code_lines += usize::from(!trimmed.is_empty());
                reader.code(start, start + line.len());
            } else {
                match Line::of(line) {
                    Line::Prose => reader.prose(start, start + line.len()),
                    Line::Code => {
                        reader.side.code_lines += 1;
                        reader.code(start, start + line.len());
                    }
                    Line::Trace => {
                        reader.side.trace_lines += 1;
                        reader.code(start, start + line.len());
                    }
                }
            }
            start += line.len() + 1;
        }
        reader.side.characters = text.chars().count();
        reader.side
    }

    /// Returns the hits in the writer's own voice.
    pub(crate) fn own(&self) -> impl Iterator<Item = &Hit> {
        self.hits.iter().filter(|hit| hit.place.voice == Voice::Own)
    }
}

struct Reader<'t> {
    lexicon: &'static Lexicon,
    text: &'t str,
    side: Side,
    /// The words of a line.
    tokens: Vec<Token>,
    /// The word of the line up to which a phrase says that nothing is meant, for each table.
    hidden: [usize; TABLES],
    buffer: Folded,
    /// Whether a colon or a dash stands before the next word.
    colon: bool,
    /// Whether a comma does.
    comma: bool,
}

impl<'t> Reader<'t> {
    fn new(text: &'t str) -> Self {
        Self {
            lexicon: Lexicon::get(),
            text,
            side: Side {
                // English has about six characters a word, with a space; half of the words are in a table.
                words: Vec::with_capacity(text.len() / 6),
                hits: Vec::with_capacity(text.len() / 8),
                ..Side::default()
            },
            tokens: Vec::new(),
            hidden: [0; TABLES],
            buffer: Folded::default(),
            colon: false,
            comma: false,
        }
    }

    /// Reads a line of code: its words only say what it is about.
    fn code(&mut self, start: usize, end: usize) {
        let Some(line) = self.text.get(start..end) else {
            return;
        };
        self.begin_line();
        each_word(line, |start, end| self.fold(&line[start..end]));
        let sentence = self.side.sentences.len().saturating_sub(1);
        let place = Place {
            sentence,
            begins: false,
            after_comma: false,
            negated: false,
            voice: Voice::Code,
        };
        for at in 0..self.tokens.len() {
            self.look_up(at, None, place);
        }
    }

    /// Reads a line of prose.
    fn prose(&mut self, start: usize, end: usize) {
        let line = &self.text[start..end];
        if line.trim().is_empty() {
            return;
        }
        self.side.outline_lines += usize::from(is_outline(line));
        self.begin_line();
        let first = self.side.words.len();
        self.side.sentences.push(Sentence::default());
        let mut pieces = Pieces::new(line);
        while let Some((piece, voice)) = pieces.next_piece() {
            // A name between backticks is no code.
            let span = voice == Voice::Code && is_code_span(&line[piece.0..piece.1]);
            self.side.code_spans += usize::from(span);
            let voice = match voice {
                Voice::Code if !span => Voice::Quoted,
                voice => voice,
            };
            self.piece(start, line, piece, voice);
        }
        self.marks(first);
    }

    /// Reads the words of a piece, and the signs between them.
    fn piece(&mut self, offset: usize, line: &str, (from, to): (usize, usize), voice: Voice) {
        let piece = &line[from..to];
        let mut last = 0;
        each_word(piece, |start, end| {
            if voice == Voice::Own {
                self.signs(&piece[last..start], &piece[start..]);
            }
            last = end;
            let word = &piece[start..end];
            self.side.names_exception |= is_exception(word);
            self.fold(word);
            let sentence = self.side.sentences.len() - 1;
            let place = self.side.sentences[sentence].words;
            self.side.sentences[sentence].words += 1;
            let (start, end) = (offset + from + start, offset + from + end);
            let after_colon = std::mem::take(&mut self.colon);
            let after_comma = std::mem::take(&mut self.comma);
            self.side.words.push(Word {
                start,
                end,
                sentence,
                place,
                after_colon,
                after_comma,
                voice,
                names: None,
                ordinary: false,
            });
        });
        if voice == Voice::Own {
            self.signs(&piece[last..], "");
        }
    }

    /// Reads what stands between two words: the end of a sentence, or a colon.
    fn signs(&mut self, signs: &str, after: &str) {
        if signs.is_empty() || signs == " " {
            return;
        }
        let asks = signs.contains(['?', '？', '؟']);
        let stops = asks
            || signs.contains(['!', '！', '。', '…'])
            || signs.contains(". ")
            || after.is_empty() && signs.contains('.');
        let sentence = self.side.sentences.len() - 1;
        if stops && self.side.sentences[sentence].words > 0 {
            self.side.sentences[sentence].asks = asks;
            self.side.sentences.push(Sentence::default());
        } else if signs.contains([':', '：', '–', '—', ';'])
            || signs.contains(" - ")
            || signs.contains('¿')
        {
            self.colon = true;
        } else if signs.contains([',', '，', '、', '(']) {
            self.comma = true;
        }
    }

    /// Looks up the words of the line that was read.
    fn marks(&mut self, first: usize) {
        let mut begins = true;
        let mut sentence = usize::MAX;
        let mut negation: Option<usize> = None;
        for at in 0..self.tokens.len() {
            let word = self.side.words[first + at];
            if word.sentence != sentence {
                sentence = word.sentence;
                begins = true;
                negation = None;
            }
            if word.after_colon {
                begins = true;
            }
            let negated = negation.is_some_and(|before| at - before <= REACH);
            let before = self.side.hits.len();
            self.look_up(
                at,
                Some(first + at),
                Place {
                    sentence,
                    begins,
                    after_comma: word.after_comma,
                    negated,
                    voice: word.voice,
                },
            );
            let hits = &self.side.hits[before..];
            if hits.iter().any(|hit| hit.mark == Mark::Not) {
                negation = Some(at);
            }
            begins &= hits.iter().any(|hit| hit.mark == Mark::Ask(Ask::Filler));
        }
    }

    fn look_up(&mut self, at: usize, number: Option<usize>, place: Place) {
        let Self {
            lexicon,
            side,
            tokens,
            hidden,
            ..
        } = self;
        lexicon.marks(tokens, at, |mark, id, words| {
            let hidden = &mut hidden[mark.table() as usize];
            if let Mark::Nothing(_) = mark {
                *hidden = at + words + 1;
                return;
            }
            if *hidden > at {
                return;
            }
            match number.and_then(|number| side.words.get_mut(number)) {
                Some(word) if mark == Mark::Name => word.names = Some(words),
                Some(word) if words == 0 => word.ordinary |= mark.is_ordinary(),
                _ => {}
            }
            side.hits.push(Hit {
                mark,
                id,
                outside: number.is_some(),
                place,
            });
        });
    }

    fn begin_line(&mut self) {
        self.tokens.clear();
        self.hidden = [0; TABLES];
        self.colon = false;
        self.comma = false;
    }

    fn fold(&mut self, word: &str) {
        self.tokens.push(self.lexicon.token(self.buffer.fold(word)));
    }
}

/// Returns whether a line is an item of a list, a row of a table or a heading.
fn is_outline(line: &str) -> bool {
    let line = line.trim_start();
    let number = line.trim_start_matches(|c: char| c.is_ascii_digit());
    line.starts_with("- ")
        || line.starts_with("* ")
        || line.starts_with('#')
        || line.starts_with("| ")
        || line.starts_with("**")
        || number.len() < line.len() && number.starts_with(". ")
}

/// The pieces of a line: what is between backticks or quotation marks, and what is not.
struct Pieces<'l> {
    line: &'l str,
    at: usize,
    /// A quotation or code that begins where the piece before it ended.
    waiting: Option<((usize, usize), Voice)>,
    /// Opening signs that are closed nowhere in the rest of the line.
    lone: Vec<char>,
}

/// Returns whether a byte is of an opening sign or the colon of an address, or the first of a character that may be
/// one.
fn may_open(byte: u8) -> bool {
    matches!(byte, b'`' | b'"' | b':' | 0xC2 | 0xE2 | 0xE3)
}

/// Opening and closing signs.
const PAIRS: [(char, &[char], Voice); 7] = [
    ('`', &['`'], Voice::Code),
    ('"', &['"'], Voice::Quoted),
    ('“', &['”'], Voice::Quoted),
    ('„', &['“', '”'], Voice::Quoted),
    ('«', &['»'], Voice::Quoted),
    ('「', &['」'], Voice::Quoted),
    ('『', &['』'], Voice::Quoted),
];

impl<'l> Pieces<'l> {
    fn new(line: &'l str) -> Self {
        Self {
            line,
            at: 0,
            waiting: None,
            lone: Vec::new(),
        }
    }

    fn next_piece(&mut self) -> Option<((usize, usize), Voice)> {
        if let Some(piece) = self.waiting.take() {
            return Some(piece);
        }
        let start = self.at;
        let mut from = start;
        while let Some(found) = self.line.get(from..)?.bytes().position(may_open) {
            let opening = from + found;
            if self.line[opening..].starts_with("://") {
                let rest = &self.line[opening..];
                // Back to the beginning of its scheme, within the piece.
                let scheme =
                    self.line[start..opening].trim_end_matches(|c: char| c.is_ascii_alphanumeric());
                let begin = start + scheme.len();
                let length = rest
                    .find(|c: char| c.is_whitespace() || "<>\"`)]".contains(c))
                    .unwrap_or(rest.len());
                self.at = opening + length;
                let address = ((begin, self.at), Voice::Code);
                if begin == start {
                    return Some(address);
                }
                self.waiting = Some(address);
                return Some(((start, begin), Voice::Own));
            }
            let sign = self.line[opening..].chars().next()?;
            from = opening + sign.len_utf8();
            let Some((_, close, voice)) = PAIRS.iter().find(|(open, ..)| *open == sign) else {
                continue;
            };
            if self.lone.contains(&sign) {
                continue;
            }
            let Some(length) = self.line[from..].find(*close) else {
                self.lone.push(sign);
                continue;
            };
            let inner = (from, from + length);
            let closing = self.line[inner.1..]
                .chars()
                .next()
                .map_or(0, char::len_utf8);
            self.at = inner.1 + closing;
            if opening == start {
                return Some((inner, *voice));
            }
            self.waiting = Some((inner, *voice));
            return Some(((start, opening), Voice::Own));
        }
        self.at = self.line.len();
        (start < self.line.len()).then_some(((start, self.line.len()), Voice::Own))
    }
}
