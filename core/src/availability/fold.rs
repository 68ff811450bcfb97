//! The arithmetic: a period is cut into out of hours, planned, down, unknown and up, which add up to it to the millisecond.
//!
//! Where they overlap the earlier in that list wins. Agreed = period, within agreed hours and the service's life, less planned.
//! Availability = up / agreed, so unknown counts against us; with `unknown = "excluded"` it is up / (up + down); without any data it is null. Unknown time
//! counts as the terms said that were in force then.

use plenum_protocol::Timestamp;
use serde::Serialize;

use super::calendar::Span;
use super::truth::{Stretch, Truth};
use crate::site::Unknown;

/// What a service was during an interval.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum State {
    /// Before its life, after it, or not within agreed hours.
    OutOfHours,
    /// In a maintenance window.
    Planned,
    /// Not available.
    Down,
    /// Nobody can say.
    Unknown,
    /// Available.
    Up,
}

/// An interval in one state, half open.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Interval {
    /// First instant.
    pub from: Timestamp,
    /// First instant after it.
    pub to: Timestamp,
    /// What the service was from the one to the other.
    pub state: State,
    /// Why, in words; empty for up.
    pub cause: String,
}

/// The sums, in milliseconds; they add up to the period.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize)]
pub struct Milliseconds {
    /// Available.
    pub up: i64,
    /// Not available.
    pub down: i64,
    /// In a maintenance window.
    pub planned: i64,
    /// Nobody can say.
    pub unknown: i64,
    /// Outside life or agreed hours.
    pub out_of_hours: i64,
}

/// What a contract says of the ratio.
#[derive(Debug, Clone, Copy, PartialEq, Serialize)]
pub struct Terms {
    /// The promised ratio.
    pub objective: f64,
    /// What unknown time does to it.
    pub unknown: Unknown,
}

/// A period's result.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Availability {
    /// First instant of the period.
    pub from: Timestamp,
    /// First instant after it.
    pub to: Timestamp,
    /// The sums.
    pub milliseconds: Milliseconds,
    /// The ratio; `None` (null) without any data.
    pub availability: Option<f64>,
    /// Milliseconds that count against the ratio: down, and unknown where the terms of then count it.
    pub spent: i64,
    /// The terms in force at the period's end; none if the service was in no revision.
    pub terms: Option<Terms>,
    /// The whole period in order, without holes; neighbours differ in state or cause.
    pub intervals: Vec<Interval>,
}

/// What the fold needs besides the condition.
#[derive(Debug, Clone, Default)]
pub struct Frame {
    /// The service's life within the period, and its agreed hours within that. Sorted; may overlap.
    pub agreed: Vec<Span>,
    /// Maintenance. Sorted; may overlap.
    pub planned: Vec<Span>,
    /// The terms, each from its instant on; the first also hold before.
    pub terms: Vec<(Timestamp, Terms)>,
}

/// Cuts [from, to). `down` is the condition's truth in order; before its first stretch it is unknown.
pub fn fold(from: Timestamp, to: Timestamp, frame: &Frame, down: &[Stretch]) -> Availability {
    let mut cuts: Vec<Timestamp> = vec![from, to];
    cuts.extend(
        frame
            .agreed
            .iter()
            .chain(&frame.planned)
            .flat_map(|span| [span.from, span.to]),
    );
    cuts.extend(down.iter().map(|stretch| stretch.from));
    cuts.retain(|cut| (from..=to).contains(cut));
    cuts.sort_unstable();
    cuts.dedup();

    let mut intervals: Vec<Interval> = Vec::new();
    let (mut stretch, mut agreed, mut planned) = (
        Cursor::default(),
        Cover::new(&frame.agreed),
        Cover::new(&frame.planned),
    );
    for pair in cuts.windows(2) {
        let (begin, end) = (pair[0], pair[1]);
        let condition = stretch.at(down, begin);
        let (state, cause) = match (agreed.at(begin), planned.at(begin), condition) {
            (None, _, _) => (State::OutOfHours, "outside agreed hours"),
            (_, Some(span), _) => (State::Planned, span.name.as_str()),
            (
                _,
                _,
                Some(Stretch {
                    truth: Truth::True,
                    cause,
                    ..
                }),
            ) => (State::Down, cause.as_str()),
            (
                _,
                _,
                Some(Stretch {
                    truth: Truth::Unknown,
                    cause,
                    ..
                }),
            ) => (State::Unknown, cause.as_str()),
            (
                _,
                _,
                Some(Stretch {
                    truth: Truth::False, ..
                }),
            ) => (State::Up, ""),
            (_, _, None) => (State::Unknown, "no readings yet"),
        };
        match intervals.last_mut() {
            Some(last) if last.state == state && last.cause == cause => last.to = end,
            _ => intervals.push(Interval {
                from: begin,
                to: end,
                state,
                cause: cause.to_owned(),
            }),
        }
    }
    let milliseconds = sum(&intervals);
    let spent = milliseconds.down + counted(&intervals, &frame.terms);
    let terms = frame.terms.iter().rev().find(|(since, _)| *since < to);
    Availability {
        from,
        to,
        milliseconds,
        availability: ratio(&milliseconds, spent),
        spent,
        terms: terms.or(frame.terms.first()).map(|(_, terms)| *terms),
        intervals,
    }
}

/// The unknown milliseconds that count, each by the terms in force then.
fn counted(intervals: &[Interval], terms: &[(Timestamp, Terms)]) -> i64 {
    let mut counted = sum(intervals).unknown;
    for (index, (since, own)) in terms.iter().enumerate() {
        if own.unknown == Unknown::Counted {
            continue;
        }
        let since = if index == 0 { Timestamp::MIN } else { *since };
        let until = terms.get(index + 1).map_or(Timestamp::MAX, |(next, _)| *next);
        let unknown = intervals
            .iter()
            .filter(|interval| interval.state == State::Unknown);
        let within = unknown.map(|interval| (interval.from.max(since), interval.to.min(until)));
        let lengths = within.map(|(from, to)| to.since(from).milliseconds().max(0));
        counted -= lengths.sum::<i64>();
    }
    counted
}

/// Adds up what the intervals say.
pub fn sum(intervals: &[Interval]) -> Milliseconds {
    let mut sums = Milliseconds::default();
    for interval in intervals {
        let length = interval.to.since(interval.from).milliseconds();
        match interval.state {
            State::OutOfHours => sums.out_of_hours += length,
            State::Planned => sums.planned += length,
            State::Down => sums.down += length,
            State::Unknown => sums.unknown += length,
            State::Up => sums.up += length,
        }
    }
    sums
}

/// The ratio of DESIGN.md's definition, never (up + unknown) / agreed.
fn ratio(sums: &Milliseconds, spent: i64) -> Option<f64> {
    (sums.up + sums.down > 0).then(|| sums.up as f64 / (sums.up + spent) as f64)
}

#[derive(Default)]
struct Cursor(usize);

impl Cursor {
    /// The last stretch that has begun at `instant`; instants must not go back.
    fn at<'a>(&mut self, stretches: &'a [Stretch], instant: Timestamp) -> Option<&'a Stretch> {
        while stretches
            .get(self.0)
            .is_some_and(|stretch| stretch.from <= instant)
        {
            self.0 += 1;
        }
        self.0.checked_sub(1).map(|index| &stretches[index])
    }
}

struct Cover<'a> {
    spans: &'a [Span],
    next: usize,
    open: Vec<&'a Span>,
}

impl<'a> Cover<'a> {
    fn new(spans: &'a [Span]) -> Self {
        Self {
            spans,
            next: 0,
            open: Vec::new(),
        }
    }

    /// The earliest begun span that covers `instant`; instants must not go back.
    fn at(&mut self, instant: Timestamp) -> Option<&'a Span> {
        while let Some(span) = self.spans.get(self.next).filter(|span| span.from <= instant) {
            self.open.push(span);
            self.next += 1;
        }
        self.open.retain(|span| span.to > instant);
        self.open.first().copied()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_milliseconds(minute * 60_000)
    }

    fn span(from: i64, to: i64) -> Span {
        Span {
            from: at(from),
            to: at(to),
            name: "weekly".to_owned(),
        }
    }

    fn stretch(from: i64, truth: Truth) -> Stretch {
        Stretch {
            from: at(from),
            truth,
            cause: format!("{truth:?}"),
        }
    }

    fn terms(unknown: Unknown) -> Terms {
        Terms {
            objective: 0.999,
            unknown,
        }
    }

    fn minutes(result: &Availability) -> [i64; 5] {
        let sums = result.milliseconds;
        [sums.up, sums.down, sums.planned, sums.unknown, sums.out_of_hours].map(|sum| sum / 60_000)
    }

    #[test]
    fn an_outage_that_begins_in_a_window_counts_only_after_it() {
        let frame = Frame {
            agreed: vec![span(0, 100)],
            planned: vec![span(10, 30)],
            ..Frame::default()
        };
        let down = [
            stretch(0, Truth::False),
            stretch(20, Truth::True),
            stretch(40, Truth::False),
        ];
        let result = fold(at(0), at(100), &frame, &down);
        assert_eq!(minutes(&result), [70, 10, 20, 0, 0]);
        assert_eq!(result.availability, Some(70.0 / 80.0));
    }

    #[test]
    fn before_the_first_reading_it_is_unknown_and_without_any_data_the_ratio_is_null() {
        let frame = |unknown| Frame {
            agreed: vec![span(0, 100)],
            terms: vec![(at(0), terms(unknown))],
            ..Frame::default()
        };
        let counted = frame(Unknown::Counted);
        let half = fold(at(0), at(100), &counted, &[stretch(50, Truth::False)]);
        assert_eq!(
            (minutes(&half), half.availability),
            ([50, 0, 0, 50, 0], Some(0.5))
        );
        let excluded = frame(Unknown::Excluded);
        let excluded = fold(at(0), at(100), &excluded, &[stretch(50, Truth::False)]);
        assert_eq!(excluded.availability, Some(1.0));
        let none = fold(at(0), at(100), &counted, &[]);
        assert_eq!((minutes(&none), none.availability), ([0, 0, 0, 100, 0], None));
    }

    #[test]
    fn unknown_time_counts_as_the_terms_of_then_said() {
        let changed_at = |minute| Frame {
            agreed: vec![span(0, 100)],
            terms: vec![
                (at(0), terms(Unknown::Counted)),
                (
                    at(minute),
                    Terms {
                        objective: 0.99,
                        unknown: Unknown::Excluded,
                    },
                ),
            ],
            ..Frame::default()
        };
        let down = [
            stretch(0, Truth::False),
            stretch(20, Truth::Unknown),
            stretch(40, Truth::False),
        ];
        let result = |minute, to| fold(at(0), at(to), &changed_at(minute), &down);
        assert_eq!(result(30, 100).availability, Some(80.0 / 90.0));
        assert_eq!(result(30, 100).spent, 10 * 60_000);
        assert_eq!(result(30, 100).terms.map(|terms| terms.objective), Some(0.99));
        // What is agreed today changes nothing that was over before.
        for today in [100, 200] {
            assert_eq!(result(today, 100).availability, Some(0.8), "{today}");
            assert_eq!(result(today, 100).terms, Some(terms(Unknown::Counted)), "{today}");
        }
    }

    #[test]
    fn outside_its_life_and_hours_nothing_counts() {
        let frame = Frame {
            agreed: vec![span(40, 90)],
            planned: vec![span(80, 100)],
            ..Frame::default()
        };
        let result = fold(at(0), at(100), &frame, &[stretch(0, Truth::True)]);
        assert_eq!(minutes(&result), [0, 40, 10, 0, 50]);
    }

    prop_compose! {
        fn spans()(pairs in prop::collection::vec((0i64..200, 1i64..50), 0..6)) -> Vec<Span> {
            let mut spans: Vec<Span> = pairs.into_iter().map(|(from, length)| span(from, from + length)).collect();
            spans.sort_by_key(|span| (span.from, span.to));
            spans
        }
    }

    prop_compose! {
        fn stretches()(steps in prop::collection::vec((1i64..40, 0u8..3), 0..12)) -> Vec<Stretch> {
            let mut from = 0;
            let truth = |code| [Truth::False, Truth::Unknown, Truth::True][usize::from(code)];
            steps.into_iter().map(|(step, code)| { from += step; stretch(from, truth(code)) }).collect()
        }
    }

    proptest! {
        #[test]
        fn the_parts_add_up_and_two_halves_are_the_whole(
            agreed in spans(), planned in spans(), down in stretches(), cut in 1i64..199,
        ) {
            let frame = Frame { agreed, planned, ..Frame::default() };
            let whole = fold(at(0), at(200), &frame, &down);
            prop_assert_eq!(minutes(&whole).iter().sum::<i64>(), 200);
            let left = minutes(&fold(at(0), at(cut), &frame, &down));
            let right = minutes(&fold(at(cut), at(200), &frame, &down));
            prop_assert_eq!(minutes(&whole), std::array::from_fn(|index| left[index] + right[index]));
            if let Some(ratio) = whole.availability { prop_assert!((0.0..=1.0).contains(&ratio)); }
        }
    }
}
