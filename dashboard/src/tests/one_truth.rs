//! One truth: for a thousand sensors with a past made at random, the alarm's input, the message's facts, the chart's gaps and faults, the room's view,
//! the metrics and the service's intervals say the same of known or unknown, of the value and of since when.

use std::collections::HashMap;
use std::fmt::Write as _;

use plenum_collector::facts::SiteFacts;
use plenum_collector::notify::outbox::Due;
use plenum_collector::notify::{FactsSource, Known};
use plenum_core::alarms::{Alarm, Input, Subject};
use plenum_core::expectation::Knowledge;
use plenum_core::fact::{Gap, Item};
use plenum_core::oncall::Reason;
use plenum_link::SystemClock;
use plenum_protocol::{Clock, Duration, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Value, json};

use super::rig::Rig;

const AGENTS: usize = 10;
const SENSORS: usize = 100;
/// The first sensors have a service each.
const SERVICES: usize = 40;
/// Who is so near to the end of what is known is not asked: the clock goes on while the others are.
const NEAR: i64 = 20;

/// A sensor with its past; seconds before now.
struct Story {
    interval: i64,
    /// When and what; a fault without a value.
    readings: Vec<(i64, Option<f64>)>,
    /// From when to when readings of its agent were lost.
    lost: Option<(i64, i64)>,
}

/// What is right.
#[derive(Debug, PartialEq)]
enum Truth {
    Known(f64),
    /// Since when, seconds before now.
    Unknown(Option<i64>),
}

impl Story {
    fn random(random: &mut StdRng, lost: Option<(i64, i64)>) -> Self {
        let interval = [1, 5, 10, 20, 60, 600][random.random_range(0..6)];
        let end = [random.random_range(0..60), random.random_range(60..600)][random.random_range(0..2)];
        let faults = [0, 0, 1, 4][random.random_range(0..4)];
        let count = random.random_range(1..30);
        let mut readings = Vec::new();
        let mut before = end;
        for index in 0..count {
            let value = (index >= faults).then(|| f64::from(random.random_range(200..300)) / 10.0);
            // The ends of some pasts are in order, others have faults and holes.
            let value = value.filter(|_| random.random_range(0..20) > 0);
            readings.push((before, value));
            let is_hole = random.random_range(0..15) == 0;
            before += interval + if is_hole { random.random_range(60..600) } else { 0 };
        }
        readings.reverse();
        Self {
            interval,
            readings,
            lost,
        }
    }

    fn limit(&self) -> i64 {
        (3 * self.interval).max(60)
    }

    /// None for one that is too near to the end of what is known, or of which it cannot be told.
    fn truth(&self) -> Option<Truth> {
        let good = self.readings.iter().rposition(|(_, value)| value.is_some());
        let Some(good) = good else {
            return Some(Truth::Unknown(None));
        };
        let (at, value) = self.readings[good];
        let fault = self.readings.get(good + 1).map(|(at, _)| *at);
        let ends = at - self.limit();
        if ends.abs() < NEAR {
            return None;
        }
        let lost = self.lost.filter(|(_, to)| at > *to).map(|(from, _)| from);
        // It is told apart of whom something was known when that began.
        let known_at = |from: i64| {
            let before = self.readings.iter().rfind(|(before, _)| *before >= from);
            before.is_some_and(|(at, value)| value.is_some() && at - self.limit() <= from)
        };
        if lost.is_some_and(|from| !known_at(from)) {
            return None;
        }
        let is_known = fault.is_none() && lost.is_none() && ends < 0;
        Some(match value.filter(|_| is_known) {
            Some(value) => Truth::Known(value),
            None => Truth::Unknown(fault.into_iter().chain(lost).chain([ends]).max()),
        })
    }
}

fn name(number: usize) -> (String, String) {
    (format!("pi-{}", number / SENSORS), format!("s{number}"))
}

fn series(number: usize) -> String {
    let (agent, sensor) = name(number);
    format!("zaandam/{agent}/{sensor}/temperature")
}

fn site() -> String {
    let mut text = "[site]\nid = \"zaandam\"\nname = \"Zaandam\"\nzone = \"UTC\"\n[[room]]\nid = \"room-a\"\nname = \"Room A\"\n\
                    [[rule]]\nid = \"warm\"\nname = \"Warm\"\npriority = \"low\"\nselect = { quantities = [\"temperature\"] }\n\
                    when = { above = { limit = 25 } }\n"
        .to_owned();
    for number in 0..AGENTS * SENSORS {
        let (agent, sensor) = name(number);
        let _ = write!(
            text,
            "[[sensor]]\nagent = \"{agent}\"\nid = \"{sensor}\"\nname = \"{sensor}\"\nroom = \"room-a\"\nplace = \"room\"\n"
        );
        if number < SERVICES {
            let _ = write!(
                text,
                "[[service]]\nid = \"{sensor}\"\nname = \"{sensor}\"\nobjective = 0.999\nzone = \"UTC\"\nsince = \"2026-01-01T00:00\"\n\
                 down = {{ rule = {{ rule = \"warm\", sensor = \"{agent}/{sensor}\" }} }}\n"
            );
        }
    }
    text
}

/// Publishes every past up to `now`; a second in milliseconds. Foreign publishers have no status.
async fn publish(rig: &Rig, stories: &[Story], now: i64, foreign: bool) {
    for agent in 0..stories.len().div_ceil(SENSORS) {
        let of_agent = agent * SENSORS..((agent + 1) * SENSORS).min(stories.len());
        let id = format!("pi-{agent}");
        let sensor = |number: usize| {
            json!({"id": format!("s{number}"), "driver": "simulated", "quantities": ["temperature"],
                "interval_s": stories[number].interval})
        };
        let sensors: Vec<Value> = of_agent.clone().map(sensor).collect();
        let status = json!({"state": "online", "connection": 1, "clock": "synchronised", "sensors": sensors});
        if !foreign {
            rig.publish_as(&id, "status", status).await;
        }
        for number in of_agent {
            // With a reading of now beside them: the publisher's clock is right, and who is silent is the sensor.
            let mut pack = vec![
                json!({"bn": format!("zaandam/{id}/"), "bt": now / 1_000}),
                json!({"n": "beat/humidity", "u": "%RH", "v": 50.0}),
            ];
            for (before, value) in &stories[number].readings {
                let channel = format!("s{number}/temperature");
                pack.push(match value {
                    Some(value) => json!({"n": channel, "u": "Cel", "t": -before, "v": value}),
                    None => json!({"n": channel, "t": -before, "vs": "timeout"}),
                });
            }
            rig.publish_as(&id, "readings", Value::Array(pack)).await;
        }
    }
    let collector = &rig.collector;
    for (agent, stories) in stories.chunks(SENSORS).enumerate() {
        if let Some(lost) = stories[0].lost {
            collector
                .journal
                .append(vec![gap(agent, lost, now)])
                .await
                .unwrap();
        }
    }
    rig.wait_until(|| async {
        collector.history.latest().len() == stories.len() + stories.len().div_ceil(SENSORS)
    })
    .await;
    let written = collector.journal.statistics().head;
    rig.wait_until(|| async {
        *collector.alarms.applied().borrow() >= written && *collector.history.applied().borrow() >= written
    })
    .await;
    // The engine gives what was measured a second to arrive.
    SystemClock.sleep(Duration::from_seconds(3)).await;
}

/// What intake says of a hole in the numbers of an agent's stream.
fn gap(agent: usize, (from, to): (i64, i64), now: i64) -> Item {
    let at = |before: i64| Timestamp::from_milliseconds(now - before * 1_000);
    Item::Gap(Gap {
        agent: format!("zaandam/pi-{agent}").parse().unwrap(),
        stream: "1".to_owned(),
        sequence: (2, 3),
        from: at(from),
        to: at(to),
        why: "lost".to_owned(),
    })
}

/// Every item of a list, by its series.
async fn by_series(rig: &Rig, path: &str) -> HashMap<String, Value> {
    let mut found = HashMap::new();
    let mut cursor = String::new();
    loop {
        let page = rig.get(&format!("{path}?limit=500{cursor}")).await;
        for item in page["items"].as_array().unwrap() {
            found.insert(item["series"].as_str().unwrap().to_owned(), item.clone());
        }
        match page["next"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return found,
        }
    }
}

/// What a chart shows at its end: the newest point, or the fault or gap that stretches there.
async fn of_chart(rig: &Rig, number: usize, now: i64) -> Truth {
    let (from, to) = (now - 12 * 3_600_000, now + 1);
    let path = format!("/api/v1/readings?series={}&from={from}&to={to}", series(number));
    let answer = rig.get(&path).await;
    let list = |key: &str| answer[key].as_array().unwrap().clone();
    let newest = list("points").last().map(|point| point[0].as_i64().unwrap());
    let is_later = |at: i64| newest.is_some_and(|newest| at > newest);
    let fault = list("faults")
        .iter()
        .map(|fault| fault[0].as_i64().unwrap())
        .find(|at| is_later(*at));
    let gaps = list("gaps");
    let gap = gaps
        .iter()
        .filter(|gap| is_later(gap[1].as_i64().unwrap()))
        .map(|gap| gap[0].as_i64().unwrap())
        .min();
    match (newest, fault.into_iter().chain(gap).min()) {
        (None, _) => Truth::Unknown(None),
        (Some(_), None) => Truth::Known(list("points").last().unwrap()[1].as_f64().unwrap()),
        (Some(_), Some(since)) => Truth::Unknown(Some((now - since) / 1_000)),
    }
}

fn of_facts(known: Knowledge, now: i64) -> Truth {
    match known {
        Knowledge::Known { value, .. } => Truth::Known(value),
        Knowledge::Unknown { since, .. } => {
            Truth::Unknown(since.map(|since| (now - since.milliseconds()) / 1_000))
        }
    }
}

fn of_view(input: &Value, metric: Option<f64>, now: i64) -> Truth {
    assert_eq!(input["condition"] == "good", metric.is_some(), "{input}");
    match metric {
        Some(value) => Truth::Known(value),
        None => {
            let since = input["unknown_since"].as_str();
            let since = since.map(|since| since.parse::<Timestamp>().unwrap().milliseconds());
            Truth::Unknown(since.map(|since| (now - since) / 1_000))
        }
    }
}

/// The values of the metrics, by sensor.
async fn metrics(rig: &Rig) -> HashMap<String, f64> {
    let page = rig
        .with_token(reqwest::Method::GET, "/metrics")
        .send()
        .await
        .unwrap();
    let page = page.text().await.unwrap();
    let lines = page
        .lines()
        .filter_map(|line| line.strip_prefix("plenum_reading{"));
    let value = |line: &str| {
        let (_, sensor) = line.split_once("sensor=\"")?;
        let (_, value) = line.rsplit_once(' ')?;
        Some((sensor.split('"').next()?.to_owned(), value.parse().ok()?))
    };
    lines.filter_map(value).collect()
}

fn due(alarm: Alarm, now: Timestamp) -> Due {
    Due {
        id: 1,
        created: now,
        since: now,
        channel: "mail".to_owned(),
        kind: "email".to_owned(),
        recipient: "anna".to_owned(),
        reason: Reason::First,
        alarm,
        key: String::new(),
        attempts: 0,
        told: None,
        untold: false,
        incident: 1,
        along: plenum_collector::notify::outbox::Along::default(),
    }
}

/// A service's last stretch: the state, and since when.
async fn of_service(rig: &Rig, number: usize, now: i64) -> (String, i64) {
    let at = Timestamp::from_milliseconds;
    let (from, to) = (at(now - 12 * 3_600_000), at(now));
    let path = format!("/api/v1/services/s{number}/availability?from={from}&to={to}");
    let answer = rig.get(&path).await;
    let last = answer["intervals"].as_array().unwrap().last().unwrap();
    let since: Timestamp = last["from"].as_str().unwrap().parse().unwrap();
    let state = last["state"].as_str().unwrap().to_owned();
    (state, (now - since.milliseconds()) / 1_000)
}

/// What everybody said when they were asked, at one instant.
struct Asked {
    now: i64,
    inputs: HashMap<String, Value>,
    metrics: HashMap<String, f64>,
    standing: HashMap<String, Alarm>,
    facts: SiteFacts,
}

impl Asked {
    async fn at(rig: &Rig, now: i64) -> Self {
        let (alarms, history, agents) = (
            rig.collector.alarms.clone(),
            rig.collector.history.clone(),
            rig.collector.agents.clone(),
        );
        let calls = rig.collector.calls.clone();
        let warm = alarms.alarms(false).into_iter();
        let warm = warm.filter(|alarm| alarm.rule.as_str() == "warm");
        let standing = warm.filter_map(|alarm| match &alarm.subject {
            Subject::Series(series) => Some((series.to_string(), alarm)),
            _ => None,
        });
        Self {
            now,
            inputs: by_series(rig, "/api/v1/inputs").await,
            metrics: metrics(rig).await,
            standing: standing.collect(),
            facts: SiteFacts::new(
                alarms,
                calls,
                (history, agents),
                SystemClock::shared(),
                "https://p",
            ),
        }
    }

    /// Everybody says this of a sensor. Gives whether it has an alarm.
    async fn check(&self, rig: &Rig, number: usize, truth: &Truth, place: &str) -> bool {
        let (series, (_, sensor), now) = (series(number), name(number), self.now);
        let view = of_view(&self.inputs[&series], self.metrics.get(&sensor).copied(), now);
        assert_eq!(view, *truth, "the room's view, {place}");
        assert_eq!(of_chart(rig, number, now).await, *truth, "the chart, {place}");
        let is_known = matches!(truth, Truth::Known(_));
        if number < SERVICES {
            let (state, since) = of_service(rig, number, now).await;
            assert_eq!(state == "unknown", !is_known, "the service, {place}");
            if let Truth::Unknown(Some(expected)) = truth {
                assert_eq!(since, *expected, "since when the service is unknown, {place}");
            }
        }
        let Some(alarm) = self.standing.get(&series) else {
            return false;
        };
        assert_eq!(
            alarm.input == Input::Known,
            is_known,
            "the alarm's input, {place}"
        );
        // A message looks at all the sensors of its room.
        if number.is_multiple_of(5) {
            let asked = Timestamp::from_milliseconds(now);
            let facts = self
                .facts
                .facts(&due(alarm.clone(), asked), Known::default(), asked)
                .await;
            assert_eq!(
                of_facts(facts.measured.unwrap(), now),
                *truth,
                "the message, {place}"
            );
        }
        true
    }
}

#[tokio::test]
async fn whoever_is_asked_says_the_same() {
    let seed = std::env::var("PLENUM_TEST_SEED").map_or(7, |seed| seed.parse().unwrap());
    let mut random = StdRng::seed_from_u64(seed);
    let lost: Vec<Option<(i64, i64)>> = (0..AGENTS)
        .map(|agent| {
            let to = random.random_range(20..300);
            let from = to + random.random_range(1..300);
            agent.is_multiple_of(3).then_some((from, to))
        })
        .collect();
    let stories: Vec<Story> = (0..AGENTS * SENSORS)
        .map(|number| Story::random(&mut random, lost[number / SENSORS]))
        .collect();
    let rig = Rig::start_with(&site()).await;
    let now = SystemClock.now().milliseconds() / 1_000 * 1_000;
    publish(&rig, &stories, now, false).await;
    let asked = Asked::at(&rig, now).await;
    let (mut known, mut unknown, mut with_alarm) = (0, 0, 0);
    for (number, story) in stories.iter().enumerate() {
        let Some(truth) = story.truth() else { continue };
        let Story {
            readings,
            interval,
            lost,
        } = story;
        let place = format!("seed {seed}, sensor {number}: {readings:?} each {interval} s, lost {lost:?}");
        let has_alarm = asked.check(&rig, number, &truth, &place).await;
        with_alarm += usize::from(has_alarm);
        *if matches!(truth, Truth::Known(_)) {
            &mut known
        } else {
            &mut unknown
        } += 1;
    }
    assert!(
        known > 150 && unknown > 500 && with_alarm > 300,
        "{known}, {unknown}, {with_alarm}"
    );
    rig.stop().await;
}

#[tokio::test]
async fn of_a_publisher_without_a_status_everybody_says_the_same_too() {
    // A reading each 120 s and each 300 s, the last of them in time and not.
    let story = |interval: i64, last: i64| Story {
        interval,
        readings: (0..12)
            .rev()
            .map(|index| (last + index * interval, Some(26.0 + index as f64 / 10.0)))
            .collect(),
        lost: None,
    };
    let stories = [
        story(120, 100),
        story(120, 300),
        story(120, 420),
        story(300, 290),
        story(300, 800),
        story(300, 1_000),
    ];
    let rig = Rig::start_with(&site()).await;
    let now = SystemClock.now().milliseconds() / 1_000 * 1_000;
    publish(&rig, &stories, now, true).await;
    let asked = Asked::at(&rig, now).await;
    for (number, story) in stories.iter().enumerate() {
        let truth = story.truth().unwrap();
        let place = format!("each {} s, sensor {number}: {truth:?}", story.interval);
        assert!(
            asked.check(&rig, number, &truth, &place).await,
            "an alarm, {place}"
        );
    }
    rig.stop().await;
}
