//! Who asks: a person by a session, or a program by a token.

use plenum_core::authority::{Actor, Permission, Role, Scope};
use plenum_protocol::Identifier;

use super::{PersonNumber, SecondFactor, Token, TokenNumber};

/// Which person or program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Who {
    /// A person who has logged in.
    Person(PersonNumber),
    /// A program with a token.
    Program(TokenNumber),
}

/// Who asks, and what they may.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// Which.
    pub who: Who,
    /// The name that logs and acknowledgements carry.
    pub name: String,
    /// What they are here.
    pub role: Role,
    /// To what they are limited.
    pub scope: Scope,
    /// How their second factor stands.
    pub second_factor: SecondFactor,
    /// They come by single sign-on: password and second factor are the provider's.
    pub signs_on: bool,
}

impl Identity {
    /// Whether they may do this at all; to what they are limited is asked by [`Self::sees_room`] and [`Self::sees_customer`]. Whose second factor is
    /// missing may do what concerns themselves, and set it up.
    pub fn may(&self, permission: Permission) -> bool {
        let is_whole = self.second_factor != SecondFactor::Missing || permission == Permission::Own;
        is_whole && self.role.may(permission) && self.scope.allows(permission)
    }

    /// Whether what is in this room concerns them; what is in none concerns whoever has the whole site.
    pub fn sees_room(&self, room: Option<&Identifier>) -> bool {
        self.scope.has_room(room)
    }

    /// Whether a service of this customer concerns them.
    pub fn sees_customer(&self, customer: &str) -> bool {
        self.scope.has_customer(self.role, customer)
    }

    /// As facts name them.
    pub fn actor(&self) -> Actor {
        match self.who {
            Who::Person(number) => Actor::Person(number.0),
            Who::Program(number) => Actor::Program(number.0),
        }
    }

    /// Which person; none for a program.
    pub fn person(&self) -> Option<PersonNumber> {
        match self.who {
            Who::Person(number) => Some(number),
            Who::Program(_) => None,
        }
    }
}

impl From<Token> for Identity {
    fn from(token: Token) -> Self {
        Self {
            who: Who::Program(token.number),
            name: token.name,
            role: token.role,
            scope: token.scope,
            second_factor: SecondFactor::Off,
            signs_on: false,
        }
    }
}
