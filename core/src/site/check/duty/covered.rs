//! Which minutes of a week the layers of a rota cover, as they are written: what a change of the clock does to them is not looked at.

use crate::site::rota::DAY;
use crate::site::{Hours, Layer, OnHoliday, Rota, Weekday};

/// Minutes of a day.
pub(super) type Minutes = Vec<bool>;

/// What kind of a day it is.
#[derive(Debug, Clone, Copy)]
pub(super) enum Day {
    Usual(Weekday),
    Holiday(Weekday),
}

impl Day {
    /// All that can differ for a layer.
    pub(super) fn all() -> impl Iterator<Item = Self> {
        let usual = Weekday::ALL.into_iter().map(Self::Usual);
        usual.chain(Weekday::ALL.into_iter().map(Self::Holiday))
    }
}

/// What a layer covers of a day.
pub(super) fn of(layer: &Layer, day: Day) -> Minutes {
    let weekday = match (day, layer.holidays) {
        (Day::Holiday(_), OnHoliday::Off) => return vec![false; usize::from(DAY)],
        (Day::Holiday(_), OnHoliday::AsSunday) => Weekday::Sun,
        (Day::Usual(weekday) | Day::Holiday(weekday), _) => weekday,
    };
    match layer.hours.is_empty() {
        true => vec![true; usize::from(DAY)],
        false => hours(&layer.hours, weekday),
    }
}

fn hours(hours: &[Hours], day: Weekday) -> Minutes {
    let mut minutes = vec![false; usize::from(DAY)];
    for (from, to) in hours.iter().flat_map(|hours| hours.minutes_of(day)) {
        minutes[usize::from(from)..usize::from(to)].fill(true);
    }
    minutes
}

/// What some layers cover of a day together.
pub(super) fn together<'a>(layers: impl Iterator<Item = &'a Layer>, day: Day) -> Minutes {
    let none = vec![false; usize::from(DAY)];
    layers.fold(none, |all, layer| {
        let own = of(layer, day).into_iter();
        all.into_iter()
            .zip(own)
            .map(|(one, other)| one || other)
            .collect()
    })
}

/// The first minute from which on nobody is on duty, and the first after it, in a week that has no holiday; of layers that never end.
pub(super) fn first_gap(rota: &Rota) -> Option<(usize, usize)> {
    let lasting = || rota.layers.iter().filter(|layer| layer.until.is_none());
    let days = Weekday::ALL.into_iter();
    let week: Minutes = days
        .flat_map(|day| together(lasting(), Day::Usual(day)))
        .collect();
    // One that goes over the week's end begins on Sunday, unless the whole week is one.
    let gap_at = |minute: usize| !week[minute % week.len()];
    let begin = (0..week.len()).find(|minute| gap_at(*minute) && (*minute == 0 || !gap_at(minute - 1)))?;
    let begin = match begin {
        0 => (1..=week.len())
            .rev()
            .find(|minute| !gap_at(minute - 1))
            .unwrap_or(0),
        begin => begin,
    };
    let end = (begin..begin + week.len()).find(|minute| !gap_at(*minute));
    Some((begin % week.len(), end.unwrap_or(begin + week.len()) % week.len()))
}

/// Whether hours leave nothing of a week out.
pub(super) fn is_whole_week(all: &[Hours]) -> bool {
    Weekday::ALL
        .into_iter()
        .all(|day| hours(all, day).into_iter().all(|covered| covered))
}

/// A minute of the week, for people: `sat 00:00`.
pub(super) fn minute_of_week(minute: usize) -> String {
    let (day, minute) = (minute / usize::from(DAY), minute % usize::from(DAY));
    format!("{} {:02}:{:02}", Weekday::ALL[day], minute / 60, minute % 60)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rota(hours: &str) -> Rota {
        let text = format!(
            "id = \"r\"\nname = \"R\"\nteam = \"t\"\n[[layer]]\npeople = [\"a\"]\nevery = \"week\"\nhand_over = \"mon 09:00\"\n\
             start = \"2026-01-05\"\nhours = [{hours}]\n"
        );
        toml::from_str(&text).unwrap()
    }

    fn check(hours: &str, expected: Option<(&str, &str)>) {
        let found = first_gap(&rota(hours)).map(|(from, to)| (minute_of_week(from), minute_of_week(to)));
        let expected = expected.map(|(from, to)| (from.to_owned(), to.to_owned()));
        assert_eq!(found, expected, "{hours}");
    }

    #[test]
    fn what_is_left_out_of_a_week_is_found_from_its_beginning_on() {
        check("", None);
        check("\"mon-sun 08:00-18:00\", \"mon-sun 18:00-08:00\"", None);
        check("\"mon 08:00-mon 08:00\"", None);
        check("\"mon-fri 00:00-24:00\"", Some(("sat 00:00", "mon 00:00")));
        check("\"mon-fri 08:00-18:00\"", Some(("fri 18:00", "mon 08:00")));
        check("\"mon-sun 09:00-08:59\"", Some(("mon 08:59", "mon 09:00")));
    }
}
