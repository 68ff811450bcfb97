//! The alarm engine's shell: reads the journal, applies it to the core, and commits alarms, log, state, cursor and intended messages
//! together. What screens see is what is committed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use plenum_protocol::{Clock, Duration, Timestamp};
use rusqlite::Connection;
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::alarms::store::{self, EventCursor};
use crate::database::{Database, DatabaseError};
use crate::journal::{Journal, JournalError, Reader, store_cursor};
use crate::revisions;
use plenum_core::alarms::{Alarm, Cause, Effect, Engine, Event, State};
use plenum_core::fact::{Action, ActionKind, Entry, Item};
use plenum_core::site::Site;

/// The reader's name in the journal.
const READER: &str = "alarms";
/// How many entries are applied before what they did is committed.
const GATHER: usize = 256;
/// How long the engine's state may be behind what it read, when nothing happens.
const KEEP_EVERY: Duration = Duration::from_seconds(10);
/// How long to wait before a full disk is tried again.
const FULL_RETRY: Duration = Duration::from_seconds(1);
/// Changed alarms that a slow screen may be behind; it reads all of them anew beyond that.
const BROADCAST: usize = 1_024;
/// Answers to people's actions that are kept until they are fetched.
const ANSWERS: usize = 1_024;

/// Who is told of transitions, inside the commit that logs them.
pub trait Annunciator: Send + Sync {
    /// Writes the messages that are to be sent because of these transitions, in their transaction.
    fn annunciate(
        &self,
        connection: &Connection,
        transitions: &[(Alarm, Event)],
        site: &Site,
    ) -> rusqlite::Result<()>;

    /// The transaction is durable: what was written may be sent.
    fn committed(&self) {}
}

/// An annunciator that tells nobody: history that is played in, and tests.
#[derive(Debug, Clone, Copy, Default)]
pub struct Muted;

impl Annunciator for Muted {
    fn annunciate(&self, _: &Connection, _: &[(Alarm, Event)], _: &Site) -> rusqlite::Result<()> {
        Ok(())
    }
}

/// Why a person's action came to nothing.
#[derive(Debug, Clone, thiserror::Error)]
pub enum ActionError {
    /// There is no alarm with this number.
    #[error("there is no alarm {0}")]
    NotFound(u64),
    /// It is in a state in which there is nothing to acknowledge.
    #[error("alarm {0}: there is nothing to acknowledge")]
    NothingToAcknowledge(u64),
    /// It is not latched, or its condition still holds.
    #[error("alarm {0}: there is nothing to reset: it is not latched, or its condition still holds")]
    NothingToReset(u64),
    /// It could not be written down.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// The alarms for everyone else: how they stand, their log, and what people do to them. Cheap to clone.
#[derive(Clone)]
pub struct Alarms(Arc<Shared>);

struct Shared {
    database: Database,
    journal: Journal,
    clock: Arc<dyn Clock>,
    view: RwLock<BTreeMap<u64, Alarm>>,
    changed: broadcast::Sender<Alarm>,
    applied: watch::Sender<u64>,
    answers: Mutex<VecDeque<Answer>>,
    site: watch::Sender<Arc<Site>>,
}

/// What became of a person's action.
struct Answer {
    entry: u64,
    alarm: u64,
    actor: String,
    at: Timestamp,
    alarm_then: Option<Alarm>,
}

/// The task that must run for alarms to live.
pub struct AlarmTask {
    shared: Arc<Shared>,
    engine: Engine,
    reader: Reader,
    annunciator: Arc<dyn Annunciator>,
    /// What was decided and is not committed yet.
    effects: Vec<Effect>,
    answers: Vec<Answer>,
    kept_at: Timestamp,
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
    let (snapshot, site, view) = database
        .read(|connection| {
            let snapshot = store::load_engine(connection)?;
            let revision = snapshot.as_ref().map_or(0, |snapshot| snapshot.revision);
            let site = revisions::load(connection, revision)?;
            Ok((snapshot, site, store::alarms(connection)?))
        })
        .await?;
    let site = Arc::new(site.unwrap_or_else(Site::unconfigured));
    let engine = match snapshot {
        Some(snapshot) => Engine::restore(snapshot, site.clone()),
        None => Engine::new(site.clone()),
    };
    let shared = Arc::new(Shared {
        database,
        journal,
        view: RwLock::new(view.into_iter().map(|alarm| (alarm.id, alarm)).collect()),
        changed: broadcast::channel(BROADCAST).0,
        applied: watch::channel(reader.number()).0,
        answers: Mutex::default(),
        site: watch::channel(site).0,
        clock: clock.clone(),
    });
    let task = AlarmTask {
        shared: shared.clone(),
        engine,
        kept_number: reader.number(),
        reader,
        annunciator,
        effects: Vec::new(),
        answers: Vec::new(),
        kept_at: clock.now(),
    };
    Ok((Alarms(shared), task))
}

impl Alarms {
    /// How alarms stand: all that ever were, or those that are not normal; the worst and newest first.
    pub fn alarms(&self, all: bool) -> Vec<Alarm> {
        let view = self.0.view.read().unwrap_or_else(PoisonError::into_inner);
        let mut list: Vec<Alarm> = view
            .values()
            .filter(|alarm| all || alarm.state != State::Normal)
            .cloned()
            .collect();
        drop(view);
        list.sort_by(|one, other| {
            let key = |alarm: &Alarm| (alarm.state == State::Normal, alarm.priority);
            key(one)
                .cmp(&key(other))
                .then(other.raised_at.cmp(&one.raised_at))
        });
        list
    }

    /// The alarm with this number.
    pub fn alarm(&self, id: u64) -> Option<Alarm> {
        let view = self.0.view.read().unwrap_or_else(PoisonError::into_inner);
        view.get(&id).cloned()
    }

    /// The log from `from` to before `to`, in the order of the instants.
    pub async fn events(
        &self,
        from: Timestamp,
        to: Timestamp,
        after: Option<EventCursor>,
        limit: usize,
    ) -> Result<(Vec<Event>, Option<EventCursor>), DatabaseError> {
        self.0
            .database
            .read(move |connection| store::events(connection, from, to, after, limit))
            .await
    }

    /// An alarm's own log, the newest first.
    pub async fn events_of(&self, alarm: u64, limit: usize) -> Result<Vec<Event>, DatabaseError> {
        self.0
            .database
            .read(move |connection| store::events_of(connection, alarm, limit))
            .await
    }

    /// Alarms as they change, after the commit.
    pub fn subscribe(&self) -> broadcast::Receiver<Alarm> {
        self.0.changed.subscribe()
    }

    /// The site in force; a revision replaces it when the engine has come to it.
    pub fn site(&self) -> watch::Receiver<Arc<Site>> {
        self.0.site.subscribe()
    }

    /// The number of the newest journal entry whose effect is committed.
    pub fn applied(&self) -> watch::Receiver<u64> {
        self.0.applied.subscribe()
    }

    /// "I have seen it." Answers with the alarm when that is committed.
    pub async fn acknowledge(&self, id: u64, actor: &str, comment: &str) -> Result<Alarm, ActionError> {
        self.act(id, ActionKind::Acknowledge, actor, comment).await
    }

    /// Ends a latched alarm whose condition is gone.
    pub async fn reset(&self, id: u64, actor: &str, comment: &str) -> Result<Alarm, ActionError> {
        self.act(id, ActionKind::Reset, actor, comment).await
    }

    async fn act(&self, id: u64, kind: ActionKind, actor: &str, comment: &str) -> Result<Alarm, ActionError> {
        let refused = || match kind {
            ActionKind::Acknowledge => ActionError::NothingToAcknowledge(id),
            ActionKind::Reset => ActionError::NothingToReset(id),
        };
        let alarm = self.alarm(id).ok_or(ActionError::NotFound(id))?;
        if alarm.state == State::Normal {
            return Err(refused());
        }
        let at = self.0.clock.now();
        let action = Action {
            alarm: id,
            kind,
            actor: actor.to_owned(),
            comment: comment.to_owned(),
            at,
        };
        let entry = self.0.journal.append(vec![Item::Action(action)]).await?;
        let closed = || DatabaseError::Closed {
            path: self.0.database.path().to_owned(),
        };
        let mut applied = self.0.applied.subscribe();
        applied
            .wait_for(|number| *number >= entry)
            .await
            .map_err(|_| closed())?;
        let mut answers = self.0.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let mine = answers.iter().position(|answer| {
            answer.entry == entry && answer.alarm == id && answer.actor == actor && answer.at == at
        });
        mine.and_then(|place| answers.remove(place))
            .and_then(|answer| answer.alarm_then)
            .ok_or_else(refused)
    }
}

impl AlarmTask {
    /// Runs until `stop`, then commits what it has. An error means that nothing can be trusted: the process must end.
    pub async fn run(mut self, stop: CancellationToken) -> Result<(), JournalError> {
        let clock = self.shared.clock.clone();
        loop {
            if self.reader.at_the_end() {
                self.engine.reached_end(clock.now());
            }
            let keep_at = self.kept_at + KEEP_EVERY;
            let wakeup = self
                .engine
                .next_wakeup()
                .map_or(keep_at, |wakeup| wakeup.min(keep_at));
            let entry = tokio::select! {
                biased;
                () = stop.cancelled() => break,
                entry = self.reader.next() => Some(entry?),
                () = clock.sleep_until(wakeup) => None,
            };
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
            let due = self.engine.advance(clock.now());
            self.effects.extend(due);
            let behind = self.reader.number() > self.kept_number && clock.now() >= keep_at;
            if !self.effects.is_empty() || !self.answers.is_empty() || behind {
                self.commit(&stop).await?;
            } else {
                self.publish();
                if clock.now() >= keep_at {
                    self.kept_at = clock.now();
                }
            }
        }
        self.commit(&stop).await
    }

    async fn apply(&mut self, entry: &Arc<Entry>) -> Result<(), JournalError> {
        for item in &entry.items {
            if let Item::Revision(number) = item {
                self.prepare(*number).await?;
            }
        }
        let before = self.engine.revision();
        let effects = self.engine.apply(entry);
        self.answer(entry, &effects);
        self.effects.extend(effects);
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

    /// Finds among the effects what became of people's actions.
    fn answer(&mut self, entry: &Entry, effects: &[Effect]) {
        for item in &entry.items {
            let Item::Action(action) = item else { continue };
            let done = effects.iter().find_map(|effect| match effect {
                Effect::Transition { alarm, event }
                    if matches!(event.cause, Cause::Acknowledged | Cause::Reset)
                        && (event.alarm, &event.actor, event.at)
                            == (action.alarm, &action.actor, action.at) =>
                {
                    Some(alarm.clone())
                }
                _ => None,
            });
            self.answers.push(Answer {
                entry: entry.number,
                alarm: action.alarm,
                actor: action.actor.clone(),
                at: action.at,
                alarm_then: done,
            });
        }
    }

    /// Commits everything that was decided since the last time, with the engine's state and its place in the journal. A full disk
    /// is waited for; until there is room nothing is shown that is not written down.
    async fn commit(&mut self, stop: &CancellationToken) -> Result<(), JournalError> {
        let mut changed: BTreeMap<u64, Alarm> = BTreeMap::new();
        let mut transitions: Vec<(Alarm, Event)> = Vec::new();
        for effect in self.effects.drain(..) {
            match effect {
                Effect::Transition { alarm, event } => {
                    changed.insert(alarm.id, alarm.clone());
                    transitions.push((alarm, event));
                }
                Effect::Updated(alarm) => {
                    changed.insert(alarm.id, alarm);
                }
                Effect::Refused { .. } => {}
            }
        }
        let number = self.reader.number();
        let work = Arc::new(Work {
            alarms: changed.values().cloned().collect(),
            transitions,
            snapshot: serde_json::to_string(&self.engine.snapshot()).map_err(|error| DatabaseError::Sql {
                path: self.shared.database.path().to_owned(),
                message: format!("the alarm engine's state cannot be written: {error}"),
            })?,
            number,
            site: self.engine.site().clone(),
            annunciator: self.annunciator.clone(),
        });
        loop {
            let write = work.clone();
            match self
                .shared
                .database
                .write(move |connection| write.run(connection))
                .await
            {
                Ok(()) => break,
                Err(error @ DatabaseError::Full { .. }) if !stop.is_cancelled() => {
                    tracing::error!(%error, "alarms wait for room");
                    let clock = &self.shared.clock;
                    clock.sleep_until(clock.now() + FULL_RETRY).await;
                }
                Err(error) => return Err(error.into()),
            }
        }
        if !work.transitions.is_empty() {
            self.annunciator.committed();
        }
        self.kept_at = self.shared.clock.now();
        self.kept_number = number;
        let mut view = self.shared.view.write().unwrap_or_else(PoisonError::into_inner);
        for alarm in changed.values() {
            view.insert(alarm.id, alarm.clone());
        }
        drop(view);
        for alarm in changed.into_values() {
            // Nobody may be listening.
            let _ = self.shared.changed.send(alarm);
        }
        self.publish();
        Ok(())
    }

    /// Tells the others how far it is. Alarms that are not normal show their newest value.
    fn publish(&mut self) {
        let mut view = self.shared.view.write().unwrap_or_else(PoisonError::into_inner);
        for alarm in self.engine.alarms().filter(|alarm| alarm.state != State::Normal) {
            if let Some(shown) = view.get_mut(&alarm.id) {
                shown.value = alarm.value;
            }
        }
        drop(view);
        let mut answers = self.shared.answers.lock().unwrap_or_else(PoisonError::into_inner);
        answers.extend(self.answers.drain(..));
        while answers.len() > ANSWERS {
            answers.pop_front();
        }
        drop(answers);
        if !Arc::ptr_eq(self.engine.site(), &self.shared.site.borrow()) {
            self.shared.site.send_replace(self.engine.site().clone());
        }
        self.shared.applied.send_replace(self.reader.number());
    }
}

/// One commit of the engine.
struct Work {
    alarms: Vec<Alarm>,
    transitions: Vec<(Alarm, Event)>,
    snapshot: String,
    number: u64,
    site: Arc<Site>,
    annunciator: Arc<dyn Annunciator>,
}

impl Work {
    fn run(&self, connection: &Connection) -> rusqlite::Result<()> {
        for (_, event) in &self.transitions {
            store::log_event(connection, event)?;
        }
        for alarm in &self.alarms {
            store::keep_alarm(connection, alarm)?;
        }
        if !self.transitions.is_empty() {
            self.annunciator
                .annunciate(connection, &self.transitions, &self.site)?;
        }
        store::keep_engine(connection, &self.snapshot)?;
        store_cursor(connection, READER, self.number)
    }
}

#[cfg(test)]
mod tests;
