//! Nights at random: alarms of one incident, or of two that turn out to be one, come and go, people act and come and go, attempts arrive, fail and are cut off half-way, old rows are pruned. Whatever
//! happened, in the end nobody is left with a wrong last word.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plenum_core::alarms::{Acknowledgement, Alarm, Cause, Cover, CoverKind, Event, Shelving, State};
use plenum_core::authority::Actor;
use plenum_core::fact::{Report, SystemCondition, SystemKind};
use plenum_core::incident::{Changes, Incident};
use plenum_core::oncall::call::{Passed, Way};
use plenum_core::site::Site;
use plenum_protocol::{Duration, Timestamp};
use rusqlite::Connection;

use super::queue::incident_of;
use super::tests::{NOW, alarm, filled, transition};
use super::*;
use crate::journal::condition::remember;
use crate::notify::caller::PassesOn;
use crate::notify::caller::passing::Answer;
use crate::notify::caller::round::Round;
use crate::notify::calls::{self, Standing};

const PEOPLE: [&str; 3] = ["anna", "bert", "carl"];
const ALARMS: usize = 3;
/// The incidents that there may be: the first alarms are of one and the last of the other.
const INCIDENTS: [i64; 2] = [7, 8];

/// What a message left its reader with, and whether it said that they had heard nothing before. One of which the program knew nothing
/// any more is said again.
type Word = (Heard, bool);

const LADDER: &str = r#"
[[ladder]]
id = "nights"
fallback = "carl"
rounds = 2
again = "4min"
[[ladder.step]]
whom = { person = "anna" }
[[ladder.step]]
whom = { person = "bert" }
after = "2min"
"#;

struct Night<'a> {
    connection: &'a Connection,
    random: u64,
    now: Timestamp,
    alarms: [Alarm; ALARMS],
    on: BTreeSet<&'static str>,
    /// Whether a ladder takes them.
    climbs: bool,
    /// The ways that did not work at the last look at the ladder.
    broken: BTreeSet<Way>,
    /// What arrived at each of each alarm.
    arrived: BTreeMap<(&'static str, u64), Vec<Word>>,
    /// To whom the last one arrived, and the program died before it was written down.
    unwritten: BTreeSet<(&'static str, u64)>,
    log: Vec<String>,
}

impl Night<'_> {
    /// A number below `below`.
    fn any(&mut self, below: u64) -> u64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % below
    }

    fn site(&self) -> Site {
        let mut text = "[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n".to_owned();
        for person in PEOPLE {
            text += &format!("[[person]]\nid = \"{person}\"\nname = \"{person}\"\n");
        }
        text += &format!(
            "[[channel]]\nid = \"mail\"\nkind = \"email\"\npeople = {:?}\n",
            Vec::from_iter(&self.on)
        );
        if self.climbs {
            text += LADDER;
        }
        toml::from_str(&text).unwrap()
    }

    /// An alarm takes a step of its life, if it can.
    fn step(&mut self) -> rusqlite::Result<()> {
        let (which, chance) = (self.any(ALARMS as u64) as usize, self.any(4));
        let (now, mut by) = (self.now, Actor::Monitor);
        let who = PEOPLE[self.any(3) as usize];
        let alarm = &mut self.alarms[which];
        let from = (alarm.state, alarm.cover.as_ref().map(Cover::kind));
        let uncovered = match alarm.state.is_active() {
            true => State::ActiveUnacknowledged,
            false => alarm.state,
        };
        let (cause, to, cover) = match (chance, from) {
            (0 | 1, (State::Normal | State::ReturnedUnacknowledged, cover)) => {
                alarm.raised_at = now;
                (Cause::Raised, State::ActiveUnacknowledged, cover)
            }
            (0 | 1, (State::ActiveUnacknowledged, cover)) => {
                (Cause::Returned, State::ReturnedUnacknowledged, cover)
            }
            (0 | 1, (State::ActiveAcknowledged, cover)) => (Cause::Returned, State::Normal, cover),
            (2, (State::ActiveUnacknowledged, None)) => {
                by = Actor::named(who);
                let comment = String::new();
                alarm.acknowledged = Some(Acknowledgement {
                    by: by.clone(),
                    at: now,
                    comment,
                    until: None,
                });
                (Cause::Acknowledged, State::ActiveAcknowledged, None)
            }
            (2, (State::ActiveAcknowledged, None)) => {
                alarm.acknowledged = None;
                (Cause::GivenBack, State::ActiveUnacknowledged, None)
            }
            (3, (state, None)) => (Cause::Shelved, state, Some(CoverKind::Shelved)),
            (3, (_, Some(_))) => (Cause::ShelvingEnded, uncovered, None),
            _ => return Ok(()),
        };
        alarm.state = to;
        alarm.cover = cover.map(|_| {
            Cover::Shelved(Shelving {
                by: Actor::Monitor,
                since: now,
                at: now,
                until: now,
                reason: String::new(),
                reminded: false,
            })
        });
        let event = Event {
            at: now,
            from: from.0,
            to,
            from_cover: from.1,
            to_cover: cover,
            cause,
            actor: by,
            ..transition()
        };
        let alarm = alarm.clone();
        self.keep(&alarm)?;
        self.log.push(format!("{} {cause:?}", alarm.id));
        intend(
            self.connection,
            &[(alarm.clone(), event)],
            &self.site(),
            self.now,
            Timestamp::MIN,
        )
        .map(drop)
    }

    fn keep(&self, alarm: &Alarm) -> rusqlite::Result<()> {
        self.connection
            .execute(
                "insert or replace into alarm(id, state, alarm) values (?1, ?2, ?3)",
                params![alarm.id as i64, alarm.state.as_str(), json(alarm)?],
            )
            .map(drop)
    }

    /// The two incidents turn out to be one.
    fn join(&mut self) -> rusqlite::Result<()> {
        let [into, part] = INCIDENTS;
        self.connection.execute(
            "update incident_member set incident = ?1 where incident = ?2",
            [into, part],
        )?;
        self.log.push("joined".to_owned());
        let changes = Changes {
            incidents: vec![Incident {
                id: part.cast_unsigned(),
                began_at: NOW,
                over_at: None,
                part_of: Some(into.cast_unsigned()),
                members: Vec::new(),
            }],
            members: Vec::new(),
        };
        joined(self.connection, &changes)?;
        calls::joined(self.connection, &changes)
    }

    /// Somebody comes or goes.
    fn revise(&mut self) -> rusqlite::Result<()> {
        let person = PEOPLE[self.any(3) as usize];
        if !self.on.remove(person) {
            self.on.insert(person);
        }
        self.log.push(format!("on {:?}", self.on));
        let standing = self.alarms.clone();
        intend_for_newcomers(self.connection, &standing, &self.site(), self.now, Timestamp::MIN).map(drop)
    }

    /// Somebody looks whom the ladder calls.
    fn round(&mut self) -> rusqlite::Result<()> {
        if !self.climbs {
            return Ok(());
        }
        let round = Round {
            site: Arc::new(self.site()),
            overrides: Arc::new([]),
            deliver_from: Timestamp::MIN,
            now: self.now,
            touched: BTreeSet::new(),
            everything: true,
            known: self.broken.clone(),
            by: None,
        };
        let done = round.run(self.connection)?;
        assert!(done.left.is_empty());
        self.broken = done.broken;
        self.log
            .push(format!("ladder: {} told, next {:?}", done.told, done.next));
        Ok(())
    }

    /// Somebody passes an incident on, to whoever is next or to somebody by name; what they have of it they give back.
    fn pass_on(&mut self) -> rusqlite::Result<()> {
        let (person, to) = (PEOPLE[self.any(3) as usize], PEOPLE[self.any(3) as usize]);
        let mut answer = Answer {
            passes: PassesOn {
                incident: INCIDENTS[self.any(2) as usize].cast_unsigned(),
                person: person.to_owned(),
                to: to.parse().ok().filter(|_| self.any(2) == 0),
            },
            had: false,
            site: Arc::new(self.site()),
            overrides: Arc::new([]),
            deliver_from: Timestamp::MIN,
            now: self.now,
        };
        let (would, ..) = answer.look(self.connection)?;
        if matches!(would.passed, Passed::On | Passed::Noted) {
            for (alarm, _) in would.has {
                self.give_back(alarm as usize - 1, person)?;
                answer.had = true;
            }
        }
        let passing = answer.pass_on(self.connection, Actor::named(person))?;
        self.log.push(format!("{person} passes on: {passing:?}"));
        let is_another = passing.called.iter().any(|way| way.recipient != person);
        assert_eq!(is_another, passing.passed == Passed::On, "{:?}", self.log);
        Ok(())
    }

    fn give_back(&mut self, which: usize, person: &str) -> rusqlite::Result<()> {
        let alarm = &mut self.alarms[which];
        let from = alarm.state;
        (alarm.state, alarm.acknowledged) = (State::ActiveUnacknowledged, None);
        let event = Event {
            at: self.now,
            from,
            to: alarm.state,
            cause: Cause::GivenBack,
            actor: Actor::named(person),
            ..transition()
        };
        let alarm = alarm.clone();
        self.keep(&alarm)?;
        let (site, now) = (self.site(), self.now);
        intend(self.connection, &[(alarm, event)], &site, now, Timestamp::MIN).map(drop)
    }

    /// A way breaks, or works again.
    fn break_or_mend(&mut self) -> rusqlite::Result<()> {
        let person = PEOPLE[self.any(3) as usize];
        let condition = SystemCondition {
            kind: SystemKind::DeliveryFailed,
            subject: format!("mail/{person}"),
            active: self.any(2) == 0,
            at: self.now,
            report: Report::OVER,
        };
        self.log
            .push(format!("{} broken: {}", condition.subject, condition.active));
        remember(self.connection, &condition, "").map(drop)
    }

    fn turn(&self, is_reached: bool) -> Turn {
        Turn {
            is_reached,
            person_of: Some(Arc::new(self.site())),
            quiet: BTreeMap::new(),
        }
    }

    /// An attempt at one of somebody's queues. `how`: it arrives; it arrives and the program dies; it fails; the program dies before it is made.
    fn attempt(&mut self, person: &'static str, incident: i64, how: u64) -> rusqlite::Result<bool> {
        let queue = Queue {
            channel: "mail".to_owned(),
            recipient: person.to_owned(),
            incident,
        };
        let is_on = self.on.contains(person);
        let Some(due) = claim(
            self.connection,
            &queue,
            &self.turn(is_on),
            &UnderWay::default(),
            self.now,
        )?
        else {
            return Ok(false);
        };
        assert!(is_on || !due.reason.calls(), "called after they were taken off");
        self.nobody_is_called_for_what_somebody_has(person, &due);
        if how != 3 {
            let (subject, text, short) = Default::default();
            let message = Message { subject, text, short };
            let secret = None;
            keep_message(self.connection, due.id, &Told { message, secret })?;
        }
        let outcome = match how {
            2 => Outcome::Retry("busy".to_owned()),
            3 => return Ok(true),
            _ => Outcome::Sent,
        };
        let along: Vec<(u64, Reason)> = due
            .along
            .alarms
            .iter()
            .map(|(alarm, reason)| (alarm.id, *reason))
            .collect();
        self.log.push(format!(
            "{person} {} {:?} untold {} along {along:?} {how} {outcome:?}",
            due.alarm.id, due.reason, due.untold
        ));
        let written = how != 1;
        let words = along.into_iter().map(|(alarm, reason)| (alarm, reason, true));
        for (alarm, reason, untold) in words.chain([(due.alarm.id, due.reason, due.untold)]) {
            if let Some(heard) = Heard::by(reason).filter(|_| outcome == Outcome::Sent) {
                self.hear((person, alarm), (heard, untold), written);
            }
        }
        if written {
            finish(self.connection, &due, &outcome, self.now)?;
        }
        Ok(true)
    }

    fn nobody_is_called_for_what_somebody_has(&self, person: &str, due: &Due) {
        let along = due.along.alarms.iter().map(|(alarm, reason)| (alarm.id, *reason));
        for (alarm, reason) in along
            .chain([(due.alarm.id, due.reason)])
            .filter(|(_, reason)| reason.calls())
        {
            let stands = &self.alarms[alarm as usize - 1];
            let log = self.log.join("\n");
            assert_ne!(
                stands.state,
                State::ActiveAcknowledged,
                "{person} is called for alarm {alarm}: {reason:?}\n{log}"
            );
        }
    }

    /// A word arrives. Of what goes along with another alarm's message nobody asks whether it began.
    fn hear(&mut self, whom: (&'static str, u64), word: Word, written: bool) {
        let words = self.arrived.entry(whom).or_default();
        match self.unwritten.contains(&whom) {
            true => *words.last_mut().unwrap() = word,
            false => words.push(word),
        }
        match written {
            true => self.unwritten.remove(&whom),
            false => self.unwritten.insert(whom),
        };
    }

    fn pass(&mut self) -> rusqlite::Result<()> {
        self.now = self.now + Duration::from_seconds(10);
        match self.any(17) {
            16 => self.pass_on(),
            13 | 14 => self.round(),
            15 => self.break_or_mend(),
            0..=4 => self.step(),
            5 => self.revise(),
            6 => prune(self.connection, self.now - Duration::from_seconds(30), self.now).map(drop),
            7 if self.any(8) == 0 => self.join(),
            8 if self.any(4) == 0 => {
                self.now = self.now + Duration::from_minutes(6);
                Ok(())
            }
            _ => {
                let (person, how) = (PEOPLE[self.any(3) as usize], self.any(4));
                let incident = INCIDENTS[self.any(2) as usize];
                self.attempt(person, incident, how).map(drop)
            }
        }
    }

    /// Everything arrives, and then everybody's last word is right.
    fn end(mut self, seed: u64) -> rusqlite::Result<()> {
        // Whatever is gathered or keeps its distance leaves by then.
        self.now = self.now + Duration::from_minutes(20);
        for _ in 0..9 {
            // Whomever the ladder comes to has been told by then: everybody.
            self.round()?;
            for person in PEOPLE {
                for incident in INCIDENTS {
                    while self.attempt(person, incident, 0)? {}
                }
            }
            self.now = self.now + Duration::from_minutes(6);
        }
        let log = self.log.join("\n");
        let each = self
            .alarms
            .iter()
            .flat_map(|alarm| PEOPLE.map(|person| (person, alarm)));
        for (person, alarm) in each {
            let stands = alarm.state.is_active();
            let words = self.arrived.get(&(person, alarm.id)).cloned().unwrap_or_default();
            let last = words.last().map(|(heard, _)| *heard);
            let told = format!("seed {seed}, {person}, alarm {}: {words:?}\n{log}", alarm.id);
            if !stands {
                assert_ne!(last, Some(Heard::Stands), "left with an open alarm, {told}");
            }
            let calls = alarm.state == State::ActiveUnacknowledged && alarm.cover.is_none();
            let incident = incident_of(self.connection, alarm.id)?.cast_unsigned();
            let read = Standing::read(self.connection, incident, &self.site(), Timestamp::MIN)?;
            let is_held = self.climbs && read.situation.is_some_and(|situation| situation.is_held);
            if calls && !is_held && self.on.contains(person) {
                assert_eq!(last, Some(Heard::Stands), "not called, {told}");
            }
            for pair in words.windows(2) {
                let again = pair[0].0 == Heard::Over && pair[1] == (Heard::Over, false);
                assert!(!again, "an end without its beginning, {told}");
            }
            assert_ne!(
                words.first(),
                Some(&(Heard::Over, false)),
                "an end without its beginning, {told}"
            );
        }
        Ok(())
    }
}

/// Two incidents with three alarms, of which nobody was told anything.
fn begin(connection: &Connection) -> rusqlite::Result<()> {
    let [one, other] = INCIDENTS;
    connection.execute_batch(&format!(
        "delete from outbox; delete from incident_member; delete from call; delete from call_event; delete from system_condition;
         insert or ignore into incident(id, incident) values ({one}, '{{}}'), ({other}, '{{}}');
         insert into incident_member(incident, alarm, member) values ({one}, 1, ''), ({one}, 2, ''), ({other}, 3, '')"
    ))
}

#[test]
fn whatever_happens_at_night_nobody_is_left_with_a_wrong_last_word() {
    let (_folder, database) = filled(&[]);
    let seeds = std::env::var("PLENUM_SEEDS").map_or(400, |seeds| seeds.parse().unwrap());
    let nights = move |connection: &Connection| {
        for seed in 0..seeds {
            let mut night = Night {
                connection,
                random: seed,
                now: NOW,
                alarms: [1, 2, 3].map(|id| Alarm {
                    id,
                    state: State::Normal,
                    priority: [Priority::Critical, Priority::High, Priority::Low][id as usize - 1],
                    ..alarm()
                }),
                on: BTreeSet::from(["anna", "bert"]),
                climbs: seed % 2 == 1,
                broken: BTreeSet::new(),
                arrived: BTreeMap::new(),
                unwritten: BTreeSet::new(),
                log: Vec::new(),
            };
            begin(connection)?;
            for alarm in &night.alarms {
                night.keep(alarm)?;
            }
            for _ in 0..90 {
                night.pass()?;
            }
            night.end(seed)?;
        }
        Ok(())
    };
    database.write_blocking(nights).unwrap();
}
