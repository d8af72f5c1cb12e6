//! Which agents there are, and where.
use crate::state::ledger::House;
use alloy::primitives::Address;
use std::str::FromStr;
use std::time::Duration;

/// One agent: `0x…=http://127.0.0.1:8090`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentAt {
    /// Whose signature is expected.
    pub address: Address,
    /// Where it listens.
    pub url: String,
}

/// Who signs statements, and how they are asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgentsConfig {
    /// By address; a house's own agent and its second one are found among them.
    pub list: Vec<AgentAt>,
    /// What the agents want to hear: `Authorization: Bearer <token>`.
    pub token: Option<String>,
    /// How long an agent may take to answer.
    pub timeout: Duration,
}

impl Default for AgentsConfig {
    fn default() -> Self {
        Self { list: Vec::new(), token: None, timeout: Duration::from_secs(2) }
    }
}

#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "an agent is its address and its URL, such as 0x00000000000000000000000000000000000000a1=http://127.0.0.1:8090; not {0}"
)]
pub struct NotAnAgent(String);

impl FromStr for AgentAt {
    type Err = NotAnAgent;

    fn from_str(text: &str) -> Result<Self, NotAnAgent> {
        let wrong = || NotAnAgent(text.to_owned());
        let (address, url) = text.trim().split_once('=').ok_or_else(wrong)?;
        let (address, url) = (address.trim().parse().map_err(|_| wrong())?, url.trim().trim_end_matches('/'));
        let known = ["http://", "https://"].iter().any(|scheme| url.len() > scheme.len() && url.starts_with(scheme));
        if known { Ok(Self { address, url: url.to_owned() }) } else { Err(wrong()) }
    }
}

impl AgentsConfig {
    /// Whether everybody who must sign for a house can be asked.
    pub fn sign_for(&self, house: &House) -> bool {
        agents_of(house).all(|agent| self.list.iter().any(|at| at.address == agent))
    }
}

/// Who must sign for a house, in the order of the calldata.
pub fn agents_of(house: &House) -> impl Iterator<Item = Address> + use<> {
    let second = Some(house.second_agent).filter(|second| !second.is_zero());
    [house.agent].into_iter().chain(second)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_agent_is_an_address_and_a_url() {
        let address = Address::repeat_byte(0xa1);
        let at: AgentAt = format!("{address}=http://127.0.0.1:8090/").parse().unwrap();
        assert_eq!(at, AgentAt { address, url: "http://127.0.0.1:8090".to_owned() });
        for wrong in ["http://127.0.0.1:8090", "0xa1=http://a", &format!("{address}="), &format!("{address}=http://")] {
            assert!(wrong.parse::<AgentAt>().is_err(), "{wrong}");
        }
    }
}
