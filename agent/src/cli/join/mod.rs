//! `plenum-agent join`: with a code the agent joins the collector that gave it out; without one, the collector that was followed may be left for the next one met.

mod settings;

use std::path::{Path, PathBuf};

use plenum_link::causes::with_causes;
use plenum_link::tls::{Client, fingerprint};
use plenum_link::{Exit, SystemClock};
use plenum_protocol::AgentName;
use plenum_protocol::enrolment::Code;

use super::{DEFAULT_FILE, Outcome, complain, confirm, failed, load, say};
use crate::AgentConfig;
use crate::config::SpoolConfig;
use crate::enrolment::{EnrolmentError, obtain, store};
use crate::spool::Join;
use settings::Settings;

/// What a code begins with, and no file.
const BEGINNING: &str = "mqtts://";
/// The file with key and certificate, beside the spool: there the agent may write.
const IDENTITY: &str = "identity.pem";

/// The first word is a code, or the file where the code was left out.
pub(super) fn run(first: Option<PathBuf>, file: Option<PathBuf>, yes: bool) -> Outcome {
    let text = first.as_deref().and_then(Path::to_str);
    let is_code = text.is_some_and(|text| text.starts_with(BEGINNING));
    let usual = || PathBuf::from(DEFAULT_FILE);
    match (text, file) {
        (Some(text), file) if is_code || file.is_some() => {
            let code = text.parse::<Code>().map_err(|error| {
                complain(&error);
                Exit::Usage
            })?;
            by_code(&code, &file.unwrap_or_else(usual))
        }
        _ => leave(&first.unwrap_or_else(usual), yes),
    }
}

/// Joins the collector that gave the code out.
fn by_code(code: &Code, file: &Path) -> Outcome {
    let settings = Settings::read(file).map_err(|error| {
        complain(&error);
        Exit::Failed
    })?;
    // A mistake in the file is found before the code is used up.
    let config = match settings.text() {
        Some(_) => Some(load(file)?),
        None => None,
    };
    if let Some(own) = config.as_ref().map(name).filter(|own| *own != code.agent) {
        complain(&format_args!(
            "this code is for {}, and {} says that this is {own}: correct one of the two",
            code.agent,
            file.display()
        ));
        return Err(Exit::Usage);
    }
    let spool = config.map_or_else(|| SpoolConfig::default().path, |config| config.spool.path);
    let identity = spool.with_file_name(IDENTITY);
    let until = obtain_and_store(code, &identity).map_err(|error| {
        complain(&with_causes(&error));
        Exit::Failed
    })?;
    say(&format!(
        "{} has joined: {} holds its key and its certificate, which is good until {until} and renews itself",
        code.agent,
        identity.display()
    ))?;
    // The collector that is joined is the one to follow, whichever was followed before.
    if let Some(spool) = Join::open(&spool).map_err(failed)?
        && let Some(followed) = spool.follows().map_err(failed)?
    {
        spool.leave(&followed).map_err(failed)?;
    }
    match settings.complete(file, code, &identity) {
        Ok(()) => say(&format!("{}: `url` and `identity` were written", file.display()))?,
        Err(error) => {
            complain(&error);
            return Err(Exit::Configuration);
        }
    }
    let sensors = AgentConfig::load(file).is_ok_and(|config| config.sensors.is_empty());
    if sensors {
        say("Add a [[sensor]] for each of its sensors; `plenum-agent read` shows what each says.")?;
    }
    say("Then: systemctl restart plenum-agent")?;
    Ok(Exit::Done)
}

fn name(config: &AgentConfig) -> AgentName {
    AgentName::new(config.site.clone(), config.agent.clone())
}

fn obtain_and_store(code: &Code, identity: &Path) -> Result<plenum_protocol::Timestamp, EnrolmentError> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|error| EnrolmentError::Key(error.to_string()))?;
    let client = Client::knowing(code.fingerprint, SystemClock::shared()).map_err(EnrolmentError::Key)?;
    let place = (code.host.as_str(), code.port);
    if let Some(folder) = identity.parent() {
        let made = plenum_link::private::make_folder(folder);
        made.map_err(|source| EnrolmentError::Write {
            path: folder.display().to_string(),
            source,
        })?;
    }
    let text = runtime.block_on(obtain(&client, place, &code.agent, Some(code.secret.clone())))?;
    let pair = store(identity, &text)?;
    // From now on this authority is believed: it is the code's.
    match pair
        .key
        .cert
        .get(1)
        .is_some_and(|behind| fingerprint(behind) == code.fingerprint)
    {
        true => Ok(pair.not_after),
        false => Err(EnrolmentError::Useless(
            "its authority is not the code's".to_owned(),
        )),
    }
}

/// The collector that is followed may be left for the next one met.
fn leave(file: &Path, yes: bool) -> Outcome {
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
