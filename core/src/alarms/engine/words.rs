//! What devices say of themselves in their own words: it stands beside the state that says that they have an alarm.

use plenum_protocol::{Channel, Quantity, Timestamp};

use super::Engine;
use super::register::Register;
use super::table::SeriesTable;
use crate::fact::Words;

impl Engine {
    /// A device says something else of itself: that is about its alarm.
    pub(super) fn hear(&mut self, words: &Words, received: Timestamp) {
        let agent = self.fleet.open(&words.agent, &self.book);
        let channel = Channel {
            sensor: words.sensor.clone(),
            quantity: Quantity::UpsAlarm,
        };
        if self.table.find(agent, &channel).is_some() || !words.words.is_empty() {
            let series = self.open_series(agent, &channel, received);
            self.table.hear(series, &words.words, &mut self.register);
        }
    }
}

impl SeriesTable {
    fn hear(&mut self, number: usize, words: &str, register: &mut Register) {
        let state = self.touch(number);
        state.words = Some(words.to_owned()).filter(|words| !words.is_empty());
        for id in state.machines.iter().filter_map(|machine| machine.alarm) {
            register.say(id, words);
        }
    }
}
