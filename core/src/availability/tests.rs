//! What is said today changes nothing of yesterday.

use std::sync::Arc;

use plenum_protocol::{Duration, Outcome, Series, Timestamp};
use proptest::prelude::*;

use super::{Calendar, Revision, Source, Stretch, Timeline, Truth, availability};
use crate::expectation::{Expectation, Expected, Why};
use crate::site::{Down, Site};

const TODAY: i64 = 40_000;

fn second(count: i64) -> Timestamp {
    Timestamp::from_milliseconds(count * 1_000)
}

/// A kind of condition that tells of an instant, with what its series measure in turn and what they give when they are not hot and when they are.
struct DownKind {
    quantities: [&'static str; 2],
    values: [f64; 2],
    /// `LIMIT` is the limit.
    when: &'static str,
}

const fn of_temperatures(when: &'static str) -> DownKind {
    DownKind {
        quantities: ["temperature", "temperature"],
        values: [20.0, 40.0],
        when,
    }
}

const fn of_air(when: &'static str) -> DownKind {
    DownKind {
        quantities: ["temperature", "humidity"],
        ..of_temperatures(when)
    }
}

const fn of_doors(when: &'static str) -> DownKind {
    DownKind {
        quantities: ["door-open", "door-open"],
        values: [0.0, 1.0],
        when,
    }
}

const KINDS: [DownKind; 21] = [
    of_temperatures("when = { above = { limit = LIMIT } }"),
    of_temperatures("when = { vote = { at_least = 2, above = { limit = LIMIT } } }"),
    of_temperatures(
        "when = { vote = { at_least = 2, within = \"site\", above = { limit = LIMIT, deadband = 1 } } }",
    ),
    of_temperatures("when = { deviation = { limit = LIMIT } }"),
    of_temperatures(
        "when = { all = [{ above = { limit = LIMIT } }, { quantity = \"temperature\", within = \"room\", above = { limit = LIMIT } }] }",
    ),
    of_temperatures(
        "when = { any = [{ above = { limit = 90 } }, { quantity = \"temperature\", within = \"site\", above = { limit = LIMIT } }] }",
    ),
    of_temperatures(
        "when = { not = { any = [{ above = { limit = LIMIT } }, { quantity = \"temperature\", within = \"room\", below = { limit = LIMIT } }] } }",
    ),
    of_temperatures(
        "when = { above = { limit = LIMIT } }\nonly_while = { quantity = \"temperature\", within = \"room\", above = 30 }",
    ),
    of_temperatures(
        "when = { above = { limit = LIMIT } }\nnot_while = [{ quantity = \"temperature\", within = \"zone\", below = 25 }]",
    ),
    of_temperatures("when = { below = { limit = LIMIT, deadband = 2 } }"),
    of_temperatures("when = { rises = { by = 15, within = \"10min\", above = LIMIT } }"),
    of_temperatures("when = { falls = { by = 15, within = \"10min\" } }"),
    of_temperatures("when = { mean = { within = \"10min\", above = LIMIT } }"),
    of_temperatures(
        "when = { any = [{ rises = { by = 15, within = \"5min\" } }, { above = { limit = LIMIT } }] }",
    ),
    of_temperatures("when = { stale = {} }"),
    of_temperatures("when = { stale = { after = \"5min\" } }"),
    of_air("when = { dew-point = { above = 17 } }"),
    of_air("when = { dew-point = { margin = 5 } }"),
    of_air("when = { ashrae = { class = \"A1\" } }"),
    of_doors("when = { is = { state = true } }"),
    of_doors("when = { cycles = { starts = 2, within = \"30min\" } }"),
];

fn site(sensors: usize, limit: i64, kind: usize) -> Arc<Site> {
    let mut text = String::from(
        "[site]\nid = \"s\"\nname = \"S\"\nzone = \"UTC\"\n[[room]]\nid = \"a\"\nname = \"A\"\n",
    );
    for number in 0..sensors {
        text += &format!(
            "[[sensor]]\nagent = \"pi\"\nid = \"inlet-{number}\"\nname = \"Inlet {number}\"\nroom = \"a\"\nplace = \"inlet\"\n"
        );
    }
    text += &format!(
        "[[rule]]\nid = \"hot\"\nname = \"Hot\"\nselect = {{ quantities = [\"{}\"] }}\n\
         {}\non_delay = \"60s\"\noff_delay = \"120s\"\npriority = \"critical\"\n\
         [[service]]\nid = \"x\"\nname = \"X\"\nobjective = 0.999\nzone = \"UTC\"\nsince = \"1970-01-01T00:00\"\n\
         down = {{ rule = {{ rule = \"hot\", at_least = 2 }} }}\n",
        KINDS[kind].quantities[0],
        KINDS[kind].when.replace("LIMIT", &limit.to_string())
    );
    Arc::new(toml::from_str(&text).unwrap())
}

fn series(number: usize, kind: usize) -> Series {
    let [one, other] = KINDS[kind].quantities;
    let (sensor, quantity) = match one == other {
        true => (number, one),
        // Both of one sensor.
        false => (number / 2, KINDS[kind].quantities[number % 2]),
    };
    format!("s/pi/inlet-{sensor}/{quantity}").parse().unwrap()
}

/// A series' readings: how long after the one before, and whether it was hot.
type Course = Vec<(i64, bool)>;

/// A series: the interval that is told and when, if ever, and its course.
type Told = (Option<(i64, i64)>, Course);

#[derive(Debug, Clone)]
struct Story {
    series: Vec<Told>,
    placed: usize,
    kind: usize,
}

fn stories() -> impl Strategy<Value = Story> {
    let step = prop_oneof![6 => 10..200_i64, 1 => 500..5_000_i64];
    let course = prop::collection::vec((step, any::<bool>()), 0..60);
    let told = prop::option::weighted(0.7, (1..30_000_i64, prop_oneof![Just(10), Just(60), Just(600)]));
    (
        prop::collection::vec((told, course), 1..4),
        0..5_usize,
        0..KINDS.len(),
    )
        .prop_map(|(series, placed, kind)| Story { series, placed, kind })
}

fn expected(interval: i64) -> Option<Expected> {
    Some(Expected {
        interval: Duration::from_seconds(interval),
        why: Why::Told,
    })
}

/// The site from its beginning on, and what is made of it today.
fn revisions(story: &Story, later: &Later) -> Vec<Revision> {
    let mut revisions = vec![Revision {
        from: second(0),
        site: site(story.placed, 30, story.kind),
    }];
    if let Some(limit) = later.limit {
        revisions.push(Revision {
            from: second(TODAY),
            site: site(story.placed + 1, limit, story.kind),
        });
    }
    revisions
}

/// The condition's truth until today, by all that is known then and `later`.
fn yesterday(story: &Story, later: &Later) -> Vec<Stretch> {
    let mut sources = Vec::new();
    let mut readings: Vec<Vec<(Timestamp, Outcome)>> = Vec::new();
    for (number, (told, course)) in story.series.iter().enumerate() {
        let mut expectation = Expectation::default();
        let first = course.first().map(|(after, _)| *after);
        if let Some((at, interval)) = told {
            let has_readings = first.is_some_and(|first| first < *at);
            expectation.change(second(*at), expected(*interval), has_readings);
        }
        if let Some(interval) = later.interval {
            expectation.change(second(TODAY), expected(interval), first.is_some());
        }
        if later.retired {
            expectation.change(second(TODAY), None, first.is_some());
        }
        sources.push(Source {
            series: series(number, story.kind),
            expectation,
        });
        let mut at = 0;
        let instants = course.iter().map(|(after, hot)| {
            at += after;
            (second(at), Ok(KINDS[story.kind].values[usize::from(*hot)]))
        });
        let before_today = instants.filter(|(at, _)| *at < second(TODAY));
        readings.push(before_today.collect());
    }
    if later.stranger {
        let mut expectation = Expectation::default();
        expectation.change(second(TODAY), expected(10), false);
        sources.push(Source {
            series: series(9, story.kind),
            expectation,
        });
        readings.push(vec![(second(TODAY + 5), Ok(KINDS[story.kind].values[1]))]);
    }
    let revisions = revisions(story, later);
    let mut timeline = Timeline::new(&"x".parse().unwrap(), &revisions, sources);
    let of_each = timeline.wanted().into_iter().flat_map(|index| {
        let own = readings[index].iter();
        own.map(move |(at, outcome)| (*at, index, *outcome))
    });
    let mut all: Vec<(Timestamp, usize, Outcome)> = of_each.collect();
    all.sort_by_key(|(at, index, _)| (*at, *index));
    for (at, index, outcome) in all {
        timeline.reading(index, at, outcome);
    }
    let mut stretches = timeline.finish(second(TODAY + 1_000));
    stretches.retain(|stretch| stretch.from < second(TODAY));
    stretches
}

/// What is said today.
#[derive(Debug, Clone, Default)]
struct Later {
    interval: Option<i64>,
    retired: bool,
    stranger: bool,
    limit: Option<i64>,
}

fn laters() -> impl Strategy<Value = Later> {
    let interval = prop::option::of(prop_oneof![Just(1), Just(3_600)]);
    let limit = prop::option::of(prop_oneof![Just(10), Just(50)]);
    (interval, any::<bool>(), any::<bool>(), limit).prop_map(|(interval, retired, stranger, limit)| Later {
        interval,
        retired,
        stranger,
        limit,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1_000))]

    #[test]
    fn what_is_said_today_changes_no_earlier_hour(story in stories(), later in laters()) {
        let before = yesterday(&story, &Later::default());
        let after = yesterday(&story, &later);
        prop_assert_eq!(before, after);
    }
}

fn truths(story: &Story) -> Vec<(i64, Truth)> {
    let stretches = yesterday(story, &Later::default()).into_iter();
    stretches
        .map(|stretch| (stretch.from.milliseconds() / 1_000, stretch.truth))
        .collect()
}

#[test]
fn a_sensor_counts_from_its_first_reading_and_one_that_is_placed_from_its_revision() {
    let story = |placed| Story {
        series: vec![
            (Some((1, 60)), vec![(100, false), (60, false), (60, false)]),
            (None, vec![(200, false)]),
        ],
        placed,
        kind: 0,
    };
    // From 100 on one of two is not enough, whoever is unknown. At 400 the first is silent; the other may be for longer.
    let known = truths(&story(0));
    let at = |second: i64| {
        known
            .iter()
            .rev()
            .find(|(from, _)| *from <= second)
            .map(|(_, truth)| *truth)
    };
    assert_eq!([at(100), at(250), at(500)], [Some(Truth::False); 3], "{known:?}");
    // Two that were never heard might be hot.
    let placed = truths(&story(4));
    assert!(
        placed.iter().all(|(_, truth)| *truth == Truth::Unknown),
        "{placed:?}"
    );
}

#[test]
fn what_is_lost_of_one_sensor_is_unknown_to_a_vote_of_the_others() {
    let sources = (0..2).map(|number| Source {
        series: series(number, 1),
        expectation: Expectation::told(Duration::from_seconds(60)),
    });
    let revisions = [Revision {
        from: second(0),
        site: site(2, 30, 1),
    }];
    let mut timeline = Timeline::new(&"x".parse().unwrap(), &revisions, sources.collect());
    for at in (0..=2_000).step_by(50) {
        if at == 750 {
            timeline.lost(1, second(710));
        }
        timeline.reading(0, second(at), Ok(40.0));
        if !(701..1_300).contains(&at) {
            timeline.reading(1, second(at), Ok(if at < 600 { 40.0 } else { 20.0 }));
        }
    }
    let stretches = timeline.finish(second(2_000));
    let told = stretches
        .iter()
        .map(|stretch| (stretch.from.milliseconds().max(0) / 1_000, stretch.truth));
    let mut told: Vec<_> = told.collect();
    told.dedup_by_key(|(_, truth)| *truth);
    // One is cool from 600 on, but before it was so for 120 s nobody knows: not until it is read again at 1,300.
    let expected = [
        (0, Truth::Unknown),
        (0, Truth::False),
        (60, Truth::True),
        (710, Truth::Unknown),
        (1_300, Truth::True),
        (1_420, Truth::False),
    ];
    assert_eq!(told, expected);
}

#[test]
fn a_hole_in_september_stays_as_long_whatever_interval_is_told_in_october() {
    let at = |text: &str| text.parse::<Timestamp>().unwrap();
    let (begin, end) = (at("2026-09-01T00:00:00Z"), at("2026-10-01T00:00:00Z"));
    let hole = at("2026-09-10T12:00:00Z")..at("2026-09-10T14:00:00Z");
    let (minute, mut site) = (Duration::from_minutes(1), Site::clone(&site(1, 30, 0)));
    site.services[0].down = Down::Rule {
        rule: "hot".parse().unwrap(),
        room: None,
        sensor: None,
        at_least: 1,
    };
    let site = Arc::new(site);
    let september = |october: Option<i64>| {
        let mut expectation = Expectation::default();
        expectation.change(begin, expected(60), false);
        if let Some(interval) = october {
            expectation.change(at("2026-10-05T09:00:00Z"), expected(interval), true);
        }
        let source = Source {
            series: series(0, 0),
            expectation,
        };
        let revision = Revision {
            from: Timestamp::MIN,
            site: site.clone(),
        };
        let service = &site.services[0];
        let mut timeline = Timeline::new(&service.id, &[revision], vec![source]);
        let mut reading = begin;
        while reading < at("2026-10-08T00:00:00Z") {
            if !(hole.start..hole.end).contains(&reading) {
                timeline.reading(0, reading, Ok(20.0));
            }
            reading = reading + minute;
        }
        let stretches = timeline.finish(at("2026-10-08T00:00:00Z"));
        let calendars = [(Timestamp::MIN, Calendar::new(service))];
        availability(&calendars, &stretches, begin, end)
    };
    let before = september(None);
    // Its last reading is of 11:59, and it was to be heard by 12:02.
    assert_eq!(before.milliseconds.unknown, 118 * 60_000);
    assert_eq!(before.milliseconds.up, (30 * 24 * 60 - 118) * 60_000);
    assert_eq!(september(Some(3_600)), before);
    assert_eq!(september(Some(1)), before);
}
