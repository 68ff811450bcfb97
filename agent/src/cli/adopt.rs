//! `plenum-agent adopt`: whose the spool is, what it holds, and what becomes of that.

use std::path::Path;

use plenum_link::Exit;
use plenum_protocol::AgentName;

use super::{Outcome, complain, confirm, failed, load, say};
use crate::spool::{Holding, SpoolAtRest};

/// What a person says of a spool that is another agent's.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Choice {
    /// Only look.
    Look,
    /// The host was renamed.
    Keep,
    /// The card was copied.
    Discard,
}

impl Choice {
    pub(super) fn of(keep: bool, discard: bool) -> Self {
        match (keep, discard) {
            (true, _) => Self::Keep,
            (_, true) => Self::Discard,
            _ => Self::Look,
        }
    }
}

pub(super) fn run(file: &Path, choice: Choice, yes: bool) -> Outcome {
    let config = load(file)?;
    let path = &config.spool.path;
    let name = AgentName::new(config.site.clone(), config.agent.clone());
    let Some(mut spool) = SpoolAtRest::open(path).map_err(failed)? else {
        say(&format!(
            "there is no spool {}: nothing is to be adopted",
            path.display()
        ))?;
        return Ok(Exit::Done);
    };
    let holding = spool.holding().map_err(failed)?;
    for line in described(path, &holding) {
        say(&line)?;
    }
    if holding.owner.as_ref().is_none_or(|owner| *owner == name) {
        say(&format!("it is for {name}: nothing is to be adopted"))?;
        return Ok(Exit::Done);
    }
    match choice {
        Choice::Look => {
            complain(&format_args!(
                "this agent is {name}: say --discard if the card was copied, to begin anew, or --keep if the host was renamed on purpose, \
                 to send what is not delivered under the new name"
            ));
            return Err(Exit::Usage);
        }
        Choice::Keep => {
            let count = holding.unsent_readings;
            confirm(yes, &format!("{count} readings are sent as {name}'s."))?;
            spool.keep(&name).map_err(failed)?;
        }
        Choice::Discard => {
            let count = holding.readings;
            confirm(
                yes,
                &format!(
                    "{count} readings are dropped, {} of them not delivered.",
                    holding.unsent_readings
                ),
            )?;
            spool.discard(&name).map_err(failed)?;
        }
    }
    say(&format!("the spool is {name}'s now: start the agent"))?;
    Ok(Exit::Done)
}

fn described(path: &Path, holding: &Holding) -> Vec<String> {
    let owner = holding
        .owner
        .as_ref()
        .map_or("nobody".to_owned(), ToString::to_string);
    let follows = holding
        .follows
        .as_ref()
        .map_or("none".to_owned(), ToString::to_string);
    let between = match (holding.from, holding.to) {
        (Some(from), Some(to)) => format!(", from {from} to {to}"),
        _ => String::new(),
    };
    vec![
        format!("the spool            {}", path.display()),
        format!("is                   {owner}'s"),
        format!(
            "holds                {} batches with {} readings{between}",
            holding.batches, holding.readings
        ),
        format!(
            "of these undelivered {} batches with {} readings",
            holding.unsent_batches, holding.unsent_readings
        ),
        format!("follows the database {follows}"),
    ]
}
