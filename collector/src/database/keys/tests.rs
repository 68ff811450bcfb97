//! What is sealed opens as what it is and as nothing else; a key that is not as it should be is named and stops nothing.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use plenum_protocol::Timestamp;

use super::*;
use crate::database::PLENUM;

const ANNA: What = What::SecondFactor { person: 1 };
const BART: What = What::SecondFactor { person: 2 };
const FIRST: &str = "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff";
const SECOND: &str = "ff112233445566778899aabbccddeeff00112233445566778899aabbccddee00";

fn put(path: &Path, text: &str, mode: u32) {
    fs::write(path, text).unwrap();
    fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
}

fn named(path: &Path) -> Place {
    Place::choose(Some(path), None, Path::new("/nowhere"))
}

#[test]
fn what_is_sealed_opens_as_what_it_is_and_as_nothing_else() {
    let folder = tempfile::tempdir().unwrap();
    let keys = Keys::at(Place::own(folder.path()), true);
    let sealed = keys.seal(ANNA, b"seed").unwrap();
    assert_eq!(sealed.len(), 1 + 8 + 12 + 4 + 16);
    assert_ne!(keys.seal(ANNA, b"seed").unwrap(), sealed);
    assert_eq!(*keys.open_sealed(ANNA, &sealed).unwrap(), b"seed");
    for other in [BART, What::AuditKey] {
        assert_eq!(keys.open_sealed(other, &sealed), Err(KeyError::Altered(other)));
    }
    for byte in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[byte] ^= 1;
        assert!(keys.open_sealed(ANNA, &changed).is_err(), "byte {byte}");
    }
    for end in 0..sealed.len() {
        assert!(keys.open_sealed(ANNA, &sealed[..end]).is_err(), "{end} bytes");
    }
}

#[test]
fn a_key_is_made_once_and_is_its_owners_alone() {
    let folder = tempfile::tempdir().unwrap();
    let name = Keys::at(Place::own(folder.path()), true).name().unwrap();
    assert_eq!(Keys::at(Place::own(folder.path()), true).name(), Ok(name));
    let path = folder.path().join("plenum.key");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_eq!(name.to_string().parse(), Ok(name));
    assert!(!fs::read_to_string(&path).unwrap().contains(&name.to_string()));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
}

#[test]
fn the_first_line_seals_and_those_below_it_open() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine");
    put(&path, FIRST, 0o600);
    let sealed = Keys::at(named(&path), false).seal(ANNA, b"seed").unwrap();
    put(&path, &format!("# new\n{SECOND}\n\n{FIRST}\n"), 0o640);
    let both = Keys::at(named(&path), false);
    assert_eq!(*both.open_sealed(ANNA, &sealed).unwrap(), b"seed");
    let fresh = both.seal(ANNA, b"seed").unwrap();
    put(&path, SECOND, 0o600);
    let second = Keys::at(named(&path), false);
    assert_eq!(*second.open_sealed(ANNA, &fresh).unwrap(), b"seed");
    let error = second.open_sealed(ANNA, &sealed).unwrap_err().to_string();
    assert!(
        error.starts_with("the second factor of person 1 is sealed under the key ")
            && error.contains(&path.display().to_string()),
        "{error}"
    );
}

#[test]
fn a_key_that_is_not_as_it_should_be_is_named_with_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("mine");
    let check = |expected: &str| {
        let keys = Keys::at(named(&path), false);
        let error = keys.seal(ANNA, b"seed").unwrap_err();
        assert_eq!(keys.name(), Err(error.clone()));
        let error = error.to_string().replace(&path.display().to_string(), "FILE");
        assert!(error.contains(expected), "{error}");
    };
    check("FILE: the key is not there: put the file back");
    put(&path, FIRST, 0o604);
    check(
        "FILE: others on this host may read or change the key (mode 604), so it is not used: chmod 600 FILE",
    );
    for text in ["", "\n# nothing\n"] {
        put(&path, text, 0o600);
        check("FILE:1: is not a valid key: a line has 64 hexadecimal digits");
    }
    put(&path, &format!("{FIRST}\n{}\n", &SECOND[1..]), 0o600);
    check("FILE:2: is not a valid key");
    fs::remove_file(&path).unwrap();
    fs::create_dir(&path).unwrap();
    fs::set_permissions(&path, Permissions::from_mode(0o700)).unwrap();
    check("FILE: the key cannot be read: ");
}

#[test]
fn the_place_is_what_is_named_then_the_credential_then_the_data_folder() {
    let folder = tempfile::tempdir().unwrap();
    let (credentials, data) = (folder.path().join("credentials"), folder.path().join("data"));
    fs::create_dir(&credentials).unwrap();
    let path = |file: Option<&Path>| -> (PathBuf, bool, bool) {
        let place = Place::choose(file, Some(&credentials), &data);
        (place.path().to_owned(), place.is_plenums(), place.is_guarded())
    };
    assert_eq!(path(None), (data.join("plenum.key"), true, false));
    put(&credentials.join("plenum.key"), FIRST, 0o440);
    assert_eq!(path(None), (credentials.join("plenum.key"), false, true));
    assert_eq!(path(Some(Path::new("/a"))), ("/a".into(), false, false));
    let other = credentials.join("other");
    assert_eq!(path(Some(&other)), (other.clone(), false, true));
    assert!(
        Keys::at(Place::choose(None, Some(&credentials), &data), false)
            .name()
            .is_ok()
    );
}

#[tokio::test]
async fn a_key_that_is_gone_is_not_replaced_by_itself() {
    let folder = tempfile::tempdir().unwrap();
    let database = Database::open(&folder.path().join(PLENUM.name), &PLENUM).unwrap();
    let open = async || {
        let keys = Keys::open(
            Place::own(folder.path()),
            &database,
            Timestamp::from_milliseconds(1),
        )
        .await;
        keys.unwrap()
    };
    let name = open().await.name().unwrap();
    assert_eq!(open().await.name(), Ok(name));
    let path = folder.path().join("plenum.key");
    fs::remove_file(&path).unwrap();
    assert_eq!(open().await.name(), Err(KeyError::Missing(path)));
}

/// A table of sealed values, as seeds are.
const NOTES: SealedTable = SealedTable {
    what: |person| What::SecondFactor { person },
    rows: |connection, behind, limit| {
        let wanted = "select id, value, clear from note where id > ?1 order by id limit ?2";
        let mut rows = connection.prepare_cached(wanted)?;
        let row = |row: &rusqlite::Row<'_>| {
            Ok(SealedRow {
                number: row.get(0)?,
                value: row.get(1)?,
                is_clear: row.get(2)?,
            })
        };
        rows.query_map(rusqlite::params![behind, limit], row)?.collect()
    },
    put: |connection, id, value| {
        let put = "update note set value = ?2, clear = 0 where id = ?1";
        connection.execute(put, rusqlite::params![id, value]).map(drop)
    },
};

/// A folder with values that lie in clear.
struct Fixture {
    folder: tempfile::TempDir,
    database: Database,
}

impl Fixture {
    const ROWS: i64 = 200;

    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join(PLENUM.name), &PLENUM).unwrap();
        let fill = |connection: &rusqlite::Connection| {
            connection.execute_batch(
                "create table note(id integer primary key, value blob not null, clear integer not null)",
            )?;
            for id in 1..=Self::ROWS {
                let insert = "insert into note values (?1, ?2, 1)";
                connection.execute(insert, rusqlite::params![id, clear(id)])?;
            }
            connection.execute_batch("insert into clear_remains values (1)")
        };
        database.write(fill).await.unwrap();
        fs::write(folder.path().join("audit.key"), "0 the audit key").unwrap();
        Self { folder, database }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn file(&self) -> SealedFile {
        SealedFile::new(self.path("audit.key"), What::AuditKey)
    }

    /// As a start does.
    async fn start(&self, place: Place) -> Sealing {
        let keys = Keys::open(place, &self.database, Timestamp::from_milliseconds(1))
            .await
            .unwrap();
        Sealing::new(keys, self.database.clone(), vec![NOTES], vec![self.file()])
    }

    /// Everything opens.
    async fn all_opens(&self, keys: &Keys) {
        let read = |connection: &rusqlite::Connection| (NOTES.rows)(connection, 0, 1_000);
        let rows = self.database.read(read).await.unwrap();
        assert_eq!(rows.len() as i64, Self::ROWS);
        for row in rows {
            let opened = keys.open_sealed((NOTES.what)(row.number), &row.value).unwrap();
            assert_eq!(*opened, clear(row.number));
        }
        let file = self.file().read(keys).unwrap().unwrap().unwrap();
        assert_eq!(*file, b"0 the audit key");
    }

    /// In how many files of the folder, the key's own aside, these bytes stand.
    fn found(&self, bytes: &[u8]) -> usize {
        let files = fs::read_dir(self.folder.path()).unwrap();
        let files = files
            .map(|file| file.unwrap().path())
            .filter(|path| !path.ends_with("plenum.key"));
        let holds = |path: PathBuf| {
            let text = fs::read(path).unwrap();
            text.windows(bytes.len()).any(|window| window == bytes)
        };
        files.filter(|path| holds(path.clone())).count()
    }
}

fn clear(id: i64) -> Vec<u8> {
    format!("marker {id:06} in clear").into_bytes()
}

#[tokio::test]
async fn what_lay_in_clear_is_sealed_at_a_start_and_nothing_of_it_stays_in_a_file() {
    let fixture = Fixture::new().await;
    assert!(fixture.found(b"marker") > 0);
    let sealing = fixture.start(Place::own(fixture.folder.path())).await;
    assert_eq!(sealing.lying().await.unwrap().clear, 201);
    let sealed = sealing.finish().await.unwrap();
    assert_eq!((sealed.clear, sealed.anew, sealed.left), (201, 0, 0));
    fixture.all_opens(sealing.keys()).await;
    assert_eq!(
        (fixture.found(b"marker"), fixture.found(b"the audit key")),
        (0, 0)
    );
    assert_eq!(sealing.finish().await.unwrap(), SealedAnew::default());
}

#[tokio::test]
async fn a_rotation_leaves_nothing_under_the_key_before_and_takes_it_out_of_the_file() {
    let fixture = Fixture::new().await;
    let sealing = fixture.start(Place::own(fixture.folder.path())).await;
    sealing.finish().await.unwrap();
    let former = sealing.keys().name().unwrap();
    let under: Vec<u8> = hex::decode(former.to_string()).unwrap();
    fixture.database.checkpoint().await.unwrap();
    assert!(fixture.found(&under) > 0);
    let (name, sealed) = sealing.rotate(Timestamp::from_milliseconds(2)).await.unwrap();
    assert_ne!(name, former);
    assert_eq!((sealed.anew, sealed.gone), (201, vec![former]));
    fixture.all_opens(sealing.keys()).await;
    assert_eq!(
        sealing
            .lying()
            .await
            .unwrap()
            .under
            .into_iter()
            .collect::<Vec<_>>(),
        [(name, 201)]
    );
    // The table remembers its name as text; as it is sealed with it stands nowhere.
    assert_eq!(fixture.found(&under), 0);
    let again = Keys::at(Place::own(fixture.folder.path()), false);
    assert_eq!((again.name(), again.former()), (Ok(name), Ok(Vec::new())));
}

#[tokio::test]
async fn a_key_that_others_hand_over_is_changed_in_two_steps() {
    let fixture = Fixture::new().await;
    let credentials = fixture.path("credentials");
    fs::create_dir(&credentials).unwrap();
    let place = || Place::choose(None, Some(&credentials), Path::new("/nowhere"));
    put(&credentials.join("plenum.key"), FIRST, 0o440);
    let sealing = fixture.start(place()).await;
    sealing.finish().await.unwrap();
    let error = sealing.rotate(Timestamp::from_milliseconds(2)).await.unwrap_err();
    assert!(
        error
            .to_string()
            .contains("is not Plenum's to change: put a new one"),
        "{error}"
    );
    put(
        &credentials.join("plenum.key"),
        &format!("{SECOND}\n{FIRST}\n"),
        0o440,
    );
    let sealing = fixture.start(place()).await;
    let sealed = sealing.finish().await.unwrap();
    assert_eq!((sealed.anew, sealed.gone.len()), (201, 0));
    put(&credentials.join("plenum.key"), SECOND, 0o440);
    let sealing = fixture.start(place()).await;
    assert_eq!(sealing.finish().await.unwrap(), SealedAnew::default());
    fixture.all_opens(sealing.keys()).await;
}

#[tokio::test]
async fn without_the_right_key_everything_stays_as_it_is() {
    let fixture = Fixture::new().await;
    let (mine, other) = (fixture.path("mine"), fixture.path("other"));
    put(&mine, FIRST, 0o600);
    put(&other, SECOND, 0o600);
    fixture.start(named(&mine)).await.finish().await.unwrap();
    let missing = fixture.start(named(&fixture.path("gone"))).await;
    assert!(matches!(
        missing.finish().await,
        Err(SealingError::Key(KeyError::Missing(_)))
    ));
    let sealed = fixture.start(named(&other)).await.finish().await.unwrap();
    assert_eq!((sealed.anew, sealed.left), (0, 201));
    fixture.all_opens(fixture.start(named(&mine)).await.keys()).await;
}
