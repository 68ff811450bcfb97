//! Why a command failed, as far as its exit code goes: the typed errors at the command line's border, and the kind of end that
//! every error of the libraries is.

use plenum_collector::broker::BrokerError;
use plenum_collector::config::EntranceError;
use plenum_collector::database::{DatabaseError, Refusal};
use plenum_collector::notify::courier::CourierError;
use plenum_collector::open::OpenError;
use plenum_collector::revisions::RevisionError;
use plenum_collector::tls::PairError;
use plenum_dashboard::ServeError;
use plenum_link::Exit;
use plenum_protocol::config_error::ConfigError;

/// A failure that has an exit code of its own.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    /// The server says no.
    #[error("{0}")]
    Refused(String),
    /// Nobody answers at the address that cli.json names.
    #[error("no server answers at {url}: is `plenum serve` running?")]
    NoAnswer {
        /// Where one was expected.
        url: String,
        /// What the HTTP client says.
        source: reqwest::Error,
    },
    /// There is no cli.json.
    #[error(
        "no server runs with the data folder {folder}: start one with `plenum serve`, or name its folder with --data"
    )]
    NoServer {
        /// The folder that was meant.
        folder: String,
    },
    /// A configuration file cannot be read.
    #[error("{file}: cannot be read: {source}")]
    Unreadable {
        /// Which.
        file: String,
        /// What the operating system says.
        source: std::io::Error,
    },
    /// A configuration file has mistakes.
    #[error("{}", lines(.0))]
    Mistakes(Vec<ConfigError>),
}

fn lines(mistakes: &[ConfigError]) -> String {
    let lines: Vec<String> = mistakes.iter().map(ToString::to_string).collect();
    lines.join("\n")
}

impl Failure {
    fn exit(&self) -> Exit {
        match self {
            Self::Refused(_) => Exit::Refused,
            Self::NoAnswer { .. } | Self::NoServer { .. } => Exit::NoServer,
            Self::Unreadable { .. } | Self::Mistakes(_) => Exit::Configuration,
        }
    }
}

/// Which kind of end an error is: that of the first cause that has one.
pub(crate) fn exit(error: &anyhow::Error) -> Exit {
    error.chain().find_map(kind).unwrap_or(Exit::Failed)
}

fn kind(cause: &(dyn std::error::Error + 'static)) -> Option<Exit> {
    if let Some(failure) = cause.downcast_ref::<Failure>() {
        return Some(failure.exit());
    }
    let configuration = cause.is::<ConfigError>()
        || cause.is::<CourierError>()
        || cause.is::<EntranceError>()
        || cause.is::<PairError>()
        || matches!(cause.downcast_ref(), Some(ServeError::InClear(_)))
        || cause.downcast_ref().is_some_and(is_of_configuration);
    configuration.then_some(Exit::Configuration)
}

/// Whether a collector does not start for what its files say, so that starting again is of no use.
fn is_of_configuration(error: &OpenError) -> bool {
    matches!(
        error,
        OpenError::File { .. }
            | OpenError::Courier(_)
            | OpenError::Address(_)
            | OpenError::Broker(BrokerError::Insecure { .. })
            // The folder that was named is another program's.
            | OpenError::Database(
                DatabaseError::NotADatabase { .. }
                    | DatabaseError::Refused {
                        refusal: Refusal::Foreign { .. },
                        ..
                    }
            )
            | OpenError::Site {
                source: RevisionError::Invalid(_),
                ..
            }
    )
}

#[cfg(test)]
mod tests {
    use anyhow::Context;

    use super::*;

    #[test]
    fn the_kind_is_found_below_what_was_added() {
        let check = |error: anyhow::Error, expected: Exit| assert_eq!(exit(&error), expected, "{error:#}");
        check(anyhow::anyhow!("a full disk"), Exit::Failed);
        let refused = Failure::Refused("no".to_owned());
        check(
            anyhow::Error::from(refused).context("while applying"),
            Exit::Refused,
        );
        let mistake = ConfigError::of_file("collector.toml", "no table");
        check(mistake.clone().into(), Exit::Configuration);
        check(
            Err::<(), _>(mistake).context("while reading").unwrap_err(),
            Exit::Configuration,
        );
        let address = OpenError::Address("not a valid address".to_owned());
        check(address.into(), Exit::Configuration);
        let aborted = OpenError::Aborted;
        check(aborted.into(), Exit::Failed);
    }
}
