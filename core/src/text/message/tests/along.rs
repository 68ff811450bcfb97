//! What else of the incident a message tells.

use super::*;
use crate::authority::Actor;

fn other(name: &str, ending: Option<&str>) -> Standing {
    Standing {
        name: name.to_owned(),
        subject: "Inlet A1".to_owned(),
        since: at("2026-06-18T01:10:00Z"),
        ending: ending.map(at),
        unknown: false,
    }
}

fn told() -> Facts {
    let mut facts = facts();
    facts.along = Along {
        standing: vec![
            other("Inlet too warm", None),
            other("Inlet hot", Some("2026-06-18T01:11:00Z")),
        ],
        taken: 0,
        over: vec![other("Door open", Some("2026-06-18T01:11:30Z"))],
        ended: 1,
        withdrawn: vec![Withdrawn {
            name: "Inlet warm".to_owned(),
            subject: "Inlet A2".to_owned(),
            measured: Some((Quantity::Temperature, unknown("2026-06-18T01:11:40Z", 29.0))),
        }],
    };
    facts
}

fn also(facts: &Facts, label: &str) -> String {
    let text = write(facts).text;
    let found = text.lines().find_map(|line| line.strip_prefix(label));
    found.unwrap_or_default().trim().to_owned()
}

#[test]
fn what_stands_what_is_about_to_end_what_is_over_and_what_nothing_watches_are_four_things() {
    let mut facts = told();
    assert_eq!(
        also(&facts, "ALSO"),
        "1 more alarm of this incident stands: Inlet too warm (Inlet A1, since 03:10). 1 more is about to end: Inlet hot (Inlet A1, gone since 03:11). \
         1 alarm of this incident is over: Door open (Inlet A1, gone since 03:11). \
         1 alarm of this incident is withdrawn, nothing watches it any longer: Inlet warm (Inlet A2, last 29.0 °C)."
    );
    facts.form.language = Language::Dutch;
    let dutch = also(&facts, "OOK");
    assert!(dutch.ends_with("1 alarm van dit incident is ingetrokken, niets bewaakt het meer: Inlet warm (Inlet A2, laatst 29,0 °C)."));
    assert!(
        dutch.contains("Nog 1 eindigt binnenkort: Inlet hot (Inlet A1, weg sinds 03:11)."),
        "{dutch}"
    );
}

#[test]
fn how_many_more_counts_those_of_which_the_same_is_true() {
    let mut facts = told();
    let more = |facts: &Facts| facts.more().unwrap_or_default();
    assert_eq!(
        more(&facts),
        "and 1 more",
        "one that is about to end is not counted"
    );
    facts.along.standing.push(other("Water", None));
    assert_eq!(more(&facts), "and 2 more");
    facts.reason = Reason::Resolved;
    assert_eq!(more(&facts), "and 1 more", "what was withdrawn is not over");
    facts.reason = Reason::Taken;
    assert_eq!(more(&facts), "", "nobody has the others");
    facts.reason = Reason::Withdrawn;
    facts.along.withdrawn.clear();
    assert_eq!(more(&facts), "");
}

#[test]
fn a_message_about_a_condition_that_is_gone_meanwhile_says_so() {
    let mut facts = facts();
    facts.stands.as_mut().unwrap().held.ended_at = Some(at("2026-06-18T01:12:08Z"));
    let message = write(&facts);
    assert!(also(&facts, "WHAT").contains("Its condition is gone since 03:12:08."));
    assert!(
        message.short.contains("Its condition is gone since 03:12."),
        "{}",
        message.short
    );
    facts.form.language = Language::Dutch;
    assert!(write(&facts).text.contains("De oorzaak is weg sinds 03:12:08."));
}

#[test]
fn no_step_is_cut_in_its_middle() {
    let mut facts = facts();
    let step = "If you see or smell fire: leave, close the door, call the fire brigade";
    facts.response = vec![step.to_owned()];
    facts.passed_on = Some((Actor::named("Joris"), at("2026-06-18T01:12:09Z")));
    facts.sensor = "The detector behind the second rack of the row".to_owned();
    let short = |facts: &Facts| write(facts).short;
    assert!(
        short(&facts).contains(step) && short(&facts).len() > 160,
        "{}",
        short(&facts)
    );
    // A program reads one text message of 160 characters, without half a step.
    facts.acknowledge_link = None;
    assert!(
        !short(&facts).contains("If you see") && short(&facts).len() <= 160,
        "{}",
        short(&facts)
    );
    assert!(short(&facts).ends_with(". #4711"), "{}", short(&facts));
}
