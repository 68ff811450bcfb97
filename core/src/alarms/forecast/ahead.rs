//! What a run of readings means to a forecaster, worked out once for all the rules that ask the same of it: what it is after them, and how soon a limit
//! was reached at soonest by any of them.

use plenum_protocol::Timestamp;

use super::Forecaster;

/// The last answer, with what it was asked of. Kept from run to run for its room alone.
#[derive(Debug, Default)]
pub struct Ahead {
    asked: Option<Asked>,
    before: Forecaster,
    after: Forecaster,
}

#[derive(Debug, Clone, Copy)]
struct Asked {
    limit: f64,
    soonest: f64,
}

impl Ahead {
    /// Another run is looked at.
    pub fn begin(&mut self) {
        self.asked = None;
    }

    /// In how many minutes a limit is reached, by the reading that says soonest; infinite where it never is. Each is asked at its own instant.
    pub fn soonest(&mut self, before: &Forecaster, limit: f64, readings: &[(Timestamp, f64)]) -> f64 {
        if let Some(asked) = self.asked
            && asked.limit == limit
            && self.before == *before
        {
            return asked.soonest;
        }
        self.before.clone_from(before);
        self.after.clone_from(before);
        let mut soonest = f64::INFINITY;
        for (at, value) in readings {
            self.after.push(*at, *value);
            if let Some(forecast) = self.after.reaches(limit, *at) {
                soonest = soonest.min(forecast.likely);
            }
        }
        self.asked = Some(Asked { limit, soonest });
        soonest
    }

    /// Hands a forecaster the readings of the run.
    pub fn go_on(&self, forecaster: &mut Forecaster, readings: &[(Timestamp, f64)]) {
        if self.asked.is_some() && self.before == *forecaster {
            forecaster.clone_from(&self.after);
        } else {
            readings
                .iter()
                .for_each(|(at, value)| forecaster.push(*at, *value));
        }
    }
}
