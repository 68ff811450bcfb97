//! What would have kept an alarm from coming again and again: a larger deadband, a longer off-delay or a longer on-delay, from what was recorded.

use plenum_protocol::{Duration, Quantity, Series, Timestamp};

use super::Burst;
use crate::alarms::{Episode, Subject};
use crate::site::condition::{Bound, Watches};
use crate::site::{Priority, Rule};

/// What is recorded of a burst of an alarm.
#[derive(Debug, Clone, Copy)]
pub struct Evidence<'a> {
    /// The rule as it is now.
    pub rule: &'a Rule,
    /// What the alarm is about.
    pub subject: &'a Subject,
    /// When it came.
    pub burst: Burst,
    /// When it stood, the newest first.
    pub episodes: &'a [Episode],
    /// The good values of its series, in their order.
    pub values: &'a [(Timestamp, f64)],
}

/// What would have made one alarm of a burst, or none, with what shows it.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// The series.
    pub series: Series,
    /// When it came.
    pub burst: Burst,
    /// The least and the greatest value meanwhile; none of a state.
    pub values: Option<(f64, f64)>,
    /// With this deadband it would have been one.
    pub deadband: Option<f64>,
    /// With this off-delay it would have been one.
    pub off_delay: Option<Duration>,
    /// With this on-delay it would have been none.
    pub on_delay: Option<Duration>,
}

/// Delays that people write, in seconds.
const DELAYS: [i64; 12] = [5, 10, 15, 30, 60, 120, 180, 300, 600, 900, 1_200, 1_800];
/// No on-delay longer than this is proposed: an alarm that comes too late is worse than one that comes too often.
const LONGEST_ON_DELAY: Duration = Duration::from_minutes(5);
/// A deadband is at most so much of its limit,
const DEADBAND_SHARE: f64 = 0.1;
/// or so many of the smallest steps that people read.
const DEADBAND_STEPS: f64 = 20.0;

/// What would have helped, as far as anything would.
pub fn propose(evidence: &Evidence<'_>) -> Option<Proposal> {
    let Subject::Series(series) = evidence.subject else {
        return None;
    };
    if matches!(
        evidence.rule.when.watches(),
        Watches::Agents | Watches::Monitor(_)
    ) {
        return None;
    }
    let stood = evidence.stood();
    let within = |at: Timestamp| at >= evidence.burst.since && at <= evidence.burst.until;
    let values = evidence.values.iter().filter(|(at, _)| within(*at));
    let values = values
        .map(|(_, value)| *value)
        .fold(None, |range, value| match range {
            None => Some((value, value)),
            Some((low, high)) => Some((f64::min(low, value), f64::max(high, value))),
        });
    let quantity = series.quantity();
    let is_number = evidence.rule.when.watches() == Watches::Numbers;
    let values = values.filter(|_| is_number);
    let proposal = Proposal {
        series: series.clone(),
        burst: evidence.burst,
        values,
        deadband: values.and_then(|values| deadband(evidence.rule.when.bound()?, values, quantity)),
        off_delay: evidence.longest_gap(&stood).and_then(longer_than),
        on_delay: evidence.longest_stay(&stood, quantity).and_then(longer_than),
    };
    let helps = proposal.deadband.is_some() || proposal.off_delay.is_some() || proposal.on_delay.is_some();
    helps.then_some(proposal)
}

impl Evidence<'_> {
    /// From when to when the condition held each time, the oldest first: without the delays that the rule has. The last may go on.
    fn stood(&self) -> Vec<(Timestamp, Option<Timestamp>)> {
        let within = |episode: &&Episode| {
            episode.raised_at >= self.burst.since && episode.raised_at <= self.burst.until
        };
        let held = |episode: &Episode| {
            let until = episode.returned_at.map(|returned| returned - self.rule.off_delay);
            (episode.raised_at - self.rule.on_delay, until)
        };
        self.episodes.iter().rev().filter(within).map(held).collect()
    }

    /// The longest time for which the condition was gone in between.
    fn longest_gap(&self, stood: &[(Timestamp, Option<Timestamp>)]) -> Option<Duration> {
        let gaps = stood.windows(2).map(|pair| Some(pair[1].0.since(pair[0].1?)));
        gaps.collect::<Option<Vec<_>>>()?.into_iter().max()
    }

    /// The longest time for which it held; none where an alarm is not to come later for that.
    fn longest_stay(&self, stood: &[(Timestamp, Option<Timestamp>)], quantity: Quantity) -> Option<Duration> {
        let urgent =
            self.rule.priority == Priority::Critical || matches!(quantity, Quantity::Smoke | Quantity::Water);
        if urgent {
            return None;
        }
        let stays = stood.iter().map(|(from, until)| Some((*until)?.since(*from)));
        let longest = stays.collect::<Option<Vec<_>>>()?.into_iter().max()?;
        Some(longest).filter(|longest| *longest < LONGEST_ON_DELAY)
    }
}

/// The shortest of the usual delays that is longer.
fn longer_than(duration: Duration) -> Option<Duration> {
    let mut delays = DELAYS.into_iter().map(Duration::from_seconds);
    delays.find(|delay| *delay > duration)
}

/// The smallest deadband that people write with which no value of the range clears the alarm; none where it would have to be too large.
fn deadband(bound: Bound, (low, high): (f64, f64), quantity: Quantity) -> Option<f64> {
    let (limit, now, needed) = match bound {
        Bound::Above { limit, deadband } => (limit, deadband, limit - low),
        Bound::Below { limit, deadband } => (limit, deadband, high - limit),
        Bound::Is { .. } => return None,
    };
    let shown = quantity.shown();
    let per_unit = 10_f64.powi(shown.decimals as i32) * shown.factor;
    // A value that is the limit less the deadband clears: one step more.
    let steps = (needed * per_unit + 1e-6).floor() + 1.0;
    let deadband = steps / per_unit;
    let most = (limit.abs() * DEADBAND_SHARE).max(DEADBAND_STEPS / per_unit);
    (needed >= 0.0 && deadband > now && deadband <= most).then_some(deadband)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn second(count: i64) -> Timestamp {
        Timestamp::from_milliseconds(count * 1_000)
    }

    fn rule(when: &str) -> Rule {
        let text = format!("id = \"r\"\nname = \"R\"\npriority = \"medium\"\n{when}");
        toml::from_str(&text).unwrap()
    }

    /// From when to when it stood, and what was measured when; gives deadband, off-delay and on-delay in seconds.
    fn check(
        rule: &Rule,
        series: &str,
        stood: &[(i64, i64)],
        values: &[(i64, f64)],
        expected: Option<(Option<f64>, Option<i64>, Option<i64>)>,
    ) {
        let episode = |(raised, returned): &(i64, i64)| Episode {
            alarm: 1,
            raised_at: second(*raised),
            returned_at: Some(second(*returned)),
        };
        let episodes: Vec<_> = stood.iter().rev().map(episode).collect();
        let values: Vec<_> = values.iter().map(|(at, value)| (second(*at), *value)).collect();
        let proposal = propose(&Evidence {
            rule,
            subject: &Subject::Series(series.parse().unwrap()),
            burst: Burst {
                since: second(stood[0].0),
                until: second(stood[stood.len() - 1].0),
                raises: stood.len() as u64,
            },
            episodes: &episodes,
            values: &values,
        });
        let seconds = |delay: Duration| delay.milliseconds() / 1_000;
        let found = proposal.map(|one| {
            (
                one.deadband,
                one.off_delay.map(seconds),
                one.on_delay.map(seconds),
            )
        });
        assert_eq!(found, expected);
    }

    const INLET: &str = "s/a/inlet/temperature";

    #[test]
    fn a_value_that_swings_about_its_limit_wants_a_deadband_or_a_delay() {
        let warm = rule("when = { above = { limit = 27 } }");
        let stood = [(0, 20), (60, 75), (120, 140)];
        let values = [
            (0, 27.3),
            (20, 26.8),
            (60, 27.1),
            (75, 26.9),
            (120, 27.2),
            (140, 20.0),
        ];
        // The lowest before the last raise is 26.8: a deadband of 0.2 would clear there. It was gone for 45 s, and held for 20 s at most.
        check(
            &warm,
            INLET,
            &stood,
            &values,
            Some((Some(0.3), Some(60), Some(30))),
        );
        let cold = rule("when = { below = { limit = 18 } }");
        let values = [(0, 17.9), (20, 18.25), (60, 17.0)];
        check(
            &cold,
            INLET,
            &stood,
            &values,
            Some((Some(0.3), Some(60), Some(30))),
        );
    }

    #[test]
    fn delays_that_the_rule_has_are_counted_in() {
        let warm = rule("when = { above = { limit = 27 } }\non_delay = \"30s\"\noff_delay = \"10s\"");
        // The condition held 0..100 (raised at 30, returned at 110) and 115..: it was gone for 15 s.
        check(
            &warm,
            INLET,
            &[(30, 110), (145, 500)],
            &[],
            Some((None, Some(30), None)),
        );
    }

    #[test]
    fn a_deadband_as_large_as_a_tenth_of_the_limit_is_not_proposed() {
        let warm = rule("when = { above = { limit = 27 } }");
        let stood = [(0, 20), (3_000, 3_020)];
        check(
            &warm,
            INLET,
            &stood,
            &[(0, 27.3), (20, 24.35)],
            Some((Some(2.7), None, Some(30))),
        );
        check(
            &warm,
            INLET,
            &stood,
            &[(0, 27.3), (20, 24.2)],
            Some((None, None, Some(30))),
        );
        let busy = rule("when = { above = { limit = 0.8 } }");
        let load = "s/a/ups/load";
        check(
            &busy,
            load,
            &stood,
            &[(0, 0.83), (20, 0.775)],
            Some((Some(0.03), None, Some(30))),
        );
    }

    #[test]
    fn water_and_what_is_critical_are_not_told_later() {
        let wet = rule("when = { is = { state = true } }");
        check(
            &wet,
            "s/a/leak/water",
            &[(0, 1), (3, 4)],
            &[(0, 1.0), (1, 0.0)],
            Some((None, Some(5), None)),
        );
        let open = rule("when = { is = { state = true } }");
        check(
            &open,
            "s/a/door/door-open",
            &[(0, 1), (3, 4)],
            &[],
            Some((None, Some(5), Some(5))),
        );
    }

    #[test]
    fn an_agent_that_comes_and_goes_has_no_deadband() {
        let warm = rule("when = { above = { limit = 27 } }");
        let evidence = Evidence {
            rule: &warm,
            subject: &Subject::System("x".to_owned()),
            burst: Burst {
                since: second(0),
                until: second(2),
                raises: 3,
            },
            episodes: &[],
            values: &[],
        };
        assert_eq!(propose(&evidence), None);
    }
}
