//! How a process of ours says how it ended: one exit code for each kind of end, the same for `plenum` and `plenum-agent`.

use std::process::ExitCode;

/// How a command ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Exit {
    /// It did what it was told to.
    Done,
    /// It failed for a reason that none of the others names.
    Failed,
    /// The command line was not understood; clap ends the process with it.
    Usage,
    /// The server says no, and the same question will have the same answer.
    Refused,
    /// No server was reached.
    NoServer,
    /// The disk or a database on it cannot be trusted any more (`EX_IOERR` of sysexits.h).
    Disk,
    /// A configuration file is wrong: starting again without changing it is of no use (`EX_CONFIG` of sysexits.h).
    Configuration,
}

impl Exit {
    /// All of them, by their codes.
    pub const ALL: [Self; 7] = [
        Self::Done,
        Self::Failed,
        Self::Usage,
        Self::Refused,
        Self::NoServer,
        Self::Disk,
        Self::Configuration,
    ];

    /// What the process ends with.
    pub const fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Usage => 2,
            Self::Refused => 3,
            Self::NoServer => 4,
            Self::Disk => 74,
            Self::Configuration => 78,
        }
    }

    /// What it means, for the help and the reference.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => "done, all is well",
            Self::Failed => "it did not work, or what was looked at is not well: the message says why",
            Self::Usage => "the command line was not understood",
            Self::Refused => {
                "the server refused: not allowed, not there, somebody else was faster, or not valid (HTTP 401, 403, 404, 409, 422)"
            }
            Self::NoServer => "no server was reached: none runs, or not with this data folder",
            Self::Disk => {
                "the disk failed or a database is damaged: the log says which file; the units start again"
            }
            Self::Configuration => {
                "a configuration file, or a file that it names, is missing, has a mistake or is another program's; the units do not start again after it"
            }
        }
    }

    /// The end of a program's help that says which codes it has.
    pub fn help(codes: &[Self]) -> String {
        let lines = codes
            .iter()
            .map(|exit| format!("  {:<4}{}", exit.code(), exit.meaning()));
        format!("Exit codes:\n{}", lines.collect::<Vec<_>>().join("\n"))
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit.code())
    }
}
