//! Whether `[people.single_sign_on]` fits with the rest of the file.

use std::sync::Arc;

use plenum_core::authority::Role;
use plenum_protocol::Clock;

use super::{BaseUrl, Config};
use crate::people::{HOME, SignOn, SignOnSettingsError, is_loopback};

/// What is wrong with the table as a whole.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SingleSignOnError {
    /// The provider would not know where to send people back to.
    #[error("single sign-on needs `base_url` in [http]: the provider sends people back there")]
    NoBaseUrl,
    /// The code would cross the network in clear.
    #[error("single sign-on needs a `base_url` with https: what the provider sends back lets somebody in")]
    InClear,
    /// It lets nobody in.
    #[error("single sign-on lets nobody in without a [[people.single_sign_on.group]]")]
    NoGroup,
    /// Nobody of the role would get in.
    #[error(
        "the role {0} needs a second factor: say what shows it in the provider's tokens (`second_factor_amr`, `second_factor_acr`), or that it asks \
         everybody for one (`second_factor_always`)"
    )]
    NoSecondFactor(Role),
}

impl Config {
    /// The provider that lets people in, if there is one. Reads the files that are named; asks nobody yet.
    ///
    /// # Errors
    /// A file cannot be read or used.
    pub fn sign_on(&self, clock: Arc<dyn Clock>) -> Result<Option<SignOn>, SignOnSettingsError> {
        let both = self
            .people
            .single_sign_on
            .as_ref()
            .zip(self.http.base_url.as_ref());
        let open = |(single, base_url): (_, &BaseUrl)| SignOn::new(single, base_url.at(HOME), clock);
        both.map(open).transpose()
    }

    /// What is wrong with single sign-on, if anything is.
    pub(super) fn check_single_sign_on(&self) -> Result<(), SingleSignOnError> {
        let Some(single) = &self.people.single_sign_on else {
            return Ok(());
        };
        let base_url = self.http.base_url.as_ref();
        let base_url = base_url.ok_or(SingleSignOnError::NoBaseUrl)?;
        if !base_url.is_https() && !is_loopback(base_url.host()) {
            return Err(SingleSignOnError::InClear);
        }
        if single.groups.is_empty() {
            return Err(SingleSignOnError::NoGroup);
        }
        match single.lacks_second_factor(&self.people.second_factor) {
            Some(role) => Err(SingleSignOnError::NoSecondFactor(role)),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HTTP: &str = "[http]\nbase_url = \"https://plenum.example.org\"\n";
    const PROVIDER: &str =
        "[people.single_sign_on]\nissuer = \"https://id.example.org\"\nclient_id = \"plenum\"\n";
    const GROUP: &str = "[[people.single_sign_on.group]]\ngroup = \"a\"\nrole = \"operator\"\n";

    #[track_caller]
    fn wrong(text: &str, expected: &str) {
        let error = Config::parse("collector.toml", text).unwrap_err().to_string();
        assert!(
            error.starts_with(&format!("collector.toml:{expected}")),
            "{error}"
        );
    }

    #[test]
    fn a_provider_and_a_group_are_enough() {
        let text = format!("{HTTP}{PROVIDER}{GROUP}rooms = [\"room-a\"]\n");
        let config = Config::parse("/etc/plenum/collector.toml", &text).unwrap();
        let config = config.people.single_sign_on.unwrap();
        assert_eq!(config.issuer.as_str(), "https://id.example.org");
        assert_eq!(
            (config.name_claim.as_str(), config.groups_claim.as_str()),
            ("preferred_username", "groups")
        );
        assert_eq!(
            (config.groups[0].role, config.groups[0].scope.is_by_room()),
            (Role::Operator, true)
        );
    }

    #[test]
    fn what_would_let_nobody_in_is_refused() {
        wrong(
            &format!("{PROVIDER}{GROUP}"),
            "1:1: single sign-on needs `base_url`",
        );
        let clear = HTTP.replace("https", "http");
        wrong(
            &format!("{clear}{PROVIDER}{GROUP}"),
            "3:1: single sign-on needs a `base_url` with https",
        );
        wrong(
            &format!("{HTTP}{PROVIDER}"),
            "3:1: single sign-on lets nobody in without",
        );
        wrong(
            &format!("{HTTP}{PROVIDER}{GROUP}customers = [\"Bakker\"]"),
            "6:1: only the role customer",
        );
        wrong(
            &format!("{HTTP}{PROVIDER}{GROUP}rol = \"viewer\""),
            "9:1: unknown field `rol`",
        );
        wrong(
            &format!("{HTTP}{PROVIDER}{}", GROUP.replace("operator", "boss")),
            "8:8: `boss` is not a valid role",
        );
        let demanded = "[people]\nsecond_factor = [\"operator\"]\n";
        let demanded = format!("{HTTP}{demanded}{PROVIDER}");
        wrong(
            &format!("{demanded}{GROUP}"),
            "5:1: the role operator needs a second factor",
        );
        for shown in [
            "second_factor_always = true",
            "second_factor_amr = [\"mfa\"]",
            "second_factor_acr = [\"gold\"]",
        ] {
            Config::parse("collector.toml", &format!("{demanded}{shown}\n{GROUP}")).unwrap();
        }
        let here = HTTP.replace("https://plenum.example.org", "http://127.0.0.1:8080");
        Config::parse("collector.toml", &format!("{here}{PROVIDER}{GROUP}")).unwrap();
    }
}
