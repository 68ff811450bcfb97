//! Drills over the API: who may begin one, what is refused, and what is listed of one that goes on.

use std::sync::Arc;

use plenum_collector::collector::drills::Ask;
use plenum_core::authority::Role;
use plenum_link::Shutdown;
use plenum_protocol::payload::CommandKind;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::rig::Rig;

const SITE: &str = "[site]\nid = \"zaandam\"\nname = \"Z\"\nzone = \"UTC\"\n[[room]]\nid = \"room-a\"\nname = \"Room A\"\n\
    [[drill]]\nid = \"monthly\"\nagent = \"pi-a1\"\nwhen = \"first wed 10:00\"\n[[drill]]\nid = \"other\"\nagent = \"pi-b1\"\n";

#[tokio::test]
async fn whoever_sees_the_whole_site_and_answers_its_alarms_begins_one_at_a_time_and_sees_how_far_it_is() {
    let rig = Rig::start_with(SITE).await;
    let (viewer, of_a_room, operator) = (
        rig.token_of(Role::Viewer, &[], &[]).await,
        rig.token_of(Role::Operator, &["room-a"], &[]).await,
        rig.token_of(Role::Operator, &[], &[]).await,
    );
    let begin = async |token: &str, id: &str| {
        let path = format!("/api/v1/drills/{id}/start");
        let request = rig.ask(Method::POST, &path).bearer_auth(token);
        request.send().await.unwrap()
    };
    // It calls whoever is on duty for the whole site.
    for token in [&viewer, &of_a_room] {
        assert_eq!(begin(token, "monthly").await.status(), StatusCode::FORBIDDEN);
    }
    let early = begin(&operator, "monthly").await;
    assert_eq!(
        early.status(),
        StatusCode::SERVICE_UNAVAILABLE,
        "no agent can be asked yet"
    );
    let (asked, mut commands) = tokio::sync::mpsc::unbounded_channel();
    let ask: Ask = Arc::new(move |agent, kind| {
        asked.send((agent.to_string(), kind)).unwrap();
        Box::pin(async { Ok("its reading is on its way".to_owned()) })
    });
    let shutdown = Shutdown::new();
    rig.collector.drills.start(ask, &shutdown);
    assert_eq!(begin(&operator, "monthyl").await.status(), StatusCode::NOT_FOUND);
    let begun = begin(&operator, "monthly").await;
    assert_eq!(begun.status(), StatusCode::ACCEPTED);
    let begun: serde_json::Value = begun.json().await.unwrap();
    let (agent, kind) = commands.recv().await.unwrap();
    assert_eq!(agent, "zaandam/pi-a1");
    assert!(
        matches!(&kind, CommandKind::Drill { drill, on: true, .. } if drill.as_str() == "monthly"),
        "{kind:?}"
    );
    assert_eq!(begin(&operator, "other").await.status(), StatusCode::CONFLICT);
    is_listed(&rig, &begun).await;
    rig.stop().await;
}

/// The drill that goes on stands in the list with how far it is.
async fn is_listed(rig: &Rig, begun: &serde_json::Value) {
    let listed = rig.get("/api/v1/drills").await;
    let [monthly, other] = listed["items"].as_array().unwrap().as_slice() else {
        panic!("{listed}")
    };
    assert_eq!(
        (&monthly["in_site"], &monthly["within_s"]),
        (&json!(true), &json!(900.0))
    );
    assert!(monthly["next_at"].is_string() && other["next_at"].is_null());
    assert_eq!(other["runs"], json!([]));
    let run = &monthly["runs"][0];
    assert_eq!(
        (&run["number"], &run["state"]),
        (&begun["number"], &json!("running"))
    );
    assert_eq!(
        (&run["legs"][0]["leg"], &run["said"]),
        (&json!("commanded"), &json!(null))
    );
    assert!(run["by"].is_string(), "{run}");
}
