//! Whoever the site writes to is a person, and what is left of one who is erased.

use std::sync::Arc;

use plenum_core::authority::{Called, Scope};
use plenum_protocol::clock::SimulatedClock;
use rusqlite::params;

use super::*;
use crate::collector::{addresses, receivers::at_start};
use crate::database::keys::{Keys, Place};
use crate::database::{self, Database};
use crate::people::{Entry, NewPerson, NewSession, PersonChange, Reached};

const PASSWORD: &str = "warm racks hum softly";
const NOW: Timestamp = Timestamp::from_milliseconds(1_750_000_000_000);

const SITE: &str = "[site]\nid = \"zaandam\"\nname = \"Zaandam\"\nzone = \"Europe/Amsterdam\"\n\
    [[person]]\nid = \"sanne\"\nname = \"Sanne de Boer\"\n[[person]]\nid = \"bert\"\nname = \"Bert\"\n\
    [[channel]]\nid = \"mail\"\nkind = \"email\"\npeople = [\"sanne\", \"bert\"]\n\
    [[channel]]\nid = \"night\"\nkind = \"email\"\npeople = [\"sanne\"]\n";
/// The same without her.
const LATER: &str = "[site]\nid = \"zaandam\"\nname = \"Zaandam\"\nzone = \"Europe/Amsterdam\"\n\
    [[person]]\nid = \"bert\"\nname = \"Bert\"\n[[channel]]\nid = \"mail\"\nkind = \"email\"\npeople = [\"bert\"]\n";

struct Fixture {
    people: People,
    _folder: tempfile::TempDir,
}

impl Fixture {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let database = Database::open(&folder.path().join("plenum.db"), &database::PLENUM).unwrap();
        let (keys, clock) = (
            Keys::at(Place::own(folder.path()), true),
            SimulatedClock::new(NOW),
        );
        let people = People::open(database, Arc::new(clock), keys).await.unwrap();
        Self {
            people,
            _folder: folder,
        }
    }

    async fn with_anna() -> Self {
        let fixture = Self::new().await;
        fixture.first("anna").await;
        fixture
    }

    /// Makes the first administrator.
    async fn first(&self, name: &str) -> NewSession {
        let link = self.people.issue_first_link().await.unwrap().unwrap();
        self.people.create_first(&link, name, PASSWORD).await.unwrap()
    }

    async fn erase(&self, number: PersonNumber, in_file: Vec<Address>) -> Result<Person, PeopleError> {
        erase(&self.people, number, in_file, NOW).await
    }

    /// Puts a revision there as an earlier program did, by Anna.
    async fn revise(&self, number: i64, text: &'static str) {
        let insert = "insert into site_revision (number, at, author, comment, text, hash, entry) values (?1, 0, 'anna', '', ?2, '', ?1)";
        self.write(move |connection| connection.execute(insert, params![number, text]).map(drop))
            .await;
    }

    async fn write(&self, work: impl FnOnce(&rusqlite::Connection) -> rusqlite::Result<()> + Send + 'static) {
        self.people.database().write(work).await.unwrap();
    }

    /// An earlier program's start comes to its end here.
    async fn learn(&self) {
        self.write(|connection| {
            connection
                .execute("insert or ignore into names_to_learn values (1)", [])
                .map(drop)
        })
        .await;
        at_start(self.people.database(), NOW).await.unwrap();
    }

    async fn named(&self, name: &str) -> Person {
        let all = self.people.all().await.unwrap();
        all.into_iter().find(|person| person.name == name).unwrap()
    }

    async fn directory(&self) -> Directory {
        let read = |connection: &rusqlite::Connection| Directory::read(connection, &Site::unconfigured());
        self.people.database().read(read).await.unwrap()
    }

    /// Everything that the tables say, as one text.
    async fn dump(&self) -> String {
        let read = |connection: &rusqlite::Connection| {
            let mut all = String::new();
            let mut tables = connection.prepare("select name from sqlite_schema where type = 'table'")?;
            let tables: Vec<String> = tables
                .query_map([], |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?;
            for table in tables {
                let mut rows = connection.prepare(&format!("select * from {table}"))?;
                let columns = rows.column_count();
                let mut rows = rows.query([])?;
                while let Some(row) = rows.next()? {
                    for column in 0..columns {
                        all += &format!("{:?} ", row.get::<_, rusqlite::types::Value>(column)?);
                    }
                }
            }
            Ok(all)
        };
        self.people.database().read(read).await.unwrap()
    }
}

#[tokio::test]
async fn whoever_the_site_writes_to_is_known_without_a_log_in_and_is_the_same_person_with_one() {
    let fixture = Fixture::new().await;
    fixture.revise(1, SITE).await;
    fixture.learn().await;
    let sanne = fixture.named("sanne").await;
    assert!(!sanne.logs_in && !sanne.can_log_in());
    // A link for a new password would let them in as what nobody said that they are.
    let link = fixture.people.reset(sanne.number).await;
    assert!(matches!(link, Err(PeopleError::NoLogIn(_))));
    // Nobody can log in yet: the first administrator is still to come.
    let first = fixture.first("Bert").await;
    assert_eq!(first.identity.person(), Some(fixture.named("bert").await.number));
    let new = NewPerson {
        name: "Sanne".to_owned(),
        role: Role::Operator,
        scope: Scope::WHOLE,
    };
    let (invited, link) = fixture.people.invite(new.clone()).await.unwrap();
    assert_eq!((invited.number, invited.logs_in), (sanne.number, true));
    let Entry::In(session) = fixture.people.accept(&link, PASSWORD).await.unwrap() else {
        panic!("a code is owed");
    };
    assert_eq!(session.identity.actor(), Actor::Person(sanne.number.0));
    assert!(matches!(
        fixture.people.invite(new).await,
        Err(PeopleError::Taken { .. })
    ));
}

#[tokio::test]
async fn where_somebody_is_reached_is_theirs_and_checked() {
    let fixture = Fixture::with_anna().await;
    let anna = fixture.named("anna").await.number;
    let reach = |kind: &str, address: &str| PersonChange {
        reached: vec![Reached {
            kind: kind.to_owned(),
            address: address.to_owned(),
        }],
        ..PersonChange::default()
    };
    let mut told = fixture.people.addresses_changed();
    for (kind, address, good) in [
        ("email", "anna", false),
        ("pigeon", "roof", false),
        ("email", "anna@example.org", true),
        ("email", "", true),
    ] {
        let reached = &reach(kind, address).reached[0];
        assert_eq!(addresses::check(reached).is_ok(), good, "{kind} {address}");
    }
    let person = fixture
        .people
        .change(anna, reach("email", "anna@example.org"))
        .await
        .unwrap();
    assert_eq!(person.reached, reach("email", "anna@example.org").reached);
    assert!(told.has_changed().unwrap());
    told.mark_unchanged();
    let all = fixture.people.addresses().await.unwrap();
    assert_eq!(all, [("anna".to_owned(), person.reached[0].clone())]);
    let person = fixture.people.change(anna, reach("email", "")).await.unwrap();
    assert_eq!(person.reached, []);
}

/// What an earlier program left of Sanne, in every place where it wrote a name.
async fn traces(fixture: &Fixture, sanne: PersonNumber) {
    fixture
        .write(move |connection| {
            connection.execute_batch(
                "insert into alarm_event (at, alarm, source, target, cause, actor, comment) values
                    (1, 1, 'normal', 'normal', 'acknowledged', 'Sanne de Boer', 'by link'),
                    (2, 1, 'normal', 'normal', 'acknowledged', 'SANNE', 'in a session'),
                    (3, 1, 'normal', 'normal', 'acknowledged', 'Bert', 'another');
                 insert into alarm_event (at, alarm, source, target, cause, actor, comment, remark) values
                    (4, 1, 'normal', 'normal', 'returned', 'plenum', '', '{\"over\":{\"kind\":\"other\",\"by\":\"sanne\"}}');
                 insert into alarm (id, state, alarm) values
                    (1, 'normal', '{\"acknowledged\":{\"by\":\"Sanne de Boer\"},\"cover\":{\"out-of-service\":{\"by\":\"sanne\"}}}');
                 insert into outbox (created, alarm, channel, recipient, reason, snapshot, key, state, next_attempt, message) values
                    (1, 1, 'mail', 'sanne', '\"first\"', '{}', 'a', 'sent', 1, null),
                    (1, 1, 'mail', 'bert', '\"taken\"', '{\"acknowledged\":{\"by\":\"sanne\"}}', 'b', 'sent', 1,
                        '{\"subject\":\"Sanne de Boer has it\",\"text\":\"Sannes; sanne\",\"short\":\"\"}');
                 insert into acknowledge_link (hash, alarm, raised, person, expires) values (x'00', 1, 1, 'sanne', 99);
                 insert into token (fingerprint, name, role, created_by, created_at) values (x'01', 'wall', 'viewer', 'sanne', 1);
                 insert into duty_override (rota, person, from_at, to_at, why, made_by, made_at) values ('r', 'sanne', 1, 2, '', 'sanne', 1);
                 insert into incident_note (incident, at, made_by, text) values
                    (1, 1, 'Sanne de Boer', 'fan 2 stands still'),
                    (1, 2, 'Bert', 'rang Sanne de Boer: she is on her way');
                 insert into call (incident, call) values (1, '{\"told\":[[{\"channel\":\"mail\",\"recipient\":\"sanne\"},\"x\"]],\"named\":\"sanne\",\"passed_by\":\"sanne\",\"declined\":[{\"passed_by\":\"sanne\"}]}');
                 insert into call_event (incident, at, event) values
                    (1, 1, '{\"happened\":\"stepped\",\"first\":[{\"channel\":\"mail\",\"recipient\":\"sanne\"}]}'),
                    (1, 2, '{\"happened\":\"passed-on\",\"by\":\"sanne\",\"to\":\"sanne\"}');
                 insert into drill_run (began, is_over, run) values
                    (1, 1, '{\"by\":\"sanne\",\"legs\":{\"told\":[{\"channel\":\"mail\",\"recipient\":\"sanne\"}],\"confirmed\":{\"by\":\"Sanne de Boer\",\"at\":\"x\"}}}');",
            )?;
            connection
                .execute(
                    "insert into alarm_event (at, alarm, source, target, cause, actor, comment)
                     values (5, 1, 'normal', 'normal', 'acknowledged', ?1, 'by number')",
                    [format!("link:{}:57", sanne.0)],
                )
                .map(drop)
        })
        .await;
}

#[tokio::test]
async fn an_erased_person_is_a_number_in_every_log_and_nowhere_by_name() {
    let fixture = Fixture::with_anna().await;
    fixture.revise(1, SITE).await;
    fixture.learn().await;
    let sanne = fixture.named("sanne").await.number;
    traces(&fixture, sanne).await;
    let receiver = fixture.erase(sanne, Vec::new()).await.unwrap_err().to_string();
    assert!(
        receiver.contains("written to over `mail`, `night`")
            && receiver.contains("nobody else is reached over `night`"),
        "{receiver}"
    );
    fixture.revise(2, LATER).await;
    let address = Address {
        person: "sanne".parse().unwrap(),
        key: "email",
        address: "sanne@example.org".to_owned(),
    };
    let in_file = fixture.erase(sanne, vec![address]).await;
    assert!(matches!(in_file, Err(PeopleError::InFile(_))), "{in_file:?}");

    let kept = super::kept(&fixture.people, sanne, NOW).await.unwrap();
    let comments: Vec<&str> = kept.events.iter().map(|event| event.comment.as_str()).collect();
    assert_eq!(comments, ["by link", "in a session", "by number"]);
    assert_eq!(
        (
            kept.named_in,
            kept.messages.len(),
            kept.tokens.len(),
            kept.overrides.len(),
            kept.notes.len()
        ),
        (vec![1], 1, 1, 1, 1)
    );

    let erased = fixture.erase(sanne, Vec::new()).await.unwrap();
    assert!(erased.erased_at.is_some() && !erased.can_log_in());
    let dump = fixture.dump().await;
    let is_named = dump.to_lowercase().replace("sannes", "").contains("sanne");
    let is_numbered = dump.contains(&format!("erased person {} has it", sanne.0));
    assert!(is_numbered && !is_named, "{dump}");
    assert!(
        dump.contains(&format!("rang erased person {}: she", sanne.0)),
        "{dump}"
    );
    let kept = super::kept(&fixture.people, sanne, NOW).await.unwrap();
    let left = (
        kept.events.len(),
        kept.messages.len(),
        kept.tokens.len(),
        kept.notes.len(),
    );
    assert_eq!(left, (3, 0, 0, 1));
    // What has not been written anew, as the journal, is hers by number too.
    let directory = fixture.directory().await;
    assert_eq!(directory.number_of(&Actor::named("Sanne de Boer")), Some(sanne.0));
    assert_eq!(directory.person(sanne.0), Some(Called::Erased));
    nothing_more_is_done_to(&fixture, sanne).await;
}

async fn nothing_more_is_done_to(fixture: &Fixture, sanne: PersonNumber) {
    let again = fixture.erase(sanne, Vec::new()).await;
    assert!(matches!(again, Err(PeopleError::Erased(_))));
    let change = fixture.people.change(sanne, PersonChange::default()).await;
    assert!(matches!(change, Err(PeopleError::Erased(_))));
    let reset = fixture.people.reset(sanne).await;
    assert!(matches!(reset, Err(PeopleError::Erased(_))));
    let anna = fixture.named("anna").await.number;
    let last = fixture.erase(anna, Vec::new()).await;
    assert!(matches!(last, Err(PeopleError::LastAdministrator)));
}

#[tokio::test]
async fn what_a_mail_server_said_of_an_address_and_a_name_with_quotation_marks_go_too() {
    let fixture = Fixture::with_anna().await;
    fixture.revise(1, LATER).await;
    let new = NewPerson {
        name: "sanne".to_owned(),
        role: Role::Viewer,
        scope: Scope::WHOLE,
    };
    let (sanne, _) = fixture.people.invite(new).await.unwrap();
    let change = PersonChange {
        full_name: Some("Sanne \"Sunny\" Visser".to_owned()),
        reached: vec![Reached {
            kind: "email".to_owned(),
            address: "s.visser@example.org".to_owned(),
        }],
        ..PersonChange::default()
    };
    fixture.people.change(sanne.number, change).await.unwrap();
    fixture
        .write(|connection| {
            connection.execute_batch(
                "insert into outbox (created, alarm, channel, recipient, reason, snapshot, key, state, next_attempt, message, error) values
                    (1, 1, 'mail', 'anna', '\"first\"', '{\"origin\":{\"why\":\"550 <s.visser@example.org>: unknown\"}}', 'a', 'sent', 1,
                        '{\"subject\":\"Sanne \\\"Sunny\\\" Visser has it\",\"text\":\"550 <S.Visser@Example.org>: unknown\",\"short\":\"\"}',
                        '550 <s.visser@example.org>: unknown');
                 insert into alarm (id, state, alarm) values (1, 'normal', '{\"origin\":{\"why\":\"550 <s.visser@example.org>: unknown\"}}');
                 insert into alarm_event (at, alarm, source, target, cause, actor, comment, origin) values
                    (1, 1, 'normal', 'normal', 'raised', 'plenum', '', '{\"why\":\"550 <s.visser@example.org>: unknown\"}');
                 insert into system_condition (kind, subject, at, detail) values ('delivery-failed', 'mail/x', 1, '550 <s.visser@example.org>: unknown');",
            )
        })
        .await;
    fixture.erase(sanne.number, Vec::new()).await.unwrap();
    let dump = fixture.dump().await.to_lowercase();
    for word in ["visser", "sunny"] {
        assert!(!dump.contains(word), "{dump}");
    }
    assert!(dump.contains("550 <…>: unknown"), "{dump}");
}
