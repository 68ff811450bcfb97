//! Conditions of the monitor that intake begins and ends; each is remembered in the commit that says it.

use std::collections::BTreeMap;

use plenum_protocol::Steady;
use rusqlite::Connection;

use plenum_core::fact::{Item, Report, SystemCondition, SystemKind};

use plenum_link::mqtt::Arrival;

use crate::journal::condition;

/// The conditions that hold, by kind and subject.
#[derive(Debug, Default)]
pub(super) struct Conditions(BTreeMap<(SystemKind, String), Holding>);

#[derive(Debug, Clone)]
pub(super) struct Holding {
    /// When it was last confirmed in this run.
    pub(super) confirmed: Steady,
    pub(super) detail: String,
}

/// The kinds that intake owns.
pub(super) const KINDS: [SystemKind; 14] = [
    SystemKind::AgentDisk,
    SystemKind::BrokerLost,
    SystemKind::ClockAhead,
    SystemKind::ClockBehind,
    SystemKind::CollectorClock,
    SystemKind::DeadLetters,
    SystemKind::DiskFull,
    SystemKind::DiskReserve,
    SystemKind::ExpectationChanges,
    SystemKind::FollowsAnother,
    SystemKind::ForeignDatabase,
    SystemKind::Gap,
    SystemKind::SeriesLimit,
    SystemKind::TwoHosts,
];

impl Conditions {
    pub(super) fn load(connection: &Connection, now: Steady) -> rusqlite::Result<Self> {
        let mut holding = BTreeMap::new();
        for kind in KINDS {
            for held in condition::holding(connection, kind)? {
                let holding_on = Holding {
                    confirmed: now,
                    detail: held.detail,
                };
                holding.insert((kind, held.subject), holding_on);
            }
        }
        Ok(Self(holding))
    }

    /// Begins or ends a condition; returns what the next commit must hold if that changes anything.
    pub(super) fn set(
        &mut self,
        kind: SystemKind,
        subject: &str,
        active: bool,
        now: Arrival,
        report: Report,
    ) -> Option<Change> {
        self.set_with(kind, subject, active, now, report, "")
    }

    /// As `set`, with a detail that is remembered beside it.
    pub(super) fn set_with(
        &mut self,
        kind: SystemKind,
        subject: &str,
        active: bool,
        now: Arrival,
        report: Report,
        detail: &str,
    ) -> Option<Change> {
        let key = (kind, subject.to_owned());
        let detail = detail.to_owned();
        match active {
            true => {
                let holding = Holding {
                    confirmed: now.steady,
                    detail: detail.clone(),
                };
                if let Some(before) = self.0.get_mut(&key) {
                    before.confirmed = now.steady;
                    return None;
                }
                self.0.insert(key, holding);
            }
            false => {
                self.0.remove(&key)?;
            }
        }
        let condition = SystemCondition {
            kind,
            subject: subject.to_owned(),
            active,
            at: now.at,
            report,
        };
        Some(Change { condition, detail })
    }

    /// Whether no condition of this kind holds.
    pub(super) fn is_quiet(&self, kind: SystemKind) -> bool {
        self.of(kind).next().is_none()
    }

    /// Whether it holds.
    pub(super) fn holds(&self, kind: SystemKind, subject: &str) -> bool {
        self.0.contains_key(&(kind, subject.to_owned()))
    }

    /// The subjects for which a condition of this kind holds.
    pub(super) fn of(&self, kind: SystemKind) -> impl Iterator<Item = (&str, &Holding)> {
        self.0
            .iter()
            .filter(move |((held, _), _)| *held == kind)
            .map(|((_, subject), holding)| (subject.as_str(), holding))
    }
}

/// A condition that begins or ends.
#[derive(Debug, Clone)]
pub(super) struct Change {
    condition: SystemCondition,
    detail: String,
}

impl Change {
    pub(super) fn item(&self) -> Item {
        Item::System(self.condition.clone())
    }

    pub(super) fn store(&self, connection: &Connection) -> rusqlite::Result<()> {
        condition::remember(connection, &self.condition, &self.detail).map(drop)
    }
}
