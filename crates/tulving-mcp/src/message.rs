//! Messages: what a line from a client is, and the lines that go back.

use serde::Serialize;
use serde::de::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_json::{Map, Number, Value, json};

use crate::halves;

/// The id of a request, as the client chose it.
#[derive(Debug, Clone, PartialEq, Eq, Hash, serde::Deserialize, Serialize)]
#[serde(untagged)]
pub enum Id {
    /// A number.
    Number(Number),
    /// A text.
    Text(String),
}

/// A request: it is answered, once.
#[derive(Debug, Clone, PartialEq)]
pub struct Request {
    /// What its answer is known by.
    pub id: Id,
    /// What is to be done.
    pub method: String,
    /// With what.
    pub params: Map<String, Value>,
}

/// A notification: it is not answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Notification {
    /// What happened.
    pub method: String,
    /// With what.
    pub params: Map<String, Value>,
}

/// What a line is.
#[derive(Debug, Clone, PartialEq)]
pub enum Incoming {
    /// Something to be answered.
    Request(Request),
    /// Something to be noted.
    Notification(Notification),
    /// Something that cannot be understood, with what to say to it.
    Refused(Reply),
    /// A blank line, or the answer to something that was never asked.
    Nothing,
}

/// A line that goes back; it holds no line end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reply(String);

/// Why a request has no result: what the client did wrong, not what a tool could not do.
#[derive(Debug, Clone, PartialEq)]
pub struct Fault {
    /// The number that the protocol gives it.
    pub code: i64,
    /// What was wrong.
    pub message: String,
    /// What else there is to say, if anything.
    pub data: Option<Value>,
}

impl Fault {
    /// The line is not JSON.
    pub const NOT_JSON: i64 = -32700;
    /// The line is JSON, and no message.
    pub const NO_MESSAGE: i64 = -32600;
    /// There is no such method.
    pub const NO_SUCH_METHOD: i64 = -32601;
    /// The method cannot be done with these parameters.
    pub const BAD_PARAMS: i64 = -32602;
    /// The version of the protocol is not spoken here.
    pub const NO_SUCH_VERSION: i64 = -32022;

    /// Makes a fault with nothing else to say.
    #[must_use]
    pub fn new(code: i64, message: impl Into<String>) -> Self {
        Self {
            code,
            message: message.into(),
            data: None,
        }
    }

    /// Returns the fault as the answer to a request; without an id where none could be read.
    #[must_use]
    pub fn reply(self, id: Option<&Id>) -> Reply {
        let mut error = json!({"code": self.code, "message": self.message});
        if let Some(data) = self.data {
            error["data"] = data;
        }
        match id {
            Some(id) => Reply::of(&json!({"jsonrpc": "2.0", "id": id, "error": error})),
            None => Reply::of(&json!({"jsonrpc": "2.0", "error": error})),
        }
    }
}

impl Reply {
    /// Makes the answer of a request that was done.
    #[must_use]
    pub fn result(id: &Id, result: &Value) -> Self {
        Self::of(&json!({"jsonrpc": "2.0", "id": id, "result": result}))
    }

    fn of(message: &Value) -> Self {
        Self(message.to_string())
    }

    /// Returns the line.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A message before its parts are understood: a long one costs no more memory than its line.
#[derive(serde::Deserialize)]
struct Envelope<'l> {
    #[serde(default, borrow, deserialize_with = "given")]
    jsonrpc: Option<&'l RawValue>,
    #[serde(default, borrow, deserialize_with = "given")]
    id: Option<&'l RawValue>,
    #[serde(default, borrow, deserialize_with = "given")]
    method: Option<&'l RawValue>,
    #[serde(default, borrow, deserialize_with = "given")]
    params: Option<&'l RawValue>,
    #[serde(default, borrow, deserialize_with = "given")]
    result: Option<&'l RawValue>,
    #[serde(default, borrow, deserialize_with = "given")]
    error: Option<&'l RawValue>,
}

/// Keeps apart what is null and what is not there.
fn given<'de: 'l, 'l, D: Deserializer<'de>>(input: D) -> Result<Option<&'l RawValue>, D::Error> {
    <&RawValue>::deserialize(input).map(Some)
}

impl Incoming {
    /// Reads a line. Of one with more than `most` bytes only the id is read, and with it the message is refused.
    #[must_use]
    pub fn read(line: &[u8], most: usize) -> Self {
        let line = line.trim_ascii();
        let line = line.strip_prefix("\u{feff}".as_bytes()).unwrap_or(line);
        if line.is_empty() {
            return Self::Nothing;
        }
        Self::try_read(line, most).unwrap_or_else(Self::Refused)
    }

    fn try_read(line: &[u8], most: usize) -> Result<Self, Reply> {
        let refused = |code, message: &str| Fault::new(code, message).reply(None);
        let text = std::str::from_utf8(line).map_err(|error| {
            refused(Fault::NOT_JSON, &format!("the line is not UTF-8: {error}"))
        })?;
        // A structure would be read from a list, too.
        if text.starts_with('[') {
            let message = "a message is one JSON object; several of them in a list are not taken";
            return Err(refused(Fault::NO_MESSAGE, message));
        }
        let envelope: Envelope<'_> = serde_json::from_str(text).map_err(|error| {
            let code = match error.is_data() {
                true => Fault::NO_MESSAGE,
                false => Fault::NOT_JSON,
            };
            refused(code, &format!("the line is no message: {error}"))
        })?;
        let id: Option<Id> = match envelope.id {
            None => None,
            Some(raw) => Some(
                serde_json::from_str(&halves::mended(raw.get())).map_err(|_| {
                    refused(
                        Fault::NO_MESSAGE,
                        "the id of a request is a text or a number",
                    )
                })?,
            ),
        };
        let refused = |code, message: String| Fault::new(code, message).reply(id.as_ref());
        if envelope.jsonrpc.map(RawValue::get) != Some("\"2.0\"") {
            return Err(refused(
                Fault::NO_MESSAGE,
                "jsonrpc must be \"2.0\"".to_owned(),
            ));
        }
        let Some(method) = envelope.method else {
            // Nothing is ever asked of a client.
            return match envelope.result.or(envelope.error) {
                Some(_) => Ok(Self::Nothing),
                None => Err(refused(Fault::NO_MESSAGE, "method is missing".to_owned())),
            };
        };
        if line.len() > most {
            let message = format!(
                "the message has {} bytes, of which one may have {most}",
                line.len()
            );
            return Err(refused(Fault::NO_MESSAGE, message));
        }
        let method: String = serde_json::from_str(&halves::mended(method.get()))
            .map_err(|_| refused(Fault::NO_MESSAGE, "method must be a text".to_owned()))?;
        let params = envelope.params.map_or("{}", RawValue::get);
        let params: Option<Map<String, Value>> = serde_json::from_str(&halves::mended(params))
            .map_err(|error| {
                refused(
                    Fault::BAD_PARAMS,
                    format!("params must be an object: {error}"),
                )
            })?;
        let params = params.unwrap_or_default();
        Ok(match id {
            Some(id) => Self::Request(Request { id, method, params }),
            None => Self::Notification(Notification { method, params }),
        })
    }
}

impl Notification {
    /// Returns the id of the request that a client no longer wants the answer to.
    #[must_use]
    pub fn cancelled(&self) -> Option<Id> {
        if self.method != "notifications/cancelled" {
            return None;
        }
        let id = self.params.get("requestId")?;
        Id::deserialize(id).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const MOST: usize = 1_000;

    fn refusal(line: &str) -> Value {
        match Incoming::read(line.as_bytes(), MOST) {
            Incoming::Refused(reply) => serde_json::from_str(reply.as_str()).unwrap(),
            other => panic!("{line}: {other:?}"),
        }
    }

    #[test]
    fn a_message_is_a_request_or_a_notification() {
        let request = Incoming::read(br#" {"jsonrpc":"2.0","id":"a","method":"ping"} "#, MOST);
        let Incoming::Request(Request { id, method, params }) = request else {
            panic!("{request:?}")
        };
        assert_eq!((id, method.as_str()), (Id::Text("a".to_owned()), "ping"));
        assert!(params.is_empty());
        for gone in [
            r#"{"jsonrpc":"2.0","method":"notifications/cancelled","params":{"requestId":7,"reason":"x"}}"#,
            r#"{"params":{"requestId":7},"method":"notifications/cancelled","jsonrpc":"2.0"}"#,
        ] {
            let Incoming::Notification(gone) = Incoming::read(gone.as_bytes(), MOST) else {
                panic!("{gone}")
            };
            assert_eq!(gone.cancelled(), Some(Id::Number(7.into())));
        }
        for nothing in [
            "",
            "  \r",
            "\u{feff}",
            r#"{"jsonrpc":"2.0","id":1,"result":{}}"#,
        ] {
            assert_eq!(Incoming::read(nothing.as_bytes(), MOST), Incoming::Nothing);
        }
    }

    #[test]
    fn what_is_no_message_is_refused_with_its_id_where_it_has_one() {
        for (line, code, id) in [
            ("{", Fault::NOT_JSON, None),
            ("nonsense", Fault::NOT_JSON, None),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"x"}{"#,
                Fault::NOT_JSON,
                None,
            ),
            ("7", Fault::NO_MESSAGE, None),
            (
                r#"[{"jsonrpc":"2.0","id":1,"method":"ping"}]"#,
                Fault::NO_MESSAGE,
                None,
            ),
            (
                r#"{"jsonrpc":"2.0","id":null,"method":"ping"}"#,
                Fault::NO_MESSAGE,
                None,
            ),
            (
                r#"{"jsonrpc":"2.0","id":{},"method":"ping"}"#,
                Fault::NO_MESSAGE,
                None,
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}"#,
                Fault::NO_MESSAGE,
                None,
            ),
            (r#"{"id":1,"method":"ping"}"#, Fault::NO_MESSAGE, Some(1)),
            (
                r#"{"jsonrpc":"1.0","id":1,"method":"ping"}"#,
                Fault::NO_MESSAGE,
                Some(1),
            ),
            (r#"{"jsonrpc":"2.0","id":1}"#, Fault::NO_MESSAGE, Some(1)),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":7}"#,
                Fault::NO_MESSAGE,
                Some(1),
            ),
            (
                r#"{"jsonrpc":"2.0","id":1,"method":"x","params":[1]}"#,
                Fault::BAD_PARAMS,
                Some(1),
            ),
        ] {
            let refusal = refusal(line);
            assert_eq!(refusal["error"]["code"], code, "{line}: {refusal}");
            assert_eq!(
                refusal.get("id"),
                id.map(Value::from).as_ref(),
                "{line}: {refusal}"
            );
        }
        let not_utf8 = Incoming::read(b"{\"a\":\"\xff\"}", MOST);
        assert!(matches!(not_utf8, Incoming::Refused(_)));
    }

    #[test]
    fn a_message_that_is_too_long_is_refused_by_its_id_wherever_that_stands() {
        let text = "x".repeat(MOST);
        let line = format!(
            r#"{{"method":"tools/call","params":{{"a":"{text}"}},"jsonrpc":"2.0","id":"last"}}"#
        );
        let refusal = refusal(&line);
        assert_eq!(refusal["id"], "last");
        assert!(
            refusal["error"]["message"]
                .as_str()
                .unwrap()
                .contains("of which one may have 1000")
        );
    }

    #[test]
    fn depth_and_half_characters_cost_nothing_but_themselves() {
        let deep = "[".repeat(100_000);
        let closed = "]".repeat(100_000);
        let line =
            format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{{"a":{deep}{closed}}}}}"#);
        match Incoming::read(line.as_bytes(), usize::MAX) {
            Incoming::Refused(reply) => assert!(reply.as_str().contains("-32602"), "{reply:?}"),
            other => panic!("{other:?}"),
        }
        let line = r#"{"jsonrpc":"2.0","id":1,"method":"x","params":{"text":"cut \ud83d"}}"#;
        match Incoming::read(line.as_bytes(), MOST) {
            Incoming::Request(request) => assert_eq!(request.params["text"], "cut \u{fffd}"),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_reply_is_one_line() {
        let reply = Reply::result(&Id::Text("a\n".to_owned()), &json!({"text": "b\r\n"}));
        assert!(!reply.as_str().contains(['\n', '\r']), "{reply:?}");
    }

    proptest! {
        #[test]
        fn any_bytes_are_read_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = Incoming::read(&bytes, MOST);
        }

        #[test]
        fn any_text_within_a_message_is_read_without_a_panic(text in r#"[\\u"{}\[\]:,0-9a-fD-F ]{0,60}"#) {
            let line = format!(r#"{{"jsonrpc":"2.0","id":1,"method":"x","params":{{"a":"{text}"}}}}"#);
            let _ = Incoming::read(line.as_bytes(), MOST);
        }
    }
}
