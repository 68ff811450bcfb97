//! Matrix: a message in a room by the client-server API, of a person or of a team. The delivery's key is the transaction's, so that a homeserver takes a
//! repeat for what it is. Rooms with encryption get it unencrypted, which their clients show.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use plenum_core::text::button;
use plenum_protocol::config_key::{Key, required};
use plenum_protocol::{Duration, Identifier};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::{Value, json};

use super::http::{Answer, Http};
use super::setting::{self, INSECURE, Secret, SettingError, Table};
use super::threads::Threads;
use super::wording::{BYTES, HTML};
use super::{AddressKind, Channel, Delivery, Entry, Manual, Outcome, Settings};

/// A whole event may have 65,536 bytes; both forms of the text together stay far below.
const TEXT: usize = 12_000;
const TITLE: usize = 500;

/// To people, each in a room.
pub(super) const PEOPLE: Entry = Entry {
    name: "matrix",
    summary: "people, in a room of Matrix, with a link that takes the alarm",
    table: "matrix",
    address: Some(AddressKind {
        key: "matrix",
        kind: "room of Matrix",
        example: "!OGEhHVWSdvArJzumhm:example.org",
        meaning: "The internal id of the person's room with the account that writes. It has to be in the room.",
        check: |address| match is_room(address) {
            true => Ok(()),
            false => Err((
                "is not a valid room",
                "write its internal id, which begins with !, from the room's settings",
            )),
        },
    }),
    settings: |table| Ok(Box::new(ToPeople::deserialize(table)?)),
    manual: Manual {
        heading: "[[matrix]]",
        about: "An account of Matrix that writes to people: docs/channels.md.",
        keys: &[setting::channel("\"matrix\""), HOMESERVER, TOKEN, INSECURE],
        collector: "\
# An account of Matrix, to people (each has a room below) or to one room: docs/channels.md.
# [[matrix]]
# channel = \"matrix\"
# homeserver = \"https://matrix.example.org\"
# token_file = \"matrix.token\"
",
        site: "\
# [[channel]]
# id = \"matrix\"
# kind = \"matrix\"
# people = [\"sanne\"]
",
    },
};

/// To a room.
pub(super) const ROOM: Entry = Entry {
    name: "matrix-room",
    summary: "whoever is in a room of Matrix",
    table: "matrix_room",
    address: None,
    settings: |table| Ok(Box::new(ToRoom::deserialize(table)?)),
    manual: Manual {
        heading: "[[matrix_room]]",
        about: "An account of Matrix that writes to one room.",
        keys: &[
            setting::channel("\"room\""),
            required(
                "room",
                "text",
                "\"!OGEhHVWSdvArJzumhm:example.org\"",
                "The room's internal id. The account has to be in it.",
            ),
            HOMESERVER,
            TOKEN,
            INSECURE,
        ],
        collector: "\
# [[matrix_room]]
# channel = \"room\"
# room = \"!OGEhHVWSdvArJzumhm:example.org\"
# homeserver = \"https://matrix.example.org\"
# token_file = \"matrix.token\"
",
        site: "\
# [[channel]]
# id = \"room\"
# kind = \"matrix-room\"
",
    },
};

const HOMESERVER: Key = required(
    "homeserver",
    "URL",
    "\"https://matrix.example.org\"",
    "The server of the account that writes.",
);
const TOKEN: Key = required(
    "token_file",
    "path",
    "\"matrix.token\"",
    "File with an access token of that account, on one line.",
);

/// `[[matrix]]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToPeople {
    channel: Identifier,
    homeserver: String,
    token_file: PathBuf,
    #[serde(default)]
    insecure: bool,
}

/// `[[matrix_room]]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ToRoom {
    channel: Identifier,
    room: String,
    homeserver: String,
    token_file: PathBuf,
    #[serde(default)]
    insecure: bool,
}

/// Newer rooms have no server in their id.
fn is_room(text: &str) -> bool {
    let is_letter = |letter: char| !letter.is_whitespace() && !letter.is_control();
    text.strip_prefix('!').is_some_and(|rest| !rest.is_empty())
        && text.len() <= 255
        && text.chars().all(is_letter)
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
        let table = Table::new("matrix", &self.channel);
        Ok(Box::new(Matrix::new(self, &table, None)?))
    }
}

impl Settings for ToRoom {
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
        let table = Table::new("matrix-room", &self.channel);
        if !is_room(&self.room) {
            return Err(Box::new(SettingError::Value {
                table,
                key: "room",
                value: self.room.clone(),
                wrong: "is not a valid room",
                instead: "write its internal id, which begins with !, from the room's settings",
            }));
        }
        let account = ToPeople {
            channel: self.channel.clone(),
            homeserver: self.homeserver.clone(),
            token_file: self.token_file.clone(),
            insecure: self.insecure,
        };
        Ok(Box::new(Matrix::new(&account, &table, Some(self.room.clone()))?))
    }
}

/// An account that writes.
struct Matrix {
    http: Http,
    homeserver: reqwest::Url,
    token: Secret,
    /// Where everything goes; without it to each person's.
    room: Option<String>,
    threads: Threads,
}

impl Matrix {
    fn new(config: &ToPeople, table: &Table, room: Option<String>) -> Result<Self, SettingError> {
        let token = table.secret("token_file", &config.token_file)?;
        let http = Http::new(&[&token]).map_err(|source| SettingError::Client {
            table: table.clone(),
            source,
        })?;
        Ok(Self {
            http,
            homeserver: table.url("homeserver", &config.homeserver, config.insecure)?,
            token,
            room,
            threads: Threads::default(),
        })
    }

    fn room<'a>(&'a self, delivery: &'a Delivery) -> &'a str {
        self.room.as_deref().unwrap_or(&delivery.address)
    }

    fn url(&self, delivery: &Delivery) -> reqwest::Url {
        let mut url = self.homeserver.clone();
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            path.extend(["_matrix", "client", "v3", "rooms", self.room(delivery)]);
            path.extend(["send", "m.room.message", &delivery.key]);
        }
        url
    }

    fn body(&self, delivery: &Delivery) -> Value {
        let (message, links, language) = (&delivery.message, &delivery.links, delivery.language);
        let plain = format!(
            "{}\n{}",
            BYTES.line(&message.subject, TITLE),
            BYTES.text(&message.text, TEXT)
        );
        let mut html = format!(
            "<strong>{}</strong><br>\n{}",
            HTML.line(&message.subject, TITLE),
            HTML.text(&message.text, TEXT)
        );
        let mut link = |url: &str, label: &str| {
            html += &format!("<br>\n<a href=\"{}\">{label}</a>", HTML.line(url, TITLE));
        };
        if let Some(take) = &links.take {
            link(take, button::take(language));
        }
        if !links.look.is_empty() {
            link(&links.look, button::look(language));
        }
        let mut body = json!({
            "msgtype": "m.text",
            "body": plain,
            "format": "org.matrix.custom.html",
            "formatted_body": html,
            // Nobody is called by a name that stands in it.
            "m.mentions": {},
        });
        if let Some(first) = self.threads.first(self.room(delivery), delivery.thread()) {
            body["m.relates_to"] = json!({
                "rel_type": "m.thread", "event_id": first, "is_falling_back": true,
                "m.in_reply_to": { "event_id": first },
            });
        }
        body
    }

    fn judge(&self, answer: Answer, delivery: &Delivery) -> Outcome {
        let said = answer.json().unwrap_or_default();
        if let Some(pause) = said["retry_after_ms"]
            .as_u64()
            .and_then(|pause| i64::try_from(pause).ok())
        {
            self.http.pause(delivery.now, Duration::from_milliseconds(pause));
        }
        match answer.status {
            // The account is not in the room, or there is none.
            StatusCode::FORBIDDEN if said["errcode"] == "M_FORBIDDEN" => Outcome::Refused(answer.words()),
            _ => {
                let event = said["event_id"].as_str();
                let outcome = answer.judge(|_| event.is_some());
                if let (Outcome::Sent, Some(event)) = (&outcome, event) {
                    self.threads.keep(self.room(delivery), delivery.thread(), event);
                }
                outcome
            }
        }
    }
}

#[async_trait]
impl Channel for Matrix {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        let request = self.http.request(Method::PUT, &self.url(delivery));
        let request = request
            .bearer_auth(self.token.reveal())
            .json(&self.body(delivery));
        match self.http.ask(request, delivery).await {
            Ok(answer) => self.judge(answer, delivery),
            Err(outcome) => outcome,
        }
    }
}
