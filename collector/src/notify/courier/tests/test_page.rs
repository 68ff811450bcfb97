//! A test of the ways to one person: each says what came of it, nothing is repeated, and nothing is raised.

use plenum_core::text::{self, Language};

use super::*;

const WAYS: &str = r#"
[[channel]]
id = "phone"
kind = "sms"
people = ["anna"]
"#;

fn words() -> (plenum_core::text::Message, Language) {
    let site: Site = toml::from_str(SITE).unwrap();
    let form = Form::of(&site, Language::English, NOW);
    (text::test_page::write("S", "Anna", NOW, &form), Language::English)
}

async fn test(night: &mut Night) -> Result<Vec<Tested>, Duration> {
    let site: Site = toml::from_str(&format!("{SITE}{WAYS}")).unwrap();
    let courier = night.courier.clone();
    let mut asked = tokio::spawn(async move {
        let anna = "anna".parse().unwrap();
        let ways = site
            .channels
            .iter()
            .filter(|channel| channel.people.contains(&anna))
            .collect();
        courier.test_page(&anna, ways, words()).await
    });
    night
        .until("an answer", |_| futures::FutureExt::now_or_never(&mut asked))
        .await
        .unwrap()
}

fn ended(tested: &[Tested]) -> Vec<(&str, &Tried)> {
    tested
        .iter()
        .map(|one| (one.channel.as_str(), &one.ending))
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_says_what_came_of_a_test_and_nothing_else_comes_of_it() {
    let mut night = Night::begin();
    let no_way = Tried::NoWay("collector.toml has no [sms] for the channel `phone`".to_owned());
    let tested = test(&mut night).await.unwrap();
    let Met::Message(to, subject) = night.mail_meets().await else {
        panic!("no mail came");
    };
    assert!(to.contains("anna@example.org"), "{to}");
    assert!(
        subject.contains("TEST: S reaches you; nothing is wrong"),
        "{subject}"
    );
    assert_eq!(ended(&tested), [("mail", &Tried::Sent), ("phone", &no_way)]);
    let soon = test(&mut night).await.unwrap_err();
    assert!(soon <= Duration::from_minutes(1), "{soon:?}");
    // A server that says nothing is told within half a minute, once.
    night.clock.advance(Duration::from_minutes(1));
    night.mail.becomes(Mood::SilentAtBanner);
    let tested = test(&mut night).await.unwrap();
    let silent = Tried::Refused("no answer within 30 s".to_owned());
    assert_eq!(ended(&tested), [("mail", &silent), ("phone", &no_way)]);
    assert_eq!(night.rows().await, Vec::<String>::new());
    assert!(night.conditions.try_recv().is_err(), "a test raises nothing");
}
