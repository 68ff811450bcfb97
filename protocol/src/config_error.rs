//! Configuration text in; a value, or an error with file, line, column and a suggestion out.

use std::fmt;

use serde::de::DeserializeOwned;

/// What is wrong in a configuration file, where, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct ConfigError {
    /// The file as the operator named it.
    pub file: String,
    /// The line, from 1; absent when the error belongs to the file as a whole.
    pub line: Option<usize>,
    /// The column, from 1.
    pub column: Option<usize>,
    /// What is wrong.
    pub message: String,
    /// What to write instead.
    pub suggestion: Option<String>,
}

impl std::error::Error for ConfigError {}

impl fmt::Display for ConfigError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(formatter, ":{line}")?;
            if let Some(column) = self.column {
                write!(formatter, ":{column}")?;
            }
        }
        match &self.suggestion {
            Some(suggestion) => write!(formatter, ": {}", with_suggestion(&self.message, suggestion)),
            None => write!(formatter, ": {}", self.message),
        }
    }
}

impl ConfigError {
    /// An error of the file as a whole.
    pub fn of_file(file: &str, message: impl fmt::Display) -> Self {
        Self {
            file: file.to_owned(),
            line: None,
            column: None,
            message: message.to_string(),
            suggestion: None,
        }
    }

    /// An error at a byte range of the text, as `toml::Spanned` gives it.
    pub fn at(file: &str, text: &str, span: std::ops::Range<usize>, message: impl fmt::Display) -> Self {
        let (line, column) = position(text, span.start);
        Self {
            line: Some(line),
            column: Some(column),
            ..Self::of_file(file, message)
        }
    }

    /// What TOML's reader found, where it found it, with the key that was probably meant.
    pub fn of_toml(file: &str, text: &str, error: &toml::de::Error) -> Self {
        let whole = error.message();
        let (message, suggestion) = match suggestion_for(whole) {
            Some(suggestion) => (whole, Some(suggestion)),
            None => without_suggestion(whole),
        };
        let placed = match error.span() {
            Some(span) => Self::at(file, text, span, message),
            None => Self::of_file(file, message),
        };
        Self { suggestion, ..placed }
    }

    /// Adds what to write instead.
    #[must_use]
    pub fn suggest(mut self, suggestion: impl fmt::Display) -> Self {
        self.suggestion = Some(suggestion.to_string());
        self
    }
}

/// Reads TOML into a type that refuses unknown keys.
pub fn parse<T: DeserializeOwned>(file: &str, text: &str) -> Result<T, ConfigError> {
    toml::from_str(text).map_err(|error| ConfigError::of_toml(file, text, &error))
}

/// Between what is wrong and what to write instead.
const INSTEAD: &str = "; ";

/// What is wrong with what to write instead, as one text: TOML's reader carries nothing else of a type's error.
pub(crate) fn with_suggestion(wrong: impl fmt::Display, suggestion: impl fmt::Display) -> String {
    format!("{wrong}{INSTEAD}{suggestion}")
}

/// Takes that text apart again. What is quoted, between two backquotes, belongs together.
fn without_suggestion(whole: &str) -> (&str, Option<String>) {
    match whole.rsplit_once(INSTEAD) {
        Some((wrong, suggestion)) if wrong.matches('`').count() % 2 == 0 => {
            (wrong, Some(suggestion.to_owned()))
        }
        _ => (whole, None),
    }
}

/// The candidate that `word` was probably meant to be.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    candidates
        .into_iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), candidate))
        .min()
        .filter(|(distance, candidate)| *distance <= 1 + candidate.len() / 3)
        .map(|(_, candidate)| candidate)
}

fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = text.get(..offset).unwrap_or(text);
    let line_start = before.rfind('\n').map_or(0, |index| index + 1);
    (
        before.matches('\n').count() + 1,
        before[line_start..].chars().count() + 1,
    )
}

/// Finds in serde's "unknown field `x`, expected one of `a`, `b`" the name that was meant; none where no name comes near, for the message
/// lists them already.
pub fn suggestion_for(message: &str) -> Option<String> {
    if !message.starts_with("unknown ") {
        return None;
    }
    let mut quoted = message.split('`').skip(1).step_by(2);
    let word = quoted.next()?;
    let known: Vec<&str> = quoted.collect();
    match nearest(word, known.iter().copied()) {
        Some(meant) => Some(format!("did you mean `{meant}`?")),
        None if known.is_empty() => Some("remove it".to_owned()),
        None => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    #[serde(deny_unknown_fields)]
    #[expect(dead_code, reason = "only the parsing is looked at")]
    struct Sample {
        interval: crate::Duration,
        name: Option<String>,
        quantity: Option<crate::Quantity>,
    }

    fn check(text: &str, expected: &str) {
        let error = parse::<Sample>("agent.toml", text).unwrap_err();
        assert_eq!(error.to_string().lines().next().unwrap(), expected);
    }

    #[test]
    fn errors_name_file_line_and_what_to_do() {
        check(
            "interval = \"10s\"\nnmae = \"x\"\n",
            "agent.toml:2:1: unknown field `nmae`, expected one of `interval`, `name`, `quantity`; did you mean `name`?",
        );
        check(
            "interval = \"10\"\n",
            "agent.toml:1:12: `10` is not a valid duration: write a whole number with a unit, as in 500ms, 10s, 5min, 8h or 30d",
        );
        check("\n\nname = \"x\"\n", "agent.toml:1:1: missing field `interval`");
        check(
            "happiness = 1\n",
            "agent.toml:1:1: unknown field `happiness`, expected one of `interval`, `name`, `quantity`",
        );
    }

    #[test]
    fn a_number_where_a_duration_belongs_is_told_how_to_write_it() {
        let error = parse::<Sample>("agent.toml", "interval = 300\n").unwrap_err();
        assert_eq!(
            error.to_string(),
            "agent.toml:1:12: invalid type: integer `300`, expected a duration in quotes; write it as \"5min\""
        );
        assert_eq!(error.suggestion.as_deref(), Some("write it as \"5min\""));
    }

    #[test]
    fn what_a_type_says_to_write_instead_is_a_suggestion() {
        for (written, wrong, suggestion) in [
            (
                "humidty",
                "`humidty` is not a valid quantity",
                Some("did you mean `humidity`?"),
            ),
            (
                "happiness; or so",
                "`happiness; or so` is not a valid quantity",
                Some("docs/reference/configuration.md lists the quantities"),
            ),
        ] {
            let text = format!("interval = \"10s\"\nquantity = \"{written}\"\n");
            let error = parse::<Sample>("agent.toml", &text).unwrap_err();
            assert_eq!(
                (error.message.as_str(), error.suggestion.as_deref()),
                (wrong, suggestion)
            );
        }
        let error = parse::<Sample>("agent.toml", "interval = \"1; 2\"\n").unwrap_err();
        assert!(
            error.message.starts_with("`1; 2` is not a valid duration"),
            "{error}"
        );
    }
}
