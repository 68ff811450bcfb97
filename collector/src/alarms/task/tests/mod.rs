//! The shell over a real database and journal on simulated time: one commit, people's actions, restarts.

mod incidents;
mod together;

use std::path::Path;
use std::sync::atomic::{AtomicUsize, Ordering};

use plenum_core::alarms::{Cause, Cover, CoverKind, State, Subject};
use plenum_core::authority::Actor;
use plenum_core::fact::{ActionKind, Batch, StoredReading};
use plenum_protocol::clock::SimulatedClock;
use plenum_protocol::{AgentName, Channel, Outcome};
use tokio::task::JoinHandle;

use super::*;
use crate::journal::{Claim, Options};
use crate::revisions::Draft;

const SITE: &str = r#"
[site]
id = "zaandam"
name = "Zaandam"
zone = "Europe/Amsterdam"
[[rule]]
id = "warm"
name = "Too warm"
select = { quantities = ["temperature"] }
when = { above = { limit = 27, deadband = 1 } }
on_delay = "60s"
priority = "high"
"#;

/// Writes a row for each transition, as the outbox does.
#[derive(Default)]
struct Recording {
    commits: AtomicUsize,
}

impl Annunciator for Recording {
    fn annunciate(
        &self,
        connection: &Connection,
        transitions: &[(Alarm, Event)],
        site: &Site,
    ) -> rusqlite::Result<()> {
        connection.execute_batch("create table if not exists told(alarm, cause, site)")?;
        for (alarm, event) in transitions {
            connection.execute(
                "insert into told values (?1, ?2, ?3)",
                (alarm.id, format!("{:?}", event.cause), site.site.id.as_str()),
            )?;
        }
        Ok(())
    }

    fn committed(&self) {
        self.commits.fetch_add(1, Ordering::SeqCst);
    }
}

struct Running {
    alarms: Alarms,
    journal: Journal,
    clock: SimulatedClock,
    recording: Arc<Recording>,
    stop: CancellationToken,
    task: JoinHandle<Result<(), JournalError>>,
}

fn second(count: i64) -> Timestamp {
    Timestamp::from_milliseconds(1_000_000_000_000 + count * 1_000)
}

impl Running {
    async fn start(folder: &Path, clock: &SimulatedClock) -> Self {
        let (folder, shared) = (folder.to_owned(), clock.clone());
        let opened = tokio::task::spawn_blocking(move || {
            let claim = Claim::take(&folder).unwrap();
            let database = Database::open(&folder.join("plenum.db"), &crate::database::PLENUM).unwrap();
            Journal::open(claim, database, Arc::new(shared), Options::default()).unwrap()
        });
        let journal = opened.await.unwrap();
        let recording = Arc::new(Recording::default());
        let (alarms, task) = open(journal.clone(), Arc::new(clock.clone()), recording.clone())
            .await
            .unwrap();
        let stop = CancellationToken::new();
        Self {
            alarms,
            journal,
            clock: clock.clone(),
            recording,
            task: tokio::spawn(task.run(stop.clone())),
            stop,
        }
    }

    async fn reading(&self, at: i64, outcome: Outcome) {
        self.reading_of("inlet/temperature", at, outcome).await;
    }

    async fn reading_of(&self, channel: &str, at: i64, outcome: Outcome) {
        self.clock.advance_to(second(at));
        let batch = Batch {
            agent: AgentName {
                site: "zaandam".parse().unwrap(),
                agent: "pi-a1".parse().unwrap(),
            },
            position: Some((channel.to_owned(), at as u64)),
            newest: true,
            readings: vec![StoredReading {
                channel: channel.parse::<Channel>().unwrap(),
                at: second(at),
                outcome,
                claimed: None,
            }],
        };
        let entry = self.journal.append(vec![Item::Batch(batch)]).await.unwrap();
        self.alarms
            .applied()
            .wait_for(|number| *number >= entry)
            .await
            .unwrap();
    }

    async fn log(&self) -> Vec<String> {
        let (events, next) = self
            .alarms
            .events(Timestamp::MIN, Timestamp::MAX, None, 100)
            .await
            .unwrap();
        assert_eq!(next, None);
        events
            .iter()
            .map(|event| {
                let at = event.at.since(second(0)).milliseconds() / 1_000;
                format!("{at} {:?} {}", event.cause, event.actor)
            })
            .collect()
    }

    async fn end(self) {
        self.stop.cancel();
        self.task.await.unwrap().unwrap();
    }
}

fn draft(base: u64, text: &str) -> Draft {
    Draft {
        base,
        text: text.to_owned(),
        author: Actor::named("anna"),
        comment: String::new(),
        at: second(0),
    }
}

#[tokio::test]
async fn what_lies_over_an_alarm_survives_a_restart_and_ends() {
    let folder = tempfile::tempdir().unwrap();
    let clock = SimulatedClock::new(second(0));
    let running = Running::start(folder.path(), &clock).await;
    revisions::apply(&running.journal, draft(0, SITE)).await.unwrap();
    running.reading(1, Ok(29.0)).await;
    running.reading(62, Ok(29.0)).await;
    let id = running.alarms.alarms(false)[0].id;
    let act = |kind| {
        running
            .alarms
            .act(id, kind, None, Actor::named("Anna"), "contractor")
    };
    let shelve = |until| ActionKind::Shelve { until: second(until) };
    let past = act(shelve(60)).await.unwrap_err();
    assert!(
        matches!(past, ActionError::Refused(Refusal::Past { .. })),
        "{past:?}"
    );
    let shelved = act(shelve(3_600)).await.unwrap();
    assert_eq!(shelved.cover.as_ref().map(Cover::kind), Some(CoverKind::Shelved));
    running.end().await;

    let running = Running::start(folder.path(), &clock).await;
    assert_eq!(running.alarms.alarm(id).unwrap(), shelved);
    running.reading(2_800, Ok(29.0)).await;
    running.reading(3_700, Ok(29.0)).await;
    let alarm = running.alarms.alarm(id).unwrap();
    assert_eq!((alarm.cover, alarm.state), (None, State::ActiveUnacknowledged));
    let log = running.log().await;
    let expected = [
        "61 Raised plenum",
        "62 Shelved Anna",
        "2700 ShelvingEnds plenum",
        "3600 ShelvingEnded plenum",
    ];
    assert_eq!(log, expected);
    let events = running.alarms.events_of(id, 1).await.unwrap();
    assert_eq!(
        (events[0].from_cover, events[0].to_cover),
        (Some(CoverKind::Shelved), None)
    );
    running.end().await;
}

/// For an alarm that is acknowledged already and not latched.
async fn there_is_nothing_more_to_do(running: &Running, id: u64) {
    let again = running
        .alarms
        .acknowledge(id, None, Actor::named("Bert"), "me too")
        .await;
    assert!(
        matches!(again, Err(ActionError::Refused(Refusal::NothingToAcknowledge(_)))),
        "{again:?}"
    );
    let missing = running
        .alarms
        .acknowledge(99, None, Actor::named("Bert"), "")
        .await;
    assert!(
        matches!(missing, Err(ActionError::Refused(Refusal::NotFound(99)))),
        "{missing:?}"
    );
    let reset = running.alarms.reset(id, Actor::named("Bert"), "").await;
    assert!(
        matches!(reset, Err(ActionError::Refused(Refusal::NothingToReset(_)))),
        "{reset:?}"
    );
}

#[tokio::test]
async fn an_alarm_is_raised_told_acknowledged_and_survives_restarts() {
    let folder = tempfile::tempdir().unwrap();
    let clock = SimulatedClock::new(second(0));
    let running = Running::start(folder.path(), &clock).await;
    assert_eq!(running.alarms.site().borrow().site.id.as_str(), "unconfigured");
    assert_eq!(
        revisions::apply(&running.journal, draft(0, SITE)).await.unwrap(),
        1
    );
    running.reading(1, Ok(29.0)).await;
    assert_eq!(running.alarms.site().borrow().site.id.as_str(), "zaandam");
    running.reading(31, Ok(29.0)).await;
    running.end().await;

    // The delay goes on across the restart, and nothing is told twice.
    let running = Running::start(folder.path(), &clock).await;
    running.reading(60, Ok(29.5)).await;
    assert!(running.log().await.is_empty());
    let mut changed = running.alarms.subscribe();
    running.reading(62, Ok(29.5)).await;
    assert_eq!(running.log().await, ["61 Raised plenum"]);
    let raised = changed.recv().await.unwrap();
    assert_eq!(raised.state, State::ActiveUnacknowledged);
    assert_eq!(running.recording.commits.load(Ordering::SeqCst), 1);
    let told = |connection: &Connection| {
        connection.query_row("select count(*) from told", [], |row| row.get::<_, i64>(0))
    };
    assert_eq!(running.journal.database().read(told).await.unwrap(), 1);

    let alarm = running
        .alarms
        .acknowledge(raised.id, None, Actor::named("Anna"), "on it")
        .await
        .unwrap();
    assert_eq!(alarm.state, State::ActiveAcknowledged);
    assert_eq!(alarm.acknowledged.unwrap().comment, "on it");
    there_is_nothing_more_to_do(&running, raised.id).await;
    running.end().await;

    let running = Running::start(folder.path(), &clock).await;
    assert_eq!(
        running.alarms.alarm(raised.id).unwrap().state,
        State::ActiveAcknowledged
    );
    assert!(matches!(&raised.subject, Subject::Series(series) if series.agent.agent.as_str() == "pi-a1"));
    running.reading(90, Ok(20.0)).await;
    assert_eq!(
        running.log().await,
        ["61 Raised plenum", "62 Acknowledged Anna", "90 Returned plenum"]
    );
    assert!(running.alarms.alarms(false).is_empty());
    assert_eq!(running.alarms.alarms(true).len(), 1);
    assert_eq!(
        running.alarms.events_of(raised.id, 1).await.unwrap()[0].cause,
        Cause::Returned
    );
    running.end().await;
}

#[tokio::test]
async fn the_wall_clock_ends_a_delay_without_a_reading() {
    let folder = tempfile::tempdir().unwrap();
    let clock = SimulatedClock::new(second(0));
    let running = Running::start(folder.path(), &clock).await;
    revisions::apply(&running.journal, draft(0, SITE)).await.unwrap();
    running.reading(1, Ok(29.0)).await;
    let mut changed = running.alarms.subscribe();
    clock.advance_to(second(62));
    let alarm = changed.recv().await.unwrap();
    assert_eq!(
        (alarm.state, alarm.raised_at),
        (State::ActiveUnacknowledged, second(61))
    );
    running.end().await;
}

/// Rows as a later program writes them: an alarm of a quantity, a transition of a cause and states that are unknown.
fn written_later(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute_batch(
        r#"insert into alarm select 77, state, replace(alarm, 'temperature', 'temperament') from alarm where id = 1;
           insert into alarm_event(at, alarm, source, target, cause, actor, comment)
               values (1000000061500, 1, 'active-unacknowledged', 'active-unacknowledged', 'foreseen', 'plenum', '');
           insert into alarm_series select 'zaandam/pi-a1/inlet/temperament', state from alarm_series;
           insert into alarm_agent values ('zaandam/pi-a2', '{"later": true}');
           update alarm_series set state = '{"later": true}';
           update alarm_agent set state = '{"later": true}';"#,
    )
}

#[tokio::test]
async fn rows_of_a_later_program_are_skipped_and_kept_and_no_alarm_ends_for_them() {
    let folder = tempfile::tempdir().unwrap();
    let clock = SimulatedClock::new(second(0));
    let running = Running::start(folder.path(), &clock).await;
    revisions::apply(&running.journal, draft(0, SITE)).await.unwrap();
    for at in [1, 31, 62] {
        running.reading(at, Ok(29.0)).await;
    }
    running.journal.database().write(written_later).await.unwrap();
    running.end().await;

    let running = Running::start(folder.path(), &clock).await;
    running.reading(63, Err(plenum_protocol::Fault::Timeout)).await;
    let stands: Vec<(u64, State)> = running
        .alarms
        .alarms(true)
        .iter()
        .map(|alarm| (alarm.id, alarm.state))
        .collect();
    assert_eq!(stands, [(1, State::ActiveUnacknowledged)]);
    assert_eq!(running.log().await, ["61 Raised plenum"]);
    let (page, next) = running
        .alarms
        .events(Timestamp::MIN, Timestamp::MAX, None, 1)
        .await
        .unwrap();
    assert_eq!(
        (page.len(), next.is_some()),
        (1, true),
        "what is not understood is on the next page"
    );
    assert_eq!(running.alarms.events_of(1, 10).await.unwrap().len(), 1);
    running.reading(64, Ok(20.0)).await;
    assert_eq!(running.log().await, ["61 Raised plenum", "64 Returned plenum"]);
    let kept = |connection: &Connection| {
        let count = "select (select count(*) from alarm where id = 77) + (select count(*) from alarm_event where cause = 'foreseen')
                     + (select count(*) from alarm_series where series like '%/temperament')
                     + (select count(*) from alarm_agent where agent = 'zaandam/pi-a2')";
        connection.query_row(count, [], |row| row.get::<_, i64>(0))
    };
    assert_eq!(running.journal.database().read(kept).await.unwrap(), 4);
    running.end().await;
}

#[tokio::test]
async fn nobody_waits_for_an_action_that_was_rolled_back() {
    let folder = tempfile::tempdir().unwrap();
    let clock = SimulatedClock::new(second(0));
    let running = Running::start(folder.path(), &clock).await;
    revisions::apply(&running.journal, draft(0, SITE)).await.unwrap();
    for at in [1, 31, 62] {
        running.reading(at, Ok(29.0)).await;
    }
    let database = running.journal.database().clone();
    // The next entry finds its place taken, as it finds none on a full disk.
    let block = "insert into journal select max(number) + 1, x'00' from journal";
    database
        .write(move |connection| connection.execute(block, []))
        .await
        .unwrap();
    let refused = running
        .alarms
        .acknowledge(1, None, Actor::named("Anna"), "")
        .await;
    assert!(matches!(refused, Err(ActionError::Database(_))), "{refused:?}");
    assert!(running.alarms.0.waiting().is_empty());
    let free = "delete from journal where blob = x'00'";
    database
        .write(move |connection| connection.execute(free, []))
        .await
        .unwrap();
    running
        .alarms
        .acknowledge(1, None, Actor::named("Anna"), "")
        .await
        .unwrap();
    assert!(running.alarms.0.waiting().is_empty());
    running.end().await;
}

/// The site in the file becomes the first revision, once.
async fn load_first(journal: &Journal) {
    for loaded in [true, false] {
        let answer = revisions::load_first(journal, SITE.to_owned(), Actor::Monitor, second(0)).await;
        assert_eq!(answer.unwrap(), loaded);
    }
}

async fn refusal(journal: &Journal, draft: Draft) -> String {
    revisions::apply(journal, draft).await.unwrap_err().to_string()
}

#[tokio::test]
async fn revisions_follow_each_other_and_can_be_read_back() {
    let folder = tempfile::tempdir().unwrap();
    let clock = SimulatedClock::new(second(0));
    let running = Running::start(folder.path(), &clock).await;
    let journal = &running.journal;
    load_first(journal).await;
    running.reading(1, Ok(29.0)).await;
    running.reading(31, Ok(29.0)).await;
    running.reading(62, Ok(29.0)).await;
    let later = SITE.replace("limit = 27", "limit = 30");
    let refused = refusal(journal, draft(0, &later)).await;
    assert!(refused.starts_with("revision 1 is current, not 0"), "{refused}");
    let wrong = refusal(journal, draft(1, &SITE.replace("priority", "prio"))).await;
    assert!(
        wrong.starts_with("site.toml:12:1: unknown field `prio`"),
        "{wrong}"
    );
    assert_eq!(revisions::apply(journal, draft(1, &later)).await.unwrap(), 2);
    running.reading(63, Ok(28.0)).await;
    assert_eq!(
        running.log().await,
        ["61 Raised plenum", "62 Returned plenum"],
        "what is known then is not beyond the new limit"
    );
    let back = revisions::rollback(journal, 1, 2, Actor::named("bert"), "too lax", second(64))
        .await
        .unwrap();
    assert_eq!(back, 3);
    let (log, diff, shown) = journal
        .database()
        .read(|connection| {
            Ok((
                revisions::log(connection)?,
                revisions::diff(connection, 1, 2)?.unwrap(),
                revisions::text(connection, 3)?.unwrap(),
            ))
        })
        .await
        .unwrap();
    let numbers: Vec<u64> = log.iter().map(|revision| revision.number).collect();
    assert_eq!(numbers, [3, 2, 1]);
    assert_eq!(log[0].hash, log[2].hash);
    assert_eq!(log[0].comment, "back to revision 1: too lax");
    assert!(
        diff.contains("-when = { above = { limit = 27, deadband = 1 } }\n+when = { above = { limit = 30"),
        "{diff}"
    );
    assert_eq!(shown, SITE);
    running.end().await;
}
