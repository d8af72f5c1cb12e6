//! What stands on chain against what was built and what the network file says.
use crate::run::Run;
use crate::step::{OWNED, PROGRAMS, Step};
use alloy::primitives::keccak256;
use anyhow::Result;
use chain::ChainError;
use chain::fragments::{self, OnChain};
use serde::Serialize;

/// One check.
#[derive(Clone, Debug, Serialize)]
pub struct Finding {
    /// What should hold.
    pub what: String,
    /// Whether it does.
    pub verdict: Verdict,
    /// What was found, for people; may be empty.
    pub detail: String,
}

/// How a check came out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// The chain shows it.
    Holds,
    /// Offered, and the governor has not accepted yet.
    Offered,
    /// The chain shows something else.
    Wrong,
}

impl Verdict {
    const fn of(holds: bool) -> Self {
        if holds { Self::Holds } else { Self::Wrong }
    }
}

impl Run<'_> {
    /// Code, activation, wiring, configuration, ownership; each asked of the chain anew.
    ///
    /// # Errors
    /// The node does not answer, or a contract's build is missing. What does not hold is a finding.
    pub async fn verify(&self) -> Result<Vec<Finding>> {
        let mut findings = Vec::new();
        for name in PROGRAMS {
            findings.push(self.code(name).await?);
        }
        for step in self.steps()? {
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

    /// Made whole again from what the chain holds: a fragment that is another than the built one is named.
    async fn code(&self, name: &str) -> Result<Finding> {
        let what = format!("{name} has the code that was built");
        let wrong = |detail| Ok(Finding { what: what.clone(), verdict: Verdict::Wrong, detail });
        let Some(address) = self.address(name) else { return wrong("not deployed".to_owned()) };
        let held = match fragments::read(&self.sender.provider, address).await {
            Err(error @ ChainError::Code { .. }) => return wrong(error.to_string()),
            held => held?,
        };
        let built = self.artifacts.fragments(name)?;
        let pairs = (1..).zip(&held.fragments).zip(&built);
        if let Some(((at, (place, _)), _)) = pairs.into_iter().find(|((_, (_, code)), built)| code[..] != built[..]) {
            return wrong(format!("fragment {at} of {}, at {place}, is another", built.len()));
        }
        match held.whole() {
            Ok(whole) if whole == self.artifacts.code(name)? => {}
            Ok(_) => return wrong(format!("{} holds another program", address)),
            Err(error) => return wrong(error.to_string()),
        }
        let places: Vec<_> = held.fragments.iter().map(|(place, _)| *place).collect();
        let verdict = Verdict::of(self.artifacts.entry(name, &places).is_ok_and(|entry| entry == held.code));
        Ok(Finding { what, verdict, detail: standing(&held) })
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

/// The code's hash, and where its fragments stand.
fn standing(held: &OnChain) -> String {
    let hash = keccak256(&held.code);
    match held.fragments.len() {
        0 => hash.to_string(),
        number => {
            let places: Vec<_> = held.fragments.iter().map(|(place, _)| place.to_string()).collect();
            format!("{hash}, root of {number} fragments: {}", places.join(", "))
        }
    }
}
