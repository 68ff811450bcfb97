//! Opens a collector's databases and starts its parts, in the order in which they need one another: first everything that reads the
//! journal, then what fills it.

use std::path::Path;
use std::sync::Arc;

use plenum_core::authority::Actor;
use plenum_core::fact::{Audited, SystemCondition};
use plenum_link::mqtt::{BrokerAddress, MqttOptions};
use plenum_link::{Bytes, Shutdown, private};
use plenum_protocol::{AgentName, Clock, Timestamp};
use tokio::sync::{Notify, mpsc, watch};

use crate::alarms::teller::Teller;
use crate::alarms::{self, Alarms};
use crate::audit::Audit;
use crate::availability::Services;
use crate::broker::{AgentCredentials, AgentPasswords, Broker, Commands, EmbeddedOptions, Message, Secure};
use crate::collector::beats;
use crate::collector::drills::asks_by;
use crate::collector::enrolment::{self, Enrolment};
use crate::collector::self_check::{Parts, SelfCheck};
use crate::collector::sounder::Sounder;
use crate::collector::upkeep::Upkeep;
use crate::collector::{Collector, Running, addresses, answers, chores, heartbeats, keys, own, receivers};
use crate::config::{AgentCredential, BrokerConfig, Config};
use crate::database::keys::Keys;
use crate::database::{self, Database};
use crate::facts::SiteFacts;
use crate::history::History;
use crate::intake::{self, Intake, PublishAck};
use crate::journal::{self, Claim, Journal};
use crate::notify::annunciator::Outbox;
use crate::notify::courier::{self, Courier, CourierError, CourierOptions};
use crate::notify::lookout::Lookout;
use crate::notify::pruner;
use crate::people::People;
use crate::reload::{self, Reload};
use crate::revisions;
use crate::tls::Served;

mod calling;
mod error;

use calling::{on_duty, outbox};
pub use error::OpenError;

/// Packets that wait for intake; beyond them the broker refuses, and agents send again after 2 s.
const PACKETS: usize = 65_536;
/// What people ask of intake; they wait for space.
const COMMANDS: usize = 16;

/// A collector whose readers run: the journal may be filled.
pub struct Opened {
    /// The parts.
    pub collector: Collector,
    clock: Arc<dyn Clock>,
    intake: Intake,
    commands: mpsc::Receiver<intake::Command>,
    outbox: Arc<Outbox>,
    wake: Arc<Notify>,
    conditions: mpsc::Sender<SystemCondition>,
    ways: watch::Sender<CourierOptions>,
    dashboard: Option<Arc<Served>>,
}

/// Opens everything. `site` is the first revision's text where `config.site` names no file.
pub async fn open(
    config: &Config,
    site: Option<String>,
    clock: Arc<dyn Clock>,
    shutdown: &Shutdown,
) -> Result<Opened, OpenError> {
    prepare(config)?;
    let (database, journal, history) = stores(config, &clock).await?;
    let (sealing, uses) = keys::open(config, &database, clock.now()).await?;
    keep(&history, &journal, shutdown);
    first_site(config, site, &journal, clock.now()).await?;
    let (wake, outbox) = outbox(&clock);
    let (alarms, task) = alarms::open(journal.clone(), clock.clone(), outbox.clone()).await?;
    shutdown.spawn_essential("alarms", task.run(shutdown.token()));
    let enrolment = Enrolment::open(database.clone(), sealing.keys().clone(), clock.clone()).await?;
    let intake = intake(config, &journal, &clock, &enrolment).await?;
    let (command, commands) = mpsc::channel(COMMANDS);
    let people = people(config, &database, &clock, sealing.keys()).await?;
    let used = (sealing.keys(), uses, &*enrolment);
    let audit = audit(config, &journal, &clock, used, shutdown).await?;
    let conditions = chores::start(&journal, &clock, shutdown);
    let (ways, seen) = watch::channel(config.courier());
    let heartbeats = heartbeats::open(&journal, &clock, alarms.site(), shutdown).await?;
    let (duty, calls, drills) = on_duty(&journal, &clock, (&alarms, &outbox)).await?;
    let (deliveries, stored) = (Arc::default(), (&journal, &history, &alarms));
    let collector = Collector {
        check: check(&clock, stored, (&command, &intake), &deliveries),
        calls,
        drills,
        duty,
        services: Services::new(database.clone(), history.clone(), clock.clone()),
        database,
        journal,
        history,
        intake: command,
        intake_counters: intake.counters(),
        agents: intake.agents(),
        alarms,
        deliveries,
        running: Arc::default(),
        heartbeats,
        beats: beats::open(&config.beats)?,
        people,
        audit,
        sealing,
        enrolment,
        ways: seen,
    };
    Ok(Opened {
        collector,
        clock,
        intake,
        commands,
        outbox,
        wake,
        conditions,
        ways,
        dashboard: None,
    })
}

/// What the journal has is read into the history, and that is looked through.
fn keep(history: &History, journal: &Journal, shutdown: &Shutdown) {
    shutdown.spawn_essential("history", history.clone().run(journal.clone(), shutdown.token()));
    shutdown.spawn("history check", history.clone().check(shutdown.token()));
}

/// Opens the people, and says what they need to log in.
async fn people(
    config: &Config,
    database: &Database,
    clock: &Arc<dyn Clock>,
    keys: &Keys,
) -> Result<Arc<People>, OpenError> {
    let opened = People::open(database.clone(), clock.clone(), keys.clone());
    let people = Arc::new(opened.await?);
    reload::log_ins(&people, config, clock)?;
    Ok(people)
}

/// Whoever looks whether these go on.
fn check(
    clock: &Arc<dyn Clock>,
    (journal, history, alarms): (&Journal, &History, &Alarms),
    (command, intake): (&mpsc::Sender<intake::Command>, &Intake),
    deliveries: &Arc<courier::Counters>,
) -> SelfCheck {
    SelfCheck::new(Parts {
        clock: clock.clone(),
        journal: journal.clone(),
        history: history.clone(),
        alarms: alarms.clone(),
        intake: command.clone(),
        counters: intake.counters(),
        deliveries: deliveries.clone(),
    })
}

async fn intake(
    config: &Config,
    journal: &Journal,
    clock: &Arc<dyn Clock>,
    enrolment: &Enrolment,
) -> Result<Intake, OpenError> {
    let bounds = reload::bounds(config, enrolment.enrolled().clone());
    Ok(Intake::start(journal.clone(), clock.clone(), bounds).await?)
}

/// Opens the audit log, and keeps it.
async fn audit(
    config: &Config,
    journal: &Journal,
    clock: &Arc<dyn Clock>,
    (keys, uses, enrolment): (&Keys, Vec<Audited>, &Enrolment),
    shutdown: &Shutdown,
) -> Result<Audit, OpenError> {
    let opened = Audit::open(config.data_folder(), journal.clone(), clock.clone(), keys);
    let (audit, keeper) = opened.await?;
    shutdown.spawn_essential("audit", keeper.run(shutdown.token()));
    enrolment.tells(audit.clone());
    for used in uses {
        if let Err(error) = audit.end(None, used).await {
            tracing::error!(%error, "the use of a key cannot be written down");
        }
    }
    Ok(audit)
}

impl Opened {
    /// What happened before this instant is not told to anybody.
    pub fn deliver_from(&self, instant: Timestamp) {
        self.outbox.deliver_from(instant);
    }

    /// The certificate that the dashboard shows: its end is told.
    pub fn shows(&mut self, certificate: Arc<Served>) {
        self.dashboard = Some(certificate);
    }

    /// Lets agents in and messages out. `base_url` is what links in messages begin with.
    pub async fn serve(
        self,
        config: &Config,
        base_url: String,
        shutdown: &Shutdown,
    ) -> Result<(Collector, Broker, Reload), OpenError> {
        let (queue, packets) = mpsc::channel(PACKETS);
        let packets_seen = queue.downgrade();
        let passwords = Arc::new(AgentPasswords::new(passwords(config)?));
        let enrolment = self.collector.enrolment.clone();
        let credentials = Arc::new(AgentCredentials {
            passwords: passwords.clone(),
            enrolled: enrolment.enrolled().clone(),
        });
        let ways_in = (credentials, enrolment::door(config, &enrolment).await);
        let broker = broker(&config.broker, ways_in, queue, self.clock.clone(), shutdown).await?;
        enrolment::opened(config, &enrolment, broker.secure_address());
        let publish = publish(broker.clone());
        let fails = self.intake.commits_fail();
        let mut intake = self.intake;
        let commands = intake.hears_through(broker.clone());
        let intake = intake.run(packets, self.commands, publish, shutdown.token());
        shutdown.spawn_essential("intake", endless(intake));
        let (database, keep) = (self.collector.database.clone(), config.storage.alarm_history);
        let pruning = pruner::run(database, self.clock.clone(), keep, shutdown.token());
        shutdown.spawn_essential("outbox pruner", endless(pruning));
        let parts = &self.collector;
        let conditions = self.conditions.downgrade();
        let courier = courier(config, &base_url, parts, &self.clock, self.conditions, self.wake)?;
        let running = running((&broker, &commands), (packets_seen, conditions), &courier);
        // There is one opening of the doors, so this is the first value.
        self.collector.running.set(running).ok();
        addresses::keep(parts, (self.ways.clone(), courier.clone()), &self.clock, shutdown).await;
        self.collector.drills.start(asks_by(&commands), shutdown);
        sirens(parts, (&courier, &self.outbox), commands, &self.clock, shutdown);
        shutdown.spawn_essential("courier", endless(courier.clone().run(shutdown.token())));
        look_after(config, parts, &courier, &self.clock, self.dashboard, shutdown);
        let teller = Teller {
            fails,
            alarms: self.collector.alarms.clone(),
            courier: courier.clone(),
            clock: self.clock.clone(),
        };
        shutdown.spawn_essential("teller", endless(teller.run(shutdown.token())));
        let reload = Reload {
            started: config.clone(),
            broker: broker.clone(),
            passwords,
            enrolled: enrolment.enrolled().clone(),
            intake: self.collector.intake.clone(),
            courier,
            ways: self.ways,
            people: self.collector.people.clone(),
            clock: self.clock,
        };
        Ok((self.collector, broker, reload))
    }
}

/// What there is to be seen of parts that begin now; queues without being held open.
fn running(
    (broker, commands): (&Broker, &Commands),
    (packets, conditions): (
        mpsc::WeakSender<crate::broker::Incoming>,
        mpsc::WeakSender<SystemCondition>,
    ),
    courier: &Arc<Courier>,
) -> Running {
    Running {
        broker: broker.counters().clone(),
        commands: commands.clone(),
        link: broker.link_counters().cloned(),
        connected: broker.connected(),
        pager: courier.clone(),
        packets,
        conditions,
    }
}

/// The courier over the running parts.
fn courier(
    config: &Config,
    base_url: &str,
    parts: &Collector,
    clock: &Arc<dyn Clock>,
    conditions: mpsc::Sender<SystemCondition>,
    wake: Arc<Notify>,
) -> Result<Arc<Courier>, CourierError> {
    let (alarms, calls) = (parts.alarms.clone(), parts.calls.clone());
    let readings = (parts.history.clone(), parts.agents.clone());
    let facts = Arc::new(SiteFacts::new(alarms, calls, readings, clock.clone(), base_url));
    let (database, deliveries) = (parts.database.clone(), parts.deliveries.clone());
    let options = config.courier();
    Courier::new(
        &options,
        database,
        clock.clone(),
        facts,
        conditions,
        wake,
        deliveries,
    )
    .map(Arc::new)
}

/// Who switches what sounds in the building.
fn sirens(
    parts: &Collector,
    (courier, outbox): (&Arc<Courier>, &Arc<Outbox>),
    commands: Commands,
    clock: &Arc<dyn Clock>,
    shutdown: &Shutdown,
) {
    let written = (&parts.database, outbox);
    let seen = (&parts.alarms, &parts.agents);
    let sounder = Sounder::new(seen, written, parts.ways.clone(), commands, clock.clone());
    let sounder = Arc::new(sounder);
    courier.sounds_by(sounder.clone());
    shutdown.spawn_essential("sirens", endless(sounder.run(shutdown.token())));
}

/// Who calls, who reads what people write, and who sees what is missing or ends before an alarm of a room shows it.
fn look_after(
    config: &Config,
    parts: &Collector,
    courier: &Arc<Courier>,
    clock: &Arc<dyn Clock>,
    dashboard: Option<Arc<Served>>,
    shutdown: &Shutdown,
) {
    shutdown.spawn_essential("calls", endless(parts.calls.clone().run(shutdown.token())));
    answers::answer(parts, courier, clock, shutdown);
    own::read(parts, courier, clock, shutdown);
    let lookout = Lookout {
        journal: parts.journal.clone(),
        clock: clock.clone(),
        site: parts.alarms.site(),
        ways: parts.ways.clone(),
    };
    shutdown.spawn("channels' ways", endless(lookout.run(shutdown.token())));
    parts.duty.watch(&parts.journal, shutdown);
    parts.check.start(shutdown);
    beats::start(&parts.beats, &parts.check, clock, shutdown);
    let upkeep = Upkeep::of(config, parts, clock, dashboard);
    shutdown.spawn("certificates and key", endless(upkeep.run(shutdown.token())));
}

/// A part that has no error to end with.
async fn endless(part: impl Future<Output = ()>) -> Result<(), std::convert::Infallible> {
    part.await;
    Ok(())
}

/// Makes the data folder where there is none; of one that is there and open to others it says how it is closed, and of the settings what is probably not meant.
fn prepare(config: &Config) -> Result<(), OpenError> {
    for doubt in config.doubts() {
        tracing::warn!("{}", doubt.said);
    }
    let folder = config.data_folder();
    let open = private::make_folder(folder).and_then(|()| private::open_to_others(folder));
    let open = open.map_err(|source| OpenError::Folder {
        path: folder.display().to_string(),
        source,
    })?;
    if let Some(advice) = open {
        tracing::warn!("the data folder is not its owner's alone: {advice}");
    }
    Ok(())
}

/// Opens both databases and checks the journal, in a folder that is this collector's alone.
async fn stores(config: &Config, clock: &Arc<dyn Clock>) -> Result<(Database, Journal, History), OpenError> {
    let (config, clock) = (config.clone(), clock.clone());
    let opened = tokio::task::spawn_blocking(move || stores_blocking(&config, &clock));
    opened.await.map_err(|_| OpenError::Aborted)?
}

fn stores_blocking(
    config: &Config,
    clock: &Arc<dyn Clock>,
) -> Result<(Database, Journal, History), OpenError> {
    let folder = config.data_folder();
    let mut claim = Claim::take(folder)?;
    let (database, findings) = Database::open_whole(&folder.join(database::PLENUM.name), clock.now())?;
    claim.say(findings);
    let options = journal::Options {
        maximum: config.storage.journal_max.0,
    };
    let journal = Journal::open(claim, database.clone(), clock.clone(), options)?;
    let history = History::open(&folder.join(database::HISTORY.name), clock.clone())?;
    Ok((database, journal, history))
}

/// The first revision, where there is none; whoever the one in force writes to is known from here on.
async fn first_site(
    config: &Config,
    given: Option<String>,
    journal: &Journal,
    now: Timestamp,
) -> Result<(), OpenError> {
    let first = match (&config.site, given) {
        (_, Some(text)) => Some(("site.toml".to_owned(), text)),
        (Some(path), None) => Some((path.display().to_string(), read(path)?)),
        (None, None) => None,
    };
    if let Some((file, text)) = first {
        match revisions::load_first(journal, text, Actor::Monitor, now).await {
            Ok(true) => tracing::info!(file, "the site was loaded as revision 1"),
            Ok(false) => {}
            Err(source) => return Err(OpenError::Site { file, source }),
        }
    }
    Ok(receivers::at_start(journal.database(), now).await?)
}

async fn broker(
    settings: &BrokerConfig,
    (credentials, secure): (Arc<AgentCredentials>, Option<Secure>),
    queue: mpsc::Sender<crate::broker::Incoming>,
    clock: Arc<dyn Clock>,
    shutdown: &Shutdown,
) -> Result<Broker, OpenError> {
    let Some(url) = &settings.url else {
        let options = EmbeddedOptions {
            listen: settings.listen,
            credentials,
            accept_new_agents: settings.accept_new_agents,
            insecure: settings.insecure,
            secure,
            clock,
        };
        return Ok(Broker::start_embedded(options, queue, shutdown).await?);
    };
    let refused = |error: &dyn std::fmt::Display| OpenError::Address(error.to_string());
    let address: BrokerAddress = url.parse().map_err(|error| refused(&error))?;
    address
        .allow(settings.insecure)
        .map_err(|error| refused(&error))?;
    let mut options = MqttOptions::new(
        &address,
        format!("plenum-collector-{}", uuid::Uuid::new_v4().simple()),
    );
    if let Some(user) = &settings.user {
        options.user = Some(user.clone());
    }
    options.password = settings.password_file.as_deref().map(secret).transpose()?;
    let tls = settings.tls(&address, clock.clone());
    options.tls = tls.map_err(|error| refused(&error))?;
    Ok(Broker::start_external(options, queue, clock, shutdown))
}

/// The passwords of the agents that may log in at the embedded broker.
pub(crate) fn passwords(config: &Config) -> Result<Vec<(AgentName, String)>, OpenError> {
    let one = |agent: &AgentCredential| Ok((agent.name(), secret(&agent.password_file)?));
    config.agents.iter().map(one).collect()
}

fn publish(broker: Broker) -> PublishAck {
    Arc::new(move |topic, payload| {
        let broker = broker.clone();
        Box::pin(async move {
            let message = Message::new(topic.to_string(), Bytes::from(payload)).retained();
            broker.publish(message).await.is_ok()
        })
    })
}

fn read(path: &Path) -> Result<String, OpenError> {
    std::fs::read_to_string(path).map_err(|source| OpenError::File {
        path: path.display().to_string(),
        source,
    })
}

fn secret(path: &Path) -> Result<String, OpenError> {
    read(path).map(|text| text.trim_end().to_owned())
}
