//! `plenum demo`: two simulated rooms in one process, real agents through the real broker, and a story that begins a minute after the start.

mod history;
mod mailbox;
mod phones;
mod scripts;

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use anyhow::{Context, Result, bail};
use plenum_agent::config::{Broker, ClockTrust, SensorConfig, SpoolConfig};
use plenum_agent::{AgentConfig, drivers};
use plenum_collector::Collector;
use plenum_collector::config::Config;
use plenum_collector::notify::channels::{Address, ChannelTable, email, sms};
use plenum_collector::timekeeper::Timekeeper;
use plenum_dashboard::Receivers;
use plenum_link::{Shutdown, SystemClock, private};
use plenum_protocol::{Clock, Duration, Identifier, Size, Timestamp};
use serde_json::json;

use crate::cli::Demo;
use crate::print;
use crate::server::{self, Server, Stage};
use history::DemoClock;
use mailbox::DemoMailbox;
use phones::DemoPhones;

/// How often the live sensors are read.
const INTERVAL: Duration = Duration::from_seconds(2);
/// The demo's site.toml.
pub(crate) const SITE: &str = include_str!("site.toml");

pub(crate) async fn run(arguments: Demo) -> Result<()> {
    let system = SystemClock::shared();
    let shutdown = Shutdown::new();
    shutdown.on_signals()?;
    let folder = Folder::new(arguments.data.as_deref())?;
    let phones = DemoPhones::plug_in(system.clone(), shutdown.token())?;
    let into = (DemoMailbox::default(), phones);
    let story = tokio::select! {
        story = Story::begin(&arguments, (&folder.path, into), system.clone(), &shutdown) => story?,
        // Whoever stops it now does not wait for the past.
        () = shutdown.requested() => {
            shutdown.finish(Duration::from_seconds(10), system.as_ref()).await;
            return Ok(());
        }
    };
    let Story { server, begun } = story;
    let token = server.token("demo").await?;
    if arguments.json {
        print::json(&json!({"url": server.url, "token": token, "mqtt": server.mqtt, "site": server.site()}))?;
    } else {
        tell(
            &server,
            &folder.path,
            server.first_link().await?.as_deref(),
            begun,
        )?;
    }
    server.run_until_stopped(&shutdown, system.as_ref(), None).await
}

/// The demo as it runs: its past is played, its agents speak.
struct Story {
    server: Server,
    /// When it began; all its moments count from there.
    begun: Timestamp,
}

impl Story {
    /// Plays the past, opens the doors and starts the agents. Mail lands in `mailbox`, texts on `phones`.
    async fn begin(
        arguments: &Demo,
        (folder, (mailbox, phones)): (&Path, (DemoMailbox, DemoPhones)),
        system: Arc<dyn Clock>,
        shutdown: &Shutdown,
    ) -> Result<Self> {
        let smtp = mailbox.serve(system.clone(), shutdown.token()).await?;
        let begun = system.now();
        let past = begun - scripts::HISTORY - Duration::from_minutes(1);
        let clock = DemoClock::simulated(past, Timekeeper::shared(system.clone()));
        let config = config(arguments, folder, (smtp.port(), phones.device()))?;
        let stage = Stage {
            site: Some(site(past, begun)),
            receivers: Some(Receivers {
                mailbox: Arc::new(mailbox),
                telephones: Arc::new(phones),
            }),
        };
        let opened = server::open(&config, clock.clone(), shutdown, stage).await?;
        let sensors = scripts::sensors(begun);
        opened.deliver_from(begun);
        history::play(&opened.collector, &clock, &sensors, begun).await?;
        let server = opened.serve(&config, shutdown).await?;
        for agent in agents(&sensors, &server.mqtt, folder)? {
            let name = agent.agent.clone();
            plenum_agent::start(agent, system.clone(), shutdown)
                .await
                .with_context(|| format!("agent {name}"))?;
        }
        all_fresh(&server.collector, system.as_ref()).await;
        Ok(Self { server, begun })
    }
}

/// Waits until every series has spoken live, so that whoever looks now sees no old value; not for ever.
async fn all_fresh(collector: &Collector, clock: &dyn Clock) {
    let begun = clock.now();
    let give_up = clock.steady() + Duration::from_seconds(6);
    let stale = || {
        let mut latest = collector.history.latest().into_iter();
        latest.any(|latest| latest.at < begun - INTERVAL)
    };
    while stale() && clock.steady() < give_up {
        clock.sleep(Duration::from_milliseconds(50)).await;
    }
}

/// The site's text; the services' life begins with the demo's past, so that no month is unknown before it, and whoever is first of the rota is on duty now.
fn site(past: Timestamp, begun: Timestamp) -> String {
    let zone = jiff::tz::TimeZone::get("Europe/Amsterdam").unwrap_or(jiff::tz::TimeZone::UTC);
    let since = past.to_jiff().to_zoned(zone.clone()).datetime() + jiff::Span::new().minutes(2);
    // The hand-over is at nine: before that it is last week's turn.
    let turn = begun.to_jiff().to_zoned(zone).datetime() - jiff::Span::new().hours(9);
    let monday = turn.date() - jiff::Span::new().days(i64::from(turn.weekday().to_monday_zero_offset()) + 28);
    SITE.replace("2026-01-01T00:00", &since.strftime("%Y-%m-%dT%H:%M").to_string())
        .replace("2025-12-29", &monday.to_string())
}

fn tell(server: &Server, data: &Path, link: Option<&str>, begun: Timestamp) -> Result<()> {
    let zone = jiff::tz::TimeZone::system();
    let at = |seconds: i64| {
        let instant = (begun + Duration::from_seconds(seconds)).to_jiff();
        instant.to_zoned(zone.clone()).strftime("%H:%M:%S").to_string()
    };
    print::line("Plenum's demo is up: two simulated rooms, fourteen days of history.")?;
    print::line("")?;
    match link {
        Some(link) => print::line(&format!(
            "  Open      {link}\n            (it makes your log-in: a name and a password of at least 12 characters)"
        ))?,
        None => print::line(&format!("  Open      {}", server.url))?,
    }
    print::line(&format!(
        "  {}  the cooling of room A trips: watch the overview, then Sanne's mail and her telephone under Messages",
        at(60)
    ))?;
    print::line(&format!(
        "  {}  mains fails in both rooms: the UPSes carry them",
        at(150)
    ))?;
    print::line(&format!(
        "  {}  nobody has it yet? Joris is called too: take it by the link in a mail or by OK on a telephone, and nobody else is",
        at(200)
    ))?;
    print::line(&format!("  {}  mains is back", at(240)))?;
    print::line(&format!(
        "  {}  the cooling is back; the alarms wait for somebody to have seen them",
        at(300)
    ))?;
    print::line("")?;
    print::line(&format!("  Ask it    plenum alarms --data={}", data.display()))?;
    print::line(&format!(
        "  Token     for the API, in {}",
        server.access().display()
    ))?;
    print::line("")?;
    print::line("  Ctrl-C ends it.")
}

fn config(arguments: &Demo, data: &Path, (smtp, modem): (u16, &Path)) -> Result<Config> {
    let mut config = Config {
        data: Some(data.to_owned()),
        ..Config::default()
    };
    config.http.listen = arguments.http;
    config.broker.listen = arguments.mqtt;
    // Agents can join here too, by the screen of certificates.
    config.broker.tls_listen = Some((Ipv4Addr::LOCALHOST, 0).into());
    config.broker.accept_new_agents = true;
    let settings = email::Config {
        host: "127.0.0.1".to_owned(),
        port: smtp,
        from: "Plenum <plenum@noordvliet.example>".to_owned(),
        security: email::Security::None,
        insecure: false,
        user: None,
        password_file: None,
    };
    config.channels.push(ChannelTable {
        kind: "email",
        settings: Arc::new(settings),
    });
    config.channels.push(ChannelTable {
        kind: "sms",
        settings: Arc::new(sms::Config::on(modem.to_owned(), phones::CHANNEL.parse()?)),
    });
    for (name, number) in phones::OWNERS {
        let person: Identifier = name.parse()?;
        let mail = format!("{name}@noordvliet.example");
        let reached = [("email", mail), ("phone", number.to_owned())];
        config.addresses.extend(reached.map(|(key, address)| Address {
            person: person.clone(),
            key,
            address,
        }));
    }
    Ok(config)
}

fn agents(sensors: &[scripts::DemoSensor], broker: &str, data: &Path) -> Result<Vec<AgentConfig>> {
    let driver = drivers::find("simulated").context("the simulated driver is missing")?;
    scripts::AGENTS
        .iter()
        .map(|name| {
            let own = sensors.iter().filter(|sensor| sensor.agent == *name);
            let sensors = own.map(|sensor| {
                let keys = toml::Table::try_from(&sensor.script)?;
                Ok(SensorConfig::registered(
                    sensor.id.clone(),
                    INTERVAL,
                    driver,
                    keys,
                )?)
            });
            Ok(AgentConfig {
                site: "noordvliet".parse()?,
                agent: name.parse()?,
                clock: ClockTrust::Trusted,
                broker: Broker::at(broker),
                spool: SpoolConfig {
                    path: data.join(format!("spool-{name}.db")),
                    maximum: Size(64 << 20),
                },
                sensors: sensors.collect::<Result<_>>()?,
                outputs: Vec::new(),
            })
        })
        .collect()
}

/// The demo's data: a temporary folder that goes with it, or one that was named and stays.
struct Folder {
    path: PathBuf,
    temporary: bool,
}

impl Folder {
    fn new(named: Option<&Path>) -> Result<Self> {
        let Some(path) = named else {
            let path = std::env::temp_dir().join(format!("plenum-demo-{}", std::process::id()));
            private::make_folder(&path).with_context(|| format!("{}: cannot be made", path.display()))?;
            return Ok(Self {
                path,
                temporary: true,
            });
        };
        private::make_folder(path).with_context(|| format!("{}: cannot be made", path.display()))?;
        if std::fs::read_dir(path)?.next().is_some() {
            bail!(
                "{}: is not empty; the demo makes its own fourteen days: name an empty folder",
                path.display()
            );
        }
        Ok(Self {
            path: path.to_owned(),
            temporary: false,
        })
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if self.temporary {
            let _ = std::fs::remove_dir_all(&self.path);
        }
    }
}

#[cfg(test)]
mod tests;
