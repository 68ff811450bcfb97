//! A running collector's parts, as the dashboard and the command line use them.

mod queues;

use std::sync::{Arc, OnceLock};

use tokio::sync::mpsc;

use crate::accounts::Accounts;
use crate::alarms::Alarms;
use crate::availability::Services;
use crate::database::Database;
use crate::history::History;
use crate::intake;
use crate::journal::Journal;
use crate::notify::courier;
use plenum_core::site::Site;

pub use queues::{Queue, Running};

/// The parts. Cheap to clone.
#[derive(Clone)]
pub struct Collector {
    /// `plenum.db`.
    pub database: Database,
    /// The one ordered log.
    pub journal: Journal,
    /// Time series.
    pub history: History,
    /// Services' availability.
    pub services: Services,
    /// What is asked of intake while it runs.
    pub intake: mpsc::Sender<intake::Command>,
    /// What intake counts.
    pub intake_counters: Arc<intake::Counters>,
    /// The agents as they stand.
    pub agents: intake::Agents,
    /// Alarms as they stand, their log, and what people do to them.
    pub alarms: Alarms,
    /// What the courier counts.
    pub deliveries: Arc<courier::Counters>,
    /// What there is to be seen once the doors are open.
    pub running: Arc<OnceLock<Running>>,
    /// Who may look and act.
    pub accounts: Arc<Accounts>,
}

impl Collector {
    /// The site configuration in force now.
    pub fn site(&self) -> Arc<Site> {
        self.alarms.site().borrow().clone()
    }
}
