//! How many alarms come at a time: in periods of ten minutes, at most within any ten minutes, and when there are more than people can follow.

use std::collections::VecDeque;

use plenum_protocol::{Duration, Timestamp};

/// What the load is counted in.
pub const TEN_MINUTES: Duration = Duration::from_minutes(10);
/// More than so many within ten minutes for each operator are a flood,
pub(super) const FLOOD_ABOVE: usize = 10;
/// until there are fewer than so many.
const FLOOD_BELOW: usize = 5;

/// The most alarms within any ten minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Peak {
    /// How many.
    pub annunciated: u64,
    /// When the first of them came; none where there were none.
    pub from: Option<Timestamp>,
}

/// A time with more alarms than people can follow: from where more than ten for each operator came within ten minutes, to where fewer than five did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Flood {
    /// Its first instant, within the period.
    pub from: Timestamp,
    /// The first instant after it, within the period.
    pub to: Timestamp,
    /// How many came meanwhile, with the one that began it.
    pub annunciated: u64,
}

/// The load of a period, as it comes in.
#[derive(Debug)]
pub(crate) struct Load {
    from: Timestamp,
    to: Timestamp,
    operators: usize,
    /// How many came in each ten minutes of the period.
    periods: Vec<u32>,
    /// What came within the last ten minutes.
    recent: VecDeque<Timestamp>,
    peak: Peak,
    /// Since when there is a flood, and how many came in it within the period.
    flood: Option<(Timestamp, u64)>,
    floods: Vec<Flood>,
}

impl Load {
    pub(crate) fn new(from: Timestamp, to: Timestamp, operators: u32) -> Self {
        let periods = to.since(from).milliseconds().max(0) as u64;
        let periods = periods.div_ceil(TEN_MINUTES.milliseconds() as u64);
        Self {
            from,
            to,
            operators: operators as usize,
            periods: vec![0; periods as usize],
            recent: VecDeque::new(),
            peak: Peak {
                annunciated: 0,
                from: None,
            },
            flood: None,
            floods: Vec::new(),
        }
    }

    /// An alarm is annunciated, not before the last one.
    pub(crate) fn add(&mut self, at: Timestamp) {
        self.pass(at);
        self.recent.push_back(at);
        let count = self.recent.len();
        if let Some((_, came)) = &mut self.flood {
            *came += u64::from(at >= self.from);
        } else if count > FLOOD_ABOVE * self.operators {
            self.flood = Some((at, u64::from(at >= self.from)));
        }
        if at < self.from {
            return;
        }
        let index = at.since(self.from).milliseconds() / TEN_MINUTES.milliseconds();
        if let Some(period) = self.periods.get_mut(index as usize) {
            *period += 1;
        }
        if count as u64 > self.peak.annunciated {
            self.peak = Peak {
                annunciated: count as u64,
                from: self.recent.front().copied(),
            };
        }
    }

    /// It is `now`: what came ten minutes ago is past.
    fn pass(&mut self, now: Timestamp) {
        while let Some(first) = self
            .recent
            .front()
            .copied()
            .filter(|first| *first + TEN_MINUTES <= now)
        {
            self.recent.pop_front();
            if self.recent.len() < FLOOD_BELOW * self.operators {
                self.end_flood(first + TEN_MINUTES);
            }
        }
    }

    fn end_flood(&mut self, at: Timestamp) {
        let Some((since, annunciated)) = self.flood.take() else {
            return;
        };
        let (from, to) = (since.max(self.from), at.min(self.to));
        if from < to {
            self.floods.push(Flood {
                from,
                to,
                annunciated,
            });
        }
    }

    /// The period is over: how many periods of ten minutes there were, how many of them were busy, the peak, the floods.
    pub(crate) fn finish(mut self) -> (u64, u64, Peak, Vec<Flood>) {
        self.pass(self.to);
        self.end_flood(self.to);
        let most = FLOOD_ABOVE * self.operators;
        let busy = self
            .periods
            .iter()
            .filter(|count| **count as usize > most)
            .count();
        (self.periods.len() as u64, busy as u64, self.peak, self.floods)
    }
}
