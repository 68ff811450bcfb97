//! Mattermost: a message in a channel, by an incoming webhook. Its address is its secret.

use async_trait::async_trait;
use plenum_core::text::button;
use plenum_protocol::config_key::required;
use serde_json::{Value, json};

use super::http::Http;
use super::setting::{self, INSECURE};
use super::wording::{MARKDOWN, PLAIN, Tone};
use super::{Channel, Delivery, Entry, Manual, Outcome, incoming};

/// What a message may have: servers of some years ago cut at 4,000 characters.
const TEXT: usize = 3_000;
const TITLE: usize = 250;

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "mattermost",
    summary: "a channel of Mattermost, by an incoming webhook",
    table: "mattermost",
    address: None,
    settings: |table| {
        incoming::settings("mattermost", table, |http, url| {
            Box::new(Mattermost { http, url })
        })
    },
    manual: Manual {
        heading: "[[mattermost]]",
        about: "An incoming webhook of Mattermost: docs/channels.md.",
        keys: &[
            setting::channel("\"mattermost\""),
            required(
                "url_file",
                "path",
                "\"mattermost.url\"",
                "File with the webhook's address, on one line: whoever has it may post.",
            ),
            INSECURE,
        ],
        collector: "\
# A channel of Mattermost: docs/channels.md.
# [[mattermost]]
# channel = \"mattermost\"
# url_file = \"mattermost.url\"
",
        site: "\
# [[channel]]
# id = \"mattermost\"
# kind = \"mattermost\"
",
    },
};

/// A webhook of Mattermost's.
struct Mattermost {
    http: Http,
    url: reqwest::Url,
}

fn body(delivery: &Delivery) -> Value {
    let mut text = MARKDOWN.text(&delivery.message.text, TEXT);
    let links = &delivery.links;
    let mut attachment = json!({
        "fallback": PLAIN.line(&delivery.message.subject, TITLE),
        "color": Tone::of(delivery).colour(),
        // With a link it is text and nothing else.
        "title": PLAIN.line(&delivery.message.subject, TITLE),
    });
    if !links.look.is_empty() {
        attachment["title_link"] = json!(links.look);
        text += &format!("\n\n[{}](<{}>)", button::look(delivery.language), links.look);
    }
    attachment["text"] = json!(text);
    json!({ "attachments": [attachment] })
}

#[async_trait]
impl Channel for Mattermost {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        let request = self.http.post(&self.url).json(&body(delivery));
        match self.http.ask(request, delivery).await {
            // It says "ok".
            Ok(answer) => answer.judge(|answer| !answer.is_page()),
            Err(outcome) => outcome,
        }
    }
}
