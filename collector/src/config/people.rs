//! `[people]`: what somebody needs to log in. It stands in the file and not on a screen, so that whoever has taken an administrator's session cannot
//! take the second factor from everybody else.

use plenum_core::authority::Role;
use serde::de::Error;
use serde::{Deserialize, Deserializer};

use crate::people::SingleSignOnConfig;

/// What somebody needs to log in.
#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PeopleConfig {
    /// Roles whose people need a second factor; whoever of them has none can set one up and do nothing else.
    #[serde(deserialize_with = "roles")]
    pub second_factor: Vec<Role>,
    /// The provider that lets people in beside their passwords here.
    pub single_sign_on: Option<SingleSignOnConfig>,
}

fn roles<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<Role>, D::Error> {
    let words = Vec::<String>::deserialize(deserializer)?;
    let roles = words.iter().map(|word| word.parse().map_err(Error::custom));
    roles.collect()
}

#[cfg(test)]
mod tests {
    use super::super::Config;
    use super::*;

    #[test]
    fn roles_are_named_as_everywhere() {
        let read = |text: &str| Config::parse("collector.toml", text);
        assert_eq!(read("").unwrap().people.second_factor, []);
        let roles = read("[people]\nsecond_factor = [\"administrator\", \"auditor\"]").unwrap();
        assert_eq!(roles.people.second_factor, [Role::Administrator, Role::Auditor]);
        let wrong = read("\n[people]\nsecond_factor = [\"admin\"]")
            .unwrap_err()
            .to_string();
        assert!(wrong.contains("`admin` is not a valid role"), "{wrong}");
        assert!(wrong.contains("collector.toml:3"), "{wrong}");
    }
}
