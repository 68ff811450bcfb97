//! Whether what a rule wants can ever be so. Its limits are laid beside each other, series by series: those that leave no value between them can never
//! hold, those that leave none outside always do. What may be of several series, or of the past, can be anything.

use plenum_protocol::Quantity;

use crate::around::Reach;
use crate::site::condition::Part;
use crate::site::parse::Findings;
use crate::site::parse::Step::{self, Key};
use crate::site::{Bound, Guard, Rule};

/// Values between two ends, of which each belongs to them or not.
#[derive(Debug, Clone, Copy)]
struct Span {
    low: (f64, bool),
    high: (f64, bool),
}

/// Whose values: those of the series itself, or of one other.
type Of<'a> = Option<&'a (Quantity, Reach)>;

/// What is wanted of each series at once.
type Way<'a> = Vec<(Of<'a>, Span)>;

/// Adds a condition that never holds, or always.
pub(super) fn check(rule: &Rule, path: &[Step<'_>], findings: &mut Findings<'_>) {
    let Some(part) = rule.when.newest() else { return };
    let chosen = &rule.select.quantities;
    let may_be =
        |quantity: &&Quantity| rule.when.fits(**quantity) && (chosen.is_empty() || chosen.contains(quantity));
    let own: Vec<Quantity> = Quantity::ALL.iter().filter(may_be).copied().collect();
    if own.is_empty() {
        return;
    }
    let id = &rule.id;
    let at = |key| [path, &[Key(key)]].concat();
    let can_be = |own: &Quantity, wanted: bool| !ways(&part, *own, wanted, false).is_empty();
    if !own.iter().any(|own| can_be(own, true)) {
        let message = format!("rule `{id}` can never hold: no value is all of this at once");
        let suggestion = "write any = [...] where one is enough; the same quantity within = \"sensor\" is the series itself";
        findings.error(&at("when"), message, Some(suggestion.to_owned()));
    } else if !own.iter().any(|own| !guarded(rule, &part, *own).is_empty()) {
        let message =
            format!("rule `{id}` can never hold: its guard is about the series itself, and no value is both");
        let suggestion = "look elsewhere, as with within = \"room\", or take the guard away";
        let key = match rule.only_while.is_some() {
            true => "only_while",
            false => "not_while",
        };
        findings.error(&at(key), message, Some(suggestion.to_owned()));
    } else if rule.guards().next().is_none() && !own.iter().any(|own| can_be(own, false)) {
        let message = format!("rule `{id}` always holds: every value is one of this");
        let suggestion = "write all = [...] where both are wanted, or leave values between the limits";
        findings.error(&at("when"), message, Some(suggestion.to_owned()));
    }
}

/// In which ways a condition can begin to hold while its guards let it.
fn guarded<'a>(rule: &'a Rule, part: &'a Part, own: Quantity) -> Vec<Way<'a>> {
    let is_own = |guard: &Guard| {
        guard.quantity == own && matches!(guard.reach, Reach::Sensor | Reach::Near | Reach::Nearest)
    };
    let wanted = rule.only_while.iter().map(|guard| (guard, true));
    let guards = wanted.chain(rule.not_while.iter().map(|guard| (guard, false)));
    let own_guards = guards.filter(|(guard, _)| is_own(guard));
    own_guards.fold(ways(part, own, true, false), |ways, (guard, wanted)| {
        let way = vec![(None, span(guard.value, wanted, false))];
        both(&ways, &[way])
    })
}

/// In which ways a part can be as it is wanted. `own`: the quantity of the series itself; `kept`: it is enough that deadbands do not let go.
fn ways(part: &Part, own: Quantity, wanted: bool, kept: bool) -> Vec<Way<'_>> {
    match part {
        Part::Bound { of: None, bound } => vec![vec![(None, span(*bound, wanted, kept))]],
        Part::Bound { of: Some(of), bound } => match &of.1 {
            // A series is not looked at beside itself: nobody ever knows.
            Reach::Sensor | Reach::Near | Reach::Nearest if of.0 == own => Vec::new(),
            Reach::Sensor | Reach::Named(_) => vec![vec![(Some(of), span(*bound, wanted, kept))]],
            _ => vec![Vec::new()],
        },
        Part::Past(_) => vec![Vec::new()],
        Part::Not(part) => ways(part, own, !wanted, !kept),
        Part::Any(parts) | Part::All(parts) => {
            let each = parts.iter().map(|part| ways(part, own, wanted, kept));
            match matches!(part, Part::All(_)) == wanted {
                true => each.fold(vec![Vec::new()], |ways, more| both(&ways, &more)),
                false => each.flatten().collect(),
            }
        }
    }
}

/// The values that are beyond a bound, or not.
fn span(bound: Bound, wanted: bool, kept: bool) -> Span {
    let all = Span {
        low: (f64::NEG_INFINITY, false),
        high: (f64::INFINITY, false),
    };
    match bound {
        Bound::Above { limit, deadband } => {
            let limit = if kept { limit - deadband } else { limit };
            match wanted {
                true => Span {
                    low: (limit, false),
                    ..all
                },
                false => Span {
                    high: (limit, true),
                    ..all
                },
            }
        }
        Bound::Below { limit, deadband } => {
            let limit = if kept { limit + deadband } else { limit };
            match wanted {
                true => Span {
                    high: (limit, false),
                    ..all
                },
                false => Span {
                    low: (limit, true),
                    ..all
                },
            }
        }
        Bound::Is { state } => {
            let value = f64::from(state == wanted);
            Span {
                low: (value, true),
                high: (value, true),
            }
        }
    }
}

/// One of each at once, where that leaves values.
fn both<'a>(some: &[Way<'a>], others: &[Way<'a>]) -> Vec<Way<'a>> {
    let pairs = some
        .iter()
        .flat_map(|one| others.iter().map(move |other| (one, other)));
    let joined = pairs.filter_map(|(one, other)| {
        other.iter().try_fold(one.clone(), |mut way, (of, span)| {
            match way.iter_mut().find(|(own, _)| own == of) {
                Some((_, own)) => *own = own.within(*span)?,
                None => way.push((*of, *span)),
            }
            Some(way)
        })
    });
    joined.collect()
}

impl Span {
    /// The values of both; none where there are none.
    fn within(self, other: Self) -> Option<Self> {
        let tighter = |one: (f64, bool), other: (f64, bool), is_further: bool| match one.0 == other.0 {
            true => (one.0, one.1 && other.1),
            false if is_further => one,
            false => other,
        };
        let low = tighter(self.low, other.low, self.low.0 > other.low.0);
        let high = tighter(self.high, other.high, self.high.0 < other.high.0);
        let has_values = low.0 < high.0 || (low.0 == high.0 && low.1 && high.1);
        has_values.then_some(Self { low, high })
    }
}
