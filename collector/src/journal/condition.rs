//! A condition of the monitor: the journal holds it when it begins and when it ends, and which hold now is remembered in the same commit, so that a
//! start goes on from there. Nothing else reads or writes the table of them.

use plenum_core::fact::{Item, Report, SystemCondition, SystemKind};
use plenum_protocol::Timestamp;
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
    let condition = SystemCondition {
        kind,
        subject: subject.to_owned(),
        active: report != Report::OVER,
        at: group.received(),
        report,
    };
    write(connection, group, condition)
}

/// The same of a condition that began or ended at an instant of its own.
pub(crate) fn write(
    connection: &Connection,
    group: &mut Group,
    condition: SystemCondition,
) -> rusqlite::Result<()> {
    if remember(connection, &condition, "")? {
        group.push(Item::System(condition));
    }
    Ok(())
}

/// Remembers a condition that holds with a detail beside it, or forgets one that is over. Gives whether there was anything to do.
pub(crate) fn remember(
    connection: &Connection,
    condition: &SystemCondition,
    detail: &str,
) -> rusqlite::Result<bool> {
    let (kind, subject) = (condition.kind.as_str(), &condition.subject);
    let changed = match condition.active {
        true => connection
            .prepare_cached(
                "insert or replace into system_condition(kind, subject, at, detail) values (?1, ?2, ?3, ?4)",
            )?
            .execute(params![kind, subject, condition.at.milliseconds(), detail])?,
        false => connection
            .prepare_cached("delete from system_condition where kind = ?1 and subject = ?2")?
            .execute(params![kind, subject])?,
    };
    Ok(changed > 0)
}

/// That a condition holds.
#[derive(Debug)]
pub(crate) struct Held {
    /// Of what.
    pub(crate) subject: String,
    /// Since when.
    pub(crate) at: Timestamp,
    /// What is remembered beside it.
    pub(crate) detail: String,
}

/// All of a condition that hold.
pub(crate) fn holding(connection: &Connection, kind: SystemKind) -> rusqlite::Result<Vec<Held>> {
    connection
        .prepare_cached("select subject, at, detail from system_condition where kind = ?1")?
        .query_map([kind.as_str()], |row| {
            Ok(Held {
                subject: row.get(0)?,
                at: Timestamp::from_milliseconds(row.get(1)?),
                detail: row.get(2)?,
            })
        })?
        .collect()
}
