//! A damaged history.db: what is known is shown, what is not is said, and what comes is stored.

use plenum_core::fact::{Report, SystemKind};

use super::*;

impl Rig {
    /// Four days of eight series, sealed.
    async fn filled() -> Self {
        let rig = Self::new().await;
        for hour in 0..96 {
            let mut readings = Vec::new();
            for minute in 0..60 {
                for index in 0..8 {
                    let at = START + (hour * 60 + minute) * 60_000;
                    let mixed = (at as u64 + index as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
                    let mixed = (mixed ^ (mixed >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
                    readings.push((index, at, Ok((mixed >> 40) as f64 / 1_000.0)));
                }
            }
            rig.append(vec![batch(&readings)]).await;
        }
        rig.caught_up().await;
        rig.history().seal_all().await.unwrap();
        rig
    }

    fn file(&self) -> std::path::PathBuf {
        self.folder.path().join("history.db")
    }

    /// The file's bytes with everything in them, while nobody has it open.
    async fn bytes(&mut self) -> Vec<u8> {
        self.stop().await;
        std::fs::read(self.file()).unwrap()
    }

    /// What the journal says of damage, when the next look is over.
    async fn said(&self) -> Vec<(bool, String)> {
        let mut reader = self.journal().reader("test").await.unwrap();
        for _ in 0..3 {
            self.clock.advance(Duration::from_seconds(11));
            self.append(vec![batch(&[(0, START - HOUR, Ok(0.0))])]).await;
            self.caught_up().await;
        }
        let mut said = Vec::new();
        while let Some(entry) = reader.try_next().await.unwrap() {
            said.extend(entry.items.iter().filter_map(|item| match item {
                Item::System(condition) if condition.kind == SystemKind::HistoryDamaged => Some((
                    condition.active,
                    match &condition.report {
                        Report::Damaged { findings } => format!("{findings:?}"),
                        _ => String::new(),
                    },
                )),
                _ => None,
            }));
        }
        said
    }

    async fn points(&self, index: usize) -> Readings {
        let (from, to) = (at(START), at(START + 200 * HOUR));
        self.history()
            .readings(series(index), from, to, usize::MAX)
            .await
            .unwrap()
    }

    async fn checked(&self) {
        let check = tokio::spawn(self.history().clone().check(CancellationToken::new()));
        while !check.is_finished() {
            self.clock.advance(Duration::from_seconds(1));
            tokio::task::yield_now().await;
        }
    }
}

#[tokio::test]
async fn sixty_four_damaged_bytes_anywhere_cost_what_stands_on_them_alone() {
    let mut rig = Rig::filled().await;
    let whole = rig.bytes().await;
    let pages = whole.len() / 16_384;
    assert!(pages > 15, "{pages}");
    let mut said = 0;
    for page in 0..pages {
        let mut bytes = whole.clone();
        let at = page * 16_384 + 8_100;
        bytes[at..at + 64].fill(0xa5);
        // The beginnings of pages say how to read them.
        if page % 2 == 0 {
            let at = page * 16_384 + if page == 0 { 100 } else { 0 };
            bytes[at..at + 64].fill(0xa5);
        }
        std::fs::write(rig.file(), bytes).unwrap();
        rig.start().await;
        rig.checked().await;
        let mut known = 0;
        for index in 0..8 {
            // A series whose name is gone is none.
            let read = rig
                .history()
                .readings(series(index), START_OF_ALL, END_OF_ALL, usize::MAX)
                .await;
            known += read.map_or(0, |read| read.points.len());
        }
        let damage = rig.said().await;
        assert!(
            known == 8 * 96 * 60 || !damage.is_empty(),
            "page {page}: {known} and nothing said"
        );
        said += usize::from(!damage.is_empty());
        // What comes is stored, and there after the next start.
        rig.append(vec![batch(&[(9, START + 150 * HOUR, Ok(9.0))])]).await;
        rig.caught_up().await;
        rig.history().seal_all().await.unwrap();
        rig.stop().await;
        rig.start().await;
        assert_eq!(
            rig.points(9).await.points,
            [(super::at(START + 150 * HOUR), 9.0)],
            "page {page}"
        );
        rig.stop().await;
    }
    assert!(said > pages / 2, "{said} of {pages}");
}

const START_OF_ALL: Timestamp = Timestamp::from_milliseconds(START);
const END_OF_ALL: Timestamp = Timestamp::from_milliseconds(START + 100 * HOUR);

#[tokio::test]
async fn a_file_that_is_found_damaged_while_it_is_open_is_begun_anew_and_the_condition_ends_with_a_whole_one()
{
    let mut rig = Rig::filled().await;
    rig.history().database().unwrap().checkpoint().await.unwrap();
    // The last pages, under the feet of whoever has it open.
    let file = std::fs::OpenOptions::new().write(true).open(rig.file()).unwrap();
    let length = file.metadata().unwrap().len();
    std::os::unix::fs::FileExt::write_all_at(&file, &[0xa5; 2 * 16_384], length - 2 * 16_384).unwrap();
    drop(file);
    rig.history().0.file.damage.ask_for_repair();
    let said = rig.said().await;
    assert!(
        said.last()
            .is_some_and(|(active, message)| *active && message.contains("history.db.damaged-")),
        "{said:?}"
    );
    let before: usize = {
        let mut sum = 0;
        for index in 0..8 {
            sum += rig.points(index).await.points.len();
        }
        sum
    };
    assert!((8 * 96 * 60 / 2..8 * 96 * 60).contains(&before), "{before}");
    rig.append(vec![batch(&[(1, START + 150 * HOUR, Ok(9.0))])]).await;
    rig.caught_up().await;
    rig.history().seal_all().await.unwrap();
    rig.crash().await;
    assert_eq!(
        rig.points(1).await.points.last(),
        Some(&(at(START + 150 * HOUR), 9.0))
    );
    rig.checked().await;
    let said = rig.said().await;
    assert_eq!(said.last(), Some(&(false, String::new())), "{said:?}");
}

#[tokio::test]
async fn a_file_of_which_nothing_can_be_read_is_moved_aside_and_a_fresh_one_is_begun() {
    let mut rig = Rig::filled().await;
    let length = rig.bytes().await.len();
    std::fs::write(rig.file(), vec![0xa5; length]).unwrap();
    rig.start().await;
    assert!(rig.history().is_ready());
    let said = rig.said().await;
    assert!(
        said[0].0 && said[0].1.contains("a fresh one is begun"),
        "{said:?}"
    );
    rig.append(vec![batch(&[(0, START + 150 * HOUR, Ok(9.0))])]).await;
    rig.caught_up().await;
    rig.history().seal_all().await.unwrap();
    assert_eq!(
        rig.points(0).await.points.last(),
        Some(&(at(START + 150 * HOUR), 9.0))
    );
}

#[tokio::test]
async fn a_series_that_does_not_begin_or_end_where_its_chunks_do_is_said_and_put_right() {
    for wrong in [
        "update series set first_period = first_period + 2 where id = 3",
        "update series set last_period = last_period + 7 where id = 3",
        "update series set first_period = null, last_period = null where id = 3",
    ] {
        let mut rig = Rig::filled().await;
        let before = rig.points(2).await.points;
        rig.stop().await;
        let connection = rusqlite::Connection::open(rig.file()).unwrap();
        assert_eq!(connection.execute(wrong, []).unwrap(), 1);
        drop(connection);
        rig.start().await;
        rig.checked().await;
        let said = rig.said().await;
        assert!(!said.is_empty(), "{wrong}");
        // It is begun anew with what could be read, spans asked of the chunks.
        let after = rig.points(2).await.points;
        assert_eq!(after.len(), before.len(), "{wrong}");
        rig.stop().await;
    }
}
