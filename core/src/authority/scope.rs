//! To which part of the site somebody is limited.

use plenum_protocol::Identifier;
use serde::{Deserialize, Serialize};

use super::{Permission, Role};

/// Where somebody's rights end. An empty list limits nothing, but for a customer, who without a name sees nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scope {
    /// The rooms that a viewer or an operator is limited to.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rooms: Vec<Identifier>,
    /// Whose services a customer sees, as a service's `customer` in `site.toml` names them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub customers: Vec<String>,
}

/// A scope that does not go with a role.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum ScopeError {
    /// A customer of nobody.
    #[error("a customer needs the names of whose services it sees")]
    NoCustomer,
    /// Customers of somebody who is none.
    #[error("only the role customer is limited to customers")]
    Customers,
    /// Rooms of somebody who has the whole site.
    #[error("only viewers and operators are limited to rooms")]
    Rooms,
}

impl Scope {
    /// The whole site.
    pub const WHOLE: Self = Self {
        rooms: Vec::new(),
        customers: Vec::new(),
    };

    /// Whether somebody with this role can have it.
    ///
    /// # Errors
    /// It does not go with the role.
    pub fn check(&self, role: Role) -> Result<(), ScopeError> {
        match role {
            Role::Customer if self.customers.is_empty() => Err(ScopeError::NoCustomer),
            role if role != Role::Customer && !self.customers.is_empty() => Err(ScopeError::Customers),
            role if !role.may_have_rooms() && !self.rooms.is_empty() => Err(ScopeError::Rooms),
            _ => Ok(()),
        }
    }

    /// Whether it limits to rooms.
    pub fn is_by_room(&self) -> bool {
        !self.rooms.is_empty()
    }

    /// Whether what is in this room is within it; what is in none is only within the whole site.
    pub fn has_room(&self, room: Option<&Identifier>) -> bool {
        self.rooms.is_empty() || room.is_some_and(|room| self.rooms.contains(room))
    }

    /// Whether a service of this customer is within it for somebody with this role.
    pub fn has_customer(&self, role: Role, customer: &str) -> bool {
        role != Role::Customer || self.customers.iter().any(|own| own == customer)
    }

    /// Whether the permission can be limited as this is: one that shows the whole site is not given to who is limited to rooms.
    pub fn allows(&self, permission: Permission) -> bool {
        !self.is_by_room() || permission.is_by_room()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn scope(rooms: &[&str], customers: &[&str]) -> Scope {
        Scope {
            rooms: rooms.iter().map(|room| room.parse().unwrap()).collect(),
            customers: customers.iter().map(|&name| name.to_owned()).collect(),
        }
    }

    #[test]
    fn a_scope_goes_with_its_role() {
        let check = |role, rooms: &[&str], customers: &[&str]| scope(rooms, customers).check(role);
        assert_eq!(check(Role::Operator, &["a"], &[]), Ok(()));
        assert_eq!(check(Role::Administrator, &["a"], &[]), Err(ScopeError::Rooms));
        assert_eq!(check(Role::Viewer, &[], &["Bakker"]), Err(ScopeError::Customers));
        assert_eq!(check(Role::Customer, &[], &[]), Err(ScopeError::NoCustomer));
        assert_eq!(check(Role::Customer, &["a"], &["Bakker"]), Err(ScopeError::Rooms));
        assert_eq!(check(Role::Customer, &[], &["Bakker"]), Ok(()));
    }

    #[test]
    fn what_is_in_no_room_is_only_within_the_whole_site() {
        let room = "a".parse().unwrap();
        assert!(Scope::WHOLE.has_room(None) && Scope::WHOLE.has_room(Some(&room)));
        let limited = scope(&["a"], &[]);
        assert!(limited.has_room(Some(&room)));
        assert!(!limited.has_room(None) && !limited.has_room(Some(&"b".parse().unwrap())));
        assert!(limited.allows(Permission::Alarms) && !limited.allows(Permission::LookBehind));
    }

    #[test]
    fn a_customer_sees_its_own_services() {
        let own = scope(&[], &["Bakker"]);
        assert!(own.has_customer(Role::Customer, "Bakker"));
        assert!(!own.has_customer(Role::Customer, "bakker") && !own.has_customer(Role::Customer, ""));
        assert!(Scope::WHOLE.has_customer(Role::Viewer, "Bakker"));
        assert!(!Scope::WHOLE.has_customer(Role::Customer, "Bakker"));
    }
}
