//! The file `audit.head`: the newest checkpoint, beside the database, so that a log that was cut in the database is found.

use std::fs::File;
use std::io::{self, Write};
use std::path::Path;

use plenum_link::private;

use super::checkpoint::Checkpoint;

const NAME: &str = "audit.head";

/// The checkpoint that is there; one that cannot be read is none, and the log says so.
pub(super) fn read(folder: &Path) -> Option<Checkpoint> {
    let path = folder.join(NAME);
    let text = std::fs::read_to_string(&path).ok()?;
    let read = Checkpoint::read(text.trim_end());
    if read.is_none() {
        tracing::error!(path = %path.display(), "it cannot be read; it is written anew");
    }
    read
}

/// Puts another in its place; it is on the disk when this comes back, whole or as it was.
pub(super) fn write(folder: &Path, checkpoint: &Checkpoint) -> io::Result<()> {
    let fresh = folder.join("audit.head.new");
    private::make_file(&fresh)?;
    let mut file = File::create(&fresh)?;
    writeln!(file, "{}", checkpoint.text())?;
    file.sync_all()?;
    std::fs::rename(&fresh, folder.join(NAME))?;
    File::open(folder)?.sync_all()
}
