//! What stands behind the name and the place of an alarm whose rule looks at more than its newest value.

use plenum_protocol::Quantity;

use super::Form;
use super::alarm::{self, say};
use super::catalogue::Phrase;
use crate::alarms::Origin;
use crate::alarms::origin::{Reason, Side};

/// What is said of it; none where nothing is known.
pub(super) fn said(quantity: Quantity, origin: &Origin, form: &Form) -> Option<String> {
    match origin {
        Origin::Together(reasons) => {
            let reasons: Vec<String> = reasons.iter().map(|one| reason(quantity, one, form)).collect();
            Some(reasons.join("; ")).filter(|said| !said.is_empty())
        }
        Origin::Vote {
            value,
            side,
            holding,
            of,
        } => {
            let own = match side {
                Side::Is(_) | Side::Moved { .. } | Side::Foreseen { .. } => None,
                Side::Above(_) | Side::Below(_) => Some(against(quantity, *value, *side, form)),
            };
            let phrase = Phrase::Vote {
                said: own.as_deref(),
                holding: *holding,
                of: *of,
            };
            Some(say(form, phrase))
        }
        Origin::Deviates { value, median, limit } => {
            let phrase = Phrase::Deviates {
                value: &form.value(quantity, (*value)?),
                median: &form.value(quantity, (*median)?),
                limit: &form.limit(quantity, *limit),
            };
            Some(say(form, phrase))
        }
        Origin::Mean { mean, side, within } => {
            let said = &against(quantity, *mean, *side, form);
            let time = &form.duration(*within);
            Some(say(form, Phrase::OnAverage { said, time }))
        }
        Origin::DewPoint { dew_point, side } => {
            let said = against(Quantity::DewPoint, *dew_point, *side, form);
            Some(of_another(Quantity::DewPoint, &said, form))
        }
        Origin::Condenses { value, dew_point } => {
            let phrase = Phrase::Condenses {
                value: &form.value(quantity, (*value)?),
                dew_point: &form.value(Quantity::DewPoint, (*dew_point)?),
            };
            Some(say(form, phrase))
        }
        Origin::Outside {
            class,
            quantity: what,
            value,
            side,
        } => {
            let said = against(*what, Some(*value), *side, form);
            let said = match *what == quantity {
                true => said,
                false => of_another(*what, &said, form),
            };
            let phrase = Phrase::Outside {
                said: &said,
                class: Some(class.as_str()).filter(|class| *class != "recommended"),
            };
            Some(say(form, phrase))
        }
        _ => None,
    }
}

/// What raised an alarm, in a few words, where that is not the newest value of its own series.
pub(super) fn figure(own: Quantity, origin: &Origin, form: &Form) -> Option<String> {
    match origin {
        Origin::Mean { mean, within, .. } => {
            let (said, time) = (&form.value(own, (*mean)?), &form.duration(*within));
            Some(say(form, Phrase::OnAverage { said, time }))
        }
        Origin::DewPoint { dew_point, .. } => {
            let said = form.value(Quantity::DewPoint, (*dew_point)?);
            Some(of_another(Quantity::DewPoint, &said, form))
        }
        Origin::Outside { quantity, value, .. } if *quantity != own => {
            Some(of_another(*quantity, &form.value(*quantity, *value), form))
        }
        _ => None,
    }
}

fn reason(own: Quantity, reason: &Reason, form: &Form) -> String {
    let quantity = reason.quantity.unwrap_or(own);
    let said = match (reason.side, reason.negated) {
        // A state that is not is the other one.
        (Side::Is(state), negated) => form.state(quantity, state != negated).to_owned(),
        (side, false) => against(quantity, reason.value, side, form),
        (side, true) => {
            let said = against(quantity, None, side, form);
            let not = say(form, Phrase::NotSo { said: &said });
            match reason.value {
                Some(value) => format!("{}, {not}", form.value(quantity, value)),
                None => not,
            }
        }
    };
    match reason.quantity {
        Some(quantity) => of_another(quantity, &said, form),
        None => said,
    }
}

/// What is said of a quantity that is not the alarm's own, or not the one that was spoken of.
pub(super) fn of_another(quantity: Quantity, said: &str, form: &Form) -> String {
    let phrase = Phrase::Of {
        quantity: &alarm::quantity(quantity, form.language),
        kind: quantity.kind(),
        said,
    };
    say(form, phrase)
}

/// A value against its limit, or a state.
fn against(quantity: Quantity, value: Option<f64>, side: Side, form: &Form) -> String {
    let value_against = |limit: f64| value.map(|value| form.value_against(quantity, value, limit));
    match side {
        Side::Above(limit) => {
            let (value, limit) = (value_against(limit), form.limit(quantity, limit));
            let (value, limit) = (value.as_deref(), limit.as_str());
            say(form, Phrase::Above { value, limit })
        }
        Side::Below(limit) => {
            let (value, limit) = (value_against(limit), form.limit(quantity, limit));
            let (value, limit) = (value.as_deref(), limit.as_str());
            say(form, Phrase::Below { value, limit })
        }
        Side::Is(state) => form.state(quantity, state).to_owned(),
        Side::Moved { by, within } => alarm::moved(quantity, value, (by, within), form),
        Side::Foreseen { limit, minutes } => {
            alarm::foreseen(quantity, value, (limit, minutes), form).unwrap_or_default()
        }
    }
}
