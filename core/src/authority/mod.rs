//! Who did something, and what someone may do: by their role, and within their scope. Whoever asks whether something is allowed asks here.

mod actor;
mod permission;
mod principal;
mod role;
mod scope;

pub use actor::{Actor, MONITOR};
pub use permission::Permission;
pub use principal::{Principal, PrincipalError};
pub use role::{Role, RoleError};
pub use scope::{Scope, ScopeError};
