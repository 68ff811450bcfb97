//! Where people are reached, for whoever writes to them.

use tokio::sync::watch;

use super::{People, PeopleError, Reached, table};

impl People {
    /// Where everybody is reached as it was set for them, by the names that they log in with.
    pub async fn addresses(&self) -> Result<Vec<(String, Reached)>, PeopleError> {
        Ok(self.database.read(table::address::all).await?)
    }

    /// Has whoever goes by them look again.
    pub(crate) fn look_up_addresses(&self) {
        self.addresses.send_replace(());
    }

    /// Tells when that changes.
    pub fn addresses_changed(&self) -> watch::Receiver<()> {
        self.addresses.subscribe()
    }
}
