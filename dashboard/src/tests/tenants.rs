//! Who is limited sees its own part and nothing of the others': customers' services, rooms' alarms and readings.

use plenum_core::authority::Role;
use plenum_link::SystemClock;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::rig::{Rig, hear, problem};
use crate::routes;
use crate::routes::table::Needs;

const SITE: &str = r#"
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
    agent = "pi-b1"
    id = "detector-b"
    name = "Detector of B"
    room = "room-b"
    place = "room"
    [[service]]
    id = "bakery"
    name = "The bakery's hosting"
    customer = "Bakker"
    objective = 0.999
    zone = "Europe/Amsterdam"
    since = "2026-01-01T00:00"
    down = { rule = { rule = "smoke", room = "room-a" } }
    [[service]]
    id = "butchery"
    name = "The butchery's hosting"
    customer = "Slager"
    objective = 0.999
    zone = "Europe/Amsterdam"
    since = "2026-01-01T00:00"
    down = { rule = { rule = "smoke", room = "room-b" } }
"#;

/// Months and days of reports in each form, and exports.
const QUERIES: [&str; 7] = [
    "",
    "?format=html",
    "?format=json",
    "?format=syslog",
    "?month=2026-03",
    "?month=2026-03&format=html",
    "?from=2026-01-01T00:00:00Z&to=2026-12-01T00:00:00Z",
];

/// Both rooms burn.
async fn smoke(rig: &Rig) {
    let now = SystemClock::shared().now().milliseconds() as f64 / 1_000.0;
    for (agent, sensor) in [("pi-a1", "detector-a"), ("pi-b1", "detector-b")] {
        let (base, name) = (format!("zaandam/{agent}/"), format!("{sensor}/smoke"));
        let reading = json!([{"bn": base, "n": name, "t": now, "vb": true}]);
        rig.publish_as(agent, "readings", reading).await;
    }
    rig.wait_for("/api/v1/alarms?state=active", |answer| {
        answer["items"].as_array().unwrap().len() == 2
    })
    .await;
}

async fn ask(rig: &Rig, token: &str, path: &str) -> (StatusCode, String) {
    let response = rig
        .ask(Method::GET, path)
        .bearer_auth(token)
        .send()
        .await
        .unwrap();
    (response.status(), response.text().await.unwrap())
}

#[tokio::test]
async fn a_customer_reads_nothing_of_another() {
    let rig = Rig::start_with(SITE).await;
    // With alarms, so that their numbers can be guessed.
    smoke(&rig).await;
    let token = rig.token_of(Role::Customer, &[], &["Bakker"]).await;
    let (status, list) = ask(&rig, &token, "/api/v1/services").await;
    assert!(status.is_success() && list.contains("bakery"), "{list}");
    let own = ask(&rig, &token, "/api/v1/services/bakery/report?format=html").await;
    assert!(own.0.is_success() && own.1.contains("bakery"), "{own:?}");
    let mut answered = 0;
    for right in routes::table()
        .rights
        .iter()
        .filter(|right| right.method == "GET")
    {
        if !matches!(right.needs, Needs::Permission(_)) {
            continue;
        }
        // Each parameter guessed as the other's.
        for guess in ["butchery", "1", "2"] {
            let path = right.path.replace("{id}", guess).replace(['{', '}'], "");
            for query in QUERIES {
                let (status, text) = ask(&rig, &token, &format!("{path}{query}")).await;
                answered += i32::from(status.is_success());
                // Names that were asked for stand in what is refused.
                let told = text.replace("`butchery`", "").replace(&path, "").to_lowercase();
                for theirs in ["butchery", "slager", "detector", "room-b"] {
                    assert!(!told.contains(theirs), "{path}{query}: {text}");
                }
            }
        }
    }
    assert!(answered > 0);
    rig.stop().await;
}

/// Generated from the table of routes, for each role that can be limited to rooms; the live feed has a test of its own.
#[tokio::test]
async fn who_is_limited_to_a_room_reads_nothing_of_another_by_any_operation() {
    let rig = Rig::start_with(SITE).await;
    smoke(&rig).await;
    let foreign = "zaandam/pi-b1/detector-b/smoke";
    let queries = ["", "?state=all", "?limit=5", &format!("?series={foreign}")];
    for role in Role::ALL.into_iter().filter(|role| role.may_have_rooms()) {
        let token = rig.token_of(role, &["room-a"], &[]).await;
        let mut answered = 0;
        for right in routes::table().rights {
            let is_asked = right.method == "GET" && matches!(right.needs, Needs::Permission(_));
            if !is_asked || right.path.ends_with("/live") {
                continue;
            }
            for guess in ["1", "2", "detector-b", "room-b"] {
                let path = right.path.replace("{id}", guess).replace(['{', '}'], "");
                for query in queries {
                    let (status, text) = ask(&rig, &token, &format!("{path}{query}")).await;
                    answered += i32::from(status.is_success());
                    // Names that were asked for stand in what is refused.
                    let told = text.replace(foreign, "").replace(&format!("`{guess}`"), "");
                    for theirs in ["detector-b", "pi-b1", "room-b", "Detector of B"] {
                        assert!(!told.contains(theirs), "{role} {path}{query}: {text}");
                    }
                }
            }
        }
        assert!(answered > 0);
    }
    rig.stop().await;
}

/// What changes something is refused to another tenant whatever it names: by the role, or as if it were not there.
#[tokio::test]
async fn a_customer_changes_nothing_and_hears_nothing() {
    let rig = Rig::start_with(SITE).await;
    smoke(&rig).await;
    let token = rig.token_of(Role::Customer, &[], &["Bakker"]).await;
    for right in routes::table().rights {
        let Needs::Permission(permission) = right.needs else {
            continue;
        };
        if Role::Customer.may(permission) {
            continue;
        }
        for guess in ["1", "2"] {
            let path = right
                .path
                .replace("{id}", guess)
                .replace("{number}", guess)
                .replace(['{', '}'], "");
            let asked = rig
                .ask(right.method.parse().unwrap(), &path)
                .bearer_auth(&token)
                .json(&json!({}));
            problem(asked, 403).await;
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn who_is_limited_to_a_room_sees_and_answers_its_alarms_alone() {
    let rig = Rig::start_with(SITE).await;
    smoke(&rig).await;
    let token = rig.token_of(Role::Operator, &["room-a"], &[]).await;
    let all = rig.get("/api/v1/alarms?state=active").await;
    let of = |room: &str| {
        let items = all["items"].as_array().unwrap();
        items.iter().find(|alarm| alarm["room"] == room).unwrap()["id"]
            .as_u64()
            .unwrap()
    };
    let (mine, theirs) = (of("room-a"), of("room-b"));
    for (path, key) in [
        ("/api/v1/alarms", "id"),
        ("/api/v1/alarms/events", "alarm"),
        ("/api/v1/alarms/episodes", "alarm"),
    ] {
        let (status, text) = ask(&rig, &token, path).await;
        let answer: Value = serde_json::from_str(&text).unwrap();
        let items = answer["items"].as_array().unwrap();
        assert!(status.is_success() && !items.is_empty(), "{path}");
        assert!(items.iter().all(|item| item[key] == mine), "{path}: {text}");
    }
    for path in ["site", "series", "latest", "inputs"] {
        let (status, text) = ask(&rig, &token, &format!("/api/v1/{path}")).await;
        assert!(
            status.is_success() && text.contains("detector-a"),
            "{path}: {text}"
        );
        assert!(
            !text.contains("detector-b") && !text.contains("room-b"),
            "{path}: {text}"
        );
    }
    for path in ["readings", "windows", "trend"] {
        let foreign = format!("/api/v1/{path}?series=zaandam/pi-b1/detector-b/smoke");
        assert_eq!(
            ask(&rig, &token, &foreign).await.0,
            StatusCode::NOT_FOUND,
            "{path}"
        );
        assert!(
            ask(&rig, &token, &foreign.replace("b1/detector-b", "a1/detector-a"))
                .await
                .0
                .is_success()
        );
    }
    answers(&rig, &token, mine, theirs).await;
    rig.stop().await;
}

/// One alarm can be answered with this token; the other is not there, whatever is done to it.
async fn answers(rig: &Rig, token: &str, mine: u64, theirs: u64) {
    assert_eq!(
        ask(rig, token, &format!("/api/v1/alarms/{theirs}")).await.0,
        StatusCode::NOT_FOUND
    );
    for act in [
        "acknowledge",
        "unacknowledge",
        "reset",
        "shelve",
        "unshelve",
        "out-of-service",
        "return-to-service",
    ] {
        let body = match act {
            "shelve" | "out-of-service" => json!({"until": "2030-01-01T00:00:00Z", "reason": "a test"}),
            _ => json!({}),
        };
        let path = format!("/api/v1/alarms/{theirs}/{act}");
        problem(rig.ask(Method::POST, &path).bearer_auth(token).json(&body), 404).await;
    }
    let path = format!("/api/v1/alarms/{mine}/acknowledge");
    let taken = rig.ask(Method::POST, &path).bearer_auth(token).json(&json!({}));
    assert!(taken.send().await.unwrap().status().is_success());
}

#[tokio::test]
async fn the_live_feed_tells_a_room_alone_to_whoever_is_limited_to_it() {
    let rig = Rig::start_with(SITE).await;
    let token = rig.token_of(Role::Viewer, &["room-a"], &[]).await;
    let listen = rig.ask(Method::GET, "/api/v1/live").bearer_auth(&token);
    let mut live = listen.send().await.unwrap();
    let mut heard = String::new();
    hear(&mut live, &mut heard, "ping").await;
    smoke(&rig).await;
    hear(&mut live, &mut heard, "event: alarm").await;
    hear(&mut live, &mut heard, "event: input").await;
    assert!(heard.contains("detector-a"), "{heard}");
    assert!(
        !heard.contains("detector-b") && !heard.contains("pi-b1"),
        "{heard}"
    );
    rig.stop().await;
}
