//! The alarm engine's shell: reads the journal, applies it to the core, and commits alarms, log, state, cursor and intended messages
//! together. What screens see is what is committed.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use plenum_core::alarms::{Alarm, Effect, Engine, Event, Refusal};
use plenum_core::fact::{Entry, Item};
use plenum_core::site::Site;
use plenum_core::work::Work;
use plenum_protocol::clock::Steps;
use plenum_protocol::{Clock, Duration, Steady, Timestamp};
use rusqlite::Connection;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::alarms::store;
use crate::database::incidents as kept;
use crate::database::who::Directory;
use crate::database::{Database, DatabaseError};
use crate::journal::{Journal, JournalError, Reader};
use crate::notify::Annunciator;
use crate::revisions;

mod acts;
mod asked;
mod commit;
mod figures;
mod incidents;
mod log;
mod standing;
mod works;

pub use acts::{Acted, ActionError, Target};
use asked::Waiting;
use commit::Commit;
use incidents::Grouping;
pub use works::{WorkCursor, WorkError};

/// The reader's name in the journal.
const READER: &str = "alarms";
/// How many entries are applied before what they did is committed.
const GATHER: usize = 256;
/// How long the engine's state may be behind what it read, when nothing happens.
const KEEP_EVERY: Duration = Duration::from_seconds(10);
/// Not run for so long, with something to do at least each `KEEP_EVERY`, this process did not run at all.
const STOOD_STILL: Duration = Duration::from_seconds(30);
/// How long to wait before a full disk is tried again.
const FULL_RETRY: Duration = Duration::from_seconds(1);
/// Changed alarms that a slow screen may be behind; it reads all of them anew beyond that.
const BROADCAST: usize = 1_024;

/// The alarms for everyone else: how they stand, their log, and what people do to them. Cheap to clone.
#[derive(Clone)]
pub struct Alarms(Arc<Shared>);

struct Shared {
    database: Database,
    journal: Journal,
    clock: Arc<dyn Clock>,
    view: RwLock<BTreeMap<u64, Alarm>>,
    /// The last incident of each alarm.
    incident_of: RwLock<BTreeMap<u64, u64>>,
    unstored: RwLock<Option<Alarm>>,
    changed: broadcast::Sender<Alarm>,
    applied: watch::Sender<u64>,
    waiting: Mutex<Waiting>,
    works: watch::Sender<Arc<Vec<Work>>>,
    site: watch::Sender<Arc<Site>>,
}

/// Where an action stands in the journal: its entry's number and its index there.
type Place = (u64, usize);
/// What became of a person's action.
type Outcome = Result<Alarm, Refusal>;

/// The task that must run for alarms to live.
pub struct AlarmTask {
    shared: Arc<Shared>,
    engine: Engine,
    grouping: Grouping,
    reader: Reader,
    annunciator: Arc<dyn Annunciator>,
    /// What was decided and is not committed yet.
    effects: Vec<Effect>,
    kept_at: Steady,
    kept_number: u64,
}

/// Opens the alarms where they were left. The task must be spawned.
pub async fn open(
    journal: Journal,
    clock: Arc<dyn Clock>,
    annunciator: Arc<dyn Annunciator>,
) -> Result<(Alarms, AlarmTask), JournalError> {
    let database = journal.database().clone();
    let reader = journal.reader(READER).await?;
    let (snapshot, site, view, incidents, incident_of) = database
        .read(|connection| {
            let snapshot = store::load_engine(connection)?;
            let revision = snapshot.as_ref().map_or(0, |snapshot| snapshot.head.revision);
            let site = revisions::load(connection, revision)?;
            let (incidents, incident_of) = (kept::load(connection)?, kept::of_alarms(connection)?);
            Ok((snapshot, site, store::alarms(connection)?, incidents, incident_of))
        })
        .await?;
    let site = Arc::new(site.unwrap_or_else(Site::unconfigured));
    let engine = match snapshot {
        Some(snapshot) => Engine::restore(snapshot, site.clone()),
        None => Engine::new(site.clone()),
    };
    let view: BTreeMap<u64, Alarm> = view.into_iter().map(|alarm| (alarm.id, alarm)).collect();
    let grouping = Grouping::new(incidents, &view, site.clone());
    let shared = Arc::new(Shared {
        database,
        journal,
        unstored: RwLock::default(),
        view: RwLock::new(view),
        incident_of: RwLock::new(incident_of),
        changed: broadcast::channel(BROADCAST).0,
        applied: watch::channel(reader.number()).0,
        waiting: Mutex::default(),
        works: watch::channel(works_of(&engine)).0,
        site: watch::channel(site).0,
        clock: clock.clone(),
    });
    let task = AlarmTask {
        shared: shared.clone(),
        engine,
        grouping,
        kept_number: reader.number(),
        reader,
        annunciator,
        effects: Vec::new(),
        kept_at: clock.steady(),
    };
    Ok((Alarms(shared), task))
}

/// What is planned or goes on.
fn works_of(engine: &Engine) -> Arc<Vec<Work>> {
    Arc::new(engine.works().cloned().collect())
}

impl Alarms {
    /// Alarms as they change, after the commit.
    pub fn subscribe(&self) -> broadcast::Receiver<Alarm> {
        self.0.changed.subscribe()
    }

    /// The site in force; a revision replaces it when the engine has come to it.
    pub fn site(&self) -> watch::Receiver<Arc<Site>> {
        self.0.site.subscribe()
    }

    /// Who is who now.
    pub async fn directory(&self) -> Result<Arc<Directory>, DatabaseError> {
        let site = self.site().borrow().clone();
        let read = move |connection: &Connection| Directory::read(connection, &site);
        self.0.database.read(read).await.map(Arc::new)
    }

    /// The number of the newest journal entry whose effect is committed.
    pub fn applied(&self) -> watch::Receiver<u64> {
        self.0.applied.subscribe()
    }
}

impl Shared {
    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl AlarmTask {
    /// Runs until `stop`, then commits what it has. An error means that nothing can be trusted: the process must end.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), JournalError> {
        let clock = self.shared.clock.clone();
        let mut steps = Steps::new(clock.as_ref());
        let mut turned = clock.steady();
        loop {
            self.look_at_clock(&mut steps);
            if self.reader.at_the_end() {
                self.engine.reached_end(clock.now());
            }
            let keep_at = self.kept_at + KEEP_EVERY;
            let wakeup = self.engine.next_wakeup().unwrap_or(Timestamp::MAX);
            let entry = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                entry = self.reader.next() => Some(entry?),
                () = clock.wake_at(wakeup) => None,
                () = clock.sleep_until(keep_at) => None,
            };
            self.look_at_clock(&mut steps);
            let last = std::mem::replace(&mut turned, clock.steady());
            if clock.goes_by_itself() && turned.since(last) >= STOOD_STILL {
                self.engine.interrupted(clock.now());
            }
            if let Some(entry) = entry {
                self.apply(&entry).await?;
                for _ in 1..GATHER {
                    match self.reader.try_next().await? {
                        Some(entry) => self.apply(&entry).await?,
                        None => break,
                    }
                }
            }
            if self.reader.at_the_end() {
                self.engine.reached_end(clock.now());
            }
            self.engine.advance(clock.now());
            self.fetch();
            let behind = self.reader.number() > self.kept_number && clock.steady() >= keep_at;
            if !self.effects.is_empty() || behind || self.is_revised() {
                self.commit(&stop).await?;
            } else {
                self.publish();
                if clock.steady() >= keep_at {
                    self.kept_at = clock.steady();
                }
            }
        }
        let ended = self.commit(&stop).await;
        // Whoever still waits for an answer is told that there will be none.
        self.shared.waiting().clear();
        ended
    }

    /// Tells the engine when the wall clock was set since the last look.
    fn look_at_clock(&mut self, steps: &mut Steps) {
        if let Some(by) = steps.look(self.shared.clock.as_ref()) {
            self.engine.clock_was_set(by, self.shared.clock.now());
        }
    }

    /// Whether the site is another than at the last commit.
    fn is_revised(&self) -> bool {
        !Arc::ptr_eq(self.engine.site(), &self.shared.site.borrow())
    }

    fn fetch(&mut self) {
        self.effects
            .extend(std::iter::from_fn(|| self.engine.poll_effect()));
    }

    async fn apply(&mut self, entry: &Arc<Entry>) -> Result<(), JournalError> {
        for item in &entry.items {
            if let Item::Revision(number) = item {
                self.prepare(*number).await?;
            }
        }
        let before = self.engine.revision();
        self.engine.apply_by(entry, self.shared.clock.now());
        self.fetch();
        if self.engine.revision() != before {
            let site = self.engine.site();
            tracing::info!(revision = self.engine.revision(), site = %site.site.id, "a site revision is in force");
        }
        Ok(())
    }

    async fn prepare(&mut self, number: u64) -> Result<(), JournalError> {
        let load = move |connection: &Connection| revisions::load(connection, number);
        match self.shared.database.read(load).await? {
            Some(site) => self.engine.prepare(number, Arc::new(site)),
            None => tracing::error!(number, "the journal names a site revision that is not there"),
        }
        Ok(())
    }

    /// Commits everything that was decided since the last time, with the engine's state and its position in the journal. A full disk
    /// is waited for; until there is room nothing is shown that is not written down.
    async fn commit(&mut self, stop: &CancellationToken) -> Result<(), JournalError> {
        let mut changed: BTreeMap<u64, Alarm> = BTreeMap::new();
        let mut transitions: Vec<(Alarm, Event)> = Vec::new();
        let mut answers: Vec<(Place, Outcome)> = Vec::new();
        let mut works: Vec<Work> = Vec::new();
        let mut heard: Vec<(Place, works::Outcome)> = Vec::new();
        for effect in self.effects.drain(..) {
            match effect {
                Effect::Transition { alarm, event } => {
                    changed.insert(alarm.id, alarm.clone());
                    transitions.push((alarm, event));
                }
                Effect::Updated(alarm) => {
                    changed.insert(alarm.id, alarm);
                }
                Effect::Answer { entry, item, outcome } => answers.push(((entry, item), outcome)),
                Effect::Work(work) => works.push(work),
                Effect::Heard { entry, item, outcome } => heard.push(((entry, item), outcome)),
            }
        }
        let number = self.reader.number();
        let site = self.engine.site().clone();
        let incidents = self.grouping.take(&transitions, &site);
        let commit = Arc::new(Commit {
            works,
            standing: self.standing_at_a_revision(),
            alarms: changed.values().cloned().collect(),
            transitions,
            changes: store::Changes::of(&self.engine.take_changes()).map_err(|error| DatabaseError::Sql {
                path: self.shared.database.path().to_owned(),
                message: format!("the alarm engine's state cannot be written: {error}"),
            })?,
            number,
            site,
            incidents,
            annunciator: self.annunciator.clone(),
        });
        self.write(&commit, stop).await?;
        self.kept_at = self.shared.clock.steady();
        self.kept_number = number;
        let mut view = self.shared.view.write().unwrap_or_else(PoisonError::into_inner);
        for alarm in changed.values() {
            view.insert(alarm.id, alarm.clone());
        }
        drop(view);
        self.shared.note(&commit.incidents);
        if !commit.works.is_empty() {
            self.shared.works.send_replace(works_of(&self.engine));
        }
        let moved = self.shared.moved(&commit.incidents, &changed);
        for alarm in changed.into_values().chain(moved) {
            // Nobody may be listening.
            let _ = self.shared.changed.send(alarm);
        }
        self.publish();
        // After the rest can be seen: messages tell of how all alarms stand.
        if !commit.transitions.is_empty() || !commit.standing.is_empty() {
            self.annunciator.committed();
        }
        self.shared.waiting().actions.answer(answers);
        self.shared.waiting().works.answer(heard);
        Ok(())
    }

    /// A full disk is waited for.
    async fn write(&self, commit: &Arc<Commit>, stop: &CancellationToken) -> Result<(), JournalError> {
        loop {
            let write = commit.clone();
            match self
                .shared
                .database
                .write(move |connection| write.run(connection))
                .await
            {
                Ok(()) => return Ok(()),
                Err(error @ DatabaseError::Full { .. }) if !stop.is_cancelled() => {
                    tracing::error!(%error, "alarms wait for space");
                    let clock = &self.shared.clock;
                    clock.sleep(FULL_RETRY).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
    }

    /// What stands, where the site is another than at the last commit.
    fn standing_at_a_revision(&self) -> Vec<Alarm> {
        let revised = self.is_revised();
        let standing = self.engine.alarms().filter(|alarm| revised && alarm.is_open());
        standing.cloned().collect()
    }

    /// Tells the others how far it is. Alarms that are not normal show their newest value.
    fn publish(&mut self) {
        let mut view = self.shared.view.write().unwrap_or_else(PoisonError::into_inner);
        for alarm in self.engine.alarms().filter(|alarm| alarm.is_open()) {
            if let Some(shown) = view.get_mut(&alarm.id) {
                shown.value = alarm.value;
            }
        }
        drop(view);
        if self.is_revised() {
            self.shared.site.send_replace(self.engine.site().clone());
        }
        self.shared.applied.send_replace(self.reader.number());
    }
}

#[cfg(test)]
mod tests;
