//! Slack: a message in a channel, by an incoming webhook. Its address is its secret.

use async_trait::async_trait;
use plenum_core::text::button;
use plenum_protocol::config_key::required;
use serde_json::{Value, json};

use super::http::Http;
use super::setting::{self, INSECURE};
use super::wording::{MRKDWN, Tone};
use super::{Channel, Delivery, Entry, Manual, Outcome, incoming};

/// What the text of a section may have. The title may have more, and is not read to its end.
const SECTION: usize = 3_000;
const TITLE: usize = 500;

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "slack",
    summary: "a channel of Slack, by an incoming webhook",
    table: "slack",
    address: None,
    settings: |table| incoming::settings("slack", table, |http, url| Box::new(Slack { http, url })),
    manual: Manual {
        heading: "[[slack]]",
        about: "An incoming webhook of Slack: docs/channels.md.",
        keys: &[
            setting::channel("\"slack\""),
            required(
                "url_file",
                "path",
                "\"slack.url\"",
                "File with the webhook's address, on one line: whoever has it may post.",
            ),
            INSECURE,
        ],
        collector: "\
# A channel of Slack: docs/channels.md. The webhook's address is a secret, so that it has a file of its own.
# [[slack]]
# channel = \"slack\"
# url_file = \"slack.url\"
",
        site: "\
# [[channel]]
# id = \"slack\"
# kind = \"slack\"
",
    },
};

/// A webhook of Slack's.
struct Slack {
    http: Http,
    url: reqwest::Url,
}

fn body(delivery: &Delivery) -> Value {
    // As it is: nothing in it is a link, a name or a channel.
    let section = |text: String| json!({ "type": "section", "text": { "type": "mrkdwn", "text": text, "verbatim": true } });
    let text = MRKDWN.text(&delivery.message.text, SECTION);
    // Slack refuses a section without text.
    let mut blocks: Vec<Value> = (!text.is_empty()).then(|| section(text)).into_iter().collect();
    let look = &delivery.links.look;
    if !look.is_empty() {
        let (url, label) = (MRKDWN.line(look, SECTION / 2), button::look(delivery.language));
        blocks.push(section(format!("<{url}|{label}>")));
    }
    // The text stands above and is what a notification shows; the colour goes with an attachment alone.
    json!({
        "text": MRKDWN.line(&delivery.message.subject, TITLE),
        "attachments": [{ "color": Tone::of(delivery).colour(), "blocks": blocks }],
    })
}

#[async_trait]
impl Channel for Slack {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        let request = self.http.post(&self.url).json(&body(delivery));
        match self.http.ask(request, delivery).await {
            // It says "ok".
            Ok(answer) => answer.judge(|answer| !answer.is_page()),
            Err(outcome) => outcome,
        }
    }
}
