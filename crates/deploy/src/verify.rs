//! What stands on chain against what was built and what the network file says.
use crate::run::Run;
use crate::step::{OWNED, PROGRAMS, Step, steps};
use alloy::primitives::keccak256;
use alloy::providers::Provider;
use anyhow::Result;
use chain::ChainError;
use serde::Serialize;

#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    pub what: String,
    pub verdict: Verdict,
    pub detail: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    Holds,
    /// Offered, and the governor has not accepted yet.
    Offered,
    Wrong,
}

impl Verdict {
    const fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Wrong }
    }
}

impl Run<'_> {
    /// Code, activation, wiring, configuration, ownership; each asked of the chain anew.
    pub async fn verify(&self) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for name in PROGRAMS {
            findings.push(self.code(name).await?);
        }
        for step in steps(self.network) {
            let title = match step {
                Step::Activate(name) => format!("{name} is active"),
                Step::Construct(name) => format!("{name} is constructed as ours"),
                Step::Reporters => "the oracle has the reporters".to_owned(),
                Step::List(_) | Step::Participant(_) | Step::Guardian | Step::Pauser | Step::UptimeFeed => {
                    format!("done: {}", step.title(self.network))
                }
                _ => continue,
            };
            findings.push(match self.is_done(step).await {
                Ok(holds) => Finding { what: title, verdict: Verdict::of(holds), detail: String::new() },
                Err(error) => Finding { what: title, verdict: Verdict::Wrong, detail: error.to_string() },
            });
        }
        for name in OWNED {
            findings.push(self.ownership(name).await?);
        }
        Ok(findings)
    }

    async fn code(&self, name: &str) -> Result<Finding> {
        let what = format!("{name} has the code that was built");
        let Some(contract) = self.sender.record.deployment.contracts.get(name) else {
            return Ok(Finding { what, verdict: Verdict::Wrong, detail: "not deployed".to_owned() });
        };
        let code = self.sender.provider.get_code_at(contract.address).await;
        let code = code.map_err(|error| ChainError::rpc("eth_getCode", error))?;
        let (here, built) = (keccak256(&code), keccak256(self.artifacts.code(name)?));
        Ok(Finding { what, verdict: Verdict::of(here == built), detail: here.to_string() })
    }

    async fn ownership(&self, name: &'static str) -> Result<Finding> {
        let (owner, governor) = (self.owner(name).await?, self.governor());
        let is_governor = owner.is_some() && owner == governor;
        let verdict = match (is_governor, self.is_done(Step::Offer(name)).await?) {
            (true, _) => Verdict::Holds,
            (false, true) => Verdict::Offered,
            (false, false) => Verdict::Wrong,
        };
        let owner = owner.map_or("no owner".to_owned(), |owner| owner.to_string());
        let detail = match (verdict, governor) {
            (Verdict::Offered, Some(governor)) => format!("{owner}; offered to {governor}"),
            _ => owner,
        };
        Ok(Finding { what: format!("{name} is owned by the governor"), verdict, detail })
    }
}
