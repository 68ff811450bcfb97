//! An incident that somebody passes on: what they have of it they give back, and whom it comes to is called. The same for the answer to a text message, the link in a mail,
//! the screens and the API.

use plenum_core::authority::Actor;
use plenum_core::fact::ActionKind;
use plenum_core::oncall::call::Passed;
use rusqlite::Connection;

use super::Collector;
use crate::alarms::{Alarms, Target};
use crate::database::{DatabaseError, who};
use crate::notify::caller::{Calls, PassesOn, Passing};

impl Collector {
    /// Passes an incident on. What comes of it.
    pub async fn pass_on(&self, passes: &PassesOn, by: &Actor) -> Result<Passing, DatabaseError> {
        pass_on(&self.alarms, &self.calls, passes, by).await
    }

    /// Whoever this is, as the site names whom messages go to; none for whoever gets none.
    pub async fn recipient(&self, actor: &Actor) -> Result<Option<String>, DatabaseError> {
        let (actor, site) = (actor.clone(), self.site());
        let read = move |connection: &Connection| who::recipient(connection, &actor, &site);
        self.database.read(read).await
    }
}

/// Gives back what they have of it, where that or the call goes to others, and calls whom it comes to.
pub(super) async fn pass_on(
    alarms: &Alarms,
    calls: &Calls,
    passes: &PassesOn,
    by: &Actor,
) -> Result<Passing, DatabaseError> {
    let would = calls.would_pass_on(passes).await?;
    let mut had = false;
    if matches!(would.passed, Passed::On | Passed::Noted) && !would.has.is_empty() {
        let has = would.has.iter().map(|(alarm, raised_at)| Target {
            alarm: *alarm,
            occurrence: Some(*raised_at),
        });
        let has: Vec<Target> = has.collect();
        let acted = alarms.act_many(&has, ActionKind::GiveBack, by, "").await?;
        had = !acted.done.is_empty();
    }
    calls.pass_on(passes, by.clone(), had).await
}
