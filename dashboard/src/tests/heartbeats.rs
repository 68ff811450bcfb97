//! Jobs say that they ran, by a token that is good for nothing else.

use plenum_core::authority::Role;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::rig::Rig;

const SITE: &str = "[site]\nid = \"zaandam\"\nname = \"Z\"\nzone = \"UTC\"\n[[room]]\nid = \"room-a\"\nname = \"Room A\"\n\
    [[heartbeat]]\nid = \"backup\"\nname = \"Backup of the mail\"\nroom = \"room-a\"\nevery = \"24h\"\ngrace = \"2h\"\npriority = \"high\"\n";

#[tokio::test]
async fn a_job_says_that_it_ran_by_a_token_that_is_good_for_nothing_else() {
    let rig = Rig::start_with(SITE).await;
    let token = rig.token_of(Role::Job, &[], &[]).await;
    let say = async |path: &str, text: &'static str| {
        let request = rig.ask(Method::POST, path).bearer_auth(&token).body(text);
        request.send().await.unwrap().status()
    };
    assert_eq!(
        say("/api/v1/heartbeats/backup/start", "").await,
        StatusCode::NO_CONTENT
    );
    // What a script sends beside it does not matter.
    assert_eq!(
        say("/api/v1/heartbeats/backup", "whatever").await,
        StatusCode::NO_CONTENT
    );
    let well = rig.get("/api/v1/heartbeats").await;
    let well = &well["items"][0];
    assert_eq!(
        (&well["standing"], &well["started_at"]),
        (&json!("well"), &json!(null))
    );
    let failed = say(
        "/api/v1/heartbeats/backup/fail",
        "no space left\r\nADMIT: all well",
    )
    .await;
    assert_eq!(failed, StatusCode::NO_CONTENT);
    let wanted = |alarms: &serde_json::Value| alarms["items"][0]["rule"] == "heartbeat-missed";
    let alarms = rig.wait_for("/api/v1/alarms", wanted).await;
    let alarm = &alarms["items"][0];
    assert_eq!(
        (&alarm["priority"], &alarm["room"]),
        (&json!("high"), &json!("room-a"))
    );
    let message = alarm["message"].as_str().unwrap();
    assert!(
        message.contains("Backup of the mail says that it failed") && !message.contains('\n'),
        "{message}"
    );
    assert_eq!(say("/api/v1/heartbeats/backup", "").await, StatusCode::NO_CONTENT);
    let gone = |alarms: &serde_json::Value| alarms["items"][0]["state"] == "returned-unacknowledged";
    rig.wait_for("/api/v1/alarms", gone).await;
    rig.stop().await;
}

#[tokio::test]
async fn a_job_beats_what_there_is_by_post_and_sees_nothing() {
    let rig = Rig::start_with(SITE).await;
    let token = rig.token_of(Role::Job, &[], &[]).await;
    let unknown = rig
        .ask(Method::POST, "/api/v1/heartbeats/backups")
        .bearer_auth(&token);
    assert_eq!(unknown.send().await.unwrap().status(), StatusCode::NOT_FOUND);
    let get = rig
        .ask(Method::GET, "/api/v1/heartbeats/backup")
        .bearer_auth(&token);
    assert_eq!(get.send().await.unwrap().status(), StatusCode::METHOD_NOT_ALLOWED);
    for path in [
        "/api/v1/heartbeats",
        "/api/v1/alarms",
        "/api/v1/services",
        "/api/v1/site",
    ] {
        let asked = rig
            .ask(Method::GET, path)
            .bearer_auth(&token)
            .send()
            .await
            .unwrap();
        assert_eq!(asked.status(), StatusCode::FORBIDDEN, "{path}");
    }
    let viewer = rig.token_of(Role::Viewer, &[], &[]).await;
    let beat = rig
        .ask(Method::POST, "/api/v1/heartbeats/backup")
        .bearer_auth(viewer);
    assert_eq!(beat.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    rig.stop().await;
}
