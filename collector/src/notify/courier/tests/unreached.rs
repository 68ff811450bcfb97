//! Who is not reached is named until they are, or are nobody's to reach any more.

use plenum_core::fact::Report;

use super::*;
use crate::journal::condition;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_two_people_whose_one_address_is_refused_the_other_is_told_and_an_alarm_names_who_is_not_until_they_are()
 {
    let mut night = Night::begin();
    night.mail.becomes(Mood::RefusesBert);
    night.happens(alarm(), transition()).await;
    let mut failed = night.condition().await;
    while !failed.active {
        failed = night.condition().await;
    }
    assert_eq!(failed.subject, "mail/bert");
    let told = format!("{:?}", failed.report);
    // What is told to all and kept for ever has no address of anybody's.
    assert!(told.contains("5.1.1 <…>: no such user"), "{told}");
    night
        .until("a mail to anna", |night| night.mail.met.try_recv().ok())
        .await;
    night.mail.becomes(Mood::Well);
    let to = night
        .until("a mail to bert", |night| night.mail.met.try_recv().ok())
        .await;
    assert!(matches!(to, Met::Message(to, _) if to == "bert@example.org"));
    loop {
        let over = night.condition().await;
        assert!(!over.active, "{over:?}");
        if over.subject == "mail/bert" {
            break;
        }
    }
    night.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_that_answers_404_and_is_set_right_is_told_while_the_alarm_stands() {
    let mut night = Night::begin();
    night.ops.becomes(Mood::RefusesBert);
    night.happens(alarm(), transition()).await;
    let mut failed = night.condition().await;
    while !failed.active {
        failed = night.condition().await;
    }
    assert_eq!(failed.subject, "ops");
    night.ops.becomes(Mood::Well);
    let post = night.until("a post", |night| night.ops.met.try_recv().ok()).await;
    assert_eq!(post, Met::Message("ops".to_owned(), "\"first\"".to_owned()));
    night.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_is_taken_off_before_they_could_be_told_is_told_nothing_and_no_longer_missed() {
    let mut night = Night::begin();
    night.mail.becomes(Mood::RefusesBert);
    night.happens(alarm(), transition()).await;
    let failed = night.condition().await;
    assert_eq!((failed.subject.as_str(), failed.active), ("mail/bert", true));
    night.facts.gone.lock().unwrap().push(("mail", "bert"));
    let over = night.condition().await;
    // Not before: an attempt that is under way would reach bert.
    night.mail.becomes(Mood::Well);
    assert_eq!((over.subject.as_str(), over.active), ("mail/bert", false));
    let rows = loop {
        let rows = night.rows().await;
        if !rows.iter().any(|row| row.contains(" waiting ")) {
            break rows;
        }
        night.tick().await;
    };
    assert!(
        rows.iter().any(|row| row.starts_with("mail/bert first failed ")),
        "{rows:?}"
    );
    let to_bert = |met: Met| matches!(met, Met::Message(to, _) if to.starts_with("bert"));
    assert!(!night.mail.met.try_iter().any(to_bert));
    night.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_was_reached_as_the_program_died_is_not_missed_after_its_start() {
    let left = |connection: &rusqlite::Connection| {
        for subject in ["mail/anna", "mail/bert"] {
            let condition = SystemCondition {
                kind: SystemKind::DeliveryFailed,
                subject: subject.to_owned(),
                active: true,
                at: NOW,
                report: Report::OVER,
            };
            condition::remember(connection, &condition, "")?;
        }
        let site: Site = toml::from_str(SITE).unwrap();
        outbox::intend(connection, &[(alarm(), transition())], &site, NOW, Timestamp::MIN)?;
        connection.execute_batch(
            "update outbox set state = 'failed', finished = next_attempt;
             update outbox set state = 'sent', finished = next_attempt + 1 where recipient = 'anna'",
        )
    };
    let mut night = Night::begin_after(left);
    let over = night.condition().await;
    assert_eq!((over.subject.as_str(), over.active), ("mail/anna", false));
    night.end().await;
}
