//! Where rows of other tables say who did something, and statements that put another in their place or take them away.

use std::collections::BTreeSet;

use rusqlite::{Connection, OptionalExtension, Result, params};

use crate::database::json;
use crate::people::PersonNumber;

/// A place where a text says who did something: a column, or a path within the JSON of one.
struct Place {
    table: &'static str,
    column: &'static str,
    path: Option<&'static str>,
}

const fn column(table: &'static str, column: &'static str) -> Place {
    Place {
        table,
        column,
        path: None,
    }
}

const fn within(table: &'static str, column: &'static str, path: &'static str) -> Place {
    Place {
        table,
        column,
        path: Some(path),
    }
}

/// How alarms stand: what the alarm engine has in its memory while it runs.
const STANDING: &[Place] = &[
    within("alarm", "alarm", "$.acknowledged.by"),
    within("alarm", "alarm", "$.given_back.had"),
    within("alarm", "alarm", "$.given_back.by"),
    within("alarm", "alarm", "$.cover.shelved.by"),
    within("alarm", "alarm", "$.cover.\"out-of-service\".by"),
    within("alarm", "alarm", "$.cover.work.by"),
    within("work", "work", "$.by"),
    within("work", "work", "$.ended_by"),
];

const LOGS: &[Place] = &[
    column("alarm_event", "actor"),
    within("alarm_event", "remark", "$.over.by"),
    column("site_revision", "author"),
    column("token", "created_by"),
    column("duty_override", "made_by"),
    column("incident_note", "made_by"),
    within("call_event", "event", "$.by"),
    within("drill_run", "run", "$.by"),
    within("drill_run", "run", "$.legs.confirmed.by"),
    within("outbox", "snapshot", "$.acknowledged.by"),
    within("outbox", "snapshot", "$.given_back.had"),
    within("outbox", "snapshot", "$.given_back.by"),
    within("outbox", "snapshot", "$.cover.shelved.by"),
    within("outbox", "snapshot", "$.cover.\"out-of-service\".by"),
    within("outbox", "snapshot", "$.cover.work.by"),
];

impl Place {
    fn texts(&self, connection: &Connection, into: &mut BTreeSet<String>) -> Result<()> {
        let Self { table, column, path } = self;
        let texts = match path {
            None => format!("select distinct {column} from {table}"),
            Some(path) => format!(
                "select distinct json_extract({column}, '{path}') from {table}
                 where json_valid({column}) and json_type({column}, '{path}') = 'text'"
            ),
        };
        let mut statement = connection.prepare(&texts)?;
        for text in statement.query_map([], |row| row.get(0))? {
            into.insert(text?);
        }
        Ok(())
    }

    fn put(&self, connection: &Connection, text: &str, instead: &str) -> Result<()> {
        let Self { table, column, path } = self;
        let put = match path {
            None => format!("update {table} set {column} = ?2 where {column} = ?1"),
            Some(path) => format!(
                "update {table} set {column} = json_set({column}, '{path}', ?2)
                 where json_valid({column}) and json_extract({column}, '{path}') = ?1"
            ),
        };
        connection.execute(&put, params![text, instead]).map(drop)
    }
}

/// How whoever did something is written down, each text once: of alarms as they stand, or of all logs too.
pub(super) fn texts(connection: &Connection, is_whole: bool) -> Result<BTreeSet<String>> {
    let mut texts = BTreeSet::new();
    let logs = LOGS.iter().filter(|_| is_whole);
    for place in STANDING.iter().chain(logs) {
        place.texts(connection, &mut texts)?;
    }
    Ok(texts)
}

/// Writes this in the place of one of those texts.
pub(super) fn put(connection: &Connection, text: &str, instead: &str, is_whole: bool) -> Result<()> {
    let logs = LOGS.iter().filter(|_| is_whole);
    let mut places = STANDING.iter().chain(logs);
    places.try_for_each(|place| place.put(connection, text, instead))
}

/// By what names messages were sent, and people stand in for others, each once.
pub(super) fn recipients(connection: &Connection) -> Result<Vec<String>> {
    let mut statement =
        connection.prepare("select recipient from outbox union select person from duty_override")?;
    statement.query_map([], |row| row.get(0))?.collect()
}

/// Where what a mail server said may stand: its own words, or those of an alarm about it.
const SAID: &[(&str, &str)] = &[
    ("outbox", "error"),
    ("outbox", "message"),
    ("outbox", "snapshot"),
    ("alarm", "alarm"),
    ("alarm_event", "origin"),
    ("system_condition", "detail"),
    ("incident_note", "text"),
    ("drill_run", "run"),
];

/// Writes over what was said with this word in it.
pub(super) fn say_without(
    connection: &Connection,
    word: &str,
    without: impl Fn(&str) -> String,
) -> Result<()> {
    for (table, column) in SAID {
        let wanted =
            format!("select distinct {column} from {table} where instr(lower({column}), lower(?1)) > 0");
        let mut statement = connection.prepare(&wanted)?;
        let said: Vec<String> = statement
            .query_map([word], |row| row.get(0))?
            .collect::<Result<_>>()?;
        let put = format!("update {table} set {column} = ?2 where {column} = ?1");
        for text in said {
            connection.execute(&put, [&text, &without(&text)])?;
        }
    }
    Ok(())
}

/// The words of messages that may hold this, as JSON writes it.
pub(super) fn messages_with(connection: &Connection, name: &str) -> Result<Vec<(i64, String)>> {
    let mut statement = connection.prepare(
        "select id, message from outbox where message is not null and instr(lower(message), lower(?1)) > 0",
    )?;
    let messages = statement.query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))?;
    messages.collect()
}

pub(super) fn put_message(connection: &Connection, id: i64, message: &str) -> Result<()> {
    let put = "update outbox set message = ?2 where id = ?1";
    connection.execute(put, params![id, message]).map(drop)
}

/// The texts of notes that may hold this.
pub(super) fn notes_with(connection: &Connection, name: &str) -> Result<Vec<(i64, String)>> {
    let wanted = "select id, text from incident_note where instr(lower(text), lower(?1)) > 0";
    let mut statement = connection.prepare(wanted)?;
    let notes = statement.query_map([name], |row| Ok((row.get(0)?, row.get(1)?)))?;
    notes.collect()
}

pub(super) fn put_note(connection: &Connection, id: i64, text: &str) -> Result<()> {
    let put = "update incident_note set text = ?2 where id = ?1";
    connection.execute(put, params![id, text]).map(drop)
}

/// What was sent to a recipient was sent to another, who stood in for them as well, and their links open nothing.
pub(super) fn put_recipient(connection: &Connection, recipient: &str, instead: &str) -> Result<()> {
    let put = "update outbox set recipient = ?2 where recipient = ?1";
    connection.execute(put, params![recipient, instead])?;
    let put = "update duty_override set person = ?2 where person = ?1";
    connection.execute(put, params![recipient, instead])?;
    for (table, column) in [("call", "call"), ("call_event", "event"), ("drill_run", "run")] {
        let put =
            format!("update {table} set {column} = replace({column}, ?1, ?2) where instr({column}, ?1) > 0");
        for key in ["recipient", "named", "to", "passed_by"] {
            connection.execute(&put, [told(key, recipient)?, told(key, instead)?])?;
        }
    }
    let forget = "delete from acknowledge_link where person = ?1";
    connection.execute(forget, [recipient]).map(drop)
}

/// Whom a way of a call reaches, or who passed it on to whom, as JSON writes it.
fn told(key: &str, recipient: &str) -> Result<String> {
    Ok(format!("\"{key}\":{}", json(&recipient)?))
}

pub(super) fn put_revision(connection: &Connection, number: u64, (text, hash): (&str, &str)) -> Result<()> {
    let put = "update site_revision set text = ?2, hash = ?3 where number = ?1";
    connection.execute(put, params![number, text, hash]).map(drop)
}

/// Nothing is left of a person but their number; `name` is what stands in the place of theirs.
pub(super) fn erase(connection: &Connection, person: PersonNumber, name: &str, now: i64) -> Result<()> {
    for table in [
        "session",
        "invitation",
        "second_factor",
        "recovery_code",
        "sign_on",
        "address",
        "duty_feed",
    ] {
        let forget = format!("delete from {table} where person = ?1");
        connection.execute(&forget, [person.0])?;
    }
    let erase = "update person set name = ?2, full_name = null, role = 'viewer', scope = '{}', password = '', logs_in = 0,
        disabled_at = coalesce(disabled_at, ?3), erased_at = ?3 where id = ?1";
    connection.execute(erase, params![person.0, name, now]).map(drop)
}

/// Since when somebody's second factor is on, and until when their invitation is good, in milliseconds.
pub(super) fn instants(connection: &Connection, person: PersonNumber) -> Result<(Option<i64>, Option<i64>)> {
    let one = |wanted: &str| {
        let found = connection.query_row(wanted, [person.0], |row| row.get(0));
        found.optional()
    };
    Ok((
        one("select since from second_factor where person = ?1")?,
        one("select expires_at from invitation where person = ?1")?,
    ))
}
