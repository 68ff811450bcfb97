//! Numbers and words that nobody can mean: always a problem that says which, never a fault of the server.

use reqwest::Method;
use serde_json::json;

use super::rig::{Rig, problem};

const TOO_LARGE: [&str; 4] = ["9223372036854775808", "18446744073709551616", "-1", "NaN"];

#[tokio::test]
async fn numbers_that_no_store_can_hold_are_bad_requests() {
    let rig = Rig::start().await;
    for number in TOO_LARGE {
        for path in [
            format!("alarms/{number}"),
            format!("alarms?limit={number}"),
            format!("alarms/events?limit={number}"),
            format!("alarms/episodes?from={number}e9"),
            format!("series?limit={number}"),
            format!("dead-letters?cursor={number}"),
            format!("dead-letters?limit={number}"),
            format!("site/revisions/{number}"),
            format!("site/revisions/{number}/diff?from=1"),
            format!("site/revisions/1/diff?from={number}"),
        ] {
            problem(rig.with_token(Method::GET, &format!("/api/v1/{path}")), 400).await;
        }
        for path in [
            format!("alarms/{number}/acknowledge"),
            format!("alarms/{number}/reset"),
            format!("site/revisions/{number}/rollback"),
        ] {
            let post = rig.with_token(Method::POST, &format!("/api/v1/{path}"));
            problem(post.json(&json!({})), 400).await;
        }
    }
    let rollback = rig.with_token(Method::POST, "/api/v1/site/revisions/1/rollback");
    problem(
        rollback.json(&json!({"base": 9_223_372_036_854_775_808_u64})),
        422,
    )
    .await;
    rig.stop().await;
}

#[tokio::test]
async fn the_largest_number_is_an_unknown_one() {
    let rig = Rig::start().await;
    let largest = i64::MAX;
    for path in [
        format!("alarms/{largest}"),
        format!("site/revisions/{largest}"),
        format!("site/revisions/{largest}/diff?from=1"),
    ] {
        problem(rig.with_token(Method::GET, &format!("/api/v1/{path}")), 404).await;
    }
    let letters = format!("/api/v1/dead-letters?cursor={largest}&limit={largest}");
    assert_eq!(rig.get(&letters).await["items"], json!([]));
    rig.stop().await;
}

#[tokio::test]
async fn empty_and_wrong_words_are_bad_requests() {
    let rig = Rig::start().await;
    for path in [
        "alarms?state=",
        "alarms?state=ACTIVE",
        "alarms?cursor=",
        "alarms?limit=",
        "alarms/events?from=",
        "series?cursor=",
        "readings?series=",
        "readings?series=zaandam/pi-a1/inlet-a3/warmth",
        "trend?series=",
        "windows?series=zaandam/pi-a1/inlet-a3/temperature&every=",
        "dead-letters?cursor=",
        "services/hosting/report?month=",
        "services/hosting/report?format=",
        "services/hosting/availability?from=&to=",
        "alarms?state=all&state=open",
        "alarms/%FF",
    ] {
        problem(rig.with_token(Method::GET, &format!("/api/v1/{path}")), 400).await;
    }
    rig.stop().await;
}
