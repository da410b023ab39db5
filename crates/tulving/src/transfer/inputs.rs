//! The inputs of a run: an unfinished one can be resumed with the same ones only.

use serde_json::{Map, Value, json};

use super::migration::Migration;

/// Returns everything that decides what a run writes. Workers and chunk sizes do not.
pub(super) fn inputs(migration: &Migration) -> Value {
    let Migration {
        sink,
        target,
        space,
        options,
        prepared,
        ..
    } = migration;
    let plan = prepared.plan();
    let files: Map<String, Value> = plan
        .files()
        .map(|file| (file.name.clone(), json!(crate::hex(&file.sha256))))
        .collect();
    let only: Vec<&str> = plan.options.only.iter().map(|kind| kind.plural()).collect();
    let mut inputs = json!({
        "scope": sink.scope().to_string(),
        "database": target.identity,
        "files": files,
        "space": space.as_ref().map(ToString::to_string),
        "options": {
            "only": only,
            "on_error": if options.reject { "reject" } else { "stop" },
            "existing": options.existing.as_str(),
            "restamp": plan.options.restamp,
            "cast_f32": plan.options.cast_f32,
        },
    });
    if let Some(state) = &plan.state {
        inputs["source"] = json!(state);
    }
    inputs
}

/// Names what is different, in words.
pub(super) fn changes(before: &Value, now: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare("", before, now, &mut found);
    found
}

fn compare(path: &str, before: &Value, now: &Value, found: &mut Vec<String>) {
    if before == now {
        return;
    }
    let (Value::Object(old), Value::Object(new)) = (before, now) else {
        found.push(match path.strip_prefix("files.") {
            Some(file) if before.is_null() => format!("{file} is new"),
            Some(file) if now.is_null() => format!("{file} is gone"),
            Some(file) => format!("{file} has another content"),
            None if path == "source" => "the source's rows are others now".to_owned(),
            None => format!(
                "{} was {before}, is {now}",
                path.strip_prefix("options.").unwrap_or(path)
            ),
        });
        return;
    };
    let keys: std::collections::BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    for key in keys {
        let path = if path.is_empty() {
            key.clone()
        } else {
            format!("{path}.{key}")
        };
        compare(
            &path,
            old.get(key).unwrap_or(&Value::Null),
            new.get(key).unwrap_or(&Value::Null),
            found,
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_what_changed() {
        let before =
            json!({"files": {"a.json": "1", "b.npy": "2"}, "options": {"existing": "keep"}});
        let now =
            json!({"files": {"a.json": "9", "c.npy": "2"}, "options": {"existing": "update"}});
        assert_eq!(
            changes(&before, &now),
            [
                "a.json has another content",
                "b.npy is gone",
                "c.npy is new",
                r#"existing was "keep", is "update""#
            ]
        );
        assert!(changes(&before, &before).is_empty());
    }
}
