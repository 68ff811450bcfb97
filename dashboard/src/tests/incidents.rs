//! An incident's timeline, its notes, and who sees which part of both.

use plenum_core::authority::Role;
use plenum_link::SystemClock;
use plenum_protocol::Duration;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::rig::{Rig, hear, problem};

/// Two rooms whose smoke is one incident: the detectors hang on one agent.
pub(super) const SITE: &str = r#"
    [site]
    id = "zaandam"
    name = "Zaandam"
    zone = "Europe/Amsterdam"
    [[room]]
    id = "room-a"
    name = "Room A"
    [[room]]
    id = "room-b"
    name = "Room B"
    [[sensor]]
    agent = "pi-a1"
    id = "detector-a"
    name = "Detector of A"
    room = "room-a"
    place = "room"
    [[sensor]]
    agent = "pi-a1"
    id = "detector-a2"
    name = "Second detector of A"
    room = "room-a"
    place = "room"
    [[sensor]]
    agent = "pi-b1"
    id = "detector-b"
    name = "Detector of B"
    room = "room-b"
    place = "room"
    [[person]]
    id = "anna"
    name = "Anna"
    [[team]]
    id = "operations"
    name = "Operations"
    members = ["anna"]
    [[rota]]
    id = "nights"
    name = "Nights"
    team = "operations"
    [[rota.layer]]
    people = ["anna"]
    every = "week"
    hand_over = "mon 09:00"
    start = "2026-01-05"
"#;

async fn smoke(rig: &Rig, agent: &str, sensor: &str) {
    let now = SystemClock::shared().now().milliseconds() as f64 / 1_000.0;
    let (base, name) = (format!("zaandam/{agent}/"), format!("{sensor}/smoke"));
    let reading = json!([{"bn": base, "n": name, "t": now, "vb": true}]);
    rig.publish_as(agent, "readings", reading).await;
}

/// The incident of the alarm of a sensor, once it stands.
async fn incident_of(rig: &Rig, sensor: &str) -> (u64, u64) {
    let named = |alarm: &&Value| {
        alarm["series"]
            .as_str()
            .is_some_and(|series| series.contains(&format!("/{sensor}/")))
    };
    let find = |answer: &Value| answer["items"].as_array().unwrap().iter().find(named).cloned();
    let answer = rig
        .wait_for("/api/v1/alarms?state=active", |answer| find(answer).is_some())
        .await;
    let alarm = find(&answer).unwrap();
    (alarm["incident"].as_u64().unwrap(), alarm["id"].as_u64().unwrap())
}

async fn timeline(rig: &Rig, token: &str, incident: u64) -> Vec<Value> {
    let path = format!("/api/v1/incidents/{incident}/timeline");
    let response = rig
        .ask(Method::GET, &path)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let answer: Value = response.json().await.unwrap();
    answer["items"].as_array().unwrap().clone()
}

fn told(entries: &[Value]) -> Vec<String> {
    let one = |entry: &Value| match entry["kind"].as_str().unwrap() {
        "note" => entry["note"]["text"].as_str().unwrap().to_owned(),
        kind => format!("{kind} {}", entry["event"]["cause"].as_str().unwrap()),
    };
    entries.iter().map(one).collect()
}

#[tokio::test]
async fn what_happened_stands_in_one_order_and_a_note_is_heard_at_once() {
    let rig = Rig::start_with(SITE).await;
    smoke(&rig, "pi-a1", "detector-a").await;
    let (incident, alarm) = incident_of(&rig, "detector-a").await;
    let mut live = rig.with_token(Method::GET, "/api/v1/live").send().await.unwrap();
    let mut heard = String::new();
    hear(&mut live, &mut heard, "ping").await;
    let notes = format!("/api/v1/incidents/{incident}/notes");
    let taken = rig.with_token(Method::POST, &format!("/api/v1/alarms/{alarm}/acknowledge"));
    assert!(
        taken
            .json(&json!({"comment": "on my way"}))
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
    let written = json!({"text": "  Burnt\u{7} dust.\r\nNo fire.\n"});
    let noted = rig
        .with_token(Method::POST, &notes)
        .json(&written)
        .send()
        .await
        .unwrap();
    assert_eq!(noted.status(), StatusCode::OK);
    let noted: Value = noted.json().await.unwrap();
    assert_eq!(
        (&noted["text"], &noted["by"]),
        (&json!("Burnt  dust.\nNo fire."), &json!("test"))
    );
    hear(
        &mut live,
        &mut heard,
        &format!("event: incident\ndata: {{\"incident\":{incident}}}"),
    )
    .await;
    let entries = timeline(&rig, &rig.token, incident).await;
    assert_eq!(
        told(&entries),
        ["alarm raised", "alarm acknowledged", "Burnt  dust.\nNo fire."]
    );
    assert_eq!(entries[1]["event"]["comment"], "on my way");
    in_pages(&rig, incident, &entries).await;
    as_a_file(&rig, incident, &entries).await;
    handed_over(&rig, incident).await;
    refusals(&rig, &notes).await;
    rig.stop().await;
}

/// Page by page it is the same.
async fn in_pages(rig: &Rig, incident: u64, entries: &[Value]) {
    let first = rig
        .get(&format!("/api/v1/incidents/{incident}/timeline?limit=1"))
        .await;
    let next = first["next"].as_str().unwrap();
    let second = rig
        .get(&format!(
            "/api/v1/incidents/{incident}/timeline?limit=2&cursor={next}"
        ))
        .await;
    assert_eq!(
        (&second["items"][0], &second["next"]),
        (&entries[1], &Value::Null)
    );
    let newest = rig
        .get(&format!(
            "/api/v1/incidents/{incident}/timeline?order=newest&limit=1"
        ))
        .await;
    assert_eq!(newest["items"], json!([entries.last()]));
}

/// As a file it is the same, in the reader's language.
async fn as_a_file(rig: &Rig, incident: u64, entries: &[Value]) {
    let file = rig
        .get(&format!("/api/v1/incidents/{incident}/export?format=json"))
        .await;
    assert_eq!(file["timeline"], json!(entries));
    assert_eq!(
        (&file["zone"], &file["is_cut"]),
        (&json!("Europe/Amsterdam"), &json!(false))
    );
    assert!(
        file["durations"]["taken"].is_u64() && file["durations"]["over"].is_null(),
        "{file}"
    );
    for (language, words) in [("en", "## What happened"), ("nl", "## Wat er gebeurde")] {
        let asked = rig.with_token(Method::GET, &format!("/api/v1/incidents/{incident}/export"));
        let answer = asked.header("accept-language", language).send().await.unwrap();
        let name = format!("attachment; filename=\"incident-{incident}.md\"");
        assert_eq!(answer.headers()["content-disposition"], name.as_str());
        let text = answer.text().await.unwrap();
        assert!(
            text.contains(words) && text.contains("> Burnt dust.") && text.contains("on my way"),
            "{text}"
        );
    }
}

/// Whoever comes on duty reads what stands, who has it and what was noted.
async fn handed_over(rig: &Rig, incident: u64) {
    let told = rig.get("/api/v1/duty/nights/hand-over").await;
    let first = &told["incidents"][0];
    assert_eq!(
        (&first["incident"]["id"], &first["holders"], &first["free"]),
        (&json!(incident), &json!(["test"]), &json!(0))
    );
    assert_eq!(told["notes"][0]["text"], "Burnt  dust.\nNo fire.");
    assert!(told["since"].as_str() < told["until"].as_str(), "{told}");
    assert_eq!(
        (&told["more_incidents"], &told["more_notes"], &told["works"]),
        (&json!(false), &json!(false), &json!([]))
    );
    let work = |from: &str, until: &str| {
        let body = json!({"kinds": ["doors"], "from": from, "until": until, "reason": "painting"});
        rig.with_token(Method::POST, "/api/v1/work").json(&body).send()
    };
    let day = |days: i64| {
        let at = SystemClock::shared().now() + Duration::from_hours(24 * days);
        at.to_string()
    };
    // Anna alone has duty for years, week after week: what she plans for tomorrow is handed over.
    assert!(work(&day(1), &day(2)).await.unwrap().status().is_success());
    let told = rig.get("/api/v1/duty/nights/hand-over").await;
    assert_eq!(
        (&told["works"][0]["reason"], &told["works"][0]["state"]),
        (&json!("painting"), &json!("planned"))
    );
    problem(rig.with_token(Method::GET, "/api/v1/duty/days/hand-over"), 404).await;
}

/// What is not noted, and that what was is answered for.
async fn refusals(rig: &Rig, notes: &str) {
    let written = json!({"text": "seen"});
    for (body, status) in [
        (json!({"text": " \n"}), 422),
        (json!({"text": "x".repeat(2_001)}), 422),
        (json!({}), 422),
    ] {
        problem(rig.with_token(Method::POST, notes).json(&body), status).await;
    }
    let nowhere = rig.with_token(Method::POST, "/api/v1/incidents/77/notes");
    problem(nowhere.json(&json!({"text": "x"})), 404).await;
    let viewer = rig.token_of(Role::Viewer, &[], &[]).await;
    problem(
        rig.ask(Method::POST, notes).bearer_auth(viewer).json(&written),
        403,
    )
    .await;
    let audit = rig.get("/api/v1/audit").await;
    let deeds: Vec<&str> = audit["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| line["deed"].as_str().unwrap())
        .collect();
    assert!(deeds.contains(&"note-incident"), "{deeds:?}");
}

#[tokio::test]
async fn who_is_limited_to_a_room_sees_the_timeline_of_its_alarms_and_the_notes_on_them_alone() {
    let rig = Rig::start_with(SITE).await;
    smoke(&rig, "pi-b1", "detector-b").await;
    smoke(&rig, "pi-a1", "detector-a").await;
    let (of_a, _) = incident_of(&rig, "detector-a").await;
    let (of_b, _) = incident_of(&rig, "detector-b").await;
    assert_ne!(of_a, of_b, "smoke in two rooms is two events");
    let token = rig.token_of(Role::Operator, &["room-a"], &[]).await;
    let note = |incident: u64, token: &str| {
        let asked = rig.ask(Method::POST, &format!("/api/v1/incidents/{incident}/notes"));
        asked.bearer_auth(token).json(&json!({"text": "seen"}))
    };
    assert_eq!(note(of_a, &token).send().await.unwrap().status(), StatusCode::OK);
    assert_eq!(
        told(&timeline(&rig, &token, of_a).await),
        ["alarm raised", "seen"]
    );
    for path in ["timeline", "timeline?limit=1"] {
        let asked = rig.ask(Method::GET, &format!("/api/v1/incidents/{of_b}/{path}"));
        problem(asked.bearer_auth(&token), 404).await;
    }
    problem(note(of_b, &token), 404).await;
    // What is handed over to them is of their rooms too.
    assert_eq!(
        note(of_b, &rig.token).send().await.unwrap().status(),
        StatusCode::OK
    );
    let asked = rig
        .ask(Method::GET, "/api/v1/duty/nights/hand-over")
        .bearer_auth(&token);
    let told: Value = asked.send().await.unwrap().json().await.unwrap();
    assert_eq!(told["incidents"].as_array().unwrap().len(), 1, "{told}");
    assert_eq!(told["notes"].as_array().unwrap().len(), 1, "{told}");
    rig.stop().await;
}
