//! The registry of notification channels: one line an entry, one file a channel with its settings and one `send`.

mod alertmanager;
mod command;
mod document;
/// Public: the demo sends its mail with it.
pub mod email;
pub mod hook;
pub(crate) mod http;
mod incoming;
mod matrix;
mod mattermost;
mod ntfy;
mod pagerduty;
mod pushover;
mod relay;
pub(crate) mod setting;
mod slack;
/// Public: the demo's texts leave by it.
pub mod sms;
mod syslog;
mod teams;
mod telegram;
mod threads;
/// Public: the bench waits for its posts.
pub mod webhook;
mod wording;

use std::fmt::Debug;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use plenum_core::alarms::{Alarm, Subject};
use plenum_core::modem::pdu;
use plenum_core::oncall::sounding::Lasts;
use plenum_core::oncall::{Heard, Reason};
use plenum_core::site::{self, ChannelKind};
use plenum_core::text::Language;
use plenum_core::text::message::{Facts, Message};
use plenum_protocol::config_key::Key;
use plenum_protocol::{AgentName, Clock, Duration, Identifier, Outcome as Reading, Quantity, Timestamp};
use tokio::sync::mpsc;
use toml::de::ValueDeserializer;

use super::outbox::Along;
use hook::{HookError, Post, Said, Thread};

/// A kind of channel.
pub struct Entry {
    /// The word in `kind = "..."` of site.toml.
    pub name: &'static str,
    /// Whom it tells, for the list in README.
    pub summary: &'static str,
    /// Its table in collector.toml.
    pub table: &'static str,
    /// The addresses of people that it reaches; none where it needs no people.
    pub address: Option<AddressKind>,
    /// Reads its table. An error is one line that names the key.
    pub settings: fn(ValueDeserializer<'_>) -> Result<Box<dyn Settings>, toml::de::Error>,
    /// What people read of it.
    pub manual: Manual,
}

/// What people read of a kind of channel: docs/reference/configuration.md and the samples under `configs` are written from it.
pub struct Manual {
    /// Its table's heading: `[smtp]`, or `[[webhook]]` where each channel has one.
    pub heading: &'static str,
    /// What the table is.
    pub about: &'static str,
    /// The table's keys, all of them.
    pub keys: &'static [Key],
    /// How it stands in the sample of collector.toml; a comment in it where it would not work without its files.
    pub collector: &'static str,
    /// How it stands in the sample of site.toml.
    pub site: &'static str,
}

/// What people have in `[[address]]` for a kind of channel.
#[derive(Clone, Copy)]
pub struct AddressKind {
    /// The key.
    pub key: &'static str,
    /// What stands there: "mail address".
    pub kind: &'static str,
    /// One as an example.
    pub example: &'static str,
    /// What it is for.
    pub meaning: &'static str,
    /// What is wrong with an address, and what to write instead.
    pub check: fn(&str) -> Result<(), (&'static str, &'static str)>,
}

/// Every kind, in alphabetical order.
pub const CHANNELS: &[Entry] = &[
    alertmanager::ENTRY,
    command::ENTRY,
    email::ENTRY,
    matrix::PEOPLE,
    matrix::ROOM,
    mattermost::ENTRY,
    ntfy::PEOPLE,
    ntfy::TOPIC,
    pagerduty::ENTRY,
    pushover::ENTRY,
    relay::ENTRY,
    slack::ENTRY,
    sms::ENTRY,
    syslog::ENTRY,
    teams::ENTRY,
    telegram::PEOPLE,
    telegram::GROUP,
    webhook::ENTRY,
];

/// The kind of a name.
pub fn find(name: &str) -> Option<&'static Entry> {
    CHANNELS.iter().find(|entry| entry.name == name)
}

/// Whether a kind reaches people; one of a later program does not.
pub fn reaches_people(kind: &str) -> bool {
    find(kind).is_some_and(|kind| kind.address.is_some())
}

/// Whether a kind of channel sounds in the building and is a way to nobody: whoever is not there does not hear it.
pub fn is_in_the_building(kind: &str) -> bool {
    kind == relay::ENTRY.name
}

/// People where its kind reaches people; itself otherwise, also where a later program knows the kind, so that it is seen to fail.
pub(crate) fn recipients(channel: &site::Channel) -> Vec<&str> {
    match reaches_people(channel.kind.as_str()) {
        true => channel.people.iter().map(|person| person.as_str()).collect(),
        false => vec![channel.id.as_str()],
    }
}

/// What people may have for the channels that reach them, each once.
pub fn address_kinds() -> impl Iterator<Item = AddressKind> {
    CHANNELS.iter().enumerate().filter_map(|(place, entry)| {
        let kind = entry.address?;
        let earlier = CHANNELS.iter().take(place).filter_map(|entry| entry.address);
        let mut keys = earlier.map(|earlier| earlier.key);
        (!keys.any(|key| key == kind.key)).then_some(kind)
    })
}

/// The kind of address of this key.
pub fn address_kind(key: &str) -> Option<AddressKind> {
    address_kinds().find(|kind| kind.key == key)
}

/// What site.toml may name.
pub fn kinds() -> Vec<ChannelKind> {
    let kind = |entry: &Entry| ChannelKind {
        name: entry.name,
        to_people: entry.address.is_some(),
    };
    CHANNELS.iter().map(kind).collect()
}

/// A channel's table in collector.toml.
pub trait Settings: Debug + Send + Sync {
    /// The channel of site.toml that it is for; `None` where it serves all of its kind.
    fn channel(&self) -> Option<&Identifier> {
        None
    }

    /// Shows the paths in it, to be counted from the file's folder.
    fn each_path(&mut self, change: &mut dyn FnMut(&mut PathBuf));

    /// The files with its secrets, and the keys that name them.
    fn secrets(&self) -> Vec<(&'static str, &Path)> {
        Vec::new()
    }

    /// What is valid and probably not meant: the key, and what is to be said of it.
    fn doubt(&self) -> Option<(&'static str, String)> {
        None
    }

    /// What of an agent it switches, for a channel that sounds in the building.
    fn switches(&self) -> Option<Switched> {
        None
    }

    /// Makes it ready: reads secrets and checks addresses. Nothing is sent yet.
    fn open(&self) -> Result<Box<dyn Channel>, Box<dyn std::error::Error + Send + Sync>>;
}

/// Whether what is said to this host, as a name or as an address, stays on this one.
pub(crate) fn is_this_host(host: &str) -> bool {
    let address: Result<IpAddr, _> = host.trim_matches(['[', ']']).parse();
    host.eq_ignore_ascii_case("localhost") || address.is_ok_and(|address| address.is_loopback())
}

/// What this host is called, for whoever hears of several.
fn host() -> String {
    rustix::system::uname().nodename().to_string_lossy().into_owned()
}

/// What an alarm is about, as programs name it: a series, an agent, or a word for the monitor itself.
fn subject(alarm: &Alarm) -> String {
    match &alarm.subject {
        Subject::Series(series) => series.to_string(),
        Subject::Agent(agent) => agent.to_string(),
        Subject::System(subject) => subject.clone(),
    }
}

/// An output of an agent, and how long it sounds.
#[derive(Debug, Clone, PartialEq)]
pub struct Switched {
    /// The agent.
    pub agent: AgentName,
    /// The output's name there.
    pub output: Identifier,
    /// For one alarm at most.
    pub lasts: Lasts,
}

/// Who knows whether something is to sound in the building, and switches it.
#[async_trait]
pub trait Sounds: Send + Sync {
    /// Makes sure that what this channel switches stands as it should, and that its agent says so; for a test lets it sound for a moment.
    async fn sound(&self, channel: &Identifier, is_test: bool) -> Outcome;
}

/// A channel's table, and which kind of channel it is for.
#[derive(Debug, Clone)]
pub struct ChannelTable {
    /// The kind's name.
    pub kind: &'static str,
    /// What stands in it.
    pub settings: Arc<dyn Settings>,
}

/// Where a person is reached.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Address {
    /// The person's id in site.toml.
    pub person: Identifier,
    /// The key of the kind of channel: `email`.
    pub key: &'static str,
    /// The address.
    pub address: String,
}

/// A channel that is ready.
#[async_trait]
pub trait Channel: Send + Sync {
    /// Makes one attempt.
    async fn send(&self, delivery: &Delivery) -> Outcome;

    /// Begins to hear, for a channel that hears anything; once more changes nothing.
    fn start(&self, _hears: Hears) {}

    /// Answers somebody who wrote. Only a channel that hears can.
    async fn say(&self, _to: &str, _text: &str) -> Outcome {
        Outcome::GiveUp("this channel answers nobody".to_owned())
    }

    /// What its service says of what it was told; none where it says nothing that changes anything here. None at all for a channel that is not set to hear.
    fn hear(&self, _post: &Post<'_>) -> Option<Result<Option<Said>, HookError>> {
        None
    }
}

/// Where a channel says what it hears, and what it needs for that.
#[derive(Clone)]
pub struct Hears {
    /// The channel's id in site.toml.
    pub channel: Identifier,
    /// To whom it says it.
    pub news: mpsc::Sender<(Identifier, News)>,
    /// The data folder, for what it has to remember beyond a restart.
    pub folder: PathBuf,
    /// By which it waits.
    pub clock: Arc<dyn Clock>,
    /// Who switches what is in the building; none before the doors are open.
    pub sounds: Option<Arc<dyn Sounds>>,
}

/// What a channel hears by itself.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// The receiver's device has the delivery with this key.
    Proved {
        /// [`Delivery::key`].
        key: String,
    },
    /// What was taken does not arrive; why.
    Undelivered {
        /// [`Delivery::key`].
        key: String,
        /// In words.
        why: String,
    },
    /// Somebody wrote.
    Text {
        /// Where from, as the way itself says.
        from: pdu::Address,
        /// When it was sent, if that is known.
        at: Option<Timestamp>,
        /// What.
        text: String,
    },
    /// What the channel's own device measures.
    Figures(Figures),
    /// The channel carries nothing, and has not for a while: why. None: it is well.
    Trouble(Option<String>),
}

/// What a channel's own device measures, as a sensor of the collector's own.
#[derive(Debug, Clone, PartialEq)]
pub struct Figures {
    /// By what name; unique among all of the collector's own.
    pub sensor: Identifier,
    /// By which device.
    pub driver: &'static str,
    /// How often.
    pub interval: Duration,
    /// When.
    pub at: Timestamp,
    /// All that it gives each time.
    pub read: Vec<(Quantity, Reading)>,
}

/// What a channel carries.
#[derive(Debug, Clone)]
pub struct Delivery {
    /// The same for every attempt at this delivery, so that a receiver can drop repeats.
    pub key: String,
    /// Where to, for a channel that reaches people; empty for others.
    pub address: String,
    /// Why it is sent.
    pub reason: Reason,
    /// The alarm at its transition.
    pub alarm: Alarm,
    /// The incident that it is part of.
    pub incident: Option<u64>,
    /// Whether others of the incident, of which this recipient knows, stand on whatever becomes of this one.
    pub goes_on: bool,
    /// What else of the incident it tells.
    pub along: Along,
    /// Its words.
    pub message: Message,
    /// Where they lead.
    pub links: Links,
    /// The language that they are in.
    pub language: Language,
    /// Whether no other way to them works: what may cost more is worth it.
    pub is_last_way: bool,
    /// When this attempt is made.
    pub now: Timestamp,
}

impl Delivery {
    /// Whether it ends what its thread began: this alarm is over, and nothing of its incident stands of which this recipient knows.
    pub fn ends_thread(&self) -> bool {
        Heard::by(self.reason) == Some(Heard::Over) && !self.goes_on
    }

    /// What all messages about one incident have in common.
    pub fn thread(&self) -> Thread {
        let alone = Thread::Alarm(self.alarm.id);
        self.incident.map_or(alone, Thread::Incident)
    }
}

/// Where a message leads, for a channel with buttons or answers of its own; the text has all of it in words.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Links {
    /// Where the alarm is shown; empty where it is not.
    pub look: String,
    /// Where this recipient takes it, while it can be taken.
    pub take: Option<String>,
    /// Whether somebody is called after this recipient who cannot take it.
    pub passes: bool,
}

impl Links {
    /// Those that the text has.
    pub fn of(facts: &Facts) -> Self {
        Self {
            look: facts.alarm_link.clone(),
            take: facts.acknowledge_link.clone().filter(|_| facts.can_be_taken()),
            passes: facts.is_anybody_next(),
        }
    }
}

/// How an attempt went. Whether trying again can help is the channel's to know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The receiver took it.
    Sent,
    /// Somebody on the way took it. That it arrived may be heard later.
    Unproved,
    /// It did not arrive and may later.
    Retry(String),
    /// The receiver does not take anything for this address, as far as it says; it may later.
    Refused(String),
    /// It will never arrive like this.
    GiveUp(String),
}

#[cfg(test)]
mod tests;
