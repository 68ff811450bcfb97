//! Services' availability over any period: each timeline is computed once for all who ask within some seconds, and read here.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use plenum_core::availability::{Availability, Calendar, Interval, State, availability};
use plenum_core::site::Service;
use plenum_protocol::{Clock, Duration, Identifier, Timestamp};

use super::computed::Computed;
use crate::database::{Database, DatabaseError};
use crate::history::{History, HistoryError};
use crate::revisions;

/// How long a computed timeline serves before it is computed anew. Late readings show after that.
const SERVES: Duration = Duration::from_seconds(10);

/// Why there is no result.
#[derive(Debug, thiserror::Error)]
pub enum ServicesError {
    /// The site in force has no such service.
    #[error("there is no service `{0}`")]
    NotFound(Identifier),
    /// The period is empty or runs backwards.
    #[error("the period must end after it begins")]
    Period,
    /// The database could not.
    #[error(transparent)]
    Database(#[from] DatabaseError),
    /// The history could not.
    #[error(transparent)]
    History(#[from] HistoryError),
    /// The computation was aborted.
    #[error("the computation was aborted")]
    Aborted,
}

/// A service with its result.
#[derive(Debug, Clone)]
pub struct Report {
    /// The service as the site in force describes it.
    pub service: Service,
    /// Of the period asked for, cut off at now.
    pub availability: Availability,
}

/// What a day was at its worst.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Day {
    /// The local date, as 2026-06-18.
    pub date: String,
    /// Its worst state but for planned and out of hours, which show only when nothing else was; none for a day to come.
    pub state: Option<State>,
}

/// A service's current month.
#[derive(Debug, Clone)]
pub struct Month {
    /// The service as the site in force describes it.
    pub service: Service,
    /// The result so far: from the month's first instant to now.
    pub so_far: Availability,
    /// The first instant after the month.
    pub to: Timestamp,
    /// What it is now; none if it has no past.
    pub now: Option<State>,
    /// The down or unknown milliseconds that the objective allows in the whole month.
    pub budget: i64,
    /// What is left of it; negative when the objective is missed.
    pub left: i64,
    /// Every day of the month in order, those to come as well.
    pub days: Vec<Day>,
}

/// Computes availability. Cheap to clone.
#[derive(Clone)]
pub struct Services(Arc<Inner>);

struct Inner {
    database: Database,
    history: History,
    clock: Arc<dyn Clock>,
    /// Bound: one timeline a service of the site in force.
    timelines: Mutex<HashMap<Identifier, Computed>>,
    /// One timeline is computed at a time: it reads the whole history, and several screens ask for the same one.
    computing: tokio::sync::Mutex<()>,
}

impl Services {
    /// Over these stores.
    pub fn new(database: Database, history: History, clock: Arc<dyn Clock>) -> Self {
        Self(Arc::new(Inner {
            database,
            history,
            clock,
            timelines: Mutex::default(),
            computing: tokio::sync::Mutex::default(),
        }))
    }

    /// A service's availability in [from, to); what lies after now is not yet anything and is cut off.
    pub async fn availability(
        &self,
        service: &Identifier,
        from: Timestamp,
        to: Timestamp,
    ) -> Result<Report, ServicesError> {
        let computed = self.computed(service).await?;
        let to = to.min(computed.at);
        if from >= to {
            return Err(ServicesError::Period);
        }
        Ok(Report {
            service: (*computed.service).clone(),
            availability: computed.availability(from, to),
        })
    }

    /// A service's current month in its own zone.
    pub async fn month(&self, service: &Identifier) -> Result<Month, ServicesError> {
        let computed = self.computed(service).await?;
        let Some((_, calendar)) = computed.calendars.last() else {
            return Err(ServicesError::NotFound(service.clone()));
        };
        let (from, to) = calendar.month_of(computed.at);
        let so_far = computed.availability(from, computed.at.max(from + Duration::from_milliseconds(1)));
        let whole = availability(&computed.calendars, &[], from, to);
        let agreed = whole.milliseconds.unknown;
        let budget = (agreed as f64 * (1.0 - computed.service.objective)).round() as i64;
        let spent = so_far.spent;
        let days = days(calendar, from, to, computed.at, &so_far);
        let now = so_far.intervals.last().map(|interval| interval.state);
        Ok(Month {
            service: (*computed.service).clone(),
            so_far,
            to,
            now,
            budget,
            left: budget - spent,
            days,
        })
    }

    async fn computed(&self, service: &Identifier) -> Result<Computed, ServicesError> {
        let _turn = self.0.computing.lock().await;
        let now = self.0.clock.now();
        let number = self.0.database.read(revisions::current_number).await?;
        let known = self.lock().get(service).cloned();
        if let Some(known) = known.filter(|known| known.number == number && serves(known.at, now)) {
            return Ok(known);
        }
        let revisions = self.0.database.read(revisions::timeline).await?;
        let (inner, name) = (Arc::clone(&self.0), service.clone());
        let work = tokio::task::spawn_blocking(move || {
            Computed::from_history(&inner.history, &name, number, &revisions, now)
        });
        let computed = work.await.map_err(|_| ServicesError::Aborted)??;
        self.lock().insert(service.clone(), computed.clone());
        Ok(computed)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<Identifier, Computed>> {
        self.0.timelines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Whether what was computed at an instant still serves. Not what is of the future: a clock was set back since.
fn serves(computed: Timestamp, now: Timestamp) -> bool {
    (Duration::ZERO..SERVES).contains(&now.since(computed))
}

fn days(
    calendar: &Calendar,
    from: Timestamp,
    to: Timestamp,
    now: Timestamp,
    so_far: &Availability,
) -> Vec<Day> {
    // From worst to best as a glance should show it; planned and out of hours only where nothing else was.
    const ORDER: [State; 5] = [
        State::Down,
        State::Unknown,
        State::Up,
        State::Planned,
        State::OutOfHours,
    ];
    let mut days = Vec::new();
    let mut date = calendar.date_of(from);
    while calendar.midnight(date) < to {
        let Ok(next) = date.tomorrow() else { break };
        let (begin, end) = (calendar.midnight(date), calendar.midnight(next));
        let touching = |interval: &&Interval| interval.from < end && interval.to > begin;
        let states: Vec<State> = so_far
            .intervals
            .iter()
            .filter(touching)
            .map(|interval| interval.state)
            .collect();
        let worst = ORDER.into_iter().find(|state| states.contains(state));
        days.push(Day {
            date: date.to_string(),
            state: worst.filter(|_| begin < now),
        });
        date = next;
    }
    days
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_computed_before_a_clock_was_set_back_does_not_serve() {
        let serves = |computed: i64, now: i64| {
            let second = |count: i64| Timestamp::from_milliseconds(count * 1_000);
            serves(second(computed), second(now))
        };
        assert_eq!(
            [serves(100, 100), serves(100, 109), serves(100, 110)],
            [true, true, false]
        );
        assert!(!serves(7_300, 100), "frozen until the clock has caught up");
    }
}
