//! `plenum check`: every mistake of a configuration file with its line and what to write instead.

use std::path::Path;

use anyhow::{Context, Result, bail};
use plenum_collector::config::Config;
use plenum_collector::site;
use plenum_protocol::config_error::ConfigError;

use crate::print;

/// Which configuration a file is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Agent,
    Collector,
    Site,
}

pub(crate) fn run(file: &Path) -> Result<()> {
    let name = file.display().to_string();
    let text = std::fs::read_to_string(file).with_context(|| format!("{name}: cannot be read"))?;
    match kind(&name, &text) {
        Kind::Agent => {
            if let Err(errors) = plenum_agent::AgentConfig::parse(&name, &text) {
                bail!("{}", lines(&errors));
            }
        }
        Kind::Collector => {
            let config = Config::parse(&name, &text)?;
            // What cannot be opened is found now and not at the first alarm.
            config.courier().check()?;
        }
        Kind::Site => match site::parse::parse(&name, &text) {
            Ok(parsed) => parsed
                .warnings
                .iter()
                .for_each(|warning| print::line(&format!("warning: {warning}"))),
            Err(errors) => bail!("{}", lines(&errors)),
        },
    }
    print::line(&format!("{name}: no mistakes"));
    Ok(())
}

fn lines(errors: &[ConfigError]) -> String {
    errors
        .iter()
        .map(ToString::to_string)
        .collect::<Vec<_>>()
        .join("\n")
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
