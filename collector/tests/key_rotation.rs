//! A rotation of the key that is killed at any instant (SIGKILL) goes on at the next start: nothing is lost, and nothing is left under a key before.
//! A program of its own rather than a test function, because it starts and kills copies of itself.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![expect(clippy::print_stdout, reason = "the child says that it has begun")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use plenum_collector::database::keys::{Keys, Place, SealedFile, Sealing, What};
use plenum_collector::database::{Database, PLENUM};
use plenum_collector::people::SEEDS;
use plenum_protocol::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use rusqlite::{Connection, params};

const KILLS: u64 = 50;
const PEOPLE: i64 = 300;
/// A rotation takes some tens of milliseconds: each of its steps is hit now and then.
const LONGEST: u64 = 120;
const SIGNING: &[u8] = b"0 what signs the audit log";
const NOW: Timestamp = Timestamp::from_milliseconds(1_700_000_000_000);

fn main() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let arguments: Vec<String> = std::env::args().collect();
    match arguments.as_slice() {
        [_, word, folder] if word == "rotate-until-killed" => {
            runtime.block_on(rotate_until_killed(Path::new(folder)));
        }
        _ => runtime.block_on(nothing_is_lost_and_nothing_is_left()),
    }
}

async fn rotate_until_killed(folder: &Path) {
    let sealing = start(folder).await;
    sealing.finish().await.unwrap();
    println!("begun");
    loop {
        sealing.rotate(NOW).await.unwrap();
    }
}

async fn nothing_is_lost_and_nothing_is_left() {
    let folder = tempfile::tempdir().unwrap();
    let folder = folder.path();
    fill(folder).await;
    let mut random = StdRng::seed_from_u64(7);
    let mut resumed = 0;
    for kill in 1..=KILLS {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .arg("rotate-until-killed")
            .arg(folder)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut begun = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut begun)
            .unwrap();
        assert_eq!(begun, "begun\n", "kill {kill}");
        std::thread::sleep(Duration::from_millis(random.random_range(0..LONGEST)));
        child.kill().unwrap();
        child.wait().unwrap();
        let sealing = start(folder).await;
        resumed += usize::from(!sealing.keys().former().unwrap().is_empty());
        all_opens(folder, sealing.keys()).await;
        let sealed = sealing.finish().await.unwrap();
        assert_eq!((sealed.clear, sealed.left), (0, 0), "kill {kill}");
        all_opens(folder, sealing.keys()).await;
        nothing_is_under_a_former_key(folder, &sealing).await;
    }
    assert!(resumed > 0, "no kill came in between");
    println!("test result: ok. {KILLS} kills, {resumed} of them in the middle of a rotation");
}

/// As a start does, up to what is sealed anew.
async fn start(folder: &Path) -> Sealing {
    let database = Database::open(&folder.join(PLENUM.name), &PLENUM).unwrap();
    let keys = Keys::open(Place::own(folder), &database, NOW).await.unwrap();
    Sealing::new(keys, database, vec![SEEDS], vec![signing(folder)])
}

fn signing(folder: &Path) -> SealedFile {
    SealedFile::new(folder.join("audit.key"), What::AuditKey)
}

fn seed(person: i64) -> [u8; 20] {
    let mut seed = [0x5E; 20];
    seed[..8].copy_from_slice(&person.to_be_bytes());
    seed
}

/// What an earlier program left: everything in clear.
async fn fill(folder: &Path) {
    let database = Database::open(&folder.join(PLENUM.name), &PLENUM).unwrap();
    let fill = |connection: &Connection| {
        for person in 1..=PEOPLE {
            connection.execute(
                "insert into person (id, name, password, role, created_at) values (?1, ?2, '', 'viewer', 0)",
                params![person, format!("person {person}")],
            )?;
            connection.execute(
                "insert into second_factor (person, form, seed, used_step, salt, since) values (?1, 1, ?2, 0, x'00', 0)",
                params![person, seed(person)],
            )?;
        }
        connection
            .execute("insert into clear_remains values (1)", [])
            .map(drop)
    };
    database.write(fill).await.unwrap();
    fs::write(folder.join("audit.key"), SIGNING).unwrap();
}

async fn all_opens(folder: &Path, keys: &Keys) {
    let database = Database::open(&folder.join(PLENUM.name), &PLENUM).unwrap();
    let read = |connection: &Connection| (SEEDS.rows)(connection, 0, 1_000);
    let rows = database.read(read).await.unwrap();
    assert_eq!(rows.len() as i64, PEOPLE);
    for row in rows {
        assert!(!row.is_clear);
        let opened = keys.open_sealed((SEEDS.what)(row.number), &row.value).unwrap();
        assert_eq!(opened[..], seed(row.number));
    }
    assert_eq!(*signing(folder).read(keys).unwrap().unwrap().unwrap(), SIGNING);
}

/// Neither by what each value says of itself nor anywhere in a file; and the key's own file holds one key.
async fn nothing_is_under_a_former_key(folder: &Path, sealing: &Sealing) {
    let name = sealing.keys().name().unwrap();
    assert_eq!(sealing.keys().former(), Ok(Vec::new()));
    let under: Vec<_> = sealing.lying().await.unwrap().under.into_iter().collect();
    assert_eq!(under, [(name, PEOPLE as usize + 1)]);
    let text = fs::read_to_string(folder.join("plenum.key")).unwrap();
    assert_eq!(text.lines().filter(|line| !line.starts_with('#')).count(), 1);
    let database = Database::open(&folder.join(PLENUM.name), &PLENUM).unwrap();
    let read = |connection: &Connection| {
        let mut names = connection.prepare("select name from sealing_key order by rowid desc limit 3")?;
        names.query_map([], |row| row.get(0))?.collect()
    };
    let former: Vec<String> = database.read(read).await.unwrap();
    for former in former.iter().filter(|former| **former != name.to_string()) {
        let bytes = hex::decode(former).unwrap();
        for file in fs::read_dir(folder).unwrap() {
            let path = file.unwrap().path();
            let stored = fs::read(&path).unwrap();
            let found = stored.windows(bytes.len()).any(|window| window == bytes);
            assert!(!found, "{} holds something of the key {former}", path.display());
        }
    }
}
