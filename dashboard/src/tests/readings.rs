//! Readings as they come back out.

use plenum_link::SystemClock;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::rig::{Rig, problem};

const SERIES: &str = "zaandam/pi-a1/inlet-a3/temperature";

/// Publishes an hour of readings at 10 s that began at a whole minute: a sine's rough sketch, a fault, and a hole. Gives its first instant.
async fn hour(rig: &Rig) -> i64 {
    let begin = (SystemClock::shared().now().milliseconds() / 60_000 - 61) * 60;
    let sensors =
        json!([{"id": "inlet-a3", "driver": "sht3x", "quantities": ["temperature"], "interval_s": 10}]);
    rig.publish(
        "status",
        json!({"state": "online", "connection": 1, "clock": "synchronised", "sensors": sensors}),
    )
    .await;
    let mut pack = vec![json!({"bn": "zaandam/pi-a1/", "bt": begin})];
    for step in 0..360 {
        let name = "inlet-a3/temperature";
        match step {
            6 => pack.push(json!({"n": name, "t": step * 10, "vs": "timeout"})),
            120..180 => {}
            _ => pack.push(json!({"n": name, "u": "Cel", "t": step * 10, "v": 20.0 + f64::from(step % 6)})),
        }
    }
    pack.push(json!({"n": "stray/smoke", "t": 0, "vb": false}));
    rig.publish("readings", Value::Array(pack)).await;
    rig.wait_for("/api/v1/latest", |answer| answer["items"][1].is_object())
        .await;
    begin * 1_000
}

#[tokio::test]
async fn series_and_their_latest_are_listed_page_by_page() {
    let rig = Rig::start().await;
    let begin = hour(&rig).await;
    let first = rig.get("/api/v1/series?limit=1").await;
    let expected = json!({"series": SERIES, "site": "zaandam", "room": "room-a", "agent": "pi-a1", "sensor": "inlet-a3",
        "quantity": "temperature", "unit": "Cel"});
    assert_eq!(first["items"], json!([expected]));
    let rest = rig
        .get(&format!(
            "/api/v1/series?cursor={}",
            first["next"].as_str().unwrap()
        ))
        .await;
    assert_eq!(rest["items"][0]["series"], "zaandam/pi-a1/stray/smoke");
    assert_eq!(
        (&rest["items"][0]["room"], &rest["next"]),
        (&Value::Null, &Value::Null)
    );
    let latest = rig.get("/api/v1/latest").await;
    let newest = plenum_protocol::Timestamp::from_milliseconds(begin + 3_590_000).to_string();
    let expected = json!({"series": SERIES, "at": newest, "value": 25.0, "unit": "Cel", "fault": null});
    assert_eq!(latest["items"][0], expected);
    let site = rig.get("/api/v1/site").await;
    let inlet = &site["rooms"][0]["sensors"][0];
    assert_eq!(
        (&inlet["sensor"], &inlet["series"][0]["stale_after_s"]),
        (&json!("inlet-a3"), &json!(60.0))
    );
    assert_eq!(site["rooms"][1]["sensors"][0]["sensor"], "stray");
    rig.stop().await;
}

#[tokio::test]
async fn readings_come_as_points_faults_and_gaps_in_pages() {
    let rig = Rig::start().await;
    let begin = hour(&rig).await;
    let end = begin + 3_600_000;
    let path = format!("/api/v1/readings?series={SERIES}&from={begin}&to={end}");
    let all = rig.get(&path).await;
    assert_eq!((&all["unit"], &all["next"]), (&json!("Cel"), &Value::Null));
    assert_eq!(all["points"].as_array().unwrap().len(), 360 - 60 - 1);
    assert_eq!(all["points"][1], json!([begin + 10_000, 21.0]));
    assert_eq!(all["faults"], json!([[begin + 60_000, "timeout"]]));
    let gap = &all["gaps"][0];
    assert_eq!(
        (&gap[0], &gap[1]),
        (&json!(begin + 1_250_000), &json!(begin + 1_800_000))
    );
    assert!(!gap[2].as_str().unwrap().is_empty());
    let mut paged = Vec::new();
    let mut page = rig.get(&format!("{path}&limit=100")).await;
    loop {
        paged.extend(page["points"].as_array().unwrap().clone());
        let Some(next) = page["next"].as_str() else { break };
        page = rig.get(&format!("{path}&limit=100&cursor={next}")).await;
    }
    assert_eq!(&Value::Array(paged), &all["points"]);
    rig.stop().await;
}

#[tokio::test]
async fn windows_are_aligned_half_open_and_leave_out_what_is_empty() {
    let rig = Rig::start().await;
    let begin = hour(&rig).await;
    let end = begin + 3_600_000;
    let path = format!("/api/v1/windows?series={SERIES}&from={begin}&to={end}&every=60s");
    let windows = rig.get(&path).await;
    assert_eq!(
        (&windows["every"], &windows["unit"]),
        (&json!("60s"), &json!("Cel"))
    );
    let points = windows["points"].as_array().unwrap();
    assert_eq!(points.len(), 60 - 10);
    assert_eq!(points[0], json!([begin, 20.0, 22.5, 25.0, 6, 25.0]));
    // The fault is not counted.
    assert_eq!(points[1], json!([begin + 60_000, 21.0, 23.0, 25.0, 5, 25.0]));
    let hole = json!({"from": begin + 1_200_000, "to": begin + 1_800_000, "fault": null, "why": "no data"});
    assert_eq!(windows["holes"], json!([hole]));
    // The sketch may have ended more than three minutes ago on a slow machine: then nothing is known of where it goes.
    let trend = rig.get(&format!("/api/v1/trend?series={SERIES}")).await;
    assert_eq!(trend["series"], SERIES);
    assert!(
        trend["per_minute"].is_null() || trend["steady"] == false,
        "{trend}"
    );
    rig.stop().await;
}

#[tokio::test]
async fn what_cannot_be_asked_is_a_problem() {
    let rig = Rig::start().await;
    hour(&rig).await;
    for (query, status) in [
        ("readings", 400),
        ("readings?series=a/b", 400),
        ("readings?series=zaandam/pi-a1/none/temperature", 404),
        (&format!("readings?series={SERIES}&from=now"), 400),
        (&format!("readings?series={SERIES}&form=5"), 400),
        (&format!("readings?series={SERIES}&cursor=x"), 400),
        (&format!("windows?series={SERIES}&every=fortnight"), 400),
        (&format!("windows?series={SERIES}&every=0s"), 400),
        (
            &format!("windows?series={SERIES}&from=0&to=126230400000&every=1s"),
            400,
        ),
        ("series?limit=many", 400),
    ] {
        problem(rig.with_token(Method::GET, &format!("/api/v1/{query}")), status).await;
    }
    rig.stop().await;
}

#[tokio::test]
async fn it_is_ready_once_what_was_stored_is_loaded() {
    let rig = Rig::start().await;
    rig.wait_until(|| async {
        rig.ask(Method::GET, "/readyz").send().await.unwrap().status() == StatusCode::OK
    })
    .await;
    rig.stop().await;
}
