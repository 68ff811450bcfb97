//! What arrived, held against the alarm log.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use plenum_link::SystemClock;
use plenum_protocol::{Clock, Duration, Timestamp};
use serde_json::Value;

use super::feed::series;
use super::{LEFT, Night};
use crate::support::webhook::Post;

/// To whom, by which channel.
type Way = String;
/// The way of the programs.
const PROGRAMS: &str = "ops";
const PEOPLE: [&str; 2] = ["mail/anna", "mail/bert"];
/// A message that has left its queue when an alarm is taken arrives within this.
const UNDER_WAY: Duration = Duration::from_seconds(1);
/// How long after a kill what was sent before it may be seen to arrive.
const SETTLES: Duration = Duration::from_milliseconds(300);
/// Behind a message that is under way for longer than this another one of its channel leaves; of what so slow a machine sends both may be cut off.
const SLOW: Duration = Duration::from_milliseconds(300);

/// What a message, or a line of the log, says of an alarm.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Word {
    Stands,
    Taken,
    Over,
    /// What nobody says of a sensor's alarm here.
    Other,
}

/// A message that arrived.
#[derive(Debug)]
pub(super) struct Arrival {
    at: Timestamp,
    way: Way,
    key: String,
    alarm: u64,
    word: Word,
}

impl Arrival {
    pub(super) fn of_mail(mail: &Value) -> Self {
        let text = |name: &str| mail[name].as_str().unwrap();
        let subject = text("subject");
        let number = subject.rsplit_once('[').unwrap().1.trim_end_matches(']');
        let person = mail["to"][0].as_str().unwrap().split('@').next().unwrap();
        let word = match subject.split([' ', ',']).next().unwrap() {
            "RETURNED" | "OVER" => Word::Over,
            "TAKEN" => Word::Taken,
            "CRITICAL" | "HIGH" | "AGAIN" => Word::Stands,
            _ => Word::Other,
        };
        Self {
            at: Timestamp::from_milliseconds(mail["at"].as_i64().unwrap()),
            way: format!("mail/{person}"),
            key: text("message_id").to_owned(),
            alarm: number.parse().unwrap(),
            word,
        }
    }

    /// Over which channel of the site, whoever it is for.
    fn channel(&self) -> &str {
        self.way.split('/').next().unwrap()
    }

    /// The alarm for which it calls whoever comes second.
    pub(super) fn calls_the_second(&self) -> Option<u64> {
        (self.way == PEOPLE[1] && self.word == Word::Stands).then_some(self.alarm)
    }

    pub(super) fn of_post((at, (key, body)): &(Timestamp, Post)) -> Self {
        let word = match body["reason"].as_str().unwrap() {
            "first" | "stands-again" => Word::Stands,
            "taken" => Word::Taken,
            "resolved" => Word::Over,
            _ => Word::Other,
        };
        Self {
            at: *at,
            way: PROGRAMS.to_owned(),
            key: key.clone(),
            alarm: body["alarm"]["id"].as_u64().unwrap(),
            word,
        }
    }
}

/// An alarm, and what the log has of it.
#[derive(Debug, Default)]
struct Course {
    series: String,
    climbs: bool,
    log: Vec<(Timestamp, Word)>,
}

impl Course {
    fn was_taken(&self) -> bool {
        self.log.iter().any(|(_, word)| *word == Word::Taken)
    }

    /// Whether it came once more after somebody had it.
    fn came_again(&self) -> bool {
        let after = self.log.iter().skip_while(|(_, word)| *word != Word::Taken);
        after.into_iter().any(|(_, word)| *word == Word::Stands)
    }

    /// Whether this one has to hear of it: a ladder comes to the second one only of what stands, and nobody is called for what somebody has.
    fn is_for(&self, way: &str) -> bool {
        let stood = (0..LEFT).any(|sensor| series(sensor) == self.series);
        way == PROGRAMS || (!self.was_taken() && (!self.climbs || way == PEOPLE[0] || stood))
    }
}

/// The figures of a night in which everything is as it must be.
pub(crate) struct Figures {
    lasted: Duration,
    incidents: usize,
    raised: usize,
    taken: usize,
    kills: usize,
    arrived: BTreeMap<Way, usize>,
    twice: BTreeMap<Way, usize>,
    after_taken: usize,
}

impl fmt::Display for Figures {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{} incidents ({} times raised, {} taken) in {} and {} kills: 0 lost; arrived {:?}, of those twice {:?}; {} under way when it was taken",
            self.incidents,
            self.raised,
            self.taken,
            self.lasted,
            self.kills,
            self.arrived,
            self.twice,
            self.after_taken
        )
    }
}

/// Says what is wrong, if anything is.
pub(super) fn judge(night: &Night) -> Result<Figures, String> {
    let courses = courses(night);
    let arrivals = night.arrivals();
    let mut wrong = everything_was_raised(night, &courses);
    let mut heard: BTreeMap<(&str, u64), Vec<&Arrival>> = BTreeMap::new();
    let (mut arrived, mut keys) = (BTreeMap::new(), BTreeSet::new());
    for arrival in arrivals
        .iter()
        .filter(|arrival| courses.contains_key(&arrival.alarm))
    {
        *arrived.entry(arrival.way.clone()).or_default() += 1;
        if keys.insert((&arrival.way, &arrival.key)) {
            heard
                .entry((&arrival.way, arrival.alarm))
                .or_default()
                .push(arrival);
        }
    }
    let twice = twice(night, &arrivals, &mut wrong);
    for (alarm, course) in &courses {
        for way in [PROGRAMS, PEOPLE[0], PEOPLE[1]] {
            let heard = heard.get(&(way, *alarm)).map_or(&[][..], Vec::as_slice);
            let said = is_told(course, way, heard)
                .err()
                .or(is_in_order(course, heard).err());
            wrong.extend(said.map(|said| format!("alarm {alarm}, {way}: {said}: {heard:?}, {course:?}")));
        }
    }
    let mut after_taken = 0;
    for (alarm, taken) in &night.taken {
        let calls = PEOPLE
            .iter()
            .filter_map(|way| heard.get(&(*way, *alarm)))
            .flatten();
        let late = calls.filter(|call| call.word == Word::Stands && call.at > *taken);
        for call in late.filter(|_| !courses[alarm].came_again()) {
            after_taken += 1;
            if call.at > *taken + UNDER_WAY {
                wrong.push(format!("alarm {alarm} was taken at {taken}: {call:?}"));
            }
        }
    }
    match wrong.is_empty() {
        true => Ok(Figures {
            lasted: SystemClock.now().since(night.begun),
            incidents: night.sensors.len(),
            raised: night.raised.iter().sum(),
            taken: night.taken.len(),
            kills: night.kills.len(),
            arrived,
            twice,
            after_taken,
        }),
        false => Err(format!(
            "{} wrong:\n{}",
            wrong.len(),
            wrong[..wrong.len().min(20)].join("\n")
        )),
    }
}

/// Whether an alarm is about a sensor's condition, and not about the monitor.
pub(super) fn is_of_a_sensor(alarm: &Value) -> bool {
    matches!(alarm["rule"].as_str(), Some("breaker" | "load"))
}

/// Every alarm of a sensor.
fn courses(night: &Night) -> BTreeMap<u64, Course> {
    let mut courses = BTreeMap::new();
    for alarm in night.server.items("alarms?state=all&limit=500") {
        if is_of_a_sensor(&alarm) {
            let course = Course {
                series: alarm["series"].as_str().unwrap().to_owned(),
                climbs: alarm["rule"] == "breaker",
                log: Vec::new(),
            };
            courses.insert(alarm["id"].as_u64().unwrap(), course);
        }
    }
    let (from, to) = (
        night.begun.milliseconds() - 60_000,
        SystemClock.now().milliseconds() + 60_000,
    );
    for event in night
        .server
        .items(&format!("alarms/events?from={from}&to={to}&limit=500"))
    {
        let word = match event["cause"].as_str().unwrap() {
            "raised" => Word::Stands,
            "acknowledged" => Word::Taken,
            "returned" => Word::Over,
            _ => continue,
        };
        if let Some(course) = courses.get_mut(&event["alarm"].as_u64().unwrap()) {
            let is_over = course.log.last().is_none_or(|(_, last)| *last == Word::Over);
            if word == Word::Taken && is_over {
                // That it was is seen, which nobody is told.
                continue;
            }
            course
                .log
                .push((event["at"].as_str().unwrap().parse().unwrap(), word));
        }
    }
    courses
}

/// Each sensor has an alarm, which was raised as often as its condition came.
fn everything_was_raised(night: &Night, courses: &BTreeMap<u64, Course>) -> Vec<String> {
    let mut raised: BTreeMap<&str, usize> = BTreeMap::new();
    for course in courses.values() {
        let times = course
            .log
            .iter()
            .filter(|(_, word)| *word == Word::Stands)
            .count();
        *raised.entry(&course.series).or_default() += times;
    }
    let wrong = night.raised.iter().enumerate().filter_map(|(sensor, times)| {
        let found = raised.get(series(sensor).as_str()).copied().unwrap_or(0);
        (found != *times).then(|| format!("sensor {sensor} came {times} times and was raised {found} times"))
    });
    wrong.collect()
}

/// How often something arrived twice: once at most for each kill over one channel.
fn twice(night: &Night, arrivals: &[Arrival], wrong: &mut Vec<String>) -> BTreeMap<Way, usize> {
    let mut first: BTreeMap<(&str, &str), Timestamp> = BTreeMap::new();
    let mut by_kill: BTreeMap<(&str, Timestamp), Timestamp> = BTreeMap::new();
    let mut twice: BTreeMap<Way, usize> = BTreeMap::new();
    for arrival in arrivals {
        let Some(before) = first.insert((&arrival.way, &arrival.key), arrival.at) else {
            continue;
        };
        *twice.entry(arrival.way.clone()).or_default() += 1;
        let cut_off = |kill: &&Timestamp| **kill + SETTLES >= before && **kill <= arrival.at;
        let Some(kill) = night.kills.iter().find(cut_off) else {
            wrong.push(format!(
                "arrived twice, at {before} too, and no kill between: {arrival:?}"
            ));
            continue;
        };
        let other = by_kill.insert((arrival.channel(), *kill), before);
        let is_slow = |other: &Timestamp| before.since(*other).milliseconds().abs() >= SLOW.milliseconds();
        if let Some(other) = other.filter(|other| !is_slow(other)) {
            wrong.push(format!(
                "the second that arrived twice by the kill at {kill}, sent at {before} and {other}: {arrival:?}"
            ));
        }
    }
    twice
}

/// Whoever has to hear of it does, and whoever heard that it stands hears that it is over.
fn is_told(course: &Course, way: &str, heard: &[&Arrival]) -> Result<(), &'static str> {
    let over = course.log.last().filter(|(_, word)| *word == Word::Over);
    let (over_at, _) = over.ok_or("it is not over")?;
    match heard.last() {
        None if course.is_for(way) => Err("untold"),
        Some(last) if last.word != Word::Over => Err("the end is untold"),
        Some(last) if last.at < *over_at && course.is_for(way) => Err("the last time is untold"),
        _ => Ok(()),
    }
}

/// What was heard is what happened, in the order in which it did; what was overtaken is left out.
fn is_in_order(course: &Course, heard: &[&Arrival]) -> Result<(), &'static str> {
    let mut words: Vec<Word> = heard.iter().map(|arrival| arrival.word).collect();
    // Whom a ladder comes to again is told again.
    words.dedup();
    let mut log = course.log.iter().map(|(_, word)| *word);
    let is_there = |word: &Word| log.any(|happened| happened == *word);
    words.iter().all(is_there).then_some(()).ok_or("out of order")
}
