//! What else of an incident a message tells, beside the alarm that it is about.

use plenum_protocol::Quantity;

use super::facts::last_known;
use super::text::{OTHERS, listed, named};
use super::{Facts, Standing, say, sentences};
use crate::expectation::Knowledge;
use crate::text::catalogue::Phrase;

/// The other alarms of an incident that a message tells of, beside the one that it is about.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Along {
    /// All that stand of the incident as it is now, whether its reader knows of them or not: the worst first, behind them what is about to end.
    pub standing: Vec<Standing>,
    /// Of how many it tells that somebody has them.
    pub taken: usize,
    /// Those that are over, the first of them, each since when.
    pub over: Vec<Standing>,
    /// How many are over.
    pub ended: usize,
    /// Those that nothing watches any longer, the first of them. Whether what they told of is over nobody knows.
    pub withdrawn: Vec<Withdrawn>,
}

impl Along {
    /// How many stand whose condition holds, as far as is known.
    pub(super) fn hold(&self) -> usize {
        self.standing
            .iter()
            .filter(|other| other.ending.is_none())
            .count()
    }
}

/// Another alarm that is gone with its rule or its sensor.
#[derive(Debug, Clone, PartialEq)]
pub struct Withdrawn {
    /// Its rule's name.
    pub name: String,
    /// Its sensor or agent; empty where the name says all.
    pub subject: String,
    /// What was measured and what is known of it; none for what was not about a series.
    pub measured: Option<(Quantity, Knowledge)>,
}

/// What else there is of the incident: what stands, what is about to end, what is over, and what nothing watches any longer.
pub(super) fn also(facts: &Facts) -> String {
    let (form, along) = (&facts.form, &facts.along);
    let mut parts = Vec::new();
    let (ending, holding): (Vec<_>, Vec<_>) = along.standing.iter().partition(|other| other.ending.is_some());
    if !holding.is_empty() {
        let (count, alarms) = (holding.len(), &listed(&holding, facts));
        parts.push(say(form, Phrase::StandWithIt { count, alarms }));
    }
    if !ending.is_empty() {
        let (count, alarms) = (ending.len(), &listed(&ending, facts));
        parts.push(say(form, Phrase::EndWithIt { count, alarms }));
    }
    if along.ended > 0 {
        let (count, alarms) = (along.ended, &named(&along.over, along.ended, facts));
        parts.push(say(form, Phrase::OverWithIt { count, alarms }));
    }
    if !along.withdrawn.is_empty() {
        let count = along.withdrawn.len();
        let mut alarms: Vec<String> = along
            .withdrawn
            .iter()
            .take(OTHERS)
            .map(|one| last_said(one, facts))
            .collect();
        if let Some(count) = count.checked_sub(OTHERS).filter(|count| *count > 0) {
            alarms.push(say(form, Phrase::More { count }));
        }
        let alarms = &alarms.join(", ");
        parts.push(say(form, Phrase::WithdrawnWithIt { count, alarms }));
    }
    sentences(&parts)
}

/// What is gone with its rule or its sensor, with what was known of it last.
fn last_said(withdrawn: &Withdrawn, facts: &Facts) -> String {
    let (name, subject) = (withdrawn.name.as_str(), withdrawn.subject.as_str());
    let last = withdrawn.measured.and_then(|(quantity, known)| {
        let (_, value) = last_known(known)?;
        Some(facts.form.value(quantity, value))
    });
    let last = last.as_deref();
    say(&facts.form, Phrase::LastOf { name, subject, last })
}
