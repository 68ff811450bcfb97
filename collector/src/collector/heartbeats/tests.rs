//! Jobs that run, do not run and are taken away; a start, and a clock that is set.

use super::*;
use crate::database::{self, Database};
use crate::journal::{self, Claim};
use plenum_core::site::parse;
use plenum_protocol::Timestamp;
use plenum_protocol::clock::SimulatedClock;

const SITE: &str = "[site]\nid = \"test\"\nname = \"Test\"\nzone = \"UTC\"\n";
const BACKUP: &str = "[[heartbeat]]\nid = \"backup\"\nname = \"Backup\"\nevery = \"24h\"\ngrace = \"2h\"\npriority = \"high\"\n";

fn site(jobs: &str) -> Arc<Site> {
    let text = format!("{SITE}{jobs}");
    Arc::new(parse::parse("site.toml", &text, &[]).unwrap().site)
}

struct Rig {
    clock: SimulatedClock,
    journal: Journal,
    site: watch::Sender<Arc<Site>>,
    _folder: tempfile::TempDir,
}

impl Rig {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let clock = SimulatedClock::new(Timestamp::from_milliseconds(1_700_000_000_000));
        let claim = Claim::take(folder.path()).unwrap();
        let (path, at) = (folder.path().join("plenum.db"), Arc::new(clock.clone()));
        let open = move || {
            let database = Database::open(&path, &database::PLENUM).unwrap();
            Journal::open(claim, database, at, journal::Options::default()).unwrap()
        };
        Self {
            clock,
            journal: tokio::task::spawn_blocking(open).await.unwrap(),
            site: watch::channel(site(BACKUP)).0,
            _folder: folder,
        }
    }

    /// A start: what an earlier run knew is read.
    async fn heartbeats(&self) -> Heartbeats {
        let own = Heartbeats::new(
            self.journal.clone(),
            Arc::new(self.clock.clone()),
            self.site.subscribe(),
        );
        own.load().await.unwrap();
        own.look().await.unwrap();
        own
    }

    async fn alarms(&self) -> Vec<String> {
        let read = |connection: &Connection| condition::holding(connection, KIND);
        let held = self.journal.database().read(read).await.unwrap();
        held.into_iter().map(|held| held.subject).collect()
    }

    /// Time goes by, and it is looked at.
    async fn pass(&self, own: &Heartbeats, by: Duration, expected: Standing) {
        self.clock.advance(by);
        own.look().await.unwrap();
        assert_eq!(own.list()[0].standing, expected);
        assert_eq!(!self.alarms().await.is_empty(), expected.is_alarm());
    }
}

const HOUR: Duration = Duration::from_hours(1);
const DAY: Duration = Duration::from_hours(24);

#[tokio::test]
async fn a_job_is_late_then_missed_and_its_next_run_ends_that() {
    let rig = Rig::new().await;
    let own = rig.heartbeats().await;
    rig.pass(&own, DAY, Standing::Awaited).await;
    own.beat("backup", Beat::Ran, "").await.unwrap();
    rig.pass(&own, HOUR, Standing::Well).await;
    rig.pass(&own, DAY, Standing::Late).await;
    rig.pass(&own, HOUR, Standing::Missed).await;
    own.beat("backup", Beat::Started, "").await.unwrap();
    rig.pass(&own, HOUR, Standing::Missed).await;
    own.beat("backup", Beat::Ran, "").await.unwrap();
    rig.pass(&own, Duration::ZERO, Standing::Well).await;
    own.beat("backup", Beat::Failed, "disk full\n").await.unwrap();
    rig.pass(&own, Duration::ZERO, Standing::Failed).await;
    assert_eq!(own.list()[0].row.why, "disk full");
    let unknown = own.beat("backups", Beat::Ran, "").await.unwrap_err().to_string();
    assert_eq!(unknown, "the site has no [[heartbeat]] `backups`");
}

#[tokio::test]
async fn a_start_knows_when_a_job_last_ran_and_gives_it_a_while_to_say_what_nobody_heard() {
    let rig = Rig::new().await;
    let own = rig.heartbeats().await;
    own.beat("backup", Beat::Ran, "").await.unwrap();
    let ran = own.list()[0].row.clone();
    rig.clock.advance(DAY + DAY);
    let own = rig.heartbeats().await;
    assert_eq!(
        (own.list()[0].standing, &own.list()[0].row),
        (Standing::Late, &ran)
    );
    rig.pass(&own, Duration::from_minutes(5), Standing::Missed).await;
    // What was told stands at the next start, and is not waited for again.
    let own = rig.heartbeats().await;
    rig.pass(&own, Duration::ZERO, Standing::Missed).await;
    own.beat("backup", Beat::Ran, "").await.unwrap();
    assert!(rig.alarms().await.is_empty());
}

#[tokio::test]
async fn a_clock_that_is_set_makes_nobody_late() {
    let rig = Rig::new().await;
    let own = rig.heartbeats().await;
    own.beat("backup", Beat::Ran, "").await.unwrap();
    for days in [400, -800] {
        rig.clock.step(Duration::from_hours(24 * days));
        rig.pass(&own, HOUR, Standing::Well).await;
    }
    rig.pass(&own, DAY, Standing::Missed).await;
}

#[tokio::test]
async fn what_the_site_has_no_more_is_over_and_forgotten() {
    let rig = Rig::new().await;
    let own = rig.heartbeats().await;
    rig.pass(&own, DAY + HOUR + HOUR, Standing::Missed).await;
    rig.site.send_replace(site(""));
    own.look().await.unwrap();
    assert!(rig.alarms().await.is_empty() && own.list().is_empty());
    // Placed again, it is awaited from then on.
    rig.site.send_replace(site(BACKUP));
    rig.pass(&own, Duration::ZERO, Standing::Awaited).await;
}

#[tokio::test]
async fn one_that_beats_in_a_loop_costs_no_commit_a_time() {
    let rig = Rig::new().await;
    let own = rig.heartbeats().await;
    own.beat("backup", Beat::Ran, "").await.unwrap();
    let first = own.list()[0].row.clone();
    rig.clock.advance(Duration::from_milliseconds(900));
    own.beat("backup", Beat::Ran, "").await.unwrap();
    assert_eq!(own.list()[0].row, first);
    rig.clock.advance(Duration::from_milliseconds(200));
    own.beat("backup", Beat::Ran, "").await.unwrap();
    assert_ne!(own.list()[0].row, first);
}
