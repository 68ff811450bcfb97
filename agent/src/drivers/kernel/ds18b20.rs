//! What a DS18B20 says before it has measured: 85.000, the value that its register has when its power comes on (datasheet, "Operation: measuring
//! temperature"). The kernel shows it as it is.

use plenum_protocol::Fault;

use crate::driver::Problem;

const POWER_ON: f64 = 85.0;
/// A sensor that says something else so near to it, in kelvin, is as warm as that.
const NEAR: f64 = 5.0;
/// So many such readings confirm it: one whose power comes on before each poll says nothing else, however often.
const CONFIRMED: u8 = 2;

/// Whether a value may be that of a sensor that has not measured.
#[derive(Debug, Default)]
pub(super) struct PowerOn {
    /// Readings near it since the last that was not, as far as they matter.
    near: u8,
}

impl PowerOn {
    /// A value in °C is to be believed.
    ///
    /// # Errors
    /// It is what the sensor has before it measures, and no two readings near it have shown that it is as warm.
    pub(super) fn check(&mut self, celsius: f64) -> Result<(), Problem> {
        if celsius == POWER_ON {
            return match self.near {
                CONFIRMED => Ok(()),
                _ => Err(Problem::new(
                    Fault::OutOfRange,
                    "85.0 is what a DS18B20 says whose power has just come on: look at its plug",
                )),
            };
        }
        self.near = match (celsius - POWER_ON).abs() <= NEAR {
            true => CONFIRMED.min(self.near + 1),
            false => 0,
        };
        Ok(())
    }
}
