//! What happens to somebody while their password or their codes are being hashed, and twice at the same time: the commit decides.

use super::second::set_up;
use super::*;

const OTHER: &str = "cold aisles stay cold";

/// A log-in of Anna's whose password was just found right, as it stands before its session begins.
async fn verified(fixture: &Fixture) -> (Person, secret::Fingerprint) {
    let read = |connection: &rusqlite::Connection| table::person::by_name(connection, "anna");
    let (person, stored) = fixture.people.database.read(read).await.unwrap().unwrap();
    (person, secret::fingerprint(&stored))
}

#[tokio::test]
async fn a_log_in_that_a_new_password_overtakes_begins_no_session() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    let (person, shown) = verified(&fixture).await;
    people
        .change_password(&session.identity, &session.secret, (PASSWORD, OTHER), HERE)
        .await
        .unwrap();
    let late = people.enter(person, shown).await;
    assert!(matches!(late, Err(PeopleError::Wrong)), "{late:?}");
    // Nor does one of somebody who may not log in any more.
    let (person, shown) = verified(&fixture).await;
    people.reset(person.number).await.unwrap();
    let late = people.enter(person, shown).await;
    assert!(matches!(late, Err(PeopleError::Wrong)), "{late:?}");
}

#[tokio::test]
async fn a_log_in_that_the_second_factor_overtakes_begins_no_session() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    let (person, shown) = verified(&fixture).await;
    let (seed, codes) = set_up(&fixture, &session).await;
    let late = people.enter(person, shown).await;
    assert!(matches!(late, Err(PeopleError::Wrong)), "{late:?}");
    // A challenge for a password that was changed before it was given.
    let (person, shown) = verified(&fixture).await;
    people
        .change_password(&session.identity, &session.secret, (PASSWORD, OTHER), HERE)
        .await
        .unwrap();
    let Entry::Owed(challenge) = people.enter(person, shown).await.unwrap() else {
        panic!("no code was asked for");
    };
    fixture.pass(Duration::from_minutes(1));
    for code in [&seed.code_at(fixture.clock.now()), &codes[0]] {
        let late = people.enter_code(&challenge.secret, code, HERE).await;
        assert!(matches!(late, Err(PeopleError::Challenge)), "{late:?}");
    }
}

#[tokio::test]
async fn whoever_was_logged_out_meanwhile_changes_nothing() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    let (identity, secret) = (&session.identity, &session.secret);
    let seed = people.begin_second_factor(identity, secret, PASSWORD, HERE);
    let seed = seed.await.unwrap();
    people.log_out(secret).await.unwrap();
    let code = seed.code_at(fixture.clock.now());
    let late = people.confirm_second_factor(identity, secret, &code).await;
    assert!(matches!(late, Err(PeopleError::NoEnrolment)), "{late:?}");
    let late = people.change_password(identity, secret, (PASSWORD, OTHER), HERE);
    assert!(matches!(late.await, Err(PeopleError::NoSession)));
    let still = fixture.log_in("anna", PASSWORD).await.unwrap();
    assert_eq!(still.identity.second_factor, SecondFactor::Off);
}

#[tokio::test]
async fn another_session_does_not_turn_on_what_was_begun_here() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let owner = fixture.log_in("anna", PASSWORD).await.unwrap();
    let thief = fixture.log_in("anna", PASSWORD).await.unwrap();
    let seed = people.begin_second_factor(&owner.identity, &owner.secret, PASSWORD, HERE);
    let seed = seed.await.unwrap();
    let code = seed.code_at(fixture.clock.now());
    let taken = people
        .confirm_second_factor(&thief.identity, &thief.secret, &code)
        .await;
    assert!(matches!(taken, Err(PeopleError::NoEnrolment)), "{taken:?}");
    // Nor is it found by trying: after five it has to be begun anew, which takes the password.
    for _ in 0..5 {
        let wrong = people.confirm_second_factor(&owner.identity, &owner.secret, "abc");
        assert!(matches!(wrong.await, Err(PeopleError::Code)));
    }
    let spent = people
        .confirm_second_factor(&owner.identity, &owner.secret, &code)
        .await;
    assert!(matches!(spent, Err(PeopleError::NoEnrolment)), "{spent:?}");
    set_up(&fixture, &owner).await;
}

#[tokio::test]
async fn a_code_that_comes_twice_at_the_same_time_opens_once() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    let (seed, codes) = set_up(&fixture, &session).await;
    fixture.pass(Duration::from_minutes(1));
    for code in [&seed.code_at(fixture.clock.now()), &codes[0]] {
        let mut challenges = Vec::new();
        for _ in 0..4 {
            match people.log_in("anna", PASSWORD, HERE).await.unwrap() {
                Entry::Owed(challenge) => challenges.push(challenge.secret),
                Entry::In(_) => panic!("no code was asked for"),
            }
        }
        // Two with one challenge, and one each with the others.
        challenges.push(challenges[0].clone());
        let entered = challenges
            .iter()
            .map(|challenge| people.enter_code(challenge, code, HERE));
        let entered = futures::future::join_all(entered).await;
        assert_eq!(entered.iter().filter(|entered| entered.is_ok()).count(), 1);
        fixture.pass(Duration::from_hours(1));
    }
}

#[tokio::test]
async fn the_first_code_that_comes_twice_turns_it_on_once() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    let (identity, secret) = (&session.identity, &session.secret);
    let seed = people.begin_second_factor(identity, secret, PASSWORD, HERE);
    let code = seed.await.unwrap().code_at(fixture.clock.now());
    let both = tokio::join!(
        people.confirm_second_factor(identity, secret, &code),
        people.confirm_second_factor(identity, secret, &code),
    );
    assert!(both.0.is_ok() != both.1.is_ok(), "{both:?}");
    let state = people.second_factor(identity).await.unwrap();
    assert_eq!(state.recovery_codes, 10);
    // Nor does it open a log-in beside that.
    let Entry::Owed(challenge) = people.log_in("anna", PASSWORD, HERE).await.unwrap() else {
        panic!("no code was asked for");
    };
    let again = people.enter_code(&challenge.secret, &code, HERE).await;
    assert!(matches!(again, Err(PeopleError::Code)), "{again:?}");
}
