//! What figures are folded from: how alarms stood at an instant, and their transitions from there on. A row with a word of a later program in it is
//! left out.

use plenum_core::alarms::figures::{Opening, Step};
use plenum_core::alarms::{Cause, CoverKind, State};
use plenum_protocol::Timestamp;
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, params};

use crate::database::{from_word, known};

const STANDING: &str = "
select at, alarm, cause, source, target, source_cover, target_cover from alarm_event
where alarm = ?1 and at < ?2 order by at desc, id desc limit 1";
const RAISED: &str = "
select at from alarm_event where alarm = ?1 and at < ?2 and (cause = 'raised' or cause = 'late' and source <> target) order by at desc, id desc limit 1";
const STEPS: &str = "
select at, alarm, cause, source, target, source_cover, target_cover from alarm_event
where at >= ?1 and at < ?2 order by at, id";

/// How these alarms stood before an instant, as far as anything was logged of them by then.
pub(super) fn openings(
    connection: &Connection,
    alarms: &[u64],
    before: Timestamp,
) -> rusqlite::Result<Vec<Opening>> {
    let mut standing = connection.prepare_cached(STANDING)?;
    let mut raised = connection.prepare_cached(RAISED)?;
    let mut openings = Vec::new();
    for alarm in alarms {
        let asked = params![alarm, before.milliseconds()];
        let Some(last) = known("alarm_event", standing.query(asked)?, step)?.pop() else {
            continue;
        };
        let since: Option<i64> = match last.to.is_active() {
            true => raised.query_row(asked, |row| row.get(0)).optional()?,
            false => None,
        };
        openings.push(Opening {
            alarm: *alarm,
            active_since: since.map(Timestamp::from_milliseconds),
            cover: last.to_cover,
        });
    }
    Ok(openings)
}

/// What happened within `from..to`, in the order of the instants.
pub(super) fn steps(connection: &Connection, from: Timestamp, to: Timestamp) -> rusqlite::Result<Vec<Step>> {
    let mut statement = connection.prepare_cached(STEPS)?;
    let rows = statement.query(params![from.milliseconds(), to.milliseconds()])?;
    known("alarm_event", rows, step)
}

fn step(row: &Row<'_>) -> rusqlite::Result<Step> {
    Ok(Step {
        at: Timestamp::from_milliseconds(row.get(0)?),
        alarm: row.get(1)?,
        cause: cause(row, 2)?,
        from: state(row, 3)?,
        to: state(row, 4)?,
        from_cover: cover(row, 5)?,
        to_cover: cover(row, 6)?,
    })
}

/// Nearly all are one of two, and a month has many.
fn cause(row: &Row<'_>, column: usize) -> rusqlite::Result<Cause> {
    match row.get_ref(column)?.as_str() {
        Ok("raised") => Ok(Cause::Raised),
        Ok("returned") => Ok(Cause::Returned),
        _ => from_word(row, column),
    }
}

fn state(row: &Row<'_>, column: usize) -> rusqlite::Result<State> {
    let word = row.get_ref(column)?.as_str().unwrap_or_default();
    let state = State::ALL.into_iter().find(|state| state.as_str() == word);
    state.map_or_else(|| from_word(row, column), Ok)
}

fn cover(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<CoverKind>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => from_word(row, column).map(Some),
    }
}

#[cfg(test)]
mod tests {
    use plenum_core::alarms::figures::{Fold, LOOKBACK};
    use plenum_link::SystemClock;
    use plenum_protocol::Duration;

    use super::*;
    use crate::database::{Database, PLENUM};

    const DAY: i64 = 86_400_000;

    /// A transition: instant, alarm, cause, states, covers.
    type Logged = (
        i64,
        u64,
        &'static str,
        [&'static str; 2],
        [Option<&'static str>; 2],
    );

    /// A database with such transitions.
    fn filled(rows: Vec<Logged>) -> (tempfile::TempDir, Database) {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("plenum.db"), &PLENUM).unwrap();
        let fill = move |connection: &Connection| {
            let mut insert = connection.prepare(
                "insert into alarm_event(at, alarm, cause, source, target, source_cover, target_cover, actor, comment)
                 values (?1, ?2, ?3, ?4, ?5, ?6, ?7, 'plenum', '')",
            )?;
            for (at, alarm, cause, [from, to], [from_cover, to_cover]) in &rows {
                insert.execute(params![at, alarm, cause, from, to, from_cover, to_cover])?;
            }
            Ok(())
        };
        database.write_blocking(fill).unwrap();
        (folder, database)
    }

    const RAISE: [&str; 2] = ["normal", "active-unacknowledged"];
    const RETURN: [&str; 2] = ["active-unacknowledged", "returned-unacknowledged"];
    const ACTIVE: [&str; 2] = ["active-unacknowledged", "active-unacknowledged"];
    const NONE: [Option<&str>; 2] = [None, None];

    #[test]
    fn alarms_open_as_their_log_left_them_and_a_later_programs_row_is_left_out() {
        let (_folder, database) = filled(vec![
            (10, 1, "raised", RAISE, NONE),
            (20, 1, "returned", RETURN, NONE),
            (30, 2, "raised", RAISE, NONE),
            (40, 2, "shelved", ACTIVE, [None, Some("shelved")]),
            (45, 3, "raised", RAISE, NONE),
            (48, 3, "teleported", ACTIVE, NONE),
            (50, 4, "raised", RAISE, NONE),
            (35, 6, "late", RAISE, NONE),
            (42, 6, "late", ACTIVE, NONE),
            (
                60,
                1,
                "raised",
                ["returned-unacknowledged", "active-unacknowledged"],
                NONE,
            ),
        ]);
        let at = Timestamp::from_milliseconds;
        let (opened, steps) = database
            .read_blocking(move |connection| {
                let opened = openings(connection, &[1, 2, 3, 4, 5, 6], at(50))?;
                Ok((opened, steps(connection, at(45), at(60))?))
            })
            .unwrap();
        let opening = |alarm, since: Option<i64>, cover| Opening {
            alarm,
            active_since: since.map(at),
            cover,
        };
        assert_eq!(
            opened,
            [
                opening(1, None, None),
                opening(2, Some(30), Some(CoverKind::Shelved)),
                // What came late stands as well, from its first instant on.
                opening(6, Some(35), None)
            ]
        );
        let seen: Vec<_> = steps
            .iter()
            .map(|step| (step.at.milliseconds(), step.alarm))
            .collect();
        assert_eq!(seen, [(45, 3), (50, 4)]);
    }

    #[test]
    fn a_month_of_100_000_transitions_takes_no_second() {
        let rows = (0..50_000_i64).flat_map(|number| {
            let (at, alarm) = (number * 51_000, (number % 300) as u64);
            [
                (at, alarm, "raised", RAISE, NONE),
                (at + 40_000, alarm, "returned", RETURN, NONE),
            ]
        });
        let (_folder, database) = filled(rows.collect());
        let (from, to) = (
            Timestamp::from_milliseconds(0),
            Timestamp::from_milliseconds(30 * DAY),
        );
        let alarms: Vec<u64> = (0..300).collect();
        let clock = SystemClock::shared();
        let began = clock.steady();
        let found = database
            .read_blocking(move |connection| {
                let opened = openings(connection, &alarms, from - LOOKBACK)?;
                let mut fold = Fold::new((from, to), 1, opened);
                steps(connection, from - LOOKBACK, to)?
                    .iter()
                    .for_each(|step| fold.step(step));
                Ok(fold.finish(|_| None))
            })
            .unwrap();
        let took = clock.steady().since(began);
        assert_eq!((found.annunciated, found.fleeting), (50_000, 50_000));
        // From the eleventh on, until the last but four was ten minutes ago.
        assert_eq!(
            found.in_flood(),
            Duration::from_seconds(49_995 * 51 + 600 - 10 * 51)
        );
        assert!(took < Duration::from_seconds(3), "{took:?} in a debug build");
    }
}
