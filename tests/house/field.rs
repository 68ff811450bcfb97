//! The cases from the field, tests/field.md: each row names what shows it.

use super::tree::{exists, read};

/// Rows whose last cell says why nothing shows them, instead.
const NOT_YET: &str = "not yet: ";

/// What is wrong with the rows: those that name nothing, and names of what is not there.
pub(crate) fn wrong(page: &str) -> Vec<String> {
    let rows = page
        .lines()
        .filter(|line| line.starts_with("| ") && !line.starts_with("| input |"));
    rows.flat_map(|row| {
        let shown = row
            .trim_end_matches(" |")
            .rsplit(" | ")
            .next()
            .unwrap_or_default();
        let named: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
        match named.is_empty() {
            true if shown.starts_with(NOT_YET) => Vec::new(),
            true => vec![format!("nothing shows: {row}")],
            false => named.into_iter().filter_map(missing).collect(),
        }
    })
    .collect()
}

/// A file, or a file and behind a space what stands in it: a test's function, or what a course is of.
fn missing(named: &str) -> Option<String> {
    let (path, what) = named.split_once(' ').unwrap_or((named, ""));
    if !exists(path) {
        return Some(format!("{path} is not there"));
    }
    let text = read(path);
    let is_there = match path.ends_with(".rs") {
        true => text.contains(&format!("fn {what}(")),
        false => what.is_empty() || text.contains(&format!("what = \"{what}\"\n")),
    };
    (!is_there).then(|| format!("{path} does not have: {what}"))
}
