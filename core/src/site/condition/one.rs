//! `when` as it is written: a table with one condition.

use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, Visitor};

use super::Condition;

/// Reads it. What TOML's reader says of another number of conditions names none of them.
pub(in crate::site) fn one<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Condition, D::Error> {
    deserializer.deserialize_map(One)
}

struct One;

impl<'de> Visitor<'de> for One {
    type Value = Condition;

    fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("a table with one condition, as { above = { limit = 27 } }")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Condition, A::Error> {
        let condition = Condition::deserialize(MapAccessDeserializer::new(&mut map))?;
        match map.next_entry::<String, IgnoredAny>()? {
            None => Ok(condition),
            Some((other, _)) => Err(A::Error::custom(format_args!(
                "`when` has one condition, and `{other}` is another; write any = [{{ ... }}, {{ ... }}], or all = [...] where both must hold"
            ))),
        }
    }
}
