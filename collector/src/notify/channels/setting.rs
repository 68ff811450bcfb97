//! What the tables of channels have in common: secrets that lie in files, addresses by HTTP, and what is wrong with them.

use std::fmt;
use std::path::{Path, PathBuf};

use plenum_protocol::Identifier;
use plenum_protocol::config_key::{Key, required, usual};
use reqwest::Url;
use zeroize::Zeroizing;

use super::is_this_host;

/// What a secret has at most; more is another file.
const LONGEST: usize = 4_096;

/// The key that says which of the site's channels a table is for.
pub(super) const fn channel(example: &'static str) -> Key {
    required("channel", "identifier", example, "The channel's id in site.toml.")
}

/// The key that lets a channel speak in clear.
pub(super) const INSECURE: Key = usual(
    "insecure",
    "true or false",
    "false",
    "Plain `http` to another host is meant: the network to it is yours alone.",
);

/// What a file holds that nobody is told, neither in a log nor in what is said of a failure.
#[derive(Clone)]
pub(crate) struct Secret(Zeroizing<String>);

impl Secret {
    /// As it is.
    pub(crate) fn reveal(&self) -> &str {
        &self.0
    }
}

impl From<String> for Secret {
    fn from(text: String) -> Self {
        Self(Zeroizing::new(text))
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret")
    }
}

/// Whose table it is.
#[derive(Debug, Clone)]
pub(crate) struct Table {
    kind: &'static str,
    channel: Identifier,
}

impl fmt::Display for Table {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.kind, self.channel)
    }
}

/// What is wrong with a table. None of it holds a secret.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SettingError {
    #[error("{table}: {key} {}: {source}", path.display())]
    Unreadable {
        table: Table,
        key: &'static str,
        path: PathBuf,
        source: std::io::Error,
    },
    #[error("{table}: {key} {}: one line of letters without spaces has to stand in it", path.display())]
    NotASecret {
        table: Table,
        key: &'static str,
        path: PathBuf,
    },
    #[error("{table}: {key} {}: what stands in it is not a valid http or https address", path.display())]
    SecretUrl {
        table: Table,
        key: &'static str,
        path: PathBuf,
    },
    #[error("{table}: `{url}` is not a valid http or https address")]
    Url { table: Table, url: String },
    #[error(
        "{table}: {key}: alarms, and what lets one in there, would cross the network in clear; write an `https` address, or `insecure = true` if that network is yours alone"
    )]
    InClear { table: Table, key: &'static str },
    #[error("{table}: {key} `{value}` {wrong}; {instead}")]
    Value {
        table: Table,
        key: &'static str,
        value: String,
        wrong: &'static str,
        instead: &'static str,
    },
    #[error("{table}: {source}")]
    Client { table: Table, source: reqwest::Error },
}

impl Table {
    /// The table of a kind for a channel.
    pub(crate) fn new(kind: &'static str, channel: &Identifier) -> Self {
        Self {
            kind,
            channel: channel.clone(),
        }
    }

    /// What stands in a file, without the end of its line.
    pub(super) fn read(&self, key: &'static str, path: &Path) -> Result<Secret, SettingError> {
        let text = std::fs::read_to_string(path).map_err(|source| SettingError::Unreadable {
            table: self.clone(),
            key,
            path: path.to_owned(),
            source,
        })?;
        let text = Zeroizing::new(text);
        Ok(Secret(Zeroizing::new(text.trim_end().to_owned())))
    }

    /// A secret that goes into a header, an address or a field: one line of letters that each of them can carry.
    pub(crate) fn secret(&self, key: &'static str, path: &Path) -> Result<Secret, SettingError> {
        let secret = self.read(key, path)?;
        let is_line = secret.reveal().bytes().all(|byte| byte.is_ascii_graphic());
        if secret.reveal().is_empty() || secret.reveal().len() > LONGEST || !is_line {
            return Err(SettingError::NotASecret {
                table: self.clone(),
                key,
                path: path.to_owned(),
            });
        }
        Ok(secret)
    }

    /// An address by HTTP that anybody may know.
    pub(crate) fn url(&self, key: &'static str, url: &str, insecure: bool) -> Result<Url, SettingError> {
        let parsed = parse(url).ok_or_else(|| SettingError::Url {
            table: self.clone(),
            url: url.to_owned(),
        })?;
        self.protected(key, parsed, insecure)
    }

    /// An address by HTTP that is itself what lets one in.
    pub(crate) fn secret_url(
        &self,
        key: &'static str,
        path: &Path,
        insecure: bool,
    ) -> Result<(Url, Secret), SettingError> {
        let secret = self.secret(key, path)?;
        let parsed = parse(secret.reveal()).ok_or_else(|| SettingError::SecretUrl {
            table: self.clone(),
            key,
            path: path.to_owned(),
        })?;
        Ok((self.protected(key, parsed, insecure)?, secret))
    }

    fn protected(&self, key: &'static str, url: Url, insecure: bool) -> Result<Url, SettingError> {
        let here = url.host_str().is_some_and(is_this_host);
        match url.scheme() == "https" || insecure || here {
            true => Ok(url),
            false => Err(SettingError::InClear {
                table: self.clone(),
                key,
            }),
        }
    }
}

/// An address by HTTP.
pub(crate) fn parse(url: &str) -> Option<Url> {
    let url = Url::parse(url).ok()?;
    let is_http = matches!(url.scheme(), "http" | "https") && url.has_host();
    is_http.then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_secret_is_one_line_and_is_never_shown_and_an_address_in_clear_is_meant() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let table = Table::new("slack", &"ops".parse().unwrap());
        let check = |text: &str, insecure: bool, expected: Result<&str, &str>| {
            std::fs::write(&path, text).unwrap();
            let found = table.secret_url("url_file", &path, insecure);
            let found = found.map(|(url, secret)| {
                assert_eq!(format!("{secret:?}"), "Secret");
                url.to_string()
            });
            let found = found.map_err(|error| error.to_string().replace(&path.display().to_string(), "FILE"));
            match expected {
                Ok(url) => assert_eq!(found.as_deref(), Ok(url)),
                Err(words) => {
                    let said = found.unwrap_err();
                    assert!(said.starts_with(words) && !said.contains("marker"), "{said}");
                }
            }
        };
        check(
            "https://hooks.example.org/marker\n",
            false,
            Ok("https://hooks.example.org/marker"),
        );
        check("http://[::1]:8065/marker", false, Ok("http://[::1]:8065/marker"));
        check("http://chat.lan/marker", true, Ok("http://chat.lan/marker"));
        check(
            "http://chat.lan/marker",
            false,
            Err("slack ops: url_file: alarms, and what lets one in there, would cross the network in clear"),
        );
        let not_a_line = "slack ops: url_file FILE: one line of letters";
        for text in ["", "\n", "two\nmarkers", "marker\u{7f}", "márker", "a marker"] {
            check(text, false, Err(not_a_line));
        }
        check(&"marker".repeat(1_000), false, Err(not_a_line));
        for text in ["ftp://example.org/marker", "marker", "https://"] {
            check(
                text,
                false,
                Err("slack ops: url_file FILE: what stands in it is not a valid"),
            );
        }
        std::fs::remove_file(&path).unwrap();
        let gone = table.secret("url_file", &path).unwrap_err().to_string();
        assert!(
            gone.contains("url_file") && gone.contains("No such file"),
            "{gone}"
        );
    }
}
