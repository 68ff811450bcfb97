//! How people and programs are named: by their names of now, and whoever has none any more by what they were and their number.

use super::Form;
use crate::authority::{Actor, Called};
use crate::text::alarm::agent;
use crate::text::catalogue::{Phrase, say};

impl Form {
    /// Who did something, by name.
    pub fn who(&self, actor: &Actor) -> String {
        match (actor, self.people.number_of(actor)) {
            (_, Some(number)) => self.person(number),
            (Actor::Program(number), None) => match self.people.program(*number) {
                Some(name) => name.to_owned(),
                None => say(self.language, Phrase::SomeProgram { number: *number }),
            },
            (Actor::Agent(name), None) => agent(name, self),
            (Actor::Named(name), None) => name.clone(),
            (other, None) => other.to_string(),
        }
    }

    fn person(&self, number: i64) -> String {
        match self.people.person(number) {
            Some(Called::Name(name)) => name.to_owned(),
            Some(Called::Erased) => say(self.language, Phrase::ErasedPerson { number }),
            None => say(self.language, Phrase::SomePerson { number }),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use plenum_protocol::Timestamp;
    use plenum_protocol::quantity::Language;

    use super::*;
    use crate::authority::Directory;
    use crate::site::Site;

    #[derive(Debug)]
    struct House;

    impl Directory for House {
        fn person(&self, number: i64) -> Option<Called<'_>> {
            match number {
                3 => Some(Called::Name("Sanne de Boer")),
                7 => Some(Called::Erased),
                _ => None,
            }
        }

        fn program(&self, number: i64) -> Option<&str> {
            (number == 2).then_some("wall")
        }

        fn formerly(&self, name: &str) -> Option<i64> {
            match name {
                "sanne" => Some(3),
                "piet" => Some(7),
                _ => None,
            }
        }
    }

    #[test]
    fn everybody_is_named_as_they_are_called_now_and_an_erased_person_by_number_alone() {
        let named = |actor: &Actor, language| {
            let form = Form::of(&Site::unconfigured(), language, Timestamp::from_milliseconds(0));
            form.naming(Arc::new(House)).who(actor)
        };
        let link = Actor::Link {
            person: 3,
            delivery: 57,
        };
        for (actor, english, dutch) in [
            (Actor::Monitor, "plenum", "plenum"),
            (Actor::Person(3), "Sanne de Boer", "Sanne de Boer"),
            (link, "Sanne de Boer", "Sanne de Boer"),
            (Actor::named("sanne"), "Sanne de Boer", "Sanne de Boer"),
            (Actor::Person(7), "erased person 7", "gewiste persoon 7"),
            (Actor::named("piet"), "erased person 7", "gewiste persoon 7"),
            (Actor::Person(9), "person 9", "persoon 9"),
            (Actor::Program(2), "wall", "wall"),
            (Actor::Program(4), "token 4", "token 4"),
            (
                Actor::Agent(Box::new("zaandam/pi-a1".parse().unwrap())),
                "agent pi-a1",
                "agent pi-a1",
            ),
            (Actor::named("a contractor"), "a contractor", "a contractor"),
        ] {
            assert_eq!(named(&actor, Language::English), english);
            assert_eq!(named(&actor, Language::Dutch), dutch);
        }
    }
}
