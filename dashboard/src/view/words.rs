//! Closed sets of words: each is written once and serves JSON, the document and people.

/// Makes an enum of words.
macro_rules! words {
    ($(#[doc = $about:literal])+ $name:ident { $($(#[$each:meta])* $variant:ident = $word:literal,)+ }) => {
        $(#[doc = $about])+
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$each])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// Every word, in the order in which they are declared.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word, as in JSON.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }

        // By hand: the derive does not see a word that a macro hands on.
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::Schema> {
                utoipa::openapi::schema::ObjectBuilder::new()
                    .schema_type(utoipa::openapi::schema::Type::String)
                    .description(Some(concat!($($about),+).trim_start()))
                    .enum_values(Some(Self::ALL.iter().map(|word| word.as_str())))
                    .into()
            }
        }

        impl utoipa::ToSchema for $name {}

        impl std::fmt::Display for $name {
            fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                formatter.pad(self.as_str())
            }
        }
    };
}
pub(crate) use words;

#[cfg(test)]
mod tests {
    use utoipa::PartialSchema;

    use crate::view::{AlarmState, Cause, ServiceState};

    fn check<T: PartialSchema + serde::Serialize>(all: &[T]) {
        let schema = serde_json::to_value(T::schema()).unwrap();
        assert_eq!(schema["enum"], serde_json::to_value(all).unwrap());
    }

    #[test]
    fn the_document_has_the_words_of_json() {
        check(AlarmState::ALL);
        check(Cause::ALL);
        check(ServiceState::ALL);
        assert_eq!(AlarmState::ALL[1].to_string(), "active-unacknowledged");
    }
}
