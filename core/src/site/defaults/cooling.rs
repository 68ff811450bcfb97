//! Built-in rules for cooling that fails: told by the inlets before a limit is passed, and by the units themselves.

use plenum_protocol::Quantity as Q;

use super::{Draft, is, minutes, seconds};
use crate::site::condition::{Any, Forecast, ForecastSide, Part, Past, Rises};
use crate::site::{Condition, Place, Priority, Rule};
use crate::text::rules::BuiltIn;
use Priority::{Critical, High};

/// Where servers begin to shut down, in degrees Celsius.
const LIMIT: f64 = 32.0;

/// The critical one comes first: what is as bad as that at once is told once.
pub(super) fn rules() -> Vec<Rule> {
    let inlet = |rule, priority, when| {
        Draft::new(rule, priority, when)
            .of(&[Q::Temperature])
            .at(&[Place::Inlet])
            .off(minutes(5))
    };
    vec![
        // A sensor that was moved has come to rest by then, and a door that was opened has shown how far it leads.
        inlet(BuiltIn::CoolingFailed, Critical, Condition::Forecast(forecast(5)))
            .on(minutes(1))
            .seen_twice()
            .suppressed_by(&[BuiltIn::CoolingFailed, BuiltIn::InletVeryHigh])
            .rule(),
        inlet(BuiltIn::CoolingFailing, High, fast_or_soon())
            .on(seconds(30))
            .suppressed_by(&[
                BuiltIn::CoolingFailing,
                BuiltIn::CoolingFailed,
                BuiltIn::InletVeryHigh,
            ])
            .rule(),
        Draft::new(BuiltIn::CoolingFault, High, is(true))
            .of(&[Q::CoolingFault])
            .on(seconds(5))
            .rule(),
    ]
}

fn forecast(within: i64) -> Forecast {
    Forecast {
        limit: LIMIT,
        within: minutes(within),
        side: ForecastSide::Above,
    }
}

fn fast_or_soon() -> Condition {
    let rises = Rises {
        by: 3.0,
        within: minutes(5),
        above: Some(24.0),
        deadband: 0.0,
    };
    let parts = vec![Past::Rises(rises), Past::Forecast(forecast(15))];
    Condition::Any(Any::from(parts.into_iter().map(Part::Past).collect::<Vec<_>>()))
}
