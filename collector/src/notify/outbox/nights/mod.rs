//! Nights at random: alarms of one incident, or of two that turn out to be one, come and go, people act, answer and come and go, attempts arrive, fail, hang, are refused and are cut off half-way, old
//! rows are pruned. Whatever happened, in the end nobody whom a way reaches is left with a wrong last word, and somebody is told or it is said that nobody can be.

mod end;
mod steps;
mod ways;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plenum_core::alarms::{Alarm, State};
use plenum_core::oncall::call::Way;
use plenum_core::site::Site;
use plenum_protocol::{Duration, Timestamp};
use rusqlite::Connection;

use super::tests::{NOW, alarm, filled};
use super::*;
use crate::notify::caller::round::Round;
use crate::notify::calls;
use crate::notify::reach::Reach;
use ways::{Dies, Temper, WAYS};

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
    /// The ways that the site has.
    on: BTreeSet<usize>,
    site: Arc<Site>,
    /// Whether a ladder takes them.
    climbs: bool,
    /// How each way treats what is sent by it.
    tempers: [Temper; WAYS.len()],
    /// Whether what is well may fail once all the same.
    is_restless: bool,
    /// What the courier knows of them.
    reach: Reach,
    /// The ways that did not work at the last look at the ladder.
    broken: BTreeSet<Way>,
    /// What arrived by each way of each alarm.
    arrived: BTreeMap<(usize, u64), Vec<Word>>,
    /// Where the last one arrived, and the program died before that was written down, or was never told.
    unwritten: BTreeSet<(usize, u64)>,
    /// Of which an end was given up for good.
    given_up: BTreeSet<(usize, u64)>,
    log: Vec<String>,
}

impl<'a> Night<'a> {
    fn new(connection: &'a Connection, seed: u64) -> Self {
        let (on, climbs) = (BTreeSet::from([0, 1]), seed % 2 == 1);
        Self {
            site: Arc::new(site(&on, climbs)),
            on,
            climbs,
            connection,
            random: seed,
            now: NOW,
            alarms: [1, 2, 3].map(|id| Alarm {
                id,
                state: State::Normal,
                priority: [Priority::Critical, Priority::High, Priority::Low][id as usize - 1],
                ..alarm()
            }),
            tempers: [Temper::Well; WAYS.len()],
            is_restless: true,
            reach: Reach::default(),
            broken: BTreeSet::new(),
            arrived: BTreeMap::new(),
            unwritten: BTreeSet::new(),
            given_up: BTreeSet::new(),
            log: Vec::new(),
        }
    }

    /// A number below `below`.
    fn any(&mut self, below: u64) -> u64 {
        self.random = self
            .random
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.random >> 33) % below
    }

    fn any_way(&mut self) -> usize {
        self.any(WAYS.len() as u64) as usize
    }

    fn pass(&mut self) -> rusqlite::Result<()> {
        self.now = self.now + Duration::from_seconds(10);
        match self.any(18) {
            0..=4 => self.step(),
            5 => self.revise(),
            6 => prune(self.connection, self.now - Duration::from_seconds(30), self.now).map(drop),
            7 if self.any(8) == 0 => self.join(),
            8 if self.any(4) == 0 => {
                self.now = self.now + Duration::from_minutes(6);
                Ok(())
            }
            13 | 14 => self.round(),
            15 => {
                self.change_temper();
                Ok(())
            }
            16 => self.pass_on(),
            _ => {
                let (way, incident) = (self.any_way(), INCIDENTS[self.any(2) as usize]);
                let dies = [
                    Dies::Not,
                    Dies::BeforeItWasMade,
                    Dies::BeforeItIsWritten,
                    Dies::BeforeItIsSaid,
                ];
                // Mostly it lives.
                let dies = dies[(self.any(8) as usize).saturating_sub(4)];
                self.attempt(way, incident, dies).map(drop)
            }
        }
    }

    /// Somebody comes or goes.
    fn revise(&mut self) -> rusqlite::Result<()> {
        let way = self.any_way();
        if !self.on.remove(&way) {
            self.on.insert(way);
        }
        self.site = Arc::new(site(&self.on, self.climbs));
        self.log.push(format!("on {:?}", self.on));
        let standing = self.alarms.clone();
        intend_for_newcomers(self.connection, &standing, &self.site, self.now, Timestamp::MIN)?;
        self.forget_who_left()
    }

    /// Somebody looks whom the ladder calls.
    fn round(&mut self) -> rusqlite::Result<()> {
        if !self.climbs {
            return Ok(());
        }
        let round = Round {
            site: self.site.clone(),
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
}

fn site(on: &BTreeSet<usize>, climbs: bool) -> Site {
    let mut text = "[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n".to_owned();
    for person in PEOPLE {
        text += &format!("[[person]]\nid = \"{person}\"\nname = \"{person}\"\n");
    }
    for (channel, kind) in [("mail", "email"), ("phone", "sms")] {
        let people = on.iter().map(|way| &WAYS[*way]);
        let people = people.filter(|way| way.channel == channel).map(|way| way.person);
        let people: Vec<&str> = people.collect();
        text += &format!("[[channel]]\nid = \"{channel}\"\nkind = \"{kind}\"\npeople = {people:?}\n");
    }
    if climbs {
        text += LADDER;
    }
    toml::from_str(&text).unwrap()
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
fn whatever_happens_at_night_nobody_is_left_with_a_wrong_last_word_and_somebody_is_told_or_nobody_can_be() {
    let (_folder, database) = filled(&[]);
    let seeds = std::env::var("PLENUM_SEEDS").map_or(400, |seeds| seeds.parse().unwrap());
    let nights = move |connection: &Connection| {
        for seed in 0..seeds {
            let mut night = Night::new(connection, seed);
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
