//! Overrides that people make, change and take back, over a real file.

use plenum_core::duty::Moment;
use plenum_protocol::clock::SimulatedClock;

use tokio::sync::watch;

use super::*;
use crate::database;
use crate::journal::{self, Claim};

const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "Europe/Amsterdam"
[[person]]
id = "anna"
name = "Anna"
[[person]]
id = "bert"
name = "Bert"
[[person]]
id = "carla"
name = "Carla"
[[team]]
id = "t"
name = "T"
members = ["anna"]
[[rota]]
id = "r"
name = "R"
team = "t"
[[rota.layer]]
people = ["anna"]
every = "week"
hand_over = "mon 09:00"
start = "2026-01-05"
"#;

const NOW: &str = "2026-03-02T12:00:00Z";

pub(super) struct Rig {
    pub(super) duty: Duty,
    database: Database,
    pub(super) clock: SimulatedClock,
    pub(super) site: watch::Sender<Arc<Site>>,
    folder: tempfile::TempDir,
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

pub(super) fn asked(person: &str, from: &str, to: &str) -> Asked {
    Asked {
        rota: "r".parse().unwrap(),
        person: person.parse().unwrap(),
        from: Moment::Instant(at(from)),
        to: Moment::Instant(at(to)),
        why: String::new(),
    }
}

impl Rig {
    async fn start() -> Self {
        Self::start_with("").await
    }

    /// With this in the rota's layer.
    pub(super) async fn start_with(layer: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("plenum.db");
        let open = move || Database::open(&path, &database::PLENUM).unwrap();
        let database = tokio::task::spawn_blocking(open).await.unwrap();
        let clock = SimulatedClock::new(at(NOW));
        let site = watch::channel(Arc::new(toml::from_str(&format!("{SITE}{layer}")).unwrap())).0;
        let duty = Duty::open(database.clone(), Arc::new(clock.clone()), site.subscribe());
        Self {
            duty: duty.await.unwrap(),
            database,
            clock,
            site,
            folder,
        }
    }

    /// A journal over the same file.
    pub(super) async fn journal(&self) -> Journal {
        let (database, clock) = (self.database.clone(), Arc::new(self.clock.clone()));
        let claim = Claim::take(self.folder.path()).unwrap();
        let open = move || Journal::open(claim, database, clock, journal::Options::default()).unwrap();
        tokio::task::spawn_blocking(open).await.unwrap()
    }

    /// Who is on duty at these instants, now and after a restart.
    async fn check(&self, expected: &[(&str, &str)]) {
        let (database, clock) = (self.database.clone(), Arc::new(self.clock.clone()));
        let again = Duty::open(database, clock, self.site.subscribe()).await.unwrap();
        for duty in [&self.duty, &again] {
            for (when, person) in expected {
                let rota = "r".parse().unwrap();
                let found =
                    duty.with_plan(|plan| plan.on_duty(&rota, at(when)).map(|found| found.id.to_string()));
                assert_eq!(found.as_deref(), Some(*person), "{when}");
            }
        }
    }
}

#[tokio::test]
async fn a_later_override_beats_an_earlier_one_and_what_was_stays_when_one_is_changed_or_taken_back() {
    let rig = Rig::start().await;
    let mut changed = rig.duty.changed();
    let by = Actor::Person(3);
    let whole = asked("bert", NOW, "2026-03-03T00:00:00Z");
    let bert = rig.duty.make(whole, by.clone()).await.unwrap();
    let part = asked("carla", "2026-03-02T18:00:00Z", "2026-03-02T20:00:00Z");
    let carla = rig.duty.make(part, by.clone()).await.unwrap();
    assert!(changed.has_changed().unwrap());
    changed.mark_unchanged();
    let (noon, evening, night) = (
        "2026-03-02T12:00:00Z",
        "2026-03-02T19:00:00Z",
        "2026-03-02T23:00:00Z",
    );
    rig.check(&[(noon, "bert"), (evening, "carla"), (night, "bert")])
        .await;
    // Not begun: it counts for nothing any more.
    rig.duty.take_back(carla.number).await.unwrap();
    rig.check(&[(noon, "bert"), (evening, "bert")]).await;
    // Begun: it was Bert until now, and is Carla from now on.
    rig.clock.advance(Duration::from_hours(2));
    let instead = asked("carla", NOW, "2026-03-02T20:00:00Z");
    let instead = rig.duty.change(bert.number, instead, by).await.unwrap();
    assert!(instead.number > bert.number);
    rig.check(&[(noon, "bert"), (evening, "carla"), (night, "anna")])
        .await;
    rig.clock.advance(Duration::from_hours(4));
    rig.duty.take_back(instead.number).await.unwrap();
    rig.check(&[("2026-03-02T15:00:00Z", "carla"), (evening, "anna")])
        .await;
    assert_eq!(rig.duty.made().len(), 2);
}

#[tokio::test]
async fn what_is_over_or_cannot_be_made_leaves_everything_as_it_was() {
    let rig = Rig::start().await;
    let by = Actor::Person(3);
    let bert = rig
        .duty
        .make(asked("bert", NOW, "2026-03-02T13:00:00Z"), by.clone());
    let bert = bert.await.unwrap();
    let backwards = rig.duty.change(
        bert.number,
        asked("bert", NOW, "2026-03-02T11:00:00Z"),
        by.clone(),
    );
    assert!(matches!(
        backwards.await,
        Err(DutyError::Asked(AskedError::Empty { .. }))
    ));
    rig.check(&[("2026-03-02T12:30:00Z", "bert")]).await;
    rig.clock.advance(Duration::from_hours(1));
    let over = rig
        .duty
        .change(bert.number, asked("bert", NOW, "2026-03-02T15:00:00Z"), by);
    assert!(matches!(over.await, Err(DutyError::Over(_))));
    assert!(matches!(
        rig.duty.take_back(bert.number).await,
        Err(DutyError::Over(_))
    ));
    let none = rig.duty.take_back(OverrideNumber(99)).await;
    assert!(matches!(none, Err(DutyError::NoOverride(_))));
    rig.check(&[("2026-03-02T12:30:00Z", "bert"), ("2026-03-02T13:30:00Z", "anna")])
        .await;
}
