//! Who is on duty now and next, a rota's calendar, and ladders with who that is now.

use std::sync::Arc;

use axum::extract::State;
use plenum_collector::notify::duty::{Made, SHOWN};
use plenum_core::duty::{self, Plan, Schedule, Shift, Source, TOLD_AHEAD};
use plenum_core::site::{self, Site, Whom, Zone};
use plenum_core::text::{self, Form};
use plenum_protocol::{Duration, Identifier, Timestamp};
use serde::Deserialize;
use utoipa::IntoParams;

use super::query;
use crate::extract::{Path, Query};
use crate::language::{Reader, Said};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{
    self, CalendarDay, Duty, DutyPerson, DutyShift, Ladder, LadderChannel, LadderStep, LadderWhom, List,
    RotaCalendar, ShiftSource, Uncovered,
};

/// What of a calendar is shown where no end is given.
const FOUR_WEEKS: Duration = Duration::from_hours(28 * 24);
/// The longest calendar.
const LONGEST: Duration = Duration::from_hours(400 * 24);

/// Which part of a rota's calendar.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct CalendarQuery {
    /// An instant of the first day; now where it is absent. At most 100 days ago.
    #[param(value_type = Option<view::Instant>)]
    from: Option<query::Instant>,
    /// The first instant after it; four weeks later where it is absent, 400 days at most.
    #[param(value_type = Option<view::Instant>)]
    to: Option<query::Instant>,
}

/// What is needed to say who is on duty to one reader.
pub(super) struct Sayer<'a> {
    pub(super) site: &'a Site,
    pub(super) made: &'a [Made],
    pub(super) form: Form,
}

/// Who is on duty now and next by each rota, and where nobody is within 14 days.
#[utoipa::path(get, path = "/api/v1/duty", tag = "duty", responses((status = 200, body = List<Duty>)))]
pub(crate) async fn list_duty(
    State(dashboard): State<Arc<Dashboard>>,
    reader: Reader,
) -> Said<axum::Json<List<Duty>>> {
    let now = dashboard.clock.now();
    let list = said(&dashboard, reader, |sayer, plan| {
        let schedules = plan.schedules().iter();
        List::whole(schedules.map(|schedule| sayer.duty(schedule, now)))
    });
    Said(reader, axum::Json(list))
}

/// A rota as a calendar: its days, who is on duty by what, and where nobody is.
#[utoipa::path(get, path = "/api/v1/duty/{rota}/shifts", tag = "duty",
    params(("rota" = view::Identifier, Path, description = "The rota."), CalendarQuery),
    responses((status = 200, body = RotaCalendar), (status = 404, description = "There is no such rota.")))]
pub(crate) async fn get_calendar(
    State(dashboard): State<Arc<Dashboard>>,
    reader: Reader,
    Path(rota): Path<String>,
    Query(query): Query<CalendarQuery>,
) -> Result<Said<axum::Json<RotaCalendar>>, Problem> {
    let now = dashboard.clock.now();
    let from = query.from.map_or(now, |from| from.0);
    let to = query.to.map_or(from + FOUR_WEEKS, |to| to.0);
    let (from, to) = query::ordered(from, to)?;
    if now.since(from) > SHOWN {
        return Err(Problem::bad_request("a calendar begins at most 100 days ago"));
    }
    if to.since(from) > LONGEST {
        return Err(Problem::bad_request("a calendar has at most 400 days"));
    }
    let rota: Option<Identifier> = rota.parse().ok();
    let calendar = said(&dashboard, reader, |sayer, plan| {
        let schedule = plan.schedule(rota.as_ref()?)?;
        Some(sayer.calendar(schedule, (from, to)))
    });
    let calendar = calendar.ok_or_else(|| Problem::not_found("the site has no such rota"))?;
    Ok(Said(reader, axum::Json(calendar)))
}

/// The ladders, with who each of their steps would tell now.
#[utoipa::path(get, path = "/api/v1/ladders", tag = "duty", responses((status = 200, body = List<Ladder>)))]
pub(crate) async fn list_ladders(
    State(dashboard): State<Arc<Dashboard>>,
    reader: Reader,
) -> Said<axum::Json<List<Ladder>>> {
    let now = dashboard.clock.now();
    let list = said(&dashboard, reader, |sayer, plan| {
        let ladders = sayer.site.ladders.iter();
        List::whole(ladders.map(|ladder| sayer.ladder(ladder, plan, now)))
    });
    Said(reader, axum::Json(list))
}

/// Answers by the plan that counts now.
pub(super) fn said<T>(
    dashboard: &Dashboard,
    Reader(language): Reader,
    answer: impl FnOnce(&Sayer<'_>, &Plan<'_>) -> T,
) -> T {
    let (site, duty) = (dashboard.collector.site(), &dashboard.collector.duty);
    let made = duty.made();
    let own: Vec<_> = made.iter().map(|made| made.own.clone()).collect();
    let sayer = Sayer {
        site: &site,
        made: &made,
        form: Form::of(&site, language, dashboard.clock.now()),
    };
    answer(&sayer, &Plan::new(&site, &own))
}

impl Sayer<'_> {
    fn duty(&self, schedule: &Schedule<'_>, now: Timestamp) -> Duty {
        let rota = schedule.rota();
        let (on_duty, next) = (schedule.shift_at(now), schedule.next_on_duty(now));
        let team = self.site.team(&rota.team);
        let members = team.map_or(&[][..], |team| &team.members);
        let mut people: Vec<_> = self.site.people.iter().collect();
        people.sort_by_key(|person| !members.contains(&person.id));
        Duty {
            rota: rota.id.clone(),
            name: rota.name.clone(),
            team: team.map_or_else(String::new, |team| team.name.clone()),
            zone: schedule.zone().as_str().to_owned(),
            said: text::duty::now_and_next(on_duty.as_ref(), next.as_ref(), &self.form),
            now: on_duty.map(|shift| self.shift(schedule, &shift)),
            next: next.map(|shift| self.shift(schedule, &shift)),
            fallback: self.fallback(schedule).map(Into::into),
            uncovered: self.uncovered(schedule, (now, now + TOLD_AHEAD)),
            people: people.into_iter().map(Into::into).collect(),
        }
    }

    fn calendar(&self, schedule: &Schedule<'_>, (from, to): (Timestamp, Timestamp)) -> RotaCalendar {
        let zone = schedule.zone();
        let days = duty::days(self.site, zone, from, to);
        let from = days.first().map_or(from, |day| day.from);
        let to = days.last().map_or(to, |day| day.to);
        let shifts = schedule.shifts(from, to);
        RotaCalendar {
            rota: schedule.rota().id.clone(),
            zone: zone.as_str().to_owned(),
            from,
            to,
            shifts: shifts.iter().map(|shift| self.shift(schedule, shift)).collect(),
            uncovered: self.uncovered(schedule, (from, to)),
            days: days.iter().map(|day| view_of_day(day, zone)).collect(),
        }
    }

    fn ladder(&self, ladder: &site::Ladder, plan: &Plan<'_>, now: Timestamp) -> Ladder {
        let mut after = Duration::from_milliseconds(0);
        let steps = ladder.steps.iter().map(|step| {
            after = after + step.after;
            let people = plan.whom(&step.whom, now);
            LadderStep {
                after_s: seconds(after),
                whom: match step.whom {
                    Whom::Rota(_) => LadderWhom::Rota,
                    Whom::Person(_) => LadderWhom::Person,
                    Whom::Team(_) => LadderWhom::Team,
                    Whom::Everybody => LadderWhom::Everybody,
                },
                name: match &step.whom {
                    Whom::Rota(id) => self.site.rota(id).map(|rota| rota.name.clone()),
                    Whom::Team(id) => self.site.team(id).map(|team| team.name.clone()),
                    Whom::Person(_) | Whom::Everybody => None,
                },
                channels: self.channels(&step.channels, &people),
                people: people.into_iter().map(Into::into).collect(),
            }
        });
        let rooms = ladder.rooms.iter().filter_map(|room| self.site.room(room));
        Ladder {
            steps: steps.collect(),
            id: ladder.id.clone(),
            priorities: ladder.priorities.iter().map(|own| (*own).into()).collect(),
            rooms: rooms.map(|room| room.name.clone()).collect(),
            rounds: ladder.rounds,
            again_s: seconds(ladder.again),
            fallback: self.site.person_by_id(&ladder.fallback).map(Into::into),
        }
    }

    /// By what of these, or of all where there are none, somebody of these people is told.
    fn channels(&self, only: &[Identifier], people: &[&site::Person]) -> Vec<LadderChannel> {
        let reaches = |channel: &&site::Channel| {
            let named = only.is_empty() || only.contains(&channel.id);
            named && people.iter().any(|person| channel.people.contains(&person.id))
        };
        let channels = self.site.channels.iter().filter(reaches);
        let view = channels.map(|channel| LadderChannel {
            id: channel.id.clone(),
            kind: channel.kind.clone(),
        });
        view.collect()
    }

    fn shift(&self, schedule: &Schedule<'_>, shift: &Shift<'_>) -> DutyShift {
        let (source, layer, number) = match shift.source {
            Source::Layer { layer, .. } => (ShiftSource::Layer, Some(layer as u64 + 1), None),
            Source::Override { place } => match self.number_of(schedule, place) {
                Some(number) => (ShiftSource::Override, None, Some(number)),
                None => (ShiftSource::Site, None, None),
            },
        };
        DutyShift {
            person: shift.person.into(),
            from: shift.from,
            to: shift.to,
            source,
            layer,
            number,
        }
    }

    /// The number of the override at this place of a rota's; none for one of the site.
    fn number_of(&self, schedule: &Schedule<'_>, place: usize) -> Option<i64> {
        let rota = &schedule.rota().id;
        let counts =
            |made: &&Made| made.own.rota == *rota && self.site.person_by_id(&made.own.person).is_some();
        let of_people: Vec<_> = self.made.iter().filter(counts).collect();
        let of_site = schedule.overrides().count().checked_sub(of_people.len())?;
        let made = of_people.get(place.checked_sub(of_site)?)?;
        Some(made.number.0)
    }

    fn fallback(&self, schedule: &Schedule<'_>) -> Option<&site::Person> {
        let team = self.site.team(&schedule.rota().team)?;
        self.site.person_by_id(team.fallback()?)
    }

    fn uncovered(&self, schedule: &Schedule<'_>, (from, to): (Timestamp, Timestamp)) -> Vec<Uncovered> {
        let fallback = self.fallback(schedule).map(|person| person.name.as_str());
        let gaps = schedule.uncovered(from, to).into_iter();
        let view = gaps.map(|(from, to)| Uncovered {
            from,
            to,
            said: text::duty::uncovered(&schedule.rota().name, (from, to), fallback, &self.form),
        });
        view.collect()
    }

    /// Somebody of the site; by their identifier alone where it does not know them any more.
    pub(super) fn person(&self, id: &Identifier) -> DutyPerson {
        self.site.person_by_id(id).map_or_else(
            || DutyPerson {
                id: id.clone(),
                name: id.to_string(),
            },
            Into::into,
        )
    }
}

fn view_of_day(day: &duty::Day<'_>, zone: &Zone) -> CalendarDay {
    let change = day.change.map(|change| {
        // What is missing begins where the clock leaves off; what comes twice begins where it is put back to.
        let minutes = change.minutes;
        let before = local(zone, change.at - Duration::from_seconds(1), 1);
        let after = local(zone, change.at, 0);
        let (local_from, local_to) = if minutes > 0 {
            (before, after)
        } else {
            (after, before)
        };
        view::ClockChange {
            at: change.at,
            minutes,
            local_from,
            local_to,
        }
    });
    CalendarDay {
        date: day.date.to_string(),
        from: day.from,
        to: day.to,
        holiday: day.holiday.map(str::to_owned),
        change,
    }
}

/// The time of day so many seconds after what a clock shows at an instant.
fn local(zone: &Zone, at: Timestamp, later_s: i64) -> String {
    let shown = zone.to_datetime(at.to_jiff());
    let shown = shown
        .checked_add(jiff::Span::new().seconds(later_s))
        .unwrap_or(shown);
    shown.strftime("%H:%M").to_string()
}

fn seconds(duration: Duration) -> u64 {
    duration.milliseconds().unsigned_abs() / 1_000
}
