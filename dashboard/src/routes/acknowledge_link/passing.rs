//! Who has it, who passed it on, and the button that passes it on, on the page behind a link.

use axum::http::StatusCode;
use axum::response::Response;
use plenum_collector::alarms::Target;
use plenum_collector::notify::caller::PassesOn;
use plenum_collector::notify::outbox::Link;
use plenum_core::alarms::{Alarm, State};
use plenum_core::authority::Actor;
use plenum_core::oncall::call::Passed;
use plenum_core::text;

use super::super::passing;
use super::page::Page;
use super::words::Words;
use crate::problem::Problem;
use crate::state::Dashboard;

/// What the reader of a page was told of.
pub(super) struct Told<'a> {
    pub(super) dashboard: &'a Dashboard,
    pub(super) words: &'static Words,
    pub(super) link: &'a Link,
    pub(super) alarm: &'a Alarm,
}

impl Told<'_> {
    /// The page with what its reader can do who cannot go on with it.
    pub(super) async fn offering(&self, page: Page) -> Result<Page, Problem> {
        let Some(incident) = self.incident().await? else {
            return Ok(page);
        };
        let offer = passing::offer(self.dashboard, incident, &self.link.person).await?;
        Ok(match offer {
            Some(offer) => page.passing_on(&offer),
            None => page,
        })
    }

    /// The page with who has something of `all` that its reader was told of.
    pub(super) async fn held(&self, page: Page, all: &[(Alarm, Target)]) -> Result<Page, Problem> {
        let all = all.iter().map(|(alarm, _)| alarm).chain([self.alarm]);
        let mut held = all.filter(|alarm| alarm.state == State::ActiveAcknowledged);
        let Some(held) = held.find_map(|alarm| alarm.acknowledged.as_ref()) else {
            return Ok(page);
        };
        let form = self.form().await?;
        let (who, since) = (form.who(&held.by), form.instant(held.at));
        Ok(page.saying(&(self.words.has)(&who, &since)))
    }

    /// The page with who passed it on to its reader.
    pub(super) async fn passed_on(&self, page: Page) -> Result<Page, Problem> {
        let Some(incident) = self.incident().await? else {
            return Ok(page);
        };
        let calls = &self.dashboard.collector.calls;
        let Some((by, at)) = calls.passed_on(incident, &self.link.person).await? else {
            return Ok(page);
        };
        let form = self.form().await?;
        Ok(page.saying(&(self.words.passed_by)(&form.who(&by), &form.instant(at))))
    }

    /// Passes it on as its reader, and says what came of that.
    pub(super) async fn pass_on(&self, to: &str, by: &Actor) -> Result<Response, Problem> {
        let to = match to {
            "" => None,
            to => Some(
                to.parse()
                    .map_err(|_| Problem::unprocessable("`to` is not a valid identifier"))?,
            ),
        };
        let collector = &self.dashboard.collector;
        let (passed, called) = match self.incident().await? {
            None => (Passed::NobodyNext, Vec::new()),
            Some(incident) => {
                let person = self.link.person.clone();
                let passing = collector.pass_on(&PassesOn { incident, person, to }, by).await?;
                let called = passing::named(&collector.site(), &passing.called);
                (passing.passed, called)
            }
        };
        let page = Page::new(self.words, text::answer::passed(passed, self.words.language));
        let page = match called.is_empty() {
            true => page,
            false => page.saying(&(self.words.called)(&called.join(", "))),
        };
        let status = match passed.is_refused() {
            true => StatusCode::CONFLICT,
            false => StatusCode::OK,
        };
        Ok(page
            .naming(self.dashboard, [self.alarm].into_iter())
            .answer(status))
    }

    async fn form(&self) -> Result<text::Form, Problem> {
        let collector = &self.dashboard.collector;
        let people = collector.directory().await?;
        let (site, now) = (collector.site(), self.dashboard.clock.now());
        Ok(text::Form::of(&site, self.words.language, now).naming(people))
    }

    async fn incident(&self) -> Result<Option<u64>, Problem> {
        Ok(self
            .dashboard
            .collector
            .calls
            .incident_of(self.link.alarm)
            .await?)
    }
}
