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
    /// What stands above the choice of how long they have it.
    pub(super) how_long: &'static str,
    /// The choice of no end.
    pub(super) until_over: &'static str,
    /// For so many minutes.
    pub(super) for_minutes: fn(u32) -> String,
    /// What stands above so many that they have.
    pub(super) yours: fn(usize) -> String,
    pub(super) give_back: &'static str,
    pub(super) why: &'static str,
    /// They have given so many back.
    pub(super) given_back: fn(usize) -> String,
    /// There is nothing to give back.
    pub(super) not_yours: &'static str,
    pub(super) nothing: &'static str,
    /// Who has it since when.
    pub(super) has: fn(&str, &str) -> String,
    /// Who passed it on when.
    pub(super) passed_by: fn(&str, &str) -> String,
    /// What stands above the button that passes it on.
    pub(super) cannot: &'static str,
    /// What stands above the choice of whom it is passed on to.
    pub(super) to: &'static str,
    pub(super) whoever_is_next: fn(&str) -> String,
    pub(super) next_is: fn(&str) -> String,
    pub(super) nobody_next: &'static str,
    pub(super) pass_on: &'static str,
    /// Who is called now.
    pub(super) called: fn(&str) -> String,
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
    how_long: "Until when",
    until_over: "until it is over",
    for_minutes: |minutes| match minutes {
        ..60 => format!("for {minutes} min, then it is told again"),
        _ => format!("for {} h, then it is told again", minutes / 60),
    },
    yours: |count| match count {
        1 => "You have this alarm.".to_owned(),
        _ => format!("You have these {count} alarms."),
    },
    give_back: "Give it back",
    why: "Why (optional)",
    given_back: |count| match count {
        1 => "You have given it back. The others are told that nobody has it.".to_owned(),
        _ => format!("You have given {count} back. The others are told that nobody has them."),
    },
    not_yours: "There is nothing to give back: you have it no longer, or it is over.",
    nothing: "There is nothing to acknowledge any more: somebody has it or has put it aside, or it is over.",
    has: |who, since| format!("{who} has it since {since}."),
    passed_by: |who, at| format!("{who} passed it on at {at}."),
    cannot: "You cannot?",
    to: "Call in your place",
    whoever_is_next: |names| format!("whoever is next: {names}"),
    next_is: |names| format!("In your place is called: {names}."),
    nobody_next: "Nobody can be called after you now. Call somebody yourself.",
    pass_on: "Pass it on",
    called: |names| format!("Called now: {names}."),
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
    how_long: "Tot wanneer",
    until_over: "tot het voorbij is",
    for_minutes: |minutes| match minutes {
        ..60 => format!("{minutes} min, dan wordt het opnieuw gemeld"),
        _ => format!("{} uur, dan wordt het opnieuw gemeld", minutes / 60),
    },
    yours: |count| match count {
        1 => "Dit alarm is van jou.".to_owned(),
        _ => format!("Deze {count} alarmen zijn van jou."),
    },
    give_back: "Geef het terug",
    why: "Waarom (niet verplicht)",
    given_back: |count| match count {
        1 => "Je hebt het teruggegeven. De anderen horen dat niemand het heeft.".to_owned(),
        _ => format!("Je hebt er {count} teruggegeven. De anderen horen dat niemand ze heeft."),
    },
    not_yours: "Er is niets terug te geven: je hebt het niet meer, of het is voorbij.",
    nothing: "Er is niets meer te bevestigen: iemand heeft het al of heeft het opgeschort, of het is voorbij.",
    has: |who, since| format!("{who} heeft het sinds {since}."),
    passed_by: |who, at| format!("{who} gaf het door om {at}."),
    cannot: "Kun je niet?",
    to: "In jouw plaats waarschuwen",
    whoever_is_next: |names| format!("wie daarna komt: {names}"),
    next_is: |names| format!("In jouw plaats wordt gewaarschuwd: {names}."),
    nobody_next: "Na jou kan nu niemand worden gewaarschuwd. Bel zelf iemand.",
    pass_on: "Geef het door",
    called: |names| format!("Nu gewaarschuwd: {names}."),
    left: "Niet voor jou: een ander heeft het al, het is voorbij, of het kwam terwijl je naar deze pagina keek. Van wat nog staat krijg je bericht.",
    more: |count| format!("en nog {count}"),
    old: "Deze link is te oud, of hoort bij een eerder alarm, of bij iemand die niet meer wordt opgeroepen. Log in om te zien hoe het ervoor staat.",
    look: "Bekijk het",
};
