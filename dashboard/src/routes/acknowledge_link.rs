//! The link in a message that acknowledges one alarm: a page that asks, and the answer to its button. Opening it changes nothing, so that
//! mail scanners acknowledge nothing. The secret in the path is the right to do it: no log-in at three in the morning.

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use plenum_collector::notify::outbox::Link;
use plenum_core::alarms::{self, Alarm, Cover};
use plenum_core::authority::Actor;
use plenum_core::text::{self, Language};
use sha2::{Digest, Sha256};

use super::report_page::escape;
use crate::audit::About;
use crate::extract::{Form, Path};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::Comment;

const STYLE: &str = ":root{color-scheme:light dark}body{font:17px/1.5 system-ui,sans-serif;max-width:32rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.3rem}label{display:block;margin:1rem 0 .3rem}textarea{width:100%;min-height:4rem;font:inherit;box-sizing:border-box}\
button{font:inherit;font-weight:600;width:100%;padding:.9rem;margin-top:1rem;cursor:pointer}";

/// The words of the page in one language.
struct Words {
    language: Language,
    title: &'static str,
    comment: &'static str,
    button: &'static str,
    done: &'static str,
    nothing: &'static str,
    old: &'static str,
    look: &'static str,
}

const ENGLISH: Words = Words {
    language: Language::English,
    title: "Acknowledge this alarm?",
    comment: "What you see or do (optional)",
    button: "I am on it",
    done: "You have it. The others can see that.",
    nothing: "There is nothing to acknowledge any more: somebody has it or has put it aside, or it is over.",
    old: "This link is too old, or was for an earlier alarm, or for somebody who is not called any more. Log in to see how things stand.",
    look: "Look at it",
};

const DUTCH: Words = Words {
    language: Language::Dutch,
    title: "Dit alarm bevestigen?",
    comment: "Wat je ziet of doet (niet verplicht)",
    button: "Ik pak dit op",
    done: "Het is voor jou. De anderen kunnen dat zien.",
    nothing: "Er is niets meer te bevestigen: iemand heeft het al of heeft het opgeschort, of het is voorbij.",
    old: "Deze link is te oud, of hoort bij een eerder alarm, of bij iemand die niet meer wordt opgeroepen. Log in om te zien hoe het ervoor staat.",
    look: "Bekijk het",
};

/// Asks whether to acknowledge; changes nothing.
#[utoipa::path(get, path = "/a/{secret}", tag = "pages", security(()), params(("secret" = String, Path, description = "From the message.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), (status = 410, description = "Too old.", body = String, content_type = "text/html")))]
pub(crate) async fn ask(
    State(dashboard): State<Arc<Dashboard>>,
    Path(secret): Path<String>,
) -> Result<Response, Problem> {
    let Some((link, alarm)) = find(&dashboard, secret).await? else {
        let words = words(&dashboard, None);
        return Ok(page(StatusCode::GONE, words, words.old, None));
    };
    let words = words(&dashboard, Some(&link.person));
    let asks = asks(&alarm);
    let title = if asks { words.title } else { words.nothing };
    Ok(page(
        StatusCode::OK,
        words,
        title,
        Some(Shown::of(&dashboard, words, &alarm, asks)),
    ))
}

/// Acknowledges in the name of the person whom the message was for.
#[utoipa::path(post, path = "/a/{secret}", tag = "pages", security(()), params(("secret" = String, Path, description = "From the message.")),
    request_body(content = Comment, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), (status = 409, description = "Nothing to acknowledge.", body = String, content_type = "text/html"),
        (status = 410, description = "Too old.", body = String, content_type = "text/html")))]
pub(crate) async fn answer(
    State(dashboard): State<Arc<Dashboard>>,
    Path(secret): Path<String>,
    Form(answer): Form<Comment>,
) -> Result<(Extension<About>, Response), Problem> {
    let Some((link, alarm)) = find(&dashboard, secret).await? else {
        let words = words(&dashboard, None);
        let gone = page(StatusCode::GONE, words, words.old, None);
        return Ok((Extension(About::default()), gone));
    };
    let words = words(&dashboard, Some(&link.person));
    let by = actor(&dashboard, &link).await?;
    let about = Extension(About::by(by.clone()).and_on(alarm.id));
    let answered =
        super::alarms::acknowledge_as(&dashboard, alarm.id, Some(link.raised_at), by, answer.comment).await;
    match answered {
        Ok(alarm) => {
            let shown = Shown::of(&dashboard, words, &alarm, false);
            Ok((about, page(StatusCode::OK, words, words.done, Some(shown))))
        }
        Err(problem) if problem.is(StatusCode::CONFLICT) => {
            let shown = Shown::of(&dashboard, words, &alarm, false);
            Ok((
                about,
                page(StatusCode::CONFLICT, words, words.nothing, Some(shown)),
            ))
        }
        Err(problem) => Err(problem),
    }
}

/// Whoever uses a link: the person whom its message was for.
async fn actor(dashboard: &Dashboard, link: &Link) -> Result<Actor, Problem> {
    let number = dashboard.collector.people.number_of(&link.person).await?;
    Ok(match number {
        Some(number) => Actor::Link {
            person: number.0,
            delivery: link.delivery,
        },
        None => {
            let site = dashboard.collector.site();
            let person = site.person(&link.person);
            Actor::named(person.map_or(link.person.as_str(), |person| person.name.as_str()))
        }
    })
}

/// The alarm of a link that still works: not too old, the alarm was not raised anew since, and the site still has the person.
async fn find(dashboard: &Dashboard, secret: String) -> Result<Option<(Link, Alarm)>, Problem> {
    let now = dashboard.clock.now();
    let link = dashboard.collector.acknowledge_link(secret, now).await?;
    let site = dashboard.collector.site();
    let has = |link: &Link| site.people.iter().any(|person| person.id.as_str() == link.person);
    let Some(link) = link.filter(has) else {
        return Ok(None);
    };
    let alarm = dashboard.collector.alarms.alarm(link.alarm);
    Ok(alarm
        .filter(|alarm| alarm.is_occurrence(link.raised_at))
        .map(|alarm| (link, alarm)))
}

/// Whether there is something to acknowledge: nobody has it, and it is neither over and seen nor put aside.
fn asks(alarm: &Alarm) -> bool {
    let is_open = matches!(
        alarm.state,
        alarms::State::ActiveUnacknowledged | alarms::State::ReturnedUnacknowledged
    );
    is_open && !matches!(alarm.cover, Some(Cover::Shelved(_) | Cover::OutOfService(_)))
}

/// In the language of the message: that of its person, else the site's.
fn words(dashboard: &Dashboard, person: Option<&str>) -> &'static Words {
    let site = dashboard.collector.site();
    let known = person.and_then(|id| site.people.iter().find(|person| person.id.as_str() == id));
    let language = known.and_then(|person| person.language);
    match language.unwrap_or(site.site.language) {
        Language::English => &ENGLISH,
        Language::Dutch => &DUTCH,
    }
}

/// What the page shows of the alarm.
struct Shown {
    id: u64,
    priority: String,
    sentence: String,
    /// It may be acknowledged here.
    asks: bool,
}

impl Shown {
    fn of(dashboard: &Dashboard, words: &Words, alarm: &Alarm, asks: bool) -> Self {
        let site = dashboard.collector.site();
        let form = text::Form::of(&site, words.language, dashboard.clock.now());
        Self {
            id: alarm.id,
            priority: text::priority(alarm.priority, words.language).to_uppercase(),
            sentence: text::alarm::sentence(&site, alarm, &form),
            asks,
        }
    }
}

fn page(status: StatusCode, words: &Words, title: &str, shown: Option<Shown>) -> Response {
    let hash = STANDARD.encode(Sha256::digest(STYLE));
    let policy = format!(
        "default-src 'none'; style-src 'sha256-{hash}'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    );
    let (message, look) = match &shown {
        Some(shown) => (
            format!("<p><b>{}</b> {}</p>", shown.priority, escape(&shown.sentence)),
            format!("/alarms/{}", shown.id),
        ),
        None => (String::new(), "/alarms".to_owned()),
    };
    let form = if shown.is_some_and(|shown| shown.asks) {
        format!(
            "<form method=\"post\"><label for=\"c\">{}</label><textarea id=\"c\" name=\"comment\" maxlength=\"2000\"></textarea>\
             <button>{}</button></form>",
            words.comment, words.button
        )
    } else {
        String::new()
    };
    let body = format!(
        "<!doctype html><html lang=\"{}\"><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <meta name=\"robots\" content=\"noindex\"><title>Plenum</title><style>{STYLE}</style><h1>{title}</h1>{message}{form}\
         <p><a href=\"{look}\">{}</a></p></html>",
        words.language.code(),
        words.look
    );
    (
        status,
        [
            (header::CONTENT_TYPE, "text/html; charset=utf-8".to_owned()),
            (header::CONTENT_SECURITY_POLICY, policy),
            (header::CACHE_CONTROL, "no-store".to_owned()),
        ],
        body,
    )
        .into_response()
}
