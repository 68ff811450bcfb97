//! What of a drill holds while it goes on, whatever the site says by then, and when one is due.

use plenum_protocol::{AgentName, Duration, Identifier, Quantity, Series, Timestamp};
use serde::{Deserialize, Serialize};

use super::{AGAIN, ENDED_WITHIN, RAISED_WITHIN, READ_WITHIN, TAKEN_WITHIN};
use crate::site::{Climb, Drill, DrillTime, Priority, Site, Zone};

/// What was due and could not be held is held that late: one of ten in the morning wakes nobody at night.
pub const LATEST: Duration = Duration::from_hours(4);
/// What is settled by so much more than the clock says was settled by a clock that was wrong.
const AHEAD: Duration = Duration::from_hours(24);

/// What was planned when a drill began.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Plan {
    /// Which drill of the site.
    pub drill: Identifier,
    /// The agent that begins it.
    pub agent: AgentName,
    /// As what its alarm is told.
    pub priority: Priority,
    /// Whether somebody has to answer.
    pub confirm: bool,
    /// Within how long.
    pub within: Duration,
    /// How far the ladder is climbed.
    pub climb: Climb,
    /// How long the ladder's first step waits.
    pub first_after: Duration,
}

impl Plan {
    /// Of a drill as the site has it.
    pub fn of(drill: &Drill, site: &Site) -> Self {
        let ladder = site.ladder(drill.priority, &[None]);
        let first = ladder.and_then(|ladder| ladder.steps.first());
        Self {
            drill: drill.id.clone(),
            agent: AgentName::new(site.site.id.clone(), drill.agent.clone()),
            priority: drill.priority,
            confirm: drill.confirm,
            within: drill.within,
            climb: drill.ladder,
            first_after: first.map_or(Duration::ZERO, |step| step.after),
        }
    }

    /// The series whose reading raises its alarm.
    pub fn series(&self) -> Series {
        Series::new(self.agent.clone(), self.drill.clone(), Quantity::Drill)
    }

    /// After so many seconds its agent ends it by itself: later than any end that the collector asks for.
    pub fn at_most(&self) -> u32 {
        let legs = READ_WITHIN + RAISED_WITHIN + TAKEN_WITHIN + self.first_after + self.within;
        let all = legs + ENDED_WITHIN + AGAIN;
        u32::try_from(all.milliseconds() / 1_000).unwrap_or(u32::MAX)
    }
}

/// Whether a drill is due.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Due {
    /// Not before then; never where there is none.
    Later(Option<Timestamp>),
    /// Now: it was planned for then.
    Now(Timestamp),
    /// It was, so long ago that it is not held any more.
    Missed(Timestamp),
}

/// What is to be done of a drill of which everything up to `settled` was held or missed. Of several that were due at once only the last counts. What a clock that was far ahead has
/// settled holds no drill back for as long: then those are due that come after `known`, which is since when the clock has been as it is.
pub fn due(when: &DrillTime, zone: &Zone, (settled, known): (Timestamp, Timestamp), now: Timestamp) -> Due {
    let settled = match settled.since(now) > AHEAD {
        true => known,
        false => settled,
    };
    match when.until(now, zone).filter(|last| *last > settled) {
        Some(last) if now.since(last) > LATEST => Due::Missed(last),
        Some(last) => Due::Now(last),
        None => Due::Later(when.after(now.max(settled), zone)),
    }
}
