//! A layer made absolute: when each turn begins and ends, and which hours of it are its own.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::Span;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use plenum_protocol::Timestamp;

use super::schedule::{Shift, Source};
use super::week::{Week, date_of};
use crate::site::civil::absolute;
use crate::site::{Layer, OnHoliday, Person};

/// A layer of a rota, with its people.
#[derive(Debug, Clone)]
pub(super) struct Turns<'a> {
    layer: &'a Layer,
    zone: &'a TimeZone,
    people: Vec<&'a Person>,
    holidays: Arc<BTreeSet<Date>>,
    /// None where it covers all hours of all days.
    week: Option<Week>,
}

impl<'a> Turns<'a> {
    pub(super) fn new(
        layer: &'a Layer,
        zone: &'a TimeZone,
        people: Vec<&'a Person>,
        holidays: Arc<BTreeSet<Date>>,
    ) -> Self {
        let week = match (layer.hours.as_slice(), layer.holidays) {
            ([], OnHoliday::Off) => Some(Week::whole()),
            ([], OnHoliday::AsUsual | OnHoliday::AsSunday) => None,
            (hours, _) => Some(Week::of(hours)),
        };
        Self {
            layer,
            zone,
            people,
            holidays,
            week,
        }
    }

    /// What it covers of [from, to), by start, as the layer of this place in its rota.
    pub(super) fn shifts(&self, place: usize, from: Timestamp, to: Timestamp) -> Vec<Shift<'a>> {
        if self.people.is_empty() {
            return Vec::new();
        }
        let own = |week: &Week| week.spans(self.zone, self.layer.holidays, &self.holidays, from, to);
        let open = self.week.as_ref().map_or_else(|| vec![(from, to)], own);
        let mut open = open.as_slice();
        let mut shifts = Vec::new();
        for (turn, begin, end) in self.turns(from, to) {
            // What ended before this turn is of no use to a later one.
            open = &open[open.partition_point(|span| span.1 <= begin)..];
            let within = open.iter().take_while(|span| span.0 < end);
            shifts.extend(within.map(|span| Shift {
                person: self.people[turn as usize % self.people.len()],
                from: span.0.max(begin).max(from),
                to: span.1.min(end).min(to),
                source: Source::Layer { layer: place, turn },
            }));
        }
        shifts.retain(|shift| shift.from < shift.to);
        shifts
    }

    /// The turns that touch [from, to), with their numbers from 0.
    fn turns(
        &self,
        from: Timestamp,
        to: Timestamp,
    ) -> impl Iterator<Item = (u64, Timestamp, Timestamp)> + '_ {
        let until = self.layer.until.and_then(|date| self.hand_over_on(date.0));
        let until = until.unwrap_or(Timestamp::MAX).min(to);
        let days = self.layer.start.0.until(date_of(self.zone, from));
        let days = days.map_or(0, |days| i64::from(days.get_days()));
        // The time of day may still be ahead on the date.
        let first = (days / i64::from(self.layer.every.days()) - 1)
            .max(0)
            .unsigned_abs();
        let turns = (first..).map_while(move |turn| {
            let begin = self.hand_over(turn).filter(|begin| *begin < until)?;
            let end = self.hand_over(turn + 1).unwrap_or(Timestamp::MAX);
            Some((turn, begin, end.min(until)))
        });
        turns.filter(move |(_, _, end)| *end > from)
    }

    /// When a turn begins; none at the end of the calendar.
    fn hand_over(&self, turn: u64) -> Option<Timestamp> {
        let days = i64::try_from(turn)
            .ok()?
            .checked_mul(i64::from(self.layer.every.days()))?;
        let days = Span::new().try_days(days).ok()?;
        self.hand_over_on(self.layer.start.0.checked_add(days).ok()?)
    }

    fn hand_over_on(&self, date: Date) -> Option<Timestamp> {
        absolute(self.zone, date.to_datetime(self.layer.hand_over.time.0))
    }
}
