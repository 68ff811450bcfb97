//! Where in the text a key stands, so that an error found later can still name its line.

use std::ops::Range;

use plenum_protocol::config_error::ConfigError;
use toml::de::{DeTable, DeValue};

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
        let span = self.root.as_ref().and_then(|root| {
            let sensors = root.get_ref().get("sensor")?.get_ref().as_array()?;
            let sensor = sensors.get(index)?;
            let table = match sensor.get_ref() {
                DeValue::Table(table) => table,
                _ => return Some(sensor.span()),
            };
            Some(key.and_then(|key| key_span(table, key)).unwrap_or(sensor.span()))
        });
        self.error(span, message)
    }

    fn error(&self, span: Option<Range<usize>>, message: impl std::fmt::Display) -> ConfigError {
        match span {
            Some(span) => ConfigError::at(self.file, self.text, span, message),
            None => ConfigError::of_file(self.file, message),
        }
    }
}

fn key_span(table: &DeTable<'_>, wanted: &str) -> Option<Range<usize>> {
    table
        .iter()
        .find(|(key, _)| key.get_ref() == wanted)
        .map(|(key, _)| key.span())
}
