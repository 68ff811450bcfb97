//! Drills of the alarm chain: as the site plans them and how each came through, and beginning one.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use plenum_collector::collector::drills::{DrillError, Planned};
use plenum_core::drill::{Carried, Flaw, Plan, Run};
use plenum_core::oncall::call::Way;
use plenum_core::site::{Climb, Site};
use plenum_core::text::{self, Form};
use plenum_protocol::{Identifier, Timestamp};

use super::names::Names;
use crate::auth::Caller;
use crate::extract::Path;
use crate::language::Said;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{self, Drill, DrillClimb, DrillLeg, DrillLegName, DrillRun, DrillState, List};

impl From<DrillError> for Problem {
    fn from(error: DrillError) -> Self {
        let detail = error.to_string();
        match error {
            DrillError::Unknown(_) => Self::not_found(detail),
            DrillError::Another(_) | DrillError::Stands => Self::conflict(detail),
            DrillError::TooSoon { left, .. } => Self::too_soon(detail, left),
            DrillError::NotBegun => Self::busy(detail),
            DrillError::Database(error) => error.into(),
        }
    }
}

/// The drills of the site in its order, each with those that were held within a year, the newest first; then those that the site has no more.
#[utoipa::path(get, path = "/api/v1/drills", tag = "duty", responses((status = 200, body = List<Drill>)))]
pub(crate) async fn list_drills(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
) -> Result<Said<axum::Json<List<Drill>>>, Problem> {
    let (planned, runs) = dashboard.collector.drills.list().await?;
    let teller = Teller::new(&dashboard, &names);
    let mut held: BTreeMap<Identifier, Vec<(u64, Run)>> = BTreeMap::new();
    for numbered in runs {
        held.entry(numbered.1.plan.drill.clone())
            .or_default()
            .push(numbered);
    }
    let mut drills = Vec::new();
    for planned in planned {
        let runs = held.remove(&planned.drill.id).unwrap_or_default();
        drills.push(teller.planned(planned, &runs));
    }
    drills.extend(held.values().filter_map(|runs| teller.gone(runs)));
    Ok(Said(names.reader(), axum::Json(List::whole(drills))))
}

/// Begins a drill now, whenever it is planned. What becomes of it is listed.
#[utoipa::path(post, path = "/api/v1/drills/{id}/start", tag = "duty",
    params(("id" = view::Identifier, Path, description = "Its id in the site.")),
    responses((status = 202, body = DrillRun, description = "It goes on."), (status = 404, description = "The site has no such drill."),
        (status = 409, description = "Another one goes on, or the alarm of its last one stands still."),
        (status = 429, description = "It was held less than five minutes ago and came through.", headers(("Retry-After" = u64, description = "Seconds to wait."))),
        (status = 503, description = "The collector has only just begun.", headers(("Retry-After" = u64, description = "Seconds to wait.")))))]
pub(crate) async fn start(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, Said<axum::Json<DrillRun>>), Problem> {
    let by = caller.identity.actor();
    let (number, run) = dashboard.collector.drills.begin(&id, by).await?;
    let run = Teller::new(&dashboard, &names).run(number, &run);
    Ok((StatusCode::ACCEPTED, Said(names.reader(), axum::Json(run))))
}

/// Tells of drills to one reader.
struct Teller<'a> {
    names: &'a Names,
    site: Arc<Site>,
    form: Form,
}

impl<'a> Teller<'a> {
    fn new(dashboard: &Dashboard, names: &'a Names) -> Self {
        Self {
            names,
            site: dashboard.collector.site(),
            form: names.form(dashboard.clock.now()),
        }
    }

    fn planned(&self, planned: Planned, runs: &[(u64, Run)]) -> Drill {
        let plan = Plan::of(&planned.drill, &self.site);
        Drill {
            in_site: true,
            when: planned.drill.when.map(|when| when.to_string()),
            next_at: planned.next,
            ..self.drill(&plan, runs)
        }
    }

    fn gone(&self, runs: &[(u64, Run)]) -> Option<Drill> {
        let (_, newest) = runs.first()?;
        Some(self.drill(&newest.plan, runs))
    }

    fn drill(&self, plan: &Plan, runs: &[(u64, Run)]) -> Drill {
        Drill {
            id: plan.drill.clone(),
            in_site: false,
            agent: plan.agent.agent.clone(),
            when: None,
            next_at: None,
            priority: plan.priority.into(),
            confirm: plan.confirm,
            within_s: plan.within.seconds(),
            ladder: match plan.climb {
                Climb::First => DrillClimb::First,
                Climb::Whole => DrillClimb::Whole,
            },
            runs: runs.iter().map(|(number, run)| self.run(*number, run)).collect(),
        }
    }

    fn run(&self, number: u64, run: &Run) -> DrillRun {
        let by = run.by.is_somebody().then(|| self.names.who(&run.by));
        let said = run.flaw.as_ref().map(|flaw| text::drill::flaw(flaw, &self.form));
        DrillRun {
            number,
            drill: run.plan.drill.clone(),
            state: state(run),
            began_at: run.legs.commanded,
            planned_for: run.planned,
            by,
            alarm: run.alarm,
            said,
            legs: match run.flaw {
                Some(Flaw::Missed) => Vec::new(),
                _ => self.legs(run),
            },
        }
    }

    fn legs(&self, run: &Run) -> Vec<DrillLeg> {
        use DrillLegName as Leg;
        let legs = &run.legs;
        let leg = |leg, at: Timestamp| DrillLeg {
            leg,
            at,
            after_s: at.since(legs.commanded).seconds(),
            channel: None,
            who: None,
        };
        let by_way = |done, at: Option<Timestamp>, carried: &Carried| {
            let way = Way {
                channel: carried.channel.clone(),
                recipient: carried.recipient.clone(),
            };
            let who = text::call::name(&self.site, &way);
            Some(DrillLeg {
                channel: Some(way.channel),
                who: Some(who),
                ..leg(done, at?)
            })
        };
        let mut done = vec![leg(Leg::Commanded, legs.commanded)];
        let before = [
            (Leg::Answered, legs.answered),
            (Leg::Read, legs.read),
            (Leg::Committed, legs.committed),
            (Leg::Raised, legs.raised),
        ];
        done.extend(before.into_iter().filter_map(|(name, at)| Some(leg(name, at?))));
        let told = || legs.told.iter();
        done.extend(told().filter_map(|carried| by_way(Leg::Sent, Some(carried.sent), carried)));
        done.extend(told().filter_map(|carried| by_way(Leg::Taken, carried.taken, carried)));
        done.extend(legs.confirmed.as_ref().map(|confirmed| DrillLeg {
            who: Some(self.names.who(&confirmed.by)),
            ..leg(Leg::Confirmed, confirmed.at)
        }));
        done.extend(legs.ended.map(|at| leg(Leg::Ended, at)));
        done
    }
}

fn state(run: &Run) -> DrillState {
    match &run.flaw {
        Some(Flaw::Missed) => DrillState::Missed,
        Some(_) => DrillState::Failed,
        None if run.is_open() => DrillState::Running,
        None => DrillState::Passed,
    }
}
