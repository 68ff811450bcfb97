//! Holidays from an iCalendar file. What is read is counted; what cannot be counted is refused with its line, and nothing is guessed: a holiday that is missing
//! is a night without anybody.

use std::collections::BTreeMap;

use jiff::ToSpan;
use jiff::civil::Date;
use plenum_protocol::config_error::ConfigError;

use crate::site::{Holiday, LocalDate};
use crate::text::foreign;

/// The most days of one event, and of a file.
const LONGEST: i32 = 366;
const MOST: usize = 10_000;
/// The longest name that is kept, in characters.
const NAME: usize = 80;

/// The days of a file's events, by date; where several share one, with all their names. `file` is its name in the error.
pub fn holidays(file: &str, text: &str) -> Result<Vec<Holiday>, ConfigError> {
    let mut days = BTreeMap::new();
    read(text, &mut days).map_err(|refused| {
        let error = ConfigError::of_file(file, refused.wrong);
        ConfigError {
            line: Some(refused.line),
            suggestion: refused.suggestion.map(str::to_owned),
            ..error
        }
    })?;
    let holiday = |(date, names): (Date, Vec<String>)| Holiday {
        date: LocalDate(date),
        name: names.join(", "),
    };
    Ok(days.into_iter().map(holiday).collect())
}

type Days = BTreeMap<Date, Vec<String>>;

/// What is not read.
struct Refused {
    line: usize,
    wrong: String,
    suggestion: Option<&'static str>,
}

/// A logical line: a name, parameters and a value.
#[derive(Clone)]
struct Line {
    /// The line of the file on which it begins, from 1.
    number: usize,
    name: String,
    parameters: Vec<String>,
    value: String,
}

impl Line {
    fn refused(&self, wrong: impl Into<String>, suggestion: &'static str) -> Refused {
        Refused {
            line: self.number,
            wrong: wrong.into(),
            suggestion: Some(suggestion),
        }
    }
}

/// What is known of an event before its end.
struct Event {
    begin: Line,
    start: Option<Line>,
    end: Option<Line>,
    name: String,
    is_cancelled: bool,
}

fn read(text: &str, days: &mut Days) -> Result<(), Refused> {
    let mut open: Vec<String> = Vec::new();
    let mut event: Option<Event> = None;
    let mut last = 1;
    for line in lines(text) {
        let line = line?;
        last = line.number;
        match (line.name.as_str(), open.as_slice()) {
            ("BEGIN", []) if !line.value.eq_ignore_ascii_case("VCALENDAR") => {
                return Err(not_a_calendar(&line));
            }
            ("BEGIN", around) => {
                if is_event(&line.value) && around.len() == 1 {
                    event = Some(Event {
                        begin: line.clone(),
                        start: None,
                        end: None,
                        name: String::new(),
                        is_cancelled: false,
                    });
                }
                open.push(line.value.to_ascii_uppercase());
            }
            (_, []) => return Err(not_a_calendar(&line)),
            ("END", [.., innermost]) => {
                if !line.value.eq_ignore_ascii_case(innermost) {
                    let wrong = format!(
                        "{} ends here, and {innermost} is open",
                        foreign::quoted(&line.value, NAME)
                    );
                    return Err(line.refused(wrong, "export the calendar again"));
                }
                open.pop();
                if let Some(whole) = event.take_if(|_| open.len() == 1) {
                    count(whole, days)?;
                }
            }
            (_, [_, _]) => {
                if let Some(event) = &mut event {
                    note(event, line)?;
                }
            }
            _ => {}
        }
    }
    match open.last() {
        None if last == 1 => Err(Refused {
            line: 1,
            wrong: "this file is empty".to_owned(),
            suggestion: Some("export the calendar again"),
        }),
        None => Ok(()),
        Some(open) => Err(Refused {
            line: last,
            wrong: format!("the file ends before {open} does"),
            suggestion: Some("export the calendar again: a part of it is missing"),
        }),
    }
}

fn not_a_calendar(line: &Line) -> Refused {
    line.refused(
        "this is not an iCalendar file: it does not begin with BEGIN:VCALENDAR",
        "export the holidays as iCalendar (.ics)",
    )
}

fn is_event(component: &str) -> bool {
    component.eq_ignore_ascii_case("VEVENT")
}

/// Keeps a line of an event.
fn note(event: &mut Event, line: Line) -> Result<(), Refused> {
    match line.name.as_str() {
        "RRULE" | "RDATE" | "EXDATE" | "EXRULE" | "RECURRENCE-ID" => {
            let wrong = format!("an event that repeats ({}) is not counted", line.name);
            return Err(line.refused(wrong, "export each of its dates as an event of its own"));
        }
        "DTSTART" | "DTEND" | "DURATION" => {
            let held = match line.name.as_str() {
                "DTSTART" => &mut event.start,
                _ => &mut event.end,
            };
            if held.is_some() {
                let wrong = format!("{} says again what was said before", line.name);
                return Err(line.refused(wrong, "leave one of the two"));
            }
            *held = Some(line);
        }
        "SUMMARY" => event.name = foreign::cut(&unescaped(&line.value), NAME),
        "STATUS" => event.is_cancelled = line.value.eq_ignore_ascii_case("CANCELLED"),
        _ => {}
    }
    Ok(())
}

/// Adds an event's days.
fn count(event: Event, days: &mut Days) -> Result<(), Refused> {
    if event.is_cancelled {
        return Ok(());
    }
    let Some(start) = &event.start else {
        return Err(event.begin.refused("this event has no DTSTART", "give it a date"));
    };
    let first = date(start)?;
    let long = match &event.end {
        None => 1,
        Some(end) if end.name == "DURATION" => duration(end)?,
        // The day after the last (RFC 5545, 3.6.1).
        Some(end) => first.until(date(end)?).map_or(0, |span| span.get_days()),
    };
    if !(1..=LONGEST).contains(&long) {
        let line = event.end.as_ref().unwrap_or(start);
        return Err(line.refused(
            "this event is shorter than a day or longer than a year",
            "DTEND is the day after its last",
        ));
    }
    for date in first.series(1.day()).take(long.unsigned_abs() as usize) {
        let names = days.entry(date).or_default();
        if !event.name.is_empty() && !names.contains(&event.name) {
            names.push(event.name.clone());
        }
        if days.len() > MOST {
            return Err(event
                .begin
                .refused(format!("more than {MOST} days"), "export fewer years"));
        }
    }
    Ok(())
}

/// A value of type DATE. A time of day belongs to a zone, and a holiday to a site.
fn date(line: &Line) -> Result<Date, Refused> {
    let of_type = |parameter: &&String| parameter.to_ascii_uppercase().starts_with("VALUE=");
    let is_date = line
        .parameters
        .iter()
        .find(of_type)
        .is_none_or(|own| own.eq_ignore_ascii_case("VALUE=DATE"));
    let digits = line.value.len() == 8 && line.value.bytes().all(|byte| byte.is_ascii_digit());
    let refused = |wrong: String| line.refused(wrong, "write whole days, as DTSTART;VALUE=DATE:20261225");
    if !is_date || !digits {
        return Err(refused(format!(
            "{} is not a date",
            foreign::quoted(&line.value, NAME)
        )));
    }
    let number = |range: std::ops::Range<usize>| line.value[range].parse::<i16>().unwrap_or_default();
    let (year, month, day) = (number(0..4), number(4..6), number(6..8));
    Date::new(year, month as i8, day as i8).map_err(|_| refused(format!("there is no {}", line.value)))
}

/// `P3D` or `P1W` in days.
fn duration(line: &Line) -> Result<i32, Refused> {
    let read = || {
        let count = line.value.strip_prefix('P')?;
        let (count, unit) = count.split_at_checked(count.len().checked_sub(1)?)?;
        let count: u16 = count.parse().ok()?;
        match unit {
            "D" => Some(i32::from(count)),
            "W" => Some(7 * i32::from(count)),
            _ => None,
        }
    };
    let wrong = || format!("{} is not a number of days", foreign::quoted(&line.value, NAME));
    read().ok_or_else(|| line.refused(wrong(), "write DURATION:P1D, or DTEND"))
}

/// A value of type TEXT (RFC 5545, 3.3.11).
fn unescaped(value: &str) -> String {
    let mut text = String::with_capacity(value.len());
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        match character {
            '\\' => match characters.next() {
                Some('n' | 'N') => text.push('\n'),
                Some(other) => text.push(other),
                None => {}
            },
            other => text.push(other),
        }
    }
    text
}

/// The logical lines: one that begins with a space or a tab goes on with the one before.
fn lines(text: &str) -> impl Iterator<Item = Result<Line, Refused>> {
    let text = text.strip_prefix('\u{FEFF}').unwrap_or(text);
    let physical = text
        .split('\n')
        .map(|line| line.strip_suffix('\r').unwrap_or(line));
    let mut physical = (1..).zip(physical).peekable();
    std::iter::from_fn(move || {
        let (number, first) = physical.find(|(_, line)| !line.is_empty())?;
        let mut whole = first.to_owned();
        while let Some((_, more)) = physical.next_if(|(_, line)| line.starts_with([' ', '\t'])) {
            whole.push_str(&more[1..]);
        }
        Some((number, whole))
    })
    .map(|(number, whole)| parsed(number, &whole))
}

fn parsed(number: usize, whole: &str) -> Result<Line, Refused> {
    // A colon between quotation marks belongs to a parameter.
    let mut quoted = false;
    let colon = whole.find(|character| {
        quoted ^= character == '"';
        character == ':' && !quoted
    });
    let refused = || Refused {
        line: number,
        wrong: format!(
            "{} is not a line of an iCalendar file",
            foreign::quoted(whole, NAME)
        ),
        suggestion: Some("export the holidays as iCalendar (.ics)"),
    };
    let colon = colon.ok_or_else(refused)?;
    let (head, value) = (&whole[..colon], &whole[colon + 1..]);
    let mut parts = head.split(';');
    let name = parts.next().unwrap_or_default().to_ascii_uppercase();
    let of_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-';
    if name.is_empty() || !name.bytes().all(of_name) {
        return Err(refused());
    }
    Ok(Line {
        number,
        name,
        parameters: parts.map(str::to_owned).collect(),
        value: value.to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(events: &str, expected: &[&str]) {
        let text = format!("BEGIN:VCALENDAR\nVERSION:2.0\n{events}END:VCALENDAR\n");
        let said = match holidays("nl.ics", &text) {
            Ok(days) => days
                .into_iter()
                .map(|day| format!("{} {}", day.date, day.name))
                .collect(),
            Err(error) => vec![error.to_string()],
        };
        assert_eq!(said, expected, "{events}");
    }

    fn event(lines: &str) -> String {
        format!("BEGIN:VEVENT\n{lines}\nEND:VEVENT\n")
    }

    #[test]
    fn whole_days_are_read_with_their_names() {
        let christmas = event(
            "UID:1\nDTSTART;VALUE=DATE:20261225\nDTEND;VALUE=DATE:20261227\nSUMMARY;LANGUAGE=nl:Kerst\\, twee\n  dagen",
        );
        check(
            &christmas,
            &["2026-12-25 Kerst, twee dagen", "2026-12-26 Kerst, twee dagen"],
        );
        let boxing = event("dtstart;value=date:20261226\nDURATION:P1D\nsummary:Boxing Day");
        check(
            &format!("{christmas}{boxing}"),
            &[
                "2026-12-25 Kerst, twee dagen",
                "2026-12-26 Kerst, twee dagen, Boxing Day",
            ],
        );
        check(
            &event("DTSTART;VALUE=DATE:20260101").replace('\n', "\r\n"),
            &["2026-01-01 "],
        );
        check(&event("DTSTART;VALUE=DATE:20260101\nSTATUS:CANCELLED"), &[]);
        check(
            &event("DTSTART;X-A=\"a:b\";VALUE=DATE:20260101\nBEGIN:VALARM\nDTSTART:x\nEND:VALARM"),
            &["2026-01-01 "],
        );
        let zone = "BEGIN:VTIMEZONE\nBEGIN:STANDARD\nDTSTART:19701025T030000\nRRULE:FREQ=YEARLY\nEND:STANDARD\nEND:VTIMEZONE\n";
        check(zone, &[]);
    }

    #[test]
    fn what_cannot_be_counted_is_refused_with_its_line() {
        check(
            &event("DTSTART;VALUE=DATE:20260101\nRRULE:FREQ=YEARLY"),
            &[
                "nl.ics:5: an event that repeats (RRULE) is not counted; export each of its dates as an event of its own",
            ],
        );
        check(
            &event("DTSTART;TZID=Europe/Amsterdam:20260101T000000"),
            &[
                "nl.ics:4: \"20260101T000000\" is not a date; write whole days, as DTSTART;VALUE=DATE:20261225",
            ],
        );
        check(
            &event("DTSTART;VALUE=DATE:20260230"),
            &["nl.ics:4: there is no 20260230; write whole days, as DTSTART;VALUE=DATE:20261225"],
        );
        check(
            &event("DTSTART;VALUE=DATE:20260101\nDTEND;VALUE=DATE:20260101"),
            &[
                "nl.ics:5: this event is shorter than a day or longer than a year; DTEND is the day after its last",
            ],
        );
        check(
            &event("DTSTART;VALUE=DATE:20260101\nDURATION:PT24H"),
            &["nl.ics:5: \"PT24H\" is not a number of days; write DURATION:P1D, or DTEND"],
        );
        check(
            &event("DTSTART;VALUE=DATE:20260101\nDTSTART;VALUE=DATE:20260102"),
            &["nl.ics:5: DTSTART says again what was said before; leave one of the two"],
        );
        check(
            &event("SUMMARY:x"),
            &["nl.ics:3: this event has no DTSTART; give it a date"],
        );
        check(
            "BEGIN:VEVENT\nEND:VTODO\n",
            &["nl.ics:4: \"VTODO\" ends here, and VEVENT is open; export the calendar again"],
        );
        check(
            "nonsense\n",
            &[
                "nl.ics:3: \"nonsense\" is not a line of an iCalendar file; export the holidays as iCalendar (.ics)",
            ],
        );
    }

    #[test]
    fn what_is_not_a_whole_calendar_is_refused() {
        let refused = |text: &str| holidays("x", text).unwrap_err().to_string();
        assert_eq!(refused(""), "x:1: this file is empty; export the calendar again");
        assert!(refused("X-WR-CALNAME:x\n").starts_with("x:1: this is not an iCalendar file"));
        assert!(refused("<html>:\n").starts_with("x:1: \"<html>:\" is not a line of an iCalendar file"));
        assert!(refused("BEGIN:VEVENT\n").starts_with("x:1: this is not an iCalendar file"));
        assert_eq!(
            refused("BEGIN:VCALENDAR\nBEGIN:VEVENT\nDTSTART;VALUE=DATE:20260101\n"),
            "x:3: the file ends before VEVENT does; export the calendar again: a part of it is missing"
        );
    }
}
