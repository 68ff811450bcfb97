//! `cli.json`: where the running server answers, and the token that lets the command line on this host in.
//!
//! The server writes it into the runtime folder, which a reboot empties and no backup takes:
//!
//! | if                         | then                                        |
//! |----------------------------|---------------------------------------------|
//! | `$RUNTIME_DIRECTORY` is set (a systemd unit) | `$RUNTIME_DIRECTORY/cli.json` |
//! | `$XDG_RUNTIME_DIR` is set (a log-in)         | `$XDG_RUNTIME_DIR/plenum/KEY/cli.json`, KEY being device and inode of the data folder |
//! | neither                                      | `DATA/run/cli.json`, with a `CACHEDIR.TAG` that tells backups to leave it out |
//!
//! Earlier versions had it at `DATA/cli.json`: commands still read that one, and a server moves it.

use std::fs::Metadata;
use std::io::ErrorKind;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use anyhow::{Context, Result};
use plenum_link::private;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

const FILE: &str = "cli.json";
/// Where the unit's runtime folder is, for commands that run outside the unit.
const OF_THE_UNIT: &str = "/run/plenum";
/// <https://bford.info/cachedir/>
const TAG: &str = "Signature: 8a477f597d28d172789f06886806bc55\n# Plenum's runtime folder: a token, of no use after a restart. Backups may leave it out.\n";

/// Where the server answers and what lets this host's administrator in.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Access {
    /// `http://127.0.0.1:8080`
    pub(crate) url: String,
    /// A bearer token.
    pub(crate) token: String,
    /// The server's data folder; earlier versions did not say.
    #[serde(default)]
    pub(crate) data: Option<PathBuf>,
}

/// The environment's part in where the file is.
#[derive(Debug, Clone, Default)]
struct Surroundings {
    /// `$RUNTIME_DIRECTORY`; systemd names several with colons between them.
    runtime: Option<PathBuf>,
    /// `$XDG_RUNTIME_DIR`.
    user: Option<PathBuf>,
}

impl Surroundings {
    fn of_process() -> Self {
        let path = |name: &str| {
            let value = std::env::var(name).ok()?;
            let first = PathBuf::from(value.split(':').next()?);
            first.is_absolute().then_some(first)
        };
        Self {
            runtime: path("RUNTIME_DIRECTORY"),
            user: path("XDG_RUNTIME_DIR"),
        }
    }
}

/// The file of a server, as the server sees it: there from `write` until this is dropped, or after a crash until the next start.
#[derive(Debug)]
pub(crate) struct AccessFile {
    /// Where it is now.
    path: PathBuf,
    /// Where earlier versions had it.
    old: PathBuf,
    data: PathBuf,
}

impl AccessFile {
    /// The file of the server with this data folder, which is there.
    pub(crate) fn of_server(data: &Path) -> Result<Self> {
        Self::with(data, &Surroundings::of_process())
    }

    fn with(data: &Path, surroundings: &Surroundings) -> Result<Self> {
        let data = data
            .canonicalize()
            .with_context(|| format!("{}: cannot be read", data.display()))?;
        let folder = match surroundings {
            Surroundings {
                runtime: Some(runtime),
                ..
            } => runtime.clone(),
            Surroundings { user: Some(user), .. } => of_user(user, &std::fs::metadata(&data)?),
            _ => within(&data),
        };
        Ok(Self {
            path: folder.join(FILE),
            old: data.join(FILE),
            data,
        })
    }

    /// Where it is.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// The token that was written last, here or where earlier versions had it.
    pub(crate) fn token(&self) -> Option<String> {
        let known = read(&self.path).or_else(|_| read(&self.old)).ok()?;
        Some(known.token)
    }

    /// Writes it, for its owner alone, and takes away the one in the old place.
    pub(crate) fn write(&self, url: &str, token: &str) -> Result<()> {
        let access = Access {
            url: url.to_owned(),
            token: token.to_owned(),
            data: Some(self.data.clone()),
        };
        store(&self.path, &access).with_context(|| format!("{}: cannot be written", self.path.display()))?;
        let inside = within(&self.data);
        if self.path.parent() == Some(&inside) {
            private::narrow(&inside)
                .with_context(|| format!("{}: cannot be closed to others", inside.display()))?;
            let tag = self.path.with_file_name("CACHEDIR.TAG");
            write_private(&tag, TAG).with_context(|| format!("{}: cannot be written", tag.display()))?;
        }
        take_old_away(&self.old, &self.path)
    }
}

impl Drop for AccessFile {
    /// A server that has ended answers nobody.
    fn drop(&mut self) {
        if let Err(error) = std::fs::remove_file(&self.path) {
            tracing::debug!(%error, file = %self.path.display(), "the command line's access was not taken away");
        }
    }
}

impl Access {
    /// Finds the server that runs with this data folder.
    ///
    /// # Errors
    /// None does, or its file may not be read by whoever asks.
    pub(crate) fn find(data: &Path) -> Result<Self> {
        Self::find_with(data, &Surroundings::of_process(), Path::new(OF_THE_UNIT))
    }

    fn find_with(data: &Path, surroundings: &Surroundings, unit: &Path) -> Result<Self> {
        let none = || Failure::NoServer {
            folder: data.display().to_string(),
        };
        let Ok(data) = data.canonicalize() else {
            return Err(none().into());
        };
        let meta = std::fs::metadata(&data).with_context(|| format!("{}: cannot be read", data.display()))?;
        let owner = PathBuf::from(format!("/run/user/{}", meta.uid()));
        let mut places: Vec<PathBuf> = [surroundings.runtime.as_deref(), Some(unit)]
            .into_iter()
            .flatten()
            .map(|folder| folder.join(FILE))
            .collect();
        let users = [surroundings.user.as_deref(), Some(owner.as_path())];
        places.extend(
            users
                .into_iter()
                .flatten()
                .map(|user| of_user(user, &meta).join(FILE)),
        );
        places.extend([within(&data).join(FILE), data.join(FILE)]);
        // A server that was killed leaves its file: the one that was started last counts.
        let mut newest: Option<(SystemTime, Self)> = None;
        for place in places {
            let Some((access, written)) = candidate(&place, &data)? else {
                continue;
            };
            if newest.as_ref().is_none_or(|(other, _)| written > *other) {
                newest = Some((written, access));
            }
        }
        newest.map(|(_, access)| access).ok_or_else(|| none().into())
    }
}

/// What stands in one of the places, if it is of a server with this data folder, and when it was written.
fn candidate(place: &Path, data: &Path) -> Result<Option<(Access, SystemTime)>> {
    let access = match read(place) {
        Ok(access) => access,
        Err(error) if matches!(error.kind(), ErrorKind::NotFound | ErrorKind::NotADirectory) => {
            return Ok(None);
        }
        // Another user's runtime folder is none of ours; a file of this data folder is.
        Err(error) if error.kind() == ErrorKind::PermissionDenied && !place.starts_with(data) => {
            return Ok(None);
        }
        Err(error) => {
            return Err(error).with_context(|| {
                format!(
                    "{}: cannot be read: run this as the server's user (sudo -u plenum ...)",
                    place.display()
                )
            });
        }
    };
    let ours = access.data.as_deref().is_none_or(|of| of == data);
    let written = place.metadata().and_then(|meta| meta.modified());
    Ok(written.ok().filter(|_| ours).map(|written| (access, written)))
}

fn read(path: &Path) -> std::io::Result<Access> {
    let text = std::fs::read_to_string(path)?;
    serde_json::from_str(&text).map_err(|error| std::io::Error::new(ErrorKind::InvalidData, error))
}

fn within(data: &Path) -> PathBuf {
    data.join("run")
}

fn of_user(user: &Path, data: &Metadata) -> PathBuf {
    user.join("plenum").join(format!("{}-{}", data.dev(), data.ino()))
}

/// Writes a new file beside and renames it, so that nobody reads half of one and nobody else ever reads it.
fn store(path: &Path, access: &Access) -> Result<()> {
    if let Some(folder) = path.parent() {
        private::make_folder(folder)?;
    }
    let new = path.with_extension("new");
    write_private(&new, &serde_json::to_string(access)?)?;
    Ok(std::fs::rename(&new, path)?)
}

/// Writes a file of its owner alone, also where a crash left one with another mode.
fn write_private(path: &Path, text: &str) -> std::io::Result<()> {
    private::make_file(path)?;
    std::fs::write(path, text)
}

fn take_old_away(old: &Path, new: &Path) -> Result<()> {
    match std::fs::remove_file(old) {
        Ok(()) => {
            tracing::info!(
                from = %old.display(), to = %new.display(),
                "the command line's access was moved: a backup of the data folder must not carry a token"
            );
            Ok(())
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).with_context(|| format!("{}: cannot be taken away", old.display())),
    }
}

#[cfg(test)]
mod tests {
    use std::fs::Permissions;
    use std::os::unix::fs::PermissionsExt;
    use std::process::Command;

    use super::*;

    /// Tells the child of the test below in which folder it is to write.
    const ORDER: &str = "PLENUM_TEST_STRICT_UMASK";

    fn mode(path: &Path) -> u32 {
        std::fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    struct Rig {
        folder: tempfile::TempDir,
        data: PathBuf,
    }

    impl Rig {
        fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let data = folder.path().join("data");
            std::fs::create_dir(&data).unwrap();
            Self { folder, data }
        }

        fn path(&self, name: &str) -> PathBuf {
            self.folder.path().join(name)
        }

        fn find(&self, surroundings: &Surroundings) -> Result<Access> {
            Access::find_with(&self.data, surroundings, &self.path("unit"))
        }

        /// Writes the file as a server in `surroundings` and finds it as a command in `others`.
        #[track_caller]
        fn check(&self, surroundings: &Surroundings, others: &Surroundings, token: &str) -> AccessFile {
            let file = AccessFile::with(&self.data, surroundings).unwrap();
            file.write("http://127.0.0.1:1", token).unwrap();
            assert_eq!(mode(&file.path), 0o600);
            assert_eq!(self.find(others).unwrap().token, token);
            file
        }
    }

    #[test]
    fn it_lies_in_the_runtime_folder_and_is_found_from_elsewhere() {
        let rig = Rig::new();
        let unit = Surroundings {
            runtime: Some(rig.path("unit")),
            user: Some(rig.path("user")),
        };
        let outside = Surroundings::default();
        assert_eq!(rig.check(&unit, &outside, "a").path, rig.path("unit/cli.json"));
        let log_in = Surroundings {
            user: Some(rig.path("user")),
            ..Surroundings::default()
        };
        let file = rig.check(&log_in, &log_in, "b");
        assert!(file.path.starts_with(rig.path("user/plenum")), "{file:?}");
        assert_eq!(mode(file.path.parent().unwrap()), 0o700);
    }

    #[test]
    fn without_a_runtime_folder_it_lies_apart_in_the_data_folder_and_says_so_to_backups() {
        let rig = Rig::new();
        let file = rig.check(&Surroundings::default(), &Surroundings::default(), "a");
        let path = &file.path;
        assert_eq!(*path, rig.data.canonicalize().unwrap().join("run/cli.json"));
        assert_eq!(mode(path.parent().unwrap()), 0o700);
        let tag = std::fs::read_to_string(path.with_file_name("CACHEDIR.TAG")).unwrap();
        assert!(tag.starts_with("Signature: 8a477f597d28d172789f06886806bc55"));
    }

    /// In a process of its own: a umask is the whole process's.
    #[test]
    fn under_a_strict_umask_it_is_written_and_nothing_is_left_open() {
        if let Some(folder) = std::env::var_os(ORDER) {
            let user = Surroundings {
                user: Some(PathBuf::from(&folder).join("a/b")),
                ..Surroundings::default()
            };
            for surroundings in [user, Surroundings::default()] {
                let file = AccessFile::with(Path::new(&folder), &surroundings).unwrap();
                file.write("http://127.0.0.1:1", "a").unwrap();
                std::mem::forget(file);
            }
            return;
        }
        let rig = Rig::new();
        let run = rig.data.join("run");
        std::fs::create_dir(&run).unwrap();
        std::fs::set_permissions(&run, Permissions::from_mode(0o755)).unwrap();
        std::fs::write(run.join("CACHEDIR.TAG"), "").unwrap();
        std::fs::set_permissions(run.join("CACHEDIR.TAG"), Permissions::from_mode(0o644)).unwrap();
        let name = "access::tests::under_a_strict_umask_it_is_written_and_nothing_is_left_open";
        let child = Command::new("sh")
            .args(["-c", r#"umask 777; exec "$0" --exact "$1""#])
            .arg(std::env::current_exe().unwrap())
            .arg(name)
            .env(ORDER, &rig.data)
            .output()
            .unwrap();
        assert!(child.status.success(), "{child:?}");
        assert_eq!(mode(&run), 0o700);
        assert_eq!(mode(&run.join("cli.json")), 0o600);
        assert_eq!(mode(&run.join("CACHEDIR.TAG")), 0o600);
        for folder in ["a", "a/b", "a/b/plenum"] {
            assert_eq!(mode(&rig.data.join(folder)), 0o700, "{folder}");
        }
    }

    #[test]
    fn a_token_file_from_the_old_place_is_read_and_then_moved() {
        let rig = Rig::new();
        let old = rig.data.join(FILE);
        std::fs::write(&old, r#"{"url":"http://127.0.0.1:8080","token":"old"}"#).unwrap();
        assert_eq!(rig.find(&Surroundings::default()).unwrap().token, "old");
        let unit = Surroundings {
            runtime: Some(rig.path("unit")),
            user: None,
        };
        let file = AccessFile::with(&rig.data, &unit).unwrap();
        assert_eq!(file.token().as_deref(), Some("old"));
        file.write("http://127.0.0.1:8080", "old").unwrap();
        assert!(!old.exists() && rig.path("unit/cli.json").exists());
        drop(file);
        assert!(!rig.path("unit/cli.json").exists());
    }

    #[test]
    fn the_file_of_another_data_folder_is_not_taken() {
        let (rig, other) = (Rig::new(), Rig::new());
        let unit = Surroundings {
            runtime: Some(rig.path("unit")),
            user: None,
        };
        let file = AccessFile::with(&other.data, &unit).unwrap();
        file.write("http://127.0.0.1:1", "another's").unwrap();
        let error = rig.find(&unit).unwrap_err();
        assert_eq!(
            crate::failure::exit(&error),
            plenum_link::Exit::NoServer,
            "{error}"
        );
        assert!(Access::find_with(&rig.path("missing"), &unit, &rig.path("unit")).is_err());
    }
}
