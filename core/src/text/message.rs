//! The words of a message, after one template for mail, text message and webhook: what, where, how bad, how long, do, you, sure?
//!
//! Pure: everything that it says is handed in as [`Facts`]. Golden tests fix the wording.

use std::fmt::Write;

use jiff::tz::TimeZone;
use plenum_protocol::{Duration, Quantity, Timestamp};
use serde::{Deserialize, Serialize};

use crate::alarms::trend::{Forecast, Trend};
use crate::alarms::{Alarm, Input, Subject};
use crate::oncall::Reason;
use crate::site::Priority;
use crate::text::words;

/// All that a message may say about an alarm.
#[derive(Debug, Clone)]
pub struct Facts {
    /// Why the message is written.
    pub reason: Reason,
    /// The alarm as it stood at its transition.
    pub alarm: Alarm,
    /// When the message is written.
    pub now: Timestamp,
    /// The site's zone.
    pub zone: TimeZone,
    /// The room's name, or the site's for what has no room.
    pub room: String,
    /// Where that is: "ground floor".
    pub floor: String,
    /// The sensor's name: "Inlet A3".
    pub sensor: String,
    /// Where it hangs: "rack A3, front, top".
    pub position: String,
    /// What is measured.
    pub quantity: Option<Quantity>,
    /// The rule's likely cause.
    pub cause: String,
    /// What happens if nobody acts.
    pub consequence: String,
    /// What to do, in steps.
    pub response: Vec<String>,
    /// The value that tells how long there is: the alarm's own, or the room's hottest inlet where the alarm is about its cooling.
    pub focus: Option<Focus>,
    /// How many sensors of the same place are beyond the limit, of how many.
    pub siblings: Option<(usize, usize)>,
    /// The room's other news: "Dew point 13.6 C.", "Mains present.", "No smoke, no water."
    pub surroundings: Vec<String>,
    /// Age of the newest reading.
    pub age: Option<Duration>,
    /// How many of the room's sensors answer, of how many.
    pub answering: Option<(usize, usize)>,
    /// The agent and whether it is online.
    pub agent: Option<(String, bool)>,
    /// Over which other channels it goes.
    pub also: Vec<String>,
    /// Where the alarm is shown.
    pub alarm_link: String,
    /// Where this recipient takes it, by one tap and one button; for a raised alarm to a person.
    pub acknowledge_link: Option<String>,
}

/// A value, where it is going, and when it gets to the next limit.
#[derive(Debug, Clone)]
pub struct Focus {
    /// The sensor's name.
    pub sensor: String,
    /// What is measured.
    pub quantity: Quantity,
    /// Its newest value.
    pub value: f64,
    /// How it moves.
    pub trend: Option<Trend>,
    /// The next worse limit and when it is reached.
    pub next_limit: Option<(f64, Forecast)>,
}

impl Focus {
    fn direction(&self) -> Option<&'static str> {
        let trend = self.trend.filter(|trend| !trend.is_steady())?;
        Some(if trend.per_minute > 0.0 {
            "rising"
        } else {
            "falling"
        })
    }

    fn limit(&self) -> Option<(String, Forecast)> {
        self.next_limit
            .map(|(limit, forecast)| (words::value(self.quantity, limit), forecast))
    }
}

/// A message in its forms.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// The mail's subject, and the first line everywhere else.
    pub subject: String,
    /// The mail's text.
    pub text: String,
    /// At most 160 characters of GSM 03.38's basic set.
    pub short: String,
}

/// Writes the message.
pub fn write(facts: &Facts) -> Message {
    Message {
        subject: subject(facts),
        text: text(facts),
        short: short(facts),
    }
}

fn heading(facts: &Facts) -> &'static str {
    match (facts.reason, facts.alarm.priority) {
        (Reason::Resolved, _) => "RETURNED",
        (_, Priority::Critical) => "CRITICAL",
        (_, Priority::High) => "HIGH",
        (_, Priority::Medium) => "MEDIUM",
        (_, Priority::Low) => "LOW",
    }
}

fn subject(facts: &Facts) -> String {
    let alarm = &facts.alarm;
    let mut subject = format!("{} {}: {}", heading(facts), facts.room, lower_first(&alarm.name));
    if let Some(value) = value_words(facts) {
        let _ = write!(subject, ", {} {value}", lower_first(&facts.sensor));
    } else if !facts.sensor.is_empty() {
        let _ = write!(subject, ", {}", lower_first(&facts.sensor));
    }
    if facts.reason == Reason::Resolved {
        if let Some(returned) = alarm.returned_at {
            let _ = write!(
                subject,
                ", after {}",
                words::duration(returned.since(alarm.raised_at))
            );
        }
    } else {
        if let Some(focus) = &facts.focus {
            if focus.sensor != facts.sensor {
                let value = words::value(focus.quantity, focus.value);
                let _ = write!(subject, ", {} {value}", lower_first(&focus.sensor));
            }
            if let Some(direction) = focus.direction() {
                let _ = write!(subject, " {direction}");
            }
            if let Some((limit, forecast)) = focus.limit() {
                let _ = write!(subject, ", {limit} in about {}", about(forecast.likely));
            }
        }
    }
    let _ = write!(subject, " [{}]", alarm.id);
    subject.replace(['\r', '\n'], " ")
}

fn text(facts: &Facts) -> String {
    let alarm = &facts.alarm;
    let mut text = String::new();
    let mut line = |label: &str, words: String| {
        if !words.trim().is_empty() {
            let _ = writeln!(text, "{label:<10}{}", words.trim());
        }
    };
    line("WHAT", what(facts));
    line("WHERE", place(facts));
    line("HOW BAD", how_bad(facts));
    if facts.reason == Reason::Resolved {
        line(
            "NOW",
            "The condition is gone. Nobody needs to act; look at it when you are awake.".to_owned(),
        );
    } else {
        line("HOW LONG", how_long(facts));
        line("DO", numbered(&facts.response));
        line("YOU", you(facts));
    }
    line("SURE?", sure(facts));
    let also = if facts.also.is_empty() {
        String::new()
    } else {
        format!(", also sent by {}", facts.also.join(", "))
    };
    let _ = writeln!(
        text,
        "Raised {}, rule {}{also}.",
        words::clock_with_zone(alarm.raised_at, &facts.zone),
        alarm.rule
    );
    text
}

fn what(facts: &Facts) -> String {
    let mut what = sentence(&facts.alarm.message);
    if facts.reason == Reason::Resolved {
        what = sentence(&format!("{} is over", facts.alarm.name));
        if let Some(returned) = facts.alarm.returned_at {
            let lasted = words::duration(returned.since(facts.alarm.raised_at));
            let _ = write!(
                what,
                " It lasted {lasted}, until {}.",
                words::clock(returned, &facts.zone)
            );
        }
    } else if !facts.cause.is_empty() {
        let _ = write!(
            what,
            " Likely: {}.",
            lower_first(facts.cause.trim_end_matches('.'))
        );
    }
    what
}

fn place(facts: &Facts) -> String {
    let room = [facts.room.as_str(), facts.floor.as_str()];
    let room: Vec<String> = room
        .iter()
        .filter(|part| !part.is_empty())
        .enumerate()
        .map(|(index, part)| {
            if index == 0 {
                (*part).to_owned()
            } else {
                lower_first(part)
            }
        })
        .collect();
    let mut place = sentence(&room.join(", "));
    if !facts.sensor.is_empty() {
        let position = if facts.position.is_empty() {
            String::new()
        } else {
            format!(" ({})", facts.position)
        };
        let _ = write!(place, " {}{position}.", facts.sensor);
    }
    if let Some((beyond, total)) = facts.siblings.filter(|(_, total)| *total > 1) {
        let _ = write!(place, " {beyond} of {total} beyond the limit.");
    }
    place
}

fn how_bad(facts: &Facts) -> String {
    let alarm = &facts.alarm;
    let mut parts = Vec::new();
    if let (Some(quantity), Some(value), Some(limit)) = (facts.quantity, alarm.value, alarm.limit) {
        parts.push(format!(
            "{}; limit {}.",
            words::value(quantity, value),
            words::value(quantity, limit)
        ));
    }
    if let Some(fault) = alarm.fault {
        parts.push(format!("The sensor reports {fault}: {}.", fault.explanation()));
    }
    if let Some(focus) = &facts.focus {
        let value = words::value(focus.quantity, focus.value);
        if focus.sensor != facts.sensor {
            parts.push(format!("Hottest: {}, {value}.", focus.sensor));
        }
        if let (Some(direction), Some(trend)) = (focus.direction(), focus.trend) {
            let unit = value
                .split_once(' ')
                .map_or(String::new(), |(_, unit)| format!(" {unit}"));
            parts.push(format!(
                "{} {:.1}{unit}/min.",
                upper_first(direction),
                trend.per_minute.abs()
            ));
        }
    }
    parts.extend(facts.surroundings.iter().cloned());
    parts.join(" ")
}

fn how_long(facts: &Facts) -> String {
    let mut text = String::new();
    if let Some((limit, forecast)) = facts.focus.as_ref().and_then(Focus::limit) {
        let at = |minutes: f64| {
            let instant = facts.now + Duration::from_milliseconds((minutes * 60_000.0) as i64);
            words::clock(instant, &facts.zone)
                .chars()
                .take(5)
                .collect::<String>()
        };
        text = format!("{limit} at about {}", at(forecast.likely));
        match forecast.latest {
            Some(latest) if at(latest) != at(forecast.earliest) => {
                text += &format!(" (between {} and {}). ", at(forecast.earliest), at(latest))
            }
            Some(_) => text += ". ",
            None => text += &format!(" (not before {}). ", at(forecast.earliest)),
        }
    }
    if !facts.consequence.is_empty() {
        text += &sentence(&facts.consequence);
    }
    text
}

fn numbered(steps: &[String]) -> String {
    let steps = steps
        .iter()
        .enumerate()
        .map(|(index, step)| format!("{} {}", index + 1, sentence(step)));
    steps.collect::<Vec<_>>().join("  ")
}

fn you(facts: &Facts) -> String {
    match &facts.acknowledge_link {
        Some(link) => format!("I am on it: {link}   Look: {}", facts.alarm_link),
        None => format!("Look and acknowledge: {}", facts.alarm_link),
    }
}

fn sure(facts: &Facts) -> String {
    let mut parts = Vec::new();
    match (facts.age, facts.alarm.input) {
        (Some(age), _) => parts.push(format!("Newest reading {} old", words::duration(age))),
        (None, Input::Unknown) => parts.push("No reading now: the value is unknown".to_owned()),
        (None, Input::Known) => {}
    }
    if let Some((answering, total)) = facts.answering {
        parts.push(format!("{answering} of {total} sensors of the room answer"));
    }
    if let Some((agent, online)) = &facts.agent {
        parts.push(format!(
            "agent {agent} {}",
            if *online { "online" } else { "OFFLINE" }
        ));
    }
    sentence(&parts.join("; "))
}

fn short(facts: &Facts) -> String {
    let alarm = &facts.alarm;
    let time: String = words::clock(alarm.raised_at, &facts.zone)
        .chars()
        .take(5)
        .collect();
    let mut parts = vec![format!(
        "{} {} {} {time}.",
        heading(facts),
        facts.room,
        lower_first(&alarm.name)
    )];
    if let Some(value) = value_words(facts) {
        let mut part = format!("{} {}", facts.sensor, value.replace(" C", "C"));
        if let Some((limit, forecast)) = facts.focus.as_ref().and_then(Focus::limit) {
            let limit = limit.replace(".0 C", "C").replace(" C", "C");
            let _ = write!(part, ", {limit} in {}", about(forecast.likely));
        }
        parts.push(part + ".");
    } else if !facts.sensor.is_empty() {
        parts.push(sentence(&facts.sensor));
    }
    if facts.reason != Reason::Resolved {
        parts.extend(facts.response.first().map(|step| sentence(step)));
    }
    let tail = format!(" [{}]", alarm.id);
    let mut short = gsm7(&parts.join(" "));
    short.truncate(160 - tail.len());
    short.trim_end().to_owned() + &tail
}

/// GSM 03.38's basic set without its escapes: what lies outside costs twice or turns the message into UCS-2 of 70 characters.
fn gsm7(text: &str) -> String {
    let allowed =
        |character: &char| character.is_ascii_alphanumeric() || " .,:;!?+-/()%&'=<>#*\"".contains(*character);
    text.chars()
        .map(|character| if allowed(&character) { character } else { ' ' })
        .collect()
}

/// The value beside the sensor's name. A state without a word of its own says nothing there that the alarm's name does not.
fn value_words(facts: &Facts) -> Option<String> {
    let telling = |word: &String| word != "yes" && word != "no";
    match (
        &facts.alarm.subject,
        facts.quantity,
        facts.alarm.value,
        facts.alarm.input,
    ) {
        (Subject::Series(_), Some(_), _, Input::Unknown) => Some("unknown".to_owned()),
        (Subject::Series(_), Some(quantity), Some(value), Input::Known) => {
            Some(words::value(quantity, value)).filter(telling)
        }
        _ => None,
    }
}

fn about(minutes: f64) -> String {
    if minutes < 1.0 {
        "1 min".to_owned()
    } else {
        words::duration(Duration::from_minutes(minutes.round() as i64))
    }
}

fn sentence(text: &str) -> String {
    let text = text.trim();
    if text.is_empty() || text.ends_with(['.', '!', '?']) {
        upper_first(text)
    } else {
        upper_first(text) + "."
    }
}

fn upper_first(text: &str) -> String {
    let mut characters = text.chars();
    characters.next().map_or(String::new(), |first| {
        first.to_uppercase().collect::<String>() + characters.as_str()
    })
}

/// Lowers the first letter unless the word is an abbreviation such as UPS or AC.
fn lower_first(text: &str) -> String {
    let mut characters = text.chars();
    match (characters.next(), characters.clone().next()) {
        (Some(first), Some(second)) if first.is_uppercase() && second.is_lowercase() => {
            first.to_lowercase().collect::<String>() + characters.as_str()
        }
        _ => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::alarms::State;

    fn facts() -> Facts {
        let at = |text: &str| text.parse::<Timestamp>().unwrap();
        Facts {
            reason: Reason::First,
            alarm: Alarm {
                id: 4711,
                rule: "inlet-critical".parse().unwrap(),
                subject: Subject::Series("zaandam/pi-a1/inlet-a3/temperature".parse().unwrap()),
                name: "Inlet far too warm".to_owned(),
                room: Some("room-a".parse().unwrap()),
                priority: Priority::Critical,
                state: State::ActiveUnacknowledged,
                input: Input::Known,
                raised_at: at("2026-06-18T01:12:05Z"),
                returned_at: None,
                value: Some(29.4),
                fault: None,
                limit: Some(27.0),
                latched: false,
                message: "Inlet A3 in Room A is at 29.4 C, above 27.0 C".to_owned(),
                acknowledged: None,
            },
            now: at("2026-06-18T01:12:09Z"),
            zone: TimeZone::get("Europe/Amsterdam").unwrap(),
            room: "Room A".to_owned(),
            floor: "Ground floor".to_owned(),
            sensor: "Inlet A3".to_owned(),
            position: "rack A3, front, top".to_owned(),
            quantity: Some(Quantity::Temperature),
            cause: "The cooling of the room has failed".to_owned(),
            consequence: "Servers shut down from 32 C".to_owned(),
            response: vec![
                "Start AC 2 at its panel".to_owned(),
                "Open the doors, fans on".to_owned(),
            ],
            focus: Some(Focus {
                sensor: "Inlet A3".to_owned(),
                quantity: Quantity::Temperature,
                value: 29.4,
                trend: Some(Trend {
                    per_minute: 0.8,
                    decay_per_minute: 0.0,
                }),
                next_limit: Some((
                    32.0,
                    Forecast {
                        earliest: 2.0,
                        likely: 3.2,
                        latest: Some(5.0),
                    },
                )),
            }),
            siblings: Some((3, 4)),
            surroundings: vec!["Dew point 13.6 C.".to_owned(), "Mains present.".to_owned()],
            age: Some(Duration::from_seconds(4)),
            answering: Some((20, 21)),
            agent: Some(("pi-a1".to_owned(), true)),
            also: vec!["webhook ops".to_owned()],
            alarm_link: "http://127.0.0.1:8080/alarms/4711".to_owned(),
            acknowledge_link: Some("http://127.0.0.1:8080/a/x".to_owned()),
        }
    }

    #[test]
    fn a_raised_alarm_reads_as_the_golden_message() {
        let message = write(&facts());
        assert_eq!(
            message.subject,
            "CRITICAL Room A: inlet far too warm, inlet A3 29.4 C rising, 32.0 C in about 3 min [4711]"
        );
        assert_eq!(
            message.text,
            "\
WHAT      Inlet A3 in Room A is at 29.4 C, above 27.0 C. Likely: the cooling of the room has failed.
WHERE     Room A, ground floor. Inlet A3 (rack A3, front, top). 3 of 4 beyond the limit.
HOW BAD   29.4 C; limit 27.0 C. Rising 0.8 C/min. Dew point 13.6 C. Mains present.
HOW LONG  32.0 C at about 03:15 (between 03:14 and 03:17). Servers shut down from 32 C.
DO        1 Start AC 2 at its panel.  2 Open the doors, fans on.
YOU       I am on it: http://127.0.0.1:8080/a/x   Look: http://127.0.0.1:8080/alarms/4711
SURE?     Newest reading 4 s old; 20 of 21 sensors of the room answer; agent pi-a1 online.
Raised 03:12:05 CEST (01:12:05 UTC), rule inlet-critical, also sent by webhook ops.
"
        );
        assert_eq!(
            message.short,
            "CRITICAL Room A inlet far too warm 03:12. Inlet A3 29.4C, 32C in 3 min. Start AC 2 at its panel. [4711]"
        );
    }

    #[test]
    fn a_return_says_how_long_it_lasted_and_asks_for_nothing() {
        let mut facts = facts();
        facts.reason = Reason::Resolved;
        facts.alarm.value = Some(25.8);
        facts.alarm.returned_at = Some("2026-06-18T01:53:05Z".parse().unwrap());
        let message = write(&facts);
        assert_eq!(
            message.subject,
            "RETURNED Room A: inlet far too warm, inlet A3 25.8 C, after 41 min [4711]"
        );
        assert!(
            message.text.contains("It lasted 41 min, until 03:53:05."),
            "{}",
            message.text
        );
        assert!(!message.text.contains("I am on it"), "{}", message.text);
    }

    #[test]
    fn a_failed_cooling_unit_speaks_of_the_hottest_inlet() {
        let mut facts = facts();
        facts.alarm.name = "Cooling failing".to_owned();
        facts.alarm.value = Some(1.0);
        facts.alarm.limit = None;
        facts.quantity = Some(Quantity::CoolingFault);
        facts.sensor = "AC 1".to_owned();
        let message = write(&facts);
        assert_eq!(
            message.subject,
            "CRITICAL Room A: cooling failing, AC 1 fault, inlet A3 29.4 C rising, 32.0 C in about 3 min [4711]"
        );
        assert!(
            message
                .text
                .contains("HOW BAD   Hottest: Inlet A3, 29.4 C. Rising 0.8 C/min. Dew"),
            "{}",
            message.text
        );
    }

    #[test]
    fn a_state_without_a_word_is_not_told_as_yes() {
        let mut facts = facts();
        facts.alarm.name = "UPS on battery".to_owned();
        facts.alarm.value = Some(1.0);
        facts.alarm.limit = None;
        facts.quantity = Some(Quantity::UpsOnBattery);
        facts.sensor = "UPS 1".to_owned();
        facts.focus = None;
        let message = write(&facts);
        assert_eq!(message.subject, "CRITICAL Room A: UPS on battery, UPS 1 [4711]");
        assert!(!message.short.contains("yes"), "{}", message.short);
    }

    #[test]
    fn short_messages_fit_one_text_message() {
        let mut facts = facts();
        facts.response = vec!["Überprüfen €{}[] ".repeat(40)];
        facts.sensor = "line one\r\nBcc: everyone".to_owned();
        let message = write(&facts);
        assert!(
            message.short.len() <= 160 && message.short.is_ascii(),
            "{}",
            message.short
        );
        assert!(!message.subject.contains(['\r', '\n']));
    }
}
