//! `plenum bench forecast`: how right, and how early, the forecast of a room's temperature is after a loss of cooling, and how often it is for nothing.

use anyhow::Result;
use plenum_core::alarms::forecast::trial::{Random, Room, Tally, cooling_rules};
use plenum_link::Stopwatch;
use serde::Serialize;

use crate::cli::bench::BenchForecast;
use crate::print;

/// The rooms' time constants, in minutes.
const CONSTANTS: [u32; 5] = [2, 5, 10, 20, 40];
/// Seconds between two readings.
const INTERVALS: [i64; 3] = [1, 10, 60];
/// The limits that are asked for in turn, in degrees Celsius.
const LIMITS: [f64; 3] = [27.0, 32.0, 35.0];
/// The goals, in per cent of the runs and in forecasts a week.
const LATE_GOAL: f64 = 5.0;
const FALSE_GOAL: f64 = 1.0;

#[derive(Serialize)]
struct Report {
    runs: u32,
    rooms: u16,
    days: u16,
    seed: u64,
    losses: Vec<Losses>,
    cycling: Vec<Cycling>,
    seconds: f64,
}

/// Losses of cooling in rooms of one time constant, read at one interval.
#[derive(Serialize)]
struct Losses {
    interval_seconds: i64,
    constant_minutes: u32,
    /// With at least six readings before the limit.
    crossed: u32,
    /// Of those, in per cent: warned with at least half of the time left.
    in_time_percent: Option<f64>,
    never: u32,
    /// With fewer readings before the limit.
    hasty: u32,
    hasty_in_time: u32,
    /// The median share of the time that was left at the first forecast, in per cent.
    left_percent: Option<f64>,
    /// Runs whose first forecast was later than the truth.
    late_first_percent: Option<f64>,
    /// Runs whose last forecast before half of the time was later than the truth.
    late_half_percent: Option<f64>,
    /// Runs in which any forecast was later than the truth.
    late_ever_percent: Option<f64>,
    /// Of all forecasts: later than the truth; truth not between earliest and latest.
    late_percent: Option<f64>,
    outside_percent: Option<f64>,
    /// By how much of the time left the forecast half way was too early: the median, in per cent.
    early_percent: Option<f64>,
    /// The room settled below the limit, and how often there was still a forecast then.
    settled: u32,
    still: u32,
}

/// Days of cycling without a loss.
#[derive(Serialize)]
struct Cycling {
    interval_seconds: i64,
    weeks: f64,
    false_forecasts: u32,
    false_per_week: f64,
    /// Of the built-in rules `cooling-failed` and `cooling-failing`, in as many weeks again.
    false_alarms: [u32; 2],
}

pub(crate) fn run(arguments: &BenchForecast) -> Result<()> {
    let watch = Stopwatch::start();
    let rows = INTERVALS
        .into_iter()
        .flat_map(|interval| CONSTANTS.map(|constant| (interval, constant)));
    let losses = rows.map(|(interval, constant)| losses(arguments, interval, constant));
    let mut report = Report {
        runs: arguments.runs,
        rooms: arguments.rooms,
        days: arguments.days,
        seed: arguments.seed,
        losses: losses.collect(),
        cycling: INTERVALS.map(|interval| cycling(arguments, interval)).into(),
        seconds: 0.0,
    };
    report.seconds = watch.seconds();
    if arguments.json {
        return print::json(&report);
    }
    report.lines().iter().try_for_each(|line| print::line(line))
}

fn losses(arguments: &BenchForecast, interval: i64, constant: u32) -> Losses {
    let mut random = random(arguments.seed, interval, constant);
    let mut tally = Tally::default();
    let limits = LIMITS.into_iter().cycle();
    for limit in limits.take(arguments.runs as usize) {
        let room = Room::drawn(f64::from(constant), limit, interval, &mut random);
        tally.add(&room.lose(&mut random));
    }
    Losses {
        interval_seconds: interval,
        constant_minutes: constant,
        crossed: tally.crossed,
        in_time_percent: percent(tally.in_time, tally.crossed),
        never: tally.never,
        hasty: tally.hasty,
        hasty_in_time: tally.hasty_in_time,
        left_percent: tally.left().map(|share| 100.0 * share),
        late_first_percent: percent(tally.late_first, tally.runs()),
        late_half_percent: percent(tally.late_half, tally.runs()),
        late_ever_percent: percent(tally.late_ever, tally.runs()),
        late_percent: percent(tally.late, tally.forecasts),
        outside_percent: percent(tally.outside, tally.forecasts),
        early_percent: tally.early().map(|share| 100.0 * share),
        settled: tally.settled,
        still: tally.still,
    }
}

fn cycling(arguments: &BenchForecast, interval: i64) -> Cycling {
    let mut random = random(arguments.seed, interval, 0);
    let mut false_forecasts = 0;
    for _ in 0..arguments.rooms {
        // The lowest limit is the one that cycling comes nearest to.
        let room = Room::drawn(0.0, LIMITS[0], interval, &mut random);
        false_forecasts += room.cycle(u32::from(arguments.days), &mut random);
    }
    let mut false_alarms = [0; 2];
    for _ in 0..arguments.rooms {
        let room = Room::drawn(0.0, LIMITS[1], interval, &mut random);
        let found = room.alarms(u32::from(arguments.days), cooling_rules(), &mut random);
        false_alarms = [0, 1].map(|place| false_alarms[place] + found[place]);
    }
    let weeks = f64::from(arguments.rooms) * f64::from(arguments.days) / 7.0;
    Cycling {
        interval_seconds: interval,
        weeks,
        false_forecasts,
        false_per_week: f64::from(false_forecasts) / weeks,
        false_alarms,
    }
}

fn random(seed: u64, interval: i64, constant: u32) -> Random {
    Random::new(seed.wrapping_mul(1_000_003) ^ (interval as u64 * 1_000) ^ u64::from(constant))
}

fn percent(part: u32, whole: u32) -> Option<f64> {
    (whole > 0).then(|| 100.0 * f64::from(part) / f64::from(whole))
}

impl Report {
    fn lines(&self) -> Vec<String> {
        let mut lines = vec![
            format!(
                "{} losses of cooling a line, limits of 27, 32 and 35 C, seed {}; {:.0} s",
                self.runs, self.seed, self.seconds
            ),
            "every  constant  with time  warned by half  left  late: first    half    ever  of all  early by  outside  too fast  settled".to_owned(),
        ];
        lines.extend(self.losses.iter().map(Losses::line));
        lines.push(format!(
            "late: the crossing was forecast later than it came, in per cent of the runs (goal {LATE_GOAL}) or of all forecasts; early by: at half"
        ));
        lines.push("too fast: fewer than six readings before the limit; settled: below the limit, still with a forecast".to_owned());
        lines.extend(self.cycling.iter().map(|cycling| {
            format!(
                "{:>3} s: {} false forecasts in {:.0} weeks of cycling, {:.2} a week (goal {FALSE_GOAL}); in as many again {} false alarms of cooling-failed, {} of cooling-failing",
                cycling.interval_seconds,
                cycling.false_forecasts,
                cycling.weeks,
                cycling.false_per_week,
                cycling.false_alarms[0],
                cycling.false_alarms[1]
            )
        }));
        lines
    }
}

impl Losses {
    fn line(&self) -> String {
        let share =
            |percent: Option<f64>| percent.map_or("-".to_owned(), |percent| format!("{percent:.1} %"));
        format!(
            "{:>3} s  {:>4} min  {:>9}  {:>14}  {:>6}  {:>11}  {:>6}  {:>6}  {:>6}  {:>8}  {:>7}  {:>8}  {:>7}",
            self.interval_seconds,
            self.constant_minutes,
            self.crossed,
            share(self.in_time_percent),
            share(self.left_percent),
            share(self.late_first_percent),
            share(self.late_half_percent),
            share(self.late_ever_percent),
            share(self.late_percent),
            share(self.early_percent),
            share(self.outside_percent),
            format!("{}/{}", self.hasty_in_time, self.hasty),
            format!("{}/{}", self.still, self.settled),
        )
    }
}
