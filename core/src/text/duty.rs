//! How duties are said: on a screen, in a message, and in a calendar that is not ours.

use plenum_protocol::Timestamp;

use super::foreign::cut;
use super::{Form, Language};
use crate::duty::{Shift, Source};

/// The longest name that is shown, in characters.
const NAME: usize = 80;

/// Who is on duty by a rota, until when, and who comes next; without a stop.
pub fn now_and_next(now: Option<&Shift<'_>>, next: Option<&Shift<'_>>, form: &Form) -> String {
    let name = |shift: &Shift<'_>| cut(&shift.person.name, NAME);
    let until = now.map(|shift| (name(shift), form.minute(shift.to)));
    let then = next.map(|shift| (name(shift), form.minute(shift.from)));
    // Where one follows the other at once the instant is said once.
    let at_once = now.zip(next).is_some_and(|(now, next)| now.to == next.from);
    match (form.language, &until, &then) {
        (Language::English, Some((now, until)), Some((next, _))) if at_once => {
            format!("{now} is on duty until {until}, then {next}")
        }
        (Language::Dutch, Some((now, until)), Some((next, _))) if at_once => {
            format!("{now} heeft piket tot {until}, daarna {next}")
        }
        (Language::English, Some((now, until)), Some((next, from))) => {
            format!("{now} is on duty until {until}; {next} is next, from {from}")
        }
        (Language::Dutch, Some((now, until)), Some((next, from))) => {
            format!("{now} heeft piket tot {until}; daarna {next}, vanaf {from}")
        }
        (Language::English, Some((now, _)), None) => format!("{now} is on duty; nobody else follows"),
        (Language::Dutch, Some((now, _)), None) => format!("{now} heeft piket; niemand anders volgt"),
        (Language::English, None, Some((next, from))) => {
            format!("nobody is on duty; {next} is next, from {from}")
        }
        (Language::Dutch, None, Some((next, from))) => {
            format!("niemand heeft piket; daarna {next}, vanaf {from}")
        }
        (Language::English, None, None) => "nobody is on duty".to_owned(),
        (Language::Dutch, None, None) => "niemand heeft piket".to_owned(),
    }
}

/// When nobody is on duty by a rota, and who is called then, where that is known; without a stop.
pub fn uncovered(
    rota: &str,
    (from, to): (Timestamp, Timestamp),
    fallback: Option<&str>,
    form: &Form,
) -> String {
    let (rota, from, to) = (
        cut(rota, NAME),
        form.day_and_minute(from),
        form.day_and_minute(to),
    );
    let said = match form.language {
        Language::English => format!("{rota}: nobody is on duty from {from} to {to}"),
        Language::Dutch => format!("{rota}: niemand heeft piket van {from} tot {to}"),
    };
    match (form.language, fallback.map(|name| cut(name, NAME))) {
        (_, None) => said,
        (Language::English, Some(name)) => format!("{said}; {name} is called then"),
        (Language::Dutch, Some(name)) => format!("{said}; dan wordt {name} gebeld"),
    }
}

/// What the calendar of a person's duties is called.
pub fn calendar(site: &str, person: &str, language: Language) -> String {
    let (site, person) = (cut(site, NAME), cut(person, NAME));
    match language {
        Language::English => format!("On call at {site}: {person}"),
        Language::Dutch => format!("Piket van {site}: {person}"),
    }
}

/// A shift in that calendar, by what its rota is called.
pub fn shift(rota: &str, source: Source, language: Language) -> String {
    let rota = cut(rota, NAME);
    match (language, source) {
        (Language::English, Source::Layer { .. }) => format!("On call: {rota}"),
        (Language::English, Source::Override { .. }) => format!("On call: {rota} (standing in)"),
        (Language::Dutch, Source::Layer { .. }) => format!("Piket: {rota}"),
        (Language::Dutch, Source::Override { .. }) => format!("Piket: {rota} (als vervanger)"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::site::{Person, Site};

    fn check(now: Option<(&str, i64)>, next: Option<(&str, i64)>, expected: [&str; 2]) {
        let person = |name: &str| Person {
            id: "p".parse().unwrap(),
            name: name.to_owned(),
            language: None,
        };
        let hour = |hour: i64| Timestamp::from_milliseconds(hour * 3_600_000);
        let people = [now, next].map(|one| one.map_or_else(|| person(""), |(name, _)| person(name)));
        let shift = |place: usize, from: Timestamp, to: Timestamp| Shift {
            person: &people[place],
            from,
            to,
            source: Source::Override { place: 0 },
        };
        let now = now.map(|(_, to)| shift(0, hour(0), hour(to)));
        let next = next.map(|(_, from)| shift(1, hour(from), hour(99)));
        for (language, expected) in Language::ALL.into_iter().zip(expected) {
            let form = Form::of(&Site::unconfigured(), language, hour(1));
            assert_eq!(now_and_next(now.as_ref(), next.as_ref(), &form), expected);
        }
    }

    #[test]
    fn who_is_on_duty_and_next_is_said_in_both_languages() {
        check(
            Some(("Anna", 9)),
            Some(("Bert", 9)),
            [
                "Anna is on duty until 09:00, then Bert",
                "Anna heeft piket tot 09:00, daarna Bert",
            ],
        );
        check(
            Some(("Anna", 9)),
            Some(("Bert", 33)),
            [
                "Anna is on duty until 09:00; Bert is next, from 2 Jan 09:00",
                "Anna heeft piket tot 09:00; daarna Bert, vanaf 2 jan 09:00",
            ],
        );
        check(
            Some(("Anna", 9)),
            None,
            [
                "Anna is on duty; nobody else follows",
                "Anna heeft piket; niemand anders volgt",
            ],
        );
        check(
            None,
            Some(("Bert", 9)),
            [
                "nobody is on duty; Bert is next, from 09:00",
                "niemand heeft piket; daarna Bert, vanaf 09:00",
            ],
        );
        check(None, None, ["nobody is on duty", "niemand heeft piket"]);
    }

    #[test]
    fn hours_without_anybody_are_said_with_who_is_called_then() {
        let form = |language| Form::of(&Site::unconfigured(), language, Timestamp::from_milliseconds(0));
        let gap = (
            Timestamp::from_milliseconds(0),
            Timestamp::from_milliseconds(86_400_000),
        );
        assert_eq!(
            uncovered("Office", gap, Some("Bas"), &form(Language::English)),
            "Office: nobody is on duty from 1 Jan 00:00 to 2 Jan 00:00; Bas is called then"
        );
        assert_eq!(
            uncovered("Kantoor", gap, None, &form(Language::Dutch)),
            "Kantoor: niemand heeft piket van 1 jan 00:00 tot 2 jan 00:00"
        );
    }
}
