//! A running collector's parts, and what the dashboard and the command line ask of them.

pub(crate) mod addresses;
mod answered;
pub(crate) mod answers;
pub(crate) mod chores;
pub(crate) mod erasure;
mod hook;
pub(crate) mod keys;
pub(crate) mod own;
mod passing;
mod queues;
pub(crate) mod receivers;
mod retirement;
pub(crate) mod sounder;
mod test_page;
mod timeline;
pub(crate) mod upkeep;

pub mod beats;
pub mod drills;
pub mod enrolment;
pub mod heartbeats;
pub mod self_check;

use std::sync::{Arc, OnceLock};

use plenum_core::authority::Actor;
use plenum_core::site::{Site, parse};
use plenum_protocol::{AgentName, Timestamp};
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot, watch};

use self::beats::Beat;
use self::drills::Drills;
use self::enrolment::Enrolment;
use self::heartbeats::Heartbeats;
use self::self_check::SelfCheck;
use crate::alarms::Alarms;
use crate::audit::Audit;
use crate::availability::Services;
use crate::database::keys::Sealing;
use crate::database::who::Directory;
use crate::database::{Database, DatabaseError};
use crate::history::History;
use crate::intake;
use crate::intake::dead_letters::{self, DeadLetter, Retried};
use crate::journal::Journal;
use crate::notify::caller::Calls;
use crate::notify::courier::{self, CourierOptions};
use crate::notify::duty::Duty;
use crate::notify::outbox::{self, Delivered, Link};
use crate::notify::{channels, lookout};
use crate::people::{People, PeopleError, Person, PersonChange, PersonNumber};
use crate::revisions::{self, Revision};

pub use erasure::Kept;
pub use hook::HookedError;
pub use queues::{Queue, Running};
pub use retirement::RetireError;
pub use test_page::TestPageError;
pub use timeline::{NotingError, Place};

/// The parts. Cheap to clone.
#[derive(Clone)]
pub struct Collector {
    /// `plenum.db`.
    pub database: Database,
    /// The one ordered log.
    pub journal: Journal,
    /// Time series.
    pub history: History,
    /// Services' availability.
    pub services: Services,
    /// What is asked of intake while it runs.
    pub intake: mpsc::Sender<intake::Command>,
    /// What intake counts.
    pub intake_counters: Arc<intake::Counters>,
    /// The agents as they stand.
    pub agents: intake::Agents,
    /// Alarms as they stand, their log, and what people do to them.
    pub alarms: Alarms,
    /// Who is on duty.
    pub duty: Duty,
    /// Whom the ladders call.
    pub calls: Calls,
    /// Drills of the whole alarm chain.
    pub drills: Drills,
    /// What the courier counts.
    pub deliveries: Arc<courier::Counters>,
    /// What there is to be seen once the doors are open.
    pub running: Arc<OnceLock<Running>>,
    /// Jobs elsewhere that say that they ran.
    pub heartbeats: Heartbeats,
    /// Whether all of it is well.
    pub check: SelfCheck,
    /// Who is told so, to notice when nobody says it any more.
    pub beats: Arc<[Arc<Beat>]>,
    /// Who may look and act.
    pub people: Arc<People>,
    /// Who did, read or was refused what.
    pub audit: Audit,
    /// What is sealed, and its keys.
    pub sealing: Arc<Sealing>,
    /// Agents' certificates.
    pub enrolment: Arc<Enrolment>,
    /// How channels are reached, from collector.toml.
    pub ways: watch::Receiver<CourierOptions>,
}

impl Collector {
    /// What is valid in a `site.toml` and probably not meant: what its parts say of each other, and whom its channels have no way to.
    pub fn doubts(&self, text: &str, now: Timestamp) -> Vec<String> {
        let Ok(parsed) = parse::parse("site.toml", text, &channels::kinds()) else {
            return Vec::new();
        };
        let lacking = lookout::lacking(&parsed.site, &self.ways.borrow());
        let own = parsed.warnings.iter().map(ToString::to_string);
        own.chain(lookout::sentences(&parsed.site, &lacking, now))
            .collect()
    }

    /// The messages about one alarm, newest first.
    pub async fn deliveries_of(&self, alarm: u64) -> Result<Vec<Delivered>, DatabaseError> {
        self.database
            .read(move |connection| outbox::of_alarm(connection, alarm))
            .await
    }

    /// What an acknowledgement link's secret stands for now; none if it never was one or is over.
    pub async fn acknowledge_link(
        &self,
        secret: String,
        now: Timestamp,
    ) -> Result<Option<Link>, DatabaseError> {
        self.database
            .read(move |connection| outbox::link(connection, &secret, now))
            .await
    }

    /// Dead letters after the one with number `after`, the oldest first, `limit` at most.
    pub async fn dead_letters(&self, after: u64, limit: u64) -> Result<Vec<DeadLetter>, DatabaseError> {
        self.database
            .read(move |connection| dead_letters::list(connection, after, limit))
            .await
    }

    /// Reads every dead letter again. Answers how many readings are stored now and how many letters are left.
    pub async fn retry_dead_letters(&self) -> Result<(usize, usize), DatabaseError> {
        let (mut readings, mut left, mut after) = (0, 0, 0);
        loop {
            let letters = self.dead_letters(after, 100).await?;
            let Some(last) = letters.last() else { break };
            after = last.id;
            for letter in letters {
                match dead_letters::retry(&self.journal, letter.id).await? {
                    Retried::Stored { readings: stored, .. } => readings += stored,
                    Retried::StillUnreadable(_) => left += 1,
                    Retried::Unknown => {}
                }
            }
        }
        let (done, seen) = oneshot::channel();
        // Intake may be stopping: then the sizes are read again at the next start.
        if self
            .intake
            .send(intake::Command::LettersChanged(done))
            .await
            .is_ok()
        {
            let _ = seen.await;
        }
        Ok((readings, left))
    }

    /// Settles in a person's name that an agent belongs here: another collector's database silences this one no more.
    pub async fn resolve_agent(&self, agent: AgentName, by: Actor) -> Result<(), DatabaseError> {
        let (done, seen) = oneshot::channel();
        let closed = || DatabaseError::Closed {
            path: self.database.path().to_owned(),
        };
        let command = intake::Command::ResolveForeign { agent, by, done };
        self.intake.send(command).await.map_err(|_| closed())?;
        seen.await.map_err(|_| closed())?
    }

    /// All site revisions, the newest first.
    pub async fn revisions(&self) -> Result<Vec<Revision>, DatabaseError> {
        self.database.read(revisions::log).await
    }

    /// A site revision with its text and whether it is current; the current one where `number` is none.
    pub async fn revision(
        &self,
        number: Option<u64>,
    ) -> Result<Option<(Revision, String, bool)>, DatabaseError> {
        let read = move |connection: &Connection| {
            let current = revisions::current_number(connection)?;
            let wanted = number.unwrap_or(current);
            let mut log = revisions::log(connection)?.into_iter();
            let revision = log.find(|revision| revision.number == wanted);
            let text = revisions::text(connection, wanted)?;
            Ok(revision
                .zip(text)
                .map(|(revision, text)| (revision, text, wanted == current)))
        };
        self.database.read(read).await
    }

    /// The current site revision's number; 0 before the first.
    pub async fn current_revision(&self) -> Result<u64, DatabaseError> {
        self.database.read(revisions::current_number).await
    }

    /// What changed from one site revision to another, as a unified diff; none if one of them is not there.
    pub async fn revision_diff(&self, from: u64, to: u64) -> Result<Option<String>, DatabaseError> {
        self.database
            .read(move |connection| revisions::diff(connection, from, to))
            .await
    }

    /// Erases somebody for good.
    ///
    /// # Errors
    /// [`PeopleError`] says what to change first: of the site, of collector.toml, or who administers.
    pub async fn erase_person(&self, number: PersonNumber, now: Timestamp) -> Result<Person, PeopleError> {
        let in_file = self.ways.borrow().addresses.clone();
        erasure::erase(&self.people, number, in_file, now).await
    }

    /// All that is kept about somebody, but for the lines of the audit log.
    pub async fn kept(&self, number: PersonNumber, now: Timestamp) -> Result<Kept, PeopleError> {
        erasure::kept(&self.people, number, now).await
    }

    /// Changes what somebody may do, what they are called or where they are reached.
    pub async fn change_person(
        &self,
        number: PersonNumber,
        change: PersonChange,
    ) -> Result<Person, PeopleError> {
        change.reached.iter().try_for_each(addresses::check)?;
        self.people.change(number, change).await
    }

    /// Who is who now.
    pub async fn directory(&self) -> Result<Arc<Directory>, DatabaseError> {
        self.alarms.directory().await
    }

    /// The site configuration in force now.
    pub fn site(&self) -> Arc<Site> {
        self.alarms.site().borrow().clone()
    }
}
