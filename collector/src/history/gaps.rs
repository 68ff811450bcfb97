//! Stretches of time in which nothing is known: batches that were lost, and silence.

use plenum_core::fact::Gap;
use plenum_protocol::{AgentName, Duration, Timestamp};
use rusqlite::{Connection, params};

use super::point::Point;

/// From when to when nothing is known, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GapSpan {
    /// The last instant known.
    pub from: Timestamp,
    /// The first instant known again.
    pub to: Timestamp,
    /// Why, in words; silence is `no data`.
    pub why: String,
}

/// Below it no silence is a gap, however often a sensor is read.
const SHORTEST: Duration = Duration::from_seconds(60);

/// How long a series may be silent: three intervals, at least 60 s.
pub fn stale_limit(interval: Duration) -> Duration {
    SHORTEST.max(Duration::from_milliseconds(
        interval.milliseconds().saturating_mul(3),
    ))
}

/// The usual step between readings, for a series whose agent does not say its interval.
pub(super) fn usual_step(points: &[Point]) -> Duration {
    let mut steps: Vec<i64> = points
        .windows(2)
        .map(|pair| pair[1].at.saturating_sub(pair[0].at))
        .collect();
    let middle = steps.len() / 2;
    if steps.is_empty() {
        return Duration::ZERO;
    }
    Duration::from_milliseconds(*steps.select_nth_unstable(middle).1)
}

/// Silences within `from..to`, longer than `limit`, between readings in order.
pub(super) fn silences(points: &[Point], from: Timestamp, to: Timestamp, limit: Duration) -> Vec<GapSpan> {
    let mut found = Vec::new();
    let mut before = from;
    let ends = points.iter().map(Point::instant).chain([to]);
    for at in ends {
        if at.since(before) > limit {
            found.push(GapSpan {
                from: before,
                to: at,
                why: "no data".to_owned(),
            });
        }
        before = at;
    }
    found
}

pub(super) fn store(connection: &Connection, number: u64, item: usize, gap: &Gap) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or ignore into gap values (?1, ?2, ?3, ?4, ?5, ?6)")?
        .execute(params![
            number,
            item,
            gap.agent.to_string(),
            gap.from.milliseconds(),
            gap.to.milliseconds(),
            gap.why
        ])?;
    Ok(())
}

/// An agent's lost batches that touch `from..to`.
pub(super) fn lost(
    connection: &Connection,
    name: &AgentName,
    from: Timestamp,
    to: Timestamp,
) -> rusqlite::Result<Vec<GapSpan>> {
    connection
        .prepare_cached(
            "select from_at, to_at, why from gap where agent = ?1 and to_at >= ?2 and from_at < ?3 order by from_at, to_at",
        )?
        .query_map(params![name.to_string(), from.milliseconds(), to.milliseconds()], |row| {
            Ok(GapSpan {
                from: Timestamp::from_milliseconds(row.get(0)?),
                to: Timestamp::from_milliseconds(row.get(1)?),
                why: row.get(2)?,
            })
        })?
        .collect()
}
