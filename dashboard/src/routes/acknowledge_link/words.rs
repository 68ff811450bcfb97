//! The words of the page behind a link, in both languages.

use plenum_core::text::Language;

/// The words of the page in one language.
pub(super) struct Words {
    pub(super) language: Language,
    /// What is asked, of so many alarms.
    pub(super) title: fn(usize) -> String,
    pub(super) comment: &'static str,
    pub(super) button: &'static str,
    /// They have so many now.
    pub(super) done: fn(usize) -> String,
    pub(super) nothing: &'static str,
    /// What stands above those that were not taken.
    pub(super) left: &'static str,
    /// So many more than are named.
    pub(super) more: fn(usize) -> String,
    pub(super) old: &'static str,
    pub(super) look: &'static str,
}

pub(super) const ENGLISH: Words = Words {
    language: Language::English,
    title: |count| match count {
        1 => "Acknowledge this alarm?".to_owned(),
        _ => format!("Acknowledge these {count} alarms?"),
    },
    comment: "What you see or do (optional)",
    button: "I am on it",
    done: |count| match count {
        1 => "You have it. The others can see that.".to_owned(),
        _ => format!("You have all {count}. The others can see that."),
    },
    nothing: "There is nothing to acknowledge any more: somebody has it or has put it aside, or it is over.",
    left: "Not yours: somebody else has it, it is over, or it came while you looked at this page. Of what stands you get a message.",
    more: |count| format!("and {count} more"),
    old: "This link is too old, or was for an earlier alarm, or for somebody who is not called any more. Log in to see how things stand.",
    look: "Look at it",
};

pub(super) const DUTCH: Words = Words {
    language: Language::Dutch,
    title: |count| match count {
        1 => "Dit alarm bevestigen?".to_owned(),
        _ => format!("Deze {count} alarmen bevestigen?"),
    },
    comment: "Wat je ziet of doet (niet verplicht)",
    button: "Ik pak dit op",
    done: |count| match count {
        1 => "Het is voor jou. De anderen kunnen dat zien.".to_owned(),
        _ => format!("Alle {count} zijn voor jou. De anderen kunnen dat zien."),
    },
    nothing: "Er is niets meer te bevestigen: iemand heeft het al of heeft het opgeschort, of het is voorbij.",
    left: "Niet voor jou: een ander heeft het al, het is voorbij, of het kwam terwijl je naar deze pagina keek. Van wat nog staat krijg je bericht.",
    more: |count| format!("en nog {count}"),
    old: "Deze link is te oud, of hoort bij een eerder alarm, of bij iemand die niet meer wordt opgeroepen. Log in om te zien hoe het ervoor staat.",
    look: "Bekijk het",
};
