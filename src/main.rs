//! The command line `plenum`: reads arguments, loads the configuration, calls the library that does it.

mod access;
mod bench;
mod cli;
mod client;
mod commands;
mod data_folder;
mod demo;
mod failure;
mod print;
#[cfg(test)]
mod reference;
mod server;

use std::io::Write;
use std::process::ExitCode;

use clap::Parser;
use plenum_link::causes::with_causes;
use plenum_link::logs;

use cli::{Cli, Command};

/// What one thread makes another one lets go of: broker, intake, writer. glibc keeps such memory in arenas by thread and grows by it for hours under
/// load (docs/decisions/0025-allocator.md).
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    // lettre and reqwest each bring rustls; whoever is first must not choose for the others.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let command = match cli.command {
        Command::Agent(command) => return command.execute(),
        command => command,
    };
    // A bench says what it found; what goes well in between is not worth a line.
    logs::begin(match command {
        Command::Bench(_) => "warn",
        _ => "info",
    });
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return failed(&error.into()),
    };
    let result = runtime.block_on(run(command));
    // A read that hangs at a broken disk must not keep a process that has ended.
    runtime.shutdown_timeout(std::time::Duration::from_secs(2));
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failed(&error),
    }
}

async fn run(command: Command) -> anyhow::Result<()> {
    match command {
        Command::Demo(arguments) => demo::run(arguments).await,
        Command::Serve(arguments) => commands::serve::run(arguments).await,
        Command::Agent(_) => Ok(()),
        Command::Check(arguments) => commands::check::run(&arguments),
        Command::Site(command) => commands::site::run(&command).await,
        Command::Alarms(arguments) => commands::alarms::run(&arguments).await,
        Command::Drill(arguments) => commands::drill::run(&arguments).await,
        Command::Agents(command) => commands::agents::run(&command).await,
        Command::Enroll(arguments) => commands::enroll::run(&arguments).await,
        Command::DeadLetters(command) => commands::dead_letters::run(&command).await,
        Command::Audit(command) => commands::audit::run(&command).await,
        Command::Key(command) => commands::key::run(&command).await,
        Command::Authority(command) => commands::authority::run(&command).await,
        Command::User(command) => commands::user::run(&command).await,
        Command::Token(command) => commands::token::run(&command).await,
        Command::Bench(command) => bench::run(command).await,
        Command::Completions(arguments) => commands::manual::completions(&arguments),
        Command::Man(arguments) => commands::manual::man(&arguments),
    }
}

fn failed(error: &anyhow::Error) -> ExitCode {
    // Without anyone who reads it there is nothing to be done.
    let _ = writeln!(std::io::stderr(), "plenum: {}", with_causes(error.as_ref()));
    failure::exit(error).into()
}
