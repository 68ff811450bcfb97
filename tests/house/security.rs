//! docs/security.md: each line of the standard stands there once, with an answer, and what shows it is there. What the screens never do.

use std::collections::BTreeMap;

use super::none;
use super::tree::{exists, files, read};

/// How an answer begins.
const ANSWERS: [&str; 3] = ["holds", "open", "does not apply: "];

/// What is wrong with a page that answers these numbers.
pub(crate) fn wrong(page: &str, numbers: &str) -> Vec<String> {
    let rows: Vec<[&str; 4]> = page.lines().filter_map(row).collect();
    let mut answered: BTreeMap<&str, usize> = BTreeMap::new();
    let lines = numbers.lines().filter(|line| !line.starts_with('#'));
    for number in lines.flat_map(str::split_whitespace) {
        let of_it = rows.iter().filter(|[of, ..]| is_of(number, of));
        answered.insert(number, of_it.count());
    }
    let twice = answered.iter().filter(|(_, times)| **times != 1);
    let twice = twice.map(|(number, times)| format!("{number} is answered {times} times"));
    let strange = rows
        .iter()
        .filter(|[of, ..]| !answered.keys().any(|number| is_of(number, of)));
    let strange = strange.map(|[of, ..]| format!("{of} is not a valid number of the standard"));
    twice
        .chain(strange)
        .chain(rows.iter().flat_map(wrong_row))
        .collect()
}

/// The cells of a row that begins with a number: the number, what is asked for, the answer, what shows it.
fn row(line: &str) -> Option<[&str; 4]> {
    let cells = line.strip_prefix("| ")?.trim_end().strip_suffix('|')?;
    let cells: Vec<&str> = cells.split('|').map(str::trim).collect();
    let cells: [&str; 4] = cells.try_into().ok()?;
    let is_number = |one: char| one.is_ascii_digit() || one == '.';
    (!cells[0].is_empty() && cells[0].chars().all(is_number)).then_some(cells)
}

/// Whether a row's number is this one, or its section or chapter.
fn is_of(number: &str, row: &str) -> bool {
    let rest = number.strip_prefix(row);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

fn wrong_row(row: &[&str; 4]) -> Vec<String> {
    let [of, asked, answer, shown] = row;
    let named: Vec<&str> = shown.split('`').skip(1).step_by(2).collect();
    let is_answer = ANSWERS.iter().any(|beginning| answer.starts_with(beginning));
    let mut wrong: Vec<String> = named.iter().filter_map(|named| missing(named)).collect();
    if !is_answer {
        wrong.push("neither holds nor is open nor does not apply".to_owned());
    }
    if named.is_empty() && answer.starts_with("holds") {
        wrong.push("nothing shows it".to_owned());
    }
    if asked.split_whitespace().count() > 12 {
        wrong.push("says in more than twelve words what is asked for".to_owned());
    }
    wrong.into_iter().map(|what| format!("{of}: {what}")).collect()
}

/// A file, or a file and behind `::` a test in it.
fn missing(named: &str) -> Option<String> {
    let (path, test) = named.split_once("::").unwrap_or((named, ""));
    if !exists(path) {
        return Some(format!("{path} is not there"));
    }
    let is_there = test.is_empty() || read(path).contains(&format!("fn {test}("));
    (!is_there).then(|| format!("{path} does not have {test}"))
}

/// Ways to make markup or code of a text, to hear other windows, and to keep something in the browser.
const NEVER: [&str; 8] = [
    "{@html",
    "innerHTML",
    "outerHTML",
    "insertAdjacentHTML",
    "eval(",
    "new Function(",
    "postMessage",
    "sessionStorage",
];
/// The files that keep something: the language, and whether this screen sounds.
const KEEP: [&str; 2] = [
    "dashboard/web/src/words/words.svelte.ts",
    "dashboard/web/src/data/sound.svelte.ts",
];

#[test]
fn no_screen_writes_markup_or_runs_text() {
    let screens = || {
        files()
            .iter()
            .filter(|file| file.name.starts_with("dashboard/web/src/"))
    };
    let written = screens().flat_map(|file| {
        let found = NEVER.iter().filter(|what| file.text.contains(**what));
        found.map(|what| format!("{}: {what}", file.name))
    });
    none("text must stay text", written);
    let kept =
        screens().filter(|file| file.text.contains("localStorage") && !KEEP.contains(&file.name.as_str()));
    none(
        "the browser keeps the language, and whether it sounds, alone",
        kept.map(|file| file.name.clone()),
    );
    for keeps in KEEP {
        assert_eq!(
            read(keeps).matches("localStorage.setItem(KEY").count(),
            1,
            "{keeps}"
        );
    }
    assert!(screens().count() > 50);
}

#[test]
fn what_is_wrong_with_an_answer_is_said() {
    let check = |row: &str, expected: &[&str]| {
        let page = format!("{row}\n| 2 | other | does not apply: none | |");
        assert_eq!(wrong(&page, "# numbers\n1.1.1 1.1.2\n2.1.1\n"), expected, "{row}");
    };
    check(
        "| 1.1 | a | holds | `tests/tidy.rs::no_file_is_longer_than_500_lines`, `Cargo.toml` |",
        &[],
    );
    check("| 1.1.1 | a | open: b | |", &["1.1.2 is answered 0 times"]);
    check(
        "| 1 | a | open: b | |\n| 1.1.2 | a | open: b | |",
        &["1.1.2 is answered 2 times"],
    );
    check(
        "| 1.1 | a | open: b | |\n| 1.2 | a | open: b | |",
        &["1.2 is not a valid number of the standard"],
    );
    check("| 1 | a | holds | |", &["1: nothing shows it"]);
    check(
        "| 1 | a | maybe | |",
        &["1: neither holds nor is open nor does not apply"],
    );
    check(
        "| 1 | a | holds | `tests/tidy.rs::none_such` |",
        &["1: tests/tidy.rs does not have none_such"],
    );
    check("| 1 | a | holds | `none.txt` |", &["1: none.txt is not there"]);
}
