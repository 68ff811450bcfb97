//! Pushover: a push message to people. What is critical is repeated by Pushover itself until somebody says there that they saw it; what is over or taken ends that.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use plenum_core::site::Priority;
use plenum_core::text::button;
use plenum_protocol::Identifier;
use plenum_protocol::config_key::{required, usual};
use reqwest::StatusCode;
use serde::Deserialize;
use serde_json::{Value, json};

use super::http::{Answer, Http};
use super::setting::{self, INSECURE, Secret, SettingError, Table};
use super::wording::{PLAIN, Tone};
use super::{AddressKind, Channel, Delivery, Entry, Manual, Outcome, Settings};

/// What each field may have, in characters.
const MESSAGE: usize = 1_024;
const TITLE: usize = 250;
const URL: usize = 512;
/// What is critical sounds each minute, for half an hour at most.
const REPEAT: u32 = 60;
const REPEAT_UNTIL: u32 = 1_800;

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "pushover",
    summary: "people, by Pushover, which repeats what is critical",
    table: "pushover",
    address: Some(AddressKind {
        key: "pushover",
        kind: "key of Pushover",
        example: "uQiRzpo4DXghDmr9QzzfQu27cmVRsG",
        meaning: "The person's user key, or the key of a delivery group.",
        check: |address| {
            let is_key = address.len() == 30 && address.bytes().all(|byte| byte.is_ascii_alphanumeric());
            match is_key {
                true => Ok(()),
                false => Err((
                    "is not a valid key of Pushover",
                    "write the 30 letters and digits that Pushover shows",
                )),
            }
        },
    }),
    settings: |table| Ok(Box::new(Config::deserialize(table)?)),
    manual: Manual {
        heading: "[[pushover]]",
        about: "An application of Pushover's: docs/channels.md.",
        keys: &[
            setting::channel("\"pushover\""),
            required(
                "token_file",
                "path",
                "\"pushover.token\"",
                "File with the application's token, on one line.",
            ),
            usual(
                "server",
                "URL",
                "\"https://api.pushover.net\"",
                "Where Pushover is, if by a way of one's own.",
            ),
            INSECURE,
        ],
        collector: "\
# Push messages by Pushover: docs/channels.md.
# [[pushover]]
# channel = \"pushover\"
# token_file = \"pushover.token\"
",
        site: "\
# [[channel]]
# id = \"pushover\"
# kind = \"pushover\"
# people = [\"sanne\"]
",
    },
};

/// `[[pushover]]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    channel: Identifier,
    token_file: PathBuf,
    #[serde(default = "public")]
    server: String,
    #[serde(default)]
    insecure: bool,
}

fn public() -> String {
    "https://api.pushover.net".to_owned()
}

impl Settings for Config {
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
        let table = Table::new("pushover", &self.channel);
        let token = table.secret("token_file", &self.token_file)?;
        let server = table.url("server", &self.server, self.insecure)?;
        let http = Http::new(&[&token]).map_err(|source| SettingError::Client { table, source })?;
        Ok(Box::new(Pushover { http, server, token }))
    }
}

/// An application of Pushover's.
struct Pushover {
    http: Http,
    server: reqwest::Url,
    token: Secret,
}

impl Pushover {
    fn url(&self, path: &[&str]) -> reqwest::Url {
        let mut url = self.server.clone();
        if let Ok(mut segments) = url.path_segments_mut() {
            segments.pop_if_empty();
            segments.extend(path);
        }
        url
    }

    fn body(&self, delivery: &Delivery) -> Value {
        let tone = Tone::of(delivery);
        let mut body = json!({
            "token": self.token.reveal(),
            "user": delivery.address,
            "title": PLAIN.line(&delivery.message.subject, TITLE),
            "message": PLAIN.text(&delivery.message.text, MESSAGE),
            "priority": priority(tone),
            "timestamp": delivery.now.milliseconds() / 1_000,
        });
        if tone == Tone::Stands(Priority::Critical) {
            body["retry"] = json!(REPEAT);
            body["expire"] = json!(REPEAT_UNTIL);
            body["tags"] = json!(delivery.thread().to_string());
        }
        let links = &delivery.links;
        let look = (links.look.as_str(), button::look(delivery.language));
        let take = links.take.as_deref();
        let (url, label) = take.map_or(look, |take| (take, button::take(delivery.language)));
        // Half an address leads nowhere.
        if !url.is_empty() && url.len() <= URL {
            body["url"] = json!(url);
            body["url_title"] = json!(label);
        }
        body
    }

    /// Ends what Pushover repeats of an alarm.
    async fn quiet(&self, delivery: &Delivery) -> Result<(), Outcome> {
        let tag = format!("{}.json", delivery.thread());
        let request = self
            .http
            .post(&self.url(&["1", "receipts", "cancel_by_tag", &tag]));
        let body = json!({ "token": self.token.reveal() });
        let answer = self.http.ask(request.json(&body), delivery).await?;
        match answer.judge(is_taken) {
            // There was none.
            Outcome::Sent | Outcome::GiveUp(_) => Ok(()),
            other => Err(other),
        }
    }
}

/// From -2 to 2, of which the last is repeated.
fn priority(tone: Tone) -> i8 {
    match tone {
        Tone::Stands(Priority::Critical) => 2,
        Tone::Stands(Priority::High) => 1,
        Tone::Stands(Priority::Medium) | Tone::Over => 0,
        Tone::Stands(Priority::Low) | Tone::Note => -1,
    }
}

fn is_taken(answer: &Answer) -> bool {
    answer.json().is_some_and(|body| body["status"] == 1)
}

#[async_trait]
impl Channel for Pushover {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        let is_quieting = !matches!(Tone::of(delivery), Tone::Stands(_));
        if is_quieting && let Err(outcome) = self.quiet(delivery).await {
            // The message matters more than the sounds, which end by themselves.
            tracing::warn!(?outcome, "what Pushover repeats goes on");
        }
        let request = self.http.post(&self.url(&["1", "messages.json"]));
        let request = request.json(&self.body(delivery));
        match self.http.ask(request, delivery).await {
            Ok(answer) => {
                let said = answer.json().unwrap_or_default();
                match answer.status {
                    StatusCode::BAD_REQUEST if said["user"].is_string() => Outcome::Refused(answer.words()),
                    _ => answer.judge(is_taken),
                }
            }
            Err(outcome) => outcome,
        }
    }
}
