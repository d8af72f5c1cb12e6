//! Outages of the sequencer, recorded before their feed forgets them: open deadlines get the grace that is theirs.
use crate::oracle::{Call, Oracle};
use abi::registry::EligibilityRegistry::{NoOutage, OutagesFull, recordOutageCall};
use alloy::rpc::types::TransactionReceipt;
use alloy::sol_types::SolCall;
use anyhow::{Context, Result};
use chain::{ChainError, view};

impl Oracle {
    /// Has the registry record what its uptime feed shows; nothing where that is nothing new.
    ///
    /// # Errors
    /// Where the node does not answer, or the transaction fails.
    pub async fn record_outage(&self) -> Result<Option<TransactionReceipt>> {
        match view(&self.provider, self.registry, recordOutageCall {}).await {
            Ok(_) => {}
            Err(error) if is_nothing_new(&error) => return Ok(None),
            Err(error) => return Err(error).context("asking whether there was an outage"),
        }
        let call = Call::new("recordOutage", self.registry, recordOutageCall {}.abi_encode());
        Ok(Some(self.send(&call).await?))
    }
}

fn is_nothing_new(error: &ChainError) -> bool {
    error.revert().is_some_and(|revert| revert.is::<NoOutage>().is_some() || revert.is::<OutagesFull>().is_some())
}
