//! An assistant: what starts the server, speaks with it in lines, and calls its tools.

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

use serde_json::{Value, json};

/// An assistant with a server of its own, which it ends.
pub(crate) struct Assistant {
    pub(crate) process: Child,
    stdin: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    asked: u64,
}

/// What a tool said.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Said {
    pub(crate) text: String,
    pub(crate) is_error: bool,
}

impl Assistant {
    /// Starts `tulving mcp …`; nothing is said yet.
    pub(crate) fn start(mut command: Command) -> Self {
        let mut process = command
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Self {
            stdin: process.stdin.take(),
            answers: BufReader::new(process.stdout.take().unwrap()),
            process,
            asked: 0,
        }
    }

    /// Says a line.
    pub(crate) fn say(&mut self, line: &str) {
        let stdin = self.stdin.as_mut().unwrap();
        stdin.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    /// Hears a line, which is a message of the protocol whatever was said.
    #[track_caller]
    pub(crate) fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.answers.read_line(&mut line).unwrap();
        let message: Value =
            serde_json::from_str(&line).unwrap_or_else(|error| panic!("{error}: {line:?}"));
        assert_eq!(message["jsonrpc"], "2.0", "{line}");
        assert!(
            message.get("result").is_some() != message.get("error").is_some(),
            "{line}"
        );
        message
    }

    /// Asks, as a client of the older era does; gives the message that answers.
    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it is made where it is asked"
    )]
    pub(crate) fn ask(&mut self, method: &str, params: Value) -> Value {
        self.asked += 1;
        let id = self.asked;
        self.say(
            &json!({"jsonrpc": "2.0", "id": id, "method": method, "params": params}).to_string(),
        );
        let answer = self.hear();
        assert_eq!(answer["id"], id, "{answer}");
        answer
    }

    /// Calls a tool, and hears what it says.
    #[track_caller]
    #[expect(
        clippy::needless_pass_by_value,
        reason = "it is made where it is asked"
    )]
    pub(crate) fn call(&mut self, tool: &str, arguments: Value) -> Said {
        let answer = self.ask("tools/call", json!({"name": tool, "arguments": arguments}));
        let content = &answer["result"]["content"];
        assert_eq!(content.as_array().map(Vec::len), Some(1), "{answer}");
        Said {
            text: content[0]["text"].as_str().unwrap().to_owned(),
            is_error: answer["result"]["isError"] == true,
        }
    }

    /// Calls a tool, which does what is asked.
    #[track_caller]
    pub(crate) fn does(&mut self, tool: &str, arguments: Value) -> String {
        let said = self.call(tool, arguments);
        assert!(!said.is_error, "{}", said.text);
        said.text
    }

    /// Calls a tool, which cannot do what is asked, and says why in words of the command line's class.
    #[track_caller]
    pub(crate) fn is_refused(&mut self, tool: &str, arguments: Value, class: &str) -> String {
        let said = self.call(tool, arguments);
        assert!(said.is_error, "{}", said.text);
        assert!(
            said.text.starts_with(&format!("error ({class}):")),
            "{}",
            said.text
        );
        said.text
    }

    /// Remembers something; gives its id.
    #[track_caller]
    pub(crate) fn adds(&mut self, text: &str) -> String {
        let said = self.does("memory_add", json!({"text": text}));
        quoted(&said)
    }

    /// Says no more; the server ends by itself, and well.
    #[track_caller]
    pub(crate) fn end(mut self) -> String {
        drop(self.stdin.take());
        let mut rest = String::new();
        self.answers.read_to_string(&mut rest).unwrap();
        let ended = self.process.wait_with_output().unwrap();
        let stderr = String::from_utf8(ended.stderr).unwrap();
        assert_eq!(ended.status.code(), Some(0), "{stderr}");
        assert!(!stderr.contains("panicked"), "{stderr}");
        rest
    }
}

/// The first text in quotation marks.
#[track_caller]
pub(crate) fn quoted(said: &str) -> String {
    let mut parts = said.split('"');
    parts.nth(1).unwrap_or_else(|| panic!("{said}")).to_owned()
}

/// What was recalled: the records between the two lines of the fence, which are of one number.
#[track_caller]
pub(crate) fn records(said: &str) -> Vec<Value> {
    let begin = said.find("<data ").unwrap_or_else(|| panic!("{said}"));
    let number = &said[begin + "<data ".len()..][..16];
    assert!(number.chars().all(|c| c.is_ascii_hexdigit()), "{said}");
    let (_, inner) = said.split_once(&format!("<data {number}>\n")).unwrap();
    let (inner, _) = inner.split_once(&format!("</data {number}>\n")).unwrap();
    inner
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}
