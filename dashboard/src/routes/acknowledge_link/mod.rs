//! The link in a message: a page that asks, and the answer to its button, which takes all of the incident that its reader was told of, gives back what they
//! have of it, or passes it on. Opening it changes nothing, so that mail scanners acknowledge nothing. The secret in the path is the right to do it: no log-in at three in the morning.

mod page;
mod passing;
mod words;

use std::sync::Arc;

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use plenum_collector::alarms::{Acted, Target};
use plenum_collector::notify::outbox::Link;
use plenum_core::alarms::Alarm;
use plenum_core::authority::Actor;
use plenum_core::fact::ActionKind;
use plenum_core::text::Language;
use plenum_protocol::{Duration, Timestamp};

use super::alarms::{checked, taking};
use crate::audit::About;
use crate::extract::{Form, Path};
use crate::problem::Problem;
use crate::state::Dashboard;
use crate::view::AnswerByLink;
use page::Page;
use words::{DUTCH, ENGLISH, Words};

/// Asks whether to acknowledge; changes nothing.
#[utoipa::path(get, path = "/a/{secret}", tag = "pages", security(()), params(("secret" = String, Path, description = "From the message.")),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), (status = 410, description = "Too old.", body = String, content_type = "text/html")))]
pub(crate) async fn ask(
    State(dashboard): State<Arc<Dashboard>>,
    Path(secret): Path<String>,
) -> Result<Response, Problem> {
    let Some((link, alarm)) = find(&dashboard, secret).await? else {
        return Ok(gone(&dashboard));
    };
    let words = words(&dashboard, Some(&link.person));
    let by = actor(&dashboard, &link).await?;
    let all = dashboard.collector.alarms.told_with(&link).await?;
    let (open, held) = (open(&all), held(&all, &by));
    let told = passing::Told {
        dashboard: &dashboard,
        words,
        link: &link,
        alarm: &alarm,
    };
    let page = match (open.len(), held.len()) {
        (0, 0) => {
            let page = Page::new(words, words.nothing).naming(&dashboard, [&alarm].into_iter());
            told.held(page, &all).await?
        }
        (0, count) => Page::new(words, (words.yours)(count)),
        (count, _) => {
            let page = Page::new(words, (words.title)(count))
                .naming(&dashboard, open.iter().map(|(alarm, _)| alarm));
            told.passed_on(page).await?.asking(&marks(&open))
        }
    };
    let page = match (open.len(), held.len()) {
        (0, _) | (_, 0) => page,
        (_, count) => page.saying(&(words.yours)(count)),
    };
    let page = match held.is_empty() {
        true => page,
        false => page
            .naming(&dashboard, held.iter().map(|(alarm, _)| alarm))
            .giving_back(&marks(&held)),
    };
    let page = told.offering(page).await?;
    Ok(page.answer(StatusCode::OK))
}

/// Acknowledges in the name of the person whom the message was for: what the page named, or all that they were told of where there was no page. Gives back what they have of
/// it, or calls somebody else, where that is what they say.
#[utoipa::path(post, path = "/a/{secret}", tag = "pages", security(()), params(("secret" = String, Path, description = "From the message.")),
    request_body(content = AnswerByLink, content_type = "application/x-www-form-urlencoded"),
    responses((status = 200, description = "The page.", body = String, content_type = "text/html"), (status = 409, description = "Nothing to acknowledge, to give back or to pass on.", body = String, content_type = "text/html"),
        (status = 410, description = "Too old.", body = String, content_type = "text/html")))]
pub(crate) async fn answer(
    State(dashboard): State<Arc<Dashboard>>,
    Path(secret): Path<String>,
    Form(answer): Form<AnswerByLink>,
) -> Result<(Extension<About>, Response), Problem> {
    let Some((link, alarm)) = find(&dashboard, secret).await? else {
        return Ok((Extension(About::default()), gone(&dashboard)));
    };
    let words = words(&dashboard, Some(&link.person));
    let by = actor(&dashboard, &link).await?;
    let about = Extension(About::by(by.clone()).and_on(alarm.id));
    let told = passing::Told {
        dashboard: &dashboard,
        words,
        link: &link,
        alarm: &alarm,
    };
    let comment = checked(answer.comment)?;
    let gives_back = match answer.act.as_str() {
        "" => false,
        GIVE_BACK => true,
        PASS_ON => return Ok((about, told.pass_on(&answer.to, &by).await?)),
        _ => return Err(Problem::unprocessable("`act` is empty, `give-back` or `pass-on`")),
    };
    let kind = match gives_back {
        true => ActionKind::GiveBack,
        false => taking(until(&answer.minutes, dashboard.clock.now())?),
    };
    let alarms = &dashboard.collector.alarms;
    let all = alarms.told_with(&link).await?;
    let found = if gives_back { held(&all, &by) } else { open(&all) };
    let is_seen =
        |target: &Target| answer.seen.is_empty() || answer.seen.split(',').any(|one| one == mark(target));
    let (seen, unseen): (Vec<_>, Vec<_>) = found.into_iter().partition(|(_, target)| is_seen(target));
    let targets: Vec<Target> = seen.iter().map(|(_, target)| *target).collect();
    let acted = alarms.act_many(&targets, kind, &by, &comment).await?;
    let unseen = unseen.into_iter().map(|(alarm, _)| alarm).collect();
    let came_of = CameOf {
        dashboard: &dashboard,
        words,
        gives_back,
    };
    let (page, status) = came_of.page(&alarm, acted, unseen)?;
    // Whoever has it by now may see that they cannot.
    let page = match gives_back {
        true => page,
        false => told.offering(page).await?,
    };
    Ok((about, page.answer(status)))
}

/// The answer that gives back what its reader has.
const GIVE_BACK: &str = "give-back";
/// The answer that calls somebody else.
const PASS_ON: &str = "pass-on";

/// Until when they have it, where they said for how many minutes.
fn until(minutes: &str, now: Timestamp) -> Result<Option<Timestamp>, Problem> {
    if minutes.is_empty() {
        return Ok(None);
    }
    let minutes: u32 = minutes
        .parse()
        .map_err(|_| Problem::unprocessable("`minutes` is not a valid number"))?;
    Ok(Some(now + Duration::from_minutes(minutes.into())))
}

/// Of what somebody was told that nobody has.
fn open(told: &[(Alarm, Target)]) -> Vec<(Alarm, Target)> {
    let open = told.iter().filter(|(alarm, _)| alarm.wants_an_answer());
    open.cloned().collect()
}

/// Of what somebody was told that they have.
fn held(told: &[(Alarm, Target)], by: &Actor) -> Vec<(Alarm, Target)> {
    let held = told.iter().filter(|(alarm, _)| alarm.is_held_by(by));
    held.cloned().collect()
}

/// The page that says what came of an answer.
struct CameOf<'a> {
    dashboard: &'a Dashboard,
    words: &'static Words,
    gives_back: bool,
}

impl CameOf<'_> {
    /// `alarm`: that of the link; `unseen`: what the page had not named.
    fn page(&self, alarm: &Alarm, acted: Acted, unseen: Vec<Alarm>) -> Result<(Page, StatusCode), Problem> {
        let words = self.words;
        let refused = acted.refused.iter();
        let mut left: Vec<Alarm> = refused
            .filter_map(|(id, _)| self.dashboard.collector.alarms.alarm(*id))
            .collect();
        left.extend(unseen);
        if acted.done.is_empty() {
            let mut failed = acted.refused.into_iter().map(|(_, error)| Problem::from(error));
            if let Some(problem) = failed.find(|problem| !problem.is(StatusCode::CONFLICT)) {
                return Err(problem);
            }
            let nothing = if self.gives_back {
                words.not_yours
            } else {
                words.nothing
            };
            let page = Page::new(words, nothing).naming(self.dashboard, [alarm].into_iter());
            return Ok((page, StatusCode::CONFLICT));
        }
        let title = if self.gives_back {
            words.given_back
        } else {
            words.done
        };
        let page = Page::new(words, title(acted.done.len())).naming(self.dashboard, acted.done.iter());
        let page = match left.is_empty() || self.gives_back {
            true => page,
            false => page.saying(words.left).naming(self.dashboard, left.iter()),
        };
        Ok((page, StatusCode::OK))
    }
}

/// What the page carries to its answer.
fn marks(found: &[(Alarm, Target)]) -> String {
    let marks: Vec<String> = found.iter().map(|(_, target)| mark(target)).collect();
    marks.join(",")
}

/// An alarm and its occurrence, as the page carries them to its answer.
fn mark(target: &Target) -> String {
    let raised = target.occurrence.map_or(0, |raised| raised.milliseconds());
    format!("{}@{raised}", target.alarm)
}

fn gone(dashboard: &Dashboard) -> Response {
    let words = words(dashboard, None);
    Page::new(words, words.old).answer(StatusCode::GONE)
}

/// Whoever uses a link: the person whom its message was for.
async fn actor(dashboard: &Dashboard, link: &Link) -> Result<Actor, Problem> {
    let (people, site) = (&dashboard.collector.people, dashboard.collector.site());
    Ok(people.answering(&site, &link.person, link.delivery).await?)
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
