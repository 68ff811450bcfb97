//! The live feed: readings, alarms and agents as server-sent events, put into text once for all screens.
//!
//! Readings are gathered for 250 ms and only the newest of each series is told. The feed holds 256 frames; a screen
//! that falls further behind is cut off and counted: it connects again and asks for the whole.

use std::collections::HashMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::Extension;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::sse::{Event, Sse};
use futures::Stream;
use plenum_core::alarms::Alarm;
use plenum_core::authority::Unknown;
use plenum_core::fact::{Entry, Item, StoredReading};
use plenum_core::site::Site;
use plenum_core::text::Language;
use plenum_protocol::AgentName;
use plenum_protocol::{Duration, Identifier, Series, Steady, Timestamp};
use tokio::sync::{broadcast, watch};
use tokio_util::sync::CancellationToken;

use crate::auth::{Caller, Secret};
use crate::judge::Judge;
use crate::language::{Reader, Said};
use crate::problem::Problem;
use crate::routes::names::Names;
use crate::routes::{agents, inputs};
use crate::sight;
use crate::state::Dashboard;
use crate::view::{Agent, IncidentChange, Input, LiveEvent, LiveKind, Reading};

/// How long readings are gathered.
const GATHER: Duration = Duration::from_milliseconds(250);
/// Agents are looked at this often, and soon after one came or went.
const AGENTS: Duration = Duration::from_seconds(5);
/// Every series is judged this often, and soon after a reading or an alarm.
const JUDGE: Duration = Duration::from_seconds(1);
/// So many frames may a screen be behind.
const BEHIND: usize = 256;
/// A comment is sent this often, so that both ends notice a dead connection. The session is looked at again as often, for what ends it by itself; what somebody does to
/// it counts at once.
const PING: Duration = Duration::from_seconds(10);
/// So many screens are told at once, and no more than half of the connections; one more is refused.
pub(crate) const MOST: usize = 256;

/// More readings than this at once go out as one event with an array, fewer as an event each.
const SINGLY: usize = 64;

/// What goes out at once.
#[derive(Debug, Clone)]
enum Frame {
    /// Events of one name.
    Events(LiveKind, Arc<[Told]>),
    /// The same as one event for whoever sees the whole site; the others get those that concern them one by one.
    Whole(LiveKind, Arc<str>, Arc<[Told]>),
    /// Something was missed: every screen is cut off and asks for the whole.
    Missed,
}

/// An event as JSON.
#[derive(Debug)]
struct Told {
    /// The rooms that it is about; none for what concerns the whole site.
    rooms: Vec<Identifier>,
    /// One, or one in each language.
    json: Vec<String>,
}

impl Told {
    fn to(&self, reader: Reader) -> &str {
        let own = self.json.get(reader.0 as usize);
        own.or(self.json.first()).map_or("", String::as_str)
    }
}

/// What all screens are told.
pub(crate) struct Feed {
    frames: broadcast::Sender<Frame>,
    /// Something was done by which a session or token may have ended, or have less to see.
    pub(crate) rights: watch::Sender<()>,
    /// Screens that listen now.
    pub(crate) screens: Arc<AtomicU64>,
    /// Of those, screens of people who are limited to rooms.
    limited: Arc<AtomicU64>,
    /// Screens that were cut off because they were too slow.
    pub(crate) cut_off: AtomicU64,
    /// Times that the feed itself was too slow and cut everyone off.
    pub(crate) missed: AtomicU64,
}

impl Default for Feed {
    fn default() -> Self {
        Self {
            frames: broadcast::channel(BEHIND).0,
            rights: watch::Sender::default(),
            screens: Arc::default(),
            limited: Arc::default(),
            cut_off: AtomicU64::new(0),
            missed: AtomicU64::new(0),
        }
    }
}

impl Feed {
    /// Tells values, each with the rooms that it is about.
    fn tell<T: serde::Serialize>(
        &self,
        event: LiveKind,
        values: &[T],
        rooms: impl Fn(&T) -> Vec<Identifier>,
    ) {
        match self.frame(event, values, rooms) {
            // An error means that nobody listens.
            Ok(frame) => drop(self.frames.send(frame)),
            Err(error) => tracing::error!(%error, %event, "a live event could not be written"),
        }
    }

    /// Tells one value in each language.
    fn tell_readers<T: serde::Serialize>(
        &self,
        event: LiveKind,
        in_each: [T; Language::ALL.len()],
        rooms: Vec<Identifier>,
    ) {
        let json = in_each.iter().map(serde_json::to_string);
        match json.collect::<serde_json::Result<Vec<String>>>() {
            Ok(json) => drop(
                self.frames
                    .send(Frame::Events(event, Arc::new([Told { rooms, json }]))),
            ),
            Err(error) => tracing::error!(%error, %event, "a live event could not be written"),
        }
    }

    fn frame<T: serde::Serialize>(
        &self,
        event: LiveKind,
        values: &[T],
        rooms: impl Fn(&T) -> Vec<Identifier>,
    ) -> serde_json::Result<Frame> {
        let is_many = values.len() > SINGLY;
        let limited = self.limited.load(Ordering::Relaxed) > 0;
        let singly = values.iter().filter(|_| !is_many || limited).map(|value| {
            Ok(Told {
                rooms: rooms(value),
                json: vec![serde_json::to_string(value)?],
            })
        });
        let singly: Arc<[Told]> = singly.collect::<serde_json::Result<Vec<Told>>>()?.into();
        Ok(match is_many {
            false => Frame::Events(event, singly),
            true => Frame::Whole(event, serde_json::to_string(values)?.into(), singly),
        })
    }

    /// Tells that something was noted about an incident whose alarms are about these rooms: whoever looks at it asks anew, and gets what they may see.
    pub(crate) fn noted(&self, incident: u64, rooms: &[Identifier]) {
        let change = [IncidentChange { incident }];
        self.tell(LiveKind::Incident, &change, |_| rooms.to_vec());
    }

    fn miss(&self) {
        self.missed.fetch_add(1, Ordering::Relaxed);
        drop(self.frames.send(Frame::Missed));
    }
}

/// Ends every stream when the server stops.
#[derive(Clone)]
pub(crate) struct Stop(pub(crate) CancellationToken);

/// Counts a screen for as long as its stream lives.
struct Seat(Arc<AtomicU64>);

impl Drop for Seat {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

struct Listener {
    dashboard: Arc<Dashboard>,
    caller: Caller,
    reader: Reader,
    frames: broadcast::Receiver<Frame>,
    rights: watch::Receiver<()>,
    stop: CancellationToken,
    ping_at: Steady,
    /// What is left of the last frame, from this event on.
    rest: (LiveKind, Arc<[Told]>, usize),
    _seats: (Seat, Option<Seat>),
}

/// Server-sent events: `reading` (one item of /latest or an array of them), `input` (one item of /inputs or an array of
/// them, where the judgement has changed), `alarm` (an item of /alarms), `agent` (an item of /agents), `incident` (the number of one of which something was noted: ask for its
/// timeline). A comment comes at least every 15 s. After a break ask for the whole again.
#[utoipa::path(get, path = "/api/v1/live", tag = "live",
    responses((status = 200, description = "Events until either side goes.", body = LiveEvent, content_type = "text/event-stream"), (status = 503, description = "Too many screens are listening.")))]
pub(crate) async fn live(
    State(dashboard): State<Arc<Dashboard>>,
    Extension(Stop(stop)): Extension<Stop>,
    reader: Reader,
    caller: Caller,
) -> Result<Said<Sse<impl Stream<Item = Result<Event, Infallible>>>>, Problem> {
    let screens = &dashboard.feed.screens;
    let (seat, most) = (Seat(screens.clone()), most(&dashboard));
    if screens.fetch_add(1, Ordering::Relaxed) >= most as u64 {
        return Err(Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            format!("{most} screens are listening already"),
        ));
    }
    let limited = caller.identity.scope.is_by_room().then(|| {
        dashboard.feed.limited.fetch_add(1, Ordering::Relaxed);
        Seat(dashboard.feed.limited.clone())
    });
    let listener = Listener {
        frames: dashboard.feed.frames.subscribe(),
        rights: dashboard.feed.rights.subscribe(),
        // At once: the other side then knows that it is connected.
        ping_at: dashboard.clock.steady(),
        dashboard,
        caller,
        reader,
        stop,
        rest: (LiveKind::Reading, Arc::default(), 0),
        _seats: (seat, limited),
    };
    let events = futures::stream::unfold(listener, |mut listener| async move {
        let event = listener.next().await?;
        Some((Ok(event), listener))
    });
    Ok(Said(reader, Sse::new(events)))
}

/// How many screens may listen: whoever listens holds a connection, and the others must come in.
pub(crate) fn most(dashboard: &Dashboard) -> usize {
    MOST.min(dashboard.door.most() / 2)
}

impl Listener {
    async fn next(&mut self) -> Option<Event> {
        loop {
            let (name, events, next) = &mut self.rest;
            if let Some(told) = events.get(*next) {
                *next += 1;
                if sees(&self.caller, &told.rooms) {
                    return Some(Event::default().event(name.as_str()).data(told.to(self.reader)));
                }
                continue;
            }
            let scope = &self.caller.identity.scope;
            let frame = tokio::select! {
                biased;
                () = self.stop.cancelled() => return None,
                Ok(()) = self.rights.changed() => match self.is_welcome().await {
                    true => continue,
                    false => return None,
                },
                () = self.dashboard.clock.sleep_until(self.ping_at) => None,
                frame = self.frames.recv() => Some(frame),
            };
            match frame {
                None => {
                    self.ping_at = self.dashboard.clock.steady() + PING;
                    return self.is_welcome().await.then(|| Event::default().comment("ping"));
                }
                Some(Ok(Frame::Events(name, events))) => self.rest = (name, events, 0),
                Some(Ok(Frame::Whole(name, json, _))) if !scope.is_by_room() => {
                    return Some(Event::default().event(name.as_str()).data(json));
                }
                // It was written before this screen came: it asks for the whole again.
                Some(Ok(Frame::Whole(_, _, events))) if events.is_empty() => return None,
                Some(Ok(Frame::Whole(name, _, events))) => self.rest = (name, events, 0),
                Some(Ok(Frame::Missed) | Err(broadcast::error::RecvError::Closed)) => return None,
                Some(Err(broadcast::error::RecvError::Lagged(frames))) => {
                    self.dashboard.feed.cut_off.fetch_add(1, Ordering::Relaxed);
                    tracing::warn!(frames, "a screen was too slow and was cut off");
                    return None;
                }
            }
        }
    }

    /// Whether the session or token is still there, and may still do what it might.
    async fn is_welcome(&self) -> bool {
        let people = &self.dashboard.collector.people;
        let known = match &self.caller.secret {
            Secret::Session(secret) => people.session(secret).await,
            Secret::Token(secret) => people.token(secret).await,
        };
        matches!(known, Ok(Some(identity)) if identity == self.caller.identity)
    }
}

/// Whether what is about these rooms concerns who listens.
fn sees(caller: &Caller, rooms: &[Identifier]) -> bool {
    let scope = &caller.identity.scope;
    !scope.is_by_room() || rooms.iter().any(|room| scope.has_room(Some(room)))
}

/// Puts what the collector tells into frames until the server stops.
pub(crate) async fn pump(dashboard: Arc<Dashboard>, stop: CancellationToken) {
    let mut entries = dashboard.collector.journal.live();
    let mut alarms = dashboard.collector.alarms.subscribe();
    let mut site = dashboard.collector.alarms.site();
    let mut pump = Pump::new(dashboard.clone(), site.borrow_and_update().clone());
    loop {
        let flush_at = pump.gathered.flush_at.unwrap_or(Steady::MAX);
        let clock = &dashboard.clock;
        tokio::select! {
            () = stop.cancelled() => return,
            () = clock.sleep_until(flush_at) => {
                pump.gathered.flush(&dashboard.feed, &dashboard.collector.site());
                pump.inputs_at = clock.steady();
            }
            () = clock.sleep_until(pump.inputs_at) => pump.tell_inputs(),
            () = clock.sleep_until(pump.agents_at) => pump.tell_agents(),
            alarm = alarms.recv() => {
                if site.has_changed().unwrap_or(false) {
                    pump.revise(site.borrow_and_update().clone());
                }
                match alarm {
                    Ok(alarm) => pump.tell_alarm(alarm).await,
                    Err(broadcast::error::RecvError::Lagged(_)) => dashboard.feed.miss(),
                    Err(broadcast::error::RecvError::Closed) => return,
                }
            }
            entry = entries.next() => {
                let Some((entry, missed)) = entry else { return };
                if missed {
                    dashboard.feed.miss();
                }
                pump.take(&entry);
            }
        }
    }
}

/// What was told last, and what is to be told when.
struct Pump {
    dashboard: Arc<Dashboard>,
    gathered: Gathered,
    names: Names,
    judge: Judge,
    inputs: HashMap<Series, Input>,
    inputs_at: Steady,
    agents: HashMap<(Identifier, Identifier), Agent>,
    agents_at: Steady,
}

/// Before anybody asked who is who.
fn unnamed(dashboard: &Dashboard, site: &Arc<Site>) -> Names {
    let reader = Reader(site.site.language);
    let alarms = dashboard.collector.alarms.clone();
    Names::new(site.clone(), Arc::new(Unknown), reader, alarms)
}

impl Pump {
    fn new(dashboard: Arc<Dashboard>, site: Arc<Site>) -> Self {
        let now = dashboard.clock.steady();
        Self {
            gathered: Gathered::default(),
            names: unnamed(&dashboard, &site),
            judge: Judge::new(site),
            inputs: HashMap::new(),
            inputs_at: now,
            agents: HashMap::new(),
            agents_at: now,
            dashboard,
        }
    }

    fn revise(&mut self, site: Arc<Site>) {
        self.names = unnamed(&self.dashboard, &site);
        self.judge = Judge::new(site);
    }

    fn take(&mut self, entry: &Entry) {
        let due = self.dashboard.clock.steady() + GATHER;
        for item in &entry.items {
            match item {
                Item::Batch(batch) => {
                    for reading in &batch.readings {
                        self.gathered.add(stored(&batch.agent, reading), due);
                    }
                }
                // Intake shows it a moment after the commit.
                Item::Presence(_) => self.agents_at = self.agents_at.min(due),
                _ => {}
            }
        }
    }

    async fn tell_alarm(&mut self, alarm: Alarm) {
        // Where people cannot be looked up, those are told who were known last.
        if let Ok(people) = self.dashboard.collector.directory().await {
            self.names.with_people(people);
        }
        let rooms = sight::rooms_of(&self.dashboard.collector.site(), &alarm);
        let now = self.dashboard.clock.now();
        let views = Language::ALL.map(|language| {
            let names = self.names.for_reader(Reader(language));
            names.alarm(alarm.clone(), now)
        });
        self.dashboard.feed.tell_readers(LiveKind::Alarm, views, rooms);
        self.inputs_at = self.dashboard.clock.steady();
    }

    /// Tells the agents that have changed.
    fn tell_agents(&mut self) {
        for view in agents::views(&self.dashboard) {
            let key = (view.site.clone(), view.agent.clone());
            if self.agents.get(&key) != Some(&view) {
                let told = std::slice::from_ref(&view);
                self.dashboard.feed.tell(LiveKind::Agent, told, |_| Vec::new());
                self.agents.insert(key, view);
            }
        }
        self.agents_at = self.dashboard.clock.steady() + AGENTS;
    }

    /// Tells the series whose judgement has changed, if anybody listens.
    fn tell_inputs(&mut self) {
        let now = self.dashboard.clock.now();
        self.inputs_at = self.dashboard.clock.steady() + JUDGE;
        if self.dashboard.feed.screens.load(Ordering::Relaxed) == 0 {
            return;
        }
        let site = self.dashboard.collector.site();
        if !self.judge.is_of(&site) {
            self.revise(site);
        }
        let mut changed = inputs::inputs(&self.dashboard, &mut self.judge, now);
        changed.retain(|input| self.inputs.get(&input.series) != Some(input));
        if !changed.is_empty() {
            let site = self.dashboard.collector.site();
            let about = |input: &Input| room(&site, &input.series);
            self.dashboard.feed.tell(LiveKind::Input, &changed, about);
            let told = changed.into_iter().map(|input| (input.series.clone(), input));
            self.inputs.extend(told);
        }
    }
}

/// The room that a series is about, as a list.
fn room(site: &Site, series: &Series) -> Vec<Identifier> {
    sight::room_of(site, series).into_iter().cloned().collect()
}

fn stored(agent: &AgentName, reading: &StoredReading) -> Reading {
    let series = Series {
        agent: agent.clone(),
        channel: reading.channel.clone(),
    };
    Reading::new(series, reading.at, reading.outcome)
}

/// The newest reading of each series since the last flush.
#[derive(Default)]
struct Gathered {
    /// What was told last of each series: an older reading is not news.
    told: HashMap<Series, Timestamp>,
    waiting: HashMap<Series, Reading>,
    flush_at: Option<Steady>,
}

impl Gathered {
    fn add(&mut self, reading: Reading, due: Steady) {
        match self.told.get_mut(&reading.series) {
            Some(told) if *told >= reading.at => return,
            Some(told) => *told = reading.at,
            None => drop(self.told.insert(reading.series.clone(), reading.at)),
        }
        self.waiting.insert(reading.series.clone(), reading);
        self.flush_at.get_or_insert(due);
    }

    fn flush(&mut self, feed: &Feed, site: &Site) {
        self.flush_at = None;
        let mut readings: Vec<Reading> = self.waiting.drain().map(|(_, reading)| reading).collect();
        readings.sort_by(|one, next| one.at.cmp(&next.at).then_with(|| one.series.cmp(&next.series)));
        feed.tell(LiveKind::Reading, &readings, |reading| {
            room(site, &reading.series)
        });
    }
}

#[cfg(test)]
mod tests;
