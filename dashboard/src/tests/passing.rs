//! Passing an incident on, by the link of a message and over the API: one rule, the same words.

use plenum_core::authority::Role;
use plenum_link::SystemClock;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::rig::{Rig, problem};
use super::together::{self, burning, link, state, tell_anna};

const LADDER: &str = r#"
    [[person]]
    id = "bert"
    name = "Bert <b>"
    [[person]]
    id = "carl"
    name = "Carl"
    [[channel]]
    id = "mail"
    kind = "email"
    people = ["anna", "bert", "carl"]
    [[ladder]]
    id = "nights"
    fallback = "carl"
    [[ladder.step]]
    whom = { person = "anna" }
    [[ladder.step]]
    whom = { person = "bert" }
    after = "5min"
"#;

/// The first step of the ladder came to Anna.
async fn ask_anna(rig: &Rig, incident: u64) {
    let call = json!({"ladder": "nights", "priority": "critical", "now": "critical", "taken": 1, "last": SystemClock::shared().now(),
        "told": [], "newest": [{"channel": "mail", "recipient": "anna"}]});
    let ask = rig.collector.database.write(move |connection| {
        let row = (incident.cast_signed(), call.to_string());
        connection.execute(
            "insert or replace into call(incident, due, call) values (?1, null, ?2)",
            row,
        )
    });
    ask.await.unwrap();
}

async fn post(rig: &Rig, link: &str, form: &[(&str, &str)]) -> (StatusCode, String) {
    let answer = rig.ask(Method::POST, link).form(form).send().await.unwrap();
    (answer.status(), answer.text().await.unwrap())
}

#[tokio::test]
async fn whoever_was_asked_calls_the_next_by_the_link_once() {
    let rig = Rig::start_with(&format!("{}{LADDER}", together::SITE)).await;
    let all = burning(&rig).await;
    let link = link(&rig, &all[0]).await;
    let pass = [("act", "pass-on")];
    let (status, page) = post(&rig, &link, &pass).await;
    assert_eq!(status, StatusCode::CONFLICT, "{page}");
    assert!(page.contains("It was not told to you"), "{page}");
    for alarm in &all {
        tell_anna(&rig, alarm).await;
    }
    ask_anna(&rig, all[0]["incident"].as_u64().unwrap()).await;
    let page = rig
        .ask(Method::GET, &link)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(
        page.contains("You cannot?")
            && page.contains("whoever is next: Bert &lt;b&gt;")
            && page.contains("value=\"carl\""),
        "{page}"
    );
    let (status, page) = post(&rig, &link, &pass).await;
    assert_eq!(status, StatusCode::OK, "{page}");
    assert!(
        page.contains("Passed on: somebody else is called now.")
            && page.contains("Called now: Bert &lt;b&gt;."),
        "{page}"
    );
    let (status, page) = post(&rig, &link, &pass).await;
    assert_eq!(status, StatusCode::OK);
    assert!(page.contains("Noted that it is not yours."), "{page}");
    let call = call(&rig, &rig.token, &all[0]).await;
    let said: Vec<&str> = call["events"]
        .as_array()
        .unwrap()
        .iter()
        .filter_map(|event| event["said"].as_str())
        .collect();
    let passed: Vec<&&str> = said.iter().filter(|said| said.contains("passes it on")).collect();
    assert_eq!(passed.len(), 1, "it counts once: {said:?}");
    assert_eq!(state(&rig, &all[0]).await, "active-unacknowledged");
    let path = format!("/api/v1/incidents/{}/acknowledge", all[0]["incident"]);
    let taken = rig.with_token(Method::POST, &path).json(&json!({})).send();
    assert_eq!(taken.await.unwrap().status(), StatusCode::OK);
    let page = rig.ask(Method::GET, &link).send().await.unwrap();
    let page = page.text().await.unwrap();
    assert!(
        page.contains(" has it since ") && !page.contains("You cannot?"),
        "{page}"
    );
    rig.stop().await;
}

async fn call(rig: &Rig, token: &str, alarm: &Value) -> Value {
    let path = format!("/api/v1/incidents/{}/call", alarm["incident"]);
    let answer = rig
        .ask(Method::GET, &path)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    answer.json().await.unwrap()
}

#[tokio::test]
async fn whoever_has_it_passes_it_on_by_name_and_has_it_no_longer() {
    let rig = Rig::start_with(&format!("{}{LADDER}", together::SITE)).await;
    let all = burning(&rig).await;
    for alarm in &all {
        tell_anna(&rig, alarm).await;
    }
    let (anna, link) = (rig.anna().await, link(&rig, &all[0]).await);
    let (status, page) = post(&rig, &link, &[]).await;
    assert_eq!(status, StatusCode::OK);
    assert!(
        page.contains("You have all 3.") && page.contains("You cannot?"),
        "whoever has it sees that they can pass it on: {page}"
    );
    let path = |what: &str| format!("/api/v1/incidents/{}/{what}", all[0]["incident"]);
    let as_anna = |method, what: &str| {
        let ask = rig.ask(method, &path(what));
        ask.header("cookie", &anna).header("x-plenum", "1")
    };
    let looked: Value = as_anna(Method::GET, "call")
        .send()
        .await
        .unwrap()
        .json()
        .await
        .unwrap();
    let passing = &looked["passing_on"];
    assert_eq!(
        (&passing["has"], &passing["to"][1]["name"]),
        (&json!(true), &json!("Carl")),
        "{looked}"
    );
    problem(
        as_anna(Method::POST, "pass-on").json(&json!({"to": "nobody"})),
        409,
    )
    .await;
    assert_eq!(state(&rig, &all[0]).await, "active-acknowledged");
    let passed = as_anna(Method::POST, "pass-on")
        .json(&json!({"to": "carl"}))
        .send();
    let passed: Value = passed.await.unwrap().json().await.unwrap();
    assert_eq!(
        (&passed["passed"], &passed["called"]),
        (&json!("on"), &json!(["Carl"])),
        "{passed}"
    );
    for alarm in &all {
        assert_eq!(state(&rig, alarm).await, "active-unacknowledged");
    }
    let looked = call(&rig, &rig.token, &all[0]).await;
    let last = looked["events"].as_array().unwrap().last().unwrap();
    assert_eq!(last["said"], "Anna Visser passes it on to Carl");
    assert_eq!(looked["passing_on"], Value::Null, "a program is not asked");
    rig.stop().await;
}

#[tokio::test]
async fn nobody_passes_on_what_is_not_theirs() {
    let rig = Rig::start_with(together::SITE).await;
    let all = burning(&rig).await;
    let path = format!("/api/v1/incidents/{}/pass-on", all[0]["incident"]);
    let post = |token: &str, path: &str| rig.ask(Method::POST, path).bearer_auth(token).json(&json!({}));
    let refused = problem(post(&rig.token, &path), 409).await;
    assert_eq!(
        refused["detail"],
        "It was not told to you, so it is not yours to pass on."
    );
    let elsewhere = rig.token_of(Role::Operator, &["room-b"], &[]).await;
    problem(post(&elsewhere, &path), 404).await;
    let looks = rig.token_of(Role::Viewer, &[], &[]).await;
    problem(post(&looks, &path), 403).await;
    problem(post(&rig.token, "/api/v1/incidents/999/pass-on"), 404).await;
    // Without a ladder nobody comes after her: what she has she keeps.
    tell_anna(&rig, &all[0]).await;
    let link = link(&rig, &all[0]).await;
    let tap = |form: &'static [(&str, &str)]| rig.ask(Method::POST, &link).form(form).send();
    let answer = tap(&[("act", "pass-on")]).await.unwrap();
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    assert!(
        answer
            .text()
            .await
            .unwrap()
            .contains("nobody can be called after you now")
    );
    assert_eq!(tap(&[]).await.unwrap().status(), StatusCode::OK);
    let answer = tap(&[("act", "pass-on"), ("to", "bert")]).await.unwrap();
    assert_eq!(answer.status(), StatusCode::CONFLICT);
    assert_eq!(state(&rig, &all[0]).await, "active-acknowledged");
    let page = rig
        .ask(Method::GET, &link)
        .send()
        .await
        .unwrap()
        .text()
        .await
        .unwrap();
    assert!(page.contains("Nobody can be called after you now."), "{page}");
    rig.stop().await;
}
