//! One event or many, as stories and at random.

use std::collections::{BTreeMap, BTreeSet};

use plenum_protocol::{Duration, Timestamp};

use super::fold::Changes;
use super::*;
use crate::alarms::{Alarm, Cover, Shelving, State, Subject, Suppression};
use crate::authority::Actor;
use crate::site::Site;

const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "Europe/Amsterdam"
[[room]]
id = "a"
name = "Room A"
zone = "plant"
[[room]]
id = "b"
name = "Room B"
zone = "plant"
[[room]]
id = "c"
name = "Room C"
[[sensor]]
agent = "pi"
id = "ac"
name = "AC"
room = "a"
place = "cooling"
[[sensor]]
agent = "pi"
id = "ups-c"
name = "UPS C"
room = "c"
place = "ups"
[[sensor]]
agent = "pi"
id = "switch"
name = "Switch"
room = "c"
place = "other"
[[supply]]
from = "pi/switch"
agents = ["far"]
"#;

/// Alarms that come and go, and what the machine makes of them.
struct Story {
    incidents: Incidents,
    topology: Topology,
    alarms: BTreeMap<u64, Alarm>,
    kept: BTreeMap<u64, Incident>,
    now: Timestamp,
}

fn alarm(id: u64, rule: &str, subject: Subject, room: Option<&str>) -> Alarm {
    Alarm {
        id,
        rule: rule.parse().unwrap(),
        subject,
        room: room.map(|room| room.parse().unwrap()),
        raised_at: Timestamp::MIN,
        ..Alarm::any()
    }
}

impl Story {
    fn new() -> Self {
        let site: Site = toml::from_str(SITE).unwrap();
        Self {
            incidents: Incidents::default(),
            topology: Topology::of(&site),
            alarms: BTreeMap::new(),
            kept: BTreeMap::new(),
            now: Timestamp::from_milliseconds(1_800_000_000_000),
        }
    }

    fn after(&mut self, seconds: i64) -> &mut Self {
        self.now = self.now + Duration::from_seconds(seconds);
        self
    }

    fn series(&mut self, id: u64, room: &str, series: &str) -> &mut Self {
        let subject = Subject::Series(format!("s/pi/{series}").parse().unwrap());
        self.alarms
            .insert(id, alarm(id, "some-rule", subject, Some(room)));
        self.raise(id)
    }

    fn agent(&mut self, id: u64, agent: &str) -> &mut Self {
        let subject = Subject::Agent(format!("s/{agent}").parse().unwrap());
        self.alarms.insert(id, alarm(id, "offline", subject, None));
        self.raise(id)
    }

    fn raise(&mut self, id: u64) -> &mut Self {
        self.set(id, State::ActiveUnacknowledged)
    }

    /// As `series`, of a condition that held so long by then.
    fn noticed(&mut self, seconds: i64, id: u64, room: &str, series: &str) -> &mut Self {
        let subject = Subject::Series(format!("s/pi/{series}").parse().unwrap());
        let mut raised = alarm(id, "some-rule", subject, Some(room));
        raised.held.began_at = Some(self.now - Duration::from_seconds(seconds));
        self.alarms.insert(id, raised);
        self.raise(id)
    }

    fn end(&mut self, id: u64) -> &mut Self {
        self.set(id, State::ReturnedUnacknowledged)
    }

    fn set(&mut self, id: u64, state: State) -> &mut Self {
        self.alarms.get_mut(&id).unwrap().state = state;
        self.tell(id)
    }

    fn cover(&mut self, id: u64, cover: Option<Cover>) -> &mut Self {
        self.alarms.get_mut(&id).unwrap().cover = cover;
        self.tell(id)
    }

    fn shelve(&mut self, id: u64) -> &mut Self {
        let shelving = Shelving {
            by: Actor::named("Anna"),
            since: self.now,
            at: self.now,
            until: self.now + Duration::from_hours(1),
            reason: String::new(),
            reminded: false,
        };
        self.cover(id, Some(Cover::Shelved(shelving)))
    }

    fn tell(&mut self, id: u64) -> &mut Self {
        let alarm = &self.alarms[&id];
        self.incidents.apply(alarm, self.now, &self.topology);
        let changes = self.incidents.take_changes();
        keep(&mut self.kept, changes);
        self
    }

    /// Which alarms each incident has that is open or ended a short while ago.
    fn are(&mut self, expected: &[&[u64]]) -> &mut Self {
        let members = |incident: &Incident| incident.members.iter().map(|member| member.alarm).collect();
        let found: Vec<BTreeSet<u64>> = self.incidents.iter().map(members).collect();
        let expected = expected.iter().map(|members| members.iter().copied().collect());
        assert_eq!(found, expected.collect::<Vec<BTreeSet<u64>>>());
        self
    }

    fn first_cause_of(&self, alarm: u64) -> u64 {
        let id = self.incidents.of(alarm).unwrap();
        self.kept[&id].first_cause().unwrap().alarm
    }
}

/// What a table of incidents and one of members would hold.
fn keep(kept: &mut BTreeMap<u64, Incident>, changes: Changes) {
    for head in changes.incidents {
        let members = kept
            .remove(&head.id)
            .map_or_else(Vec::new, |before| before.members);
        kept.insert(head.id, Incident { members, ..head });
    }
    for (id, member) in changes.members {
        for incident in kept.values_mut().filter(|incident| incident.id != id) {
            incident.members.retain(|other| other.alarm != member.alarm);
        }
        let members = &mut kept.get_mut(&id).unwrap().members;
        match members.iter_mut().find(|other| other.alarm == member.alarm) {
            Some(before) => *before = member,
            None => members.push(member),
        }
    }
}

#[test]
fn cooling_that_fails_and_what_follows_in_its_rooms_is_one_incident() {
    let mut story = Story::new();
    story.series(1, "a", "ac/cooling-fault").after(120);
    story
        .series(2, "a", "in1/temperature")
        .series(3, "a", "in2/temperature");
    // The same plant cools the room beside; the third has nothing to do with it.
    story
        .series(4, "b", "in3/temperature")
        .series(5, "c", "in4/temperature");
    story.are(&[&[1, 2, 3, 4], &[5]]);
    assert_eq!(story.first_cause_of(4), 1);
    let cause = |alarm| story.kept[&1].cause_of(alarm).map(|member| member.alarm);
    assert_eq!([1, 2, 4].map(cause), [None, Some(1), Some(1)]);
}

#[test]
fn a_cause_that_is_noticed_after_what_it_did_makes_one_of_several() {
    let mut story = Story::new();
    story.series(1, "a", "in1/temperature").after(60);
    story.series(2, "c", "in4/temperature").after(60);
    story.series(3, "c", "ups-c/ups-on-battery").after(10);
    story.are(&[&[1], &[2], &[3]]);
    story
        .noticed(120, 4, "a", "main/mains-present")
        .are(&[&[1, 2, 3, 4]]);
    assert_eq!(story.first_cause_of(1), 4);
    assert_eq!([2, 3].map(|id| story.kept[&id].part_of), [Some(1), Some(1)]);
    // Of what stands the first cause is named: the mains are back, and the room is still too warm.
    story.after(600).end(4).end(3);
    assert_eq!(story.first_cause_of(2), 1);
}

#[test]
fn what_began_before_something_did_not_come_from_it() {
    // The cooling trips, and 75 s later the mains fail: two causes in one night, as in the demo.
    let mut story = Story::new();
    story.series(1, "a", "ac/cooling-fault").after(75);
    story.series(2, "a", "main/mains-present").are(&[&[1], &[2]]);
    story.series(3, "c", "ups-c/ups-on-battery").after(20);
    story.series(4, "a", "in1/temperature").are(&[&[1, 4], &[2, 3]]);
    // Raised later by its delay, and begun before.
    story
        .noticed(300, 5, "c", "in4/temperature")
        .are(&[&[1, 4], &[2, 3], &[5]]);
}

#[test]
fn what_stood_long_before_has_another_cause() {
    let mut story = Story::new();
    story.series(1, "a", "in1/temperature").after(3_600);
    story.series(2, "a", "ac/cooling-fault").are(&[&[1], &[2]]);
    // What comes next is of the cause that is there.
    story
        .after(60)
        .series(3, "a", "in2/temperature")
        .are(&[&[1], &[2, 3]]);
}

#[test]
fn an_incident_is_over_when_the_last_of_it_is_and_begins_again_within_five_minutes() {
    let mut story = Story::new();
    story
        .series(1, "a", "in1/temperature")
        .after(60)
        .series(2, "a", "in2/temperature");
    story.after(60).end(1);
    assert!(story.kept[&1].is_open());
    story.after(60).end(2);
    assert_eq!(story.kept[&1].over_at, Some(story.now));
    story.after(299).raise(1).are(&[&[1, 2]]);
    assert!(story.kept[&1].is_open());
    story.after(10).end(1).after(301).raise(1);
    story.are(&[&[1]]);
    assert_eq!(story.incidents.of(1), Some(2));
}

#[test]
fn smoke_and_water_are_never_part_of_something_else() {
    let mut story = Story::new();
    story
        .series(1, "a", "ac/cooling-fault")
        .series(2, "a", "in1/temperature");
    story.series(3, "a", "det/smoke").series(4, "a", "rope/water");
    story.are(&[&[1, 2, 3], &[4]]);
}

#[test]
fn agents_that_go_dark_together_are_one_and_their_sensors_with_them() {
    let mut story = Story::new();
    for id in 1..=20 {
        story.agent(id, &format!("pi-{id}")).after(5);
    }
    story.are(&[&(1..=20).collect::<Vec<u64>>()]);
    story
        .after(200)
        .agent(21, "pi-21")
        .are(&[&(1..=20).collect::<Vec<u64>>(), &[21]]);
}

#[test]
fn what_a_supply_line_names_is_behind_it() {
    let mut story = Story::new();
    story
        .series(1, "c", "switch/contact-fault")
        .agent(2, "far")
        .agent(3, "near");
    story.are(&[&[1, 2, 3]]);
    let mut story = Story::new();
    story.series(1, "c", "switch/contact-fault").after(200);
    story.agent(3, "near").after(200).agent(2, "far");
    story.are(&[&[1, 2], &[3]]);
}

#[test]
fn what_a_person_put_aside_is_part_of_nothing_as_long_as_that_lasts() {
    let mut story = Story::new();
    story.series(1, "a", "in1/temperature").after(10).shelve(1);
    assert!(!story.kept[&1].is_open());
    story.after(600).series(2, "a", "in2/temperature");
    assert_eq!(story.incidents.of(2), Some(2));
    story.after(600).cover(1, None);
    assert_eq!(
        (story.incidents.of(1), story.kept[&2].standing().count()),
        (Some(2), 2)
    );
}

#[test]
fn what_an_earlier_program_left_standing_is_put_together_when_it_is_first_seen() {
    let mut story = Story::new();
    story
        .series(1, "a", "in1/temperature")
        .after(5)
        .series(2, "a", "ac/cooling-fault");
    story.after(5).series(3, "a", "rope/water").end(3);
    for alarm in story.alarms.values_mut() {
        alarm.raised_at = story.now;
    }
    story.incidents = Incidents::begin(story.alarms.values(), &story.topology);
    story.are(&[&[1, 2]]);
}

#[test]
fn an_incident_whose_members_are_not_understood_is_over() {
    let mut story = Story::new();
    story.series(1, "a", "in1/temperature");
    let nobody = Incident {
        members: Vec::new(),
        ..story.kept[&1].clone()
    };
    let restored = Incidents::restore(vec![nobody], 1);
    assert!(restored.iter().all(|incident| !incident.is_open()));
    assert_eq!(restored.last(), 1);
}

#[test]
fn what_another_alarm_stands_for_is_with_that() {
    let mut story = Story::new();
    story.series(1, "a", "main/mains-present").after(7_200);
    let subject = Subject::Series("s/pi/door/door-open".parse().unwrap());
    let suppression = Suppression {
        by: 1,
        since: story.now,
        alike: false,
        until: None,
    };
    let covered = Alarm {
        cover: Some(Cover::Suppressed(suppression)),
        ..alarm(2, "some-rule", subject, Some("b"))
    };
    story.alarms.insert(2, covered);
    story.raise(2).are(&[&[1, 2]]);
}

/// Numbers that look random, the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self
            .0
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

const SERIES: [(&str, &str); 12] = [
    ("a", "in1/temperature"),
    ("a", "in2/temperature"),
    ("a", "ac/cooling-fault"),
    ("a", "det/smoke"),
    ("a", "rope/water"),
    ("b", "in3/temperature"),
    ("b", "in3/humidity"),
    ("c", "in4/temperature"),
    ("c", "ups-c/ups-on-battery"),
    ("c", "ups-c/load"),
    ("c", "switch/contact-fault"),
    ("a", "main/mains-present"),
];

fn night(seed: u64) -> Story {
    let mut dice = Dice(seed);
    let mut story = Story::new();
    for _ in 0..120 {
        story.after([0, 1, 30, 200, 400, 2_000][dice.roll(6) as usize]);
        let id = dice.roll(16) + 1;
        match (story.alarms.contains_key(&id), dice.roll(8)) {
            (false, _) if id <= 12 => {
                let (room, series) = SERIES[id as usize - 1];
                story.series(id, room, series);
            }
            (false, _) => {
                story.agent(id, ["pi", "far", "near", "other"][id as usize - 13]);
            }
            (true, 0..=2) => {
                story.raise(id);
            }
            (true, 3) => {
                story.shelve(id);
            }
            (true, 4) => {
                story.cover(id, None);
            }
            (true, _) => {
                story.end(id);
            }
        }
        check(&story, seed);
        // A restart makes no difference: what is kept is enough.
        if dice.roll(10) == 0 {
            let last = story.incidents.last();
            let is_lasting = |incident: &&Incident| {
                let over = incident.over_at;
                over.is_none_or(|over| story.now.since(over) <= crate::alarms::cover::LINGERS)
            };
            let kept = story.kept.values().filter(is_lasting).cloned().collect();
            story.incidents = Incidents::restore(kept, last);
        }
    }
    story
}

fn check(story: &Story, seed: u64) {
    let mut standing = BTreeSet::new();
    for incident in story.kept.values().filter(|incident| incident.is_open()) {
        let members: Vec<u64> = incident.standing().map(|member| member.alarm).collect();
        assert!(
            !members.is_empty(),
            "seed {seed}: {incident:?} is open and nothing of it stands"
        );
        for member in members {
            assert!(
                standing.insert(member),
                "seed {seed}: {member} stands in two incidents"
            );
        }
    }
    let is_told = |alarm: &&Alarm| !matches!(alarm.cover, Some(Cover::Shelved(_) | Cover::OutOfService(_)));
    let active = story.alarms.values().filter(|alarm| alarm.state.is_active());
    let expected: BTreeSet<u64> = active.filter(is_told).map(|alarm| alarm.id).collect();
    assert_eq!(standing, expected, "seed {seed}");
}

#[test]
fn whatever_stands_is_in_one_open_incident_and_what_is_kept_is_what_is_known() {
    for seed in 0..300 {
        let story = night(seed);
        for incident in story.incidents.iter() {
            assert_eq!(&story.kept[&incident.id], incident, "seed {seed}");
        }
    }
}

#[test]
fn ten_thousand_at_once_are_looked_up_and_not_searched_for() {
    let mut story = Story::new();
    for id in 1..=10_000 {
        let series = format!("in{id}/temperature");
        let subject = Subject::Series(format!("s/pi/{series}").parse().unwrap());
        let room = format!("room-{}", id % 200);
        let raised = Alarm {
            state: State::ActiveUnacknowledged,
            ..alarm(id, "some-rule", subject, Some(&room))
        };
        story.alarms.insert(id, raised);
        story.tell(id);
    }
    assert_eq!(story.incidents.iter().count(), 200);
    story.series(10_001, "a", "main/mains-present");
    assert_eq!(story.incidents.iter().count(), 1);
}
