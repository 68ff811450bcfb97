//! `plenum user`: who may do what.

use anyhow::Result;
use plenum_dashboard::view::{InvitedPerson, Kept, List, NewPerson, NewScope, Person, PersonChange, Reached};

use crate::cli::Connection;
use crate::cli::people::{Limits, User};
use crate::client::Client;
use crate::failure::Failure;
use crate::print;

pub(crate) async fn run(command: &User) -> Result<()> {
    match command {
        User::List { connection } => list(connection).await,
        User::Invite {
            name,
            role,
            limits,
            connection,
        } => {
            let scope = scope(limits);
            let new = NewPerson {
                name: name.clone(),
                role: (*role).into(),
                rooms: scope.rooms,
                customers: scope.customers,
            };
            let client = Client::of(&connection.data)?;
            let invited: InvitedPerson = client.post("people", &new).await?;
            link(connection, &client, &invited)
        }
        User::Change {
            name,
            role,
            limits,
            connection,
        } => {
            let change = PersonChange {
                role: Some((*role).into()),
                scope: Some(scope(limits)),
                ..PersonChange::default()
            };
            self::change(connection, name, &change).await
        }
        User::Reach {
            name,
            email,
            full_name,
            connection,
        } => reach(connection, name, email.as_deref(), full_name.clone()).await,
        User::Export { name, connection } => export(connection, name).await,
        User::Erase { name, connection } => erase(connection, name).await,
        User::Disable { name, connection } => enable(connection, name, false).await,
        User::Enable { name, connection } => enable(connection, name, true).await,
        User::Reset { name, connection } => {
            let client = Client::of(&connection.data)?;
            let number = find(&client, name).await?.number;
            let path = format!("people/{number}/reset");
            let invited: InvitedPerson = client.post(&path, &serde_json::json!({})).await?;
            link(connection, &client, &invited)
        }
        User::ResetSecond { name, connection } => {
            let client = Client::of(&connection.data)?;
            let number = find(&client, name).await?.number;
            client.delete(&format!("people/{number}/second-factor")).await?;
            print::line(&format!(
                "{name} has no second factor any more and is logged out everywhere; the password stays"
            ))
        }
        User::LogOut { name, connection } => {
            let client = Client::of(&connection.data)?;
            let number = find(&client, name).await?.number;
            client.delete(&format!("people/{number}/sessions")).await?;
            print::line(&format!("{name} is logged out everywhere"))
        }
    }
}

async fn list(connection: &Connection) -> Result<()> {
    let people: List<Person> = Client::of(&connection.data)?.list("people").await?;
    if connection.json {
        return print::json(&people);
    }
    if people.items.is_empty() {
        print::line("nobody has an account yet: the start of `plenum serve` prints the link for the first")?;
    }
    let mut lines = people.items.iter().map(line);
    lines.try_for_each(|line| print::line(&line))
}

async fn enable(connection: &Connection, name: &str, enabled: bool) -> Result<()> {
    let change = PersonChange {
        enabled: Some(enabled),
        ..PersonChange::default()
    };
    self::change(connection, name, &change).await
}

async fn change(connection: &Connection, name: &str, change: &PersonChange) -> Result<()> {
    let client = Client::of(&connection.data)?;
    let number = find(&client, name).await?.number;
    let person: Person = client.patch(&format!("people/{number}"), change).await?;
    if connection.json {
        return print::json(&person);
    }
    print::line(&line(&person))
}

async fn reach(
    connection: &Connection,
    name: &str,
    email: Option<&str>,
    full_name: Option<String>,
) -> Result<()> {
    let address = |address: &str| Reached {
        kind: "email".to_owned(),
        address: address.to_owned(),
    };
    let change = PersonChange {
        full_name,
        addresses: email.into_iter().map(address).collect(),
        ..PersonChange::default()
    };
    self::change(connection, name, &change).await
}

async fn export(connection: &Connection, name: &str) -> Result<()> {
    let client = Client::of(&connection.data)?;
    let number = find(&client, name).await?.number;
    let kept: Kept = client.get(&format!("people/{number}/export")).await?;
    print::json(&kept)
}

async fn erase(connection: &Connection, name: &str) -> Result<()> {
    let client = Client::of(&connection.data)?;
    let number = find(&client, name).await?.number;
    let erased: Person = client.delete_with_answer(&format!("people/{number}")).await?;
    if connection.json {
        return print::json(&erased);
    }
    print::line(&format!(
        "{name} is erased: what they did stays in the logs, as of {}, and tokens that they gave out have ended. Backups and logs of this machine have the name as long as they are kept",
        erased.name
    ))
}

pub(super) async fn find(client: &Client, name: &str) -> Result<Person> {
    let people: List<Person> = client.list("people").await?;
    let names: Vec<String> = people.items.iter().map(|person| person.name.clone()).collect();
    let found = people
        .items
        .into_iter()
        .find(|person| person.name.eq_ignore_ascii_case(name));
    let known = match names.is_empty() {
        true => "there is nobody yet".to_owned(),
        false => format!("known are {}", names.join(", ")),
    };
    Ok(found.ok_or_else(|| Failure::Refused(format!("there is nobody with the name `{name}`; {known}")))?)
}

fn link(connection: &Connection, client: &Client, invited: &InvitedPerson) -> Result<()> {
    if connection.json {
        return print::json(invited);
    }
    let (name, role, url) = (
        &invited.person.name,
        invited.person.role,
        client.url_of(&invited.link),
    );
    print::line(&format!(
        "{name} is {role}. This link sets the password, once, within 24 hours; it is shown only now:\n  {url}"
    ))
}

pub(super) fn scope(limits: &Limits) -> NewScope {
    NewScope {
        rooms: limits.rooms.clone(),
        customers: limits.customers.clone(),
    }
}

/// "of room-a, room-b", or nothing.
pub(super) fn limits(rooms: &[plenum_protocol::Identifier], customers: &[String]) -> String {
    let rooms = rooms.iter().map(ToString::to_string);
    let all: Vec<String> = rooms.chain(customers.iter().cloned()).collect();
    match all.is_empty() {
        true => String::new(),
        false => format!(" of {}", all.join(", ")),
    }
}

fn line(person: &Person) -> String {
    let limits = limits(&person.rooms, &person.customers);
    let stands = match (person.enabled, person.single_sign_on, person.has_password) {
        _ if person.erased_at.is_some() => "  is erased",
        _ if !person.logs_in => "  is written to, without a log-in",
        (false, ..) => "  may not log in",
        (true, true, _) => "  comes by single sign-on",
        (true, false, false) => "  has not set a password yet",
        (true, false, true) => "",
    };
    let second = if person.has_second_factor {
        "  with a second factor"
    } else {
        ""
    };
    let called = person.full_name.iter().map(|name| format!("  {name}"));
    let reached = person
        .addresses
        .iter()
        .map(|reached| format!("  {}", reached.address));
    let about: String = called.chain(reached).collect();
    format!("{}  {}{limits}{about}{second}{stands}", person.name, person.role)
}
