//! A collector that is killed (SIGKILL) at random instants while hundreds of incidents begin, are taken and end: nobody is left untold, nobody is told twice but for what a
//! kill cut off, each hears of each incident in order, and nobody is called for what somebody has.
#![expect(clippy::unwrap_used, reason = "a test stops at what it did not expect")]
#![expect(
    clippy::print_stdout,
    reason = "the figures of a run are for whoever reads its log"
)]

mod night;
mod support;

use std::str::FromStr;
use std::time::Duration;

use night::Night;
use rand::SeedableRng;
use rand::rngs::StdRng;

const PATIENCE: Duration = Duration::from_secs(60);

#[test]
fn whenever_it_is_killed_all_that_was_raised_is_told_in_order_and_nothing_after_it_was_taken() {
    let seed: u64 = from_environment("PLENUM_TEST_SEED").unwrap_or_else(rand::random);
    let incidents = from_environment("PLENUM_INCIDENTS").unwrap_or(300);
    println!("PLENUM_TEST_SEED={seed} PLENUM_INCIDENTS={incidents}");
    let mut night = Night::begin(incidents, StdRng::seed_from_u64(seed));
    loop {
        night.live();
        if night.is_over() {
            break;
        }
        night.kill();
    }
    night.end();
    println!("{}", night.judged());
}

fn from_environment<T: FromStr>(name: &str) -> Option<T> {
    std::env::var(name).ok()?.parse().ok()
}
