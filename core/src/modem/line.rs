//! What comes over the line, in lines and prompts, whatever pieces it comes in.

/// A line is a PDU of at most 2 x 176 digits or an operator's text. What is longer is babble, and let go of.
const LONGEST: usize = 2_048;

/// What was read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Token {
    /// A line without its end; never empty.
    Line(String),
    /// `> `: the modem waits for a PDU.
    Prompt,
}

/// Bytes that are not a whole line yet.
#[derive(Debug, Default)]
pub(crate) struct Lines(Vec<u8>);

impl Lines {
    /// Takes what came.
    pub(crate) fn push(&mut self, bytes: &[u8]) -> Vec<Token> {
        let mut tokens = Vec::new();
        for byte in bytes {
            match byte {
                b'\r' | b'\n' | 0 => self.end(&mut tokens),
                _ if self.0.len() >= LONGEST => self.0.clear(),
                _ => self.0.push(*byte),
            }
            if self.0 == b"> " {
                self.0.clear();
                tokens.push(Token::Prompt);
            }
        }
        tokens
    }

    /// Forgets what was begun: another conversation begins.
    pub(crate) fn forget(&mut self) {
        self.0.clear();
    }

    fn end(&mut self, tokens: &mut Vec<Token>) {
        let line = String::from_utf8_lossy(&self.0).trim().to_owned();
        self.0.clear();
        if !line.is_empty() {
            tokens.push(Token::Line(line));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_and_prompts_are_found_in_pieces_and_babble_is_let_go_of() {
        let mut lines = Lines::default();
        let line = |text: &str| Token::Line(text.to_owned());
        assert_eq!(lines.push(b"\r\n+CM"), []);
        assert_eq!(
            lines.push(b"GS: 7\r\n\r\nOK\r\n>"),
            [line("+CMGS: 7"), line("OK")]
        );
        assert_eq!(lines.push(b" "), [Token::Prompt]);
        assert_eq!(lines.push(&[b'x'; 10_000]), []);
        assert!(lines.0.len() <= LONGEST);
        assert_eq!(lines.push(b"\r\nOK\r")[1..], [line("OK")]);
        assert_eq!(lines.push(b"\xFF\xFE\0"), [line("\u{FFFD}\u{FFFD}")]);
    }
}
