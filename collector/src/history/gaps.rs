//! Stretches of time in which nothing is known: batches that were lost, and silence.

use plenum_core::expectation::lost_until;
use plenum_core::fact::Gap;
use plenum_protocol::{AgentName, Timestamp};
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

/// Silence for longer than was expected.
pub(super) fn no_data((from, to): (Timestamp, Timestamp)) -> GapSpan {
    GapSpan {
        from,
        to,
        why: "no data".to_owned(),
    }
}

/// Where nothing is known of a series within `from..to`, whose readings in it these are, because batches of its agent were lost.
pub(super) fn of_series(
    lost: Vec<GapSpan>,
    points: &[Point],
    (from, to): (Timestamp, Timestamp),
) -> Vec<GapSpan> {
    let until = |gap: &GapSpan| {
        let good = points.iter().filter(|point| point.outcome().is_ok());
        lost_until(gap.to, good.map(Point::instant)).unwrap_or(to)
    };
    let stretches = lost.into_iter().map(|gap| GapSpan {
        to: until(&gap).max(gap.to),
        ..gap
    });
    stretches.filter(|gap| gap.to >= from).collect()
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
