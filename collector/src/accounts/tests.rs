//! The accounts over a real database on simulated time.

use plenum_protocol::Timestamp;
use plenum_protocol::clock::SimulatedClock;

use super::*;

const PASSWORD: &str = "warm racks hum softly";

struct Fixture {
    accounts: Accounts,
    clock: SimulatedClock,
    _folder: tempfile::TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("plenum.db"), &crate::database::PLENUM).unwrap();
        let clock = SimulatedClock::new(Timestamp::from_milliseconds(1_750_000_000_000));
        let accounts = Accounts::open(database, Arc::new(clock.clone())).await.unwrap();
        Self {
            accounts,
            clock,
            _folder: folder,
        }
    }

    async fn with_anna() -> Self {
        let fixture = Self::new().await;
        let link = fixture.accounts.issue_first_link().await.unwrap().unwrap();
        fixture
            .accounts
            .create_first(&link, "anna", PASSWORD)
            .await
            .unwrap();
        fixture
    }

    fn pass(&self, duration: Duration) {
        self.clock.advance_to(self.clock.now() + duration);
    }

    async fn owner(&self, session: &str) -> Option<String> {
        let user = self.accounts.session(session).await.unwrap();
        user.map(|user| user.name)
    }
}

#[tokio::test]
async fn the_first_link_makes_one_account_once() {
    let fixture = Fixture::new().await;
    let accounts = &fixture.accounts;
    assert!(!accounts.exist().await.unwrap());
    let former = accounts.issue_first_link().await.unwrap().unwrap();
    let link = accounts.issue_first_link().await.unwrap().unwrap();
    let refused = accounts.create_first(&former, "anna", PASSWORD).await;
    assert!(matches!(refused, Err(AccountsError::Link)), "{refused:?}");
    let refused = accounts.create_first(&link, "anna", "short").await;
    assert!(matches!(
        refused,
        Err(AccountsError::Refused(RefusedError::Short))
    ));
    let session = accounts.create_first(&link, "anna", PASSWORD).await.unwrap();
    assert_eq!(fixture.owner(&session.secret).await.as_deref(), Some("anna"));
    let again = accounts.create_first(&link, "bart", PASSWORD).await;
    assert!(matches!(again, Err(AccountsError::Link)));
    assert!(accounts.exist().await.unwrap());
    assert_eq!(accounts.issue_first_link().await.unwrap(), None);
}

#[tokio::test]
async fn the_first_link_grows_old() {
    let fixture = Fixture::new().await;
    let link = fixture.accounts.issue_first_link().await.unwrap().unwrap();
    fixture.pass(FIRST_LINK_LIFE);
    let late = fixture.accounts.create_first(&link, "anna", PASSWORD).await;
    assert!(matches!(late, Err(AccountsError::Link)));
}

#[tokio::test]
async fn a_name_is_locked_after_five_failures_whether_it_exists_or_not() {
    let fixture = Fixture::with_anna().await;
    let accounts = &fixture.accounts;
    for name in ["anna", "nobody"] {
        for _ in 0..5 {
            let wrong = accounts.log_in(name, "cold racks hum softly").await;
            assert!(matches!(wrong, Err(AccountsError::Wrong)), "{name}");
        }
        let locked = accounts.log_in(name, PASSWORD).await;
        assert!(matches!(locked, Err(AccountsError::Locked { .. })), "{name}");
    }
    fixture.pass(Duration::from_minutes(1));
    let session = accounts.log_in("Anna", PASSWORD).await.unwrap();
    assert_eq!(session.user.name, "anna");
}

#[tokio::test]
async fn a_session_ends_unused_after_twelve_hours_and_used_after_seven_days() {
    let fixture = Fixture::with_anna().await;
    let idle = fixture.accounts.log_in("anna", PASSWORD).await.unwrap().secret;
    let used = fixture.accounts.log_in("anna", PASSWORD).await.unwrap().secret;
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
async fn logging_out_and_a_new_password_end_sessions() {
    let fixture = Fixture::with_anna().await;
    let accounts = &fixture.accounts;
    let first = accounts.log_in("anna", PASSWORD).await.unwrap().secret;
    let second = accounts.log_in("anna", PASSWORD).await.unwrap().secret;
    accounts.log_out(&first).await.unwrap();
    assert_eq!(fixture.owner(&first).await, None);
    assert!(fixture.owner(&second).await.is_some());
    accounts
        .set_password("anna", "cold aisles stay cold")
        .await
        .unwrap();
    assert_eq!(fixture.owner(&second).await, None);
    assert!(accounts.log_in("anna", PASSWORD).await.is_err());
    assert!(accounts.log_in("anna", "cold aisles stay cold").await.is_ok());
    assert!(
        accounts
            .set_password("bart", "cold aisles stay cold")
            .await
            .is_err()
    );
}

#[tokio::test]
async fn a_token_names_its_program_and_nothing_of_it_is_stored() {
    let fixture = Fixture::new().await;
    let accounts = &fixture.accounts;
    let token = accounts.issue_token("grafana").await.unwrap();
    let user = accounts.token(&token).await.unwrap().unwrap();
    assert_eq!((user.name.as_str(), user.role), ("grafana", Role::Administrator));
    assert_eq!(accounts.token("guess").await.unwrap(), None);
    assert_eq!(fixture.owner(&token).await, None);
    assert!(accounts.issue_token("\u{7}").await.is_err());
    let stored: Vec<u8> = accounts
        .database
        .read(|connection| connection.query_row("select fingerprint from api_token", [], |row| row.get(0)))
        .await
        .unwrap();
    assert_eq!(stored, secret::fingerprint(&token));
}
