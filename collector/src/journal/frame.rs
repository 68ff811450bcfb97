//! An entry as it lies on disk: version, number, receive time, chain hash, items, CRC.
//!
//! The chain hash is SHA-256 over the hash before and this entry, so that no entry can be taken out, exchanged or
//! altered unseen; the CRC names a damaged one without the one before it. A later program's frame has another version: of it
//! only the CRC at its end is known, so it is kept as it is and the chain begins anew behind it.

use plenum_core::fact::{Entry, Item};
use plenum_protocol::Timestamp;
use sha2::{Digest, Sha256};

use super::bytes::{Cursor, Damaged};
use super::encoding::{self, Decoded};

/// A link of the chain.
pub(super) type Hash = [u8; 32];

/// The chain's beginning.
pub(super) const GENESIS: Hash = [0; 32];

const VERSION: u8 = 1;
const HEADER: usize = 1 + 8 + 8 + 32;
const CRC: usize = 4;

/// Writes an entry and returns its hash.
pub(super) fn seal(number: u64, received: Timestamp, items: &[Item], before: &Hash) -> (Vec<u8>, Hash) {
    seal_body(number, received, &encoding::encode(items), before)
}

pub(super) fn seal_body(number: u64, received: Timestamp, body: &[u8], before: &Hash) -> (Vec<u8>, Hash) {
    let mut blob = Vec::with_capacity(HEADER + body.len() + CRC);
    blob.push(VERSION);
    blob.extend_from_slice(&number.to_le_bytes());
    blob.extend_from_slice(&received.milliseconds().to_le_bytes());
    let hash = link(before, &blob, body);
    blob.extend_from_slice(&hash);
    blob.extend_from_slice(body);
    let crc = crc32fast::hash(&blob);
    blob.extend_from_slice(&crc.to_le_bytes());
    (blob, hash)
}

/// What is whole of an entry's blob.
pub(super) enum Frame<'a> {
    /// One of this version.
    Known {
        received: Timestamp,
        hash: Hash,
        body: &'a [u8],
    },
    /// A later program's: everything but the CRC.
    Later(&'a [u8]),
}

impl Frame<'_> {
    /// Its link of the chain, if it can be read.
    pub(super) fn hash(&self) -> Option<Hash> {
        match self {
            Self::Known { hash, .. } => Some(*hash),
            Self::Later(_) => None,
        }
    }
}

/// Reads an entry and its hash; checks the CRC and, if the hash before is known, the chain. What a later program wrote counts as whole: it stands
/// there as unknown items, and behind them the gaps of the batches that cannot be read.
pub(super) fn open(
    number: u64,
    blob: &[u8],
    before: Option<&Hash>,
) -> Result<(Entry, Option<Hash>), Damaged> {
    let frame = check(number, blob, before)?;
    let hash = frame.hash();
    let (received, items) = match frame {
        Frame::Known { received, body, .. } => {
            let Decoded { mut items, unread } = encoding::read(body)?;
            items.extend(unread.into_iter().map(Item::Gap));
            (received, items)
        }
        // When it was received stands in it, but not where this program would look.
        Frame::Later(bytes) => (
            Timestamp::MIN,
            vec![Item::Unknown {
                kind: encoding::WHOLE,
                bytes: bytes.to_vec(),
            }],
        ),
    };
    let entry = Entry {
        number,
        received,
        items,
    };
    Ok((entry, hash))
}

/// As `open`, without reading the items.
pub(super) fn check<'a>(number: u64, blob: &'a [u8], before: Option<&Hash>) -> Result<Frame<'a>, Damaged> {
    let length = blob.len().checked_sub(CRC).filter(|length| *length >= HEADER);
    let (content, crc) = blob.split_at(length.ok_or(Damaged("it is too short"))?);
    if crc32fast::hash(content).to_le_bytes() != crc {
        return Err(Damaged("its CRC does not match"));
    }
    let mut cursor = Cursor::new(content);
    match cursor.byte()? {
        VERSION => {}
        later if later > VERSION => return Ok(Frame::Later(content)),
        _ => return Err(Damaged("its version is unknown")),
    }
    if u64::from_le_bytes(cursor.array()?) != number {
        return Err(Damaged("it stands under another number"));
    }
    let received = Timestamp::from_milliseconds(i64::from_le_bytes(cursor.array()?));
    let hash: Hash = cursor.array()?;
    let body = &content[HEADER..];
    if let Some(before) = before
        && link(before, &content[..HEADER - 32], body) != hash
    {
        return Err(Damaged("it does not follow the one before it"));
    }
    Ok(Frame::Known { received, hash, body })
}

fn link(before: &Hash, header: &[u8], body: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(before);
    hasher.update(header);
    hasher.update(body);
    hasher.finalize().into()
}
