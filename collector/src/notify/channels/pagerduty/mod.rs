//! PagerDuty: an event by the Events API v2. All messages of an alarm have one key, so that its end resolves what its beginning triggered, and whoever takes it
//! here acknowledges it there. What people do there is heard by a webhook, see `heard.rs`.

mod heard;

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use plenum_core::oncall::Reason;
use plenum_core::site::Priority;
use plenum_core::text::button;
use plenum_protocol::Identifier;
use plenum_protocol::config_key::{maybe, required, usual};
use serde::Deserialize;
use serde_json::{Value, json};

use super::hook::{HookError, Post, Said};
use super::http::Http;
use super::setting::{self, INSECURE, Secret, SettingError, Table};
use super::wording::{BYTES, PLAIN};
use super::{Channel, Delivery, Entry, Manual, Outcome, Settings, host, subject};

/// What a summary and a key may have.
const SUMMARY: usize = 1_024;
const KEY: usize = 255;
const DETAILS: usize = 16_000;

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "pagerduty",
    summary: "a service of PagerDuty, by events that trigger, acknowledge and resolve",
    table: "pagerduty",
    address: None,
    settings: |table| Ok(Box::new(Config::deserialize(table)?)),
    manual: Manual {
        heading: "[[pagerduty]]",
        about: "An integration of PagerDuty's (Events API v2): docs/channels.md.",
        keys: &[
            setting::channel("\"pagerduty\""),
            required(
                "routing_key_file",
                "path",
                "\"pagerduty.key\"",
                "File with the integration's key, on one line.",
            ),
            maybe(
                "source",
                "text",
                "What events name as their source, part of their key too: two collectors need two. Without it this host's name.",
            ),
            maybe(
                "webhook_secret_file",
                "path",
                "File with the secret of a webhook subscription, on one line: what people acknowledge there is then acknowledged here.",
            ),
            usual(
                "server",
                "URL",
                "\"https://events.pagerduty.com\"",
                "For accounts in the EU `https://events.eu.pagerduty.com`.",
            ),
            INSECURE,
        ],
        collector: "\
# A service of PagerDuty: docs/channels.md.
# [[pagerduty]]
# channel = \"pagerduty\"
# routing_key_file = \"pagerduty.key\"
",
        site: "\
# [[channel]]
# id = \"pagerduty\"
# kind = \"pagerduty\"
# priorities = [\"critical\", \"high\"]
",
    },
};

/// `[[pagerduty]]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    channel: Identifier,
    routing_key_file: PathBuf,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    webhook_secret_file: Option<PathBuf>,
    #[serde(default = "public")]
    server: String,
    #[serde(default)]
    insecure: bool,
}

fn public() -> String {
    "https://events.pagerduty.com".to_owned()
}

impl Settings for Config {
    fn channel(&self) -> Option<&Identifier> {
        Some(&self.channel)
    }

    fn each_path(&mut self, change: &mut dyn FnMut(&mut PathBuf)) {
        change(&mut self.routing_key_file);
        if let Some(file) = &mut self.webhook_secret_file {
            change(file);
        }
    }

    fn secrets(&self) -> Vec<(&'static str, &Path)> {
        let heard = self.webhook_secret_file.as_deref();
        let heard = heard.map(|path| ("webhook_secret_file", path));
        [("routing_key_file", self.routing_key_file.as_path())]
            .into_iter()
            .chain(heard)
            .collect()
    }

    fn open(&self) -> Result<Box<dyn Channel>, Box<dyn std::error::Error + Send + Sync>> {
        let table = Table::new("pagerduty", &self.channel);
        let key = table.secret("routing_key_file", &self.routing_key_file)?;
        let mut url = table.url("server", &self.server, self.insecure)?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            path.extend(["v2", "enqueue"]);
        }
        let hears = self.webhook_secret_file.as_deref();
        let hears = hears
            .map(|path| table.secret("webhook_secret_file", path))
            .transpose()?;
        let http = Http::new(&[&key]).map_err(|source| SettingError::Client { table, source })?;
        let source = self.source.clone().filter(|source| !source.trim().is_empty());
        let source = source.unwrap_or_else(host);
        Ok(Box::new(PagerDuty {
            http,
            url,
            key,
            source,
            hears,
        }))
    }
}

/// An integration.
struct PagerDuty {
    http: Http,
    url: reqwest::Url,
    key: Secret,
    source: String,
    /// The secret that signs what it says.
    hears: Option<Secret>,
}

impl PagerDuty {
    /// What the keys of all that we told begin with.
    fn prefix(&self) -> String {
        format!("plenum/{}/", self.source)
    }

    fn body(&self, delivery: &Delivery) -> Value {
        let (alarm, message) = (&delivery.alarm, &delivery.message);
        let mut body = json!({
            "routing_key": self.key.reveal(),
            "event_action": action(delivery),
            "dedup_key": BYTES.line(&format!("{}{}", self.prefix(), delivery.thread()), KEY),
            "client": "Plenum",
            "payload": {
                "summary": PLAIN.line(&message.subject, SUMMARY),
                "source": PLAIN.line(&self.source, KEY),
                "severity": severity(alarm.priority),
                "timestamp": alarm.raised_at.to_string(),
                "component": PLAIN.line(&subject(alarm), KEY),
                "group": alarm.room.as_ref().map(ToString::to_string),
                "class": alarm.rule.to_string(),
                "custom_details": { "alarm": alarm.id, "text": BYTES.text(&message.text, DETAILS) },
            },
        });
        let look = &delivery.links.look;
        if !look.is_empty() {
            body["client_url"] = json!(look);
            body["links"] = json!([{ "href": look, "text": button::look(delivery.language) }]);
        }
        body
    }
}

fn action(delivery: &Delivery) -> &'static str {
    match delivery.reason {
        _ if delivery.ends_thread() => "resolve",
        Reason::Taken => "acknowledge",
        _ => "trigger",
    }
}

fn severity(priority: Priority) -> &'static str {
    match priority {
        Priority::Critical => "critical",
        Priority::High => "error",
        Priority::Medium => "warning",
        Priority::Low => "info",
    }
}

#[async_trait]
impl Channel for PagerDuty {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        let request = self.http.post(&self.url).json(&self.body(delivery));
        match self.http.ask(request, delivery).await {
            Ok(answer) => {
                answer.judge(|answer| answer.json().is_some_and(|body| body["status"] == "success"))
            }
            Err(outcome) => outcome,
        }
    }

    fn hear(&self, post: &Post<'_>) -> Option<Result<Option<Said>, HookError>> {
        let secret = self.hears.as_ref()?;
        Some(heard::heard(post, secret, &self.prefix()))
    }
}
