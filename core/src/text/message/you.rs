//! What is asked of the reader: who has it, by which link it is taken, whom else it is told, and who is next.

use super::text::OTHERS;
use super::{Facts, Next, Reached, say, sentence, sentences};
use crate::alarms::Cover;
use crate::authority::Actor;
use crate::oncall::Reason;
use crate::text::catalogue::Phrase;
use crate::text::foreign;

/// Who has it, by which link it is taken, who else is told, and who is next. Of what is over, or was taken away, nothing is asked.
pub(super) fn you(facts: &Facts) -> String {
    if matches!(facts.reason, Reason::Resolved | Reason::Withdrawn) {
        return String::new();
    }
    let form = &facts.form;
    let look = facts.alarm_link.as_str();
    // It is to save the others from getting up: who has it stands above, and nothing is asked.
    if facts.reason == Reason::Taken {
        return say(form, Phrase::LookOnly { look });
    }
    // What has no page can neither be looked at nor taken.
    if look.is_empty() {
        return others_told(facts);
    }
    let passed_on = facts.passed_on(form, 60, |at| form.instant(at));
    let mut parts = vec![passed_on.as_deref().map(sentence).unwrap_or_default()];
    parts.push(match hold(facts) {
        Some(hold) => hold,
        None if facts.can_be_taken() && facts.stands.is_some() && facts.reason != Reason::ShelvingEnds => {
            let nobody = match facts.given_back() {
                Some(_) => Phrase::NobodyHasItNow,
                None => Phrase::NobodyHasIt,
            };
            sentence(&say(form, nobody))
        }
        None => String::new(),
    });
    let links = match &facts.acknowledge_link {
        Some(take) if facts.is_anybody_next() => say(form, Phrase::TakeOrPass { take, look }),
        Some(take) if facts.can_be_taken() => say(form, Phrase::Take { take, look }),
        _ if facts.reason == Reason::ShelvingEnds => say(form, Phrase::LookAtShelved { look }),
        _ if facts.asks() => say(form, Phrase::Look { look }),
        _ => say(form, Phrase::LookOnly { look }),
    };
    parts.push(links + "  ");
    parts.push(others_told(facts));
    parts.retain(|part| !part.trim().is_empty());
    parts.join(" ")
}

/// Who has it, had it, or has put it aside.
pub(super) fn hold(facts: &Facts) -> Option<String> {
    let form = &facts.form;
    let who = |by: &Actor| foreign::cut(&form.who(by), 60);
    if let Some(holder) = facts.holder() {
        let (who, since) = (&who(&holder.by), &form.instant(holder.at));
        let until = holder.until.map(|until| form.instant(until));
        return Some(sentence(&match &until {
            Some(until) => say(form, Phrase::HolderUntil { who, since, until }),
            None => say(form, Phrase::Holder { who, since }),
        }));
    }
    let cover = facts.stands.as_ref().and_then(|stands| stands.cover.as_ref());
    match cover.filter(|_| facts.reason != Reason::ShelvingEnds) {
        Some(Cover::Shelved(shelving)) => {
            let (by, until) = (&who(&shelving.by), &form.instant(shelving.until));
            Some(sentence(&say(form, Phrase::ShelvedUntil { by, until })))
        }
        Some(Cover::OutOfService(out)) => {
            let by = &who(&out.by);
            Some(sentence(&say(form, Phrase::OutOfService { by })))
        }
        Some(Cover::Suppressed(_) | Cover::Work(_)) | None => {
            let took = facts.took()?;
            let (who, at) = (&who(&took.by), &form.instant(took.at));
            Some(sentence(&say(form, Phrase::Took { who, at })))
        }
    }
}

/// Whom else it is told, and who is called after them.
fn others_told(facts: &Facts) -> String {
    let (form, Some(told)) = (&facts.form, &facts.told) else {
        return String::new();
    };
    let mut parts = Vec::new();
    for reached in [Reached::Yes, Reached::NotYet, Reached::No] {
        let these = told.iter().filter(|told| told.reached == reached);
        let mut people: Vec<String> = these.map(|told| told.who.clone()).collect();
        if people.len() > OTHERS {
            let count = people.len() - OTHERS;
            people.truncate(OTHERS);
            people.push(say(form, Phrase::More { count }));
        }
        let people = &people.join(", ");
        if !people.is_empty() {
            parts.push(say(form, Phrase::AlsoTold { reached, people }));
        }
    }
    match &facts.next {
        Next::Nobody => parts.push(say(form, Phrase::NobodyNext)),
        Next::People { people, at } => {
            let (people, at) = (&people.join(", "), &form.minute(*at));
            parts.push(say(form, Phrase::Next { people, at }));
        }
        Next::Held => {}
    }
    sentences(&parts)
}
