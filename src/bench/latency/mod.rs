//! `plenum bench latency`: from a contact's edge, through agent, broker, collector and courier, to the webhook's request.

mod receiver;

use std::sync::Arc;

use anyhow::{Context, Result, anyhow, bail};
use plenum_agent::AgentConfig;
use plenum_agent::config::{Broker, ClockTrust, SensorConfig, SpoolConfig};
use plenum_agent::drivers::Opened;
use plenum_agent::drivers::contact::Wire;
use plenum_collector::config::Config;
use plenum_collector::notify::channels::{ChannelTable, webhook};
use plenum_core::alarms::State;
use plenum_core::authority::Actor;
use plenum_core::fact::Item;
use plenum_link::{Shutdown, Stopwatch, SystemClock};
use plenum_protocol::{Clock, Duration, Quantity, Size};
use rand::{Rng, SeedableRng};
use serde::Serialize;

use super::folder::Folder;
use super::percentiles::Percentiles;
use super::process;
use crate::cli::bench::BenchLatency;
use crate::print;
use crate::server::{self, Server, Stage};
use receiver::Receiver;

/// What a contact is debounced by default; it is part of the way.
const DEBOUNCE: Duration = Duration::from_milliseconds(20);
/// How often the contact is polled as well.
const INTERVAL: Duration = Duration::from_seconds(10);
/// The longest that an edge is waited for.
const PATIENCE: Duration = Duration::from_seconds(30);
/// How long the parts may take to stop.
const DEADLINE: Duration = Duration::from_seconds(10);
/// How often something is looked at that nobody announces.
const LOOK: Duration = Duration::from_milliseconds(10);
/// Milliseconds at the 99th percentile.
const GOAL: f64 = 250.0;
/// The built-in rule for smoke.
const RULE: &str = "smoke";
/// That rule does the rest: critical, latched, without a delay.
const SITE: &str = "[site]\nid = \"bench\"\nname = \"Bench\"\nzone = \"UTC\"\n\
    [[channel]]\nid = \"hook\"\nkind = \"webhook\"\npriorities = [\"critical\"]\n";

/// Milliseconds from the edge to each stage's end, of one edge.
#[derive(Debug, Clone, Copy)]
struct Way {
    committed: f64,
    raised: f64,
    requested: f64,
}

#[derive(Serialize)]
struct Report {
    edges: usize,
    debounce_milliseconds: i64,
    /// From the edge to the commit in the journal: debounce, spool, broker, intake.
    committed: Percentiles,
    /// From the edge to the commit of the alarm with its message in the outbox.
    raised: Percentiles,
    /// From the edge to the webhook's request: the whole way.
    requested: Percentiles,
    processors: usize,
    file_system: String,
}

pub(crate) async fn run(arguments: BenchLatency) -> Result<()> {
    let folder = Folder::new(arguments.output.data.as_deref())?;
    let (server, agent) = (Shutdown::new(), Shutdown::new());
    let mut rig = Rig::start(&folder, &server, &agent).await?;
    let ways = rig.measure(arguments.edges).await;
    // The agent first: it says good-bye to a broker that is still there.
    agent.finish(DEADLINE, &SystemClock).await;
    server.finish(DEADLINE, &SystemClock).await;
    let report = Report::new(&ways?, folder.file_system());
    if arguments.output.json {
        return print::json(&report);
    }
    report.lines().iter().try_for_each(|line| print::line(line))
}

/// All of it in one process: an agent with a contact, the server, a listener for the webhook.
struct Rig {
    wire: Wire,
    server: Server,
    receiver: Receiver,
    watch: Stopwatch,
}

impl Rig {
    async fn start(folder: &Folder, shutdown: &Shutdown, agent_shutdown: &Shutdown) -> Result<Self> {
        let clock = SystemClock::shared();
        let watch = Stopwatch::start();
        let receiver = Receiver::start(watch, shutdown).await?;
        let secret = folder.path().join("secret");
        std::fs::write(&secret, "bench")
            .with_context(|| format!("{}: cannot be written", secret.display()))?;
        let mut config = Config {
            data: Some(folder.part("data")?),
            ..Config::default()
        };
        config.http.listen.set_port(0);
        config.broker.listen.set_port(0);
        config.broker.accept_new_agents = true;
        let settings = webhook::Config {
            channel: "hook".parse()?,
            url: receiver.url.clone(),
            secret_file: secret,
            insecure: false,
        };
        config.channels.push(ChannelTable {
            kind: "webhook",
            settings: Arc::new(settings),
        });
        let stage = Stage {
            site: Some(SITE.to_owned()),
            receivers: None,
        };
        let server = server::start(&config, clock.clone(), shutdown, stage).await?;
        let wire = Wire::new(false);
        let agent = AgentConfig {
            site: "bench".parse()?,
            agent: "agent".parse()?,
            clock: ClockTrust::Trusted,
            broker: Broker::at(&server.mqtt),
            spool: SpoolConfig {
                path: folder.path().join("spool.db"),
                maximum: Size(64 << 20),
            },
            sensors: vec![sensor(&wire)?],
            outputs: Vec::new(),
        };
        plenum_agent::start(agent, clock, agent_shutdown).await?;
        Ok(Self {
            wire,
            server,
            receiver,
            watch,
        })
    }

    async fn measure(&mut self, edges: u32) -> Result<Vec<Way>> {
        let clock = SystemClock;
        let until = clock.steady() + PATIENCE;
        while self.server.collector.history.latest().is_empty() {
            if clock.steady() > until {
                bail!("the contact's first reading did not come within {PATIENCE}");
            }
            clock.sleep(LOOK).await;
        }
        let mut random = rand::rngs::StdRng::seed_from_u64(1);
        let mut ways = Vec::new();
        for number in 0..edges {
            // At any phase of whatever goes round on its own.
            let pause = Duration::from_milliseconds(random.random_range(50..300));
            clock.sleep(pause).await;
            let (way, alarm) = tokio::select! {
                way = self.edge() => way?,
                () = clock.sleep(PATIENCE) => bail!("edge {number} led to no request within {PATIENCE}"),
            };
            ways.push(way);
            self.put_back(alarm).await?;
        }
        Ok(ways)
    }

    /// Closes the contact and follows the edge. Returns the alarm's number as well.
    async fn edge(&mut self) -> Result<(Way, u64)> {
        let collector = &self.server.collector;
        let mut journal = collector.journal.live();
        let mut alarms = collector.alarms.subscribe();
        let watch = self.watch;
        let begun = watch.milliseconds();
        self.wire.set(true, SystemClock.now());
        let committed = async {
            loop {
                let (entry, _) = journal.next().await.context("the journal was closed")?;
                let closed = |item: &Item| match item {
                    Item::Batch(batch) => batch.readings.iter().any(|reading| reading.outcome == Ok(1.0)),
                    _ => false,
                };
                if entry.items.iter().any(closed) {
                    return Ok::<f64, anyhow::Error>(watch.milliseconds());
                }
            }
        };
        let raised = async {
            loop {
                let alarm = alarms.recv().await?;
                if alarm.rule.as_str() == RULE && alarm.state == State::ActiveUnacknowledged {
                    return Ok((watch.milliseconds(), alarm.id));
                }
            }
        };
        let requested = async {
            self.receiver
                .next_first(RULE)
                .await
                .context("the webhook's listener has ended")
        };
        let (committed, (raised, alarm), requested) = tokio::try_join!(committed, raised, requested)?;
        let way = Way {
            committed: committed - begun,
            raised: raised - begun,
            requested: requested - begun,
        };
        Ok((way, alarm))
    }

    /// Opens the contact, acknowledges and resets: the next edge finds everything as the first one did.
    async fn put_back(&self, alarm: u64) -> Result<()> {
        let (clock, alarms) = (SystemClock, &self.server.collector.alarms);
        self.wire.set(false, clock.now());
        alarms.acknowledge(alarm, None, Actor::named("bench"), "").await?;
        let until = clock.steady() + PATIENCE;
        // It can be reset once the open contact has come to the engine.
        while let Err(error) = alarms.reset(alarm, Actor::named("bench"), "").await {
            if clock.steady() > until {
                return Err(error).context("the alarm cannot be reset");
            }
            clock.sleep(LOOK).await;
        }
        Ok(())
    }
}

fn sensor(wire: &Wire) -> Result<SensorConfig> {
    // Made once to see that it can be made; each start of the bus makes its own.
    contact(wire).map_err(|why| anyhow!(why))?;
    let wire = wire.clone();
    let open = move || match contact(&wire) {
        Ok(opened) => opened,
        Err(why) => unreachable!("it could be made a moment ago: {why}"),
    };
    Ok(SensorConfig::given("smoke".parse()?, INTERVAL, "contact", open))
}

fn contact(wire: &Wire) -> Result<Opened, String> {
    wire.contact(Quantity::Smoke, DEBOUNCE, "wire")
}

impl Report {
    fn new(ways: &[Way], file_system: String) -> Self {
        let of = |part: fn(&Way) -> f64| Percentiles::of(ways.iter().map(part).collect());
        Self {
            edges: ways.len(),
            debounce_milliseconds: DEBOUNCE.milliseconds(),
            committed: of(|way| way.committed),
            raised: of(|way| way.raised),
            requested: of(|way| way.requested),
            processors: process::processors(),
            file_system,
        }
    }

    fn lines(&self) -> Vec<String> {
        let mut lines = vec![format!(
            "{} edges, debounced for {} ms; {} processors, {}",
            self.edges, self.debounce_milliseconds, self.processors, self.file_system
        )];
        for (what, times) in [
            ("to the journal's commit", self.committed),
            ("to the alarm's commit", self.raised),
            ("to the webhook's request", self.requested),
        ] {
            lines.push(times.line(what));
        }
        lines.push(format!("the goal is {GOAL} ms for 99 % of the requests"));
        lines
    }
}
