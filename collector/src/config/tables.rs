//! The tables of `collector.toml` that the registry of channels names, and people's addresses: read from the document, with their places in it.

use plenum_protocol::Identifier;
use plenum_protocol::config_error::{ConfigError, suggestion_for};
use toml::Spanned;
use toml::de::{DeTable, DeValue, ValueDeserializer};

use crate::notify::channels::{Address, CHANNELS, ChannelTable, address_kinds as kinds};

/// Takes the channels' tables out of the document.
pub(super) fn channels(
    file: &str,
    text: &str,
    document: &mut DeTable<'_>,
) -> Result<Vec<ChannelTable>, ConfigError> {
    let mut found = Vec::new();
    for entry in CHANNELS {
        for table in take(document, entry.table) {
            let span = table.span();
            let settings = (entry.settings)(ValueDeserializer::from(table));
            let settings = settings.map_err(|error| ConfigError::of_toml(file, text, &error))?;
            let twice = found.iter().any(|other: &ChannelTable| {
                other.kind == entry.name && other.settings.channel() == settings.channel()
            });
            if twice {
                let message = format!("this [{}] is the second for the same channel", entry.table);
                return Err(ConfigError::at(file, text, span, message).suggest("keep one"));
            }
            found.push(ChannelTable {
                kind: entry.name,
                settings: settings.into(),
            });
        }
    }
    Ok(found)
}

/// Takes people's addresses out of the document: `person`, and a key for each kind of channel that reaches them.
pub(super) fn addresses(
    file: &str,
    text: &str,
    document: &mut DeTable<'_>,
) -> Result<Vec<Address>, ConfigError> {
    let mut found: Vec<Address> = Vec::new();
    for table in take(document, "address") {
        let error = |span, message: &str| ConfigError::at(file, text, span, message);
        let DeValue::Table(keys) = table.get_ref() else {
            return Err(error(table.span(), "an address is a table: [[address]]"));
        };
        let Some(person) = keys.get("person") else {
            return Err(error(table.span(), "missing field `person`"));
        };
        let person: Identifier = string(person)
            .parse()
            .map_err(|why| ConfigError::at(file, text, person.span(), why))?;
        let before = found.len();
        for (key, value) in keys {
            let name = key.get_ref().as_ref();
            if name == "person" {
                continue;
            }
            let Some(kind) = kinds().find(|kind| kind.key == name) else {
                let known: Vec<String> = kinds().map(|kind| format!("`{}`", kind.key)).collect();
                let message = format!(
                    "unknown field `{name}`, expected one of `person`, {}",
                    known.join(", ")
                );
                let suggestion = suggestion_for(&message);
                return Err(ConfigError {
                    suggestion,
                    ..error(key.span(), &message)
                });
            };
            let address = string(value);
            if let Err((wrong, instead)) = (kind.check)(address) {
                return Err(error(value.span(), &format!("`{address}` {wrong}")).suggest(instead));
            }
            if found
                .iter()
                .any(|other| other.person == person && other.key == kind.key)
            {
                let message = format!("person `{person}` has two addresses of this kind");
                return Err(error(value.span(), &message).suggest("keep one"));
            }
            found.push(Address {
                person: person.clone(),
                key: kind.key,
                address: address.to_owned(),
            });
        }
        if found.len() == before {
            let keys: Vec<String> = kinds().map(|kind| format!("{} = \"...\"", kind.key)).collect();
            let message = format!("`{person}` has no address");
            return Err(error(table.span(), &message).suggest(format!("write {}", keys.join(" or "))));
        }
    }
    Ok(found)
}

/// Adds what was taken out of the document to the keys that were expected instead of an unknown one at the top.
pub(super) fn suggest(mut error: ConfigError) -> ConfigError {
    // So the other keys' reader begins its list.
    if error.message.contains("`, expected one of `data`, ") {
        for table in CHANNELS.iter().map(|entry| entry.table).chain(["address"]) {
            error.message += &format!(", `{table}`");
        }
        error.suggestion = suggestion_for(&error.message);
    }
    error
}

/// One table or a list of them.
fn take<'text>(document: &mut DeTable<'text>, name: &str) -> Vec<Spanned<DeValue<'text>>> {
    let Some(found) = document.remove(name) else {
        return Vec::new();
    };
    let span = found.span();
    match found.into_inner() {
        DeValue::Array(tables) => tables.into_iter().collect(),
        other => vec![Spanned::new(span, other)],
    }
}

fn string<'a>(value: &'a Spanned<DeValue<'_>>) -> &'a str {
    value.get_ref().as_str().unwrap_or_default()
}
