//! Why somebody was not let in, or a person, session or token not given or changed.

use std::fmt;

use plenum_core::authority::ScopeError;
use plenum_protocol::Duration;

use super::RefusedError;
use crate::database::DatabaseError;
use crate::database::keys::KeyError;

/// Where the site still names somebody who is to be erased.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Receiver {
    /// As the site names them.
    pub id: String,
    /// The channels that write to them.
    pub channels: Vec<String>,
    /// Those of the channels that would reach nobody without them.
    pub last_of: Vec<String>,
}

impl fmt::Display for Receiver {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            channels,
            last_of,
        } = self;
        let listed = |all: &[String]| all.join("`, `");
        write!(formatter, "`{id}` is a [[person]] of site.toml")?;
        if !channels.is_empty() {
            write!(formatter, " and is written to over `{}`", listed(channels))?;
        }
        formatter.write_str(": take them out there and apply it (`plenum site apply`), then erase")?;
        if !last_of.is_empty() {
            let last = listed(last_of);
            write!(
                formatter,
                "; nobody else is reached over `{last}`, so name somebody there first"
            )?;
        }
        Ok(())
    }
}

/// Why not.
#[derive(Debug, thiserror::Error)]
pub enum PeopleError {
    /// The name or the password is wrong; which of both is not told.
    #[error("the name or the password is wrong")]
    Wrong,
    /// Too many attempts failed.
    #[error("too many attempts failed: wait {} s", after.milliseconds().div_euclid(1_000) + 1)]
    Locked {
        /// Try again after this.
        after: Duration,
    },
    /// A code of the second factor is wrong, or was used.
    #[error(
        "the code is wrong or was used already: type the next one that the phone shows, or a recovery code that was not used"
    )]
    Code,
    /// A code that is another time's.
    #[error(
        "this code is of another time: the phone's clock is about {} min {} the collector's; set the one that is wrong, then type the next code",
        (ahead.milliseconds().abs() + 30_000) / 60_000, if ahead.milliseconds() > 0 { "ahead of" } else { "behind" }
    )]
    Astray {
        /// How far the phone's clock is ahead.
        ahead: Duration,
    },
    /// The password was right too long ago, or too many codes were wrong since.
    #[error("this log-in took too long, or too many codes were wrong: begin again with name and password")]
    Challenge,
    /// There is a second factor.
    #[error("the second factor is on already; turn it off to set it up anew")]
    HasSecondFactor,
    /// There is no second factor.
    #[error("no second factor is set up")]
    NoSecondFactor,
    /// Whoever is logged in would take their own away without showing anything.
    #[error(
        "this is your own second factor: turn it off with your password and a code; for a lost phone there are recovery codes, another administrator, \
         and `plenum user reset-second` on the server"
    )]
    OwnSecondFactor,
    /// Nobody has begun to set one up in this session, or too long ago.
    #[error(
        "setting the second factor up took longer than 15 min or more than five codes, or was not begun here: begin again"
    )]
    NoEnrolment,
    /// The first link was used, is too old or was never given out.
    #[error("the one-time link was used or is too old: a start without an account prints a new one")]
    FirstLink,
    /// An invitation was used, is too old, was replaced or was never given out.
    #[error("the one-time link was used, replaced or is too old: ask an administrator for a new one")]
    Invitation,
    /// The name or the new password is not accepted.
    #[error(transparent)]
    Refused(#[from] RefusedError),
    /// The scope does not go with the role.
    #[error(transparent)]
    Scope(#[from] ScopeError),
    /// Somebody has the name, or one that looks like it.
    #[error("`{taken}` has this name or one that looks the same; take another")]
    Taken {
        /// Who has it.
        taken: String,
    },
    /// A kind of address that no channel has.
    #[error("`{kind}` is not a valid kind of address; known are {known}")]
    AddressKind {
        /// What was given.
        kind: String,
        /// What there is.
        known: String,
    },
    /// An address to which nothing can be sent.
    #[error("`{address}` {wrong}: {instead}")]
    Address {
        /// It.
        address: String,
        /// What is wrong with it.
        wrong: &'static str,
        /// What to write instead.
        instead: &'static str,
    },
    /// They are erased.
    #[error("person {0} is erased: nothing of them can be changed any more")]
    Erased(i64),
    /// They were never invited.
    #[error("`{0}` is written to and has no log-in: invite them under this name, with what they are to be")]
    NoLogIn(String),
    /// The site writes to them.
    #[error("{0}")]
    Receiver(Receiver),
    /// collector.toml says where they are reached.
    #[error(
        "collector.toml has an [[address]] of `{0}`: take it out there and reload (`systemctl reload plenum`), then erase"
    )]
    InFile(String),
    /// There would be nobody left who may do everything.
    #[error("this is the last administrator who can log in; make somebody else one first")]
    LastAdministrator,
    /// There is no such person.
    #[error("there is no person {0}")]
    NoPerson(i64),
    /// There is no such session.
    #[error("there is no session of yours with this name: it may have ended")]
    NoSession,
    /// There is no such token.
    #[error("there is no token {0}: it may have ended")]
    NoToken(i64),
    /// It ends before it begins, or too late.
    #[error("a token ends after now and within 366 days")]
    TokenEnd,
    /// Who comes by single sign-on has neither password nor second factor here.
    #[error(
        "whoever comes by single sign-on has no password and no second factor here: both are the provider's"
    )]
    SignsOn,
    /// They came by single sign-on too long ago for this.
    #[error("you logged in more than 10 min ago: log out, log in by single sign-on again, and end it then")]
    LongAgo,
    /// What somebody is who comes by single sign-on, their groups say.
    #[error(
        "what somebody may who comes by single sign-on follows from their groups at the provider: change those, or [[people.single_sign_on.group]]"
    )]
    RightsOfGroups,
    /// Programs have no password and no sessions.
    #[error("a token has no password and no sessions; log in as a person")]
    NotAPerson,
    /// A password could not be hashed.
    #[error("cannot hash a password: {0}")]
    Hash(String),
    /// What is sealed cannot be opened, or nothing sealed.
    #[error("codes of phones cannot be checked and none set up, for now; a recovery code still opens. {0}")]
    Key(#[from] KeyError),
    /// The database could not.
    #[error(transparent)]
    Database(#[from] DatabaseError),
}
