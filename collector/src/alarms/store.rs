//! The alarms' tables in `plenum.db`: how alarms stand, the log of their transitions, and the engine's state. A row with a word of a later program
//! in it, as a quantity or a cause, is left out of what is read and stays where it is.

use plenum_core::alarms::{Alarm, Cause, CoverKind, Episode, Event, Head, Snapshot, State, Subject, episode};
use plenum_core::work::{self, Came, Work};
use plenum_protocol::Timestamp;
use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::de::DeserializeOwned;
use serde_json::json;

use crate::database::{self, Order, from_json, from_word, known, known_or_not, word, works};
use crate::revisions;

/// So many transitions of one work's time are looked at: a detector that is tripped all day has some thousand.
const UNDER_WORK: i64 = 5_000;

/// Where a page of the log ended: instant in milliseconds and row.
pub type EventCursor = (i64, i64);

/// An alarm's number, and the first and the last instant of a part of its log.
pub(crate) type Span = (u64, Timestamp, Timestamp);

/// Keeps an alarm as it stands.
pub(super) fn keep_alarm(connection: &Connection, alarm: &Alarm) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or replace into alarm(id, state, alarm) values (?1, ?2, ?3)")?
        .execute(params![alarm.id, word(&alarm.state)?, database::json(alarm)?])?;
    Ok(())
}

/// Adds a transition to the log.
pub(super) fn log_event(connection: &Connection, event: &Event) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "insert into alarm_event(at, alarm, source, target, cause, actor, comment, source_cover, target_cover, origin, remark)
             values (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            event.at.milliseconds(),
            event.alarm,
            word(&event.from)?,
            word(&event.to)?,
            word(&event.cause)?,
            event.actor.to_string(),
            event.comment,
            event.from_cover.as_ref().map(word).transpose()?,
            event.to_cover.as_ref().map(word).transpose()?,
            event.origin.as_ref().map(database::json).transpose()?,
            event.remark.as_ref().map(database::json).transpose()?,
        ])?;
    Ok(())
}

/// What changed of the engine, as it is written: the head, and rows of name and state.
pub(super) struct Changes {
    head: String,
    agents: Vec<(String, String)>,
    series: Vec<(String, String)>,
}

impl Changes {
    /// Puts what changed into words.
    pub(super) fn of(snapshot: &Snapshot) -> serde_json::Result<Self> {
        let agents = snapshot.agents.iter();
        let series = snapshot.series.iter();
        Ok(Self {
            head: serde_json::to_string(&snapshot.head)?,
            agents: agents
                .map(|row| Ok((row.agent.to_string(), serde_json::to_string(row)?)))
                .collect::<serde_json::Result<_>>()?,
            series: series
                .map(|row| Ok((row.series.to_string(), serde_json::to_string(row)?)))
                .collect::<serde_json::Result<_>>()?,
        })
    }
}

/// Keeps what changed of the engine's state.
pub(super) fn keep_engine(connection: &Connection, changes: &Changes) -> rusqlite::Result<()> {
    connection
        .prepare_cached("insert or replace into alarm_engine(one, head) values (1, ?1)")?
        .execute([&changes.head])?;
    let mut agent =
        connection.prepare_cached("insert or replace into alarm_agent(agent, state) values (?1, ?2)")?;
    for (name, state) in &changes.agents {
        agent.execute([name, state])?;
    }
    let mut series =
        connection.prepare_cached("insert or replace into alarm_series(series, state) values (?1, ?2)")?;
    for (name, state) in &changes.series {
        series.execute([name, state])?;
    }
    Ok(())
}

/// The engine's state, if one was kept. A series or an agent whose row is a later program's begins anew; its row is written over when it is heard
/// of again, for then this program knows more of it. The numbers of alarms that are not understood are not given again.
pub fn load_engine(connection: &Connection) -> rusqlite::Result<Option<Snapshot>> {
    let head = connection
        .prepare_cached("select head from alarm_engine")?
        .query_row([], |row| from_json(row, 0))
        .optional();
    let alarms = alarms(connection)?;
    let head = match head {
        Ok(Some(head)) => head,
        Ok(None) if alarms.is_empty() => return Ok(None),
        Ok(None) => begun_anew(connection, "it is gone")?,
        Err(rusqlite::Error::FromSqlConversionFailure(_, _, error)) => {
            begun_anew(connection, &error.to_string())?
        }
        Err(error) => return Err(error),
    };
    let mut agents = connection.prepare_cached("select agent, state from alarm_agent")?;
    let agents = known_or_not("alarm_agent", agents.query([])?, |row| from_json(row, 1))?;
    let mut series = connection.prepare_cached("select series, state from alarm_series")?;
    let series = known_or_not("alarm_series", series.query([])?, |row| from_json(row, 1))?;
    Ok(Some(Snapshot {
        head,
        agents: filled(agents, |name| unknown_agent(name, &alarms)),
        series: filled(series, unknown_series),
        works: works::open(connection)?,
        alarms,
    }))
}

/// The head of an engine that goes on with the alarms as their rows say they stand, where its own cannot be read.
fn begun_anew(connection: &Connection, why: &str) -> rusqlite::Result<Head> {
    tracing::error!(
        why,
        "the alarm engine's state cannot be read; it begins anew from the alarms as they stand"
    );
    let last_alarm: u64 =
        connection.query_row("select coalesce(max(id), 0) from alarm", [], |row| row.get(0))?;
    let logged: u64 = connection.query_row("select coalesce(max(alarm), 0) from alarm_event", [], |row| {
        row.get(0)
    })?;
    let received: i64 = connection.query_row("select coalesce(max(at), 0) from alarm_event", [], |row| {
        row.get(0)
    })?;
    let head = json!({
        "revision": revisions::current_number(connection)?, "last_alarm": last_alarm.max(logged), "quiet_at": {}, "received": received,
        "last_work": works::last(connection)?,
    });
    serde_json::from_value(head).map_err(|error| rusqlite::Error::ToSqlConversionFailure(error.into()))
}

/// Those that are not understood as far as their name says: an alarm that stands must not end because nothing seems to watch it.
fn filled<T: DeserializeOwned>(
    rows: Vec<(Value, Option<T>)>,
    unknown: impl Fn(&str) -> serde_json::Value,
) -> Vec<T> {
    let row = |(name, row)| match (row, name) {
        (None, Value::Text(name)) => serde_json::from_value(unknown(&name)).ok(),
        (row, _) => row,
    };
    rows.into_iter().filter_map(row).collect()
}

/// An agent of which only its alarms are known.
fn unknown_agent(name: &str, alarms: &[Alarm]) -> serde_json::Value {
    let of_it = |alarm: &&Alarm| matches!(&alarm.subject, Subject::Agent(agent) if agent.to_string() == name);
    let standing = alarms
        .iter()
        .filter(of_it)
        .filter(|alarm| alarm.state.is_active());
    let watches: Vec<_> = standing.map(|alarm| json!([alarm.rule, true, null])).collect();
    json!({
        "agent": name, "online": false, "since": null, "clock_synchronised": true, "clock_due": null, "late": 0,
        "intervals": [], "watches": watches,
    })
}

/// A series that was measured, and of which nothing is known.
fn unknown_series(name: &str) -> serde_json::Value {
    json!({
        "series": name, "newest": null, "value": null, "fault": null, "interval": null, "told": false,
        "watched": true, "machines": [], "late": null,
    })
}

/// Every alarm as the last commit left it.
pub fn alarms(connection: &Connection) -> rusqlite::Result<Vec<Alarm>> {
    let mut statement = connection.prepare_cached("select id, alarm from alarm order by id")?;
    known("alarm", statement.query([])?, |row| from_json(row, 1))
}

/// The log from `from` to before `to`, in the order of the instants, after a cursor. The next cursor is there if there is more.
pub fn events(
    connection: &Connection,
    from: Timestamp,
    to: Timestamp,
    after: Option<EventCursor>,
    limit: usize,
) -> rusqlite::Result<(Vec<Event>, Option<EventCursor>)> {
    let (at, id) = after.unwrap_or((i64::MIN, i64::MIN));
    let mut statement = connection.prepare_cached(
        "select id, at, alarm, source, target, cause, actor, comment, source_cover, target_cover, origin, remark from alarm_event
         where at >= ?1 and at < ?2 and (at, id) > (?3, ?4) order by at, id limit ?5",
    )?;
    let page = params![from.milliseconds(), to.milliseconds(), at, id, limit as i64 + 1];
    // Where the page ends is a matter of all rows, also of those that are not understood.
    let mut places: Vec<EventCursor> = Vec::new();
    let mut events = known_or_not("alarm_event", statement.query(page)?, |row| {
        places.push((row.get(1)?, row.get(0)?));
        event(row)
    })?;
    events.truncate(limit);
    let more = places.len() > limit;
    places.truncate(limit);
    let next = places.last().filter(|_| more).copied();
    Ok((events.into_iter().filter_map(|(_, event)| event).collect(), next))
}

/// An alarm's own log, the newest first.
pub fn events_of(connection: &Connection, alarm: u64, limit: usize) -> rusqlite::Result<Vec<Event>> {
    let mut statement = connection.prepare_cached(
        "select id, at, alarm, source, target, cause, actor, comment, source_cover, target_cover, origin, remark from alarm_event
         where alarm = ?1 order by id desc limit ?2",
    )?;
    known(
        "alarm_event",
        statement.query(params![alarm, limit as i64])?,
        event,
    )
}

/// The logs of several alarms, each from its first instant to its last, in the order of the instants, after a cursor. Each comes with its place.
pub(crate) fn events_within(
    connection: &Connection,
    spans: &[Span],
    order: Order,
    (at, id): EventCursor,
    limit: usize,
) -> rusqlite::Result<Vec<(EventCursor, Event)>> {
    let mut statement = connection.prepare_cached(&order.of(
        "select alarm_event.id, at, alarm, source, target, cause, actor, comment, source_cover, target_cover, origin, remark
         from json_each(?1) as span cross join alarm_event indexed by alarm_event_instant
           on alarm = json_extract(span.value, '$[0]')
           and at between json_extract(span.value, '$[1]') and json_extract(span.value, '$[2]')
         where (at, alarm_event.id) {beyond} (?2, ?3) order by at {way}, alarm_event.id {way} limit ?4",
    ))?;
    let spans: Vec<_> = spans
        .iter()
        .map(|(alarm, from, to)| (alarm, from.milliseconds(), to.milliseconds()))
        .collect();
    let page = params![database::json(&spans)?, at, id, limit as i64];
    known("alarm_event", statement.query(page)?, |row| {
        Ok(((row.get(1)?, row.get(0)?), event(row)?))
    })
}

/// What came during some work that is over, as far as its log has no more than so many transitions.
pub(crate) fn came(connection: &Connection, work: &Work) -> rusqlite::Result<Vec<Came>> {
    let mut statement = connection.prepare_cached(
        "select id, at, alarm, source, target, cause, actor, comment, source_cover, target_cover, origin, remark from alarm_event
         where at between ?1 and ?2 and target_cover = ?3 order by at, id limit ?4",
    )?;
    let (from, to) = (work.from, work.ended_at.unwrap_or(work.until));
    let under = word(&CoverKind::Work)?;
    let page = params![from.milliseconds(), to.milliseconds(), under, UNDER_WORK];
    let log = known("alarm_event", statement.query(page)?, event)?;
    let mut statement = connection.prepare_cached(
        "select id, at, alarm, source, target, cause, actor, comment, source_cover, target_cover, origin, remark from alarm_event
         where alarm = ?1 and at >= ?2 and source_cover = ?3 and target_cover is not ?3 order by at, id limit 1",
    )?;
    let all = work::came(work, &log).into_iter().map(|came| {
        let first = params![came.alarm, came.at.milliseconds(), under];
        let left = known("alarm_event", statement.query(first)?, event)?;
        Ok(left.first().map_or(came.clone(), |left| came.left(left)))
    });
    all.collect()
}

/// When an alarm was first as if it had never been, from an instant on.
pub(crate) fn normal_from(
    connection: &Connection,
    alarm: u64,
    at: Timestamp,
) -> rusqlite::Result<Option<Timestamp>> {
    let mut statement = connection.prepare_cached(
        "select at from alarm_event indexed by alarm_event_instant
         where alarm = ?1 and at >= ?2 and target = ?3 and target_cover is null order by at, id limit 1",
    )?;
    let found = statement.query_row(params![alarm, at.milliseconds(), word(&State::Normal)?], |row| {
        row.get(0)
    });
    Ok(found.optional()?.map(Timestamp::from_milliseconds))
}

/// What was done by whoever is written down as one of these, the oldest first.
pub(crate) fn events_by(connection: &Connection, actors: &[String]) -> rusqlite::Result<Vec<Event>> {
    let mut statement = connection.prepare(
        "select id, at, alarm, source, target, cause, actor, comment, source_cover, target_cover, origin, remark from alarm_event
         where actor in (select value from json_each(?1)) order by id",
    )?;
    known("alarm_event", statement.query([database::json(&actors)?])?, event)
}

/// An alarm's episodes within `from..to`, the newest first.
pub(super) fn episodes(
    connection: &Connection,
    alarm: u64,
    from: Timestamp,
    to: Timestamp,
) -> rusqlite::Result<Vec<Episode>> {
    let mut episodes = episode::fold(&log_around(connection, alarm, from, to)?);
    episodes.retain(|episode| episode.touches(from, to));
    Ok(episodes)
}

/// An alarm's log from the last raise before `from` to the first end after `to`, the oldest first.
pub(crate) fn log_around(
    connection: &Connection,
    alarm: u64,
    from: Timestamp,
    to: Timestamp,
) -> rusqlite::Result<Vec<Event>> {
    let mut statement = connection.prepare_cached(
            "select id, at, alarm, source, target, cause, actor, comment, source_cover, target_cover, origin, remark from alarm_event
             where alarm = ?1
               and id >= coalesce((select max(id) from alarm_event where alarm = ?1 and cause = ?6 and at < ?2), 0)
               and id <= coalesce((select min(id) from alarm_event where alarm = ?1 and at >= ?3
                                   and source in (select value from json_each(?5))
                                   and target not in (select value from json_each(?5))), ?4)
             order by id",
    )?;
    let active: Vec<State> = State::ALL.into_iter().filter(|state| state.is_active()).collect();
    let asked = params![
        alarm,
        from.milliseconds(),
        to.milliseconds(),
        i64::MAX,
        database::json(&active)?,
        word(&Cause::Raised)?,
    ];
    known("alarm_event", statement.query(asked)?, event)
}

fn event(row: &Row<'_>) -> rusqlite::Result<Event> {
    Ok(Event {
        at: Timestamp::from_milliseconds(row.get(1)?),
        alarm: row.get(2)?,
        from: from_word(row, 3)?,
        to: from_word(row, 4)?,
        cause: from_word(row, 5)?,
        actor: row.get::<_, String>(6)?.into(),
        comment: row.get(7)?,
        from_cover: cover(row, 8)?,
        to_cover: cover(row, 9)?,
        origin: facts(row, 10)?,
        remark: facts(row, 11)?,
    })
}

/// Facts, where there are any.
fn facts<T: DeserializeOwned>(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<T>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => from_json(row, column).map(Some),
    }
}

fn cover(row: &Row<'_>, column: usize) -> rusqlite::Result<Option<CoverKind>> {
    match row.get_ref(column)? {
        ValueRef::Null => Ok(None),
        _ => from_word(row, column).map(Some),
    }
}
