//! The room's exponential by least squares: for each time constant of a row the best curve, and of all that the readings allow the earliest crossing.

use super::Forecast;
use super::points::{MOST, Sample};

/// The shortest and longest time constant that is tried, in minutes, and the ratio of neighbours; beyond the longest it is the straight line.
const CONSTANTS: (f64, f64, f64) = (0.7, 150.0, 1.2);
/// How much worse than the best a curve may be and still be allowed, in units of the readings' variance: three standard deviations.
const ALLOWED: f64 = 9.0;
/// A stretch whose best curve is worse than this many times the readings' variance is not one curve: its beginning is left out.
const POOR: f64 = 2.0;
/// How many standard deviations of a curve's value and slope are granted as well.
const ERRORS: f64 = 2.5;
/// How many standard deviations a slope has to be for a rise.
const SIGNIFICANT: f64 = 2.0;
/// How much better a curve that gains speed has to be than the line, in units of the variance.
const GAIN: f64 = 1.0;
/// The fewest points of a fit.
const LEAST: usize = 3;

/// The best curve for one time constant, `value = now + slope (1 - e^(-decay t)) / decay`.
#[derive(Debug, Clone, Copy)]
struct Curve {
    /// One over the time constant, per minute; 0 for the straight line.
    decay: f64,
    /// The value at the newest point.
    now: f64,
    /// Units per minute there.
    slope: f64,
    /// Their standard deviations.
    now_error: f64,
    slope_error: f64,
    /// The sum of the squares, in units of the variance.
    misfit: f64,
}

/// A point, by how much it counts.
#[derive(Debug, Clone, Copy)]
struct Weighed {
    minutes: f64,
    value: f64,
    variance: f64,
    weight: f64,
}

fn weighed(samples: &[Sample], variance: impl Fn(&Sample) -> f64) -> Vec<Weighed> {
    let weigh = |sample: &Sample| {
        let variance = variance(sample);
        Weighed {
            minutes: sample.minutes,
            value: sample.value,
            variance,
            weight: 1.0 / variance,
        }
    };
    samples.iter().map(weigh).collect()
}

/// A movement between two points that is more than this share of the way between the least and the greatest,
const STEP_SHARE: f64 = 0.6;
/// and more than so many times the median movement, is a step.
const STEP_OVER: f64 = 4.0;

/// The first point after the last step; 0 where there is none.
pub(super) fn last_step(samples: &[Sample]) -> usize {
    let values = || samples.iter().map(|sample| sample.value);
    let way = values().fold(f64::NEG_INFINITY, f64::max) - values().fold(f64::INFINITY, f64::min);
    let moves = || {
        samples
            .windows(2)
            .map(|pair| (pair[1].value - pair[0].value).abs())
    };
    let mut sorted: Vec<f64> = moves().collect();
    sorted.sort_by(f64::total_cmp);
    // Of two the smaller one: a step is not its own measure.
    let median = sorted
        .get(sorted.len().saturating_sub(1) / 2)
        .copied()
        .unwrap_or(0.0);
    let is_step = |by: f64| by > STEP_SHARE * way && by > STEP_OVER * median;
    let mut ends = (1..samples.len()).rev();
    let end = ends.find(|end| {
        let from = |first: usize| (samples[*end].value - samples[first].value).abs();
        // The mean of readings before and after a step stands between the two and makes two smaller ones of it.
        let divided = || *end > 1 && samples[end - 1].readings > 1 && is_between(&samples[end - 2..=*end]);
        is_step(from(end - 1)) || (divided() && is_step(from(end - 2)))
    });
    end.unwrap_or(0)
}

/// Whether the second of three lies between the others.
fn is_between(three: &[Sample]) -> bool {
    matches!(three, [before, at, after] if (at.value - before.value) * (after.value - at.value) > 0.0)
}

/// When points reach a limit above them; none where they do not.
pub(super) fn forecast(samples: &[Sample], limit: f64, noise: f64, resolution: f64) -> Option<Forecast> {
    if samples.len() < LEAST {
        return None;
    }
    let samples = weighed(samples, |sample: &Sample| variance(sample, noise, resolution));
    // The newest points that are looked at below are among these: where no line through any of them surely rises, none does there.
    if !steepest(&samples).is_some_and(|line| line.rises()) {
        return None;
    }
    let mut stretch = &samples[..];
    let (curves, best) = loop {
        let curves = curves(stretch);
        let best = curves
            .iter()
            .map(|curve| curve.misfit)
            .fold(f64::INFINITY, f64::min);
        let freedom = (stretch.len() as f64 - 3.0).max(1.0);
        if stretch.len() < LEAST || best <= POOR * freedom && !bends_away(stretch) {
            break (curves, best);
        }
        let rest = (stretch.len() / 8).max(1);
        stretch = &stretch[rest..];
    };
    let freedom = (stretch.len() as f64 - 3.0).max(1.0);
    let scale = (best / freedom).max(1.0);
    let is_allowed = |curve: &Curve| curve.misfit - best <= ALLOWED * scale;
    // One more than is allowed on either side: the row is coarse.
    let first = curves.iter().position(is_allowed)?.saturating_sub(1);
    let last = (curves.iter().rposition(is_allowed)? + 1).min(curves.len() - 1);
    let early = curves[first..=last]
        .iter()
        .filter_map(|curve| curve.crossing(limit, ERRORS))
        .fold(f64::INFINITY, f64::min);
    if !early.is_finite() {
        return None;
    }
    let line = steepest(stretch).filter(|line| line.rises())?;
    let mut latest = Some(early);
    for curve in &curves[first..=last] {
        latest = match (latest, curve.crossing(limit, -ERRORS)) {
            (Some(latest), Some(crossing)) => Some(crossing.max(latest)),
            _ => None,
        };
    }
    Some(Forecast {
        earliest: line.crossing(limit, ERRORS).unwrap_or(early).min(early),
        likely: early,
        latest,
    })
}

fn variance(sample: &Sample, noise: f64, resolution: f64) -> f64 {
    let scatter = (noise * noise).max(1e-8) / f64::from(sample.readings);
    scatter + resolution * resolution / 12.0
}

/// The newest points that lie on one line, but at least so many and over so many minutes: what a movement was before it gained speed is left out, as a forecast leaves it out.
pub(super) fn on_one_line(
    samples: &[Sample],
    (least, minutes): (usize, f64),
    noise: f64,
    resolution: f64,
) -> &[Sample] {
    let mut stretch = samples;
    while stretch.len() > least {
        let points = weighed(stretch, |sample: &Sample| variance(sample, noise, resolution));
        let line = curve(&points, 0.0);
        let freedom = (stretch.len() as f64 - 2.0).max(1.0);
        if line.is_none_or(|line| line.misfit <= POOR * freedom) {
            break;
        }
        let rest = (stretch.len() / 8).max(1).min(stretch.len() - least);
        if -stretch[rest].minutes < minutes {
            break;
        }
        stretch = &stretch[rest..];
    }
    stretch
}

/// Units per minute, by least squares.
pub(super) fn slope(samples: &[Sample]) -> Option<f64> {
    let samples = weighed(samples, |sample: &Sample| 1.0 / f64::from(sample.readings));
    Some(curve(&samples, 0.0)?.slope)
}

/// Of the straight lines through the newest points the one that is steepest for sure.
fn steepest(samples: &[Weighed]) -> Option<Curve> {
    let sure = |line: &Curve| line.slope - SIGNIFICANT * line.slope_error;
    let mut steepest: Option<Curve> = None;
    let mut count = 2;
    while count <= samples.len() {
        if let Some(line) = curve(&samples[samples.len() - count..], 0.0)
            && steepest
                .as_ref()
                .is_none_or(|steepest| sure(&line) > sure(steepest))
        {
            steepest = Some(line);
        }
        count += (count / 3).max(1);
    }
    steepest
}

/// Whether the points gain speed: then the onset lies within them.
fn bends_away(samples: &[Weighed]) -> bool {
    let span = samples.first().map_or(0.0, |first| -first.minutes);
    let misfit = |decay: f64| curve(samples, decay).map_or(f64::INFINITY, |curve| curve.misfit);
    misfit(-2.0 / span) < misfit(0.0) - GAIN
}

/// The best curve for each time constant, from the straight line to the shortest.
fn curves(samples: &[Weighed]) -> Vec<Curve> {
    let (shortest, longest, ratio) = CONSTANTS;
    let mut decays = vec![0.0];
    let mut constant = longest;
    while constant >= shortest {
        decays.push(1.0 / constant);
        constant /= ratio;
    }
    let fitted = decays.into_iter().filter_map(|decay| curve(samples, decay));
    fitted.collect()
}

fn curve(samples: &[Weighed], decay: f64) -> Option<Curve> {
    let course = |minutes: f64| {
        if (decay * minutes).abs() < 1e-6 {
            minutes
        } else {
            -(-decay * minutes).exp_m1() / decay
        }
    };
    if decay * samples.first()?.minutes.abs() > 40.0 {
        return None;
    }
    let (mut weights, mut courses, mut values, mut squares, mut products) = (0.0, 0.0, 0.0, 0.0, 0.0);
    let base = samples.last()?.value;
    let mut places = [0.0; MOST];
    for (sample, place) in samples.iter().zip(&mut places) {
        *place = course(sample.minutes);
        let (weight, at, value) = (sample.weight, *place, sample.value - base);
        weights += weight;
        courses += weight * at;
        values += weight * value;
        squares += weight * at * at;
        products += weight * at * value;
    }
    let determinant = weights * squares - courses * courses;
    if determinant <= weights * squares * 1e-12 {
        return None;
    }
    let slope = (weights * products - courses * values) / determinant;
    let now = (squares * values - courses * products) / determinant;
    let misfit = samples.iter().zip(&places).map(|(sample, at)| {
        let miss = sample.value - base - now - slope * at;
        miss * miss / sample.variance
    });
    Some(Curve {
        decay,
        now: now + base,
        slope,
        now_error: (squares / determinant).sqrt(),
        slope_error: (weights / determinant).sqrt(),
        misfit: misfit.sum(),
    })
}

impl Curve {
    /// Whether it rises for sure.
    fn rises(&self) -> bool {
        self.slope > SIGNIFICANT * self.slope_error
    }

    /// Minutes until the limit, with the value and the slope this many standard deviations higher.
    fn crossing(&self, limit: f64, errors: f64) -> Option<f64> {
        let distance = limit - self.now - errors * self.now_error;
        let slope = self.slope + errors * self.slope_error;
        if distance <= 0.0 {
            return Some(0.0);
        }
        if slope <= 0.0 {
            return None;
        }
        let line = distance / slope;
        let share = self.decay * line;
        if share < 1e-6 {
            return Some(line);
        }
        (share < 1.0).then(|| -(-share).ln_1p() / self.decay)
    }
}
