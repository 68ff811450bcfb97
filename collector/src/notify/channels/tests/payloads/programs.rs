//! What programs get: PagerDuty, Alertmanager.

use plenum_protocol::Duration;

use super::super::receiver::{Receiver, open, over, raised};
use super::super::schema::Field;
use super::super::schema::Kind::{Instant, Number, One, Text, Url};
use super::*;

/// https://developer.pagerduty.com/docs/events-api-v2-overview
const PAGERDUTY: &[Field] = &[
    ("/routing_key", true, Text(32)),
    ("/event_action", true, One(&["trigger", "acknowledge", "resolve"])),
    ("/dedup_key", true, Text(255)),
    ("/client", true, Text(100)),
    ("/client_url", true, Url),
    ("/links/*/href", true, Url),
    ("/links/*/text", true, Text(100)),
    ("/payload/summary", true, Text(1_024)),
    ("/payload/source", true, Text(255)),
    (
        "/payload/severity",
        true,
        One(&["critical", "error", "warning", "info"]),
    ),
    ("/payload/timestamp", true, Instant),
    ("/payload/component", true, Text(255)),
    ("/payload/group", true, Text(255)),
    ("/payload/class", true, Text(255)),
    ("/payload/custom_details/alarm", true, Number(1, i64::MAX)),
    ("/payload/custom_details/text", true, Text(16_000)),
];

#[tokio::test]
async fn pagerduty_triggers_acknowledges_and_resolves_under_one_key() {
    let receiver = Receiver::start();
    receiver.answers(
        202,
        "",
        "{\"status\":\"success\",\"message\":\"Event processed\",\"dedup_key\":\"x\"}",
    );
    let table = format!(
        "[[pagerduty]]\nchannel = \"p\"\nserver = \"{}\"\nrouting_key_file = \"key\"\nsource = \"zaandam\"\n",
        receiver.url()
    );
    let channel = open(&table, &[("key", "markermarkermarkermarkermarkerab")]);
    let [begun, ended, _] = three(channel.as_ref(), &receiver, "", PAGERDUTY).await;
    let taken = Delivery {
        reason: Reason::Taken,
        ..raised("")
    };
    let taken = sent(channel.as_ref(), &receiver, &taken).await;
    for (request, action) in [(&begun, "trigger"), (&taken, "acknowledge"), (&ended, "resolve")] {
        assert_eq!(request.path, "/v2/enqueue");
        assert_eq!(text(&request.body, "/event_action"), action);
        assert_eq!(text(&request.body, "/dedup_key"), "plenum/zaandam/incident-7");
    }
}

/// https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, `postableAlerts`
const ALERTMANAGER: &[Field] = &[
    ("/*/labels/alertname", true, Text(100)),
    ("/*/labels/incident", true, Text(40)),
    (
        "/*/labels/severity",
        true,
        One(&["critical", "high", "medium", "low"]),
    ),
    ("/*/labels/instance", true, Text(1_000)),
    ("/*/labels/monitor", true, One(&["plenum"])),
    ("/*/annotations/summary", true, Text(1_000)),
    ("/*/annotations/description", true, Text(16_000)),
    ("/*/annotations/room", true, Text(100)),
    ("/*/annotations/rule", true, Text(100)),
    ("/*/annotations/alarm", true, Text(20)),
    ("/*/annotations/subject", true, Text(1_000)),
    ("/*/startsAt", true, Instant),
    ("/*/endsAt", true, Instant),
    ("/*/generatorURL", true, Url),
];

#[tokio::test]
async fn alertmanager_gets_the_same_labels_at_the_beginning_and_at_the_end() {
    let receiver = Receiver::start();
    let table = format!(
        "[[alertmanager]]\nchannel = \"a\"\nurl = \"{}/am/\"\nsource = \"zaandam\"\nuser = \"plenum\"\npassword_file = \"password\"\n",
        receiver.url()
    );
    let channel = open(&table, &[("password", "marker")]);
    let [begun, ended, _] = three(channel.as_ref(), &receiver, "", ALERTMANAGER).await;
    assert_eq!(begun.path, "/am/api/v2/alerts");
    assert!(begun.headers["authorization"].starts_with("Basic "));
    assert_eq!(begun.body[0]["labels"], ended.body[0]["labels"]);
    let instant = |request: &Request, key: &str| {
        text(&request.body, &format!("/0/{key}"))
            .parse::<Timestamp>()
            .unwrap()
    };
    assert!(instant(&begun, "endsAt") > over("").now);
    assert_eq!(
        (instant(&ended, "endsAt"), instant(&ended, "startsAt")),
        (
            over("").now - Duration::from_minutes(2),
            instant(&begun, "startsAt")
        )
    );
    // What it was under another priority is over.
    let changed = Delivery {
        reason: Reason::Changed,
        alarm: Alarm {
            changed: Some(plenum_core::alarms::Changed {
                at: raised("").now,
                what: Vec::new(),
            }),
            ..raised("").alarm
        },
        ..raised("")
    };
    let changed = sent(channel.as_ref(), &receiver, &changed).await;
    check(&changed.body, ALERTMANAGER);
    let alerts = changed.body.as_array().unwrap();
    let stands = |alert: &&Value| text(alert, "/endsAt").parse::<Timestamp>().unwrap() > raised("").now;
    let standing: Vec<&str> = alerts
        .iter()
        .filter(stands)
        .map(|alert| text(alert, "/labels/severity"))
        .collect();
    assert_eq!((alerts.len(), standing), (4, vec!["critical"]));
}
