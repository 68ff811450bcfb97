//! One answer to an incident: by the link of a message what that person was told of, over the API what the caller sees.

use plenum_collector::notify::outbox;
use plenum_core::authority::Role;
use plenum_link::SystemClock;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::rig::{Rig, problem};

const SITE: &str = r#"
    [site]
    id = "zaandam"
    name = "Zaandam"
    zone = "Europe/Amsterdam"
    [[room]]
    id = "room-a"
    name = "Room A"
    [[room]]
    id = "room-b"
    name = "Room B"
    [[sensor]]
    agent = "pi-a1"
    id = "smoke-1"
    name = "Smoke 1"
    room = "room-a"
    place = "room"
    [[sensor]]
    agent = "pi-a1"
    id = "smoke-2"
    name = "Smoke 2"
    room = "room-a"
    place = "room"
    [[sensor]]
    agent = "pi-a1"
    id = "smoke-3"
    name = "Smoke 3"
    room = "room-a"
    place = "room"
    [[person]]
    id = "anna"
    name = "Anna Visser"
"#;

/// Smoke at three detectors of a room; the three alarms, the oldest number first.
async fn burning(rig: &Rig) -> Vec<Value> {
    let now = SystemClock::shared().now().milliseconds() as f64 / 1_000.0;
    for detector in ["smoke-1", "smoke-2", "smoke-3"] {
        let reading =
            json!([{"bn": "zaandam/pi-a1/", "n": format!("{detector}/smoke"), "t": now, "vb": true}]);
        rig.publish("readings", reading).await;
    }
    let smoke = |answer: &Value| -> Vec<Value> {
        let items = answer["items"].as_array().unwrap();
        items
            .iter()
            .filter(|alarm| alarm["rule"] == "smoke")
            .cloned()
            .collect()
    };
    let found = rig.wait_for("/api/v1/alarms", |answer| smoke(answer).len() == 3);
    let mut all = smoke(&found.await);
    all.sort_by_key(|alarm| alarm["id"].as_u64());
    assert!(
        all.iter().all(|alarm| alarm["incident"] == all[0]["incident"]),
        "{all:?}"
    );
    all
}

/// Anna was told of an alarm by a message that arrived.
async fn tell_anna(rig: &Rig, alarm: &Value) {
    let id = alarm["id"].as_u64().unwrap();
    let incident = alarm["incident"].as_u64().unwrap();
    let snapshot = serde_json::to_string(&rig.collector.alarms.alarm(id).unwrap()).unwrap();
    let row = (id.cast_signed(), snapshot, id.to_string(), incident.cast_signed());
    let tell = rig.collector.database.write(move |connection| {
        connection.execute(
            "insert into outbox(created, alarm, channel, kind, recipient, reason, snapshot, key, state, next_attempt, finished, incident, tried)
             values (1, ?1, 'mail', 'email', 'anna', '\"first\"', ?2, ?3, 'sent', 1, 1, ?4, 1)",
            row,
        )
    });
    tell.await.unwrap();
}

async fn state(rig: &Rig, alarm: &Value) -> String {
    let now = rig.get(&format!("/api/v1/alarms/{}", alarm["id"])).await;
    now["state"].as_str().unwrap().to_owned()
}

/// The link of a message to Anna about an alarm.
async fn link(rig: &Rig, alarm: &Value) -> String {
    let alarm = rig.collector.alarms.alarm(alarm["id"].as_u64().unwrap()).unwrap();
    let now = SystemClock::shared().now();
    let secret = move |connection: &_| outbox::secret_for(connection, (&alarm, 57), "anna", None, now);
    format!("/a/{}", rig.collector.database.write(secret).await.unwrap())
}

/// What the page would post as what it named.
fn named(page: &str) -> String {
    let seen = page.split("name=\"seen\" value=\"").nth(1).unwrap();
    seen.split('"').next().unwrap().to_owned()
}

#[tokio::test]
async fn a_link_takes_what_its_reader_was_told_of_and_what_the_page_named() {
    let rig = Rig::start_with(SITE).await;
    let all = burning(&rig).await;
    tell_anna(&rig, &all[0]).await;
    tell_anna(&rig, &all[1]).await;
    let link = link(&rig, &all[0]).await;
    let page = rig
        .ask(Method::GET, &link)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(page.contains("Acknowledge these 2 alarms?"), "{page}");
    assert!(page.contains("Smoke 1") && page.contains("Smoke 2") && !page.contains("Smoke 3"));
    // The third is told of while she looks at the page.
    tell_anna(&rig, &all[2]).await;
    let tap = |seen: &str| {
        rig.ask(Method::POST, &link)
            .form(&[("comment", "on my way"), ("seen", seen)])
    };
    let answer = tap(&named(&page)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let answer = answer.text().await.unwrap();
    assert!(answer.contains("You have all 2."), "{answer}");
    assert!(
        answer.contains("Smoke 3"),
        "what she did not see is named: {answer}"
    );
    for (alarm, expected) in all.iter().zip([
        "active-acknowledged",
        "active-acknowledged",
        "active-unacknowledged",
    ]) {
        assert_eq!(state(&rig, alarm).await, expected);
    }
    // A button without a page takes all that she was told of.
    assert_eq!(tap("").send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(state(&rig, &all[2]).await, "active-acknowledged");
    assert_eq!(tap("").send().await.unwrap().status(), StatusCode::CONFLICT);
    rig.stop().await;
}

#[tokio::test]
async fn an_incident_is_acknowledged_as_it_was_seen_by_whoever_sees_it() {
    let rig = Rig::start_with(SITE).await;
    let all = burning(&rig).await;
    let incident = all[0]["incident"].as_u64().unwrap();
    let path = format!("/api/v1/incidents/{incident}/acknowledge");
    let post = |token: &str, body: Value| rig.ask(Method::POST, &path).bearer_auth(token).json(&body);
    let seen = |alarm: &Value, raised_at: &str| json!({"alarm": alarm["id"], "raised_at": raised_at});
    let earlier = json!({"seen": [seen(&all[0], "2026-06-18T03:12:05.000Z")]});
    problem(post(&rig.token, earlier), 409).await;
    problem(post(&rig.token, json!({"seen": []})), 409).await;
    let elsewhere = rig.token_of(Role::Operator, &["room-b"], &[]).await;
    problem(post(&elsewhere, json!({})), 404).await;
    let looks = rig.token_of(Role::Viewer, &[], &[]).await;
    problem(post(&looks, json!({})), 403).await;
    problem(
        rig.with_token(Method::POST, "/api/v1/incidents/999/acknowledge")
            .json(&json!({})),
        404,
    )
    .await;
    let as_seen = json!({"comment": "going", "seen": [seen(&all[1], all[1]["raised_at"].as_str().unwrap()),
        seen(&all[2], "2026-06-18T03:12:05.000Z")]});
    let answer: Value = post(&rig.token, as_seen)
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer["done"][0]["id"], all[1]["id"]);
    assert_eq!(answer["done"][0]["acknowledged"]["comment"], "going");
    assert_eq!(answer["refused"][0]["alarm"], all[2]["id"]);
    let on_call = rig.token_of(Role::Operator, &["room-a"], &[]).await;
    let answer: Value = post(&on_call, json!({}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer["done"].as_array().unwrap().len(), 2, "{answer}");
    problem(post(&on_call, json!({})), 409).await;
    rig.stop().await;
}
