//! `plenum-agent join`: the collector that was followed may be left for the next one met.

use std::path::Path;

use plenum_link::Exit;

use super::{Outcome, confirm, failed, load, say};
use crate::spool::Join;

pub(super) fn run(file: &Path, yes: bool) -> Outcome {
    let config = load(file)?;
    let path = &config.spool.path;
    let spool = Join::open(path).map_err(failed)?;
    let followed = spool
        .as_ref()
        .map(Join::follows)
        .transpose()
        .map_err(failed)?
        .flatten();
    let (Some(spool), Some(database)) = (spool, followed) else {
        say("no collector is followed yet: the first that acknowledges will be")?;
        return Ok(Exit::Done);
    };
    say(&format!("the collector's database {database} is followed"))?;
    confirm(
        yes,
        "The next other one that acknowledges takes its place and gets all that is still held.",
    )?;
    spool.leave(&database).map_err(failed)?;
    let when = match spool.is_running() {
        true => {
            "the running agent follows the next other collector that acknowledges, mostly within a minute"
        }
        false => "once started, the agent follows the next other collector that acknowledges",
    };
    say(when)?;
    Ok(Exit::Done)
}
