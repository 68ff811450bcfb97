//! Batches in streams: taken once, in order, acknowledged when durable; gaps and dead letters on the way.

use super::*;

#[tokio::test]
async fn a_batch_is_stored_once_and_acknowledged_also_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    for seq in [1, 2, 2, 4, 1, 3, 3, 4] {
        rig.batch("aa", seq, 1, 4).await;
    }
    rig.acknowledged("s/a", "aa", 4).await;
    assert_eq!(rig.readings().await, [1, 2, 3, 4]);
    assert_eq!(rig.count("batches_committed"), 4);
    let database = rig.ack_again().await.database;
    let mut rig = rig.restart().await;
    let ack = rig.ack("s/a").await;
    assert_eq!(ack.streams.get("aa"), Some(&4), "acknowledged at start");
    assert_eq!(ack.database, database);
    rig.batch("aa", 4, 1, 4).await;
    rig.batch("aa", 5, 1, 5).await;
    rig.acknowledged("s/a", "aa", 5).await;
    assert_eq!(rig.readings().await, [1, 2, 3, 4, 5]);
}

impl Rig {
    /// A duplicate makes intake repeat itself after a second at most.
    async fn ack_again(&mut self) -> Ack {
        self.batch("aa", 1, 1, 4).await;
        self.ack("s/a").await
    }
}

#[tokio::test]
async fn duplicates_are_answered_at_most_once_a_second() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    rig.batch("aa", 1, 1, 1).await;
    rig.acknowledged("s/a", "aa", 1).await;
    for marker in 1..=5 {
        rig.batch("aa", 1, 1, 1).await;
        rig.silent("s/a", marker).await;
    }
    rig.pass(1_000);
    rig.acknowledged("s/a", "aa", 1).await;
    assert_eq!(rig.count("batches_duplicate"), 5);
}

#[tokio::test]
async fn what_the_agent_no_longer_holds_is_a_gap_with_an_alarm_that_ends() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    rig.batch("aa", 1, 1, 9).await;
    rig.batch("aa", 6, 6, 9).await;
    rig.acknowledged("s/a", "aa", 6).await;
    let items = rig.items().await;
    let gaps: Vec<_> = items
        .iter()
        .filter_map(|item| match item {
            Item::Gap(gap) => Some((gap.sequence, gap.from.milliseconds(), gap.to.milliseconds())),
            _ => None,
        })
        .collect();
    assert_eq!(gaps, [((2, 5), START + 1_000, START + 6_000)]);
    assert_eq!(rig.conditions().await, [("gap", "s/a".to_owned(), true)]);
    rig.pass(11 * 60_000);
    rig.batch("aa", 7, 6, 9).await;
    rig.acknowledged("s/a", "aa", 7).await;
    rig.batch("aa", 8, 6, 9).await;
    rig.acknowledged("s/a", "aa", 8).await;
    assert_eq!(rig.conditions().await[1], ("gap", "s/a".to_owned(), false));
}

#[tokio::test]
async fn a_bad_record_goes_alone_and_a_bad_message_goes_whole() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    let at = START / 1_000;
    let mixed = format!(
        r#"[{{"bn":"s/a/","n":"inlet/temperature","u":"Cel","t":{at},"v":20}},{{"n":"inlet/warmth","t":{at},"v":1}}]"#
    );
    rig.send("s/a", "aa", [1, 1, 3], &mixed).await;
    rig.send("s/a", "aa", [2, 1, 3], "\u{1}binary").await;
    rig.batch("aa", 3, 1, 3).await;
    rig.acknowledged("s/a", "aa", 3).await;
    assert_eq!(rig.readings().await, [0, 3]);
    let letters = rig.letters().await;
    let known: Vec<_> = letters
        .iter()
        .map(|letter| (letter.whole, letter.position.clone()))
        .collect();
    assert_eq!(
        known,
        [
            (false, Some(("aa".to_owned(), 1))),
            (true, Some(("aa".to_owned(), 2)))
        ]
    );
    assert!(letters[0].reason.contains("warmth"), "{}", letters[0].reason);
    assert_eq!(rig.conditions().await, [("dead-letters", "s/a".to_owned(), true)]);
    let gap = |item: &Item| matches!(item, Item::Gap(gap) if gap.sequence == (2, 2) && gap.to.milliseconds() == START + 3_000);
    assert!(rig.items().await.iter().any(gap), "lost up to the next batch");

    let still = dead_letters::retry(&rig.journal, letters[1].id).await.unwrap();
    assert!(matches!(still, Retried::StillUnreadable(_)), "{still:?}");
    let id = letters[0].id;
    let repaired = format!(r#"{{"n":"inlet/temperature","u":"Cel","t":{},"v":1}}"#, at - 77);
    rig.repair(id, repaired).await;
    let retry = || dead_letters::retry(&rig.journal, id);
    let (one, other) = tokio::join!(retry(), retry());
    let both = [one.unwrap(), other.unwrap()];
    let stored = both
        .iter()
        .filter(|retried| matches!(retried, Retried::Stored { readings: 1, .. }));
    assert_eq!(stored.count(), 1, "two people at once store it once: {both:?}");
    assert!(both.contains(&Retried::Unknown), "{both:?}");
    assert_eq!(rig.readings().await, [0, 3, -77]);
    assert_eq!(
        dead_letters::retry(&rig.journal, id).await.unwrap(),
        Retried::Unknown
    );
    rig.delete_letter(letters[1].id).await;
    rig.silent("s/a", 1).await;
    assert_eq!(
        rig.conditions().await[1],
        ("dead-letters", "s/a".to_owned(), false)
    );
}

#[tokio::test]
async fn an_agent_with_too_many_dead_letters_is_stored_but_not_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::with(folder.path(), |options| options.dead_letters = 1_000).await;
    let rubbish = "x".repeat(1_500);
    rig.send("s/a", "aa", [1, 1, 9], &rubbish).await;
    rig.send("s/a", "aa", [2, 1, 9], &rubbish).await;
    rig.batch("bb", 1, 1, 1).await;
    rig.silent("s/a", 1).await;
    assert_eq!(rig.letters().await.len(), 1);
    assert_eq!(rig.readings().await, [1]);
    let id = rig.letters().await[0].id;
    rig.journal
        .database()
        .write(move |connection| dead_letters::delete(connection, id))
        .await
        .unwrap();
    let (done, told) = tokio::sync::oneshot::channel();
    rig.commands.send(Command::LettersChanged(done)).await.unwrap();
    told.await.unwrap();
    let ack = rig.ack("s/a").await;
    assert_eq!(
        (ack.streams.get("aa"), ack.streams.get("bb")),
        (Some(&1), Some(&1))
    );
}

#[tokio::test]
async fn a_batch_from_the_future_is_moved_as_a_whole_to_its_receipt_with_what_it_claimed() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    let at = START / 1_000;
    let records: Vec<String> = [at + 30, at + 3_600, at + 3_610]
        .iter()
        .map(|at| format!(r#"{{"n":"s/a/inlet/temperature","u":"Cel","t":{at},"v":20}}"#))
        .collect();
    rig.send("s/a", "aa", [1, 1, 2], &format!("[{}]", records.join(",")))
        .await;
    rig.acknowledged("s/a", "aa", 1).await;
    let items = rig.items().await;
    let found: Vec<_> = items
        .iter()
        .filter_map(|item| match item {
            Item::Batch(batch) => Some(&batch.readings),
            _ => None,
        })
        .flatten()
        .map(|reading| {
            let claimed = reading.claimed.map(|claimed| claimed.milliseconds() - START);
            (reading.at.milliseconds() - START, claimed)
        })
        .collect();
    let claimed = [30_000, 3_600_000, 3_610_000].map(Some);
    assert_eq!(
        found,
        [(-3_580_000, claimed[0]), (-10_000, claimed[1]), (0, claimed[2])]
    );
    rig.batch("aa", 2, 1, 2).await;
    rig.acknowledged("s/a", "aa", 2).await;
    rig.silent("s/a", 1).await;
    let about = "s/a".to_owned();
    assert_eq!(
        rig.conditions().await,
        [
            ("clock-ahead", about.clone(), true),
            ("clock-ahead", about, false)
        ]
    );
}

#[tokio::test]
async fn an_agent_that_stamps_forty_minutes_back_for_a_minute_has_a_clock_that_is_behind() {
    let folder = tempfile::tempdir().unwrap();
    let mut rig = Rig::start(folder.path()).await;
    let at = START / 1_000;
    for seq in 1..=8 {
        let stamp = if seq < 8 { at - 2_400 } else { at } + seq as i64 * 20;
        let record = format!(r#"[{{"n":"s/a/inlet/temperature","u":"Cel","t":{stamp},"v":20}}]"#);
        rig.send("s/a", "aa", [seq, 1, seq], &record).await;
        rig.acknowledged("s/a", "aa", seq).await;
        rig.clock.advance(Duration::from_seconds(20));
    }
    rig.silent("s/a", 1).await;
    let about = "s/a".to_owned();
    assert_eq!(
        rig.conditions().await,
        [
            ("clock-behind", about.clone(), true),
            ("clock-behind", about, false)
        ]
    );
}
