//! Drills of the alarm chain: one task that begins those that are due, sees how the one that goes on comes through the parts that every alarm goes through, and writes down when each
//! leg was done. What is decided of one is decided in `core/src/drill/mod.rs`; its row is written before its agent is asked, so that it goes on where it was after a restart.

mod asking;
mod due;
mod eyes;

use std::sync::{Arc, Mutex as StdMutex, OnceLock};

use plenum_core::authority::Actor;
use plenum_core::drill::{BETWEEN, Effect, Flaw, Plan, Run, Seen, Stage};
use plenum_core::fact::{Report, SystemKind};
use plenum_core::site::{Drill, Site};
use plenum_link::Shutdown;
use plenum_protocol::clock::Steps;
use plenum_protocol::{Clock, Duration, Timestamp};
use rusqlite::Connection;
use tokio::sync::{Mutex, Notify, watch};
use tokio_util::sync::CancellationToken;

use crate::alarms::Alarms;
use crate::database::{DatabaseError, drills as table};
use crate::journal::{Group, Journal, condition};
use crate::notify::caller::Calls;
use asking::Listening;
pub use asking::{Ask, asks_by};

const KIND: SystemKind = SystemKind::DrillFailed;
/// How often the one that goes on is looked at: what becomes of its messages nobody says.
const EVERY: Duration = Duration::from_seconds(1);
/// How often everything else is.
const LOOK: Duration = Duration::from_minutes(1);
/// One that began before this is long over.
const LONG_OVER: Duration = Duration::from_hours(24);
/// How long after a commit that failed the next is tried.
const RETRY: Duration = Duration::from_seconds(10);
/// Those of so long are listed.
const LISTED: Duration = Duration::from_hours(366 * 24);

/// The drills of the site. Cheap to clone.
#[derive(Clone)]
pub struct Drills(Arc<Shared>);

struct Shared {
    journal: Journal,
    clock: Arc<dyn Clock>,
    alarms: Alarms,
    calls: Calls,
    site: watch::Receiver<Arc<Site>>,
    /// What agents answered, until it is looked at; one is asked at a time.
    answers: StdMutex<Vec<eyes::Heard>>,
    /// By what agents are asked, once the doors are open, and until when.
    ask: OnceLock<(Ask, Shutdown)>,
    /// The one that goes on. Whoever changes it has this from the look to the commit.
    open: Mutex<Open>,
    begun: Notify,
}

/// What is known of the one that goes on.
#[derive(Default)]
struct Open {
    /// It, if one does.
    run: Option<(u64, Run)>,
    /// Whether the one that an earlier run left was looked at.
    is_known: bool,
}

/// Why a drill does not begin.
#[derive(Debug, thiserror::Error)]
pub enum DrillError {
    /// The site has no such drill.
    #[error("the site has no [[drill]] `{0}`")]
    Unknown(String),
    /// Another one goes on.
    #[error("drill `{0}` goes on: there is one at a time")]
    Another(String),
    /// Its alarm of the last time stands.
    #[error("the alarm of its last drill stands still: its agent is asked to end it; try again in a minute")]
    Stands,
    /// It came through just now.
    #[error(
        "drill `{drill}` was held less than {BETWEEN} ago and came through: wait {left}, or hold another one"
    )]
    TooSoon {
        /// Which.
        drill: String,
        /// How long that is still so.
        left: Duration,
    },
    /// No agent is heard yet.
    #[error("the collector has only just begun: ask again in a moment")]
    NotBegun,
    /// The database could not.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}

/// A drill of the site as it stands.
#[derive(Debug, Clone)]
pub struct Planned {
    /// As the site has it.
    pub drill: Drill,
    /// When it is held next by itself.
    pub next: Option<Timestamp>,
}

impl Drills {
    /// Of a site whose alarms and calls these are; nobody asks an agent before [`Drills::start`].
    pub fn new(journal: Journal, clock: Arc<dyn Clock>, (alarms, calls): (Alarms, Calls)) -> Self {
        Self(Arc::new(Shared {
            site: alarms.site(),
            journal,
            clock,
            alarms,
            calls,
            answers: StdMutex::default(),
            ask: OnceLock::new(),
            open: Mutex::default(),
            begun: Notify::new(),
        }))
    }

    /// Goes on with what an earlier run left, and looks until told to stop. `ask`: by what agents are asked.
    pub fn start(&self, ask: Ask, shutdown: &Shutdown) {
        // There is one opening of the doors, so this is the first value.
        self.0.ask.set((ask, shutdown.clone())).ok();
        let (running, stop) = (self.clone(), shutdown.token());
        shutdown.spawn("drills", async move {
            running.run(stop).await;
            Ok::<(), std::convert::Infallible>(())
        });
    }

    /// Somebody begins a drill now. Gives its number; what becomes of it is listed.
    ///
    /// # Errors
    /// [`DrillError`] says why it does not begin.
    pub async fn begin(&self, id: &str, by: Actor) -> Result<(u64, Run), DrillError> {
        self.0.ask.get().ok_or(DrillError::NotBegun)?;
        let site = self.0.site.borrow().clone();
        let drill = site
            .drill(id)
            .ok_or_else(|| DrillError::Unknown(id.chars().take(80).collect()))?;
        let mut open = self.0.open.lock().await;
        // One that an earlier run left may go on.
        if !open.is_known {
            return Err(DrillError::NotBegun);
        }
        if open.run.is_none() {
            self.has_not_just_passed(drill).await?;
        }
        self.begin_with(&mut open.run, drill, &site, (by, None)).await
    }

    async fn has_not_just_passed(&self, drill: &Drill) -> Result<(), DrillError> {
        let now = self.0.clock.now();
        let read = move |connection: &Connection| table::since(connection, now - LONG_OVER);
        let runs = self.0.journal.database().read(read).await?;
        let same = runs.iter().filter(|(_, run)| run.plan.drill == drill.id);
        match same.filter_map(|(_, run)| run.holds_up(now)).max() {
            None => Ok(()),
            Some(left) => Err(DrillError::TooSoon {
                drill: drill.id.to_string(),
                left: whole_seconds(left),
            }),
        }
    }

    async fn begin_with(
        &self,
        open: &mut Option<(u64, Run)>,
        drill: &Drill,
        site: &Site,
        (by, planned): (Actor, Option<Timestamp>),
    ) -> Result<(u64, Run), DrillError> {
        if let Some((_, run)) = open {
            return Err(DrillError::Another(run.plan.drill.to_string()));
        }
        let plan = Plan::of(drill, site);
        if eyes::stands(&self.0.alarms, &plan.series()) {
            return Err(DrillError::Stands);
        }
        let now = self.0.clock.now();
        let (run, asks) = Run::begin(plan, (by, planned), now);
        let (kept, settles) = (run.clone(), due::settles(drill));
        let write = move |connection: &Connection, _: &mut Group| {
            let numbered = (table::next_number(connection)?, kept);
            table::keep(connection, &numbered)?;
            if let (Some(planned), Some((drill, text))) = (planned, settles) {
                table::settle(connection, &drill, &text, planned)?;
            }
            Ok(numbered)
        };
        let numbered = self.0.journal.append_with(write).await?;
        tracing::info!(number = numbered.0, drill = %run.plan.drill, agent = %run.plan.agent, "a drill begins");
        *open = Some(numbered.clone());
        self.ask(numbered.0, &run, &asks);
        self.0.begun.notify_one();
        Ok(numbered)
    }

    /// The drills of the site in its order, and those that were held within a year, the newest first.
    ///
    /// # Errors
    /// The database cannot be read.
    pub async fn list(&self) -> Result<(Vec<Planned>, Vec<(u64, Run)>), DatabaseError> {
        let (now, site) = (self.0.clock.now(), self.0.site.borrow().clone());
        let zone = &site.site.zone;
        let planned = site.drills.iter().map(|drill| Planned {
            next: drill.when.and_then(|when| when.after(now, zone)),
            drill: drill.clone(),
        });
        let read = move |connection: &Connection| table::since(connection, now - LISTED);
        Ok((planned.collect(), self.0.journal.database().read(read).await?))
    }

    async fn run(self, stop: CancellationToken) {
        let mut listening = Listening::new(&self.0);
        let mut steps = Steps::new(self.0.clock.as_ref());
        let mut seen = Vec::new();
        // Since when the clock has been as it is.
        let mut known = self.0.clock.now();
        loop {
            let by = steps.look(self.0.clock.as_ref());
            if by.is_some() {
                known = self.0.clock.now();
            }
            let looked = self.look(known, by, std::mem::take(&mut seen)).await;
            let wait = match looked {
                Ok(is_open) if is_open => EVERY,
                Ok(_) => LOOK,
                Err(error) => {
                    // A step of the clock has been dealt with all the same: what goes on has moved along, and is written down with what becomes of it.
                    tracing::error!(%error, "how a drill goes cannot be written down; it is tried again");
                    RETRY
                }
            };
            let next = self.next().await;
            tokio::select! {
                () = stop.cancelled() => return,
                () = self.0.begun.notified() => {}
                news = listening.hears() => seen.extend(news),
                () = self.0.clock.wake_at(next) => {}
                () = self.0.clock.sleep(wait) => {}
            }
        }
    }

    /// One look at all there is to be seen. Gives whether a drill goes on.
    async fn look(
        &self,
        known: Timestamp,
        by: Option<Duration>,
        heard: Vec<eyes::Heard>,
    ) -> Result<bool, DatabaseError> {
        let mut open = self.0.open.lock().await;
        let mut late = None;
        if !open.is_known {
            open.run = self.0.journal.database().read(table::open).await?;
            let now = self.0.clock.now();
            late = open.run.as_mut().and_then(|(_, run)| run.goes_on(now));
        }
        if let Some((number, run)) = open.run.as_mut() {
            run.clock_was_set(by.unwrap_or(Duration::ZERO));
            let heard = heard.into_iter().chain(self.answers()).collect();
            let mut seen = eyes::all(&self.0, (*number, run), heard).await?;
            // What came through meanwhile came through.
            seen.extend(late);
            self.take(&mut open.run, seen).await?;
        } else {
            self.end_what_stands().await?;
        }
        open.is_known = true;
        self.hold_what_is_due(&mut open.run, known).await?;
        Ok(open.run.is_some())
    }

    /// Takes what is seen, writes down what becomes of it, and does what is to be done.
    async fn take(&self, open: &mut Option<(u64, Run)>, seen: Vec<Seen>) -> Result<(), DatabaseError> {
        let Some((number, before)) = open.clone() else {
            return Ok(());
        };
        let now = self.0.clock.now();
        let mut run = before.clone();
        let mut effects = Vec::new();
        for one in seen {
            effects.extend(run.see(one, now));
        }
        effects.extend(run.pass(now));
        if run != before {
            self.write(number, &run, &effects).await?;
        }
        if run.stage != before.stage {
            let (drill, stage) = (&run.plan.drill, run.stage);
            tracing::info!(number, %drill, ?stage, flaw = ?run.flaw, "a drill goes on");
        }
        *open = run.is_open().then(|| (number, run.clone()));
        for effect in &effects {
            self.ask(number, &run, effect);
        }
        if effects.contains(&Effect::Settle) {
            eyes::settle(&self.0.alarms, &run.plan.series()).await;
        }
        Ok(())
    }

    async fn write(&self, number: u64, run: &Run, effects: &[Effect]) -> Result<(), DatabaseError> {
        let (run, effects) = (run.clone(), effects.to_vec());
        let write = move |connection: &Connection, group: &mut Group| {
            for effect in &effects {
                match effect {
                    Effect::Judge(flaw) => judge(connection, group, &run, flaw.as_ref())?,
                    Effect::Retire => group.push(due::retired(&run.plan.agent, &run.plan.drill)),
                    Effect::Ask { .. } | Effect::Settle => {}
                }
            }
            table::keep(connection, &(number, run))
        };
        self.0.journal.append_with(write).await
    }

    /// When something is due that nobody has to say.
    async fn next(&self) -> Timestamp {
        let open = self.0.open.lock().await;
        match open.run.as_ref() {
            Some((_, run)) => run.next_wakeup().unwrap_or(Timestamp::MAX),
            None => due::next(&self.0.site.borrow(), self.0.clock.now()),
        }
    }
}

/// That a drill broke off is an alarm until one of its kind comes through.
fn judge(connection: &Connection, group: &mut Group, run: &Run, flaw: Option<&Flaw>) -> rusqlite::Result<()> {
    let report = match flaw {
        None => Report::OVER,
        // Nobody's chain is broken by that.
        Some(Flaw::Missed | Flaw::Withdrawn | Flaw::Interrupted) => return Ok(()),
        Some(flaw) => Report::DrillFailed {
            channel: untaken(connection, flaw)?,
            flaw: flaw.clone(),
        },
    };
    condition::say(connection, group, KIND, run.plan.drill.as_str(), report)
}

/// The channel that did not take a drill's message: one that is known not to deliver before any other.
fn untaken(connection: &Connection, flaw: &Flaw) -> rusqlite::Result<Option<String>> {
    let Flaw::NotTaken { ways } = flaw else {
        return Ok(None);
    };
    let held = condition::holding(connection, SystemKind::DeliveryFailed)?;
    let is_broken = |channel: &str| {
        let of_channel = |subject: &str| subject.split('/').next() == Some(channel);
        held.iter().any(|held| of_channel(&held.subject))
    };
    let channels = || ways.iter().map(|way| &way.channel);
    let found = channels()
        .find(|channel| is_broken(channel))
        .or(channels().next());
    Ok(found.cloned())
}

/// As people read it, and no shorter.
fn whole_seconds(left: Duration) -> Duration {
    Duration::from_seconds((left.milliseconds() + 999).div_euclid(1_000))
}

/// Whether a run has come as far as its alarm.
fn is_told(run: &Run) -> bool {
    matches!(run.stage, Stage::Raised | Stage::Told | Stage::Ending)
}
