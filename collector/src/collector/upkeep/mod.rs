//! Looks after what ends or goes missing without anybody doing anything: certificates, tokens of programs, and the key under which secrets lie. Each is an
//! alarm until it is put right: `certificate-ends`, `certificate-ended`, `token-ends`, `key-missing`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;
use std::sync::Arc;

use plenum_core::fact::{Certificate, Report, SystemKind};
use plenum_link::tls::Identity;
use plenum_protocol::{Clock, Duration, Timestamp};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::Collector;
use super::enrolment::{Enrolment, EnrolmentError};
use crate::config::{BrokerConfig, Config};
use crate::database::DatabaseError;
use crate::database::keys::{Sealing, SealingError};
use crate::journal::{Group, Journal, condition};
use crate::people::{Token, table};
use crate::tls::{Served, Standing, Validity};

/// How often it looks, beside whenever an enrolment changes.
const LOOK: Duration = Duration::from_minutes(1);
/// What it tells of.
const KINDS: [SystemKind; 4] = [
    SystemKind::CertificateEnded,
    SystemKind::CertificateEnds,
    SystemKind::KeyMissing,
    SystemKind::TokenEnds,
];
/// A token is told of until so long after its end, where it was used so long before now: what nobody uses may end.
const USED: Duration = Duration::from_hours(30 * 24);
/// A token of a shorter life was given out for a moment.
const FOR_A_MOMENT: Duration = Duration::from_hours(7 * 24);
/// The subjects of what there is one of.
const AUTHORITY: &str = "authority";
const BROKER: &str = "broker";
const DASHBOARD: &str = "dashboard";
const KEY: &str = "key";

/// What is wrong, by kind and subject.
type Wrong = BTreeMap<(SystemKind, String), Report>;

/// Who looks.
pub(crate) struct Upkeep {
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) enrolment: Arc<Enrolment>,
    pub(crate) sealing: Arc<Sealing>,
    /// What people's browsers are shown, if they are shown one.
    pub(crate) dashboard: Option<Arc<Served>>,
    /// What this collector shows a broker elsewhere, as it was read at the start.
    pub(crate) broker: Option<(PathBuf, Validity)>,
}

/// What a collector with these settings shows a broker elsewhere.
fn shown_to_broker(settings: &BrokerConfig) -> Option<(PathBuf, Validity)> {
    settings.url.as_ref()?;
    let path = settings.identity.clone()?;
    let (from, until) = Identity::read(&path).ok()?.validity();
    Some((path, Validity { from, until }))
}

#[derive(Debug, thiserror::Error)]
enum UpkeepError {
    #[error(transparent)]
    Enrolment(#[from] EnrolmentError),
    #[error(transparent)]
    Sealing(#[from] SealingError),
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

impl Upkeep {
    /// Over the running parts.
    pub(crate) fn of(
        config: &Config,
        parts: &Collector,
        clock: &Arc<dyn Clock>,
        dashboard: Option<Arc<Served>>,
    ) -> Self {
        Self {
            journal: parts.journal.clone(),
            clock: clock.clone(),
            enrolment: parts.enrolment.clone(),
            sealing: parts.sealing.clone(),
            dashboard,
            broker: shown_to_broker(&config.broker),
        }
    }

    /// Looks until told to stop.
    pub(crate) async fn run(self, stop: CancellationToken) {
        // Whoever renews or is revoked ends an alarm at once.
        let mut changes = self.enrolment.enrolled().changes();
        loop {
            changes.mark_unchanged();
            if let Err(error) = self.enrolment.turn().await {
                tracing::error!(%error, "the authority for agents' certificates cannot be followed by another; it is tried again");
            }
            if let Err(error) = self.look().await {
                tracing::error!(%error, "whether certificates end or the key is missing cannot be told; it is tried again");
            }
            tokio::select! {
                () = stop.cancelled() => return,
                // Enrolment holds the sender.
                _ = changes.changed() => {}
                () = self.clock.sleep(LOOK) => {}
            }
        }
    }

    async fn look(&self) -> Result<(), UpkeepError> {
        let mut wrong = self.certificates().await?;
        wrong.extend(self.tokens().await?);
        if let Some(flaw) = self.sealing.flaw().await? {
            let path = self.sealing.keys().path().display().to_string();
            wrong.insert(
                (SystemKind::KeyMissing, KEY.to_owned()),
                Report::KeyMissing { path, flaw },
            );
        }
        // A commit a minute for nothing would wear a card out.
        let held = self.journal.database().read(holding).await?;
        if held.iter().eq(wrong.keys()) {
            return Ok(());
        }
        let say = move |connection: &Connection, group: &mut Group| say(connection, group, &wrong);
        Ok(self.journal.append_with(say).await?)
    }

    /// Those of programs that use them, and that end or have ended.
    async fn tokens(&self) -> Result<Wrong, UpkeepError> {
        let now = self.clock.now();
        let given = move |connection: &Connection| table::token::all(connection, now - USED);
        let given = self.journal.database().read(given).await?;
        Ok(given.into_iter().filter_map(|token| ending(token, now)).collect())
    }

    async fn certificates(&self) -> Result<Wrong, UpkeepError> {
        let (mut wrong, now) = (Wrong::new(), self.clock.now());
        for enrolled in self.enrolment.list().await? {
            if let Some(validity) = enrolled.validity() {
                add(
                    &mut wrong,
                    now,
                    enrolled.agent.to_string(),
                    Certificate::Agent,
                    validity,
                );
            }
        }
        let authority = self.enrolment.made_authority().await?;
        if let Some(validity) = authority.and_then(|authority| authority.validity()) {
            add(
                &mut wrong,
                now,
                AUTHORITY.to_owned(),
                Certificate::Authority,
                validity,
            );
        }
        if let Some(served) = &self.dashboard {
            let path = served.path().display().to_string();
            let certificate = Certificate::Dashboard { path };
            add(
                &mut wrong,
                now,
                DASHBOARD.to_owned(),
                certificate,
                served.facts().validity(),
            );
        }
        if let Some((path, validity)) = &self.broker {
            let path = path.display().to_string();
            add(
                &mut wrong,
                now,
                BROKER.to_owned(),
                Certificate::Broker { path },
                *validity,
            );
        }
        Ok(wrong)
    }
}

/// What there is to be said of a token. One that has ended is told as one that ends: that alarm is nobody's to end but theirs who give the program another.
fn ending(token: Token, now: Timestamp) -> Option<((SystemKind, String), Report)> {
    let until = token.expires_at?;
    let validity = Validity {
        from: token.created_at,
        until,
    };
    let lasts = until.since(token.created_at) >= FOR_A_MOMENT;
    let is_used = token.used_at.is_some_and(|used| now.since(used) < USED);
    (lasts && is_used && validity.stands(now) >= Standing::EndsSoon).then(|| {
        let report = Report::TokenEnds {
            token: token.name,
            until,
        };
        (
            (SystemKind::TokenEnds, format!("token-{}", token.number.0)),
            report,
        )
    })
}

/// Adds what there is to be said of a certificate. One that has ended goes on being told as one that was not renewed: that alarm is nobody's to end but the renewal's.
fn add(wrong: &mut Wrong, now: Timestamp, subject: String, certificate: Certificate, validity: Validity) {
    let (standing, until) = (validity.stands(now), validity.until);
    if standing >= Standing::EndsSoon {
        let certificate = certificate.clone();
        wrong.insert(
            (SystemKind::CertificateEnds, subject.clone()),
            Report::CertificateEnds { certificate, until },
        );
    }
    if standing == Standing::Ended {
        wrong.insert(
            (SystemKind::CertificateEnded, subject),
            Report::CertificateEnded { certificate, until },
        );
    }
}

/// What is known to be wrong.
fn holding(connection: &Connection) -> rusqlite::Result<BTreeSet<(SystemKind, String)>> {
    let mut held = BTreeSet::new();
    for kind in KINDS {
        let holding = condition::holding(connection, kind)?;
        held.extend(holding.into_iter().map(|held| (kind, held.subject)));
    }
    Ok(held)
}

/// Writes down what ended and what began.
fn say(connection: &Connection, group: &mut Group, wrong: &Wrong) -> rusqlite::Result<()> {
    let held = holding(connection)?;
    for (kind, subject) in held.iter().filter(|held| !wrong.contains_key(*held)) {
        condition::say(connection, group, *kind, subject, Report::OVER)?;
    }
    for ((kind, subject), report) in wrong.iter().filter(|(key, _)| !held.contains(key)) {
        condition::say(connection, group, *kind, subject, report.clone())?;
    }
    Ok(())
}

#[cfg(test)]
mod tests;
