//! What cannot be read, kept aside: at most so many letters and one line in the log a message, and none while the disk is short.

use plenum_core::fact::{Report, SystemKind};
use plenum_link::mqtt::Arrival;
use plenum_protocol::AgentName;
use plenum_protocol::senml::decode::BAD_RECORDS;
use plenum_protocol::streams::StreamId;

use super::super::counters::add;
use super::super::dead_letters::NewLetter;
use super::Intake;

/// The longest reason that is kept, in characters.
const REASON: usize = 500;

impl Intake {
    pub(super) fn letter(
        &mut self,
        name: &AgentName,
        position: Option<(StreamId, u64)>,
        mut reason: String,
        whole: bool,
        payload: Vec<u8>,
        now: Arrival,
    ) {
        let bound = self.options.dead_letters;
        // Only what has no stream comes here beyond the bound or below the reserve: a batch was refused before.
        let full = self.agent(name).letter_bytes > bound || self.disk.is_short();
        let before = self.gathered.letters_of_this();
        if full || before >= BAD_RECORDS {
            add(&self.counters.letters_dropped, 1);
            return;
        }
        if let Some((end, _)) = reason.char_indices().nth(REASON) {
            reason.truncate(end);
        }
        if before == 0 {
            tracing::warn!(agent = %name, reason, whole, "unreadable: to the dead letters");
        }
        let letter = NewLetter {
            agent: name.clone(),
            kind: self.at_hand,
            position,
            reason,
            whole,
            payload,
        };
        self.agent(name).letter_bytes += letter.bytes();
        let report = Report::Unreadable {
            why: letter.reason.clone(),
        };
        self.gathered.letter(letter);
        add(&self.counters.dead_letters, 1);
        self.say(SystemKind::DeadLetters, name, true, now, report);
    }
}
