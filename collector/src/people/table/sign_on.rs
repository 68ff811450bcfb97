//! Who is known by single sign-on, and what comes of their log-in, in one commit.

use plenum_core::authority::{Role, Scope};
use plenum_protocol::{Duration, Timestamp};
use rusqlite::{Connection, OptionalExtension, Result, params};

use super::{person, session};
use crate::people::secret::Fingerprint;
use crate::people::{Person, PersonNumber, RefusedError, SignedOn, password};

/// A session that began so ends after this, used or not: within it a group that was taken away is noticed.
pub(in crate::people) const LIFE: Duration = Duration::from_hours(12);

/// What the provider says of somebody.
#[derive(Debug, Clone)]
pub(in crate::people) struct Signing {
    /// Issuer and subject.
    pub(in crate::people) who: (String, String),
    pub(in crate::people) name: Option<String>,
    /// What their groups make them.
    pub(in crate::people) right: Option<(Role, Scope)>,
    /// That role needs a second factor, and they have shown none.
    pub(in crate::people) owes: bool,
    /// The session to begin, and whether with a second factor.
    pub(in crate::people) session: (Fingerprint, bool),
    pub(in crate::people) now: Timestamp,
}

/// What came of it.
#[derive(Debug)]
pub(in crate::people) enum Signed {
    /// They are in.
    In(Person),
    /// No group makes them anything; whoever they were here, their sessions have ended.
    NoRight(Option<PersonNumber>),
    Disabled(PersonNumber),
    Owes(Option<PersonNumber>),
    /// The claim is missing.
    NoName,
    Refused(RefusedError),
    /// Somebody else has the name.
    Taken(String),
    /// Nobody gets in without the provider.
    NoAdministrator,
}

/// Begins a session for whoever the provider says that it is, with what they are today.
pub(in crate::people) fn sign(connection: &Connection, signing: &Signing) -> Result<Signed> {
    let (issuer, subject) = (&signing.who.0, &signing.who.1);
    let known = find(connection, (issuer, subject))?;
    let known = known
        .map(|number| person::get(connection, number))
        .transpose()?
        .flatten();
    let number = known.as_ref().map(|person| person.number);
    let Some((role, scope)) = &signing.right else {
        if let Some(number) = number {
            session::end_all(connection, number, None)?;
        }
        return Ok(Signed::NoRight(number));
    };
    if let Some(person) = known.as_ref().filter(|person| person.disabled_at.is_some()) {
        return Ok(Signed::Disabled(person.number));
    }
    let known = known.map(|known| Person {
        role: *role,
        scope: scope.clone(),
        ..known
    });
    // What they are is said, whether or not they are let in for it: a session that goes on has no more than that.
    if let Some(known) = &known {
        person::put(connection, known)?;
    }
    if signing.owes {
        return Ok(Signed::Owes(number));
    }
    let person = match known {
        Some(known) => known,
        None => match add(connection, signing, (*role, scope))? {
            Ok(person) => person,
            Err(refused) => return Ok(refused),
        },
    };
    connection.execute(
        "update sign_on set signed_on_at = ?2 where person = ?1",
        params![person.number.0, signing.now.milliseconds()],
    )?;
    let (fingerprint, shown) = signing.session;
    session::begin_signed_on(
        connection,
        &fingerprint,
        person.number,
        (signing.now, LIFE, shown),
    )?;
    Ok(Signed::In(person))
}

/// Makes a person of somebody who comes for the first time: never one who logs in here already, whatever they are called.
fn add(
    connection: &Connection,
    signing: &Signing,
    (role, scope): (Role, &Scope),
) -> Result<std::result::Result<Person, Signed>> {
    if person::administrators(connection)? == 0 {
        return Ok(Err(Signed::NoAdministrator));
    }
    let Some(name) = &signing.name else {
        return Ok(Err(Signed::NoName));
    };
    if let Err(refused) = password::check_name(name) {
        return Ok(Err(Signed::Refused(refused)));
    }
    // Whoever is only written to is the same person.
    let is_another = |other: &Person| other.logs_in || !other.name.eq_ignore_ascii_case(name);
    let mut others = person::all(connection)?.into_iter().filter(is_another);
    if let Some(other) = others.find(|other| password::look_alike(&other.name, name)) {
        return Ok(Err(Signed::Taken(other.name)));
    }
    if let Some((known, _)) = person::by_name(connection, name)?
        && known.disabled_at.is_some()
    {
        return Ok(Err(Signed::Disabled(known.number)));
    }
    let number = person::add(connection, (name, role, scope), "", signing.now)?;
    connection.execute(
        "insert into sign_on (person, issuer, subject, signed_on_at) values (?1, ?2, ?3, ?4)",
        params![number.0, signing.who.0, signing.who.1, signing.now.milliseconds()],
    )?;
    let added = person::get(connection, number)?;
    Ok(added.ok_or(Signed::NoName))
}

/// By whom somebody is known at the provider, if they come so.
pub(crate) fn of(connection: &Connection, person: PersonNumber) -> Result<Option<SignedOn>> {
    let wanted = "select issuer, subject, signed_on_at from sign_on where person = ?1";
    let found = connection.query_row(wanted, [person.0], |row| {
        Ok(SignedOn {
            issuer: row.get(0)?,
            subject: row.get(1)?,
            last_at: Timestamp::from_milliseconds(row.get(2)?),
        })
    });
    found.optional()
}

fn find(connection: &Connection, (issuer, subject): (&str, &str)) -> Result<Option<PersonNumber>> {
    let wanted = "select person from sign_on where issuer = ?1 and subject = ?2";
    let found = connection.query_row(wanted, [issuer, subject], |row| row.get(0).map(PersonNumber));
    found.optional()
}
