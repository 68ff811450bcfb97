//! `history.db` itself: opened whatever is damaged of it. What can be read of a damaged file is in a new one; what cannot stays beside it.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, RwLock};

use plenum_core::fact::Finding;
use plenum_protocol::Timestamp;
use rusqlite::Connection;

use super::schema;
use crate::database::salvage::{self, Order};
use crate::database::{Database, DatabaseError, Fatal, HISTORY, mend, whole};

/// Tables that are read as a whole when the file is opened. Chunks are looked at one by one.
const SMALL: [&str; 5] = ["expectation", "gap", "migration", "origin", "series"];
/// Findings that are kept until they are said.
const FINDINGS: usize = 20;

/// What is known of the file's damage.
#[derive(Default)]
pub(super) struct Damage {
    found: Mutex<Found>,
    counted: AtomicU64,
}

#[derive(Default)]
struct Found {
    /// In words, each once.
    findings: Vec<String>,
    /// Whether there are any that were not said yet.
    news: bool,
    /// Whether the file should be begun anew with what can be read of it.
    repair: bool,
}

impl Damage {
    fn lock(&self) -> MutexGuard<'_, Found> {
        self.found.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Notes what was found; counts it each time.
    pub(super) fn note(&self, finding: String) {
        self.counted.fetch_add(1, Ordering::Relaxed);
        let mut found = self.lock();
        if found.findings.len() < FINDINGS && !found.findings.contains(&finding) {
            tracing::error!("history.db is damaged: {finding}");
            found.findings.push(finding);
            found.news = true;
        }
    }

    /// Asks for the file to be begun anew.
    pub(super) fn ask_for_repair(&self) {
        self.lock().repair = true;
    }

    /// Whether that was asked for since the last time.
    pub(super) fn take_repair(&self) -> bool {
        std::mem::take(&mut self.lock().repair)
    }

    /// All findings, if there are new ones since the last time.
    pub(super) fn take_news(&self) -> Option<Vec<Finding>> {
        let mut found = self.lock();
        let news = std::mem::take(&mut found.news);
        news.then(|| found.findings.iter().cloned().map(Finding::File).collect())
    }

    /// They have to be said again.
    pub(super) fn say_again(&self) {
        self.lock().news = true;
    }

    /// Whether nothing was found.
    pub(super) fn is_none(&self) -> bool {
        self.lock().findings.is_empty()
    }

    /// How often damage was met.
    pub(super) fn count(&self) -> u64 {
        self.counted.load(Ordering::Relaxed)
    }
}

/// The open file, or none while it is begun anew.
pub(super) struct File {
    path: PathBuf,
    open: RwLock<Option<Database>>,
    pub(super) damage: Arc<Damage>,
}

impl File {
    /// Opens or creates the file. Refuses one that is whole and another program's, or a newer Plenum's. Blocks.
    pub(super) fn open(path: &Path, now: Timestamp) -> Result<Self, DatabaseError> {
        let damage = Arc::new(Damage::default());
        let database = open(path, now, &damage, false)?;
        Ok(Self {
            path: path.to_owned(),
            open: RwLock::new(Some(database)),
            damage,
        })
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// It, unless it is begun anew at this moment.
    pub(super) fn database(&self) -> Option<Database> {
        self.open.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Runs the closure on a reading connection, on this thread. An error is noted where it says that the file is damaged.
    pub(super) fn read<T>(
        &self,
        work: impl FnOnce(&Connection) -> rusqlite::Result<T>,
    ) -> Result<T, DatabaseError> {
        match self.database() {
            Some(database) => database.read_blocking(work),
            None => Err(DatabaseError::Closed {
                path: self.path.clone(),
            }),
        }
    }

    /// Begins the file anew with what can be read of it. Blocks until nobody uses the old one any more. Reads meanwhile find nothing.
    pub(super) fn repair(&self, now: Timestamp) -> Result<(), DatabaseError> {
        let set = |database| {
            let mut open = self.open.write().unwrap_or_else(PoisonError::into_inner);
            std::mem::replace(&mut *open, database)
        };
        if let Some(old) = set(None) {
            // A connection that outlived its file's name would take the new file's log for its own.
            for _ in 0..1_000 {
                if old.is_alone() {
                    break;
                }
                std::thread::sleep(std::time::Duration::from_millis(10));
            }
            if !old.is_alone() {
                set(Some(old));
                return Err(DatabaseError::Busy {
                    path: self.path.clone(),
                });
            }
        }
        set(Some(open(&self.path, now, &self.damage, true)?));
        Ok(())
    }
}

/// Whether an error says that the file is damaged.
pub(super) fn is_damage(error: &DatabaseError) -> bool {
    matches!(
        error,
        DatabaseError::Disk { .. } | DatabaseError::NotADatabase { .. }
    )
}

fn open(path: &Path, now: Timestamp, damage: &Arc<Damage>, repair: bool) -> Result<Database, DatabaseError> {
    let failed = |error: std::io::Error| DatabaseError::File {
        path: path.to_owned(),
        message: error.to_string(),
    };
    salvage::finish(path).map_err(failed)?;
    if let Some(finding) = mend(path, &HISTORY).map_err(failed)? {
        damage.note(finding);
    }
    let noting = damage.clone();
    let note: Fatal = Arc::new(move |error| noting.note(error.to_string()));
    // One that is whole and not ours is refused here.
    let first = match repair {
        true => Err("it could not be written".to_owned()),
        false => match whole::damage(path, &HISTORY, &SMALL) {
            Some(said) => Err(said),
            None => match Database::open_with(path, &HISTORY, note.clone()) {
                Ok(database) => Ok(database),
                Err(error) if is_damage(&error) => Err(error.to_string()),
                Err(error) => return Err(error),
            },
        },
    };
    let said = match first {
        Ok(database) => return Ok(database),
        Err(said) => said,
    };
    damage.note(said);
    let order = Order {
        path,
        store: &HISTORY,
        required: &[],
        now,
        afterwards: &schema::complete,
    };
    match salvage::salvage(&order) {
        Ok(findings) => findings.into_iter().for_each(|finding| damage.note(finding)),
        Err(error) => {
            let aside = salvage::move_aside(path, now).map_err(failed)?;
            damage.note(format!(
                "{error}; the file is kept as {}, and a fresh one is begun",
                aside.display()
            ));
        }
    }
    Database::open_with(path, &HISTORY, note)
}
