//! Reporters' keys and the governed set they belong to.
use abi::oracle::{PriceOracle::ReportersSet, Reporter, ReporterSet};
use alloy::primitives::Address;
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolEvent;
use anyhow::{Context, Result, bail};

/// One source of prices: its name in price files, and its key.
#[derive(Clone)]
pub struct Source {
    /// As price files spell it.
    pub name: String,
    /// Signs its reports.
    pub key: PrivateKeySigner,
}

/// The governed set with the keys at hand, in the set's order; a reporter without a key stays silent.
#[derive(Clone)]
pub struct Sources {
    /// As the oracle holds it.
    pub set: ReporterSet,
    members: Vec<Option<Source>>,
}

impl Sources {
    /// Finds each source's place in the set.
    ///
    /// # Errors
    /// Where a key is no reporter of the set.
    pub fn new(set: ReporterSet, sources: Vec<Source>) -> Result<Self> {
        let mut members = vec![None; set.reporters.len()];
        for source in sources {
            let signer = source.key.address();
            let Some(place) = set.reporters.iter().position(|reporter| reporter.signer == signer) else {
                bail!(
                    "source {} signs as {signer}, which is not in the oracle's reporter set: have the owner call setReporters",
                    source.name
                );
            };
            members[place] = Some(source);
        }
        Ok(Self { set, members })
    }

    /// Places in the set with their sources.
    pub fn iter(&self) -> impl Iterator<Item = (u8, &Source)> {
        let with_place = self.members.iter().enumerate();
        with_place.filter_map(|(place, member)| member.as_ref().map(|source| (place as u8, source)))
    }
}

/// The set in force, from the oracle's last `ReportersSet` event; none lies before `first_block`.
pub async fn governed_set(provider: &impl Provider, oracle: Address, first_block: u64) -> Result<ReporterSet> {
    let filter = Filter::new().from_block(first_block).address(oracle).event_signature(ReportersSet::SIGNATURE_HASH);
    let logs = provider.get_logs(&filter).await.context("reading the oracle's ReportersSet events")?;
    let last = logs
        .last()
        .with_context(|| format!("the oracle at {oracle} has no reporter set yet: have its owner call setReporters"))?;
    let event = ReportersSet::decode_log(&last.inner).context("decoding ReportersSet")?.data;
    let members = event.signers.iter().zip(&event.groups);
    let reporters = members.map(|(signer, group)| Reporter { signer: *signer, group: *group }).collect();
    Ok(ReporterSet { quorum: event.quorum, bandPpm: event.bandPpm, maxAgeSlots: event.maxAgeSlots, reporters })
}
