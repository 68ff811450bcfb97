//! The log of a period, step by step, with how each alarm stood before it.

use std::collections::{BTreeSet, HashMap};

use plenum_protocol::{Duration, Timestamp};

use super::burst::Bursts;
use super::level::Level;
use super::load::Load;
use super::{About, Figures, Frequent, STALE};
use crate::alarms::chatter::{Chatter, FLEETING};
use crate::alarms::{Cause, CoverKind, Event, State};
use crate::site::Priority;

/// So long before a period its log is read, for what began before it.
pub const LOOKBACK: Duration = Duration::from_hours(24);

/// A transition, as far as figures are about it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Step {
    /// When.
    pub at: Timestamp,
    /// Which alarm.
    pub alarm: u64,
    /// Why.
    pub cause: Cause,
    /// The state before.
    pub from: State,
    /// The state after.
    pub to: State,
    /// What lay over it before.
    pub from_cover: Option<CoverKind>,
    /// What lies over it after.
    pub to_cover: Option<CoverKind>,
}

impl From<&Event> for Step {
    fn from(event: &Event) -> Self {
        Self {
            at: event.at,
            alarm: event.alarm,
            cause: event.cause,
            from: event.from,
            to: event.to,
            from_cover: event.from_cover,
            to_cover: event.to_cover,
        }
    }
}

/// How an alarm stood where the log begins.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Opening {
    /// Which alarm.
    pub alarm: u64,
    /// Since when it is active; none where it is not.
    pub active_since: Option<Timestamp>,
    /// What lies over it.
    pub cover: Option<CoverKind>,
}

/// One alarm on its way through the period.
#[derive(Debug, Default)]
struct One {
    active_since: Option<Timestamp>,
    cover: Option<CoverKind>,
    stale: bool,
    /// People were told of it as it is active now.
    annunciated: bool,
    chatter: Chatter,
    bursts: Bursts,
    /// How often it was annunciated, fleeting, and began to chatter in the period.
    counts: [u64; 3],
}

impl One {
    /// Whether it stands, is stale, shelved, suppressed, out of service.
    fn levels(&self) -> [bool; 5] {
        let stands = self.active_since.is_some() && self.cover.is_none();
        let under = |kind| self.cover == Some(kind);
        [
            stands,
            stands && self.stale,
            under(CoverKind::Shelved),
            under(CoverKind::Suppressed),
            under(CoverKind::OutOfService),
        ]
    }
}

/// The figures of a period as the log comes in.
#[derive(Debug)]
pub struct Fold {
    from: Timestamp,
    to: Timestamp,
    operators: u32,
    at: Timestamp,
    alarms: HashMap<u64, One>,
    load: Load,
    levels: [Level; 5],
    /// When alarms that are active become stale.
    stale_at: BTreeSet<(Timestamp, u64)>,
}

impl Fold {
    /// Begins a day before `from`, with the alarms as they stood then.
    pub fn new(
        (from, to): (Timestamp, Timestamp),
        operators: u32,
        openings: impl IntoIterator<Item = Opening>,
    ) -> Self {
        let mut fold = Self {
            from,
            to,
            operators: operators.max(1),
            at: from - LOOKBACK,
            alarms: HashMap::new(),
            load: Load::new(from, to, operators.max(1)),
            levels: [Level::new(from); 5],
            stale_at: BTreeSet::new(),
        };
        for opening in openings {
            fold.change(opening.alarm, |one| {
                (one.active_since, one.cover) = (opening.active_since, opening.cover);
                one.annunciated = opening.cover.is_none();
            });
            let stale = opening.active_since.map(|since| (since + STALE, opening.alarm));
            fold.stale_at.extend(stale);
        }
        fold
    }

    /// The next transition, in the order of the instants; of those at one instant in the order of the log.
    pub fn step(&mut self, step: &Step) {
        self.pass(step.at);
        let late = step.cause == Cause::Late && step.from != step.to;
        let raised = (step.cause == Cause::Raised || late) && step.to.is_active();
        let comes = step.to_cover.is_none() && step.to.is_active() && (raised || step.from_cover.is_some());
        if comes {
            self.load.add(step.at);
        }
        let counts = step.at >= self.from;
        self.change(step.alarm, |one| {
            let was_active_since = one.active_since;
            if step.from != step.to || raised {
                one.active_since = match step.to.is_active() {
                    true if raised => Some(step.at),
                    true => one.active_since.or(Some(step.at)),
                    false => None,
                };
            }
            if raised {
                (one.stale, one.annunciated) = (false, false);
            }
            if step.from_cover != step.to_cover {
                one.cover = step.to_cover;
            }
            if comes {
                one.annunciated = true;
                one.counts[0] += u64::from(counts);
            }
            if comes && raised {
                one.chatter.pass(step.at);
                let begins = one.chatter.raised(step.at);
                one.counts[2] += u64::from(begins && counts);
                if counts {
                    one.bursts.raised(step.at);
                }
            }
            let was_short = was_active_since.is_some_and(|since| step.at.since(since) < FLEETING);
            if step.cause == Cause::Returned && one.annunciated && was_short && counts {
                one.counts[1] += 1;
            }
            if one.active_since.is_none() {
                (one.stale, one.annunciated) = (false, false);
            }
        });
        if raised {
            self.stale_at.insert((step.at + STALE, step.alarm));
        }
    }

    /// The period is over. `about`: what is known of an alarm, where anything is.
    pub fn finish(mut self, about: impl Fn(u64) -> Option<About>) -> Figures {
        // What becomes stale at the first instant after the period does so in the next one.
        self.pass(self.to - Duration::from_milliseconds(1));
        self.levels.iter_mut().for_each(|level| level.settle(self.at));
        let (periods, busy, peak, floods) = self.load.finish();
        let mut priorities = [0; Priority::ALL.len()];
        let mut frequent = Vec::new();
        for (alarm, one) in &self.alarms {
            let [annunciated, fleeting, chattering] = one.counts;
            if annunciated + fleeting == 0 {
                continue;
            }
            let about = about(*alarm);
            if let Some(about) = about {
                priorities[about.priority as usize] += annunciated;
            }
            let latched = about.is_some_and(|about| about.latched);
            frequent.push(Frequent {
                alarm: *alarm,
                annunciated,
                fleeting,
                chattering: if latched { 0 } else { chattering },
                burst: one.bursts.worst().filter(|_| !latched),
            });
        }
        frequent.sort_by_key(|one| (std::cmp::Reverse(one.annunciated), one.alarm));
        let sum = |count: fn(&Frequent) -> u64| frequent.iter().map(count).sum();
        let [standing, stale, shelved, suppressed, out_of_service] = self.levels;
        Figures {
            from: self.from,
            to: self.to,
            operators: self.operators,
            annunciated: sum(|one| one.annunciated),
            alarms: frequent.iter().filter(|one| one.annunciated > 0).count() as u64,
            periods,
            busy,
            peak,
            floods,
            chattering: sum(|one| one.chattering),
            fleeting: sum(|one| one.fleeting),
            frequent,
            priorities,
            standing,
            stale,
            shelved,
            suppressed,
            out_of_service,
        }
    }

    /// Changes an alarm, and with it how many there are of everything.
    fn change(&mut self, alarm: u64, change: impl FnOnce(&mut One)) {
        let one = self.alarms.entry(alarm).or_default();
        let before = one.levels();
        change(one);
        let after = one.levels();
        for (level, (was, is)) in self.levels.iter_mut().zip(before.into_iter().zip(after)) {
            level.change(was, is);
        }
    }

    /// It is `now`: what is stale by then is so.
    fn pass(&mut self, now: Timestamp) {
        while let Some((at, alarm)) = self.stale_at.first().copied().filter(|(at, _)| *at <= now) {
            self.stale_at.pop_first();
            self.go_to(at);
            self.change(alarm, |one| {
                one.stale |= one.active_since.is_some_and(|since| since + STALE == at);
            });
        }
        self.go_to(now);
    }

    /// All that happened until `at` has happened.
    fn go_to(&mut self, at: Timestamp) {
        if at <= self.at {
            return;
        }
        for level in &mut self.levels {
            if self.at < self.from && at >= self.from {
                level.begin(self.from);
            } else {
                level.settle(self.at);
            }
        }
        self.at = at;
    }
}
