//! Items as bytes: small, exact, versioned. Names are written once an entry, instants as differences, and values
//! with few decimals as whole numbers.
//!
//! | version | body |
//! |---|---|
//! | 1 | number of items, items; a name stands where it is first used |
//! | 2 | names, channels, number of items; before each item its kind and its length |
//!
//! Version 2 is written; both are read for ever. An item of a kind that this program does not know, or with a word, a name or a form of reading in it
//! that it does not know, is kept as bytes and skipped. So a later program may add kinds; theirs do not refer to the entry's names, that their bytes
//! may stand alone. It may also add to the end of an item: what stands there behind what is known is skipped. An entry of a later version is one
//! unknown item as a whole.
//!
//! A batch that cannot be read is a loss: who sent it and when its readings were taken stand before what is unknown, and become a gap. Of a whole
//! entry, or of an item of a kind that is unknown, nobody can say whether there are readings in it, whose and of when: there is no gap for it.

mod decode;
mod encode;

pub(super) use decode::{Decoded, read};
pub(super) use encode::encode;

const IN_PLACE: u8 = 1;
const NAMES_FIRST: u8 = 2;

/// No item's kind: an entry of a later version as a whole.
pub(super) const WHOLE: u8 = 0;
const BATCH: u8 = 1;
const GAP: u8 = 2;
const PRESENCE: u8 = 3;
const ACTION: u8 = 4;
const REVISION: u8 = 5;
const SYSTEM: u8 = 6;
const EXPECTATION: u8 = 7;
const WORDS: u8 = 8;
const AUDITED: u8 = 9;
const WORK: u8 = 10;
/// The highest kind that is known.
const KNOWN: u8 = WORK;

/// How an expectation changes.
const LEARNED: u8 = 1;
const RETIRED: u8 = 2;

/// A reading's first byte: the low three bits say what the value is, the others what is left out.
const RAW: u8 = 4;
const FAULT: u8 = 5;
const KIND: u8 = 0b0000_0111;
const AHEAD: u8 = 0b0000_1000;
const SAME_INSTANT: u8 = 0b0001_0000;
const NEXT_CHANNEL: u8 = 0b0010_0000;
/// What a later program may give a meaning.
const UNUSED: u8 = 0b1100_0000;

/// Tenth powers for values with 0 to 3 decimals.
const SCALES: [f64; 4] = [1.0, 10.0, 100.0, 1_000.0];

#[cfg(test)]
mod tests;
