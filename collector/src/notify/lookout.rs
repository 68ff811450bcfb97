//! Looks out for channels of the site that have no way to whom they are for, before the first alarm shows it: a person without an address, a channel
//! without its table, a priority that no message would leave for. Each is an alarm, `no-channel`, until collector.toml or the site is put right.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use plenum_core::fact::{Missing, Report, SystemKind};
use plenum_core::site::{Priority, Site};
use plenum_core::text::{Form, Language, monitor};
use plenum_protocol::{Clock, Duration, Steady, Timestamp};
use rusqlite::Connection;
use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::channels;
use super::ways::CourierOptions;
use crate::journal::{Group, Journal, condition};

const KIND: SystemKind = SystemKind::NoChannel;

/// How long something may be missing before it is an alarm: whoever sets a collector up has so long for it.
const PATIENCE: Duration = Duration::from_minutes(5);

/// How long after a commit that failed the next is tried.
const RETRY: Duration = Duration::from_seconds(10);

/// What has no way, by the subject of its alarm: `CHANNEL`, `CHANNEL/PERSON`, or the site where nobody at all is told of what is critical.
pub type Lacking = BTreeMap<String, Report>;

/// What the channels of a site lack in the tables of collector.toml. It is not tried whether what is there works: that is `delivery-failed`.
pub fn lacking(site: &Site, options: &CourierOptions) -> Lacking {
    let mut found = Lacking::new();
    let mut somebody = false;
    for channel in &site.channels {
        let mut lacks = |subject: String, missing: Missing| {
            found.insert(subject, Report::NoWay { missing });
        };
        let Some(kind) = channels::find(channel.kind.as_str()) else {
            let kind = channel.kind.to_string();
            lacks(channel.id.to_string(), Missing::Kind { kind });
            continue;
        };
        let serves = |table: &&channels::ChannelTable| {
            table.kind == kind.name && table.settings.channel().is_none_or(|only| *only == channel.id)
        };
        if !options.channels.iter().any(|table| serves(&table)) {
            let heading = kind.manual.heading.to_owned();
            lacks(channel.id.to_string(), Missing::Table { heading });
            continue;
        }
        let Some(address) = kind.address else {
            // Whoever is not in the building does not hear what sounds there.
            let reaches = !channels::is_in_the_building(kind.name);
            somebody |= reaches && channel.takes(Priority::Critical);
            continue;
        };
        for person in &channel.people {
            let has = |held: &channels::Address| held.person == *person && held.key == address.key;
            if options.reached().any(has) {
                somebody |= channel.takes(Priority::Critical);
            } else {
                let key = address.key.to_owned();
                lacks(format!("{}/{person}", channel.id), Missing::Address { key });
            }
        }
    }
    if !somebody {
        let priority = Priority::Critical;
        found.insert(site.site.id.to_string(), Report::NobodyTold { priority });
    }
    found
}

/// The same as sentences without their stops, in English: for the log and for `plenum check`.
pub fn sentences<'a>(
    site: &Site,
    lacking: &'a Lacking,
    now: Timestamp,
) -> impl Iterator<Item = String> + use<'a> {
    let form = Form::of(site, Language::English, now);
    lacking
        .iter()
        .map(move |(subject, report)| monitor::report(subject, report, &form))
}

/// Who looks, whenever the site or the settings change.
pub(crate) struct Lookout {
    pub(crate) journal: Journal,
    pub(crate) clock: Arc<dyn Clock>,
    pub(crate) site: watch::Receiver<Arc<Site>>,
    pub(crate) ways: watch::Receiver<CourierOptions>,
}

impl Lookout {
    /// Looks until told to stop.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut since = BTreeMap::new();
        loop {
            let site = self.site.borrow_and_update().clone();
            let found = lacking(&site, &self.ways.borrow_and_update());
            for sentence in sentences(&site, &found, self.clock.now()) {
                tracing::warn!("{sentence}");
            }
            note(&mut since, &found, self.clock.steady());
            loop {
                let now = self.clock.steady();
                let is_due = |subject: &String| since.get(subject).is_some_and(|at| *at + PATIENCE <= now);
                self.say(&found, is_due, &stop).await;
                let next = since
                    .values()
                    .map(|at| *at + PATIENCE)
                    .filter(|at| *at > now)
                    .min();
                tokio::select! {
                    () = stop.cancelled() => return,
                    Ok(()) = self.site.changed() => break,
                    Ok(()) = self.ways.changed() => break,
                    () = self.clock.sleep_until(next.unwrap_or(now)), if next.is_some() => {}
                    else => return,
                }
            }
        }
    }

    /// Writes down what ended, and what begins of what `is_due`; tried until it is written, for each is an alarm.
    async fn say(&self, found: &Lacking, is_due: impl Fn(&String) -> bool, stop: &CancellationToken) {
        loop {
            let mut due = found.clone();
            due.retain(|subject, _| is_due(subject));
            let found = found.clone();
            let say = move |connection: &Connection, group: &mut Group| {
                let held = condition::holding(connection, KIND)?;
                let held: BTreeSet<String> = held.into_iter().map(|held| held.subject).collect();
                for subject in held.iter().filter(|held| !found.contains_key(*held)) {
                    condition::say(connection, group, KIND, subject, Report::OVER)?;
                }
                for (subject, report) in due.iter().filter(|(subject, _)| !held.contains(*subject)) {
                    condition::say(connection, group, KIND, subject, report.clone())?;
                }
                Ok(())
            };
            let Err(error) = self.journal.append_with(say).await else {
                return;
            };
            tracing::error!(%error, "who cannot be reached cannot be written down; it is tried again");
            if stop.run_until_cancelled(self.clock.sleep(RETRY)).await.is_none() {
                return;
            }
        }
    }
}

/// Notes since when something is missing, each for itself: a site that is worked on makes nobody wait longer for what was missing before.
fn note(since: &mut BTreeMap<String, Steady>, found: &Lacking, now: Steady) {
    since.retain(|subject, _| found.contains_key(subject));
    for subject in found.keys() {
        since.entry(subject.clone()).or_insert(now);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Config;
    use crate::database::{self, Database};
    use crate::journal::{self, Claim};
    use plenum_core::site::parse;
    use plenum_protocol::clock::SimulatedClock;

    const SITE: &str = r#"
        [site]
        id = "test"
        name = "Test"
        zone = "Europe/Amsterdam"
        [[room]]
        id = "room-a"
        name = "Room A"
        [[person]]
        id = "anna"
        name = "Anna"
        [[person]]
        id = "bert"
        name = "Bert"
    "#;

    const MAIL: &str =
        "[smtp]\nhost = \"localhost\"\nport = 25\nsecurity = \"none\"\nfrom = \"a@example.org\"\n";
    const ANNA: &str = "[[address]]\nperson = \"anna\"\nemail = \"anna@example.org\"\n";

    #[test]
    fn whoever_a_channel_does_not_reach_is_named_before_the_first_alarm() {
        let check = |channels: &str, config: &str, expected: &[&str]| {
            let text = format!("{SITE}\n{channels}");
            let site = parse::parse("site.toml", &text, &channels::kinds()).unwrap().site;
            let config = Config::parse("collector.toml", config).unwrap();
            let found = lacking(&site, &config.courier());
            let said: Vec<_> = sentences(&site, &found, Timestamp::from_milliseconds(0)).collect();
            assert_eq!(said, expected);
        };
        let nobody = "no message of a critical alarm can reach anybody: no channel of the site that takes it has a way to whom it is for";
        let mail = "[[channel]]\nid = \"mail\"\nkind = \"email\"\npeople = [\"anna\", \"bert\"]";
        let bert = "channel mail cannot reach bert without the `email` of person `bert`: set it with `plenum user reach`, or as [[address]] in collector.toml";
        check("", "", &[nobody]);
        check(
            mail,
            "",
            &[
                "channel mail reaches nobody: collector.toml has no [smtp] for channel `mail`",
                nobody,
            ],
        );
        check(mail, &format!("{MAIL}{ANNA}"), &[bert]);
        check(
            &format!("{mail}\npriorities = [\"low\"]"),
            &format!("{MAIL}{ANNA}"),
            &[bert, nobody],
        );
        let ghost = "channel ops reaches nobody: collector.toml has no [[webhook]] for channel `ops`";
        let ops = "[[channel]]\nid = \"ops\"\nkind = \"webhook\"";
        check(ops, "", &[ghost, nobody]);
        // What sounds in the building is a way to nobody.
        let siren = "[[channel]]\nid = \"siren\"\nkind = \"relay\"";
        let table = "[[relay]]\nchannel = \"siren\"\nagent = \"test/pi-a1\"\noutput = \"siren\"\n";
        check(siren, table, &[nobody]);
    }

    /// A journal with the lookout's clock, and a site over which anna and bert are reached by mail.
    struct Rig {
        clock: SimulatedClock,
        journal: Journal,
        site: watch::Sender<Arc<Site>>,
        _folder: tempfile::TempDir,
    }

    fn site_with(people: &str) -> Arc<Site> {
        let text = format!("{SITE}\n[[channel]]\nid = \"mail\"\nkind = \"email\"\npeople = [{people}]");
        Arc::new(parse::parse("site.toml", &text, &channels::kinds()).unwrap().site)
    }

    fn ways(text: &str) -> CourierOptions {
        Config::parse("collector.toml", text).unwrap().courier()
    }

    impl Rig {
        async fn new(people: &str) -> Self {
            let folder = tempfile::tempdir().unwrap();
            let clock = SimulatedClock::new(Timestamp::from_milliseconds(0));
            let claim = Claim::take(folder.path()).unwrap();
            let (path, at) = (folder.path().join("plenum.db"), Arc::new(clock.clone()));
            let open = move || {
                let database = Database::open(&path, &database::PLENUM).unwrap();
                Journal::open(claim, database, at, journal::Options::default()).unwrap()
            };
            Self {
                clock,
                journal: tokio::task::spawn_blocking(open).await.unwrap(),
                site: watch::channel(site_with(people)).0,
                _folder: folder,
            }
        }

        fn lookout(&self, ways: watch::Receiver<CourierOptions>) -> Lookout {
            Lookout {
                journal: self.journal.clone(),
                clock: Arc::new(self.clock.clone()),
                site: self.site.subscribe(),
                ways,
            }
        }

        async fn held(&self) -> Vec<String> {
            let read = |connection: &Connection| condition::holding(connection, KIND);
            let held = self.journal.database().read(read).await.unwrap();
            held.into_iter().map(|held| held.subject).collect()
        }

        /// Waits until these are what is missing.
        async fn until_held(&self, expected: &[&str]) {
            for _ in 0..10_000 {
                if self.held().await == expected {
                    return;
                }
                tokio::task::yield_now().await;
            }
            assert_eq!(self.held().await, expected);
        }

        /// Changes something, and waits until the lookout has seen it: it ends what no site has at once.
        async fn change(&self, change: impl FnOnce()) {
            let report = Report::NobodyTold {
                priority: Priority::Low,
            };
            let begin = |connection: &Connection, group: &mut Group| {
                condition::say(connection, group, KIND, "no such way", report)
            };
            self.journal.append_with(begin).await.unwrap();
            change();
            while self.held().await.contains(&"no such way".to_owned()) {
                tokio::task::yield_now().await;
            }
        }
    }

    #[tokio::test]
    async fn what_was_missing_ends_when_it_is_there_after_a_restart_too() {
        let rig = Rig::new("\"anna\"").await;
        let whole = ways(&format!("{MAIL}{ANNA}"));
        for (before, after) in [(ways(""), ways(MAIL)), (ways(MAIL), whole)] {
            let (change, ways) = watch::channel(before);
            let stop = CancellationToken::new();
            let running = tokio::spawn(rig.lookout(ways).run(stop.clone()));
            let expected: Vec<String> = lacking(&rig.site.borrow(), &after).into_keys().collect();
            change.send_replace(after);
            while rig.held().await != expected {
                rig.clock.advance(PATIENCE);
                tokio::task::yield_now().await;
            }
            stop.cancel();
            running.await.unwrap();
        }
        assert!(rig.held().await.is_empty());
    }

    #[tokio::test]
    async fn each_way_that_is_missing_is_told_after_its_own_five_minutes() {
        let rig = Rig::new("\"anna\", \"bert\"").await;
        let (change, ways_seen) = watch::channel(ways(&format!("{MAIL}{ANNA}")));
        let (stop, mut running) = (CancellationToken::new(), None);
        rig.change(|| running = Some(tokio::spawn(rig.lookout(ways_seen).run(stop.clone()))))
            .await;
        rig.clock.advance(Duration::from_minutes(4));
        // Another revision, and anna's address is gone: bert's five minutes go on, hers begin.
        let others = site_with("\"bert\", \"anna\"");
        rig.change(|| drop(rig.site.send_replace(others))).await;
        rig.change(|| drop(change.send_replace(ways(MAIL)))).await;
        rig.until_held(&[]).await;
        rig.clock.advance(Duration::from_minutes(1));
        rig.until_held(&["mail/bert"]).await;
        rig.clock.advance(Duration::from_minutes(4));
        rig.until_held(&["mail/anna", "mail/bert", "test"]).await;
        stop.cancel();
        running.unwrap().await.unwrap();
    }
}
