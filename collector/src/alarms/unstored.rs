//! The one alarm that no database holds: that nothing can be stored.

use plenum_core::alarms::{Alarm, Chatter, Held, Input, Origin, State, Subject};
use plenum_core::fact::{Report, SystemKind};
use plenum_core::site::condition::{Condition, System};
use plenum_core::site::{Site, effective_rules};

use crate::journal::CommitsFail;

/// Its number; those of all others are drawn from 1 on.
pub const UNSTORED: u64 = 0;

/// The alarm as the site's rule has it; none where the site has switched that off.
pub(crate) fn unstored(site: &Site, fails: &CommitsFail) -> Option<Alarm> {
    let kind = SystemKind::CommitsFail;
    let watches = |condition: &Condition| matches!(condition, Condition::System(System { kind: watched }) if *watched == kind);
    let rules = effective_rules(site);
    let rule = rules.into_iter().find(|rule| watches(&rule.when))?;
    rule.enabled.then(|| Alarm {
        id: UNSTORED,
        rule: rule.id,
        subject: Subject::System("plenum.db".to_owned()),
        name: rule.name,
        room: None,
        priority: rule.priority,
        state: State::ActiveUnacknowledged,
        input: Input::Known,
        raised_at: fails.since,
        heard_at: None,
        returned_at: None,
        value: None,
        fault: None,
        limit: None,
        latched: false,
        origin: Some(Origin::Monitor(Report::CommitsFail {
            why: fails.why.clone(),
        })),
        message: String::new(),
        acknowledged: None,
        given_back: None,
        cover: None,
        first_out: false,
        unwatched: false,
        words: None,
        chatter: Chatter::default(),
        held: Held {
            began_at: Some(fails.since),
            ..Held::default()
        },
        changed: None,
    })
}

#[cfg(test)]
mod tests {
    use plenum_core::site::Priority;
    use plenum_core::text::{self, Form, Language};
    use plenum_protocol::Timestamp;

    use super::*;

    #[test]
    fn it_is_the_sites_rule_and_says_why() {
        let fails = CommitsFail {
            since: Timestamp::from_milliseconds(7),
            why: "plenum.db: the disk is full".to_owned(),
        };
        let alarm = unstored(&Site::unconfigured(), &fails).unwrap();
        assert_eq!((alarm.id, alarm.rule.as_str()), (UNSTORED, "commits-fail"));
        assert_eq!(
            (alarm.priority, alarm.raised_at),
            (Priority::Critical, fails.since)
        );
        let site = Site::unconfigured();
        let form = Form::of(&site, Language::English, fails.since);
        assert_eq!(
            text::alarm::sentence(&site, &alarm, &form),
            "nothing can be stored: \"plenum.db: the disk is full\""
        );
    }
}
