//! Settling whose an agent is.

use reqwest::Method;
use serde_json::{Value, json};

use super::rig::{Rig, problem};

#[tokio::test]
async fn a_person_settles_whose_an_agent_is() {
    let rig = Rig::start().await;
    rig.publish(
        "status",
        json!({
            "state": "online", "connection": 1, "version": "0.1.0", "started_at": "2026-06-18T03:12:05.000Z", "clock": "synchronised",
            "streams": {"s1": {"first": 1, "last": 3}}, "sensors": []
        }),
    )
    .await;
    rig.publish("ack", json!({"database": "stranger", "streams": {"s1": 3}}))
        .await;
    let foreign = |answer: &Value| answer["items"][0]["foreign_database"] == "stranger";
    rig.wait_for("/api/v1/agents", foreign).await;
    let stands = |answer: &Value| answer["items"][0]["rule"] == "foreign-database";
    rig.wait_for("/api/v1/alarms?state=active", stands).await;

    let resolve = |agent: &str| {
        let path = format!("/api/v1/agents/{agent}/resolve");
        rig.with_token(Method::POST, &path)
    };
    let response = resolve("zaandam/pi-a1").send().await.unwrap();
    assert_eq!(response.status(), 200);
    let agent: Value = response.json().await.unwrap();
    assert_eq!(agent["agent"], "pi-a1");
    assert_eq!(agent["foreign_database"], Value::Null);
    let ended = |answer: &Value| answer["items"].as_array().unwrap().is_empty();
    rig.wait_for("/api/v1/alarms?state=active", ended).await;

    // The same again changes nothing, and of an agent that is unknown, or cannot be, it is said so.
    assert_eq!(resolve("zaandam/pi-a1").send().await.unwrap().status(), 200);
    for unknown in ["zaandam/pi-a2", "elsewhere/pi-a1", "zaandam/PI", "zaandam/%20"] {
        let why = problem(resolve(unknown), 404).await;
        let detail = why["detail"].as_str().unwrap();
        assert!(detail.contains("plenum agents list"), "{detail}");
    }
    rig.stop().await;
}
