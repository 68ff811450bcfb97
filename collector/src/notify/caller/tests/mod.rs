//! A ladder in the tables: who is told when, who hears what is new, and that nobody is called for what somebody has.

mod lesser;
mod missed;
mod passing;

use plenum_core::alarms::{Acknowledgement, Alarm, Cause, Event, State};
use plenum_core::fact::{Report, SystemCondition, SystemKind};
use plenum_core::incident::{Changes, Incident};
use plenum_core::oncall::Reason;
use rusqlite::params;

use super::*;
use crate::database::{Database, json};
use crate::journal::condition::remember;
use crate::notify::outbox;
use crate::notify::outbox::tests::{NOW, alarm, filled, transition};

const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "UTC"
[[person]]
id = "anna"
name = "Anna"
[[person]]
id = "bert"
name = "Bert"
[[person]]
id = "carl"
name = "Carl"
[[channel]]
id = "mail"
kind = "email"
people = ["anna", "bert", "carl"]
[[channel]]
id = "phone"
kind = "sms"
people = ["anna", "bert"]
[[channel]]
id = "log"
kind = "webhook"
[[channel]]
id = "horn"
kind = "webhook"
[[ladder]]
id = "nights"
fallback = "carl"
[[ladder.step]]
whom = { person = "anna" }
channels = ["phone"]
[[ladder.step]]
whom = { person = "bert" }
channels = ["phone", "horn"]
after = "5min"
"#;
const INCIDENT: u64 = 7;

struct Night {
    _folder: tempfile::TempDir,
    database: Database,
    site: Arc<Site>,
    alarms: Vec<Alarm>,
    known: BTreeSet<Way>,
    seen: i64,
}

impl Night {
    fn begin() -> Self {
        Self::of(SITE)
    }

    fn of(site: &str) -> Self {
        let (folder, database) = filled(&[]);
        let fill = |connection: &Connection| {
            connection.execute("insert into incident(id, incident) values (?1, '{}')", [INCIDENT])
        };
        database.write_blocking(fill).unwrap();
        Self {
            _folder: folder,
            database,
            site: Arc::new(toml::from_str(site).unwrap()),
            alarms: Vec::new(),
            known: BTreeSet::new(),
            seen: 0,
        }
    }

    /// What a transition writes, and what is written in the look that follows it.
    fn happens(&mut self, alarm: Alarm, cause: Cause, by: &str, minute: i64) -> Vec<String> {
        self.commits(vec![(alarm, cause)], by, minute);
        self.look(minute, [INCIDENT])
    }

    /// Transitions in one commit, before anybody looks.
    fn commits(&mut self, transitions: Vec<(Alarm, Cause)>, by: &str, minute: i64) {
        let (now, site) = (minutes(minute), self.site.clone());
        let actor = match by {
            "" => Actor::Monitor,
            by => Actor::named(by),
        };
        let event = |(alarm, cause): (Alarm, Cause)| {
            let event = Event {
                at: now,
                alarm: alarm.id,
                to: alarm.state,
                cause,
                actor: actor.clone(),
                ..transition()
            };
            (alarm, event)
        };
        let transitions: Vec<(Alarm, Event)> = transitions.into_iter().map(event).collect();
        for (alarm, _) in &transitions {
            self.alarms.retain(|other| other.id != alarm.id);
            self.alarms.push(alarm.clone());
        }
        let write = move |connection: &Connection| {
            for (alarm, _) in &transitions {
                let row = params![alarm.id as i64, alarm.state.as_str(), json(alarm)?];
                connection.execute(
                    "insert or replace into alarm(id, state, alarm) values (?1, ?2, ?3)",
                    row,
                )?;
                connection.execute(
                    "insert or replace into incident_member(incident, alarm, member) values (?1, ?2, '')",
                    [INCIDENT, alarm.id],
                )?;
            }
            outbox::intend(connection, &transitions, &site, now, Timestamp::MIN)
        };
        self.database.write_blocking(write).unwrap();
    }

    fn look(&mut self, minute: i64, touched: impl IntoIterator<Item = u64>) -> Vec<String> {
        self.look_after_a_step(minute, touched, None)
    }

    fn look_after_a_step(
        &mut self,
        minute: i64,
        touched: impl IntoIterator<Item = u64>,
        by: Option<Duration>,
    ) -> Vec<String> {
        let round = Round {
            site: self.site.clone(),
            overrides: Arc::new([]),
            deliver_from: Timestamp::MIN,
            now: minutes(minute),
            touched: touched.into_iter().collect(),
            everything: false,
            known: self.known.clone(),
            by,
        };
        let done = self
            .database
            .write_blocking(move |connection| round.run(connection));
        self.known = done.unwrap().broken;
        self.written()
    }

    /// The rows of the outbox since the last look, as `alarm recipient/channel reason`.
    fn written(&mut self) -> Vec<String> {
        let seen = self.seen;
        let rows = self.database.read_blocking(move |connection| {
            let mut rows = connection.prepare(
                "select alarm || ' ' || recipient || '/' || channel || ' ' || reason, id from outbox where id > ?1 order by id",
            )?;
            rows.query_map([seen], |row| Ok((row.get::<_, String>(0)?, row.get(1)?)))?
                .collect::<rusqlite::Result<Vec<(String, i64)>>>()
        });
        let rows = rows.unwrap();
        self.seen = rows.last().map_or(self.seen, |(_, id)| *id);
        rows.into_iter().map(|(row, _)| row.replace('"', "")).collect()
    }

    /// What leaves for somebody, as reasons: what leaves is sent.
    fn leaves(&self, recipient: &str, channel: &str, minute: i64) -> Vec<outbox::Due> {
        let (site, now) = (self.site.clone(), minutes(minute));
        let queue = outbox::Queue {
            channel: channel.to_owned(),
            recipient: recipient.to_owned(),
            incident: INCIDENT.cast_signed(),
        };
        let turn = outbox::Turn {
            is_reached: true,
            person_of: channels::reaches_people(if channel == "horn" { "webhook" } else { "sms" })
                .then_some(site),
            ..outbox::Turn::default()
        };
        let claim = move |connection: &Connection| {
            let mut all = Vec::new();
            while let Some(due) = outbox::claim(connection, &queue, &turn, &outbox::UnderWay::default(), now)?
            {
                outbox::finish(connection, &due, &channels::Outcome::Sent, now)?;
                all.push(due);
            }
            Ok(all)
        };
        self.database.write_blocking(claim).unwrap()
    }

    fn events(&self) -> Vec<Happened> {
        let read = |connection: &Connection| calls::events(connection, INCIDENT);
        let events = self.database.read_blocking(read).unwrap();
        events.into_iter().map(|(_, happened)| happened).collect()
    }

    /// Why whoever was told nothing was not, as `recipient/channel why`.
    fn silent(&self) -> Vec<String> {
        let site = self.site.clone();
        let read =
            move |connection: &Connection| silence::of(connection, INCIDENT, &site, &|who, _| who == "carl");
        let silent = self.database.read_blocking(read).unwrap().into_iter();
        let said = silent.map(|(way, why)| format!("{}/{} {why:?}", way.recipient, way.channel));
        said.collect()
    }

    fn breaks(&self, subject: &str) {
        let condition = SystemCondition {
            kind: SystemKind::DeliveryFailed,
            subject: subject.to_owned(),
            active: true,
            at: NOW,
            report: Report::OVER,
        };
        let write = move |connection: &Connection| remember(connection, &condition, "");
        self.database.write_blocking(write).unwrap();
    }
}

fn minutes(minutes: i64) -> Timestamp {
    NOW + Duration::from_minutes(minutes)
}

fn raised(id: u64, priority: Priority) -> Alarm {
    Alarm {
        id,
        priority,
        ..alarm()
    }
}

fn taken(id: u64, priority: Priority, by: &str) -> Alarm {
    let acknowledged = Acknowledgement {
        by: Actor::named(by),
        at: NOW,
        comment: String::new(),
        until: None,
    };
    Alarm {
        state: State::ActiveAcknowledged,
        acknowledged: Some(acknowledged),
        ..raised(id, priority)
    }
}

#[test]
fn one_step_after_the_other_is_told_until_somebody_has_it() {
    let mut night = Night::begin();
    let first = night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
    assert_eq!(
        first,
        ["1 log/log first", "1 anna/phone first"],
        "a program that no step names hears everything"
    );
    assert_eq!(night.look(4, []), [""; 0]);
    assert_eq!(night.leaves("anna", "phone", 4).len(), 1);
    assert_eq!(night.look(5, []), ["1 bert/phone first", "1 horn/horn first"]);
    let taken = night.happens(taken(1, Priority::High, "bert"), Cause::Acknowledged, "bert", 6);
    assert_eq!(
        taken,
        ["1 anna/phone taken", "1 log/log taken", "1 horn/horn taken"]
    );
    assert_eq!(night.look(600, []), [""; 0]);
    let steps = night.events().len();
    assert_eq!((steps, night.events().last()), (4, Some(&Happened::Taken)));
    let over = Alarm {
        state: State::Normal,
        ..raised(1, Priority::High)
    };
    night.happens(over, Cause::Returned, "", 601);
    assert_eq!(night.events().last(), Some(&Happened::Ended));
}

#[test]
fn an_alarm_that_comes_again_into_an_older_incident_is_counted_to_that() {
    let night = Night::begin();
    let found = |connection: &Connection| {
        connection.execute_batch(
            "insert into incident(id, over_at, incident) values (9, 1, '{}');
             insert into incident_member(incident, alarm, member) values (7, 1, ''), (9, 1, ''), (9, 2, '')",
        )?;
        Ok([1, 2, 3].map(|alarm| calls::incident_of(connection, alarm)))
    };
    let [older, last, none] = night.database.write_blocking(found).unwrap();
    assert_eq!(
        (older.unwrap(), last.unwrap(), none.unwrap()),
        (Some(7), Some(9), None)
    );
}

#[test]
fn why_somebody_was_told_nothing_has_an_answer() {
    let worst = SITE.replace(
        "kind = \"email\"",
        "kind = \"email\"\npriorities = [\"critical\"]",
    );
    let mut night = Night::of(&worst);
    let not_taken = [
        "anna/mail OtherPriority",
        "bert/mail OtherPriority",
        "carl/mail OtherPriority",
    ];
    night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
    let not_yet = ["bert/phone NotYet", "horn/horn NotYet"];
    assert_eq!(night.silent(), [&not_taken[..], &not_yet[..]].concat());
    night.happens(taken(1, Priority::High, "anna"), Cause::Acknowledged, "anna", 1);
    let had = night.silent();
    assert!(had.iter().all(|why| why.ends_with("PersonKnows")), "{had:?}");
    night.happens(raised(2, Priority::High), Cause::Raised, "", 2);
    let left = night.silent();
    assert!(left.contains(&"bert/phone HeldByAnother".to_owned()), "{left:?}");
}

#[test]
fn what_is_no_worse_is_theirs_who_have_the_incident_and_what_is_worse_is_called_for() {
    let mut night = Night::begin();
    night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
    night.look(5, []);
    night.happens(taken(1, Priority::High, "bert"), Cause::Acknowledged, "bert", 6);
    let no_worse = night.happens(raised(2, Priority::Medium), Cause::Raised, "", 7);
    assert_eq!(
        no_worse,
        [
            "2 bert/mail first",
            "2 bert/phone first",
            "2 log/log first",
            "2 horn/horn first"
        ]
    );
    let worse = night.happens(raised(3, Priority::Critical), Cause::Raised, "", 8);
    assert_eq!(
        worse,
        [
            "3 anna/phone first",
            "3 bert/phone first",
            "3 log/log first",
            "3 horn/horn first",
            "3 anna/phone reminder",
            "2 anna/phone first"
        ],
        "whoever was told so far, and from the first step on"
    );
    assert_eq!(night.leaves("anna", "phone", 9)[0].reason, Reason::First);
    assert_eq!(
        night.look(13, []),
        ["3 bert/phone reminder", "3 horn/horn reminder"]
    );
}

#[test]
fn nobody_is_called_for_what_somebody_took_before_it_left() {
    let mut night = Night::begin();
    night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
    night.look(5, []);
    night.happens(taken(1, Priority::High, "anna"), Cause::Acknowledged, "anna", 6);
    assert_eq!(night.leaves("bert", "phone", 6).len(), 0);
    assert_eq!(night.leaves("horn", "horn", 6)[0].reason, Reason::First);
    let back = night.happens(raised(1, Priority::High), Cause::Stands, "", 7);
    assert!(
        back.contains(&"1 bert/phone first".to_owned()),
        "he has heard nothing: {back:?}"
    );
}

#[test]
fn a_step_waits_as_long_as_before_whatever_the_clock_is_set_to() {
    for days in [-400, 400] {
        let mut night = Night::begin();
        night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
        let set = days * 24 * 60;
        let by = Duration::from_minutes(set);
        assert_eq!(night.look_after_a_step(set + 3, [INCIDENT], Some(by)), [""; 0]);
        assert_eq!(night.look(set + 4, [INCIDENT]), [""; 0]);
        assert_eq!(
            night.look(set + 5, []),
            ["1 bert/phone first", "1 horn/horn first"]
        );
    }
}

#[test]
fn what_a_clock_wrote_that_was_ahead_is_not_waited_for_after_a_restart() {
    let mut night = Night::begin();
    let year = 366 * 24 * 60;
    night.happens(raised(1, Priority::High), Cause::Raised, "", year);
    assert_eq!(night.look(0, [INCIDENT]), [""; 0]);
    assert_eq!(
        night.look(5, [INCIDENT]),
        ["1 bert/phone first", "1 horn/horn first"]
    );
}

#[test]
fn what_is_left_of_an_incident_climbs_on_where_no_ladder_takes_it_by_itself() {
    let rooms = "[[room]]\nid = \"a\"\nname = \"A\"\n[[room]]\nid = \"b\"\nname = \"B\"\n";
    let of_a = SITE.replace("fallback = \"carl\"", "fallback = \"carl\"\nrooms = [\"a\"]") + rooms;
    let mut night = Night::of(&of_a);
    let room = |id, room: &str| Alarm {
        room: room.parse().ok(),
        ..raised(id, Priority::High)
    };
    night.happens(room(1, "a"), Cause::Raised, "", 0);
    let also = night.happens(room(2, "b"), Cause::Raised, "", 1);
    assert_eq!(also, ["2 anna/phone first", "2 log/log first"]);
    let over = Alarm {
        state: State::Normal,
        ..room(1, "a")
    };
    night.happens(over, Cause::Returned, "", 2);
    assert_eq!(night.look(5, []), ["2 bert/phone first", "2 horn/horn first"]);
}

#[test]
fn what_comes_while_whoever_has_the_rest_cannot_be_told_is_called_for() {
    let mut night = Night::begin();
    night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
    night.happens(taken(1, Priority::High, "bert"), Cause::Acknowledged, "bert", 1);
    night.breaks("phone");
    night.breaks("mail/bert");
    let more = night.happens(raised(2, Priority::High), Cause::Raised, "", 2);
    assert_eq!(
        more,
        [
            "2 anna/phone first",
            "2 log/log first",
            "2 bert/phone first",
            "2 horn/horn first"
        ]
    );
}

#[test]
fn a_way_that_does_not_work_does_not_hold_the_next_up() {
    let mut night = Night::begin();
    night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
    night.breaks("phone/anna");
    assert_eq!(night.look(1, []), ["1 bert/phone first", "1 horn/horn first"]);
    assert_eq!(night.look(2, []), [""; 0]);
}

#[test]
fn all_are_looked_at_some_at_a_time_and_whoever_says_no_is_not_waited_for() {
    let mut night = Night::begin();
    night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
    night.leaves("anna", "phone", 1);
    night.pass_on(1, "anna", "", false);
    assert_eq!(night.look(1, []), ["1 bert/phone first", "1 horn/horn first"]);
    let round = Round {
        site: night.site.clone(),
        overrides: Arc::new([]),
        deliver_from: Timestamp::MIN,
        now: minutes(2),
        touched: (1_000..1_450).collect(),
        everything: true,
        known: BTreeSet::new(),
        by: None,
    };
    let done = night
        .database
        .write_blocking(move |connection| round.run(connection));
    assert_eq!(done.unwrap().left.len(), 251);
}

#[test]
fn who_was_called_for_a_part_was_called_for_the_whole() {
    let mut night = Night::begin();
    night.happens(raised(1, Priority::High), Cause::Raised, "", 0);
    let joined = |connection: &Connection| {
        let changes = Changes {
            incidents: vec![Incident {
                id: INCIDENT,
                began_at: NOW,
                over_at: None,
                part_of: Some(3),
                members: Vec::new(),
            }],
            members: Vec::new(),
        };
        calls::joined(connection, &changes)?;
        Ok((calls::of(connection, 3)?, calls::of(connection, INCIDENT)?))
    };
    let (whole, part) = night.database.write_blocking(joined).unwrap();
    assert_eq!((whole.unwrap().told.len(), part), (1, None));
}
