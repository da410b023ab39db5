//! Reading a server's answer: vectors, or an error.

use serde::Deserialize;
use serde_json::Value;

use crate::embed::Unusable;

/// Characters of a server's message that are passed on.
const MOST_CHARACTERS: usize = 300;

#[derive(Deserialize)]
struct Answer {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    index: Option<usize>,
    /// Some servers write null where a number is not finite.
    embedding: Vec<Option<f32>>,
}

/// Returns the vectors for as many texts, in the order of the texts, whatever the order of the answer.
/// All of one width, and at least one number wide.
pub(super) fn vectors(body: &[u8], asked: usize) -> Result<Vec<Vec<f32>>, Unusable> {
    let answer: Answer = serde_json::from_slice(body).map_err(|error| {
        Unusable::Malformed(format!("{error}; it begins with: {}", message(body)))
    })?;
    let got = answer.data.len();
    if got != asked {
        return Err(Unusable::Count { asked, got });
    }
    let mut vectors = vec![Vec::new(); asked];
    let in_order = answer.data.iter().all(|item| item.index.is_none());
    for (position, item) in answer.data.into_iter().enumerate() {
        let index = if in_order { Some(position) } else { item.index };
        let place = index
            .and_then(|index| vectors.get_mut(index))
            .ok_or(Unusable::Order)?;
        if !place.is_empty() {
            return Err(Unusable::Order);
        }
        *place = item
            .embedding
            .into_iter()
            .map(|number| number.filter(|number| number.is_finite()))
            .collect::<Option<Vec<f32>>>()
            .ok_or(Unusable::NotFinite)?;
        if place.is_empty() {
            return Err(Unusable::Malformed("a vector without numbers".to_owned()));
        }
    }
    Ok(vectors)
}

/// Returns what a server says in an error, on one line: the message in it if it is JSON, else its
/// beginning.
pub(super) fn message(body: &[u8]) -> String {
    let json: Option<Value> = serde_json::from_slice(body).ok();
    let told = json.as_ref().and_then(|json| {
        let error = json.get("error");
        [
            error.and_then(|e| e.get("message")),
            error,
            json.get("message"),
            json.get("detail"),
        ]
        .into_iter()
        .find_map(|value| value?.as_str())
    });
    let text = told.map_or_else(|| String::from_utf8_lossy(body), Into::into);
    let mut line = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty());
    let mut short = String::new();
    while short.len() < 4 * MOST_CHARACTERS
        && let Some(word) = line.next()
    {
        short.push_str(if short.is_empty() { "" } else { " " });
        short.push_str(word);
    }
    if let Some((end, _)) = short.char_indices().nth(MOST_CHARACTERS) {
        short.truncate(end);
        short.push('…');
    }
    if short.is_empty() {
        "nothing".to_owned()
    } else {
        short
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn vectors_come_in_the_order_of_the_texts() {
        let body = br#"{"object":"list","data":[{"index":1,"embedding":[3,4.5]},{"index":0,"embedding":[1,2]}],"usage":{}}"#;
        assert_eq!(vectors(body, 2).unwrap(), [[1.0, 2.0], [3.0, 4.5]]);
        let body = br#"{"data":[{"embedding":[1]},{"embedding":[2]}]}"#;
        assert_eq!(vectors(body, 2).unwrap(), [[1.0], [2.0]]);
    }

    #[test]
    fn an_answer_that_is_not_what_was_asked_for_is_refused() {
        let two =
            |data: &str| vectors(format!(r#"{{"data":[{data}]}}"#).as_bytes(), 2).unwrap_err();
        let item =
            |index: &str, number: &str| format!(r#"{{"index":{index},"embedding":[{number}]}}"#);
        assert_eq!(two(&item("0", "1")), Unusable::Count { asked: 2, got: 1 });
        let three = [item("0", "1"), item("1", "1"), item("2", "1")].join(",");
        assert_eq!(two(&three), Unusable::Count { asked: 2, got: 3 });
        for (one, other) in [("0", "0"), ("0", "2"), ("0", "null")] {
            let data = format!("{},{}", item(one, "1"), item(other, "1"));
            assert_eq!(two(&data), Unusable::Order, "{data}");
        }
        for number in ["null", "1e300", "-1e39"] {
            let data = format!("{},{}", item("0", "1"), item("1", number));
            assert_eq!(two(&data), Unusable::NotFinite, "{data}");
        }
        for number in ["NaN", "\"1\"", "", "[1]", "Infinity"] {
            let data = format!("{},{}", item("0", "1"), item("1", number));
            assert!(matches!(two(&data), Unusable::Malformed(_)), "{data}");
        }
    }

    #[test]
    fn something_else_than_embeddings_is_shown_in_short() {
        for body in [
            "",
            "<html>hello</html>",
            &"long ".repeat(9999),
            "[]",
            r#"{"error":"no such model"}"#,
            r#"{"data":[{"embedding":"AACAPw=="}]}"#,
        ] {
            let Err(Unusable::Malformed(why)) = vectors(body.as_bytes(), 1) else {
                panic!("{body}")
            };
            assert!(why.len() < 500);
        }
    }

    #[test]
    fn a_message_is_found_wherever_servers_put_it() {
        for body in [
            r#"{"error":{"message":"no such model","type":"x"}}"#,
            r#"{"error":"no such model"}"#,
            r#"{"message":"no such model"}"#,
            r#"{"detail":"no such model"}"#,
            " no such\r\n\tmodel\u{7}",
        ] {
            assert_eq!(message(body.as_bytes()), "no such model");
        }
        assert_eq!(message(b""), "nothing");
        for long in ["ä", "ä ", "🦀"] {
            assert_eq!(message(long.repeat(9999).as_bytes()).chars().count(), 301);
        }
    }
}
