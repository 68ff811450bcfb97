//! A running collector's parts, as the dashboard and the command line use them.

use std::sync::Arc;

use tokio::sync::watch;

use crate::accounts::Accounts;
use crate::database::Database;
use crate::journal::Journal;
use crate::site::Site;

/// The parts. Cheap to clone.
#[derive(Clone)]
pub struct Collector {
    /// `plenum.db`.
    pub database: Database,
    /// The one ordered log.
    pub journal: Journal,
    /// Who may look and act.
    pub accounts: Arc<Accounts>,
    /// The site configuration in force; a new revision replaces it.
    pub site: watch::Receiver<Arc<Site>>,
}

impl Collector {
    /// The site configuration in force now.
    pub fn site(&self) -> Arc<Site> {
        self.site.borrow().clone()
    }
}
