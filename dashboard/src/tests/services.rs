//! Services over the API: shapes, sums and the page.

use plenum_link::SystemClock;
use plenum_protocol::{Duration, Timestamp};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::rig::{Rig, problem};

#[tokio::test]
async fn a_period_without_data_adds_up_and_is_null() {
    let rig = Rig::start().await;
    let now = SystemClock::shared().now();
    let (from, to) = (now - Duration::from_hours(48), now - Duration::from_hours(24));
    let path = format!("/api/v1/services/hosting/availability?from={from}&to={to}");
    let answer = rig.get(&path).await;
    assert_eq!(
        (&answer["service"], &answer["objective"]),
        (&json!("hosting"), &json!(0.999))
    );
    assert_eq!((&answer["from"], &answer["to"]), (&json!(from), &json!(to)));
    assert_eq!(answer["availability"], Value::Null);
    let sums = answer["milliseconds"].as_object().unwrap();
    let total: i64 = sums.values().map(|value| value.as_i64().unwrap()).sum();
    assert_eq!(total, 86_400_000);
    assert_eq!(sums["unknown"], 86_400_000);
    let intervals = answer["intervals"].as_array().unwrap();
    assert_eq!((intervals.len(), &intervals[0]["state"]), (1, &json!("unknown")));
    rig.stop().await;
}

#[tokio::test]
async fn services_show_their_month_and_write_its_report() {
    let rig = Rig::start().await;
    let list = rig.get("/api/v1/services").await;
    let service = &list["items"][0];
    assert_eq!(
        (&service["service"], &service["customer"]),
        (&json!("hosting"), &json!("Bakker & Zn"))
    );
    let days = service["month"]["days"].as_array().unwrap();
    assert!((28..=31).contains(&days.len()));
    let from: Timestamp = service["month"]["from"].as_str().unwrap().parse().unwrap();
    assert!(from < SystemClock::shared().now());
    let budget = service["month"]["budget_milliseconds"].as_i64().unwrap();
    assert!((2_400_000..=2_700_000).contains(&budget), "{budget}");
    let report = rig.get("/api/v1/services/hosting/report").await;
    assert_eq!(
        (&report["met"], &report["unfinished"]),
        (&Value::Null, &json!(true))
    );
    let page = rig
        .with_token(Method::GET, "/api/v1/services/hosting/report?format=html")
        .send()
        .await
        .unwrap();
    assert_eq!(page.status(), StatusCode::OK);
    let policy = page.headers()["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("style-src 'sha256-"), "{policy}");
    assert!(page.text().await.unwrap().contains("Bakker &amp; Zn"));
    rig.stop().await;
}

#[tokio::test]
async fn unknown_services_months_and_formats_are_problems() {
    let rig = Rig::start().await;
    for (path, status) in [
        ("none/availability", 404),
        ("none/report", 404),
        ("hosting/report?month=March", 400),
        ("hosting/report?month=2999-01", 404),
        ("hosting/report?format=pdf", 400),
        (
            "hosting/availability?from=2026-06-02T00:00:00Z&to=2026-06-01T00:00:00Z",
            400,
        ),
    ] {
        problem(
            rig.with_token(Method::GET, &format!("/api/v1/services/{path}")),
            status,
        )
        .await;
    }
    rig.stop().await;
}

#[tokio::test]
async fn what_is_promised_today_is_not_what_was_promised_before() {
    let rig = Rig::start().await;
    let hours = Duration::from_hours;
    let now = SystemClock::shared().now();
    let period =
        |from: Timestamp, to: Timestamp| format!("/api/v1/services/hosting/availability?from={from}&to={to}");
    let before = rig.get(&period(now - hours(48), now - hours(24))).await;
    let first = rig.get("/api/v1/site/revisions/current").await;
    let text = first["text"].as_str().unwrap();
    let text = text.replace(
        "objective = 0.999\n",
        "objective = 0.99\nunknown = \"excluded\"\n",
    );
    let body = json!({"base": 1, "text": text, "comment": "another contract"});
    let post = rig.with_token(Method::POST, "/api/v1/site/revisions");
    let answer = post.json(&body).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.text().await.unwrap());
    rig.wait_until(|| async { rig.collector.site().services[0].objective < 0.995 })
        .await;
    let service = rig.get("/api/v1/services").await["items"][0].clone();
    assert_eq!(service["objective"], json!(0.99));
    let after = rig.get(&period(now - hours(48), now - hours(24))).await;
    assert_eq!(before, after);
    let ends_now = rig.get(&period(now - hours(1), now + hours(1))).await;
    assert_eq!(ends_now["objective"], json!(0.99));
    rig.stop().await;
}

#[tokio::test]
async fn a_sensor_that_is_said_to_measure_something_else_is_no_input_before_its_first_reading() {
    let placed = |id: &str| {
        format!(
            "[[sensor]]\nagent = \"pi-1\"\nid = \"{id}\"\nname = \"{id}\"\nroom = \"room-a\"\nplace = \"room\"\n"
        )
    };
    let rig = Rig::start_with(&format!(
        "[site]\nid = \"zaandam\"\nname = \"Zaandam\"\nzone = \"UTC\"\n[[room]]\nid = \"room-a\"\nname = \"Room A\"\n{}{}\
         [[rule]]\nid = \"warm\"\nname = \"Warm\"\npriority = \"low\"\nselect = {{ quantities = [\"temperature\"] }}\n\
         when = {{ above = {{ limit = 25 }} }}\n\
         [[service]]\nid = \"cool\"\nname = \"cool\"\nobjective = 0.999\nzone = \"UTC\"\nsince = \"2026-01-01T00:00\"\n\
         down = {{ rule = {{ rule = \"warm\", room = \"room-a\" }} }}\n",
        placed("s1"),
        placed("s3")
    ))
    .await;
    let sensor = |id: &str, quantity: &str| json!({"id": id, "driver": "simulated", "quantities": [quantity], "interval_s": 600});
    let status = json!({"state": "online", "connection": 1, "clock": "synchronised",
        "sensors": [sensor("s1", "temperature"), sensor("s3", "smoke")]});
    rig.publish_as("pi-1", "status", status).await;
    let now = SystemClock::shared().now();
    let bt = now.milliseconds() as f64 / 1_000.0;
    let pack = json!([{"bn": "zaandam/pi-1/", "bt": bt, "n": "s1/temperature", "u": "Cel", "v": 20.0}]);
    rig.publish_as("pi-1", "readings", pack).await;
    let history = &rig.collector.history;
    rig.wait_until(|| async { !history.latest().is_empty() }).await;
    let (from, to) = (now - Duration::from_hours(1), SystemClock::shared().now());
    let path = format!("/api/v1/services/cool/availability?from={from}&to={to}");
    let answer = rig.get(&path).await;
    let last = answer["intervals"].as_array().unwrap().last().unwrap();
    assert_eq!(last["state"], "up", "{answer}");
    rig.stop().await;
}
