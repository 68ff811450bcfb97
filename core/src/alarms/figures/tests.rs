//! The figures of small logs, worked out by hand, and that two halves add up to the whole.

use proptest::prelude::*;

use super::*;
use crate::alarms::{Cause, CoverKind, State};

const MINUTE: i64 = 60;
const HOUR: i64 = 60 * MINUTE;
const DAY: i64 = 24 * HOUR;
/// Where the periods of these tests begin.
const BEGIN: i64 = 100 * DAY;

/// Seconds from the beginning.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_milliseconds((BEGIN + seconds) * 1_000)
}

/// Alarm, second, and what happened to it.
type Line = (u64, i64, &'static str);

/// The log that such lines make, by the rules of an alarm's life as far as figures are about it.
fn steps(lines: &[Line]) -> Vec<Step> {
    let mut standing = std::collections::HashMap::new();
    let step = |(alarm, seconds, what): &Line| {
        let (from, from_cover) = *standing.get(alarm).unwrap_or(&(State::Normal, None));
        use CoverKind::{OutOfService, Shelved, Suppressed};
        use State::{ActiveAcknowledged, ActiveUnacknowledged, Normal};
        let again = if from.is_active() {
            ActiveUnacknowledged
        } else {
            from
        };
        let (cause, to, to_cover) = match *what {
            "raised" => (Cause::Raised, ActiveUnacknowledged, from_cover),
            "returned" => (Cause::Returned, Normal, from_cover),
            "acknowledged" => (Cause::Acknowledged, ActiveAcknowledged, from_cover),
            "removed" => (Cause::Removed, Normal, None),
            "late" => (Cause::Late, from, from_cover),
            "shelved" => (Cause::Shelved, from, Some(Shelved)),
            "unshelved" => (Cause::Unshelved, again, None),
            "suppressed" => (Cause::Suppressed, from, Some(Suppressed)),
            "released" => (Cause::Released, again, None),
            "out" => (Cause::OutOfService, from, Some(OutOfService)),
            other => panic!("{other}"),
        };
        standing.insert(*alarm, (to, to_cover));
        Step {
            at: at(*seconds),
            alarm: *alarm,
            cause,
            from,
            to,
            from_cover,
            to_cover,
        }
    };
    let mut steps: Vec<Step> = lines.iter().map(step).collect();
    steps.sort_by_key(|step| step.at);
    steps
}

/// The figures of `from..to` in seconds: what happened before the day before it is how alarms stood then.
fn figures(lines: &[Line], (from, to): (i64, i64), operators: u32) -> Figures {
    let (mut openings, mut fold_from) = (std::collections::BTreeMap::new(), Vec::new());
    for step in steps(lines) {
        if step.at >= at(to) {
            continue;
        }
        if step.at >= at(from) - LOOKBACK {
            fold_from.push(step);
            continue;
        }
        let before: Option<&Opening> = openings.get(&step.alarm);
        let since = before.and_then(|opening| opening.active_since);
        let active_since = match step.to.is_active() {
            true if step.cause == Cause::Raised => Some(step.at),
            true => since,
            false => None,
        };
        let opening = Opening {
            alarm: step.alarm,
            active_since,
            cover: step.to_cover,
        };
        openings.insert(step.alarm, opening);
    }
    let mut fold = Fold::new((at(from), at(to)), operators, openings.into_values());
    fold_from.iter().for_each(|step| fold.step(step));
    fold.finish(|alarm| {
        Some(About {
            priority: Priority::ALL[alarm as usize % 4],
            latched: alarm >= 100,
        })
    })
}

#[test]
fn a_period_without_alarms_meets_every_target() {
    let empty = figures(&[], (0, DAY), 1);
    assert_eq!((empty.annunciated, empty.alarms, empty.periods), (0, 0, 144));
    assert_eq!(
        empty.peak,
        Peak {
            annunciated: 0,
            from: None
        }
    );
    for judged in empty.judged() {
        let shares = [Measure::Top, Measure::Critical, Measure::High, Measure::Medium];
        let expected = (!shares.contains(&judged.measure)).then_some(true);
        assert_eq!(judged.met, expected, "{judged:?}");
        assert!(judged.value == 0.0, "{judged:?}");
    }
}

#[test]
fn the_load_is_what_is_annunciated_and_nothing_that_is_hidden() {
    let lines = [
        (1, 0, "raised"),
        (1, 100, "acknowledged"),
        (1, 200, "returned"),
        // Raised behind a shelving, and told when that ends.
        (2, 300, "shelved"),
        (2, 400, "raised"),
        (2, 500, "unshelved"),
        // Raised behind a suppression and gone before it ends.
        (3, 600, "suppressed"),
        (3, 600, "raised"),
        (3, 900, "returned"),
        (3, 1_000, "released"),
        (4, 1_100, "out"),
        (4, 1_200, "raised"),
        (5, 1_300, "late"),
    ];
    let found = figures(&lines, (0, 2 * HOUR), 1);
    let of = |alarm: u64| {
        found
            .frequent
            .iter()
            .find(|one| one.alarm == alarm)
            .map(|one| one.annunciated)
    };
    assert_eq!([1, 2, 3, 4, 5].map(of), [Some(1), Some(1), None, None, None]);
    assert_eq!((found.annunciated, found.alarms), (2, 2));
    // Alarm 1 is high and alarm 2 medium.
    assert_eq!(found.priorities, [0, 1, 1, 0]);
    // Two in twelve periods.
    assert!((found.rate() - 2.0 / 12.0).abs() < 1e-12);
    assert_eq!(
        (found.standing.most, found.standing.most_at, found.standing.end),
        (1, at(0), 1)
    );
    assert_eq!(
        (found.shelved.most, found.shelved.most_at, found.shelved.end),
        (1, at(300), 0)
    );
    assert_eq!((found.suppressed.most, found.suppressed.end), (1, 0));
    assert_eq!((found.out_of_service.most, found.out_of_service.end), (1, 1));
}

#[test]
fn an_alarm_that_stood_before_stands_in_the_period_and_is_not_counted_again() {
    let lines = [
        (1, -3 * DAY, "raised"),
        (2, -10, "raised"),
        (2, 0, "returned"),
        (3, -20, "raised"),
        (3, -10, "returned"),
        (4, HOUR, "raised"),
        (5, 2 * HOUR, "raised"),
    ];
    let found = figures(&lines, (0, 2 * HOUR), 1);
    assert_eq!((found.annunciated, found.standing.end), (1, 2));
    // 1 and 2 stood when it began; 2 was over within 10 s, at its first instant.
    assert_eq!((found.standing.most, found.standing.most_at), (2, at(0)));
    assert_eq!(found.fleeting, 1);
    assert_eq!(
        (found.stale.most, found.stale.end, found.stale.most_at),
        (1, 1, at(0))
    );
}

#[test]
fn what_is_active_for_a_day_is_stale_unless_something_lies_over_it() {
    let lines = [
        (1, 0, "raised"),
        (2, HOUR, "raised"),
        (3, 2 * HOUR, "raised"),
        (3, 20 * HOUR, "returned"),
        (2, 26 * HOUR, "shelved"),
        (1, 30 * HOUR, "returned"),
        (1, 31 * HOUR, "raised"),
    ];
    let stale = |to: i64| figures(&lines, (0, to), 1).stale;
    assert_eq!((stale(DAY).most, stale(DAY).end), (0, 0));
    assert_eq!((stale(DAY + 1).most, stale(DAY + 1).most_at), (1, at(DAY)));
    let all = stale(40 * HOUR);
    assert_eq!((all.most, all.most_at, all.end), (2, at(25 * HOUR), 0));
}

#[test]
fn fleeting_is_what_was_over_within_a_minute_by_itself() {
    let lines = [
        (1, 0, "raised"),
        (1, 59, "returned"),
        (1, 100, "raised"),
        (1, 160, "returned"),
        (2, 200, "raised"),
        (2, 201, "removed"),
        (3, 300, "shelved"),
        (3, 310, "raised"),
        (3, 320, "returned"),
    ];
    let found = figures(&lines, (0, HOUR), 1);
    assert_eq!(found.fleeting, 1);
    assert_eq!(
        found.frequent[0],
        Frequent {
            alarm: 1,
            annunciated: 2,
            fleeting: 1,
            chattering: 0,
            burst: None,
        }
    );
}

#[test]
fn three_within_a_minute_chatter_and_what_follows_is_of_the_same_run() {
    let mut lines = Vec::new();
    for (alarm, raises) in [
        (1, vec![0, 20, 40, 60, 200, 800, 820, 840]),
        (2, vec![0, 30, 61]),
        (100, vec![0, 1, 2]),
    ] {
        for second in raises {
            lines.extend([(alarm, second, "raised"), (alarm, second + 10, "returned")]);
        }
    }
    let found = figures(&lines, (0, HOUR), 1);
    let of = |alarm: u64| found.frequent.iter().find(|one| one.alarm == alarm).unwrap();
    assert_eq!(
        (of(1).chattering, of(2).chattering, of(100).chattering),
        (2, 0, 0)
    );
    let burst = |since: i64, until: i64, raises: u64| {
        Some(Burst {
            since: at(since),
            until: at(until),
            raises,
        })
    };
    assert_eq!(of(1).burst, burst(0, 200, 5));
    assert_eq!(of(2).burst, burst(0, 61, 3));
    assert_eq!(of(100).burst, None);
    assert_eq!((found.chattering, found.chatterers()), (2, 1));
    // The third comes in the period, the first two before it: it begins to chatter in it.
    assert_eq!(figures(&lines, (30, HOUR), 1).chattering, 2);
    assert_eq!(figures(&lines, (60, HOUR), 1).chattering, 1);
}

/// So many alarms, one each so many seconds.
fn row(count: u64, from: i64, every: i64) -> Vec<Line> {
    (0..count)
        .map(|number| (number, from + every * number as i64, "raised"))
        .collect()
}

#[test]
fn a_flood_begins_with_the_eleventh_in_ten_minutes_and_ends_where_there_are_four() {
    assert_eq!(figures(&row(10, 0, 60), (0, HOUR), 1).floods, []);
    let found = figures(&row(12, 0, 50), (0, HOUR), 1);
    // The eleventh comes at 500 s. The eighth, of 350 s, is past at 950 s: the four of 400 to 550 s are left.
    let flood = Flood {
        from: at(500),
        to: at(950),
        annunciated: 2,
    };
    assert_eq!(found.floods, [flood]);
    assert_eq!(found.in_flood(), Duration::from_seconds(450));
    assert_eq!((found.peak.annunciated, found.peak.from), (12, Some(at(0))));
    assert_eq!(found.busy, 1);
    // Two people can follow twice as many.
    let two = figures(&row(21, 0, 28), (0, HOUR), 2);
    assert_eq!((two.floods.len(), two.busy), (1, 1));
    let (two, twenty) = (figures(&row(20, 0, 28), (0, HOUR), 2), 20.0);
    assert_eq!((two.floods.len(), two.busy), (0, 0));
    assert!((two.rate() - twenty / 6.0 / 2.0).abs() < 1e-12);
}

#[test]
fn a_flood_over_the_edge_is_in_both_periods_and_the_peak_is_of_any_ten_minutes() {
    let lines = row(12, -500, 50);
    let found = figures(&lines, (0, HOUR), 1);
    assert_eq!(
        found.floods,
        [Flood {
            from: at(0),
            to: at(450),
            annunciated: 2
        }]
    );
    assert_eq!(
        (found.annunciated, found.peak.annunciated, found.peak.from),
        (2, 12, Some(at(-500)))
    );
    let before = figures(&lines, (-HOUR, 0), 1);
    assert_eq!(before.floods, []);
    let middle = figures(&lines, (10, 20), 1);
    assert_eq!(
        middle.floods,
        [Flood {
            from: at(10),
            to: at(20),
            annunciated: 0
        }]
    );
    assert_eq!((middle.periods, middle.busy), (1, 0));
    // Ten at the end of one period and ten at the beginning of the next: neither is busy, and any ten minutes are.
    let lines = [row(6, 570, 1), row(6, 610, 1)].concat();
    let found = figures(&lines, (0, HOUR), 1);
    assert_eq!((found.busy, found.peak.annunciated), (0, 12));
}

#[test]
fn shares_are_judged_where_there_are_alarms_enough() {
    let met = |figures: &Figures, measure: Measure| {
        let judged = figures.judged();
        judged.into_iter().find(|one| one.measure == measure).unwrap().met
    };
    let few = figures(&row(99, 0, 600), (0, DAY), 1);
    assert_eq!(few.priorities, [25, 25, 25, 24]);
    assert_eq!(met(&few, Measure::Critical), None);
    let many = figures(&row(199, 0, 600), (0, 2 * DAY), 1);
    assert_eq!(met(&many, Measure::Critical), Some(false));
    assert_eq!(
        (met(&many, Measure::Top), met(&many, Measure::Standing)),
        (None, Some(false))
    );
    let more = figures(&row(201, 0, 600), (0, 2 * DAY), 1);
    assert_eq!(met(&more, Measure::Top), Some(true));
    assert!((more.share_of_top() - 10.0 / 201.0).abs() < 1e-12);
    // One each ten minutes is what one person can follow; the last of them comes at 120,000 s of 172,800.
    assert_eq!(met(&more, Measure::Rate), Some(true));
}

#[test]
fn a_month_of_100_000_events_is_folded() {
    let mut fold = Fold::new((at(0), at(30 * DAY)), 1, []);
    let lines: Vec<Line> = (0..50_000_i64)
        .flat_map(|number| {
            let alarm = (number % 300) as u64;
            [
                (alarm, number * 51, "raised"),
                (alarm, number * 51 + 40, "returned"),
            ]
        })
        .collect();
    steps(&lines).iter().for_each(|step| fold.step(step));
    let found = fold.finish(|_| None);
    assert_eq!(
        (found.annunciated, found.fleeting, found.alarms),
        (50_000, 50_000, 300)
    );
    assert_eq!(found.frequent.len(), 300);
}

/// Seconds since the last line, alarm, and what happens if it can.
fn stories() -> impl Strategy<Value = Vec<(i64, u64, u8)>> {
    let gap = prop_oneof![6 => 0..40_i64, 2 => 40..900_i64, 1 => 900..40_000_i64];
    prop::collection::vec((gap, 1..6_u64, 0..10_u8), 0..300)
}

/// What of a story can happen, as a log.
fn told(story: &[(i64, u64, u8)]) -> Vec<Line> {
    let (mut lines, mut second) = (Vec::new(), -2 * DAY);
    let mut stands = std::collections::HashMap::new();
    for (gap, alarm, what) in story {
        second += gap;
        let (active, cover) = stands.entry(*alarm).or_insert((false, false));
        let what = match (what, *active, *cover) {
            (0..=3, false, _) => "raised",
            (0..=4, true, _) => "returned",
            (5, _, false) => "shelved",
            (6, _, true) => "unshelved",
            (7, false, false) => "suppressed",
            (8, true, _) => "acknowledged",
            _ => continue,
        };
        match what {
            "raised" => *active = true,
            "returned" => *active = false,
            "shelved" | "suppressed" => *cover = true,
            "unshelved" => *cover = false,
            _ => {}
        }
        lines.push((*alarm, second, what));
    }
    lines
}

proptest! {
    #[test]
    fn two_halves_add_up_to_the_whole(story in stories(), cut in 1..200_i64) {
        let lines = told(&story);
        let (cut, end) = (cut * 600, 200 * 600);
        let whole = figures(&lines, (0, end), 1);
        let halves = [figures(&lines, (0, cut), 1), figures(&lines, (cut, end), 1)];
        let sum = |count: fn(&Figures) -> u64| halves.iter().map(count).sum::<u64>();
        let most = |level: fn(&Figures) -> u64| halves.iter().map(level).max().unwrap();
        prop_assert_eq!(whole.annunciated, sum(|one| one.annunciated));
        prop_assert_eq!(whole.chattering, sum(|one| one.chattering));
        prop_assert_eq!(whole.fleeting, sum(|one| one.fleeting));
        prop_assert_eq!(whole.periods, sum(|one| one.periods));
        prop_assert_eq!(whole.busy, sum(|one| one.busy));
        prop_assert_eq!(whole.in_flood(), halves[0].in_flood() + halves[1].in_flood());
        prop_assert_eq!(whole.peak.annunciated, most(|one| one.peak.annunciated));
        prop_assert_eq!(whole.standing.most, most(|one| one.standing.most));
        prop_assert_eq!(whole.stale.most, most(|one| one.stale.most));
        prop_assert_eq!(whole.shelved.most, most(|one| one.shelved.most));
        prop_assert_eq!(whole.standing.end, halves[1].standing.end);
        prop_assert_eq!(whole.stale.end, halves[1].stale.end);
        for priority in 0..4 {
            prop_assert_eq!(whole.priorities[priority], halves[0].priorities[priority] + halves[1].priorities[priority]);
        }
    }
}
