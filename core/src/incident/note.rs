//! What a person writes about an incident: a few lines that say what they see, did or know.

use crate::text::foreign;

/// Characters of a note at most.
pub const LONGEST: usize = 2_000;

/// Why a text is not a note.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Nothing but space.
    #[error("a note without words is not a valid note")]
    Empty,
    /// It is a report and no note.
    #[error("the note is longer than {LONGEST} characters")]
    Long,
}

/// The text as it is kept: its lines without control characters, without what only steers the direction of text, and without empty lines around them.
///
/// # Errors
/// It is empty, or too long.
pub fn written(text: &str) -> Result<String, NoteError> {
    if text.chars().count() > LONGEST {
        return Err(NoteError::Long);
    }
    let lines: Vec<String> = text
        .lines()
        .map(|line| foreign::on_one_line(line).trim_end().to_owned())
        .collect();
    let kept = lines.join("\n").trim().to_owned();
    match kept.is_empty() {
        true => Err(NoteError::Empty),
        false => Ok(kept),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_lines_of_letters() {
        for (text, kept) in [
            (
                "  Fan 2 stands still. \r\n\r\nRang the contractor.\n",
                Ok("Fan 2 stands still.\n\nRang the contractor."),
            ),
            ("a\u{7}b\u{202E}c\u{0}", Ok("a bc")),
            ("\u{85}x", Ok("x")),
            (" \n\t\u{200B}\n", Err(NoteError::Empty)),
            ("", Err(NoteError::Empty)),
        ] {
            assert_eq!(written(text).as_deref(), kept.as_ref().copied(), "{text:?}");
        }
        assert_eq!(
            written(&"é".repeat(LONGEST)).map(|text| text.chars().count()),
            Ok(LONGEST)
        );
        assert_eq!(written(&"x".repeat(LONGEST + 1)), Err(NoteError::Long));
    }
}
