//! Overrides that people make: who stands in for whoever is on duty.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use plenum_collector::notify::duty::{Made, OverrideNumber};
use plenum_core::duty::Asked;
use plenum_protocol::Identifier;

use super::duty::{Sayer, said};
use super::names::Names;
use super::query::moment;
use crate::audit::About;
use crate::auth::Caller;
use crate::extract::{Body, Number};
use crate::language::Said;
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::{self, List, NewOverride, Override, OverrideChange};

/// Those that people made and that are not over, in the order in which they were made: a later one beats an earlier one.
#[utoipa::path(get, path = "/api/v1/overrides", tag = "duty", responses((status = 200, body = List<Override>)))]
pub(crate) async fn list_overrides(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
) -> Said<axum::Json<List<Override>>> {
    let now = dashboard.clock.now();
    let list = said(&dashboard, names.reader(), |sayer, _| {
        let standing = sayer.made.iter().filter(|made| made.own.to > now);
        List::whole(standing.map(|made| view_of(sayer, &names, made)))
    });
    Said(names.reader(), axum::Json(list))
}

/// Makes one, above all that there are.
#[utoipa::path(post, path = "/api/v1/overrides", tag = "duty", request_body = NewOverride,
    responses((status = 200, body = Override), (status = 409, description = "There are too many that are not over."),
        (status = 422, description = "The site has no such rota or person, or it ends before it begins, is longer than a year or in the past.")))]
pub(crate) async fn make(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
    names: Names,
    Body(body): Body<NewOverride>,
) -> Result<(Extension<About>, Said<axum::Json<Override>>), Problem> {
    let asked = Asked {
        from: moment(&body.from)?,
        to: moment(&body.to)?,
        rota: body.rota,
        person: body.person,
        why: body.why,
    };
    let made = dashboard.collector.duty.make(asked, caller.identity.actor());
    Ok(answer(&dashboard, &names, &made.await?))
}

/// Makes another in the place of one, with a number of its own. Who was on duty until now stays as it was.
#[utoipa::path(patch, path = "/api/v1/overrides/{number}", tag = "duty", request_body = OverrideChange,
    params(("number" = view::Number, Path, description = "Its number.")),
    responses((status = 200, body = Override), (status = 404, description = "There is no such override."),
        (status = 409, description = "It is over."),
        (status = 422, description = "The site has no such person, or it would end before it begins, be longer than a year or in the past.")))]
pub(crate) async fn change(
    State(dashboard): State<Arc<Dashboard>>,
    caller: Caller,
    names: Names,
    Number(number): Number,
    Body(body): Body<OverrideChange>,
) -> Result<(Extension<About>, Said<axum::Json<Override>>), Problem> {
    let duty = &dashboard.collector.duty;
    let number = OverrideNumber(number.cast_signed());
    let asked = Asked {
        from: moment(&body.from)?,
        to: moment(&body.to)?,
        // That of the one which is changed counts.
        rota: rota_of(&duty.made(), number)?,
        person: body.person,
        why: body.why,
    };
    let made = duty.change(number, asked, caller.identity.actor());
    Ok(answer(&dashboard, &names, &made.await?))
}

/// Takes one back: it ends now, or counts for nothing where it has not begun.
#[utoipa::path(delete, path = "/api/v1/overrides/{number}", tag = "duty",
    params(("number" = view::Number, Path, description = "Its number.")),
    responses((status = 204, description = "It counts no more."), (status = 404, description = "There is no such override."),
        (status = 409, description = "It is over.")))]
pub(crate) async fn take_back(
    State(dashboard): State<Arc<Dashboard>>,
    Number(number): Number,
) -> Result<StatusCode, Problem> {
    let number = OverrideNumber(number.cast_signed());
    dashboard.collector.duty.take_back(number).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// Overrides as the API says them, whether they are over or not.
pub(super) fn views(dashboard: &Dashboard, names: &Names, all: &[Made]) -> Vec<Override> {
    said(dashboard, names.reader(), |sayer, _| {
        let views = all.iter().map(|made| view_of(sayer, names, made));
        views.collect()
    })
}

fn rota_of(made: &[Made], number: OverrideNumber) -> Result<Identifier, Problem> {
    let found = made.iter().find(|made| made.number == number);
    let rota = found.map(|made| made.own.rota.clone());
    rota.ok_or_else(|| Problem::not_found(format!("there is no override {}", number.0)))
}

fn answer(
    dashboard: &Dashboard,
    names: &Names,
    made: &Made,
) -> (Extension<About>, Said<axum::Json<Override>>) {
    let view = said(dashboard, names.reader(), |sayer, _| view_of(sayer, names, made));
    let about = Extension(About::on(made.number.0));
    (about, Said(names.reader(), axum::Json(view)))
}

fn view_of(sayer: &Sayer<'_>, names: &Names, made: &Made) -> Override {
    let own = &made.own;
    let zone = sayer.site.rota(&own.rota).and_then(|rota| rota.zone.as_ref());
    let zone = zone.unwrap_or(&sayer.site.site.zone);
    let local = |at: plenum_protocol::Timestamp| {
        let shown = zone.to_datetime(at.to_jiff());
        shown.strftime("%Y-%m-%dT%H:%M").to_string()
    };
    Override {
        number: made.number.0,
        rota: own.rota.clone(),
        person: sayer.person(&own.person),
        from: own.from,
        to: own.to,
        local_from: local(own.from),
        local_to: local(own.to),
        why: own.why.clone(),
        made_by: names.who(&made.made_by),
        made_at: made.made_at,
    }
}
