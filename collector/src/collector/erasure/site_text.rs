//! Takes a person out of the text of an earlier revision of the site: their identifier and their name there, wherever the file refers to them. All else, comments
//! too, stays as it was written.

use std::ops::Range;

use serde::Deserialize;
use toml::Spanned;

#[derive(Deserialize)]
struct File {
    #[serde(default)]
    person: Vec<Person>,
    #[serde(default)]
    channel: Vec<Channel>,
}

#[derive(Deserialize)]
struct Person {
    id: Spanned<String>,
    name: Option<Spanned<String>>,
}

#[derive(Deserialize)]
struct Channel {
    #[serde(default)]
    people: Vec<Spanned<String>>,
}

/// The text with these in the place of the person's identifier and name; none where it does not name them, or cannot be read.
pub(super) fn without(
    text: &str,
    is_them: impl Fn(&str) -> bool,
    (id, name): (&str, &str),
) -> Option<String> {
    let file: File = toml::from_str(text).ok()?;
    let mut places: Vec<(Range<usize>, &str)> = Vec::new();
    for person in file.person.iter().filter(|person| is_them(person.id.get_ref())) {
        places.push((person.id.span(), id));
        places.extend(person.name.iter().map(|of_person| (of_person.span(), name)));
    }
    let referred = file.channel.iter().flat_map(|channel| &channel.people);
    let referred = referred.filter(|person| is_them(person.get_ref()));
    places.extend(referred.map(|person| (person.span(), id)));
    // From the last on, so that the others stay where they are.
    places.sort_by_key(|(place, _)| std::cmp::Reverse(place.start));
    let mut without = text.to_owned();
    for (place, instead) in &places {
        without.replace_range(place.clone(), &format!("\"{instead}\""));
    }
    (!places.is_empty()).then_some(without)
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
}
