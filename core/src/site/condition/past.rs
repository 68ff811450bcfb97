//! The parts of `any`, `all` and `not` that remember the past of the series itself.

use plenum_protocol::{Duration, Timestamp};

use super::part::Past;
use super::{Beginning, Kind, Mistakes, Part, Seen};
use crate::alarms::origin::{Reason, Side};
use crate::alarms::{Memory, Origin, Run};
use crate::site::parse::Step::{self, Key};
use crate::truth::Truth;

impl Past {
    fn kind(&self) -> &dyn Kind {
        match self {
            Self::Rises(rises) => rises,
            Self::Falls(falls) => falls,
            Self::Forecast(forecast) => forecast,
        }
    }

    /// Whether it holds, by its own memory. `kept`: it is enough that its deadband does not let go.
    pub(super) fn truth(&self, seen: &Seen<'_>, kept: bool, memory: Option<&Option<Memory>>) -> Truth {
        let own = Seen {
            active: kept,
            memory: memory.and_then(Option::as_ref),
            ..*seen
        };
        self.kind().holds(own).into()
    }

    pub(super) fn check(&self, path: &[Step<'_>], mistakes: &mut Mistakes<'_, '_>) {
        let at = |key: &'static str| [path, &[Key(key)]].concat();
        match self {
            Self::Rises(rises) => rises.check_at(&at("rises"), mistakes),
            Self::Falls(falls) => falls.check_at(&at("falls"), mistakes),
            Self::Forecast(forecast) => forecast.check_at(&at("forecast"), mistakes),
        }
    }
}

impl Part {
    /// How many parts remember something.
    pub(super) fn pasts(&self) -> usize {
        match self {
            Self::Bound { .. } => 0,
            Self::Past(_) => 1,
            Self::Any(parts) | Self::All(parts) => parts.iter().map(Self::pasts).sum(),
            Self::Not(part) => part.pasts(),
        }
    }

    /// Takes a good reading into what each remembers, in their order.
    pub(super) fn remember<'a>(
        &self,
        memories: &mut impl Iterator<Item = &'a mut Option<Memory>>,
        at: Timestamp,
        value: f64,
    ) {
        match self {
            Self::Bound { .. } => {}
            Self::Past(past) => {
                if let Some(memory) = memories.next() {
                    past.kind().remember(memory, at, value);
                }
            }
            Self::Any(parts) | Self::All(parts) => {
                parts.iter().for_each(|part| part.remember(memories, at, value));
            }
            Self::Not(part) => part.remember(memories, at, value),
        }
    }

    /// Whether it holds by each reading of a run; none where that is not certain. What is looked for elsewhere is never certain.
    pub(super) fn holds_along<'a>(
        &self,
        run: &mut Run<'_>,
        kept: bool,
        memories: &mut impl Iterator<Item = &'a Option<Memory>>,
    ) -> Option<bool> {
        match self {
            Self::Bound { of: Some(_), .. } => None,
            Self::Bound { of: None, bound } => bound.holds_throughout(run.extremes(), kept),
            Self::Past(past) => {
                let memory = memories.next().and_then(Option::as_ref);
                past.kind().holds_along(run, memory, kept)
            }
            Self::Any(parts) => all_along(true, parts, run, kept, memories),
            Self::All(parts) => all_along(false, parts, run, kept, memories),
            Self::Not(part) => part.holds_along(run, !kept, memories).map(|holds| !holds),
        }
    }

    /// Takes a run into what each remembers, in their order.
    pub(super) fn remember_along<'a>(
        &self,
        memories: &mut impl Iterator<Item = &'a mut Option<Memory>>,
        run: &mut Run<'_>,
    ) {
        match self {
            Self::Bound { .. } => {}
            Self::Past(past) => {
                if let Some(memory) = memories.next() {
                    past.kind().remember_along(memory, run);
                }
            }
            Self::Any(parts) | Self::All(parts) => {
                parts.iter().for_each(|part| part.remember_along(memories, run));
            }
            Self::Not(part) => part.remember_along(memories, run),
        }
    }

    /// How far back the furthest of them looks.
    pub(super) fn looks_back(&self) -> Duration {
        match self {
            Self::Bound { .. } => Duration::ZERO,
            Self::Past(past) => past.kind().looks_back(),
            Self::Any(parts) | Self::All(parts) => {
                let each = parts.iter().map(Self::looks_back);
                each.max().unwrap_or(Duration::ZERO)
            }
            Self::Not(part) => part.looks_back(),
        }
    }

    /// Whether all of it is about what was so at an instant.
    pub(super) fn is_of_an_instant(&self) -> bool {
        match self {
            Self::Bound { .. } => true,
            Self::Past(past) => past.kind().is_of_an_instant(),
            Self::Any(parts) | Self::All(parts) => parts.iter().all(Self::is_of_an_instant),
            Self::Not(part) => part.is_of_an_instant(),
        }
    }

    /// The movements and forecasts that hold, for the alarm. One that must not hold says nothing.
    pub(super) fn past_reasons(&self, seen: &Seen<'_>, reasons: &mut Vec<Reason>) {
        let Some(Memory::Parts(memories)) = seen.memory else {
            return;
        };
        self.moved(seen, &mut memories.iter(), reasons);
    }

    fn moved<'a>(
        &self,
        seen: &Seen<'_>,
        memories: &mut impl Iterator<Item = &'a Option<Memory>>,
        reasons: &mut Vec<Reason>,
    ) {
        match self {
            Self::Bound { .. } => {}
            Self::Past(past) => {
                let memory = memories.next();
                if past.truth(seen, false, memory) != Truth::True {
                    return;
                }
                let beginning = Beginning {
                    value: seen.value,
                    fault: None,
                    since: seen.at,
                    at: seen.at,
                    memory: memory.and_then(Option::as_ref),
                    elsewhere: seen.elsewhere,
                };
                if let Some(side) = side(past.kind().origin(&beginning)) {
                    reasons.push(Reason {
                        quantity: None,
                        value: seen.value,
                        side,
                        negated: false,
                    });
                }
            }
            Self::Any(parts) | Self::All(parts) => {
                parts.iter().for_each(|part| part.moved(seen, memories, reasons));
            }
            Self::Not(part) => part.moved(seen, memories, &mut Vec::new()),
        }
    }
}

/// What parts say together: the answer that decides where one gives it, the other one where all do.
fn all_along<'a>(
    decides: bool,
    parts: &[Part],
    run: &mut Run<'_>,
    kept: bool,
    memories: &mut impl Iterator<Item = &'a Option<Memory>>,
) -> Option<bool> {
    // Each is asked, or the next would be handed another one's memory.
    let said: Vec<Option<bool>> = parts
        .iter()
        .map(|part| part.holds_along(run, kept, memories))
        .collect();
    if said.contains(&Some(decides)) {
        return Some(decides);
    }
    said.iter().all(Option::is_some).then_some(!decides)
}

fn side(origin: Origin) -> Option<Side> {
    match origin {
        Origin::Moved { by, within, .. } => Some(Side::Moved { by, within }),
        Origin::Foreseen { limit, forecast, .. } => Some(Side::Foreseen {
            limit,
            minutes: forecast.map(|forecast| forecast.likely),
        }),
        _ => None,
    }
}
