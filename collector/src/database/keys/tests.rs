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
