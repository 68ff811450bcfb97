//! A condition of the monitor that one part of it says again and again: the journal holds it when it begins and when it ends, and which hold now is
//! remembered in the same commit, so that a start goes on from there.

use plenum_core::fact::{Item, Report, SystemCondition, SystemKind};
use rusqlite::{Connection, params};

use super::Group;

/// Begins a condition with what is to be reported, or ends it; says it in the journal where that changes anything.
pub(crate) fn say(
    connection: &Connection,
    group: &mut Group,
    kind: SystemKind,
    subject: &str,
    report: Report,
) -> rusqlite::Result<()> {
    let (active, at) = (report != Report::OVER, group.received());
    let changed = match active {
        true => connection.execute(
            "insert or replace into system_condition values (?1, ?2, ?3, '')",
            params![kind.as_str(), subject, at.milliseconds()],
        )?,
        false => connection.execute(
            "delete from system_condition where kind = ?1 and subject = ?2",
            params![kind.as_str(), subject],
        )?,
    };
    if changed > 0 {
        group.push(Item::System(SystemCondition {
            kind,
            subject: subject.to_owned(),
            active,
            at,
            report,
        }));
    }
    Ok(())
}

/// The subjects for which a condition holds.
pub(crate) fn holding(connection: &Connection, kind: SystemKind) -> rusqlite::Result<Vec<String>> {
    connection
        .prepare("select subject from system_condition where kind = ?1")?
        .query_map([kind.as_str()], |row| row.get(0))?
        .collect()
}
