//! What is answered to a text message, and how one asks for an answer: short, and in letters that every telephone has.

use plenum_protocol::quantity::Language;

use crate::oncall::call::Passed;

/// What came of somebody's answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Answer {
    /// They have it now.
    Taken {
        /// Its number.
        alarm: u64,
        /// How many more of its incident, of which they were told, they have with it.
        others: usize,
    },
    /// There is nothing to take of it, and they have others of its incident now.
    OthersTaken {
        /// Its number.
        alarm: u64,
        /// How many.
        others: usize,
    },
    /// There is nothing to take: somebody has it, or it is over.
    NothingToTake(u64),
    /// It was raised anew since they were told.
    RaisedAnew(u64),
    /// It was never told to them, or there is none of this number.
    NotTold(u64),
    /// Their answer cannot be written down now.
    Failed(u64),
    /// They do not take it: what became of that.
    Passed(u64, Passed),
    /// How many alarms stand, and of how many nobody has said that they are on it.
    Status {
        /// All that stand.
        standing: usize,
        /// Those that nobody has.
        open: usize,
    },
    /// It was not understood, or has no number.
    Unclear,
}

impl Answer {
    /// Whether it says nothing that they have to know: nobody lies down again for want of it.
    pub fn is_only_news(self) -> bool {
        match self {
            Self::NothingToTake(_) | Self::Status { .. } | Self::Unclear => true,
            Self::Taken { .. } | Self::OthersTaken { .. } => false,
            // They believe that they have it, or that somebody else does.
            Self::RaisedAnew(_) | Self::NotTold(_) | Self::Failed(_) | Self::Passed(..) => false,
        }
    }
}

/// The answer in words.
pub fn answer(answer: Answer, language: Language) -> String {
    match language {
        Language::English => english(answer),
        Language::Dutch => dutch(answer),
    }
}

/// What stands behind a message that somebody may take, and may pass on where somebody is next.
pub fn asks(alarm: u64, is_anybody_next: bool, language: Language) -> String {
    match (language, is_anybody_next) {
        (Language::English, false) => format!("Reply OK {alarm} to take it."),
        (Language::English, true) => format!("Reply OK {alarm} to take it, NO {alarm} to pass it on."),
        (Language::Dutch, false) => format!("Antwoord OK {alarm} om het op te pakken."),
        (Language::Dutch, true) => {
            format!("Antwoord OK {alarm} om het op te pakken, NEE {alarm} om het door te geven.")
        }
    }
}

/// What became of it that somebody passed it on.
pub fn passed(passed: Passed, language: Language) -> &'static str {
    match language {
        Language::English => match passed {
            Passed::On => "Passed on: somebody else is called now.",
            Passed::Noted => "Noted that it is not yours. Others are told of it.",
            Passed::NobodyNext => {
                "Not passed on: nobody can be called after you now. It stays open. Call somebody yourself if you cannot."
            }
            Passed::Kept => "It stays yours: nobody can be called after you now. Call somebody yourself.",
            Passed::NotReached => "Not passed on: whom you named cannot be told now.",
            Passed::HeldByAnother => "Nothing to pass on: somebody else has it.",
            Passed::Over => "Nothing to pass on: nothing of it stands any more.",
            Passed::NotTold => "It was not told to you, so it is not yours to pass on.",
        },
        Language::Dutch => match passed {
            Passed::On => "Doorgegeven: iemand anders wordt nu gewaarschuwd.",
            Passed::Noted => "Genoteerd dat het niet van jou is. Anderen horen ervan.",
            Passed::NobodyNext => {
                "Niet doorgegeven: na jou kan nu niemand worden gewaarschuwd. Het blijft open. Bel zelf iemand als je niet kunt."
            }
            Passed::Kept => "Het blijft van jou: na jou kan nu niemand worden gewaarschuwd. Bel zelf iemand.",
            Passed::NotReached => "Niet doorgegeven: wie je noemde kan nu niet worden gewaarschuwd.",
            Passed::HeldByAnother => "Niets door te geven: iemand anders heeft het.",
            Passed::Over => "Niets door te geven: er staat niets meer van.",
            Passed::NotTold => "Het is jou niet gemeld, dus je kunt het niet doorgeven.",
        },
    }
}

fn english(answer: Answer) -> String {
    match answer {
        Answer::Taken { alarm, others: 0 } => format!("Alarm {alarm} is yours. Others are told that you have it."),
        Answer::Taken { alarm, others } => {
            format!("Alarm {alarm} and {others} more of its incident are yours. Others are told that you have them.")
        }
        Answer::OthersTaken { alarm, others } => {
            format!("Alarm {alarm}: nothing to take. Somebody has it already, or it is over. Of its incident you have {others} others now.")
        }
        Answer::NothingToTake(alarm) => {
            format!("Alarm {alarm}: nothing to take. Somebody has it already, or it is over.")
        }
        Answer::RaisedAnew(alarm) => {
            format!("Alarm {alarm} came again since that message, and is not taken. Wait for the new message and answer that.")
        }
        Answer::NotTold(alarm) => format!("Alarm {alarm} was not told to you, so you cannot take it."),
        Answer::Failed(alarm) => format!("Alarm {alarm} is NOT taken: Plenum cannot write it down now. Use the dashboard."),
        Answer::Passed(alarm, came_of) => format!("Alarm {alarm}. {}", passed(came_of, Language::English)),
        Answer::Status { standing: 0, .. } => "No alarm stands.".to_owned(),
        Answer::Status { standing, open } => format!("Alarms that stand: {standing}. Nobody has {open} of them."),
        Answer::Unclear => "Not understood. Write OK and the number to take an alarm, NO and the number if you cannot, or STATUS.".to_owned(),
    }
}

fn dutch(answer: Answer) -> String {
    match answer {
        Answer::Taken { alarm, others: 0 } => format!("Alarm {alarm} is van jou. De anderen horen dat jij het hebt."),
        Answer::Taken { alarm, others } => {
            format!("Alarm {alarm} en nog {others} van hetzelfde incident zijn van jou. De anderen horen dat jij ze hebt.")
        }
        Answer::OthersTaken { alarm, others } => {
            format!("Alarm {alarm}: niets op te pakken. Iemand heeft het al, of het is voorbij. Van hetzelfde incident heb je er nu {others}.")
        }
        Answer::NothingToTake(alarm) => {
            format!("Alarm {alarm}: niets op te pakken. Iemand heeft het al, of het is voorbij.")
        }
        Answer::RaisedAnew(alarm) => {
            format!("Alarm {alarm} kwam opnieuw na dat bericht, en is niet opgepakt. Wacht op het nieuwe bericht en antwoord daarop.")
        }
        Answer::NotTold(alarm) => format!("Alarm {alarm} is jou niet gemeld, dus je kunt het niet nemen."),
        Answer::Failed(alarm) => format!("Alarm {alarm} is NIET opgepakt: Plenum kan het nu niet vastleggen. Gebruik het dashboard."),
        Answer::Passed(alarm, came_of) => format!("Alarm {alarm}. {}", passed(came_of, Language::Dutch)),
        Answer::Status { standing: 0, .. } => "Er staat geen alarm.".to_owned(),
        Answer::Status { standing, open } => format!("Alarmen die staan: {standing}. Niemand heeft er {open} van."),
        Answer::Unclear => "Niet begrepen. Schrijf OK en het nummer om een alarm op te pakken, NEE en het nummer als je niet kunt, of STATUS.".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_answer_is_one_text_message_in_either_language() {
        let all = [
            Answer::Taken {
                alarm: u64::MAX,
                others: 0,
            },
            Answer::Taken {
                alarm: u64::MAX,
                others: usize::MAX,
            },
            Answer::OthersTaken {
                alarm: u64::MAX,
                others: usize::MAX,
            },
            Answer::NothingToTake(u64::MAX),
            Answer::RaisedAnew(u64::MAX),
            Answer::NotTold(u64::MAX),
            Answer::Failed(u64::MAX),
            Answer::Status { standing: 0, open: 0 },
            Answer::Status { standing: 7, open: 3 },
            Answer::Unclear,
        ];
        let passed = Passed::ALL.map(|came_of| Answer::Passed(u64::MAX, came_of));
        let all = all.iter().chain(&passed);
        for language in [Language::English, Language::Dutch] {
            for said in all.clone().map(|one| answer(*one, language)) {
                assert!(said.is_ascii() && said.len() <= 160, "{}: {said}", said.len());
            }
        }
    }
    #[test]
    fn a_message_with_what_it_asks_is_two_parts_of_a_text_message_and_never_more_than_three() {
        let behind = |alarm, language| " ".len() + asks(alarm, true, language).len();
        for language in [Language::English, Language::Dutch] {
            assert!(160 + behind(9_999_999, language) <= 2 * 153);
            assert!(160 + behind(u64::MAX, language) <= 3 * 153);
            assert!(
                asks(u64::MAX, true, language)
                    .starts_with(asks(u64::MAX, false, language).trim_end_matches('.'))
            );
        }
    }
}
