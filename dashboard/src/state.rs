//! What the handlers share: the collector's parts, the clock, and what the program that started us gave in.

use std::sync::Arc;

use plenum_collector::Collector;
use plenum_collector::config::{BaseUrl, Network};
use plenum_collector::tls::Served;
use plenum_collector::trials::Trials;
use plenum_protocol::{Clock, Identifier, Timestamp};

use crate::door::Door;
use crate::live::Feed;
use crate::metrics::http::Requests;

/// A message that the demo's mailbox received.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mail {
    /// Counts from 1.
    pub id: u64,
    /// When it came.
    pub received_at: Timestamp,
    /// The sender's address.
    pub from: String,
    /// The recipients' addresses.
    pub to: Vec<String>,
    /// Its subject, decoded.
    pub subject: String,
    /// Its text, decoded.
    pub text: String,
}

/// Where the demo keeps the mail that would otherwise wake somebody.
pub trait Mailbox: Send + Sync {
    /// All messages, the newest first.
    fn messages(&self) -> Vec<Mail>;
}

/// A telephone of the demo, with what came to it and what its owner wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Phone {
    /// Whose it is, as site.toml names them.
    pub person: Identifier,
    /// Its number, in the international form.
    pub number: String,
    /// The last of its texts, the oldest first.
    pub texts: Vec<PhoneText>,
}

/// A text message on a telephone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PhoneText {
    /// Counts from 1 over all telephones.
    pub id: u64,
    /// When it came, or was written.
    pub at: Timestamp,
    /// Whether its owner wrote it.
    pub own: bool,
    /// What it says.
    pub text: String,
}

/// The demo's telephones, where texts arrive that would otherwise wake somebody.
pub trait Telephones: Send + Sync {
    /// All of them, in the order of their owners.
    fn phones(&self) -> Vec<Phone>;

    /// Its owner writes to the monitor, over the air.
    fn write(&self, person: &str, text: &str) -> Result<(), Unwritten>;
}

/// Why a text is not written on a telephone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwritten {
    /// Nobody of that name has one.
    NoTelephone,
    /// The network holds as much as it takes: the monitor's modem fetches nothing.
    Full,
}

/// What the demonstration shows beside the monitor: where its messages arrive.
#[derive(Clone)]
pub struct Receivers {
    /// Mail.
    pub mailbox: Arc<dyn Mailbox>,
    /// Text messages.
    pub telephones: Arc<dyn Telephones>,
}

/// What the dashboard is built on.
pub struct Dashboard {
    /// The collector's parts.
    pub collector: Arc<Collector>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// The program's version.
    pub version: &'static str,
    /// This is the demonstration: the screens say so.
    pub demo: bool,
    /// Where the demonstration's messages arrive.
    pub receivers: Option<Receivers>,
    /// The name under which a reverse proxy is asked for it, from `base_url`.
    pub(crate) host: Option<String>,
    /// The whole of it.
    base_url: Option<String>,
    /// The certificate for HTTPS; without one people are answered in clear.
    pub(crate) certificate: Option<Arc<Served>>,
    /// Who may say on whose behalf they ask.
    pub(crate) proxies: Arc<[Network]>,
    /// Revisions that are tried on the past.
    pub(crate) trials: Trials,
    /// The live events of all screens.
    pub(crate) feed: Feed,
    /// Where connections come in.
    pub(crate) door: Door,
    /// What happened over HTTP.
    pub(crate) requests: Requests,
}

impl Dashboard {
    /// A dashboard over a collector; it answers once `serve` is called.
    pub fn new(collector: Arc<Collector>, clock: Arc<dyn Clock>, version: &'static str) -> Self {
        Self {
            trials: Trials::new(collector.database.clone(), collector.history.clone()),
            collector,
            clock,
            version,
            demo: false,
            receivers: None,
            host: None,
            base_url: None,
            certificate: None,
            proxies: Arc::default(),
            feed: Feed::default(),
            door: Door::new(plenum_link::descriptors::shares().screens),
            requests: Requests::default(),
        }
    }

    /// Answers also to requests for the host of this URL: a reverse proxy's name.
    #[must_use]
    pub fn with_base_url(mut self, url: &BaseUrl) -> Self {
        self.host = Some(url.host().to_owned());
        self.base_url = Some(url.to_string());
        self
    }

    /// Answers over HTTPS, with this certificate.
    #[must_use]
    pub fn with_certificate(mut self, certificate: Arc<Served>) -> Self {
        self.certificate = Some(certificate);
        self
    }

    /// Where people reach it by HTTPS, if a URL says so.
    pub(crate) fn https_url(&self) -> Option<&str> {
        self.base_url.as_deref().filter(|url| url.starts_with("https://"))
    }

    /// Believes what these say of whom they ask for; without a certificate they and this host are all that is answered.
    #[must_use]
    pub fn with_trusted_proxies(mut self, proxies: &[Network]) -> Self {
        self.proxies = proxies.into();
        self
    }

    /// Marks it as the demonstration, with where its messages arrive.
    #[must_use]
    pub fn with_demo(mut self, receivers: Receivers) -> Self {
        self.demo = true;
        self.receivers = Some(receivers);
        self
    }
}
