//! Incoming webhooks of chats: Slack, Mattermost, Teams.

use super::super::receiver::{Receiver, open};
use super::super::schema::Field;
use super::super::schema::Kind::{Flag, Nothing, One, Text, Url};
use super::*;

/// https://api.slack.com/reference/block-kit/blocks and https://api.slack.com/reference/messaging/attachments
const SLACK: &[Field] = &[
    ("/text", true, Text(500)),
    ("/attachments/*/color", true, Text(7)),
    ("/attachments/*/blocks/*/type", true, One(&["section"])),
    ("/attachments/*/blocks/*/text/type", true, One(&["mrkdwn"])),
    ("/attachments/*/blocks/*/text/text", true, Text(3_000)),
    ("/attachments/*/blocks/*/text/verbatim", true, Flag),
];

#[tokio::test]
async fn slack_gets_blocks_in_which_nobody_is_called_by_a_text() {
    let receiver = Receiver::start();
    receiver.answers(200, "", "ok");
    let url = format!("{}/services/T0/B0/marker", receiver.url());
    let channel = open(
        "[[slack]]\nchannel = \"slack\"\nurl_file = \"url\"\n",
        &[("url", &url)],
    );
    let requests = three(channel.as_ref(), &receiver, "", SLACK).await;
    for request in &requests {
        assert_eq!(request.path, "/services/T0/B0/marker");
        let blocks = request.body["attachments"][0]["blocks"].as_array().unwrap();
        // What `<` begins is a link of ours alone.
        for block in blocks {
            let said = text(block, "/text/text");
            assert!(
                !said.contains('<') || said == "<http://plenum.lan:8080/alarms/1|Look at it>",
                "{said}"
            );
        }
        assert!(!text(&request.body, "/text").contains('<'));
    }
    let section = text(&requests[0].body, "/attachments/0/blocks/0/text/text");
    assert!(
        section.starts_with("*WHAT* Inlet too warm: \"&lt;script&gt;\""),
        "{section}"
    );
    assert_ne!(
        requests[0].body["attachments"][0]["color"],
        requests[1].body["attachments"][0]["color"]
    );
}

/// https://developers.mattermost.com/integrate/reference/message-attachments/
const MATTERMOST: &[Field] = &[
    ("/attachments/*/fallback", true, Text(1_000)),
    ("/attachments/*/color", true, Text(7)),
    ("/attachments/*/title", true, Text(1_000)),
    ("/attachments/*/title_link", true, Url),
    ("/attachments/*/text", true, Text(4_000)),
];

#[tokio::test]
async fn mattermost_gets_an_attachment_in_which_nobody_is_called_by_a_text() {
    let receiver = Receiver::start();
    receiver.answers(200, "", "ok");
    let url = format!("{}/hooks/marker", receiver.url());
    let channel = open(
        "[[mattermost]]\nchannel = \"m\"\nurl_file = \"url\"\n",
        &[("url", &url)],
    );
    let requests = three(channel.as_ref(), &receiver, "", MATTERMOST).await;
    let said = text(&requests[0].body, "/attachments/0/text");
    assert!(said.starts_with("**WHAT** Inlet too warm"), "{said}");
    assert!(!said.contains("@here") && !said.contains("[x](http"), "{said}");
    assert!(
        said.ends_with("[Look at it](<http://plenum.lan:8080/alarms/1>)"),
        "{said}"
    );
}

/// https://learn.microsoft.com/power-automate/ (the trigger "When a Teams webhook request is received") and https://adaptivecards.io/explorer/
const TEAMS: &[Field] = &[
    ("/type", true, One(&["message"])),
    (
        "/attachments/*/contentType",
        true,
        One(&["application/vnd.microsoft.card.adaptive"]),
    ),
    ("/attachments/*/contentUrl", true, Nothing),
    ("/attachments/*/content/$schema", true, Url),
    ("/attachments/*/content/type", true, One(&["AdaptiveCard"])),
    ("/attachments/*/content/version", true, One(&["1.4"])),
    ("/attachments/*/content/msteams/width", true, One(&["Full"])),
    ("/attachments/*/content/body/*/type", true, One(&["TextBlock"])),
    ("/attachments/*/content/body/*/text", true, Text(20_000)),
    ("/attachments/*/content/body/*/wrap", true, Flag),
    ("/attachments/*/content/body/*/size", false, One(&["Large"])),
    ("/attachments/*/content/body/*/weight", false, One(&["Bolder"])),
    (
        "/attachments/*/content/body/*/color",
        false,
        One(&["Attention", "Warning", "Accent", "Good", "Default"]),
    ),
    (
        "/attachments/*/content/actions/*/type",
        true,
        One(&["Action.OpenUrl"]),
    ),
    ("/attachments/*/content/actions/*/title", true, Text(100)),
    ("/attachments/*/content/actions/*/url", true, Url),
];

#[tokio::test]
async fn teams_gets_a_card_of_less_than_28_kilobytes() {
    let receiver = Receiver::start();
    receiver.answers(202, "", "");
    let url = format!("{}/workflows/x/triggers/manual?sig=marker", receiver.url());
    let channel = open(
        "[[teams]]\nchannel = \"teams\"\nurl_file = \"url\"\n",
        &[("url", &url)],
    );
    let requests = three(channel.as_ref(), &receiver, "", TEAMS).await;
    for request in &requests {
        assert_eq!(request.path, "/workflows/x/triggers/manual?sig=marker");
        let length: usize = request.headers["content-length"].parse().unwrap();
        assert!(length < 28 * 1_024, "{length}");
    }
    let card = &requests[0].body["attachments"][0]["content"];
    assert_eq!(
        (text(card, "/body/0/color"), text(card, "/body/2/text")),
        ("Attention", "**HOW BAD** 29.1 °C.")
    );
    assert_eq!(
        text(&requests[1].body, "/attachments/0/content/body/0/color"),
        "Good"
    );
}
