//! `plenum completions` and `plenum man`: what a package installs beside the programs, made from their command lines.

use std::io::Write;

use anyhow::{Context, Result};

use crate::cli::{Completions, Man};

/// Prints a shell's completions.
pub(crate) fn completions(arguments: &Completions) {
    let mut command = arguments.program.command();
    let name = command.get_name().to_owned();
    clap_complete::generate(arguments.shell, &mut command, name, &mut std::io::stdout());
}

/// Prints a manual page, or writes all of them.
pub(crate) fn man(arguments: &Man) -> Result<()> {
    let command = arguments.program.command();
    let Some(folder) = &arguments.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        return Ok(std::io::stdout().write_all(&page)?);
    };
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.with_context(|| format!("{}: cannot be written", folder.display()))
}
