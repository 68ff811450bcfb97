//! The small binary for the Pi: `plenum-agent run|check|read`.

use std::process::ExitCode;

use clap::Parser;
use plenum_agent::cli::Arguments;

fn main() -> ExitCode {
    Arguments::parse().command.execute()
}
