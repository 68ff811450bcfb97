//! Good readings one after the other, for a tracker whose condition remembers the ones before: it passes over them in one step where the condition can
//! tell that it is the same by each of them as it is now. What it remembers afterwards is what it would if they had come one by one.

use plenum_protocol::{Duration, Timestamp};

use super::{Block, ConditionTracker};
use crate::alarms::forecast::Ahead;
use crate::expectation::Silence;
use crate::site::Rule;

/// Good readings one after the other.
#[derive(Debug)]
pub struct Run<'a> {
    block: Block,
    /// From the reading before to the first.
    since_before: Duration,
    readings: &'a [(Timestamp, f64)],
    ahead: &'a mut Ahead,
}

impl<'a> Run<'a> {
    /// Of these readings, which are a block. `ahead` is where what is worked out for one rule is found by the next.
    pub fn new(block: Block, readings: &'a [(Timestamp, f64)], ahead: &'a mut Ahead) -> Self {
        ahead.begin();
        Self {
            block,
            since_before: Duration::ZERO,
            readings,
            ahead,
        }
    }

    /// The least and the greatest value.
    pub(crate) fn extremes(&self) -> (f64, f64) {
        (self.block.low, self.block.high)
    }

    /// The longest time from one to the next, the one before the first among them.
    pub(crate) fn longest(&self) -> Duration {
        self.block.longest.max(self.since_before)
    }

    /// They themselves, and what they mean to a forecaster.
    pub(crate) fn parts(&mut self) -> (&'a [(Timestamp, f64)], &mut Ahead) {
        (self.readings, self.ahead)
    }
}

impl ConditionTracker {
    /// Passes over a run that leaves the tracker as it is but for its newest value and instant and for what its condition remembers. Gives false, and has
    /// done nothing, where that is not certain.
    pub fn pass_along(&mut self, rule: &Rule, silence: Silence<'_>, run: &mut Run<'_>) -> bool {
        if !self.rests_over(rule, silence, &run.block) {
            return false;
        }
        let Some(fresh) = self.fresh else { return false };
        run.since_before = run.block.first.since(fresh);
        if rule.when.holds_along(run, self.memory.as_ref(), self.active) != Some(self.active) {
            return false;
        }
        rule.when.remember_along(&mut self.memory, run);
        self.come_to(&run.block);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarms::forecast::trial::{Random, cooling_rules};
    use crate::expectation::Expectation;
    use crate::site::condition::{
        All, Any, Condition, Falls, Forecast, ForecastSide, Not, Part, Past, Rises,
    };
    use crate::site::{Bound, Rule};
    use plenum_protocol::{Fault, Outcome};

    fn pick<T: Clone>(random: &mut Random, all: &[T]) -> T {
        all[(random.within(0.0, all.len() as f64) as usize).min(all.len() - 1)].clone()
    }

    fn past(random: &mut Random) -> Past {
        let within = Duration::from_minutes(pick(random, &[1, 5, 20]));
        let (by, deadband) = (pick(random, &[0.5, 3.0]), pick(random, &[0.0, 0.2]));
        let edge = pick(random, &[None, Some(22.5)]);
        match pick(random, &[0, 1, 2]) {
            0 => Past::Rises(Rises {
                by,
                within,
                above: edge,
                deadband,
            }),
            1 => Past::Falls(Falls {
                by,
                within,
                below: edge,
                deadband,
            }),
            _ => Past::Forecast(Forecast {
                limit: pick(random, &[18.0, 27.0, 32.0]),
                within: Duration::from_minutes(pick(random, &[5, 15])),
                side: pick(random, &[ForecastSide::Above, ForecastSide::Below]),
            }),
        }
    }

    fn part(random: &mut Random) -> Part {
        let (limit, deadband) = (pick(random, &[21.5, 24.0, 30.0]), 0.3);
        match pick(random, &[0, 1, 1]) {
            0 => Part::Bound {
                of: None,
                bound: Bound::Above { limit, deadband },
            },
            _ => Part::Past(past(random)),
        }
    }

    fn rule(random: &mut Random) -> Rule {
        let built_in = cooling_rules();
        let parts = vec![part(random), part(random)];
        let when = match pick(random, &[0, 1, 2, 3, 4, 5]) {
            0 => built_in[0].when.clone(),
            1 => built_in[1].when.clone(),
            2 => match past(random) {
                Past::Rises(rises) => Condition::Rises(rises),
                Past::Falls(falls) => Condition::Falls(falls),
                Past::Forecast(forecast) => Condition::Forecast(forecast),
            },
            3 => Condition::Any(Any::from(parts)),
            4 => Condition::All(All::from(parts)),
            _ => Condition::Not(Not::from(Box::new(part(random)))),
        };
        let delay = |random: &mut Random| Duration::from_seconds(pick(random, &[0, 30, 300]));
        Rule {
            when,
            on_delay: delay(random),
            off_delay: delay(random),
            ..built_in[0].clone()
        }
    }

    /// A compressor's cycle of some hours, with losses of cooling, holes, faults and odd readings.
    fn readings(random: &mut Random) -> Vec<(Timestamp, Outcome)> {
        let interval = pick(random, &[5.0, 10.0, 10.0, 60.0]);
        let (swing, noise) = (pick(random, &[0.1, 0.8]), pick(random, &[0.0, 0.04]));
        let (mut level, mut towards, mut second, mut all) = (22.0, 22.0, 0.0, Vec::new());
        for _ in 0..pick(random, &[500, 2_000]) {
            let odd = random.within(0.0, 1.0);
            second += if odd < 0.002 { 400.0 } else { interval };
            towards = match odd {
                odd if odd > 0.999 => pick(random, &[40.0, 28.0, 10.0]),
                odd if odd > 0.996 => 22.0,
                _ => towards,
            };
            level += (towards - level) * interval / 600.0;
            let cycle = swing * (second / 900.0 * std::f64::consts::TAU).sin();
            let value = level + cycle + noise * random.normal();
            let outcome = match odd {
                odd if (0.5..0.501).contains(&odd) => Err(Fault::Timeout),
                odd if (0.6..0.601).contains(&odd) => Ok(85.0),
                _ => Ok((value * 100.0).round() / 100.0),
            };
            all.push((Timestamp::from_milliseconds((second * 1_000.0) as i64), outcome));
        }
        all
    }

    /// Plays one story both ways, to two rules at once; tells how many readings were passed over.
    fn check(seed: u64) -> usize {
        let mut random = Random::new(seed);
        let rules = [rule(&mut random), rule(&mut random)];
        let readings = readings(&mut random);
        let expectation = Expectation::told(Duration::from_seconds(60));
        let silences = [0, 1].map(|place: usize| Silence::of(&rules[place], &expectation));
        let mut ones = [0, 1].map(|place: usize| ConditionTracker::new(&rules[place]));
        let (mut others, mut told, mut also) = (ones.clone(), Vec::new(), Vec::new());
        let (mut ahead, mut rest, mut passed) = (Ahead::default(), &readings[..], 0);
        while !rest.is_empty() {
            let (part, after) = rest.split_at(pick(&mut random, &[1, 2, 7, 64, 128]).min(rest.len()));
            rest = after;
            let values: Vec<(Timestamp, f64)> = part
                .iter()
                .filter_map(|(at, outcome)| Some((*at, outcome.ok()?)))
                .collect();
            let block = Block::of(part.iter().copied());
            let mut run = block.map(|block| Run::new(block, &values, &mut ahead));
            for place in [0, 1] {
                let (rule, silence) = (&rules[place], silences[place]);
                for (at, outcome) in part {
                    ones[place].reading(rule, silence, *at, *outcome, &mut told);
                }
                let other = &mut others[place];
                if run
                    .as_mut()
                    .is_some_and(|run| other.pass_along(rule, silence, run))
                {
                    passed += part.len();
                } else {
                    for (at, outcome) in part {
                        other.reading(rule, silence, *at, *outcome, &mut also);
                    }
                }
                assert_eq!((&ones[place], &told), (&*other, &also), "seed {seed}, {rule:?}");
            }
        }
        passed
    }

    #[test]
    fn a_run_that_is_passed_over_would_have_changed_nothing_but_what_is_remembered() {
        let passed: usize = (0..40).map(check).sum();
        assert!(passed > 20_000, "only {passed} readings were passed over");
    }
}
