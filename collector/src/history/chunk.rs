//! A series' readings of one period as they lie on disk: header, segments, CRC.
//!
//! Readings that come after all that are there become a further segment; others are merged, and all is written anew.

use super::point::{self, Point};
use super::segment;
use crate::journal::bytes::{Bytes, Cursor, Damaged};

const VERSION: u8 = 1;

/// A chunk's header and its segments.
#[derive(Debug, Clone, Default)]
pub(super) struct Chunk {
    /// The last journal number that is merged into it.
    pub(super) sealed_through: u64,
    /// How many readings it holds.
    pub(super) count: u64,
    /// Its newest instant.
    pub(super) last: i64,
    segments: Vec<Vec<u8>>,
}

impl Chunk {
    /// A chunk of these readings, in the order of their instants; at least one.
    pub(super) fn new(points: &[Point], through: u64) -> Self {
        Self {
            sealed_through: through,
            count: points.len() as u64,
            last: points.last().map_or(0, |point| point.at),
            segments: vec![segment::encode(points)],
        }
    }

    /// Reads a chunk; checks its CRC.
    pub(super) fn open(blob: &[u8]) -> Result<Self, Damaged> {
        let length = blob.len().checked_sub(4).ok_or(Damaged("it is too short"))?;
        let (content, crc) = blob.split_at(length);
        if crc32fast::hash(content).to_le_bytes() != crc {
            return Err(Damaged("its CRC does not match"));
        }
        let mut cursor = Cursor::new(content);
        if cursor.byte()? != VERSION {
            return Err(Damaged("its version is unknown"));
        }
        let mut chunk = Self {
            sealed_through: cursor.varint()?,
            count: cursor.varint()?,
            last: cursor.signed()?,
            segments: Vec::new(),
        };
        for _ in 0..cursor.count()? {
            let length = cursor.index()?;
            chunk.segments.push(cursor.take(length)?.to_vec());
        }
        cursor.end()?;
        Ok(chunk)
    }

    /// The last journal number that a chunk says is merged into it, without a look at the rest.
    pub(super) fn sealed_through_of(blob: &[u8]) -> Result<u64, Damaged> {
        let mut cursor = Cursor::new(blob);
        match cursor.byte()? {
            VERSION => cursor.varint(),
            _ => Err(Damaged("its version is unknown")),
        }
    }

    /// The bytes for the disk.
    pub(super) fn write(&self) -> Vec<u8> {
        let mut bytes = Bytes::default();
        bytes.push(VERSION);
        bytes.varint(self.sealed_through);
        bytes.varint(self.count);
        bytes.signed(self.last);
        bytes.varint(self.segments.len() as u64);
        for segment in &self.segments {
            bytes.varint(segment.len() as u64);
            bytes.raw(segment);
        }
        let mut blob = bytes.finish();
        let crc = crc32fast::hash(&blob);
        blob.extend_from_slice(&crc.to_le_bytes());
        blob
    }

    /// All its readings, in the order of their instants.
    pub(super) fn points(&self) -> Result<Vec<Point>, Damaged> {
        let mut points = Vec::with_capacity(usize::try_from(self.count).unwrap_or(0).min(1 << 20));
        for bytes in &self.segments {
            segment::decode(bytes, &mut points)?;
        }
        Ok(points)
    }

    /// Merges readings in the order of their instants; what is there already stays. Gives how many were new.
    pub(super) fn merge(&mut self, points: Vec<Point>, through: u64) -> Result<u64, Damaged> {
        self.sealed_through = self.sealed_through.max(through);
        let Some((first, last)) = points
            .first()
            .zip(points.last())
            .map(|(first, last)| (first.at, last.at))
        else {
            return Ok(0);
        };
        let before = self.count;
        if self.segments.is_empty() || first > self.last {
            self.count += points.len() as u64;
            self.segments.push(segment::encode(&points));
        } else {
            let merged = point::merge(self.points()?, points);
            if merged.len() as u64 > before {
                self.count = merged.len() as u64;
                self.segments = vec![segment::encode(&merged)];
            }
        }
        self.last = match before {
            0 => last,
            _ => self.last.max(last),
        };
        Ok(self.count - before)
    }
}
