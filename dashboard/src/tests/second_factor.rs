//! The second factor over the API: set up, asked for, lost, demanded.

use plenum_collector::people::Seed;
use plenum_core::authority::{Permission, Role};
use plenum_link::SystemClock;
use plenum_protocol::Duration;
use reqwest::{Method, RequestBuilder, Response, StatusCode};
use serde_json::{Value, json};

use super::rig::{PASSWORD, Rig, cookie, problem};

const OWN: &str = "/api/v1/session/second-factor";

/// The code that a phone shows so many steps from now; one ahead is good too.
fn code(seed: &Seed, steps: i64) -> String {
    seed.code_at(SystemClock::shared().now() + Duration::from_seconds(30 * steps))
}

/// Waits until a step of the codes has begun not long ago: none ends while a test asks for the same one twice.
async fn early_in_a_step() {
    let clock = SystemClock::shared();
    let gone = clock.now().milliseconds().rem_euclid(30_000);
    if gone > 12_000 {
        clock.sleep(Duration::from_milliseconds(30_000 - gone)).await;
    }
}

async fn json_of(request: RequestBuilder, status: StatusCode) -> Value {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), status, "{}", response.url());
    response.json().await.unwrap()
}

fn with(rig: &Rig, cookie: &str, method: Method, path: &str) -> RequestBuilder {
    let request = rig.ask(method, path).header("cookie", cookie);
    request.header("x-plenum", "1")
}

async fn log_in(rig: &Rig) -> Response {
    let body = json!({"name": "anna", "password": PASSWORD});
    let request = rig.ask(Method::POST, "/api/v1/sessions").json(&body);
    request.send().await.unwrap()
}

/// Shows the password; what the code is given back with.
async fn challenge(rig: &Rig) -> String {
    let response = log_in(rig).await;
    assert_eq!(response.status(), StatusCode::ACCEPTED);
    assert!(!response.headers().contains_key("set-cookie"));
    let answer: Value = response.json().await.unwrap();
    answer["challenge"].as_str().unwrap().to_owned()
}

fn enter(rig: &Rig, challenge: &str, code: &str) -> RequestBuilder {
    let body = json!({"challenge": challenge, "code": code});
    rig.ask(Method::POST, "/api/v1/sessions/code").json(&body)
}

/// Sets Anna's up with the code of the step before this one, so that those of this and the next are still good.
async fn set_up(rig: &Rig, anna: &str) -> (Seed, Vec<String>) {
    let begin = with(rig, anna, Method::POST, OWN).json(&json!({"password": PASSWORD}));
    let begun = json_of(begin, StatusCode::OK).await;
    assert!(
        begun["uri"]
            .as_str()
            .unwrap()
            .starts_with("otpauth://totp/Plenum%20Zaandam:anna?")
    );
    let seed = Seed::read(begun["secret"].as_str().unwrap()).unwrap();
    early_in_a_step().await;
    let confirm = with(rig, anna, Method::PUT, OWN).json(&json!({"code": code(&seed, -1)}));
    let codes = json_of(confirm, StatusCode::OK).await;
    (seed, serde_json::from_value(codes["codes"].clone()).unwrap())
}

#[tokio::test]
async fn a_log_in_takes_two_steps_once_it_is_on() {
    let rig = Rig::start().await;
    let anna = rig.anna().await;
    let wrong = with(&rig, &anna, Method::POST, OWN).json(&json!({"password": "wrong"}));
    assert_eq!(problem(wrong, 422).await["detail"], "the password is wrong");
    let early = with(&rig, &anna, Method::PUT, OWN).json(&json!({"code": "123456"}));
    problem(early, 410).await;
    let (seed, codes) = set_up(&rig, &anna).await;
    let state = json_of(with(&rig, &anna, Method::GET, OWN), StatusCode::OK).await;
    assert_eq!(
        (&state["stands"], &state["recovery_codes"]),
        (&json!("on"), &json!(10))
    );
    let again = with(&rig, &anna, Method::POST, OWN).json(&json!({"password": PASSWORD}));
    problem(again, 409).await;

    let owed = challenge(&rig).await;
    let hour = problem(enter(&rig, &owed, &code(&seed, 120)), 409).await;
    assert!(
        hour["detail"].as_str().unwrap().contains("60 min ahead"),
        "{hour}"
    );
    problem(enter(&rig, &owed, &codes[0].replace('-', "x")), 401).await;
    problem(enter(&rig, "guess", &code(&seed, 0)), 410).await;
    let entered = enter(&rig, &owed, &code(&seed, 0)).send().await.unwrap();
    let session = cookie(&entered);
    let answer: Value = entered.json().await.unwrap();
    assert_eq!(answer["user"]["second_factor"], "on");
    problem(enter(&rig, &owed, &code(&seed, 1)), 410).await;
    problem(enter(&rig, &challenge(&rig).await, &code(&seed, 0)), 401).await;
    assert!(
        with(&rig, &session, Method::GET, "/api/v1/people")
            .send()
            .await
            .unwrap()
            .status()
            .is_success()
    );
    rig.stop().await;
}

#[tokio::test]
async fn a_lost_phone_is_helped_by_a_recovery_code_and_by_an_administrator() {
    let rig = Rig::start().await;
    let anna = rig.anna().await;
    let off = |code: &str| {
        let body = json!({"password": PASSWORD, "code": code});
        with(&rig, &anna, Method::POST, &format!("{OWN}/off")).json(&body)
    };
    problem(off("123456"), 404).await;
    let (_, codes) = set_up(&rig, &anna).await;
    let entered = enter(&rig, &challenge(&rig).await, &codes[0])
        .send()
        .await
        .unwrap();
    assert_eq!(entered.status(), StatusCode::OK);
    problem(enter(&rig, &challenge(&rig).await, &codes[0]), 401).await;
    let renew = json!({"password": PASSWORD, "code": codes[1]});
    let renew = with(&rig, &anna, Method::POST, &format!("{OWN}/recovery-codes")).json(&renew);
    let fresh = json_of(renew, StatusCode::OK).await;
    assert_eq!(problem(off(&codes[2]), 422).await["status"], 422);
    let gone = off(fresh["codes"][0].as_str().unwrap()).send().await.unwrap();
    assert_eq!(gone.status(), StatusCode::NO_CONTENT);
    assert_eq!(log_in(&rig).await.status(), StatusCode::OK);

    set_up(&rig, &anna).await;
    let people = rig.get("/api/v1/people").await;
    assert_eq!(people["items"][0]["has_second_factor"], true);
    let reset = || rig.with_token(Method::DELETE, "/api/v1/people/1/second-factor");
    // Nobody does so to themselves: a session alone would be enough.
    let own = with(&rig, &anna, Method::DELETE, "/api/v1/people/1/second-factor");
    problem(own, 409).await;
    assert_eq!(reset().send().await.unwrap().status(), StatusCode::NO_CONTENT);
    problem(reset(), 404).await;
    problem(with(&rig, &anna, Method::GET, "/api/v1/session"), 401).await;
    assert_eq!(log_in(&rig).await.status(), StatusCode::OK);
    rig.stop().await;
}

#[tokio::test]
async fn whose_role_needs_one_may_do_nothing_before_it_is_set_up() {
    let rig = Rig::start().await;
    let anna = rig.anna().await;
    rig.collector.people.demand_second_factor(&[Role::Administrator]);
    let asked = json_of(with(&rig, &anna, Method::GET, "/api/v1/session"), StatusCode::OK).await;
    assert_eq!(
        (&asked["user"]["second_factor"], &asked["user"]["permissions"]),
        (&json!("missing"), &json!(["own"]))
    );
    for path in ["site", "people", "services", "alarms", "live"] {
        let refused = problem(with(&rig, &anna, Method::GET, &format!("/api/v1/{path}")), 403).await;
        assert_eq!(
            refused["detail"],
            "anna is administrator, which needs a second factor: set it up first"
        );
    }
    set_up(&rig, &anna).await;
    let asked = json_of(with(&rig, &anna, Method::GET, "/api/v1/session"), StatusCode::OK).await;
    let permissions = asked["user"]["permissions"].as_array().unwrap().len();
    assert_eq!(permissions, Permission::ALL.len());
    rig.stop().await;
}
