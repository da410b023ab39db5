//! Parts are packed into chunks.

use super::cut::Cut;
use super::part::{Form, Part};
use super::split::{pieces, sentences};
use super::unit::leads_in;
use crate::builder::floor;
use crate::chunk::Chunk;
use crate::document::Block;

/// The least budget: below it a chunk holds no sentence.
const LEAST: usize = 32;

/// What stands between headings where they are counted, as where they are embedded.
const BETWEEN: &str = " › ";

/// Chunks so far, and the one that is being filled.
pub(super) struct Packer<'c> {
    budget: usize,
    overlap: usize,
    count: &'c dyn Fn(&str) -> usize,
    chunks: Vec<Chunk>,
    /// The headings above what comes.
    headings: Vec<Heading>,
    /// The first of them that chunks bear: the path is shortened from outside if it is too long.
    first: usize,
    /// Tokens that a chunk has beside its path.
    room: usize,
    open: Open,
}

struct Heading {
    level: u8,
    text: String,
    page: Option<u32>,
    /// Whether a chunk bears it.
    shown: bool,
}

/// The chunk that is being filled.
#[derive(Default)]
struct Open {
    text: String,
    tokens: usize,
    /// How much of the text is repeated.
    repeated: usize,
    /// Whether there is more than what is repeated.
    begun: bool,
    page: Option<u32>,
    has_code: bool,
    /// Whether a sentence ends with its last piece: then the next chunk may repeat it.
    ends: bool,
}

impl<'c> Packer<'c> {
    pub(super) fn new(cut: Cut, count: &'c dyn Fn(&str) -> usize) -> Self {
        let budget = cut.budget.max(LEAST);
        Self {
            budget,
            overlap: cut.overlap.min(budget / 4),
            count,
            chunks: Vec::new(),
            headings: Vec::new(),
            first: 0,
            room: budget,
            open: Open::default(),
        }
    }

    /// Goes under a heading; false if it is too long to stand above chunks.
    pub(super) fn heading(&mut self, level: u8, text: &str, page: Option<u32>) -> bool {
        if (self.count)(text) > self.budget / 4 {
            return false;
        }
        self.leave(level);
        self.headings.push(Heading {
            level,
            text: text.to_owned(),
            page,
            shown: false,
        });
        self.measure();
        true
    }

    /// Ends what is under headings of a level and below.
    fn leave(&mut self, level: u8) {
        self.flush();
        self.open = Open::default();
        while self.headings.last().is_some_and(|last| last.level >= level) {
            let Some(last) = self.headings.pop() else {
                break;
            };
            self.measure();
            if !last.shown {
                let tokens = (self.count)(&last.text);
                self.append(&last.text, "", tokens, last.page);
                self.flush();
                self.open = Open::default();
            }
        }
    }

    /// Finds out how much room there is under the headings.
    fn measure(&mut self) {
        self.first = 0;
        loop {
            let path: Vec<&str> = self.path().map(|heading| heading.text.as_str()).collect();
            let tokens = if path.is_empty() {
                0
            } else {
                (self.count)(&path.join(BETWEEN)) + (self.count)("\n\n")
            };
            if tokens <= self.budget / 2 {
                self.room = self.budget - tokens;
                return;
            }
            self.first += 1;
        }
    }

    fn path(&self) -> impl Iterator<Item = &Heading> {
        self.headings.iter().skip(self.first)
    }

    /// Packs blocks that stay together if they fit.
    pub(super) fn unit(&mut self, blocks: &[Block]) {
        let mut before = None;
        let parts: Vec<Part> = blocks
            .iter()
            .map(|block| Part::new(block, before.replace(block), self.count))
            .collect();
        let whole = parts
            .iter()
            .map(|part| part.tokens + (self.count)(part.separator))
            .sum();
        if whole <= self.room {
            self.make_room(whole);
            parts.iter().for_each(|part| self.whole(part));
            return;
        }
        // What leads to a list or table stays with its first step.
        if let (Some(lead), [first, second, ..]) = (blocks.first(), parts.as_slice())
            && leads_in(&lead.content)
        {
            let both = first.tokens + second.tokens + 2 * (self.count)("\n\n");
            if both <= self.room {
                self.make_room(both);
            }
        }
        for part in &parts {
            if part.tokens + (self.count)(part.separator) <= self.room {
                self.make_room(part.tokens + (self.count)(part.separator));
                self.whole(part);
            } else if part.form == Form::Prose {
                self.prose(part);
            } else {
                self.framed(part);
            }
        }
    }

    /// Puts a part into the open chunk, which has room for it.
    fn whole(&mut self, part: &Part) {
        let tokens = part.tokens + (self.count)(part.separator);
        self.append(&part.text, part.separator, tokens, part.page);
        self.open.has_code |= part.form == Form::Code;
        self.open.ends = part.form == Form::Prose;
    }

    /// Cuts prose.
    fn prose(&mut self, part: &Part) {
        let (count, room) = (self.count, self.room);
        let mut separator = part.separator;
        let between = count(separator).max(count(" "));
        pieces(
            &part.text,
            room.saturating_sub(between).max(1),
            count,
            &mut |piece| {
                let tokens = piece.tokens + if separator.is_empty() { 0 } else { between };
                self.make_room(tokens);
                self.append(piece.text, separator, tokens, part.page);
                self.open.ends = piece.ends;
                separator = "";
            },
        );
    }

    /// Cuts a table or code: each chunk has the head of the table, or the fence.
    fn framed(&mut self, part: &Part) {
        let lines: Vec<&str> = part.text.split('\n').collect();
        let (head, foot) = match part.form {
            Form::Table { head } => (head, 0),
            Form::Prose | Form::Code => (1, 1),
        };
        let body = lines.get(head..lines.len() - foot).unwrap_or(&[]);
        let head = lines.get(..head).unwrap_or(&[]).join("\n");
        let foot = lines.get(lines.len() - foot..).unwrap_or(&[]).join("\n");
        let (count, line_end) = (self.count, (self.count)("\n"));
        let frame = count(&head) + count(&foot) + 2 * line_end + count("\n\n");
        let is_code = part.form == Form::Code;
        if frame > self.room / 2 {
            // A head that is as long as the table itself is cut with the rest.
            return self.prose(part);
        }
        let room = self.room - frame - line_end;
        // Whether the head is in the open chunk, and whether it was in one.
        let (mut framed, mut repeats) = (false, false);
        for line in body {
            let mut begins_line = true;
            pieces_of_line(line, room, count, &mut |text, tokens| {
                let tokens = tokens + line_end;
                if framed && self.open.tokens + tokens + count(&foot) + line_end > self.room {
                    self.close_frame(&foot);
                    self.flush();
                    self.open = Open::default();
                    framed = false;
                }
                if !framed {
                    self.make_room(frame + tokens);
                    if !head.is_empty() {
                        self.append(&head, part.separator, frame, part.page);
                        if repeats && !is_code {
                            self.open.repeated = self.open.text.len();
                        }
                    }
                    (framed, repeats, begins_line) = (true, true, true);
                }
                let separator = if head.is_empty() && !self.open.begun {
                    part.separator
                } else if begins_line {
                    "\n"
                } else {
                    ""
                };
                self.append(text, separator, tokens, part.page);
                self.open.has_code |= is_code;
                self.open.ends = false;
                begins_line = false;
            });
        }
        if framed {
            self.close_frame(&foot);
        }
    }

    fn close_frame(&mut self, foot: &str) {
        if !foot.is_empty() {
            self.open.text.push('\n');
            self.open.text.push_str(foot);
        }
    }

    /// Begins a new chunk if there is no room in the open one. What it repeats falls away if it is in the way.
    fn make_room(&mut self, tokens: usize) {
        if self.open.tokens + tokens > self.room {
            self.flush();
        }
        if self.open.tokens + tokens > self.room {
            self.open = Open::default();
        }
    }

    fn append(&mut self, text: &str, separator: &str, tokens: usize, page: Option<u32>) {
        let open = &mut self.open;
        if open.text.is_empty() {
            open.text.push_str(text.trim_start_matches(['\n', ' ']));
        } else {
            if !separator.is_empty() {
                open.text.truncate(open.text.trim_end().len());
                open.text.push_str(separator);
            } else if !open.begun {
                open.text.push(' ');
            }
            if !open.begun {
                open.repeated = open.text.len();
            }
            open.text.push_str(text);
        }
        open.page = if open.begun { open.page } else { page };
        open.begun = true;
        open.tokens += tokens;
    }

    /// Ends the open chunk. The next begins with its last sentences.
    fn flush(&mut self) {
        let mut open = std::mem::take(&mut self.open);
        open.text.truncate(open.text.trim_end().len());
        let own = open.text.get(open.repeated..).unwrap_or("");
        if !open.begun || own.is_empty() {
            return;
        }
        let repeated = if open.ends {
            self.last_sentences(own)
        } else {
            ""
        };
        self.open = Open {
            tokens: (self.count)(repeated),
            repeated: repeated.len(),
            text: repeated.to_owned(),
            ..Open::default()
        };
        let heading_path = self.path().map(|heading| heading.text.clone()).collect();
        self.chunks.push(Chunk {
            content: open.text,
            heading_path,
            page: open.page,
            has_code: open.has_code,
            repeated: open.repeated,
            ..Chunk::default()
        });
        for heading in self.headings.iter_mut().skip(self.first) {
            heading.shown = true;
        }
    }

    /// Returns the sentences at the end of a text that may be repeated: whole ones, and not all that there is.
    fn last_sentences<'t>(&self, text: &'t str) -> &'t str {
        if self.overlap == 0 {
            return "";
        }
        // Tokens are seldom longer.
        let from = floor(text, text.len().saturating_sub(self.overlap * 16));
        let tail = text.get(from..).unwrap_or("");
        let all: Vec<&str> = sentences(tail).collect();
        let (mut tokens, mut at) = (0, text.len());
        // The first is cut off, or the beginning of the chunk.
        for sentence in all.iter().skip(1).rev() {
            tokens += (self.count)(sentence);
            if tokens > self.overlap {
                break;
            }
            at -= sentence.len();
        }
        text.get(at..).unwrap_or("").trim_start()
    }

    pub(super) fn finish(mut self) -> Vec<Chunk> {
        self.leave(0);
        self.chunks
    }
}

/// Hands on a line, whole if it fits.
fn pieces_of_line<'t>(
    line: &'t str,
    room: usize,
    count: &dyn Fn(&str) -> usize,
    take: &mut dyn FnMut(&'t str, usize),
) {
    let tokens = count(line);
    if tokens <= room {
        return take(line, tokens);
    }
    pieces(line, room, count, &mut |piece| {
        take(piece.text, piece.tokens);
    });
}
