//! `plenum agents`: how each stands, which host it is, settling whose it is, and shutting one out.

use anyhow::Result;
use plenum_core::text::foreign;
use plenum_dashboard::view::{Agent, Identified, Revocation};
use serde_json::json;

use crate::cli::Agents;
use crate::client::Client;
use crate::print;

pub(crate) async fn run(command: &Agents) -> Result<()> {
    match command {
        Agents::List { connection } => {
            let agents = Client::of(&connection.data)?.list::<Agent>("agents").await?;
            if connection.json {
                return print::json(&agents);
            }
            if agents.items.is_empty() {
                print::line("no agents")?;
            }
            let mut lines = agents.items.iter().map(line);
            lines.try_for_each(|line| print::line(&line))
        }
        Agents::Identify { agent, connection } => {
            let client = Client::of(&connection.data)?;
            let path = format!("agents/{agent}/identify");
            let identified: Identified = client.post(&path, &json!({})).await?;
            if connection.json {
                return print::json(&identified);
            }
            print::line(&foreign::on_one_line(&format!("{agent} {}", identified.said)))
        }
        Agents::Resolve { agent, connection } => {
            let client = Client::of(&connection.data)?;
            let path = format!("agents/{agent}/resolve");
            let resolved: Agent = client.post(&path, &json!({})).await?;
            if connection.json {
                return print::json(&resolved);
            }
            print::line(&format!(
                "{agent} belongs to this collector; if it follows the other one, run `plenum-agent join` on its host"
            ))
        }
        Agents::Retire {
            agent,
            sensor,
            connection,
        } => {
            let client = Client::of(&connection.data)?;
            let path = format!("agents/{agent}/sensors/{sensor}/retire");
            let left: Agent = client.post(&path, &json!({})).await?;
            if connection.json {
                return print::json(&left);
            }
            print::line(&format!(
                "nothing is expected of {agent}/{sensor} any more; if it speaks again, it is"
            ))
        }
        Agents::Revoke {
            agent,
            reason,
            connection,
        } => {
            let client = Client::of(&connection.data)?;
            let reason = reason.clone();
            client
                .tell(&format!("agents/{agent}/revoke"), &Revocation { reason })
                .await?;
            if connection.json {
                return Ok(());
            }
            print::line(&format!(
                "{agent} is out: its certificate and its code open nothing any more. A password that collector.toml gives it still does; \
                 `plenum enroll {agent}` lets it join again"
            ))
        }
    }
}

fn line(agent: &Agent) -> String {
    let (site, name, unsent) = (&agent.site, &agent.agent, agent.unsent);
    let online = if agent.online { "online " } else { "offline" };
    let heard = agent.last_received.map_or_else(
        || "never heard".to_owned(),
        |instant| format!("last heard {instant}"),
    );
    let mut line = format!("{site}/{name}  {online}  {heard}  {unsent} batches unsent");
    if let Some(until) = agent.certificate_until {
        line += &format!("; its certificate ends {until}");
    }
    if let Some(database) = &agent.foreign_database {
        line += &format!("; another collector acknowledges it (database {database})");
    }
    if agent.dead_letters > 0 {
        line += &format!("; {} bytes of dead letters", agent.dead_letters);
    }
    line
}
