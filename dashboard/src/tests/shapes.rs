//! What is answered: its documents and shapes.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::json;

use super::rig::{Rig, hear, operations};
use crate::routes;

#[tokio::test]
async fn the_document_lists_exactly_the_routes() {
    let rig = Rig::start().await;
    let response = rig.ask(Method::GET, "/api/v1/openapi.json").send().await.unwrap();
    assert_eq!(response.headers()["content-type"], "application/json");
    let document: serde_json::Value = response.json().await.unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let documented = operations();
    assert_eq!(documented.len(), {
        let paths = document["paths"].as_object().unwrap().values();
        paths.map(|item| item.as_object().unwrap().len()).sum::<usize>()
    });
    let paths: BTreeSet<&String> = documented.iter().map(|(_, path)| path).collect();
    for path in paths {
        for method in [
            Method::GET,
            Method::POST,
            Method::PUT,
            Method::DELETE,
            Method::PATCH,
        ] {
            let asked = path.replace(['{', '}'], "");
            let answer = rig.with_token(method.clone(), &asked).send().await.unwrap();
            let known = documented.contains(&(method.clone(), path.clone()));
            assert_eq!(
                answer.status() != 405,
                known,
                "{method} {path}: {}",
                answer.status()
            );
            assert_eq!(answer.headers().contains_key("allow"), !known, "{method} {path}");
        }
    }
    rig.stop().await;
}

#[test]
fn the_document_is_the_one_that_the_screens_were_generated_from() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/openapi.json");
    let document = serde_json::to_string_pretty(&routes::table().document).unwrap() + "\n";
    if std::env::var_os("PLENUM_WRITE").is_some() {
        std::fs::write(path, &document).unwrap();
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    assert!(
        committed == document,
        "{path} is not the document of the routes: write it, and the screens' types from it, with .ci/write"
    );
}

#[test]
fn every_reference_of_the_document_leads_somewhere() {
    let document = serde_json::to_value(routes::table().document).unwrap();
    let text = document.to_string();
    for reference in text.split("\"$ref\":\"#").skip(1) {
        let pointer = reference.split('"').next().unwrap();
        assert!(document.pointer(pointer).is_some(), "{pointer}");
    }
}

/// Where somebody who is not known shows who they are.
const LOG_INS: [&str; 3] = [
    "/api/v1/sessions",
    "/api/v1/sessions/code",
    "/api/v1/sessions/signed-on",
];

/// What the document promises of every operation, beside what the routes say themselves.
#[test]
fn every_operation_says_what_can_come_of_it() {
    let document = serde_json::to_value(routes::table().document).unwrap();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let called = format!("{method} {path}");
            let responses = operation["responses"].as_object().unwrap();
            let has = |status: &str| responses.contains_key(status);
            let open = operation["security"] == json!([{}]);
            assert!(has("500") && has("421"), "{called}");
            assert_eq!(
                has("401"),
                !open || method == "post" && LOG_INS.contains(&path.as_str()),
                "{called}"
            );
            if !operation["requestBody"].is_null() {
                assert!(has("400") && has("413") && has("415") && has("422"), "{called}");
            }
            for (status, response) in responses {
                let is_page = path.starts_with("/a/") && matches!(status.as_str(), "409" | "410");
                if status.as_str() >= "400" && !is_page {
                    let schema = &response["content"]["application/problem+json"]["schema"]["$ref"];
                    assert_eq!(schema, "#/components/schemas/Problem", "{called} {status}");
                }
            }
        }
    }
    let alarm = document["components"]["schemas"]["Alarm"]["required"]
        .as_array()
        .unwrap();
    assert!(alarm.contains(&json!("acknowledged")), "{alarm:?}");
    let body = &document["components"]["schemas"]["Acknowledge"]["required"];
    assert!(
        body.is_null() || !body.as_array().unwrap().contains(&json!("raised_at")),
        "{body}"
    );
}

#[tokio::test]
async fn it_lives_and_tells_its_figures() {
    let rig = Rig::start().await;
    let health = rig.ask(Method::GET, "/healthz").send().await.unwrap();
    assert_eq!(health.text().await.unwrap(), "ok\n");
    let metrics = rig.ask(Method::GET, "/metrics").send().await.unwrap();
    let kind = metrics.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let text = metrics.text().await.unwrap();
    for line in text.lines() {
        let name = line.trim_start_matches("# HELP ").trim_start_matches("# TYPE ");
        assert!(
            name.starts_with("plenum_") || name.starts_with("process_"),
            "{line}"
        );
    }
    for expected in [
        "plenum_http_responses_total{status=\"2xx\"} 1\n",
        "plenum_http_request_duration_seconds_count{method=\"GET\",route=\"/healthz\"} 1\n",
    ] {
        assert!(text.contains(expected), "{text}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn a_new_reading_comes_down_the_live_feed() {
    let rig = Rig::start().await;
    let mut live = rig.with_token(Method::GET, "/api/v1/live").send().await.unwrap();
    assert_eq!(live.headers()["content-type"], "text/event-stream");
    assert!(live.headers().get("content-encoding").is_none());
    let mut heard = String::new();
    hear(&mut live, &mut heard, ": ping").await;
    rig.publish("readings", json!([{"bn": "zaandam/pi-a1/", "n": "inlet-a3/temperature", "u": "Cel", "t": 1_750_000_000, "v": 23.5}]))
        .await;
    hear(&mut live, &mut heard, "event: reading\n").await;
    let expected = "data: {\"series\":\"zaandam/pi-a1/inlet-a3/temperature\",\"at\":\"2025-06-15T15:06:40.000Z\",\
                    \"value\":23.5,\"unit\":\"Cel\",\"fault\":null}";
    hear(&mut live, &mut heard, expected).await;
    rig.stop().await;
}

#[cfg(feature = "web")]
#[tokio::test]
async fn the_web_application_is_served_with_its_hashed_files() {
    let rig = Rig::start().await;
    let page = |path: &str| rig.ask(Method::GET, path).send();
    let index = page("/alarms/4711").await.unwrap();
    assert_eq!(index.headers()["cache-control"], "no-cache");
    let tag = index.headers()["etag"].clone();
    let html = index.text().await.unwrap();
    let script = html
        .split('"')
        .find(|part| part.starts_with("/assets/") && part.ends_with(".js"));
    let script = page(script.expect("a script")).await.unwrap();
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
    assert!(
        script.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    let again = rig
        .ask(Method::GET, "/")
        .header("if-none-match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
    rig.stop().await;
}

#[tokio::test]
async fn an_agent_is_told_live_and_listed_with_its_streams_and_sensors() {
    let rig = Rig::start().await;
    let mut live = rig.with_token(Method::GET, "/api/v1/live").send().await.unwrap();
    rig.publish(
        "status",
        json!({
            "state": "online", "connection": 1, "version": "0.1.0", "started_at": "2026-06-18T03:12:05.000Z", "clock": "synchronised",
            "streams": {"s1": {"first": 1, "last": 3}},
            "sensors": [{"id": "inlet-a3", "driver": "sht3x", "quantities": ["temperature", "humidity"], "interval_s": 10}]
        }),
    )
    .await;
    let mut heard = String::new();
    hear(&mut live, &mut heard, "event: agent\n").await;
    hear(&mut live, &mut heard, "\"online\":true").await;
    let agents = rig.get("/api/v1/agents").await;
    let agent = &agents["items"][0];
    assert_eq!(agent["agent"], "pi-a1");
    assert_eq!(agent["clock"], "synchronised");
    assert_eq!(agent["unsent"], 3);
    assert_eq!(
        agent["streams"][0],
        json!({"stream": "s1", "through": 0, "first": 1, "last": 3})
    );
    let sensor = json!({"sensor": "inlet-a3", "driver": "sht3x", "interval_s": 10.0, "quantities": ["temperature", "humidity"], "faults": []});
    assert_eq!(agent["sensors"][0], sensor);
    rig.stop().await;
}

#[tokio::test]
async fn dead_letters_are_listed_and_tried_again() {
    let rig = Rig::start().await;
    rig.publish(
        "readings",
        json!([{"bn": "zaandam/pi-a1/", "n": "inlet-a3/warmth", "v": 1}]),
    )
    .await;
    let letters = rig
        .wait_for("/api/v1/dead-letters", |answer| answer["items"][0].is_object())
        .await;
    assert_eq!(letters["items"][0]["agent"], "pi-a1");
    assert!(
        letters["items"][0]["reason"].as_str().unwrap().contains("warmth"),
        "{letters}"
    );
    let retried = rig
        .with_token(Method::POST, "/api/v1/dead-letters/retry")
        .send()
        .await
        .unwrap();
    let retried: serde_json::Value = retried.json().await.unwrap();
    assert_eq!(retried, json!({"readings": 0, "left": 1}));
    rig.stop().await;
}
