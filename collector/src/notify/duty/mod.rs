//! Who is on duty now: the site's rotas with the overrides that people made. These are kept in `plenum.db` and, as far as they still matter, in memory, so
//! that whoever tells somebody of an alarm asks without waiting.

pub(crate) mod table;
mod watch;

use std::sync::Arc;

use plenum_core::authority::Actor;
use plenum_core::duty::{Asked, AskedError, Override, Plan};
use plenum_core::site::Site;
use plenum_link::Shutdown;
use plenum_protocol::{Clock, Duration, Timestamp};
use rusqlite::Connection;
use tokio::sync::{Mutex, watch as sync_watch};

use self::watch::Watch;
use crate::database::{Database, DatabaseError};
use crate::journal::Journal;

/// For so long what is over is still shown in calendars.
pub const SHOWN: Duration = Duration::from_hours(100 * 24);
/// Overrides that are not over, at most: each question goes through all of them.
const MOST: u64 = 1_000;

/// An override's number, never used again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct OverrideNumber(pub i64);

/// An override that a person made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Made {
    /// For ever.
    pub number: OverrideNumber,
    /// Who stands in, and when.
    pub own: Override,
    /// Who made it.
    pub made_by: Actor,
    /// When.
    pub made_at: Timestamp,
}

/// Why an override is not made, changed or taken back.
#[derive(Debug, thiserror::Error)]
pub enum DutyError {
    /// It cannot be.
    #[error(transparent)]
    Asked(#[from] AskedError),
    /// There is none.
    #[error("there is no override {}", .0.0)]
    NoOverride(OverrideNumber),
    /// It is over.
    #[error("override {} is over: who was on duty is not changed afterwards", .0.0)]
    Over(OverrideNumber),
    /// There are too many.
    #[error("{MOST} overrides are not over yet: take some back, or change the rota in site.toml")]
    Many,
    /// The database.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The overrides as they count, for every question at once.
#[derive(Debug, Default)]
struct Standing {
    made: Vec<Made>,
    /// The same for the plan.
    own: Arc<[Override]>,
}

/// Who is on duty. Cheap to clone.
#[derive(Clone)]
pub struct Duty {
    database: Database,
    clock: Arc<dyn Clock>,
    site: sync_watch::Receiver<Arc<Site>>,
    standing: sync_watch::Sender<Arc<Standing>>,
    /// One change at a time, so that the last one to be written is the one that counts here.
    changing: Arc<Mutex<()>>,
}

impl Duty {
    /// Reads the overrides that there are.
    pub async fn open(
        database: Database,
        clock: Arc<dyn Clock>,
        site: sync_watch::Receiver<Arc<Site>>,
    ) -> Result<Self, DatabaseError> {
        let since = clock.now() - SHOWN;
        let standing = database.read(move |connection| load(connection, since)).await?;
        Ok(Self {
            database,
            clock,
            site,
            standing: sync_watch::channel(standing).0,
            changing: Arc::default(),
        })
    }

    /// Answers a question about who is on duty by the site in force and the overrides that count.
    pub fn with_plan<T>(&self, question: impl FnOnce(&Plan<'_>) -> T) -> T {
        let (site, overrides) = (self.site.borrow().clone(), self.overrides());
        question(&Plan::new(&site, &overrides))
    }

    /// Where they are kept.
    pub(in crate::notify) fn database(&self) -> &Database {
        &self.database
    }

    /// The time.
    pub(in crate::notify) fn clock(&self) -> &Arc<dyn Clock> {
        &self.clock
    }

    /// The site in force, as it changes.
    pub(in crate::notify) fn sites(&self) -> sync_watch::Receiver<Arc<Site>> {
        self.site.clone()
    }

    /// The overrides that people made and that count, for a plan: a later one beats an earlier one.
    pub fn overrides(&self) -> Arc<[Override]> {
        self.standing.borrow().own.clone()
    }

    /// The same with their numbers and who made them.
    pub fn made(&self) -> Vec<Made> {
        self.standing.borrow().made.clone()
    }

    /// Whoever waits for it is told when overrides are others; when the site is another its own receiver tells.
    pub fn changed(&self) -> sync_watch::Receiver<impl Sized + use<>> {
        self.standing.subscribe()
    }

    /// Looks from now on for hours that are nobody's.
    pub(crate) fn watch(&self, journal: &Journal, shutdown: &Shutdown) {
        let watch = Watch {
            duty: self.clone(),
            journal: journal.clone(),
            clock: self.clock.clone(),
            site: self.site.clone(),
        };
        let token = shutdown.token();
        shutdown.spawn("who is on duty", async move {
            watch.run(token).await;
            Ok::<(), std::convert::Infallible>(())
        });
    }

    /// Makes an override.
    ///
    /// # Errors
    /// [`DutyError`] says why it cannot be made.
    pub async fn make(&self, asked: Asked, by: Actor) -> Result<Made, DutyError> {
        let (site, now) = (self.site.borrow().clone(), self.clock.now());
        self.write(now, move |connection| {
            make(connection, &site, asked, None, (&by, now))
        })
        .await
    }

    /// Makes another in the place of one: what it was until now stays, and it has a number of its own. The rota is that of the former.
    ///
    /// # Errors
    /// [`DutyError`] says why it cannot be made; the former goes on then.
    pub async fn change(&self, number: OverrideNumber, asked: Asked, by: Actor) -> Result<Made, DutyError> {
        let (site, now) = (self.site.borrow().clone(), self.clock.now());
        self.write(now, move |connection| {
            let former = match standing(connection, number, now)? {
                Ok(former) => former.own,
                Err(error) => return Ok(Err(error)),
            };
            let asked = Asked {
                rota: former.rota,
                ..asked
            };
            if let Err(error) = asked.span(&site, Some(former.from), now) {
                return Ok(Err(error.into()));
            }
            table::end(connection, number, now)?;
            make(connection, &site, asked, Some(former.from), (&by, now))
        })
        .await
    }

    /// Takes one back. Where it had begun it ends now.
    ///
    /// # Errors
    /// There is none, or it is over.
    pub async fn take_back(&self, number: OverrideNumber) -> Result<(), DutyError> {
        let now = self.clock.now();
        self.write(now, move |connection| {
            let former = standing(connection, number, now)?;
            table::end(connection, number, now)?;
            Ok(former.map(drop))
        })
        .await
    }

    /// Writes, and lets count what there is then.
    async fn write<T: Send + 'static>(
        &self,
        now: Timestamp,
        work: impl FnOnce(&Connection) -> rusqlite::Result<Result<T, DutyError>> + Send + 'static,
    ) -> Result<T, DutyError> {
        let _one = self.changing.lock().await;
        let written = self.database.write(move |connection| {
            let done = work(connection)?;
            Ok((done, load(connection, now - SHOWN)?))
        });
        let (done, standing) = written.await?;
        if done.is_ok() {
            self.standing.send_replace(standing);
        }
        done
    }
}

fn load(connection: &Connection, since: Timestamp) -> rusqlite::Result<Arc<Standing>> {
    let made = table::after(connection, since)?;
    let own = made.iter().map(|made| made.own.clone()).collect();
    Ok(Arc::new(Standing { made, own }))
}

/// One that can still be changed.
fn standing(
    connection: &Connection,
    number: OverrideNumber,
    now: Timestamp,
) -> rusqlite::Result<Result<Made, DutyError>> {
    let found = table::one(connection, number)?;
    Ok(match found {
        None => Err(DutyError::NoOverride(number)),
        Some(made) if made.own.to <= now => Err(DutyError::Over(number)),
        Some(made) => Ok(made),
    })
}

fn make(
    connection: &Connection,
    site: &Site,
    asked: Asked,
    former: Option<Timestamp>,
    (by, now): (&Actor, Timestamp),
) -> rusqlite::Result<Result<Made, DutyError>> {
    let (from, to) = match asked.span(site, former, now) {
        Ok(span) => span,
        Err(error) => return Ok(Err(error.into())),
    };
    if table::count_after(connection, now)? >= MOST {
        return Ok(Err(DutyError::Many));
    }
    let own = Override {
        rota: asked.rota,
        person: asked.person,
        from,
        to,
        asked_by: Some(by.clone()),
        why: asked.why,
    };
    Ok(Ok(Made {
        number: table::add(connection, &own, by, now)?,
        own,
        made_by: by.clone(),
        made_at: now,
    }))
}

#[cfg(test)]
mod tests;
