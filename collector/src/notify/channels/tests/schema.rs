//! What a service documents of its requests, field by field: which there are, which have to be there, and what each may hold.

use serde_json::Value;

/// What a field may hold.
#[derive(Debug, Clone, Copy)]
pub(super) enum Kind {
    /// So many characters at most, and one at least.
    Text(usize),
    /// So many bytes at most.
    Bytes(usize),
    /// So many units of UTF-16 at most.
    Units(usize),
    /// One of these.
    One(&'static [&'static str]),
    /// Between these.
    Number(i64, i64),
    Flag,
    /// With its scheme.
    Url,
    /// RFC 3339.
    Instant,
    /// Nothing, or nothing in it.
    Nothing,
}

/// A field: where it is, with `*` for each of a list, whether it has to be there, what it holds.
pub(super) type Field = (&'static str, bool, Kind);

/// Each field is one that the service knows and holds what it may; none that has to be there is missing.
#[track_caller]
pub(super) fn check(body: &Value, fields: &[Field]) {
    let mut found = Vec::new();
    leaves(body, String::new(), &mut found);
    for (path, value) in &found {
        let field = fields.iter().find(|(known, _, _)| known == path);
        let Some((_, _, kind)) = field else {
            panic!("{path} is not documented: {body:#}");
        };
        assert!(holds(value, *kind), "{path} is not {kind:?}: {value}");
    }
    for (path, needed, _) in fields {
        let is_there = found.iter().any(|(found, _)| found == path);
        assert!(is_there || !needed, "{path} is missing: {body:#}");
    }
}

fn leaves<'a>(value: &'a Value, path: String, found: &mut Vec<(String, &'a Value)>) {
    match value {
        Value::Object(fields) if !fields.is_empty() => {
            for (name, value) in fields {
                leaves(value, format!("{path}/{name}"), found);
            }
        }
        Value::Array(items) if !items.is_empty() => {
            for item in items {
                leaves(item, format!("{path}/*"), found);
            }
        }
        leaf => found.push((path, leaf)),
    }
}

fn holds(value: &Value, kind: Kind) -> bool {
    let text = value.as_str();
    let is_text = |fits: &dyn Fn(&str) -> bool| text.is_some_and(|text| !text.is_empty() && fits(text));
    match kind {
        Kind::Text(most) => is_text(&|text| text.chars().count() <= most),
        Kind::Bytes(most) => is_text(&|text| text.len() <= most),
        Kind::Units(most) => is_text(&|text| text.encode_utf16().count() <= most),
        Kind::One(words) => is_text(&|text| words.contains(&text)),
        Kind::Number(from, to) => value.as_i64().is_some_and(|number| (from..=to).contains(&number)),
        Kind::Flag => value.is_boolean(),
        Kind::Url => is_text(&|text| reqwest::Url::parse(text).is_ok()),
        Kind::Instant => is_text(&|text| text.parse::<plenum_protocol::Timestamp>().is_ok()),
        Kind::Nothing => value.is_null() || value.as_object().is_some_and(serde_json::Map::is_empty),
    }
}
