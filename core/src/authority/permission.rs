//! What can be allowed: each operation of the API needs one of these.

/// What an operation needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Permission {
    /// One's own: who one is, one's password, one's second factor, one's sessions.
    Own,
    /// To say that a job ran, and nothing else.
    Beat,
    /// To see services, their availability and their reports.
    Services,
    /// To see rooms, readings and alarms.
    Look,
    /// To see agents, messages that could not be read, figures of the alarms: what the monitor itself does.
    LookBehind,
    /// To acknowledge, reset, shelve, take alarms out of service, and say that work is in progress.
    Alarms,
    /// To make, change and take back overrides of rotas, who stands in for whom, and to begin drills, which call whoever is on duty.
    Duty,
    /// To see the site's configuration with all that was ever in force.
    ReadConfiguration,
    /// To try a configuration on the past: it costs time, and changes nothing.
    Try,
    /// To change the site's configuration.
    Configure,
    /// To let agents join and revoke their certificates, to settle whose an agent is, and try messages again that could not be read.
    Maintain,
    /// To see and change who may do what: people, their sessions, tokens.
    People,
    /// To see who did, read or was refused what.
    Audit,
}

impl Permission {
    /// Every permission, from the least to the most.
    pub const ALL: [Self; 13] = [
        Self::Own,
        Self::Beat,
        Self::Services,
        Self::Look,
        Self::LookBehind,
        Self::Alarms,
        Self::Duty,
        Self::ReadConfiguration,
        Self::Try,
        Self::Configure,
        Self::Maintain,
        Self::People,
        Self::Audit,
    ];

    /// The word in documents and answers.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Own => "own",
            Self::Beat => "beat",
            Self::Services => "services",
            Self::Look => "look",
            Self::LookBehind => "look-behind",
            Self::Alarms => "alarms",
            Self::Duty => "duty",
            Self::ReadConfiguration => "read-configuration",
            Self::Try => "try",
            Self::Configure => "configure",
            Self::Maintain => "maintain",
            Self::People => "people",
            Self::Audit => "audit",
        }
    }

    /// What it allows, for people.
    pub const fn says(self) -> &'static str {
        match self {
            Self::Own => "see who one is, change one's password and second factor, end one's sessions",
            Self::Beat => "say that a job ran",
            Self::Services => "see services, their availability and reports",
            Self::Look => "see rooms, readings and alarms",
            Self::LookBehind => "see agents, unread messages and figures of the alarms",
            Self::Alarms => {
                "acknowledge, reset, shelve alarms, take them out of service, say that work is in progress"
            }
            Self::Duty => "make, change and take back overrides of rotas, begin drills",
            Self::ReadConfiguration => "see the site's configuration and its history",
            Self::Try => "try a configuration on the past",
            Self::Configure => "change the site's configuration",
            Self::Maintain => {
                "let agents join and revoke them, settle whose an agent is, try unread messages again"
            }
            Self::People => "see and change people, their sessions and tokens",
            Self::Audit => "see and export who did, read or was refused what",
        }
    }

    /// Whether it can be limited to rooms: what it shows is of one room each.
    pub const fn is_by_room(self) -> bool {
        matches!(self, Self::Own | Self::Services | Self::Look | Self::Alarms)
    }
}
