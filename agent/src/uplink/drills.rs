//! The drills of the alarm chain that stand here: a reading of each when it begins and when it ends, by the collector or by itself when its time is up.

use std::collections::BTreeMap;

use plenum_protocol::{Duration, Identifier, Quantity, Steady};

use crate::spool::{Input, Queue, Samples};
use crate::timebase::Timebase;

/// No drill stands longer, whatever is asked: an hour and a half for an answer, and what a ladder waits before its first step.
const LONGEST: Duration = Duration::from_hours(6);
/// How long after one that could not be handed over the end is tried again.
const AGAIN: Duration = Duration::from_seconds(1);

/// Those that stand, each with when it ends by itself.
#[derive(Debug, Default)]
pub(super) struct Drills(BTreeMap<Identifier, Steady>);

impl Drills {
    /// One begins for so long, or ends. Gives whether its reading was taken. An end is read also where nothing is known of the drill: this agent may have been started since.
    pub(super) fn set(
        &mut self,
        drill: &Identifier,
        stands: Option<Duration>,
        queue: &Queue,
        timebase: &Timebase,
    ) -> bool {
        let taken = read(drill, stands.is_some(), queue, timebase);
        match stands.filter(|_| taken) {
            Some(time) => {
                let until = timebase.steady() + time.min(LONGEST);
                self.0.insert(drill.clone(), until);
            }
            None if taken => {
                self.0.remove(drill);
            }
            None => {}
        }
        taken
    }

    /// Ends those whose time is up.
    pub(super) fn look(&mut self, queue: Option<&Queue>, timebase: &Timebase) {
        let now = timebase.steady();
        let over: Vec<Identifier> = self
            .0
            .iter()
            .filter(|(_, until)| **until <= now)
            .map(|(drill, _)| drill.clone())
            .collect();
        for drill in over {
            match queue.is_none_or(|queue| read(&drill, false, queue, timebase)) {
                true => {
                    tracing::warn!(%drill, "a drill ended by itself: nobody said in time that it is over");
                    self.0.remove(&drill);
                }
                false => {
                    self.0.insert(drill, now + AGAIN);
                }
            }
        }
    }

    /// When the first of them ends by itself.
    pub(super) fn next_wakeup(&self) -> Option<Steady> {
        self.0.values().min().copied()
    }
}

/// Hands a reading over and asks for a commit. Never waits: the uplink has the connection to look after.
fn read(drill: &Identifier, on: bool, queue: &Queue, timebase: &Timebase) -> bool {
    let now = timebase.now();
    let taken = queue.offer(Input::Samples(Samples {
        sensor: drill.clone(),
        samples: vec![(now.wall, Quantity::Drill, Ok(f64::from(u8::from(on))))],
        now,
    }));
    if taken {
        queue.flush();
    }
    taken
}
