//! One job: what is remembered of it, what is known of it by elapsed time, and what was told of it.

use plenum_core::fact::Report;
use plenum_core::heartbeat::{Beat, Known, Standing};
use plenum_core::site::Heartbeat;
use plenum_protocol::{Duration, Steady, Timestamp};

use super::table::Row;

#[derive(Debug, Clone)]
pub(super) struct Job {
    pub(super) row: Row,
    pub(super) known: Known,
    /// As what its alarm stands.
    pub(super) told: Option<Standing>,
}

impl Job {
    pub(super) fn placed(at: Timestamp, now: Steady) -> Self {
        Self {
            row: Row::placed(at),
            known: Known::placed(now),
            told: None,
        }
    }

    /// As an earlier run knew it. Where its alarm stands nobody waits again; else it has a while to say what it could not while nobody listened.
    pub(super) fn restored(
        row: Row,
        plan: Option<&Heartbeat>,
        is_told: bool,
        (at, now): (Timestamp, Steady),
    ) -> Self {
        // A clock that was set back since has it no further ahead than now.
        let elapsed = |then: Timestamp| now - at.since(then).max(Duration::ZERO);
        let mut known = Known {
            ran: row.ran_at.is_some(),
            started: row.started_at.map(elapsed),
            failed: row.failed_at.is_some(),
            ..Known::placed(elapsed(row.ran_at.unwrap_or(row.placed_at)))
        };
        let mut told = None;
        if let Some(plan) = plan {
            match is_told {
                true => told = Some(known.standing(plan, now)),
                false => known.listen(plan, now),
            }
        }
        Self { row, known, told }
    }

    pub(super) fn has_just_run(&self, now: Steady, within: Duration) -> bool {
        let is_new = self.told.is_some() || self.known.started.is_some() || self.known.failed;
        self.known.ran && !is_new && now.since(self.known.since) < within
    }

    pub(super) fn hear(&mut self, beat: Beat, why: &str, at: Timestamp, now: Steady) {
        self.known.hear(beat, now);
        match beat {
            Beat::Started => self.row.started_at = Some(at),
            Beat::Ran => {
                let placed = Row::placed(self.row.placed_at);
                self.row = Row {
                    ran_at: Some(at),
                    ..placed
                };
            }
            Beat::Failed => {
                self.row.started_at = None;
                self.row.failed_at = Some(at);
                why.clone_into(&mut self.row.why);
            }
        }
    }

    /// What there is to be told that was not.
    pub(super) fn say(&mut self, plan: &Heartbeat, now: Steady) -> Option<Report> {
        let standing = self.known.standing(plan, now);
        let wanted = standing.is_alarm().then_some(standing);
        let before = std::mem::replace(&mut self.told, wanted);
        (before != wanted).then(|| self.report(plan, standing))
    }

    fn report(&self, plan: &Heartbeat, standing: Standing) -> Report {
        let name = plan.name.clone();
        match standing {
            Standing::Well | Standing::Awaited | Standing::Late => Report::OVER,
            Standing::Missed => Report::HeartbeatMissed {
                name,
                ran: self.row.ran_at,
                every: plan.every,
                grace: plan.grace,
            },
            Standing::Unfinished => Report::HeartbeatUnfinished {
                name,
                started: self.row.started_at.unwrap_or(self.row.placed_at),
                grace: plan.grace,
            },
            Standing::Failed => Report::HeartbeatFailed {
                name,
                why: self.row.why.clone(),
            },
        }
    }
}
