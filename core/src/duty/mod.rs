//! Who is on duty at an instant, from when until when, and who is told by a step of a ladder: what the rotas, overrides and holidays of a site come to.
//!
//! A rota's layers lie one above the other, and overrides above them all: at each instant one person is on duty, by the uppermost that covers it, or nobody.
//! Hand-overs and hours are times by the rota's clock. One that does not exist, because the clock jumped over it, is later by that jump; one that
//! occurs twice means the first. Unlike a maintenance window's end that of a shift is the first as well: it is where another one begins.

mod asked;
mod days;
pub mod ical;
mod layer;
mod schedule;
mod stack;
mod week;

pub use asked::{Asked, AskedError, LONGEST, LONGEST_WHY, Moment};
pub use days::{ClockChange, Day, days};
pub use schedule::{Schedule, Shift, Source};

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::Date;
use plenum_protocol::{Duration, Identifier, Timestamp};

use crate::authority::Actor;
use crate::site::civil::absolute;
use crate::site::{OnHoliday, Person, Priority, Rota, Site, Team, Whom};
use week::Week;

/// How far ahead hours without anybody are told of: two weeks, in which somebody can still be found.
pub const TOLD_AHEAD: Duration = Duration::from_hours(14 * 24);

/// One who stands in for whoever is on duty by a rota's layers: written in `site.toml`, or made by a person since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Override {
    /// The rota.
    pub rota: Identifier,
    /// Who stands in. Where the site knows them no longer, the layers count.
    pub person: Identifier,
    /// The first instant.
    pub from: Timestamp,
    /// The first instant after it.
    pub to: Timestamp,
    /// Who asked for it, where that is known.
    pub asked_by: Option<Actor>,
    /// Why.
    pub why: String,
}

/// All rotas of a site with what lies over them.
#[derive(Debug, Clone)]
pub struct Plan<'a> {
    site: &'a Site,
    schedules: Vec<Schedule<'a>>,
}

impl<'a> Plan<'a> {
    /// What a site's rotas come to with the overrides that people made. A later one beats an earlier one, and each of them those of the site.
    pub fn new(site: &'a Site, overrides: &[Override]) -> Self {
        let all: Vec<Override> = written(site).chain(overrides.iter().cloned()).collect();
        let holidays: Arc<BTreeSet<Date>> = Arc::new(site.holidays.iter().map(|day| day.date.0).collect());
        let schedule = |rota| Schedule::new(site, rota, &holidays, &all);
        Self {
            schedules: site.rotas.iter().map(schedule).collect(),
            site,
        }
    }

    /// What a rota comes to; none where the site has no such rota.
    pub fn schedule(&self, rota: &Identifier) -> Option<&Schedule<'a>> {
        self.schedules.iter().find(|schedule| schedule.rota().id == *rota)
    }

    /// All of them, in the order of the site.
    pub fn schedules(&self) -> &[Schedule<'a>] {
        &self.schedules
    }

    /// Who is on duty by a rota at an instant.
    pub fn on_duty(&self, rota: &Identifier, at: Timestamp) -> Option<&'a Person> {
        self.schedule(rota)?.on_duty(at)
    }

    /// Who is told now by a step of a ladder. Nobody only where the site's own check would have refused it.
    pub fn whom(&self, whom: &Whom, at: Timestamp) -> Vec<&'a Person> {
        let person = |id: &Identifier| self.site.person_by_id(id);
        match whom {
            Whom::Person(id) => person(id).into_iter().collect(),
            Whom::Team(id) => {
                let members = self.site.team(id).into_iter().flat_map(|team| &team.members);
                members.filter_map(person).collect()
            }
            Whom::Everybody => self.site.people.iter().collect(),
            Whom::Rota(id) => {
                let fallback = || person(self.team_of(id)?.fallback()?);
                self.on_duty(id, at).or_else(fallback).into_iter().collect()
            }
        }
    }

    fn team_of(&self, rota: &Identifier) -> Option<&'a Team> {
        self.site.team(&self.site.rota(rota)?.team)
    }

    /// Where nobody is on duty within [from, to), rota by rota.
    pub fn uncovered(&self, from: Timestamp, to: Timestamp) -> Vec<(&'a Rota, Timestamp, Timestamp)> {
        let of = |schedule: &Schedule<'a>| {
            let rota = schedule.rota();
            let found = schedule.uncovered(from, to).into_iter();
            found.map(move |(from, to)| (rota, from, to)).collect::<Vec<_>>()
        };
        self.schedules.iter().flat_map(of).collect()
    }

    /// The shifts of a person that touch [from, to), by whichever rota, from their true beginning to their true end; by start.
    pub fn duties(&self, person: &Identifier, from: Timestamp, to: Timestamp) -> Vec<(&'a Rota, Shift<'a>)> {
        let of = |schedule: &Schedule<'a>| {
            let theirs = schedule.shifts(from, to).into_iter();
            let theirs = theirs.filter(|shift| shift.person.id == *person);
            let whole = theirs.map(|shift| match from < shift.from && shift.to < to {
                true => shift,
                false => schedule.shift_at(shift.from).unwrap_or(shift),
            });
            whole.map(|shift| (schedule.rota(), shift)).collect::<Vec<_>>()
        };
        let mut all: Vec<_> = self.schedules.iter().flat_map(of).collect();
        all.sort_by_key(|(_, shift)| (shift.from, shift.to));
        all
    }

    /// Until when a person is not to be told of this priority: while all of the teams that they are in have quiet hours for it. None where they are told now.
    pub fn quiet_until(&self, person: &Identifier, priority: Priority, at: Timestamp) -> Option<Timestamp> {
        let mut theirs = self
            .site
            .teams
            .iter()
            .filter(|team| team.members.contains(person))
            .peekable();
        theirs.peek()?;
        let ends: Option<Vec<Timestamp>> = theirs.map(|team| self.quiet_of(team, priority, at)).collect();
        ends?.into_iter().min()
    }

    /// From when on a person could be told at `now` of something that came at `at`: what waited for the end of their quiet hours is not late.
    pub fn told_from(
        &self,
        person: &Identifier,
        priority: Priority,
        at: Timestamp,
        now: Timestamp,
    ) -> Timestamp {
        let mut from = at;
        while let Some(end) = self.quiet_until(person, priority, from).filter(|_| from < now) {
            from = end;
        }
        from.min(now).max(at)
    }

    fn quiet_of(&self, team: &Team, priority: Priority, at: Timestamp) -> Option<Timestamp> {
        let chosen = team
            .quiet
            .iter()
            .filter(|quiet| quiet.priorities.contains(&priority));
        let hours: Vec<_> = chosen.flat_map(|quiet| quiet.hours.iter().cloned()).collect();
        let week = Week::of(&hours);
        let spans = week.spans(
            &self.site.site.zone,
            OnHoliday::AsUsual,
            &BTreeSet::new(),
            at,
            at + Duration::from_hours(8 * 24),
        );
        let now = spans.into_iter().find(|(from, to)| *from <= at && at < *to);
        now.map(|(_, to)| to)
    }
}

/// The overrides of `site.toml`, as instants.
fn written(site: &Site) -> impl Iterator<Item = Override> + '_ {
    site.overrides.iter().filter_map(|written| {
        let rota = site.rota(&written.rota)?;
        let zone = rota.zone.as_ref().unwrap_or(&site.site.zone);
        Some(Override {
            from: absolute(zone, written.from.0)?,
            to: absolute(zone, written.to.0)?,
            rota: written.rota.clone(),
            person: written.person.clone(),
            asked_by: written.asked_by.as_ref().map(|id| Actor::named(id.as_str())),
            why: written.why.clone(),
        })
    })
}

#[cfg(test)]
mod tests;
