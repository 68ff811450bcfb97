//! What `ups.status` says, and where the UPS's other words contradict it: its flags as states.

use plenum_protocol::Quantity;

use super::numbers::input_voltages;
use super::variables::{Variables, find, has};
use crate::driver::Sample;

/// The flags of `ups.status`, each a state of its own. TRIM and BOOST share one, and so do CAL and TEST. A test stands before what it explains: whoever
/// takes the states one by one knows of it then.
const FLAGS: &[(Quantity, &[&str])] = &[
    (Quantity::UpsOnLine, &["OL"]),
    (Quantity::UpsCalibrating, &["CAL", "TEST"]),
    (Quantity::UpsOnBattery, &["OB"]),
    (Quantity::UpsBatteryLow, &["LB"]),
    (Quantity::UpsReplaceBattery, &["RB"]),
    (Quantity::UpsBypass, &["BYPASS"]),
    (Quantity::UpsBoost, &["BOOST", "TRIM"]),
    (Quantity::UpsOverload, &["OVER"]),
    (Quantity::UpsOff, &["OFF"]),
    (Quantity::UpsForcedShutdown, &["FSD"]),
    (Quantity::UpsAlarm, &["ALARM"]),
    (Quantity::UpsCharging, &["CHRG"]),
];
/// Known, and told by others or of no weight: a battery that discharges is OB or a test, a high one is full, and a UPS may save energy on mains.
const SILENT_FLAGS: &[&str] = &["DISCHRG", "HB", "HE", "ECO"];

/// Mains below this share of its nominal voltage carries no load.
const LEAST_SHARE: f64 = 0.8;
/// Where the UPS does not say what is nominal: the least that is anywhere in the world.
const LEAST_NOMINAL: f64 = 100.0;
/// A phase below this share of the highest one is lost.
const LOST_SHARE: f64 = 0.5;
/// A UPS whose nominal voltage is this much above its highest phase gives it between two phases.
const BETWEEN_PHASES: f64 = 1.4;

/// The status of a UPS that says one.
#[derive(Debug)]
pub(super) struct Status<'a> {
    flags: Vec<&'a str>,
    mains_is_low: bool,
    has_alarm: bool,
}

impl<'a> Status<'a> {
    /// None where it says nothing.
    pub(super) fn of(variables: &'a Variables) -> Option<Self> {
        Some(Self {
            flags: find(variables, &["ups.status"])?.split_whitespace().collect(),
            mains_is_low: mains_is_low(variables),
            has_alarm: alarm_text(variables).is_some(),
        })
    }

    fn says(&self, flag: &str) -> bool {
        self.flags.contains(&flag)
    }

    /// A UPS whose battery gives while mains is away is on battery, whatever else it says.
    fn gives_without_mains(&self) -> bool {
        self.mains_is_low && (self.says("DISCHRG") || self.says("OB"))
    }

    /// Whether a state holds.
    pub(super) fn holds(&self, quantity: Quantity) -> bool {
        let mut named = FLAGS.iter().filter(|(other, _)| *other == quantity);
        let named = named.any(|(_, flags)| flags.iter().any(|flag| self.says(flag)));
        match quantity {
            Quantity::UpsOnLine => named && !self.gives_without_mains(),
            Quantity::UpsOnBattery => named || self.gives_without_mains(),
            // Who tests has mains to go back to.
            Quantity::UpsCalibrating => named && !self.gives_without_mains(),
            // A UPS once burnt its fan while a checker read "ALARM OL" as fine; some say it only in ups.alarm.
            Quantity::UpsAlarm => named || self.has_alarm,
            Quantity::UpsOtherFlag => self.flags.iter().any(|flag| !is_known(flag)),
            _ => named,
        }
    }

    /// On mains, as far as it says.
    pub(super) fn is_on_line(&self) -> bool {
        self.holds(Quantity::UpsOnLine) && !self.holds(Quantity::UpsOnBattery)
    }

    /// The flags that this version does not know.
    pub(super) fn unknown_flags(&self) -> impl Iterator<Item = &str> {
        self.flags.iter().copied().filter(|flag| !is_known(flag))
    }
}

/// Whether the poll before found the UPS testing its battery.
#[derive(Debug, Default)]
pub(super) struct Testing(bool);

impl Testing {
    /// A test that is over together with its use of the battery is named once more: what is taken one by one at one instant is then at no
    /// moment a battery in use without a test.
    pub(super) fn outlasts_battery(&mut self, samples: &mut [Sample]) {
        let holds = |samples: &[Sample], state| samples.contains(&(state, Ok(1.0)));
        let tests = holds(samples, Quantity::UpsCalibrating);
        if self.0 && !tests && !holds(samples, Quantity::UpsOnBattery) {
            let test = samples
                .iter_mut()
                .find(|sample| **sample == (Quantity::UpsCalibrating, Ok(0.0)));
            test.into_iter().for_each(|sample| sample.1 = Ok(1.0));
        }
        self.0 = tests;
    }
}

/// Every state, in the order in which they are listed.
pub(super) fn states() -> impl Iterator<Item = Quantity> {
    let flags = FLAGS.iter().map(|(quantity, _)| *quantity);
    flags.chain([Quantity::UpsOtherFlag])
}

fn is_known(flag: &str) -> bool {
    FLAGS.iter().any(|(_, flags)| flags.contains(&flag)) || SILENT_FLAGS.contains(&flag)
}

/// Whether the driver of upsd itself waits for its first data.
pub(super) fn waits(variables: &Variables) -> bool {
    let status = find(variables, &["ups.status"]).unwrap_or_default();
    status.split_whitespace().any(|flag| flag == "WAIT")
}

/// Whether it is a UPS: it says a status, or has a battery or a load. A socket strip may have a status too, and it is empty for ever.
pub(super) fn is_ups(variables: &Variables) -> bool {
    let of_a_ups = |(name, _): &(String, String)| name.starts_with("battery.") || name == "ups.load";
    find(variables, &["ups.status"]).is_some() || variables.iter().any(of_a_ups)
}

/// What the UPS says about its alarms; several drivers write 0 for none.
pub(super) fn alarm_text(variables: &Variables) -> Option<&str> {
    find(variables, &["ups.alarm"]).filter(|text| *text != "0")
}

/// States that a UPS has or has not, with whether they hold.
pub(super) fn further_state(variables: &Variables, quantity: Quantity) -> Option<bool> {
    match quantity {
        Quantity::UpsTestFailed if has(variables, "ups.test.result") => {
            let result = find(variables, &["ups.test.result"]).unwrap_or_default();
            let result = result.to_ascii_lowercase();
            Some(
                ["error", "warning", "fail"]
                    .iter()
                    .any(|word| result.contains(word)),
            )
        }
        Quantity::UpsPhaseLost => {
            let phases = phases(variables);
            let highest = phases.iter().copied().fold(0.0, f64::max);
            let lost = |voltage: &f64| *voltage < highest * LOST_SHARE;
            (phases.len() > 1).then(|| phases.iter().any(lost))
        }
        _ => None,
    }
}

fn phases(variables: &Variables) -> Vec<f64> {
    let voltages = input_voltages(variables);
    voltages.into_iter().filter(|voltage| *voltage >= 0.0).collect()
}

/// Whether mains gives too little for a load: known, and below its share of what is nominal.
fn mains_is_low(variables: &Variables) -> bool {
    let single = find(variables, &["input.voltage"]).and_then(|text| text.parse::<f64>().ok());
    let voltages = single.map_or_else(|| phases(variables), |voltage| vec![voltage]);
    let highest = voltages.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    let said = find(variables, &["input.voltage.nominal"]).and_then(|text| text.parse::<f64>().ok());
    let nominal = match said.filter(|nominal| *nominal >= LEAST_NOMINAL) {
        Some(nominal) if single.is_none() && nominal > highest * BETWEEN_PHASES && highest > 0.0 => {
            nominal / 3_f64.sqrt()
        }
        Some(nominal) => nominal,
        None => LEAST_NOMINAL,
    };
    (0.0..nominal * LEAST_SHARE).contains(&highest)
}
