//! Whole numbers as the stores can hold them: 0 to 2^63 - 1. What is larger names nothing, in a body, a query or a path.

use serde::de::{Deserialize, Deserializer, Error};

/// The largest number.
pub(crate) const LARGEST: u64 = i64::MAX.unsigned_abs();

/// Reads a number.
pub(crate) fn number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u64, D::Error> {
    within(u64::deserialize(deserializer)?)
}

/// Reads a number that may be absent.
pub(crate) fn maybe_number<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
    Option::<u64>::deserialize(deserializer)?.map(within).transpose()
}

fn within<E: Error>(number: u64) -> Result<u64, E> {
    if number > LARGEST {
        return Err(E::custom(format!(
            "{number} is not a valid number: {LARGEST} at most"
        )));
    }
    Ok(number)
}
