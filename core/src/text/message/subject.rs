//! The subject: how bad, where, what, and how long there is, in one line.

use super::{Facts, lower_first, say};
use crate::authority::Actor;
use crate::oncall::Reason;
use crate::text::catalogue::Phrase;
use crate::text::foreign;

/// The mail's subject.
pub(super) fn write(facts: &Facts) -> String {
    let form = &facts.form;
    let mut parts = vec![format!(
        "{} {}: {}",
        facts.heading(),
        facts.room,
        lower_first(&facts.name)
    )];
    match facts.beside(form) {
        Some(known) => {
            let said = format!("{} {known}", lower_first(&facts.sensor));
            // "mains lost, mains lost" says it twice.
            if said.to_lowercase() != facts.name.to_lowercase() {
                parts.push(said);
            }
        }
        None if !facts.sensor.is_empty() => parts.push(lower_first(&facts.sensor)),
        None => {}
    }
    let last = parts.len() - 1;
    if let Some(over) = facts.over(form) {
        parts.push(over);
    } else if facts.is_return()
        && let Some(time) = facts.lasted(form)
    {
        let time = time.as_str();
        parts.push(say(form, Phrase::After { time }));
    }
    if facts.reason == Reason::Taken {
        let who = |by: &Actor| foreign::cut(&form.who(by), 30);
        if let Some(holder) = facts.holder() {
            let (who, since) = (&who(&holder.by), &form.minute(holder.at));
            parts.push(say(form, Phrase::Holder { who, since }));
        } else if let Some(took) = facts.took() {
            let (who, at) = (&who(&took.by), &form.minute(took.at));
            parts.push(say(form, Phrase::Took { who, at }));
        }
    }
    parts.extend(facts.let_go(form));
    if let Some(until) = facts.shelved_until(form) {
        parts.push(say(form, Phrase::Shelved { until: &until }));
    }
    movement(facts, &mut parts, last);
    parts.extend(facts.more());
    if let Some(beyond) = facts.beyond.first().filter(|_| facts.is_return()) {
        parts.push(lower_first(&beyond.said(form)));
    }
    let count = facts.others_stand();
    if facts.is_return() && count > 0 {
        parts.push(say(form, Phrase::OthersStand { count }));
    }
    if let Some(delay) = facts.delay() {
        let time = &form.duration(delay);
        parts.push(say(form, Phrase::LateBy { time }));
    }
    foreign::on_one_line(&format!("{} [{}]", parts.join(", "), facts.alarm.id))
}

/// Where the value is going: behind its own sensor's, or with the name of the one that tells. `last` is the part with the sensor's own.
fn movement(facts: &Facts, parts: &mut Vec<String>, mut last: usize) {
    let (form, Some(focus)) = (&facts.form, &facts.focus) else {
        return;
    };
    let towards = focus.limit(form);
    // A value that is on its way home is no news of a return.
    if facts.is_return() && towards.is_none() {
        return;
    }
    if focus.sensor != facts.sensor || facts.is_return() {
        let value = form.value(focus.quantity, focus.value);
        parts.push(match focus.sensor == facts.sensor {
            true => value,
            false => format!("{} {value}", lower_first(&focus.sensor)),
        });
        last = parts.len() - 1;
    }
    let direction = focus.direction(form);
    // Where its own value goes says nothing of a figure that stands in its place.
    let direction = direction.filter(|_| focus.sensor != facts.sensor || !facts.is_by_figure());
    if let (Some(direction), Some(part)) = (direction, parts.get_mut(last)) {
        *part += " ";
        *part += &direction;
    }
    if let Some((limit, forecast)) = towards {
        let (limit, time) = (limit.as_str(), form.minutes(forecast.likely));
        let time = time.as_str();
        parts.push(say(form, Phrase::LimitInAbout { limit, time }));
    }
}
