//! What `plenum authority` takes.

use clap::Subcommand;

use super::Connection;

#[derive(Debug, Subcommand)]
pub(crate) enum Authority {
    /// Says by what the broker is known, until when, and whether another authority follows. Exit code 3 where none was made yet.
    Status {
        #[command(flatten)]
        connection: Connection,
    },
    /// Lets another authority follow the present one. Agents take it as they renew, within eight months, and nobody has to do anything.
    Rotate {
        /// At once: for a key in wrong hands. Each agent has to join again with a code of `plenum enroll`.
        #[arg(long)]
        now: bool,
        #[command(flatten)]
        connection: Connection,
    },
}
