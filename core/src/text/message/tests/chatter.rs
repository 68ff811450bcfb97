//! What chatters, and what chattered.

use super::*;

fn chattering(over: bool) -> Facts {
    let mut facts = facts();
    let chatter = &mut facts.alarm.chatter;
    for second in 3..=40 {
        chatter.raised(at("2026-06-18T01:11:00Z") + Duration::from_seconds(second));
    }
    if over {
        chatter.pass(at("2026-06-18T02:00:00Z")).unwrap();
    }
    facts
}

#[test]
fn a_message_about_what_chatters_says_so_first_and_how_often() {
    let message = write(&chattering(false));
    assert!(
        message
            .subject
            .starts_with("CRITICAL, CHATTERING Room A: inlet far too warm"),
        "{}",
        message.subject
    );
    assert!(
        message
            .short
            .starts_with("CRITICAL, CHATTERING Room A inlet far too warm"),
        "{}",
        message.short
    );
    let says = "It chatters: raised 38 times since 03:11:03. All of it is logged; it is told again when it stands, after a quarter of an hour, and when it was not raised for 5 min.";
    assert!(message.text.contains(says), "{}", message.text);
    let mut facts = chattering(false);
    facts.form.language = Language::Dutch;
    let message = write(&facts);
    assert!(
        message.subject.starts_with("KRITIEK, FLADDERT Room A: "),
        "{}",
        message.subject
    );
    let says = "Het alarm fladdert: 38 keer gegeven sinds 03:11:03. Alles wordt vastgelegd; je hoort het weer als het blijft staan, na een kwartier, en als het 5 min niet is gegeven.";
    assert!(message.text.contains(says), "{}", message.text);
}

#[test]
fn a_message_about_what_was_heard_of_late_says_when_it_was_and_when_it_was_heard() {
    let mut facts = facts();
    facts.alarm.raised_at = at("2026-06-18T00:31:41Z");
    facts.alarm.heard_at = Some(at("2026-06-18T01:12:05Z"));
    let message = write(&facts);
    let says = "it was at 02:31:41, and was heard of at 03:12:05.";
    assert!(message.text.contains(says), "{}", message.text);
    for line in [&message.subject, &message.short] {
        assert!(line.contains("40 min late"), "{line}");
    }
}

#[test]
fn what_chattered_and_stands_says_that_it_stands() {
    let mut facts = chattering(false);
    let mut chatter = facts.alarm.chatter.clone();
    let until = chatter.running().unwrap().until;
    chatter.stands(until, until + Duration::from_minutes(1)).unwrap();
    facts.alarm.chatter = chatter.clone();
    if let Some(stands) = &mut facts.stands {
        stands.chatter = chatter;
    }
    let message = write(&facts);
    assert!(
        message.subject.starts_with("CRITICAL Room A: "),
        "{}",
        message.subject
    );
    assert!(
        message.text.contains("and stands since 03:11:40."),
        "{}",
        message.text
    );
}

#[test]
fn a_message_tells_of_a_chattering_that_is_over_and_no_later_one_does() {
    let says = "It chattered: raised 38 times from 03:11:03 to 03:11:40, and not since.";
    for reason in [Reason::First, Reason::Resolved] {
        let message = write(&Facts {
            reason,
            ..chattering(true)
        });
        assert!(message.text.contains(says), "{}", message.text);
        assert!(!message.subject.contains("CHATTERING"), "{}", message.subject);
    }
    assert!(!write(&facts()).text.contains("chatter"));
}
