//! Reads `site.toml`: text in, a checked site or every mistake with line, column and suggestion out.

use std::ops::Range;

use plenum_protocol::config_error::{self, ConfigError};
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::check;
use super::model::{ChannelKind, Site};

/// A site that holds together, and what its author may not have meant.
#[derive(Debug, Clone, PartialEq)]
pub struct Parsed {
    /// Everything in it holds together.
    pub site: Site,
    /// What is allowed and looks like a mistake.
    pub warnings: Vec<ConfigError>,
}

/// Reads and checks a whole `site.toml`. `file` is the name in the errors, `kinds` are the kinds of channel that there are.
pub fn parse(file: &str, text: &str, kinds: &[ChannelKind]) -> Result<Parsed, Vec<ConfigError>> {
    let site: Site = config_error::parse(file, text).map_err(|error| vec![error])?;
    let root = DeTable::parse(text).map_err(|error| vec![ConfigError::of_file(file, error.message())])?;
    let mut findings = Findings {
        file,
        text,
        root: &root,
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    check::check(&site, kinds, &mut findings);
    if findings.errors.is_empty() {
        let warnings = findings.warnings;
        Ok(Parsed { site, warnings })
    } else {
        Err(findings.errors)
    }
}

/// A way into the document: keys, and places in lists.
#[derive(Debug, Clone, Copy)]
pub(super) enum Step<'a> {
    Key(&'a str),
    Item(usize),
}

/// Collects mistakes with their places in the text.
pub(super) struct Findings<'a> {
    file: &'a str,
    text: &'a str,
    root: &'a Spanned<DeTable<'a>>,
    errors: Vec<ConfigError>,
    warnings: Vec<ConfigError>,
}

impl Findings<'_> {
    pub(super) fn error(
        &mut self,
        path: &[Step<'_>],
        message: impl std::fmt::Display,
        suggestion: Option<String>,
    ) {
        let found = self.finding(path, message, suggestion);
        self.errors.push(found);
    }

    /// How many errors were found until now.
    pub(super) fn errors(&self) -> usize {
        self.errors.len()
    }

    pub(super) fn warn(
        &mut self,
        path: &[Step<'_>],
        message: impl std::fmt::Display,
        suggestion: Option<String>,
    ) {
        let found = self.finding(path, message, suggestion);
        self.warnings.push(found);
    }

    /// The text of a string in the document; none where it is a number or absent.
    pub(super) fn string_at(&self, path: &[Step<'_>]) -> Option<String> {
        let (value, depth) = self.walk(path)?;
        (depth == path.len()).then(|| value.get_ref().as_str().map(str::to_owned))?
    }

    /// Whether a table stands there in the document.
    pub(super) fn is_table(&self, path: &[Step<'_>]) -> bool {
        let found = self.walk(path);
        found.is_some_and(|(value, depth)| depth == path.len() && value.get_ref().is_table())
    }

    fn finding(
        &self,
        path: &[Step<'_>],
        message: impl std::fmt::Display,
        suggestion: Option<String>,
    ) -> ConfigError {
        let error = ConfigError::at(self.file, self.text, self.span(path), message);
        ConfigError { suggestion, ..error }
    }

    /// Where the value at the path is written, or the deepest part of the path that is.
    fn span(&self, path: &[Step<'_>]) -> Range<usize> {
        self.walk(path).map_or(0..0, |(value, _)| value.span())
    }

    fn walk(&self, path: &[Step<'_>]) -> Option<(&Spanned<DeValue<'_>>, usize)> {
        let Some((Step::Key(first), rest)) = path.split_first() else {
            return None;
        };
        let mut found = self.root.get_ref().get(*first)?;
        let mut depth = 1;
        for step in rest {
            let next = match (step, found.get_ref()) {
                (Step::Key(key), DeValue::Table(table)) => table.get(*key),
                (Step::Item(place), DeValue::Array(list)) => list.get(*place),
                _ => None,
            };
            let Some(next) = next else { break };
            found = next;
            depth += 1;
        }
        Some((found, depth))
    }
}

#[cfg(test)]
mod tests;
