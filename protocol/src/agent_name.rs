//! An agent's full name, `site/agent`: an agent's identifier is unique within its site only.

use std::fmt;
use std::str::FromStr;

use crate::Identifier;

/// Which agent, of which site. Written `site/agent`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AgentName {
    /// The site whose collector it sends to.
    pub site: Identifier,
    /// The agent within its site.
    pub agent: Identifier,
}

/// Why a text is not a valid agent's name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a valid agent's name ({why}): write site/agent")]
pub struct AgentNameError {
    text: String,
    why: String,
}

impl AgentName {
    /// Puts a name together.
    pub fn new(site: Identifier, agent: Identifier) -> Self {
        Self { site, agent }
    }
}

impl FromStr for AgentName {
    type Err = AgentNameError;
    fn from_str(text: &str) -> Result<Self, AgentNameError> {
        let error = |why: String| AgentNameError {
            text: text.chars().take(300).collect(),
            why,
        };
        let (site, agent) = text
            .split_once('/')
            .ok_or_else(|| error("the stroke between them is missing".to_owned()))?;
        Ok(Self {
            site: site.parse().map_err(|why| error(format!("{why}")))?,
            agent: agent.parse().map_err(|why| error(format!("{why}")))?,
        })
    }
}

impl fmt::Display for AgentName {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}/{}", self.site, self.agent)
    }
}

crate::as_text!(AgentName);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_read_back() {
        let name: AgentName = "zaandam/pi-a1".parse().unwrap();
        assert_eq!(name.to_string(), "zaandam/pi-a1");
        for bad in [
            "",
            "zaandam",
            "zaandam/",
            "/pi-a1",
            "zaandam/pi-a1/x",
            "Zaandam/pi-a1",
        ] {
            assert!(bad.parse::<AgentName>().is_err(), "{bad}");
        }
    }
}
