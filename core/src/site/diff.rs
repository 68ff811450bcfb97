//! A unified diff of two texts by lines, for people to read.

use std::fmt::Write;

/// Lines of agreement around a change.
const CONTEXT: usize = 3;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Edit {
    Keep,
    Remove,
    Add,
}

/// What turns `before` into `after`; empty if they are the same.
pub fn unified(name_before: &str, before: &str, name_after: &str, after: &str) -> String {
    let before: Vec<&str> = before.lines().collect();
    let after: Vec<&str> = after.lines().collect();
    let edits = edits(&before, &after);
    let mut text = String::new();
    let mut at = 0;
    let (mut line_before, mut line_after) = (0, 0);
    while let Some(change) = (at..edits.len()).find(|index| edits[*index] != Edit::Keep) {
        let start = change.saturating_sub(CONTEXT).max(at);
        line_before += start - at;
        line_after += start - at;
        // A hunk ends where more than twice the context agrees.
        let mut end = change + 1;
        let mut quiet = 0;
        for (index, edit) in edits.iter().enumerate().skip(change + 1) {
            quiet = if *edit == Edit::Keep { quiet + 1 } else { 0 };
            if quiet > 2 * CONTEXT {
                break;
            }
            if *edit != Edit::Keep {
                end = index + 1;
            }
        }
        let end = (end + CONTEXT).min(edits.len());
        if text.is_empty() {
            let _ = writeln!(text, "--- {name_before}\n+++ {name_after}");
        }
        let count = |skip: Edit| edits[start..end].iter().filter(|edit| **edit != skip).count();
        let _ = writeln!(
            text,
            "@@ -{},{} +{},{} @@",
            line_before + 1,
            count(Edit::Add),
            line_after + 1,
            count(Edit::Remove)
        );
        for edit in &edits[start..end] {
            let (sign, line) = match edit {
                Edit::Keep => (' ', before[line_before]),
                Edit::Remove => ('-', before[line_before]),
                Edit::Add => ('+', after[line_after]),
            };
            let _ = writeln!(text, "{sign}{line}");
            line_before += usize::from(*edit != Edit::Add);
            line_after += usize::from(*edit != Edit::Remove);
        }
        at = end;
    }
    text
}

/// The edits along a longest common subsequence; equal beginnings and ends are cut off first.
fn edits(before: &[&str], after: &[&str]) -> Vec<Edit> {
    let head = before
        .iter()
        .zip(after)
        .take_while(|(one, other)| one == other)
        .count();
    let (before, after) = (&before[head..], &after[head..]);
    let tail = before
        .iter()
        .rev()
        .zip(after.iter().rev())
        .take_while(|(one, other)| one == other)
        .count();
    let (before, after) = (&before[..before.len() - tail], &after[..after.len() - tail]);
    let width = after.len() + 1;
    let mut longest = vec![0_u32; (before.len() + 1) * width];
    for row in (0..before.len()).rev() {
        for column in (0..after.len()).rev() {
            longest[row * width + column] = if before[row] == after[column] {
                longest[(row + 1) * width + column + 1] + 1
            } else {
                longest[(row + 1) * width + column].max(longest[row * width + column + 1])
            };
        }
    }
    let mut edits = vec![Edit::Keep; head];
    let (mut row, mut column) = (0, 0);
    while row < before.len() || column < after.len() {
        if row < before.len() && column < after.len() && before[row] == after[column] {
            edits.push(Edit::Keep);
            row += 1;
            column += 1;
        } else if column == after.len()
            || (row < before.len()
                && longest[(row + 1) * width + column] >= longest[row * width + column + 1])
        {
            edits.push(Edit::Remove);
            row += 1;
        } else {
            edits.push(Edit::Add);
            column += 1;
        }
    }
    edits.extend(std::iter::repeat_n(Edit::Keep, tail));
    edits
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(before: &str, after: &str, expected: &str) {
        assert_eq!(unified("a", before, "b", after), expected);
    }

    #[test]
    fn a_diff_reads_as_diff_writes_it() {
        check("1\n2\n", "1\n2\n", "");
        check("", "1\n", "--- a\n+++ b\n@@ -1,0 +1,1 @@\n+1\n");
        check(
            "1\n2\n3\n4\n5\n6\n",
            "1\n2\n3\n4\nfive\n6\n",
            "--- a\n+++ b\n@@ -2,5 +2,5 @@\n 2\n 3\n 4\n-5\n+five\n 6\n",
        );
    }

    #[test]
    fn far_changes_are_hunks_of_their_own() {
        let before: Vec<String> = (0..40).map(|line| line.to_string()).collect();
        let mut after = before.clone();
        after[2] = "x".to_owned();
        after.remove(30);
        let text = unified("a", &before.join("\n"), "b", &after.join("\n"));
        assert_eq!(text.matches("@@ -").count(), 2, "{text}");
        assert!(text.contains("@@ -1,6 +1,6 @@"), "{text}");
        assert!(text.contains("@@ -28,7 +28,6 @@"), "{text}");
    }
}
