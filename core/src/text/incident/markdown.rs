//! What others wrote, as letters within Markdown: no heading, link, picture, mark or table of theirs.

use super::super::foreign;

/// What begins markup wherever it stands, in CommonMark and in the tables, strikings-through and formulas of others.
const MARKS: [char; 14] = [
    '\\', '`', '*', '_', '[', ']', '<', '>', '|', '~', '&', '$', '@', '#',
];

/// What makes a line a list, a heading or a rule where it begins it.
const BEGINS: [char; 4] = ['-', '+', '=', ':'];

/// On one line, of a list or in a cell of a table.
pub(super) fn line(text: &str) -> String {
    let text = foreign::on_one_line(text);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let numbered = text.trim_start_matches(|letter: char| letter.is_ascii_digit());
    let digits = text.len() - numbered.len();
    let mut escaped = String::with_capacity(text.len() + 8);
    for (place, letter) in text.char_indices() {
        let rest = text.get(place..).unwrap_or_default();
        let is_begin = place == 0 && BEGINS.contains(&letter);
        // `1.` and `1)` begin a list.
        let is_number = digits > 0 && place == digits && matches!(letter, '.' | ')');
        // An address becomes a link by itself.
        let is_address = rest.starts_with("://") || is_after_www(&text, place, letter);
        if MARKS.contains(&letter) || is_begin || is_number || is_address {
            escaped.push('\\');
        }
        escaped.push(letter);
    }
    escaped
}

fn is_after_www(text: &str, place: usize, letter: char) -> bool {
    let before = text.get(..place).unwrap_or_default();
    letter == '.' && before.to_ascii_lowercase().ends_with("www")
}

/// Each of its lines.
pub(super) fn lines(text: &str) -> impl Iterator<Item = String> {
    text.lines().map(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_others_wrote_is_letters() {
        for (text, expected) in [
            ("Inlet A3, 29.4 °C (rising)", "Inlet A3, 29.4 °C (rising)"),
            ("# all is well\n## really", r"\# all is well \#\# really"),
            ("- one\n- two", r"\- one - two"),
            ("1. first", r"1\. first"),
            ("12) twelfth", r"12\) twelfth"),
            (
                "![x](http://evil.example/p.png)",
                r"!\[x\](http\://evil.example/p.png)",
            ),
            (
                "<script>alert(1)</script> &lt;",
                r"\<script\>alert(1)\</script\> \&lt;",
            ),
            (
                "a | b ~~c~~ **d** __e__ `f` $g$",
                r"a \| b \~\~c\~\~ \*\*d\*\* \_\_e\_\_ \`f\` \$g\$",
            ),
            (
                "WWW.evil.example mail@evil.example",
                r"WWW\.evil.example mail\@evil.example",
            ),
            (r"a \ b", r"a \\ b"),
            ("=====", r"\====="),
            ("\u{202E}turned\u{0}", "turned"),
            ("", ""),
        ] {
            assert_eq!(line(text), expected, "{text:?}");
        }
        assert_eq!(lines("a\n\n# b").collect::<Vec<_>>(), ["a", "", r"\# b"]);
    }
}
