//! The arithmetic: a period is cut into out of hours, planned, down, unknown and up, which add up to it to the millisecond.
//!
//! Where they overlap the earlier in that list wins. Agreed = period, within agreed hours and the service's life, less planned.
//! Availability = up / agreed, so unknown counts against us; with `unknown = "excluded"` it is up / (up + down); without any data it is null.

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
}

/// Cuts [from, to). `down` is the condition's truth in order; before its first stretch it is unknown.
pub fn fold(
    from: Timestamp,
    to: Timestamp,
    frame: &Frame,
    down: &[Stretch],
    unknown: Unknown,
) -> Availability {
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
    Availability {
        from,
        to,
        milliseconds,
        availability: ratio(&milliseconds, unknown),
        intervals,
    }
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
pub fn ratio(sums: &Milliseconds, unknown: Unknown) -> Option<f64> {
    let known = sums.up + sums.down;
    let agreed = match unknown {
        Unknown::Counted => known + sums.unknown,
        Unknown::Excluded => known,
    };
    (known > 0).then(|| sums.up as f64 / agreed as f64)
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

    fn minutes(result: &Availability) -> [i64; 5] {
        let sums = result.milliseconds;
        [sums.up, sums.down, sums.planned, sums.unknown, sums.out_of_hours].map(|sum| sum / 60_000)
    }

    #[test]
    fn an_outage_that_begins_in_a_window_counts_only_after_it() {
        let frame = Frame {
            agreed: vec![span(0, 100)],
            planned: vec![span(10, 30)],
        };
        let down = [
            stretch(0, Truth::False),
            stretch(20, Truth::True),
            stretch(40, Truth::False),
        ];
        let result = fold(at(0), at(100), &frame, &down, Unknown::Counted);
        assert_eq!(minutes(&result), [70, 10, 20, 0, 0]);
        assert_eq!(result.availability, Some(70.0 / 80.0));
    }

    #[test]
    fn before_the_first_reading_it_is_unknown_and_without_any_data_the_ratio_is_null() {
        let frame = Frame {
            agreed: vec![span(0, 100)],
            planned: Vec::new(),
        };
        let half = fold(
            at(0),
            at(100),
            &frame,
            &[stretch(50, Truth::False)],
            Unknown::Counted,
        );
        assert_eq!(
            (minutes(&half), half.availability),
            ([50, 0, 0, 50, 0], Some(0.5))
        );
        let excluded = fold(
            at(0),
            at(100),
            &frame,
            &[stretch(50, Truth::False)],
            Unknown::Excluded,
        );
        assert_eq!(excluded.availability, Some(1.0));
        let none = fold(at(0), at(100), &frame, &[], Unknown::Counted);
        assert_eq!((minutes(&none), none.availability), ([0, 0, 0, 100, 0], None));
    }

    #[test]
    fn outside_its_life_and_hours_nothing_counts() {
        let frame = Frame {
            agreed: vec![span(40, 90)],
            planned: vec![span(80, 100)],
        };
        let result = fold(
            at(0),
            at(100),
            &frame,
            &[stretch(0, Truth::True)],
            Unknown::Counted,
        );
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
            let frame = Frame { agreed, planned };
            let whole = fold(at(0), at(200), &frame, &down, Unknown::Counted);
            prop_assert_eq!(minutes(&whole).iter().sum::<i64>(), 200);
            let left = minutes(&fold(at(0), at(cut), &frame, &down, Unknown::Counted));
            let right = minutes(&fold(at(cut), at(200), &frame, &down, Unknown::Counted));
            prop_assert_eq!(minutes(&whole), std::array::from_fn(|index| left[index] + right[index]));
            if let Some(ratio) = whole.availability { prop_assert!((0.0..=1.0).contains(&ratio)); }
        }
    }
}
