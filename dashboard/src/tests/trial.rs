//! A revision tried on the past over the API: its figures, what it says beside what was raised, and what is refused.

use plenum_link::SystemClock;
use plenum_protocol::Timestamp;
use reqwest::Method;
use serde_json::{Value, json};

use super::rig::{Rig, problem};

/// Publishes an hour of readings at 10 s: 28.5 from its tenth minute to its twentieth, 26 from its thirtieth to its fortieth. Gives its first second.
async fn hour(rig: &Rig) -> i64 {
    let begin = (SystemClock::shared().now().milliseconds() / 60_000 - 61) * 60;
    let sensors =
        json!([{"id": "inlet-a3", "driver": "sht3x", "quantities": ["temperature"], "interval_s": 10}]);
    rig.publish(
        "status",
        json!({"state": "online", "connection": 1, "clock": "synchronised", "sensors": sensors}),
    )
    .await;
    let mut pack = vec![json!({"bn": "zaandam/pi-a1/inlet-a3/", "bt": begin})];
    for step in 0..360 {
        let value = match step / 6 {
            10..20 => 28.5,
            30..40 => 26.0,
            _ => 22.0,
        };
        pack.push(json!({"n": "temperature", "u": "Cel", "t": step * 10, "v": value}));
    }
    rig.publish("readings", Value::Array(pack)).await;
    rig.wait_for("/api/v1/latest", |answer| answer["items"][0].is_object())
        .await;
    begin
}

fn instant(second: i64) -> String {
    Timestamp::from_milliseconds(second * 1_000).to_string()
}

/// The site with a rule in place of the built-in one.
async fn with_rule(rig: &Rig, rule: &str) -> String {
    let current = rig.get("/api/v1/site/revisions/current").await;
    format!(
        "{}\n[[rule]]\nid = \"inlet-high\"\nname = \"Warm\"\nselect = {{ quantities = [\"temperature\"] }}\n{rule}",
        current["text"].as_str().unwrap()
    )
}

async fn tried(rig: &Rig, body: Value) -> Value {
    let asked = rig.with_token(Method::POST, "/api/v1/site/try").json(&body);
    let answer = asked.send().await.unwrap();
    assert_eq!(answer.status(), 200);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn a_lower_limit_shows_what_it_would_have_raised() {
    let rig = Rig::start_without_cooling().await;
    let begin = hour(&rig).await;
    let text = with_rule(
        &rig,
        "priority = \"critical\"\non_delay = \"5min\"\noff_delay = \"5min\"\nwhen = { above = { limit = 25, deadband = 1 } }\n",
    )
    .await;
    let body = json!({"text": text, "from": instant(begin), "to": instant(begin + 3_600)});
    let trial = tried(&rig, body).await;
    assert_eq!((&trial["readings"], &trial["revision"]), (&json!(360), &json!(1)));
    let side = |side: &str| {
        let side = &trial[side];
        ["alarms", "critical", "medium", "only_here"].map(|key| side[key].as_u64().unwrap())
    };
    assert_eq!((side("tried"), side("in_force")), ([2, 2, 0, 1], [1, 0, 1, 0]));
    assert_eq!(
        trial["rules"],
        json!([{"rule": "inlet-high", "name": "Warm", "tried": 2, "in_force": 1, "priority": "critical"}])
    );
    assert_eq!(
        trial["differences"],
        json!([{
            "tried": true, "rule": "inlet-high", "name": "Warm", "priority": "critical",
            "series": "zaandam/pi-a1/inlet-a3/temperature", "subject": "zaandam/pi-a1/inlet-a3/temperature",
            "sensor_name": "Inlet A3", "room": "room-a", "room_name": "Room A",
            "from": instant(begin + 35 * 60), "to": instant(begin + 45 * 60), "seconds": 600.0, "worst": 26.0, "unit": "Cel",
        }])
    );
    let progress = rig.get("/api/v1/site/try").await;
    assert_eq!(progress, json!({"percent": null}));
    let current = rig.get("/api/v1/site/revisions/current").await;
    assert_eq!(current["number"], 1, "nothing of it took effect");
    rig.stop().await;
}

#[tokio::test]
async fn what_the_revision_in_force_raises_in_a_trial_is_what_the_engine_raised() {
    let rig = Rig::start_without_cooling().await;
    let begin = hour(&rig).await;
    let text = with_rule(&rig, "priority = \"low\"\nwhen = { above = { limit = 45 } }\n").await;
    let body = json!({"text": text, "from": instant(begin), "to": instant(begin + 3_600)});
    let trial = tried(&rig, body).await;
    let path = format!(
        "/api/v1/alarms/events?from={}&to={}",
        begin * 1_000,
        (begin + 3_600) * 1_000
    );
    let events = rig.wait_for(&path, |answer| answer["items"][1].is_object()).await;
    let difference = &trial["differences"][0];
    assert_eq!(
        (&difference["tried"], &difference["from"], &difference["to"]),
        (
            &json!(false),
            &events["items"][0]["at"],
            &events["items"][1]["at"]
        )
    );
    assert_eq!(trial["rules"][0]["tried"], 0);
    rig.stop().await;
}

#[tokio::test]
async fn what_cannot_be_tried_is_refused_in_words() {
    let rig = Rig::start().await;
    let text = with_rule(&rig, "priority = \"low\"\nwhen = { above = { limit = 27 } }\n").await;
    let refused = |body: Value| problem(rig.with_token(Method::POST, "/api/v1/site/try").json(&body), 422);
    let wrong = refused(json!({"text": text.replace("place =", "plase =")})).await;
    let detail = wrong["detail"].as_str().unwrap();
    assert!(
        detail.contains("site.toml:") && detail.contains("did you mean `place`?"),
        "{detail}"
    );
    let both = refused(json!({"text": text, "from": instant(0), "last": "3d"})).await;
    assert!(both["detail"].as_str().unwrap().contains("one of them"), "{both}");
    for (from, to) in [(2_000, 1_000), (1_000, 1_000), (0, 40_000_000)] {
        let period = refused(json!({"text": text, "from": instant(from), "to": instant(to)})).await;
        assert!(
            period["detail"].as_str().unwrap().contains("366 days"),
            "{period}"
        );
    }
    refused(json!({"text": text, "last": "soon"})).await;
    refused(json!({"last": "3d"})).await;
    rig.stop().await;
}
