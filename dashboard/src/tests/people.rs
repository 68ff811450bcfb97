//! People over the API: invited, let in, changed, kept out.

use plenum_core::authority::Role;
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::rig::{PASSWORD, Rig, cookie, hear, problem};

async fn json_of(request: reqwest::RequestBuilder) -> Value {
    let response = request.send().await.unwrap();
    let status = response.status();
    let body = response.text().await.unwrap();
    assert!(status.is_success(), "{status}: {body}");
    serde_json::from_str(&body).unwrap()
}

/// The one-time token in an answer.
fn link(answer: &Value) -> String {
    answer["link"]
        .as_str()
        .unwrap()
        .strip_prefix("/invited#")
        .unwrap()
        .to_owned()
}

#[tokio::test]
async fn somebody_is_invited_comes_and_is_kept_out() {
    let rig = Rig::start().await;
    let anna = rig.anna().await;
    let as_anna = |method: Method, path: &str| {
        let request = rig.ask(method, path);
        request.header("cookie", &anna).header("x-plenum", "1")
    };
    let new = json!({"name": "Bart", "role": "operator", "rooms": ["room-a"]});
    let invited = json_of(as_anna(Method::POST, "/api/v1/people").json(&new)).await;
    let number = invited["person"]["number"].as_i64().unwrap();
    let token = link(&invited);
    let look = rig
        .ask(Method::POST, "/api/v1/invitations")
        .json(&json!({"token": token}));
    assert_eq!(json_of(look).await, json!({"name": "Bart", "role": "operator"}));
    let accept = json!({"token": token, "password": PASSWORD});
    let accepted = rig.ask(Method::POST, "/api/v1/sessions/invited").json(&accept);
    let response = accepted.send().await.unwrap();
    let bart = cookie(&response);
    let session: Value = response.json().await.unwrap();
    assert_eq!(session["user"]["rooms"], json!(["room-a"]));
    assert_eq!(
        session["user"]["permissions"],
        json!(["own", "services", "look", "alarms"])
    );
    problem(
        rig.ask(Method::POST, "/api/v1/sessions/invited").json(&accept),
        403,
    )
    .await;
    let as_bart = |method: Method, path: &str| {
        let request = rig.ask(method, path);
        request.header("cookie", &bart).header("x-plenum", "1")
    };
    let refused = problem(as_bart(Method::GET, "/api/v1/people"), 403).await;
    assert_eq!(
        refused["detail"],
        "Bart is operator and cannot see and change people, their sessions and tokens; ask an administrator"
    );
    let passwords = json!({"old": "wrong", "new": "cold aisles stay cold"});
    problem(
        as_bart(Method::PUT, "/api/v1/session/password").json(&passwords),
        422,
    )
    .await;
    let passwords = json!({"old": PASSWORD, "new": "cold aisles stay cold"});
    let changed = as_bart(Method::PUT, "/api/v1/session/password").json(&passwords);
    assert_eq!(changed.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    let sessions = json_of(as_bart(Method::GET, "/api/v1/sessions")).await;
    assert_eq!(
        (
            sessions["items"].as_array().unwrap().len(),
            &sessions["items"][0]["this"]
        ),
        (1, &json!(true))
    );
    kept_out(&rig, (&anna, &bart), number).await;
    rig.stop().await;
}

/// Bart is disabled by Anna, and his session ends; Anna is the last administrator.
async fn kept_out(rig: &Rig, (anna, bart): (&str, &str), number: i64) {
    let as_anna = |path: &str| {
        let request = rig.ask(Method::PATCH, path);
        request.header("cookie", anna).header("x-plenum", "1")
    };
    let off = as_anna(&format!("/api/v1/people/{number}")).json(&json!({"enabled": false}));
    assert_eq!(json_of(off).await["enabled"], false);
    problem(
        rig.ask(Method::GET, "/api/v1/session").header("cookie", bart),
        401,
    )
    .await;
    problem(as_anna("/api/v1/people/1").json(&json!({"role": "viewer"})), 409).await;
}

#[tokio::test]
async fn an_administrator_ends_the_sessions_of_another() {
    let rig = Rig::start().await;
    let anna = rig.anna().await;
    let session = || rig.ask(Method::GET, "/api/v1/session").header("cookie", &anna);
    assert_eq!(session().send().await.unwrap().status(), StatusCode::OK);
    let ended = rig.with_token(Method::DELETE, "/api/v1/people/1/sessions");
    assert_eq!(ended.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    problem(session(), 401).await;
    rig.stop().await;
}

#[tokio::test]
async fn what_cannot_be_is_refused_with_what_is_known() {
    let rig = Rig::start().await;
    for (body, status, detail) in [
        (
            json!({"name": "a", "role": "operator", "rooms": ["room-x"]}),
            422,
            "the site has no room `room-x`",
        ),
        (
            json!({"name": "a", "role": "customer", "customers": ["Bakker"]}),
            422,
            "no service is of the customer `Bakker`; known are: Bakker & Zn",
        ),
        (
            json!({"name": "a", "role": "customer"}),
            422,
            "a customer needs the names of whose services it sees",
        ),
        (
            json!({"name": "a", "role": "administrator", "rooms": ["room-a"]}),
            422,
            "only viewers and operators are limited to rooms",
        ),
        (
            json!({"name": " ", "role": "viewer"}),
            422,
            "` ` is not a valid name for an account: use 1 to 64 printable characters",
        ),
    ] {
        let refused = problem(rig.with_token(Method::POST, "/api/v1/people").json(&body), status).await;
        assert_eq!(refused["detail"], detail, "{body}");
    }
    let unknown = json!({"name": "a", "role": "root"});
    problem(rig.with_token(Method::POST, "/api/v1/people").json(&unknown), 422).await;
    problem(
        rig.with_token(Method::POST, "/api/v1/people/9223372036854775807/reset"),
        404,
    )
    .await;
    rig.stop().await;
}

#[tokio::test]
async fn a_token_is_given_out_used_and_taken_back() {
    let rig = Rig::start().await;
    let new = json!({"name": "grafana", "role": "viewer", "expires_at": "2020-01-01T00:00:00Z"});
    problem(rig.with_token(Method::POST, "/api/v1/tokens").json(&new), 422).await;
    let end = plenum_link::SystemClock::shared().now() + plenum_protocol::Duration::from_hours(1);
    let new = json!({"name": "grafana", "role": "viewer", "expires_at": end});
    let given = json_of(rig.with_token(Method::POST, "/api/v1/tokens").json(&new)).await;
    let (number, secret) = (
        given["token"]["number"].as_i64().unwrap(),
        given["secret"].as_str().unwrap(),
    );
    let asked = rig.ask(Method::GET, "/api/v1/series").bearer_auth(secret);
    assert!(asked.send().await.unwrap().status().is_success());
    let list = rig.get("/api/v1/tokens").await;
    assert_eq!(
        (&list["items"][0]["name"], &list["items"][0]["created_by"]),
        (&json!("grafana"), &json!("test"))
    );
    assert!(!list.to_string().contains(secret));
    let path = format!("/api/v1/tokens/{number}");
    let revoked = rig.with_token(Method::DELETE, &path).send().await.unwrap();
    assert_eq!(revoked.status(), StatusCode::NO_CONTENT);
    problem(rig.ask(Method::GET, "/api/v1/series").bearer_auth(secret), 401).await;
    rig.stop().await;
}

/// Well before the feed looks by itself.
#[tokio::test]
async fn a_live_feed_ends_with_the_session_or_token_that_listens() {
    let rig = Rig::start().await;
    let anna = rig.anna().await;
    let token = rig.token_of(Role::Viewer, &[], &[]).await;
    let live = || rig.ask(Method::GET, "/api/v1/live");
    let mut session = live().header("cookie", &anna).send().await.unwrap();
    let mut program = live().bearer_auth(&token).send().await.unwrap();
    for feed in [&mut session, &mut program] {
        hear(feed, &mut String::new(), "ping").await;
    }
    let ended = rig.with_token(Method::DELETE, "/api/v1/people/1/sessions");
    assert_eq!(ended.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    ends(&mut session).await;
    let tokens = rig.get("/api/v1/tokens").await;
    let number = tokens["items"][0]["number"].as_i64().unwrap();
    let revoked = rig.with_token(Method::DELETE, &format!("/api/v1/tokens/{number}"));
    assert_eq!(revoked.send().await.unwrap().status(), StatusCode::NO_CONTENT);
    ends(&mut program).await;
    rig.stop().await;
}

async fn ends(feed: &mut reqwest::Response) {
    let end = async { while feed.chunk().await.unwrap().is_some() {} };
    let ended = tokio::time::timeout(std::time::Duration::from_secs(6), end).await;
    assert!(ended.is_ok(), "it tells on");
}
