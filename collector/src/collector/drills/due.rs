//! Which drill is due, and what an earlier one left standing.

use std::collections::BTreeSet;

use plenum_core::authority::Actor;
use plenum_core::drill::{Due, Plan, Run, due};
use plenum_core::fact::{Expectation, ExpectationChange, Item, Report};
use plenum_core::site::{Drill, Site};
use plenum_protocol::payload::CommandKind;
use plenum_protocol::{AgentName, Duration, Identifier, Timestamp};
use rusqlite::Connection;

use super::{DrillError, Drills, KIND, eyes};
use crate::database::{DatabaseError, drills as table};
use crate::journal::{Group, condition};

/// How long an agent is asked to end what it left standing.
const ENDS_WITHIN: Duration = Duration::from_minutes(5);

/// As what a drill is settled: its identifier, and when it is held.
pub(super) fn settles(drill: &Drill) -> Option<(Identifier, String)> {
    drill.when.map(|when| (drill.id.clone(), when.to_string()))
}

/// When the next of a site is due.
pub(super) fn next(site: &Site, now: Timestamp) -> Timestamp {
    let times = site.drills.iter().filter_map(|drill| drill.when);
    let next = times.filter_map(|when| when.after(now, &site.site.zone)).min();
    next.unwrap_or(Timestamp::MAX)
}

/// What is to be written down of the plan, and which drill is due.
#[derive(Default)]
struct Looked<'a> {
    settled: Vec<(Identifier, String, Timestamp)>,
    missed: Vec<Run>,
    gone: Vec<Identifier>,
    due: Option<(&'a Drill, Timestamp)>,
}

impl Drills {
    /// Begins the first that is due, where none goes on, and says of those that were so too long ago that they were missed.
    /// `known`: since when the clock has been as it is.
    pub(super) async fn hold_what_is_due(
        &self,
        open: &mut Option<(u64, Run)>,
        known: Timestamp,
    ) -> Result<(), DatabaseError> {
        let (now, site) = (self.0.clock.now(), self.0.site.borrow().clone());
        let Looked {
            settled,
            missed,
            gone,
            due,
        } = self.looked(&site, (known, now)).await?;
        for run in &missed {
            tracing::warn!(drill = %run.plan.drill, planned = ?run.planned, "a drill was missed: it could not be held when it was due, nor for four hours after");
        }
        if !settled.is_empty() || !missed.is_empty() || !gone.is_empty() {
            let write = move |connection: &Connection, group: &mut Group| {
                for (drill, planned, at) in &settled {
                    table::settle(connection, drill, planned, *at)?;
                }
                for run in missed {
                    table::keep(connection, &(table::next_number(connection)?, run))?;
                }
                for drill in &gone {
                    table::forget(connection, drill)?;
                    condition::say(connection, group, KIND, drill.as_str(), Report::OVER)?;
                }
                Ok(())
            };
            self.0.journal.append_with(write).await?;
        }
        let Some((drill, planned)) = due.filter(|_| open.is_none()) else {
            return Ok(());
        };
        match self
            .begin_with(open, drill, &site, (Actor::Monitor, Some(planned)))
            .await
        {
            Ok(_) => Ok(()),
            Err(DrillError::Database(error)) => Err(error),
            Err(why) => {
                tracing::info!(drill = %drill.id, %why, "a drill that is due waits");
                Ok(())
            }
        }
    }

    async fn looked<'a>(
        &self,
        site: &'a Site,
        (known, now): (Timestamp, Timestamp),
    ) -> Result<Looked<'a>, DatabaseError> {
        let read = |connection: &Connection| {
            let failed = condition::holding(connection, KIND)?;
            Ok((table::settled(connection)?, failed))
        };
        let (all, failed) = self.0.journal.database().read(read).await?;
        let mut looked = Looked::default();
        let mut gone: BTreeSet<Identifier> = all.keys().cloned().collect();
        gone.extend(failed.iter().filter_map(|held| held.subject.parse().ok()));
        for drill in &site.drills {
            gone.remove(&drill.id);
            let Some((when, planned)) = drill.when.map(|when| (when, when.to_string())) else {
                continue;
            };
            // One that is new, or planned otherwise than before, was never due.
            let settled = all.get(&drill.id).filter(|(before, _)| *before == planned);
            let Some((_, settled)) = settled else {
                looked.settled.push((drill.id.clone(), planned, now));
                continue;
            };
            match due(&when, &site.site.zone, (*settled, known), now) {
                Due::Later(_) => {}
                Due::Missed(at) => {
                    looked.missed.push(Run::missed(Plan::of(drill, site), at));
                    looked.settled.push((drill.id.clone(), planned, at));
                }
                Due::Now(at) => {
                    looked.due = looked.due.filter(|(_, other)| *other <= at).or(Some((drill, at)));
                }
            }
        }
        looked.gone = gone.into_iter().collect();
        Ok(looked)
    }

    /// No drill goes on: an alarm of one that stands was left by an agent that could not be heard, and one that is over is nobody's to see. An agent that does not end it is not there
    /// any more to do so: nothing is expected of its reading then, so that the next drill can be held.
    pub(super) async fn end_what_stands(&self) -> Result<(), DatabaseError> {
        let now = self.0.clock.now();
        for left in eyes::open(&self.0.alarms) {
            match left.stands {
                None => eyes::settle(&self.0.alarms, &left.series).await,
                Some(since) if now.since(since) >= ENDS_WITHIN => {
                    tracing::warn!(series = %left.series, "the alarm of a drill that is over stands, and its agent does not end it: its reading is retired");
                    let retired = retired(&left.series.agent, left.series.sensor());
                    let write = move |_: &Connection, group: &mut Group| {
                        group.push(retired);
                        Ok(())
                    };
                    self.0.journal.append_with(write).await?;
                }
                Some(_) => {
                    let kind = CommandKind::Drill {
                        drill: left.series.sensor().clone(),
                        on: false,
                        seconds: 0,
                    };
                    self.command(&left.series.agent, kind, None);
                }
            }
        }
        Ok(())
    }
}

/// That nothing is expected of a drill's reading any more.
pub(super) fn retired(agent: &AgentName, drill: &Identifier) -> Item {
    Item::Expectation(Expectation {
        agent: agent.clone(),
        change: ExpectationChange::Retired {
            sensor: drill.clone(),
            by: Some(Actor::Monitor),
        },
    })
}
