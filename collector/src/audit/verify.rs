//! Whether the audit log is as it was written: each line by its link of the chain, all of them by the signed checkpoints. Names what is not. Pure; a
//! log of a million lines takes some 100 MB.

use std::fmt;

use super::checkpoint::Checkpoint;
use super::key::PublicKey;
use super::line::{self, GENESIS, Hash, Line};

/// Something that is not as it was written.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Flaw {
    /// A line, or the hash of the one before it, is not the one that was written.
    Changed {
        /// Which.
        number: u64,
    },
    /// Lines are not there.
    Missing {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// A line stands in another's place.
    Moved {
        /// Where it stands.
        place: u64,
        /// Which it is.
        holds: u64,
    },
    /// A number is there twice.
    Doubled {
        /// Which.
        number: u64,
    },
    /// The end is gone: a checkpoint was signed beyond it.
    Cut {
        /// The first that is gone.
        from: u64,
        /// The last.
        to: u64,
    },
    /// All lines follow one another, and are not those that were signed.
    Rewritten {
        /// After the last that is sure.
        from: u64,
        /// The one that was signed.
        to: u64,
    },
    /// Lines stand behind the newest checkpoint.
    Unsigned {
        /// The first.
        from: u64,
        /// The last.
        to: u64,
    },
    /// A checkpoint is not signed with this key.
    Signature {
        /// Of which line it is.
        number: u64,
    },
    /// A line of an export that cannot be read as one.
    Unreadable {
        /// Counts the export's lines from 1.
        line: u64,
    },
}

impl fmt::Display for Flaw {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Changed { number } => write!(formatter, "line {number} is not as it was written"),
            Self::Missing { from, to } => write!(formatter, "lines {from} to {to} are missing"),
            Self::Moved { place, holds } => {
                write!(formatter, "in the place of line {place} stands line {holds}")
            }
            Self::Doubled { number } => write!(formatter, "line {number} is there more than once"),
            Self::Cut { from, to } => write!(
                formatter,
                "the end is gone: lines {from} to {to}, which were signed"
            ),
            Self::Rewritten { from, to } => {
                write!(
                    formatter,
                    "among lines {from} to {to} are others than those that were signed"
                )
            }
            Self::Unsigned { from, to } => write!(formatter, "lines {from} to {to} were never signed"),
            Self::Signature { number } => {
                write!(
                    formatter,
                    "the checkpoint at line {number} is not signed with this key"
                )
            }
            Self::Unreadable { line } => write!(formatter, "line {line} of the file cannot be read"),
        }
    }
}

/// What is kept of a line while all are looked at.
struct Seen {
    number: u64,
    digest: Hash,
    hash: Hash,
}

/// Takes the log line by line.
#[derive(Default)]
pub struct Verifier {
    lines: Vec<Seen>,
    checkpoints: Vec<Checkpoint>,
    read: u64,
    flaws: Vec<Flaw>,
}

impl Verifier {
    /// The next line of an export: of the log, or a checkpoint.
    pub fn take(&mut self, text: &str) {
        self.read += 1;
        if let Some(checkpoint) = Checkpoint::read(text) {
            self.checkpoint(checkpoint);
        } else if let Some((bytes, hash)) = line::without_hash(text) {
            self.line(&bytes, hash);
        } else {
            self.flaws.push(Flaw::Unreadable { line: self.read });
        }
    }

    /// The newest checkpoint as it is kept beside the log. To be read before the export is asked for: a later one would be beyond it.
    pub fn witness(&mut self, text: &str) {
        if let Some(checkpoint) = Checkpoint::read(text.trim_end()) {
            self.checkpoint(checkpoint);
        }
    }

    /// One that says no more which it is counts as the one that would be next.
    fn line(&mut self, bytes: &[u8], hash: Hash) {
        let next = self.lines.last().map_or(1, |last| last.number + 1);
        self.lines.push(Seen {
            number: Line::read(bytes).map_or(next, |line| line.number),
            digest: line::digest(bytes),
            hash,
        });
    }

    fn checkpoint(&mut self, checkpoint: Checkpoint) {
        self.checkpoints.push(checkpoint);
    }

    /// How many lines there are.
    pub fn lines(&self) -> usize {
        self.lines.len()
    }

    /// Everything that is wrong; empty where all is as it was written.
    pub fn finish(mut self, key: &PublicKey) -> Vec<Flaw> {
        self.order();
        self.chain();
        self.signatures(key);
        self.flaws.sort();
        self.flaws.dedup();
        self.flaws
    }

    /// Which stand elsewhere, twice or not at all; afterwards they are in order.
    fn order(&mut self) {
        let stood: Vec<u64> = self.lines.iter().map(|line| line.number).collect();
        self.lines.sort_by_key(|line| line.number);
        let moved = self
            .lines
            .iter()
            .zip(stood)
            .filter(|(line, stood)| line.number != *stood);
        self.flaws.extend(moved.map(|(line, holds)| Flaw::Moved {
            place: line.number,
            holds,
        }));
        let mut before = 0;
        for line in &self.lines {
            match line.number {
                number if number == before => self.flaws.push(Flaw::Doubled { number }),
                number if number > before + 1 => self.flaws.push(Flaw::Missing {
                    from: before + 1,
                    to: number - 1,
                }),
                _ => {}
            }
            before = line.number;
        }
    }

    /// A line whose link does not follow from the one before it. Where that one is missing nothing can be said.
    fn chain(&mut self) {
        let mut before = (0, GENESIS);
        for line in &self.lines {
            let follows = line.number == before.0 + 1;
            if follows && line::link(&before.1, &line.digest) != line.hash {
                self.flaws.push(Flaw::Changed { number: line.number });
            }
            before = (line.number, line.hash);
        }
    }

    fn signatures(&mut self, key: &PublicKey) {
        self.checkpoints.sort_by_key(|checkpoint| checkpoint.number);
        let (mut sure, mut newest) = (0, 0);
        for checkpoint in &self.checkpoints {
            let number = checkpoint.number;
            if !checkpoint.is_of(key) {
                self.flaws.push(Flaw::Signature { number });
                continue;
            }
            newest = number;
            let found = self.lines.binary_search_by_key(&number, |line| line.number);
            match found.ok().map(|index| self.lines[index].hash == checkpoint.hash) {
                Some(true) => sure = number,
                Some(false) => self.flaws.push(Flaw::Rewritten {
                    from: sure + 1,
                    to: number,
                }),
                // What is missing is named already, or will be.
                None => {}
            }
        }
        let last = self.lines.last().map_or(0, |line| line.number);
        if last < newest {
            self.flaws.push(Flaw::Cut {
                from: last + 1,
                to: newest,
            });
        } else if last > newest {
            self.flaws.push(Flaw::Unsigned {
                from: newest + 1,
                to: last,
            });
        }
    }
}
