//! The files of this repository that people write, read once.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

/// The repository's root.
fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

/// A file as text.
pub(crate) struct Source {
    /// Its path from the root, with `/`.
    pub(crate) name: String,
    /// What it holds.
    pub(crate) text: String,
}

impl Source {
    /// Whether its name ends so.
    pub(crate) fn is(&self, ending: &str) -> bool {
        self.name.ends_with(ending)
    }

    /// The folder that it lies in, from the root; empty for the root.
    pub(crate) fn folder(&self) -> &str {
        self.name.rsplit_once('/').map_or("", |(folder, _)| folder)
    }

    /// Whether a path that counts from its folder exists.
    pub(crate) fn has_beside(&self, path: &str) -> bool {
        root().join(self.folder()).join(path).exists()
    }

    /// Whether it holds tests alone.
    pub(crate) fn is_test(&self) -> bool {
        let parts: Vec<&str> = self.name.split('/').collect();
        parts
            .iter()
            .any(|part| ["tests", "tests.rs"].contains(part) || part.ends_with("_tests.rs"))
    }

    /// The code without the tests at its end.
    pub(crate) fn code(&self) -> &str {
        let mut parts = self.text.split("#[cfg(test)]\nmod tests {");
        parts.next().unwrap_or_default()
    }

    /// The code's lines with their numbers, without comments that stand alone.
    pub(crate) fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        let numbered = (1..).zip(self.code().lines());
        numbered.filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// What tools make or people do not edit.
const NOT_OURS: [&str; 5] = [
    "Cargo.lock",
    "package-lock.json",
    "openapi.json",
    "contract.d.ts",
    "LICENSE-APACHE",
];
/// Files of earlier versions, with what made them: kept as they were.
const EARLIER: &str = "tests/data";
/// Folders that tools make, at the root alone and anywhere.
const MADE_AT_ROOT: [&str; 4] = ["target", "data", "test-results", ".git"];
const MADE: [&str; 2] = ["node_modules", "dist"];

/// Every text file of ours, in the order of their names.
pub(crate) fn files() -> &'static [Source] {
    static FILES: OnceLock<Vec<Source>> = OnceLock::new();
    FILES.get_or_init(|| {
        let mut found = Vec::new();
        let mut folders = vec![root().to_owned()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()))
            {
                take(
                    entry.expect("a folder that can be read").path(),
                    folder == root(),
                    &mut folders,
                    &mut found,
                );
            }
        }
        found.sort_by(|one, other| one.name.cmp(&other.name));
        found
    })
}

fn take(path: PathBuf, at_root: bool, folders: &mut Vec<PathBuf>, found: &mut Vec<Source>) {
    let last = path
        .file_name()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned();
    if path.is_dir() {
        let made = MADE.contains(&last.as_str())
            || at_root && MADE_AT_ROOT.contains(&last.as_str())
            || path == root().join(EARLIER);
        folders.extend((!made).then_some(path));
        return;
    }
    if (at_root && last == ".git") || NOT_OURS.contains(&last.as_str()) {
        return;
    }
    // A picture or a database is not text.
    if let Ok(text) = fs::read_to_string(&path) {
        let name = path.strip_prefix(root()).unwrap_or(&path).display().to_string();
        found.push(Source { name, text });
    }
}

/// The Rust files of ours.
pub(crate) fn rust() -> impl Iterator<Item = &'static Source> {
    files().iter().filter(|file| file.is(".rs"))
}

/// The Rust files at a path: one, or those of a folder.
pub(crate) fn rust_at(path: &str) -> Vec<&'static Source> {
    let folder = format!("{path}/");
    let found: Vec<_> = rust()
        .filter(|file| file.name == path || file.name.starts_with(&folder))
        .collect();
    assert!(
        !found.is_empty(),
        "{path} is named in the tidy test and does not exist"
    );
    found
}

/// Whether a path from the root exists.
pub(crate) fn exists(path: &str) -> bool {
    root().join(path).exists()
}

/// A file's text.
pub(crate) fn read(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}
