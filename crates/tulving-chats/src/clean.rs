//! What a page renders and an export spells out: taken from texts.

use memchr::memmem;

/// Takes the marks of citations out of a text: `cite` between private characters, `【12†source】`, and links into
/// a sandbox that is gone. Of what is marked as a name, the name stays.
pub(crate) fn cited(text: String) -> String {
    let bytes = text.as_bytes();
    let has = |mark: &str| memmem::find(bytes, mark.as_bytes()).is_some();
    let (private, bracketed, sandbox) = (has("\u{e200}"), has("【"), has("](sandbox:"));
    let mut text = text;
    if private {
        text = without_private(&text);
    }
    if bracketed {
        text = without_bracketed(&text);
    }
    if sandbox {
        text = without_sandbox(&text);
    }
    text
}

fn without_private(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, behind)) = rest.split_once('\u{e200}') {
        clean.push_str(before);
        rest = behind;
        let Some((run, after)) = behind.split_once('\u{e201}') else {
            break;
        };
        if let Some(entity) = run.strip_prefix("entity") {
            let json = entity.trim_start_matches('\u{e202}');
            if let Ok(tulving_json::Value::Array(items)) = tulving_json::parse(json.as_bytes())
                && let Some(tulving_json::Value::String(name)) = items.get(1)
            {
                clean.push_str(&name.storable());
            }
        }
        rest = after;
    }
    clean.push_str(rest);
    clean.retain(|c| !('\u{e200}'..='\u{e206}').contains(&c));
    clean
}

fn without_bracketed(text: &str) -> String {
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(at) = rest.find('【') {
        let (before, from) = rest.split_at(at);
        clean.push_str(before);
        rest = match bracketed(from) {
            Some((mark, behind)) if mark.contains('†') => behind,
            _ => {
                clean.push('【');
                from.strip_prefix('【').unwrap_or(from)
            }
        };
    }
    clean.push_str(rest);
    clean
}

/// Splits what stands in brackets, if they are closed soon, from what is behind.
fn bracketed(text: &str) -> Option<(&str, &str)> {
    /// The longest mark, in bytes. It is looked no further: brackets may be opened without end.
    const LONGEST: usize = 120;
    let near = &text.as_bytes()[..text.len().min(LONGEST)];
    let end = memmem::find(near, "】".as_bytes())?;
    text.split_at_checked(end + '】'.len_utf8())
}

fn without_sandbox(text: &str) -> String {
    const LINK: &str = "](sandbox:";
    /// The longest path, in bytes.
    const LONGEST: usize = 1000;
    let mut clean = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, path)) = rest.split_once(LINK) {
        let near = &path.as_bytes()[..path.len().min(LONGEST)];
        let end = memchr::memchr2(b')', b'\n', near).filter(|&end| near[end] == b')');
        let behind = end.and_then(|end| path.get(end + 1..));
        rest = match before.rfind('[').zip(behind) {
            Some((at, behind)) => {
                clean.push_str(before.get(..at).unwrap_or(""));
                clean.push_str(before.get(at + 1..).unwrap_or(""));
                behind
            }
            // No link after all: nothing of it is lost.
            None => {
                clean.push_str(before);
                clean.push_str(LINK);
                path
            }
        };
    }
    clean.push_str(rest);
    clean
}

/// Takes out what an export writes in the place of a block that it does not have.
pub(crate) fn without_fillers(text: &str) -> String {
    const FILLERS: [&str; 2] = [
        "This block is not supported on your current device yet.",
        "Viewing artifacts created via",
    ];
    if !FILLERS.iter().any(|filler| text.contains(filler)) {
        return text.to_owned();
    }
    let mut lines: Vec<&str> = Vec::new();
    for line in text.lines() {
        let is_fence = line.trim_start().starts_with("```");
        if FILLERS
            .iter()
            .any(|filler| line.trim_start().starts_with(filler))
        {
            lines.push("\0");
        } else if is_fence
            && lines.last() == Some(&"\0")
            && lines
                .iter()
                .rev()
                .nth(1)
                .is_some_and(|open| open.trim_start().starts_with("```"))
        {
            // A fence around nothing else goes with it.
            lines.truncate(lines.len() - 2);
        } else {
            lines.push(line);
        }
    }
    lines.retain(|line| *line != "\0");
    lines.join("\n").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marks_of_citations_go_and_text_stays() {
        for (text, clean) in [
            (
                "It rains\u{e200}cite\u{e202}turn0search1\u{e202}turn0search2\u{e201}.",
                "It rains.",
            ),
            (
                "In \u{e200}entity\u{e202}[\"city\",\"Lisbon\",\"…\"]\u{e201} it rains.",
                "In Lisbon it rains.",
            ),
            ("See【12†L1-L3】 and 【4:0†source】.", "See and ."),
            ("He said 【not this】.", "He said 【not this】."),
            (
                "Take [the file](sandbox:/mnt/data/a.csv) now.",
                "Take the file now.",
            ),
            ("An end\u{e200}cite", "An endcite"),
            ("【", "【"),
            ("](sandbox:/mnt", "](sandbox:/mnt"),
            (
                "Take [the file](sandbox:/mnt/data/a.csv\nand [b](sandbox:/b) now.",
                "Take [the file](sandbox:/mnt/data/a.csv\nand b now.",
            ),
        ] {
            assert_eq!(cited(text.to_owned()), clean);
        }
    }

    #[test]
    fn fillers_go_with_their_fences() {
        let text = "Here:\n```\nThis block is not supported on your current device yet.\n```\nDone.\n```rust\nfn a() {}\n```";
        assert_eq!(
            without_fillers(text),
            "Here:\nDone.\n```rust\nfn a() {}\n```"
        );
        assert_eq!(
            without_fillers("Viewing artifacts created via the Analysis Tool"),
            ""
        );
        assert_eq!(without_fillers("as it is\n"), "as it is\n");
    }
}
