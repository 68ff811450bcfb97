//! Who is who when it is shown: facts name people and programs by number, and each screen, message and report asks here for a name.

use std::fmt;

use super::Actor;

/// What a person is called now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Called<'a> {
    /// This.
    Name(&'a str),
    /// Nothing any more: who they were is erased.
    Erased,
}

/// Who is who. Whatever knows it is outside of this crate.
pub trait Directory: fmt::Debug + Send + Sync {
    /// What the person of a number is called.
    fn person(&self, number: i64) -> Option<Called<'_>>;
    /// What the token of a number was given out for.
    fn program(&self, number: i64) -> Option<&str>;
    /// Who had this name when an earlier program wrote it down.
    fn formerly(&self, name: &str) -> Option<i64>;

    /// The number of the person who did something, by whichever name or number a fact has them.
    fn number_of(&self, actor: &Actor) -> Option<i64> {
        match actor {
            Actor::Named(name) => self.formerly(name),
            other => other.person(),
        }
    }
}

/// A directory that knows nobody: for what says nothing of people.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unknown;

impl Directory for Unknown {
    fn person(&self, _: i64) -> Option<Called<'_>> {
        None
    }

    fn program(&self, _: i64) -> Option<&str> {
        None
    }

    fn formerly(&self, _: &str) -> Option<i64> {
        None
    }
}
