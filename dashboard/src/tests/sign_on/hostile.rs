//! A provider that is down, somebody else, or says what cannot be believed; and somebody who knocks without end.

use std::net::{Ipv4Addr, SocketAddr};

use plenum_link::SystemClock;
use plenum_protocol::Duration;
use reqwest::{Method, StatusCode};
use serde_json::json;

use super::provider::{Provider, sign_on};
use super::{BEGIN, a_password_lets_in, kept_out, let_in};
use crate::tests::rig::{Rig, problem};

#[tokio::test]
async fn a_token_that_is_not_right_lets_nobody_in() {
    let rig = Rig::start().await;
    rig.anna().await;
    let provider = Provider::start().await;
    provider.lets_in_at(&rig, "");
    for claims in [
        json!({"iss": "https://id.example.org"}),
        json!({"nonce": "another"}),
        json!({"nonce": null}),
        json!({"aud": "another"}),
        json!({"aud": ["plenum", "another"]}),
        json!({"azp": "another"}),
        json!({"sub": null}),
        json!({"exp": 1}),
        json!({"exp": "tomorrow"}),
    ] {
        provider.now(|manner| manner.claims = claims);
        kept_out(&rig, &provider, 502, "token").await;
    }
    provider.now(|manner| manner.claims = json!({"iat": 1_000_000_000}));
    kept_out(&rig, &provider, 409, "clock").await;
    provider.now(|manner| manner.claims = json!({}));
    for header in [
        json!({"alg": "none"}),
        json!({"alg": "HS256"}),
        json!({"kid": "7"}),
        json!({"typ": "at+jwt"}),
    ] {
        provider.now(|manner| manner.header = header);
        kept_out(&rig, &provider, 502, "token").await;
    }
    provider.now(|manner| (manner.header, manner.forged) = (json!({}), true));
    kept_out(&rig, &provider, 502, "token").await;
    provider.now(|manner| manner.forged = false);
    for (token, status, reason) in [
        ((200, "{}".to_owned()), 502, "provider-wrong"),
        ((200, "<html>".to_owned()), 502, "provider-wrong"),
        (
            (200, format!("{{\"id_token\":\"{}\"}}", "a".repeat(300_000))),
            502,
            "provider-wrong",
        ),
        ((200, "{\"id_token\":\"a.b.c\"}".to_owned()), 502, "token"),
        ((302, String::new()), 502, "provider-wrong"),
        (
            (400, "{\"error\":\"invalid_grant\"}".to_owned()),
            401,
            "code-refused",
        ),
        ((401, "<html>".to_owned()), 401, "code-refused"),
        ((503, String::new()), 503, "provider-silent"),
    ] {
        provider.now(|manner| manner.token = Some(token));
        kept_out(&rig, &provider, status, reason).await;
    }
    a_password_lets_in(&rig).await;
    provider.now(|manner| manner.token = None);
    let_in(&rig, &provider).await;
    rig.stop().await;
}

#[tokio::test]
async fn a_provider_that_is_down_or_somebody_else_keeps_nobody_from_a_password() {
    let rig = Rig::start().await;
    rig.anna().await;
    // Nobody listens at a port that was somebody's a moment ago.
    let nobody = tokio::net::TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .await
        .unwrap();
    let down: SocketAddr = nobody.local_addr().unwrap();
    drop(nobody);
    rig.collector.people.use_sign_on(Some(sign_on(down, "")));
    let refused = problem(rig.ask(Method::POST, BEGIN), 503).await;
    assert_eq!(refused["reason"], "provider-silent");
    a_password_lets_in(&rig).await;

    for metadata in [
        json!({"issuer": "http://127.0.0.1:1"}),
        json!({"issuer": null}),
        json!({"authorization_endpoint": "javascript:alert(1)"}),
        json!({"token_endpoint": "http://id.example.org/token"}),
        json!({"jwks_uri": "file:///etc/passwd"}),
    ] {
        let provider = Provider::start().await;
        provider.lets_in_at(&rig, "");
        provider.now(|manner| manner.metadata = metadata.clone());
        let refused = problem(rig.ask(Method::POST, BEGIN), 502).await;
        assert_eq!(refused["reason"], "provider-wrong", "{metadata}");
        // It is not asked again for each who knocks.
        problem(rig.ask(Method::POST, BEGIN), 502).await;
        assert_eq!(provider.was_asked("/.well-known/openid-configuration"), 1);
    }
    a_password_lets_in(&rig).await;
    rig.stop().await;
}

#[tokio::test]
async fn a_key_that_the_provider_has_changed_is_fetched() {
    let rig = Rig::start().await;
    rig.anna().await;
    let provider = Provider::start().await;
    provider.lets_in_at(&rig, "");
    let_in(&rig, &provider).await;
    let_in(&rig, &provider).await;
    assert_eq!(
        (
            provider.was_asked("/keys"),
            provider.was_asked("/.well-known/openid-configuration")
        ),
        (1, 1)
    );
    provider.now(|manner| manner.key = 1);
    // Within five seconds it is not asked again: an unknown key could be anybody's.
    kept_out(&rig, &provider, 502, "token").await;
    SystemClock::shared().sleep(Duration::from_seconds(5)).await;
    let_in(&rig, &provider).await;
    assert_eq!(provider.was_asked("/keys"), 2);
    rig.stop().await;
}

#[tokio::test]
async fn who_begins_without_end_has_to_wait() {
    let rig = Rig::start().await;
    rig.anna().await;
    let provider = Provider::start().await;
    provider.lets_in_at(&rig, "");
    let mut waits = None;
    for _ in 0..40 {
        let answer = rig.ask(Method::POST, BEGIN).send().await.unwrap();
        if answer.status() == StatusCode::TOO_MANY_REQUESTS {
            waits = Some(answer);
            break;
        }
    }
    assert!(waits.unwrap().headers().contains_key("retry-after"));
    assert_eq!(provider.was_asked("/.well-known/openid-configuration"), 1);
    a_password_lets_in(&rig).await;
    rig.stop().await;
}
