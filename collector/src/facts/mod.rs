//! Finds out what a message may say, at the moment when it is sent: what is known of the alarm's input and of the room, where a value is going, who
//! has it, what else stands. What cannot be found out is left out, so that no message waits for a nicety; what is not known is unknown.

mod along;
mod climate;
mod inputs;
mod place;
mod proposal;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures::future::BoxFuture;
use plenum_core::alarms::forecast::{self, Forecast, Forecaster, Trend};
use plenum_core::alarms::{Alarm, Origin, Subject};
use plenum_core::authority::Actor;
use plenum_core::fact::Report;
use plenum_core::incident::Incident;
use plenum_core::oncall::Reason;
use plenum_core::oncall::call::Way;
use plenum_core::site::{Place, Room, Rule, Sensor, Site, effective_rules};
use plenum_core::text::message::{Along, Facts, Focus, Next, Reached, Standing, Told};
use plenum_core::text::rules::Translator;
use plenum_core::text::{self, Form, Language};
use plenum_core::work::{Work, WorkState};
use plenum_protocol::{AgentName, Clock, Duration, Quantity, Series, Timestamp};

use crate::alarms::Alarms;
use crate::alarms::unstored::UNSTORED;
use crate::history::{History, HistoryError};
use crate::intake::Agents;
use crate::notify::caller::Calls;
use crate::notify::outbox::{self, Delivered, DeliveryState, Due, Turn};
use crate::notify::{FactsSource, Known, channels};
use inputs::{Input, Inputs};
use place::{answering, beyond, near, nearby, others, place_name, rooms, siblings, standing_as};
pub use proposal::{proposal, proposal_since};

/// More readings than this are not read at once; of a series that is read more often the newest are.
const READINGS: usize = 20_000;
/// At least so far back is read, however many there are.
const FRESH: Duration = Duration::from_minutes(3);
/// How long a message waits for the history before it goes without what that has not read.
const PATIENCE: Duration = Duration::from_seconds(2);
/// A limit that is further away, in minutes, is no news.
const AHEAD: f64 = 60.0;

/// Facts from the running collector.
pub struct SiteFacts {
    alarms: Alarms,
    calls: Calls,
    history: History,
    agents: Agents,
    clock: Arc<dyn Clock>,
    base_url: String,
}

impl SiteFacts {
    /// `base_url` is what links begin with.
    pub fn new(
        alarms: Alarms,
        calls: Calls,
        (history, agents): (History, Agents),
        clock: Arc<dyn Clock>,
        base_url: &str,
    ) -> Self {
        Self {
            alarms,
            calls,
            history,
            agents,
            clock,
            base_url: base_url.trim_end_matches('/').to_owned(),
        }
    }

    /// Waits until the history has read what the alarms have: else a message would tell of a value before the one that raised it.
    async fn catch_up(&self) {
        let target = *self.alarms.applied().borrow();
        let mut applied = self.history.applied();
        tokio::select! {
            _ = applied.wait_for(|number| *number >= target) => {}
            () = self.clock.sleep(PATIENCE) => {}
        }
    }

    /// What is open, beside an alarm: a drill says nothing about the house.
    fn standing(&self, alarm: &Alarm) -> Vec<Alarm> {
        let mut standing = self.alarms.alarms(false);
        standing.retain(|other| other.id == alarm.id || !other.is_drill());
        standing
    }

    async fn gather(&self, due: &Due, known: Known, now: Timestamp) -> Facts {
        self.catch_up().await;
        let site = self.alarms.site().borrow().clone();
        let rules = effective_rules(&site);
        // Where people cannot be looked up they are told by number.
        let people = self.alarms.directory().await.unwrap_or_default();
        let form = Form::of(&site, language(&site, &due.recipient), now).naming(people);
        let alarm = due.alarm.clone();
        let rule = rules.iter().find(|rule| rule.id == alarm.rule);
        let translator = translator(&site, &alarm, &form);
        let standing = self.standing(&alarm);
        let inputs = Inputs::new(&self.history, &self.agents, &standing, now);
        let series = series_of(&alarm.subject);
        let sensor = series.and_then(|series| site.sensor(&series.agent, series.sensor()));
        let room = alarm.room.as_ref().and_then(|room| site.room(room));
        let rooms = rooms(&site, &alarm);
        let near = near(&site, &rooms, &inputs);
        let is_inlet = sensor.is_some_and(|sensor| sensor.place == Place::Inlet);
        let focus = match focus(series, alarm.limit.is_some() || is_inlet, &near) {
            Some((sensor, input)) => self.focus(&site, &rules, sensor, input, now).await,
            None => None,
        };
        let incident = self.incident(alarm.id).await;
        Facts {
            along: self.along((&site, &form), due, incident.as_ref(), &inputs),
            first_cause: self.first_cause(&site, &alarm, incident.as_ref(), &form),
            reason: due.reason,
            untold: due.untold,
            due: self.told_from(due, now),
            stands: self.stands(&alarm),
            sentence: sentence(&site, due, &form),
            name: translator.name(&alarm.name),
            room: place_name(&site, &rooms),
            floor: room.map_or_else(String::new, |room| room.floor.clone()),
            sensor: text::alarm::subject(&site, &alarm, &form),
            position: sensor.map_or_else(String::new, |sensor| sensor.position.clone()),
            quantity: series.map(Series::quantity),
            measured: series.map(|series| inputs.of(series)),
            cause: rule.map_or_else(String::new, |rule| translator.cause(&rule.cause)),
            consequence: rule.map_or_else(String::new, |rule| translator.consequence(&rule.consequence)),
            response: rule.map_or_else(Vec::new, |rule| translator.response(&rule.response)),
            climate: climate::climate(&site, &rules, rule, (sensor, series), &near),
            siblings: siblings(&site, rule, sensor, series, &near),
            nearby: nearby(&near, |agent| inputs.is_online(agent)),
            works: self.works(&rooms),
            others: others(&site, &standing, &alarm, &rooms, &form),
            beyond: beyond(&site, &rules, &standing, &alarm, &near),
            changes: text::alarm::changes(&site, &alarm, &form),
            answering: answering(&site, &rooms, &near, |agent| inputs.is_online(agent)),
            agent: agent_said(&alarm, &inputs),
            also: other_channels(due, known.deliveries.as_deref().unwrap_or_default()),
            told: known
                .deliveries
                .map(|all| others_told(&site, due, &all, &standing)),
            passed_on: self.passed_on(due).await,
            next: self.next(&site, due).await,
            alarm_link: self.link(alarm.id),
            acknowledge_link: known.secret.map(|secret| format!("{}/a/{secret}", self.base_url)),
            focus,
            form,
            alarm,
        }
    }

    /// When a message could leave: it was due, and its reader had no quiet hours any more.
    fn told_from(&self, due: &Due, now: Timestamp) -> Timestamp {
        let is_person = channels::reaches_people(&due.kind);
        match is_person {
            true => (self.calls).told_from(&due.recipient, due.alarm.priority, due.since, now),
            false => due.since,
        }
    }

    /// What people do in rooms, or on the whole site.
    fn works(&self, rooms: &[&Room]) -> Vec<Work> {
        let works = self.alarms.works().borrow().clone();
        let is_there = |work: &Work| rooms.iter().any(|room| work.is_in(Some(&room.id)));
        let running = works.iter().filter(|work| work.state == WorkState::Running);
        let there = running.filter(|work| work.room.is_none() || is_there(work));
        there.cloned().collect()
    }

    fn along(
        &self,
        of: (&Site, &Form),
        due: &Due,
        incident: Option<&Incident>,
        inputs: &Inputs<'_>,
    ) -> Along {
        let standing = incident.into_iter().flat_map(Incident::standing);
        let members = standing.map(|member| member.alarm);
        let known_of = |series: &Series| inputs.of(series);
        along::along(of, due, members, |alarm| self.alarms.alarm(alarm), known_of)
    }

    /// The incident of an alarm, as its own place has it.
    async fn incident(&self, alarm: u64) -> Option<Incident> {
        let incident = self.alarms.incident_of(alarm)?;
        self.alarms.incident(incident).await.ok().flatten()
    }

    /// The occurrence as it stands now.
    fn stands(&self, alarm: &Alarm) -> Option<Alarm> {
        let now = self.alarms.alarm(alarm.id);
        now.filter(|now| now.is_occurrence(alarm.raised_at))
    }

    /// The alarm that another one most likely comes from, where that stands.
    fn first_cause(
        &self,
        site: &Site,
        alarm: &Alarm,
        incident: Option<&Incident>,
        form: &Form,
    ) -> Option<Standing> {
        let first = self.alarms.alarm(incident?.cause_of(alarm.id)?.alarm);
        let first = first.filter(|first| first.state.is_active())?;
        Some(standing_as(site, &first, form))
    }

    /// Who passed it on to whom it is told now.
    async fn passed_on(&self, due: &Due) -> Option<(Actor, Timestamp)> {
        let incident = u64::try_from(due.incident).ok().filter(|_| due.reason.offers())?;
        let passed_on = self.calls.passed_on(incident, &due.recipient).await;
        passed_on.ok().flatten()
    }

    /// Who is called next where nobody has it.
    async fn next(&self, site: &Site, due: &Due) -> Next {
        let Ok(incident) = u64::try_from(due.incident) else {
            return Next::Nobody;
        };
        let stands = match self.calls.of(incident).await {
            Ok(Some(stands)) => stands,
            Ok(None) => return Next::Nobody,
            Err(_) => return Next::Held,
        };
        let Some((_, at, ways)) = stands.next else {
            return Next::Held;
        };
        let name = |way: &Way| text::call::name(site, way);
        // That the reader is called again as well is no news to them.
        let others = ways.iter().filter(|way| way.recipient != due.recipient);
        let mut people: BTreeSet<String> = others.map(name).collect();
        if people.is_empty() {
            people.extend(ways.iter().map(name));
        }
        match people.is_empty() {
            true => Next::Held,
            false => Next::People {
                people: people.into_iter().collect(),
                at: at.max(self.clock.now()),
            },
        }
    }

    /// Where an alarm is shown; empty for the one that no database holds.
    fn link(&self, id: u64) -> String {
        match id {
            UNSTORED => String::new(),
            id => format!("{}/alarms/{id}", self.base_url),
        }
    }

    async fn focus(
        &self,
        site: &Site,
        rules: &[Rule],
        sensor: &Sensor,
        input: &Input,
        now: Timestamp,
    ) -> Option<Focus> {
        let value = input.known.value()?;
        let forecaster = forecaster(&self.history, &input.series, now).await.ok()?;
        let limits = rules.iter().filter(|rule| site.watches(rule, &input.series));
        let mut ahead: Vec<(f64, Forecast)> = limits
            .filter_map(|rule| rule.when.bound()?.ahead_of(value))
            .filter_map(|limit| Some((limit, forecaster.reaches(limit, now)?)))
            .collect();
        ahead.sort_by(|left, right| left.1.likely.total_cmp(&right.1.likely));
        // The worst limit within the hour: what the woken person has to prevent, not what is passed on the way there.
        let next_limit = ahead.into_iter().rfind(|(_, forecast)| forecast.likely < AHEAD);
        Some(Focus {
            sensor: sensor.name.clone(),
            quantity: input.series.quantity(),
            value,
            trend: forecaster.trend(now),
            next_limit,
        })
    }
}

/// Where a series is going now, for messages and screens alike; none where too little was measured.
pub async fn trend_of(
    history: &History,
    series: &Series,
    now: Timestamp,
) -> Result<Option<Trend>, HistoryError> {
    Ok(forecaster(history, series, now).await?.trend(now))
}

/// What the last hours of a series tell of where it is going.
async fn forecaster(history: &History, series: &Series, now: Timestamp) -> Result<Forecaster, HistoryError> {
    let mut back = forecast::MEMORY;
    loop {
        let found = history
            .readings(series.clone(), now - back, now, READINGS)
            .await?;
        if found.next.is_none() || back <= FRESH {
            return Ok(Forecaster::of(found.points));
        }
        back = Duration::from_milliseconds(back.milliseconds() / 4);
    }
}

impl FactsSource for SiteFacts {
    fn facts<'a>(&'a self, due: &'a Due, known: Known, now: Timestamp) -> BoxFuture<'a, Facts> {
        Box::pin(self.gather(due, known, now))
    }

    fn is_way(&self, channel: &str, recipient: Option<&str>) -> bool {
        let site = self.alarms.site().borrow().clone();
        let mut channels = site.channels.iter();
        channels.any(|of| {
            of.id.as_str() == channel && recipient.is_none_or(|to| outbox::recipients(of).contains(&to))
        })
    }

    fn other_ways(&self, due: &Due) -> Vec<String> {
        let site = self.alarms.site().borrow().clone();
        let reach_them = site.channels.iter().filter(|channel| {
            channel.id.as_str() != due.channel
                && channel.takes(due.alarm.priority)
                && channels::reaches_people(channel.kind.as_str())
                && channel
                    .people
                    .iter()
                    .any(|person| person.as_str() == due.recipient)
        });
        reach_them.map(|channel| channel.id.to_string()).collect()
    }

    fn turn(&self, channel: &str, recipient: &str, now: Timestamp) -> Turn {
        let site = self.alarms.site().borrow().clone();
        let mut channels = site.channels.iter();
        let found = channels.find(|of| of.id.as_str() == channel);
        let is_person = found.is_some_and(|of| channels::reaches_people(of.kind.as_str()));
        Turn {
            is_reached: self.is_way(channel, Some(recipient)),
            quiet: match is_person {
                true => self.calls.quiet(recipient, now).into_iter().collect(),
                false => BTreeMap::new(),
            },
            person_of: is_person.then_some(site),
        }
    }

    fn alarm(&self, due: &Due) -> Alarm {
        let site = self.alarms.site().borrow().clone();
        let form = Form::of(&site, language(&site, &due.recipient), self.clock.now());
        Alarm {
            name: text::alarm::name(&due.alarm, form.language),
            message: text::alarm::sentence(&site, &due.alarm, &form),
            origin: None,
            ..due.alarm.clone()
        }
    }
}

/// The words of the alarm's rule, which may name a person.
fn translator(site: &Site, alarm: &Alarm, form: &Form) -> Translator {
    match text::alarm::not_reached(site, alarm, form) {
        Some(person) => Translator::of_person(alarm.rule.as_str(), person, form.language),
        None => Translator::of(alarm.rule.as_str(), form.language),
    }
}

/// What a message is about. What was changed is told with what it was: the limit that raised it would be a second one.
fn sentence(site: &Site, due: &Due, form: &Form) -> String {
    match due.reason {
        Reason::Changed => text::alarm::heading(site, &due.alarm, form),
        _ => text::alarm::sentence(site, &due.alarm, form),
    }
}

/// A person's language, else the site's.
fn language(site: &Site, recipient: &str) -> Language {
    let person = site.people.iter().find(|person| person.id.as_str() == recipient);
    person
        .and_then(|person| person.language)
        .unwrap_or(site.site.language)
}

fn series_of(subject: &Subject) -> Option<&Series> {
    match subject {
        Subject::Series(series) => Some(series),
        Subject::Agent(_) | Subject::System(_) => None,
    }
}

fn agent_of(subject: &Subject) -> Option<AgentName> {
    match subject {
        Subject::Series(series) => Some(series.agent.clone()),
        Subject::Agent(name) => Some(name.clone()),
        Subject::System(subject) => subject.parse().ok(),
    }
}

/// The agent that an alarm is about or comes from, and whether it is online.
fn agent_said(alarm: &Alarm, inputs: &Inputs<'_>) -> Option<(String, bool)> {
    let name = agent_of(&alarm.subject)?;
    Some((name.agent.to_string(), inputs.is_online(&name)?))
}

/// The other channels by which the same has arrived.
fn other_channels(due: &Due, deliveries: &[Delivered]) -> Vec<String> {
    let arrived = deliveries
        .iter()
        .filter(|delivery| delivery.channel != due.channel && delivery.state == DeliveryState::Sent);
    let channels: BTreeSet<&str> = arrived.map(|delivery| delivery.channel.as_str()).collect();
    channels.into_iter().map(str::to_owned).collect()
}

/// Whom else the same is told, by which channel, and what came of it. A person whom several channels reach is named with each.
fn others_told(site: &Site, due: &Due, deliveries: &[Delivered], standing: &[Alarm]) -> Vec<Told> {
    // What failed is tried again, and is not merely on its way; nor is what goes over a way that is known not to work.
    let is_broken = |delivery: &Delivered| {
        let person = format!("{}/{}", delivery.channel, delivery.to);
        let mut failed = standing.iter().filter(|alarm| alarm.state.is_active());
        failed.any(|alarm| match (&alarm.subject, &alarm.origin) {
            (Subject::System(way), Some(Origin::Monitor(Report::NotDelivered { .. }))) => {
                *way == delivery.channel || *way == person
            }
            _ => false,
        })
    };
    let others = deliveries.iter().filter(|delivery| {
        !matches!(delivery.state, DeliveryState::Replaced | DeliveryState::Withheld)
            && delivery.to != due.recipient
    });
    let mut told: Vec<Told> = others
        .map(|delivery| {
            let person = site
                .people
                .iter()
                .find(|person| person.id.as_str() == delivery.to);
            Told {
                who: match person {
                    Some(person) => format!("{} ({})", person.name, delivery.channel),
                    None => delivery.channel.clone(),
                },
                reached: match delivery.state {
                    DeliveryState::Waiting if delivery.error.is_some() || is_broken(delivery) => Reached::No,
                    DeliveryState::Waiting => Reached::NotYet,
                    DeliveryState::Sent => Reached::Yes,
                    DeliveryState::Failed | DeliveryState::Replaced | DeliveryState::Withheld => Reached::No,
                },
            }
        })
        .collect();
    told.sort_by(|left, right| left.who.cmp(&right.who));
    told
}

/// The alarm's own value where it has a limit or is an inlet's; the room's hottest inlet where it is about cooling.
fn focus<'a>(
    series: Option<&Series>,
    is_of_value: bool,
    near: &'a [(&'a Sensor, Input)],
) -> Option<(&'a Sensor, &'a Input)> {
    let series = series?;
    if is_of_value {
        let own = near.iter().find(|(_, input)| input.series == *series);
        return own.map(|(sensor, input)| (*sensor, input));
    }
    if !matches!(
        series.quantity(),
        Quantity::CoolingFault | Quantity::CoolingRunning | Quantity::MainsPresent
    ) {
        return None;
    }
    let inlets = near.iter().filter_map(|(sensor, input)| {
        let is_inlet = sensor.place == Place::Inlet && input.series.quantity() == Quantity::Temperature;
        let value = input.known.value().filter(|_| is_inlet)?;
        Some((*sensor, input, value))
    });
    let hottest = inlets.max_by(|left, right| left.2.total_cmp(&right.2));
    hottest.map(|(sensor, input, _)| (sensor, input))
}
