//! Names for what the engine knows by identifiers: an alarm with those of its sensor and room and the words of its rule.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use plenum_collector::alarms::Alarms;
use plenum_core::alarms::{Acknowledgement, Alarm, Cover, Episode, Event, GivenBack, Subject, Underway};
use plenum_core::authority::{Actor, Directory};
use plenum_core::incident::timeline::Note;
use plenum_core::site::{self, Rule, Site};
use plenum_core::text::rules::Translator;
use plenum_core::text::{self, Form, Language};
use plenum_core::work::{Came, Out};
use plenum_protocol::{Identifier, Timestamp};

use crate::language::Reader;
use crate::state::Dashboard;
use crate::view::{self, AlarmState, Unit};

/// What is needed to name things and people to one reader, of one revision of the site; handlers take it as an argument.
pub(crate) struct Names {
    site: Arc<Site>,
    people: Arc<dyn Directory>,
    rules: Arc<HashMap<Identifier, Rule>>,
    language: Language,
    alarms: Alarms,
}

impl FromRequestParts<Arc<Dashboard>> for Names {
    type Rejection = Infallible;
    async fn from_request_parts(parts: &mut Parts, dashboard: &Arc<Dashboard>) -> Result<Self, Infallible> {
        let Ok(reader) = Reader::from_request_parts(parts, dashboard).await;
        // Alarms are shown from memory whatever the database does: people by number, then.
        let people = dashboard.collector.directory().await.unwrap_or_else(|error| {
            tracing::warn!(%error, "people cannot be looked up");
            Arc::default()
        });
        let alarms = dashboard.collector.alarms.clone();
        Ok(Self::new(dashboard.collector.site(), people, reader, alarms))
    }
}

/// What lies over an alarm, as the API says it.
#[derive(Default)]
struct Over {
    shelved: Option<view::Shelved>,
    out_of_service: Option<view::OutOfService>,
    suppressed_by: Option<u64>,
    work: Option<view::Underway>,
}

impl Names {
    /// Of a site, where people are who this directory says.
    pub(crate) fn new(
        site: Arc<Site>,
        people: Arc<dyn Directory>,
        Reader(language): Reader,
        alarms: Alarms,
    ) -> Self {
        let rules: HashMap<_, _> = site::effective_rules(&site)
            .into_iter()
            .map(|rule| (rule.id.clone(), rule))
            .collect();
        Self {
            site,
            people,
            rules: rules.into(),
            language,
            alarms,
        }
    }

    /// The same with people as they are known now.
    pub(crate) fn with_people(&mut self, people: Arc<dyn Directory>) {
        self.people = people;
    }

    /// The same for a reader of another language.
    pub(crate) fn for_reader(&self, Reader(language): Reader) -> Self {
        Self {
            site: self.site.clone(),
            people: self.people.clone(),
            rules: self.rules.clone(),
            language,
            alarms: self.alarms.clone(),
        }
    }

    /// Whom it is for.
    pub(crate) fn reader(&self) -> Reader {
        Reader(self.language)
    }

    /// Who did something, by name.
    pub(crate) fn who(&self, actor: &Actor) -> String {
        // A name has no time in it.
        self.form(Timestamp::from_milliseconds(0)).who(actor)
    }

    /// The same where there is a name to say; none for the monitor, for nobody and for whoever is not known any more.
    pub(crate) fn known(&self, actor: &Actor) -> Option<String> {
        let is_known = match (self.people.number_of(actor), actor) {
            (Some(number), _) => self.people.person(number).is_some(),
            (None, Actor::Program(number)) => self.people.program(*number).is_some(),
            (None, actor) => matches!(actor, Actor::Named(_) | Actor::Agent(_)),
        };
        is_known.then(|| self.who(actor))
    }

    pub(crate) fn episode(&self, alarm: &Alarm, episode: Episode) -> view::Episode {
        let (agent, sensor) = match &alarm.subject {
            Subject::Series(series) => (
                Some(series.agent.agent.clone()),
                self.site.sensor(&series.agent, series.sensor()),
            ),
            Subject::Agent(agent) => (Some(agent.agent.clone()), None),
            Subject::System(_) => (None, None),
        };
        view::Episode {
            alarm: alarm.id,
            name: text::alarm::name(alarm, self.language),
            room: alarm.room.clone(),
            agent,
            sensor_name: sensor.map(|sensor| sensor.name.clone()),
            priority: alarm.priority.into(),
            raised_at: episode.raised_at,
            returned_at: episode.returned_at,
        }
    }

    /// How it is written for the reader.
    pub(crate) fn form(&self, now: Timestamp) -> Form {
        Form::of(&self.site, self.language, now).naming(self.people.clone())
    }

    /// A transition with what there is to read beside it. `alarm`: the one that it is of, where it is known.
    pub(crate) fn event(&self, event: Event, alarm: Option<&Alarm>, now: Timestamp) -> view::Event {
        let comment = text::alarm::comment(&self.site, alarm, &event, &self.form(now));
        view::Event {
            at: event.at,
            alarm: event.alarm,
            from: AlarmState::of(event.from, event.from_cover),
            to: AlarmState::of(event.to, event.to_cover),
            cause: event.cause.into(),
            actor: self.who(&event.actor),
            comment,
        }
    }

    /// What a person noted.
    pub(crate) fn note(&self, note: Note) -> view::Note {
        view::Note {
            number: note.number,
            incident: note.incident,
            at: note.at,
            by: self.who(&note.by),
            text: note.text,
        }
    }

    /// Whom a message went to, by the name that they have now; a channel that reaches no people by its own.
    pub(crate) fn recipient(&self, to: &str) -> String {
        match (self.site.person(to), self.people.formerly(to)) {
            (Some(person), _) => person.name.clone(),
            (None, Some(number)) => self.who(&Actor::Person(number)),
            (None, None) => to.to_owned(),
        }
    }

    /// The work that lies over an alarm.
    fn underway(&self, over: Underway) -> view::Underway {
        view::Underway {
            number: over.work,
            by: self.who(&over.by),
            since: over.since,
            until: over.until,
            reason: over.reason,
        }
    }

    fn acknowledged(&self, held: Acknowledgement) -> view::Acknowledgement {
        let by = self.who(&held.by);
        view::Acknowledgement::of(held, by)
    }

    fn given_back(&self, back: GivenBack) -> view::GivenBack {
        view::GivenBack {
            had: self.who(&back.had),
            by: back.by.is_somebody().then(|| self.who(&back.by)),
            at: back.at,
            comment: back.comment,
        }
    }

    /// What lies over an alarm.
    fn cover(&self, cover: Option<Cover>) -> Over {
        let mut over = Over::default();
        match cover {
            Some(Cover::Shelved(shelving)) => {
                let by = self.who(&shelving.by);
                over.shelved = Some(view::Shelved::of(shelving, by));
            }
            Some(Cover::OutOfService(out)) => {
                let by = self.who(&out.by);
                over.out_of_service = Some(view::OutOfService::of(out, by));
            }
            Some(Cover::Suppressed(suppression)) => over.suppressed_by = Some(suppression.by),
            Some(Cover::Work(underway)) => over.work = Some(self.underway(underway)),
            None => {}
        }
        over
    }

    /// An alarm that came while work went on, as the list of what is over has it.
    pub(crate) fn hidden(&self, alarm: Alarm, came: Came, now: Timestamp) -> view::HiddenAlarm {
        let (id, room) = (
            alarm.id,
            alarm.room.as_ref().and_then(|room| self.site.room(room)),
        );
        let sensor = match &alarm.subject {
            Subject::Series(series) => self.site.sensor(&series.agent, series.sensor()),
            Subject::Agent(_) | Subject::System(_) => None,
        };
        view::HiddenAlarm {
            id,
            name: Translator::of(alarm.rule.as_str(), self.language).name(&alarm.name),
            about: sensor.map_or_else(
                || text::alarm::subject(&self.site, &alarm, &self.form(now)),
                |sensor| sensor.name.clone(),
            ),
            room_name: room.map(|room| room.name.clone()),
            priority: alarm.priority.into(),
            at: came.at,
            times: came.times,
            out: match came.out {
                Out::Untold => view::WorkOut::Untold,
                Out::Told(_) => view::WorkOut::Told,
                Out::Suppressed => view::WorkOut::Suppressed,
            },
            told_from: match came.out {
                Out::Told(at) => Some(at),
                Out::Untold | Out::Suppressed => None,
            },
        }
    }

    pub(crate) fn alarm(&self, alarm: Alarm, now: Timestamp) -> view::Alarm {
        let form = self.form(now);
        let message = text::alarm::sentence(&self.site, &alarm, &form);
        let about = text::alarm::subject(&self.site, &alarm, &form);
        let translator = Translator::of(alarm.rule.as_str(), self.language);
        let series = match &alarm.subject {
            Subject::Series(series) => Some(series),
            Subject::Agent(_) | Subject::System(_) => None,
        };
        let (site, subject) = match &alarm.subject {
            Subject::Series(series) => (series.site(), series.to_string()),
            Subject::Agent(agent) => (&agent.site, agent.to_string()),
            Subject::System(word) => (&self.site.site.id, word.clone()),
        };
        let sensor = series.and_then(|series| self.site.sensor(&series.agent, series.sensor()));
        let room = alarm.room.as_ref().and_then(|room| self.site.room(room));
        let rule = self.rules.get(&alarm.rule);
        let (state, drill) = (AlarmState::of_alarm(&alarm), alarm.is_drill());
        let over = self.cover(alarm.cover);
        let words = |text: String| Some(text).filter(|text| !text.is_empty());
        view::Alarm {
            id: alarm.id,
            name: translator.name(&alarm.name),
            site: site.clone(),
            room_name: room.map(|room| room.name.clone()),
            series: series.cloned(),
            unit: series.map(|series| Unit::of(series.quantity())),
            subject,
            about,
            sensor_name: sensor.map(|sensor| sensor.name.clone()),
            position: sensor
                .map(|sensor| sensor.position.clone())
                .filter(|position| !position.is_empty()),
            priority: alarm.priority.into(),
            state,
            own_state: alarm.state.into(),
            input: alarm.input.into(),
            rule: alarm.rule,
            room: alarm.room,
            raised_at: alarm.raised_at,
            heard_at: alarm.heard_at,
            returned_at: alarm.returned_at,
            value: alarm.value,
            limit: alarm.limit,
            fault: alarm.fault,
            latched: alarm.latched,
            message,
            cause: rule.and_then(|rule| words(translator.cause(&rule.cause))),
            consequence: rule.and_then(|rule| words(translator.consequence(&rule.consequence))),
            response: rule.map_or_else(Vec::new, |rule| translator.response(&rule.response)),
            acknowledged: alarm.acknowledged.map(|held| self.acknowledged(held)),
            given_back: alarm.given_back.map(|back| self.given_back(back)),
            shelved: over.shelved,
            out_of_service: over.out_of_service,
            suppressed_by: over.suppressed_by,
            work: over.work,
            incident: self.alarms.incident_of(alarm.id),
            drill,
            first_out: alarm.first_out,
            unwatched: alarm.unwatched,
            chattering: alarm.chatter.running().map(Into::into),
        }
    }
}
