//! What is answered: its documents and shapes.

use std::collections::BTreeSet;

use reqwest::Method;

use super::rig::{Rig, hear};
use crate::routes;

#[tokio::test]
async fn the_document_lists_exactly_the_routes() {
    let rig = Rig::start().await;
    let response = rig.ask(Method::GET, "/api/v1/openapi.json").send().await.unwrap();
    let document: serde_json::Value = response.json().await.unwrap();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"));
    let documented: BTreeSet<(String, String)> = document["paths"]
        .as_object()
        .unwrap()
        .iter()
        .flat_map(|(path, item)| {
            let methods = item.as_object().unwrap().keys();
            methods.map(move |method| (method.clone(), path.clone()))
        })
        .collect();
    let routed: BTreeSet<(String, String)> = routes::table()
        .entries
        .into_iter()
        .map(|(method, path)| (method.to_owned(), path.to_owned()))
        .collect();
    assert_eq!(documented, routed);
    rig.stop().await;
}

#[tokio::test]
async fn it_lives_and_tells_its_figures() {
    let rig = Rig::start().await;
    let health = rig.ask(Method::GET, "/healthz").send().await.unwrap();
    assert_eq!(health.text().await.unwrap(), "ok\n");
    let metrics = rig.ask(Method::GET, "/metrics").send().await.unwrap();
    let kind = metrics.headers()["content-type"].to_str().unwrap().to_owned();
    assert!(kind.starts_with("text/plain; version=0.0.4"), "{kind}");
    let text = metrics.text().await.unwrap();
    for line in text.lines() {
        assert!(
            line.starts_with("plenum_")
                || line.starts_with("# HELP plenum_")
                || line.starts_with("# TYPE plenum_"),
            "{line}"
        );
    }
    assert!(
        text.contains("plenum_http_answers_total{status=\"2xx\"} 1"),
        "{text}"
    );
    rig.stop().await;
}

#[tokio::test]
async fn a_new_reading_comes_down_the_live_feed() {
    let rig = Rig::start().await;
    let mut live = rig.with_token(Method::GET, "/api/v1/live").send().await.unwrap();
    assert_eq!(live.headers()["content-type"], "text/event-stream");
    assert!(live.headers().get("content-encoding").is_none());
    let mut heard = String::new();
    hear(&mut live, &mut heard, ": ping").await;
    rig.publish("inlet-a3/temperature", 1_750_000_000_000, Ok(23.5))
        .await;
    hear(&mut live, &mut heard, "\n\n").await;
    hear(&mut live, &mut heard, "event: reading\n").await;
    let expected = "data: {\"series\":\"zaandam/pi-a1/inlet-a3/temperature\",\"at\":\"2025-06-15T15:06:40.000Z\",\
                    \"value\":23.5,\"unit\":\"Cel\",\"fault\":null}";
    hear(&mut live, &mut heard, expected).await;
    rig.stop().await;
}

#[cfg(feature = "web")]
#[tokio::test]
async fn the_web_application_is_served_with_its_hashed_files() {
    let rig = Rig::start().await;
    let page = |path: &str| rig.ask(Method::GET, path).send();
    let index = page("/alarms/4711").await.unwrap();
    assert_eq!(index.headers()["cache-control"], "no-cache");
    let tag = index.headers()["etag"].clone();
    let html = index.text().await.unwrap();
    let script = html
        .split('"')
        .find(|part| part.starts_with("/assets/") && part.ends_with(".js"));
    let script = page(script.expect("a script")).await.unwrap();
    assert_eq!(script.headers()["content-type"], "text/javascript; charset=utf-8");
    assert!(
        script.headers()["cache-control"]
            .to_str()
            .unwrap()
            .contains("immutable")
    );
    let again = rig
        .ask(Method::GET, "/")
        .header("if-none-match", tag)
        .send()
        .await
        .unwrap();
    assert_eq!(again.status(), 304);
    rig.stop().await;
}
