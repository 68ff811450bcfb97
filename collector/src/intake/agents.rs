//! What intake knows of each agent: its streams, its status, and what screens are told of it.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::sync::{Arc, PoisonError, RwLock};

use plenum_core::expectation::Spacing;
use plenum_core::fact::{ExpectedSensor, Presence};
use plenum_protocol::payload::{AgentState, ClockState, Status};
use plenum_protocol::streams::{Floors, Receiver, Starts, StreamId};
use plenum_protocol::{AgentName, Channel, Duration, Identifier, Quantity, Steady, Timestamp, streams};
use rusqlite::Connection;

use super::changes::Changes;
use super::conditions::Conditions;
use super::dead_letters;
use super::pace::Pace;
use super::schema::{self, StoredAgent};
use crate::database::Identity;
use plenum_link::mqtt::Arrival;

/// A stream's instants, for gaps.
#[derive(Debug, Default, Clone)]
pub(super) struct StreamMemory {
    /// The newest instant of its readings.
    pub(super) last_at: Option<Timestamp>,
    /// The highest number that the agent has spooled, as it last said.
    pub(super) last: u64,
    /// When its agent last listed or used it.
    pub(super) listed: Timestamp,
    /// Batches that went to the dead letters and whose end in time only the next batch tells.
    pub(super) open: Option<OpenGap>,
}

/// A gap that waits for the first known instant after it.
#[derive(Debug, Clone)]
pub(super) struct OpenGap {
    pub(super) from: Timestamp,
    pub(super) sequence: (u64, u64),
    pub(super) why: String,
}

/// What intake knows of an agent, in memory and as it is stored.
#[derive(Debug)]
pub(super) struct Agent {
    pub(super) receiver: Receiver,
    pub(super) streams: BTreeMap<StreamId, StreamMemory>,
    pub(super) online: bool,
    /// The newest connection that was heard of; an older one's will is ignored.
    pub(super) connection: u64,
    pub(super) status: Option<Status>,
    pub(super) seen: Timestamp,
    pub(super) letter_bytes: u64,
    pub(super) floors: Floors,
    pub(super) starts: Starts,
    pub(super) astray: Astray,
    pub(super) behind: ClockBehind,
    /// The series that its statuses have listed in this run.
    pub(super) expected: HashSet<(Identifier, Quantity)>,
    /// How often its series come, for one without a status, and what was believed of that.
    pub(super) spacings: HashMap<Channel, (Spacing, Changes)>,
    /// What was believed of the intervals that its statuses name; of sensors alone that have a series.
    pub(super) changes: HashMap<Identifier, Changes>,
    /// How often its statuses are taken.
    pub(super) pace: Pace,
    /// The newest status that waits for its turn.
    pub(super) held: Option<Status>,
    /// Whether it is the collector itself.
    pub(super) is_own: bool,
}

/// How long every batch with nothing newer behind it has been from the past.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct ClockBehind(Option<(Steady, u32, Duration)>);

/// A reading that is younger was only under way.
const UNDER_WAY: Duration = Duration::from_seconds(60);

impl ClockBehind {
    /// A batch with nothing newer behind it, whose newest reading is so old. Gives how far the clock is behind, once it is sure: three batches and a
    /// minute say so, and none says otherwise.
    pub(super) fn note(&mut self, old: Duration, now: Steady) -> Option<Duration> {
        if old <= UNDER_WAY {
            self.0 = None;
            return None;
        }
        let (since, count, least) = self.0.unwrap_or((now, 0, old));
        let (count, least) = (count.saturating_add(1), least.min(old));
        self.0 = Some((since, count, least));
        (count >= 3 && now.since(since) >= UNDER_WAY).then_some(least)
    }
}

/// Batches of an agent that came although something else is wanted: what it takes for acknowledged is not what was acknowledged here.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Astray(Option<(Steady, Steady, u32)>);

/// How long it sends what is not wanted, and nothing else, until that is more than an accident.
const ASTRAY: Duration = Duration::from_seconds(60);
/// Two such batches this far apart have nothing to do with each other.
const APART: Duration = Duration::from_minutes(3);

impl Astray {
    pub(super) fn note(&mut self, now: Steady) {
        self.0 = Some(match self.0 {
            Some((since, last, count)) if now.since(last) < APART => (since, now, count.saturating_add(1)),
            _ => (now, now, 1),
        });
    }

    pub(super) fn is_sure(self) -> bool {
        self.0
            .is_some_and(|(since, last, count)| count >= 3 && last.since(since) >= ASTRAY)
    }
}

impl Agent {
    /// What is remembered of a stream.
    pub(super) fn memory(&mut self, stream: &StreamId) -> &mut StreamMemory {
        self.streams.entry(stream.clone()).or_default()
    }

    pub(super) fn new() -> Self {
        Self {
            receiver: Receiver::new([], []),
            streams: BTreeMap::new(),
            online: false,
            connection: 0,
            status: None,
            seen: Timestamp::MIN,
            letter_bytes: 0,
            floors: Floors::default(),
            starts: Starts::default(),
            astray: Astray::default(),
            behind: ClockBehind::default(),
            expected: HashSet::new(),
            spacings: HashMap::new(),
            changes: HashMap::new(),
            pace: Pace::default(),
            held: None,
            is_own: false,
        }
    }

    /// A foreign publisher under this name would be mixed up with it.
    pub(super) fn has_a_stream(&self) -> bool {
        !self.streams.is_empty()
    }

    /// Whether acknowledgements go to it: it speaks of streams, its dead letters are within their bound, and it is not the collector itself.
    pub(super) fn is_acknowledged(&self, dead_letters: u64) -> bool {
        (self.has_a_stream() || self.status.is_some()) && self.letter_bytes <= dead_letters && !self.is_own
    }

    /// `most`: series that it may have, over all its statuses; what they list beyond is not expected. Gives the sensors too of which another interval
    /// was said than is believed, each time that it is another.
    pub(super) fn presence(
        &mut self,
        agent: &AgentName,
        most: usize,
        now: Steady,
    ) -> (Presence, Vec<Identifier>) {
        let status = self.status.as_ref().filter(|_| self.online);
        let sensors = status.map_or(&[][..], |status| &status.sensors);
        let known = &mut self.expected;
        let (changes, mut passed_over) = (&mut self.changes, Vec::new());
        let mut may_have = |sensor: &Identifier, quantity: Quantity| {
            let series = (sensor.clone(), quantity);
            known.contains(&series) || (known.len() < most && known.insert(series))
        };
        let expected = sensors.iter().map(|sensor| {
            let quantities = sensor.quantities.iter().copied();
            let quantities: Vec<Quantity> = quantities
                .filter(|quantity| may_have(&sensor.id, *quantity))
                .collect();
            let mut interval = sensor.interval;
            if !quantities.is_empty() {
                let said = match changes.get_mut(&sensor.id) {
                    Some(changes) => changes.say(interval, now),
                    None => changes.entry(sensor.id.clone()).or_default().say(interval, now),
                };
                interval = said.expected;
                passed_over.extend(said.passed_over.then(|| sensor.id.clone()));
            }
            ExpectedSensor {
                sensor: sensor.id.clone(),
                driver: sensor.driver.clone(),
                quantities,
                interval,
            }
        });
        let sensors = expected.collect();
        let status = self.status.as_ref();
        let presence = Presence {
            agent: agent.clone(),
            online: self.online,
            clock_synchronised: status.is_some_and(|status| status.clock == ClockState::Synchronised),
            sensors,
        };
        (presence, passed_over)
    }

    /// What devices say of themselves that they did not say in the status before; nothing where it is empty. A will knows nothing of them.
    pub(super) fn new_words(&self, status: &Status) -> Vec<(Identifier, String)> {
        if status.state == AgentState::Offline {
            return Vec::new();
        }
        let before = self.status.as_ref().map_or(&[][..], |status| &status.sensors);
        let said = |sensor: &Identifier| {
            let known = before.iter().find(|known| known.id == *sensor);
            known.and_then(|known| known.words.as_deref()).unwrap_or_default()
        };
        let words = status
            .sensors
            .iter()
            .map(|sensor| (&sensor.id, sensor.words.as_deref().unwrap_or_default()));
        words
            .filter(|(sensor, words)| said(sensor) != *words)
            .map(|(sensor, words)| (sensor.clone(), words.to_owned()))
            .collect()
    }

    pub(super) fn stored(&self, agent: &AgentName) -> StoredAgent {
        StoredAgent {
            agent: agent.clone(),
            online: self.online,
            connection: self.connection,
            status: self
                .status
                .as_ref()
                .map(|status| String::from_utf8_lossy(&status.to_json()).into_owned()),
            received: self.seen,
        }
    }

    fn info(&self) -> AgentInfo {
        let info = |(stream, memory): (&StreamId, &StreamMemory)| StreamInfo {
            stream: stream.to_string(),
            through: self.receiver.through(stream),
            last: memory.last,
        };
        AgentInfo {
            online: self.online,
            seen: self.seen,
            status: self.status.clone(),
            streams: self.streams.iter().map(info).collect(),
            dead_letter_bytes: self.letter_bytes,
            foreign_database: self.receiver.foreign().map(ToString::to_string),
        }
    }
}

/// An agent, for screens.
#[derive(Debug, Clone, PartialEq)]
pub struct AgentInfo {
    /// Whether it is there.
    pub online: bool,
    /// When anything of it was last received.
    pub seen: Timestamp,
    /// What it last said of itself, if it did.
    pub status: Option<Status>,
    /// The streams that it has sent of.
    pub streams: Vec<StreamInfo>,
    /// How much of it is kept aside, in bytes; bounded by `dead_letters` in collector.toml.
    pub dead_letter_bytes: u64,
    /// Another collector's database that acknowledges it: ours is silent until a person has settled it.
    pub foreign_database: Option<String>,
}

/// A stream, for screens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StreamInfo {
    /// Its name.
    pub stream: String,
    /// Everything up to here is committed.
    pub through: u64,
    /// The highest number that the agent has spooled, as it last said; what lies between is unsent.
    pub last: u64,
}

/// The agents as they stood after the last commit. Cheap to clone.
#[derive(Debug, Clone, Default)]
pub struct Agents(Arc<RwLock<BTreeMap<AgentName, AgentInfo>>>);

impl Agents {
    /// All agents, by name.
    pub fn list(&self) -> Vec<(AgentName, AgentInfo)> {
        let agents = self.0.read().unwrap_or_else(PoisonError::into_inner);
        agents
            .iter()
            .map(|(name, info)| (name.clone(), info.clone()))
            .collect()
    }

    /// One of them, if it was ever heard of.
    pub fn get(&self, name: &AgentName) -> Option<AgentInfo> {
        let agents = self.0.read().unwrap_or_else(PoisonError::into_inner);
        agents.get(name).cloned()
    }

    pub(super) fn update(&self, name: &AgentName, agent: &Agent) {
        let mut agents = self.0.write().unwrap_or_else(PoisonError::into_inner);
        agents.insert(name.clone(), agent.info());
    }
}

/// Everything that intake keeps in memory, as the database has it.
pub(super) struct Loaded {
    pub(super) identity: Identity,
    pub(super) agents: BTreeMap<AgentName, Agent>,
    pub(super) conditions: Conditions,
    /// Other databases whose acknowledgements a person has settled, by agent.
    pub(super) settled: BTreeSet<(AgentName, String)>,
}

/// Reads it all at start; draws the database's identity if it is new.
pub(super) fn load(connection: &Connection, now: Arrival) -> rusqlite::Result<Loaded> {
    let identity = Identity::load(connection)?;
    let (agents, conditions) = load_again(connection, now)?;
    Ok(Loaded {
        identity,
        agents,
        conditions,
        settled: schema::settled(connection)?.into_iter().collect(),
    })
}

/// Reads all but the identity; after a commit that failed.
pub(super) fn load_again(
    connection: &Connection,
    now: Arrival,
) -> rusqlite::Result<(BTreeMap<AgentName, Agent>, Conditions)> {
    let mut records: BTreeMap<AgentName, Vec<(StreamId, streams::StreamRecord)>> = BTreeMap::new();
    let mut agents: BTreeMap<AgentName, Agent> = BTreeMap::new();
    let letters: HashSet<(String, u64)> = connection
        .prepare("select stream, seq from dead_letter where whole and stream is not null")?
        .query_map([], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect::<Result<_, _>>()?;
    for stored in schema::streams(connection)? {
        let through = stored.record.through;
        let dead = letters.contains(&(stored.stream.to_string(), through));
        let open = stored.last_at.filter(|_| dead).map(|from| OpenGap {
            from,
            sequence: (through, through),
            why: "dead letters".to_owned(),
        });
        let memory = StreamMemory {
            last_at: stored.last_at,
            last: stored.record.seen,
            listed: stored.listed.unwrap_or(now.at),
            open,
        };
        records
            .entry(stored.agent.clone())
            .or_default()
            .push((stored.stream.clone(), stored.record));
        let agent = agents.entry(stored.agent).or_insert_with(Agent::new);
        agent.streams.insert(stored.stream, memory);
    }
    for stored in schema::agents(connection)? {
        let agent = agents.entry(stored.agent).or_insert_with(Agent::new);
        agent.online = stored.online;
        agent.connection = stored.connection;
        agent.seen = stored.received;
        agent.status = stored
            .status
            .and_then(|text| Status::from_json(text.as_bytes()).ok());
        if let Some(status) = &agent.status {
            agent.starts.remember(status, now.steady);
        }
    }
    for (name, records) in records {
        let agent = agents.entry(name).or_insert_with(Agent::new);
        agent.floors = Floors::new(agent.streams.values().filter_map(|memory| memory.last_at).max());
        let listed: Vec<StreamId> = match &agent.status {
            Some(status) => status.streams.keys().cloned().collect(),
            None => agent.streams.keys().cloned().collect(),
        };
        agent.receiver = Receiver::new(records, listed);
    }
    for (name, bytes) in dead_letters::sizes(connection)? {
        agents.entry(name).or_insert_with(Agent::new).letter_bytes = bytes;
    }
    Ok((agents, Conditions::load(connection, now.steady)?))
}

/// Whether a status is news: an older connection's will is not.
pub(super) fn supersedes(status: &Status, connection: u64) -> bool {
    match status.state {
        AgentState::Online => true,
        AgentState::Offline => status.connection >= connection,
    }
}
