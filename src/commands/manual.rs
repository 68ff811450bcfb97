//! `plenum completions` and `plenum man`: what a package installs beside the programs, made from their command lines.

use anyhow::{Context, Result};

use crate::cli::{Completions, Man};
use crate::print;

/// Prints a shell's completions.
pub(crate) fn completions(arguments: &Completions) -> Result<()> {
    let mut command = arguments.program.command();
    let name = command.get_name().to_owned();
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut command, name, &mut script);
    print::whole(&script)
}

/// Prints a manual page, or writes all of them.
pub(crate) fn man(arguments: &Man) -> Result<()> {
    let command = arguments.program.command();
    let Some(folder) = &arguments.dir else {
        let mut page = Vec::new();
        clap_mangen::Man::new(command).render(&mut page)?;
        return print::whole(&page);
    };
    let written = std::fs::create_dir_all(folder).and_then(|()| clap_mangen::generate_to(command, folder));
    written.with_context(|| format!("{}: cannot be written", folder.display()))
}
