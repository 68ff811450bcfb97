//! A full disk: nothing is acknowledged that is not stored, it is said, and all is stored once when there is room.

use std::process::Command as Process;

use super::*;

/// A disk of 16 MiB.
struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Process::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(folder.path())
            .status();
        assert!(
            mounted.is_ok_and(|status| status.success()),
            "cannot mount a tmpfs: run the tests as root, or with `unshare --user --map-root-user --mount`"
        );
        Self(folder)
    }

    fn fill(&self, leave: u64) {
        let disk = rustix::fs::statvfs(self.0.path()).unwrap();
        let free = disk.f_bavail * disk.f_frsize;
        let bytes = usize::try_from(free.saturating_sub(leave)).unwrap();
        std::fs::write(self.0.path().join("filler"), vec![1; bytes]).unwrap();
    }

    fn free(&self) {
        std::fs::remove_file(self.0.path().join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        Process::new("umount").arg("-l").arg(self.0.path()).status().ok();
    }
}

fn big_pack(seq: u64) -> String {
    let at = START / 1_000 - 100_000 + seq as i64 * 100;
    let records: Vec<String> = (0..100)
        .map(|index| {
            format!(
                r#"{{"n":"inlet/temperature","u":"Cel","t":{},"v":{}}}"#,
                at + index,
                20.0 + index as f64 / 7.0
            )
        })
        .collect();
    format!(r#"[{{"bn":"s/a/"}},{}]"#, records.join(","))
}

impl Rig {
    async fn big(&self, seq: u64, last: u64) {
        self.send("s/a", "aa", [seq, 1, last], &big_pack(seq)).await;
    }
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_acknowledged_and_afterwards_all_is_stored_once() {
    let disk = SmallDisk::mount();
    let mut rig = Rig::start(disk.0.path()).await;
    rig.big(1, 500).await;
    rig.acknowledged("s/a", "aa", 1).await;
    disk.fill(128 << 10);
    // An agent's window, sent again and again while the disk takes less and less.
    let mut through = 1;
    while rig.count("groups_failed") == 0 {
        for seq in through + 1..=through + 8 {
            rig.big(seq, 500).await;
        }
        rig.pass(2_000);
        let wait = tokio::time::timeout(std::time::Duration::from_millis(20), rig.acks.recv());
        if let Ok(Some((_, ack))) = wait.await {
            through = through.max(ack.streams["aa"]);
        }
        assert!(through < 400, "the disk never became full");
    }
    let stored = |readings: &[i64]| readings.len() as u64 / 100;
    while let Ok((_, ack)) = rig.acks.try_recv() {
        through = through.max(ack.streams["aa"]);
    }
    // `test` has no cursor on a full disk: look at the rows themselves.
    let count = |connection: &rusqlite::Connection| {
        connection.query_row("select through from stream where stream = 'aa'", [], |row| {
            row.get::<_, u64>(0)
        })
    };
    let held = rig.journal.database().read(count).await.unwrap();
    assert!(held >= through, "acknowledged {through}, stored {held}");
    disk.free();
    let target = held + 50;
    'all: loop {
        for seq in 1..=target {
            rig.big(seq, target).await;
        }
        rig.pass(2_000);
        loop {
            let wait = tokio::time::timeout(std::time::Duration::from_millis(200), rig.acks.recv());
            match wait.await {
                Ok(Some((_, ack))) if ack.streams["aa"] == target => break 'all,
                Ok(Some(_)) => {}
                _ => break,
            }
        }
    }
    let readings = rig.readings().await;
    assert_eq!(stored(&readings), target);
    assert!(readings.is_sorted(), "once each, in order");
    assert_eq!(
        readings.len(),
        readings.iter().collect::<std::collections::BTreeSet<_>>().len()
    );
    // The same after a crash-like reopening.
    let rig = rig.restart().await;
    assert_eq!(rig.readings().await.len(), readings.len());
    drop(rig.end().await);
}

#[tokio::test]
async fn below_the_reserve_only_urgent_streams_are_taken() {
    let disk = SmallDisk::mount();
    let mut rig = Rig::with(disk.0.path(), |options| options.disk_reserve = 4 << 20).await;
    rig.batch("aa", 1, 1, 1).await;
    rig.acknowledged("s/a", "aa", 1).await;
    disk.fill(2 << 20);
    rig.pass(5_000);
    // The look at the disk comes before anything is taken.
    rig.send("s/b", "cc", [1, 1, 1], &pack("s/b", 1e9, 1.0)).await;
    for seq in 2..=3 {
        rig.batch("aa", seq, 1, 3).await;
    }
    let smoke = r#"[{"n":"s/a/ceiling/smoke","t":1700000000,"vb":true}]"#;
    let properties = [
        ("stream", "uu"),
        ("seq", "1"),
        ("first", "1"),
        ("last", "1"),
        ("class", "urgent"),
    ];
    rig.publish("plenum/1/s/a/readings", smoke, &properties).await;
    let ack = loop {
        let ack = rig.ack("s/a").await;
        if ack.streams.get("uu") == Some(&1) {
            break ack;
        }
    };
    assert_eq!(ack.streams.get("aa"), Some(&1), "routine waits in the spool");
    let about = disk.0.path().display().to_string();
    assert_eq!(rig.conditions().await, [("disk-reserve", about.clone(), true)]);
    assert!(rig.count("batches_refused") >= 3);
    disk.free();
    rig.pass(5_000);
    while !rig
        .conditions()
        .await
        .contains(&("disk-reserve", about.clone(), false))
    {
        rig.pass(100);
        tokio::task::yield_now().await;
    }
    for seq in 2..=3 {
        rig.batch("aa", seq, 1, 3).await;
    }
    rig.acknowledged("s/a", "aa", 3).await;
    drop(rig.end().await);
}

#[tokio::test]
async fn a_disk_that_fills_up_is_told_before_anything_is_refused() {
    let disk = SmallDisk::mount();
    let mut rig = Rig::with(disk.0.path(), |options| options.disk_full = 85).await;
    rig.batch("aa", 1, 1, 2).await;
    rig.acknowledged("s/a", "aa", 1).await;
    assert_eq!(rig.conditions().await, []);
    disk.fill(2 << 20);
    rig.pass(5_000);
    rig.batch("aa", 2, 1, 2).await;
    rig.acknowledged("s/a", "aa", 2).await;
    let about = disk.0.path().display().to_string();
    assert_eq!(rig.conditions().await, [("disk-full", about.clone(), true)]);
    disk.free();
    rig.pass(5_000);
    rig.batch("aa", 3, 1, 3).await;
    rig.acknowledged("s/a", "aa", 3).await;
    let over = ("disk-full", about, false);
    assert_eq!(rig.conditions().await.last(), Some(&over));
    drop(rig.end().await);
}
