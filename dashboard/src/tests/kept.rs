//! What is kept about somebody over the API: addresses, the export, who saw it, and erasure.

use plenum_collector::audit::Verifier;
use plenum_collector::revisions::{self, Draft};
use plenum_core::authority::Actor;
use plenum_link::SystemClock;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::rig::{Rig, problem};

async fn json_of(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let status = response.status();
    let body = response.text().await.unwrap();
    assert!(status.is_success(), "{status}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// Bart, who is an operator, and the path of what is done about him.
async fn bart(rig: &Rig) -> (i64, String) {
    let new = json!({"name": "bart", "role": "operator"});
    let invited = json_of(rig.with_token(Method::POST, "/api/v1/people").json(&new)).await;
    let number = invited["person"]["number"].as_i64().unwrap();
    let path = format!("/api/v1/people/{number}");
    let change =
        json!({"full_name": "Bart Smit", "addresses": [{"kind": "email", "address": "bart@example.org"}]});
    let changed = json_of(rig.with_token(Method::PATCH, &path).json(&change)).await;
    assert_eq!(changed["full_name"], "Bart Smit");
    assert_eq!(changed["addresses"], change["addresses"]);
    (number, path)
}

#[tokio::test]
async fn a_person_is_exported_and_erased_and_the_logs_stay_whole() {
    let rig = Rig::start().await;
    rig.anna().await;
    let (number, path) = bart(&rig).await;
    // What he applied says who he is, in each language.
    let text = rig.get("/api/v1/site/revisions/current").await["text"].clone();
    let draft = Draft {
        base: 1,
        text: format!("{}\n", text.as_str().unwrap()),
        author: Actor::Person(number),
        comment: String::new(),
        at: SystemClock::shared().now(),
    };
    revisions::apply(&rig.collector.journal, draft).await.unwrap();
    let author = async |language: &str| {
        let log = rig.with_token(Method::GET, "/api/v1/site/revisions");
        json_of(log.header("accept-language", language)).await["items"][0]["author"].clone()
    };
    assert_eq!(author("en").await, "Bart Smit");
    let export = format!("{path}/export");
    let kept = json_of(rig.with_token(Method::GET, &export)).await;
    assert_eq!(kept["revisions"].as_array().unwrap().len(), 1);
    assert_eq!(kept["person"]["addresses"][0]["address"], "bart@example.org");
    let deeds = |kept: &Value| -> Vec<String> {
        let lines = kept["audit"].as_array().unwrap().iter();
        lines
            .map(|line| line["deed"].as_str().unwrap().to_owned())
            .collect()
    };
    rig.wait_for(&export, |kept| {
        deeds(kept).starts_with(&["invite".to_owned(), "change-person".to_owned()])
    })
    .await;
    let erased = json_of(rig.with_token(Method::DELETE, &path)).await;
    assert!(erased["erased_at"].is_string() && erased["addresses"] == json!([]));
    let all = rig.get("/api/v1/people").await.to_string();
    assert!(!all.to_lowercase().contains("bart"), "{all}");
    assert_eq!(author("en").await, format!("erased person {number}"));
    assert_eq!(author("nl").await, format!("gewiste persoon {number}"));
    problem(rig.with_token(Method::DELETE, &path), 409).await;
    problem(
        rig.with_token(Method::PATCH, &path)
            .json(&json!({"enabled": true})),
        409,
    )
    .await;
    let log = rig
        .with_token(Method::GET, "/api/v1/audit/export")
        .send()
        .await
        .unwrap();
    let mut verifier = Verifier::default();
    log.text()
        .await
        .unwrap()
        .lines()
        .for_each(|line| verifier.take(line));
    assert_eq!(verifier.finish(&rig.collector.audit.public_key()).len(), 0);
    rig.stop().await;
}

#[tokio::test]
async fn whoever_the_site_writes_to_is_refused_with_what_to_change_first() {
    let rig = Rig::start().await;
    rig.anna().await;
    let new = json!({"name": "bart", "role": "administrator"});
    json_of(rig.with_token(Method::POST, "/api/v1/people").json(&new)).await;
    // She is the last administrator who can log in, and a person of the site.
    let refused = problem(rig.with_token(Method::DELETE, "/api/v1/people/1"), 409).await;
    assert!(refused["detail"].as_str().unwrap().contains("last administrator"));
    let change = json!({"addresses": [{"kind": "email", "address": "nowhere"}]});
    problem(
        rig.with_token(Method::PATCH, "/api/v1/people/2").json(&change),
        422,
    )
    .await;
    let change = json!({"addresses": [{"kind": "pigeon", "address": "roof"}]});
    let refused = problem(
        rig.with_token(Method::PATCH, "/api/v1/people/2").json(&change),
        422,
    )
    .await;
    assert!(refused["detail"].as_str().unwrap().contains("known are email"));
    rig.stop().await;
}

#[tokio::test]
async fn who_saw_whom_is_told_and_what_the_log_cannot_know() {
    let rig = Rig::start().await;
    rig.anna().await;
    let (number, path) = bart(&rig).await;
    for path in ["/api/v1/people/1", &path, "/api/v1/people"] {
        assert_eq!(
            rig.with_token(Method::GET, path).send().await.unwrap().status(),
            StatusCode::OK
        );
    }
    let told = |seen: &Value| -> Vec<(String, String)> {
        let word = |line: &Value, key: &str| line[key].as_str().unwrap().to_owned();
        let lines = seen["lines"].as_array().unwrap().iter();
        lines.map(|line| (word(line, "deed"), word(line, "on"))).collect()
    };
    let of = |deed: &str, on: &str| (deed.to_owned(), on.to_owned());
    let own = number.to_string();
    let all = [
        of("invite", &own),
        of("change-person", &own),
        of("read-people", "1"),
        of("read-people", &own),
        of("read-people", ""),
    ];
    let seen = rig
        .wait_for("/api/v1/audit/seen", |seen| {
            all.iter().all(|line| told(seen).contains(line))
        })
        .await;
    assert_eq!(seen["unknown"].as_array().unwrap().len(), 4);
    let of_bart = rig.get(&format!("/api/v1/audit/seen?person={number}")).await;
    let of_bart = told(&of_bart);
    assert!(!of_bart.contains(&of("read-people", "1")), "{of_bart:?}");
    assert!(of_bart.contains(&of("read-people", "")) && of_bart.contains(&of("read-people", &own)));
    let before = rig
        .get("/api/v1/audit/seen?from=2020-01-01T00:00:00Z&to=2020-01-02T00:00:00Z")
        .await;
    assert_eq!(told(&before), []);
    problem(rig.with_token(Method::GET, "/api/v1/audit/seen?person=99"), 404).await;
    rig.stop().await;
}
