//! What PagerDuty says: a webhook of version 3, with one event, signed by HMAC-SHA256 over its bytes
//! (<https://developer.pagerduty.com/docs/webhooks/v3-overview>, "Verifying Signatures").

use hmac::{Hmac, KeyInit, Mac};
use plenum_protocol::Timestamp;
use serde::Deserialize;
use sha2::Sha256;

use crate::notify::channels::hook::{Done, HookError, Post, Said, Thread};
use crate::notify::channels::setting::Secret;

/// Where the signatures stand: several while the secret is changed.
const SIGNATURE: &str = "x-pagerduty-signature";
const VERSION: &str = "v1=";

#[derive(Deserialize)]
struct Envelope {
    event: Event,
}

#[derive(Deserialize)]
struct Event {
    event_type: String,
    occurred_at: String,
    /// Who did it; nobody where it came of itself.
    #[serde(default)]
    agent: Option<Agent>,
    #[serde(default)]
    data: Data,
}

#[derive(Deserialize)]
struct Agent {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    summary: Option<String>,
}

#[derive(Default, Deserialize)]
struct Data {
    #[serde(default)]
    incident_key: Option<String>,
}

/// Whether it is PagerDuty's word, and what it means; none where it is of nothing that was told under `prefix`, or nothing that changes anything here.
pub(super) fn heard(post: &Post<'_>, secret: &Secret, prefix: &str) -> Result<Option<Said>, HookError> {
    let signatures = (post.header)(SIGNATURE).unwrap_or_default();
    if !is_signed(&signatures, secret, post.body) {
        return Err(HookError::Unsigned);
    }
    let unreadable = |error: &dyn std::fmt::Display| HookError::Unreadable(error.to_string());
    let Envelope { event } = serde_json::from_slice(post.body).map_err(|error| unreadable(&error))?;
    let is_person = event
        .agent
        .as_ref()
        .is_some_and(|agent| agent.kind == "user_reference");
    let done = match event.event_type.as_str() {
        // What we said ourselves comes back as an integration's. Whoever resolves it looked after it; it is over here when it is.
        "incident.acknowledged" | "incident.resolved" if is_person => Done::Taken,
        // By a person, or by itself after the time that PagerDuty gives.
        "incident.unacknowledged" => Done::GivenBack,
        _ => return Ok(None),
    };
    let key = event.data.incident_key.unwrap_or_default();
    let Some(thread) = key
        .strip_prefix(prefix)
        .and_then(|thread| thread.parse::<Thread>().ok())
    else {
        return Ok(None);
    };
    let at: Timestamp = event.occurred_at.parse().map_err(|error| unreadable(&error))?;
    let who = event.agent.and_then(|agent| agent.summary).unwrap_or_default();
    Ok(Some(Said {
        thread,
        done,
        who,
        at,
    }))
}

fn is_signed(signatures: &str, secret: &Secret, body: &[u8]) -> bool {
    let of_this_version = signatures
        .split(',')
        .filter_map(|one| one.trim().strip_prefix(VERSION));
    of_this_version.take(8).any(|signature| {
        let Ok(signature) = hex::decode(signature) else {
            return false;
        };
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.reveal().as_bytes()) else {
            return false;
        };
        mac.update(body);
        // It takes as long whatever is wrong.
        mac.verify_slice(&signature).is_ok()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const PREFIX: &str = "plenum/zaandam/";

    fn check(event: &str, signature: Option<&str>, expected: Result<Option<Said>, &str>) {
        let body = format!("{{\"event\":{event}}}");
        let mut mac = Hmac::<Sha256>::new_from_slice(b"secret").unwrap();
        mac.update(body.as_bytes());
        let genuine = format!("v1={}", hex::encode(mac.finalize().into_bytes()));
        let signature = signature.map(|given| given.replace("GENUINE", &genuine));
        let header = |name: &str| signature.clone().filter(|_| name == SIGNATURE);
        let post = Post {
            header: &header,
            body: body.as_bytes(),
        };
        let found = heard(&post, &Secret::from("secret".to_owned()), PREFIX);
        match expected {
            Ok(said) => assert_eq!(found, Ok(said), "{body}"),
            Err(words) => assert!(found.unwrap_err().to_string().contains(words), "{body}"),
        }
    }

    /// With the fields of the documented example that are of use here, and one that is not.
    fn event(what: &str, agent: &str, key: &str) -> String {
        format!(
            r#"{{"id":"01","event_type":"incident.{what}","resource_type":"incident","occurred_at":"2026-06-18T01:12:05.123Z","agent":{agent},"client":null,
                "data":{{"id":"P1","type":"incident","number":2,"status":"{what}","incident_key":"{key}","title":"Room A"}}}}"#
        )
    }

    const JANE: &str = r#"{"html_url":"https://acme.pagerduty.com/users/P2","id":"P2","summary":"Jane Doe","type":"user_reference"}"#;
    const OURSELVES: &str =
        r#"{"id":"P3","summary":"Plenum","type":"events_api_v2_inbound_integration_reference"}"#;

    #[test]
    fn what_people_do_there_is_heard_and_what_we_said_ourselves_is_not() {
        let said = |thread, done, who: &str| {
            let at = "2026-06-18T01:12:05.123Z".parse().unwrap();
            Ok(Some(Said {
                thread,
                done,
                who: who.to_owned(),
                at,
            }))
        };
        let (incident, genuine) = ("plenum/zaandam/incident-7", Some("GENUINE"));
        let taken = said(Thread::Incident(7), Done::Taken, "Jane Doe");
        check(&event("acknowledged", JANE, incident), genuine, taken.clone());
        check(&event("resolved", JANE, incident), genuine, taken);
        check(
            &event("acknowledged", JANE, "plenum/zaandam/alarm-12"),
            genuine,
            said(Thread::Alarm(12), Done::Taken, "Jane Doe"),
        );
        let given_back = said(Thread::Incident(7), Done::GivenBack, "");
        check(&event("unacknowledged", "null", incident), genuine, given_back);
        for (what, agent, key) in [
            ("acknowledged", OURSELVES, incident),
            ("resolved", OURSELVES, incident),
            ("resolved", "null", incident),
            ("triggered", OURSELVES, incident),
            ("reassigned", JANE, incident),
            ("acknowledged", JANE, "plenum/elsewhere/incident-7"),
            ("acknowledged", JANE, "plenum/zaandam/incident-7x"),
            ("acknowledged", JANE, "d3640fbd41094207"),
        ] {
            check(&event(what, agent, key), genuine, Ok(None));
        }
        // What is sent to try the way.
        check(
            r#"{"event_type":"pagey.ping","resource_type":"pagey","occurred_at":"2026-06-18T01:12:05Z","agent":null,"client":null,"data":{"message":"Hello from your friend Pagey!","type":"ping"}}"#,
            genuine,
            Ok(None),
        );
    }

    #[test]
    fn what_is_not_signed_by_the_secret_is_not_its_word() {
        let event = event("acknowledged", JANE, "plenum/zaandam/incident-7");
        let other = "v1=f03de6f61df6e454f3620c4d6aca17ad072d3f8bbb2760eac3b2ad391b5e8073";
        for signature in [
            None,
            Some(""),
            Some("v1="),
            Some("v1=xyz"),
            Some(other),
            Some("v2=GENUINE"),
        ] {
            check(&event, signature, Err("the signature is not that of the secret"));
        }
        let at = "2026-06-18T01:12:05.123Z".parse().unwrap();
        let said = Said {
            thread: Thread::Incident(7),
            done: Done::Taken,
            who: "Jane Doe".to_owned(),
            at,
        };
        // While the secret is changed there are two.
        for both in [format!("{other},GENUINE"), format!("GENUINE, {other}")] {
            check(&event, Some(&both), Ok(Some(said.clone())));
        }
        for unreadable in ["", "[]", "{}", r#"{"event_type":7,"occurred_at":""}"#] {
            check(unreadable, Some("GENUINE"), Err("cannot be read"));
        }
        let no_instant = event.replace("2026-06-18T01:12:05.123Z", "yesterday");
        check(&no_instant, Some("GENUINE"), Err("cannot be read"));
    }
}
