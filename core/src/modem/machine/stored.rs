//! Messages in the modem's memory that were heard and are not deleted yet. A list that was asked for meanwhile has them again, and so has the next one
//! where a modem hung before it deleted them; nobody wrote them twice.

use std::collections::BTreeMap;

/// A SIM holds some 50 messages, a modem up to 255.
const MOST: usize = 300;

/// What was heard, by its place in the memory.
#[derive(Debug, Default)]
pub(super) struct Stored(BTreeMap<u16, String>);

impl Stored {
    /// Whether it was not heard yet; from now on it was.
    pub(super) fn is_new(&mut self, index: u16, pdu: &str) -> bool {
        if self.0.get(&index).is_some_and(|heard| heard == pdu) {
            return false;
        }
        self.0.insert(index, pdu.to_owned());
        if self.0.len() > MOST {
            self.0.pop_first();
        }
        true
    }

    /// Its place is free for another, which may read the same.
    pub(super) fn deleted(&mut self, index: u16) {
        self.0.remove(&index);
    }
}
