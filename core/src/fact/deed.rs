//! What somebody can do that is answered for: each operation of the API that changes something, and those that show what concerns people and customers.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// Makes the enum, its list and its words from one table.
macro_rules! deeds {
    ($($(#[$each:meta])* $variant:ident = $word:literal,)+) => {
        /// What was done or tried.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "&'static str")]
        pub enum Deed {
            $($(#[$each])* $variant,)+
        }

        impl Deed {
            /// Every deed.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The word in journal, audit log and API.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)+
                }
            }
        }
    };
}

deeds! {
    /// Showing a password.
    LogIn = "log-in",
    /// Coming to the API with a session or token, or from a page: told where it is refused.
    Enter = "enter",
    /// Looking at something: told where it is refused and nothing else tells of it.
    Look = "look",
    /// Showing the code of a second factor.
    EnterCode = "enter-code",
    /// Going to the provider of single sign-on.
    BeginSignOn = "begin-sign-on",
    /// Coming back from it.
    SignOn = "sign-on",
    /// Ending the session that asks.
    LogOut = "log-out",
    /// Making the first administrator with the one-time link.
    CreateFirst = "create-first",
    /// Looking at an invitation with its link.
    LookAtInvitation = "look-at-invitation",
    /// Setting a password with the link of an invitation.
    AcceptInvitation = "accept-invitation",
    /// Acknowledging an alarm with the link of a message.
    AnswerByLink = "answer-by-link",
    /// Answer alarms in a service that was told of them.
    AnswerByService = "answer-by-service",
    /// Answering an alarm by a text message.
    AnswerByText = "answer-by-text",
    /// Changing one's own password.
    ChangePassword = "change-password",
    /// Ending one of one's own sessions.
    EndOwnSession = "end-own-session",
    /// Beginning to set one's second factor up.
    BeginSecondFactor = "begin-second-factor",
    /// Turning one's second factor on.
    ConfirmSecondFactor = "confirm-second-factor",
    /// Making one's recovery codes anew.
    RenewRecoveryCodes = "renew-recovery-codes",
    /// Turning one's second factor off.
    EndSecondFactor = "end-second-factor",
    /// Putting a configuration of the site in force.
    ApplySite = "apply-site",
    /// Putting an earlier configuration in force again.
    RollBackSite = "roll-back-site",
    /// Trying a configuration on the past.
    TrySite = "try-site",
    /// Acknowledging an alarm.
    Acknowledge = "acknowledge",
    /// Acknowledging all alarms of an incident.
    AcknowledgeIncident = "acknowledge-incident",
    /// Giving an alarm back.
    GiveBack = "give-back",
    /// Giving the alarms of an incident back.
    GiveBackIncident = "give-back-incident",
    /// Passing an incident on.
    PassOnIncident = "pass-on-incident",
    /// Resetting a latched alarm.
    ResetAlarm = "reset-alarm",
    /// Shelving an alarm.
    Shelve = "shelve",
    /// Ending a shelving.
    Unshelve = "unshelve",
    /// Taking an alarm out of service.
    TakeOutOfService = "take-out-of-service",
    /// Returning an alarm to service.
    ReturnToService = "return-to-service",
    /// Noting something about an incident.
    NoteIncident = "note-incident",
    /// Taking an incident as a file.
    ExportIncident = "export-incident",
    /// Saying that work is done or planned, and which alarms it may cause.
    BeginWork = "begin-work",
    /// Ending work.
    EndWork = "end-work",
    /// Writing a text message on a telephone of the demonstration.
    WriteText = "write-text",
    /// Making an override of a rota.
    MakeOverride = "make-override",
    /// Changing an override.
    ChangeOverride = "change-override",
    /// Taking an override back.
    TakeBackOverride = "take-back-override",
    /// Sending oneself a test over every channel.
    TestPage = "test-page",
    /// Beginning a drill of the alarm chain.
    BeginDrill = "begin-drill",
    /// Giving the feed of one's duties an address.
    MakeDutyFeed = "make-duty-feed",
    /// Taking that address back.
    EndDutyFeed = "end-duty-feed",
    /// Settling whose an agent is.
    ResolveAgent = "resolve-agent",
    /// Having an agent show which host it is.
    IdentifyAgent = "identify-agent",
    /// Making a code with which an agent joins.
    EnrollAgent = "enroll-agent",
    /// Ending an agent's certificates and its code.
    RevokeAgent = "revoke-agent",
    /// Joining with a code: by the agent, at the broker.
    JoinAgent = "join-agent",
    /// Renewing a certificate: by the agent, at the broker.
    RenewCertificate = "renew-certificate",
    /// Coming to the broker with a certificate.
    ShowCertificate = "show-certificate",
    /// Letting another authority of agents follow the present one.
    RotateAuthority = "rotate-authority",
    /// Saying that a sensor is gone for good.
    RetireSensor = "retire-sensor",
    /// Saying that a job ran, begins or failed.
    Beat = "beat",
    /// Trying unread messages again.
    RetryLetters = "retry-letters",
    /// Inviting somebody.
    Invite = "invite",
    /// Changing what somebody may do.
    ChangePerson = "change-person",
    /// Taking somebody's password away.
    ResetPerson = "reset-person",
    /// Taking somebody's second factor away.
    ResetSecondFactor = "reset-second-factor",
    /// Logging somebody out everywhere.
    EndSessions = "end-sessions",
    /// Taking all that is kept about somebody as a file.
    ExportPerson = "export-person",
    /// Erasing somebody.
    ErasePerson = "erase-person",
    /// Giving a token out.
    GiveToken = "give-token",
    /// Taking a token back.
    RevokeToken = "revoke-token",
    /// Opening the key under which secrets lie, at a start.
    OpenKey = "open-key",
    /// Sealing what lay in clear, or under a key before.
    SealAnew = "seal-anew",
    /// Changing the key under which secrets lie.
    RotateKey = "rotate-key",
    /// Looking at services: what customers are told of.
    ReadServices = "read-services",
    /// Looking at a service's availability.
    ReadAvailability = "read-availability",
    /// Taking a service's report.
    ReadReport = "read-report",
    /// Looking at people and what they may do.
    ReadPeople = "read-people",
    /// Looking at tokens.
    ReadTokens = "read-tokens",
    /// Looking at the audit log.
    ReadAudit = "read-audit",
    /// Looking up who saw what of people.
    ReadSeen = "read-seen",
    /// Taking the audit log as a file.
    ExportAudit = "export-audit",
}

/// A word that is not a deed: a later program's, perhaps.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not a valid deed")]
pub struct DeedError(String);

impl Deed {
    /// Whether it changes nothing.
    pub const fn only_reads(self) -> bool {
        matches!(
            self,
            Self::ReadServices
                | Self::ReadAvailability
                | Self::ReadReport
                | Self::ReadPeople
                | Self::ReadTokens
                | Self::ReadAudit
                | Self::ReadSeen
                | Self::ExportAudit
                | Self::ExportPerson
                | Self::ExportIncident
        )
    }

    /// Whether its answer shows who people are or what they did: of everybody, or of the one whom it is on.
    pub const fn shows_people(self) -> bool {
        matches!(
            self,
            Self::ReadPeople
                | Self::ExportPerson
                | Self::Invite
                | Self::ChangePerson
                | Self::ResetPerson
                | Self::ReadTokens
                | Self::ReadAudit
                | Self::ReadSeen
                | Self::ExportAudit
                | Self::ExportIncident
        )
    }

    /// Whether it is on a person, by their number.
    pub const fn is_on_a_person(self) -> bool {
        matches!(
            self,
            Self::Invite
                | Self::LookAtInvitation
                | Self::ChangePerson
                | Self::ResetPerson
                | Self::ResetSecondFactor
                | Self::EndSessions
                | Self::ReadPeople
                | Self::ExportPerson
                | Self::ErasePerson
        )
    }

    /// Whether what is the same again within a while is counted, and not a line each: whoever only looks or knocks fills no log.
    pub const fn is_counted(self) -> bool {
        self.only_reads() || matches!(self, Self::BeginSignOn | Self::Beat)
    }

    /// Whether no operation of the API does it: the monitor itself does, an agent at the broker, or whoever writes to the modem.
    pub const fn is_of_no_operation(self) -> bool {
        matches!(
            self,
            Self::OpenKey
                | Self::SealAnew
                | Self::JoinAgent
                | Self::RenewCertificate
                | Self::ShowCertificate
                | Self::Enter
                | Self::Look
                | Self::AnswerByText
        )
    }

    /// Whether whoever is refused comes again by itself: a screen, a program with an old token, an agent that was revoked. It is told once an hour.
    pub const fn comes_again(self) -> bool {
        matches!(
            self,
            Self::Enter | Self::Look | Self::Beat | Self::ShowCertificate | Self::RenewCertificate
        )
    }

    /// Whether it is done even where it cannot be written down first: an alarm is answered although the disk takes nothing.
    pub const fn is_about_alarms(self) -> bool {
        matches!(
            self,
            Self::Acknowledge
                | Self::AcknowledgeIncident
                | Self::GiveBack
                | Self::GiveBackIncident
                | Self::PassOnIncident
                | Self::AnswerByLink
                | Self::AnswerByService
                | Self::AnswerByText
                | Self::ResetAlarm
                | Self::Shelve
                | Self::Unshelve
                | Self::TakeOutOfService
                | Self::ReturnToService
        )
    }
}

impl fmt::Display for Deed {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.pad(self.as_str())
    }
}

impl FromStr for Deed {
    type Err = DeedError;
    fn from_str(word: &str) -> Result<Self, DeedError> {
        let found = Self::ALL.iter().find(|deed| deed.as_str() == word);
        found
            .copied()
            .ok_or_else(|| DeedError(word.chars().take(80).collect()))
    }
}

impl TryFrom<String> for Deed {
    type Error = DeedError;
    fn try_from(word: String) -> Result<Self, DeedError> {
        word.parse()
    }
}

impl From<Deed> for &'static str {
    fn from(deed: Deed) -> Self {
        deed.as_str()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_deed_is_its_word_and_no_other() {
        for deed in Deed::ALL {
            assert_eq!(deed.as_str().parse(), Ok(*deed));
        }
        let mut words: Vec<&str> = Deed::ALL.iter().map(|deed| deed.as_str()).collect();
        words.sort_unstable();
        words.dedup();
        assert_eq!(words.len(), Deed::ALL.len());
        assert!("".parse::<Deed>().is_err() && "log-on".parse::<Deed>().is_err());
    }
}
