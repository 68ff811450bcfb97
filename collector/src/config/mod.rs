//! `collector.toml`: addresses, files, broker, store, and where messages go. Checked here; nothing is opened.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use plenum_link::mqtt::BrokerAddress;
use plenum_link::tls::{Client, PairError};
use plenum_protocol::config_error::ConfigError;
use plenum_protocol::{AgentName, Clock, Duration, Identifier, Size};
use serde::Deserialize;
use toml::de::{DeTable, Deserializer};

use crate::database::keys::Place;
use crate::notify::CourierOptions;
use crate::notify::channels::{Address, ChannelTable};

mod base_url;
mod beat;
mod credentials;
mod doubts;
mod entrance;
mod network;
mod people;
mod refused;
mod single_sign_on;
mod tables;

pub use base_url::{BaseUrl, BaseUrlError};
pub use beat::BeatConfig;
pub use entrance::{Entrance, EntranceError};
pub use network::{Network, NetworkError};
pub use people::PeopleConfig;
pub use single_sign_on::SingleSignOnError;

/// A whole `collector.toml`. Every key has a default: an empty file runs a collector on this host alone.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// The folder of the databases; `None` where the file says nothing, see [`Config::data_folder`].
    pub data: Option<PathBuf>,
    /// The site's file, loaded at the first start; afterwards the database is the truth.
    pub site: Option<PathBuf>,
    /// The file with the key under which secrets are sealed; without it see [`Config::key_place`].
    pub key_file: Option<PathBuf>,
    /// The dashboard.
    pub http: Http,
    /// What people need to log in.
    pub people: PeopleConfig,
    /// Where agents publish.
    pub broker: BrokerConfig,
    /// Bounds of the store.
    pub storage: StorageConfig,
    /// Whom the collector tells that it is well.
    #[serde(rename = "beat")]
    pub beats: Vec<BeatConfig>,
    /// How channels are reached: the tables that the registry of channels names.
    #[serde(skip)]
    pub channels: Vec<ChannelTable>,
    /// Where people are reached.
    #[serde(skip)]
    pub addresses: Vec<Address>,
    /// Agents that may log in at the embedded broker.
    #[serde(rename = "agent")]
    pub agents: Vec<AgentCredential>,
}

/// The dashboard.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Http {
    /// Where it listens. Port 0 picks a free one.
    pub listen: SocketAddr,
    /// What links in messages begin with; the listening address where absent.
    pub base_url: Option<BaseUrl>,
    /// File with the certificate for HTTPS, and behind it those that vouch for it.
    pub certificate: Option<PathBuf>,
    /// File with its key.
    pub key: Option<PathBuf>,
    /// Who may say on whose behalf they ask.
    pub trusted_proxies: Vec<Network>,
}

/// The broker: embedded where `url` is absent.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BrokerConfig {
    /// Where the embedded broker listens.
    pub listen: SocketAddr,
    /// Where it listens in TLS as well, with a certificate of Plenum's own authority; agents join there.
    pub tls_listen: Option<SocketAddr>,
    /// Names without a credential may publish and appear as new agents.
    pub accept_new_agents: bool,
    /// An external MQTT 5 broker: `mqtts://host:8883`, or `mqtt://host:1883` in clear.
    pub url: Option<String>,
    /// Name for log-in at the external broker.
    pub user: Option<String>,
    /// File with the password, on one line.
    pub password_file: Option<PathBuf>,
    /// Plain MQTT beyond loopback is wanted.
    pub insecure: bool,
    /// File with the certificates of those that are believed about the external broker.
    pub ca: Option<PathBuf>,
    /// File with the key and certificate that are shown to it.
    pub identity: Option<PathBuf>,
}

/// Bounds of the store.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StorageConfig {
    /// Free disk below which routine readings are no longer taken.
    pub disk_reserve: Size,
    /// Dead letters kept for each agent; past it that agent is no longer acknowledged.
    pub dead_letters: Size,
    /// Series that one agent may have; what it sends under further names is kept aside.
    pub series: u32,
    /// What the journal may grow to before a slow export is left behind.
    pub journal_max: Size,
    /// How long it is kept which message went to whom. The log of the alarms themselves is kept for ever.
    pub alarm_history: Duration,
}

/// An agent's credential at the embedded broker. It logs in as `site/agent`.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AgentCredential {
    /// The first half of its user name.
    pub site: Identifier,
    /// The second half.
    pub id: Identifier,
    /// File with the password, on one line.
    pub password_file: PathBuf,
}

impl AgentCredential {
    /// Whose it is.
    pub fn name(&self) -> AgentName {
        AgentName {
            site: self.site.clone(),
            agent: self.id.clone(),
        }
    }
}

impl Default for Http {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 8080)),
            base_url: None,
            certificate: None,
            key: None,
            trusted_proxies: Vec::new(),
        }
    }
}

impl Default for BrokerConfig {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 1883)),
            tls_listen: None,
            accept_new_agents: false,
            url: None,
            user: None,
            password_file: None,
            insecure: false,
            ca: None,
            identity: None,
        }
    }
}

impl BrokerConfig {
    /// How TLS is spoken with the broker at this address, if it is: what the files hold now.
    ///
    /// # Errors
    /// A file cannot be used, or there is nobody to believe.
    pub fn tls(&self, address: &BrokerAddress, clock: Arc<dyn Clock>) -> Result<Option<Client>, PairError> {
        match address.tls {
            true => Client::of_files(self.ca.as_deref(), self.identity.as_deref(), clock).map(Some),
            false => Ok(None),
        }
    }
}

impl Default for StorageConfig {
    fn default() -> Self {
        Self {
            disk_reserve: Size(256 << 20),
            dead_letters: Size(64 << 20),
            series: 2_000,
            journal_max: Size(4 << 30),
            alarm_history: Duration::from_hours(730 * 24),
        }
    }
}

impl Config {
    /// Reads and checks a file's text. `file` is its name as the operator gave it; relative paths count from its folder.
    pub fn parse(file: &str, text: &str) -> Result<Self, ConfigError> {
        let error = |error: toml::de::Error| ConfigError::of_toml(file, text, &error);
        let mut document = DeTable::parse(text).map_err(error)?;
        let channels = tables::channels(file, text, document.get_mut())?;
        let addresses = tables::addresses(file, text, document.get_mut())?;
        let mut config =
            Self::deserialize(Deserializer::from(document)).map_err(|found| tables::suggest(error(found)))?;
        (config.channels, config.addresses) = (channels, addresses);
        if config.broker.url.is_some() && config.broker.tls_listen.is_some() {
            return Err(ConfigError::of_file(
                file,
                "`tls_listen` is for the embedded broker, and [broker] has a url",
            )
            .suggest("remove one of the two"));
        }
        if config.broker.url.is_some() && !config.agents.is_empty() {
            return Err(ConfigError::of_file(
                file,
                "[[agent]] is for the embedded broker, and [broker] has a url",
            )
            .suggest("set the agents' passwords at that broker and remove [[agent]]"));
        }
        refused::of_beats(file, text, &config.beats)?;
        let single = config.check_single_sign_on();
        single.map_err(|error| refused::of_single_sign_on(file, text, error))?;
        let folder = Path::new(file).parent().unwrap_or(Path::new("")).to_owned();
        let credentials = credentials::folder();
        config
            .data
            .iter_mut()
            .chain(&mut config.site)
            .for_each(|path| *path = folder.join(&*path));
        config.each_secret(|path| *path = credentials::resolve(path, &folder, credentials.as_deref()));
        Ok(config)
    }

    /// The folder of the databases: what `data` says, else `data` where the process runs. The command line fills `data` in before.
    pub fn data_folder(&self) -> &Path {
        self.data.as_deref().unwrap_or(Path::new("data"))
    }

    /// Where the key lies under which secrets are sealed: what `key_file` says, else the credential `plenum.key`, else the data folder.
    pub fn key_place(&self) -> Place {
        let credentials = credentials::folder();
        Place::choose(
            self.key_file.as_deref(),
            credentials.as_deref(),
            self.data_folder(),
        )
    }

    /// Where messages go.
    pub fn courier(&self) -> CourierOptions {
        CourierOptions {
            channels: self.channels.clone(),
            addresses: self.addresses.clone(),
            stored: Vec::new(),
        }
    }

    /// The files that may come as credentials.
    fn each_secret(&mut self, mut change: impl FnMut(&mut PathBuf)) {
        self.key_file.iter_mut().for_each(&mut change);
        self.http.certificate.iter_mut().for_each(&mut change);
        self.http.key.iter_mut().for_each(&mut change);
        if let Some(single) = &mut self.people.single_sign_on {
            single.client_secret_file.iter_mut().for_each(&mut change);
            single.ca.iter_mut().for_each(&mut change);
        }
        self.broker.password_file.iter_mut().for_each(&mut change);
        self.broker.ca.iter_mut().for_each(&mut change);
        self.broker.identity.iter_mut().for_each(&mut change);
        for table in &mut self.channels {
            // Nobody else has it yet.
            if let Some(settings) = Arc::get_mut(&mut table.settings) {
                settings.each_path(&mut change);
            }
        }
        for beat in &mut self.beats {
            beat.url_file
                .iter_mut()
                .chain(&mut beat.token_file)
                .for_each(&mut change);
        }
        self.agents
            .iter_mut()
            .for_each(|agent| change(&mut agent.password_file));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::channels::CHANNELS;

    #[test]
    fn an_empty_file_is_a_collector_on_this_host_alone() {
        let config = Config::parse("collector.toml", "").unwrap();
        assert_eq!(format!("{config:?}"), format!("{:?}", Config::default()));
        assert!(config.http.listen.ip().is_loopback() && !config.broker.accept_new_agents);
    }

    #[test]
    fn mistakes_are_named_with_their_line() {
        let check = |text: &str, expected: &str| {
            let error = Config::parse("collector.toml", text).unwrap_err().to_string();
            assert!(error.starts_with(expected), "{error}");
        };
        check(
            "[http]\nlissten = \"127.0.0.1:1\"",
            "collector.toml:2:1: unknown field `lissten`",
        );
        check(
            "[storage]\ndisk_reserve = \"lots\"",
            "collector.toml:2:16: `lots` is not a valid size",
        );
        check(
            "[[address]]\nperson = \"sanne\"\nemail = \"sanne\"",
            "collector.toml:3:9: `sanne` is not a valid mail address; write it as name@example.org",
        );
        let kinds = CHANNELS.iter().filter_map(|entry| entry.address);
        let kinds: String = kinds.map(|kind| format!(", `{}`", kind.key)).collect();
        assert!(kinds.contains("`email`"), "{kinds}");
        check(
            "[[address]]\nperson = \"sanne\"\nemial = \"sanne@example.org\"",
            &format!(
                "collector.toml:3:1: unknown field `emial`, expected one of `person`{kinds}; did you mean `email`?"
            ),
        );
        check(
            "[[address]]\nperson = \"sanne\"",
            "collector.toml:1:1: `sanne` has no address; write email = \"...\"",
        );
        check(
            "[[webhook]]\nchannel = \"ops\"\nurl = \"http://localhost\"\nsecret = \"x\"",
            "collector.toml:4:1: unknown field `secret`",
        );
        check("[[webhok]]\n", "collector.toml:1:3: unknown field `webhok`");
        check(
            "[smtp]\nhost = \"a\"\nport = 25\nfrom = \"a@b\"\nsecurity = \"ssl\"",
            "collector.toml:5:12: unknown variant `ssl`",
        );
    }

    #[test]
    fn a_channels_table_is_suggested_like_every_other() {
        let error = Config::parse("collector.toml", "[[webhok]]\n")
            .unwrap_err()
            .to_string();
        assert!(error.ends_with("; did you mean `webhook`?"), "{error}");
        let two =
            "[[address]]\nperson = \"a\"\nemail = \"a@b\"\n[[address]]\nperson = \"a\"\nemail = \"a@c\"\n";
        let error = Config::parse("collector.toml", two).unwrap_err().to_string();
        assert_eq!(
            error,
            "collector.toml:6:9: person `a` has two addresses of this kind; keep one"
        );
    }

    #[test]
    fn the_sample_is_valid() {
        let config =
            Config::parse("collector.toml", include_str!("../../../configs/collector.toml")).unwrap();
        assert_eq!(config.http, Http::default());
        assert_eq!(config.storage, StorageConfig::default());
    }

    #[test]
    fn paths_count_from_the_file() {
        let config = Config::parse("/etc/plenum/collector.toml", "site = \"site.toml\"").unwrap();
        assert_eq!(config.site.unwrap(), Path::new("/etc/plenum/site.toml"));
    }
}
