//! Work in progress over the API: a fire test that wakes nobody, and what still stands when it is over.

use plenum_core::authority::Role;
use plenum_link::SystemClock;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use super::rig::{Rig, problem};

async fn smoke(rig: &Rig) {
    let now = SystemClock::shared().now().milliseconds() as f64 / 1_000.0;
    rig.publish(
        "readings",
        json!([{"bn": "zaandam/pi-a1/", "n": "detector/smoke", "t": now, "vb": true}]),
    )
    .await;
}

fn begin(rig: &Rig, body: &Value) -> RequestBuilder {
    rig.with_token(Method::POST, "/api/v1/work").json(body)
}

fn end(rig: &Rig, number: &Value) -> RequestBuilder {
    rig.with_token(Method::POST, &format!("/api/v1/work/{number}/end"))
}

async fn done(request: RequestBuilder) -> Value {
    let answer = request.send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    answer.json().await.unwrap()
}

#[tokio::test]
async fn a_fire_test_wakes_nobody_and_what_stands_at_its_end_is_told() {
    let rig = Rig::start().await;
    let work = done(begin(
        &rig,
        &json!({"kinds": ["smoke"], "minutes": 60, "reason": "fire test"}),
    ))
    .await;
    assert_eq!(
        (&work["state"], &work["by"], &work["room"]),
        (&json!("running"), &json!("test"), &Value::Null)
    );
    assert_eq!(rig.get("/api/v1/work").await["items"], json!([work]));
    smoke(&rig).await;
    let found = rig
        .wait_for("/api/v1/alarms?state=work", |answer| answer["items"] != json!([]))
        .await;
    let alarm = &found["items"][0];
    assert_eq!(
        (&alarm["rule"], &alarm["own_state"], &alarm["work"]["number"]),
        (&json!("smoke"), &json!("active-unacknowledged"), &work["number"])
    );
    assert_eq!(alarm["work"]["until"], work["until"]);
    let ended = done(end(&rig, &work["number"])).await;
    assert_eq!(
        (&ended["state"], &ended["ended_by"]),
        (&json!("over"), &json!("test"))
    );
    let again = rig.get(&format!("/api/v1/alarms/{}", alarm["id"])).await;
    assert_eq!(
        (&again["state"], &again["events"][0]["cause"], &again["work"]),
        (
            &json!("active-unacknowledged"),
            &json!("work-ended"),
            &Value::Null
        )
    );
    assert_eq!(rig.get("/api/v1/work").await["items"], json!([]));
    let over = rig.get("/api/v1/work/ended").await;
    assert_eq!((&over["items"][0]["work"], &over["next"]), (&ended, &Value::Null));
    let came = &over["items"][0]["came"][0];
    assert_eq!(
        (&came["id"], &came["name"], &came["times"]),
        (&alarm["id"], &json!("Smoke"), &json!(1))
    );
    assert_eq!(
        (&came["out"], &came["told_from"]),
        (&json!("told"), &ended["ended_at"])
    );
    problem(end(&rig, &work["number"]), 409).await;
    rig.stop().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_what_to_do() {
    let rig = Rig::start().await;
    let refused = |body: Value, status: u16| problem(begin(&rig, &body), status);
    let body = |change: Value| {
        let mut body = json!({"kinds": ["smoke"], "minutes": 60, "reason": "fire test"});
        for (key, value) in change.as_object().unwrap() {
            body[key] = value.clone();
        }
        body
    };
    refused(body(json!({"kinds": []})), 422).await;
    refused(body(json!({"reason": "  "})), 422).await;
    refused(body(json!({"minutes": 481})), 422).await;
    refused(body(json!({"minutes": null})), 422).await;
    refused(body(json!({"until": "2020-01-01T10:00", "minutes": null})), 422).await;
    refused(body(json!({"from": "2099-01-01T10:00"})), 422).await;
    refused(body(json!({"from": "tomorrow"})), 422).await;
    refused(body(json!({"room": "cellar"})), 404).await;
    problem(end(&rig, &json!(999)), 404).await;
    assert_eq!(rig.get("/api/v1/work").await["items"], json!([]));
    rig.stop().await;
}

#[tokio::test]
async fn whoever_sees_a_room_alone_silences_that_room_alone() {
    let rig = Rig::start_with(super::incidents::SITE).await;
    let rooms = rig.get("/api/v1/site").await["rooms"].clone();
    let room = rooms[0]["id"].as_str().unwrap();
    let token = rig.token_of(Role::Operator, &[room], &[]).await;
    let ask = |body: Value| {
        let request = rig.ask(Method::POST, "/api/v1/work");
        request.bearer_auth(&token).json(&body)
    };
    problem(ask(json!({"kinds": ["smoke"], "minutes": 5, "reason": "x"})), 422).await;
    let whole = done(begin(
        &rig,
        &json!({"kinds": ["doors"], "minutes": 5, "reason": "x"}),
    ))
    .await;
    let path = format!("/api/v1/work/{}/end", whole["number"]);
    problem(rig.ask(Method::POST, &path).bearer_auth(&token), 403).await;
    let own = done(ask(
        json!({"room": room, "kinds": ["smoke"], "minutes": 5, "reason": "x"}),
    ))
    .await;
    assert_eq!(own["room_name"], rooms[0]["name"]);
    let listed = rig.ask(Method::GET, "/api/v1/work").bearer_auth(&token);
    let listed: Value = listed.send().await.unwrap().json().await.unwrap();
    assert_eq!(listed["items"], json!([whole, own]));
    // Work in a room that they do not see is not there, open or over.
    let elsewhere = done(begin(
        &rig,
        &json!({"room": rooms[1]["id"], "kinds": ["doors"], "minutes": 5, "reason": "x"}),
    ))
    .await;
    let path = format!("/api/v1/work/{}/end", elsewhere["number"]);
    problem(rig.ask(Method::POST, &path).bearer_auth(&token), 404).await;
    done(end(&rig, &elsewhere["number"])).await;
    problem(rig.ask(Method::POST, &path).bearer_auth(&token), 404).await;
    let own = done(end(&rig, &own["number"])).await;
    let listed = rig.ask(Method::GET, "/api/v1/work/ended").bearer_auth(&token);
    let listed: Value = listed.send().await.unwrap().json().await.unwrap();
    assert_eq!(listed["items"], json!([{"work": own, "came": [], "more": 0}]));
    rig.stop().await;
}

#[tokio::test]
async fn what_is_over_comes_in_pages_and_as_far_back_as_is_asked() {
    let rig = Rig::start().await;
    let mut ended = Vec::new();
    for number in 1..=5 {
        let reason = format!("test {number}");
        let work = begin(&rig, &json!({"kinds": ["doors"], "minutes": 5, "reason": reason}));
        let work = done(work).await;
        ended.push(done(end(&rig, &work["number"])).await);
    }
    ended.reverse();
    let (mut cursor, mut read) = (String::new(), Vec::new());
    loop {
        let page = rig.get(&format!("/api/v1/work/ended?limit=2{cursor}")).await;
        read.extend(
            page["items"]
                .as_array()
                .unwrap()
                .iter()
                .map(|item| item["work"].clone()),
        );
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => break,
        }
    }
    assert_eq!(read, ended);
    let later = format!(
        "/api/v1/work/ended?from={}",
        ended[1]["ended_at"].as_str().unwrap()
    );
    let later = rig.get(&later).await["items"].as_array().unwrap().len();
    assert!(
        (2..=3).contains(&later),
        "{later}: by the millisecond two may be one"
    );
    problem(rig.with_token(Method::GET, "/api/v1/work/ended?cursor=x"), 400).await;
    rig.stop().await;
}
