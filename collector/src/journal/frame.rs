//! An entry as it lies on disk: version, number, receive time, chain hash, items, CRC.
//!
//! The chain hash is SHA-256 over the hash before and this entry, so that no entry can be taken out, exchanged or
//! altered unseen; the CRC names a damaged one without the one before it.

use plenum_protocol::Timestamp;
use sha2::{Digest, Sha256};

use super::bytes::{Cursor, Damaged};
use super::encoding;
use plenum_core::fact::{Entry, Item};

/// A link of the chain.
pub(super) type Hash = [u8; 32];

/// The chain's beginning.
pub(super) const GENESIS: Hash = [0; 32];

const VERSION: u8 = 1;
const HEADER: usize = 1 + 8 + 8 + 32;
const CRC: usize = 4;

/// Writes an entry and returns its hash.
pub(super) fn seal(number: u64, received: Timestamp, items: &[Item], before: &Hash) -> (Vec<u8>, Hash) {
    let body = encoding::encode(items);
    let mut blob = Vec::with_capacity(HEADER + body.len() + CRC);
    blob.push(VERSION);
    blob.extend_from_slice(&number.to_le_bytes());
    blob.extend_from_slice(&received.milliseconds().to_le_bytes());
    let hash = link(before, &blob, &body);
    blob.extend_from_slice(&hash);
    blob.extend_from_slice(&body);
    let crc = crc32fast::hash(&blob);
    blob.extend_from_slice(&crc.to_le_bytes());
    (blob, hash)
}

/// Reads an entry and its hash; checks the CRC and, if the hash before is known, the chain.
pub(super) fn open(number: u64, blob: &[u8], before: Option<&Hash>) -> Result<(Entry, Hash), Damaged> {
    let (received, hash, body) = check(number, blob, before)?;
    let items = encoding::decode(body)?;
    Ok((
        Entry {
            number,
            received,
            items,
        },
        hash,
    ))
}

/// As `open`, without reading the items.
pub(super) fn check<'a>(
    number: u64,
    blob: &'a [u8],
    before: Option<&Hash>,
) -> Result<(Timestamp, Hash, &'a [u8]), Damaged> {
    let length = blob.len().checked_sub(CRC).filter(|length| *length >= HEADER);
    let (content, crc) = blob.split_at(length.ok_or(Damaged("it is too short"))?);
    if crc32fast::hash(content).to_le_bytes() != crc {
        return Err(Damaged("its CRC does not match"));
    }
    let mut cursor = Cursor::new(content);
    if cursor.byte()? != VERSION {
        return Err(Damaged("its version is unknown"));
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
    Ok((received, hash, body))
}

fn link(before: &Hash, header: &[u8], body: &[u8]) -> Hash {
    let mut hasher = Sha256::new();
    hasher.update(before);
    hasher.update(header);
    hasher.update(body);
    hasher.finalize().into()
}
