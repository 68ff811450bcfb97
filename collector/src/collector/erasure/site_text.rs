//! Takes a person out of the text of an earlier revision of the site: their identifier and their name there, wherever the file refers to them. All else, comments
//! too, stays as it was written.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// Where the file names a person by their identifier: keys, one within the other; lists on the way are gone through.
const REFERRED: [&[&str]; 8] = [
    &["channel", "people"],
    &["team", "members"],
    &["team", "fallback"],
    &["rota", "layer", "people"],
    &["override", "person"],
    &["override", "asked_by"],
    &["ladder", "fallback"],
    &["ladder", "step", "whom", "person"],
];

/// The text with these in the place of the person's identifier and name; none where it does not name them, or cannot be read.
pub(super) fn without(
    text: &str,
    is_them: impl Fn(&str) -> bool,
    (id, name): (&str, &str),
) -> Option<String> {
    let file = DeTable::parse(text).ok()?;
    let mut places: Vec<(Range<usize>, &str)> = Vec::new();
    for person in below(file.get_ref(), &["person"]) {
        let Some(person) = person.get_ref().as_table() else {
            continue;
        };
        let own = below(person, &["id"]);
        if own.iter().any(|own| is(own, &is_them)) {
            places.extend(own.iter().map(|own| (own.span(), id)));
            let names = below(person, &["name"]);
            places.extend(names.iter().map(|own| (own.span(), name)));
        }
    }
    let referred = REFERRED.into_iter().flat_map(|keys| below(file.get_ref(), keys));
    let referred = referred.filter(|person| is(person, &is_them));
    places.extend(referred.map(|person| (person.span(), id)));
    // From the last on, so that the others stay where they are.
    places.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    let mut without = text.to_owned();
    for (place, instead) in &places {
        without.replace_range(place.clone(), &format!("\"{instead}\""));
    }
    (!places.is_empty()).then_some(without)
}

fn is(value: &Spanned<DeValue<'_>>, is_them: impl Fn(&str) -> bool) -> bool {
    value.get_ref().as_str().is_some_and(is_them)
}

/// The values at a way of keys, those of a list each for itself.
fn below<'a, 'text>(table: &'a DeTable<'text>, keys: &[&str]) -> Vec<&'a Spanned<DeValue<'text>>> {
    let Some((first, rest)) = keys.split_first() else {
        return Vec::new();
    };
    let Some(found) = table.get(*first) else {
        return Vec::new();
    };
    let found: Vec<_> = match found.get_ref() {
        DeValue::Array(list) => list.iter().collect(),
        _ => vec![found],
    };
    if rest.is_empty() {
        return found;
    }
    let tables = found.into_iter().filter_map(|value| value.get_ref().as_table());
    tables.flat_map(|table| below(table, rest)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_is_erased_goes_from_each_place_that_names_them_and_nothing_else_does() {
        let text = "# People of the night.\n[[person]]\nid = 'sanne'\nname = \"Sanne de Boer\" # from Zaandam\n[[person]]\nid = \"sanne-b\"\nname = \"B\"\n\
                    [[channel]]\nid = \"mail\"\npeople = [\"sanne-b\", \"sanne\"]\n";
        let expected = "# People of the night.\n[[person]]\nid = \"erased-7\"\nname = \"erased person 7\" # from Zaandam\n[[person]]\nid = \"sanne-b\"\nname = \"B\"\n\
                        [[channel]]\nid = \"mail\"\npeople = [\"sanne-b\", \"erased-7\"]\n";
        let erased = ("erased-7", "erased person 7");
        assert_eq!(
            without(text, |id| id == "sanne", erased).as_deref(),
            Some(expected)
        );
        assert_eq!(without(text, |id| id == "piet", erased), None);
        assert_eq!(without("not a file", |_| true, erased), None);
    }

    #[test]
    fn whoever_is_erased_goes_from_duties_and_ladders_too() {
        let text = "[[team]]\nid = \"sanne\"\nmembers = [\"sanne\", \"joris\"]\nfallback = \"sanne\"\n\
                    [[rota]]\nid = \"sanne\"\n[[rota.layer]]\npeople = [\"joris\", \"sanne\"]\n[[rota.layer]]\npeople = [\"sanne\"]\n\
                    [[override]]\nperson = \"sanne\"\nasked_by = \"sanne\"\nwhy = \"sanne\"\n\
                    [[ladder]]\nfallback = \"sanne\"\nstep = [{ whom = { person = \"sanne\" } }, { whom = { team = \"sanne\" } }, { whom = \"everybody\" }]\n";
        let gone = without(text, |id| id == "sanne", ("erased-7", "")).unwrap();
        // Names of a team and a rota, and what people wrote, are not theirs.
        assert_eq!(gone.matches("sanne").count(), 4, "{gone}");
        assert_eq!(gone.matches("\"erased-7\"").count(), 8, "{gone}");
    }
}
