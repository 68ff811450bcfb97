//! Passing on: who may, what becomes of it, and who is told.

use plenum_core::oncall::call::Passed;

use super::super::passing::Answer;
use super::*;

impl Night {
    /// What comes of it that somebody passes it on, to somebody by name or to whoever is next. `had`: what they have just given back.
    pub(super) fn pass_on(&self, minute: i64, person: &str, to: &str, had: bool) -> Passed {
        let (answer, by) = (self.answer(minute, person, to, had), Actor::named(person));
        let pass = move |connection: &Connection| answer.pass_on(connection, by);
        self.database.write_blocking(pass).unwrap().passed
    }

    fn answer(&self, minute: i64, person: &str, to: &str, had: bool) -> Answer {
        Answer {
            passes: PassesOn {
                incident: INCIDENT,
                person: person.to_owned(),
                to: to.parse().ok(),
            },
            had,
            site: self.site.clone(),
            overrides: Arc::new([]),
            deliver_from: Timestamp::MIN,
            now: minutes(minute),
        }
    }
}

fn by(person: &str, to: &str) -> Happened {
    Happened::PassedOn {
        by: Actor::named(person),
        to: to.parse().ok(),
    }
}

#[test]
fn a_no_counts_once_and_only_from_whoever_was_asked_last() {
    let mut night = Night::begin();
    assert_eq!(night.pass_on(0, "anna", "", false), Passed::Over);
    night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
    assert_eq!(
        night.pass_on(0, "anna", "", false),
        Passed::NotTold,
        "nothing has left"
    );
    night.leaves("anna", "phone", 1);
    assert_eq!(night.pass_on(1, "bert", "", false), Passed::NotTold);
    assert_eq!(night.pass_on(1, "anna", "", false), Passed::On);
    assert_eq!(night.pass_on(1, "anna", "", false), Passed::Noted, "once");
    assert_eq!(night.events().last(), Some(&by("anna", "")));
    assert_eq!(night.look(1, []), ["1 bert/phone first", "1 horn/horn first"]);
    assert_eq!(
        night.pass_on(1, "anna", "", false),
        Passed::Noted,
        "it waits for Bert"
    );
    night.happens(taken(1, Priority::High, "bert"), Cause::Acknowledged, "bert", 1);
    assert_eq!(night.pass_on(1, "anna", "", false), Passed::HeldByAnother);
}

#[test]
fn whoever_has_it_gives_it_back_with_that_and_the_next_is_told_at_once() {
    let mut night = Night::begin();
    night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
    night.leaves("anna", "phone", 1);
    night.happens(taken(1, Priority::High, "anna"), Cause::Acknowledged, "anna", 1);
    let answer = night.answer(2, "anna", "", false);
    let would = night
        .database
        .read_blocking(move |connection| answer.look(connection));
    let (would, ..) = would.unwrap();
    assert_eq!((would.passed, would.has.len()), (Passed::On, 1));
    let others: Vec<&str> = would.others.iter().map(|other| other.as_str()).collect();
    assert_eq!(others, ["bert", "carl"]);
    let back = night.happens(raised(1, Priority::High), Cause::GivenBack, "anna", 2);
    assert_eq!(back, ["1 log/log stands-again"], "Bert has not heard of it");
    assert_eq!(night.pass_on(2, "anna", "", true), Passed::On);
    assert_eq!(night.look(2, []), ["1 bert/phone first", "1 horn/horn first"]);
    let read = |connection: &Connection| calls::passed_on(connection, INCIDENT);
    let passed_on = night.database.read_blocking(read).unwrap();
    assert_eq!(passed_on, Some((Actor::named("anna"), minutes(2))));
    night.happens(taken(1, Priority::High, "bert"), Cause::Acknowledged, "bert", 3);
    assert_eq!(
        night.database.read_blocking(read).unwrap(),
        None,
        "somebody had it since"
    );
}

#[test]
fn it_is_passed_on_by_name_to_whoever_a_way_reaches() {
    let mut night = Night::begin();
    night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
    night.leaves("anna", "phone", 1);
    assert_eq!(night.pass_on(1, "anna", "dora", false), Passed::NotReached);
    assert_eq!(night.pass_on(1, "anna", "carl", false), Passed::On);
    assert_eq!(night.look(1, []), ["1 carl/mail first"]);
    assert_eq!(night.events()[2], by("anna", "carl"));
    assert_eq!(night.look(5, []), [""; 0]);
    assert_eq!(
        night.look(6, []),
        ["1 bert/phone first", "1 horn/horn first"],
        "the ladder goes on where it was"
    );
}

#[test]
fn where_nobody_comes_after_them_whoever_has_it_keeps_it() {
    let alone = SITE.replace("people = [\"anna\", \"bert\", \"carl\"]", "people = [\"anna\"]");
    let alone = alone.replace("people = [\"anna\", \"bert\"]", "people = [\"anna\"]");
    let alone = alone.replace("channels = [\"phone\", \"horn\"]", "channels = [\"phone\"]");
    for site in [alone, SITE.split("[[ladder]]").next().unwrap().to_owned()] {
        let mut night = Night::of(&site);
        night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
        night.leaves("anna", "phone", 1);
        assert_eq!(night.pass_on(1, "anna", "", false), Passed::NobodyNext);
        night.happens(taken(1, Priority::High, "anna"), Cause::Acknowledged, "anna", 1);
        assert_eq!(night.pass_on(1, "anna", "", false), Passed::Kept);
        assert!(!night.events().contains(&by("anna", "")));
    }
}

#[test]
fn what_others_have_of_it_as_bad_as_the_rest_leaves_the_rest_to_them() {
    let mut night = Night::begin();
    night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
    night.happens(raised(2, Priority::High), Cause::Raised, "", 0);
    night.leaves("anna", "phone", 1);
    night.happens(taken(1, Priority::High, "anna"), Cause::Acknowledged, "anna", 1);
    night.happens(taken(2, Priority::High, "bert"), Cause::Acknowledged, "bert", 1);
    let answer = night.answer(2, "anna", "", false);
    let would = night
        .database
        .read_blocking(move |connection| answer.look(connection));
    let (would, ..) = would.unwrap();
    assert_eq!((would.passed, would.has.len()), (Passed::Noted, 1));
}
