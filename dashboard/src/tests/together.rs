//! One answer to an incident: by the link of a message what that person was told of, over the API what the caller sees.

use plenum_collector::notify::outbox;
use plenum_core::authority::Role;
use plenum_link::SystemClock;
use plenum_protocol::Duration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::rig::{Rig, problem};

pub(super) const SITE: &str = r#"
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
pub(super) async fn burning(rig: &Rig) -> Vec<Value> {
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
pub(super) async fn tell_anna(rig: &Rig, alarm: &Value) {
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

pub(super) async fn state(rig: &Rig, alarm: &Value) -> String {
    let now = rig.get(&format!("/api/v1/alarms/{}", alarm["id"])).await;
    now["state"].as_str().unwrap().to_owned()
}

/// The link of a message to Anna about an alarm.
pub(super) async fn link(rig: &Rig, alarm: &Value) -> String {
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
    given_back(&rig, &link, &all).await;
    rig.stop().await;
}

/// Whoever has it gives it back by the same link, and takes it again for a while.
async fn given_back(rig: &Rig, link: &str, all: &[Value]) {
    let page = rig.ask(Method::GET, link).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(page.contains("You have these 3 alarms."), "{page}");
    let post = |form: &'static [(&str, &str)]| rig.ask(Method::POST, link).form(form).send();
    let unknown = post(&[("act", "dance")]).await.unwrap();
    assert_eq!(unknown.status(), StatusCode::UNPROCESSABLE_ENTITY);
    let one = format!("{}@", all[0]["id"]);
    let seen = named(&page);
    let first = seen.split(',').find(|mark| mark.starts_with(&one)).unwrap();
    let back = [("act", "give-back"), ("comment", "wrong room"), ("seen", first)];
    let answer = rig.ask(Method::POST, link).form(&back).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let now = rig.get(&format!("/api/v1/alarms/{}", all[0]["id"])).await;
    assert_eq!(
        (&now["state"], &now["acknowledged"], &now["events"][0]["cause"]),
        (
            &json!("active-unacknowledged"),
            &Value::Null,
            &json!("given-back")
        )
    );
    let given_back = &now["given_back"];
    assert_eq!(
        (&given_back["had"], &given_back["by"], &given_back["comment"]),
        (&json!("Anna Visser"), &json!("Anna Visser"), &json!("wrong room"))
    );
    assert_eq!(state(rig, &all[1]).await, "active-acknowledged");
    let page = rig.ask(Method::GET, link).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(
        page.contains("Acknowledge this alarm?") && page.contains("You have these 2 alarms."),
        "{page}"
    );
    for minutes in ["2", "2000", "soon"] {
        let answer = rig.ask(Method::POST, link).form(&[("minutes", minutes)]);
        let status = answer.send().await.unwrap().status();
        assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY, "{minutes}");
    }
    let answer = post(&[("minutes", "30")]).await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let now = rig.get(&format!("/api/v1/alarms/{}", all[0]["id"])).await;
    assert!(now["acknowledged"]["until"].is_string(), "{now}");
    assert_eq!(now["given_back"], Value::Null);
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
    incident_given_back(&rig, incident, (&on_call, &elsewhere), &all[1]).await;
    rig.stop().await;
}

/// Whoever has alarms of an incident gives those back; what others have stays theirs, but for a single one that somebody names.
async fn incident_given_back(rig: &Rig, incident: u64, (on_call, elsewhere): (&str, &str), other: &Value) {
    let path = format!("/api/v1/incidents/{incident}/unacknowledge");
    let back = |token: &str| rig.ask(Method::POST, &path).bearer_auth(token).json(&json!({}));
    problem(back(elsewhere), 404).await;
    let answer: Value = back(on_call).send().await.unwrap().json().await.unwrap();
    assert_eq!(
        answer["done"].as_array().unwrap().len(),
        2,
        "what others have stays theirs: {answer}"
    );
    problem(back(on_call), 409).await;
    let of_one = |what: &str| rig.with_token(Method::POST, &format!("/api/v1/alarms/{}/{what}", other["id"]));
    let answer: Value = of_one("unacknowledge")
        .json(&json!({"comment": "asleep"}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer["given_back"]["comment"], "asleep");
    problem(of_one("unacknowledge").json(&json!({})), 409).await;
    let until = |minutes| (SystemClock::shared().now() + Duration::from_minutes(minutes)).to_string();
    problem(of_one("acknowledge").json(&json!({"until": until(1)})), 422).await;
    problem(of_one("acknowledge").json(&json!({"until": until(1_450)})), 422).await;
    let held = until(60);
    let answer: Value = of_one("acknowledge")
        .json(&json!({"until": held}))
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    assert_eq!(answer["acknowledged"]["until"], held);
}
