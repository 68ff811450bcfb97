//! How the document describes types of the crates below, which know nothing of OpenAPI.

use std::borrow::Cow;

use plenum_protocol::Fault;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, SchemaFormat, Type};
use utoipa::openapi::{KnownFormat, RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

/// The SenML unit of a quantity; empty for a boolean, which is 1 or 0.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Unit(&'static str);

impl Unit {
    /// The unit of a quantity.
    pub const fn of(quantity: plenum_protocol::Quantity) -> Self {
        Self(quantity.unit())
    }

    /// As it is written: `Cel`.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Every unit, each once, in the order of its first quantity.
    fn all() -> Vec<&'static str> {
        let mut all = Vec::new();
        for quantity in plenum_protocol::Quantity::ALL {
            if !all.contains(&quantity.unit()) {
                all.push(quantity.unit());
            }
        }
        all
    }
}

impl std::fmt::Display for Unit {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(self.0)
    }
}

impl Serialize for Unit {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.0)
    }
}

impl<'de> Deserialize<'de> for Unit {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = Cow::<str>::deserialize(deserializer)?;
        Self::all()
            .into_iter()
            .find(|unit| *unit == text)
            .map(Self)
            .ok_or_else(|| serde::de::Error::custom(format!("`{text}` is not a valid unit")))
    }
}

/// Describes a type under a name of the document.
macro_rules! described {
    ($type:ty, $name:literal, $schema:expr) => {
        impl PartialSchema for $type {
            fn schema() -> RefOr<Schema> {
                let schema: ObjectBuilder = $schema;
                schema.into()
            }
        }

        impl ToSchema for $type {
            fn name() -> Cow<'static, str> {
                Cow::Borrowed($name)
            }
        }
    };
}

fn text(about: &str) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::String)
        .description(Some(about))
}

/// A sensor's quantity, in the document.
pub(crate) struct Quantity;
/// Why there is no value, in the document.
pub(crate) struct FaultWord;
/// A series' name, in the document.
pub(crate) struct SeriesName;
/// A name in paths and topics, in the document.
pub(crate) struct Identifier;
/// An instant of a query, in the document.
pub(crate) struct Instant;
/// A whole number that the stores can hold, in the document.
pub(crate) struct Number;
/// How many items a page has at most, in the document.
pub(crate) struct PageSize;

described!(
    Unit,
    "Unit",
    text("SenML unit; empty for a boolean, which is 1 or 0.").enum_values(Some(Self::all()))
);
described!(
    Quantity,
    "Quantity",
    text("What is measured.").enum_values(Some(
        plenum_protocol::Quantity::ALL
            .iter()
            .map(|quantity| quantity.as_str())
    ))
);
described!(
    FaultWord,
    "Fault",
    text("Why a sensor gave no value.").enum_values(Some(Fault::ALL.map(Fault::as_str)))
);
described!(
    SeriesName,
    "SeriesName",
    text("`site/agent/sensor/quantity`").pattern(Some({
        let quantities: Vec<_> = plenum_protocol::Quantity::ALL
            .iter()
            .map(|quantity| quantity.as_str())
            .collect();
        format!("^([a-z0-9][a-z0-9-]{{0,62}}/){{3}}({})$", quantities.join("|"))
    }))
);
described!(
    Identifier,
    "Identifier",
    text("Small letters, digits and hyphens.").pattern(Some("^[a-z0-9][a-z0-9-]{0,62}$"))
);

described!(Number, "Number", whole("A number.", 0));
described!(
    PageSize,
    "PageSize",
    whole("At most so many; the server may give fewer.", 1)
);

fn whole(about: &str, least: isize) -> ObjectBuilder {
    ObjectBuilder::new()
        .schema_type(Type::Integer)
        .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)))
        .minimum(Some(least))
        .maximum(Some(isize::MAX))
        .description(Some(about))
}

impl PartialSchema for Instant {
    fn schema() -> RefOr<Schema> {
        let written = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::DateTime)));
        let milliseconds = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .minimum(Some(-62_135_596_800_000_isize))
            .maximum(Some(253_402_300_799_999_isize));
        OneOfBuilder::new()
            .item(written)
            .item(milliseconds)
            .description(Some(
                "RFC 3339 (a `+` must be sent as %2B), or milliseconds since 1970.",
            ))
            .into()
    }
}

impl ToSchema for Instant {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn units_read_back_and_others_are_refused() {
        for quantity in plenum_protocol::Quantity::ALL {
            let text = serde_json::to_string(&Unit::of(*quantity)).unwrap();
            assert_eq!(serde_json::from_str::<Unit>(&text).unwrap(), Unit::of(*quantity));
        }
        assert!(serde_json::from_str::<Unit>("\"furlong\"").is_err());
    }
}
