//! What a start would refuse of a `collector.toml` that has no mistake in itself: addresses that must not be listened on, and files that it names.

use std::path::Path;

use plenum_core::site;
use plenum_link::SystemClock;
use plenum_link::mqtt::{AddressError, BrokerAddress};
use plenum_protocol::Timestamp;
use plenum_protocol::config_error::ConfigError;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::{BeatConfig, Config, Entrance, SingleSignOnError};
use crate::broker::BrokerError;
use crate::database::keys::Keys;
use crate::notify::{channels, lookout};
use crate::tls::{Pair, Standing, Validity};

const PASSWORD: &str =
    "write the password into it, on one line, and let the user that `plenum serve` runs as read it";

impl Config {
    /// Everything for which a collector would not start with this file, whose `text` was parsed: each with its place. Reads the files that
    /// are named; opens no database and no port.
    pub fn refused(&self, file: &str, text: &str) -> Vec<ConfigError> {
        let Ok(document) = DeTable::parse(text) else {
            return Vec::new();
        };
        let places = Places { file, text, document };
        let mut found = self.entrance_refused(&places);
        found.extend(self.single_sign_on_refused(&places));
        found.extend(self.addresses_refused(&places));
        found.extend(self.passwords_refused(&places));
        found.extend(self.beats_refused(&places));
        found.extend(self.channels_refused(&places));
        found.extend(self.site_refused(&places));
        found
    }

    /// What is valid and probably not meant, as of `now`. Reads the files that are named.
    pub fn doubtful(&self, file: &str, text: &str, now: Timestamp) -> Vec<ConfigError> {
        let Ok(document) = DeTable::parse(text) else {
            return Vec::new();
        };
        let places = Places { file, text, document };
        let mut found = self.certificate_doubtful(&places, now);
        found.extend(self.ways_doubtful(&places, now));
        found.extend(self.key_doubtful(&places));
        let places = &places;
        let doubts = self.doubts().into_iter();
        found.extend(doubts.map(|doubt| places.at((doubt.table, doubt.index), doubt.key, doubt.said)));
        found
    }

    /// Whom the site's file would tell and these tables do not reach.
    fn ways_doubtful(&self, places: &Places<'_>, now: Timestamp) -> Vec<ConfigError> {
        let text = self
            .site
            .as_ref()
            .and_then(|path| std::fs::read_to_string(path).ok());
        let parsed = text.and_then(|text| site::parse::parse("site.toml", &text, &channels::kinds()).ok());
        let Some(site) = parsed.map(|parsed| parsed.site) else {
            return Vec::new();
        };
        let lacking = lookout::lacking(&site, &self.courier());
        let doubt = |sentence: String| {
            let doubt = places.of_top("site", sentence);
            doubt.suggest("put it there, or take it out of the site: messages would not arrive")
        };
        lookout::sentences(&site, &lacking, now).map(doubt).collect()
    }

    /// A start goes on without its key, and whoever needs what is sealed does not get in.
    fn key_doubtful(&self, places: &Places<'_>) -> Option<ConfigError> {
        let doubt = Keys::doubt(&self.key_place())?;
        Some(places.of_top("key_file", doubt))
    }

    fn certificate_doubtful(&self, places: &Places<'_>, now: Timestamp) -> Vec<ConfigError> {
        let Ok(Entrance::Files { certificate, key }) = self.http.entrance() else {
            return Vec::new();
        };
        let Ok(pair) = Pair::read(&certificate, &key) else {
            return Vec::new();
        };
        let (path, from, until) = (certificate.display(), pair.not_before, pair.not_after);
        let message = match (Validity { from, until }).stands(now) {
            Standing::Ended => format!("{path}: the certificate has expired: it was valid until {until}"),
            Standing::EndsSoon => format!("{path}: the certificate ends soon: it is valid until {until}"),
            Standing::Good => return Vec::new(),
        };
        let doubt = places.at(("http", 0), "certificate", message);
        vec![doubt.suggest("put a new one there")]
    }

    fn entrance_refused(&self, places: &Places<'_>) -> Vec<ConfigError> {
        let at = |key: &str, message: &dyn std::fmt::Display| vec![places.at(("http", 0), key, message)];
        match self.http.entrance() {
            Ok(Entrance::Files { certificate, key }) => match Pair::read(&certificate, &key) {
                Ok(_) => Vec::new(),
                Err(error) if error.path() == key => at("key", &error),
                Err(error) => at("certificate", &error),
            },
            Ok(_) => Vec::new(),
            Err(error) => at(error.key(), &error),
        }
    }

    fn single_sign_on_refused(&self, places: &Places<'_>) -> Option<ConfigError> {
        let error = self.sign_on(SystemClock::shared()).err()?;
        Some(places.of_single_sign_on(error.key(), &error))
    }

    fn addresses_refused(&self, places: &Places<'_>) -> Vec<ConfigError> {
        let mut found = Vec::new();
        let broker = &self.broker;
        match &broker.url {
            None if !broker.insecure && !broker.listen.ip().is_loopback() => {
                let address = broker.listen;
                found.push(places.at(("broker", 0), "listen", BrokerError::Insecure { address }));
            }
            None => {}
            Some(url) => {
                let address: Result<BrokerAddress, AddressError> = url.parse();
                let allowed = address.and_then(|address| address.allow(broker.insecure).map(|()| address));
                match allowed.map(|address| broker.tls(&address, SystemClock::shared())) {
                    Err(error) => found.push(places.at(("broker", 0), "url", error)),
                    Ok(Err(error)) => {
                        let of_identity = broker.identity.as_deref() == Some(error.path());
                        let key = if of_identity { "identity" } else { "ca" };
                        found.push(places.at(("broker", 0), key, error));
                    }
                    Ok(Ok(_)) => {}
                }
            }
        }
        found
    }

    fn passwords_refused(&self, places: &Places<'_>) -> Vec<ConfigError> {
        let own = self.broker.password_file.as_deref();
        // The embedded broker has no use for it.
        let own = own.filter(|_| self.broker.url.is_some());
        let agents = self.agents.iter().enumerate();
        let named = own
            .map(|path| (("broker", 0), path))
            .into_iter()
            .chain(agents.map(|(index, agent)| (("agent", index), agent.password_file.as_path())));
        let refused = |(table, path): ((&str, usize), &Path)| {
            let error = std::fs::read_to_string(path).err()?;
            let message = unreadable(path, &error);
            Some(places.at(table, "password_file", message).suggest(PASSWORD))
        };
        named.filter_map(refused).collect()
    }

    fn beats_refused(&self, places: &Places<'_>) -> Vec<ConfigError> {
        let opened = self.beats.iter().enumerate();
        let refused = |(index, beat): (usize, &BeatConfig)| {
            let message = beat.open().err()?.to_string();
            // Its message names the key; the longest, for `url` stands in `url_file`.
            let keys = ["token_file", "url_file", "url"];
            let key = keys.into_iter().find(|key| message.contains(key));
            Some(places.at(("beat", index), key.unwrap_or("url"), message))
        };
        opened.filter_map(refused).collect()
    }

    fn channels_refused(&self, places: &Places<'_>) -> Vec<ConfigError> {
        let mut found = Vec::new();
        for (number, table) in self.channels.iter().enumerate() {
            let (Some(entry), Err(error)) = (channels::find(table.kind), table.settings.open()) else {
                continue;
            };
            let before = self.channels[..number].iter();
            let index = before.filter(|other| other.kind == table.kind).count();
            let message = error.to_string();
            // Its message names the key, if it is one key's.
            let key = entry.manual.keys.iter().map(|key| key.name);
            let key = key
                .filter(|key| message.contains(key))
                .max_by_key(|key| key.len());
            found.push(places.at((entry.table, index), key.unwrap_or_default(), message));
        }
        found
    }

    /// It is read at each start, though its text counts at the first one alone.
    fn site_refused(&self, places: &Places<'_>) -> Vec<ConfigError> {
        let Some(path) = &self.site else {
            return Vec::new();
        };
        match std::fs::read_to_string(path) {
            Ok(text) => {
                let parsed = site::parse::parse(&path.display().to_string(), &text, &channels::kinds());
                parsed.err().unwrap_or_default()
            }
            Err(error) => {
                let error = places.of_top("site", unreadable(path, &error));
                vec![error.suggest("put the site's file there, or name the one that is there")]
            }
        }
    }
}

/// The value of a key in a table.
fn inside<'a, 'b>(table: Option<&'a Spanned<DeValue<'b>>>, key: &str) -> Option<&'a Spanned<DeValue<'b>>> {
    match table?.get_ref() {
        DeValue::Table(keys) => keys.get(key),
        _ => None,
    }
}

/// What is wrong with single sign-on beside the rest of the file.
pub(super) fn of_single_sign_on(file: &str, text: &str, error: SingleSignOnError) -> ConfigError {
    match DeTable::parse(text) {
        Ok(document) => Places { file, text, document }.of_single_sign_on("", error),
        Err(_) => ConfigError::of_file(file, error.to_string()),
    }
}

/// The first mistake of a `[[beat]]` in itself.
pub(super) fn of_beats(file: &str, text: &str, beats: &[BeatConfig]) -> Result<(), ConfigError> {
    for (index, beat) in beats.iter().enumerate() {
        let twice = beats[..index].iter().any(|other| other.id == beat.id);
        let twice = twice.then_some(("id", "this [[beat]] is the second of its id", "give it another"));
        let Some((key, message, instead)) = beat.mistake().or(twice) else {
            continue;
        };
        let error = match DeTable::parse(text) {
            Ok(document) => Places { file, text, document }.at(("beat", index), key, message),
            Err(_) => ConfigError::of_file(file, message),
        };
        return Err(error.suggest(instead));
    }
    Ok(())
}

fn unreadable(path: &Path, error: &std::io::Error) -> String {
    format!("{}: cannot be read: {error}", path.display())
}

/// Where in the file something stands.
struct Places<'a> {
    file: &'a str,
    text: &'a str,
    document: Spanned<DeTable<'a>>,
}

impl Places<'_> {
    /// An error at the value of a key in a table, which is one of its name or stands so many-th in a list; at the table where it has no such key.
    fn at(&self, (table, index): (&str, usize), key: &str, message: impl std::fmt::Display) -> ConfigError {
        let table = self
            .document
            .get_ref()
            .get(table)
            .and_then(|found| match found.get_ref() {
                DeValue::Array(tables) => tables.get(index),
                _ => Some(found),
            });
        self.error(inside(table, key).or(table), message)
    }

    /// An error at the value of a key of `[people.single_sign_on]`, or at the table.
    fn of_single_sign_on(&self, key: &str, message: impl std::fmt::Display) -> ConfigError {
        let table = inside(self.document.get_ref().get("people"), "single_sign_on");
        self.error(inside(table, key).or(table), message)
    }

    /// An error at the value of a key outside of tables.
    fn of_top(&self, key: &str, message: impl std::fmt::Display) -> ConfigError {
        self.error(self.document.get_ref().get(key), message)
    }

    fn error(&self, place: Option<&Spanned<DeValue<'_>>>, message: impl std::fmt::Display) -> ConfigError {
        match place {
            Some(place) => ConfigError::at(self.file, self.text, place.span(), message),
            None => ConfigError::of_file(self.file, message),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is said of a file in a folder with `site.toml`, which is broken, and `there`, which is not.
    fn check(text: &str, expected: &[&str]) {
        // Webhooks want one; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("site.toml"), "[site]\nid = 1\n").unwrap();
        std::fs::write(folder.path().join("there"), "secret\n").unwrap();
        let file = folder.path().join("collector.toml").display().to_string();
        let found = Config::parse(&file, text).unwrap().refused(&file, text);
        let found: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(found.len(), expected.len(), "{found:#?}");
        let inside = format!("{}/", folder.path().display());
        for (found, expected) in found.iter().zip(expected) {
            let found = found.replace(&inside, "");
            assert!(found.starts_with(expected), "{found}");
        }
    }

    #[test]
    fn addresses_beyond_loopback() {
        check("", &[]);
        check("[broker]\nlisten = \"0.0.0.0:1883\"\ninsecure = true\n", &[]);
        check(
            "[http]\nlisten = \"0.0.0.0:8080\"\n[broker]\nlisten = \"[::]:1883\"\n",
            &[
                "collector.toml:2:10: http address 0.0.0.0:8080: beyond loopback passwords would cross the network in clear; name a certificate",
                "collector.toml:4:10: the embedded broker would listen on [::]:1883, where",
            ],
        );
        check(
            "[broker]\nurl = \"mqtts://b\"\n",
            &["collector.toml:1:1: TLS needs `ca`, "],
        );
        check(
            "[broker]\nurl = \"mqtts://b\"\nca = \"there\"\n",
            &["collector.toml:3:6: there: holds no certificate; "],
        );
        check(
            "[broker]\nurl = \"mqtts://b\"\nidentity = \"gone\"\n",
            &["collector.toml:3:12: gone: cannot be read: "],
        );
        check(
            "[broker]\nurl = \"mqtt://b\"\n",
            &["collector.toml:2:7: broker b:1883 is beyond this machine"],
        );
    }

    #[test]
    fn files_that_are_not_there() {
        let agent = |id: &str, file: &str| {
            format!("[[agent]]\nsite = \"s\"\nid = \"{id}\"\npassword_file = \"{file}\"\n")
        };
        check(&agent("a", "there"), &[]);
        check(
            &(agent("a", "there") + &agent("b", "gone")),
            &[
                "collector.toml:8:17: gone: cannot be read: No such file or directory (os error 2); write the password into it",
            ],
        );
        check(
            "[broker]\nurl = \"mqtt://localhost\"\npassword_file = \"gone\"\n",
            &["collector.toml:3:17: gone: cannot be read: "],
        );
        let hook = |channel: &str, url: &str, secret: &str| {
            format!("[[webhook]]\nchannel = \"{channel}\"\nurl = \"{url}\"\nsecret_file = \"{secret}\"\n")
        };
        check(&hook("a", "http://localhost", "there"), &[]);
        check(
            &(hook("a", "http://localhost", "there") + &hook("b", "http://localhost", "gone")),
            &["collector.toml:8:15: webhook b: secret_file gone: "],
        );
        check(
            &hook("a", "ftp://localhost", "there"),
            &["collector.toml:1:1: webhook a: `ftp://localhost` is not a valid http or https address"],
        );
        check(
            "[smtp]\nhost = \"mail.example.org\"\nport = 25\nfrom = \"a@example.org\"\nuser = \"a\"\npassword_file = \"gone\"\n",
            &["collector.toml:6:17: smtp: password_file gone: "],
        );
    }

    #[test]
    fn beats_without_an_address_and_files_that_are_not_there() {
        let beat = |more: &str| format!("[[beat]]\nid = \"second\"\n{more}");
        check(
            &beat("url_file = \"gone\"\n"),
            &["collector.toml:3:12: beat second: url_file gone: "],
        );
        let address = "url = \"https://second.lan\"\n";
        check(
            &beat(&format!("{address}token_file = \"gone\"\n")),
            &["collector.toml:4:14: beat second: token_file gone: "],
        );
        check(
            &beat("url = \"ftp://second.lan\"\n"),
            &["collector.toml:3:7: beat second: `ftp://second.lan` is not a valid http or https address"],
        );
        let parse = |text: &str, expected: &str| {
            let error = Config::parse("c", text).unwrap_err().to_string();
            assert_eq!(error, expected);
        };
        parse(
            &beat(""),
            "c:2:6: a beat needs an address; write `url` or `url_file`",
        );
        parse(
            &beat(&format!("{address}url_file = \"there\"\n")),
            "c:4:12: a beat has one address; keep `url` or `url_file`",
        );
        parse(
            &beat(&format!("{address}every = \"0s\"\n")),
            "c:4:9: a beat more often than each second says nothing more; write \"60s\"",
        );
        parse(
            &(beat(address) + &beat(address)),
            "c:5:6: this [[beat]] is the second of its id; give it another",
        );
    }

    #[test]
    fn the_sites_file() {
        check(
            "site = \"gone.toml\"\n",
            &["collector.toml:1:8: gone.toml: cannot be read: No such file or directory (os error 2); put"],
        );
        check("site = \"site.toml\"\n", &["site.toml:"]);
    }
}
