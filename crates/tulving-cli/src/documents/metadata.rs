//! What a file says of itself, as JSON.

/// Returns an object of keys, and values that are JSON.
pub(super) fn object(members: &[(String, String)]) -> String {
    let members = members.iter().map(|(key, value)| {
        let key = serde_json::Value::from(key.as_str());
        format!("{key}:{value}")
    });
    format!("{{{}}}", members.collect::<Vec<_>>().join(","))
}
