//! `[[beat]]`: to whom the collector says that it is well.

use std::path::PathBuf;

use plenum_protocol::{Duration, Identifier};
use serde::Deserialize;

/// Whoever notices when the collector is silent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BeatConfig {
    /// What it is called in the log and in the figures: its address may be a secret.
    pub id: Identifier,
    /// Where to.
    pub url: Option<String>,
    /// File with the address, where whoever knows it may beat.
    pub url_file: Option<PathBuf>,
    /// File with a bearer token.
    pub token_file: Option<PathBuf>,
    /// How often.
    #[serde(default = "every")]
    pub every: Duration,
    /// Plain `http` to another host is meant.
    #[serde(default)]
    pub insecure: bool,
}

fn every() -> Duration {
    Duration::from_seconds(60)
}

impl BeatConfig {
    /// What is wrong with it in itself: the key, what, and what to write.
    pub(super) fn mistake(&self) -> Option<(&'static str, &'static str, &'static str)> {
        match (&self.url, &self.url_file) {
            (Some(_), Some(_)) => Some(("url_file", "a beat has one address", "keep `url` or `url_file`")),
            (None, None) => Some(("id", "a beat needs an address", "write `url` or `url_file`")),
            _ if self.every < Duration::from_seconds(1) => Some((
                "every",
                "a beat more often than each second says nothing more",
                "write \"60s\"",
            )),
            _ => None,
        }
    }

    /// Its secrets: the key, and the file.
    pub(super) fn secrets(&self) -> impl Iterator<Item = (&'static str, &PathBuf)> {
        let address = self.url_file.iter().map(|path| ("url_file", path));
        address.chain(self.token_file.iter().map(|path| ("token_file", path)))
    }
}
