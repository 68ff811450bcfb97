//! The demo's own story, whole, under a clock that goes faster once its past is played.

use clap::Parser;
use plenum_dashboard::Mailbox;
use plenum_link::testing::HurriedClock;

use super::*;
use crate::cli::{Cli, Command};

/// Until all of it is over.
const WHOLE: Duration = Duration::from_minutes(12);
/// What one person gets of it where nobody answers.
const MOST: usize = 6;

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_story_is_a_few_messages_which_nobody_gets_for_what_is_about_to_end_and_ends_with_what_is_over()
 {
    let (shutdown, clock) = (Shutdown::new(), HurriedClock::new(1));
    let (folder, mailbox) = (Folder::new(None).unwrap(), DemoMailbox::default());
    let command = Cli::parse_from(["plenum", "demo", "--http=127.0.0.1:0", "--mqtt=127.0.0.1:0"]).command;
    let Command::Demo(arguments) = command else {
        unreachable!()
    };
    let into = (folder.path.as_path(), mailbox.clone());
    let story = Story::begin(&arguments, into, Arc::new(clock.clone()), &shutdown);
    let begun = story.await.unwrap().begun;
    clock.hurry(15);
    clock.wake_at(begun + WHOLE).await;
    shutdown.finish(Duration::from_minutes(2), &clock).await;

    for person in ["sanne", "joris"] {
        let address = format!("{person}@noordvliet.example");
        let mut told = mailbox.messages();
        told.retain(|mail| mail.to.contains(&address));
        told.reverse();
        let subjects: Vec<&str> = told.iter().map(|mail| mail.subject.as_str()).collect();
        assert!(subjects.len() <= MOST, "{subjects:#?}");
        assert!(subjects[0].contains("cooling failing, AC 1"), "{subjects:#?}");
        let [others @ .., last] = told.as_slice() else {
            panic!("nothing was told")
        };
        assert!(
            last.subject.starts_with("RETURNED") && last.subject.contains("cooling"),
            "{subjects:#?}"
        );
        let quiet = begun + Duration::from_minutes(6);
        let late = others.iter().find(|mail| mail.received_at > quiet);
        assert!(
            late.is_none(),
            "the cooling is back, and nobody is called: {subjects:#?}"
        );
        assert!(
            told.iter().all(|mail| !mail.text.contains("DELAYED")),
            "{subjects:#?}"
        );
    }
}
