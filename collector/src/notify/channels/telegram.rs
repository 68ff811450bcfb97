//! Telegram: a message by a bot, to people or to a group. The bot's token stands in the address that is asked, and in nothing that is told.
//!
//! Links stand in the text and not on buttons: Telegram refuses a whole message over a button that leads to a host within a building.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use plenum_core::text::button;
use plenum_protocol::config_key::{Key, required, usual};
use plenum_protocol::{Duration, Identifier};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::http::{Answer, Http};
use super::setting::{self, INSECURE, Secret, SettingError, Table};
use super::threads::Threads;
use super::wording::{TELEGRAM, Tone};
use super::{AddressKind, Channel, Delivery, Entry, Manual, Outcome, Settings};

/// What a message may have, in units of UTF-16. Marks count here, though not there: it is never too long.
const MESSAGE: usize = 4_096;
const TITLE: usize = 300;
const LINKS: usize = 1_000;

/// To people, each in a chat with the bot.
pub(super) const PEOPLE: Entry = Entry {
    name: "telegram",
    summary: "people, by a bot of Telegram, with a link that takes the alarm",
    table: "telegram",
    address: Some(AddressKind {
        key: "telegram",
        kind: "chat of Telegram",
        example: "123456789",
        meaning: "The number of the person's chat with the bot. They have to write to the bot first: it may not begin.",
        check: |address| match is_chat(address) {
            true => Ok(()),
            false => Err((
                "is not a valid chat",
                "write its number, such as 123456789, or -1001234567890 for a group",
            )),
        },
    }),
    settings: |table| Ok(Box::new(ToPeople::deserialize(table)?)),
    manual: Manual {
        heading: "[[telegram]]",
        about: "A bot of Telegram that writes to people: docs/channels.md.",
        keys: &[setting::channel("\"telegram\""), TOKEN, SERVER, INSECURE],
        collector: "\
# A bot of Telegram, to people (each has a chat below) or to one group: docs/channels.md.
# [[telegram]]
# channel = \"telegram\"
# token_file = \"telegram.token\"
",
        site: "\
# [[channel]]
# id = \"telegram\"
# kind = \"telegram\"
# people = [\"sanne\"]
",
    },
};

/// To a group.
pub(super) const GROUP: Entry = Entry {
    name: "telegram-group",
    summary: "a group or channel of Telegram, by a bot",
    table: "telegram_group",
    address: None,
    settings: |table| Ok(Box::new(ToGroup::deserialize(table)?)),
    manual: Manual {
        heading: "[[telegram_group]]",
        about: "A bot of Telegram that writes to one group or channel.",
        keys: &[
            setting::channel("\"group\""),
            required(
                "chat",
                "text",
                "\"-1001234567890\"",
                "The group's number, or the @name of a public channel. The bot has to be in it.",
            ),
            TOKEN,
            SERVER,
            INSECURE,
        ],
        collector: "\
# [[telegram_group]]
# channel = \"group\"
# chat = \"-1001234567890\"
# token_file = \"telegram.token\"
",
        site: "\
# [[channel]]
# id = \"group\"
# kind = \"telegram-group\"
",
    },
};

const TOKEN: Key = required(
    "token_file",
    "path",
    "\"telegram.token\"",
    "File with the bot's token, on one line.",
);
const SERVER: Key = usual(
    "server",
    "URL",
    "\"https://api.telegram.org\"",
    "A server of one's own, if there is one.",
);

/// `[[telegram]]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToPeople {
    channel: Identifier,
    token_file: PathBuf,
    #[serde(default = "public")]
    server: String,
    #[serde(default)]
    insecure: bool,
}

/// `[[telegram_group]]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToGroup {
    channel: Identifier,
    chat: String,
    token_file: PathBuf,
    #[serde(default = "public")]
    server: String,
    #[serde(default)]
    insecure: bool,
}

fn public() -> String {
    "https://api.telegram.org".to_owned()
}

/// A number, which a group's begins with a hyphen, or the name of a public channel.
fn is_chat(text: &str) -> bool {
    let number = text.strip_prefix('-').unwrap_or(text);
    let is_number =
        !number.is_empty() && number.len() <= 20 && number.bytes().all(|byte| byte.is_ascii_digit());
    let is_letter = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
    let name = text.strip_prefix('@').unwrap_or_default();
    is_number || ((4..=32).contains(&name.len()) && name.bytes().all(is_letter))
}

impl Settings for ToPeople {
    fn channel(&self) -> Option<&Identifier> {
        Some(&self.channel)
    }

    fn each_path(&mut self, change: &mut dyn FnMut(&mut PathBuf)) {
        change(&mut self.token_file);
    }

    fn secrets(&self) -> Vec<(&'static str, &Path)> {
        vec![("token_file", &self.token_file)]
    }

    fn open(&self) -> Result<Box<dyn Channel>, Box<dyn std::error::Error + Send + Sync>> {
        let table = Table::new("telegram", &self.channel);
        Ok(Box::new(Telegram::new(self, &table, None)?))
    }
}

impl Settings for ToGroup {
    fn channel(&self) -> Option<&Identifier> {
        Some(&self.channel)
    }

    fn each_path(&mut self, change: &mut dyn FnMut(&mut PathBuf)) {
        change(&mut self.token_file);
    }

    fn secrets(&self) -> Vec<(&'static str, &Path)> {
        vec![("token_file", &self.token_file)]
    }

    fn open(&self) -> Result<Box<dyn Channel>, Box<dyn std::error::Error + Send + Sync>> {
        let table = Table::new("telegram-group", &self.channel);
        if !is_chat(&self.chat) {
            return Err(Box::new(SettingError::Value {
                table,
                key: "chat",
                value: self.chat.clone(),
                wrong: "is not a valid chat",
                instead: "write its number, such as -1001234567890, or the @name of a public channel",
            }));
        }
        let bot = ToPeople {
            channel: self.channel.clone(),
            token_file: self.token_file.clone(),
            server: self.server.clone(),
            insecure: self.insecure,
        };
        Ok(Box::new(Telegram::new(&bot, &table, Some(self.chat.clone()))?))
    }
}

/// A bot.
struct Telegram {
    http: Http,
    url: reqwest::Url,
    /// Where everything goes; without it to each person's.
    chat: Option<String>,
    threads: Threads,
}

impl Telegram {
    fn new(config: &ToPeople, table: &Table, chat: Option<String>) -> Result<Self, SettingError> {
        let token = table.secret("token_file", &config.token_file)?;
        let mut url = table.url("server", &config.server, config.insecure)?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            path.extend([&format!("bot{}", token.reveal()), "sendMessage"]);
        }
        // As it stands in the address, too.
        let address = Secret::from(url.to_string());
        let http = Http::new(&[&token, &address]).map_err(|source| SettingError::Client {
            table: table.clone(),
            source,
        })?;
        let threads = Threads::default();
        Ok(Self {
            http,
            url,
            chat,
            threads,
        })
    }

    fn chat<'a>(&'a self, delivery: &'a Delivery) -> &'a str {
        self.chat.as_deref().unwrap_or(&delivery.address)
    }

    fn body(&self, delivery: &Delivery) -> Value {
        let (message, links, language) = (&delivery.message, &delivery.links, delivery.language);
        let title = TELEGRAM.line(&message.subject, TITLE);
        let link =
            |url: &str, label: &str| format!("<a href=\"{}\">{label}</a>", TELEGRAM.line(url, LINKS / 2));
        let mut below: Vec<String> = Vec::new();
        below.extend(
            links
                .take
                .as_deref()
                .map(|take| link(take, button::take(language))),
        );
        if !links.look.is_empty() {
            below.push(link(&links.look, button::look(language)));
        }
        let text = TELEGRAM.text(&message.text, MESSAGE - TITLE - LINKS - 100);
        let mut body = json!({
            "chat_id": self.chat(delivery),
            "text": format!("<b>{title}</b>\n{text}\n{}", below.join("   ")),
            "parse_mode": "HTML",
            "link_preview_options": { "is_disabled": true },
            "disable_notification": Tone::of(delivery) == Tone::Note,
        });
        let first = self.threads.first(self.chat(delivery), delivery.thread());
        if let Some(first) = first.and_then(|first| first.parse::<i64>().ok()) {
            // One that was deleted must not keep the end of an alarm back.
            body["reply_parameters"] = json!({ "message_id": first, "allow_sending_without_reply": true });
        }
        body
    }

    fn judge(&self, answer: Answer, delivery: &Delivery) -> Outcome {
        let said = answer.json().unwrap_or_default();
        if let Some(seconds) = said["parameters"]["retry_after"].as_u64() {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX / 1_000);
            self.http
                .pause(delivery.now, Duration::from_seconds(seconds.min(86_400)));
        }
        match answer.status {
            // "chat not found", "bot was blocked by the user": it is about where it goes.
            StatusCode::BAD_REQUEST | StatusCode::FORBIDDEN if said["ok"] == false => {
                Outcome::Refused(answer.words())
            }
            _ => {
                let outcome = answer.judge(|_| said["ok"] == true);
                if let (Outcome::Sent, Some(message)) = (&outcome, said["result"]["message_id"].as_i64()) {
                    self.threads
                        .keep(self.chat(delivery), delivery.thread(), &message.to_string());
                }
                outcome
            }
        }
    }
}

#[async_trait]
impl Channel for Telegram {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        let request = self.http.post(&self.url).json(&self.body(delivery));
        match self.http.ask(request, delivery).await {
            Ok(answer) => self.judge(answer, delivery),
            Err(outcome) => outcome,
        }
    }
}
