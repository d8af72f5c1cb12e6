//! Whether what the record names stands on chain, and is what was built.
use crate::run::Run;
use crate::timelock::TIMELOCK;
use alloy::primitives::keccak256;
use alloy::providers::Provider;
use anyhow::{Result, ensure};
use chain::ChainError;
use chain::deployment::ContractRecord;

impl Run<'_> {
    pub(crate) async fn has_timelock(&self) -> Result<bool> {
        let Some(timelock) = self.sender.record.deployment.contracts.get(TIMELOCK) else { return Ok(false) };
        self.stands(TIMELOCK, timelock).await.map(|()| true)
    }

    /// The code of the account that is called, as built, with the record's fragments.
    ///
    /// # Errors
    /// As [`crate::Artifacts::entry`].
    pub(crate) fn entry_code(&self, name: &str) -> Result<Vec<u8>> {
        self.artifacts.entry(name, &self.sender.record.deployment.fragments(name))
    }

    pub(crate) async fn has_program(&self, name: &str) -> Result<bool> {
        let Some(program) = self.sender.record.deployment.contracts.get(name) else { return Ok(false) };
        self.stands(name, program).await?;
        // Where the number of fragments is another, so are the sources.
        self.is_built(name, program, &self.entry_code(name).unwrap_or_default())?;
        Ok(true)
    }

    pub(crate) async fn has_fragment(&self, name: &str, at: usize) -> Result<bool> {
        let deployment = &self.sender.record.deployment;
        let built = self.artifacts.fragments(name)?;
        match (deployment.fragments.get(name).and_then(|fragments| fragments.get(at)), deployment.contracts.get(name)) {
            (Some(fragment), _) => {
                let title = format!("fragment {} of {name}", at.saturating_add(1));
                self.stands(&title, fragment).await?;
                self.is_built(&title, fragment, built.get(at).map_or(&[], Vec::as_slice))?;
                Ok(true)
            }
            // It names other fragments, or none: better said before any is paid for.
            (None, Some(root)) => self.is_built(name, root, &[]).map(|()| false),
            (None, None) => Ok(false),
        }
    }

    async fn stands(&self, what: &str, contract: &ContractRecord) -> Result<()> {
        let address = contract.address;
        let code = self.sender.provider.get_code_at(address).await;
        let code = code.map_err(|error| ChainError::rpc("eth_getCode", error))?;
        ensure!(
            keccak256(&code) == contract.code_hash,
            "the record says that {what} stands at {address}, and the chain does not: is it another chain's, or was the chain reset? Move the record away to deploy anew"
        );
        Ok(())
    }

    fn is_built(&self, what: &str, contract: &ContractRecord, built: &[u8]) -> Result<()> {
        ensure!(
            keccak256(built) == contract.code_hash,
            "{what} at {} was built from other sources than these: check out revision {}, or move the record away to deploy anew",
            contract.address,
            self.sender.record.deployment.source_revision
        );
        Ok(())
    }
}
