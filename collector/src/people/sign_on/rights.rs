//! What somebody is here by what the provider says of them: their name, their groups, their second factor. Pure.

use plenum_core::authority::{Role, Scope};
use serde_json::{Map, Value};

use super::settings::{GroupConfig, SingleSignOnConfig};

/// Which claims say it, and what they mean here.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Rights {
    name: String,
    groups: String,
    amr: Vec<String>,
    acr: Vec<String>,
    always: bool,
    table: Vec<GroupConfig>,
}

impl Rights {
    pub(super) fn of(config: &SingleSignOnConfig) -> Self {
        Self {
            name: config.name_claim.clone(),
            groups: config.groups_claim.clone(),
            amr: config.second_factor_amr.clone(),
            acr: config.second_factor_acr.clone(),
            always: config.second_factor_always,
            table: config.groups.clone(),
        }
    }

    /// The claim that names people.
    pub(super) fn name_claim(&self) -> &str {
        &self.name
    }

    /// How they are called there.
    pub(super) fn name<'a>(&self, claims: &'a Map<String, Value>) -> Option<&'a str> {
        claims.get(&self.name)?.as_str()
    }

    /// What their groups make them: the first of the table that they are in.
    pub(super) fn role(&self, claims: &Map<String, Value>) -> Option<(Role, Scope)> {
        let theirs = words(claims, &self.groups);
        let found = self
            .table
            .iter()
            .find(|known| theirs.contains(&known.group.as_str()));
        found.map(|group| (group.role, group.scope.clone()))
    }

    /// Whether somebody can be this by a group of the table.
    pub(super) fn gives(&self, role: Role, scope: &Scope) -> bool {
        let mut groups = self.table.iter();
        groups.any(|group| group.role == role && group.scope == *scope)
    }

    /// Whether they have shown a second factor there.
    pub(super) fn shows_second_factor(&self, claims: &Map<String, Value>) -> bool {
        let shows = |claim: &str, known: &[String]| {
            let said = words(claims, claim);
            known.iter().any(|known| said.contains(&known.as_str()))
        };
        self.always || shows("amr", &self.amr) || shows("acr", &self.acr)
    }
}

/// The words of a claim that has one or a list of them; what is something else says nothing.
fn words<'a>(claims: &'a Map<String, Value>, name: &str) -> Vec<&'a str> {
    match claims.get(name) {
        Some(Value::String(one)) => vec![one],
        Some(Value::Array(several)) => several.iter().filter_map(Value::as_str).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn group(group: &str, role: Role, rooms: &[&str]) -> GroupConfig {
        GroupConfig {
            group: group.to_owned(),
            role,
            scope: Scope {
                rooms: rooms.iter().map(|room| room.parse().unwrap()).collect(),
                customers: Vec::new(),
            },
        }
    }

    fn rights() -> Rights {
        Rights {
            name: "email".to_owned(),
            groups: "https://id.example.org/groups".to_owned(),
            amr: vec!["mfa".to_owned(), "hwk".to_owned()],
            acr: vec!["gold".to_owned()],
            always: false,
            table: vec![
                group("plenum-admin", Role::Administrator, &[]),
                group("duty", Role::Operator, &[]),
                group("room-a", Role::Viewer, &["room-a"]),
            ],
        }
    }

    #[test]
    fn the_first_group_of_the_table_counts() {
        let check = |groups: Value, expected: Option<(Role, bool)>| {
            let claims = json!({"https://id.example.org/groups": groups, "groups": ["plenum-admin"]});
            let found = rights().role(claims.as_object().unwrap());
            assert_eq!(
                found.map(|(role, scope)| (role, scope.is_by_room())),
                expected,
                "{claims}"
            );
        };
        check(json!(["x", "room-a"]), Some((Role::Viewer, true)));
        check(json!(["room-a", "duty"]), Some((Role::Operator, false)));
        check(json!("plenum-admin"), Some((Role::Administrator, false)));
        for none in [
            json!([]),
            json!(null),
            json!("Duty"),
            json!(["plenum-admin "]),
            json!([["duty"]]),
            json!({"duty": true}),
            json!(7),
        ] {
            check(none, None);
        }
    }

    #[test]
    fn a_second_factor_is_what_the_file_says_that_it_is() {
        let shows = |claims: Value| rights().shows_second_factor(claims.as_object().unwrap());
        assert!(shows(json!({"amr": ["pwd", "mfa"]})) && shows(json!({"acr": "gold"})));
        assert!(
            !shows(json!({"amr": ["pwd"], "acr": "mfa"}))
                && !shows(json!({"acr": "Gold"}))
                && !shows(json!({}))
        );
        let always = Rights {
            always: true,
            ..rights()
        };
        assert!(always.shows_second_factor(&Map::new()));
    }

    #[test]
    fn a_name_is_a_text() {
        let name = |claims: Value| rights().name(claims.as_object().unwrap()).map(str::to_owned);
        assert_eq!(
            name(json!({"email": "sanne@example.org"})).as_deref(),
            Some("sanne@example.org")
        );
        assert_eq!(name(json!({"email": ["sanne"]})), None);
        assert_eq!(name(json!({"name": "sanne"})), None);
    }
}
