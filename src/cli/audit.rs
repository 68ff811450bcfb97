//! What `plenum audit` takes.

use std::path::PathBuf;

use clap::{Subcommand, ValueEnum};
use plenum_collector::audit::PublicKey;
use plenum_protocol::Timestamp;

use super::Connection;

#[derive(Debug, Subcommand)]
pub(crate) enum Audit {
    /// Lists who did, read or was refused what, the newest first.
    List {
        /// So many lines.
        #[arg(long, default_value_t = 50)]
        limit: u64,
        #[command(flatten)]
        connection: Connection,
    },
    /// Lists who saw what of people between two instants, for a report after an incident (GDPR, article 33), and says what the log cannot know.
    Seen {
        /// From this instant on: 2026-06-18T00:00:00Z.
        #[arg(long)]
        from: Timestamp,
        /// Before this instant.
        #[arg(long)]
        to: Timestamp,
        /// Of this person alone, and of everybody with them.
        #[arg(long, value_name = "NAME")]
        person: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Writes all of it to the output, the oldest first: JSON lines with their hashes and the signed checkpoints, which `verify` checks,
    /// or RFC 5424 syslog.
    Export {
        /// json or syslog.
        #[arg(long, value_enum, default_value_t = Format::Json)]
        format: Format,
        #[command(flatten)]
        connection: Connection,
    },
    /// Says of each line that was changed, dropped, swapped, cut or written anew that it was. Asks the running server, or looks at an export. Exit
    /// code 1 if anything was.
    Verify {
        /// An export (`plenum audit export`); without it the log of the running server.
        file: Option<PathBuf>,
        /// The key that checkpoints are checked with, as audit.pub of the data folder has it. Keep it elsewhere: whoever may change the folder may change the
        /// file.
        #[arg(long, value_name = "HEX")]
        key: Option<PublicKey>,
        #[command(flatten)]
        connection: Connection,
    },
}

/// The form of an export.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// JSON lines.
    Json,
    /// RFC 5424.
    Syslog,
}
