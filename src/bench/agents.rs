//! The agents' side of `plenum bench ingest`: real spools and uplinks, kept full by a feeder instead of sensors.

use std::path::Path;
use std::sync::atomic::Ordering;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result};
use plenum_agent::config::{Broker, ClockTrust, SpoolConfig};
use plenum_agent::outputs::Outputs;
use plenum_agent::spool::{Batch, Spool};
use plenum_agent::timebase::Timebase;
use plenum_agent::uplink::{self, Parts, UplinkCounters};
use plenum_link::{Shutdown, SystemClock};
use plenum_protocol::payload::ListedSensor;
use plenum_protocol::streams::Class;
use plenum_protocol::{AgentName, Channel, Duration, Identifier, Quantity, Reading, Size, Timestamp};
use tokio::sync::watch;

use crate::cli::bench::BenchAgents;

/// Batches that lie in a spool ahead of its uplink: what an agent with sensors to read in one second would have there.
const AHEAD: u64 = 512;
/// How long the parts may take to stop.
const DEADLINE: Duration = Duration::from_seconds(5);
/// How often a feeder looks whether there is room.
const LOOK: std::time::Duration = std::time::Duration::from_millis(2);

/// Runs until standard input ends: with the bench, however that ends.
pub(crate) async fn run(arguments: BenchAgents) -> Result<()> {
    let shutdown = Shutdown::new();
    for number in 0..arguments.agents {
        agent(&arguments, number, &shutdown).with_context(|| format!("agent {number}"))?;
    }
    let end = tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()));
    end.await??;
    shutdown.finish(DEADLINE, &SystemClock).await;
    Ok(())
}

fn agent(arguments: &BenchAgents, number: u16, shutdown: &Shutdown) -> Result<()> {
    let timebase = Timebase::new(SystemClock::shared(), ClockTrust::Trusted)?;
    let settings = SpoolConfig {
        path: spool_path(&arguments.folder, number),
        maximum: Size(256 << 20),
    };
    let mut spool = Spool::open(&settings, timebase.boot_id(), timebase.now())?;
    let start = spool.next_start()?;
    let spool = Arc::new(Mutex::new(spool));
    let channels: Vec<Channel> = (0..arguments.batch).map(channel).collect::<Result<_>>()?;
    let listed = channels.iter().map(|channel| ListedSensor {
        id: channel.sensor.clone(),
        driver: "simulated".to_owned(),
        quantities: vec![channel.quantity],
        interval: Duration::from_seconds(1),
        words: None,
    });
    let (_, sensors) = watch::channel(listed.collect());
    let counters = Arc::new(UplinkCounters::default());
    let parts = Parts {
        name: AgentName::new("default".parse()?, name(number)?),
        spool: spool.clone(),
        timebase: timebase.clone(),
        queue: None,
        sensors,
        outputs: Outputs::new(timebase.clock().clone()),
        started_at: timebase.now().wall,
        start,
    };
    uplink::start(parts, &Broker::at(&arguments.url), &counters, shutdown)?;
    let feeder = Feeder {
        spool,
        timebase,
        channels,
        counters,
        last: Timestamp::MIN,
        count: 0,
    };
    let (registration, stop) = (shutdown.register("feeder"), shutdown.clone());
    std::thread::Builder::new()
        .name("feeder".to_owned())
        .spawn(move || {
            feeder.run(&stop);
            drop(registration);
        })?;
    Ok(())
}

/// The agent's name.
fn name(number: u16) -> Result<Identifier> {
    Ok(format!("agent-{number}").parse()?)
}

fn spool_path(folder: &Path, number: u16) -> std::path::PathBuf {
    folder.join(format!("spool-{number}.db"))
}

fn channel(number: u16) -> Result<Channel> {
    Ok(Channel {
        sensor: format!("sensor-{number}").parse()?,
        quantity: Quantity::Temperature,
    })
}

/// Spools batches, each commit durable, as fast as the uplink sends them.
struct Feeder {
    spool: Arc<Mutex<Spool>>,
    timebase: Timebase,
    channels: Vec<Channel>,
    counters: Arc<UplinkCounters>,
    last: Timestamp,
    count: u64,
}

impl Feeder {
    fn run(mut self, stop: &Shutdown) {
        while !stop.is_requested() {
            let unsent = self.counters.unsent.load(Ordering::Relaxed);
            if !self.counters.connected.load(Ordering::Relaxed) || unsent > AHEAD / 2 {
                std::thread::sleep(LOOK);
                continue;
            }
            let now = self.timebase.now();
            let batches: Vec<Batch> = (unsent..AHEAD).map(|_| self.batch(now.wall)).collect();
            let mut spool = self.spool.lock().unwrap_or_else(PoisonError::into_inner);
            if let Err(error) = spool.commit(&batches, now) {
                tracing::error!(%error, "the spool takes nothing more");
                return;
            }
            drop(spool);
            // The uplink has to see them before it is asked again how many it has.
            std::thread::sleep(LOOK);
        }
    }

    /// One reading of each sensor at one instant, later than all before it.
    fn batch(&mut self, now: Timestamp) -> Batch {
        let at = now.max(self.last + Duration::from_milliseconds(1));
        self.last = at;
        let mut readings = Vec::with_capacity(self.channels.len());
        for channel in &self.channels {
            self.count += 1;
            // Some tenths of a kelvin up and down, in hundredths, as a sensor gives them.
            let hundredths = 2_150 + (self.count.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 58);
            readings.push(Reading::new(channel.clone(), at, Ok(hundredths as f64 / 100.0)));
        }
        Batch {
            class: Class::Routine,
            readings,
        }
    }
}
