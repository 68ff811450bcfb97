//! Who is on duty over the API: rotas, overrides by people, ladders, and the feed of somebody's duties.

use plenum_core::authority::Role;
use plenum_link::SystemClock;
use plenum_protocol::Duration;
use reqwest::Method;
use serde_json::{Value, json};

use super::rig::{Rig, problem};

const SITE: &str = r#"
[site]
id = "zaandam"
name = "Zaandam"
zone = "Europe/Amsterdam"
[[room]]
id = "room-a"
name = "Room A"
[[person]]
id = "anna"
name = "Anna Visser"
[[person]]
id = "bert"
name = "Bert"
[[channel]]
id = "mail"
kind = "email"
people = ["anna"]
[[team]]
id = "operations"
name = "Operations"
members = ["bert"]
[[rota]]
id = "nights"
name = "Nights"
team = "operations"
[[rota.layer]]
people = ["anna"]
every = "week"
hand_over = "mon 09:00"
start = "2026-01-05"
[[override]]
rota = "nights"
person = "bert"
from = "2026-01-06T09:00"
to = "2026-01-07T09:00"
[[holiday]]
date = "2026-12-25"
name = "Christmas Day"
[[ladder]]
id = "all"
fallback = "anna"
[[ladder.step]]
whom = { rota = "nights" }
[[ladder.step]]
whom = "everybody"
after = "5min"
"#;

fn hours_from_now(hours: i64) -> String {
    (SystemClock::shared().now() + Duration::from_hours(hours)).to_string()
}

fn wanted(person: &str, from: &str, to: &str) -> Value {
    json!({"rota": "nights", "person": person, "from": from, "to": to, "why": "swap"})
}

impl Rig {
    async fn overrides(&self) -> Value {
        self.get("/api/v1/overrides").await["items"].clone()
    }

    /// As an operator, Bert stands in from now on; the operator's token and the override.
    async fn bert_stands_in(&self) -> (String, Value) {
        let operator = self.token_of(Role::Operator, &[], &[]).await;
        let body = wanted("bert", &hours_from_now(0), &hours_from_now(5));
        let asked = self
            .ask(Method::POST, "/api/v1/overrides")
            .bearer_auth(&operator)
            .json(&body);
        let made = asked.send().await.unwrap().json().await.unwrap();
        (operator, made)
    }
}

#[tokio::test]
async fn an_override_counts_at_once() {
    let rig = Rig::start_with(SITE).await;
    let duty = rig.get("/api/v1/duty").await["items"][0].clone();
    assert_eq!(duty["now"]["person"]["id"], "anna");
    assert_eq!(
        (&duty["next"], &duty["fallback"]["id"]),
        (&Value::Null, &json!("bert"))
    );
    assert_eq!(duty["said"], "Anna Visser is on duty; nobody else follows");
    assert_eq!(
        duty["people"],
        json!([{"id": "bert", "name": "Bert"}, {"id": "anna", "name": "Anna Visser"}])
    );

    let (_, made) = rig.bert_stands_in().await;
    assert_eq!(
        (&made["person"]["name"], &made["made_by"]),
        (&json!("Bert"), &json!("operator of the test"))
    );
    let duty = rig.get("/api/v1/duty").await["items"][0].clone();
    assert_eq!(
        (&duty["now"]["person"]["id"], &duty["now"]["number"]),
        (&json!("bert"), &made["number"])
    );
    assert_eq!(duty["next"]["person"]["id"], "anna");

    rig.stop().await;
}

#[tokio::test]
async fn an_override_is_changed_and_taken_back_and_each_is_in_the_audit_log() {
    let rig = Rig::start_with(SITE).await;
    let (operator, made) = rig.bert_stands_in().await;
    let path = format!("/api/v1/overrides/{}", made["number"]);
    let change = json!({"person": "anna", "from": made["from"], "to": hours_from_now(3)});
    let changed = rig
        .ask(Method::PATCH, &path)
        .bearer_auth(&operator)
        .json(&change)
        .send()
        .await
        .unwrap();
    let changed: Value = changed.json().await.unwrap();
    assert_eq!(rig.overrides().await, json!([changed]));
    problem(rig.ask(Method::DELETE, &path).bearer_auth(&operator), 409).await;
    let path = format!("/api/v1/overrides/{}", changed["number"]);
    assert_eq!(
        rig.ask(Method::DELETE, &path)
            .bearer_auth(&operator)
            .send()
            .await
            .unwrap()
            .status(),
        204
    );
    assert_eq!(rig.overrides().await, json!([]));
    let audit = rig.get("/api/v1/audit").await.to_string();
    for deed in ["make-override", "change-override", "take-back-override"] {
        assert!(audit.contains(deed), "{audit}");
    }
    rig.stop().await;
}

#[tokio::test]
async fn what_cannot_be_made_is_refused_in_clear_words() {
    let rig = Rig::start_with(SITE).await;
    let (from, to) = (hours_from_now(1), hours_from_now(2));
    for (body, said) in [
        (wanted("bert", &to, &from), "which is not after its beginning"),
        (wanted("carl", &from, &to), "the site has no person `carl`"),
        (wanted("bert", &hours_from_now(-2), &to), "which is over"),
        (
            wanted("bert", &from, &hours_from_now(24 * 400)),
            "longer than a year",
        ),
        (
            wanted("bert", "tomorrow", &to),
            "`tomorrow` is not a valid local date and time",
        ),
    ] {
        let refused = problem(rig.with_token(Method::POST, "/api/v1/overrides").json(&body), 422).await;
        let detail = refused["detail"].as_str().unwrap();
        assert!(detail.contains(said), "{detail}");
    }
    let mut other = wanted("bert", &from, &to);
    other["rota"] = json!("days");
    problem(
        rig.with_token(Method::POST, "/api/v1/overrides").json(&other),
        422,
    )
    .await;
    let viewer = rig.token_of(Role::Viewer, &[], &[]).await;
    let as_viewer = rig.ask(Method::POST, "/api/v1/overrides").bearer_auth(&viewer);
    problem(as_viewer.json(&wanted("bert", &from, &to)), 403).await;
    rig.stop().await;
}

#[tokio::test]
async fn a_calendar_has_its_days_with_holidays_and_the_hour_that_is_missing() {
    let rig = Rig::start_with(SITE).await;
    let clock = SystemClock::shared();
    let days = 300;
    let to = clock.now() + Duration::from_hours(days * 24);
    let calendar = rig.get(&format!("/api/v1/duty/nights/shifts?to={to}")).await;
    let days = calendar["days"].as_array().unwrap();
    assert_eq!(days[0]["from"], calendar["from"]);
    let changes: Vec<&Value> = days
        .iter()
        .map(|day| &day["change"])
        .filter(|change| !change.is_null())
        .collect();
    assert!(!changes.is_empty());
    for change in changes {
        assert_eq!(
            (&change["local_from"], &change["local_to"]),
            (&json!("02:00"), &json!("03:00"))
        );
    }
    assert_eq!(calendar["shifts"][0]["source"], "layer");
    assert_eq!(calendar["uncovered"], json!([]));
    problem(rig.with_token(Method::GET, "/api/v1/duty/days/shifts"), 404).await;
    problem(
        rig.with_token(
            Method::GET,
            "/api/v1/duty/nights/shifts?from=2020-01-01T00:00:00Z",
        ),
        400,
    )
    .await;
    rig.stop().await;
}

#[tokio::test]
async fn a_ladder_says_who_each_step_is_now() {
    let rig = Rig::start_with(SITE).await;
    let ladder = rig.get("/api/v1/ladders").await["items"][0].clone();
    let step = &ladder["steps"][0];
    assert_eq!((&step["whom"], &step["name"]), (&json!("rota"), &json!("Nights")));
    assert_eq!(step["people"], json!([{"id": "anna", "name": "Anna Visser"}]));
    assert_eq!(step["channels"], json!([{"id": "mail", "kind": "email"}]));
    assert_eq!(
        (&ladder["steps"][1]["after_s"], &ladder["steps"][1]["whom"]),
        (&json!(300), &json!("everybody"))
    );
    rig.stop().await;
}

#[tokio::test]
async fn a_feed_shows_somebodys_duties_by_its_address_alone_until_it_is_taken_back() {
    let rig = Rig::start_with(SITE).await;
    let anna = rig.anna().await;
    let own = |method| {
        let asked = rig
            .ask(method, "/api/v1/session/duty-feed")
            .header("cookie", &anna);
        asked.header("x-plenum", "1")
    };
    let address = |answer: Value| answer["path"].as_str().unwrap().to_owned();
    let first = address(own(Method::POST).send().await.unwrap().json().await.unwrap());
    let feed = rig.ask(Method::GET, &first).send().await.unwrap();
    assert_eq!(feed.headers()["content-type"], "text/calendar; charset=utf-8");
    let tag = feed.headers()["etag"].clone();
    let text = feed.text().await.unwrap();
    assert!(
        text.starts_with("BEGIN:VCALENDAR") && text.contains("SUMMARY:On call: Nights"),
        "{text}"
    );
    let again = rig
        .ask(Method::GET, &first)
        .header("if-none-match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
    // It opens nothing else.
    let secret = first.split('=').next_back().unwrap();
    problem(rig.ask(Method::GET, "/api/v1/duty").bearer_auth(secret), 401).await;
    let second = address(own(Method::POST).send().await.unwrap().json().await.unwrap());
    problem(rig.ask(Method::GET, &first), 404).await;
    assert_eq!(rig.ask(Method::GET, &second).send().await.unwrap().status(), 200);
    assert_eq!(own(Method::DELETE).send().await.unwrap().status(), 204);
    problem(rig.ask(Method::GET, &second), 404).await;
    rig.stop().await;
}
