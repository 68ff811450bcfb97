//! Who did something, and what someone may do: by their role, and within their scope. Whoever asks whether something is allowed asks here.

mod actor;
mod directory;
mod permission;
mod role;
mod scope;

pub use actor::{Actor, MONITOR};
pub use directory::{Called, Directory, Unknown};
pub use permission::Permission;
pub use role::{Role, RoleError};
pub use scope::{Scope, ScopeError};
