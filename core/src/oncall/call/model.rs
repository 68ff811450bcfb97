//! Nights at random, with channels that break and mend, people who take it, give it back and say no, clocks that are set, and restarts: whatever happens, somebody whom a way
//! reaches is told as long as nobody has it, and nobody is told while somebody does.

use std::collections::BTreeSet;

use super::tests::{NOW, SITE, open};
use super::*;
use crate::duty::Plan;
use crate::site::{Channel, Site};

struct Random(u64);

impl Random {
    fn below(&mut self, below: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % below
    }
}

/// A whole round of the ladder, and the wait before it.
const ROUND: Duration = Duration::from_minutes(40);

fn ways(site: &Site) -> Vec<Way> {
    let of = |channel: &Channel| {
        let ways = channel.people.iter().map(|person| Way {
            channel: channel.id.to_string(),
            recipient: person.to_string(),
        });
        ways.collect::<Vec<_>>()
    };
    site.channels.iter().flat_map(of).collect()
}

fn reach<'a>(site: &'a Site, plan: &'a Plan<'a>, broken: &'a BTreeSet<Way>) -> Reach<'a> {
    Reach {
        site,
        plan,
        broken,
        to_people: &|channel: &Channel| channel.kind.as_str() != "webhook",
    }
}

#[test]
fn somebody_who_can_be_reached_is_told_and_nobody_while_somebody_has_it() {
    let site: Site = toml::from_str(SITE).unwrap();
    let (ladder, plan, ways) = (&site.ladders[0], Plan::new(&site, &[]), ways(&site));
    for seed in 0..10_000 {
        let mut random = Random(seed);
        let (mut now, mut broken) = (NOW, BTreeSet::new());
        let mut call = Call::begin(ladder, Priority::High, now);
        // Since when nobody has it, every way that works did so and nobody who works was told.
        let mut missed = now;
        for _ in 0..80 {
            now = now + Duration::from_seconds(random.below(400) as i64);
            match random.below(12) {
                0 => {
                    let way = ways[random.below(ways.len() as u64) as usize].clone();
                    if !broken.remove(&way) {
                        broken.insert(way);
                    }
                    missed = now;
                }
                1 => call.stands(&open(true), ladder, now),
                2 | 3 => {
                    if call.is_held {
                        missed = now;
                    }
                    call.stands(&open(false), ladder, now);
                }
                4 => {
                    let by = &ways[random.below(ways.len() as u64) as usize].recipient;
                    let to = &ways[random.below(ways.len() as u64) as usize].recipient;
                    let to = to.parse().ok().filter(|_| random.below(2) == 0);
                    let reach = reach(&site, &plan, &broken);
                    call.pass_on(by, to.as_ref(), (ladder, &reach), now);
                }
                5 => call = serde_json::from_str(&serde_json::to_string(&call).unwrap()).unwrap(),
                6 => {
                    let by = Duration::from_minutes(random.below(600) as i64 - 300);
                    call.clock_was_set(by);
                    (now, missed) = (now + by, missed + by);
                }
                _ => {}
            }
            let reach = reach(&site, &plan, &broken);
            let mut steps = 0;
            while let Some(called) = call.step(ladder, &reach, now) {
                assert!(!call.is_held, "seed {seed}: told while somebody has it");
                let reached = called
                    .first
                    .iter()
                    .chain(&called.again)
                    .any(|way| !broken.contains(way));
                if reached {
                    missed = now;
                }
                steps += 1;
                assert!(steps < 9, "seed {seed}: it goes round without an end");
            }
            if call.is_held || broken.len() == ways.len() {
                missed = now;
            }
            assert!(
                call.is_held || call.due(ladder).is_some_and(|due| due > now),
                "seed {seed}: it gave up"
            );
            assert!(now.since(missed) < ROUND + ROUND, "seed {seed}: nobody was told");
        }
    }
}
