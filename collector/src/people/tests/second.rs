//! The second factor, from setting it up to losing the phone.

use super::*;

/// Sets a person's up; the seed and the recovery codes.
pub(super) async fn set_up(fixture: &Fixture, session: &NewSession) -> (Seed, Vec<String>) {
    let people = &fixture.people;
    let seed = people
        .begin_second_factor(&session.identity, &session.secret, PASSWORD, HERE)
        .await
        .unwrap();
    let code = seed.code_at(fixture.clock.now());
    let codes = people
        .confirm_second_factor(&session.identity, &session.secret, &code)
        .await
        .unwrap();
    (seed, codes)
}

/// Shows the password; what the code is given back with.
async fn challenge(fixture: &Fixture) -> String {
    match fixture.people.log_in("anna", PASSWORD, HERE).await.unwrap() {
        Entry::Owed(challenge) => challenge.secret,
        Entry::In(_) => panic!("no code was asked for"),
    }
}

async fn enter(fixture: &Fixture, code: &str) -> Result<NewSession, PeopleError> {
    let challenge = challenge(fixture).await;
    fixture.people.enter_code(&challenge, code, HERE).await
}

/// A program of an administrator's.
fn program() -> Identity {
    Identity {
        who: Who::Program(TokenNumber(1)),
        name: "plenum".to_owned(),
        role: Role::Administrator,
        scope: Scope::WHOLE,
        second_factor: SecondFactor::Off,
        signs_on: false,
    }
}

/// Six digits that this seed does not give for hours.
fn wrong_code(fixture: &Fixture, seed: &Seed) -> String {
    let now = fixture.clock.now();
    let (first, wanted) = (fixture.clock.now() - Duration::from_hours(3), 720);
    let near: Vec<String> = (0..wanted)
        .map(|step| seed.code_at(first + Duration::from_seconds(30 * step)))
        .collect();
    assert!(near.contains(&seed.code_at(now)));
    let mut all = (0..1_000_000).map(|number| format!("{number:06}"));
    all.find(|code| !near.contains(code)).unwrap()
}

#[tokio::test]
async fn a_code_is_asked_for_once_it_is_set_up_and_each_is_used_once() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    let other = fixture.log_in("anna", PASSWORD).await.unwrap();
    let wrong = people
        .begin_second_factor(&session.identity, &session.secret, "cold racks", HERE)
        .await;
    assert!(matches!(wrong, Err(PeopleError::Wrong)));
    let none = people
        .confirm_second_factor(&session.identity, &session.secret, "123456")
        .await;
    assert!(matches!(none, Err(PeopleError::NoEnrolment)));
    let (seed, codes) = set_up(&fixture, &session).await;
    assert_eq!(codes.len(), 10);
    // Whoever logged in without it is out, and it is asked for from now on.
    assert!(fixture.owner(&session.secret).await.is_some());
    assert_eq!(fixture.owner(&other.secret).await, None);
    // The code that turned it on is used up.
    let now = fixture.clock.now();
    assert!(matches!(
        enter(&fixture, &seed.code_at(now)).await,
        Err(PeopleError::Code)
    ));
    fixture.pass(Duration::from_seconds(30));
    let code = seed.code_at(fixture.clock.now());
    let entered = enter(&fixture, &code).await.unwrap();
    assert_eq!(entered.identity.second_factor, SecondFactor::On);
    assert!(matches!(enter(&fixture, &code).await, Err(PeopleError::Code)));
    let again = people
        .begin_second_factor(&entered.identity, &entered.secret, PASSWORD, HERE)
        .await;
    assert!(matches!(again, Err(PeopleError::HasSecondFactor)));
    let state = people.second_factor(&entered.identity).await.unwrap();
    assert_eq!((state.since, state.recovery_codes), (Some(now), 10));
}

#[tokio::test]
async fn what_is_not_confirmed_in_time_counts_for_nothing() {
    let fixture = Fixture::with_anna().await;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    let begun = fixture
        .people
        .begin_second_factor(&session.identity, &session.secret, PASSWORD, HERE);
    let seed = begun.await.unwrap();
    let confirm = |code: String| {
        let people = &fixture.people;
        let (identity, secret) = (&session.identity, &session.secret);
        async move { people.confirm_second_factor(identity, secret, &code).await }
    };
    let wrong = confirm(wrong_code(&fixture, &seed)).await;
    assert!(matches!(wrong, Err(PeopleError::Code)));
    let hour = Duration::from_hours(1);
    let late = confirm(seed.code_at(fixture.clock.now() - hour)).await;
    assert!(matches!(late, Err(PeopleError::Astray { ahead }) if ahead == Duration::from_hours(-1)));
    assert!(fixture.log_in("anna", PASSWORD).await.is_ok());
    fixture.pass(Duration::from_minutes(15));
    let code = seed.code_at(fixture.clock.now());
    assert!(matches!(confirm(code).await, Err(PeopleError::NoEnrolment)));
}

#[tokio::test]
async fn a_challenge_is_good_for_five_minutes_five_codes_and_whom_it_was_given_to() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    let (seed, _) = set_up(&fixture, &session).await;
    let now = |fixture: &Fixture| seed.code_at(fixture.clock.now());
    let guess = people.enter_code("guess", &now(&fixture), HERE).await;
    assert!(matches!(guess, Err(PeopleError::Challenge)));
    let late = challenge(&fixture).await;
    fixture.pass(Duration::from_minutes(5));
    let refused = people.enter_code(&late, &now(&fixture), HERE).await;
    assert!(matches!(refused, Err(PeopleError::Challenge)));
    // Used once.
    let given = challenge(&fixture).await;
    people.enter_code(&given, &now(&fixture), HERE).await.unwrap();
    fixture.pass(Duration::from_seconds(30));
    let again = people.enter_code(&given, &now(&fixture), HERE).await;
    assert!(matches!(again, Err(PeopleError::Challenge)));
    // A new password ends what was shown of the old one.
    let given = challenge(&fixture).await;
    let passwords = (PASSWORD, "cold aisles stay cold");
    people
        .change_password(&session.identity, &session.secret, passwords, HERE)
        .await
        .unwrap();
    let refused = people.enter_code(&given, &now(&fixture), HERE).await;
    assert!(matches!(refused, Err(PeopleError::Challenge)));
}

#[tokio::test]
async fn wrong_codes_lock_however_often_the_password_was_right() {
    let fixture = Fixture::with_anna().await;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    let (seed, codes) = set_up(&fixture, &session).await;
    fixture.pass(Duration::from_minutes(1));
    let wrong = wrong_code(&fixture, &seed);
    let tried = ["", "12345", "aaaaa-aaaaa", &wrong, &wrong];
    for code in tried {
        let refused = enter(&fixture, code).await;
        assert!(matches!(refused, Err(PeopleError::Code)), "{code}: {refused:?}");
    }
    // The right ones too, and a recovery code.
    for code in [&seed.code_at(fixture.clock.now()), &codes[0]] {
        let locked = enter(&fixture, code).await;
        assert!(matches!(locked, Err(PeopleError::Locked { .. })), "{locked:?}");
    }
    fixture.pass(Duration::from_minutes(1));
    let code = seed.code_at(fixture.clock.now());
    assert!(enter(&fixture, &code).await.is_ok());
}

#[tokio::test]
async fn a_wrong_clock_is_said_and_tells_no_guess_when_to_come_back() {
    let fixture = Fixture::with_anna().await;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    let (seed, _) = set_up(&fixture, &session).await;
    let hour = Duration::from_hours(1);
    let ahead = seed.code_at(fixture.clock.now() + hour);
    let told = enter(&fixture, &ahead).await.unwrap_err();
    assert_eq!(
        told.to_string(),
        "this code is of another time: the phone's clock is about 60 min ahead of the collector's; set the one that is wrong, \
         then type the next code"
    );
    let behind = seed.code_at(fixture.clock.now() - hour);
    let told = enter(&fixture, &behind).await.unwrap_err().to_string();
    assert!(told.contains("about 60 min behind the collector's"), "{told}");
    fixture.pass(hour);
    assert_eq!(seed.code_at(fixture.clock.now()), ahead);
    assert!(matches!(enter(&fixture, &ahead).await, Err(PeopleError::Code)));
    fixture.pass(Duration::from_seconds(60));
    let code = seed.code_at(fixture.clock.now());
    assert!(enter(&fixture, &code).await.is_ok());
}

#[tokio::test]
async fn who_has_lost_the_phone_gets_in_by_a_recovery_code_and_sets_up_another() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    let (_, codes) = set_up(&fixture, &session).await;
    let typed = codes[0].to_uppercase().replace('-', " ");
    let entered = enter(&fixture, &typed).await.unwrap();
    let again = enter(&fixture, &codes[0]).await;
    assert!(matches!(again, Err(PeopleError::Code)), "{again:?}");
    let left = people.second_factor(&entered.identity).await.unwrap();
    assert_eq!(left.recovery_codes, 9);
    // A new list makes the old one worthless.
    fn both(code: &str) -> (&str, &str) {
        (PASSWORD, code)
    }
    let fresh = people.renew_recovery_codes(&entered.identity, both(&codes[1]), HERE);
    let fresh = fresh.await.unwrap();
    assert!(enter(&fixture, &codes[2]).await.is_err());
    // Off needs both.
    for proof in [("cold racks", fresh[0].as_str()), (PASSWORD, codes[3].as_str())] {
        assert!(
            people
                .end_second_factor(&entered.identity, &entered.secret, proof, HERE)
                .await
                .is_err()
        );
    }
    let off = people.end_second_factor(&entered.identity, &entered.secret, both(&fresh[0]), HERE);
    off.await.unwrap();
    // The session in which it was done goes on, the others end.
    assert!(people.session(&session.secret).await.unwrap().is_none());
    assert!(people.session(&entered.secret).await.unwrap().is_some());
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    assert_eq!(session.identity.second_factor, SecondFactor::Off);
    let (seed, _) = set_up(&fixture, &session).await;
    fixture.pass(Duration::from_seconds(30));
    assert!(enter(&fixture, &seed.code_at(fixture.clock.now())).await.is_ok());
}

#[tokio::test]
async fn an_administrator_takes_it_away_and_a_new_password_does_not() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    let number = session.identity.person().unwrap();
    let none = people.reset_second_factor(number, &program()).await;
    assert!(matches!(none, Err(PeopleError::NoSecondFactor)));
    // What was refused has changed nothing.
    assert!(fixture.owner(&session.secret).await.is_some());
    let own = people.reset_second_factor(number, &session.identity).await;
    assert!(matches!(own, Err(PeopleError::OwnSecondFactor)));
    let (seed, _) = set_up(&fixture, &session).await;
    fixture.pass(Duration::from_seconds(30));
    // Whoever has the link to a new password has no phone by it.
    let link = people.reset(number).await.unwrap();
    let Entry::Owed(challenge) = people.accept(&link, PASSWORD).await.unwrap() else {
        panic!("the link let somebody in without a code");
    };
    let code = seed.code_at(fixture.clock.now());
    let entered = people.enter_code(&challenge.secret, &code, HERE).await.unwrap();
    let owed = self::challenge(&fixture).await;
    people.reset_second_factor(number, &program()).await.unwrap();
    assert_eq!(fixture.owner(&entered.secret).await, None);
    let refused = people.enter_code(&owed, &code, HERE).await;
    assert!(matches!(refused, Err(PeopleError::Challenge)));
    assert!(fixture.log_in("anna", PASSWORD).await.is_ok());
}

#[tokio::test]
async fn whose_role_needs_one_and_who_has_none_may_set_it_up_and_nothing_else() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    people.demand_second_factor(&[Role::Administrator]);
    let may = |identity: &Identity| {
        let all = Permission::ALL.into_iter();
        all.filter(|permission| identity.may(*permission)).count()
    };
    // Also in a session that goes on.
    let missing = people.session(&session.secret).await.unwrap().unwrap();
    assert_eq!((missing.second_factor, may(&missing)), (SecondFactor::Missing, 1));
    assert!(missing.may(Permission::Own));
    set_up(&fixture, &session).await;
    let whole = people.session(&session.secret).await.unwrap().unwrap();
    assert_eq!(
        (whole.second_factor, may(&whole)),
        (SecondFactor::On, Permission::ALL.len())
    );
    // A program has no phone.
    let token = people.issue_token("grafana").await.unwrap();
    let program = people.token(&token).await.unwrap().unwrap();
    assert_eq!(may(&program), Permission::ALL.len());
}

#[tokio::test]
async fn a_seed_in_a_form_of_a_later_program_lets_nobody_in() {
    let fixture = Fixture::with_anna().await;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    let (seed, codes) = set_up(&fixture, &session).await;
    fixture.pass(Duration::from_minutes(1));
    let later =
        |connection: &rusqlite::Connection| connection.execute("update second_factor set form = 3", []);
    fixture.people.database.write(later).await.unwrap();
    for code in [&seed.code_at(fixture.clock.now()), &codes[0]] {
        let refused = enter(&fixture, code).await;
        assert!(matches!(refused, Err(PeopleError::Database(_))), "{refused:?}");
    }
}

#[tokio::test]
async fn without_its_key_no_code_opens_or_counts_as_wrong_and_a_recovery_code_opens() {
    let mut fixture = Fixture::with_anna().await;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap();
    let (seed, codes) = set_up(&fixture, &session).await;
    fixture.pass(Duration::from_minutes(1));
    let elsewhere = tempfile::tempdir().unwrap();
    let missing = Keys::at(Place::own(elsewhere.path()), false);
    let other = Keys::at(Place::own(elsewhere.path()), true);
    let right = std::mem::replace(&mut fixture.people.keys, missing);
    for _ in 0..10 {
        let refused = enter(&fixture, &seed.code_at(fixture.clock.now())).await;
        let refused = refused.unwrap_err().to_string();
        assert!(
            refused.contains("plenum.key: the key is not there: put the file back"),
            "{refused}"
        );
    }
    enter(&fixture, &codes[0]).await.unwrap();
    fixture.people.keys = other;
    let refused = enter(&fixture, &seed.code_at(fixture.clock.now())).await;
    assert!(matches!(refused, Err(PeopleError::Key(_))), "{refused:?}");
    enter(&fixture, &codes[1]).await.unwrap();
    fixture.people.keys = right;
    enter(&fixture, &seed.code_at(fixture.clock.now())).await.unwrap();
}
