//! An alarm from its reading to its acknowledgement, over the API alone.

use plenum_collector::notify::outbox;
use plenum_link::SystemClock;
use plenum_protocol::Duration;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::rig::{Rig, hear, problem};

async fn smoke(rig: &Rig, tripped: bool) {
    let now = SystemClock::shared().now().milliseconds() as f64 / 1_000.0;
    rig.publish(
        "readings",
        json!([{"bn": "zaandam/pi-a1/", "n": "detector/smoke", "t": now, "vb": tripped}]),
    )
    .await;
}

/// The smoke alarm, once it is in this state; what the monitor has to say about itself stands beside it.
async fn alarm_in(rig: &Rig, state: &str) -> Value {
    let is_smoke =
        |alarm: &&Value| alarm["series"] == "zaandam/pi-a1/detector/smoke" && alarm["rule"] == "smoke";
    let smoke = |answer: &Value| answer["items"].as_array().unwrap().iter().find(is_smoke).cloned();
    let found = rig
        .wait_for(&format!("/api/v1/alarms?state={state}"), |answer| {
            smoke(answer).is_some()
        })
        .await;
    smoke(&found).unwrap()
}

#[tokio::test]
async fn an_alarm_is_told_acknowledged_once_and_reset() {
    let rig = Rig::start().await;
    let mut live = rig.with_token(Method::GET, "/api/v1/live").send().await.unwrap();
    let mut heard = String::new();
    // Without it the monitor would also say that the agent's clock is not synchronised.
    rig.publish(
        "status",
        json!({"state": "online", "connection": 1, "clock": "synchronised"}),
    )
    .await;
    smoke(&rig, true).await;
    let alarm = alarm_in(&rig, "active").await;
    hear(&mut live, &mut heard, "event: alarm\n").await;
    named(&alarm);
    let id = alarm["id"].as_u64().unwrap();
    refused_and_acknowledged(&rig, &alarm).await;
    logged(&rig, &alarm).await;

    smoke(&rig, false).await;
    rig.wait_until(|| async {
        let reset = post(&rig, id, "reset", &json!({"comment": "dust"}));
        reset.send().await.unwrap().status() == StatusCode::OK
    })
    .await;
    assert_eq!(rig.get("/api/v1/alarms?state=open").await["items"], json!([]));
    let over = &rig.get("/api/v1/alarms/episodes").await["items"][0];
    assert_eq!((&over["alarm"], &over["agent"]), (&json!(id), &json!("pi-a1")));
    assert!(over["returned_at"].is_string(), "{over}");
    let before = rig.get("/api/v1/alarms/episodes?to=1781752325000").await;
    assert_eq!(before["items"], json!([]));
    assert_eq!(alarm_in(&rig, "normal").await["id"], id);
    rig.stop().await;
}

#[tokio::test]
async fn an_alarm_is_said_in_the_language_that_is_asked_for_and_else_in_the_sites() {
    let rig = Rig::start().await;
    let asked = |path: &str, languages: &'static str| {
        rig.with_token(Method::GET, path)
            .header("accept-language", languages)
            .send()
    };
    let mut live = asked("/api/v1/live", "nl-NL,nl;q=0.9,en;q=0.8").await.unwrap();
    assert_eq!(live.headers()["content-language"], "nl");
    smoke(&rig, true).await;
    let id = alarm_in(&rig, "active").await["id"].as_u64().unwrap();
    hear(&mut live, &mut String::new(), "\"name\":\"Rook\"").await;
    let paths = ["/api/v1/alarms?state=active", &format!("/api/v1/alarms/{id}")];
    for (languages, language, name) in [
        ("nl", "nl", "\"name\":\"Rook\""),
        ("en;q=0.9, nl;q=0.2", "en", "\"name\":\"Smoke\""),
        ("fr", "en", "\"name\":\"Smoke\""),
    ] {
        for path in paths {
            let answer = asked(path, languages).await.unwrap();
            assert_eq!(answer.headers()["content-language"], language);
            let mut vary = answer.headers().get_all("vary").iter();
            assert!(vary.any(|vary| vary == "accept-language"), "{path}");
            let text = answer.text().await.unwrap();
            assert!(text.contains(name), "{languages}: {text}");
        }
    }
    rig.stop().await;
}

/// An alarm carries the names of its sensor and room and the words of its rule.
fn named(alarm: &Value) {
    assert_eq!(alarm["state"], "active-unacknowledged");
    assert_eq!(alarm["priority"], "critical");
    assert_eq!(alarm["series"], "zaandam/pi-a1/detector/smoke");
    assert_eq!(alarm["room"], "room-a");
    assert_eq!(alarm["room_name"], "Room A");
    assert_eq!(alarm["sensor_name"], "Smoke detector");
    assert_eq!(alarm["about"], "Smoke detector");
    assert_eq!((&alarm["value"], &alarm["input"]), (&json!(1.0), &json!("known")));
    assert_eq!(alarm["acknowledged"], Value::Null);
    assert!(!alarm["response"].as_array().unwrap().is_empty());
}

fn post(rig: &Rig, id: u64, what: &str, body: &Value) -> RequestBuilder {
    rig.with_token(Method::POST, &format!("/api/v1/alarms/{id}/{what}"))
        .json(body)
}

/// What cannot be done is refused; the occurrence that was seen is acknowledged, once.
async fn refused_and_acknowledged(rig: &Rig, alarm: &Value) {
    let id = alarm["id"].as_u64().unwrap();
    let post = |what: &str, body: Value| post(rig, id, what, &body);
    problem(post("reset", json!({})), 409).await;
    problem(post("acknowledge", json!({"comment": "x".repeat(3_000)})), 422).await;
    problem(post("suppress", json!({})), 404).await;
    let raised_at = alarm["raised_at"].as_str().unwrap();
    let stale = json!({"comment": "seen", "raised_at": "2026-06-18T03:12:05.000Z"});
    let refused = problem(post("acknowledge", stale), 409).await;
    assert!(
        refused["detail"].as_str().unwrap().contains(raised_at),
        "{refused}"
    );
    problem(post("acknowledge", json!({"raised_at": "yesterday"})), 422).await;
    let answer = post(
        "acknowledge",
        json!({"comment": "on my way", "raised_at": raised_at}),
    )
    .send()
    .await
    .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["state"], "active-acknowledged");
    assert_eq!(answer["acknowledged"]["by"], "test");
    assert_eq!(answer["acknowledged"]["comment"], "on my way");
    problem(post("acknowledge", json!({"comment": "again"})), 409).await;
    let nowhere = rig.with_token(Method::POST, "/api/v1/alarms/999/acknowledge");
    problem(nowhere.json(&json!({})), 404).await;
}

/// What happened stands in the alarm's own log and in that of all alarms.
async fn logged(rig: &Rig, alarm: &Value) {
    let detail = rig.get(&format!("/api/v1/alarms/{}", alarm["id"])).await;
    let events = detail["events"].as_array().unwrap();
    assert_eq!(events[0]["cause"], "acknowledged");
    assert_eq!(events[0]["comment"], "on my way");
    assert_eq!(events.last().unwrap()["cause"], "raised");
    assert_eq!(detail["deliveries"], json!([]));
    assert_eq!(
        detail["episodes"],
        rig.get("/api/v1/alarms/episodes").await["items"]
    );
    let episode = &detail["episodes"][0];
    assert_eq!(
        (&episode["raised_at"], &episode["returned_at"]),
        (&alarm["raised_at"], &Value::Null)
    );
    let log = rig.get("/api/v1/alarms/events?limit=1").await;
    assert_eq!(log["items"][0]["cause"], "raised");
    let next = log["next"].as_str().unwrap();
    let rest = rig.get(&format!("/api/v1/alarms/events?cursor={next}")).await;
    assert_eq!(rest["items"][0]["cause"], "acknowledged");
    assert_eq!(rest["next"], Value::Null);
}

#[tokio::test]
async fn an_alarm_is_shelved_and_taken_out_of_service_and_comes_back() {
    let rig = Rig::start().await;
    smoke(&rig, true).await;
    let smoke = alarm_in(&rig, "active").await["id"].as_u64().unwrap();
    let stale = json!([{"bn": "zaandam/pi-a1/", "n": "inlet-a1/temperature", "t": 1_700_000_000, "v": 40.0}]);
    rig.publish("readings", stale).await;
    let warm = |answer: &Value| {
        let items = answer["items"].as_array().unwrap();
        items.iter().find(|alarm| alarm["rule"] != "smoke").cloned()
    };
    let found = rig
        .wait_for("/api/v1/alarms?state=active", |answer| warm(answer).is_some())
        .await;
    let warm = warm(&found).unwrap()["id"].as_u64().unwrap();
    shelved_and_unshelved(&rig, warm, smoke).await;
    out_of_service_and_back(&rig, smoke).await;
    let detail = rig.get(&format!("/api/v1/alarms/{smoke}")).await;
    let event = &detail["events"][0];
    assert_eq!(
        (&event["from"], &event["to"], &event["cause"]),
        (
            &json!("out-of-service"),
            &json!("active-unacknowledged"),
            &json!("returned-to-service")
        )
    );
    rig.stop().await;
}

/// Within its bounds, with a reason, and never what is about smoke.
async fn shelved_and_unshelved(rig: &Rig, warm: u64, smoke: u64) {
    let now = SystemClock::shared().now();
    let after = |hours| (now + Duration::from_hours(hours)).to_string();
    let body = |until: String| json!({"until": until, "reason": "contractor"});
    problem(post(rig, warm, "shelve", &json!({"until": after(1)})), 422).await;
    problem(
        post(rig, warm, "shelve", &json!({"until": after(1), "reason": " "})),
        422,
    )
    .await;
    problem(post(rig, warm, "shelve", &body(after(-1))), 422).await;
    problem(post(rig, warm, "shelve", &body(after(9))), 422).await;
    problem(post(rig, warm, "unshelve", &json!({})), 409).await;
    problem(post(rig, warm, "return-to-service", &json!({})), 409).await;
    problem(post(rig, 999, "shelve", &body(after(1))), 404).await;
    let refused = problem(post(rig, smoke, "shelve", &body(after(1))), 409).await;
    assert!(
        refused["detail"].as_str().unwrap().contains("out of service"),
        "{refused}"
    );
    done(rig, warm, "shelve", &body(after(1)), "shelved").await;
    problem(post(rig, warm, "acknowledge", &json!({})), 409).await;
    let listed = rig.get("/api/v1/alarms?state=shelved").await;
    let shelved = &listed["items"][0];
    assert_eq!(
        (&shelved["own_state"], &shelved["shelved"]["by"]),
        (&json!("active-unacknowledged"), &json!("test"))
    );
    assert_eq!(shelved["shelved"]["reason"], "contractor");
    done(rig, warm, "unshelve", &json!({}), "active-unacknowledged").await;
}

async fn out_of_service_and_back(rig: &Rig, smoke: u64) {
    let now = SystemClock::shared().now();
    let after = |hours| (now + Duration::from_hours(hours)).to_string();
    let body = |until: String| json!({"until": until, "reason": "contractor"});
    problem(post(rig, smoke, "out-of-service", &body(after(24 * 91))), 422).await;
    let out = done(rig, smoke, "out-of-service", &body(after(24)), "out-of-service").await;
    assert_eq!(out["out_of_service"]["review_due"], false);
    let metrics = rig
        .with_token(Method::GET, "/metrics")
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    let line = "plenum_alarms{priority=\"critical\",state=\"out-of-service\"} 1";
    assert!(metrics.contains(line), "{metrics}");
    done(
        rig,
        smoke,
        "return-to-service",
        &json!({"comment": "done"}),
        "active-unacknowledged",
    )
    .await;
}

/// What is allowed; gives the alarm as it then stands.
async fn done(rig: &Rig, id: u64, what: &str, body: &Value, state: &str) -> Value {
    let answer = post(rig, id, what, body).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK, "{what}");
    let alarm: Value = answer.json().await.unwrap();
    assert_eq!(alarm["state"], state, "{what}");
    alarm
}

#[tokio::test]
async fn a_person_without_a_session_acknowledges_by_the_link_of_their_message() {
    let rig = Rig::start().await;
    smoke(&rig, true).await;
    let id = alarm_in(&rig, "active").await["id"].as_u64().unwrap();
    let alarm = rig.collector.alarms.alarm(id).unwrap();
    let now = SystemClock::shared().now();
    let secret = rig
        .collector
        .database
        .write(move |connection| outbox::secret_for(connection, (&alarm, 57), "anna", None, now))
        .await
        .unwrap();
    let link = format!("/a/{secret}");
    let page = rig.ask(Method::GET, &link).send().await.unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    assert!(page.text().await.unwrap().contains("<form method=\"post\">"));
    assert_eq!(alarm_in(&rig, "active").await["acknowledged"], Value::Null);
    let tap = || rig.ask(Method::POST, &link).form(&[("comment", "<b>here</b>")]);
    assert_eq!(tap().send().await.unwrap().status(), StatusCode::OK);
    let acknowledged = &alarm_in(&rig, "active").await["acknowledged"];
    assert_eq!(
        (&acknowledged["by"], &acknowledged["comment"]),
        (&json!("Anna Visser"), &json!("<b>here</b>"))
    );
    assert_eq!(tap().send().await.unwrap().status(), StatusCode::CONFLICT);
    let page = rig.ask(Method::GET, &link).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(
        page.contains("You have this alarm.") && page.contains("Give it back"),
        "{page}"
    );
    assert!(
        !page.contains("I am on it"),
        "what cannot be done is not offered: {page}"
    );
    let unknown = rig.ask(Method::GET, "/a/0000").send().await.unwrap();
    assert_eq!(unknown.status(), StatusCode::GONE);
    let alarm = rig.collector.alarms.alarm(id).unwrap();
    let of_another = move |connection: &_| outbox::secret_for(connection, (&alarm, 57), "gone", None, now);
    let secret = rig.collector.database.write(of_another).await.unwrap();
    let gone = rig
        .ask(Method::GET, &format!("/a/{secret}"))
        .send()
        .await
        .unwrap();
    assert_eq!(
        gone.status(),
        StatusCode::GONE,
        "the site does not have that person"
    );
    rig.stop().await;
}

#[tokio::test]
async fn a_session_needs_the_header_to_acknowledge() {
    let rig = Rig::start().await;
    let cookie = rig.anna().await;
    smoke(&rig, true).await;
    let id = alarm_in(&rig, "active").await["id"].as_u64().unwrap();
    let post = || {
        rig.ask(Method::POST, &format!("/api/v1/alarms/{id}/acknowledge"))
            .header("cookie", &cookie)
            .json(&json!({"comment": ""}))
    };
    problem(post(), 403).await;
    let answer = post().header("x-plenum", "1").send().await.unwrap();
    let answer: Value = answer.json().await.unwrap();
    assert_eq!(answer["acknowledged"]["by"], "Anna Visser");
    rig.stop().await;
}

#[tokio::test]
async fn bad_filters_and_periods_are_problems() {
    let rig = Rig::start().await;
    for query in [
        "alarms?state=actve",
        "alarms?stat=active",
        "alarms?limit=0",
        "alarms?cursor=x",
        "alarms?state=",
        "alarms/episodes?limit=0",
        "alarms/events?from=yesterday",
        "alarms/events?from=2026-06-18T03:12:05Z&to=2026-06-18T03:12:04Z",
    ] {
        problem(rig.with_token(Method::GET, &format!("/api/v1/{query}")), 400).await;
    }
    problem(rig.with_token(Method::GET, "/api/v1/alarms/7"), 404).await;
    problem(rig.with_token(Method::GET, "/api/v1/alarms/seven"), 404).await;
    rig.stop().await;
}
