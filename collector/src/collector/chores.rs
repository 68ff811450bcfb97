//! What has to be done as long as a collector is open: conditions of the monitor itself are written down, and the journal is trimmed.

use std::sync::Arc;

use plenum_core::fact::SystemCondition;
use plenum_link::Shutdown;
use plenum_protocol::{Clock, Duration};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::journal::{Journal, condition};

/// Conditions of the monitor itself that wait for the journal; whoever reports one waits for space.
const CONDITIONS: usize = 64;
/// How long after a condition that could not be written the next attempt is made.
const RETRY: Duration = Duration::from_seconds(1);
/// How often entries that all readers have passed are deleted.
const TRIM_EVERY: Duration = Duration::from_seconds(5);

/// Starts both; conditions are reported into what this gives.
pub(crate) fn start(
    journal: &Journal,
    clock: &Arc<dyn Clock>,
    shutdown: &Shutdown,
) -> mpsc::Sender<SystemCondition> {
    let (conditions, reported) = mpsc::channel(CONDITIONS);
    let (log, time, stop) = (journal.clone(), clock.clone(), shutdown.token());
    shutdown.spawn("conditions", async move {
        report(reported, log, time, stop).await;
        Ok::<(), std::convert::Infallible>(())
    });
    let (log, time, stop) = (journal.clone(), clock.clone(), shutdown.token());
    shutdown.spawn_essential("journal trimmer", async move {
        trim(log, time, stop).await;
        Ok::<(), std::convert::Infallible>(())
    });
    conditions
}

/// Writes conditions of the monitor itself into the journal; one that cannot be written is tried again, for it is an alarm.
async fn report(
    mut reported: mpsc::Receiver<SystemCondition>,
    journal: Journal,
    clock: Arc<dyn Clock>,
    stop: CancellationToken,
) {
    while let Some(Some(condition)) = stop.run_until_cancelled(reported.recv()).await {
        let write = |condition: SystemCondition| {
            journal.append_with(move |connection, group| condition::write(connection, group, condition))
        };
        while let Err(error) = write(condition.clone()).await {
            tracing::error!(%error, kind = %condition.kind, "a system condition cannot be written");
            if !error.may_be_tried_again() || stop.is_cancelled() {
                break;
            }
            clock.sleep(RETRY).await;
        }
    }
}

async fn trim(journal: Journal, clock: Arc<dyn Clock>, stop: CancellationToken) {
    while stop.run_until_cancelled(clock.sleep(TRIM_EVERY)).await.is_some() {
        if let Err(error) = journal.trim().await {
            tracing::warn!(%error, "the journal cannot be trimmed");
        }
    }
}
