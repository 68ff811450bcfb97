//! Who comes by single sign-on, as the database has it; what the provider says is checked in `sign_on/` and, with a provider, in the dashboard's tests.

use super::*;
use crate::people::table::sign_on::{Signed, Signing, sign};

/// What the provider says of a subject whose groups make it this.
fn signing(subject: &str, right: Option<Role>) -> Signing {
    Signing {
        who: ("https://id.example.org".to_owned(), subject.to_owned()),
        name: Some(subject.to_owned()),
        right: right.map(|role| (role, Scope::WHOLE)),
        owes: false,
        session: (secret::fingerprint(subject), false),
        now: Timestamp::from_milliseconds(0),
    }
}

async fn signed(fixture: &Fixture, signing: Signing) -> Signed {
    let signing = Signing {
        now: fixture.clock.now(),
        ..signing
    };
    let done = fixture
        .people
        .database
        .write(move |connection| sign(connection, &signing));
    done.await.unwrap()
}

/// Lets people in by single sign-on at an issuer that nobody asks.
fn turn_on(fixture: &Fixture) {
    turn_on_for(fixture, &["administrator", "operator", "viewer"]);
}

/// The same, where the file has a group for each of these roles.
fn turn_on_for(fixture: &Fixture, roles: &[&str]) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let groups = roles
        .iter()
        .map(|role| format!("[[group]]\ngroup = \"{role}s\"\nrole = \"{role}\"\n"));
    let text = "issuer = \"https://id.example.org\"\nclient_id = \"plenum\"\n".to_owned();
    let config: SingleSignOnConfig = toml::from_str(&(text + &groups.collect::<String>())).unwrap();
    let sign_on = SignOn::new(
        &config,
        "https://plenum.example.org/signed-on".to_owned(),
        Arc::new(fixture.clock.clone()),
    );
    fixture.people.use_sign_on(Some(sign_on.unwrap()));
}

#[tokio::test]
async fn a_session_by_single_sign_on_ends_after_twelve_hours_in_use() {
    let fixture = Fixture::with_anna().await;
    turn_on(&fixture);
    let anna = fixture.log_in("anna", PASSWORD).await.unwrap();
    let in_now = signed(&fixture, signing("sanne", Some(Role::Viewer))).await;
    assert!(matches!(in_now, Signed::In(_)), "{in_now:?}");
    for _ in 0..11 {
        fixture.pass(Duration::from_hours(1));
        assert_eq!(fixture.owner("sanne").await.as_deref(), Some("sanne"));
    }
    let people = &fixture.people;
    assert_eq!(people.sessions(PersonNumber(2)).await.unwrap().len(), 1);
    assert_eq!(fixture.owner(&anna.secret).await.as_deref(), Some("anna"));
    fixture.pass(Duration::from_hours(1));
    assert_eq!(fixture.owner("sanne").await, None);
    assert!(people.sessions(PersonNumber(2)).await.unwrap().is_empty());
    assert_eq!(fixture.owner(&anna.secret).await.as_deref(), Some("anna"));
}

#[tokio::test]
async fn nobody_comes_so_before_an_administrator_has_a_password() {
    let fixture = Fixture::new().await;
    turn_on(&fixture);
    let early = signed(&fixture, signing("sanne", Some(Role::Administrator))).await;
    assert!(matches!(early, Signed::NoAdministrator), "{early:?}");
    assert!(fixture.people.issue_first_link().await.unwrap().is_some());
}

#[tokio::test]
async fn whoever_loses_their_groups_or_the_provider_is_out() {
    let fixture = Fixture::with_anna().await;
    turn_on(&fixture);
    let stranger = signed(&fixture, signing("sanne", None)).await;
    assert!(matches!(stranger, Signed::NoRight(None)), "{stranger:?}");
    signed(&fixture, signing("sanne", Some(Role::Operator))).await;
    signed(&fixture, signing("tom", Some(Role::Operator))).await;
    let without = signed(&fixture, signing("sanne", None)).await;
    assert!(
        matches!(without, Signed::NoRight(Some(PersonNumber(2)))),
        "{without:?}"
    );
    assert_eq!(
        (
            fixture.owner("sanne").await,
            fixture.owner("tom").await.as_deref()
        ),
        (None, Some("tom"))
    );
    fixture.people.demand_second_factor(&[Role::Operator]);
    assert_eq!(fixture.owner("tom").await, None);
    fixture.people.demand_second_factor(&[]);
    fixture.people.use_sign_on(None);
    assert_eq!(fixture.owner("tom").await, None);
    // An administrator who comes so is not one who stays when the provider is down.
    signed(&fixture, signing("boss", Some(Role::Administrator))).await;
    let disabled = PersonChange {
        enabled: Some(false),
        ..PersonChange::default()
    };
    let last = fixture.people.change(PersonNumber(1), disabled).await;
    assert!(matches!(last, Err(PeopleError::LastAdministrator)), "{last:?}");
}

#[tokio::test]
async fn who_is_only_written_to_comes_as_themselves_unless_they_are_disabled() {
    let fixture = Fixture::with_anna().await;
    turn_on(&fixture);
    let written_to = |name: &'static str, disabled: Option<i64>| {
        let add = "insert into person (name, role, password, created_at, logs_in, disabled_at) values (?1, 'viewer', '', 0, 0, ?2)";
        let write = move |connection: &rusqlite::Connection| {
            connection.execute(add, rusqlite::params![name, disabled])
        };
        fixture.people.database.write(write)
    };
    written_to("sanne", None).await.unwrap();
    written_to("tom", Some(7)).await.unwrap();
    let sanne = signed(&fixture, signing("sanne", Some(Role::Operator))).await;
    let Signed::In(sanne) = sanne else {
        panic!("{sanne:?}")
    };
    assert_eq!(
        (sanne.number, sanne.role, sanne.logs_in),
        (PersonNumber(2), Role::Operator, true)
    );
    assert_eq!(fixture.owner("sanne").await.as_deref(), Some("sanne"));
    let tom = signed(&fixture, signing("tom", Some(Role::Operator))).await;
    assert!(matches!(tom, Signed::Disabled(PersonNumber(3))), "{tom:?}");
    let kept = move |connection: &rusqlite::Connection| table::sign_on::of(connection, PersonNumber(2));
    let kept = fixture.people.database.read(kept).await.unwrap().unwrap();
    assert_eq!(
        (kept.issuer.as_str(), kept.subject.as_str()),
        ("https://id.example.org", "sanne")
    );
}

#[tokio::test]
async fn who_comes_by_single_sign_on_ends_their_other_sessions_shortly_after_a_log_in() {
    let fixture = Fixture::with_anna().await;
    turn_on(&fixture);
    let people = &fixture.people;
    signed(&fixture, signing("sanne", Some(Role::Viewer))).await;
    fixture.pass(Duration::from_hours(1));
    for secret in ["here", "elsewhere"] {
        let again = Signing {
            session: (secret::fingerprint(secret), false),
            ..signing("sanne", Some(Role::Viewer))
        };
        signed(&fixture, again).await;
    }
    let sanne = people.session("here").await.unwrap().unwrap();
    let end = async |secret: &str| {
        let name = SessionName::of_secret(secret);
        people.end_session(&sanne, ("here", None), name, HERE).await
    };
    fixture.pass(Duration::from_seconds(599));
    end("sanne").await.unwrap();
    assert_eq!(fixture.owner("sanne").await, None);
    fixture.pass(Duration::from_seconds(1));
    let late = end("elsewhere").await;
    assert!(matches!(late, Err(PeopleError::LongAgo)), "{late:?}");
    assert_eq!(fixture.owner("elsewhere").await.as_deref(), Some("sanne"));
}

#[tokio::test]
async fn a_group_that_is_taken_out_of_the_file_ends_the_sessions_of_whoever_is_what_it_gave() {
    let fixture = Fixture::with_anna().await;
    turn_on(&fixture);
    signed(&fixture, signing("boss", Some(Role::Administrator))).await;
    signed(&fixture, signing("tom", Some(Role::Operator))).await;
    turn_on_for(&fixture, &["operator"]);
    assert_eq!(fixture.owner("boss").await, None);
    assert_eq!(fixture.owner("tom").await.as_deref(), Some("tom"));
}

#[tokio::test]
async fn whoever_owes_a_second_factor_keeps_nothing_that_their_groups_do_not_give_any_more() {
    let fixture = Fixture::with_anna().await;
    turn_on(&fixture);
    let shown = Signing {
        session: (secret::fingerprint("boss"), true),
        ..signing("boss", Some(Role::Administrator))
    };
    signed(&fixture, shown).await;
    let owing = Signing {
        owes: true,
        ..signing("boss", Some(Role::Viewer))
    };
    let owes = signed(&fixture, owing).await;
    assert!(matches!(owes, Signed::Owes(Some(PersonNumber(2)))), "{owes:?}");
    let boss = fixture.people.person(PersonNumber(2)).await.unwrap();
    assert_eq!(boss.role, Role::Viewer);
}
