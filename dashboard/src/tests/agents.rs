//! Settling whose an agent is, that a sensor is gone for good, and by what an agent joins.

use plenum_collector::collector::enrolment::WayIn;
use plenum_link::SystemClock;
use plenum_protocol::Clock;
use plenum_protocol::enrolment::Code;
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

#[tokio::test]
async fn a_person_retires_a_sensor_that_is_gone_for_good_and_no_other() {
    let rig = Rig::start().await;
    two_sensors_of_which_one_fell_silent(&rig).await;
    let retire =
        |sensor: &str| rig.with_token(Method::POST, &format!("/api/v1/agents/zaandam/{sensor}/retire"));
    for (sensor, status, says) in [
        ("old/sensors/there", 409, "there speaks"),
        ("pi-a1/sensors/listed", 409, "take it out of agent.toml"),
        ("pi-a1/sensors/inlet-a3", 409, "plenum site apply"),
        ("old/sensors/never", 404, "it was never heard of"),
        ("nobody/sensors/gone", 404, "it was never heard of"),
    ] {
        let why = problem(retire(sensor), status).await;
        let detail = why["detail"].as_str().unwrap();
        assert!(detail.contains(says), "{detail}");
    }
    let response = retire("old/sensors/gone").send().await.unwrap();
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());

    let day = "from=2026-01-01T00:00:00Z&to=2030-01-01T00:00:00Z";
    let removed = |answer: &Value| {
        let mut events = answer["items"].as_array().unwrap().iter();
        events.any(|event| event["cause"] == "removed" && event["actor"] == "test")
    };
    rig.wait_for(&format!("/api/v1/alarms/events?{day}"), removed)
        .await;
    problem(retire("old/sensors/gone"), 404).await;
    rig.stop().await;
}

/// `gone` told of water an hour ago and nothing since, `there` speaks now, `listed` stands in a status.
async fn two_sensors_of_which_one_fell_silent(rig: &Rig) {
    let status = json!({
        "state": "online", "connection": 1, "version": "0.1.0", "started_at": "2026-06-18T03:12:05.000Z", "clock": "synchronised",
        "streams": {}, "sensors": [{"id": "listed", "driver": "contact", "interval": 10, "quantities": ["water"]}]
    });
    rig.publish("status", status).await;
    let now = SystemClock.now().milliseconds() / 1_000;
    let wet = |sensor: &str, at: i64| {
        vec![json!({"n": format!("zaandam/old/{sensor}/water"), "t": at, "vb": true})]
    };
    // In one message with what is of now: the publisher's clock is right.
    let both = [
        wet("gone", now - 3_600),
        wet("gone", now - 3_590),
        wet("there", now),
    ];
    rig.publish_as("old", "readings", json!(both.concat())).await;
    for (path, series) in [
        ("/api/v1/alarms?state=active", "zaandam/old/gone/water"),
        ("/api/v1/latest", "zaandam/old/there/water"),
    ] {
        let told = |answer: &Value| {
            let mut items = answer["items"].as_array().unwrap().iter();
            items.any(|one| one["series"] == series)
        };
        rig.wait_for(path, told).await;
    }
}

#[tokio::test]
async fn a_code_is_given_once_for_an_agent_and_revoked_with_what_came_of_it() {
    let rig = Rig::start().await;
    let post = |path: &str| rig.with_token(Method::POST, &format!("/api/v1/agents/{path}"));
    let enroll = |agent: &str, body: Value| post(&format!("{agent}/enrolment")).json(&body);
    let why = problem(enroll("zaandam/pi-a9", json!({})), 409).await;
    assert!(why["detail"].as_str().unwrap().contains("`tls_listen`"), "{why}");

    let host = "10.0.0.5".to_owned();
    rig.collector.enrolment.opened(WayIn { host, port: 8883 });
    let response = enroll("zaandam/pi-a9", json!({})).send().await.unwrap();
    assert_eq!(response.status(), 200, "{}", response.text().await.unwrap());
    let given: Value = response.json().await.unwrap();
    let code: Code = given["code"].as_str().unwrap().parse().unwrap();
    assert_eq!((code.host.as_str(), code.port), ("10.0.0.5", 8883));
    assert_eq!(code.agent.to_string(), "zaandam/pi-a9");
    let elsewhere = json!({"host": "collector.example.org"});
    let response = enroll("zaandam/pi-a9", elsewhere).send().await.unwrap();
    let given: Value = response.json().await.unwrap();
    assert_eq!(given["host"], "collector.example.org");
    problem(enroll("zaandam/pi-a9", json!({"host": "[::1]"})), 422).await;
    problem(enroll("zaandam/PI", json!({})), 400).await;

    assert!(given["qr"].as_str().unwrap().contains("<svg"));
    let listed = rig.get("/api/v1/enrolments").await["items"][0].clone();
    assert_eq!(
        (&listed["state"], &listed["agent"]),
        (&json!("invited"), &json!("pi-a9"))
    );
    assert_eq!(listed["code_until"], given["expires_at"]);

    let revoke = || post("zaandam/pi-a9/revoke").json(&json!({"reason": "stolen"}));
    let long = json!({"reason": "x".repeat(201)});
    problem(post("zaandam/pi-a9/revoke").json(&long), 400).await;
    assert_eq!(revoke().send().await.unwrap().status(), 204);
    assert_eq!(rig.get("/api/v1/enrolments").await["items"], json!([]));
    let authority = rig.get("/api/v1/authority").await;
    assert_eq!(
        (&authority["next"], &authority["left"]),
        (&json!(null), &json!(null))
    );
    let rotate = rig
        .with_token(Method::POST, "/api/v1/authority/rotation")
        .json(&json!({}));
    let rotated: Value = rotate.send().await.unwrap().json().await.unwrap();
    assert_eq!(rotated, json!({"state": "begun", "agents": 0}));
    let authority = rig.get("/api/v1/authority").await;
    assert_eq!(authority["left"], 0, "{authority}");
    let why = problem(revoke(), 404).await;
    assert!(
        why["detail"]
            .as_str()
            .unwrap()
            .contains("neither a certificate nor a code"),
        "{why}"
    );
    rig.stop().await;
}
