//! Who is in the storm: a real mosquitto, the collector and its agents, each a process that can be killed.

pub(crate) mod blows;
pub(crate) mod judged;
pub(crate) mod sensors;
pub(crate) mod stored;

use std::collections::BTreeMap;
use std::time::Duration;

use plenum_link::SystemClock;
use plenum_link::testing::Mosquitto;
use plenum_protocol::{Clock, Timestamp};
use rand::rngs::StdRng;
use serde_json::Value;

use crate::support::fleet::{Agent, Stored};
use crate::support::process::eventually;
use crate::support::server::{Server, Settings};
use crate::{AGENTS, CALM, PATIENCE, STORM};
use blows::{Blow, Target};
use judged::compare_alarms;
use stored::compare_history;

const PASSWORD: &str = "storm-proof";

/// All that can be killed; what is dropped first ends first.
pub(crate) struct Storm {
    agents: Vec<Agent>,
    pub(crate) server: Server,
    broker: Mosquitto,
    /// When the collector was up for the first time.
    pub(crate) begin: Timestamp,
    _folder: tempfile::TempDir,
}

impl Storm {
    /// Starts everything.
    pub(crate) fn start(random: &mut StdRng) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let names: Vec<String> = (1..=AGENTS).map(|number| format!("pi-{number:02}")).collect();
        let broker = mosquitto(&names);
        let url = format!("mqtt://127.0.0.1:{}", broker.port());

        std::fs::write(folder.path().join("password"), PASSWORD).unwrap();
        let settings = Settings {
            site: judged::SITE.to_owned(),
            broker: format!("url = \"{url}\"\nuser = \"collector\"\npassword_file = \"password\"\n"),
            tables: "[storage]\ndisk_reserve = \"1MiB\"\n".to_owned(),
            data: None,
            ..Settings::default()
        };
        let server = Server::start(folder.path(), &settings);
        let begin = SystemClock.now();
        let mut agents: Vec<Agent> = names
            .iter()
            .map(|name| {
                let sensors = sensors::sensors(begin, random);
                Agent::new(folder.path(), "storm", name, &url, PASSWORD, &sensors)
            })
            .collect();
        agents.iter_mut().for_each(Agent::launch);
        Self {
            agents,
            server,
            broker,
            begin,
            _folder: folder,
        }
    }

    /// Kills or starts again when it is time.
    pub(crate) fn strike(&mut self, blow: &Blow) {
        self.wait_until(blow.at);
        match (blow.target, blow.kills) {
            (Target::Collector, true) => self.server.kill(),
            (Target::Collector, false) => self.server.launch(),
            (Target::Broker, true) => self.broker.kill(),
            (Target::Broker, false) => self.broker.start_again().unwrap(),
            (Target::Agent(number), true) => self.agents[number].kill(),
            (Target::Agent(number), false) => self.agents[number].launch(),
        }
    }

    /// Waits until the storm and the calm after it are over and the collector has everything. No agent runs any more.
    pub(crate) fn end(&mut self) {
        self.server.wait_until_up();
        self.wait_until(STORM + CALM);
        self.drain();
    }

    /// How long ago it began.
    pub(crate) fn lasted(&self) -> plenum_protocol::Duration {
        SystemClock.now().since(self.begin)
    }

    /// Every reading of every spool. No agent may run.
    pub(crate) fn spooled(&self) -> Stored {
        let mut spooled = Stored::new();
        for agent in &self.agents {
            spooled.extend(agent.spooled());
        }
        spooled
    }

    /// Waits until the history and the alarm log are what they have to be; after 30 s says how they differ.
    pub(crate) fn compare(&self, spooled: &Stored, seed: u64) {
        let deadline = SystemClock.now() + plenum_protocol::Duration::from_seconds(30);
        eventually("stored history and alarm log", PATIENCE, || {
            let wrong = compare_history(spooled, &self.server, self.begin)
                .and_then(|()| compare_alarms(spooled, &self.server, self.begin));
            match wrong {
                Ok(()) => Some(()),
                Err(words) if SystemClock.now() > deadline => {
                    panic!("seed {seed}: {words}")
                }
                Err(_) => None,
            }
        });
    }

    fn wait_until(&self, after: Duration) {
        let after = plenum_protocol::Duration::from_milliseconds(i64::try_from(after.as_millis()).unwrap());
        let left = (self.begin + after).since(SystemClock.now());
        if left > plenum_protocol::Duration::ZERO {
            std::thread::sleep(left.to_std());
        }
    }

    /// Stops the agents and waits until the collector has every batch that their spools have; what an agent could not send before it ended
    /// it sends when it is started once more.
    fn drain(&mut self) {
        for _ in 0..5 {
            eventually("agents with little unsent", PATIENCE, || {
                let items = self.server.try_get("agents").ok()?["items"].as_array()?.clone();
                let little = |agent: &Value| agent["unsent"].as_u64().is_some_and(|unsent| unsent < 5);
                (items.len() == AGENTS && items.iter().all(little)).then_some(())
            });
            self.agents.iter().for_each(Agent::ask_to_stop);
            self.agents.iter_mut().for_each(Agent::wait_until_stopped);
            let through = through(&self.server);
            let left: Vec<&mut Agent> = self
                .agents
                .iter_mut()
                .filter(|agent| {
                    let behind =
                        |(stream, last): &(String, u64)| through.get(stream).copied().unwrap_or(0) < *last;
                    agent.streams().iter().any(behind)
                })
                .collect();
            if left.is_empty() {
                return;
            }
            println!(
                "{} agents are started once more to send what they hold",
                left.len()
            );
            left.into_iter().for_each(Agent::launch);
            std::thread::sleep(Duration::from_secs(2));
        }
        panic!("the spools do not get empty");
    }
}

/// One that asks for passwords and keeps in its memory what a collector misses for seconds.
fn mosquitto(names: &[String]) -> Mosquitto {
    let users: Vec<String> = names.iter().map(|name| format!("storm/{name}")).collect();
    let mut users: Vec<(&str, &str)> = users.iter().map(|user| (user.as_str(), PASSWORD)).collect();
    users.push(("collector", PASSWORD));
    let lines = "allow_anonymous false\nmax_inflight_messages 1000\nmax_queued_messages 100000\n";
    Mosquitto::configured(&users, lines).unwrap()
}

/// Up to which batch the collector has each stream.
fn through(server: &Server) -> BTreeMap<String, u64> {
    let agents = server.items("agents");
    let streams = agents
        .iter()
        .filter_map(|agent| agent["streams"].as_array())
        .flatten();
    streams
        .filter_map(|stream| Some((stream["stream"].as_str()?.to_owned(), stream["through"].as_u64()?)))
        .collect()
}
