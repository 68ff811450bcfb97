//! Who gets in, how, and what everybody else is told.

use std::net::SocketAddr;
use std::sync::Arc;

use plenum_link::{Shutdown, SystemClock};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::rig::{PASSWORD, Rig, cookie, operations, problem};
use crate::{Dashboard, ServeError, serve};

#[tokio::test]
async fn nothing_below_the_api_answers_without_a_session_or_a_token() {
    let rig = Rig::start().await;
    let open = [
        "GET /api/v1/openapi.json",
        "GET /api/v1/duties.ics",
        "POST /api/v1/sessions",
        "DELETE /api/v1/sessions",
        "POST /api/v1/sessions/code",
        "POST /api/v1/sessions/first",
        "POST /api/v1/sessions/invited",
        "GET /api/v1/sessions/single-sign-on",
        "POST /api/v1/sessions/single-sign-on",
        "POST /api/v1/sessions/signed-on",
        "POST /api/v1/invitations",
    ];
    for (method, path) in operations() {
        if !path.starts_with("/api/") || open.contains(&format!("{method} {path}").as_str()) {
            continue;
        }
        let path = path.replace(['{', '}'], "");
        problem(rig.ask(method.clone(), &path), 401).await;
        let guessed = problem(rig.ask(method.clone(), &path).bearer_auth("guess"), 401).await;
        let detail = guessed["detail"].as_str().unwrap();
        assert!(detail.starts_with("this token is not known"), "{detail}");
        problem(
            rig.ask(method, &path).header("cookie", "plenum_session=guess"),
            401,
        )
        .await;
    }
    problem(rig.ask(Method::GET, "/api/v1/nothing"), 401).await;
    rig.stop().await;
}

#[tokio::test]
async fn what_cannot_be_answered_is_a_problem() {
    let rig = Rig::start().await;
    problem(rig.with_token(Method::GET, "/api/v1/nothing"), 404).await;
    problem(rig.with_token(Method::GET, "/api/v1/mailbox"), 404).await;
    problem(rig.with_token(Method::GET, "/api/v1/phones"), 404).await;
    let text = rig.with_token(Method::POST, "/api/v1/phones/anna/texts");
    problem(text.json(&json!({"text": "OK 1"})), 404).await;
    problem(rig.with_token(Method::PUT, "/api/v1/session"), 405).await;
    problem(rig.ask(Method::POST, "/rooms/a"), 405).await;
    problem(rig.ask(Method::GET, "/assets/none.js"), 404).await;
    problem(rig.ask(Method::TRACE, "/"), 405).await;
    problem(rig.with_token(Method::TRACE, "/api/v1/session"), 405).await;
    let twice = "/api/v1/alarms?state=active&state=all";
    problem(rig.with_token(Method::GET, twice), 400).await;
    let log_in = || rig.ask(Method::POST, "/api/v1/sessions");
    problem(log_in().json(&json!({"name": "anna"})), 422).await;
    problem(log_in().json(&json!({"name": "a", "password": "b", "x": 1})), 422).await;
    problem(log_in().header("content-type", "application/json").body("{"), 400).await;
    problem(log_in().body("name=anna"), 415).await;
    problem(
        log_in().json(&json!({"name": "x".repeat(100_000), "password": "b"})),
        413,
    )
    .await;
    rig.stop().await;
}

#[tokio::test]
async fn the_first_link_makes_the_administrator_once() {
    let rig = Rig::start().await;
    let link = rig.collector.people.issue_first_link().await.unwrap().unwrap();
    let first = |password: &str| {
        rig.ask(Method::POST, "/api/v1/sessions/first")
            .json(&json!({"token": link, "name": "anna", "password": password}))
    };
    problem(first("too short"), 422).await;
    let response = first(PASSWORD).send().await.unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let set = response.headers()["set-cookie"].to_str().unwrap().to_owned();
    assert!(
        set.contains("HttpOnly") && set.contains("SameSite=Strict"),
        "{set}"
    );
    let cookie = cookie(&response);
    let body: Value = response.json().await.unwrap();
    assert_eq!(
        (&body["user"]["name"], &body["user"]["role"]),
        (&json!("anna"), &json!("administrator"))
    );
    assert_eq!(body["site"]["zone"], "Europe/Amsterdam");
    assert_eq!(body["demo"], false);
    problem(first(PASSWORD), 403).await;
    let session = rig
        .ask(Method::GET, "/api/v1/session")
        .header("cookie", &cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(session.json::<Value>().await.unwrap(), body);
    rig.stop().await;
}

#[tokio::test]
async fn a_session_begins_with_the_password_and_ends_with_log_out() {
    let rig = Rig::start().await;
    rig.anna().await;
    let response = rig
        .ask(Method::POST, "/api/v1/sessions")
        .json(&json!({"name": "anna", "password": PASSWORD}))
        .send()
        .await
        .unwrap();
    assert_eq!(response.status(), StatusCode::OK);
    let cookie = cookie(&response);
    let session = || rig.ask(Method::GET, "/api/v1/session").header("cookie", &cookie);
    assert_eq!(session().send().await.unwrap().status(), StatusCode::OK);
    let log_out = || {
        rig.ask(Method::DELETE, "/api/v1/sessions")
            .header("cookie", &cookie)
    };
    problem(log_out(), 403).await;
    let response = log_out().header("x-plenum", "1").send().await.unwrap();
    assert_eq!(response.status(), StatusCode::NO_CONTENT);
    problem(session(), 401).await;
    rig.stop().await;
}

#[tokio::test]
async fn guessing_is_stopped() {
    let rig = Rig::start().await;
    rig.anna().await;
    let guess = |password: &str| {
        rig.ask(Method::POST, "/api/v1/sessions")
            .json(&json!({"name": "anna", "password": password}))
    };
    for _ in 0..5 {
        problem(guess("cold racks hum softly"), 401).await;
    }
    let response = guess(PASSWORD).send().await.unwrap();
    let wait: u64 = response.headers()["retry-after"]
        .to_str()
        .unwrap()
        .parse()
        .unwrap();
    assert!((1..=61).contains(&wait), "{wait}");
    problem(guess(PASSWORD), 429).await;
    rig.stop().await;
}

#[tokio::test]
async fn foreign_names_for_this_machine_are_refused() {
    let rig = Rig::start().await;
    for (host, expected) in [
        ("localhost:1", "200"),
        ("plenum.example.org", "200"),
        ("Plenum.Example.org:443", "200"),
        ("rebound.example.org", "421"),
        ("plenum.example.org.rebound.example.org", "421"),
        ("", "421"),
    ] {
        let mut stream = tokio::net::TcpStream::connect(rig.address).await.unwrap();
        let request = format!("GET /healthz HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {expected} ")),
            "{host}: {answer}"
        );
    }
    rig.stop().await;
}

#[tokio::test]
async fn every_answer_is_hardened() {
    let rig = Rig::start().await;
    for path in ["/", "/healthz", "/api/v1/nothing", "/api/v1/openapi.json"] {
        let response = rig.ask(Method::GET, path).send().await.unwrap();
        let headers = response.headers();
        let policy = headers["content-security-policy"].to_str().unwrap();
        assert!(
            policy.contains("default-src 'self'") && policy.contains("frame-ancestors 'none'"),
            "{path}: {policy}"
        );
        assert!(
            policy.contains("object-src 'none'") && policy.contains("base-uri 'none'"),
            "{path}: {policy}"
        );
        assert_eq!(headers["referrer-policy"], "no-referrer", "{path}");
        assert!(!headers.contains_key("access-control-allow-origin"), "{path}");
        let is_stored = headers
            .get("cache-control")
            .is_none_or(|value| value != "no-store");
        assert!(!path.starts_with("/api/") || !is_stored, "{path}");
        assert_eq!(headers["x-content-type-options"], "nosniff", "{path}");
        for of_what in ["opener", "resource"] {
            assert_eq!(
                headers[&format!("cross-origin-{of_what}-policy")],
                "same-origin",
                "{path}"
            );
        }
        assert_eq!(headers["cross-origin-embedder-policy"], "require-corp", "{path}");
        assert!(!headers.contains_key("strict-transport-security"), "{path}");
    }
    let compressed = rig
        .ask(Method::GET, "/api/v1/openapi.json")
        .header("accept-encoding", "br")
        .send()
        .await
        .unwrap();
    assert_eq!(compressed.headers()["content-encoding"], "br");
    rig.stop().await;
}

/// What a proxy could take for one request or for two: where a body ends is said once. Where chunks and a length say it, the chunks count and nothing after
/// them is heard.
#[tokio::test]
async fn a_request_ends_where_its_framing_says() {
    let rig = Rig::start().await;
    let next = "GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
    for (framing, body, answers) in [
        ("Content-Length: 2\r\nContent-Length: 3", "{}", &["400"][..]),
        ("Content-Length: +2", "{}", &["400"]),
        ("Transfer-Encoding: gzip", "{}", &["400"]),
        (
            "Transfer-Encoding: chunked\r\nContent-Length: 400",
            "2\r\n{}\r\n0\r\n\r\n",
            &["422"],
        ),
    ] {
        let mut stream = tokio::net::TcpStream::connect(rig.address).await.unwrap();
        let head = "POST /api/v1/sessions HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json";
        let request = format!("{head}\r\n{framing}\r\n\r\n{body}{next}");
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut said = String::new();
        stream.read_to_string(&mut said).await.unwrap();
        let statuses = said.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]);
        assert_eq!(statuses.collect::<Vec<_>>(), answers, "{framing}: {said}");
    }
    rig.stop().await;
}

/// Nothing is left of the session that a browser had when somebody logs in there.
#[tokio::test]
async fn a_log_in_ends_the_session_that_the_browser_had() {
    let rig = Rig::start().await;
    let former = rig.anna().await;
    let session = |cookie: &str| rig.ask(Method::GET, "/api/v1/session").header("cookie", cookie);
    assert_eq!(session(&former).send().await.unwrap().status(), StatusCode::OK);
    let log_in = rig
        .ask(Method::POST, "/api/v1/sessions")
        .header("cookie", &former);
    let response = log_in.json(&json!({"name": "anna", "password": PASSWORD}));
    let fresh = cookie(&response.send().await.unwrap());
    problem(session(&former), 401).await;
    assert_eq!(session(&fresh).send().await.unwrap().status(), StatusCode::OK);
    rig.stop().await;
}

#[tokio::test]
async fn in_clear_it_listens_on_loopback_alone() {
    let rig = Rig::start().await;
    let dashboard = Arc::new(Dashboard::new(rig.collector.clone(), SystemClock::shared(), "0"));
    let shutdown = Shutdown::new();
    let address: SocketAddr = "0.0.0.0:0".parse().unwrap();
    let beyond = serve(address, dashboard.clone(), &shutdown).await;
    assert!(matches!(beyond, Err(ServeError::InClear(_))), "{beyond:?}");
    let taken = serve(rig.address, dashboard, &shutdown).await.unwrap_err();
    assert!(taken.to_string().contains(&rig.address.to_string()), "{taken}");
    rig.stop().await;
}
