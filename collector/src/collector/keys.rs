//! The keys at a start: opened, what is secret sealed with them, and what of that is to be written down.

use std::sync::Arc;

use plenum_core::authority::Actor;
use plenum_core::fact::{Audited, Deed};
use plenum_protocol::Timestamp;

use super::enrolment::AUTHORITY_KEY;
use crate::audit;
use crate::config::Config;
use crate::database::keys::{Keys, SealedAnew, Sealing, SealingError};
use crate::database::{Database, DatabaseError};
use crate::people;

/// Opens the keys, and seals what is not sealed with the current one, before anybody reads it: and what of that is to be written down. Without them
/// everything else goes on.
pub(crate) async fn open(
    config: &Config,
    database: &Database,
    now: Timestamp,
) -> Result<(Arc<Sealing>, Vec<Audited>), DatabaseError> {
    let keys = Keys::open(config.key_place(), database, now).await?;
    let files = vec![audit::key_file(config.data_folder())];
    let sealing = Sealing::new(keys, database.clone(), vec![people::SEEDS, AUTHORITY_KEY], files);
    let finished = sealing.finish().await;
    match &finished {
        Ok(sealed) => tracing::info!(
            clear = sealed.clear,
            anew = sealed.anew,
            left = sealed.left,
            gone = sealed.gone.len(),
            "what is secret is sealed"
        ),
        // It was said as the keys were opened.
        Err(SealingError::Key(_)) => {}
        Err(error) => {
            tracing::error!(%error, "not all that is secret could be sealed anew; the next start goes on")
        }
    }
    let uses = uses(sealing.keys(), &finished, now);
    Ok((Arc::new(sealing), uses))
}

/// What the audit log says of the key at a start: that it was opened or could not be, and what was sealed with it.
fn uses(keys: &Keys, finished: &Result<SealedAnew, SealingError>, at: Timestamp) -> Vec<Audited> {
    let (done, failed) = (200, 503);
    let name = keys.name();
    let line = |deed, status, times| Audited {
        at,
        by: Actor::Monitor,
        from: None,
        deed,
        on: name.as_ref().map(ToString::to_string).unwrap_or_default(),
        status,
        times,
    };
    let mut lines = vec![line(Deed::OpenKey, if name.is_ok() { done } else { failed }, 1)];
    if let Ok(sealed) = finished {
        let of =
            |status, count: usize| line(Deed::SealAnew, status, u32::try_from(count).unwrap_or(u32::MAX));
        let counts = [(done, sealed.clear + sealed.anew), (failed, sealed.left)];
        let counts = counts.into_iter().filter(|(_, count)| *count > 0);
        lines.extend(counts.map(|(status, count)| of(status, count)));
    }
    lines
}
