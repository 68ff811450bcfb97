//! The figures of the alarms themselves over a period.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use plenum_core::alarms::Alarm;
use plenum_core::alarms::figures::{About, Figures, Fold, LOOKBACK};
use plenum_core::fact::SystemKind;
use plenum_core::site::{Rule, Site, Watches, effective_rules};
use plenum_protocol::{Identifier, Timestamp};

use super::Alarms;
use crate::alarms::{figures, store};
use crate::database::DatabaseError;
use crate::revisions;

impl Alarms {
    /// The site by whose terms a period that ends then is judged: whatever is changed later changes no figure of a month that is over.
    pub async fn terms(&self, end: Timestamp) -> Result<Arc<Site>, DatabaseError> {
        let read = move |connection: &rusqlite::Connection| revisions::in_force(connection, end);
        let then = self.0.database.read(read).await?;
        Ok(then.map_or_else(|| self.site().borrow().clone(), Arc::new))
    }

    /// The figures of `from..to`, which is not empty, by these terms: among how many people the load is divided, and how bad each alarm is.
    pub async fn figures(
        &self,
        (from, to): (Timestamp, Timestamp),
        terms: Arc<Site>,
    ) -> Result<Figures, DatabaseError> {
        let read = move |connection: &rusqlite::Connection| {
            let rules = effective_rules(&terms);
            let rules: HashMap<&Identifier, &Rule> = rules.iter().map(|rule| (&rule.id, rule)).collect();
            // By the database as the log is: what screens see comes a moment after the commit.
            let (drills, alarms): (Vec<Alarm>, Vec<Alarm>) =
                store::alarms(connection)?.into_iter().partition(Alarm::is_drill);
            let drills: HashSet<u64> = drills.iter().map(|drill| drill.id).collect();
            let alarms = alarms.into_iter();
            let alarms: HashMap<u64, About> = alarms.map(|alarm| (alarm.id, about(&alarm, &rules))).collect();
            let numbers: Vec<u64> = alarms.keys().copied().collect();
            let openings = figures::openings(connection, &numbers, from - LOOKBACK)?;
            let mut fold = Fold::new((from, to), terms.operators(), openings);
            for step in figures::steps(connection, from - LOOKBACK, to)? {
                // Nothing is wrong in a drill: it says nothing about the alarms.
                if !drills.contains(&step.alarm) {
                    fold.step(&step);
                }
            }
            Ok(fold.finish(|alarm| alarms.get(&alarm).copied()))
        };
        self.0.database.read(read).await
    }
}

/// How bad an alarm was by its rule of then. A summary of what came late is as bad as the worst of it, and one whose rule was not there yet, or no
/// longer, as it last was.
fn about(alarm: &Alarm, rules: &HashMap<&Identifier, &Rule>) -> About {
    let rule = rules.get(&alarm.rule).filter(|rule| rule.enabled);
    match rule.filter(|rule| rule.when.watches() != Watches::Monitor(SystemKind::Late)) {
        Some(rule) => About {
            priority: rule.priority,
            latched: rule.when.is_latched(),
        },
        None => About {
            priority: alarm.priority,
            latched: alarm.latched,
        },
    }
}
