//! Passing an incident on: over the API, and what the page behind a message's link needs for the same.

use std::collections::BTreeSet;
use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use plenum_collector::notify::caller::{PassesOn, Passing};
use plenum_core::oncall::call::{Passed, Way};
use plenum_core::site::Site;
use plenum_core::text;

use super::names::Names;
use super::timeline::Part;
use crate::audit::About;
use crate::auth::Caller;
use crate::extract::{Body, Number};
use crate::language::Said;
use crate::problem::Problem;
use crate::sight::Sight;
use crate::state::Dashboard;
use crate::view::{self, DutyPerson, PassOn, PassedOn, PassedWord, PassingOn};

/// "I cannot: call the next", or somebody by name. For whoever was asked last, or has it: what they have of it they give back with that.
#[utoipa::path(post, path = "/api/v1/incidents/{id}/pass-on", tag = "alarms", request_body = PassOn,
    params(("id" = view::Number, Path, description = "Its number.")),
    responses((status = 200, body = PassedOn), (status = 404, description = "There is no such incident."),
        (status = 409, description = "Nobody comes after the caller who can be told now, or whom they name cannot; somebody else has it; nothing of it stands; or it was not told to them.")))]
pub(crate) async fn pass_on(
    State(dashboard): State<Arc<Dashboard>>,
    names: Names,
    caller: Caller,
    sight: Sight,
    Number(id): Number,
    Body(body): Body<PassOn>,
) -> Result<(Extension<About>, Said<axum::Json<PassedOn>>), Problem> {
    let by = caller.identity.actor();
    let part = Part::of(&dashboard, &sight, by.clone(), id).await?;
    let words = |passed| text::answer::passed(passed, names.reader().0);
    let Some(person) = dashboard.collector.recipient(&by).await? else {
        return Err(Problem::conflict(words(Passed::NotTold)));
    };
    let passes = PassesOn {
        incident: part.whole.id,
        person,
        to: body.to,
    };
    let passing = dashboard.collector.pass_on(&passes, &by).await?;
    let said = words(passing.passed).to_owned();
    let passed = match passing.passed {
        Passed::On => PassedWord::On,
        Passed::Noted => PassedWord::Noted,
        _ => return Err(Problem::conflict(said)),
    };
    let passed = PassedOn {
        passed,
        said,
        called: named(&dashboard.collector.site(), &passing.called),
    };
    let about = Extension(About::on(part.whole.id));
    Ok((about, Said(names.reader(), axum::Json(passed))))
}

/// Whom these ways reach, by name, each once.
pub(super) fn named(site: &Site, ways: &[Way]) -> Vec<String> {
    let names: BTreeSet<String> = ways.iter().map(|way| text::call::name(site, way)).collect();
    names.into_iter().collect()
}

/// What somebody can do who cannot go on with an incident; none where it is not theirs to pass on.
pub(super) async fn offer(
    dashboard: &Dashboard,
    incident: u64,
    person: &str,
) -> Result<Option<PassingOn>, Problem> {
    let passes = PassesOn {
        incident,
        person: person.to_owned(),
        to: None,
    };
    let passing = dashboard.collector.calls.would_pass_on(&passes).await?;
    Ok(offered(&dashboard.collector.site(), &passing))
}

fn offered(site: &Site, passing: &Passing) -> Option<PassingOn> {
    if !matches!(passing.passed, Passed::On | Passed::NobodyNext | Passed::Kept) {
        return None;
    }
    let others = passing.others.iter();
    Some(PassingOn {
        has: !passing.has.is_empty(),
        next: named(site, &passing.called),
        to: others
            .filter_map(|other| site.person_by_id(other))
            .map(DutyPerson::from)
            .collect(),
    })
}
