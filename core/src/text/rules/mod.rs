//! The words of the built-in rules, in each language: what is wrong, why, what follows, and what to do. A rule that stands in `site.toml` has its own.
//!
//! Complete by the compiler: a rule without its words in a language does not compile.

mod dutch;
mod english;

use plenum_protocol::quantity::Language;

use crate::fact::SystemKind;

/// What a rule tells people.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Words {
    /// What is wrong: "Inlet too warm".
    pub name: &'static str,
    /// The likely cause.
    pub cause: &'static str,
    /// What happens if nobody acts.
    pub consequence: &'static str,
    /// What to do, step by step.
    pub response: &'static [&'static str],
}

macro_rules! built_in {
    ($($variant:ident = $id:literal,)*) => {
        /// A built-in rule.
        #[derive(Debug, Clone, Copy, PartialEq, Eq)]
        #[expect(missing_docs, reason = "each has its words in the catalogues")]
        pub enum BuiltIn {
            $($variant,)*
            /// What the monitor reports about itself.
            Monitor(SystemKind),
        }

        /// Those about what is measured.
        #[cfg(test)]
        const MEASURED: &[BuiltIn] = &[$(BuiltIn::$variant,)*];

        impl BuiltIn {
            /// The rule's identifier.
            pub const fn id(self) -> &'static str {
                match self {
                    $(Self::$variant => $id,)*
                    Self::Monitor(kind) => kind.as_str(),
                }
            }

            /// The built-in rule of an identifier; none for a rule of the site's own.
            pub fn find(id: &str) -> Option<Self> {
                match id {
                    $($id => Some(Self::$variant),)*
                    _ => SystemKind::ALL.into_iter().find(|kind| kind.as_str() == id).map(Self::Monitor),
                }
            }
        }
    };
}

built_in! {
    InletHigh = "inlet-high",
    InletVeryHigh = "inlet-very-high",
    InletLow = "inlet-low",
    HumidityHigh = "humidity-high",
    DewPointHigh = "dew-point-high",
    DewPointHighComputed = "dew-point-high-computed",
    HumidityLow = "humidity-low",
    DewPointLow = "dew-point-low",
    DewPointLowComputed = "dew-point-low-computed",
    CoolingFailed = "cooling-failed",
    CoolingFailing = "cooling-failing",
    CoolingFault = "cooling-fault",
    Smoke = "smoke",
    ExtinguisherReleased = "extinguisher-released",
    Water = "water",
    DoorOpen = "door-open",
    ContactFault = "contact-fault",
    NotAnswering = "not-answering",
    Drill = "drill",
    ModemSignalLow = "modem-signal-low",
    ModemCreditLow = "modem-credit-low",
    AgentOffline = "agent-offline",
    NoDataProtection = "no-data-protection",
    NoDataUps = "no-data-ups",
    NoDataUpsOnBattery = "no-data-ups-on-battery",
    UpsValueLost = "ups-value-lost",
    NoData = "no-data",
    MainsLost = "mains-lost",
    UpsOnBattery = "ups-on-battery",
    GeneratorNotCarrying = "generator-not-carrying",
    UpsPhaseLost = "ups-phase-lost",
    UpsBatteryLow = "ups-battery-low",
    UpsBatteryLowOnMains = "ups-battery-low-on-mains",
    UpsForcedShutdown = "ups-forced-shutdown",
    UpsOff = "ups-off",
    UpsOffOnMains = "ups-off-on-mains",
    UpsOverload = "ups-overload",
    UpsFault = "ups-fault",
    UpsAlarm = "ups-alarm",
    UpsBypass = "ups-bypass",
    UpsReplaceBattery = "ups-replace-battery",
    UpsTestFailed = "ups-test-failed",
    UpsOtherState = "ups-other-state",
    UpsRuntimeVeryLow = "ups-runtime-very-low",
    UpsRuntimeLow = "ups-runtime-low",
    UpsChargeVeryLow = "ups-charge-very-low",
    UpsChargeLow = "ups-charge-low",
    UpsLoadVeryHigh = "ups-load-very-high",
    UpsLoadHigh = "ups-load-high",
    UpsBatteryHot = "ups-battery-hot",
    UpsBatteryWarm = "ups-battery-warm",
}

impl BuiltIn {
    /// Its words.
    pub const fn words(self, language: Language) -> Words {
        match language {
            Language::English => english::words(self),
            Language::Dutch => dutch::words(self),
        }
    }
}

/// Words of a rule for a reader: those of a built-in one in the reader's language; what somebody wrote in `site.toml` as it was written.
#[derive(Debug, Clone)]
pub struct Translator {
    built_in: Option<(Words, Words)>,
    /// Whom the words name, where they name somebody.
    person: String,
}

impl Translator {
    /// For the words of the rule with this identifier.
    pub fn of(rule: &str, language: Language) -> Self {
        let words = |rule: BuiltIn| (rule.words(Language::English), rule.words(language));
        Self {
            built_in: BuiltIn::find(rule).map(words),
            person: String::new(),
        }
    }

    /// The same of messages that do not reach one person, by the name of that one: others they reach.
    pub fn of_person(rule: &str, person: String, language: Language) -> Self {
        let mut of = Self::of(rule, language);
        if BuiltIn::find(rule) == Some(BuiltIn::Monitor(SystemKind::DeliveryFailed))
            && let Some((_, words)) = &mut of.built_in
        {
            *words = match language {
                Language::English => english::PERSON_NOT_REACHED,
                Language::Dutch => dutch::PERSON_NOT_REACHED,
            };
        }
        Self { person, ..of }
    }

    /// A rule's name as it stands in the alarm.
    pub fn name(&self, name: &str) -> String {
        self.translate(name, |words| words.name)
    }

    /// Its likely cause.
    pub fn cause(&self, cause: &str) -> String {
        self.translate(cause, |words| words.cause)
    }

    /// What happens if nobody acts.
    pub fn consequence(&self, consequence: &str) -> String {
        self.translate(consequence, |words| words.consequence)
    }

    /// What to do.
    pub fn response(&self, response: &[String]) -> Vec<String> {
        match self.built_in {
            Some((english, words)) if english.response == response => {
                words.response.iter().map(|step| self.named(step)).collect()
            }
            _ => response.to_vec(),
        }
    }

    fn named(&self, words: &str) -> String {
        words.replace("{person}", &self.person)
    }

    /// One that a site wrote under a built-in rule's identifier is its own.
    fn translate(&self, text: &str, of: fn(&Words) -> &'static str) -> String {
        match &self.built_in {
            Some((english, words)) if of(english) == text => self.named(of(words)),
            _ => text.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_all_its_words_in_every_language() {
        let monitor = SystemKind::ALL.map(BuiltIn::Monitor);
        for rule in MEASURED.iter().chain(&monitor) {
            assert_eq!(BuiltIn::find(rule.id()), Some(*rule));
            let steps = rule.words(Language::English).response.len();
            for language in Language::ALL {
                let words = rule.words(language);
                for text in [words.name, words.cause, words.consequence] {
                    assert!(!text.is_empty(), "{rule:?} {language:?}");
                }
                assert!(
                    steps > 0 && words.response.len() == steps,
                    "{rule:?} {language:?}"
                );
            }
        }
    }

    #[test]
    fn of_messages_that_do_not_reach_one_person_nobody_reads_that_nobody_is_reached() {
        let generic = BuiltIn::Monitor(SystemKind::DeliveryFailed).words(Language::English);
        let steps: Vec<String> = generic.response.iter().map(|&step| step.to_owned()).collect();
        for language in Language::ALL {
            let of = Translator::of_person("delivery-failed", "Sanne".to_owned(), language);
            let said = [of.consequence(generic.consequence), of.response(&steps).join(" ")];
            for said in said {
                assert!(said.contains("Sanne") && !said.contains('{'), "{said}");
                assert!(!said.contains("anyone") && !said.contains("niemand"), "{said}");
            }
            assert_eq!(of.consequence("Call Piet"), "Call Piet");
        }
    }

    #[test]
    fn what_a_site_wrote_stays_as_it_was_written() {
        let dutch = Translator::of("smoke", Language::Dutch);
        assert_eq!(dutch.name("Smoke"), "Rook");
        assert_eq!(dutch.name("Smoke in my cellar"), "Smoke in my cellar");
        assert_eq!(
            dutch.response(&["Call Piet.".to_owned()]),
            ["Call Piet.".to_owned()]
        );
        assert_eq!(Translator::of("mine", Language::Dutch).name("Mine"), "Mine");
    }
}
