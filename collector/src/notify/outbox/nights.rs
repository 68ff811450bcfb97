//! Nights at random: an alarm comes and goes, people act and come and go, attempts arrive, fail and are cut off half-way, old rows are pruned. Whatever
//! happened, in the end nobody is left with a wrong last word.

use std::collections::{BTreeMap, BTreeSet};

use plenum_core::alarms::{Alarm, Cause, Cover, CoverKind, Event, Shelving, State};
use plenum_core::authority::Actor;
use plenum_core::site::Site;
use plenum_protocol::{Duration, Timestamp};
use rusqlite::Connection;

use super::tests::{NOW, alarm, filled, transition};
use super::*;

const PEOPLE: [&str; 3] = ["anna", "bert", "carl"];

/// What a message left its reader with, and whether it said that they had heard nothing before. One of which the program knew nothing
/// any more is said again.
type Word = (Heard, bool);

struct Night<'a> {
    connection: &'a Connection,
    random: u64,
    now: Timestamp,
    alarm: Alarm,
    on: BTreeSet<&'static str>,
    /// What arrived at each.
    arrived: BTreeMap<&'static str, Vec<Word>>,
    /// To whom the last one arrived, and the program died before it was written down.
    unwritten: BTreeSet<&'static str>,
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
        toml::from_str(&text).unwrap()
    }

    /// The alarm takes a step of its life, if it can.
    fn step(&mut self) -> rusqlite::Result<()> {
        let from = (self.alarm.state, self.alarm.cover.as_ref().map(Cover::kind));
        let uncovered = match self.alarm.state.is_active() {
            true => State::ActiveUnacknowledged,
            false => self.alarm.state,
        };
        let (cause, to, cover) = match (self.any(4), from) {
            (0 | 1, (State::Normal | State::ReturnedUnacknowledged, cover)) => {
                self.alarm.raised_at = self.now;
                (Cause::Raised, State::ActiveUnacknowledged, cover)
            }
            (0 | 1, (State::ActiveUnacknowledged, cover)) => {
                (Cause::Returned, State::ReturnedUnacknowledged, cover)
            }
            (0 | 1, (State::ActiveAcknowledged, cover)) => (Cause::Returned, State::Normal, cover),
            (2, (State::ActiveUnacknowledged, None)) => {
                (Cause::Acknowledged, State::ActiveAcknowledged, None)
            }
            (3, (state, None)) => (Cause::Shelved, state, Some(CoverKind::Shelved)),
            (3, (_, Some(_))) => (Cause::ShelvingEnded, uncovered, None),
            _ => return Ok(()),
        };
        self.alarm.state = to;
        self.alarm.cover = cover.map(|_| {
            Cover::Shelved(Shelving {
                by: Actor::Monitor,
                since: self.now,
                at: self.now,
                until: self.now,
                reason: String::new(),
                reminded: false,
            })
        });
        let event = Event {
            at: self.now,
            from: from.0,
            to,
            from_cover: from.1,
            to_cover: cover,
            cause,
            ..transition()
        };
        self.keep()?;
        self.log.push(format!("{cause:?}"));
        intend(
            self.connection,
            &[(self.alarm.clone(), event)],
            &self.site(),
            self.now,
            Timestamp::MIN,
        )
        .map(drop)
    }

    fn keep(&self) -> rusqlite::Result<()> {
        let state = self.alarm.state.as_str();
        self.connection
            .execute(
                "insert or replace into alarm(id, state, alarm) values (1, ?1, '{}')",
                [state],
            )
            .map(drop)
    }

    /// Somebody comes or goes.
    fn revise(&mut self) -> rusqlite::Result<()> {
        let person = PEOPLE[self.any(3) as usize];
        if !self.on.remove(person) {
            self.on.insert(person);
        }
        self.log.push(format!("on {:?}", self.on));
        let standing = [self.alarm.clone()];
        intend_for_newcomers(self.connection, &standing, &self.site(), self.now, Timestamp::MIN).map(drop)
    }

    /// An attempt at somebody's queue. `how`: it arrives; it arrives and the program dies; it fails; the program dies before it is made.
    fn attempt(&mut self, person: &'static str, how: u64) -> rusqlite::Result<bool> {
        let queue = Queue {
            channel: "mail".to_owned(),
            recipient: person.to_owned(),
            alarm: 1,
        };
        let Some(due) = claim(self.connection, &queue, self.now)? else {
            return Ok(false);
        };
        let gone = !self.on.contains(person) && due.reason.calls();
        if !gone && how != 3 {
            let (subject, text, short) = Default::default();
            let message = Message { subject, text, short };
            let secret = None;
            keep_message(self.connection, due.id, &Told { message, secret })?;
        }
        let outcome = match how {
            _ if gone => Outcome::GiveUp("gone".to_owned()),
            2 => Outcome::Retry("busy".to_owned()),
            3 => return Ok(true),
            _ => Outcome::Sent,
        };
        self.log.push(format!(
            "{person} {:?} untold {} {how} {outcome:?}",
            due.reason, due.untold
        ));
        if outcome == Outcome::Sent
            && let Some(heard) = Heard::by(due.reason)
        {
            let words = self.arrived.entry(person).or_default();
            match self.unwritten.contains(person) {
                true => *words.last_mut().unwrap() = (heard, due.untold),
                false => words.push((heard, due.untold)),
            }
        }
        let written = outcome != Outcome::Sent || how != 1;
        match outcome {
            Outcome::Sent if written => self.unwritten.remove(person),
            Outcome::Sent if Heard::by(due.reason).is_some() => self.unwritten.insert(person),
            _ => false,
        };
        if written {
            finish(self.connection, &due, &outcome, self.now)?;
        }
        Ok(true)
    }

    fn pass(&mut self) -> rusqlite::Result<()> {
        self.now = self.now + Duration::from_seconds(10);
        match self.any(9) {
            0..=2 => self.step(),
            3 => self.revise(),
            4 => prune(self.connection, self.now - Duration::from_seconds(30), self.now).map(drop),
            _ => {
                let (person, how) = (PEOPLE[self.any(3) as usize], self.any(4));
                self.attempt(person, how).map(drop)
            }
        }
    }

    /// Everything arrives, and then everybody's last word is right.
    fn end(mut self, seed: u64) -> rusqlite::Result<()> {
        for person in PEOPLE {
            while self.attempt(person, 0)? {}
        }
        let (log, stands) = (self.log.join("\n"), self.alarm.state.is_active());
        for person in PEOPLE {
            let words = self.arrived.get(person).cloned().unwrap_or_default();
            let last = words.last().map(|(heard, _)| *heard);
            let told = format!("seed {seed}, {person}: {words:?}\n{log}");
            if !stands {
                assert_ne!(last, Some(Heard::Stands), "left with an open alarm, {told}");
            }
            let calls = self.alarm.state == State::ActiveUnacknowledged && self.alarm.cover.is_none();
            if calls && self.on.contains(person) {
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

#[test]
fn whatever_happens_at_night_nobody_is_left_with_a_wrong_last_word() {
    let (_folder, database) = filled(&[]);
    let nights = |connection: &Connection| {
        for seed in 0..400 {
            connection.execute("delete from outbox", [])?;
            let mut night = Night {
                connection,
                random: seed,
                now: NOW,
                alarm: Alarm {
                    state: State::Normal,
                    ..alarm()
                },
                on: BTreeSet::from(["anna", "bert"]),
                arrived: BTreeMap::new(),
                unwritten: BTreeSet::new(),
                log: Vec::new(),
            };
            night.keep()?;
            for _ in 0..60 {
                night.pass()?;
            }
            night.end(seed)?;
        }
        Ok(())
    };
    database.write_blocking(nights).unwrap();
}
