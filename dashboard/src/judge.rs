//! The judgement of every series, once for all screens: whether its value can be believed, how bad it is, and what its band is. Pure.

use std::collections::HashMap;
use std::sync::Arc;

use plenum_collector::history::Latest;
use plenum_core::alarms::{Alarm, Subject};
use plenum_core::expectation::Knowledge;
use plenum_core::site::{self, Rule, Site};
use plenum_protocol::{Series, Timestamp};

use crate::view::{Band, BandLimit, Bound, Condition, Input, Limit, Priority, Side};

/// One revision's rules, and what they mean for each series that was asked for.
pub(crate) struct Judge {
    site: Arc<Site>,
    rules: Vec<Rule>,
    measures: HashMap<Series, Arc<Measures>>,
}

/// What the rules say of one series.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Measures {
    /// A rule's bound each.
    pub(crate) limits: Vec<Limit>,
    /// What is normal; none without a limit that is a number.
    pub(crate) band: Option<Band>,
    /// The same, as values are held against them. Whether a guard holds the engine alone knows: what a guarded rule says comes with its alarm.
    bounds: Vec<(site::Bound, Priority)>,
}

impl Judge {
    pub(crate) fn new(site: Arc<Site>) -> Self {
        Self {
            rules: site::effective_rules(&site),
            site,
            measures: HashMap::new(),
        }
    }

    /// Whether it judges by this site's rules.
    pub(crate) fn is_of(&self, site: &Arc<Site>) -> bool {
        Arc::ptr_eq(&self.site, site)
    }

    /// What the rules say of a series.
    pub(crate) fn measures(&mut self, series: &Series) -> Arc<Measures> {
        if let Some(known) = self.measures.get(series) {
            return known.clone();
        }
        let rules = self.rules.iter();
        let watching: Vec<&Rule> = rules.filter(|rule| self.site.watches(rule, series)).collect();
        let bounded: Vec<(&Rule, site::Bound)> = watching
            .iter()
            .filter_map(|rule| Some((*rule, rule.when.bound()?)))
            .collect();
        let limits: Vec<Limit> = bounded
            .iter()
            .map(|(rule, bound)| limit(rule, *bound, series))
            .collect();
        let found = Arc::new(Measures {
            band: band(&limits),
            limits,
            bounds: bounded
                .iter()
                .filter(|(rule, _)| rule.guards().next().is_none() && rule.when.is_of_the_newest())
                .map(|(rule, bound)| (*bound, rule.priority.into()))
                .collect(),
        });
        self.measures.insert(series.clone(), found.clone());
        found
    }

    /// Judges a series by what is known of it and its worst active alarm.
    pub(crate) fn input(
        &mut self,
        series: &Series,
        latest: Option<&Latest>,
        alarm: Option<&Alarm>,
        now: Timestamp,
    ) -> Input {
        let measures = self.measures(series);
        let known = latest.map(|latest| latest.knowledge(now));
        let (condition, value) = match known {
            None => (Condition::Never, None),
            Some(Knowledge::Known { value, .. }) => (Condition::Good, Some(value)),
            Some(Knowledge::Unknown { fault: Some(_), .. }) => (Condition::Fault, None),
            Some(Knowledge::Unknown { last, .. }) => (Condition::Old, last.map(|(_, value)| value)),
        };
        let believed = known.and_then(Knowledge::value);
        let beyond = believed.and_then(|value| measures.beyond(value));
        let of_alarm = alarm.map(|alarm| Priority::from(alarm.priority));
        Input {
            series: series.clone(),
            condition,
            unknown_since: known.and_then(Knowledge::unknown_since),
            // The order is from worst to least.
            priority: beyond.into_iter().chain(of_alarm).min(),
            beyond,
            alarm: alarm.map(|alarm| alarm.id),
            next: value.and_then(|value| measures.band.as_ref()?.next(value)),
        }
    }
}

/// The worst active alarm of each series that nothing lies over.
pub(crate) fn worst_active(all: &[Alarm]) -> HashMap<&Series, &Alarm> {
    let mut worst: HashMap<&Series, &Alarm> = HashMap::new();
    for alarm in all {
        if let Subject::Series(series) = &alarm.subject
            && alarm.state.is_active()
            && alarm.cover.is_none()
        {
            let known = worst.entry(series).or_insert(alarm);
            if alarm.priority < known.priority {
                *known = alarm;
            }
        }
    }
    worst
}

impl Measures {
    /// The worst limit that a value is beyond.
    fn beyond(&self, value: f64) -> Option<Priority> {
        let passed = self.bounds.iter().filter(|(bound, _)| bound.is_passed(value));
        passed.map(|(_, priority)| *priority).min()
    }
}

impl Band {
    /// The limit that a value would pass next, on its side of the band's middle.
    fn next(&self, value: f64) -> Option<BandLimit> {
        let rising = match (self.low, self.high) {
            (Some(low), Some(high)) => value >= f64::midpoint(low, high),
            (_, high) => high.is_some(),
        };
        let mut ahead = self.limits.iter().filter(|limit| match limit.side {
            Side::Above => rising && limit.value > value,
            Side::Below => !rising && limit.value < value,
        });
        if rising { ahead.next() } else { ahead.next_back() }.copied()
    }
}

fn limit(rule: &Rule, bound: site::Bound, series: &Series) -> Limit {
    Limit {
        series: series.clone(),
        rule: rule.id.clone(),
        name: rule.name.clone(),
        priority: rule.priority.into(),
        bound: bound.into(),
    }
}

fn band(limits: &[Limit]) -> Option<Band> {
    let mut all: Vec<BandLimit> = Vec::new();
    for limit in limits {
        let (value, side) = match limit.bound {
            Bound::Above { limit, .. } => (limit, Side::Above),
            Bound::Below { limit, .. } => (limit, Side::Below),
            Bound::Is { .. } => continue,
        };
        match all
            .iter_mut()
            .find(|known| known.value == value && known.side == side)
        {
            Some(known) => known.priority = known.priority.min(limit.priority),
            None => all.push(BandLimit {
                value,
                side,
                priority: limit.priority,
            }),
        }
    }
    all.sort_by(|one, other| one.value.total_cmp(&other.value));
    let of = |side: Side| {
        all.iter()
            .filter(move |limit| limit.side == side)
            .map(|limit| limit.value)
    };
    let (low, high) = (of(Side::Below).next_back(), of(Side::Above).next());
    (!all.is_empty()).then_some(Band {
        low,
        high,
        limits: all,
    })
}

#[cfg(test)]
mod tests {
    use plenum_core::expectation::{Expectation, Heard};
    use plenum_protocol::{Duration, Fault, Outcome};

    use super::*;

    const SITE: &str = r#"
        [site]
        id = "zaandam"
        name = "Zaandam"
        zone = "Europe/Amsterdam"
        [[room]]
        id = "room-a"
        name = "Room A"
        [[sensor]]
        agent = "pi"
        id = "inlet"
        name = "Inlet"
        room = "room-a"
        place = "inlet"
    "#;

    /// Judges by these rules too.
    fn judge_with(rules: &str) -> Judge {
        let site = plenum_protocol::config_error::parse("site.toml", &format!("{SITE}{rules}"));
        Judge::new(Arc::new(site.unwrap()))
    }

    fn judge() -> Judge {
        Judge::new(Arc::new(
            plenum_protocol::config_error::parse("site.toml", SITE).unwrap(),
        ))
    }

    fn latest(series: &str, at: Timestamp, outcome: Outcome) -> Latest {
        let mut heard = Heard::default();
        heard.note(at, outcome);
        Latest {
            series: series.parse().unwrap(),
            at,
            outcome,
            heard,
            expectation: Expectation::told(Duration::from_seconds(10)),
        }
    }

    fn now() -> Timestamp {
        Timestamp::from_milliseconds(1_000_000)
    }

    /// Judges one value that was read so many seconds ago.
    fn judged(series: &str, outcome: Outcome, seconds: i64) -> Input {
        let at = now() - Duration::from_seconds(seconds);
        let latest = latest(series, at, outcome);
        judge().input(&latest.series, Some(&latest), None, now())
    }

    #[test]
    fn a_value_is_believed_until_it_is_old_and_never_while_there_is_a_fault() {
        let inlet = "zaandam/pi/inlet/temperature";
        assert_eq!(judged(inlet, Ok(22.0), 60).condition, Condition::Good);
        let old = judged(inlet, Ok(22.0), 61);
        let since = now() - Duration::from_seconds(1);
        assert_eq!((old.condition, old.unknown_since), (Condition::Old, Some(since)));
        let fault = judged(inlet, Err(Fault::Timeout), 1);
        assert_eq!((fault.condition, fault.priority), (Condition::Fault, None));
        let never = judge().input(&inlet.parse().unwrap(), None, None, now());
        assert_eq!((never.condition, never.next), (Condition::Never, None));
    }

    #[test]
    fn a_value_beyond_a_limit_is_as_bad_as_the_worst_that_it_passed() {
        let inlet = "zaandam/pi/inlet/temperature";
        let check = |value: f64, expected: Option<Priority>| {
            let input = judged(inlet, Ok(value), 1);
            assert_eq!((input.beyond, input.priority), (expected, expected), "{value}");
        };
        check(22.0, None);
        // The limit itself is normal.
        check(27.0, None);
        check(27.1, Some(Priority::Medium));
        check(60.0, Some(Priority::Critical));
        assert_eq!(judged(inlet, Ok(60.0), 90).beyond, None);
        let smoke = |value| judged("zaandam/pi/detector/smoke", Ok(value), 1).beyond;
        assert_eq!((smoke(0.0), smoke(1.0)), (None, Some(Priority::Critical)));
    }

    #[test]
    fn a_guarded_rule_is_for_the_engine_to_judge() {
        // The generator stands by, and mains is there: nobody says that it should carry the load.
        let standby = judged("zaandam/pi/generator/generator-carrying", Ok(0.0), 1);
        assert_eq!((standby.beyond, standby.priority), (None, None));
        // Few minutes count on battery alone, a low charge not while the battery is charged or tested.
        let runtime = judged("zaandam/pi/ups/battery-runtime", Ok(60.0), 1);
        assert_eq!((runtime.beyond, runtime.priority), (None, None));
        let charge = judged("zaandam/pi/ups/battery-charge", Ok(45.0), 1);
        assert_eq!((charge.beyond, charge.priority), (None, None));
        // A load is judged by its mean: what one reading says is drawn against its limits, and marks nothing.
        let load = judged("zaandam/pi/ups/load", Ok(0.97), 1);
        assert_eq!((load.beyond, load.priority), (None, None));
        let mut judge = judge();
        let measures = judge.measures(&"zaandam/pi/ups/load".parse().unwrap());
        assert_eq!(measures.band.as_ref().unwrap().high, Some(0.80));
    }

    #[test]
    fn a_rule_about_states_says_nothing_of_numbers() {
        let rule = r#"
            [[rule]]
            id = "any-contact"
            name = "Any contact"
            priority = "high"
            select = { rooms = ["room-a"] }
            when = { is = { state = true } }
        "#;
        let mut judge = judge_with(rule);
        let mut judged = |series: &str, value: f64| {
            let latest = latest(series, now(), Ok(value));
            judge.input(&latest.series, Some(&latest), None, now())
        };
        let input = judged("zaandam/pi/inlet/temperature", 22.0);
        assert_eq!((input.beyond, input.priority), (None, None));
        let input = judged("zaandam/pi/inlet/door-open", 1.0);
        assert_eq!(input.beyond, Some(Priority::High));
    }

    #[test]
    fn the_next_limit_lies_away_from_the_middle_of_the_band() {
        let inlet = "zaandam/pi/inlet/temperature";
        let band = judge().measures(&inlet.parse().unwrap()).band.clone().unwrap();
        assert!(band.limits.is_sorted_by(|one, next| one.value < next.value));
        let (low, high) = (band.low.unwrap(), band.high.unwrap());
        assert!(low < high);
        let next = |value: f64| judged(inlet, Ok(value), 1).next.map(|limit| limit.value);
        assert_eq!(next(high - 0.1), Some(high));
        assert_eq!(next(low + 0.1), Some(low));
        let greatest = band.limits.last().unwrap().value;
        assert_eq!(
            next(high + 0.1),
            Some(greatest).filter(|greatest| *greatest > high)
        );
        assert_eq!(next(greatest + 1.0), None);
    }

    #[test]
    fn rules_with_one_limit_are_one_limit_of_the_band() {
        let limit = |value: f64, priority: Priority| Limit {
            series: "a/b/c/temperature".parse().unwrap(),
            rule: "x".parse().unwrap(),
            name: String::new(),
            priority,
            bound: Bound::Above {
                limit: value,
                deadband: 0.0,
            },
        };
        let limits = [
            limit(30.0, Priority::Low),
            limit(27.0, Priority::Medium),
            limit(27.0, Priority::High),
        ];
        let band = band(&limits).unwrap();
        assert_eq!((band.low, band.high), (None, Some(27.0)));
        let told: Vec<_> = band.limits.iter().map(|one| (one.value, one.priority)).collect();
        assert_eq!(told, [(27.0, Priority::High), (30.0, Priority::Low)]);
        assert_eq!(super::band(&[]), None);
    }
}
