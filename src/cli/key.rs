//! What `plenum key` takes.

use clap::Subcommand;

use super::Connection;

#[derive(Debug, Subcommand)]
pub(crate) enum Key {
    /// Says where the key lies, and how many values lie under it, under others, or in clear. Exit code 1 where there is no key, or a value does not open.
    Status {
        #[command(flatten)]
        connection: Connection,
    },
    /// Makes a new key, seals everything with it, and lets the one before go. Of a key that was given to Plenum it says how that is changed.
    Rotate {
        #[command(flatten)]
        connection: Connection,
    },
}
