//! The Python dict literal in an `.npy` header.

use super::error::Problem;

/// What the dict says, with every value in the form that NumPy gives it.
#[derive(Debug, PartialEq)]
pub(super) struct Fields {
    pub(super) descr: String,
    pub(super) fortran_order: bool,
    pub(super) shape: Vec<u64>,
}

/// Reads the dict `text`, which begins at byte `start` of the file. Taken are the three keys that
/// NumPy writes, each once and in any order, with any spaces; nothing else that Python would.
pub(super) fn parse(text: &[u8], start: usize) -> Result<Fields, Problem> {
    let mut parser = Parser { text, at: 0 };
    parser.dict().map_err(|refusal| match refusal {
        Refusal::Expected(expected) => Problem::Header {
            expected,
            at: start + parser.at,
        },
        Refusal::Structure => Problem::Dtype {
            descr: "a structure of several fields".into(),
        },
        Refusal::Overflow => Problem::ShapeOverflow {
            shape: "with more than 64 bits".into(),
        },
    })
}

enum Refusal {
    Expected(&'static str),
    Structure,
    Overflow,
}

struct Parser<'a> {
    text: &'a [u8],
    at: usize,
}

impl<'a> Parser<'a> {
    fn dict(&mut self) -> Result<Fields, Refusal> {
        let (mut descr, mut fortran_order, mut shape) = (None, None, None);
        self.expect(b'{', "{")?;
        while !self.eat(b'}') {
            self.token();
            let key_at = self.at;
            let key = self.string("a key in quotes")?;
            self.expect(b':', "a colon")?;
            let is_new = match key {
                b"descr" => descr.replace(self.descr()?).is_none(),
                b"fortran_order" => fortran_order.replace(self.bool()?).is_none(),
                b"shape" => shape.replace(self.tuple()?).is_none(),
                _ => false,
            };
            if !is_new {
                self.at = key_at;
                return Err(Refusal::Expected(
                    "each of descr, fortran_order, shape once",
                ));
            }
            if !self.eat(b',') {
                self.expect(b'}', "a comma or }")?;
                break;
            }
        }
        if self.token().is_some() {
            return Err(Refusal::Expected("the end of the header"));
        }
        match (descr, fortran_order, shape) {
            (Some(descr), Some(fortran_order), Some(shape)) => Ok(Fields {
                descr,
                fortran_order,
                shape,
            }),
            _ => Err(Refusal::Expected(
                "each of descr, fortran_order, shape once",
            )),
        }
    }

    fn descr(&mut self) -> Result<String, Refusal> {
        if let Some(b'[' | b'(') = self.token() {
            return Err(Refusal::Structure);
        }
        let descr = self.string("a dtype in quotes")?;
        // A header may be long; a message should not be.
        Ok(String::from_utf8_lossy(descr).chars().take(40).collect())
    }

    fn string(&mut self, what: &'static str) -> Result<&'a [u8], Refusal> {
        let Some(quote @ (b'\'' | b'"')) = self.token() else {
            return Err(Refusal::Expected(what));
        };
        let text = &self.text[self.at + 1..];
        match text
            .iter()
            .position(|&byte| byte == quote || byte == b'\\' || byte < b' ')
        {
            Some(end) if text[end] == quote => {
                self.at += end + 2;
                Ok(&text[..end])
            }
            _ => Err(Refusal::Expected(what)),
        }
    }

    fn bool(&mut self) -> Result<bool, Refusal> {
        self.token();
        for (word, value) in [("True", true), ("False", false)] {
            if self.text[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(Refusal::Expected("True or False"))
    }

    fn tuple(&mut self) -> Result<Vec<u64>, Refusal> {
        let mut items = Vec::new();
        self.expect(b'(', "a tuple")?;
        while !self.eat(b')') {
            items.push(self.integer()?);
            if !self.eat(b',') {
                // Without a comma, one number in parentheses is no tuple.
                let what = if items.len() > 1 {
                    "a comma or )"
                } else {
                    "a comma"
                };
                if items.len() == 1 || !self.eat(b')') {
                    return Err(Refusal::Expected(what));
                }
                break;
            }
        }
        Ok(items)
    }

    fn integer(&mut self) -> Result<u64, Refusal> {
        self.token();
        let rest = &self.text[self.at..];
        let digits = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if digits == 0 || (digits > 1 && rest[0] == b'0') {
            return Err(Refusal::Expected("a count"));
        }
        self.at += digits;
        rest[..digits]
            .iter()
            .try_fold(0_u64, |value, digit| {
                value.checked_mul(10)?.checked_add(u64::from(digit - b'0'))
            })
            .ok_or(Refusal::Overflow)
    }

    fn expect(&mut self, byte: u8, what: &'static str) -> Result<(), Refusal> {
        if self.eat(byte) {
            Ok(())
        } else {
            Err(Refusal::Expected(what))
        }
    }

    fn eat(&mut self, byte: u8) -> bool {
        let found = self.token() == Some(byte);
        self.at += usize::from(found);
        found
    }

    /// Skips whitespace; the byte that follows.
    fn token(&mut self) -> Option<u8> {
        let rest = &self.text[self.at..];
        self.at += rest
            .iter()
            .take_while(|byte| byte.is_ascii_whitespace())
            .count();
        self.text.get(self.at).copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn message(text: &str) -> String {
        parse(text.as_bytes(), 10).expect_err(text).to_string()
    }

    #[test]
    fn any_order_spacing_and_quotes() {
        for text in [
            "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4), }          \n",
            "{'shape':(3,4),'fortran_order':False,'descr':'<f4'}",
            "\n{ \"shape\" : ( 3 , 4 , ) , 'descr':\"<f4\" , 'fortran_order' : False }",
        ] {
            let fields = Fields {
                descr: "<f4".into(),
                fortran_order: false,
                shape: vec![3, 4],
            };
            assert_eq!(parse(text.as_bytes(), 10).unwrap(), fields, "{text}");
        }
    }

    #[test]
    fn shapes_are_tuples() {
        let shape = |shape: &str| {
            let text = format!("{{'descr': 'x', 'fortran_order': True, 'shape': {shape}}}");
            parse(text.as_bytes(), 0).map(|fields| fields.shape).ok()
        };
        assert_eq!(shape("()"), Some(vec![]));
        assert_eq!(shape("(0,)"), Some(vec![0]));
        assert_eq!(shape("(1, 2, 3)"), Some(vec![1, 2, 3]));
        assert_eq!(shape("(18446744073709551615, 1)"), Some(vec![u64::MAX, 1]));
        for bad in [
            "(3)", "(3, 4", "(,)", "(-1, 2)", "(3L, 4L)", "(01, 2)", "[3, 4]", "3", "(3 4)",
        ] {
            assert_eq!(shape(bad), None, "{bad}");
        }
    }

    #[test]
    fn says_what_is_expected_and_where() {
        let cases = [
            ("", "expected { at byte 10"),
            ("{'descr' '<f4'}", "expected a colon at byte 19"),
            ("{descr: '<f4'}", "expected a key in quotes at byte 11"),
            ("{'descr': None}", "expected a dtype in quotes at byte 20"),
            (
                "{'descr': '\\x3cf4'}",
                "expected a dtype in quotes at byte 20",
            ),
            ("{'descr': '<f4", "expected a dtype in quotes at byte 20"),
            ("{'fortran_order': 0}", "expected True or False at byte 28"),
            ("{'shape': (3, 4); }", "expected a comma or } at byte 26"),
            (
                "{'shape': (3, 4), 'shape': (3, 4)}",
                "shape once at byte 28",
            ),
            ("{'size': 3}", "shape once at byte 11"),
            ("{}", "shape once at byte 12"),
            (
                "{'descr': '<f4', 'fortran_order': False, 'shape': (3, 4)}; import os",
                "expected the end of the header at byte 67",
            ),
            (
                "{'descr': [('a', '<f4')]}",
                "its dtype is a structure of several fields",
            ),
            (
                "{'shape': (18446744073709551616, 4)}",
                "is larger than any file",
            ),
        ];
        for (text, expected) in cases {
            assert!(
                message(text).contains(expected),
                "{text}: {}",
                message(text)
            );
        }
    }
}
