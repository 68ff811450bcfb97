//! The log over a real journal: what is told comes into it once, outlives the journal, and whatever is done to it is named.

use std::net::IpAddr;

use plenum_core::authority::Actor;
use plenum_core::fact::Deed;
use plenum_link::Stopwatch;
use plenum_protocol::clock::SimulatedClock;
use plenum_protocol::{Duration, Timestamp};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rusqlite::Connection;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::database::keys::Place;
use crate::database::{self, Database};
use crate::journal::{Claim, Options};

/// For a commit on a busy disk.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(60);

struct Fixture {
    folder: tempfile::TempDir,
    clock: SimulatedClock,
}

/// A log that is kept, until it is stopped.
struct Kept {
    audit: Audit,
    stop: CancellationToken,
    keeper: tokio::task::JoinHandle<Result<(), JournalError>>,
}

impl Fixture {
    fn new() -> Self {
        Self {
            folder: tempfile::tempdir().unwrap(),
            clock: SimulatedClock::new(Timestamp::from_milliseconds(1_750_000_000_000)),
        }
    }

    async fn open(&self) -> Kept {
        let (folder, clock) = (self.folder.path().to_owned(), self.clock.clone());
        let open = move || {
            let claim = Claim::take(&folder).unwrap();
            let database = Database::open(&folder.join("plenum.db"), &database::PLENUM).unwrap();
            Journal::open(claim, database, Arc::new(clock), Options::default()).unwrap()
        };
        let journal = tokio::task::spawn_blocking(open).await.unwrap();
        let keys = Keys::at(Place::own(self.folder.path()), true);
        let opened = Audit::open(self.folder.path(), journal, Arc::new(self.clock.clone()), &keys);
        let (audit, keeper) = opened.await.unwrap();
        let stop = CancellationToken::new();
        let keeper = tokio::spawn(keeper.run(stop.clone()));
        Kept { audit, stop, keeper }
    }

    /// A deed of somebody's.
    fn deed(&self, random: &mut StdRng) -> Audited {
        Audited {
            at: self.clock.now(),
            by: Actor::Person(random.random_range(1..9)),
            from: Some(IpAddr::from([192, 0, 2, random.random()])),
            deed: Deed::ALL[random.random_range(0..Deed::ALL.len())],
            on: random.random_range(0..50).to_string(),
            status: [200, 204, 403, 422, 500][random.random_range(0..5)],
            times: 1,
        }
    }

    /// A log of a thousand random deeds, closed again.
    async fn thousand(&self) -> PublicKey {
        let kept = self.open().await;
        let mut random = StdRng::seed_from_u64(7);
        for number in 0..1_000 {
            let audited = self.deed(&mut random);
            let begun = match number % 3 {
                0 => Some(kept.audit.begin(&audited).await.unwrap()),
                _ => None,
            };
            kept.audit.end(begun, audited).await.unwrap();
        }
        kept.wait_for(1_000).await;
        let key = kept.audit.public_key();
        assert_eq!(kept.flaws(self).await, []);
        kept.close().await;
        key
    }

    /// What whoever has the database alone does to it.
    fn tamper(&self, sql: &str) {
        let connection = Connection::open(self.folder.path().join("plenum.db")).unwrap();
        connection.execute_batch(sql).unwrap();
    }

    /// What is found in the log afterwards.
    async fn found(&self) -> Vec<Flaw> {
        let kept = self.open().await;
        let flaws = kept.flaws(self).await;
        kept.close().await;
        flaws
    }
}

impl Kept {
    /// Until so many lines are there.
    async fn wait_for(&self, lines: u64) {
        let watch = Stopwatch::start();
        while watch.elapsed() < PATIENCE {
            let newest = self.audit.before(u64::MAX >> 1, 1).await.unwrap();
            if newest.first().is_some_and(|line| line.number >= lines) {
                return;
            }
            tokio::task::yield_now().await;
        }
        panic!("the log does not come to line {lines}");
    }

    async fn export(&self) -> String {
        let (mut all, mut export) = (String::new(), self.audit.export().await.unwrap());
        while let Some(piece) = export.next().await.unwrap() {
            all += &piece;
        }
        all
    }

    async fn flaws(&self, fixture: &Fixture) -> Vec<Flaw> {
        let mut verifier = Verifier::default();
        let head = std::fs::read_to_string(fixture.folder.path().join("audit.head")).unwrap();
        verifier.witness(&head);
        self.export().await.lines().for_each(|line| verifier.take(line));
        verifier.finish(&self.audit.public_key())
    }

    async fn close(self) {
        self.stop.cancel();
        self.keeper.await.unwrap().unwrap();
    }
}

#[tokio::test]
async fn of_a_thousand_deeds_whatever_is_changed_dropped_swapped_or_cut_is_named() {
    let fixture = Fixture::new();
    fixture.thousand().await;
    for (sql, back, flaw) in [
        (
            "update audit set line = cast(replace(line, '\"times\":1', '\"times\":2') as blob) where number = 321",
            "update audit set line = cast(replace(line, '\"times\":2', '\"times\":1') as blob) where number = 321",
            vec![Flaw::Changed { number: 321 }],
        ),
        (
            "create table taken as select * from audit where number = 400; delete from audit where number = 400",
            "insert into audit select * from taken; drop table taken",
            vec![Flaw::Missing { from: 400, to: 400 }],
        ),
        (
            "update audit set number = -1 where number = 500; update audit set number = 500 where number = 900;
             update audit set number = 900 where number = -1",
            "update audit set number = -1 where number = 500; update audit set number = 500 where number = 900;
             update audit set number = 900 where number = -1",
            vec![
                Flaw::Moved {
                    place: 500,
                    holds: 900,
                },
                Flaw::Moved {
                    place: 900,
                    holds: 500,
                },
            ],
        ),
    ] {
        fixture.tamper(sql);
        assert_eq!(fixture.found().await, flaw, "{sql}");
        fixture.tamper(back);
        assert_eq!(fixture.found().await, [], "{back}");
    }
    // With its checkpoints: the file beside the database knows.
    fixture.tamper("delete from audit where number > 990; delete from audit_checkpoint where number > 990");
    let cut = Flaw::Cut { from: 991, to: 1_000 };
    assert_eq!(fixture.found().await, [cut]);
    // What is told from now on does not close the gap.
    let kept = fixture.open().await;
    let mut random = StdRng::seed_from_u64(8);
    kept.audit.end(None, fixture.deed(&mut random)).await.unwrap();
    kept.wait_for(1_001).await;
    let missing = Flaw::Missing { from: 991, to: 1_000 };
    assert_eq!(kept.flaws(&fixture).await, [missing]);
    kept.close().await;
}

#[tokio::test]
async fn any_one_byte_of_an_export_is_named_with_its_line() {
    let fixture = Fixture::new();
    let key = fixture.thousand().await;
    let kept = fixture.open().await;
    let export = kept.export().await;
    kept.close().await;
    let mut random = StdRng::seed_from_u64(9);
    let lines: Vec<&str> = export.lines().collect();
    for _ in 0..200 {
        let (index, bit) = (random.random_range(0..1_000), random.random_range(0..7));
        let mut bytes = lines[index].as_bytes().to_vec();
        let place = random.random_range(0..bytes.len());
        bytes[place] ^= 1 << bit;
        let changed = String::from_utf8(bytes).unwrap();
        let mut verifier = Verifier::default();
        for (at, line) in lines.iter().enumerate() {
            verifier.take(if at == index { &changed } else { line });
        }
        let (flaws, number) = (verifier.finish(&key), index as u64 + 1);
        let named = flaws.iter().any(|flaw| match flaw {
            Flaw::Changed { number: found } => *found == number || *found == number + 1,
            Flaw::Missing { from, to } => (*from..=*to).contains(&number),
            Flaw::Unreadable { line } => *line == number,
            _ => false,
        });
        assert!(named, "line {number}, byte {place}: {changed}\n{flaws:?}");
    }
}

#[tokio::test]
async fn whoever_writes_all_of_it_anew_has_no_key() {
    let fixture = Fixture::new();
    let key = fixture.thousand().await;
    let kept = fixture.open().await;
    let mut lines: Vec<(Line, line::Hash)> = Vec::new();
    let mut checkpoints = Vec::new();
    for text in kept.export().await.lines() {
        match line::without_hash(text) {
            Some((bytes, hash)) => lines.push((Line::read(&bytes).unwrap(), hash)),
            None => checkpoints.push(text.to_owned()),
        }
    }
    kept.close().await;
    // From line 700 on all hashes are those of other lines.
    lines[699].0.audited.by = Actor::Monitor;
    let mut before = line::GENESIS;
    let mut verifier = Verifier::default();
    for (line, hash) in &mut lines {
        *hash = line::link(&before, &line::digest(&line.bytes()));
        before = *hash;
        verifier.take(&line::with_hash(&line.bytes(), hash));
    }
    checkpoints.iter().for_each(|line| verifier.take(line));
    let flaws = verifier.finish(&key);
    let rewritten = |flaw: &Flaw| matches!(flaw, Flaw::Rewritten { from, to } if *from <= 700 && *to >= 700);
    assert!(flaws.iter().any(rewritten), "{flaws:?}");
    // Signed by another key.
    let elsewhere = tempfile::tempdir().unwrap();
    let keys = Keys::at(Place::own(elsewhere.path()), true);
    let other = Key::open(elsewhere.path(), &keys).unwrap();
    let mut verifier = Verifier::default();
    let forged = checkpoint::Checkpoint::sign(&other, (1_000, before), fixture.clock.now());
    verifier.take(&forged.text());
    assert_eq!(verifier.finish(&key), [Flaw::Signature { number: 1_000 }]);
}

#[tokio::test]
async fn what_was_begun_when_the_program_ended_is_told_at_the_next_start() {
    let fixture = Fixture::new();
    let mut random = StdRng::seed_from_u64(1);
    let kept = fixture.open().await;
    let audited = fixture.deed(&mut random);
    let begun = kept.audit.begin(&audited).await.unwrap();
    drop(begun);
    kept.close().await;
    let kept = fixture.open().await;
    kept.wait_for(1).await;
    let lines = kept.audit.before(u64::MAX >> 1, 10).await.unwrap();
    let told: Vec<&Audited> = lines.iter().map(|line| &line.audited).collect();
    assert_eq!(told, [&Audited { status: 0, ..audited }]);
    kept.close().await;
}

#[tokio::test]
async fn a_keeper_that_ends_anywhere_writes_each_line_once_and_the_journal_may_let_go() {
    let fixture = Fixture::new();
    let mut random = StdRng::seed_from_u64(2);
    for round in 0..20_u64 {
        let kept = fixture.open().await;
        for _ in 0..5 {
            kept.audit.end(None, fixture.deed(&mut random)).await.unwrap();
        }
        if round % 2 == 0 {
            kept.keeper.abort();
            let _ = kept.keeper.await;
        } else {
            kept.wait_for((round + 1) * 5).await;
            while kept.audit.journal.trim().await.unwrap() > 0 {}
            kept.close().await;
        }
    }
    assert_eq!(fixture.found().await, []);
    let kept = fixture.open().await;
    kept.wait_for(100).await;
    assert_eq!(kept.audit.before(u64::MAX >> 1, 1_000).await.unwrap().len(), 100);
    kept.close().await;
}

#[tokio::test]
async fn what_comes_again_is_one_line_with_its_number() {
    let fixture = Fixture::new();
    let kept = fixture.open().await;
    let refused = Audited {
        status: 401,
        ..fixture.deed(&mut StdRng::seed_from_u64(3))
    };
    for _ in 0..500 {
        kept.audit.tell(refused.clone()).await.unwrap();
    }
    fixture
        .clock
        .advance_to(fixture.clock.now() + Duration::from_minutes(2));
    kept.wait_for(2).await;
    let lines = kept.audit.before(u64::MAX >> 1, 10).await.unwrap();
    let times: Vec<u32> = lines.iter().map(|line| line.audited.times).collect();
    assert_eq!(times, [499, 1]);
    kept.close().await;
}

#[tokio::test]
async fn a_period_is_read_by_its_index_and_what_cannot_be_read_is_in_none() {
    let fixture = Fixture::new();
    let kept = fixture.open().await;
    let (mut random, begin) = (StdRng::seed_from_u64(4), fixture.clock.now());
    for _ in 0..50 {
        kept.audit.end(None, fixture.deed(&mut random)).await.unwrap();
        fixture
            .clock
            .advance_to(fixture.clock.now() + Duration::from_minutes(1));
    }
    // Written down later than what came after it, as what takes long is.
    let early = Audited {
        at: begin + Duration::from_minutes(10),
        ..fixture.deed(&mut random)
    };
    kept.audit.end(None, early).await.unwrap();
    kept.wait_for(51).await;
    let period = (
        begin + Duration::from_minutes(10),
        begin + Duration::from_minutes(13),
    );
    let numbers = async |kept: &Kept| {
        let (mut numbers, mut after) = (Vec::new(), None);
        while let [line] = kept.audit.between(period, after, 1).await.unwrap().as_slice() {
            numbers.push(line.number);
            after = Some((line.audited.at, line.number));
        }
        numbers
    };
    assert_eq!(numbers(&kept).await, [11, 51, 12, 13]);
    kept.close().await;
    fixture.tamper("update audit set line = x'00' where number = 12");
    let kept = fixture.open().await;
    assert_eq!(numbers(&kept).await, [11, 51, 13]);
    let plan = |connection: &Connection| table::plan_of_a_period(connection);
    let plan = kept.audit.journal.database().read(plan).await.unwrap();
    assert!(plan.contains("using index audit_at"), "{plan}");
    kept.close().await;
}
