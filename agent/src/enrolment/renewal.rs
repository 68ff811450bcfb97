//! The certificate is renewed at two thirds of its life, over the connection's own way and by the certificate itself. Until then there is a third of a year
//! for everything that may go wrong; the next connection shows the new one.

use std::sync::Arc;

use plenum_link::tls::{Client, Identity};
use plenum_protocol::{AgentName, Clock, Duration, Timestamp};

use super::{EnrolmentError, obtain, store};

/// How long after a renewal or a failure it is looked again: a clock that is wrong by years makes every certificate look due.
const RETRY: Duration = Duration::from_hours(1);

/// Who renews.
pub(crate) struct Renewal {
    pub(crate) agent: AgentName,
    pub(crate) client: Client,
    /// The collector's broker.
    pub(crate) host: String,
    pub(crate) port: u16,
    pub(crate) clock: Arc<dyn Clock>,
}

/// When a certificate of this life is renewed.
fn due((from, until): (Timestamp, Timestamp)) -> Timestamp {
    let life = until.since(from).milliseconds();
    from + Duration::from_milliseconds(life / 3 * 2)
}

impl Renewal {
    /// Renews for ever, where it was a collector of ours that made the certificate.
    pub(crate) async fn run(self) {
        let Some(identity) = self.client.identity().cloned() else {
            return;
        };
        if !identity.is_renewed() {
            return;
        }
        loop {
            let due = due(identity.validity());
            if self.clock.now() < due {
                self.clock.wake_at(due).await;
                continue;
            }
            match self.renew(&identity).await {
                Ok(until) => tracing::info!(%until, "the certificate was renewed"),
                Err(error) => {
                    let until = identity.validity().1;
                    tracing::warn!(%error, %until, "the certificate was not renewed; it is tried again in an hour");
                }
            }
            self.clock.sleep(RETRY).await;
        }
    }

    async fn renew(&self, identity: &Arc<Identity>) -> Result<Timestamp, EnrolmentError> {
        let place = (self.host.as_str(), self.port);
        let text = obtain(&self.client, place, &self.agent, None).await?;
        let identity = identity.clone();
        let stored = tokio::task::spawn_blocking(move || {
            let pair = store(identity.path(), &text)?;
            identity
                .reload()
                .map_err(|error| EnrolmentError::Useless(error.to_string()))?;
            Ok(pair.not_after)
        });
        stored
            .await
            .unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_year_is_renewed_after_eight_months() {
        let at = |text: &str| -> Timestamp { text.parse().unwrap() };
        let life = (at("2026-01-01T00:00:00Z"), at("2027-01-01T00:00:00Z"));
        assert_eq!(due(life), at("2026-09-01T08:00:00Z"));
    }
}
