//! Forgets deliveries that were made or given up longer ago than the alarms' history is kept: once an hour, a few rows a transaction.

use std::sync::Arc;

use plenum_protocol::{Clock, Duration};
use tokio_util::sync::CancellationToken;

use super::{calls, outbox};
use crate::database::{Database, drills};

/// How often it looks.
const EVERY: Duration = Duration::from_hours(1);

/// Looks until told to stop; `keep` is how long a delivery stays after its end.
pub async fn run(database: Database, clock: Arc<dyn Clock>, keep: Duration, stop: CancellationToken) {
    loop {
        let now = clock.now();
        let prune = move |connection: &_| {
            let more = calls::prune(connection, now - keep)?;
            let more = drills::prune(connection, now - keep)? || more;
            Ok(outbox::prune(connection, now - keep, now)? || more)
        };
        // Others write between two transactions.
        let more = match database.write(prune).await {
            Ok(more) => more,
            Err(error) => {
                tracing::warn!(%error, "old deliveries cannot be deleted; it is tried again in an hour");
                false
            }
        };
        if stop.is_cancelled() {
            return;
        }
        let pause = clock.sleep(EVERY);
        if !more && stop.run_until_cancelled(pause).await.is_none() {
            return;
        }
    }
}
