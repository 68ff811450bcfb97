//! The figures of the alarms themselves, over the API alone.

use plenum_link::SystemClock;
use reqwest::Method;
use serde_json::{Value, json};

use super::rig::{Rig, problem};

/// Mains that are lost for 7 s every 20 s, so many times, some minutes ago; then the answer knows of it.
async fn flicker(rig: &Rig, times: u32) -> Value {
    let begin = SystemClock::shared().now().milliseconds() / 1_000 - 240;
    rig.publish(
        "status",
        json!({"state": "online", "connection": 1, "clock": "synchronised"}),
    )
    .await;
    for number in 0..i64::from(times) {
        for (at, present) in [(20 * number, false), (20 * number + 7, true)] {
            let record =
                json!({"bn": "zaandam/pi-a1/", "n": "strip/mains-present", "t": begin + at, "vb": present});
            rig.publish("readings", json!([record])).await;
        }
    }
    // What is proposed goes by what screens see, which comes a moment after the log.
    let known = |answer: &Value| {
        let is_proposed = !answer["proposals"].as_array().unwrap().is_empty();
        answer["annunciated"] == json!(times) && is_proposed
    };
    rig.wait_for("/api/v1/alarms/figures", known).await
}

fn target<'a>(figures: &'a Value, measure: &str) -> &'a Value {
    let targets = figures["targets"].as_array().unwrap();
    targets.iter().find(|one| one["measure"] == measure).unwrap()
}

#[tokio::test]
async fn alarms_have_figures_and_a_proposal() {
    let rig = Rig::start().await;
    let figures = flicker(&rig, 12).await;
    assert_eq!(
        (&figures["alarms"], &figures["priorities"]["high"]),
        (&json!(1), &json!(12))
    );
    assert_eq!(
        (&figures["chattering"], &figures["standing"]["end"]),
        (&json!(1), &json!(0))
    );
    assert_eq!(target(&figures, "peak")["value"], 12.0);
    assert_eq!(target(&figures, "peak")["met"], false);
    assert_eq!(target(&figures, "fleeting")["value"], 12.0);
    assert_eq!(target(&figures, "shelved")["met"], true);
    assert_eq!(target(&figures, "top")["met"], Value::Null);
    let first = &figures["frequent"][0];
    assert_eq!(
        (&first["subject"], &first["annunciated"]),
        (&json!("zaandam/pi-a1/strip/mains-present"), &json!(12))
    );
    let proposal = &figures["proposals"][0];
    assert_eq!(
        (&proposal["alarm"], &proposal["activations"]),
        (&first["alarm"], &json!(12))
    );
    assert_eq!(
        (&proposal["off_delay_milliseconds"], &proposal["deadband"]),
        (&json!(15_000), &Value::Null)
    );
    let says = "12 keer in 3 min: met een uitschakelvertraging van 15 s was het één keer geweest; met een inschakelvertraging van 10 s geen enkele keer.";
    assert_eq!(proposal["says"]["nl"], says);
    // What screens see of an alarm comes a moment after its log.
    let is_there = |alarm: &Value| alarm["chattering"]["raises"] == 12;
    let path = format!("/api/v1/alarms/{}", first["alarm"]);
    let alarm = rig.wait_for(&path, is_there).await;
    assert_eq!(alarm["proposal"]["says"]["nl"], says);

    let text = rig.with_token(Method::GET, "/api/v1/alarms/figures?format=text&language=nl");
    let text = text.send().await.unwrap();
    assert_eq!(text.headers()["content-type"], "text/markdown; charset=utf-8");
    let text = text.text().await.unwrap();
    assert!(text.starts_with("# Alarmcijfers van "), "{text}");
    assert!(text.contains(says), "{text}");
    rig.stop().await;
}

#[tokio::test]
async fn a_period_of_figures_is_one_that_was() {
    let rig = Rig::start().await;
    for (query, status) in [
        ("month=2026-13", 400),
        ("month=2999-01", 404),
        ("month=2026-03&to=1781752325000", 400),
        ("from=2026-03-01T00:00:00Z&to=2026-02-01T00:00:00Z", 400),
        ("from=2026-03-01T00:00:00Z&to=2026-03-01T00:00:00Z", 400),
        ("from=2025-01-01T00:00:00Z&to=2026-03-01T00:00:00Z", 400),
        ("format=pdf", 400),
    ] {
        let path = format!("/api/v1/alarms/figures?{query}");
        problem(rig.with_token(Method::GET, &path), status).await;
    }
    let march = rig.get("/api/v1/alarms/figures?month=2026-03").await;
    assert_eq!(
        (&march["from"], &march["to"]),
        (
            &json!("2026-02-28T23:00:00.000Z"),
            &json!("2026-03-31T22:00:00.000Z")
        )
    );
    assert_eq!(
        (&march["annunciated"], &march["periods"]),
        (&json!(0), &json!(743 * 6))
    );
    problem(rig.ask(Method::GET, "/api/v1/alarms/figures"), 401).await;
    rig.stop().await;
}

#[tokio::test]
async fn what_is_changed_today_changes_no_figure_of_what_is_over() {
    let rig = Rig::start().await;
    let figures = flicker(&rig, 12).await;
    let end = SystemClock::shared().now();
    let path = format!(
        "/api/v1/alarms/figures?from={}&to={}",
        end.milliseconds() - 3_600_000,
        end.milliseconds()
    );
    let alarm = rig
        .get(&format!("/api/v1/alarms/{}", figures["frequent"][0]["alarm"]))
        .await;
    let before = rig.get(&path).await;
    let text = rig.with_token(Method::GET, &format!("{path}&format=text"));
    let text_before = text.send().await.unwrap().text().await.unwrap();
    let site = rig.get("/api/v1/site/revisions/current").await;
    let revised = site["text"]
        .as_str()
        .unwrap()
        .replace("zone = \"Europe/Amsterdam\"", "zone = \"Asia/Tokyo\"");
    let revised = format!(
        "{revised}\n[[person]]\nid = \"bart\"\nname = \"Bart\"\n[[rule]]\nid = {}\nname = \"Mains\"\npriority = \"critical\"\n\
         when = {{ is = {{ state = false }} }}\nselect = {{ quantities = [\"mains-present\"] }}\n",
        alarm["rule"]
    );
    let body = json!({"base": 1, "comment": "", "text": revised});
    let applied = rig.with_token(Method::POST, "/api/v1/site/revisions").json(&body);
    assert_eq!(applied.send().await.unwrap().status(), 201);
    rig.wait_until(|| async { rig.collector.site().people.len() == 2 })
        .await;
    assert_eq!(rig.get(&path).await["operators"], 1);
    let after = rig.get(&path).await;
    for figure in ["operators", "priorities", "targets", "annunciated"] {
        assert_eq!(after[figure], before[figure], "{figure}");
    }
    let text = rig.with_token(Method::GET, &format!("{path}&format=text"));
    let text_after = text.send().await.unwrap().text().await.unwrap();
    let head = |text: &str| text.lines().take(8).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(head(&text_after), head(&text_before));
    assert_eq!(rig.get("/api/v1/alarms/figures").await["operators"], 2);
    rig.stop().await;
}
