//! Who calls people: where messages are written, who is on duty, whom the ladders call, and the drills of all that.

use std::sync::Arc;

use plenum_protocol::Clock;
use tokio::sync::Notify;

use super::OpenError;
use crate::alarms::Alarms;
use crate::collector::drills::Drills;
use crate::journal::Journal;
use crate::notify::annunciator::Outbox;
use crate::notify::caller::Calls;
use crate::notify::duty::Duty;

/// Where messages are written, and what says so to whoever carries them.
pub(super) fn outbox(clock: &Arc<dyn Clock>) -> (Arc<Notify>, Arc<Outbox>) {
    let wake = Arc::new(Notify::new());
    (wake.clone(), Arc::new(Outbox::new(clock.clone(), wake)))
}

/// Who is on duty, whom the ladders call, and the drills of that.
pub(super) async fn on_duty(
    journal: &Journal,
    clock: &Arc<dyn Clock>,
    (alarms, outbox): (&Alarms, &Arc<Outbox>),
) -> Result<(Duty, Calls, Drills), OpenError> {
    let duty = Duty::open(journal.database().clone(), clock.clone(), alarms.site()).await?;
    let calls = Calls::new(&duty, outbox.clone());
    let held = (alarms.clone(), calls.clone());
    let drills = Drills::new(journal.clone(), clock.clone(), held);
    Ok((duty, calls, drills))
}
