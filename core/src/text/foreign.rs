//! Text from elsewhere: what a publisher, a device or a mail server wrote. It never makes a line of its own, never turns the direction of
//! what stands around it, and is never long.

/// Letters alone: a control character becomes a space, and what only steers the direction or the form of text goes.
pub fn on_one_line(text: &str) -> String {
    let mut line = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\u{200B}'..='\u{200F}'
            | '\u{202A}'..='\u{202E}'
            | '\u{2060}'..='\u{206F}'
            | '\u{061C}'
            | '\u{FEFF}'
            | '\u{FFF9}'..='\u{FFFB}' => {}
            '\u{2028}' | '\u{2029}' => line.push(' '),
            character if character.is_control() => line.push(' '),
            character => line.push(character),
        }
    }
    line
}

/// On one line, with one space where there were more, and cut to so many characters.
pub fn cut(text: &str, characters: usize) -> String {
    let line = on_one_line(text);
    let line = line.split_whitespace().collect::<Vec<_>>().join(" ");
    match line.char_indices().nth(characters) {
        Some((end, _)) => format!("{}…", line[..end].trim_end()),
        None => line,
    }
}

/// As `cut`, between quotation marks, so that nobody takes it for ours.
pub fn quoted(text: &str, characters: usize) -> String {
    format!("\"{}\"", cut(text, characters).replace('"', "'"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn foreign_text_makes_no_line_and_turns_nothing_around() {
        assert_eq!(cut("a\r\nBcc: everyone", 80), "a Bcc: everyone");
        assert_eq!(cut("safe\u{202E}lamron\u{2066}x\u{200F}", 80), "safelamronx");
        assert_eq!(cut("a\u{2028}WHAT  all is well\u{0}", 80), "a WHAT all is well");
        assert_eq!(cut("Überhitzung", 4), "Über…");
        assert_eq!(quoted("say \"yes\"", 80), "\"say 'yes'\"");
    }
}
