//! What Slack, Mattermost and Teams have in common: an incoming webhook whose address is its secret.

use std::path::{Path, PathBuf};

use plenum_protocol::Identifier;
use reqwest::Url;
use serde::Deserialize;
use toml::de::ValueDeserializer;

use super::http::Http;
use super::setting::{SettingError, Table};
use super::{Channel, Settings};

/// What the webhook's service makes of it.
type Open = fn(Http, Url) -> Box<dyn Channel>;

/// Reads the table of a kind.
pub(super) fn settings(
    kind: &'static str,
    table: ValueDeserializer<'_>,
    open: Open,
) -> Result<Box<dyn Settings>, toml::de::Error> {
    let config = Config::deserialize(table)?;
    Ok(Box::new(Incoming { kind, config, open }))
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    channel: Identifier,
    url_file: PathBuf,
    #[serde(default)]
    insecure: bool,
}

#[derive(Debug)]
struct Incoming {
    kind: &'static str,
    config: Config,
    open: Open,
}

impl Settings for Incoming {
    fn channel(&self) -> Option<&Identifier> {
        Some(&self.config.channel)
    }

    fn each_path(&mut self, change: &mut dyn FnMut(&mut PathBuf)) {
        change(&mut self.config.url_file);
    }

    fn secrets(&self) -> Vec<(&'static str, &Path)> {
        vec![("url_file", &self.config.url_file)]
    }

    fn open(&self) -> Result<Box<dyn Channel>, Box<dyn std::error::Error + Send + Sync>> {
        let table = Table::new(self.kind, &self.config.channel);
        let (url, secret) = table.secret_url("url_file", &self.config.url_file, self.config.insecure)?;
        let http = Http::new(&[&secret]).map_err(|source| SettingError::Client { table, source })?;
        Ok((self.open)(http, url))
    }
}
