//! Single sign-on over the API, against a provider that does what the test wants. Whatever it does, nobody is let in who should not be, and a password goes on letting in.

mod hostile;
mod leaving;
mod provider;

use std::collections::HashMap;

use plenum_core::authority::Role;
use reqwest::{Method, RequestBuilder, StatusCode};
use serde_json::{Value, json};

use self::provider::{Provider, parameters};
use super::rig::{PASSWORD, Rig, cookie, problem};

const BEGIN: &str = "/api/v1/sessions/single-sign-on";
const FINISH: &str = "/api/v1/sessions/signed-on";

/// A browser that has been sent to the provider.
struct Sent {
    to: HashMap<String, String>,
    cookie: String,
}

async fn begin(rig: &Rig) -> Sent {
    let answer = rig.ask(Method::POST, BEGIN).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    let header = answer.headers()["set-cookie"].to_str().unwrap().to_owned();
    for wanted in [
        "plenum_sign_on=",
        "; HttpOnly",
        "; SameSite=Strict",
        "; Max-Age=600",
        "; Path=/",
    ] {
        assert!(header.contains(wanted), "{header}");
    }
    let cookie = cookie(&answer);
    let body: Value = answer.json().await.unwrap();
    let address = body["address"].as_str().unwrap();
    let (_, query) = address.split_once("/authorize?").unwrap();
    Sent {
        to: parameters(query),
        cookie,
    }
}

/// What a browser comes back with that was let in there.
fn good(sent: &Sent) -> Value {
    json!({"state": sent.to["state"], "code": "good code"})
}

fn come_back(rig: &Rig, cookie: &str, body: &Value) -> RequestBuilder {
    let request = rig.ask(Method::POST, FINISH).json(body);
    request.header("cookie", cookie)
}

/// Goes to the provider, logs in there and comes back.
async fn go(rig: &Rig, provider: &Provider) -> RequestBuilder {
    let sent = begin(rig).await;
    provider.log_in(&sent.to);
    come_back(
        rig,
        &sent.cookie,
        &json!({"state": sent.to["state"], "code": "good code"}),
    )
}

/// Goes and is let in: the session's cookie, and what it says.
async fn let_in(rig: &Rig, provider: &Provider) -> (String, Value) {
    let answer = go(rig, provider).await.send().await.unwrap();
    let status = answer.status();
    let session = answer
        .headers()
        .contains_key("set-cookie")
        .then(|| cookie(&answer));
    let body: Value = answer.json().await.unwrap();
    assert_eq!(status, StatusCode::OK, "{body}");
    (session.unwrap(), body)
}

/// Goes and is not let in, for this reason; the audit log has it.
async fn kept_out(rig: &Rig, provider: &Provider, status: u16, reason: &str) -> Value {
    let refused = problem(go(rig, provider).await, status).await;
    assert_eq!(refused["reason"], reason, "{refused}");
    let is_told = |line: &Value| line["deed"] == "sign-on" && line["on"] == reason && line["why"].is_string();
    let told = |log: &Value| log["items"].as_array().unwrap().iter().any(is_told);
    rig.wait_for("/api/v1/audit", told).await;
    refused
}

/// A password lets in, whatever the provider does.
async fn a_password_lets_in(rig: &Rig) {
    let body = json!({"name": "anna", "password": PASSWORD});
    let answer = rig.ask(Method::POST, "/api/v1/sessions").json(&body).send().await;
    assert_eq!(answer.unwrap().status(), StatusCode::OK);
}

async fn asks(rig: &Rig, cookie: &str, path: &str) -> u16 {
    let answer = rig.ask(Method::GET, path).header("cookie", cookie).send().await;
    answer.unwrap().status().as_u16()
}

#[tokio::test]
async fn whoever_the_provider_says_that_they_are_is_let_in_with_what_their_groups_give() {
    let rig = Rig::start().await;
    assert_eq!(
        rig.ask(Method::GET, BEGIN)
            .send()
            .await
            .unwrap()
            .json::<Value>()
            .await
            .unwrap(),
        json!({"button": null})
    );
    problem(rig.ask(Method::POST, BEGIN), 404).await;
    let provider = Provider::start().await;
    provider.lets_in_at(&rig, "second_factor_acr = [\"gold\"]");
    // Before anybody has a password, the provider would be the only way in.
    kept_out(&rig, &provider, 409, "no-administrator").await;
    rig.anna().await;
    let button = rig.ask(Method::GET, BEGIN).send().await.unwrap();
    assert_eq!(
        button.json::<Value>().await.unwrap(),
        json!({"button": "Example ID"})
    );

    let sent = begin(&rig).await;
    for (name, value) in [
        ("tenant", "a"),
        ("response_type", "code"),
        ("client_id", "plenum"),
        ("scope", "openid profile"),
        ("code_challenge_method", "S256"),
        ("redirect_uri", "https://plenum.example.org/signed-on"),
        ("acr_values", "gold"),
    ] {
        assert_eq!(sent.to[name], value, "{name}");
    }
    let (session, answer) = let_in(&rig, &provider).await;
    let user = &answer["user"];
    assert_eq!(
        (&user["name"], &user["role"], &user["single_sign_on"]),
        (&json!("sanne"), &json!("administrator"), &json!(true))
    );
    assert_eq!(asks(&rig, &session, "/api/v1/people").await, 200);
    let line = |log: &Value| {
        log["items"].as_array().unwrap().iter().any(|line| {
            line["deed"] == "sign-on" && line["ending"] == "done" && line["who"]["name"] == "sanne"
        })
    };
    rig.wait_for("/api/v1/audit", line).await;

    rig.stop().await;
}

#[tokio::test]
async fn groups_are_looked_at_at_each_log_in() {
    let rig = Rig::start().await;
    rig.anna().await;
    let provider = Provider::start().await;
    provider.lets_in_at(&rig, "");
    let (session, _) = let_in(&rig, &provider).await;
    // The next time they are in another group, and called otherwise: the same person, with less.
    provider.now(|manner| manner.claims = json!({"groups": ["room-a"], "preferred_username": "anna"}));
    let (_, answer) = let_in(&rig, &provider).await;
    let user = &answer["user"];
    assert_eq!(
        (&user["name"], &user["role"], &user["rooms"]),
        (&json!("sanne"), &json!("viewer"), &json!(["room-a"]))
    );
    // What was begun before is theirs with what they are now.
    assert_eq!(asks(&rig, &session, "/api/v1/people").await, 403);

    provider.now(|manner| manner.claims = json!({"groups": ["others"]}));
    kept_out(&rig, &provider, 403, "no-role").await;
    assert_eq!(asks(&rig, &session, "/api/v1/session").await, 401);
    a_password_lets_in(&rig).await;
    rig.stop().await;
}

#[tokio::test]
async fn nobody_becomes_somebody_who_is_here_already() {
    let rig = Rig::start().await;
    rig.anna().await;
    let provider = Provider::start().await;
    provider.lets_in_at(&rig, "");
    for (name, reason) in [
        (json!("anna"), "name-taken"),
        (json!("Аnna"), "name-taken"),
        (json!("plenum"), "no-name"),
        (json!(""), "no-name"),
        (json!(null), "no-name"),
        (json!(["sanne"]), "no-name"),
    ] {
        provider.now(|manner| manner.claims = json!({ "preferred_username": name }));
        kept_out(&rig, &provider, 409, reason).await;
    }
    provider.now(|manner| manner.claims = json!({}));
    let_in(&rig, &provider).await;
    // Another subject under the same name is somebody else.
    provider.now(|manner| manner.claims = json!({"sub": "another"}));
    kept_out(&rig, &provider, 409, "name-taken").await;
    assert_eq!(
        rig.get("/api/v1/people").await["items"].as_array().unwrap().len(),
        2
    );
    rig.stop().await;
}

#[tokio::test]
async fn a_log_in_comes_back_once_to_the_browser_that_began_it() {
    let rig = Rig::start().await;
    rig.anna().await;
    let provider = Provider::start().await;
    provider.lets_in_at(&rig, "");
    let sent = begin(&rig).await;
    provider.log_in(&sent.to);
    // Another browser's cookie, or none: and so nobody's any more.
    let other = begin(&rig).await;
    for cookie in [other.cookie.as_str(), "a=b"] {
        let refused = problem(come_back(&rig, cookie, &good(&sent)), 410).await;
        assert_eq!(refused["reason"], "begin-again");
        assert!(
            refused["detail"]
                .as_str()
                .unwrap()
                .contains("https://plenum.example.org;"),
            "{refused}"
        );
    }
    problem(come_back(&rig, &sent.cookie, &good(&sent)), 410).await;
    problem(
        come_back(
            &rig,
            &other.cookie,
            &json!({"state": "guessed", "code": "good code"}),
        ),
        410,
    )
    .await;
    assert_eq!(provider.was_asked("/token"), 0);

    let sent = begin(&rig).await;
    provider.log_in(&sent.to);
    let answer = come_back(&rig, &sent.cookie, &good(&sent)).send().await.unwrap();
    assert_eq!(answer.status(), StatusCode::OK);
    problem(come_back(&rig, &sent.cookie, &good(&sent)), 410).await;

    rig.stop().await;
}

#[tokio::test]
async fn what_comes_back_has_to_be_what_the_provider_gave_to_this_log_in() {
    let rig = Rig::start().await;
    rig.anna().await;
    let provider = Provider::start().await;
    provider.lets_in_at(&rig, "");
    // A browser that begins in two pages comes back in both.
    let first = begin(&rig).await;
    let second = rig
        .ask(Method::POST, BEGIN)
        .header("cookie", &first.cookie)
        .send()
        .await
        .unwrap();
    assert_eq!(cookie(&second), first.cookie);
    provider.log_in(&first.to);
    let answer = come_back(&rig, &cookie(&second), &good(&first))
        .send()
        .await
        .unwrap();
    assert_eq!(answer.status(), StatusCode::OK);

    // Another code than the one that was given to this browser, and what the provider itself refuses.
    let sent = begin(&rig).await;
    provider.log_in(&sent.to);
    let stolen = json!({"state": sent.to["state"], "code": "another's code"});
    assert_eq!(
        problem(come_back(&rig, &sent.cookie, &stolen), 401).await["reason"],
        "code-refused"
    );
    let sent = begin(&rig).await;
    let denied = json!({"state": sent.to["state"], "error": "access_denied"});
    let denied = problem(come_back(&rig, &sent.cookie, &denied), 401).await;
    assert_eq!(denied["reason"], "denied");
    assert!(
        denied["detail"].as_str().unwrap().contains("(access_denied)"),
        "{denied}"
    );
    let sent = begin(&rig).await;
    let mixed = json!({"state": sent.to["state"], "code": "good code", "iss": "https://evil.example.org"});
    assert_eq!(
        problem(come_back(&rig, &sent.cookie, &mixed), 502).await["reason"],
        "token"
    );
    rig.stop().await;
}

#[tokio::test]
async fn a_role_that_needs_a_second_factor_needs_the_providers() {
    let rig = Rig::start().await;
    rig.anna().await;
    let provider = Provider::start().await;
    provider.lets_in_at(&rig, "second_factor_amr = [\"otp\", \"mfa\"]");
    let (before, answer) = let_in(&rig, &provider).await;
    assert_eq!(answer["user"]["second_factor"], "off");
    rig.collector.people.demand_second_factor(&[Role::Administrator]);
    // A session that began without ends.
    assert_eq!(asks(&rig, &before, "/api/v1/session").await, 401);
    kept_out(&rig, &provider, 403, "no-second-factor").await;
    provider.now(|manner| manner.claims = json!({"amr": ["pwd", "otp"]}));
    let (session, answer) = let_in(&rig, &provider).await;
    assert_eq!(answer["user"]["second_factor"], "on");
    assert_eq!(asks(&rig, &session, "/api/v1/people").await, 200);
    rig.stop().await;
}

#[tokio::test]
async fn an_administrator_disables_who_comes_so_and_gives_them_no_password_and_no_role() {
    let rig = Rig::start().await;
    rig.anna().await;
    let provider = Provider::start().await;
    provider.lets_in_at(&rig, "");
    let (session, _) = let_in(&rig, &provider).await;
    let people = rig.get("/api/v1/people").await;
    assert_eq!(
        (
            &people["items"][0]["single_sign_on"],
            &people["items"][1]["single_sign_on"]
        ),
        (&json!(false), &json!(true))
    );
    let person = "/api/v1/people/2";
    let change = |body: Value| rig.with_token(Method::PATCH, person).json(&body);
    problem(rig.with_token(Method::POST, &format!("{person}/reset")), 409).await;
    problem(change(json!({"role": "viewer"})), 409).await;
    let own = |method: Method, path: &str, body: Value| {
        let request = rig.ask(method, path).header("cookie", &session);
        request.header("x-plenum", "1").json(&body)
    };
    let new = json!({"old": "", "new": "quite another four words"});
    problem(own(Method::PUT, "/api/v1/session/password", new), 409).await;
    let set_up = json!({"password": ""});
    problem(own(Method::POST, "/api/v1/session/second-factor", set_up), 409).await;
    let as_local = json!({"name": "sanne", "password": ""});
    problem(rig.ask(Method::POST, "/api/v1/sessions").json(&as_local), 401).await;
    // Who comes by the provider does not count as the last administrator who can log in.
    let anna = rig
        .with_token(Method::PATCH, "/api/v1/people/1")
        .json(&json!({"enabled": false}));
    problem(anna, 409).await;

    assert!(
        change(json!({"enabled": false}))
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
    assert_eq!(asks(&rig, &session, "/api/v1/session").await, 401);
    kept_out(&rig, &provider, 403, "disabled").await;
    assert!(
        change(json!({"enabled": true}))
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
    let (session, _) = let_in(&rig, &provider).await;
    // Single sign-on is turned off in the file: what began so ends.
    rig.collector.people.use_sign_on(None);
    assert_eq!(asks(&rig, &session, "/api/v1/session").await, 401);
    a_password_lets_in(&rig).await;
    rig.stop().await;
}
