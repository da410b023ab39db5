//! What a memory's columns cannot give back of its source record.
//!
//! Stored as a JSON object (in Python's dialect, see [`tulving_json`]):
//! `keys`: the order of the record's keys, where it is not the usual one: the place of a known key,
//! the name of another;
//! `values`: the fields whose value the columns would render differently;
//! `live`: the same for the fields that change while a memory is used: valid as long as the column
//! still says what the carried value says (one that the record lacks is added once the column says more);
//! `record`: the whole record, where keys repeat or cannot be stored; then nothing else is there,
//! and live fields in it count as long as `live` would.

use std::cell::Cell;
use std::collections::HashMap;

use super::Part;
use super::fields::{Fields, Member};
use super::render::render;
use crate::{Field, Form, Recorded};
use tulving_json::{self as json, ParseError, Text, Value};

/// Returns what of `source` would be lost if only the columns of `record` were kept.
pub(crate) fn diff(
    source: &[Member<'_>],
    fields: &Fields<'_>,
    record: &impl Recorded,
) -> Option<Vec<u8>> {
    let mut bytes = Vec::new();
    if fields.repeats() || source.iter().any(|(key, _)| !key.is_storable()) {
        let whole = Value::Object(vec![(Text::new("record"), Value::Object(source.to_vec()))]);
        json::write(&whole, &mut bytes);
        return Some(bytes);
    }
    let form = record.form();
    let extra = record.extra().value();
    let extra = members(&extra);
    let rendered = render(record);
    let mut parts = Vec::new();
    if !same_order(source, &rendered, extra) {
        parts.push((
            Text::new("keys"),
            Value::Array(source.iter().map(|(key, _)| key_name(form, key)).collect()),
        ));
    }
    let lookup = Lookup::new(&rendered, extra);
    let (mut values, mut live) = (Vec::new(), Vec::new());
    for member in source {
        if lookup.get(&member.0) != Some(&member.1) {
            let lost = if is_live(form, &member.0) {
                &mut live
            } else {
                &mut values
            };
            lost.push(member.clone());
        }
    }
    for (name, lost) in [("values", values), ("live", live)] {
        if !lost.is_empty() {
            parts.push((Text::new(name), Value::Object(lost)));
        }
    }
    if parts.is_empty() {
        return None;
    }
    json::write(&Value::Object(parts), &mut bytes);
    Some(bytes)
}

/// Writes the source record that a memory came from, in canonical form.
///
/// # Errors
/// If the carry is not what [`diff`] wrote: somebody changed the bytes.
pub(crate) fn restore(
    record: &impl Recorded,
    part: Part,
    out: &mut Vec<u8>,
) -> Result<(), ParseError> {
    let form = record.form();
    let extra = record.extra().value();
    let extra = members(&extra);
    let rendered = render(record);
    let Some(carried) = record.carry() else {
        let known = rendered.iter().map(|(key, value)| (Text::new(key), value));
        let others = extra.iter().map(|(key, value)| (key.clone(), value));
        write_members(form, known.chain(others), part, out);
        return Ok(());
    };
    let carried = json::parse(carried)?;
    let lookup = Lookup::new(&rendered, extra);
    if let Some(whole) = carried.get("record") {
        let untold = untold(record, part, |key| whole.get(key).is_some());
        let present = members(whole).iter().map(|(key, value)| {
            // Of a repeated key the last is what the column was given.
            let counts = key.to_str().and_then(|key| whole.get(key));
            let moved_on =
                is_live(form, key) && counts.is_some_and(|value| !still_says(record, key, value));
            let column = lookup.get(key).filter(|_| moved_on);
            (key.clone(), column.unwrap_or(value))
        });
        let untold = untold.filter_map(|key| lookup.get(&key).map(|value| (key, value)));
        write_members(form, present.chain(untold), part, out);
        return Ok(());
    }
    let values = carried.get("values").map_or(&[][..], members);
    let live = carried.get("live").map_or(&[][..], members);
    let overrides: HashMap<&[u8], &Value<'_>> = values
        .iter()
        .chain(
            live.iter()
                .filter(|(key, value)| still_says(record, key, value)),
        )
        .map(|(key, value)| (key.as_bytes(), value))
        .collect();
    let value_of = |key: &Text<'_>| {
        overrides
            .get(key.as_bytes())
            .copied()
            .or_else(|| lookup.get(key))
    };
    let order: Vec<Text<'_>> = match carried.get("keys") {
        Some(Value::Array(keys)) => keys.iter().filter_map(|name| key_of(form, name)).collect(),
        _ => rendered
            .iter()
            .map(|(key, _)| Text::new(key))
            .chain(extra.iter().map(|(key, _)| key.clone()))
            .collect(),
    };
    let is_told = |name: &str| order.iter().any(|key| key.as_bytes() == name.as_bytes());
    let untold: Vec<Text<'_>> = untold(record, part, is_told).collect();
    let present = order.iter().chain(&untold);
    let present = present.filter_map(|key| value_of(key).map(|value| (key.clone(), value)));
    write_members(form, present, part, out);
    Ok(())
}

/// Returns the live fields of which the source record said nothing, and which have changed since.
fn untold<'r>(
    record: &'r impl Recorded,
    part: Part,
    is_told: impl Fn(&str) -> bool + 'r,
) -> impl Iterator<Item = Text<'static>> + 'r {
    let live = record.form().fields.iter().filter(|field| field.live);
    let live = live.filter(move |field| part == Part::Everything && !is_told(field.name));
    live.map(|field| Text::from(field.name.to_owned()))
        // Nothing means what null means.
        .filter(|key| !still_says(record, key, &Value::Null))
}

/// Writes the members of a source record in canonical form: no white space, keys and numbers as
/// they stand.
pub(crate) fn canonical(form: Form, source: &[Member<'_>], part: Part, out: &mut Vec<u8>) {
    write_members(
        form,
        source.iter().map(|(key, value)| (key.clone(), value)),
        part,
        out,
    );
}

fn write_members<'v>(
    form: Form,
    members: impl Iterator<Item = (Text<'v>, &'v Value<'v>)>,
    part: Part,
    out: &mut Vec<u8>,
) {
    out.push(b'{');
    let mut first = true;
    for (key, value) in members {
        if part == Part::Content && is_live(form, &key) {
            continue;
        }
        if !first {
            out.push(b',');
        }
        first = false;
        json::write_text(key.as_bytes(), out);
        out.push(b':');
        json::write(value, out);
    }
    out.push(b'}');
}

/// Values by key. Keys come mostly in the usual order, so the next one is looked at first.
struct Lookup<'a, 'v> {
    rendered: &'a [(&'static str, Value<'v>)],
    next: Cell<usize>,
    extra: HashMap<&'a [u8], &'a Value<'v>>,
}

impl<'a, 'v> Lookup<'a, 'v> {
    fn new(rendered: &'a [(&'static str, Value<'v>)], extra: &'a [Member<'v>]) -> Self {
        let extra = extra
            .iter()
            .map(|(key, value)| (key.as_bytes(), value))
            .collect();
        Self {
            rendered,
            next: Cell::new(0),
            extra,
        }
    }

    fn get(&self, key: &Text<'_>) -> Option<&'a Value<'v>> {
        let key = key.as_bytes();
        let (before, after) = self
            .rendered
            .split_at(self.next.get().min(self.rendered.len()));
        let find =
            |part: &[(&str, Value<'_>)]| part.iter().position(|(name, _)| name.as_bytes() == key);
        match find(after)
            .map(|at| at + before.len())
            .or_else(|| find(before))
        {
            Some(at) => {
                self.next.set(at + 1);
                Some(&self.rendered[at].1)
            }
            None => self.extra.get(key).copied(),
        }
    }
}

fn same_order(
    source: &[Member<'_>],
    rendered: &[(&'static str, Value<'_>)],
    extra: &[Member<'_>],
) -> bool {
    let usual = rendered
        .iter()
        .map(|(key, _)| key.as_bytes())
        .chain(extra.iter().map(|(key, _)| key.as_bytes()));
    source.iter().map(|(key, _)| key.as_bytes()).eq(usual)
}

fn is_live(form: Form, key: &Text<'_>) -> bool {
    live_field(form, key).is_some()
}

fn live_field(form: Form, key: &Text<'_>) -> Option<usize> {
    let is_it = |field: &Field| field.live && field.name.as_bytes() == key.as_bytes();
    form.fields.iter().position(is_it)
}

/// Returns whether the column still holds what it was given from this value.
fn still_says(record: &impl Recorded, key: &Text<'_>, value: &Value<'_>) -> bool {
    let form = record.form();
    let Some(at) = live_field(form, key) else {
        return false;
    };
    let member = [(key.clone(), value.clone())];
    let fields = Fields::new(form, &member);
    let held = record.columns().swap_remove(at);
    fields.read(&form.fields[at]).is_ok_and(|said| said == held)
}

fn key_name<'v>(form: Form, key: &Text<'v>) -> Value<'v> {
    let mut known = form.known.iter();
    match known.position(|known| known.as_bytes() == key.as_bytes()) {
        Some(place) => Value::Number(place.to_string().into()),
        None => Value::String(key.clone()),
    }
}

fn key_of<'v>(form: Form, name: &'v Value<'v>) -> Option<Text<'v>> {
    match name {
        Value::Number(place) => place
            .parse::<usize>()
            .ok()
            .and_then(|at| form.known.get(at))
            .map(|key| Text::new(key)),
        Value::String(key) => Some(key.clone()),
        _ => None,
    }
}

fn members<'a, 'v>(value: &'a Value<'v>) -> &'a [Member<'v>] {
    match value {
        Value::Object(members) => members,
        _ => &[],
    }
}
