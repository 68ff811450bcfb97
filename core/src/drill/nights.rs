//! Drills at random: whatever is seen of one, in whichever order, with clocks that are set and restarts between, it ends in time, is judged once, and passes only where every leg was done.

use proptest::prelude::*;

use super::tests::{NOW, carried, plan};
use super::*;

#[derive(Debug, Clone)]
enum Happens {
    Seen(Seen),
    Waits(i64),
    ClockSet(i64),
    Restart,
}

fn seen() -> impl Strategy<Value = Seen> {
    let confirmed = proptest::option::of(Just(Confirmed {
        by: Actor::Person(3),
        at: NOW,
    }));
    prop_oneof![
        any::<bool>().prop_map(|done| Seen::Answer {
            done,
            message: "so it says".to_owned()
        }),
        any::<bool>().prop_map(|on| Seen::Reading { on, at: NOW }),
        (prop::bool::weighted(0.8), confirmed).prop_map(|(stands, confirmed)| Seen::Alarm {
            id: 7,
            stands,
            confirmed
        }),
        any::<bool>().prop_map(|taken| Seen::Messages(carried(taken.then_some(NOW)))),
        Just(Seen::Withdrawn),
    ]
}

fn happens() -> impl Strategy<Value = Happens> {
    prop_oneof![
        4 => seen().prop_map(Happens::Seen),
        4 => (0..400i64).prop_map(Happens::Waits),
        1 => (-86_400..86_400i64).prop_map(Happens::ClockSet),
        1 => Just(Happens::Restart),
    ]
}

/// Every stage at its longest.
const LONGEST: i64 = 2 * 60 + 60 + 5 * 60 + 15 * 60 + 2 * 60;

proptest! {
    #[test]
    fn it_ends_in_time_and_is_judged_once(night in proptest::collection::vec(happens(), 0..40), confirm in any::<bool>()) {
        let (mut run, first) = Run::begin(Plan { confirm, ..plan() }, (Actor::Monitor, None), NOW);
        let (mut now, mut lived, mut done) = (NOW, 0, vec![first]);
        for happens in night {
            match happens {
                Happens::Seen(seen) => done.extend(run.see(seen, now)),
                Happens::Waits(seconds) => {
                    let until = now + Duration::from_seconds(seconds);
                    while let Some(next) = run.next_wakeup().filter(|next| *next <= until) {
                        prop_assert!(next >= now, "it wanted to be looked at before");
                        lived += next.since(now).milliseconds() / 1_000;
                        now = next;
                        done.extend(run.pass(now));
                        prop_assert!(run.next_wakeup().is_none_or(|next| next > now), "it would go round");
                    }
                    if run.is_open() {
                        lived += until.since(now).milliseconds() / 1_000;
                    }
                    now = until;
                }
                Happens::ClockSet(seconds) => {
                    let by = Duration::from_seconds(seconds);
                    now = now + by;
                    run.clock_was_set(by);
                }
                Happens::Restart => {
                    let kept = serde_json::to_string(&run).unwrap();
                    prop_assert_eq!(&serde_json::from_str::<Run>(&kept).unwrap(), &run);
                }
            }
        }
        while let Some(next) = run.next_wakeup() {
            lived += next.since(now).milliseconds() / 1_000;
            now = next;
            done.extend(run.pass(now));
        }
        prop_assert!(lived <= LONGEST, "{lived} s");
        let judged: Vec<&Option<Flaw>> = done.iter().filter_map(|effect| match effect {
            Effect::Judge(flaw) => Some(flaw),
            _ => None,
        }).collect();
        prop_assert_eq!(judged, vec![&run.flaw]);
        prop_assert_eq!(done.last(), Some(&Effect::Settle));
        let first_end = done.iter().position(|effect| matches!(effect, Effect::Ask { on: false, .. }));
        let first_end = first_end.expect("its agent is asked to end it");
        let begins_again = done[first_end..].iter().any(|effect| matches!(effect, Effect::Ask { on: true, .. }));
        prop_assert!(!begins_again);
        if run.has_passed() {
            let legs = &run.legs;
            let is_taken = legs.told.iter().any(|carried| carried.taken.is_some());
            prop_assert!(legs.raised.is_some() && legs.ended.is_some());
            prop_assert!(legs.confirmed.is_some() || (!confirm && is_taken));
        }
    }
}
