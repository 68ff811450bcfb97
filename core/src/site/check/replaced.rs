//! A rule that takes a built-in one's id takes its place: whether what that one protects is still watched.

use crate::site::defaults::built_in;
use crate::site::parse::{Findings, Step};
use crate::site::{Rule, Watches};

/// Warns of a rule that is about something else than the built-in one whose place it takes. `rules`: those in force with it.
pub(super) fn check(rule: &Rule, rules: &[Rule], path: &[Step<'_>], findings: &mut Findings<'_>) {
    let Some(before) = built_in().iter().find(|before| before.id == rule.id) else {
        return;
    };
    // Who switches a rule off says so.
    if !rule.enabled || watches_as(rule, before) {
        return;
    }
    let what = about(before);
    let id = &rule.id;
    let message = match rules
        .iter()
        .any(|other| other.enabled && watches_as(other, before))
    {
        true => format!("rule `{id}` takes the place of a built-in rule about {what}, and is not about that"),
        false => {
            format!(
                "rule `{id}` takes the place of the built-in rule about {what}: nothing watches that any more"
            )
        }
    };
    findings.warn(path, message, Some("give it an id of its own".to_owned()));
}

/// Whether a rule watches what another one does.
fn watches_as(rule: &Rule, other: &Rule) -> bool {
    let chosen = &rule.select.quantities;
    let wanted = &other.select.quantities;
    let has_all = wanted.iter().all(|quantity| chosen.contains(quantity));
    rule.when.watches() == other.when.watches() && (chosen.is_empty() || (has_all && !wanted.is_empty()))
}

/// What a rule is about, in a word.
fn about(rule: &Rule) -> String {
    let words: Vec<&str> = rule
        .select
        .quantities
        .iter()
        .map(|quantity| quantity.as_str())
        .collect();
    match rule.when.watches() {
        Watches::Silence if words.is_empty() => "missing data".to_owned(),
        Watches::Silence => format!("missing data of {}", words.join(", ")),
        Watches::Agents => "agents that are silent".to_owned(),
        Watches::Monitor(kind) => format!("`{}`", kind.as_str()),
        Watches::Numbers | Watches::States => words.join(", "),
    }
}
