//! What is usual of a series: the band that it kept to in the last hour and a half, and how fast it moved in it.

use serde::{Deserialize, Serialize};

use super::Way;

/// What a few minutes saw, as exact as it is stored.
#[derive(Debug, Clone, PartialEq)]
struct Block {
    /// Milliseconds since 1970 over the block's length.
    number: i64,
    low: f32,
    high: f32,
    /// The most that it rose, and fell, in a minute.
    fastest: [f32; 2],
}

/// The last blocks.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(from = "Stored", into = "Stored")]
pub(super) struct Usual {
    /// Oldest first.
    blocks: Vec<Block>,
    /// What was last asked for, of each way: what was usual before a block stays so until there is another block.
    asked: [Option<Asked>; 2],
}

/// A band, before which block, and of which blocks.
#[derive(Debug, Clone)]
struct Asked {
    end: i64,
    last: Option<i64>,
    band: Option<Band>,
}

/// The blocks are all that there is to know.
impl PartialEq for Usual {
    fn eq(&self, other: &Self) -> bool {
        self.blocks == other.blocks
    }
}

/// Their stored form: blocks since the one before, low, high, fastest rise, fastest fall.
type Stored = Vec<(i64, f32, f32, f32, f32)>;

impl From<Usual> for Stored {
    fn from(usual: Usual) -> Self {
        let mut before = 0;
        let stored = usual.blocks.iter().map(|block| {
            let since = block.number - std::mem::replace(&mut before, block.number);
            let [rise, fall] = block.fastest;
            (since, block.low, block.high, rise, fall)
        });
        stored.collect()
    }
}

impl From<Stored> for Usual {
    fn from(stored: Stored) -> Self {
        let mut number = 0_i64;
        let blocks = stored.into_iter().map(|(since, low, high, rise, fall)| {
            number = number.saturating_add(since);
            Block {
                number,
                low,
                high,
                fastest: [rise, fall],
            }
        });
        Self {
            blocks: blocks.collect(),
            asked: [None, None],
        }
    }
}

/// Where values usually are, seen along a way: `high` is the side where the limit is.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Band {
    pub(super) low: f64,
    pub(super) high: f64,
    /// The most that it moved towards the limit in a minute.
    pub(super) fastest: f64,
}

/// Length of a block in milliseconds.
const BLOCK: i64 = 3 * 60_000;
/// How many are kept.
const MOST: usize = 32;
/// How many have to be known: 21 minutes, more than a compressor's longest usual period.
const LEAST: usize = 7;
/// Older ones are not what is usual now, in blocks.
const OLDEST: i64 = 60;

impl Usual {
    /// The newest block's number.
    pub(super) fn newest(&self) -> Option<i64> {
        self.blocks.last().map(|block| block.number)
    }

    /// Takes a value, and the most that it rose and fell in the minute before.
    pub(super) fn push(&mut self, at: i64, value: f64, fastest: [f64; 2]) {
        let (value, fastest) = (value as f32, fastest.map(|speed| speed as f32));
        let number = at.div_euclid(BLOCK);
        if let Some(last) = self.blocks.last_mut().filter(|last| last.number == number) {
            if value < last.low {
                last.low = value;
            }
            if value > last.high {
                last.high = value;
            }
            for (most, now) in last.fastest.iter_mut().zip(fastest) {
                if now > *most {
                    *most = now;
                }
            }
            return;
        }
        if self.blocks.len() >= MOST {
            self.blocks.remove(0);
        }
        self.blocks.push(Block {
            number,
            low: value,
            high: value,
            fastest,
        });
    }

    /// Whether what was usual before each instant between two is known for sure.
    pub(super) fn is_known(&self, (oldest, newest): (i64, i64)) -> bool {
        let (first, last) = (oldest.div_euclid(BLOCK), newest.div_euclid(BLOCK));
        let before = self.blocks.partition_point(|block| block.number < first);
        let least = before.checked_sub(LEAST).map(|place| self.blocks[place].number);
        least.is_some_and(|number| number >= last.saturating_sub(OLDEST))
    }

    /// What was usual before an instant, as it is asked for again and again.
    pub(super) fn band(&mut self, at: i64, way: Way) -> Option<Band> {
        let end = at.div_euclid(BLOCK);
        let last = self.newest();
        let place = usize::from(way == Way::Down);
        if let Some(asked) = &self.asked[place]
            && (asked.end, asked.last) == (end, last)
        {
            return asked.band;
        }
        let band = self.before(at, way);
        self.asked[place] = Some(Asked { end, last, band });
        band
    }

    /// What was usual before an instant; none where too little is known of it.
    pub(super) fn before(&self, at: i64, way: Way) -> Option<Band> {
        let end = at.div_euclid(BLOCK);
        let known = self
            .blocks
            .iter()
            .filter(|block| block.number < end && block.number >= end.saturating_sub(OLDEST));
        let (mut low, mut high, mut fastest) = (Two::default(), Two::default(), Two::default());
        let mut count = 0;
        for block in known {
            let (lowest, highest, speed) = match way {
                Way::Up => (block.low, block.high, block.fastest[0]),
                Way::Down => (-block.high, -block.low, block.fastest[1]),
            };
            low.push(-f64::from(lowest));
            high.push(highest.into());
            fastest.push(speed.into());
            count += 1;
        }
        let swing = high.second + low.second;
        (count >= LEAST).then(|| Band {
            low: -low.without_outlier(swing),
            high: high.without_outlier(swing),
            fastest: fastest.without_outlier(2.0 * fastest.second),
        })
    }
}

/// The two greatest.
struct Two {
    first: f64,
    second: f64,
}

impl Default for Two {
    fn default() -> Self {
        Self {
            first: f64::NEG_INFINITY,
            second: f64::NEG_INFINITY,
        }
    }
}

impl Two {
    fn push(&mut self, value: f64) {
        if value > self.first {
            (self.first, self.second) = (value, self.first);
        } else {
            self.second = self.second.max(value);
        }
    }

    /// The greatest, unless it stands apart from the second: one block is not what is usual.
    fn without_outlier(&self, apart: f64) -> f64 {
        if self.first - self.second > apart {
            self.second
        } else {
            self.first
        }
    }
}
