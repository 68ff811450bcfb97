//! Where in the text a key stands, so that an error found later can still name its line.

use std::ops::Range;

use plenum_protocol::config_error::ConfigError;
use toml::de::{DeTable, DeValue};

/// Which table of a list of this name.
pub(super) type Step<'a> = (&'a str, usize);

/// The text of one configuration file and the positions of its keys.
pub(super) struct KeyPositions<'text> {
    file: &'text str,
    text: &'text str,
    root: Option<toml::Spanned<DeTable<'text>>>,
}

impl<'text> KeyPositions<'text> {
    /// Indexes a text; one that is not valid TOML has none, and its errors belong to the file as a whole.
    pub(super) fn new(file: &'text str, text: &'text str) -> Self {
        Self {
            file,
            text,
            root: DeTable::parse(text).ok(),
        }
    }

    /// An error at `[section] key`, or of the whole file where there is no such key. An empty section is the top.
    pub(super) fn at_key(&self, section: &str, key: &str, message: impl std::fmt::Display) -> ConfigError {
        let span = self.root.as_ref().and_then(|root| {
            let table = match section {
                "" => root.get_ref(),
                section => root.get_ref().get(section)?.get_ref().as_table()?,
            };
            key_span(table, key)
        });
        self.error(span, message)
    }

    /// An error at `key` of the sensor with this index, or at the sensor's head if it has no such key.
    pub(super) fn at_sensor(
        &self,
        index: usize,
        key: Option<&str>,
        message: impl std::fmt::Display,
    ) -> ConfigError {
        self.at(&[("sensor", index)], key, message)
    }

    /// An error at `key` of a table that is reached through lists of tables, or at its head if it has no such key.
    pub(super) fn at(
        &self,
        path: &[Step<'_>],
        key: Option<&str>,
        message: impl std::fmt::Display,
    ) -> ConfigError {
        let span = self.root.as_ref().and_then(|root| span_of(root, path, key));
        self.error(span, message)
    }

    fn error(&self, span: Option<Range<usize>>, message: impl std::fmt::Display) -> ConfigError {
        match span {
            Some(span) => ConfigError::at(self.file, self.text, span, message),
            None => ConfigError::of_file(self.file, message),
        }
    }
}

fn span_of(root: &toml::Spanned<DeTable<'_>>, path: &[Step<'_>], key: Option<&str>) -> Option<Range<usize>> {
    let (mut table, mut head) = (root.get_ref(), root.span());
    for (name, index) in path {
        let found = table.get(*name)?.get_ref().as_array()?.get(*index)?;
        head = found.span();
        match found.get_ref() {
            DeValue::Table(inner) => table = inner,
            _ => return Some(head),
        }
    }
    Some(key.and_then(|key| key_span(table, key)).unwrap_or(head))
}

fn key_span(table: &DeTable<'_>, wanted: &str) -> Option<Range<usize>> {
    table
        .iter()
        .find(|(key, _)| key.get_ref() == wanted)
        .map(|(key, _)| key.span())
}
