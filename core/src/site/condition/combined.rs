//! What `any`, `all` and `not` have in common: three-valued, over the series itself and over other quantities around it.

use plenum_protocol::{Duration, Quantity, Timestamp};

use super::{Beginning, Bound, Kind, Mistakes, Part, Seen, Watches};
use crate::alarms::origin::{Reason, Side};
use crate::alarms::{Memory, Origin, Run};
use crate::around::{Learned, Look, Reach, Sees, Sure, View};
use crate::site::parse::Step::{self, Item, Key};
use crate::site::{Rule, Selector};
use crate::truth::Truth;

/// So deep may conditions stand within each other.
const DEPTH: usize = 4;
/// So many limits and states may one rule be put together of.
const LEAVES: usize = 16;

/// A kind that is put together of parts.
pub(super) trait Combined {
    /// As a part.
    fn part(&self) -> &Part;
}

impl<T: Combined> Kind for T {
    fn watches(&self) -> Watches {
        self.part().watches()
    }

    fn newest(&self) -> Option<Part> {
        Some(self.part().clone())
    }

    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        self.part().check(mistakes);
    }

    fn holds(&self, seen: Seen<'_>) -> Option<bool> {
        self.part().truth(seen).known()
    }

    fn remember(&self, memory: &mut Option<Memory>, at: Timestamp, value: f64) {
        let count = self.part().pasts();
        if count == 0 {
            return;
        }
        if !matches!(memory, Some(Memory::Parts(parts)) if parts.len() == count) {
            *memory = Some(Memory::Parts(vec![None; count]));
        }
        if let Some(Memory::Parts(parts)) = memory {
            self.part().remember(&mut parts.iter_mut(), at, value);
        }
    }

    fn holds_along(&self, run: &mut Run<'_>, memory: Option<&Memory>, active: bool) -> Option<bool> {
        let memories: &[Option<Memory>] = match memory {
            Some(Memory::Parts(parts)) => parts,
            _ => &[],
        };
        self.part().holds_along(run, active, &mut memories.iter())
    }

    fn remember_along(&self, memory: &mut Option<Memory>, run: &mut Run<'_>) {
        if let Some(Memory::Parts(parts)) = memory
            && parts.len() == self.part().pasts()
        {
            self.part().remember_along(&mut parts.iter_mut(), run);
        } else {
            let (readings, _) = run.parts();
            for (at, value) in readings {
                self.remember(memory, *at, *value);
            }
        }
    }

    fn looks_back(&self) -> Duration {
        self.part().looks_back()
    }

    fn is_of_an_instant(&self) -> bool {
        self.part().is_of_an_instant()
    }

    fn looks_elsewhere(&self) -> bool {
        self.part().has(&|of, _| of.is_some())
    }

    fn looks(&self, _select: &Selector) -> Vec<Look> {
        self.part().looks()
    }

    fn elsewhere(&self, _rule: &Rule, view: &View<'_>) -> Vec<Learned> {
        self.part().elsewhere(view)
    }

    fn origin(&self, beginning: &Beginning<'_>) -> Origin {
        Origin::Together(self.part().reasons(beginning.seen()))
    }
}

/// A limit or a state: of what, which, and whether it has to be otherwise.
type Leaf<'a> = (&'a Option<(Quantity, Reach)>, Bound, bool);

impl Part {
    /// The limits and states that it is put together of, in their order, with whether it wants them not to hold.
    fn leaves<'a>(&'a self, negated: bool, found: &mut Vec<Leaf<'a>>) {
        match self {
            Self::Bound { of, bound } => found.push((of, *bound, negated)),
            Self::Past(_) => {}
            Self::Any(parts) | Self::All(parts) => parts.iter().for_each(|part| part.leaves(negated, found)),
            Self::Not(part) => part.leaves(!negated, found),
        }
    }

    fn all_leaves(&self) -> Vec<Leaf<'_>> {
        let mut found = Vec::new();
        self.leaves(false, &mut found);
        found
    }

    /// Whether those about the series itself are about states.
    fn watches(&self) -> Watches {
        match self.has(&|of, bound| of.is_none() && matches!(bound, Bound::Is { .. })) {
            true => Watches::States,
            false => Watches::Numbers,
        }
    }

    /// Whether one of its limits and states is so. Each reading asks, so nothing is listed for it.
    fn has(&self, so: &impl Fn(&Option<(Quantity, Reach)>, Bound) -> bool) -> bool {
        match self {
            Self::Bound { of, bound } => so(of, *bound),
            Self::Past(_) => false,
            Self::Any(parts) | Self::All(parts) => parts.iter().any(|part| part.has(so)),
            Self::Not(part) => part.has(so),
        }
    }

    /// What it looks for at other series.
    fn looks(&self) -> Vec<Look> {
        let leaves = self.all_leaves().into_iter();
        let others = leaves.filter_map(|(of, bound, _)| Some((of.as_ref()?, bound)));
        let look = |((quantity, reach), bound): (&(Quantity, Reach), Bound)| Look {
            quantity: *quantity,
            reach: reach.clone(),
            sees: Sees::Bound(bound),
        };
        others.map(look).collect()
    }

    /// What is known of each of these.
    fn elsewhere(&self, view: &View<'_>) -> Vec<Learned> {
        let leaves = self.all_leaves().into_iter();
        let others = leaves.filter_map(|(of, bound, _)| Some((of.as_ref()?, bound)));
        let learn = |((quantity, reach), bound): (&(Quantity, Reach), Bound)| {
            let (mut found, of_the_site) = view.find(*quantity, reach);
            found.retain(|other| other.series != view.series());
            if found.is_empty() {
                return Learned::NOTHING;
            }
            let least = if of_the_site { found.len() } else { 1 };
            Learned::Holds {
                beyond: Sure::at_least(least, found.iter().map(|one| one.is_beyond(bound))),
                kept: Sure::at_least(least, found.iter().map(|one| one.is_kept_by(bound))),
            }
        };
        others.map(learn).collect()
    }

    /// Whether it holds. `kept`: it is enough that deadbands do not let go.
    fn truth(&self, seen: Seen<'_>) -> Truth {
        let memories: &[Option<Memory>] = match seen.memory {
            Some(Memory::Parts(parts)) => parts,
            _ => &[],
        };
        let mut known = Known {
            learned: seen.elsewhere.iter(),
            memories: memories.iter(),
        };
        self.judge(&seen, seen.active, &mut known)
    }

    fn judge<'a>(
        &self,
        seen: &Seen<'_>,
        kept: bool,
        known: &mut Known<impl Iterator<Item = &'a Learned>, impl Iterator<Item = &'a Option<Memory>>>,
    ) -> Truth {
        match self {
            Self::Bound { of: None, bound } => own(*bound, seen.value, kept),
            Self::Bound { .. } => known
                .learned
                .next()
                .map_or(Truth::Unknown, |learned| learned.truth(seen.at, kept)),
            Self::Past(past) => past.truth(seen, kept, known.memories.next()),
            Self::Any(parts) => parts.iter().fold(Truth::False, |truth, part| {
                truth.or(part.judge(seen, kept, known))
            }),
            Self::All(parts) => parts.iter().fold(Truth::True, |truth, part| {
                truth.and(part.judge(seen, kept, known))
            }),
            // What must not hold has to be away by its deadband before this does, and is back at its limit.
            Self::Not(part) => part.judge(seen, !kept, known).negated(),
        }
    }

    /// The limits and states that are as it wants them, for its alarm.
    fn reasons(&self, seen: Seen<'_>) -> Vec<Reason> {
        let mut learned = seen.elsewhere.iter();
        let mut reasons = Vec::new();
        for (of, bound, negated) in self.all_leaves() {
            let truth = match of {
                None => own(bound, seen.value, negated),
                Some(_) => learned
                    .next()
                    .map_or(Truth::Unknown, |learned| learned.truth(seen.at, negated)),
            };
            if truth == Truth::from(!negated) {
                reasons.push(Reason {
                    quantity: of.as_ref().map(|(quantity, _)| *quantity),
                    value: seen.value.filter(|_| of.is_none()),
                    side: Side::of(bound),
                    negated,
                });
            }
        }
        self.past_reasons(&seen, &mut reasons);
        reasons
    }

    /// Tells what is wrong with it.
    fn check(&self, mistakes: &mut Mistakes<'_, '_>) {
        let path: &[Step<'_>] = &[Key("when")];
        let leaves = self.all_leaves();
        if self.depth() > DEPTH {
            let message = format!("conditions stand within each other at most {DEPTH} deep");
            mistakes.error(path, message, "make two rules of it");
        }
        if leaves.len() + self.pasts() > LEAVES {
            let message = format!("a rule is put together of at most {LEAVES} limits and states");
            mistakes.error(path, message, "make two rules of it");
        }
        let own: Vec<Bound> = leaves
            .iter()
            .filter(|(of, ..)| of.is_none())
            .map(|(_, bound, _)| *bound)
            .collect();
        let states = own
            .iter()
            .filter(|bound| matches!(bound, Bound::Is { .. }))
            .count();
        if own.is_empty() && self.pasts() == 0 {
            let message = "nothing of this is about the series that the rule selects";
            let suggestion = "write one part without a quantity, or select that quantity instead";
            mistakes.error(path, message, suggestion);
        } else if states != 0 && states != own.len() + self.pasts() {
            let message = "a series is a state or a number, not both";
            mistakes.error(
                path,
                message,
                "name the quantity of the parts that are about another one",
            );
        }
        self.check_parts(path, mistakes);
    }

    fn check_parts(&self, path: &[Step<'_>], mistakes: &mut Mistakes<'_, '_>) {
        let within = |steps: &[Step<'static>]| [path, steps].concat();
        match self {
            Self::Bound { of, bound } => check_bound(of.as_ref(), *bound, path, mistakes),
            Self::Past(past) => past.check(path, mistakes),
            Self::Any(parts) | Self::All(parts) => {
                let key = match self {
                    Self::Any(_) => "any",
                    _ => "all",
                };
                if parts.is_empty() {
                    let message = "a list of conditions needs at least one";
                    mistakes.error(
                        &within(&[Key(key)]),
                        message,
                        "write one, or a rule without a list",
                    );
                }
                for (place, part) in parts.iter().enumerate() {
                    part.check_parts(&within(&[Key(key), Item(place)]), mistakes);
                }
            }
            Self::Not(part) => part.check_parts(&within(&[Key("not")]), mistakes),
        }
    }

    fn depth(&self) -> usize {
        match self {
            Self::Bound { .. } | Self::Past(_) => 0,
            Self::Any(parts) | Self::All(parts) => 1 + parts.iter().map(Self::depth).max().unwrap_or(0),
            Self::Not(part) => 1 + part.depth(),
        }
    }
}

/// What is known beside the newest value, in the order of the parts that ask for it.
struct Known<L, M> {
    learned: L,
    memories: M,
}

fn own(bound: Bound, value: Option<f64>, kept: bool) -> Truth {
    let holds = |value: f64| bound.is_passed(value) || (kept && bound.still_holds(value));
    value.map(holds).into()
}

fn check_bound(
    of: Option<&(Quantity, Reach)>,
    bound: Bound,
    path: &[Step<'_>],
    mistakes: &mut Mistakes<'_, '_>,
) {
    let word = match bound {
        Bound::Above { .. } => "above",
        Bound::Below { .. } => "below",
        Bound::Is { .. } => "is",
    };
    let quantities: Vec<Quantity> = match of {
        Some((quantity, _)) => vec![*quantity],
        None => mistakes.rule.select.quantities.clone(),
    };
    if let Some((_, reach)) = of {
        mistakes.look_place(path, reach);
    }
    mistakes.bound(&[path, &[Key(word)]].concat(), &quantities, bound);
}
