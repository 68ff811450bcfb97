//! Alarms of the monitor itself that only have a beginning (late readings): they count as gone when nothing more of it came for a while.

use std::collections::BTreeMap;

use plenum_protocol::{Duration, Timestamp};

use super::context::Context;
use super::timers::Timer;
use crate::alarms::life::Trigger;
use crate::alarms::{LateReading, Origin, Remark, Subject};
use crate::fact::{Report, SystemCondition, SystemKind};
use crate::site::Priority;

/// How long nothing more may come until such a condition counts as gone.
const QUIET: Duration = Duration::from_minutes(10);

/// When such alarms end, by the alarm's number.
#[derive(Debug, Default)]
pub(super) struct Monitor(BTreeMap<u64, Timestamp>);

impl Monitor {
    pub(super) fn restore(quiet_at: BTreeMap<u64, Timestamp>, context: &mut Context<'_>) -> Self {
        for (alarm, at) in &quiet_at {
            context.timers.set(Timer::Quiet { alarm: *alarm }, *at);
        }
        Self(quiet_at)
    }

    /// This run's clock is at `now`: no summary lasts longer than it may, whatever an earlier run's clock said.
    pub(super) fn come_back_to(&mut self, now: Timestamp, context: &mut Context<'_>) {
        for (alarm, at) in &mut self.0 {
            *at = (*at).min(now + QUIET);
            context.timers.set(Timer::Quiet { alarm: *alarm }, *at);
        }
    }

    /// The collector's clock was set by so much.
    pub(super) fn clock_was_set(&mut self, by: Duration, context: &mut Context<'_>) {
        for (alarm, at) in &mut self.0 {
            *at = *at + by;
            context.timers.set(Timer::Quiet { alarm: *alarm }, *at);
        }
    }

    pub(super) fn quiet_at(&self) -> &BTreeMap<u64, Timestamp> {
        &self.0
    }

    /// A part reports that a condition begins or ends.
    pub(super) fn report(condition: &SystemCondition, context: &mut Context<'_>) {
        let (kind, subject, at) = (condition.kind, condition.subject.as_str(), condition.at);
        if condition.active {
            let origin = match &condition.report {
                Report::Sentence(sentence) => Origin::Reported(sentence.clone()),
                report => Origin::Monitor(report.clone()),
            };
            match context.book.site().heartbeat(subject) {
                Some(job) if kind == SystemKind::HeartbeatMissed => {
                    let (priority, room) = (job.priority, job.room.clone());
                    context.raise_system_as(kind, subject, at, origin, priority, room);
                }
                _ => {
                    context.raise_system(kind, subject, at, origin);
                }
            }
            return;
        }
        match &condition.report {
            Report::Sentence(sentence) => context.end_system(kind, subject, at, sentence, None),
            Report::Over { by } => {
                let by = by.clone();
                context.end_system(kind, subject, at, "", Some(Remark::Over { kind, by }));
            }
            _ => context.end_system(kind, subject, at, "", None),
        }
    }

    /// Late readings of an agent would have raised this many alarms, in all since the summary began, and now one as bad as this about this one.
    pub(super) fn late(
        &mut self,
        agent: &str,
        (alarms, worst, first): (u64, Priority, LateReading),
        at: Timestamp,
        context: &mut Context<'_>,
    ) {
        let origin = Origin::Late {
            alarms,
            first: Some(first),
        };
        if let Some(alarm) = context.raise_system_as(SystemKind::Late, agent, at, origin, worst, None) {
            self.0.insert(alarm, at + QUIET);
            context.timers.set(Timer::Quiet { alarm }, at + QUIET);
        }
    }

    /// Ends an alarm that was quiet long enough. Gives the agent whose summary of late readings ends with it.
    pub(super) fn fire_quiet(
        &mut self,
        alarm: u64,
        now: Timestamp,
        context: &mut Context<'_>,
    ) -> Option<String> {
        let at = *self.0.get(&alarm).filter(|at| **at <= now)?;
        self.0.remove(&alarm);
        context.register.end(alarm, Trigger::Returned, at);
        let alarm = context.register.get(alarm)?;
        match &alarm.subject {
            Subject::System(agent) if alarm.rule.as_str() == SystemKind::Late.as_str() => Some(agent.clone()),
            _ => None,
        }
    }
}
