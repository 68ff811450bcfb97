//! The rows of people, sessions and tokens in `plenum.db`: statements alone, each a function of a connection, so that one commit can hold several.

pub(super) mod address;
pub(crate) mod feed;
pub(super) mod invitation;
pub(crate) mod person;
pub(super) mod second;
pub(crate) mod session;
pub(crate) mod sign_on;
pub(crate) mod token;
