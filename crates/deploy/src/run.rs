//! The steps one after the other, each only where the chain does not show it done.
use crate::network::Network;
use crate::sender::Sender;
use crate::step::{Step, steps};
use crate::timelock::TIMELOCK;
use crate::{Artifacts, artifacts::source_revision};
use alloy::primitives::Address;
use anyhow::Result;

/// A deployment under way: what is wanted, what was built, and who sends.
pub struct Run<'a> {
    /// What is wanted.
    pub network: &'a Network,
    /// What was built.
    pub artifacts: &'a Artifacts,
    /// Node, key and record.
    pub sender: Sender,
}

/// What became of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It was done before.
    Stood,
    /// It was done now.
    Done {
        /// To execute it.
        gas: u64,
        /// For the parent chain's data; 0 where the node does not say.
        data_gas: u64,
    },
    /// Left out, and why.
    Left(String),
    /// Somebody or some time must come first; the rest is for a later run.
    Waits(String),
}

impl Run<'_> {
    /// All steps; what the last one waits for, if it waits. `tell` hears of each step before and after it.
    ///
    /// # Errors
    /// As [`Self::one`]. What was done before stays done, and the same call goes on from there.
    pub async fn all(&mut self, mut tell: impl FnMut(Step, Option<&Outcome>)) -> Result<Option<String>> {
        let deployment = &mut self.sender.record.deployment;
        if deployment.contracts.is_empty() {
            deployment.source_revision = source_revision();
        }
        for step in self.steps()? {
            tell(step, None);
            let outcome = self.one(step).await?;
            tell(step, Some(&outcome));
            if let Outcome::Waits(why) = outcome {
                return Ok(Some(why));
            }
        }
        Ok(None)
    }

    /// Every step of this network, in order, done or not.
    ///
    /// # Errors
    /// A contract's build is missing.
    pub fn steps(&self) -> Result<Vec<Step>> {
        steps(self.network, self.artifacts)
    }

    /// Does a step, unless the chain shows it done.
    ///
    /// # Errors
    /// The node does not answer, a transaction is refused or reverts, or what stands on chain is not ours.
    pub async fn one(&mut self, step: Step) -> Result<Outcome> {
        if self.is_done(step).await? {
            self.catch_up(step).await?;
            return Ok(Outcome::Stood);
        }
        self.perform(step).await
    }

    /// Where the record has a contract.
    pub fn address(&self, name: &str) -> Option<Address> {
        self.sender.record.deployment.contracts.get(name).map(|contract| contract.address)
    }

    /// Known once the timelock stands.
    pub fn governor(&self) -> Option<Address> {
        self.network.governance.governor.or_else(|| self.address(TIMELOCK))
    }
}
