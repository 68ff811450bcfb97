//! Alertmanager of Prometheus: an alert by its API v2, with labels to route and silence by. An alert is its labels: they are the same at an alarm's beginning and
//! at its end.
//!
//! Alertmanager takes an alert for over that nobody tells it of again. Its end is therefore named from the start, a year ahead, and told when it comes. What it
//! forgets when it is started anew is not told again.

use std::path::{Path, PathBuf};

use async_trait::async_trait;
use plenum_protocol::config_key::{maybe, required};
use plenum_protocol::{Duration, Identifier};
use serde::Deserialize;
use serde_json::{Value, json};

use super::http::Http;
use super::setting::{self, INSECURE, Secret, SettingError, Table};
use super::wording::PLAIN;
use super::{Channel, Delivery, Entry, Manual, Outcome, Settings, host, subject};

/// How long an alert stands that is not told to be over.
const STANDS: Duration = Duration::from_hours(365 * 24);
/// How far Alertmanager's clock may be behind ours: an end that is still ahead there does not count against the later one that was told before, and the alert
/// would stand for the year.
const CLOCKS: Duration = Duration::from_minutes(2);
const SUMMARY: usize = 1_000;
const TEXT: usize = 16_000;

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "alertmanager",
    summary: "the Alertmanager of Prometheus, with labels to route by",
    table: "alertmanager",
    address: None,
    settings: |table| Ok(Box::new(Config::deserialize(table)?)),
    manual: Manual {
        heading: "[[alertmanager]]",
        about: "An Alertmanager (API v2): docs/channels.md.",
        keys: &[
            setting::channel("\"alerts\""),
            required(
                "url",
                "URL",
                "\"https://alertmanager.example.org\"",
                "Where it is; `/api/v2/alerts` follows.",
            ),
            maybe("user", "text", "Name for log-in."),
            maybe("password_file", "path", "File with the password, on one line."),
            maybe(
                "source",
                "text",
                "The label `instance`: two collectors need two. Without it this host's name.",
            ),
            INSECURE,
        ],
        collector: "\
# The Alertmanager of Prometheus: docs/channels.md.
# [[alertmanager]]
# channel = \"alerts\"
# url = \"http://127.0.0.1:9093\"
",
        site: "\
# [[channel]]
# id = \"alerts\"
# kind = \"alertmanager\"
",
    },
};

/// `[[alertmanager]]` of collector.toml.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct Config {
    channel: Identifier,
    url: String,
    #[serde(default)]
    user: Option<String>,
    #[serde(default)]
    password_file: Option<PathBuf>,
    #[serde(default)]
    source: Option<String>,
    #[serde(default)]
    insecure: bool,
}

impl Settings for Config {
    fn channel(&self) -> Option<&Identifier> {
        Some(&self.channel)
    }

    fn each_path(&mut self, change: &mut dyn FnMut(&mut PathBuf)) {
        self.password_file.iter_mut().for_each(change);
    }

    fn secrets(&self) -> Vec<(&'static str, &Path)> {
        let path = self.password_file.as_deref();
        path.map(|path| ("password_file", path)).into_iter().collect()
    }

    fn open(&self) -> Result<Box<dyn Channel>, Box<dyn std::error::Error + Send + Sync>> {
        let table = Table::new("alertmanager", &self.channel);
        let mut url = table.url("url", &self.url, self.insecure)?;
        if let Ok(mut path) = url.path_segments_mut() {
            path.pop_if_empty();
            path.extend(["api", "v2", "alerts"]);
        }
        let password = self.password_file.as_deref();
        let password = password
            .map(|path| table.secret("password_file", path))
            .transpose()?;
        let secrets: Vec<&Secret> = password.iter().collect();
        let http = Http::new(&secrets).map_err(|source| SettingError::Client { table, source })?;
        let source = self.source.clone().filter(|source| !source.trim().is_empty());
        Ok(Box::new(Alertmanager {
            http,
            url,
            user: self.user.clone(),
            password,
            source: source.unwrap_or_else(host),
        }))
    }
}

/// An Alertmanager.
struct Alertmanager {
    http: Http,
    url: reqwest::Url,
    user: Option<String>,
    password: Option<Secret>,
    source: String,
}

impl Alertmanager {
    /// The alert of the incident under each priority, for it may have had another before: beside its own they are over.
    fn alerts(&self, delivery: &Delivery) -> Value {
        let own = delivery.alarm.priority;
        let others = plenum_core::site::Priority::ALL.into_iter();
        let others = others.filter(|other| *other != own);
        let mut alerts = vec![self.alert(delivery, own.as_str(), delivery.ends_thread())];
        alerts.extend(others.map(|other| self.alert(delivery, other.as_str(), true)));
        json!(alerts)
    }

    fn alert(&self, delivery: &Delivery, severity: &str, is_over: bool) -> Value {
        let (alarm, message, look) = (&delivery.alarm, &delivery.message, &delivery.links.look);
        let over = alarm
            .returned_at
            .unwrap_or(delivery.now)
            .min(delivery.now - CLOCKS);
        let ends = if is_over { over } else { delivery.now + STANDS };
        let labels = json!({
            "alertname": "plenum",
            "incident": delivery.thread().to_string(),
            "severity": severity,
            "instance": PLAIN.line(&self.source, SUMMARY),
            "monitor": "plenum",
        });
        let mut alert = json!({
            "labels": labels,
            "annotations": {
                "summary": PLAIN.line(&message.subject, SUMMARY),
                "description": PLAIN.text(&message.text, TEXT),
                // No labels: another alarm of the incident, or a sensor that moves, would leave its alert behind, for a year.
                "rule": alarm.rule.to_string(),
                "alarm": alarm.id.to_string(),
                "subject": PLAIN.line(&subject(alarm), SUMMARY),
                "room": alarm.room.as_ref().map(ToString::to_string).unwrap_or_default(),
            },
            // An end before its beginning is refused.
            "startsAt": alarm.raised_at.min(ends).to_string(),
            "endsAt": ends.to_string(),
        });
        if super::setting::parse(look).is_some() {
            alert["generatorURL"] = json!(look);
        }
        alert
    }
}

#[async_trait]
impl Channel for Alertmanager {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        let mut request = self.http.post(&self.url).json(&self.alerts(delivery));
        if let Some(user) = &self.user {
            request = request.basic_auth(user, self.password.as_ref().map(Secret::reveal));
        }
        match self.http.ask(request, delivery).await {
            Ok(answer) => answer.judge(|answer| !answer.is_page()),
            Err(outcome) => outcome,
        }
    }
}
