//! The command line: what can be said, not what it does.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, CommandFactory, Parser, Subcommand, ValueEnum};
use plenum_link::Exit;
use plenum_protocol::{AgentName, Duration, Identifier, Timestamp};

use self::bench::Bench;
use crate::data_folder::DataFolder;

pub(crate) mod audit;
pub(crate) mod authority;
pub(crate) mod bench;
pub(crate) mod key;
pub(crate) mod people;

/// A server-room monitor: sensors, alarms and availability that can be shown.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 120, after_help = after_help())]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,
}

fn after_help() -> String {
    format!(
        "{}\n\nEnvironment:\n  PLENUM_DATA  the data folder, where --data names none\n  RUST_LOG     what is logged, as in \
         info,rumqttc=warn; where it is not set, PLENUM_LOG",
        Exit::help(&Exit::ALL)
    )
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Two simulated rooms with fourteen days of history, and a cooling failure after a minute. Installs nothing.
    Demo(Demo),
    /// Broker, collector, store and dashboard in one process.
    Serve(Serve),
    /// The agent: reads sensors and sends what they say.
    #[command(subcommand)]
    Agent(plenum_agent::cli::Command),
    /// Checks agent.toml, collector.toml or site.toml: every mistake with its line and what to write instead. Exit
    /// code 78 if there are any.
    Check(Check),
    /// The site's configuration: rooms, sensors, rules, services, people. Speaks to the running server.
    #[command(subcommand)]
    Site(Site),
    /// The alarms that are not normal, the newest first; shelving them, and figures of them. Speaks to the running server.
    Alarms(Alarms),
    /// Holds a drill of the whole alarm chain, from an agent to somebody's telephone, and prints when each leg was done; without an id it lists the drills
    /// of the site and how they came through. Exit code 1 if it failed. Speaks to the running server.
    Drill(DrillOf),
    /// The agents, and whose they are. Speaks to the running server.
    #[command(subcommand)]
    Agents(Agents),
    /// Makes a code with which an agent joins this collector, once, within 15 minutes: it then comes in TLS, by a certificate of its own. Speaks to the
    /// running server.
    Enroll(Enroll),
    /// Messages that could not be read. Speaks to the running server.
    #[command(subcommand)]
    DeadLetters(DeadLetters),
    /// People: who may log in, and what they may do. Speaks to the running server.
    #[command(subcommand)]
    User(people::User),
    /// Tokens of programs that use the API. Speaks to the running server.
    #[command(subcommand)]
    Token(people::Token),
    /// The audit log: who did, read or was refused what, and whether it is as it was written.
    #[command(subcommand)]
    Audit(audit::Audit),
    /// The key under which second factors and signing keys lie. Speaks to the running server.
    #[command(subcommand)]
    Key(key::Key),
    /// The authority that vouches for agents and for the broker. Speaks to the running server.
    #[command(subcommand)]
    Authority(authority::Authority),
    /// Measures this machine: prints what was measured and what limits it. Needs no installation and touches no running server.
    #[command(subcommand)]
    Bench(Bench),
    /// Prints what makes a shell complete commands and options.
    Completions(Completions),
    /// Prints the manual page, or writes one page a command into a folder.
    Man(Man),
}

/// The two programs; their completions and manuals both come from this one, so that the Pi's stays small.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Program {
    /// This one.
    Plenum,
    /// The small one for the Pi.
    PlenumAgent,
}

impl Program {
    /// Its whole command line.
    pub(crate) fn command(self) -> clap::Command {
        match self {
            Self::Plenum => Cli::command(),
            Self::PlenumAgent => plenum_agent::cli::Arguments::command(),
        }
    }
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// For which shell.
    pub(crate) shell: clap_complete::Shell,
    /// For which program.
    #[arg(long, value_enum, default_value = "plenum")]
    pub(crate) program: Program,
}

#[derive(Debug, Args)]
pub(crate) struct Man {
    /// Writes the page of every command into this folder instead, which is made if it is not there.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) dir: Option<PathBuf>,
    /// For which program.
    #[arg(long, value_enum, default_value = "plenum")]
    pub(crate) program: Program,
}

#[derive(Debug, Args)]
pub(crate) struct Check {
    /// The file; its name or its content tells which it is.
    pub(crate) file: PathBuf,
    /// Prints JSON for programs: {"file","problems","warnings"}, each of both a list of
    /// {"file","line","column","message","suggestion"}.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Demo {
    /// Where the dashboard listens; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:8080")]
    pub(crate) http: SocketAddr,
    /// Where the broker listens; port 0 picks a free one.
    #[arg(long, default_value = "127.0.0.1:1883")]
    pub(crate) mqtt: SocketAddr,
    /// Keeps the data in this folder, which must be empty; otherwise a temporary one is used and removed.
    #[arg(long)]
    pub(crate) data: Option<PathBuf>,
    /// Prints one line when all is up: {"url","token","mqtt","site"}.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// collector.toml; without it the defaults hold.
    #[arg(long, value_name = "FILE")]
    pub(crate) config: Option<PathBuf>,
    /// Where the dashboard listens, instead of what the file says.
    #[arg(long)]
    pub(crate) http: Option<SocketAddr>,
    /// Where the embedded broker listens, instead of what the file says.
    #[arg(long)]
    pub(crate) mqtt: Option<SocketAddr>,
    #[command(flatten)]
    pub(crate) data: DataFolder,
    /// Prints one line when all is up: {"url","mqtt","site","first"}.
    #[arg(long)]
    pub(crate) json: bool,
}

/// How to find the running server.
#[derive(Debug, Args)]
pub(crate) struct Connection {
    #[command(flatten)]
    pub(crate) data: DataFolder,
    /// Prints JSON for programs: what the API answers.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Site {
    /// Prints a revision as site.toml; the one in force by default.
    Show {
        /// Its number, as the log lists it.
        revision: Option<u64>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Makes a new revision of a file. Refused unless BASE is the one in force; a file with a mistake is not sent.
    Apply {
        /// The whole site.toml.
        file: PathBuf,
        /// The number of the revision that was edited.
        #[arg(long)]
        base: u64,
        /// Why, for the log.
        #[arg(long)]
        comment: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Tries a file on the past: what it would have raised beside the revision in force. Nothing of it takes effect.
    Try {
        /// The whole site.toml.
        file: PathBuf,
        /// The time up to TO that is looked at: 30d, 12h; 366 days at most.
        #[arg(long, value_name = "DURATION", default_value = "30d", conflicts_with = "from")]
        last: Duration,
        /// The first instant, as 2026-06-01T00:00:00Z, in place of --last.
        #[arg(long)]
        from: Option<Timestamp>,
        /// The first instant after the period; now by default.
        #[arg(long)]
        to: Option<Timestamp>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Lists the revisions, the newest first.
    Log {
        #[command(flatten)]
        connection: Connection,
    },
    /// Shows what changed from one revision to another.
    Diff {
        /// The number of the older; 0 is an empty file.
        from: u64,
        /// The number of the newer.
        to: u64,
        #[command(flatten)]
        connection: Connection,
    },
    /// Makes a new revision that says what an old one said.
    Rollback {
        /// The number of the old one.
        revision: u64,
        /// Why, for the log.
        #[arg(long)]
        comment: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Prints the holidays of an iCalendar file as tables for site.toml. What cannot be counted, as an event that repeats, is refused with its line.
    Holidays {
        /// The file (.ics).
        file: PathBuf,
    },
    /// Lists the built-in rules, which protect a site that has written none.
    Defaults {
        /// Prints JSON for programs: {"items"}, each as a rule of site.toml.
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Alarms {
    #[command(subcommand)]
    pub(crate) act: Option<AlarmAct>,
    /// Also those that are normal again.
    #[arg(long)]
    pub(crate) all: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Subcommand)]
pub(crate) enum AlarmAct {
    /// Puts an alarm aside for a while: it is watched and logged, and nobody is told. It ends by itself; what is active then is told again.
    Shelve {
        /// Its number, as `plenum alarms` prints it.
        alarm: u64,
        /// For how long, 8 h at most: 2h, 30min.
        #[arg(long = "for", value_name = "DURATION")]
        duration: Duration,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// How good the alarms themselves are, after ISA-18.2 and EEMUA 191, as a text for the month's report: load, floods, the most frequent, what would help.
    Figures {
        /// Which month, as 2026-03, in the site's zone.
        #[arg(long, conflicts_with_all = ["from", "to"])]
        month: Option<String>,
        /// From when, as 2026-03-01T00:00:00Z; by default 30 days before the end.
        #[arg(long, value_name = "INSTANT")]
        from: Option<Timestamp>,
        /// Until when, now by default; 400 days after the beginning at most.
        #[arg(long, value_name = "INSTANT")]
        to: Option<Timestamp>,
        /// In which language: en or nl; the site's by default.
        #[arg(long, value_parser = ["en", "nl"])]
        language: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
    /// Ends a shelving before its time.
    Unshelve {
        /// Its number, as `plenum alarms` prints it.
        alarm: u64,
        /// What the log is to say.
        #[arg(long, default_value = "")]
        comment: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Takes an alarm out of service: nobody is told of it until `plenum alarms return-to-service`.
    OutOfService {
        /// Its number, as `plenum alarms` prints it.
        alarm: u64,
        /// After how long somebody has to look whether it still should be, 90 days at most: 7d.
        #[arg(long, value_name = "DURATION")]
        review: Duration,
        /// Why.
        #[arg(long)]
        reason: String,
        #[command(flatten)]
        connection: Connection,
    },
    /// Returns an alarm to service; what is active is told again.
    ReturnToService {
        /// Its number, as `plenum alarms` prints it.
        alarm: u64,
        /// What the log is to say.
        #[arg(long, default_value = "")]
        comment: String,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(Debug, Args)]
pub(crate) struct DrillOf {
    /// Its id, as the site has it.
    pub(crate) drill: Option<Identifier>,
    /// Does not wait for what becomes of it.
    #[arg(long, requires = "drill")]
    pub(crate) no_wait: bool,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Agents {
    /// Lists them: whether each is there, when it was last heard, what it has not sent yet, and who else acknowledges it.
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Has an agent show which host it is, to somebody who stands before several: its lamps blink for ten seconds, or its buzzers beep.
    Identify {
        /// Which, as `plenum agents list` names it.
        #[arg(value_name = "SITE/AGENT")]
        agent: AgentName,
        #[command(flatten)]
        connection: Connection,
    },
    /// Says that an agent belongs to this collector although another one acknowledges it. Stop the other one first; if the agent
    /// follows it, run `plenum-agent join` on the agent's host afterwards.
    Resolve {
        /// Which, as `plenum agents list` names it.
        #[arg(value_name = "SITE/AGENT")]
        agent: AgentName,
        #[command(flatten)]
        connection: Connection,
    },
    /// Says that a sensor is gone for good: nothing is expected of it any more, and its alarms end. For one that site.toml does not place
    /// and whose agent does not list it, as of a publisher that was taken away.
    Retire {
        /// Its agent, as `plenum agents list` names it.
        #[arg(value_name = "SITE/AGENT")]
        agent: AgentName,
        /// The sensor below it.
        sensor: Identifier,
        #[command(flatten)]
        connection: Connection,
    },
    /// Ends an agent's certificate and its code, at once: it is cut off, and comes back only with a new code of `plenum enroll`.
    Revoke {
        /// Which, as `plenum agents list` names it.
        #[arg(value_name = "SITE/AGENT")]
        agent: AgentName,
        /// Why, for whoever comes after: "stolen".
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        connection: Connection,
    },
}

#[derive(Debug, Args)]
pub(crate) struct Enroll {
    /// For which agent, and no other; it need not be known yet.
    #[arg(value_name = "SITE/AGENT")]
    pub(crate) agent: AgentName,
    /// Where the agent finds this collector: a name or an IPv4 address. By default the address of `tls_listen`, or the host of `base_url`, or
    /// this host's name.
    #[arg(long)]
    pub(crate) host: Option<String>,
    #[command(flatten)]
    pub(crate) connection: Connection,
}

#[derive(Debug, Subcommand)]
pub(crate) enum DeadLetters {
    /// Lists them, oldest first, with the reason.
    List {
        #[command(flatten)]
        connection: Connection,
    },
    /// Reads them again, for instance after an update; what can be read now is stored.
    Retry {
        #[command(flatten)]
        connection: Connection,
    },
}
