//! What a DS18B20 says before it has measured: 85.000, the value that its register has when its power comes on (datasheet, "Operation: measuring
//! temperature"). The kernel shows it as it is.

use plenum_protocol::Fault;

use crate::driver::Problem;

/// The kernel's name for thermometers on the 1-Wire bus.
const CHIP: &str = "w1_slave_temp";
const POWER_ON: f64 = 85.0;

/// Whether the last value was that of a sensor that has not measured.
pub(super) struct PowerOn {
    is_one: bool,
    was_there: bool,
}

impl PowerOn {
    /// Of a chip with this name.
    pub(super) fn of(chip: &str) -> Self {
        Self {
            is_one: chip == CHIP,
            was_there: false,
        }
    }

    /// A value is to be believed.
    ///
    /// # Errors
    /// It is what the sensor has before it measures, and it was another one before: said twice, it was measured.
    pub(super) fn check(&mut self, value: f64) -> Result<(), Problem> {
        let is_there = self.is_one && value == POWER_ON;
        let is_news = is_there && !self.was_there;
        self.was_there = is_there;
        match is_news {
            true => Err(Problem::new(
                Fault::OutOfRange,
                "85.0 is what a DS18B20 says whose power has just come on: look at its plug",
            )),
            false => Ok(()),
        }
    }
}
