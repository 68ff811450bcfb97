//! ntfy: a push message to a topic, of a person or of a team, with a button that takes the alarm.
//!
//! It is published as JSON, so that a title may have any letter. ntfy knows no key for repeats: an attempt whose answer was lost is seen twice.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use plenum_core::site::Priority;
use plenum_core::text::button;
use plenum_protocol::Identifier;
use plenum_protocol::config_key::{Key, maybe, required, usual};
use serde::Deserialize;
use serde_json::{Value, json};

use super::http::Http;
use super::setting::{self, INSECURE, Secret, SettingError, Table};
use super::wording::{BYTES, Tone};
use super::{AddressKind, Channel, Delivery, Entry, Manual, Outcome, Settings};

/// What a message may have; a longer one becomes a file that nobody opens at night.
const MESSAGE: usize = 4_096;
const TITLE: usize = 250;

/// To people, each by a topic of their own.
pub(super) const PEOPLE: Entry = Entry {
    name: "ntfy",
    summary: "people, by a push message with a button that takes the alarm",
    table: "ntfy",
    address: Some(AddressKind {
        key: "ntfy",
        kind: "topic of ntfy",
        example: "plenum-sanne-4XkQ2",
        meaning: "The topic that the person's telephone listens to. Whoever knows it reads along where the server lets them: make it hard to guess.",
        check: |address| match is_topic(address) {
            true => Ok(()),
            false => Err((
                "is not a valid topic",
                "write 1 to 64 letters of A to Z, a to z, 0 to 9, - and _",
            )),
        },
    }),
    settings: |table| Ok(Box::new(ToPeople::deserialize(table)?)),
    manual: Manual {
        heading: "[[ntfy]]",
        about: "Push messages to people by an ntfy server: docs/channels.md.",
        keys: &[setting::channel("\"push\""), SERVER, TOKEN, INSECURE],
        collector: "\
# Push messages by ntfy, to people (each has a topic below) or to one topic for all: docs/channels.md.
# [[ntfy]]
# channel = \"push\"                      # the channel's id in site.toml
# server = \"https://ntfy.example.org\"
# token_file = \"ntfy.token\"
",
        site: "\
# [[channel]]
# id = \"push\"
# kind = \"ntfy\"
# people = [\"sanne\"]
# priorities = [\"critical\", \"high\"]
",
    },
};

/// To whoever reads one topic.
pub(super) const TOPIC: Entry = Entry {
    name: "ntfy-topic",
    summary: "whoever reads one topic, by a push message",
    table: "ntfy_topic",
    address: None,
    settings: |table| Ok(Box::new(ToTopic::deserialize(table)?)),
    manual: Manual {
        heading: "[[ntfy_topic]]",
        about: "Push messages to one topic of an ntfy server.",
        keys: &[
            setting::channel("\"wall\""),
            required(
                "topic_file",
                "path",
                "\"ntfy.topic\"",
                "File with the topic, on one line: on a public server it is all that keeps others from reading.",
            ),
            SERVER,
            TOKEN,
            INSECURE,
        ],
        collector: "\
# [[ntfy_topic]]
# channel = \"wall\"
# topic_file = \"ntfy.topic\"
",
        site: "\
# [[channel]]
# id = \"wall\"
# kind = \"ntfy-topic\"
",
    },
};

const SERVER: Key = usual(
    "server",
    "URL",
    "\"https://ntfy.sh\"",
    "The ntfy server, by https, or by http where it is this host's.",
);
const TOKEN: Key = maybe(
    "token_file",
    "path",
    "File with an access token of the server's, on one line.",
);

/// `[[ntfy]]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToPeople {
    channel: Identifier,
    #[serde(default = "public")]
    server: String,
    #[serde(default)]
    token_file: Option<PathBuf>,
    #[serde(default)]
    insecure: bool,
}

/// `[[ntfy_topic]]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToTopic {
    channel: Identifier,
    topic_file: PathBuf,
    #[serde(default = "public")]
    server: String,
    #[serde(default)]
    token_file: Option<PathBuf>,
    #[serde(default)]
    insecure: bool,
}

fn public() -> String {
    "https://ntfy.sh".to_owned()
}

fn is_topic(text: &str) -> bool {
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
    (1..=64).contains(&text.len()) && text.bytes().all(is_letter)
}

impl Settings for ToPeople {
    fn channel(&self) -> Option<&Identifier> {
        Some(&self.channel)
    }

    fn each_path(&mut self, change: &mut dyn FnMut(&mut PathBuf)) {
        self.token_file.iter_mut().for_each(change);
    }

    fn secrets(&self) -> Vec<(&'static str, &Path)> {
        let path = self.token_file.as_deref();
        path.map(|path| ("token_file", path)).into_iter().collect()
    }

    fn open(&self) -> Result<Box<dyn Channel>, Box<dyn std::error::Error + Send + Sync>> {
        let table = Table::new("ntfy", &self.channel);
        Ok(Box::new(Ntfy::new(self, &table, None)?))
    }
}

impl Settings for ToTopic {
    fn channel(&self) -> Option<&Identifier> {
        Some(&self.channel)
    }

    fn each_path(&mut self, change: &mut dyn FnMut(&mut PathBuf)) {
        change(&mut self.topic_file);
        self.token_file.iter_mut().for_each(change);
    }

    fn secrets(&self) -> Vec<(&'static str, &Path)> {
        let token = self.token_file.as_deref().map(|path| ("token_file", path));
        let topic = ("topic_file", self.topic_file.as_path());
        token.into_iter().chain([topic]).collect()
    }

    fn open(&self) -> Result<Box<dyn Channel>, Box<dyn std::error::Error + Send + Sync>> {
        let table = Table::new("ntfy-topic", &self.channel);
        let topic = table.secret("topic_file", &self.topic_file)?;
        if !is_topic(topic.reveal()) {
            return Err(Box::new(SettingError::NotASecret {
                table,
                key: "topic_file",
                path: self.topic_file.clone(),
            }));
        }
        let server = ToPeople {
            channel: self.channel.clone(),
            server: self.server.clone(),
            token_file: self.token_file.clone(),
            insecure: self.insecure,
        };
        Ok(Box::new(Ntfy::new(&server, &table, Some(topic))?))
    }
}

/// A server that takes messages for topics.
struct Ntfy {
    http: Http,
    server: reqwest::Url,
    token: Option<Secret>,
    /// Where everything goes; without it to each person's.
    topic: Option<Secret>,
}

impl Ntfy {
    fn new(config: &ToPeople, table: &Table, topic: Option<Secret>) -> Result<Self, SettingError> {
        let token = config.token_file.as_deref();
        let token = token.map(|path| table.secret("token_file", path)).transpose()?;
        let secrets: Vec<&Secret> = token.iter().chain(&topic).collect();
        let http = Http::new(&secrets).map_err(|source| SettingError::Client {
            table: table.clone(),
            source,
        })?;
        Ok(Self {
            http,
            server: table.url("server", &config.server, config.insecure)?,
            token,
            topic,
        })
    }

    fn body(&self, delivery: &Delivery) -> Value {
        let (priority, tag) = loudness(Tone::of(delivery));
        let topic = self
            .topic
            .as_ref()
            .map_or(delivery.address.as_str(), Secret::reveal);
        let mut body = json!({
            "topic": topic,
            "title": BYTES.line(&delivery.message.subject, TITLE),
            "message": BYTES.text(&delivery.message.text, MESSAGE),
            "priority": priority,
            "tags": [tag],
        });
        let links = &delivery.links;
        let mut actions = Vec::new();
        if let Some(take) = &links.take {
            // The telephone asks for it by itself: nothing has to be opened.
            actions.push(json!({
                "action": "http", "label": button::take(delivery.language), "url": take, "method": "POST",
                "headers": { "content-type": "application/x-www-form-urlencoded" }, "body": "comment=", "clear": true,
            }));
        }
        if !links.look.is_empty() {
            body["click"] = json!(links.look);
            actions.push(
                json!({ "action": "view", "label": button::look(delivery.language), "url": links.look }),
            );
        }
        if !actions.is_empty() {
            body["actions"] = json!(actions);
        }
        body
    }
}

/// From 1 to 5, of which the last sounds through a telephone that is set to silence if its owner lets it; and the picture before the title.
fn loudness(tone: Tone) -> (u8, &'static str) {
    match tone {
        Tone::Stands(Priority::Critical) => (5, "rotating_light"),
        Tone::Stands(Priority::High) => (4, "warning"),
        Tone::Stands(Priority::Medium) => (3, "large_orange_diamond"),
        Tone::Stands(Priority::Low) => (2, "small_blue_diamond"),
        Tone::Over => (3, "white_check_mark"),
        Tone::Note => (2, "information_source"),
    }
}

#[async_trait]
impl Channel for Ntfy {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        let mut request = self.http.post(&self.server).json(&self.body(delivery));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token.reveal());
        }
        match self.http.ask(request, delivery).await {
            Ok(answer) => answer.judge(|answer| answer.json().is_some_and(|body| body["id"].is_string())),
            Err(outcome) => outcome,
        }
    }
}
