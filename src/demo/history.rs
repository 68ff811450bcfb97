//! The demo's past: fourteen days of the same scripts, through the same journal and alarm engine, on simulated time.
//!
//! Nothing is put into a table by hand: what the screens show of the past is what the collector made of these readings.

use std::sync::{Arc, PoisonError, RwLock};

use anyhow::Result;
use plenum_collector::Collector;
use plenum_collector::intake;
use plenum_core::alarms::State;
use plenum_core::authority::Actor;
use plenum_core::fact::{Action, ActionKind, Batch, ExpectedSensor, Item, Presence, StoredReading};
use plenum_protocol::AgentName;
use plenum_protocol::clock::Sleep;
use plenum_protocol::{Channel, Clock, Duration, Identifier, Steady, Timestamp};

use super::scripts::{self, DemoSensor};

/// How often the past's sensors were read.
const EVERY: Duration = Duration::from_seconds(30);
/// How long whoever waits in simulated time sleeps until it looks again.
const NAP: Duration = Duration::from_milliseconds(200);
/// How much of the past is committed at once.
const STEP: Duration = Duration::from_hours(2);

/// Simulated while the past is played, the system's from then on.
pub(crate) struct DemoClock {
    time: Arc<RwLock<Time>>,
    system: Arc<dyn Clock>,
}

/// What the clock follows. While time is simulated, the steady clock counts what the wall clock says; from then on it goes on from there.
#[derive(Clone, Copy)]
enum Time {
    Simulated {
        now: Timestamp,
        /// What was measured by then is being committed: whoever looked at the time first would find everything silent.
        is_committing: bool,
    },
    Live {
        ahead: Duration,
    },
}

impl DemoClock {
    /// Stands at `now` until it is moved.
    pub(crate) fn simulated(now: Timestamp, system: Arc<dyn Clock>) -> Arc<Self> {
        Arc::new(Self {
            time: Arc::new(RwLock::new(Time::Simulated {
                now,
                is_committing: false,
            })),
            system,
        })
    }

    /// It is `now`, and what was measured by then follows: nobody is woken before it is there.
    fn begin(&self, now: Timestamp) {
        self.put(Time::Simulated {
            now,
            is_committing: true,
        });
    }

    /// What was measured by now is there.
    fn committed(&self) {
        self.put(Time::Simulated {
            now: self.now(),
            is_committing: false,
        });
    }

    /// From here on it is the system's clock.
    fn go_live(&self) {
        let ahead = self.system.offset();
        self.put(Time::Live { ahead });
    }

    fn put(&self, time: Time) {
        *self.time.write().unwrap_or_else(PoisonError::into_inner) = time;
    }

    fn time(&self) -> Time {
        read(&self.time)
    }

    /// While time is simulated nobody has to be woken for its own sake; a short nap is enough to look again.
    fn nap(&self) -> Sleep {
        let (time, system) = (self.time.clone(), self.system.clone());
        Box::pin(async move {
            loop {
                system.sleep(NAP).await;
                if !matches!(
                    read(&time),
                    Time::Simulated {
                        is_committing: true,
                        ..
                    }
                ) {
                    return;
                }
            }
        })
    }
}

fn read(time: &RwLock<Time>) -> Time {
    *time.read().unwrap_or_else(PoisonError::into_inner)
}

impl Clock for DemoClock {
    fn now(&self) -> Timestamp {
        match self.time() {
            Time::Simulated { now, .. } => now,
            Time::Live { .. } => self.system.now(),
        }
    }

    fn steady(&self) -> Steady {
        match self.time() {
            Time::Simulated { now, .. } => Steady::from_milliseconds(now.milliseconds()),
            Time::Live { ahead } => self.system.steady() + ahead,
        }
    }

    fn sleep_until(&self, deadline: Steady) -> Sleep {
        match self.time() {
            Time::Simulated { .. } => self.nap(),
            Time::Live { ahead } => self.system.sleep_until(deadline - ahead),
        }
    }

    fn wake_at(&self, instant: Timestamp) -> Sleep {
        match self.time() {
            Time::Simulated { .. } => self.nap(),
            Time::Live { .. } => self.system.wake_at(instant),
        }
    }
}

/// Plays the past up to `start` and leaves the clock at the system's time.
pub(crate) async fn play(
    collector: &Collector,
    clock: &DemoClock,
    sensors: &[DemoSensor],
    start: Timestamp,
) -> Result<()> {
    let site = collector.site().site.id.clone();
    let agents: Vec<AgentName> = scripts::AGENTS
        .iter()
        .chain([&scripts::OWN])
        .map(|agent| {
            Ok(AgentName {
                site: site.clone(),
                agent: agent.parse::<Identifier>()?,
            })
        })
        .collect::<Result<_>>()?;
    let begin = (start - scripts::HISTORY).align_down(EVERY);
    let silence = scripts::silence(start);
    clock.begin(begin);
    let here = |agent: &AgentName, online| Item::Presence(presence(agent, sensors, online));
    collector
        .journal
        .append(agents.iter().map(|agent| here(agent, true)).collect())
        .await?;
    clock.committed();

    let mut from = begin;
    for to in cuts(begin, start, silence) {
        let silent = from >= silence.0.align_down(EVERY) && to <= silence.1.align_down(EVERY);
        let speaking = agents
            .iter()
            .filter(|agent| !(silent && agent.agent.as_str() == scripts::AGENTS[0]));
        let batches = speaking.map(|agent| batch(agent, sensors, from, to)).collect();
        clock.begin(to);
        if to == silence.0.align_down(EVERY) || to == silence.1.align_down(EVERY) {
            let online = to == silence.1.align_down(EVERY);
            intake::commit_batches(&collector.journal, batches).await?;
            collector.journal.append(vec![here(&agents[0], online)]).await?;
        } else {
            intake::commit_batches(&collector.journal, batches).await?;
        }
        clock.committed();
        attend(collector, to).await?;
        from = to;
    }
    // Building the past took a while: without what the sensors gave meanwhile they would all seem silent when the agents begin.
    let now = clock.system.now();
    let batches = agents.iter().map(|agent| batch(agent, sensors, from, now));
    let batches = batches.collect();
    clock.begin(now);
    intake::commit_batches(&collector.journal, batches).await?;
    clock.go_live();
    Ok(())
}

/// Where the past is cut into commits: each `STEP`, and where the silence begins and ends.
fn cuts(begin: Timestamp, start: Timestamp, silence: (Timestamp, Timestamp)) -> Vec<Timestamp> {
    let mut cuts: Vec<Timestamp> = vec![
        silence.0.align_down(EVERY),
        silence.1.align_down(EVERY),
        start.align_down(EVERY),
    ];
    let mut cut = begin + STEP;
    while cut < start {
        cuts.push(cut);
        cut = cut + STEP;
    }
    cuts.sort_unstable();
    cuts.dedup();
    cuts
}

/// The person on duty looks at what the last hours raised.
async fn attend(collector: &Collector, now: Timestamp) -> Result<()> {
    caught_up(collector).await?;
    for alarm in collector.alarms.alarms(false) {
        if matches!(
            alarm.state,
            State::ActiveUnacknowledged | State::ReturnedUnacknowledged
        ) {
            let seen = alarm.returned_at.unwrap_or(alarm.raised_at) + Duration::from_seconds(95);
            let action = Action {
                alarm: alarm.id,
                kind: ActionKind::Acknowledge,
                actor: Actor::named("Sanne de Boer"),
                comment: "seen, was there".to_owned(),
                at: seen.min(now),
                occurrence: Some(alarm.raised_at),
            };
            collector.journal.append(vec![Item::Action(action)]).await?;
        }
    }
    // Whoever is still at it when the time moves on would find everything silent.
    caught_up(collector).await
}

/// Until the alarms have seen all that is in the journal.
async fn caught_up(collector: &Collector) -> Result<()> {
    let mut applied = collector.alarms.applied();
    let head = *collector.journal.head().borrow();
    applied.wait_for(|applied| *applied >= head).await?;
    Ok(())
}

fn batch(agent: &AgentName, sensors: &[DemoSensor], from: Timestamp, to: Timestamp) -> Batch {
    let own: Vec<&DemoSensor> = sensors
        .iter()
        .filter(|sensor| sensor.agent == agent.agent.as_str())
        .collect();
    let mut readings = Vec::new();
    let mut at = from;
    while at < to {
        for sensor in &own {
            readings.extend(
                sensor
                    .script
                    .samples(at)
                    .into_iter()
                    .map(|(quantity, outcome)| StoredReading {
                        channel: Channel {
                            sensor: sensor.id.clone(),
                            quantity,
                        },
                        at,
                        outcome,
                        claimed: None,
                    }),
            );
        }
        at = at + EVERY;
    }
    Batch {
        agent: agent.clone(),
        position: None,
        newest: true,
        readings,
    }
}

fn presence(agent: &AgentName, sensors: &[DemoSensor], online: bool) -> Presence {
    let own = sensors
        .iter()
        .filter(|sensor| online && sensor.agent == agent.agent.as_str());
    let sensors = own.map(|sensor| ExpectedSensor {
        sensor: sensor.id.clone(),
        driver: "simulated".to_owned(),
        quantities: sensor.script.quantities(),
        interval: EVERY,
    });
    Presence {
        agent: agent.clone(),
        online,
        clock_synchronised: true,
        sensors: sensors.collect(),
    }
}
