//! The rows of people, sessions and tokens in `plenum.db`: statements alone, each a function of a connection, so that one commit can hold several.

pub(super) mod invitation;
pub(super) mod person;
pub(super) mod second;
pub(super) mod session;
pub(super) mod sign_on;
pub(super) mod token;
