//! An override that a person asks for: whether it can be made, and why not.

use jiff::tz::TimeZone;
use plenum_protocol::{Duration, Identifier, Timestamp};

use crate::site::Site;
use crate::site::civil::absolute;
use crate::site::{LocalTime, Rota};

/// How long one override may be: whoever is away for longer is taken out of the rota.
pub const LONGEST: Duration = Duration::from_hours(366 * 24);
/// Who says "from now on" says a minute that has begun.
const JUST_NOW: Duration = Duration::from_minutes(5);
/// Characters of a reason.
pub const LONGEST_WHY: usize = 500;

/// An instant as somebody writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Moment {
    /// The instant itself.
    Instant(Timestamp),
    /// A time by the rota's clock.
    Local(LocalTime),
}

/// What somebody asks for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Asked {
    /// The rota.
    pub rota: Identifier,
    /// Who is to stand in.
    pub person: Identifier,
    /// From then on.
    pub from: Moment,
    /// Until then.
    pub to: Moment,
    /// Why.
    pub why: String,
}

/// Why it is not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum AskedError {
    /// No such rota.
    #[error("the site has no rota `{0}`")]
    Rota(Identifier),
    /// No such person.
    #[error("the site has no person `{0}`")]
    Person(Identifier),
    /// It covers nothing.
    #[error("it ends at {to}, which is not after its beginning at {from}")]
    Empty {
        /// Its beginning.
        from: Timestamp,
        /// Its end.
        to: Timestamp,
    },
    /// It is too long.
    #[error("it is longer than a year; whoever is away for so long is taken out of the rota in site.toml")]
    Long,
    /// It begins in the past.
    #[error("it begins at {0}, which is over: who was on duty is not changed afterwards")]
    Past(Timestamp),
    /// An instant that the calendar does not have.
    #[error("{0} is beyond the calendar")]
    Beyond(LocalTime),
    /// Too many words.
    #[error("the reason has more than {LONGEST_WHY} characters")]
    Why,
}

impl Asked {
    /// From when until when it would count: a beginning a moment ago is now. `standing` is since when the one counts that it is made in place of.
    ///
    /// # Errors
    /// [`AskedError`] says why it cannot be made.
    pub fn span(
        &self,
        site: &Site,
        standing: Option<Timestamp>,
        now: Timestamp,
    ) -> Result<(Timestamp, Timestamp), AskedError> {
        let rota = site
            .rota(&self.rota)
            .ok_or_else(|| AskedError::Rota(self.rota.clone()))?;
        if site.person_by_id(&self.person).is_none() {
            return Err(AskedError::Person(self.person.clone()));
        }
        let (from, to) = (instant(site, rota, self.from)?, instant(site, rota, self.to)?);
        if to <= from {
            return Err(AskedError::Empty { from, to });
        }
        // Local times are written to the minute.
        let minute = |at: Timestamp| at.milliseconds().div_euclid(60_000);
        let goes_on = standing.is_some_and(|standing| minute(standing) == minute(from));
        if (from < now - JUST_NOW && !goes_on) || to <= now {
            return Err(AskedError::Past(from));
        }
        if to.since(from) > LONGEST {
            return Err(AskedError::Long);
        }
        if self.why.chars().count() > LONGEST_WHY {
            return Err(AskedError::Why);
        }
        Ok((from.max(now), to))
    }
}

fn instant(site: &Site, rota: &Rota, moment: Moment) -> Result<Timestamp, AskedError> {
    moment.in_zone(rota.zone.as_ref().unwrap_or(&site.site.zone))
}

impl Moment {
    /// The instant that it is by the clock of a zone.
    ///
    /// # Errors
    /// [`AskedError::Beyond`] for one that no clock will show.
    pub fn in_zone(self, zone: &TimeZone) -> Result<Timestamp, AskedError> {
        match self {
            Self::Instant(at) => Ok(at),
            Self::Local(time) => absolute(zone, time.0).ok_or(AskedError::Beyond(time)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = r#"
[site]
id = "s"
name = "S"
zone = "Europe/Amsterdam"
[[person]]
id = "anna"
name = "Anna"
[[team]]
id = "t"
name = "T"
members = ["anna"]
[[rota]]
id = "r"
name = "R"
team = "t"
zone = "America/Chicago"
"#;

    fn check((rota, person): (&str, &str), (from, to): (&str, &str), expected: Result<(&str, &str), &str>) {
        let site: Site = toml::from_str(SITE).unwrap();
        let moment = |text: &str| match text.parse() {
            Ok(at) => Moment::Instant(at),
            Err(_) => Moment::Local(text.parse().unwrap()),
        };
        let asked = Asked {
            rota: rota.parse().unwrap(),
            person: person.parse().unwrap(),
            from: moment(from),
            to: moment(to),
            why: String::new(),
        };
        let standing = "2026-02-27T15:00:20Z".parse().unwrap();
        let said = asked.span(&site, Some(standing), "2026-03-01T12:00:00Z".parse().unwrap());
        let said = said.map(|(from, to)| (from.to_string(), to.to_string()));
        let said = said.as_ref().map(|(from, to)| (from.as_str(), to.as_str()));
        assert_eq!(said.map_err(ToString::to_string), expected.map_err(str::to_owned));
    }

    #[test]
    fn an_override_is_by_the_rotas_clock_and_what_cannot_be_made_is_told_why() {
        let whom = ("r", "anna");
        check(
            whom,
            ("2026-03-07T09:00", "2026-03-08T02:30"),
            Ok(("2026-03-07T15:00:00.000Z", "2026-03-08T08:30:00.000Z")),
        );
        check(
            whom,
            ("2026-03-01T11:58:00Z", "2026-03-01T13:00:00Z"),
            Ok(("2026-03-01T12:00:00.000Z", "2026-03-01T13:00:00.000Z")),
        );
        // One that is changed goes on.
        check(
            whom,
            ("2026-02-27T09:00", "2026-03-01T13:00:00Z"),
            Ok(("2026-03-01T12:00:00.000Z", "2026-03-01T13:00:00.000Z")),
        );
        check(
            whom,
            ("2026-03-01T11:54:00Z", "2026-03-01T13:00:00Z"),
            Err(
                "it begins at 2026-03-01T11:54:00.000Z, which is over: who was on duty is not changed afterwards",
            ),
        );
        check(
            whom,
            ("2026-03-02T09:00", "2026-03-02T09:00"),
            Err(
                "it ends at 2026-03-02T15:00:00.000Z, which is not after its beginning at 2026-03-02T15:00:00.000Z",
            ),
        );
        check(
            whom,
            ("2026-03-02T09:00", "2027-03-04T09:00"),
            Err(
                "it is longer than a year; whoever is away for so long is taken out of the rota in site.toml",
            ),
        );
        let span = ("2026-03-02T09:00", "2026-03-02T10:00");
        check(("x", "anna"), span, Err("the site has no rota `x`"));
        check(("r", "piet"), span, Err("the site has no person `piet`"));
    }
}
