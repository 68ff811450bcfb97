//! Where those who know something of an output meet its thread: the machine behind a lock, and a bell.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration as Span;

use plenum_protocol::{Duration, Identifier, Outcome, Quantity, Steady};
use tokio::sync::oneshot;

use super::Switched;
use super::machine::{Event, Machine};
use crate::config::{OutputConfig, What};

/// So many commands wait at most for one output; more are refused.
const WAITING: usize = 16;

/// An output's desk.
pub(super) struct Desk {
    pub(super) id: Identifier,
    pub(super) what: What,
    /// How long the collector may be silent for the most impatient of its rules.
    pub(super) patience: Option<Duration>,
    state: Mutex<Held>,
    bell: Condvar,
}

struct Held {
    machine: Machine,
    /// Something happened since the thread last looked.
    news: bool,
    /// When it last looked.
    looked: Steady,
    asked: Vec<oneshot::Sender<Switched>>,
}

/// How an output is to stand.
pub(super) struct Wanted {
    /// Whether it is on, also while it blinks.
    pub(super) on: bool,
    /// Whether the line is active at this instant.
    pub(super) level: bool,
    /// Who waits to hear whether that was done.
    pub(super) asked: Vec<oneshot::Sender<Switched>>,
}

impl Desk {
    pub(super) fn new(output: &OutputConfig, heard: Steady) -> Self {
        Self {
            id: output.id.clone(),
            what: output.what,
            patience: output.rules.iter().map(|rule| rule.silent).min(),
            state: Mutex::new(Held {
                machine: Machine::new(&output.rules, heard),
                news: true,
                looked: heard,
                asked: Vec::new(),
            }),
            bell: Condvar::new(),
        }
    }

    pub(super) fn step(&self, event: Event<'_>, now: Steady) {
        let mut held = self.lock();
        held.machine.step(event, now);
        held.news = true;
        drop(held);
        self.bell.notify_one();
    }

    /// A sensor was read; most of them do not concern this one.
    pub(super) fn seen(&self, sensor: &Identifier, quantity: Quantity, outcome: Outcome, now: Steady) {
        if self.lock().machine.names(sensor, quantity) {
            let event = Event::Seen {
                sensor,
                quantity,
                outcome,
            };
            self.step(event, now);
        }
    }

    /// Steps the machine; what comes of it at the line is heard later.
    ///
    /// # Errors
    /// Too many wait to hear that: the line hangs. What was asked for is wanted all the same, for when it does not any more.
    pub(super) fn ask(&self, event: Event<'_>, now: Steady) -> Result<oneshot::Receiver<Switched>, String> {
        let (sender, answer) = oneshot::channel();
        self.step(event, now);
        let mut held = self.lock();
        // Whoever has stopped waiting holds nobody's place.
        held.asked.retain(|asked| !asked.is_closed());
        if held.asked.len() >= WAITING {
            return Err(format!("the line of output `{}` does not answer", self.id));
        }
        held.asked.push(sender);
        // The thread may have looked between the two.
        held.news = true;
        drop(held);
        self.bell.notify_one();
        Ok(answer)
    }

    /// How it is to stand now.
    pub(super) fn wanted(&self, now: Steady) -> Wanted {
        let mut held = self.lock();
        held.machine.step(Event::Tick, now);
        (held.news, held.looked) = (false, now);
        Wanted {
            on: held.machine.is_on(),
            level: held.machine.level(now),
            asked: std::mem::take(&mut held.asked),
        }
    }

    /// Waits at most so long for something to change, by itself or because something happened since the last look. It counts from there: setting the line may have taken longer than
    /// was left.
    pub(super) fn wait(&self, timeout: Span) {
        let held = self.lock();
        if held.news {
            return;
        }
        let (next, looked) = (held.machine.next_wakeup(held.looked), held.looked);
        let step = next.map_or(timeout, |next| next.since(looked).to_std().min(timeout));
        // Whether it was the bell or the time does not matter: whoever waited looks.
        drop(self.bell.wait_timeout(held, step));
    }

    fn lock(&self) -> MutexGuard<'_, Held> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
