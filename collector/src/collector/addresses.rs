//! Keeps where people are reached up to date: what was set for a person counts at once, before what collector.toml says of them, and also once a
//! revision of the site begins to name them.

use std::sync::Arc;

use plenum_core::site::Site;
use plenum_link::Shutdown;
use plenum_protocol::{Clock, Duration};
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::Collector;
use crate::notify::channels::{self, Address};
use crate::notify::courier::{Courier, CourierOptions};
use crate::people::{People, PeopleError, Reached};

/// How long after a look that failed the next is tried.
const RETRY: Duration = Duration::from_seconds(10);

/// Keeps them from now on, for the first message too.
pub(crate) async fn keep(
    parts: &Collector,
    (ways, courier): (watch::Sender<CourierOptions>, Arc<Courier>),
    clock: &Arc<dyn Clock>,
    shutdown: &Shutdown,
) {
    let mut keeper = Keeper {
        people: parts.people.clone(),
        site: parts.alarms.site(),
        ways,
        courier,
        clock: clock.clone(),
    };
    keeper.look().await;
    shutdown.spawn("people's addresses", keeper.run(shutdown.token()));
}

struct Keeper {
    people: Arc<People>,
    site: watch::Receiver<Arc<Site>>,
    ways: watch::Sender<CourierOptions>,
    courier: Arc<Courier>,
    clock: Arc<dyn Clock>,
}

impl Keeper {
    /// Keeps them until told to stop.
    async fn run(mut self, stop: CancellationToken) {
        let mut changed = self.people.addresses_changed();
        loop {
            changed.borrow_and_update();
            let failed = !self.look().await;
            tokio::select! {
                () = stop.cancelled() => return,
                Ok(()) = changed.changed() => {}
                Ok(()) = self.site.changed() => {}
                () = self.clock.sleep(RETRY), if failed => {}
                else => return,
            }
        }
    }

    /// Looks where people are reached; false where that cannot be looked up.
    async fn look(&mut self) -> bool {
        let site = self.site.borrow_and_update().clone();
        let looked = self.people.addresses().await;
        match &looked {
            Ok(all) => self.set(of_site(&site, all)),
            Err(error) => tracing::error!(%error, "where people are reached cannot be looked up"),
        }
        looked.is_ok()
    }

    fn set(&self, stored: Vec<Address>) {
        self.ways.send_if_modified(|options| {
            let is_new = options.stored != stored;
            options.stored = stored;
            is_new
        });
        self.courier.write_to(&self.ways.borrow());
    }
}

/// Whoever of them the site writes to, as it names them. A kind that this version does not know waits for one that does.
fn of_site(site: &Site, all: &[(String, Reached)]) -> Vec<Address> {
    let known = all.iter().filter_map(|(name, reached)| {
        Some(Address {
            person: site.person(name)?.id.clone(),
            key: channels::address_kind(&reached.kind)?.key,
            address: reached.address.clone(),
        })
    });
    known.collect()
}

/// Whether somebody can be reached there, as collector.toml is checked; an empty address takes one away.
pub(super) fn check(reached: &Reached) -> Result<(), PeopleError> {
    let Some(kind) = channels::address_kind(&reached.kind) else {
        let known: Vec<&str> = channels::address_kinds().map(|kind| kind.key).collect();
        return Err(PeopleError::AddressKind {
            kind: reached.kind.chars().take(80).collect(),
            known: known.join(", "),
        });
    };
    match (kind.check)(&reached.address) {
        Err((wrong, instead)) if !reached.address.is_empty() => Err(PeopleError::Address {
            address: reached.address.chars().take(80).collect(),
            wrong,
            instead,
        }),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use plenum_link::SystemClock;

    use super::*;
    use crate::config::Config;
    use crate::open;
    use crate::people::PersonChange;

    const SITE: &str = "[site]\nid = \"zaandam\"\nname = \"Zaandam\"\nzone = \"Europe/Amsterdam\"\n\
        [[person]]\nid = \"anna\"\nname = \"Anna Visser\"\n[[person]]\nid = \"bert\"\nname = \"Bert\"\n";

    fn at(address: &str) -> Reached {
        Reached {
            kind: "email".to_owned(),
            address: address.to_owned(),
        }
    }

    #[test]
    fn an_address_is_of_whom_the_site_has_under_the_name_that_they_log_in_with() {
        let site: Site = toml::from_str(SITE).unwrap();
        let pigeon = Reached {
            kind: "pigeon".to_owned(),
            ..at("roof")
        };
        let all = [
            ("Anna visser", at("a@example.org")),
            ("BERT", at("b@example.org")),
        ];
        let others = [("carl", at("c@example.org")), ("anna", pigeon)];
        let all = all.into_iter().chain(others);
        let all: Vec<_> = all.map(|(name, reached)| (name.to_owned(), reached)).collect();
        let known: Vec<_> = of_site(&site, &all)
            .into_iter()
            .map(|address| format!("{} {}", address.person, address.address))
            .collect();
        assert_eq!(known, ["anna a@example.org", "bert b@example.org"]);
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_is_set_for_somebody_counts_at_once_before_the_file_and_after_a_reload() {
        // reqwest takes whichever provider the process has; a second call changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let folder = tempfile::tempdir().unwrap();
        let text = format!(
            "data = {:?}\n[broker]\nlisten = \"127.0.0.1:0\"\n[[address]]\nperson = \"anna\"\nemail = \"anna@example.org\"\n",
            folder.path().join("data").display().to_string()
        );
        let config = Config::parse("collector.toml", &text).unwrap();
        let (clock, shutdown) = (SystemClock::shared(), Shutdown::new());
        let opened = open::open(&config, Some(SITE.to_owned()), clock, &shutdown)
            .await
            .unwrap();
        let serving = opened.serve(&config, "http://plenum".to_owned(), &shutdown);
        let (collector, _broker, mut reload) = serving.await.unwrap();
        let anna = collector.people.number_of("anna").await.unwrap().unwrap();
        let mut ways = collector.ways.clone();
        let first =
            |options: &CourierOptions| options.reached().next().map(|reached| reached.address.clone());
        for (set, counts) in [("a@example.net", "a@example.net"), ("", "anna@example.org")] {
            let change = PersonChange {
                reached: vec![at(set)],
                ..PersonChange::default()
            };
            collector.change_person(anna, change).await.unwrap();
            ways.wait_for(|options| first(options).as_deref() == Some(counts))
                .await
                .unwrap();
            reload.apply(config.clone()).await.unwrap();
            assert_eq!(first(&ways.borrow()).as_deref(), Some(counts));
        }
        let late = shutdown.finish(Duration::from_seconds(10), &SystemClock).await;
        assert_eq!(late, Vec::<String>::new());
    }
}
