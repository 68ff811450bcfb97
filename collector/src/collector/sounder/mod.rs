//! What sounds in the building: agents' outputs are switched on while an alarm stands that nobody has, told so again as long as that is so, and off at its end. Nothing of
//! it is kept: after a restart it looks at how things stand, and an agent that hears nothing more lets an output go by itself.

mod siren;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use plenum_core::alarms::Alarm;
use plenum_core::oncall::call::calls_for;
use plenum_core::site::{Channel, Priority};
use plenum_protocol::payload::CommandKind;
use plenum_protocol::{Clock, Duration, Identifier, Steady};
use rusqlite::Connection;
use tokio::sync::{broadcast, watch};
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::alarms::Alarms;
use crate::alarms::unstored::UNSTORED;
use crate::broker::{CommandError, Commands};
use crate::database::Database;
use crate::intake::Agents;
use crate::notify::annunciator::Outbox;
use crate::notify::calls;
use crate::notify::channels::{Outcome, Sounds, Switched};
use crate::notify::courier::CourierOptions;
use crate::notify::outbox::{is_about, says_that_nobody_is_told};
use siren::{Answer, Order, Siren};

/// How often it is looked at when nothing calls.
const LOOK: Duration = Duration::from_seconds(10);
/// How long a test sounds.
const TEST_SECONDS: u32 = 3;

/// Who switches. One task looks and says; a message over a channel waits for what the agent answers.
pub(crate) struct Sounder {
    alarms: Alarms,
    agents: Agents,
    database: Database,
    outbox: Arc<Outbox>,
    ways: watch::Receiver<CourierOptions>,
    commands: Commands,
    clock: Arc<dyn Clock>,
    /// By channel.
    sirens: Mutex<BTreeMap<Identifier, Siren>>,
}

impl Sounder {
    pub(crate) fn new(
        (alarms, agents): (&Alarms, &Agents),
        (database, outbox): (&Database, &Arc<Outbox>),
        ways: watch::Receiver<CourierOptions>,
        commands: Commands,
        clock: Arc<dyn Clock>,
    ) -> Self {
        Self {
            alarms: alarms.clone(),
            agents: agents.clone(),
            database: database.clone(),
            outbox: outbox.clone(),
            ways,
            commands,
            clock,
            sirens: Mutex::default(),
        }
    }

    /// Looks and says until told to stop. What is on then goes off by itself, unless the next collector says otherwise before.
    pub(crate) async fn run(self: Arc<Self>, stop: CancellationToken) {
        let (mut changed, mut sites, mut ways) =
            (self.alarms.subscribe(), self.alarms.site(), self.ways.clone());
        let mut saying = JoinSet::new();
        while !stop.is_cancelled() {
            self.look().await;
            for channel in self.due() {
                let sounder = self.clone();
                saying.spawn(async move { sounder.say(&channel).await });
            }
            let next = self.next_wakeup();
            tokio::select! {
                () = stop.cancelled() => {}
                () = until_changed(&mut changed) => {}
                Ok(()) = sites.changed() => {}
                Ok(()) = ways.changed() => {}
                Some(said) = saying.join_next() => if let Err(error) = said {
                    tracing::error!(%error, "an output could not be switched");
                },
                () = self.clock.sleep_until(next) => {}
            }
        }
    }

    /// Looks what each siren is to do now.
    async fn look(&self) {
        let configured = self.configured();
        self.lock()
            .retain(|channel, _| configured.iter().any(|(own, _)| own.id == *channel));
        if configured.is_empty() {
            return;
        }
        let unanswered = self.unanswered().await;
        let now = (self.clock.steady(), self.clock.now());
        let mut sirens = self.lock();
        for (channel, switched) in configured {
            let calling = unanswered.iter().filter(|alarm| sounds_for(&channel, alarm));
            let siren = sirens.entry(channel.id.clone()).or_default();
            let agent = self.agents.get(&switched.agent).filter(|agent| agent.online);
            let status = agent.and_then(|agent| agent.status);
            siren.meets(status.map(|status| status.connection), now.0);
            siren.look(calling, switched, now);
        }
    }

    /// The alarms that nobody has.
    async fn unanswered(&self) -> Vec<Alarm> {
        let (unstored, stored): (Vec<Alarm>, Vec<Alarm>) = self
            .alarms
            .alarms(false)
            .into_iter()
            // A drill is for those who are called, not for the house.
            .filter(|alarm| calls_for(alarm) && !alarm.is_drill())
            .partition(|alarm| alarm.id == UNSTORED);
        let (site, from) = (self.alarms.site().borrow().clone(), self.outbox.delivers_from());
        let (asked, known) = (stored.clone(), !stored.is_empty());
        let read = move |connection: &Connection| calls::unanswered(connection, asked, &site, from);
        let mut found = match known {
            true => self.database.read(read).await.unwrap_or_else(|error| {
                tracing::error!(%error, "who has what cannot be read; it sounds for what nobody has acknowledged");
                stored
            }),
            false => stored,
        };
        found.extend(unstored);
        found
    }

    /// The site's channels that switch something, with what.
    fn configured(&self) -> Vec<(Channel, Switched)> {
        let (site, ways) = (self.alarms.site().borrow().clone(), self.ways.borrow());
        let switched = |channel: &Channel| {
            let mut tables = ways
                .channels
                .iter()
                .filter(|table| table.kind == channel.kind.as_str());
            tables.find_map(|table| {
                let is_own = table.settings.channel() == Some(&channel.id);
                table.settings.switches().filter(|_| is_own)
            })
        };
        let channels = site.channels.iter();
        channels
            .filter_map(|channel| Some((channel.clone(), switched(channel)?)))
            .collect()
    }

    fn due(&self) -> Vec<Identifier> {
        let now = self.clock.steady();
        let mut sirens = self.lock();
        let due = sirens
            .iter_mut()
            .filter_map(|(channel, siren)| siren.begin(now).then(|| channel.clone()));
        due.collect()
    }

    fn next_wakeup(&self) -> Steady {
        let next = self.lock().values().filter_map(Siren::next_wakeup).min();
        (self.clock.steady() + LOOK).min(next.unwrap_or(Steady::MAX))
    }

    /// Says to the agent what is wanted, and waits for its answer.
    async fn say(&self, channel: &Identifier) -> Outcome {
        let order = self
            .lock()
            .get(channel)
            .and_then(|siren| siren.order(self.clock.steady()));
        let Some(order) = order else {
            return Outcome::GiveUp("the channel switches nothing any more".to_owned());
        };
        let answer = self.ask(&order).await;
        let now = self.clock.steady();
        let came = match &answer {
            Ok(_) => Answer::Done,
            Err(CommandError::NotDone { .. }) => Answer::NotDone,
            Err(_) => Answer::Nothing,
        };
        let mut sirens = self.lock();
        let is_news = sirens
            .get_mut(channel)
            .is_none_or(|siren| siren.said(&order, came, now));
        drop(sirens);
        let (name, on) = (channel.as_str(), order.seconds.is_some());
        match answer {
            Ok(message) => {
                tracing::debug!(channel = name, on, message, "an output was switched");
                Outcome::Sent
            }
            Err(error) => {
                let error = plenum_link::causes::with_causes(&error);
                if is_news {
                    tracing::warn!(
                        channel = name,
                        on,
                        error,
                        "an output was not switched; what is to sound is tried again"
                    );
                }
                Outcome::Retry(error)
            }
        }
    }

    async fn ask(&self, order: &Order) -> Result<String, CommandError> {
        let kind = CommandKind::Relay {
            relay: order.switched.output.clone(),
            on: order.seconds.is_some(),
            seconds: order.seconds,
        };
        self.commands.ask(&order.switched.agent, kind).await
    }

    fn lock(&self) -> MutexGuard<'_, BTreeMap<Identifier, Siren>> {
        self.sirens.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl Sounds for Sounder {
    async fn sound(&self, channel: &Identifier, is_test: bool) -> Outcome {
        self.look().await;
        let now = self.clock.steady();
        let order = self.lock().get(channel).and_then(|siren| siren.order(now));
        match order {
            // A test of what sounds already is heard already.
            Some(order) if is_test && order.seconds.is_none() => {
                let test = Order {
                    seconds: Some(TEST_SECONDS),
                    ..order
                };
                let failed = |error: CommandError| Outcome::Retry(plenum_link::causes::with_causes(&error));
                self.ask(&test).await.map_or_else(failed, |_| Outcome::Sent)
            }
            Some(_)
                if self
                    .lock()
                    .get(channel)
                    .is_some_and(|siren| siren.is_confirmed(now)) =>
            {
                Outcome::Sent
            }
            _ => self.say(channel).await,
        }
    }
}

/// Whether a siren sounds for an alarm that nobody has: it takes its priority, or it takes what is critical and the alarm says that people cannot be told.
fn sounds_for(channel: &Channel, alarm: &Alarm) -> bool {
    let itself = channel.id.as_str();
    let takes =
        channel.takes(alarm.priority) || says_that_nobody_is_told(alarm) && channel.takes(Priority::Critical);
    takes && !is_about(alarm, itself, itself)
}

/// Ends when an alarm has changed, and has taken notice of all that have.
async fn until_changed(changed: &mut broadcast::Receiver<Alarm>) {
    match changed.recv().await {
        Err(broadcast::error::RecvError::Closed) => std::future::pending().await,
        // Whoever was too slow for some looks at all of them anyway.
        Ok(_) | Err(broadcast::error::RecvError::Lagged(_)) => {}
    }
    while !matches!(
        changed.try_recv(),
        Err(broadcast::error::TryRecvError::Empty | broadcast::error::TryRecvError::Closed)
    ) {}
}
