//! `plenum check`: every mistake of a configuration file with its line and what to write instead.

use std::path::Path;

use anyhow::Result;
use plenum_collector::config::Config;
use plenum_collector::notify::channels;
use plenum_core::site;
use plenum_link::SystemClock;
use plenum_protocol::Clock;
use plenum_protocol::config_error::ConfigError;
use serde::Serialize;

use crate::cli::Check;
use crate::failure::Failure;
use crate::print;

/// Which configuration a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Agent,
    Collector,
    Site,
}

/// What `--json` prints.
#[derive(Debug, Serialize)]
struct Checked {
    /// As it was named.
    file: String,
    /// What must be changed.
    problems: Vec<ConfigError>,
    /// What is valid and probably not meant.
    warnings: Vec<ConfigError>,
}

pub(crate) fn run(arguments: &Check) -> Result<()> {
    let file = arguments.file.display().to_string();
    let (problems, warnings) = match std::fs::read_to_string(&arguments.file) {
        Ok(text) => look(&file, &text),
        Err(error) => (
            vec![ConfigError::of_file(&file, format!("cannot be read: {error}"))],
            Vec::new(),
        ),
    };
    if arguments.json {
        print::json(&Checked {
            file,
            problems: problems.clone(),
            warnings,
        })?;
    } else {
        warnings
            .iter()
            .try_for_each(|warning| print::line(&format!("warning: {warning}")))?;
        if problems.is_empty() {
            print::line(&format!("{file}: no mistakes"))?;
        }
    }
    match problems.is_empty() {
        true => Ok(()),
        false => Err(Failure::Mistakes(problems).into()),
    }
}

/// Problems and warnings.
fn look(file: &str, text: &str) -> (Vec<ConfigError>, Vec<ConfigError>) {
    match kind(file, text) {
        Kind::Agent => {
            let parsed = plenum_agent::AgentConfig::parse(file, text);
            let parsed = parsed.and_then(|config| match config.broker.refused(SystemClock::shared()) {
                None => Ok(()),
                Some(error) => Err(vec![ConfigError::of_file(file, error)]),
            });
            (parsed.err().unwrap_or_default(), Vec::new())
        }
        Kind::Collector => {
            // What a start would refuse is found now, and not when the server that runs has been stopped for it.
            match Config::parse(file, text) {
                Ok(config) => (
                    config.refused(file, text),
                    config.doubtful(file, text, SystemClock.now()),
                ),
                Err(mistake) => (vec![mistake], Vec::new()),
            }
        }
        Kind::Site => match site::parse::parse(file, text, &channels::kinds()) {
            Ok(parsed) => (Vec::new(), parsed.warnings),
            Err(problems) => (problems, Vec::new()),
        },
    }
}

/// By the file's name; where that says nothing, by a table that only one of them has.
fn kind(name: &str, text: &str) -> Kind {
    let file = Path::new(name)
        .file_name()
        .map(|name| name.to_string_lossy().to_lowercase())
        .unwrap_or_default();
    let has = |table: &str| text.lines().any(|line| line.trim() == table);
    match () {
        () if file.contains("agent") => Kind::Agent,
        () if file.contains("collector") => Kind::Collector,
        () if file.contains("site") || has("[site]") => Kind::Site,
        () if text.lines().any(|line| line.trim_start().starts_with("agent =")) => Kind::Agent,
        () => Kind::Collector,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_known_by_name_or_content() {
        assert_eq!(kind("/etc/plenum/agent.toml", ""), Kind::Agent);
        assert_eq!(kind("x.toml", "[site]\nid = \"a\""), Kind::Site);
        assert_eq!(kind("x.toml", "agent = \"pi-a\""), Kind::Agent);
        assert_eq!(kind("x.toml", "[http]"), Kind::Collector);
    }
}
