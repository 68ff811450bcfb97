//! `plenum bench hostile`: honest agents that send every second, and one with a credential of its own that does the worst it can.

mod attacks;
mod client;
mod honest;
mod report;

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context, Result};
use plenum_link::{Shutdown, SystemClock};
use plenum_protocol::Duration;
use tokio::task::JoinSet;

use super::folder::Folder;
use super::process;
use super::server::Server;
use crate::cli::bench::BenchHostile;
use crate::print;
use honest::Honest;
use report::Report;

/// The site of them all.
const SITE: &str = "default";
/// The name of the one that is hostile.
const CULPRIT: &str = "culprit";
/// Everybody's password.
const PASSWORD: &str = "of the bench";
/// How long the honest ones may wait at the end for what they have not been told of.
const LAST_PATIENCE: Duration = Duration::from_seconds(30);
/// How long the parts may take to stop.
const DEADLINE: Duration = Duration::from_seconds(5);

pub(crate) async fn run(arguments: BenchHostile) -> Result<()> {
    let folder = Folder::new(arguments.output.data.as_deref())?;
    if !arguments.output.json {
        let (agents, seconds) = (arguments.agents, arguments.seconds);
        print::line(&format!(
            "{agents} honest agents and a hostile one: {seconds} s ..."
        ))?;
    }
    let names: Vec<String> = (0..arguments.agents)
        .map(|number| format!("agent-{number}"))
        .collect();
    let server = server(folder.path(), &names).await?;
    let clock = SystemClock::shared();
    let shutdown = Shutdown::new();
    let ready = server.told().await?;

    let mut honest = JoinSet::new();
    for name in &names {
        let agent = Honest::connect(name, &server.mqtt, clock.clone(), &shutdown)?;
        honest.spawn(agent.run(Duration::from_seconds(arguments.seconds.into()), LAST_PATIENCE));
    }
    let attacks = Arc::new(attacks::Attacks::default());
    let attacking = attacks::begin(&server.mqtt, &attacks)?;
    let end = clock.steady() + Duration::from_seconds(arguments.seconds.into());
    while clock.steady() < end {
        clock
            .sleep_until(end.min(clock.steady() + Duration::from_seconds(1)))
            .await;
        // A server that has ended, or does not answer any more, is noticed at once.
        server.told().await?;
    }
    drop(attacking);
    let results = honest.join_all().await;
    let told = server.told().await?;
    let alarms = report::alarms_of(folder.path()).await?;
    let report = Report::new(
        &arguments,
        results,
        &attacks,
        (&ready, &told),
        process::peak_memory(server.process)?,
        alarms,
    );
    shutdown.finish(DEADLINE, clock.as_ref()).await;
    report.print(arguments.output.json)
}

/// A server that knows every one of them by a password.
async fn server(folder: &Path, names: &[String]) -> Result<Server> {
    let file = folder.join("password");
    std::fs::write(&file, PASSWORD).with_context(|| format!("{}: cannot be written", file.display()))?;
    let names = names.iter().map(String::as_str).chain([CULPRIT]);
    let tables: String = names
        .map(|name| format!("[[agent]]\nsite = \"{SITE}\"\nid = \"{name}\"\npassword_file = \"password\"\n"))
        .collect();
    Server::start(folder, "listen = \"127.0.0.1:0\"", &tables).await
}
