//! The rooms that an alarm is about, and what is known of them: their sensors, the other alarms, and what is beyond a limit.

use plenum_core::alarms::{Alarm, Input as AlarmInput, Subject};
use plenum_core::expectation::Knowledge;
use plenum_core::site::{Place, Priority, Room, Rule, Sensor, Site};
use plenum_core::text::message::{Beyond, Nearby, Siblings, Standing};
use plenum_core::text::{self, Form};
use plenum_protocol::{AgentName, Duration, Identifier, Series};

use super::inputs::{Input, Inputs};

/// So many rooms are named in a subject.
const ROOMS: usize = 3;
/// An on-delay that is longer than this is for what is no news of an evening.
const SOON: Duration = Duration::from_minutes(15);

/// The rooms that an alarm is about: its own, or each in which its agent has sensors; none of what has no room.
pub(super) fn rooms<'a>(site: &'a Site, alarm: &Alarm) -> Vec<&'a Room> {
    if let Some(room) = &alarm.room {
        return site.room(room).into_iter().collect();
    }
    let Subject::Agent(name) = &alarm.subject else {
        return Vec::new();
    };
    let served = |room: &&Room| serves(site, name, &room.id);
    site.rooms.iter().filter(served).collect()
}

/// Whether an agent has sensors in a room.
fn serves(site: &Site, name: &AgentName, room: &Identifier) -> bool {
    let mut sensors = site.sensors.iter();
    name.site == site.site.id && sensors.any(|sensor| sensor.agent == name.agent && sensor.room == *room)
}

/// Whether a message names the whole site.
fn is_whole(rooms: &[&Room]) -> bool {
    rooms.is_empty() || rooms.len() > ROOMS
}

/// The rooms' names, or the site's where there are none or too many for a subject.
pub(super) fn place_name(site: &Site, rooms: &[&Room]) -> String {
    if is_whole(rooms) {
        return site.site.name.clone();
    }
    let names: Vec<&str> = rooms.iter().map(|room| room.name.as_str()).collect();
    names.join(", ")
}

/// The inputs of the sensors that the site places in these rooms.
pub(super) fn near<'a>(site: &'a Site, rooms: &[&Room], inputs: &Inputs<'_>) -> Vec<(&'a Sensor, Input)> {
    if rooms.is_empty() {
        return Vec::new();
    }
    let placed = inputs.all().into_iter().filter_map(|input| {
        let sensor = site.sensor(&input.series.agent, input.series.sensor())?;
        let is_near = rooms.iter().any(|room| room.id == sensor.room);
        is_near.then_some((sensor, input))
    });
    placed.collect()
}

/// How many of the rooms' sensors answer, of how many. Those of an agent that is offline do not, however new their readings are.
pub(super) fn answering(
    site: &Site,
    rooms: &[&Room],
    near: &[(&Sensor, Input)],
    is_online: impl Fn(&AgentName) -> Option<bool>,
) -> Option<(usize, usize)> {
    let of_room = |sensor: &&Sensor| rooms.iter().any(|room| room.id == sensor.room);
    let total = site.sensors.iter().filter(of_room).count();
    let mut answering: Vec<_> = near
        .iter()
        .filter(|(_, input)| input.known.value().is_some() && is_online(&input.series.agent) != Some(false))
        .map(|(sensor, _)| (&sensor.agent, &sensor.id))
        .collect();
    answering.sort();
    answering.dedup();
    (total > 0).then_some((answering.len(), total))
}

/// How many sensors of the same place are beyond the rule's limit, and of how many nothing is known.
pub(super) fn siblings(
    site: &Site,
    rule: Option<&Rule>,
    sensor: Option<&Sensor>,
    series: Option<&Series>,
    near: &[(&Sensor, Input)],
) -> Option<Siblings> {
    let (rule, sensor, series) = (rule?, sensor?, series?);
    let bound = rule.when.bound().filter(|bound| bound.limit().is_some())?;
    let alike: Vec<Option<f64>> = near
        .iter()
        .filter(|(other, input)| other.place == sensor.place && input.series.quantity() == series.quantity())
        .map(|(_, input)| input.known.value())
        .collect();
    let never = never_heard(site, sensor.place, sensor, near);
    Some(Siblings {
        beyond: alike
            .iter()
            .flatten()
            .filter(|value| bound.is_passed(**value))
            .count(),
        unknown: never + alike.iter().filter(|value| value.is_none()).count(),
        total: never + alike.len(),
    })
}

/// How many of the sensors at a place of a sensor's room have said nothing yet, and nobody has said what they measure.
pub(super) fn never_heard(site: &Site, place: Place, sensor: &Sensor, near: &[(&Sensor, Input)]) -> usize {
    let is_heard = |placed: &Sensor| {
        let mut heard = near.iter();
        heard.any(|(other, _)| (&other.agent, &other.id) == (&placed.agent, &placed.id))
    };
    let placed = site
        .sensors
        .iter()
        .filter(|placed| placed.place == place && placed.room == sensor.room);
    placed.filter(|placed| !is_heard(placed)).count()
}

/// What is measured in the room.
pub(super) fn nearby(
    near: &[(&Sensor, Input)],
    is_online: impl Fn(&AgentName) -> Option<bool>,
) -> Vec<Nearby> {
    let heard = near.iter().filter(|(_, input)| input.known != Knowledge::NOTHING);
    let nearby = heard.map(|(sensor, input)| Nearby {
        sensor: sensor.name.clone(),
        quantity: input.series.quantity(),
        measured: input.known,
        is_answered: is_online(&input.series.agent) != Some(false),
    });
    nearby.collect()
}

/// The other alarms that stand in the same rooms, the worst first, or anywhere where the message names the whole site. What is about an agent stands in
/// each room of its sensors.
pub(super) fn others(
    site: &Site,
    standing: &[Alarm],
    alarm: &Alarm,
    rooms: &[&Room],
    form: &Form,
) -> Vec<Standing> {
    let of_agent = |name: &AgentName| rooms.iter().any(|near| serves(site, name, &near.id));
    let is_near = |other: &Alarm| match (&other.room, &other.subject) {
        _ if is_whole(rooms) => true,
        (Some(room), _) => rooms.iter().any(|near| near.id == *room),
        (None, Subject::Agent(name)) => of_agent(name),
        (None, Subject::System(subject)) => subject.parse().is_ok_and(|name| of_agent(&name)),
        (None, Subject::Series(_)) => false,
    };
    let others = standing
        .iter()
        .filter(|other| other.id != alarm.id && other.state.is_active() && is_near(other));
    others.map(|other| standing_as(site, other, form)).collect()
}

/// How another alarm that stands is told of.
pub(super) fn standing_as(site: &Site, other: &Alarm, form: &Form) -> Standing {
    Standing {
        name: text::alarm::name(other, form.language),
        subject: text::alarm::subject(site, other, form),
        since: other.raised_at,
        ending: other.held.ended_at.filter(|_| other.is_ending()),
        unknown: matches!(other.subject, Subject::Series(_)) && other.input == AlarmInput::Unknown,
    }
}

/// What is beyond a limit in the rooms and no alarm yet: its delay runs. Of a sensor whose alarm stands only a worse one is told of. A rule with guards
/// says nothing by its limit alone. The worst first, and of those what is furthest beyond.
pub(super) fn beyond(
    site: &Site,
    rules: &[Rule],
    standing: &[Alarm],
    alarm: &Alarm,
    near: &[(&Sensor, Input)],
) -> Vec<Beyond> {
    let mut found: Vec<(Priority, Beyond)> = Vec::new();
    for (sensor, input) in near {
        let Some(value) = input.known.value() else {
            continue;
        };
        let subject = Subject::Series(input.series.clone());
        let told = standing
            .iter()
            .filter(|other| other.subject == subject && other.state.is_active() && !other.is_ending());
        let told = told.map(|other| other.priority).min();
        let waiting = rules.iter().filter(|rule| {
            let is_told = told.is_some_and(|told| told <= rule.priority);
            let is_plain = rule.when.is_of_the_newest() && rule.guards().count() == 0;
            is_plain && !is_told && rule.on_delay <= SOON && site.watches(rule, &input.series)
        });
        let passed = waiting.filter_map(|rule| {
            let bound = rule.when.bound().filter(|bound| bound.is_passed(value))?;
            let own = rule.id == alarm.rule && subject == alarm.subject;
            Some((rule.priority, bound.limit()?, own))
        });
        let passed: Vec<_> = passed.collect();
        let own = passed.iter().any(|(_, _, own)| *own);
        if let Some((priority, limit, _)) = passed.into_iter().min_by_key(|(priority, _, _)| *priority) {
            let beyond = Beyond {
                own,
                sensor: sensor.name.clone(),
                quantity: input.series.quantity(),
                value,
                limit,
            };
            found.push((priority, beyond));
        }
    }
    let by = |beyond: &Beyond| (beyond.value - beyond.limit).abs();
    found.sort_by(|(left, one), (right, other)| left.cmp(right).then(by(other).total_cmp(&by(one))));
    found.into_iter().map(|(_, beyond)| beyond).collect()
}

#[cfg(test)]
mod tests {
    use plenum_core::site::effective_rules;
    use plenum_protocol::Timestamp;

    use super::*;

    /// Two rooms; one agent has a detector in each, another the rest of the first.
    const SITE: &str = r#"
[site]
id = "t"
name = "Testville"
zone = "UTC"
[[room]]
id = "a"
name = "Room A"
[[room]]
id = "b"
name = "Room B"
[[sensor]]
agent = "pk"
id = "smoke-a"
name = "Smoke A"
room = "a"
place = "room"
[[sensor]]
agent = "pk"
id = "smoke-b"
name = "Smoke B"
room = "b"
place = "room"
[[sensor]]
agent = "pi"
id = "inlet-1"
name = "Inlet 1"
room = "a"
place = "inlet"
[[sensor]]
agent = "pi"
id = "inlet-2"
name = "Inlet 2"
room = "a"
place = "inlet"
"#;

    fn site() -> Site {
        toml::from_str(SITE).unwrap()
    }

    fn alarm(id: u64, rule: &str, room: Option<&str>, subject: Subject) -> Alarm {
        let text = serde_json::json!({
            "id": id, "rule": rule, "subject": subject, "name": rule, "room": room, "priority": "high",
            "state": "active-unacknowledged", "input": "known", "raised_at": Timestamp::from_milliseconds(0),
            "message": "", "latched": false,
        });
        serde_json::from_value(text).unwrap()
    }

    fn agent(name: &str) -> Subject {
        Subject::Agent(name.parse().unwrap())
    }

    fn series(name: &str) -> Subject {
        Subject::Series(name.parse().unwrap())
    }

    fn near<'a>(site: &'a Site, values: &[(&str, f64)]) -> Vec<(&'a Sensor, Input)> {
        let all = values.iter().map(|(series, value)| {
            let series: Series = series.parse().unwrap();
            let at = Timestamp::from_milliseconds(0);
            let known = Knowledge::Known { value: *value, at };
            let sensor = site.sensor(&series.agent, series.sensor()).unwrap();
            (sensor, Input { series, known })
        });
        all.collect()
    }

    #[test]
    fn an_agent_of_two_rooms_that_is_dark_is_told_of_in_both() {
        let site = site();
        let dark = alarm(1, "agent-offline", None, agent("t/pk"));
        let both = rooms(&site, &dark);
        assert_eq!(place_name(&site, &both), "Room A, Room B");
        let water = alarm(2, "water", Some("a"), series("t/pi/inlet-1/temperature"));
        let form = Form::of(
            &site,
            plenum_core::text::Language::English,
            Timestamp::from_milliseconds(0),
        );
        let stands = others(&site, &[dark], &water, &rooms(&site, &water), &form);
        assert_eq!(stands.len(), 1, "what is dark in a room stands there: {stands:?}");
    }

    #[test]
    fn what_is_beyond_a_limit_in_its_delay_is_told_unless_as_bad_an_alarm_of_it_stands() {
        let site = site();
        let rules = effective_rules(&site);
        let mains = alarm(1, "mains-lost", Some("a"), series("t/pi/mains/mains-present"));
        let hot = near(
            &site,
            &[
                ("t/pi/inlet-1/temperature", 32.4),
                ("t/pi/inlet-2/temperature", 33.1),
            ],
        );
        let found = beyond(&site, &rules, &[], &mains, &hot);
        let told: Vec<(&str, f64)> = found
            .iter()
            .map(|beyond| (beyond.sensor.as_str(), beyond.limit))
            .collect();
        assert_eq!(told, [("Inlet 2", 32.0), ("Inlet 1", 32.0)]);
        let mut standing = alarm(
            2,
            "inlet-very-high",
            Some("a"),
            series("t/pi/inlet-2/temperature"),
        );
        standing.priority = Priority::Critical;
        let found = beyond(&site, &rules, &[standing.clone()], &mains, &hot);
        assert_eq!(found.len(), 1, "{found:?}");
        standing.priority = Priority::Medium;
        let found = beyond(&site, &rules, &[standing], &mains, &hot);
        assert_eq!(found.len(), 2, "a worse one waits: {found:?}");
    }

    #[test]
    fn what_stands_in_a_room_stands_in_its_site_and_what_is_about_an_agent_in_each_room_of_its_sensors() {
        let site = site();
        let form = Form::of(
            &site,
            plenum_core::text::Language::English,
            Timestamp::from_milliseconds(0),
        );
        let mut smoke = alarm(1, "smoke", Some("a"), series("t/pk/smoke-a/smoke"));
        smoke.input = AlarmInput::Unknown;
        let disk = alarm(2, "agent-disk", None, Subject::System("t/pi".to_owned()));
        let backup = alarm(3, "backup", None, Subject::System("target".to_owned()));
        let standing = [smoke, disk, backup];
        let stands = |alarm: &Alarm| {
            let others = others(&site, &standing, alarm, &rooms(&site, alarm), &form);
            let told = others
                .into_iter()
                .map(|other| (other.name, other.subject, other.unknown));
            told.collect::<Vec<_>>()
        };
        let told = |name: &str, subject: &str, unknown| (name.to_owned(), subject.to_owned(), unknown);
        let smoke = told("smoke", "Smoke A", true);
        let disk = told("agent-disk", "agent pi", false);
        let backup = told("backup", "target", false);
        let mail = alarm(4, "delivery-failed", None, Subject::System("mail".to_owned()));
        assert_eq!(stands(&mail), [smoke.clone(), disk.clone(), backup]);
        let water = alarm(5, "water", Some("a"), series("t/pi/inlet-1/water"));
        assert_eq!(stands(&water), [smoke, disk]);
        let other_room = alarm(6, "smoke", Some("b"), series("t/pk/smoke-b/smoke"));
        assert_eq!(stands(&other_room), []);
    }

    #[test]
    fn a_condition_that_is_told_as_over_and_holds_again_is_not_passed_over() {
        let site = site();
        let rules = effective_rules(&site);
        let over = alarm(
            1,
            "inlet-very-high",
            Some("a"),
            series("t/pi/inlet-1/temperature"),
        );
        let hot = near(&site, &[("t/pi/inlet-1/temperature", 32.4)]);
        let found = beyond(&site, &rules, &[], &over, &hot);
        assert_eq!(found.iter().map(|beyond| beyond.own).collect::<Vec<_>>(), [true]);
    }

    #[test]
    fn sensors_of_an_agent_that_is_offline_do_not_answer() {
        let site = site();
        let heard = near(
            &site,
            &[("t/pi/inlet-1/temperature", 28.0), ("t/pk/smoke-a/smoke", 0.0)],
        );
        let water = alarm(1, "water", Some("a"), series("t/pi/inlet-1/water"));
        let of = |offline: &str| {
            let is_online = |agent: &AgentName| Some(agent.agent.as_str() != offline);
            answering(&site, &rooms(&site, &water), &heard, is_online)
        };
        assert_eq!((of(""), of("pi")), (Some((2, 3)), Some((1, 3))));
    }

    #[test]
    fn an_inlet_that_was_never_heard_counts_as_unknown() {
        let site = site();
        let heard = near(&site, &[("t/pi/inlet-1/temperature", 28.0)]);
        let rules = effective_rules(&site);
        let rule = rules.iter().find(|rule| rule.id.as_str() == "inlet-high");
        let found = siblings(&site, rule, Some(heard[0].0), Some(&heard[0].1.series), &heard);
        assert_eq!(
            found,
            Some(Siblings {
                beyond: 1,
                unknown: 1,
                total: 2
            })
        );
        let own = (Some(heard[0].0), Some(&heard[0].1.series));
        let smoke = Input {
            series: "t/pi/inlet-2/smoke".parse().unwrap(),
            known: Knowledge::NOTHING,
        };
        let listed = [heard[0].clone(), (&site.sensors[3], smoke)];
        let of_smoke = siblings(&site, rule, Some(heard[0].0), Some(&heard[0].1.series), &listed);
        let of_smoke = of_smoke.map(|found| (found.beyond, found.unknown, found.total));
        assert_eq!(of_smoke, Some((1, 0, 1)), "it is there for smoke");
        assert_eq!(nearby(&listed, |_| Some(true)).len(), 1, "nothing is told of it");
        let climate = super::super::climate::climate(&site, &rules, rule, own, &heard).unwrap();
        assert_eq!((climate.inlets.unknown, climate.inlets.total), (1, 2));
    }
}
