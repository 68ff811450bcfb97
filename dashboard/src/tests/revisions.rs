//! The site's configuration over the API.

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::rig::{Rig, problem};

#[tokio::test]
async fn a_revision_is_applied_on_the_current_one_alone_and_can_be_gone_back_from() {
    let rig = Rig::start().await;
    let first = rig.get("/api/v1/site/revisions/current").await;
    assert_eq!((&first["number"], &first["current"]), (&json!(1), &json!(true)));
    let text = first["text"].as_str().unwrap().replace("Room A", "Server room");
    let post = |path: &str, body: Value| rig.with_token(Method::POST, path).json(&body);
    let apply = |base: u64, text: &str| {
        let body = json!({"base": base, "comment": "renamed", "text": text});
        post("/api/v1/site/revisions", body)
    };
    problem(apply(0, &text), 409).await;
    let wrong = problem(apply(1, &text.replace("zone", "zoon")), 422).await;
    assert!(wrong["detail"].as_str().unwrap().contains("zoon"), "{wrong}");
    let applied = apply(1, &text).send().await.unwrap();
    assert_eq!(applied.status(), StatusCode::CREATED);
    assert_eq!(applied.json::<Value>().await.unwrap()["number"], 2);
    let diff = rig.get("/api/v1/site/revisions/2/diff?from=1").await;
    assert!(
        diff["diff"]
            .as_str()
            .unwrap()
            .contains("+    name = \"Server room\""),
        "{diff}"
    );
    for (from, to, missing) in [(1, 9, 9), (9, 1, 9), (0, 9, 9), (8, 9, 8)] {
        let path = format!("/api/v1/site/revisions/{to}/diff?from={from}");
        let gone = problem(rig.with_token(Method::GET, &path), 404).await;
        assert_eq!(gone["detail"], format!("there is no revision {missing}"));
    }
    rig.wait_until(|| async { rig.collector.site().rooms[0].name == "Server room" })
        .await;
    let back = post("/api/v1/site/revisions/1/rollback", json!({"comment": "no"}));
    assert_eq!(back.send().await.unwrap().status(), StatusCode::CREATED);
    let log = rig.get("/api/v1/site/revisions").await;
    let numbers: Vec<&Value> = log["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|one| &one["number"])
        .collect();
    assert_eq!(numbers, [&json!(3), &json!(2), &json!(1)]);
    assert_eq!(log["items"][0]["author"], "test");
    problem(rig.with_token(Method::GET, "/api/v1/site/revisions/9"), 404).await;
    problem(post("/api/v1/site/revisions/9/rollback", json!({})), 404).await;
    rig.stop().await;
}
