//! `plenum authority`: who vouches for agents and for the broker, and how another follows.

use anyhow::Result;
use plenum_dashboard::view::{AuthorityRotation, EnrolmentAuthority, NewRotation, RotationState};

use crate::cli::authority::Authority;
use crate::client::Client;
use crate::print;

pub(crate) async fn run(command: &Authority) -> Result<()> {
    match command {
        Authority::Status { connection } => {
            let client = Client::of(&connection.data)?;
            let authority: EnrolmentAuthority = client.get_with("authority", &[]).await?;
            match connection.json {
                true => print::json(&authority),
                false => lines(&authority).iter().try_for_each(|line| print::line(line)),
            }
        }
        Authority::Rotate { now, connection } => {
            let client = Client::of(&connection.data)?;
            let asked = NewRotation { at_once: *now };
            let rotated: AuthorityRotation = client.post("authority/rotation", &asked).await?;
            match connection.json {
                true => print::json(&rotated),
                false => print::line(&words(&rotated)),
            }
        }
    }
}

fn lines(authority: &EnrolmentAuthority) -> Vec<String> {
    let EnrolmentAuthority {
        fingerprint,
        until,
        next,
        left,
    } = authority;
    let until = until.map_or_else(|| "unknown".to_owned(), |until| until.to_string());
    let mut lines = vec![format!("authority {fingerprint}  ends {until}")];
    if let Some(next) = next {
        let left = left.unwrap_or(0);
        lines.push(format!(
            "  followed by {next}, which signs for agents; {left} agents and codes still go by the first, which goes when there are none"
        ));
    }
    lines
}

fn words(rotated: &AuthorityRotation) -> String {
    match rotated.state {
        RotationState::Begun => "another authority signs from now on; the one before goes by itself when each agent has renewed its certificate: \
             `plenum authority status` says how many are left"
            .to_owned(),
        RotationState::GoesOn => "another authority follows already: `plenum authority status` says how many agents are left".to_owned(),
        RotationState::Done => format!(
            "the authority was replaced; {} agents have to join again: `plenum enroll` makes a code for each",
            rotated.agents
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_follows_is_said_with_how_many_are_left() {
        let alone = EnrolmentAuthority {
            fingerprint: "9f86".to_owned(),
            until: Some("2046-11-22T12:00:00Z".parse().unwrap()),
            next: None,
            left: None,
        };
        assert_eq!(lines(&alone).len(), 1);
        let followed = EnrolmentAuthority {
            next: Some("60303ae2".to_owned()),
            left: Some(3),
            ..alone
        };
        let said = lines(&followed).join("\n");
        assert!(said.contains("60303ae2") && said.contains("3 agents"), "{said}");
    }
}
