//! The readings that are not in chunks yet, and each series' latest, in memory.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use plenum_core::expectation::{Expectation, Heard};
use plenum_core::fact::Batch;
use plenum_protocol::{AgentName, Channel, Duration, Identifier, Series, Steady, Timestamp};

use super::point::{PERIOD, Point, period_of, period_start};
use super::schema::StoredSeries;

/// A series is sealed at so many readings.
pub(super) const FULL: usize = 8_192;
/// After a period's end, late readings are waited for, so that its chunk is written once.
const GRACE: i64 = 120_000;
/// Seals of many series are spread over so long.
const SPREAD: i64 = 300_000;

/// The unsealed readings of one series and period, in order.
#[derive(Debug)]
pub(super) struct Tail {
    pub(super) points: Vec<Point>,
    /// The journal entry of the first.
    pub(super) first_number: u64,
    due: Steady,
}

/// A series as memory has it: what is not yet sealed into chunks, and where its chunks begin and end.
#[derive(Debug)]
pub(super) struct SeriesState {
    pub(super) id: u32,
    pub(super) series: Series,
    pub(super) tails: BTreeMap<i64, Tail>,
    /// The periods of its first and last chunk on disk.
    pub(super) periods: Option<(i64, i64)>,
    /// The last that was heard of it.
    pub(super) heard: Heard,
    /// The same of readings of an earlier run that are in what was the future when this one began.
    pub(super) ahead: Option<Box<Heard>>,
}

/// All series. Positions in `all` are stable while the process runs.
#[derive(Debug, Default)]
pub(super) struct Tails {
    pub(super) all: Vec<SeriesState>,
    by_agent: HashMap<AgentName, HashMap<Channel, usize>>,
    /// What is and was expected of each, also of those that never had a reading.
    pub(super) expectations: HashMap<Series, Expectation>,
    highest_id: u32,
    /// Everything that the journal held at the start has been read.
    pub(super) live: bool,
    /// The instants of receipt stand still, by the journal: the clock was set back.
    pub(super) held: bool,
    pub(super) readings: usize,
    pub(super) full: bool,
}

/// A series and period that should be sealed now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Due {
    pub(super) slot: usize,
    pub(super) period: i64,
}

impl Tails {
    pub(super) fn new(
        stored: Vec<StoredSeries>,
        highest_id: u32,
        expectations: HashMap<Series, Expectation>,
    ) -> Self {
        let mut tails = Self {
            highest_id,
            expectations,
            ..Self::default()
        };
        for StoredSeries { id, series, periods } in stored {
            tails.push(id, series, periods);
        }
        tails
    }

    /// The file was begun anew: the periods of the chunks are as it has them now.
    pub(super) fn put_right(&mut self, stored: &[StoredSeries]) {
        let periods: HashMap<u32, Option<(i64, i64)>> =
            stored.iter().map(|stored| (stored.id, stored.periods)).collect();
        for state in &mut self.all {
            state.periods = periods.get(&state.id).copied().flatten();
        }
    }

    fn push(&mut self, id: u32, series: Series, periods: Option<(i64, i64)>) -> usize {
        let slot = self.all.len();
        self.by_agent
            .entry(series.agent.clone())
            .or_default()
            .insert(series.channel.clone(), slot);
        self.all.push(SeriesState {
            id,
            series,
            tails: BTreeMap::new(),
            periods,
            heard: Heard::default(),
            ahead: None,
        });
        slot
    }

    /// What is and was expected of a series.
    pub(super) fn expectation(&self, series: &Series) -> Expectation {
        self.expectations.get(series).cloned().unwrap_or_default()
    }

    /// The series of a sensor that are or were expected, or had a reading.
    pub(super) fn of_sensor(&self, agent: &AgentName, sensor: &Identifier) -> Vec<Series> {
        let expected = self.expectations.keys();
        let read = self.all.iter().map(|state| &state.series);
        let own = expected
            .chain(read)
            .filter(|series| series.agent == *agent && series.sensor() == sensor);
        let own: BTreeSet<&Series> = own.collect();
        own.into_iter().cloned().collect()
    }

    pub(super) fn find(&self, series: &Series) -> Option<usize> {
        self.find_channel(&series.agent, &series.channel)
    }

    pub(super) fn find_channel(&self, agent: &AgentName, channel: &Channel) -> Option<usize> {
        self.by_agent.get(agent)?.get(channel).copied()
    }

    /// Takes a batch's readings; returns how many were new. `sealed` says through which journal number a period's chunk has
    /// merged everything already; `now` is the steady clock's instant and the wall clock's.
    pub(super) fn add(
        &mut self,
        batch: &Batch,
        (number, received): (u64, Timestamp),
        now: (Steady, Timestamp),
        sealed: &impl Fn(u32, i64) -> u64,
    ) -> usize {
        let mut added = 0;
        let latest = batch.latest();
        let moved = self.moved(latest, now.1);
        let heard = latest.zip(self.receipt(received, now.1));
        for reading in &batch.readings {
            let known = self
                .by_agent
                .get(&batch.agent)
                .and_then(|channels| channels.get(&reading.channel));
            let slot = match known {
                Some(slot) => *slot,
                None => {
                    self.highest_id += 1;
                    let series = Series {
                        agent: batch.agent.clone(),
                        channel: reading.channel.clone(),
                    };
                    self.push(self.highest_id, series, None)
                }
            };
            let point = Point::new(reading.at, reading.outcome);
            let period = period_of(point.at);
            let state = &mut self.all[slot];
            state.note(reading.at + moved, reading.outcome, now.1);
            if let Some((latest, received)) = heard {
                match batch.newest {
                    true => state.heard.hear((latest + moved, received)),
                    false => state.heard.hear_amid((latest + moved, received)),
                }
            }
            if sealed(state.id, period) >= number {
                continue;
            }
            let id = state.id;
            let tail = state.tails.entry(period).or_insert_with(|| Tail {
                points: Vec::new(),
                first_number: number,
                due: due(id, period, now),
            });
            if tail.add(point) {
                added += 1;
                self.full |= tail.points.len() >= FULL;
            }
        }
        self.readings += added;
        added
    }

    /// Readings of an agent between these instants were lost.
    pub(super) fn lose(&mut self, agent: &AgentName, lost: (Timestamp, Timestamp)) {
        for slot in self.by_agent.get(agent).into_iter().flat_map(HashMap::values) {
            self.all[*slot].heard.lose(lost);
        }
    }

    /// Whose series there are.
    pub(super) fn agents(&self) -> Vec<AgentName> {
        self.by_agent.keys().cloned().collect()
    }

    /// What is to be sealed: what is full, what is due, and, beyond `bound` readings in all, the largest.
    pub(super) fn due(&mut self, now: Steady, bound: usize) -> Vec<Due> {
        self.full = false;
        let mut due = Vec::new();
        let mut others = Vec::new();
        let mut left = self.readings;
        for (slot, state) in self.all.iter().enumerate() {
            for (period, tail) in &state.tails {
                let this = Due {
                    slot,
                    period: *period,
                };
                if tail.points.len() >= FULL || tail.due <= now {
                    left -= tail.points.len();
                    due.push(this);
                } else {
                    others.push((tail.points.len(), this));
                }
            }
        }
        if left > bound {
            others.sort_by_key(|(length, _)| std::cmp::Reverse(*length));
            for (length, this) in others {
                if left <= bound / 4 * 3 {
                    break;
                }
                left -= length;
                due.push(this);
            }
        }
        // In the order of the keys on disk.
        due.sort_by_key(|due| (due.period, self.all[due.slot].id));
        due
    }

    /// Forgets what was sealed.
    pub(super) fn sealed(&mut self, due: Due) {
        let state = &mut self.all[due.slot];
        if let Some(tail) = state.tails.remove(&due.period) {
            self.readings -= tail.points.len();
        }
        let (first, last) = state.periods.unwrap_or((due.period, due.period));
        state.periods = Some((first.min(due.period), last.max(due.period)));
    }

    /// The entry before the first that is still needed from the journal; `None` if none is.
    pub(super) fn needed_after(&self) -> Option<u64> {
        let tails = self.all.iter().flat_map(|state| state.tails.values());
        tails.map(|tail| tail.first_number - 1).min()
    }
}

impl Tail {
    /// False if the instant is there already: the first committed stays.
    fn add(&mut self, point: Point) -> bool {
        match self.points.last() {
            Some(last) if last.at >= point.at => {
                match self.points.binary_search_by_key(&point.at, |other| other.at) {
                    Ok(_) => return false,
                    Err(index) => self.points.insert(index, point),
                }
            }
            _ => self.points.push(point),
        }
        true
    }

    /// Its readings within `from..to`.
    pub(super) fn range(&self, from: i64, to: i64) -> &[Point] {
        let start = self.points.partition_point(|point| point.at < from);
        let end = self.points.partition_point(|point| point.at < to);
        &self.points[start.min(end)..end]
    }
}

impl SeriesState {
    /// The first and the last period in which it has readings, in memory or on disk.
    pub(super) fn span(&self) -> Option<(i64, i64)> {
        let first = self.tails.keys().next().copied();
        let last = self.tails.keys().next_back().copied();
        let (low, high) = self.periods.unzip();
        Some((
            first.into_iter().chain(low).min()?,
            last.into_iter().chain(high).max()?,
        ))
    }
}

/// When a tail that begins now is sealed at the latest: some time after its period's end, or soon if that is past. How long that is off is
/// asked of the wall clock once, and is a period at most, whatever the wall clock says.
fn due(id: u32, period: i64, (steady, wall): (Steady, Timestamp)) -> Steady {
    // Neighbours are some seconds apart.
    let spread = i64::from(id).wrapping_mul(7_001).rem_euclid(SPREAD);
    let end = period_start(period).saturating_add(PERIOD.milliseconds());
    let left = end.saturating_sub(wall.milliseconds());
    let left = left.clamp(0, PERIOD.milliseconds());
    steady + Duration::from_milliseconds(left + GRACE + spread)
}
