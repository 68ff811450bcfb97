//! The audit log over the API: each changing operation leaves a line, and so does what shows what is people's and customers'.

use std::collections::BTreeSet;

use plenum_collector::people::Reason;
use plenum_core::authority::{Actor, Role};
use plenum_core::fact::{Audited, Deed};
use plenum_core::text::{self, Language};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use super::rig::{PASSWORD, Rig, problem};
use crate::audit::Stopped;
use crate::routes;
use crate::routes::table::Needs;

/// The log, the newest first, once the first line that this finds is there.
async fn line(rig: &Rig, wanted: impl Fn(&Value) -> bool) -> Value {
    let found = |log: &Value| {
        let lines = log["items"].as_array().unwrap();
        lines.iter().find(|line| wanted(line)).cloned()
    };
    let log = rig.wait_for("/api/v1/audit", |log| found(log).is_some()).await;
    found(&log).unwrap()
}

#[test]
fn each_operation_that_changes_something_has_its_word() {
    for right in routes::table().rights {
        let changes = right.method != "GET";
        assert!(!changes || right.deed.is_some(), "{right:?}");
        // And one that only reads says so.
        let reads = right.deed.is_none_or(|deed| deed.only_reads());
        assert_eq!(reads, !changes, "{right:?}");
    }
    let used: Vec<Deed> = routes::table()
        .rights
        .into_iter()
        .filter_map(|right| right.deed)
        .collect();
    for deed in Deed::ALL {
        assert!(
            used.contains(deed) != deed.is_of_no_operation(),
            "{deed} is nobody's"
        );
    }
}

/// Generated from the table of routes: as an administrator, and refused.
#[tokio::test]
async fn each_of_them_leaves_a_line_whether_it_is_done_or_refused() {
    let rig = Rig::start().await;
    let viewer = rig.token_of(Role::Viewer, &[], &[]).await;
    for right in routes::table().rights {
        let Some(deed) = right.deed else { continue };
        let (path, method) = (right.path.replace(['{', '}'], ""), right.method.parse::<Method>());
        let method = method.unwrap();
        let asked = rig.with_token(method.clone(), &path).json(&json!({}));
        let status = asked.send().await.unwrap().status().as_u16();
        let is = |line: &Value, status: u16| line["deed"] == deed.as_str() && line["status"] == status;
        let told = line(&rig, |line| is(line, status)).await;
        let by = if right.needs == Needs::Nothing {
            "nobody"
        } else {
            "program"
        };
        assert_eq!(told["who"]["kind"], by, "{right:?}: {told}");
        assert_eq!(told["from"], "127.0.0.1");
        if let Needs::Permission(permission) = right.needs
            && !Role::Viewer.may(permission)
        {
            let asked = rig.ask(method, &path).bearer_auth(&viewer).json(&json!({}));
            assert_eq!(asked.send().await.unwrap().status(), StatusCode::FORBIDDEN);
            let told = line(&rig, |line| is(line, 403)).await;
            assert_eq!(told["ending"], "refused");
        }
    }
    rig.stop().await;
}

#[tokio::test]
async fn what_stands_in_an_address_makes_no_line_of_its_own() {
    let rig = Rig::start().await;
    let job = rig.token_of(Role::Job, &[], &[]).await;
    let path = "/api/v1/drills/x%0A%1B%5B31m%E2%80%AE8%20anna%3A%20log%20in%3A%20done/start";
    let asked = rig.ask(Method::POST, path).bearer_auth(&job);
    assert_eq!(asked.send().await.unwrap().status(), StatusCode::FORBIDDEN);
    let told = line(&rig, |line| line["deed"] == "begin-drill").await;
    assert_eq!(told["on"], "x  [31m8 anna: log in: done");
    rig.stop().await;
}

#[tokio::test]
async fn a_line_says_who_by_number_and_no_secret() {
    let rig = Rig::start().await;
    rig.anna().await;
    let wrong = json!({"name": "anna", "password": "cold racks hum softly"});
    let wrong = rig.ask(Method::POST, "/api/v1/sessions").json(&wrong);
    problem(wrong, 401).await;
    let nobody = json!({"name": "hunter2 is my password", "password": PASSWORD});
    let nobody = rig.ask(Method::POST, "/api/v1/sessions").json(&nobody);
    problem(nobody, 401).await;
    let refused = line(&rig, |line| {
        line["deed"] == "log-in" && line["who"]["kind"] == "person"
    })
    .await;
    assert_eq!(
        (
            &refused["who"]["number"],
            &refused["who"]["name"],
            &refused["ending"]
        ),
        (&json!(1), &json!("Anna Visser"), &json!("refused"))
    );
    line(&rig, |line| {
        line["deed"] == "log-in" && line["who"]["kind"] == "nobody"
    })
    .await;
    // A secret of an open operation's address is in no line.
    let link = rig.ask(Method::POST, "/a/some-secret").form(&[("comment", "x")]);
    assert_eq!(link.send().await.unwrap().status(), StatusCode::GONE);
    line(&rig, |line| line["deed"] == "answer-by-link").await;
    let export = rig
        .with_token(Method::GET, "/api/v1/audit/export")
        .send()
        .await
        .unwrap();
    assert_eq!(export.headers()["content-type"], "application/jsonl");
    let export = export.text().await.unwrap();
    for secret in ["hunter2", "cold racks", "some-secret", "anna"] {
        assert!(!export.contains(secret), "{secret}: {export}");
    }
    let mut verifier = plenum_collector::audit::Verifier::default();
    export.lines().for_each(|line| verifier.take(line));
    assert!(verifier.lines() > 3);
    assert_eq!(verifier.finish(&rig.collector.audit.public_key()), []);
    let syslog = rig.with_token(Method::GET, "/api/v1/audit/export?format=syslog");
    let syslog = syslog.send().await.unwrap().text().await.unwrap();
    assert!(
        syslog
            .lines()
            .all(|line| line.starts_with("<109>1 ") || line.starts_with("<108>1 "))
    );
    rig.stop().await;
}

/// What is stopped before a route, and looks that the table of routes refuses.
#[tokio::test]
async fn whoever_is_stopped_at_the_door_leaves_a_line_once_and_no_secret() {
    let rig = Rig::start().await;
    let session = rig.anna().await;
    let viewer = rig.token_of(Role::Viewer, &[], &[]).await;
    let ask = |method: Method, path: &str| rig.ask(method, path);
    for _ in 0..3 {
        problem(
            ask(Method::GET, "/api/v1/site").bearer_auth("never-given-out"),
            401,
        )
        .await;
    }
    let unknown = ask(Method::GET, "/api/v1/site").header("cookie", "plenum_session=never-given-out");
    problem(unknown, 401).await;
    // Without anything there is nothing to tell.
    problem(ask(Method::GET, "/api/v1/site"), 401).await;
    let forged = ask(Method::POST, "/api/v1/dead-letters/retry").header("cookie", &session);
    problem(forged, 403).await;
    problem(ask(Method::GET, "/").header("host", "example.org"), 421).await;
    problem(ask(Method::GET, "/api/v1/enrolments").bearer_auth(&viewer), 403).await;

    let enter = |on: &'static str| move |line: &Value| line["deed"] == "enter" && line["on"] == on;
    for (on, status, who) in [
        ("token", 401, "nobody"),
        ("session", 401, "nobody"),
        ("page", 403, "person"),
        ("host", 421, "nobody"),
    ] {
        let told = line(&rig, enter(on)).await;
        assert_eq!(
            (&told["status"], &told["who"]["kind"]),
            (&json!(status), &json!(who)),
            "{told}"
        );
        assert_eq!(
            (&told["ending"], &told["from"]),
            (&json!("refused"), &json!("127.0.0.1"))
        );
    }
    let look = line(&rig, |line| line["deed"] == "look").await;
    assert_eq!(
        (&look["on"], &look["who"]["kind"]),
        (&json!("/api/v1/enrolments"), &json!("program"))
    );
    let log = rig.get("/api/v1/audit").await;
    let lines = log["items"].as_array().unwrap();
    assert_eq!(lines.iter().filter(|line| enter("token")(line)).count(), 1);
    assert_eq!(lines.iter().filter(|line| line["deed"] == "enter").count(), 4);
    assert!(!log.to_string().contains("never-given-out"));
    rig.stop().await;
}

#[tokio::test]
async fn an_export_ends_well_when_it_is_compressed() {
    let rig = Rig::start().await;
    rig.anna().await;
    for format in ["json", "syslog"] {
        let path = format!("/api/v1/audit/export?format={format}");
        let packed = rig
            .with_token(Method::GET, &path)
            .header("accept-encoding", "gzip");
        let packed = packed.send().await.unwrap();
        assert_eq!(packed.headers()["content-encoding"], "gzip");
        assert!(!packed.bytes().await.unwrap().is_empty());
    }
    rig.stop().await;
}

#[tokio::test]
async fn what_a_line_is_on_is_looked_up_too() {
    let rig = Rig::start().await;
    rig.anna().await;
    let new = json!({"name": "bart", "role": "viewer", "rooms": [], "customers": []});
    let invited = rig.with_token(Method::POST, "/api/v1/people").json(&new);
    assert!(invited.send().await.unwrap().status().is_success());
    let told = line(&rig, |line| line["deed"] == "invite").await;
    assert_eq!((&told["on"], &told["name"]), (&json!("2"), &json!("bart")));
    assert_eq!(
        (&told["ending"], &told["says"]),
        (&json!("done"), &json!("invite somebody"))
    );
    rig.stop().await;
}

#[tokio::test]
async fn an_auditor_reads_it_page_by_page_and_a_viewer_does_not() {
    let rig = Rig::start().await;
    let auditor = rig.token_of(Role::Auditor, &[], &[]).await;
    let viewer = rig.token_of(Role::Viewer, &[], &[]).await;
    for _ in 0..5 {
        let retry = rig.with_token(Method::POST, "/api/v1/dead-letters/retry");
        assert!(retry.send().await.unwrap().status().is_success());
    }
    rig.wait_for("/api/v1/audit?limit=1", |log| {
        log["items"][0]["number"]
            .as_u64()
            .is_some_and(|number| number >= 6)
    })
    .await;
    let page = |path: String| {
        let request = rig.ask(Method::GET, &path).bearer_auth(&auditor);
        async move { request.send().await.unwrap().json::<Value>().await.unwrap() }
    };
    let first = page("/api/v1/audit?limit=2".to_owned()).await;
    let next = first["next"].as_str().unwrap();
    let second = page(format!("/api/v1/audit?limit=2&cursor={next}")).await;
    let number = |line: &Value| line["number"].as_u64().unwrap();
    assert_eq!(number(&second["items"][0]) + 1, number(&first["items"][1]));
    for path in ["audit", "audit/export"] {
        problem(
            rig.ask(Method::GET, &format!("/api/v1/{path}"))
                .bearer_auth(&viewer),
            403,
        )
        .await;
    }
    rig.stop().await;
}

#[test]
fn each_word_for_why_somebody_got_no_further_is_said_in_each_language() {
    let reasons = Reason::ALL.map(|reason| (Deed::SignOn, reason.as_str()));
    let stops = Stopped::ALL.map(|stopped| (Deed::Enter, stopped.as_str()));
    for (deed, word) in reasons.into_iter().chain(stops) {
        let [english, dutch] = Language::ALL.map(|language| text::audit::stopped(deed, word, language));
        let (english, dutch) = (english.unwrap(), dutch.unwrap());
        assert_ne!(english, dutch, "{word}");
    }
    // What somebody may have written stays what it is.
    assert_eq!(
        text::audit::stopped(Deed::Invite, "token", Language::English),
        None
    );
    assert_eq!(text::audit::stopped(Deed::Enter, "3", Language::English), None);
}

/// Each status with which the document says that something is refused is said as a reason.
#[test]
fn each_refusal_of_the_document_is_said_in_each_language() {
    let document = serde_json::to_value(routes::table().document).unwrap();
    let operations = document["paths"].as_object().unwrap().values();
    let operations = operations.flat_map(|path| path.as_object().unwrap().values());
    let answers = operations.filter_map(|operation| operation["responses"].as_object());
    let statuses = answers.flat_map(|answers| answers.keys());
    let refusals: BTreeSet<u16> = statuses
        .filter_map(|status| status.parse().ok())
        .filter(|status| (400..500).contains(status))
        .collect();
    assert!(refusals.len() > 5, "{refusals:?}");
    for status in refusals {
        let audited = Audited {
            at: plenum_protocol::Timestamp::from_milliseconds(0),
            by: Actor::Nobody,
            from: None,
            deed: Deed::LogIn,
            on: String::new(),
            status,
            times: 1,
        };
        let said = Language::ALL.map(|language| text::audit::ended(&audited, language));
        assert!(said.iter().all(|said| said.contains(": ")), "{status}: {said:?}");
    }
}
