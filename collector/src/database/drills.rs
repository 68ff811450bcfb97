//! The tables of drills in `plenum.db`: a row each that was held, is held or was missed; and up to which instant each drill of the site is settled. Who may be called for a drill's
//! alarm is asked here as well, inside the commit that would tell of it.

use std::collections::BTreeMap;

use plenum_core::alarms::{Alarm, Subject};
use plenum_core::drill::Run;
use plenum_core::site::Climb;
use plenum_protocol::{Identifier, Timestamp};
use rusqlite::{Connection, params};

use super::{from_json, json, known, text};

/// So many are listed.
pub(crate) const LISTED: usize = 1_000;
/// How many rows one transaction of [`prune`] deletes at most.
const PRUNED: i64 = 500;
const OPEN: &str =
    "select id, run from drill_run indexed by drill_run_open where is_over = 0 order by id desc limit 1";
const SINCE: &str = "select id, run from drill_run indexed by drill_run_began where began >= ?1 order by began desc, id desc limit ?2";
const LAST: &str = "select coalesce(max(id), 0) from drill_run";

/// A drill with its number.
pub(crate) type Numbered = (u64, Run);

/// The one that goes on.
pub(crate) fn open(connection: &Connection) -> rusqlite::Result<Option<Numbered>> {
    Ok(read(connection, OPEN, [])?.pop())
}

/// Those that began since an instant, the newest first.
pub(crate) fn since(connection: &Connection, at: Timestamp) -> rusqlite::Result<Vec<Numbered>> {
    read(connection, SINCE, params![at.milliseconds(), LISTED])
}

fn read(
    connection: &Connection,
    statement: &str,
    of: impl rusqlite::Params,
) -> rusqlite::Result<Vec<Numbered>> {
    let mut statement = connection.prepare_cached(statement)?;
    known("drill_run", statement.query(of)?, |row| {
        Ok((row.get::<_, i64>(0)?.cast_unsigned(), from_json(row, 1)?))
    })
}

/// The number of the next.
pub(crate) fn next_number(connection: &Connection) -> rusqlite::Result<u64> {
    let last: i64 = connection.query_row(LAST, [], |row| row.get(0))?;
    Ok(last.cast_unsigned() + 1)
}

/// Keeps one as it stands.
pub(crate) fn keep(connection: &Connection, (number, run): &Numbered) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or replace into drill_run(id, began, is_over, run) values (?1, ?2, ?3, ?4)")?
        .execute(params![
            number.cast_signed(),
            run.legs.commanded.milliseconds(),
            !run.is_open(),
            json(run)?
        ])
        .map(drop)
}

/// As what each drill of the site was planned, and up to which instant that is settled.
pub(crate) fn settled(
    connection: &Connection,
) -> rusqlite::Result<BTreeMap<Identifier, (String, Timestamp)>> {
    connection
        .prepare_cached("select id, planned, settled from drill")?
        .query_map([], |row| {
            let at = Timestamp::from_milliseconds(row.get(2)?);
            Ok((text(row, 0)?, (row.get(1)?, at)))
        })?
        .collect()
}

/// Settles a drill, as it is planned, up to an instant.
pub(crate) fn settle(
    connection: &Connection,
    drill: &Identifier,
    planned: &str,
    at: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or replace into drill(id, planned, settled) values (?1, ?2, ?3)")?
        .execute(params![drill.as_str(), planned, at.milliseconds()])
        .map(drop)
}

/// A drill that the site has no more.
pub(crate) fn forget(connection: &Connection, drill: &Identifier) -> rusqlite::Result<()> {
    connection
        .prepare_cached("delete from drill where id = ?1")?
        .execute([drill.as_str()])
        .map(drop)
}

/// Whether anybody may be called for an alarm: for one of a drill only while that goes on, whatever an agent sends at another time.
pub(crate) fn may_call(connection: &Connection, alarm: &Alarm) -> rusqlite::Result<bool> {
    Ok(!alarm.is_drill() || climb(connection, alarm)?.is_some())
}

/// How far the drill climbs that an alarm is of; none where it is of none that goes on.
pub(crate) fn climb(connection: &Connection, alarm: &Alarm) -> rusqlite::Result<Option<Climb>> {
    if !alarm.is_drill() {
        return Ok(None);
    }
    let run = open(connection)?.map(|(_, run)| run);
    let of_it = run.filter(|run| run.calls() && alarm.subject == Subject::Series(run.plan.series()));
    Ok(of_it.map(|run| run.plan.climb))
}

/// Forgets some that began before an instant. Gives whether there may be more.
pub(crate) fn prune(connection: &Connection, before: Timestamp) -> rusqlite::Result<bool> {
    let deleted = connection.execute(
        "delete from drill_run where id in (select id from drill_run indexed by drill_run_began where began < ?1 and is_over = 1 order by began limit ?2)",
        params![before.milliseconds(), PRUNED],
    )?;
    Ok(i64::try_from(deleted).is_ok_and(|deleted| deleted == PRUNED))
}
