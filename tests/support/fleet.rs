//! Agents as processes of their own: `plenum agent run` with simulated sensors, started, killed, and their spools read.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use plenum_agent::config::SpoolConfig;
use plenum_agent::moment::Moment;
use plenum_agent::spool::{Placing, Spool, SpoolReader};
use plenum_link::SystemClock;
use plenum_protocol::{AgentName, Clock, Outcome, Series, Size, Timestamp};

use super::process::Process;

/// What an agent's spool, or the collector, has of each series.
pub type Stored = BTreeMap<Series, Vec<(Timestamp, Outcome)>>;

/// An agent, running or not.
pub struct Agent {
    /// Its identifier within the site.
    pub name: String,
    folder: PathBuf,
    site: String,
    process: Option<Process>,
    starts: usize,
    /// What its processes have in their environment besides the test's.
    pub environment: Vec<(String, String)>,
}

impl Agent {
    /// Writes its files into `folder`. `sensors` are the `[[sensor]]` tables.
    pub fn new(folder: &Path, site: &str, name: &str, broker: &str, password: &str, sensors: &str) -> Self {
        let folder = folder.join(name);
        std::fs::create_dir_all(&folder).expect("the folder can be made");
        let text = format!(
            "site = \"{site}\"\nagent = \"{name}\"\nclock = \"trusted\"\n\
             [broker]\nurl = \"{broker}\"\npassword_file = \"password\"\n[spool]\npath = \"spool.db\"\n{sensors}"
        );
        std::fs::write(folder.join("agent.toml"), text).expect("the folder can be written");
        std::fs::write(folder.join("password"), password).expect("the folder can be written");
        Self {
            name: name.to_owned(),
            folder,
            site: site.to_owned(),
            process: None,
            starts: 0,
            environment: Vec::new(),
        }
    }

    /// Starts it; does not wait.
    pub fn launch(&mut self) {
        self.starts += 1;
        let mut command = Command::new(env!("CARGO_BIN_EXE_plenum"));
        command.args(["agent", "run"]).arg(self.folder.join("agent.toml"));
        command.envs(self.environment.iter().cloned());
        let log = self.folder.join(format!("agent-{}.log", self.starts));
        self.process = Some(Process::start(command, "plenum", &log));
    }

    /// SIGKILL.
    pub fn kill(&mut self) {
        if let Some(mut process) = self.process.take() {
            process.kill();
        }
    }

    /// What it has printed since it was last started.
    pub fn log(&self) -> String {
        let log = self.folder.join(format!("agent-{}.log", self.starts));
        std::fs::read_to_string(log).unwrap_or_default()
    }

    /// SIGTERM; it stops sampling, spools what it read and sends what there is time for.
    pub fn ask_to_stop(&self) {
        if let Some(process) = &self.process {
            let number = process.id().to_string();
            let _ = Command::new("kill").args(["-TERM", &number]).status();
        }
    }

    /// Waits until it has ended.
    pub fn wait_until_stopped(&mut self) {
        let Some(mut process) = self.process.take() else {
            return;
        };
        super::process::eventually(&format!("end of {}", self.name), Duration::from_secs(30), || {
            (!process.runs()).then_some(())
        });
    }

    /// The streams of its spool, with the highest number spooled in each. It must not run.
    pub fn streams(&self) -> Vec<(String, u64)> {
        let now = Moment {
            wall: SystemClock.now(),
            boot: plenum_protocol::Duration::ZERO,
            synchronised: true,
        };
        let config = SpoolConfig {
            path: self.spool(),
            maximum: Size(256 << 20),
        };
        let spool = Spool::open(&config, "reader", now).expect("the spool can be opened");
        let heads = spool.heads().borrow().clone();
        heads
            .iter()
            .map(|head| (head.id.to_string(), head.last))
            .collect()
    }

    /// Every reading in its spool, in the order of the instants. It must not run.
    pub fn spooled(&self) -> Stored {
        let mut all = Stored::new();
        let reader = SpoolReader::open(&self.spool(), "reader").expect("the spool can be read");
        let now = Moment {
            wall: SystemClock.now(),
            boot: plenum_protocol::Duration::ZERO,
            synchronised: true,
        };
        for (stream, seq) in reader.held().expect("the spool can be read") {
            let row = reader
                .row(&stream, seq)
                .expect("the row can be read")
                .expect("it is held");
            assert_eq!(
                row.placing(now),
                Placing::Absolute(plenum_protocol::Duration::ZERO)
            );
            for reading in row.readings {
                let series = Series {
                    agent: AgentName::new(
                        self.site.parse().expect("an identifier"),
                        self.name.parse().expect("an identifier"),
                    ),
                    channel: reading.channel,
                };
                all.entry(series).or_default().push((reading.at, reading.outcome));
            }
        }
        for (series, readings) in &mut all {
            readings.sort_by_key(|(at, _)| *at);
            let twice = readings.windows(2).find(|pair| pair[0].0 == pair[1].0);
            assert_eq!(twice, None, "{series}: an agent's instants strictly increase");
        }
        all
    }

    fn spool(&self) -> PathBuf {
        self.folder.join("spool.db")
    }
}
