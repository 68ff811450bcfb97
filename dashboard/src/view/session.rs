//! Who is logged in, and what logs in.

use plenum_collector::people::Identity;
use plenum_core::{authority, text};
use plenum_protocol::Identifier;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::schema;
use super::second_factor::SecondFactorStand;
use super::words::words;

words! {
    /// What somebody is here.
    Role {
        /// Looks.
        Viewer = "viewer",
        /// Looks, and answers alarms.
        Operator = "operator",
        /// Everything.
        Administrator = "administrator",
        /// Sees everything but people's affairs, and changes nothing.
        Auditor = "auditor",
        /// Sees its own services, and nothing else.
        Customer = "customer",
        /// Says that it ran, and sees nothing: a program elsewhere.
        Job = "job",
    }
}

words! {
    /// What somebody may do.
    Permission {
        /// See who one is, change one's password and second factor, end one's sessions.
        Own = "own",
        /// Say that a job ran.
        Beat = "beat",
        /// See services, their availability and reports.
        Services = "services",
        /// See rooms, readings and alarms.
        Look = "look",
        /// See agents, unread messages and figures of the alarms.
        LookBehind = "look-behind",
        /// Acknowledge, reset, shelve alarms, take them out of service, say that work is in progress.
        Alarms = "alarms",
        /// Make, change and take back overrides of rotas, begin drills.
        Duty = "duty",
        /// See the site's configuration and its history.
        ReadConfiguration = "read-configuration",
        /// Try a configuration on the past.
        Try = "try",
        /// Change the site's configuration.
        Configure = "configure",
        /// Settle whose an agent is, try unread messages again.
        Maintain = "maintain",
        /// See and change people, their sessions and tokens.
        People = "people",
        /// See and export who did, read or was refused what.
        Audit = "audit",
    }
}

words! {
    /// The language of the site's screens and messages.
    Language {
        /// English.
        English = "en",
        /// Dutch.
        Dutch = "nl",
    }
}

/// Who is logged in, and where.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Session {
    /// The person or program that asks.
    pub user: User,
    /// The site that this server watches.
    pub site: SiteName,
    /// This is the demonstration.
    pub demo: bool,
    /// The program's version.
    pub version: String,
}

/// A person with an account or a program with a token.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct User {
    /// The name that logs and acknowledgements carry.
    pub name: String,
    /// What they are here.
    pub role: Role,
    /// The rooms that they are limited to; empty for the whole site.
    #[schema(value_type = Vec<schema::Identifier>)]
    pub rooms: Vec<Identifier>,
    /// Whose services a customer sees; empty for everybody else.
    pub customers: Vec<String>,
    /// What they may do.
    pub permissions: Vec<Permission>,
    /// How their second factor stands; `off` for a program.
    pub second_factor: SecondFactorStand,
    /// They came by single sign-on: password and second factor are the provider's.
    pub single_sign_on: bool,
}

/// The site's name and how its screens are written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SiteName {
    /// The first part of every series.
    #[schema(value_type = schema::Identifier)]
    pub id: Identifier,
    /// Its name on screens.
    pub name: String,
    /// IANA time zone of its screens.
    pub zone: String,
    /// The language of its screens.
    pub language: Language,
}

/// A name and its password.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LogIn {
    /// The account's name.
    pub name: String,
    /// Its password.
    #[schema(format = Password)]
    pub password: String,
}

/// What makes the administrator's account.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct First {
    /// The one-time token that the first start printed.
    pub token: String,
    /// The account's name.
    pub name: String,
    /// Its password, 12 characters at least.
    #[schema(format = Password, min_length = 12)]
    pub password: String,
}

/// Whose one-time link is it?
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct LookAtInvitation {
    /// The link's token.
    pub token: String,
}

/// Who was invited.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Invited {
    /// The name that they will log in with.
    pub name: String,
    /// What they are here.
    pub role: Role,
}

/// What makes somebody's password.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptInvitation {
    /// The one-time link's token.
    pub token: String,
    /// Their password, 12 characters at least.
    #[schema(format = Password, min_length = 12)]
    pub password: String,
}

impl From<Identity> for User {
    fn from(identity: Identity) -> Self {
        let may = authority::Permission::ALL.into_iter();
        let permissions = may.filter(|permission| identity.may(*permission));
        Self {
            permissions: permissions.map(Into::into).collect(),
            second_factor: identity.second_factor.into(),
            single_sign_on: identity.signs_on,
            name: identity.name,
            role: identity.role.into(),
            rooms: identity.scope.rooms,
            customers: identity.scope.customers,
        }
    }
}

impl From<authority::Role> for Role {
    fn from(role: authority::Role) -> Self {
        match role {
            authority::Role::Viewer => Self::Viewer,
            authority::Role::Operator => Self::Operator,
            authority::Role::Administrator => Self::Administrator,
            authority::Role::Auditor => Self::Auditor,
            authority::Role::Customer => Self::Customer,
            authority::Role::Job => Self::Job,
        }
    }
}

impl From<Role> for authority::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Viewer => Self::Viewer,
            Role::Operator => Self::Operator,
            Role::Administrator => Self::Administrator,
            Role::Auditor => Self::Auditor,
            Role::Customer => Self::Customer,
            Role::Job => Self::Job,
        }
    }
}

impl From<authority::Permission> for Permission {
    fn from(permission: authority::Permission) -> Self {
        use authority::Permission as P;
        match permission {
            P::Own => Self::Own,
            P::Beat => Self::Beat,
            P::Services => Self::Services,
            P::Look => Self::Look,
            P::LookBehind => Self::LookBehind,
            P::Alarms => Self::Alarms,
            P::Duty => Self::Duty,
            P::ReadConfiguration => Self::ReadConfiguration,
            P::Try => Self::Try,
            P::Configure => Self::Configure,
            P::Maintain => Self::Maintain,
            P::People => Self::People,
            P::Audit => Self::Audit,
        }
    }
}

impl From<Language> for text::Language {
    fn from(language: Language) -> Self {
        match language {
            Language::English => Self::English,
            Language::Dutch => Self::Dutch,
        }
    }
}

impl From<text::Language> for Language {
    fn from(language: text::Language) -> Self {
        match language {
            text::Language::English => Self::English,
            text::Language::Dutch => Self::Dutch,
        }
    }
}
