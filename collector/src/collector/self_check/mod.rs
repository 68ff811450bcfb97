//! Whether the collector is well: what `/readyz` answers, and what a beat to somebody else depends on. A part that has died ends the process; this finds those that
//! live and get nowhere.
//!
//! It asks for what the collector cannot tell anybody by itself while it is so. A broken channel or a full disk of an agent is an alarm like any other.

mod marks;

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::Ordering;

use plenum_link::Shutdown;
use plenum_protocol::{Clock, Duration, Steady};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::alarms::Alarms;
use crate::history::History;
use crate::intake;
use crate::journal::Journal;
use crate::notify::{courier, outbox};
use marks::{Marks, Seen};

/// How often it looks.
const EVERY: Duration = Duration::from_seconds(10);
/// How long a part has to answer.
const ANSWER: Duration = Duration::from_seconds(10);
/// A look that is older, nobody looks any more: three that got nowhere and a loaded machine.
const OLD: Duration = Duration::from_seconds(60);

/// What is not well.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Unwell {
    /// No group could be committed for 10 s.
    NothingStored,
    /// It has just begun, and charts are old.
    HistoryReads,
    /// It has just begun, and alarms are old.
    AlarmsCatchUp,
    /// What agents send is not taken.
    IntakeStands,
    /// Nothing can be read.
    DatabaseSilent,
    /// What is in the journal raises no alarm.
    AlarmsBehind,
    /// Messages are due and nobody sends them.
    OutboxStuck,
    /// The look itself gets nowhere.
    NobodyLooks,
}

impl Unwell {
    /// Whether it is so at every start, for as long as it takes to read what is there.
    fn is_of_a_start(self) -> bool {
        matches!(self, Self::HistoryReads | Self::AlarmsCatchUp)
    }
}

impl fmt::Display for Unwell {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::NothingStored => {
                "nothing can be stored: no commit has succeeded for 10 s; the alarm commits-fail says why"
            }
            Self::HistoryReads => "the history has not read the journal yet",
            Self::AlarmsCatchUp => "the alarms have not caught up with the journal yet",
            Self::IntakeStands => "what agents send is not taken: intake has not answered for 10 s",
            Self::DatabaseSilent => "plenum.db cannot be read, or has not answered for 10 s",
            Self::AlarmsBehind => "the alarms are more than two minutes behind what the journal has",
            Self::OutboxStuck => {
                "messages have been due for more than five minutes, and nobody tries to send them"
            }
            Self::NobodyLooks => "nobody has looked for a minute whether the collector is well",
        })
    }
}

/// Looks, and keeps what it saw. Cheap to clone.
#[derive(Clone)]
pub struct SelfCheck(Arc<Shared>);

/// What is asked.
pub struct Parts {
    /// Time.
    pub clock: Arc<dyn Clock>,
    /// What is stored.
    pub journal: Journal,
    /// Time series.
    pub history: History,
    /// The alarms.
    pub alarms: Alarms,
    /// What is asked of intake.
    pub intake: mpsc::Sender<intake::Command>,
    /// What intake counts.
    pub counters: Arc<intake::Counters>,
    /// What the courier counts.
    pub deliveries: Arc<courier::Counters>,
}

struct Shared {
    parts: Parts,
    /// The journal's newest entry at the start: the alarms must have come to it before what they say is current.
    head_at_start: u64,
    looked: watch::Sender<Option<(Steady, Option<Unwell>)>>,
}

impl SelfCheck {
    /// Of these. Until it runs it knows what can be seen from outside alone.
    pub fn new(parts: Parts) -> Self {
        Self(Arc::new(Shared {
            head_at_start: parts.journal.statistics().head,
            parts,
            looked: watch::Sender::default(),
        }))
    }

    /// What is not well now, if anything.
    pub fn unwell(&self) -> Option<Unwell> {
        let looked = *self.0.looked.borrow();
        let last = looked.and_then(|(at, found)| match self.0.parts.clock.steady().since(at) < OLD {
            true => found,
            false => Some(Unwell::NobodyLooks),
        });
        self.outside().or(last)
    }

    /// Waits until all of it was looked at, and was well.
    pub(super) async fn is_well(&self) {
        let mut looked = self.0.looked.subscribe();
        while looked.borrow_and_update().is_none() || self.unwell().is_some() {
            if looked.changed().await.is_err() {
                return std::future::pending().await;
            }
        }
    }

    /// Looks until told to stop.
    pub(crate) fn start(&self, shutdown: &Shutdown) {
        let (own, stop) = (self.clone(), shutdown.token());
        shutdown.spawn_essential("self-check", async move {
            own.run(stop).await;
            Ok::<(), std::convert::Infallible>(())
        });
    }

    async fn run(self, stop: CancellationToken) {
        let (mut marks, mut told) = (Marks::default(), None);
        loop {
            let looked = stop.run_until_cancelled(self.look(&mut marks)).await;
            let Some(found) = looked else { return };
            if found != told {
                match (found, told) {
                    (Some(why), _) if why.is_of_a_start() => tracing::info!(%why, "not ready yet"),
                    (Some(why), _) => {
                        tracing::error!(%why, "the collector is not well; it says so to nobody else by a beat");
                    }
                    (None, Some(was)) if was.is_of_a_start() => tracing::info!("ready"),
                    (None, _) => tracing::info!("the collector is well again"),
                }
                told = found;
            }
            self.0
                .looked
                .send_replace(Some((self.0.parts.clock.steady(), found)));
            if stop
                .run_until_cancelled(self.0.parts.clock.sleep(EVERY))
                .await
                .is_none()
            {
                return;
            }
        }
    }

    /// What can be seen without waiting for anybody.
    fn outside(&self) -> Option<Unwell> {
        let parts = &self.0.parts;
        if parts.counters.commits_fail.load(Ordering::Relaxed) != 0 {
            return Some(Unwell::NothingStored);
        }
        if !parts.history.is_ready() {
            return Some(Unwell::HistoryReads);
        }
        let applied = *parts.alarms.applied().borrow();
        (applied < self.0.head_at_start).then_some(Unwell::AlarmsCatchUp)
    }

    async fn look(&self, marks: &mut Marks) -> Option<Unwell> {
        let parts = &self.0.parts;
        let seen = Seen {
            outside: self.outside(),
            intake_answers: self.in_time(self.intake_answers()).await.unwrap_or(false),
            is_due: self.in_time(self.is_due()).await.flatten(),
            attempts: [
                &parts.deliveries.sent,
                &parts.deliveries.retried,
                &parts.deliveries.failed,
            ]
            .iter()
            .map(|counter| counter.load(Ordering::Relaxed))
            .sum(),
            head: parts.journal.statistics().head,
            applied: *parts.alarms.applied().borrow(),
        };
        marks.look(&seen, parts.clock.steady())
    }

    async fn in_time<T>(&self, answer: impl Future<Output = T>) -> Option<T> {
        tokio::select! {
            biased;
            answer = answer => Some(answer),
            () = self.0.parts.clock.sleep(ANSWER) => None,
        }
    }

    async fn intake_answers(&self) -> bool {
        let (done, seen) = oneshot::channel();
        let asked = self.0.parts.intake.send(intake::Command::Answer(done)).await;
        asked.is_ok() && seen.await.is_ok()
    }

    /// Whether a message is due; none where that cannot be read.
    async fn is_due(&self) -> Option<bool> {
        let next = self.0.parts.journal.database().read(outbox::next_attempt);
        let next = next.await.ok()?;
        Some(next.is_some_and(|next| next <= self.0.parts.clock.now()))
    }
}

#[cfg(test)]
mod tests;
