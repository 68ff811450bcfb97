//! What `plenum user` and `plenum token` take.

use clap::{Args, Subcommand};
use plenum_core::authority::Role;
use plenum_protocol::{Duration, Identifier};

use super::Connection;

/// To what somebody is limited.
#[derive(Debug, Args)]
pub(crate) struct Limits {
    /// A room that a viewer or an operator is limited to; once for each. Without it the whole site.
    #[arg(long = "room", value_name = "ROOM")]
    pub(crate) rooms: Vec<Identifier>,
    /// Whose services a customer sees, as services in site.toml name their customer; once for each.
    #[arg(long = "customer", value_name = "NAME")]
    pub(crate) customers: Vec<String>,
}

#[derive(Debug, Subcommand)]
pub(crate) enum User {
    /// Lists everybody, with what they may do.
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Makes somebody known and prints a one-time link, good for 24 hours, with which they set their password.
    Invite {
        /// The name that they will log in with.
        name: String,
        /// viewer, operator, administrator, auditor or customer.
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        limits: Limits,
        #[command(flatten)]
        connection: Connection,
    },
    /// Gives somebody another role. Their limits become those that are given here.
    Change {
        /// Their name.
        name: String,
        /// viewer, operator, administrator, auditor or customer.
        #[arg(long)]
        role: Role,
        #[command(flatten)]
        limits: Limits,
        #[command(flatten)]
        connection: Connection,
    },
    /// Says where somebody is reached and what they are called; what is not given stays. It counts before what collector.toml and site.toml say.
    Reach {
        /// Their name.
        name: String,
        /// Their mail address; "" takes it away.
        #[arg(long)]
        email: Option<String>,
        /// What they are called on screens and in messages; "" for what site.toml says.
        #[arg(long)]
        full_name: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Prints all that is kept about somebody as JSON, to be handed to them.
    Export {
        /// Their name.
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Erases somebody for good: name, addresses and log-in go; what they did stays in the logs under their number. Whoever the site writes to is
    /// taken out of site.toml first.
    Erase {
        /// Their name.
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Takes somebody's password and sessions away at once, and prints a one-time link for a new password.
    Reset {
        /// Their name.
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Takes somebody's second factor away, for a lost phone, and logs them out everywhere. Their password stays.
    ResetSecond {
        /// Their name.
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Logs somebody out everywhere; they may log in again.
    LogOut {
        /// Their name.
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Keeps somebody out from now on. What they did stays in the logs.
    Disable {
        /// Their name.
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Lets somebody in again who was disabled.
    Enable {
        /// Their name.
        name: String,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(Debug, Subcommand)]
pub(crate) enum Token {
    /// Lists the tokens that have not ended. Their secrets are stored nowhere.
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Gives a token out for a program, and prints its secret this once.
    Give {
        /// What logs and acknowledgements will carry: the program's name.
        name: String,
        /// viewer, operator, administrator, auditor, customer or job.
        #[arg(long)]
        role: Role,
        /// For how long, 366 days at most: 90d.
        #[arg(long = "for", value_name = "DURATION")]
        duration: Duration,
        #[command(flatten)]
        limits: Limits,
        #[command(flatten)]
        connection: Connection,
    },
    /// Takes a token back, at once.
    Revoke {
        /// Its number, as the list prints it.
        number: i64,
        #[command(flatten)]
        connection: Connection,
    },
}
