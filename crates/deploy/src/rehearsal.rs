//! The same steps on a local chain that runs the same programs: what works and what gas it takes is known before anything is spent.
use crate::Artifacts;
use crate::conditions::Conditions;
use crate::network::Network;
use crate::record::Record;
use crate::run::{Outcome, Run};
use crate::sender::{Sender, Spent};
use crate::step::{PROGRAMS, Step, steps};
use alloy::primitives::{Address, B256, U256};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result};
use devnode::{ArbosVersion, Devnode, DevnodeConfig};

/// Always the same, so that the same deployment is priced the same.
const KEY: B256 = B256::repeat_byte(1);
/// Most bytes of a module, ArbOS 61.
const WASM_LIMIT: u32 = 256 * 1024;

/// A step and what it sent.
pub struct Rehearsed {
    /// What was done on the local chain.
    pub step: Step,
    /// Its transactions, in order; none where nothing was left to do.
    pub spent: Vec<Spent>,
}

impl Rehearsed {
    /// Wei; 0 where nothing was activated.
    pub fn activation_fee(&self) -> U256 {
        self.spent.iter().map(|spent| spent.activation_fee).sum()
    }
}

/// From nothing, with a key of its own, on the chain's version; ends early where a step needs another party.
///
/// # Errors
/// A step that the local chain refuses, which the chain that is meant would refuse too: its title and the reason.
pub async fn rehearse(network: &Network, artifacts: &Artifacts, conditions: &Conditions) -> Result<Vec<Rehearsed>> {
    let key = PrivateKeySigner::from_bytes(&KEY)?;
    let devnode = stage(key.address(), artifacts, conditions).await?;
    let provider = chain::connect(&devnode.http_url(), &[]).await?;
    let sender = Sender::new(provider, key, Record::new(network.chain_id));
    // The registry asks each token for its decimals, and the tokens are on the other chain.
    network.assets.iter().for_each(|asset| devnode.chain().set_code(asset.token, &answers(asset.decimals)));
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

/// Code that answers every call with this number.
pub fn answers(number: u8) -> [u8; 9] {
    [0x60, number, 0x5f, 0x52, 0x60, 0x20, 0x5f, 0xf3, 0x00]
}

/// A chain like the one that is meant, where what stands in the way of a deployment does not: the bill is shown all the same.
async fn stage(deployer: Address, artifacts: &Artifacts, conditions: &Conditions) -> Result<Devnode> {
    let mut fragmented = false;
    for name in PROGRAMS {
        fragmented |= !artifacts.fragments(name)?.is_empty();
    }
    let arbos = match conditions.arbos {
        61.. => ArbosVersion::V61,
        60 => ArbosVersion::V60,
        // Earlier ones know no fragments.
        _ if fragmented => ArbosVersion::V60,
        _ => ArbosVersion::V51,
    };
    let funded = vec![(deployer, U256::from(10).pow(U256::from(24)))];
    let config = DevnodeConfig { chain_id: conditions.chain_id, arbos, funded, ..DevnodeConfig::default() };
    let devnode = Devnode::start(config).await?;
    devnode.chain().set_stylus_limits(u8::MAX, WASM_LIMIT);
    if conditions.paused().is_none() {
        devnode.chain().set_activation_gas(conditions.activation_gas);
    }
    Ok(devnode)
}
