//! A file with keys: a line each, 64 hexadecimal digits, the current one first and below it those before it. Empty lines and lines that begin with `#` say nothing.

use std::fs::File;
use std::io::{self, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use zeroize::Zeroizing;

use super::key::{self, Key, Secret};
use super::sealed_file::replace;
use super::{KeyError, KeyName, Place, Ring};

/// What others may not do with it: everybody on the host anything, its group change it. A file of root's is often read by its group.
const TOO_OPEN: u32 = 0o027;
/// A file of keys is far shorter.
const LARGEST: u64 = 16 << 10;
const ABOUT: &str = "# The key under which Plenum keeps what is secret. Keep a copy of it elsewhere, and not beside a copy of the data: who has both has all.\n";

/// The keys there; `makes` one where there is no file.
pub(super) fn read(place: &Place, makes: bool) -> Result<Ring, KeyError> {
    let path = place.path();
    let secrets = match secrets(place) {
        Err(KeyError::Missing(_)) if makes => {
            let secrets = vec![key::draw()?];
            write(path, &secrets).map_err(|error| unreadable(path, &error))?;
            secrets
        }
        other => other?,
    };
    let mut keys = secrets.iter().map(Key::new);
    let missing = || KeyError::Malformed {
        path: path.to_owned(),
        line: 1,
    };
    Ok(Ring {
        current: keys.next().ok_or_else(missing)?,
        former: keys.collect(),
    })
}

fn secrets(place: &Place) -> Result<Vec<Secret>, KeyError> {
    let path = place.path();
    let failed = |error: io::Error| match error.kind() {
        io::ErrorKind::NotFound => KeyError::Missing(path.to_owned()),
        _ => unreadable(path, &error),
    };
    let file = File::open(path).map_err(failed)?;
    let mode = file.metadata().map_err(failed)?.permissions().mode() & 0o777;
    if mode & TOO_OPEN != 0 && !place.is_guarded() {
        return Err(KeyError::Open {
            path: path.to_owned(),
            mode,
        });
    }
    let mut text = Zeroizing::new(String::new());
    file.take(LARGEST).read_to_string(&mut text).map_err(failed)?;
    let lines = text.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    lines
        .map(|(number, line)| {
            let mut secret = Secret::default();
            let read = hex::decode_to_slice(line, &mut secret[..]);
            read.map(|()| secret).map_err(|_| KeyError::Malformed {
                path: path.to_owned(),
                line: number + 1,
            })
        })
        .collect()
}

/// What became of a file that was to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Rewritten {
    /// It says so now.
    Done,
    /// It is not Plenum's to change.
    NotOurs,
}

/// Draws a key and puts it above those that are there.
pub(super) fn add(place: &Place) -> Result<(), KeyError> {
    let path = place.path();
    if place.is_guarded() {
        return Err(KeyError::NotOurs(path.to_owned()));
    }
    let mut secrets = secrets(place)?;
    secrets.insert(0, key::draw()?);
    write(path, &secrets).map_err(|error| match is_not_ours(&error) {
        true => KeyError::NotOurs(path.to_owned()),
        false => unreadable(path, &error),
    })
}

/// Takes these keys out; never the first.
pub(super) fn remove(place: &Place, names: &[KeyName]) -> Result<Rewritten, KeyError> {
    if place.is_guarded() {
        return Ok(Rewritten::NotOurs);
    }
    let mut first = true;
    let mut secrets = secrets(place)?;
    secrets.retain(|secret| std::mem::take(&mut first) || !names.contains(&Key::new(secret).name()));
    match write(place.path(), &secrets) {
        Ok(()) => Ok(Rewritten::Done),
        Err(error) if is_not_ours(&error) => Ok(Rewritten::NotOurs),
        Err(error) => Err(unreadable(place.path(), &error)),
    }
}

fn is_not_ours(error: &io::Error) -> bool {
    use io::ErrorKind::{PermissionDenied, ReadOnlyFilesystem};
    matches!(error.kind(), PermissionDenied | ReadOnlyFilesystem)
}

/// Puts these keys in place of what is there.
fn write(path: &Path, secrets: &[Secret]) -> io::Result<()> {
    let mut text = Zeroizing::new(ABOUT.to_owned());
    for secret in secrets {
        text.push_str(&Zeroizing::new(hex::encode(&secret[..])));
        text.push('\n');
    }
    replace(path, text.as_bytes())
}

fn unreadable(path: &Path, error: &io::Error) -> KeyError {
    KeyError::Unreadable {
        path: path.to_owned(),
        why: error.to_string(),
    }
}
