//! Which words the tree uses: of what is wrong, and in SQL.

use super::none;
use super::statements::{shouted, shouted_keyword, strings};
use super::tree::{files, rust};

#[test]
fn statements_are_in_lower_case() {
    let in_rust = rust().flat_map(|file| {
        let strings = strings(&file.text).into_iter();
        let loud = strings.filter_map(|(line, string)| Some((line, shouted(string)?)));
        loud.map(|(line, word)| format!("{}:{line}: {word}", file.name))
    });
    let in_sql = files().iter().filter(|file| file.is(".sql")).flat_map(|file| {
        let code = (1..).zip(file.text.lines().filter_map(|line| line.split("--").next()));
        let loud = code.filter_map(|(line, code)| Some((line, shouted_keyword(code)?)));
        loud.map(|(line, word)| format!("{}:{line}: {word}", file.name))
    });
    none("SQL is written in lower case", in_rust.chain(in_sql));
}

/// What may follow: it is gone, it is only so much, and a saying.
const NO_WHAT: [&str; 3] = ["longer", "more", "news"];

#[test]
fn what_is_wrong_is_not_a_valid_one() {
    let read = files().iter().filter(|file| !file.is("house/words.rs"));
    let wrong = read.flat_map(|file| {
        let lines = (1..).zip(file.text.lines());
        let wrong = lines.filter(|(_, line)| ["is no ", "are no "].iter().any(|is_no| is_said(line, is_no)));
        wrong.map(|(number, line)| format!("{}:{number}: {}", file.name, line.trim()))
    });
    none("say \"is not a valid ...\", or what it is", wrong);
}

/// Whether the line says of something what it is not. "There is no ..." says that nothing is there.
fn is_said(line: &str, is_no: &str) -> bool {
    line.match_indices(is_no).any(|(at, _)| {
        let (before, after) = (line[..at].trim_end(), &line[at + is_no.len()..]);
        let is_absent = before.ends_with("here");
        !is_absent && line[..at].ends_with(' ') && !NO_WHAT.iter().any(|what| after.starts_with(what))
    })
}
