//! Sealing goes by the steady clock, and waits while readers keep the write-ahead log long.

use super::*;

const YEARS: Duration = Duration::from_hours(2 * 365 * 24);

#[tokio::test]
async fn a_wall_clock_that_was_two_years_ahead_holds_nothing_up() {
    let rig = Rig::new().await;
    rig.append(vec![batch(&[(0, START, Ok(1.0))])]).await;
    rig.clock.step(YEARS);
    rig.append(vec![batch(&[(1, START + 1_000, Ok(2.0))])]).await;
    rig.caught_up().await;
    rig.clock.advance(Duration::from_seconds(20));
    rig.append(vec![batch(&[(1, START + 2_000, Ok(2.0))])]).await;
    rig.caught_up().await;
    rig.clock.step(Duration::from_milliseconds(-YEARS.milliseconds()));
    // Late and on time, before and after: all are sealed within a period and what follows it.
    rig.append(vec![batch(&[
        (2, START - 30 * HOUR, Ok(3.0)),
        (0, START + 60_000, Ok(4.0)),
    ])])
    .await;
    rig.caught_up().await;
    assert_eq!(rig.history().statistics().in_memory, 5);
    for _ in 0..(7 * 360) {
        rig.clock.advance(Duration::from_seconds(10));
        tokio::task::yield_now().await;
        if rig.history().statistics().in_memory == 0 {
            break;
        }
    }
    rig.sealed_soon().await;
    assert_eq!(rig.history().statistics().sealed, 5);
    assert_eq!(rig.journal().trim().await.unwrap(), 4, "the journal is let go");
}

#[tokio::test]
async fn a_reader_that_keeps_the_log_long_holds_up_the_seal_alone() {
    let rig = Rig::new().await;
    let database = rig.history().database().unwrap();
    let (hold, held) = std::sync::mpsc::channel::<()>();
    let (begun, begins) = tokio::sync::oneshot::channel();
    let reader = {
        let database = database.clone();
        std::thread::spawn(move || {
            database.read_blocking(|connection| {
                connection.query_row("select count(*) from chunk", [], |row| row.get::<_, u64>(0))?;
                begun.send(()).ok();
                held.recv().ok();
                Ok(())
            })
        })
    };
    begins.await.unwrap();
    for _ in 0..7 {
        let grow = |connection: &rusqlite::Connection| {
            connection.execute(
                "insert into chunk_damaged values (1, 'a test', zeroblob(10000000))",
                [],
            )
        };
        database.write(grow).await.unwrap();
    }
    assert!(database.is_crowded());
    rig.append(vec![batch(&[(0, START - 30 * HOUR, Ok(1.0))])]).await;
    rig.caught_up().await;
    let passing = async |until: &dyn Fn() -> bool| {
        let pass = async {
            while !until() {
                rig.clock.advance(Duration::from_seconds(1));
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), pass)
            .await
            .unwrap();
    };
    passing(&|| rig.history().statistics().held > 0).await;
    assert_eq!(rig.history().statistics().sealed, 0);
    drop(hold);
    reader.join().unwrap().unwrap();
    passing(&|| rig.history().statistics().sealed > 0).await;
    let mut name = database.path().as_os_str().to_owned();
    name.push("-wal");
    let wal = std::fs::metadata(name).unwrap().len();
    assert!(wal < 5 << 20, "{wal}");
}
