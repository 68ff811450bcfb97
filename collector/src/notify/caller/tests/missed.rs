//! What came and went before anybody looked whom to call, as after a time in which the collector did not run.

use super::*;

/// It was raised a minute before it returned.
fn returned(id: u64) -> Alarm {
    Alarm {
        state: State::ReturnedUnacknowledged,
        raised_at: NOW,
        returned_at: Some(minutes(1)),
        ..raised(id, Priority::High)
    }
}

fn came(id: u64) -> Alarm {
    Alarm {
        raised_at: NOW,
        ..raised(id, Priority::High)
    }
}

/// Whom it comes to first hears once that it was, in one commit or in two.
fn check(commits: Vec<Vec<(Alarm, Cause)>>) {
    let mut night = Night::begin();
    for transitions in commits {
        night.commits(transitions, "", 5);
    }
    let mut written = night.look(5, []);
    written.retain(|row| !row.contains("log/log"));
    assert_eq!(written, ["1 anna/phone resolved"]);
    let left = night.leaves("anna", "phone", 5);
    assert!(matches!(left.as_slice(), [only] if only.untold), "{left:?}");
    assert_eq!(
        night.events().len(),
        3,
        "it began, a step was taken, and it ended"
    );
    assert_eq!(night.look(60, [INCIDENT]), [""; 0]);
}

#[test]
fn whoever_comes_first_hears_of_what_came_and_went_before_anybody_looked() {
    let (raise, end) = ((came(1), Cause::Raised), (returned(1), Cause::Returned));
    check(vec![vec![raise.clone()], vec![end.clone()]]);
    check(vec![vec![raise, end]]);
}

#[test]
fn what_came_again_unseen_is_told_and_what_was_told_is_not_told_again() {
    let mut night = Night::begin();
    night.happens(came(1), Cause::Raised, "", 0);
    night.leaves("anna", "phone", 0);
    night.happens(returned(1), Cause::Returned, "", 1);
    night.leaves("anna", "phone", 1);
    let again = |alarm: Alarm| Alarm {
        raised_at: minutes(2),
        returned_at: alarm.returned_at.map(|_| minutes(3)),
        ..alarm
    };
    night.commits(vec![(again(came(2)), Cause::Raised)], "", 4);
    night.commits(vec![(again(returned(2)), Cause::Returned)], "", 4);
    let mut written = night.look(4, []);
    written.retain(|row| !row.contains("log/log"));
    assert_eq!(written, ["2 anna/phone resolved"]);
    night.leaves("anna", "phone", 4);
    night.commits(vec![(again(came(1)), Cause::Raised)], "", 5);
    night.commits(vec![(again(returned(1)), Cause::Returned)], "", 5);
    let mut written = night.look(5, []);
    written.retain(|row| !row.contains("log/log"));
    assert_eq!(written, ["1 anna/phone resolved"]);
}

#[test]
fn nobody_hears_of_what_somebody_took_or_what_was_shorter_than_the_first_step_waits() {
    let mut night = Night::begin();
    night.commits(vec![(came(1), Cause::Raised)], "", 5);
    night.commits(
        vec![(taken(1, Priority::High, "bert"), Cause::Acknowledged)],
        "bert",
        5,
    );
    let over = Alarm {
        state: State::Normal,
        ..returned(1)
    };
    night.commits(vec![(over, Cause::Returned)], "", 5);
    let written = night.look(5, []);
    assert!(written.iter().all(|row| row.contains("log/log")), "{written:?}");

    let patient = SITE.replace(
        "whom = { person = \"anna\" }",
        "whom = { person = \"anna\" }\nafter = \"2min\"",
    );
    let mut night = Night::of(&patient);
    night.commits(vec![(came(1), Cause::Raised)], "", 5);
    night.commits(vec![(returned(1), Cause::Returned)], "", 5);
    let written = night.look(5, []);
    assert!(written.iter().all(|row| row.contains("log/log")), "{written:?}");
    assert_eq!(night.events().last(), Some(&Happened::Ended));
}
