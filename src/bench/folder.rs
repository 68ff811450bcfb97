//! The folder of a bench's databases, and what kind of disk it lies on.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// A folder that goes with the bench.
pub(crate) struct Folder(PathBuf);

impl Folder {
    /// Makes one within `parent`, or where temporary files go.
    pub(crate) fn new(parent: Option<&Path>) -> Result<Self> {
        let parent = parent.map_or_else(std::env::temp_dir, Path::to_owned);
        let path = parent.join(format!("plenum-bench-{}", std::process::id()));
        std::fs::create_dir_all(&path).with_context(|| format!("{}: cannot be made", path.display()))?;
        Ok(Self(path.canonicalize()?))
    }

    /// Its path, without links in it.
    pub(crate) fn path(&self) -> &Path {
        &self.0
    }

    /// An empty folder within it.
    pub(crate) fn part(&self, name: &str) -> Result<PathBuf> {
        let path = self.0.join(name);
        std::fs::create_dir_all(&path).with_context(|| format!("{}: cannot be made", path.display()))?;
        Ok(path)
    }

    /// The kind of file system: on `tmpfs` a sync costs nothing and says nothing.
    pub(crate) fn file_system(&self) -> String {
        let mounts = std::fs::read_to_string("/proc/mounts").unwrap_or_default();
        let mounts = mounts.lines().filter_map(|line| {
            let mut words = line.split(' ').skip(1);
            Some((words.next()?, words.next()?))
        });
        mounts
            .filter(|(point, _)| self.0.starts_with(point))
            .max_by_key(|(point, _)| point.len())
            .map_or_else(|| "unknown".to_owned(), |(_, kind)| kind.to_owned())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_lies_on_something_and_goes_with_the_bench() {
        let folder = Folder::new(None).unwrap();
        let path = folder.part("spools").unwrap();
        assert!(path.is_dir() && folder.file_system() != "unknown");
        drop(folder);
        assert!(!path.exists());
    }
}
