//! What a process of ours writes to its log: standard error, so that standard output stays what a program can read.

use std::io::IsTerminal;

use tracing_subscriber::EnvFilter;

/// The variables that say what is logged. The first that is set counts.
pub const VARIABLES: [&str; 2] = ["RUST_LOG", "PLENUM_LOG"];

/// Begins to log what the environment asks for, or `usual` (directives as in `info,rumqttc=warn`) where it asks for nothing.
/// A program that runs several of ours in one process may call it again: the first one holds.
pub fn begin(usual: &str) {
    let (filter, complaint) = choose(|name| std::env::var(name).ok(), usual);
    let begun = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        // A journal and a file are not to be filled with colours.
        .with_ansi(std::io::stderr().is_terminal())
        .with_target(false)
        .try_init();
    if let (Ok(()), Some(complaint)) = (begun, complaint) {
        tracing::warn!("{complaint}");
    }
}

fn choose(variable: impl Fn(&str) -> Option<String>, usual: &str) -> (EnvFilter, Option<String>) {
    let asked = VARIABLES.iter().find_map(|name| {
        let value = variable(name).filter(|value| !value.trim().is_empty())?;
        Some((*name, value))
    });
    let Some((name, value)) = asked else {
        return (EnvFilter::new(usual), None);
    };
    match EnvFilter::try_new(&value) {
        Ok(filter) => (filter, None),
        Err(error) => {
            let complaint =
                format!("{name}: `{value}` is not a valid filter ({error}); `{usual}` holds instead");
            (EnvFilter::new(usual), Some(complaint))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(set: &[(&str, &str)], expected: &str) {
        let variable = |name: &str| {
            let found = set.iter().find(|(key, _)| *key == name);
            found.map(|(_, value)| (*value).to_owned())
        };
        let (filter, complaint) = choose(variable, "info");
        assert_eq!(filter.to_string(), expected);
        let valid = set.iter().all(|(_, value)| EnvFilter::try_new(value).is_ok());
        assert_eq!(complaint.is_none(), valid, "{complaint:?}");
    }

    #[test]
    fn rust_log_counts_then_plenum_log_then_what_is_usual() {
        check(&[], "info");
        check(&[("PLENUM_LOG", "debug")], "debug");
        check(&[("PLENUM_LOG", "debug"), ("RUST_LOG", "warn")], "warn");
        check(&[("PLENUM_LOG", "debug"), ("RUST_LOG", "")], "debug");
        check(&[("RUST_LOG", "plenum=loud")], "info");
    }
}
