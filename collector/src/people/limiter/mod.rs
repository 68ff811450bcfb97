//! How often one may try to log in: a pure state machine over attempts.
//!
//! | attempts that failed | of passwords | of codes of the second factor |
//! |---|---|---|
//! | for one name from one address | 5, then the next waits | |
//! | for one name from anywhere | 50, then whoever has not logged in from there before waits | 5, then the next waits |
//! | from one address, for any name | 30 in a burst, one every 2 s after that | the same |
//!
//! The first wait is a minute, each further failure doubles it, an hour is the longest, and a day without an attempt forgets all. So whoever guesses
//! passwords keeps nobody from logging in who is where they always are, and gets some 70 guesses of one name a day, however many addresses they
//! have. Whoever guesses codes knows the password already: there is one count for all addresses. Of IPv6 a network of 64 bits is one address.
//!
//! An attempt counts as failed from its beginning until it succeeds, so attempts made at the same time do not slip through together. Names that no
//! account has are treated the same: the answer tells nobody who exists. What is remembered is bounded, in memory, and gone with a restart.

mod bursts;
mod failures;

use std::collections::HashMap;
use std::net::IpAddr;

use plenum_link::neighbourhood;
use plenum_protocol::{Duration, Steady};

pub(crate) use bursts::Bursts;
use failures::Failures;

/// Of one name from one address, or of one person's codes.
const FREE_ATTEMPTS: u32 = 5;
/// Of one name from anywhere.
const FREE_ANYWHERE: u32 = 50;
/// So long a place where somebody logged in is one where they are known.
const KNOWN_FOR: Duration = Duration::from_hours(30 * 24);
/// So many of them are remembered.
const PLACES: usize = 1_024;

/// A name in small letters, and an address.
type Place = (String, IpAddr);

/// The attempts at passwords so far.
#[derive(Debug)]
pub(super) struct Passwords {
    here: Failures<Place>,
    anywhere: Failures<String>,
    bursts: Bursts,
    /// Where somebody logged in, and when they last did.
    known: HashMap<Place, Steady>,
}

impl Default for Passwords {
    fn default() -> Self {
        Self {
            here: Failures::new(FREE_ATTEMPTS),
            anywhere: Failures::new(FREE_ANYWHERE),
            bursts: Bursts::default(),
            known: HashMap::new(),
        }
    }
}

impl Passwords {
    /// Counts an attempt as failed, or returns how long to wait.
    pub(super) fn begin(&mut self, name: &str, address: IpAddr, now: Steady) -> Result<(), Duration> {
        let place = (name.to_lowercase(), neighbourhood(address));
        self.here.check(&place, now)?;
        let is_known = self.is_known(&place, now);
        if !is_known {
            self.anywhere.check(&place.0, now)?;
        }
        self.bursts.begin(place.1, now)?;
        if !is_known {
            self.anywhere.begin(place.0.clone(), now);
        }
        self.here.begin(place, now);
        Ok(())
    }

    /// The attempt was good: the failures there are forgotten, those of other addresses stay, and the attempt costs nothing.
    pub(super) fn succeeded(&mut self, name: &str, address: IpAddr, now: Steady) {
        let place = (name.to_lowercase(), neighbourhood(address));
        self.here.forget(&place);
        self.bursts.take_back(place.1);
        if !self.is_known(&place, now) {
            self.anywhere.take_back(&place.0);
        }
        self.know(place, now);
    }

    fn is_known(&self, place: &Place, now: Steady) -> bool {
        let last = self.known.get(place);
        last.is_some_and(|last| now.since(*last) < KNOWN_FOR)
    }

    fn know(&mut self, place: Place, now: Steady) {
        if self.known.len() >= PLACES && !self.known.contains_key(&place) {
            let oldest = self.known.iter().min_by_key(|(_, last)| **last);
            if let Some(oldest) = oldest.map(|(place, _)| place.clone()) {
                self.known.remove(&oldest);
            }
        }
        self.known.insert(place, now);
    }
}

/// The attempts at codes of the second factor so far.
#[derive(Debug)]
pub(super) struct Codes {
    of: Failures<String>,
    bursts: Bursts,
}

impl Default for Codes {
    fn default() -> Self {
        Self {
            of: Failures::new(FREE_ATTEMPTS),
            bursts: Bursts::default(),
        }
    }
}

impl Codes {
    /// Counts an attempt as failed, or returns how long to wait.
    pub(super) fn begin(&mut self, name: &str, address: IpAddr, now: Steady) -> Result<(), Duration> {
        let name = name.to_lowercase();
        self.of.check(&name, now)?;
        self.bursts.begin(neighbourhood(address), now)?;
        self.of.begin(name, now);
        Ok(())
    }

    /// The attempt was good: the person's failures are forgotten and the attempt costs nothing.
    pub(super) fn succeeded(&mut self, name: &str, address: IpAddr) {
        self.of.forget(&name.to_lowercase());
        self.bursts.take_back(neighbourhood(address));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const HERE: IpAddr = IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);

    fn at(seconds: i64) -> Steady {
        Steady::from_milliseconds(1_700_000_000_000 + seconds * 1_000)
    }

    #[test]
    fn five_failures_from_one_address_lock_a_name_there_for_longer_and_longer() {
        let mut limiter = Passwords::default();
        for _ in 0..5 {
            assert_eq!(limiter.begin("anna", HERE, at(0)), Ok(()));
        }
        assert_eq!(limiter.begin("Anna", HERE, at(0)), Err(Duration::from_minutes(1)));
        assert_eq!(limiter.begin("bart", HERE, at(0)), Ok(()));
        assert_eq!(limiter.begin("anna", HERE, at(60)), Ok(()));
        assert_eq!(
            limiter.begin("anna", HERE, at(60)),
            Err(Duration::from_minutes(2))
        );
        let mut now = 60;
        for _ in 0..10 {
            now += 3_600;
            assert_eq!(limiter.begin("anna", HERE, at(now)), Ok(()));
        }
        assert_eq!(limiter.begin("anna", HERE, at(now)), Err(Duration::from_hours(1)));
        assert_eq!(limiter.begin("anna", HERE, at(now + 86_400)), Ok(()));
        assert_eq!(limiter.begin("anna", HERE, at(now + 86_400)), Ok(()));
    }

    #[test]
    fn success_forgets_the_failures() {
        let mut limiter = Passwords::default();
        for round in 0..100 {
            for _ in 0..4 {
                assert_eq!(limiter.begin("anna", HERE, at(round * 60)), Ok(()));
            }
            limiter.succeeded("anna", HERE, at(round * 60));
        }
    }

    #[test]
    fn one_address_is_slowed_down_and_no_other() {
        let mut limiter = Passwords::default();
        let there = "192.0.2.7".parse().unwrap();
        for attempt in 0..30 {
            assert_eq!(limiter.begin(&format!("name-{attempt}"), HERE, at(0)), Ok(()));
        }
        assert_eq!(
            limiter.begin("other", HERE, at(0)),
            Err(Duration::from_seconds(2))
        );
        assert_eq!(limiter.begin("other", there, at(0)), Ok(()));
        assert_eq!(limiter.begin("other", HERE, at(2)), Ok(()));
        assert_eq!(
            limiter.begin("another", HERE, at(2)),
            Err(Duration::from_seconds(2))
        );
    }

    #[test]
    fn a_network_of_ipv6_is_one_address() {
        let mut limiter = Passwords::default();
        let address = |host: u16| IpAddr::from([0x2001, 0xdb8, 0, 0, 0, 0, 0, host]);
        for attempt in 0..30 {
            assert_eq!(
                limiter.begin(&format!("name-{attempt}"), address(attempt), at(0)),
                Ok(())
            );
        }
        assert_eq!(
            limiter.begin("other", address(99), at(0)),
            Err(Duration::from_seconds(2))
        );
    }

    #[test]
    fn whoever_guesses_keeps_nobody_out_who_is_where_they_always_are() {
        let mut limiter = Passwords::default();
        let there = |host: u16| IpAddr::from([198, 51, (host / 256) as u8, (host % 256) as u8]);
        assert_eq!(limiter.begin("anna", HERE, at(0)), Ok(()));
        limiter.succeeded("anna", HERE, at(0));
        // Five guesses from each of many addresses, as fast as they like, for a week.
        let mut guesses = 0;
        for hour in 0..7 * 24 {
            for host in 0..300 {
                guesses += u32::from(limiter.begin("Anna", there(host), at(hour * 3_600)).is_ok());
            }
        }
        assert!(guesses < 50 + 7 * 24 + 10, "{guesses}");
        let now = at(7 * 24 * 3_600);
        assert!(limiter.begin("anna", there(999), now).is_ok());
        assert_eq!(
            limiter.begin("anna", there(1_000), now),
            Err(Duration::from_hours(1))
        );
        // That the person logs in gives nobody else another guess.
        for _ in 0..5 {
            assert_eq!(limiter.begin("anna", HERE, now), Ok(()));
            limiter.succeeded("anna", HERE, now);
        }
        assert!(limiter.begin("anna", there(1_000), now).is_err());
        // Somebody who is nobody's is treated the same.
        for host in 0..50 {
            assert_eq!(limiter.begin("nobody", there(host), now), Ok(()));
        }
        assert_eq!(
            limiter.begin("nobody", there(50), now),
            Err(Duration::from_minutes(1))
        );
    }

    #[test]
    fn one_who_sits_where_the_person_does_still_has_five_guesses() {
        let mut limiter = Passwords::default();
        assert_eq!(limiter.begin("anna", HERE, at(0)), Ok(()));
        limiter.succeeded("anna", HERE, at(0));
        for _ in 0..5 {
            assert_eq!(limiter.begin("anna", HERE, at(1)), Ok(()));
        }
        assert_eq!(limiter.begin("anna", HERE, at(1)), Err(Duration::from_minutes(1)));
    }

    #[test]
    fn codes_have_one_count_for_all_addresses() {
        let mut limiter = Codes::default();
        for host in 0..5 {
            assert_eq!(
                limiter.begin("anna", IpAddr::from([10, 0, 0, host]), at(0)),
                Ok(())
            );
        }
        assert_eq!(limiter.begin("Anna", HERE, at(0)), Err(Duration::from_minutes(1)));
        assert_eq!(limiter.begin("anna", HERE, at(60)), Ok(()));
        limiter.succeeded("anna", HERE);
        assert_eq!(limiter.begin("anna", HERE, at(60)), Ok(()));
    }

    #[test]
    fn one_that_is_locked_is_not_forgotten_for_others() {
        let mut limiter = Passwords::default();
        for _ in 0..5 {
            assert_eq!(limiter.begin("anna", HERE, at(0)), Ok(()));
        }
        for attempt in 0..2_000_u32 {
            let address = IpAddr::from([10, 0, (attempt / 256) as u8, (attempt % 256) as u8]);
            assert_eq!(limiter.begin(&format!("name-{attempt}"), address, at(1)), Ok(()));
        }
        assert_eq!(
            limiter.begin("anna", HERE, at(1)),
            Err(Duration::from_seconds(59))
        );
        let remembered = (limiter.here.count(), limiter.bursts.count());
        assert_eq!(remembered, (failures::KEYS, bursts::ADDRESSES));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut limiter = Passwords::default();
        for attempt in 0..5_000 {
            assert_eq!(
                limiter.begin(&format!("name-{attempt}"), HERE, at(attempt * 2)),
                Ok(())
            );
        }
        assert_eq!(
            (limiter.here.count(), limiter.anywhere.count()),
            (failures::KEYS, failures::KEYS)
        );
        for attempt in 0..5_000 {
            limiter.succeeded(&format!("name-{attempt}"), HERE, at(10_000 + attempt));
        }
        assert_eq!(limiter.known.len(), PLACES);
    }
}
