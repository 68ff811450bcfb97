//! A disk that can be filled to the last byte: a tmpfs of its own.

use std::path::Path;
use std::process::Command;

/// A disk of 16 MiB.
pub struct SmallDisk(tempfile::TempDir);

impl SmallDisk {
    /// An empty one. Fails where this user may not mount.
    pub fn mount() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mounted = Command::new("mount")
            .args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"])
            .arg(folder.path())
            .status();
        assert!(
            mounted.is_ok_and(|status| status.success()),
            "cannot mount a tmpfs: run the tests as root, or with `unshare --user --map-root-user --mount`"
        );
        Self(folder)
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        self.0.path()
    }

    /// Fills it until so many KiB are left.
    pub fn fill(&self, leave: u64) {
        let output = Command::new("df")
            .args(["--output=avail", "-k"])
            .arg(self.0.path())
            .output()
            .unwrap();
        let text = String::from_utf8(output.stdout).unwrap();
        let free: u64 = text.lines().nth(1).unwrap().trim().parse().unwrap();
        let name = format!("filler-{leave}");
        let filler = vec![1; usize::try_from(free.saturating_sub(leave) * 1_024).unwrap()];
        std::fs::write(self.0.path().join(name), filler).unwrap();
    }

    /// Takes away what fills of 1024 and 0 KiB have put there.
    pub fn make_room(&self) {
        for leave in [1_024, 0] {
            std::fs::remove_file(self.0.path().join(format!("filler-{leave}"))).unwrap();
        }
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg("-l").arg(self.0.path()).status();
    }
}
