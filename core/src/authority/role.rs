//! The six roles and what each may do.
//!
//! | | viewer | operator | administrator | auditor | customer | job |
//! |---|---|---|---|---|---|---|
//! | own | yes | yes | yes | yes | yes | yes |
//! | beat | | | yes | | | yes |
//! | services | yes | yes | yes | yes | its own | |
//! | look | yes | yes | yes | yes | | |
//! | look-behind | yes | yes | yes | yes | | |
//! | alarms | | yes | yes | | | |
//! | duty | | yes | yes | | | |
//! | read-configuration | | yes | yes | yes | | |
//! | try | | yes | yes | | | |
//! | configure, maintain, people | | | yes | | | |
//! | audit | | | yes | yes | | |

use std::fmt;
use std::str::FromStr;

use plenum_protocol::config_error::nearest;

use super::Permission;

/// What somebody is here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// Looks: a wall, a desk.
    Viewer,
    /// Is on duty: looks, and answers alarms.
    Operator,
    /// Everything.
    Administrator,
    /// Sees everything but people's affairs, and changes nothing.
    Auditor,
    /// Sees its own services, and nothing else.
    Customer,
    /// Says that it ran, as a backup does, and sees nothing: of a program elsewhere, whose token lies in a script.
    Job,
}

/// A word that is not a role: that of a later program, perhaps. Whoever has it may do nothing here.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{word}` is not a valid role; {suggestion}")]
pub struct RoleError {
    word: String,
    suggestion: String,
}

impl Role {
    /// Every role.
    pub const ALL: [Self; 6] = [
        Self::Viewer,
        Self::Operator,
        Self::Administrator,
        Self::Auditor,
        Self::Customer,
        Self::Job,
    ];

    /// The word in JSON, on the command line and in the database.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Viewer => "viewer",
            Self::Operator => "operator",
            Self::Administrator => "administrator",
            Self::Auditor => "auditor",
            Self::Customer => "customer",
            Self::Job => "job",
        }
    }

    /// Whether the role allows it at all; the scope may still limit to what.
    pub const fn may(self, permission: Permission) -> bool {
        use Permission as P;
        match permission {
            P::Own => true,
            P::Beat => matches!(self, Self::Administrator | Self::Job),
            P::Services => !matches!(self, Self::Job),
            P::Look | P::LookBehind => !matches!(self, Self::Customer | Self::Job),
            P::Alarms | P::Duty | P::Try => matches!(self, Self::Operator | Self::Administrator),
            P::ReadConfiguration => matches!(self, Self::Operator | Self::Administrator | Self::Auditor),
            P::Configure | P::Maintain | P::People => matches!(self, Self::Administrator),
            P::Audit => matches!(self, Self::Administrator | Self::Auditor),
        }
    }

    /// Whether a scope may limit it to rooms: who changes or checks the whole site is not limited to a part.
    pub const fn may_have_rooms(self) -> bool {
        matches!(self, Self::Viewer | Self::Operator)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = RoleError;
    fn from_str(word: &str) -> Result<Self, RoleError> {
        let known = Self::ALL.map(Self::as_str);
        let found = Self::ALL.into_iter().find(|role| role.as_str() == word);
        found.ok_or_else(|| RoleError {
            word: word.chars().take(80).collect(),
            suggestion: match nearest(word, known) {
                Some(meant) => format!("did you mean `{meant}`?"),
                None => format!("known are {}", known.join(", ")),
            },
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_that_is_not_known_gives_no_rights() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse(), Ok(role));
        }
        let error = "auditer".parse::<Role>().unwrap_err().to_string();
        assert_eq!(error, "`auditer` is not a valid role; did you mean `auditor`?");
        assert!("".parse::<Role>().is_err());
    }

    #[test]
    fn each_role_may_what_the_table_says() {
        let may = |role: Role| -> Vec<&str> {
            let all = Permission::ALL
                .into_iter()
                .filter(|permission| role.may(*permission));
            all.map(Permission::as_str).collect()
        };
        assert_eq!(may(Role::Viewer), ["own", "services", "look", "look-behind"]);
        assert_eq!(
            may(Role::Operator),
            [
                "own",
                "services",
                "look",
                "look-behind",
                "alarms",
                "duty",
                "read-configuration",
                "try"
            ]
        );
        assert_eq!(may(Role::Administrator).len(), Permission::ALL.len());
        assert_eq!(
            may(Role::Auditor),
            [
                "own",
                "services",
                "look",
                "look-behind",
                "read-configuration",
                "audit"
            ]
        );
        assert_eq!(may(Role::Customer), ["own", "services"]);
        assert_eq!(may(Role::Job), ["own", "beat"]);
    }
}
