//! How often somebody is answered what is only news: whoever forges their number must not spend the credit and the air with which alarms leave. Pure.

use std::collections::{HashMap, VecDeque};

use plenum_protocol::{Duration, Identifier, Steady};

/// So many answers within a while; what is written beyond is obeyed and not answered.
const MOST: usize = 6;
/// How long that while is.
const WHILE: Duration = Duration::from_minutes(10);

/// Who was answered lately, and when.
#[derive(Debug, Default)]
pub(super) struct Answered(HashMap<Identifier, VecDeque<Steady>>);

impl Answered {
    /// Whether somebody is answered once more; from now on they were.
    pub(super) fn once_more(&mut self, person: &Identifier, now: Steady) -> bool {
        let lately = self.0.entry(person.clone()).or_default();
        lately.retain(|at| now.since(*at) < WHILE);
        let once_more = lately.len() < MOST;
        if once_more {
            lately.push_back(now);
        }
        once_more
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whoever_writes_without_end_is_answered_six_times_in_ten_minutes_and_nobody_else_misses_it() {
        let (anna, bert) = ("anna".parse().unwrap(), "bert".parse().unwrap());
        let at = |seconds: i64| Steady::from_milliseconds(seconds * 1_000);
        let mut answered = Answered::default();
        let count = (0..150)
            .filter(|second| answered.once_more(&anna, at(*second)))
            .count();
        assert_eq!(count, MOST);
        assert!(answered.once_more(&bert, at(150)));
        assert!(!answered.once_more(&anna, at(599)));
        assert!(answered.once_more(&anna, at(600)));
    }
}
