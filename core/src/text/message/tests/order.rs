//! What is over before it could be told, and what somebody has taken.

use super::super::write;
use super::{alarm, at, facts};
use crate::alarms::{Acknowledgement, Alarm, Held, State};
use crate::authority::Actor;
use crate::oncall::Reason;
use crate::text::message::Facts;

#[test]
fn what_is_over_before_it_could_be_told_says_both_in_each_form() {
    let over = Alarm {
        state: State::ReturnedUnacknowledged,
        returned_at: Some(at("2026-06-18T01:12:45Z")),
        held: Held {
            began_at: Some(at("2026-06-18T01:12:05Z")),
            ended_at: Some(at("2026-06-18T01:12:45Z")),
            ..Held::default()
        },
        ..alarm()
    };
    let both = write(&Facts {
        reason: Reason::Resolved,
        untold: true,
        alarm: over.clone(),
        stands: Some(over.clone()),
        ..facts()
    });
    let was = "from 03:12:05 until 03:12:45";
    assert!(
        both.subject
            .starts_with("OVER ALREADY, CRITICAL Room A: inlet far too warm"),
        "{}",
        both.subject
    );
    assert!(both.subject.contains(was), "{}", both.subject);
    assert!(
        both.short.contains(&format!("From{}", &was[4..])),
        "{}",
        both.short
    );
    assert!(
        both.text
            .contains("29.4 °C, above 27 °C. Inlet far too warm: over. It lasted 40 s"),
        "{}",
        both.text
    );
    let late = write(&Facts {
        stands: Some(over),
        ..facts()
    });
    assert!(
        late.subject.starts_with("OVER ALREADY, CRITICAL Room A"),
        "{}",
        late.subject
    );
    assert!(late.subject.contains("over since 03:12:45"), "{}", late.subject);
    assert!(late.short.contains("Over since 03:12:45."), "{}", late.short);
    assert!(
        !late.short.contains("Start AC 2") && !late.text.contains("\nDO "),
        "{}",
        late.text
    );
}

#[test]
fn that_somebody_has_it_is_short_and_asks_for_nothing() {
    let taken = Alarm {
        state: State::ActiveAcknowledged,
        acknowledged: Some(Acknowledgement {
            by: Actor::named("Sanne"),
            at: at("2026-06-18T01:14:00Z"),
            comment: String::new(),
            until: None,
        }),
        ..alarm()
    };
    let message = write(&Facts {
        reason: Reason::Taken,
        alarm: taken.clone(),
        stands: Some(taken),
        acknowledge_link: None,
        ..facts()
    });
    assert!(
        message
            .subject
            .starts_with("TAKEN, CRITICAL Room A: inlet far too warm"),
        "{}",
        message.subject
    );
    assert!(
        message.subject.contains("rising, Sanne has it since 03:14, "),
        "{}",
        message.subject
    );
    assert!(
        message.short.contains("Sanne has it.") && !message.short.contains("Start AC 2"),
        "{}",
        message.short
    );
    assert!(
        message.text.contains("NOW       Sanne has it since 03:14:00.\n"),
        "{}",
        message.text
    );
    assert!(!message.text.contains("\nDO "), "{}", message.text);
}
