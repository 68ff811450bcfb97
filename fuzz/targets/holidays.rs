//! A calendar file from anywhere: its days are read or it is refused, and what site.toml says of it is read again the same.
#![no_main]

use libfuzzer_sys::fuzz_target;
use plenum_core::duty::ical::holidays;
use plenum_core::site::{Every, HandOver, Hours};

fuzz_target!(|text: &str| {
    if let Ok(days) = holidays("x.ics", text) {
        assert!(days.is_sorted_by(|one, other| one.date < other.date));
        assert!(days.iter().all(|day| !day.name.contains(char::is_control)));
    }
    if let Ok(hours) = text.parse::<Hours>() {
        assert_eq!(hours.to_string().parse::<Hours>().as_ref(), Ok(&hours));
    }
    if let Ok(every) = text.parse::<Every>() {
        assert_eq!(every.to_string().parse::<Every>().as_ref(), Ok(&every));
    }
    if let Ok(hand_over) = text.parse::<HandOver>() {
        assert_eq!(hand_over.to_string().parse::<HandOver>().as_ref(), Ok(&hand_over));
    }
});
