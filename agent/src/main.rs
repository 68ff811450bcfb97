//! The small binary for the Pi: `plenum-agent run|check|read`.

use std::process::ExitCode;

use clap::Parser;

/// Reads sensors, spools every reading durably and sends it until the collector has acknowledged it.
#[derive(Parser)]
#[command(name = "plenum-agent", version)]
struct Arguments {
    #[command(subcommand)]
    command: plenum_agent::cli::Command,
}

fn main() -> ExitCode {
    Arguments::parse().command.execute()
}
