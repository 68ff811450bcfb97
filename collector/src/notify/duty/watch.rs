//! Looks two weeks ahead for hours in which nobody is on duty by a rota: each such rota is an alarm, `nobody-on-duty`, until somebody is.

use std::collections::BTreeMap;
use std::sync::Arc;

use plenum_core::duty::{Plan, TOLD_AHEAD};
use plenum_core::fact::{Report, SystemKind};
use plenum_core::site::Site;
use plenum_protocol::{Clock, Duration, Timestamp};
use rusqlite::Connection;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Duty;
use crate::database::DatabaseError;
use crate::journal::{Group, Journal, condition};

const KIND: SystemKind = SystemKind::NobodyOnDuty;
/// How often it looks, beside whenever the site or the overrides change.
const LOOK: Duration = Duration::from_minutes(10);

/// Who looks.
pub(crate) struct Watch {
    pub(crate) duty: Duty,
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) site: watch::Receiver<Arc<Site>>,
}

impl Watch {
    /// Looks until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut changed = self.duty.changed();
        loop {
            changed.mark_unchanged();
            self.site.mark_unchanged();
            if let Err(error) = self.look().await {
                tracing::error!(%error, "hours without anybody on duty cannot be written down; it is tried again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                Ok(()) = changed.changed() => {}
                Ok(()) = self.site.changed() => {}
                () = self.clock.sleep(LOOK) => {}
            }
        }
    }

    async fn look(&self) -> Result<(), DatabaseError> {
        let now = self.clock.now();
        let found = self.duty.with_plan(|plan| uncovered(plan, now));
        // A commit every ten minutes for nothing would wear a card out.
        let held = |connection: &Connection| condition::holding(connection, KIND);
        let held = self.journal.database().read(held).await?;
        if held.iter().map(|held| &held.subject).eq(found.keys()) {
            return Ok(());
        }
        let say = move |connection: &Connection, group: &mut Group| say(connection, group, &found);
        self.journal.append_with(say).await
    }
}

/// The rotas with hours that are nobody's, by their identifiers.
fn uncovered(plan: &Plan<'_>, now: Timestamp) -> BTreeMap<String, Report> {
    let mut found = BTreeMap::new();
    for (rota, from, to) in plan.uncovered(now, now + TOLD_AHEAD) {
        let report = found.entry(rota.id.to_string());
        let report = report.or_insert(Report::Uncovered { from, to, others: 0 });
        if let Report::Uncovered {
            from: first, others, ..
        } = report
            && *first != from
        {
            *others += 1;
        }
    }
    found
}

/// Writes down what ended and what began.
fn say(connection: &Connection, group: &mut Group, found: &BTreeMap<String, Report>) -> rusqlite::Result<()> {
    let held = condition::holding(connection, KIND)?;
    for over in held.iter().filter(|held| !found.contains_key(&held.subject)) {
        condition::say(connection, group, KIND, &over.subject, Report::OVER)?;
    }
    let is_held = |subject: &String| held.iter().any(|held| held.subject == *subject);
    for (subject, report) in found.iter().filter(|(subject, _)| !is_held(subject)) {
        condition::say(connection, group, KIND, subject, report.clone())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::notify::duty::tests::{Rig, asked};
    use plenum_core::authority::Actor;

    #[tokio::test]
    async fn hours_that_are_nobodys_are_told_until_somebody_stands_in() {
        let rig = Rig::start_with("until = \"2026-03-09\"\n").await;
        let journal = rig.journal().await;
        let watch = Watch {
            duty: rig.duty.clone(),
            journal: journal.clone(),
            clock: Arc::new(rig.clock.clone()),
            site: rig.site.subscribe(),
        };
        let held = || async {
            watch.look().await.unwrap();
            let read = |connection: &Connection| condition::holding(connection, KIND);
            let held = journal.database().read(read).await.unwrap();
            held.into_iter().map(|held| held.subject).collect::<Vec<_>>()
        };
        assert_eq!(held().await, ["r"]);
        let whole = asked("bert", "2026-03-09T00:00:00Z", "2026-03-20T00:00:00Z");
        let made = rig.duty.make(whole, Actor::Person(3)).await.unwrap();
        assert_eq!(held().await, [""; 0]);
        rig.duty.take_back(made.number).await.unwrap();
        assert_eq!(held().await, ["r"]);
    }
}
