//! Shifts above shifts: what lies below counts where nothing lies over it.

use plenum_protocol::Timestamp;

use super::schedule::Shift;

/// Both as one, by start: `above` as it is, and of `below` what it leaves. Neither overlaps in itself; both are by start.
pub(super) fn laid_over<'a>(below: Vec<Shift<'a>>, above: Vec<Shift<'a>>) -> Vec<Shift<'a>> {
    let mut rest = above.as_slice();
    let mut all = Vec::with_capacity(below.len() + above.len());
    for shift in below {
        rest = &rest[rest.partition_point(|over| over.to <= shift.from)..];
        let over = rest.iter().take_while(|over| over.from < shift.to);
        let cuts = over.map(|over| (over.from, over.to));
        all.extend(without(shift.from, shift.to, cuts).map(|(from, to)| Shift {
            from,
            to,
            ..shift.clone()
        }));
    }
    all.extend(above);
    all.sort_by_key(|shift| shift.from);
    all
}

/// What of [from, to) is outside of these stretches, which are by start and do not overlap.
pub(super) fn without(
    from: Timestamp,
    to: Timestamp,
    stretches: impl Iterator<Item = (Timestamp, Timestamp)>,
) -> impl Iterator<Item = (Timestamp, Timestamp)> {
    let mut begin = from;
    // One that begins where all ends gives what is left after the last.
    let stretches = stretches.chain([(to, to)]);
    let between = stretches.map(move |(next, after)| {
        let gap = (begin, next.min(to));
        begin = begin.max(after);
        gap
    });
    between.filter(|(from, to)| from < to)
}
