//! A wall clock of its own for one process, which the test sets: libfaketime's. The clock since boot goes on as it does.

use std::path::{Path, PathBuf};

const LIBRARY: &str = "/usr/lib/x86_64-linux-gnu/faketime/libfaketimeMT.so.1";
const ELSEWHERE: &str = "/usr/lib/aarch64-linux-gnu/faketime/libfaketimeMT.so.1";

/// The clock.
pub struct FakeClock {
    file: PathBuf,
}

impl FakeClock {
    /// A clock that is right until it is set.
    pub fn new(folder: &Path) -> Self {
        let clock = Self {
            file: folder.join("clock"),
        };
        clock.set(0);
        clock
    }

    /// Sets it so many seconds ahead of the right time, or behind.
    pub fn set(&self, seconds: i64) {
        // In one piece: the program looks at any instant.
        let whole = self.file.with_extension("next");
        std::fs::write(&whole, format!("{seconds:+}\n")).expect("the folder can be written");
        std::fs::rename(&whole, &self.file).expect("the folder can be written");
    }

    /// What the process must have in its environment.
    pub fn environment(&self) -> Vec<(String, String)> {
        let library = [LIBRARY, ELSEWHERE]
            .into_iter()
            .find(|path| Path::new(path).exists());
        let library = library
            .unwrap_or_else(|| panic!("{LIBRARY} is missing; install it with: apt-get install faketime"));
        let pairs = [
            ("LD_PRELOAD", library.to_owned()),
            ("FAKETIME_TIMESTAMP_FILE", self.file.display().to_string()),
            ("FAKETIME_NO_CACHE", "1".to_owned()),
            ("FAKETIME_DONT_FAKE_MONOTONIC", "1".to_owned()),
        ];
        pairs.map(|(name, value)| (name.to_owned(), value)).to_vec()
    }
}
