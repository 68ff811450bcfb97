//! The demo's own story, whole, under a clock that goes faster once its past is played.

use clap::Parser;
use plenum_dashboard::{Mailbox, Phone, PhoneText, Telephones, Unwritten};
use plenum_link::testing::HurriedClock;

use super::*;
use crate::cli::{Cli, Command};

/// Until all of it is over.
const WHOLE: Duration = Duration::from_minutes(12);
/// What one person gets of it by one way where nobody answers.
const MOST: usize = 6;

/// A demo that began, and where its messages arrive.
struct Playing {
    shutdown: Shutdown,
    clock: HurriedClock,
    begun: Timestamp,
    server: Server,
    mailbox: DemoMailbox,
    phones: DemoPhones,
    _folder: tempfile::TempDir,
}

impl Playing {
    async fn begin() -> Self {
        let (shutdown, clock) = (Shutdown::new(), HurriedClock::new(1));
        let shared: Arc<dyn Clock> = Arc::new(clock.clone());
        let folder = tempfile::tempdir().unwrap();
        let phones = DemoPhones::plug_in(shared.clone(), shutdown.token()).unwrap();
        let mailbox = DemoMailbox::default();
        let command = Cli::parse_from(["plenum", "demo", "--http=127.0.0.1:0", "--mqtt=127.0.0.1:0"]).command;
        let Command::Demo(arguments) = command else {
            unreachable!()
        };
        let into = (folder.path(), (mailbox.clone(), phones.clone()));
        let story = Story::begin(&arguments, into, shared, &shutdown).await.unwrap();
        clock.hurry(15);
        Self {
            shutdown,
            clock,
            begun: story.begun,
            server: story.server,
            mailbox,
            phones,
            _folder: folder,
        }
    }

    fn phone(&self, person: &str) -> Phone {
        let mut phones = self.phones.phones().into_iter();
        phones.find(|phone| phone.person.as_str() == person).unwrap()
    }

    /// What somebody's telephone gets that says this, within so many minutes of the story.
    async fn text(&self, person: &str, says: &str, minutes: i64) -> PhoneText {
        let until = self.clock.steady() + Duration::from_minutes(minutes);
        loop {
            let texts = self.phone(person).texts;
            let mut came = texts.iter().filter(|text| !text.own);
            if let Some(text) = came.find(|text| text.text.contains(says)) {
                return text.clone();
            }
            assert!(self.clock.steady() < until, "no {says:?} in {texts:#?}");
            self.clock.sleep(Duration::from_seconds(1)).await;
        }
    }

    async fn end(&self) {
        self.shutdown.finish(Duration::from_minutes(2), &self.clock).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_story_is_a_few_messages_which_nobody_gets_for_what_is_about_to_end_and_ends_with_what_is_over()
 {
    let playing = Playing::begin().await;
    playing.clock.wake_at(playing.begun + WHOLE).await;
    playing.end().await;
    let quiet = playing.begun + Duration::from_minutes(6);
    for person in ["sanne", "joris"] {
        let address = format!("{person}@noordvliet.example");
        let mut mails = playing.mailbox.messages();
        mails.retain(|mail| mail.to.contains(&address));
        mails.reverse();
        let subjects = mails.iter().map(|mail| (mail.received_at, mail.subject.clone()));
        look("AC 1", quiet, &subjects.collect::<Vec<_>>());
        assert!(
            mails.iter().all(|mail| !mail.text.contains("DELAYED")),
            "{mails:#?}"
        );
        let texts = playing.phone(person).texts;
        assert!(texts.iter().all(|text| !text.own));
        let texts = texts.into_iter().map(|text| (text.at, text.text));
        look("AC 1", quiet, &texts.collect::<Vec<_>>());
    }
}

/// What one person got by one way: of the cooling first, at last that it is over, and between them nothing once it is back.
fn look(first: &str, quiet: Timestamp, told: &[(Timestamp, String)]) {
    assert!((2..=MOST).contains(&told.len()), "{told:#?}");
    let [(_, begins), .., (_, ends)] = told else {
        panic!("nothing was told")
    };
    assert!(
        begins.contains("cooling failing") && begins.contains(first),
        "{told:#?}"
    );
    assert!(
        ends.starts_with("RETURNED") && ends.contains("cooling"),
        "{told:#?}"
    );
    let others = told.iter().take(told.len() - 1);
    let late = others.into_iter().find(|(at, _)| *at > quiet);
    assert!(
        late.is_none(),
        "the cooling is back, and nobody is called: {told:#?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn both_answer_on_their_telephones_and_that_is_all_it_takes() {
    let playing = Playing::begin().await;
    let first = playing.text("sanne", "cooling failing", 3).await;
    let number = first.text.split("Reply OK ").nth(1).unwrap();
    let number: String = number.chars().take_while(char::is_ascii_digit).collect();
    assert!(playing.phone("joris").texts.is_empty(), "it is Sanne's turn");

    playing.phones.write("sanne", &format!("NO {number}")).unwrap();
    playing.text("sanne", "Passed on", 1).await;
    let called = playing.text("joris", "cooling failing", 1).await;
    assert!(
        called.text.contains("Sanne de Boer"),
        "{called:?}: who passed it on"
    );
    assert!(
        called.at < first.at + Duration::from_minutes(2),
        "without the wait for the next step"
    );

    playing.phones.write("joris", "STATUS").unwrap();
    playing.text("joris", "Alarms that stand", 1).await;
    playing
        .phones
        .write("joris", &format!("OK {number} on my way"))
        .unwrap();
    playing.text("joris", "yours. Others are told", 1).await;
    let alarm = playing
        .server
        .collector
        .alarms
        .alarm(number.parse().unwrap())
        .unwrap();
    let taken = alarm.acknowledged.unwrap();
    assert_eq!(taken.comment, "on my way");
    assert_eq!(
        playing.phones.write("nobody", "OK 1"),
        Err(Unwritten::NoTelephone)
    );
    playing.end().await;
}
