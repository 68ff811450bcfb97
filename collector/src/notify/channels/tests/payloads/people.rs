//! What reaches people: ntfy, Telegram, Matrix, Pushover.

use super::super::receiver::{Receiver, open, over, raised};
use super::super::schema::Field;
use super::super::schema::Kind::{Bytes, Flag, Nothing, Number, One, Text, Units, Url};
use super::*;

/// https://docs.ntfy.sh/publish/#publish-as-json
const NTFY: &[Field] = &[
    ("/topic", true, Text(64)),
    ("/title", true, Bytes(250)),
    ("/message", true, Bytes(4_096)),
    ("/priority", true, Number(1, 5)),
    ("/tags/*", true, Text(64)),
    ("/click", true, Url),
    ("/actions/*/action", true, One(&["view", "http"])),
    ("/actions/*/label", true, Text(64)),
    ("/actions/*/url", true, Url),
    ("/actions/*/method", false, One(&["POST"])),
    ("/actions/*/headers/content-type", false, Text(100)),
    ("/actions/*/body", false, Text(100)),
    ("/actions/*/clear", false, Flag),
];

#[tokio::test]
async fn ntfy_gets_a_message_with_a_button_that_takes_the_alarm() {
    let receiver = Receiver::start();
    receiver.answers(200, "", "{\"id\":\"hwQ2YpKdmg\",\"event\":\"message\"}");
    let table = format!(
        "[[ntfy]]\nchannel = \"push\"\nserver = \"{}\"\ntoken_file = \"token\"\n",
        receiver.url()
    );
    let channel = open(&table, &[("token", "tk_marker\n")]);
    let [begun, ended, _] = three(channel.as_ref(), &receiver, "sanne-1", NTFY).await;
    assert_eq!((begun.method.as_str(), begun.path.as_str()), ("POST", "/"));
    assert_eq!(begun.headers["authorization"], "Bearer tk_marker");
    assert_eq!(
        (&begun.body["priority"], text(&begun.body, "/topic")),
        (&5.into(), "sanne-1")
    );
    assert_eq!(begun.body["actions"][0]["url"], "http://plenum.lan:8080/a/SECRET");
    assert_eq!(begun.body["actions"][0]["method"], "POST");
    assert_eq!(
        (&ended.body["priority"], &ended.body["actions"][0]["action"]),
        (&3.into(), &"view".into())
    );

    let table = format!(
        "[[ntfy_topic]]\nchannel = \"wall\"\nserver = \"{}\"\ntopic_file = \"topic\"\n",
        receiver.url()
    );
    let channel = open(&table, &[("topic", "all-of-us\n")]);
    let [begun, ..] = three(channel.as_ref(), &receiver, "", NTFY).await;
    assert_eq!(text(&begun.body, "/topic"), "all-of-us");
    assert!(!begun.headers.contains_key("authorization"));
}

/// https://core.telegram.org/bots/api#sendmessage
const TELEGRAM: &[Field] = &[
    ("/chat_id", true, Text(64)),
    ("/text", true, Units(4_096)),
    ("/parse_mode", true, One(&["HTML"])),
    ("/link_preview_options/is_disabled", true, Flag),
    ("/disable_notification", true, Flag),
    ("/reply_parameters/message_id", false, Number(1, i64::MAX)),
    ("/reply_parameters/allow_sending_without_reply", false, Flag),
];

/// A bot that writes to people.
fn bot(receiver: &Receiver) -> Box<dyn Channel> {
    let table = format!(
        "[[telegram]]\nchannel = \"t\"\nserver = \"{}\"\ntoken_file = \"token\"\n",
        receiver.url()
    );
    open(&table, &[("token", "123456:marker")])
}

#[tokio::test]
async fn telegram_gets_html_and_an_end_that_answers_its_beginning() {
    let receiver = Receiver::start();
    receiver.answers(200, "", "{\"ok\":true,\"result\":{\"message_id\":42}}");
    let channel = bot(&receiver);
    let [begun, ended, _] = three(channel.as_ref(), &receiver, "987654321", TELEGRAM).await;
    assert_eq!(begun.path, "/bot123456:marker/sendMessage");
    let said = text(&begun.body, "/text");
    assert!(
        said.contains("<a href=\"http://plenum.lan:8080/a/SECRET\">I am on it</a>"),
        "{said}"
    );
    assert!(
        said.contains("&lt;b&gt;warm&lt;/b&gt;") && !said.contains("<script>"),
        "{said}"
    );
    assert_eq!(begun.body.get("reply_parameters"), None);
    assert_eq!(ended.body["reply_parameters"]["message_id"], 42);
    // In another chat it begins anew.
    let other = sent(channel.as_ref(), &receiver, &over("111222333")).await;
    assert_eq!(other.body.get("reply_parameters"), None);
}

#[tokio::test]
async fn what_telegram_refuses_names_nobody_and_a_pause_that_it_asks_for_is_kept() {
    let receiver = Receiver::start();
    let channel = bot(&receiver);
    receiver.answers(403, "", "{\"ok\":false,\"error_code\":403,\"description\":\"Forbidden: bot was blocked by the user 987654321\"}");
    let refused = channel.send(&raised("987654321")).await;
    let Outcome::Refused(words) = refused else {
        panic!("{refused:?}")
    };
    assert!(words.contains("blocked by the user …"), "{words}");
    receiver.answers(
        401,
        "",
        "{\"ok\":false,\"error_code\":401,\"description\":\"Unauthorized\"}",
    );
    assert!(matches!(
        channel.send(&raised("987654321")).await,
        Outcome::Retry(_)
    ));
    // It is left alone for so long as it says.
    receiver.answers(
        429,
        "",
        "{\"ok\":false,\"error_code\":429,\"parameters\":{\"retry_after\":30}}",
    );
    assert!(matches!(
        channel.send(&raised("987654321")).await,
        Outcome::Retry(_)
    ));
    receiver.came();
    assert!(
        matches!(channel.send(&raised("987654321")).await, Outcome::Retry(words) if words.contains("31 s"))
    );
    assert!(receiver.came().is_empty());
}

#[tokio::test]
async fn a_group_of_telegram_gets_what_people_get() {
    let receiver = Receiver::start();
    receiver.answers(200, "", "{\"ok\":true,\"result\":{\"message_id\":7}}");
    let table = format!(
        "[[telegram_group]]\nchannel = \"t\"\nchat = \"-1001234567890\"\nserver = \"{}\"\ntoken_file = \"token\"\n",
        receiver.url()
    );
    let channel = open(&table, &[("token", "123456:marker")]);
    let [begun, ..] = three(channel.as_ref(), &receiver, "", TELEGRAM).await;
    assert_eq!(text(&begun.body, "/chat_id"), "-1001234567890");
}

/// https://spec.matrix.org/latest/client-server-api/#mroommessage and #threading
const MATRIX: &[Field] = &[
    ("/msgtype", true, One(&["m.text"])),
    ("/body", true, Bytes(16_000)),
    ("/format", true, One(&["org.matrix.custom.html"])),
    ("/formatted_body", true, Bytes(16_000)),
    ("/m.mentions", true, Nothing),
    ("/m.relates_to/rel_type", false, One(&["m.thread"])),
    ("/m.relates_to/event_id", false, Text(255)),
    ("/m.relates_to/is_falling_back", false, Flag),
    ("/m.relates_to/m.in_reply_to/event_id", false, Text(255)),
];

#[tokio::test]
async fn matrix_gets_both_forms_under_the_deliverys_key_and_an_end_in_its_thread() {
    let receiver = Receiver::start();
    receiver.answers(200, "", "{\"event_id\":\"$first\"}");
    let table = format!(
        "[[matrix]]\nchannel = \"m\"\nhomeserver = \"{}\"\ntoken_file = \"token\"\n",
        receiver.url()
    );
    let channel = open(&table, &[("token", "syt_marker")]);
    let [begun, ended, endless] = three(channel.as_ref(), &receiver, "!a/b?c:example.org", MATRIX).await;
    let key = raised("").key;
    let expected = format!("/_matrix/client/v3/rooms/!a%2Fb%3Fc:example.org/send/m.room.message/{key}");
    assert_eq!(
        (begun.method.as_str(), begun.path.as_str()),
        ("PUT", expected.as_str())
    );
    assert_eq!(begun.headers["authorization"], "Bearer syt_marker");
    assert!(text(&begun.body, "/formatted_body").contains("&lt;script&gt;"));
    assert!(text(&begun.body, "/body").contains("\"<script>\""));
    assert_eq!(ended.body["m.relates_to"]["event_id"], "$first");
    assert!(endless.headers["content-length"].parse::<usize>().unwrap() < 60_000);
    receiver.answers(403, "", "{\"errcode\":\"M_FORBIDDEN\",\"error\":\"not in room\"}");
    assert!(matches!(channel.send(&raised("!x:y")).await, Outcome::Refused(_)));
    receiver.answers(
        429,
        "",
        "{\"errcode\":\"M_LIMIT_EXCEEDED\",\"retry_after_ms\":5000}",
    );
    assert!(matches!(channel.send(&raised("!x:y")).await, Outcome::Retry(_)));
    assert!(matches!(channel.send(&raised("!x:y")).await, Outcome::Retry(words) if words.contains("pause")));
}

/// https://pushover.net/api
const PUSHOVER: &[Field] = &[
    ("/token", true, Text(30)),
    ("/user", true, Text(30)),
    ("/title", true, Text(250)),
    ("/message", true, Text(1_024)),
    ("/priority", true, Number(-2, 2)),
    ("/timestamp", true, Number(0, i64::MAX)),
    ("/retry", false, Number(30, 10_800)),
    ("/expire", false, Number(60, 10_800)),
    ("/tags", false, Text(100)),
    ("/url", true, Url),
    ("/url_title", true, Text(100)),
];

#[tokio::test]
async fn pushover_repeats_what_is_critical_until_it_is_over() {
    let receiver = Receiver::start();
    receiver.answers(200, "", "{\"status\":1,\"request\":\"x\"}");
    let table = format!(
        "[[pushover]]\nchannel = \"p\"\nserver = \"{}\"\ntoken_file = \"token\"\n",
        receiver.url()
    );
    let channel = open(&table, &[("token", "amarkeramarkeramarkeramarkerab")]);
    let user = "uQiRzpo4DXghDmr9QzzfQu27cmVRsG";
    let [begun, ended, _] = three(channel.as_ref(), &receiver, user, PUSHOVER).await;
    assert_eq!(begun.path, "/1/messages.json");
    for (field, expected) in [("priority", 2), ("retry", 60), ("expire", 1_800)] {
        assert_eq!(begun.body[field], expected);
    }
    assert_eq!(
        (text(&begun.body, "/tags"), text(&begun.body, "/url")),
        ("incident-7", "http://plenum.lan:8080/a/SECRET")
    );
    assert_eq!(
        (&ended.body["priority"], ended.body.get("retry")),
        (&0.into(), None)
    );
    assert_eq!(channel.send(&over(user)).await, Outcome::Sent);
    assert_eq!(
        receiver.came()[0].path,
        "/1/receipts/cancel_by_tag/incident-7.json"
    );
    receiver.answers(
        400,
        "",
        "{\"user\":\"invalid\",\"errors\":[\"user identifier is invalid\"],\"status\":0}",
    );
    assert!(matches!(channel.send(&raised(user)).await, Outcome::Refused(_)));
    receiver.answers(400, "", "{\"token\":\"invalid\",\"status\":0}");
    assert!(matches!(channel.send(&raised(user)).await, Outcome::Retry(_)));
}
