//! What one rota comes to: its shifts, who is on duty and who is next, and where nobody is.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;
use plenum_protocol::{Duration, Timestamp};

use super::Override;
use super::layer::Turns;
use super::stack::{laid_over, without};
use crate::site::{Person, Rota, Site, Zone};

/// A stretch in which one person is on duty without a hand-over.
#[derive(Debug, Clone, PartialEq)]
pub struct Shift<'a> {
    /// Who.
    pub person: &'a Person,
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// By what.
    pub source: Source,
}

/// What makes somebody be on duty.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// Their turn in a layer.
    Layer {
        /// Its place in the rota, from 0.
        layer: usize,
        /// Its number since the layer's start, from 0.
        turn: u64,
    },
    /// An override.
    Override {
        /// Its place among those of the rota, from 0: the site's, then those that people made.
        place: usize,
    },
}

/// What a rota comes to.
#[derive(Debug, Clone)]
pub struct Schedule<'a> {
    rota: &'a Rota,
    zone: &'a Zone,
    layers: Vec<Turns<'a>>,
    overrides: Vec<(&'a Person, Override)>,
}

/// In how many days the next person is looked for; the longest turn is a year.
const AHEAD: [i64; 4] = [8, 64, 400, 1200];
const DAY: Duration = Duration::from_hours(24);

impl<'a> Schedule<'a> {
    pub(super) fn new(
        site: &'a Site,
        rota: &'a Rota,
        holidays: &Arc<BTreeSet<Date>>,
        overrides: &[Override],
    ) -> Self {
        let zone = rota.zone.as_ref().unwrap_or(&site.site.zone);
        let layers = rota.layers.iter().map(|layer| {
            let people = layer.people.iter().filter_map(|id| site.person_by_id(id));
            Turns::new(layer, zone, people.collect(), Arc::clone(holidays))
        });
        let overrides = overrides
            .iter()
            .filter(|one| one.rota == rota.id)
            .filter_map(|one| {
                let person = site.person_by_id(&one.person)?;
                Some((person, one.clone()))
            });
        Self {
            layers: layers.collect(),
            overrides: overrides.collect(),
            zone,
            rota,
        }
    }

    /// The rota.
    pub fn rota(&self) -> &'a Rota {
        self.rota
    }

    /// By which clock its people hand over.
    pub fn zone(&self) -> &'a Zone {
        self.zone
    }

    /// The overrides that count, in the order of which the later beats the earlier.
    pub fn overrides(&self) -> impl Iterator<Item = &Override> {
        self.overrides.iter().map(|(_, own)| own)
    }

    /// Who is on duty.
    pub fn on_duty(&self, at: Timestamp) -> Option<&'a Person> {
        let now = self.shifts(at, at + Duration::from_milliseconds(1));
        now.first().map(|shift| shift.person)
    }

    /// The shift that an instant is in, from its beginning to its end.
    pub fn shift_at(&self, at: Timestamp) -> Option<Shift<'a>> {
        let mut found = None;
        for days in AHEAD {
            let reach = Duration::from_milliseconds(DAY.milliseconds() * days);
            let (from, to) = (at - reach, at + reach);
            let shift = self
                .shifts(from, to)
                .into_iter()
                .find(|shift| shift.from <= at && at < shift.to)?;
            let whole = from < shift.from && shift.to < to;
            found = Some(shift);
            if whole {
                break;
            }
        }
        found
    }

    /// The first shift after an instant of somebody who is not on duty then.
    pub fn next_on_duty(&self, at: Timestamp) -> Option<Shift<'a>> {
        let now = self.on_duty(at).map(|person| &person.id);
        AHEAD.into_iter().find_map(|days| {
            let to = at + Duration::from_milliseconds(DAY.milliseconds() * days);
            let later = self.shifts(at, to).into_iter().filter(|shift| shift.from > at);
            let next = later.into_iter().find(|shift| Some(&shift.person.id) != now)?;
            self.shift_at(next.from)
        })
    }

    /// The shifts within [from, to), by start; they do not overlap.
    pub fn shifts(&self, from: Timestamp, to: Timestamp) -> Vec<Shift<'a>> {
        let layers = self.layers.iter().enumerate();
        let layers = layers.map(|(place, layer)| layer.shifts(place, from, to));
        let overrides = self.overrides.iter().enumerate().map(|(place, (person, own))| {
            let shift = Shift {
                person,
                from: own.from.max(from),
                to: own.to.min(to),
                source: Source::Override { place },
            };
            Vec::from_iter((shift.from < shift.to).then_some(shift))
        });
        // The overrides together first: they are few, and the layers' shifts many.
        let overrides = overrides
            .filter(|own| !own.is_empty())
            .fold(Vec::new(), laid_over);
        let layers = layers.fold(Vec::new(), laid_over);
        laid_over(layers, overrides)
    }

    /// Where nobody is on duty within [from, to).
    pub fn uncovered(&self, from: Timestamp, to: Timestamp) -> Vec<(Timestamp, Timestamp)> {
        let shifts = self.shifts(from, to);
        without(from, to, shifts.iter().map(|shift| (shift.from, shift.to))).collect()
    }
}
