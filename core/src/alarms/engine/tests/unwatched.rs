//! What is latched and has lost its watcher: a person ends it, and nothing but a person, unless something watches it again.

use super::revised::{House, site_with};
use super::*;
use crate::alarms::remark::Change;
use crate::alarms::{Alarm, Changed, Remark};
use crate::authority::Actor;
use crate::fact::{Action, ActionKind};

const LATCHED: &str =
    "select = { quantities = [\"smoke\"] }\nwhen = { is = { state = true, latched = true } }";
const PLAIN: &str = "select = { quantities = [\"smoke\"] }\nwhen = { is = { state = true } }";

/// A house whose detector says smoke, under a critical rule that latches.
fn burning() -> House {
    let mut house = House::with("critical", LATCHED);
    say(&mut house, 0, true);
    assert_eq!(house.log, [(0, Cause::Raised)]);
    house
}

fn say(house: &mut House, at: i64, smoke: bool) {
    house.measure(at, "detector/smoke", &[(at, f64::from(smoke))]);
}

fn revise(house: &mut House, at: i64, priority: &str, rule: &str) {
    let revision = house.engine.revision() + 1;
    house.engine.prepare(revision, site_with(priority, rule));
    house.apply(second(at), Item::Revision(revision));
}

fn restart(house: &mut House, at: i64, change: impl Fn(&mut Alarm)) {
    let mut snapshot = house.engine.snapshot();
    let alarms = snapshot.alarms.iter_mut();
    alarms
        .filter(|alarm| alarm.rule.as_str() == "warm")
        .for_each(change);
    let text = serde_json::to_string(&snapshot).unwrap();
    let site = house.engine.site().clone();
    house.engine = Engine::restore(serde_json::from_str(&text).unwrap(), site);
    house.engine.reached_end(second(at));
    house.note();
}

fn act(house: &mut House, at: i64, kind: ActionKind) {
    let action = Action {
        alarm: house.alarm().id,
        kind,
        actor: Actor::named("anna"),
        comment: String::new(),
        at: second(at),
        occurrence: None,
    };
    house.apply(second(at), Item::Action(action));
}

/// It waits for a person as it was raised, whatever becomes of its rule's name.
fn waits_for_a_person(house: &mut House, at: i64) {
    let alarm = house.alarm();
    assert!(
        alarm.state.is_active() && alarm.latched && alarm.unwatched,
        "{alarm:?}"
    );
    assert_eq!(
        (alarm.priority, alarm.name.as_str()),
        (Priority::Critical, "Warm")
    );
    say(house, at, false);
    assert!(house.alarm().state.is_active() && house.alarm().unwatched);
    act(
        house,
        at + 1,
        ActionKind::OutOfService {
            review: second(at + 900),
        },
    );
    assert!(house.alarm().cover.is_none(), "nothing would ever end it");
    act(house, at + 2, ActionKind::Reset);
    assert_eq!(house.alarm().state, State::ReturnedUnacknowledged);
}

#[test]
fn whatever_takes_its_rules_place_it_stays_as_it_was_until_a_person_resets_it() {
    let humid = "select = { quantities = [\"humidity\"] }\nwhen = { above = { limit = 90 } }";
    let off = |rule: &str| format!("enabled = false\n{rule}");
    let silent = "select = { quantities = [\"smoke\"] }\nwhen = { stale = { after = \"1h\" } }";
    let rules = [
        humid.to_owned(),
        off(PLAIN),
        off(LATCHED),
        off(humid),
        silent.to_owned(),
    ];
    for rule in rules {
        let mut house = burning();
        revise(&mut house, 5, "low", &rule);
        assert_eq!(house.log[1..], [(5, Cause::Removed)], "{rule}");
        revise(&mut house, 6, "medium", &rule);
        restart(&mut house, 7, |_| ());
        assert_eq!(house.log.len(), 2, "{:?}", house.log);
        waits_for_a_person(&mut house, 10);
    }
}

#[test]
fn what_an_earlier_program_took_from_it_is_given_back_at_the_next_start() {
    let mut house = burning();
    revise(&mut house, 5, "low", &format!("enabled = false\n{PLAIN}"));
    restart(&mut house, 7, |alarm| {
        (alarm.priority, alarm.latched) = (Priority::Low, false);
        let priority = Change::Priority {
            before: Priority::Critical,
            after: Priority::Low,
        };
        let what = vec![priority, Change::Latched { after: false }];
        alarm.changed = Some(Changed { at: second(5), what });
    });
    assert_eq!(house.log.last().unwrap().1, Cause::Upgraded);
    let back = Change::Priority {
        before: Priority::Low,
        after: Priority::Critical,
    };
    let what = vec![back, Change::Latched { after: true }];
    assert_eq!(house.remarks.last().unwrap(), &Some(Remark::Changed(what)));
    waits_for_a_person(&mut house, 10);
}

#[test]
fn what_is_watched_again_and_not_latched_ends_with_the_reading_that_says_so() {
    for restarts in [false, true] {
        let mut house = burning();
        revise(&mut house, 5, "critical", &format!("enabled = false\n{LATCHED}"));
        if restarts {
            restart(&mut house, 6, |_| ());
        }
        revise(&mut house, 7, "critical", PLAIN);
        assert!(house.alarm().state.is_active() && !house.alarm().unwatched);
        say(&mut house, 10, true);
        assert!(house.alarm().state.is_active());
        say(&mut house, 20, false);
        assert_eq!(house.log.last(), Some(&(20, Cause::Returned)));
    }
}

#[test]
fn what_is_watched_again_and_latched_waits_for_a_person_who_can_reset_it() {
    let mut house = burning();
    revise(&mut house, 5, "critical", &format!("enabled = false\n{LATCHED}"));
    revise(&mut house, 7, "critical", LATCHED);
    assert!(!house.alarm().unwatched);
    say(&mut house, 10, true);
    act(&mut house, 11, ActionKind::Reset);
    assert!(house.alarm().state.is_active(), "there is smoke");
    say(&mut house, 20, false);
    assert!(house.alarm().state.is_active() && house.alarm().latched);
    revise(&mut house, 25, "critical", PLAIN);
    say(&mut house, 30, false);
    assert!(!house.alarm().state.is_active(), "{:?}", house.log);
}

#[test]
fn what_only_the_latch_of_its_rule_held_ends_when_that_is_gone() {
    // Raised by a late reading, while the detector says that all is well.
    let mut house = House::with("critical", LATCHED);
    say(&mut house, 100, false);
    house.measure(101, "detector/smoke", &[(50, 1.0)]);
    assert!(house.alarm().state.is_active());
    say(&mut house, 120, false);
    revise(&mut house, 125, "critical", PLAIN);
    say(&mut house, 130, false);
    say(&mut house, 140, false);
    assert!(!house.alarm().state.is_active(), "{:?}", house.log);
}
