//! This program once more, as a process of a bench.

use std::process::Stdio;

use anyhow::{Context, Result};
use plenum_link::logs;
use tokio::process::{Child, Command};

/// This program, silent while all goes well.
pub(crate) fn this_program() -> Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    quiet(&mut command);
    Ok(command)
}

/// Lets a program of ours end with the bench and say nothing while all goes well.
pub(crate) fn quiet(command: &mut Command) {
    command.kill_on_drop(true).stdout(Stdio::null());
    // The bench's own folders are meant, and none that the environment names.
    for variable in ["PLENUM_DATA", "RUNTIME_DIRECTORY", "XDG_RUNTIME_DIR"] {
        command.env_remove(variable);
    }
    if logs::VARIABLES
        .iter()
        .all(|name| std::env::var_os(name).is_none())
    {
        command.env(logs::VARIABLES[0], "warn");
    }
}

/// Its process's number.
pub(crate) fn id(child: &Child) -> Result<u32> {
    child
        .id()
        .context("a process of the bench has ended; its last words stand above")
}
