//! What a later program wrote is never damage: it is kept, skipped, and said to be unknown.

use plenum_protocol::Duration;
use tokio_util::sync::CancellationToken;

use super::*;
use crate::history::History;
use crate::journal::encoding;

const COUNT_DAMAGED: &str = "select count(*) from journal_damaged";
const KEPT: &str = "select coalesce(group_concat(number, ' '), '') from (select number from journal_unknown order by number)";

/// Writes entries 1 to 6 as a later program would: 2 has a body of a later version, 4 a word that is unknown, 5 a frame of a later version.
async fn written_later(bench: &Bench) {
    let journal = bench.open().await;
    journal.append(vec![item(1)]).await.unwrap();
    let write = |connection: &rusqlite::Connection| {
        let blob: Vec<u8> =
            connection.query_row("select blob from journal where number = 1", [], |row| row.get(0))?;
        let mut before = frame::check(1, &blob, None)
            .ok()
            .and_then(|frame| frame.hash())
            .unwrap();
        let received = Timestamp::from_milliseconds(1_000_001);
        for number in 2..=6 {
            let mut body = encoding::encode(&[item(number as i64)]);
            match number {
                2 => body = vec![3, 1, 4, 1, 5],
                4 => {
                    let word = b"temperature";
                    let at = body.windows(word.len()).position(|part| part == word).unwrap();
                    body[at..at + word.len()].copy_from_slice(b"temperament");
                }
                _ => {}
            }
            let (mut blob, hash) = frame::seal_body(number, received, &body, &before);
            before = hash;
            if number == 5 {
                let end = blob.len() - 4;
                blob[0] = 2;
                let crc = crc32fast::hash(&blob[..end]);
                blob[end..].copy_from_slice(&crc.to_le_bytes());
            }
            connection.execute(
                "insert into journal values (?1, ?2)",
                rusqlite::params![number, blob],
            )?;
        }
        Ok(())
    };
    journal.database().write(write).await.unwrap();
}

async fn one<T: rusqlite::types::FromSql + Send + 'static>(journal: &Journal, sql: &'static str) -> T {
    let read = move |connection: &rusqlite::Connection| connection.query_row(sql, [], |row| row.get(0));
    journal.database().read(read).await.unwrap()
}

#[tokio::test]
async fn what_a_later_program_wrote_is_skipped_and_kept_once_when_it_goes() {
    let bench = Bench::new();
    written_later(&bench).await;
    for number in 7..=8 {
        // The chain goes on behind it, and holds at the next start.
        let journal = bench.open().await;
        assert_eq!(one::<u64>(&journal, COUNT_DAMAGED).await, 0);
        assert_eq!(journal.statistics().unknown, 3);
        assert_eq!(one::<String>(&journal, KEPT).await, "", "nothing is there twice");
        assert_eq!(journal.append(vec![item(number as i64)]).await.unwrap(), number);
    }
    let journal = bench.open().await;
    let entries = all(&journal, "r").await;
    assert_eq!(batches(&entries), [1, 3, 6, 7, 8]);
    assert!(shortened(&entries).is_empty(), "{:?}", shortened(&entries));
    let reader = journal.reader("r").await.unwrap();
    // Once with the frame of a later version as the last that goes: the chain begins anew behind it.
    for (through, gone) in [(5, 5), (8, 3)] {
        reader.advance(through).await.unwrap();
        assert_eq!(journal.trim().await.unwrap(), gone);
    }
    assert_eq!(one::<String>(&journal, KEPT).await, "2 4 5");
    drop((reader, journal));
    let journal = bench.open().await;
    assert_eq!(journal.append(vec![item(9)]).await.unwrap(), 9);
    assert!(shortened(&all(&journal, "s").await).is_empty());
}

#[tokio::test]
async fn the_history_has_a_gap_where_a_batch_could_not_be_read() {
    let bench = Bench::new();
    written_later(&bench).await;
    let journal = bench.open().await;
    let path = bench.folder.path().join("history.db");
    let clock = Arc::new(bench.clock.clone());
    let open = move || History::open(&path, clock).unwrap();
    let history = tokio::task::spawn_blocking(open).await.unwrap();
    let stop = CancellationToken::new();
    let task = tokio::spawn(history.clone().run(journal.clone(), stop.clone()));
    let done = async {
        while !history.is_ready() {
            tokio::task::yield_now().await;
        }
    };
    tokio::time::timeout(std::time::Duration::from_secs(20), done)
        .await
        .unwrap();
    let from = Timestamp::from_milliseconds(0);
    let read = history
        .readings(
            "s/a/t/temperature".parse().unwrap(),
            from,
            from + Duration::from_seconds(1),
            10,
        )
        .await
        .unwrap();
    let points: Vec<i64> = read.points.iter().map(|(at, _)| at.milliseconds()).collect();
    assert_eq!(points, [1, 3, 6]);
    let gaps: Vec<(i64, i64)> = read
        .gaps
        .iter()
        .filter(|gap| gap.why.contains("a later program"))
        .map(|gap| (gap.from.milliseconds(), gap.to.milliseconds()))
        .collect();
    assert_eq!(gaps, [(4, 6)], "until it is read again");
    stop.cancel();
    task.await.unwrap().unwrap();
}
