//! What a trial says is what the engine raised live: built-in and own rules, guards, rules that look at other agents' series, faults, silence, lost batches,
//! agents that go and come back with what they kept, or were off, and restarts at any moment.

use std::collections::BTreeSet;

use super::rules::SITE;
use super::story::{LENGTH, START, live};
use super::*;

#[test]
fn a_trial_of_the_revision_in_force_says_what_the_engine_raised() {
    let mut rules = BTreeSet::new();
    let mut count = 0;
    for seed in 0..30 {
        let (raised, known, readings) = live(seed);
        let period = (second(START), second(START + LENGTH));
        let plan = Plan::new(site(SITE), site(SITE), period, known);
        let together = together(&plan, &readings);
        for part in [7, 2_000] {
            let alarms = plan.alarms([alone(&plan, &readings, part), together.clone()].concat());
            for side in alarms {
                let tried = told(&side);
                let keys: BTreeSet<_> = tried.keys().chain(raised.keys()).collect();
                for key in keys {
                    assert_eq!(tried.get(key), raised.get(key), "{key:?}, seed {seed}");
                }
            }
        }
        count += raised.values().map(Vec::len).sum::<usize>();
        rules.extend(raised.into_keys().map(|(rule, _)| rule));
    }
    assert!(count > 1_000, "{count} alarms are not enough to tell");
    for rule in [
        "agent-offline",
        "condenses",
        "damp",
        "dry-and-warm",
        "envelope",
        "fast",
        "neither",
        "odd",
        "one-of-two",
        "quiet-and-dry",
        "two-anywhere",
        "two-hot",
        "warm-on-battery",
        "cold",
        "delayed",
        "hot-on-battery",
        "inlet-high",
        "no-data",
        "no-data-protection",
        "no-data-ups",
        "no-data-ups-on-battery",
        "plain",
        "quiet",
        "ups-on-battery",
        "ups-runtime-low",
        "ups-runtime-very-low",
        "water",
    ] {
        assert!(rules.contains(rule), "no story has {rule}: {rules:?}");
    }
}
