//! The eras of the protocol: which versions are spoken, and which of them a request speaks.

use serde_json::{Map, Value, json};

use crate::message::Fault;

/// Versions that say themselves in every request, the newest first.
pub const MODERN: [&str; 1] = ["2026-07-28"];

/// Versions that begin with `initialize`, the newest first. 2025-03-26 is not among them: it alone has lists of
/// messages, and whoever speaks it speaks the one before.
pub const LEGACY: [&str; 3] = ["2025-11-25", "2025-06-18", "2024-11-05"];

const VERSION: &str = "io.modelcontextprotocol/protocolVersion";
const CAPABILITIES: &str = "io.modelcontextprotocol/clientCapabilities";

/// The era that a request is of.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Era {
    /// It says its version itself.
    Modern,
    /// It relies on an `initialize` that came before, or is that.
    Legacy,
}

impl Era {
    /// Returns the era of a request.
    pub(crate) fn of(method: &str, params: &Map<String, Value>) -> Result<Self, Fault> {
        if method == "initialize" {
            return Ok(Self::Legacy);
        }
        let meta = params.get("_meta").and_then(Value::as_object);
        let said = |name| meta.and_then(|meta| meta.get(name));
        let Some(version) = said(VERSION) else {
            return match method {
                "server/discover" => Err(missing(VERSION)),
                _ => Ok(Self::Legacy),
            };
        };
        let Some(version) = version.as_str() else {
            return Err(missing(VERSION));
        };
        if !MODERN.contains(&version) {
            let fault = Fault::new(Fault::NO_SUCH_VERSION, "Unsupported protocol version");
            let data = json!({"supported": MODERN, "requested": version});
            return Err(Fault {
                data: Some(data),
                ..fault
            });
        }
        match said(CAPABILITIES).is_some_and(Value::is_object) {
            true => Ok(Self::Modern),
            false => Err(missing(CAPABILITIES)),
        }
    }
}

fn missing(field: &str) -> Fault {
    let message = format!("params._meta[\"{field}\"] is missing, or of another type");
    Fault::new(Fault::BAD_PARAMS, message)
}

/// Returns the version to go on with when a client begins with `wanted`: that one; else the newest that is older;
/// else the newest. Versions are dates.
pub(crate) fn agreed(wanted: Option<&str>) -> &'static str {
    let [newest, ..] = LEGACY;
    let Some(wanted) = wanted else { return newest };
    let mut known = LEGACY.into_iter();
    known.find(|version| *version <= wanted).unwrap_or(newest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_version_is_agreed_that_both_speak() {
        for (wanted, agreed_on) in [
            (Some("2025-11-25"), "2025-11-25"),
            (Some("2025-06-18"), "2025-06-18"),
            (Some("2025-03-26"), "2024-11-05"),
            (Some("2024-11-05"), "2024-11-05"),
            (Some("2027-01-01"), "2025-11-25"),
            (Some("1.0"), "2025-11-25"),
            (None, "2025-11-25"),
        ] {
            assert_eq!(agreed(wanted), agreed_on, "{wanted:?}");
        }
    }
}
