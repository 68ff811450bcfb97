//! Takes names and addresses of people out of a text: whole words alone, in any case of their letters.

/// The text with something else in the place of each of these names.
pub fn redact(text: &str, names: &[String], instead: &str) -> String {
    let mut redacted = text.to_owned();
    for name in names.iter().filter(|name| !name.is_empty()) {
        redacted = one(&redacted, name, instead);
    }
    redacted
}

fn one(text: &str, name: &str, instead: &str) -> String {
    let mut redacted = String::with_capacity(text.len());
    let (mut rest, mut before) = (text, None);
    while let Some(first) = rest.chars().next() {
        let is_begin = !before.is_some_and(is_part);
        match end_of(rest, name).filter(|_| is_begin) {
            Some(end) => {
                redacted.push_str(instead);
                before = name.chars().last();
                rest = rest.get(end..).unwrap_or_default();
            }
            None => {
                redacted.push(first);
                before = Some(first);
                rest = rest.get(first.len_utf8()..).unwrap_or_default();
            }
        }
    }
    redacted
}

/// Where the name ends that a text begins with, if it is a word of its own.
fn end_of(text: &str, name: &str) -> Option<usize> {
    let mut letters = text.char_indices();
    for wanted in name.chars() {
        let (_, letter) = letters.next()?;
        if !letter.to_lowercase().eq(wanted.to_lowercase()) {
            return None;
        }
    }
    match letters.next() {
        Some((end, next)) => (!is_part(next)).then_some(end),
        None => Some(text.len()),
    }
}

fn is_part(letter: char) -> bool {
    letter.is_alphanumeric() || letter == '_'
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whole_names_go_and_what_only_holds_their_letters_stays() {
        let names = ["Al".to_owned(), "Sanne de Boer".to_owned(), "é".to_owned()];
        let check =
            |text: &str, expected: &str| assert_eq!(redact(text, &names, "erased person 7"), expected);
        check("Al has an alarm", "erased person 7 has an alarm");
        check(
            "sanne de boer has it since 12:00; AL.",
            "erased person 7 has it since 12:00; erased person 7.",
        );
        check("an alarm, in all", "an alarm, in all");
        check("É, é and éé", "erased person 7, erased person 7 and éé");
        check("", "");
    }
}
