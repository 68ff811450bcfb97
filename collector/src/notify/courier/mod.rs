//! Carries what the outbox holds: one task, attempts in parallel but bounded, each outcome committed before the next step.

mod hearing;
mod places;
mod test_page;
mod words;

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

use futures::FutureExt;
use futures::future::BoxFuture;
use plenum_core::alarms::Alarm;
use plenum_core::fact::SystemCondition;
use plenum_core::text::message::Facts;
use plenum_protocol::clock::Steps;
use plenum_protocol::{Clock, Duration, Identifier, Steady, Timestamp};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use super::channels::Outcome;
use super::outbox::{self, Delivered, Due, Leaving, Queue, Turn, UnderWay};
use super::reach::{self, End, Reach};
use super::ways::Channels;
pub use super::ways::{CourierError, CourierOptions};
use crate::database::Database;
use hearing::Ears;
pub use hearing::Heard;
use places::{Place, Places};
pub use test_page::{Tested, Tried};
use words::Words;

/// How often the clock and the outbox are looked at when nothing calls.
const LOOK: Duration = Duration::from_seconds(60);
/// How long an attempt may take, all of it, whatever the channel's library does: a server that accepts and says nothing must not hold a place for ever.
const DEADLINE: Duration = Duration::from_seconds(60);
/// How long an attempt keeps its place of which the outbox cannot be told: it would be made again at once, and again.
const AGAIN: Duration = Duration::from_seconds(5);

/// Tells what a message may say. Never fails: what it cannot find out it leaves out, so that no message waits for a nicety.
pub trait FactsSource: Send + Sync {
    /// All that may be said about an alarm to one recipient.
    fn facts<'a>(&'a self, due: &'a Due, known: Known, now: Timestamp) -> BoxFuture<'a, Facts>;

    /// Whether the site has a channel, and where a recipient is named whether it reaches them.
    fn is_way(&self, channel: &str, recipient: Option<&str>) -> bool;

    /// The other channels of the site that reach this person for what is as bad.
    fn other_ways(&self, _: &Due) -> Vec<String> {
        Vec::new()
    }

    /// What is known of a recipient when a message may leave for them.
    fn turn(&self, channel: &str, recipient: &str, _: Timestamp) -> Turn {
        Turn {
            is_reached: self.is_way(channel, Some(recipient)),
            ..Turn::default()
        }
    }

    /// The alarm as programs get it: with its sentence in place of the facts that this is made of.
    fn alarm(&self, due: &Due) -> Alarm;
}

/// What the outbox knows of a message.
#[derive(Debug, Clone, Default)]
pub struct Known {
    /// The secret of the recipient's acknowledgement link.
    pub secret: Option<String>,
    /// The deliveries of the same transition, its own among them; none where they are not written down.
    pub deliveries: Option<Vec<Delivered>>,
}

/// The running courier.
pub struct Courier {
    database: Database,
    clock: Arc<dyn Clock>,
    facts: Arc<dyn FactsSource>,
    conditions: mpsc::Sender<SystemCondition>,
    channels: RwLock<Arc<Channels>>,
    wake: Arc<Notify>,
    counters: Arc<Counters>,
    ears: Ears,
    under_way: UnderWay,
    /// Until when each person may ask for no further test.
    tested: Mutex<BTreeMap<Identifier, Steady>>,
}

/// What `/metrics` shows.
#[derive(Debug, Default)]
pub struct Counters {
    /// Messages that waited in the outbox at the last look.
    pub waiting: AtomicU64,
    /// Attempts that a receiver took.
    pub sent: AtomicU64,
    /// Attempts that will be repeated.
    pub retried: AtomicU64,
    /// Deliveries given up.
    pub failed: AtomicU64,
}

impl Courier {
    /// Prepares the channels. Nothing is sent before [`Courier::run`], which looks when `wake` says that the outbox has something new.
    pub fn new(
        options: &CourierOptions,
        database: Database,
        clock: Arc<dyn Clock>,
        facts: Arc<dyn FactsSource>,
        conditions: mpsc::Sender<SystemCondition>,
        wake: Arc<Notify>,
        counters: Arc<Counters>,
    ) -> Result<Self, CourierError> {
        let channels = Channels::new(options)?;
        Ok(Self {
            database,
            clock,
            facts,
            conditions,
            channels: RwLock::new(Arc::new(channels)),
            wake,
            counters,
            ears: Ears::new(),
            under_way: UnderWay::default(),
            tested: Mutex::default(),
        })
    }

    /// Builds channels that [`Courier::swap`] can put in force.
    pub fn prepare(&self, options: &CourierOptions) -> Result<Channels, CourierError> {
        Channels::new(options)
    }

    /// Sends over these from now on. Attempts that are under way end over the old ones.
    pub fn swap(&self, channels: Channels) {
        *self.channels.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(channels);
        self.let_hear();
        self.wake.notify_one();
    }

    /// Writes to people where these say, over the channels that there are.
    pub fn write_to(&self, options: &CourierOptions) {
        let channels = self.channels().reaching(options);
        self.swap(channels);
    }

    fn channels(&self) -> Arc<Channels> {
        let channels = self.channels.read().unwrap_or_else(PoisonError::into_inner);
        channels.clone()
    }

    /// Carries until told to stop, then finishes the attempts that are under way.
    pub async fn run(self: Arc<Self>, stop: CancellationToken) {
        let mut running: JoinSet<(Place, Option<End>)> = JoinSet::new();
        let mut places = Places::default();
        let mut reach = self.reach().await;
        let (mut news, mut early) = (self.ears.take_news(), Vec::new());
        self.let_hear();
        let mut steps = Steps::new(self.clock.as_ref());
        let begun = self.clock.now();
        self.change(move |connection| outbox::nobody_waits_for_ever(connection, begun))
            .await;
        while !stop.is_cancelled() {
            self.look_at_the_clock(&mut steps).await;
            let gone = reach.keep(|channel, recipient| self.facts.is_way(channel, recipient));
            self.report(gone).await;
            let now = self.clock.now();
            let due = self.due(now).await;
            places.look_again();
            for due in due {
                if let Some(place) = places.take(&due, self.clock.steady()) {
                    let courier = Arc::clone(&self);
                    running.spawn(async move {
                        let end = courier.attempt(&place.queue).await;
                        (place, end)
                    });
                }
            }
            let next = self.next_attempt(now).await;
            tokio::select! {
                () = stop.cancelled() => {}
                () = self.wake.notified() => {}
                () = self.clock.wake_at(next), if places.are_left() => {}
                () = until(&*self.clock, places.again_at()) => {}
                () = self.clock.sleep(LOOK) => {}
                Some((channel, news)) = news.recv() => early.extend(self.hear(&mut reach, channel, news).await),
                Some(done) = running.join_next() => match done {
                    Ok((place, end)) => {
                        places.leave(&place);
                        if let Some(end) = end {
                            self.report(reach.ended(&place.queue.channel, &place.queue.recipient, end)).await;
                        }
                        self.hear_again(&mut reach, &mut early, &places).await;
                    }
                    Err(error) => tracing::error!(%error, "an attempt at delivery ended badly; it is made again after a restart"),
                },
            }
        }
        while running.join_next().await.is_some() {}
    }

    async fn look_at_the_clock(&self, steps: &mut Steps) {
        if let Some(by) = steps.look(self.clock.as_ref())
            && !self
                .change(move |connection| outbox::clock_was_set(connection, by))
                .await
        {
            // What cannot be written now is written at the next look.
            steps.put_back(by);
        }
    }

    async fn due(&self, now: Timestamp) -> Vec<Due> {
        let look = self.database.read(move |connection| {
            let waiting = outbox::waiting(connection)?;
            Ok((outbox::look(connection, now)?, waiting))
        });
        match look.await {
            Ok(((due, unknown), waiting)) => {
                self.counters.waiting.store(waiting, Ordering::Relaxed);
                if !unknown.is_empty() {
                    self.postpone(unknown, now).await;
                }
                due
            }
            Err(error) => {
                tracing::error!(%error, "the outbox cannot be read");
                Vec::new()
            }
        }
    }

    async fn change(
        &self,
        work: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<()> + Send + 'static,
    ) -> bool {
        let changed = self.database.write(work).await;
        if let Err(error) = &changed {
            tracing::error!(%error, "what happened to the outbox cannot be written down");
        }
        changed.is_ok()
    }

    async fn postpone(&self, rows: Vec<rusqlite::types::Value>, now: Timestamp) {
        let postpone = move |connection: &rusqlite::Connection| outbox::postpone(connection, &rows, now);
        if let Err(error) = self.database.write(postpone).await {
            tracing::error!(%error, "deliveries of a later program cannot be postponed");
        }
    }

    async fn next_attempt(&self, now: Timestamp) -> Timestamp {
        let next = self.database.read(outbox::next_attempt).await.ok().flatten();
        // A row that is under way is due all the time; a second is soon enough to look again.
        next.unwrap_or(now + Duration::from_minutes(1))
            .max(now + Duration::from_seconds(1))
    }

    /// One attempt at what leaves a queue now; none where nothing does, or where that is not known.
    async fn attempt(&self, queue: &Queue) -> Option<End> {
        let ended = AssertUnwindSafe(self.attempt_once(queue)).catch_unwind().await;
        match ended {
            Ok(end) => end,
            Err(_) => {
                tracing::error!(?queue, "an attempt at delivery panicked; it is made again");
                self.clock.sleep(AGAIN).await;
                None
            }
        }
    }

    async fn attempt_once(&self, queue: &Queue) -> Option<End> {
        let (of, now) = (queue.clone(), self.clock.now());
        let _leaving = Leaving::of(&self.under_way, queue);
        let under_way = self.under_way.clone();
        let turn = self.facts.turn(&queue.channel, &queue.recipient, now);
        let claimed = self
            .database
            .write(move |connection| outbox::claim(connection, &of, &turn, &under_way, now))
            .await;
        let due = match claimed {
            Ok(due) => due?,
            Err(error) => {
                tracing::error!(%error, "what is to be sent cannot be read");
                self.clock.sleep(AGAIN).await;
                return None;
            }
        };
        let attempt = async {
            match self.words(&due).await {
                Ok(words) => self.send(&due, words).await,
                Err(error) => Outcome::Retry(error.to_string()),
            }
        };
        // A message that cannot even be written must be seen to fail, like one that does not arrive.
        let attempt = AssertUnwindSafe(attempt).catch_unwind().map(|ended| {
            ended.unwrap_or_else(|_| Outcome::Retry("the attempt panicked; see the log".to_owned()))
        });
        let ended = self.in_time(attempt).await;
        let was_silent = ended.is_none();
        let outcome = ended.unwrap_or_else(silence);
        let now = self.clock.now();
        let end = self.count(&due, &outcome, was_silent);
        let finished = self
            .database
            .write(move |connection| outbox::finish(connection, &due, &outcome, now))
            .await;
        if let Err(error) = finished {
            // The row stays due: the message is repeated rather than lost, and not over and over at once.
            tracing::error!(%error, "a delivery's outcome cannot be written down");
            self.clock.sleep(AGAIN).await;
        }
        Some(end)
    }

    /// Counts and logs what came of an attempt, and says what that tells of the way.
    fn count(&self, due: &Due, outcome: &Outcome, was_silent: bool) -> End {
        let (alarm, channel, to) = (due.alarm.id, due.channel.as_str(), due.recipient.as_str());
        let end = End::of(outcome, due.attempts + 1, was_silent, self.is_recipient(due));
        let (Outcome::Retry(error) | Outcome::Refused(error) | Outcome::GiveUp(error)) = outcome else {
            self.counters.sent.fetch_add(1, Ordering::Relaxed);
            tracing::info!(alarm, channel, to, "message sent");
            return end;
        };
        let given_up = matches!(outcome, Outcome::GiveUp(_)) && !due.reason.calls();
        let counter = match given_up {
            true => &self.counters.failed,
            false => &self.counters.retried,
        };
        counter.fetch_add(1, Ordering::Relaxed);
        tracing::warn!(alarm, channel, to, given_up, error, "message not sent");
        end
    }

    /// How the attempt ended; none where it did not by the deadline. What it held, a connection above all, is thrown away with it.
    async fn in_time(&self, attempt: impl Future<Output = Outcome>) -> Option<Outcome> {
        tokio::select! {
            biased;
            outcome = attempt => Some(outcome),
            () = self.clock.sleep(DEADLINE) => None,
        }
    }

    /// One attempt that the outbox knows nothing of, for what is to be told when that cannot be written.
    pub(crate) async fn attempt_unwritten(&self, due: &Due) -> Outcome {
        let attempt = async {
            let facts = self.facts.facts(due, Known::default(), self.clock.now()).await;
            self.send(due, Words::of(&facts)).await
        };
        let outcome = self.in_time(attempt).await.unwrap_or_else(silence);
        let (counter, error) = match &outcome {
            Outcome::Sent | Outcome::Unproved => (&self.counters.sent, ""),
            Outcome::Retry(error) | Outcome::Refused(error) => (&self.counters.retried, error.as_str()),
            Outcome::GiveUp(error) => (&self.counters.failed, error.as_str()),
        };
        counter.fetch_add(1, Ordering::Relaxed);
        let (channel, to) = (&due.channel, &due.recipient);
        tracing::warn!(channel, to, reason = ?due.reason, error, "a message went past the outbox");
        outcome
    }

    /// Who cannot be reached, as an earlier run left it. Whoever was reached before it could say so is, and that is said now.
    async fn reach(&self) -> Reach {
        let (reach, news) = self.database.read(Reach::read).await.unwrap_or_else(|error| {
            tracing::error!(%error, "who cannot be reached cannot be read");
            Default::default()
        });
        self.report(news).await;
        reach
    }

    /// Raises the system alarm `delivery-failed` of whoever cannot be reached, once, and ends it when they are.
    async fn report(&self, news: Vec<reach::News>) {
        for news in news {
            let condition = reach::condition(news, self.clock.now());
            if self.conditions.send(condition).await.is_err() {
                tracing::warn!("a failed delivery could not be reported: the journal is closed");
            }
        }
    }

    /// Whether the site's channels reach the recipient still.
    fn is_recipient(&self, due: &Due) -> bool {
        self.facts.is_way(&due.channel, Some(&due.recipient))
    }
}

/// Waits until then; for ever where there is no instant.
async fn until(clock: &dyn Clock, instant: Option<Steady>) {
    match instant {
        Some(instant) => clock.sleep_until(instant).await,
        None => std::future::pending().await,
    }
}

/// What came of an attempt that did not end by itself.
fn silence() -> Outcome {
    let seconds = DEADLINE.milliseconds() / 1_000;
    Outcome::Retry(format!("no answer within {seconds} s"))
}

#[cfg(test)]
mod tests;
