//! People over a real database on simulated time.

use plenum_core::authority::{Actor, Permission};
use plenum_protocol::Timestamp;
use plenum_protocol::clock::SimulatedClock;

use super::*;
use crate::database::keys::Place;

mod log;
mod meanwhile;
mod second;
mod sign_on;

const HERE: std::net::IpAddr = std::net::IpAddr::V4(std::net::Ipv4Addr::LOCALHOST);
const PASSWORD: &str = "warm racks hum softly";

struct Fixture {
    people: People,
    clock: SimulatedClock,
    _folder: tempfile::TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("plenum.db"), &crate::database::PLENUM).unwrap();
        let clock = SimulatedClock::new(Timestamp::from_milliseconds(1_750_000_000_000));
        let keys = Keys::at(Place::own(folder.path()), true);
        let people = People::open(database, Arc::new(clock.clone()), keys)
            .await
            .unwrap();
        Self {
            people,
            clock,
            _folder: folder,
        }
    }

    async fn with_anna() -> Self {
        let fixture = Self::new().await;
        let link = fixture.people.issue_first_link().await.unwrap().unwrap();
        fixture
            .people
            .create_first(&link, "anna", PASSWORD)
            .await
            .unwrap();
        fixture
    }

    fn pass(&self, duration: Duration) {
        self.clock.advance_to(self.clock.now() + duration);
    }

    /// Logs in somebody without a second factor.
    async fn log_in(&self, name: &str, password: &str) -> Result<NewSession, PeopleError> {
        match self.people.log_in(name, password, HERE).await? {
            Entry::In(session) => Ok(session),
            Entry::Owed(_) => panic!("{name} owes a code"),
        }
    }

    /// Lets somebody in with the link of an invitation.
    async fn accept(&self, link: &str, password: &str) -> Result<NewSession, PeopleError> {
        match self.people.accept(link, password).await? {
            Entry::In(session) => Ok(session),
            Entry::Owed(_) => panic!("a code is owed"),
        }
    }

    async fn owner(&self, session: &str) -> Option<String> {
        let identity = self.people.session(session).await.unwrap();
        identity.map(|identity| identity.name)
    }
}

#[tokio::test]
async fn the_first_link_makes_one_account_once() {
    let fixture = Fixture::new().await;
    let people = &fixture.people;
    assert!(!people.exist().await.unwrap());
    let former = people.issue_first_link().await.unwrap().unwrap();
    let link = people.issue_first_link().await.unwrap().unwrap();
    let refused = people.create_first(&former, "anna", PASSWORD).await;
    assert!(matches!(refused, Err(PeopleError::FirstLink)), "{refused:?}");
    let refused = people.create_first(&link, "anna", "short").await;
    assert!(matches!(refused, Err(PeopleError::Refused(RefusedError::Short))));
    let session = people.create_first(&link, "anna", PASSWORD).await.unwrap();
    assert_eq!(fixture.owner(&session.secret).await.as_deref(), Some("anna"));
    let again = people.create_first(&link, "bart", PASSWORD).await;
    assert!(matches!(again, Err(PeopleError::FirstLink)));
    assert!(people.exist().await.unwrap());
    assert_eq!(people.issue_first_link().await.unwrap(), None);
}

#[tokio::test]
async fn the_first_link_grows_old() {
    let fixture = Fixture::new().await;
    let link = fixture.people.issue_first_link().await.unwrap().unwrap();
    fixture.pass(LINK_LIFE);
    let late = fixture.people.create_first(&link, "anna", PASSWORD).await;
    assert!(matches!(late, Err(PeopleError::FirstLink)));
}

#[tokio::test]
async fn a_name_is_locked_after_five_failures_whether_it_exists_or_not() {
    let fixture = Fixture::with_anna().await;
    for name in ["anna", "nobody"] {
        for _ in 0..5 {
            let wrong = fixture.log_in(name, "cold racks hum softly").await;
            assert!(matches!(wrong, Err(PeopleError::Wrong)), "{name}");
        }
        let locked = fixture.log_in(name, PASSWORD).await;
        assert!(matches!(locked, Err(PeopleError::Locked { .. })), "{name}");
    }
    fixture.pass(Duration::from_minutes(1));
    let session = fixture.log_in("Anna", PASSWORD).await.unwrap();
    assert_eq!(session.identity.name, "anna");
}

#[tokio::test]
async fn a_session_ends_unused_after_twelve_hours_and_used_after_seven_days() {
    let fixture = Fixture::with_anna().await;
    let idle = fixture.log_in("anna", PASSWORD).await.unwrap().secret;
    let used = fixture.log_in("anna", PASSWORD).await.unwrap().secret;
    fixture.pass(Duration::from_hours(11));
    assert!(fixture.owner(&used).await.is_some());
    fixture.pass(Duration::from_hours(1));
    assert_eq!(fixture.owner(&idle).await, None);
    assert!(fixture.owner(&used).await.is_some());
    for _ in 0..14 {
        fixture.pass(Duration::from_hours(11));
        assert!(fixture.owner(&used).await.is_some());
    }
    fixture.pass(Duration::from_hours(11));
    assert_eq!(fixture.owner(&used).await, None);
}

#[tokio::test]
async fn what_takes_no_more_writes_keeps_nobody_from_reading() {
    let fixture = Fixture::with_anna().await;
    let session = fixture.log_in("anna", PASSWORD).await.unwrap().secret;
    // As a full disk does.
    let database = &fixture.people.database;
    let refuse = |connection: &rusqlite::Connection| connection.execute_batch("pragma query_only = on");
    database.write(refuse).await.unwrap();
    fixture.pass(Duration::from_minutes(10));
    assert_eq!(fixture.owner(&session).await.unwrap(), "anna");
}

#[tokio::test]
async fn logging_out_and_a_new_password_end_sessions() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let first = fixture.log_in("anna", PASSWORD).await.unwrap().secret;
    let second = fixture.log_in("anna", PASSWORD).await.unwrap().secret;
    people.log_out(&first).await.unwrap();
    assert_eq!(fixture.owner(&first).await, None);
    assert!(fixture.owner(&second).await.is_some());
    let anna = fixture.log_in("anna", PASSWORD).await.unwrap();
    let passwords = (PASSWORD, "cold aisles stay cold");
    people
        .change_password(&anna.identity, &anna.secret, passwords, HERE)
        .await
        .unwrap();
    assert_eq!(fixture.owner(&second).await, None);
    assert!(fixture.owner(&anna.secret).await.is_some());
    let again = people
        .change_password(&anna.identity, &anna.secret, passwords, HERE)
        .await;
    assert!(matches!(again, Err(PeopleError::Wrong)), "{again:?}");
    assert!(fixture.log_in("anna", PASSWORD).await.is_err());
    assert!(fixture.log_in("anna", "cold aisles stay cold").await.is_ok());
}

#[tokio::test]
async fn a_token_names_its_program_and_nothing_of_it_is_stored() {
    let fixture = Fixture::new().await;
    let people = &fixture.people;
    let token = people.issue_token("grafana").await.unwrap();
    let identity = people.token(&token).await.unwrap().unwrap();
    assert_eq!(
        (identity.name.as_str(), identity.role),
        ("grafana", Role::Administrator)
    );
    assert_eq!(people.token("guess").await.unwrap(), None);
    assert_eq!(fixture.owner(&token).await, None);
    assert!(people.issue_token("\u{7}").await.is_err());
    let stored: Vec<u8> = people
        .database
        .read(|connection| connection.query_row("select fingerprint from token", [], |row| row.get(0)))
        .await
        .unwrap();
    assert_eq!(stored, secret::fingerprint(&token));
}

fn new(name: &str, role: Role) -> NewPerson {
    NewPerson {
        name: name.to_owned(),
        role,
        scope: Scope::WHOLE,
    }
}

#[tokio::test]
async fn who_is_invited_sets_a_password_once() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let (bart, link) = people.invite(new("bart", Role::Operator)).await.unwrap();
    assert!(!bart.has_password);
    assert!(matches!(
        fixture.log_in("bart", "").await,
        Err(PeopleError::Wrong)
    ));
    assert_eq!(people.invited(&link).await.unwrap().name, "bart");
    let refused = fixture.accept(&link, "short").await;
    assert!(matches!(refused, Err(PeopleError::Refused(RefusedError::Short))));
    let session = fixture.accept(&link, PASSWORD).await.unwrap();
    assert_eq!(session.identity.role, Role::Operator);
    let again = fixture.accept(&link, "cold aisles stay cold").await;
    assert!(matches!(again, Err(PeopleError::Invitation)));
    // A reset takes the password, the session and the calendar's address at once; the newest link alone is good.
    let feed = people.make_feed(&session.identity).await.unwrap();
    assert!(people.of_feed(&feed).await.unwrap().is_some());
    let former = people.reset(bart.number).await.unwrap();
    let link = people.reset(bart.number).await.unwrap();
    assert_eq!(fixture.owner(&session.secret).await, None);
    assert_eq!(people.of_feed(&feed).await.unwrap(), None);
    assert!(fixture.log_in("bart", PASSWORD).await.is_err());
    assert!(fixture.accept(&former, PASSWORD).await.is_err());
    fixture.pass(LINK_LIFE);
    assert!(fixture.accept(&link, PASSWORD).await.is_err());
}

#[tokio::test]
async fn a_name_is_nobody_elses_to_the_eye() {
    let fixture = Fixture::with_anna().await;
    for name in ["Anna", "аnna", "ANNA"] {
        let taken = fixture.people.invite(new(name, Role::Viewer)).await;
        assert!(
            matches!(taken, Err(PeopleError::Taken { ref taken }) if taken == "anna"),
            "{name}"
        );
    }
    for name in ["plenum", "Plenum", "рlenum"] {
        let refused = fixture.people.invite(new(name, Role::Viewer)).await;
        let reserved = matches!(refused, Err(PeopleError::Refused(RefusedError::Reserved(_))));
        assert!(reserved, "{name}");
    }
}

#[tokio::test]
async fn who_is_disabled_is_out_at_once_and_one_administrator_stays() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let anna = people.all().await.unwrap()[0].number;
    let off = || PersonChange {
        enabled: Some(false),
        ..PersonChange::default()
    };
    let less = || PersonChange {
        role: Some(Role::Viewer),
        ..PersonChange::default()
    };
    for change in [off(), less()] {
        let last = people.change(anna, change).await;
        assert!(matches!(last, Err(PeopleError::LastAdministrator)), "{last:?}");
    }
    // Who was invited and has not come does not count.
    let (bart, link) = people.invite(new("bart", Role::Administrator)).await.unwrap();
    assert!(people.change(anna, off()).await.is_err());
    let bart_in = fixture.accept(&link, PASSWORD).await.unwrap();
    let anna_in = fixture.log_in("anna", PASSWORD).await.unwrap().secret;
    people.change(anna, off()).await.unwrap();
    assert_eq!(fixture.owner(&anna_in).await, None);
    assert!(fixture.log_in("anna", PASSWORD).await.is_err());
    assert!(people.change(bart.number, less()).await.is_err());
    let on = PersonChange {
        enabled: Some(true),
        ..PersonChange::default()
    };
    people.change(anna, on).await.unwrap();
    assert!(fixture.log_in("anna", PASSWORD).await.is_ok());
    // What changes counts for a session that goes on.
    people.change(bart.number, less()).await.unwrap();
    let role = people.session(&bart_in.secret).await.unwrap().unwrap().role;
    assert_eq!(role, Role::Viewer);
}

#[tokio::test]
async fn sessions_are_listed_and_ended_by_their_names() {
    let fixture = Fixture::with_anna().await;
    let people = &fixture.people;
    let anna = people.all().await.unwrap()[0].number;
    let secret = fixture.log_in("anna", PASSWORD).await.unwrap().secret;
    let name = SessionName::of_secret(&secret);
    let (_, link) = people.invite(new("bart", Role::Viewer)).await.unwrap();
    fixture.accept(&link, PASSWORD).await.unwrap();
    assert_eq!(people.sessions(anna).await.unwrap().len(), 2);
    let [anna_is, bart_is] = ["anna", "bart"].map(|name| fixture.log_in(name, PASSWORD));
    let (anna_is, bart_is) = (anna_is.await.unwrap(), bart_is.await.unwrap());
    let end = async |who: &NewSession, password: Option<&str>| {
        let shown = (who.secret.as_str(), password);
        people.end_session(&who.identity, shown, name.clone(), HERE).await
    };
    let foreign = end(&bart_is, Some(PASSWORD)).await;
    assert!(matches!(foreign, Err(PeopleError::NoSession)), "{foreign:?}");
    // Whoever has taken a session ends none of the others.
    for wrong in [None, Some(""), Some("cold racks hum softly")] {
        let refused = end(&anna_is, wrong).await;
        assert!(matches!(refused, Err(PeopleError::Wrong)), "{refused:?}");
    }
    end(&anna_is, Some(PASSWORD)).await.unwrap();
    assert_eq!(fixture.owner(&secret).await, None);
    assert!(
        !people
            .sessions(anna)
            .await
            .unwrap()
            .iter()
            .any(|session| session.name == name)
    );
    people.end_sessions(anna).await.unwrap();
    assert_eq!(people.sessions(anna).await.unwrap(), []);
}

#[tokio::test]
async fn a_token_ends_and_is_taken_back() {
    let fixture = Fixture::new().await;
    let people = &fixture.people;
    let until = |hours: i64| NewToken {
        name: "grafana".to_owned(),
        role: Role::Viewer,
        scope: Scope::WHOLE,
        expires_at: Some(fixture.clock.now() + Duration::from_hours(hours)),
    };
    for hours in [0, -1, 24 * 367] {
        let refused = people.give_token(until(hours), Actor::Person(1)).await;
        assert!(matches!(refused, Err(PeopleError::TokenEnd)), "{hours}");
    }
    let (first, one) = people.give_token(until(1), Actor::Person(1)).await.unwrap();
    let (second, other) = people.give_token(until(2), Actor::Person(1)).await.unwrap();
    assert_eq!(people.tokens().await.unwrap()[1].used_at, None);
    assert_eq!(people.token(&one).await.unwrap().unwrap().role, Role::Viewer);
    assert_eq!(
        people.tokens().await.unwrap()[1].used_at,
        Some(fixture.clock.now())
    );
    fixture.pass(Duration::from_hours(1));
    assert_eq!(people.token(&one).await.unwrap(), None);
    assert_eq!(people.tokens().await.unwrap().len(), 1);
    people.revoke_token(second.number).await.unwrap();
    assert_eq!(people.token(&other).await.unwrap(), None);
    let gone = people.revoke_token(second.number).await;
    assert!(matches!(gone, Err(PeopleError::NoToken(_))));
    assert!(first.number < second.number);
}
