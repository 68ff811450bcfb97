//! The table, line by line.

use std::collections::BTreeSet;

use super::*;
use crate::duty::Plan;
use crate::site::{Channel, Site};

pub(super) const NOW: Timestamp = Timestamp::from_milliseconds(1_790_000_000_000);

/// Two on the ladder, a third as the fallback, a fourth who is only one of everybody.
pub(super) const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[person]]
id = "anna"
name = "Anna"
[[person]]
id = "bert"
name = "Bert"
[[person]]
id = "carl"
name = "Carl"
[[person]]
id = "dora"
name = "Dora"
[[channel]]
id = "mail"
kind = "email"
people = ["anna", "bert", "carl", "dora"]
[[channel]]
id = "phone"
kind = "sms"
people = ["anna", "bert"]
[[channel]]
id = "horn"
kind = "webhook"
[[ladder]]
id = "nights"
fallback = "carl"
rounds = 2
again = "10min"
[[ladder.step]]
whom = { person = "anna" }
channels = ["phone"]
[[ladder.step]]
whom = { person = "bert" }
channels = ["phone", "horn"]
after = "5min"
"#;

pub(super) fn minutes(minutes: i64) -> Timestamp {
    NOW + Duration::from_minutes(minutes)
}

pub(super) fn open(is_held: bool) -> Situation {
    Situation {
        priority: Priority::High,
        is_held,
        is_ending: false,
    }
}

struct Night {
    site: Site,
    broken: BTreeSet<Way>,
    call: Call,
}

impl Night {
    fn begin() -> Self {
        Self::of(SITE)
    }

    fn of(site: &str) -> Self {
        let site: Site = toml::from_str(site).unwrap();
        let call = Call::begin(&site.ladders[0], Priority::High, NOW);
        Self {
            call,
            site,
            broken: BTreeSet::new(),
        }
    }

    /// What the step that is due tells, as `who/channel` for a first time and `who/channel again`.
    fn step(&mut self, at: Timestamp) -> Vec<String> {
        let (plan, mut call) = (Plan::new(&self.site, &[]), self.call.clone());
        let called = call.step(&self.site.ladders[0], &self.reach(&plan), at);
        self.call = call;
        let said = |way: &Way, again: &str| format!("{}/{}{again}", way.recipient, way.channel);
        let called = called.map(|called| {
            let first = called.first.iter().map(|way| said(way, ""));
            first
                .chain(called.again.iter().map(|way| said(way, " again")))
                .collect()
        });
        called.unwrap_or_default()
    }

    fn reach<'a>(&'a self, plan: &'a Plan<'a>) -> Reach<'a> {
        Reach {
            site: &self.site,
            plan,
            broken: &self.broken,
            to_people: &|channel: &Channel| channel.kind.as_str() != "webhook",
        }
    }

    /// Whom it comes to that somebody passes it on, to somebody by name or to whoever is next, and what that step tells.
    fn pass_on(&mut self, by: &str, to: &str, at: Timestamp) -> Option<Vec<String>> {
        let (plan, mut call) = (Plan::new(&self.site, &[]), self.call.clone());
        let to = to.parse().ok();
        call.pass_on(by, to.as_ref(), (&self.site.ladders[0], &self.reach(&plan)), at)?;
        self.call = call;
        Some(self.step(at))
    }

    fn due(&self) -> Option<i64> {
        let due = self.call.due(&self.site.ladders[0])?;
        Some(due.since(NOW).milliseconds() / 60_000)
    }

    fn stands(&mut self, situation: &Situation, at: Timestamp) {
        self.call.stands(situation, &self.site.ladders[0], at);
    }
}

#[test]
fn it_climbs_goes_round_and_gets_wider() {
    let mut night = Night::begin();
    let mut steps = Vec::new();
    for _ in 0..8 {
        let at = night.due().unwrap();
        assert!(
            night
                .step(minutes(at) - Duration::from_milliseconds(1))
                .is_empty()
        );
        steps.push((at, night.step(minutes(at)).join(" ")));
    }
    let expected = [
        (0, "anna/phone"),
        (5, "bert/phone horn/horn"),
        (10, "carl/mail"),
        (15, "anna/phone again"),
        (20, "bert/phone again horn/horn again"),
        (
            25,
            "anna/mail bert/mail dora/mail anna/phone again bert/phone again carl/mail again",
        ),
        (30, "anna/phone again"),
        (35, "bert/phone again horn/horn again"),
    ];
    for ((at, step), (expected_at, expected)) in steps.iter().zip(expected) {
        let sorted = |words: &str| {
            let mut words: Vec<String> = words
                .replace(" again", "+")
                .split(' ')
                .map(str::to_owned)
                .collect();
            words.sort();
            words
        };
        assert_eq!((*at, sorted(step)), (expected_at, sorted(expected)));
    }
}

#[test]
fn whoever_takes_it_ends_the_climb_and_whoever_gives_it_back_lets_it_go_on() {
    let mut night = Night::begin();
    night.step(NOW);
    night.stands(&open(true), minutes(2));
    assert_eq!((night.due(), night.step(minutes(60)).len()), (None, 0));
    night.stands(&open(false), minutes(60));
    assert_eq!(night.due(), Some(65));
    assert_eq!(night.step(minutes(65)), ["bert/phone", "horn/horn"]);
    let worse = Situation {
        priority: Priority::Critical,
        is_held: false,
        is_ending: false,
    };
    night.stands(&worse, minutes(66));
    assert_eq!(night.step(minutes(66)), ["anna/phone again"]);
    night.stands(&worse, minutes(67));
    assert_eq!(night.due(), Some(71), "no worse than before");
}

#[test]
fn what_is_about_to_end_waits_for_its_end_and_calls_the_next_where_it_stands_again_or_does_not_end() {
    let ending = Situation {
        is_ending: true,
        ..open(false)
    };
    let mut night = Night::begin();
    night.stands(&ending, NOW);
    assert_eq!(
        night.step(NOW).len(),
        1,
        "somebody is told whatever becomes of it"
    );
    night.stands(&ending, minutes(5));
    assert_eq!(night.step(minutes(5)).len(), 0);
    let mut again = Night {
        site: night.site.clone(),
        broken: BTreeSet::new(),
        call: night.call.clone(),
    };
    again.stands(&open(false), minutes(6));
    assert_eq!(again.step(minutes(6)), ["bert/phone", "horn/horn"]);
    assert_eq!(night.step(minutes(10)), ["bert/phone", "horn/horn"]);
}

#[test]
fn a_step_that_reaches_nobody_and_a_no_do_not_wait() {
    let mut night = Night::begin();
    night.step(NOW);
    let phone = |recipient: &str| Way {
        channel: "phone".to_owned(),
        recipient: recipient.to_owned(),
    };
    night.broken.insert(phone("anna"));
    assert_eq!(night.step(minutes(1)), ["bert/phone", "horn/horn"]);
    assert!(night.step(minutes(2)).is_empty());
    assert_eq!(night.pass_on("bert", "", minutes(2)).unwrap(), ["carl/mail"]);
    night.stands(&open(true), minutes(3));
    assert_eq!(night.pass_on("bert", "", minutes(3)), None, "somebody has it");
}

#[test]
fn what_is_passed_on_comes_to_somebody_else_however_far_the_ladder_has_to_go_for_that() {
    let of_anna = SITE
        .replace("person = \"bert\"", "person = \"anna\"")
        .replace("\"phone\", \"horn\"", "\"phone\"");
    let mut night = Night::of(&of_anna);
    night.step(NOW);
    assert_eq!(
        night.pass_on("anna", "", minutes(1)).unwrap(),
        ["carl/mail"],
        "she is the next step too"
    );
    let mut night = Night::of(&of_anna.replace("fallback = \"carl\"", "fallback = \"anna\""));
    night.step(NOW);
    let everybody = night.pass_on("anna", "", minutes(1)).unwrap();
    assert_eq!(
        everybody,
        ["bert/mail", "carl/mail", "dora/mail", "bert/phone"],
        "not she once more"
    );
    for by in ["bert", "carl"] {
        let others = night.pass_on(by, "", minutes(1)).unwrap();
        let has_declined = |way: &&String| ["anna", "bert"].iter().any(|gone| way.starts_with(gone));
        assert_eq!(others.iter().find(has_declined), None, "{others:?}");
    }
    assert_eq!(
        night.pass_on("dora", "", minutes(1)),
        None,
        "all have said no: nobody is called again at once"
    );
    assert!(night.due().is_some_and(|minute| minute > 1), "{:?}", night.due());
    let at = minutes(night.due().unwrap());
    assert!(!night.step(at).is_empty(), "and everybody later");
    let alone = of_anna.replace("fallback = \"carl\"", "fallback = \"anna\"");
    let alone = alone.replace(
        "people = [\"anna\", \"bert\", \"carl\", \"dora\"]",
        "people = [\"anna\"]",
    );
    let mut night = Night::of(&alone.replace("people = [\"anna\", \"bert\"]", "people = [\"anna\"]"));
    night.step(NOW);
    let before = night.call.clone();
    assert_eq!(night.pass_on("anna", "", minutes(1)), None);
    assert_eq!(night.call, before, "it goes on as it was");
}

#[test]
fn somebody_who_is_named_is_told_in_between_and_the_ladder_goes_on_where_it_was() {
    let mut night = Night::begin();
    night.step(NOW);
    for nobody in ["nobody", "anna"] {
        assert_eq!(night.pass_on("anna", nobody, minutes(1)), None);
    }
    assert_eq!(night.pass_on("anna", "dora", minutes(1)).unwrap(), ["dora/mail"]);
    assert_eq!(
        (night.due(), night.step(minutes(6))),
        (Some(6), vec!["bert/phone".to_owned(), "horn/horn".to_owned()])
    );
    night.broken.insert(Way {
        channel: "mail".to_owned(),
        recipient: "dora".to_owned(),
    });
    assert_eq!(
        night.pass_on("bert", "dora", minutes(7)),
        None,
        "no way to her works"
    );
    // Who has taken it before the first step was due passes it on in place of that step.
    let mut night = Night::begin();
    night.stands(&open(true), NOW);
    night.stands(&open(false), minutes(1));
    assert_eq!(night.pass_on("anna", "dora", minutes(1)).unwrap(), ["dora/mail"]);
    assert_eq!(night.due(), Some(6));
}

#[test]
fn nobody_is_passed_over_who_has_quiet_hours() {
    let quiet = "[[team]]\nid = \"ops\"\nname = \"Ops\"\nmembers = [\"bert\"]\n[[team.quiet]]\nhours = [\"mon-sun 00:00-24:00\"]\npriorities = [\"high\"]\n";
    let without_horn = SITE.replace("\"phone\", \"horn\"", "\"phone\"");
    let mut night = Night::of(&(without_horn + quiet));
    night.step(NOW);
    assert_eq!(night.pass_on("anna", "", minutes(1)), None);
    assert_eq!(night.pass_on("anna", "bert", minutes(1)), None);
    assert!(night.pass_on("anna", "carl", minutes(1)).is_some());
    let plan = Plan::new(&night.site, &[]);
    let others = night.reach(&plan).others("anna", Priority::High, NOW);
    let others: Vec<&str> = others.iter().map(|person| person.id.as_str()).collect();
    assert_eq!(others, ["carl", "dora"]);
}

#[test]
fn a_step_that_comes_to_nobody_comes_to_its_fallback() {
    let without = SITE.replace("people = [\"anna\", \"bert\"]", "people = [\"bert\"]");
    assert_eq!(Night::of(&without).step(NOW), ["carl/mail"]);
}

#[test]
fn what_can_wait_waits_for_the_end_of_quiet_hours() {
    let quiet = "[[team]]\nid = \"ops\"\nname = \"Ops\"\nmembers = [\"anna\"]\n[[team.quiet]]\nhours = [\"mon-sun 00:00-24:00\"]\npriorities = [\"high\"]\n";
    let mut night = Night::of(&(SITE.to_owned() + quiet));
    assert!(night.step(minutes(9)).is_empty());
    let worse = Situation {
        priority: Priority::Critical,
        is_held: false,
        is_ending: false,
    };
    night.stands(&worse, minutes(10));
    assert_eq!(night.step(minutes(10)), ["anna/phone"]);
}

#[test]
fn another_ladder_is_climbed_from_its_first_step_and_whoever_was_told_stays_told() {
    let mut night = Night::begin();
    night.step(NOW);
    night.site.ladders[0].id = "days".parse().unwrap();
    night.stands(&open(false), minutes(3));
    assert_eq!((night.call.taken, night.call.told.len()), (0, 1));
    assert_eq!(night.step(minutes(3)), ["anna/phone again"]);
    let kept = serde_json::to_string(&night.call).unwrap();
    assert_eq!(serde_json::from_str::<Call>(&kept).unwrap(), night.call);
}

#[test]
fn what_was_over_before_anybody_looked_is_told_where_it_stood_as_long_as_the_first_step_waits() {
    let mut night = Night::begin();
    let (ladder, minute) = (night.site.ladders[0].clone(), Duration::from_minutes(1));
    assert!(night.call.was_missed(&ladder, Duration::ZERO));
    assert_eq!(night.step(minutes(0)), ["anna/phone"]);
    assert!(!night.call.was_missed(&ladder, minute), "somebody was told");
    let patient = SITE.replacen("whom", "after = \"2min\"\nwhom", 1);
    let mut night = Night::of(&patient);
    let ladder = night.site.ladders[0].clone();
    assert!(!night.call.was_missed(&ladder, minute));
    assert!(night.call.was_missed(&ladder, minute + minute));
    assert_eq!(night.step(minutes(0)), ["anna/phone"]);
    let mut night = Night::begin();
    night.call.stands(&open(true), &ladder, minutes(0));
    assert!(!night.call.was_missed(&ladder, minute), "somebody had it");
}
