//! docs/reference/commands.md, written from the command lines of both programs and held against them by a test.

use std::fmt::Write;

use clap::{Arg, ArgAction, Command};
use plenum_link::{Exit, logs};

use crate::cli::Program;

const PAGE: &str = "docs/reference/commands.md";
const WRITE: &str = ".ci/write";

#[test]
fn the_reference_of_commands_is_up_to_date() {
    let page = page();
    let path = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(PAGE);
    if std::env::var_os("PLENUM_WRITE").is_some() {
        std::fs::write(&path, &page).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(
        written == page,
        "{PAGE} differs from the program; write it with: {WRITE}"
    );
}

fn page() -> String {
    let mut page = format!(
        "# Commands\n\nThis page is written from the program by `{WRITE}`, and a test holds it against the program. `plenum man --dir FOLDER` \
         writes the same as manual pages, `plenum completions SHELL` what a shell completes; `--program plenum-agent` does so for the small program.\n\n\
         ## Exit codes\n\n| code | means |\n|---|---|\n"
    );
    for exit in Exit::ALL {
        let _ = writeln!(page, "| {} | {} |", exit.code(), exit.meaning());
    }
    let [first, second] = logs::VARIABLES;
    let _ = write!(
        page,
        "\n## Environment\n\n| variable | means |\n|---|---|\n\
         | `PLENUM_DATA` | the data folder, where `--data` names none |\n\
         | `{first}` | what is logged, as in `info,rumqttc=warn` |\n\
         | `{second}` | the same, where `{first}` is not set |\n\
         | `RUNTIME_DIRECTORY`, `XDG_RUNTIME_DIR` | where the server puts cli.json, which lets the command line in: the first that is set; without either into `run` in the data folder |\n"
    );
    for program in [Program::Plenum, Program::PlenumAgent] {
        let mut command = program.command();
        command.build();
        section(&mut page, &command);
    }
    page
}

fn section(page: &mut String, command: &Command) {
    let name = command.get_bin_name().unwrap_or(command.get_name());
    let about = command.get_about().map(ToString::to_string).unwrap_or_default();
    let _ = write!(page, "\n## {name}\n\n{about}\n");
    let arguments: Vec<&Arg> = command
        .get_arguments()
        .filter(|argument| {
            !argument.is_hide_set() && !matches!(argument.get_action(), ArgAction::Help | ArgAction::Version)
        })
        .collect();
    if !arguments.is_empty() {
        page.push_str("\n| argument | default | meaning |\n|---|---|---|\n");
        arguments.into_iter().for_each(|argument| row(page, argument));
    }
    let below = command
        .get_subcommands()
        .filter(|below| !below.is_hide_set() && below.get_name() != "help");
    below.for_each(|below| section(page, below));
}

fn row(page: &mut String, argument: &Arg) {
    let value = argument.get_value_names().and_then(|names| names.first());
    let value = value
        .filter(|_| argument.get_action().takes_values())
        .map(ToString::to_string);
    let written = match (argument.get_long(), value) {
        (Some(long), Some(value)) => format!("--{long} {value}"),
        (Some(long), None) => format!("--{long}"),
        (None, value) => value.unwrap_or_default(),
    };
    let default = argument.get_default_values().first();
    let default = match default.filter(|_| argument.get_action().takes_values()) {
        Some(value) => format!("`{}`", value.to_string_lossy()),
        None if argument.is_required_set() => "required".to_owned(),
        None => String::new(),
    };
    let meaning = argument
        .get_long_help()
        .or(argument.get_help())
        .map(ToString::to_string)
        .unwrap_or_default();
    let _ = writeln!(
        page,
        "| `{written}` | {default} | {} |",
        meaning.replace('\n', " ").replace('|', "\\|")
    );
}
