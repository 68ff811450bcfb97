//! Who logs out here who came by single sign-on: at the provider they go on being logged in, unless the file says that they go there.

use plenum_core::authority::Role;
use reqwest::header::SET_COOKIE;
use reqwest::{Method, Response, StatusCode};
use serde_json::{Value, json};

use super::provider::{Provider, parameters};
use super::{Rig, asks, let_in};

const SETTING: &str = "log_out_at_provider = true";

async fn log_out(rig: &Rig, cookie: &str) -> Response {
    let request = rig.ask(Method::DELETE, "/api/v1/sessions");
    let request = request.header("cookie", cookie).header("x-plenum", "1");
    request.send().await.unwrap()
}

/// Comes in and logs out: where the browser is sent, if anywhere. Here nobody is logged in afterwards, whatever the provider says.
async fn sent_to(rig: &Rig, provider: &Provider) -> Option<String> {
    let (session, _) = let_in(rig, provider).await;
    let answer = log_out(rig, &session).await;
    assert!(
        answer.headers()[SET_COOKIE]
            .to_str()
            .unwrap()
            .contains("Max-Age=0")
    );
    assert_eq!(asks(rig, &session, "/api/v1/session").await, 401);
    match answer.status() {
        StatusCode::NO_CONTENT => None,
        StatusCode::OK => {
            let body: Value = answer.json().await.unwrap();
            Some(body["address"].as_str().unwrap().to_owned())
        }
        other => panic!("{other}"),
    }
}

/// Says of itself that people log out there.
fn offers(provider: &Provider, rig: &Rig, endpoint: &str) {
    provider.now(|manner| manner.metadata = json!({"end_session_endpoint": endpoint}));
    // What was known of it is asked for anew.
    provider.lets_in_at(rig, SETTING);
}

#[tokio::test]
async fn who_logs_out_is_sent_to_the_provider_where_the_file_says_so() {
    let rig = Rig::start().await;
    let anna = rig.anna().await;
    let provider = Provider::start().await;
    let endpoint = format!("http://{}/leave?tenant=a", provider.address);
    provider.now(|manner| manner.metadata = json!({"end_session_endpoint": endpoint}));
    provider.lets_in_at(&rig, "");
    assert_eq!(sent_to(&rig, &provider).await, None);

    offers(&provider, &rig, &endpoint);
    let address = sent_to(&rig, &provider).await.unwrap();
    let (at, query) = address.split_once('?').unwrap();
    assert_eq!(at, format!("http://{}/leave", provider.address));
    let query = parameters(query);
    assert_eq!(query["tenant"], "a");
    assert_eq!(query["client_id"], "plenum");
    assert_eq!(query["post_logout_redirect_uri"], "https://plenum.example.org/");
    assert_eq!(query.len(), 3);

    // Whoever has a password has nothing to do there, and who is not logged in neither.
    assert_eq!(log_out(&rig, &anna).await.status(), StatusCode::NO_CONTENT);
    assert_eq!(log_out(&rig, &anna).await.status(), StatusCode::NO_CONTENT);
    let viewer = rig.token_of(Role::Viewer, &[], &[]).await;
    let by_token = rig.ask(Method::DELETE, "/api/v1/sessions").bearer_auth(&viewer);
    assert_eq!(by_token.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    rig.stop().await;
}

#[tokio::test]
async fn a_provider_without_a_safe_place_to_log_out_sends_nobody_anywhere() {
    let rig = Rig::start().await;
    rig.anna().await;
    let provider = Provider::start().await;
    provider.lets_in_at(&rig, SETTING);
    assert_eq!(sent_to(&rig, &provider).await, None);
    for unsafe_endpoint in ["http://id.example.org/leave", "javascript:alert(1)", "/leave", ""] {
        offers(&provider, &rig, unsafe_endpoint);
        assert_eq!(sent_to(&rig, &provider).await, None, "{unsafe_endpoint}");
    }
    rig.stop().await;
}
