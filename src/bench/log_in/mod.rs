//! `plenum bench log-in`: whether a log-in costs the same for names that somebody has and names that nobody has, and what others' log-ins take while
//! one address guesses as fast as it likes.

mod guesses;
mod visitor;

use anyhow::Result;
use plenum_link::{Stopwatch, SystemClock};
use plenum_protocol::Duration;
use serde::Serialize;

use super::folder::Folder;
use super::percentiles::Percentiles;
use super::process;
use super::server::Server;
use crate::cli::bench::BenchLogIn;
use crate::print;
use guesses::{Answered, Guesses};
use visitor::Visitor;

/// The one person there is.
const NAME: &str = "anna";
const PASSWORD: &str = "warm air rises slowly";
/// Milliseconds within which others' log-ins should be answered.
const GOAL: f64 = 300.0;
/// Wrong passwords for a name of somebody's and for one of nobody's, in turn: fewer than keep whoever is nowhere known from trying.
const PAIRS: u8 = 40;
/// From one log-in of the others to the next.
const EVERY: Duration = Duration::from_milliseconds(500);

#[derive(Serialize)]
struct Report {
    /// A wrong password for a name that somebody has.
    known: Percentiles,
    /// The same for one that nobody has.
    unknown: Percentiles,
    /// Log-ins with nobody else there.
    calm: Percentiles,
    /// Log-ins while one address guesses.
    besieged: Percentiles,
    guesses_per_second: u16,
    /// How many guesses were answered how.
    guesses: Answered,
    processors: usize,
}

pub(crate) async fn run(arguments: BenchLogIn) -> Result<()> {
    let folder = Folder::new(arguments.output.data.as_deref())?;
    let server = Server::start_silently(folder.path(), "listen = \"127.0.0.1:0\"").await?;
    let person = Visitor::from(&server.url, [127, 0, 0, 1])?;
    person.begin(server.first.as_deref()).await?;
    let (known, unknown) = pairs(&server.url).await?;
    let calm = log_ins(&person, Duration::from_seconds(5)).await?;
    let guesses = Guesses::begin(&server.url, arguments.guesses)?;
    let besieged = log_ins(&person, Duration::from_seconds(arguments.seconds.into())).await?;
    let report = Report {
        known,
        unknown,
        calm,
        besieged,
        guesses_per_second: arguments.guesses,
        guesses: guesses.end().await,
        processors: process::processors(),
    };
    if arguments.output.json {
        return print::json(&report);
    }
    report.lines().iter().try_for_each(|line| print::line(line))
}

/// Wrong passwords for a name that somebody has and for names that nobody has, in turn, each from an address of its own: no count holds them back.
async fn pairs(url: &str) -> Result<(Percentiles, Percentiles)> {
    let (mut known, mut unknown) = (Vec::new(), Vec::new());
    for number in 0..PAIRS {
        let other = format!("nobody-{number}");
        for (name, network, times) in [(NAME, 1, &mut known), (&other, 2, &mut unknown)] {
            let visitor = Visitor::from(url, [127, network, 0, number + 1])?;
            let watch = Stopwatch::start();
            visitor.guess(name).await?;
            times.push(watch.seconds() * 1_000.0);
        }
    }
    Ok((Percentiles::of(known), Percentiles::of(unknown)))
}

/// What log-ins with the right password take, one after the other for so long.
async fn log_ins(person: &Visitor, length: Duration) -> Result<Percentiles> {
    let clock = SystemClock::shared();
    let mut times = Vec::new();
    let mut next = clock.steady();
    let end = next + length;
    while next < end {
        let watch = Stopwatch::start();
        person.log_in().await?;
        times.push(watch.seconds() * 1_000.0);
        next = next + EVERY;
        clock.sleep_until(next).await;
    }
    Ok(Percentiles::of(times))
}

impl Report {
    fn lines(&self) -> Vec<String> {
        let answered = &self.guesses;
        vec![
            format!("{} processors", self.processors),
            self.known.line("wrong, somebody's name"),
            self.unknown.line("wrong, nobody's name"),
            self.calm.line("log-ins, nobody else there"),
            self.besieged.line("log-ins, besieged"),
            format!(
                "  {} guesses a second from one address: {} refused by their password, {} told to wait, {} not answered",
                self.guesses_per_second, answered.wrong, answered.told_to_wait, answered.not_answered
            ),
            format!(
                "the goal is {GOAL} ms for log-ins that are besieged, and the same for names that somebody has and that nobody has"
            ),
        ]
    }
}
