//! The same steps on a local chain that runs the same programs: what works and what gas it takes is known before anything is spent.
use crate::Artifacts;
use crate::conditions::Conditions;
use crate::network::Network;
use crate::record::Record;
use crate::run::{Outcome, Run};
use crate::sender::{Sender, Spent};
use crate::step::{Step, steps};
use alloy::primitives::U256;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result};
use devnode::{Devnode, DevnodeConfig};

/// A step and what it sent.
pub struct Rehearsed {
    pub step: Step,
    pub spent: Vec<Spent>,
}

/// From nothing, with a key of its own; ends early where a step needs another party.
pub async fn rehearse(network: &Network, artifacts: &Artifacts, _conditions: &Conditions) -> Result<Vec<Rehearsed>> {
    let key = PrivateKeySigner::random();
    let funded = vec![(key.address(), U256::from(10).pow(U256::from(24)))];
    let devnode =
        Devnode::start(DevnodeConfig { chain_id: network.chain_id, funded, ..DevnodeConfig::default() }).await?;
    let provider = chain::connect(&devnode.http_url(), &[]).await?;
    let sender = Sender::new(provider, key, Record::new(network.chain_id));
    let mut run = Run { network, artifacts, sender };
    let mut rehearsed = Vec::new();
    for step in steps(network, artifacts)? {
        let outcome = run.one(step).await.with_context(|| format!("rehearsal, {}", step.title(network)))?;
        rehearsed.push(Rehearsed { step, spent: std::mem::take(&mut run.sender.spent) });
        if step == Step::Schedule {
            devnode.chain().increase_time(network.governance.timelock_delay.unwrap_or(0));
            devnode.chain().mine();
        }
        if matches!(outcome, Outcome::Waits(_)) {
            break;
        }
    }
    Ok(rehearsed)
}
