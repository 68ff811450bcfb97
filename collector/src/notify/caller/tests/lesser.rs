//! Who has a part of an incident has no more than that: what is worse, and nobody's, is called for.

use plenum_core::alarms::Subject;

use super::*;

#[test]
fn whoever_has_something_lesser_has_not_what_is_worse_and_what_nobody_has_leaves_at_once() {
    let mut night = Night::begin();
    night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
    night.look(5, []);
    night.happens(taken(1, Priority::High, "bert"), Cause::Acknowledged, "bert", 6);
    night.happens(raised(2, Priority::Critical), Cause::Raised, "", 7);
    assert_eq!(night.leaves("anna", "phone", 7)[0].alarm.id, 2);
    // Of whoever takes it no way is known.
    night.happens(
        taken(2, Priority::Critical, "admin"),
        Cause::Acknowledged,
        "admin",
        8,
    );
    assert_eq!(night.leaves("anna", "phone", 8)[0].reason, Reason::Taken);

    let worse = night.happens(raised(3, Priority::Critical), Cause::Raised, "", 9);
    assert!(worse.contains(&"3 anna/phone first".to_owned()), "{worse:?}");
    let leaves = night.leaves("anna", "phone", 9);
    let leaves: Vec<(u64, Reason)> = leaves.iter().map(|due| (due.alarm.id, due.reason)).collect();
    assert_eq!(leaves, [(3, Reason::First)], "a minute after the message before");
    assert_ne!(night.events().last(), Some(&Happened::Taken));
    assert!(!night.silent().iter().any(|why| why.contains("HeldByAnother")));
}

#[test]
fn who_has_all_of_it_hears_of_each_part() {
    let mut night = Night::begin();
    night.happens(raised(1, Priority::Critical), Cause::Raised, "", 0);
    night.happens(
        taken(1, Priority::Critical, "anna"),
        Cause::Acknowledged,
        "anna",
        1,
    );
    let lesser = night.happens(raised(2, Priority::High), Cause::Raised, "", 2);
    assert!(lesser.contains(&"2 anna/phone first".to_owned()), "{lesser:?}");
    assert!(!lesser.iter().any(|row| row.contains("bert")), "{lesser:?}");
}

#[test]
fn why_nobody_was_told_names_quiet_hours_and_the_way_that_it_is_about() {
    let mut night = Night::begin();
    let about = Alarm {
        rule: "delivery-failed".parse().unwrap(),
        subject: Subject::System("phone/anna".to_owned()),
        ..raised(1, Priority::High)
    };
    night.happens(about, Cause::Raised, "", 0);
    let silent = night.silent();
    for why in [
        "anna/phone ChannelItself",
        "bert/phone NotYet",
        "carl/mail QuietHours",
    ] {
        assert!(silent.contains(&why.to_owned()), "{silent:?}");
    }
}
