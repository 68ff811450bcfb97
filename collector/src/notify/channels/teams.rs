//! Microsoft Teams: a card in a channel or chat, by a workflow (Power Automate) that takes web requests. Its address is its secret.
//!
//! A workflow answers before it posts: that the card is in the channel, it does not say.

use async_trait::async_trait;
use plenum_core::site::Priority;
use plenum_core::text::button;
use plenum_protocol::config_key::required;
use serde_json::{Value, json};

use super::http::Http;
use super::setting::{self, INSECURE};
use super::wording::{MARKDOWN, Tone, lines};
use super::{Channel, Delivery, Entry, Manual, Outcome, incoming};

/// What a whole message may have is 28 KB; this leaves what stands around it, and what JSON makes of letters, its room.
const TEXT: usize = 12_000;
const TITLE: usize = 500;

/// The registry's entry.
pub(super) const ENTRY: Entry = Entry {
    name: "teams",
    summary: "a channel or chat of Microsoft Teams, by a workflow",
    table: "teams",
    address: None,
    settings: |table| incoming::settings("teams", table, |http, url| Box::new(Teams { http, url })),
    manual: Manual {
        heading: "[[teams]]",
        about: "A workflow of Teams (Power Automate) that takes web requests: docs/channels.md.",
        keys: &[
            setting::channel("\"teams\""),
            required(
                "url_file",
                "path",
                "\"teams.url\"",
                "File with the webhook's address, on one line: whoever has it may post.",
            ),
            INSECURE,
        ],
        collector: "\
# A channel of Teams: docs/channels.md.
# [[teams]]
# channel = \"teams\"
# url_file = \"teams.url\"
",
        site: "\
# [[channel]]
# id = \"teams\"
# kind = \"teams\"
",
    },
};

/// A workflow of Teams'.
struct Teams {
    http: Http,
    url: reqwest::Url,
}

fn body(delivery: &Delivery) -> Value {
    let block = |text: &str| json!({ "type": "TextBlock", "text": text, "wrap": true });
    let mut title = block(&MARKDOWN.line(&delivery.message.subject, TITLE));
    for (key, value) in [
        ("size", "Large"),
        ("weight", "Bolder"),
        ("color", colour(Tone::of(delivery))),
    ] {
        title[key] = json!(value);
    }
    let mut blocks = vec![title];
    // A card keeps no lines within a block.
    let text = MARKDOWN.text(&delivery.message.text, TEXT);
    blocks.extend(lines(&text).map(|line| block(line.text)));
    let links = &delivery.links;
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": blocks,
        "msteams": { "width": "Full" },
    });
    if !links.look.is_empty() {
        let title = button::look(delivery.language);
        card["actions"] = json!([{ "type": "Action.OpenUrl", "title": title, "url": links.look }]);
    }
    let content_type = "application/vnd.microsoft.card.adaptive";
    json!({
        "type": "message",
        "attachments": [{ "contentType": content_type, "contentUrl": null, "content": card }],
    })
}

/// Of those that a card knows by name.
fn colour(tone: Tone) -> &'static str {
    match tone {
        Tone::Stands(Priority::Critical | Priority::High) => "Attention",
        Tone::Stands(Priority::Medium) => "Warning",
        Tone::Stands(Priority::Low) => "Accent",
        Tone::Over => "Good",
        Tone::Note => "Default",
    }
}

#[async_trait]
impl Channel for Teams {
    async fn send(&self, delivery: &Delivery) -> Outcome {
        let request = self.http.post(&self.url).json(&body(delivery));
        match self.http.ask(request, delivery).await {
            Ok(answer) => answer.judge(|answer| !answer.is_page()),
            Err(outcome) => outcome,
        }
    }
}
