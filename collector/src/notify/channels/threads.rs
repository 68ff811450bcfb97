//! Which message of a service was the first of a thread, for services that name their messages themselves. It is a nicety: a restart forgets it, and the end
//! of an alarm then stands by itself.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use super::hook::Thread;

/// How many are kept; the oldest goes.
const KEPT: usize = 1_000;

/// The first messages.
#[derive(Default)]
pub(super) struct Threads {
    /// To whom, which thread, and the name of its first message.
    first: Mutex<VecDeque<(String, Thread, String)>>,
}

impl Threads {
    /// The first message of a thread there.
    pub(super) fn first(&self, address: &str, thread: Thread) -> Option<String> {
        let first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        let found = first.iter().find(|(to, of, _)| to == address && *of == thread);
        found.map(|(_, _, message)| message.clone())
    }

    /// Keeps a message as the first of its thread, if none is.
    pub(super) fn keep(&self, address: &str, thread: Thread, message: &str) {
        if self.first(address, thread).is_some() {
            return;
        }
        let mut first = self.first.lock().unwrap_or_else(PoisonError::into_inner);
        if first.len() == KEPT {
            first.pop_front();
        }
        first.push_back((address.to_owned(), thread, message.to_owned()));
    }
}
