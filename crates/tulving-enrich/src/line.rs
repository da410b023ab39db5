//! What a line of a message is: prose, code, or what a failing program prints.

/// What a line outside of fences is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Line {
    /// Somebody says it.
    Prose,
    /// A program, a command, a query, a configuration.
    Code,
    /// Of a stack trace, or a message of a tool that failed.
    Trace,
}

/// How lines of stack traces and of messages of compilers begin.
const TRACES: [&str; 16] = [
    "Traceback (most recent call last)",
    "Caused by: ",
    "npm ERR!",
    "npm error",
    "goroutine ",
    "panic: ",
    "thread '",
    "Exception in thread",
    "Program received signal",
    "Segmentation fault",
    "error[E",
    "fatal: ",
    "ERROR: ",
    "ERROR ",
    "E: ",
    "Uncaught ",
];

/// How lines of programs, commands, queries and configurations begin.
const CODES: [&str; 74] = [
    "def ",
    "class ",
    "import ",
    "from . import",
    "const ",
    "let ",
    "var ",
    "fn ",
    "pub fn ",
    "pub struct ",
    "impl ",
    "struct ",
    "enum ",
    "func ",
    "function ",
    "async function ",
    "async def ",
    "public ",
    "private ",
    "protected ",
    "static ",
    "return ",
    "#include",
    "#!/",
    "#define ",
    "using namespace",
    "package ",
    "SELECT ",
    "INSERT INTO ",
    "UPDATE ",
    "DELETE FROM ",
    "CREATE TABLE ",
    "CREATE INDEX ",
    "ALTER TABLE ",
    "DROP TABLE ",
    "EXPLAIN ",
    "FROM ",
    "RUN ",
    "COPY ",
    "CMD ",
    "ENTRYPOINT ",
    "WORKDIR ",
    "ENV ",
    "$ ",
    "sudo ",
    "curl ",
    "git ",
    "docker ",
    "kubectl ",
    "npm ",
    "npx ",
    "pip ",
    "pip3 ",
    "cargo ",
    "apt ",
    "brew ",
    "cd ",
    "chmod ",
    "mkdir ",
    "ssh ",
    "export ",
    "print(",
    "println!",
    "console.log(",
    "printf(",
    "System.out.",
    "if (",
    "for (",
    "while (",
    "} else",
    "<?php",
    "</",
    "<div",
    "<!DOCTYPE",
];

impl Line {
    /// Returns what a line outside of fences is. It asks for more than its beginning wherever people write so too.
    pub(crate) fn of(line: &str) -> Self {
        let text = line.trim();
        if is_trace(text) {
            Self::Trace
        } else if is_code(text) {
            Self::Code
        } else {
            Self::Prose
        }
    }
}

/// Returns whether a line, in a fence or not, is of a stack trace.
pub(crate) fn is_trace(text: &str) -> bool {
    if begins_with_any(text, &TRACES) {
        return true;
    }
    if let Some(rest) = text.strip_prefix("at ") {
        // at Shop.total(Shop.java:118)
        return rest.ends_with(')')
            && rest.contains('(')
            && rest.bytes().any(|b| b.is_ascii_digit() || b == b'.');
    }
    if let Some(rest) = text.strip_prefix("File \"") {
        return rest.contains("\", line ");
    }
    if text.starts_with("--> ") {
        return text.contains(':');
    }
    // A message of an exception: TypeError: …
    let name = text.split([':', ' ']).next().unwrap_or_default();
    is_exception(name) && text[name.len()..].starts_with(':')
}

/// Returns whether a text begins with one of these; most lines are told by the first byte.
fn begins_with_any(text: &str, beginnings: &[&str]) -> bool {
    let Some(&first) = text.as_bytes().first() else {
        return false;
    };
    beginnings
        .iter()
        .any(|begin| begin.as_bytes()[0] == first && text.starts_with(begin))
}

/// Returns whether a word is the name of an exception.
pub(crate) fn is_exception(word: &str) -> bool {
    let kind = word
        .strip_suffix("Error")
        .or_else(|| word.strip_suffix("Exception"));
    kind.is_some_and(|kind| {
        kind.starts_with(|c: char| c.is_ascii_uppercase())
            && kind.bytes().any(|b| b.is_ascii_lowercase())
    })
}

fn is_code(text: &str) -> bool {
    if text.len() < 2 {
        return text == "}" || text == "{" || text == ")";
    }
    let signs = signs(text);
    let few = text.split_whitespace().nth(3).is_none();
    if (signs > 0 || few) && begins_with_any(text, &CODES) {
        // A sentence may begin with such a word; code hardly ever ends like a sentence, and has signs of its own.
        let sentence =
            text.ends_with(['.', '?', '!', ',']) || text.contains(". ") || text.contains(", and ");
        return signs >= 2 || !sentence;
    }
    let ends = text.ends_with([';', '{', '}']) || text.ends_with(");") || text.ends_with("):");
    if ends && signs >= 2 {
        return true;
    }
    if text.starts_with(['}', '{', '<', '@']) && signs >= 3 {
        return true;
    }
    // name = value, name(arguments), name: value, and keywords of blocks.
    let name = text.len()
        - text
            .trim_start_matches(|c: char| c.is_ascii_alphanumeric() || "_.$".contains(c))
            .len();
    let (name, rest) = text.split_at(name);
    let named = !name.is_empty();
    let assigned = rest.starts_with(" = ") || rest.starts_with(" := ") || rest.starts_with(" += ");
    let called = rest.starts_with('(')
        && (rest.ends_with(')') || rest.ends_with(':') || rest.ends_with(','));
    let block = matches!(
        name,
        "for" | "while" | "if" | "elif" | "else" | "try" | "except" | "with" | "match"
    );
    named && (assigned || called && name.len() > 1)
        || block && text.ends_with(':') && rest.len() < 60 && !rest.contains(", ")
}

/// Returns how many signs of a line are rare in prose.
fn signs(text: &str) -> usize {
    let is_sign = |byte: &u8| {
        matches!(
            byte,
            b'{' | b'}'
                | b'['
                | b']'
                | b'('
                | b')'
                | b'='
                | b';'
                | b'<'
                | b'>'
                | b'$'
                | b'&'
                | b'|'
                | b'_'
                | b'*'
                | b'\\'
                | b'@'
                | b'"'
                | b'`'
                | b'/'
        )
    };
    text.bytes().filter(is_sign).count()
}

/// Returns whether what stands between backticks can be run or pasted, rather than being a name.
pub(crate) fn is_code_span(span: &str) -> bool {
    span.starts_with("--")
        || span.contains(['(', '=', ';', '{', '[', '|', '$', '<', '>', ' '])
            && span.bytes().any(|byte| byte.is_ascii_alphabetic())
}
