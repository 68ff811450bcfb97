//! A text in parts: which alphabet, where it is cut, the header that joins them (TS 23.040, 9.2.3.24.1), and the same the other way round.

use std::collections::BTreeMap;

use plenum_protocol::{Duration, Steady};

use super::{Address, Part, Submit, alphabet};

/// What one message takes alone, and each of several: in septets, and in UTF-16 units.
const SEPTETS: (usize, usize) = (160, 153);
const UNITS: (usize, usize) = (70, 67);
/// Data coding: the default alphabet, and UCS-2.
const BASIC: u8 = 0x00;
const UCS2: u8 = 0x08;

/// The user data of one part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Chunk {
    pub(super) coding: u8,
    pub(super) has_header: bool,
    /// As the PDU counts it: septets or octets, the header included.
    pub(super) length: u8,
    pub(super) data: Vec<u8>,
}

/// A character in its alphabet: one or two septets or units, which stay together.
struct Coded {
    cost: usize,
    septets: ([u8; 2], usize),
    units: [u16; 2],
}

/// The text as messages to somebody, joined by the reference where they are several. Nothing is lost: see [`fits`] for whoever must not send too many.
pub fn split(to: &Address, text: &str, reference: u8) -> Vec<Submit> {
    chunks(text, reference)
        .iter()
        .map(|chunk| Submit::new(to, chunk))
        .collect()
}

/// The user data of a text, in as many parts as it takes.
pub(super) fn chunks(text: &str, reference: u8) -> Vec<Chunk> {
    let (coding, coded) = code(text);
    let (alone, each) = if coding == BASIC { SEPTETS } else { UNITS };
    let whole: usize = coded.iter().map(|coded| coded.cost).sum();
    let pieces = pieces(&coded, if whole <= alone { alone } else { each });
    let total = pieces.len().min(255) as u8;
    let chunk = |(number, piece): (usize, &&[Coded])| {
        let header = (total > 1).then(|| [5, 0, 3, reference, total, number as u8 + 1]);
        chunk(coding, header, piece)
    };
    pieces.iter().take(255).enumerate().map(chunk).collect()
}

/// As much of the text, cut behind a word, as so many messages take.
pub fn fits(text: &str, messages: usize) -> &str {
    let (coding, coded) = code(text);
    let (alone, each) = if coding == BASIC { SEPTETS } else { UNITS };
    let whole: usize = coded.iter().map(|coded| coded.cost).sum();
    if whole <= alone || pieces(&coded, each).len() <= messages {
        return text;
    }
    let room = if messages == 1 { alone } else { each };
    let taken: usize = pieces(&coded, room)
        .iter()
        .take(messages)
        .map(|piece| piece.len())
        .sum();
    let end = text.char_indices().nth(taken).map_or(text.len(), |(at, _)| at);
    let behind_word = match text[end..].starts_with(char::is_whitespace) {
        true => end,
        false => text[..end].rfind(char::is_whitespace).unwrap_or(end),
    };
    text[..behind_word].trim_end()
}

fn code(text: &str) -> (u8, Vec<Coded>) {
    let basic = text.chars().map(|character| {
        let septets = alphabet::septets(character)?;
        let (cost, units) = (septets.1, [0; 2]);
        Some(Coded { cost, septets, units })
    });
    if let Some(coded) = basic.collect() {
        return (BASIC, coded);
    }
    let wide = text.chars().map(|character| {
        let mut units = [0; 2];
        let cost = character.encode_utf16(&mut units).len();
        let septets = ([0; 2], 0);
        Coded { cost, septets, units }
    });
    (UCS2, wide.collect())
}

/// Pieces of at most so much: an escaped character and a surrogate pair stay whole. There is at least one.
fn pieces(coded: &[Coded], room: usize) -> Vec<&[Coded]> {
    let (mut pieces, mut begin, mut used) = (Vec::new(), 0, 0);
    for (at, character) in coded.iter().enumerate() {
        if used + character.cost > room {
            pieces.push(&coded[begin..at]);
            (begin, used) = (at, 0);
        }
        used += character.cost;
    }
    pieces.push(&coded[begin..]);
    pieces
}

fn chunk(coding: u8, header: Option<[u8; 6]>, piece: &[Coded]) -> Chunk {
    let mut data = header.map_or_else(Vec::new, Vec::from);
    let before = data.len();
    let length = if coding == BASIC {
        let septets = piece
            .iter()
            .flat_map(|coded| coded.septets.0.into_iter().take(coded.septets.1));
        let septets: Vec<u8> = septets.collect();
        // The text begins at a septet's border behind the header.
        let of_header = (before * 8).div_ceil(7);
        data.extend(alphabet::pack(&septets, of_header * 7 - before * 8));
        of_header + septets.len()
    } else {
        let units = piece
            .iter()
            .flat_map(|coded| coded.units.into_iter().take(coded.cost));
        data.extend(units.flat_map(u16::to_be_bytes));
        data.len()
    };
    Chunk {
        coding,
        has_header: before > 0,
        length: length as u8,
        data,
    }
}

/// How long the other parts are waited for.
const PATIENCE: Duration = Duration::from_minutes(10);
/// So many unfinished messages are kept: a flood pushes the oldest out.
const UNFINISHED: usize = 32;

/// Parts that wait for their others.
#[derive(Debug, Default)]
pub struct Parts(BTreeMap<(Address, u16, u8), Unfinished>);

#[derive(Debug)]
struct Unfinished {
    since: Steady,
    texts: BTreeMap<u8, String>,
}

impl Parts {
    /// Takes a part; gives the whole text once it has them all. A part that comes twice counts once.
    pub fn take(&mut self, from: &Address, part: &Part, text: String, now: Steady) -> Option<String> {
        if part.total < 2 || part.number == 0 || part.number > part.total {
            return Some(text);
        }
        self.0.retain(|_, waiting| now.since(waiting.since) <= PATIENCE);
        // A name that reads as somebody's number is somebody else.
        let key = (from.clone(), part.reference, part.total);
        if !self.0.contains_key(&key) && self.0.len() >= UNFINISHED {
            let oldest = self.0.iter().min_by_key(|(_, waiting)| waiting.since);
            let oldest = oldest.map(|(key, _)| key.clone());
            oldest.map(|key| self.0.remove(&key));
        }
        let waiting = self.0.entry(key.clone()).or_insert_with(|| Unfinished {
            since: now,
            texts: BTreeMap::new(),
        });
        waiting.texts.insert(part.number, text);
        if waiting.texts.len() < usize::from(part.total) {
            return None;
        }
        let whole = self.0.remove(&key)?;
        Some(whole.texts.into_values().collect())
    }
}
