//! The demonstration's telephones: the texts that would have gone out over the air, and what their owners answer.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;

use crate::audit::About;
use crate::extract::{Body, Path};
use crate::problem::Problem;
use crate::state::{self, Dashboard, Telephones, Unwritten};
use crate::view::{List, NewText, Phone, PhoneText};

/// So many characters somebody writes at most.
const LONGEST: usize = 300;

/// The demonstration's telephones with the texts on them. Absent outside the demonstration.
#[utoipa::path(get, path = "/api/v1/phones", tag = "demo",
    responses((status = 200, body = List<Phone>), (status = 404, description = "This is not the demonstration.")))]
pub(crate) async fn list_phones(
    State(dashboard): State<Arc<Dashboard>>,
) -> Result<axum::Json<List<Phone>>, Problem> {
    let phones = telephones(&dashboard)?.phones().into_iter();
    Ok(axum::Json(List::whole(
        phones.map(|phone| view(&dashboard, phone)),
    )))
}

/// Writes a text on somebody's telephone, to the monitor: it goes over the air and does what it does in reality. Absent outside the demonstration.
#[utoipa::path(post, path = "/api/v1/phones/{person}/texts", tag = "demo", request_body = NewText,
    params(("person" = String, Path, description = "Whose telephone, as site.toml names them.")),
    responses((status = 200, body = Phone),
        (status = 404, description = "This is not the demonstration, or nobody of that name has a telephone."),
        (status = 422, description = "There is no text, or too much of it."),
        (status = 503, description = "The network holds as much as it takes: the monitor's modem fetches nothing.")))]
pub(crate) async fn write(
    State(dashboard): State<Arc<Dashboard>>,
    Path(person): Path<String>,
    Body(body): Body<NewText>,
) -> Result<(Extension<About>, axum::Json<Phone>), Problem> {
    let telephones = telephones(&dashboard)?;
    let text = body.text.trim();
    if !(1..=LONGEST).contains(&text.chars().count()) {
        return Err(Problem::unprocessable(format!(
            "write a text of 1 to {LONGEST} characters"
        )));
    }
    let none = || Problem::not_found(format!("`{person}` has no telephone"));
    telephones
        .write(&person, text)
        .map_err(|unwritten| match unwritten {
            Unwritten::NoTelephone => none(),
            Unwritten::Full => Problem::busy("the modem fetches nothing; try again"),
        })?;
    let mut phones = telephones.phones().into_iter();
    let phone = phones.find(|phone| phone.person.as_str() == person);
    let phone = phone.ok_or_else(none)?;
    Ok((
        Extension(About::on(&phone.person)),
        axum::Json(view(&dashboard, phone)),
    ))
}

fn telephones(dashboard: &Dashboard) -> Result<&Arc<dyn Telephones>, Problem> {
    let receivers = dashboard.receivers.as_ref();
    receivers
        .map(|receivers| &receivers.telephones)
        .ok_or_else(|| Problem::not_found("only the demonstration has telephones"))
}

fn view(dashboard: &Dashboard, phone: state::Phone) -> Phone {
    let site = dashboard.collector.site();
    let name = site.person_by_id(&phone.person).map(|person| person.name.clone());
    let texts = phone.texts.into_iter().map(|text| PhoneText {
        id: text.id,
        at: text.at,
        own: text.own,
        text: text.text,
    });
    Phone {
        name: name.unwrap_or_else(|| phone.person.to_string()),
        person: phone.person,
        number: phone.number,
        texts: texts.collect(),
    }
}
