//! `plenum token`: the keys of programs that use the API.

use anyhow::Result;
use plenum_dashboard::view::{self, GivenToken, List, NewToken};
use plenum_link::SystemClock;
use plenum_protocol::Clock;

use super::user::{limits, scope};
use crate::cli::people::Token;
use crate::client::Client;
use crate::print;

pub(crate) async fn run(command: &Token) -> Result<()> {
    match command {
        Token::List { connection } => {
            let tokens: List<view::Token> = Client::of(&connection.data)?.list("tokens").await?;
            if connection.json {
                return print::json(&tokens);
            }
            let mut lines = tokens.items.iter().map(line);
            lines.try_for_each(|line| print::line(&line))
        }
        Token::Give {
            name,
            role,
            duration,
            limits,
            connection,
        } => {
            let scope = scope(limits);
            let new = NewToken {
                name: name.clone(),
                role: (*role).into(),
                rooms: scope.rooms,
                customers: scope.customers,
                expires_at: SystemClock.now() + *duration,
            };
            let given: GivenToken = Client::of(&connection.data)?.post("tokens", &new).await?;
            if connection.json {
                return print::json(&given);
            }
            print::line(&line(&given.token))?;
            print::line(&format!(
                "This is its secret, shown only now; send it as `Authorization: Bearer ...`:\n  {}",
                given.secret
            ))
        }
        Token::Revoke { number, connection } => {
            let client = Client::of(&connection.data)?;
            client.delete(&format!("tokens/{number}")).await?;
            print::line(&format!("token {number} opens nothing any more"))
        }
    }
}

fn line(token: &view::Token) -> String {
    let limits = limits(&token.rooms, &token.customers);
    let end = token
        .expires_at
        .map_or_else(String::new, |end| format!("  ends {end}"));
    let used = token
        .used_at
        .map_or_else(|| "  never used".to_owned(), |used| format!("  last used {used}"));
    let (number, name, role, by) = (token.number, &token.name, token.role, &token.created_by);
    format!("{number}  {name}  {role}{limits}  by {by}{end}{used}")
}
