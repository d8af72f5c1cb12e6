//! What the chain takes now: its version, programs in fragments, activations.
use alloy::primitives::Address;
use alloy::providers::Provider;
use alloy::sol_types::SolCall;
use anyhow::Result;
use chain::ChainError;
use chain::precompiles::{ARB_GAS_INFO, ARB_OWNER_PUBLIC, ARB_SYS, ARB_WASM};
use chain::precompiles::{ArbGasInfo, ArbOwnerPublic, ArbSys, ArbWasm};
use serde::Serialize;

/// `ArbSys.arbOSVersion` answers so much more than the version.
const VERSION_OFFSET: u64 = 55;
/// More than the activation of our largest program takes besides.
pub const LARGEST_ACTIVATION: u64 = 8_000_000;
/// Most gas of one transaction where the chain does not say.
const TRANSACTION_GAS: u64 = 32_000_000;

/// What a deployment depends on and the chain decides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Conditions {
    /// As `eth_chainId` answers.
    pub chain_id: u64,
    /// Version of ArbOS, 61 say: what `ArbSys.arbOSVersion` answers, less 55.
    pub arbos: u64,
    /// Version of Stylus that programs are activated for, as `ArbWasm.stylusVersion` answers.
    pub stylus: u16,
    /// Most of one program; 0 where the chain knows none.
    pub fragments: u8,
    /// What the owner has put on top of every activation.
    pub activation_gas: u64,
    /// Most gas of one transaction.
    pub transaction_gas: u64,
}

impl Conditions {
    /// Asks the chain's precompiles. What its version does not know takes the default that the fields name.
    ///
    /// # Errors
    /// The node does not answer, or is not of an Arbitrum chain.
    pub async fn of(provider: &impl Provider) -> Result<Self> {
        let chain_id = provider.get_chain_id().await.map_err(|error| ChainError::rpc("eth_chainId", error))?;
        let version = chain::view(provider, ARB_SYS, ArbSys::arbOSVersionCall {}).await?;
        let fragments = known(provider, ARB_OWNER_PUBLIC, ArbOwnerPublic::getMaxStylusContractFragmentsCall {}).await?;
        let activation_gas = known(provider, ARB_WASM, ArbWasm::activationGasCall {}).await?;
        Ok(Self {
            chain_id,
            arbos: u64::try_from(version).unwrap_or(u64::MAX).saturating_sub(VERSION_OFFSET),
            stylus: chain::view(provider, ARB_WASM, ArbWasm::stylusVersionCall {}).await?,
            fragments: fragments.unwrap_or(0),
            activation_gas: activation_gas.unwrap_or(0),
            transaction_gas: transaction_gas(provider).await?,
        })
    }

    /// Why nothing can be activated now, and what is needed.
    pub fn paused(&self) -> Option<String> {
        let Self { chain_id, activation_gas, transaction_gas, .. } = *self;
        (activation_gas.saturating_add(LARGEST_ACTIVATION) > transaction_gas).then(|| {
            format!(
                "activations are paused on chain {chain_id}: ArbWasm.activationGas() is {activation_gas}, and a transaction may use \
                 {transaction_gas}, of which a program of ours takes up to {LARGEST_ACTIVATION}. The chain's owner ends it (ArbOwner.setWasmActivationGas); wait until `activationGas()` is low again"
            )
        })
    }

    /// Why a program of so many fragments cannot be activated, and what is needed.
    pub fn too_many(&self, name: &str, fragments: usize) -> Option<String> {
        let Self { chain_id, arbos, fragments: most, .. } = *self;
        if fragments <= usize::from(most) {
            return None;
        }
        let says = if most == 0 { "knows no fragments".to_owned() } else { format!("takes at most {most}") };
        let needed = if arbos < 60 {
            "ArbOS 60 or later"
        } else {
            "its owner to raise that (ArbOwner.setMaxStylusContractFragments)"
        };
        Some(format!(
            "{name} takes {fragments} fragments, and chain {chain_id} at ArbOS {arbos} {says}: it needs {needed}"
        ))
    }
}

async fn transaction_gas(provider: &impl Provider) -> Result<u64> {
    let most = match known(provider, ARB_GAS_INFO, ArbGasInfo::getMaxTxGasLimitCall {}).await? {
        Some(most) => Some(most),
        None => {
            let earlier = known(provider, ARB_GAS_INFO, ArbGasInfo::getGasAccountingParamsCall {}).await?;
            earlier.map(|parameters| parameters.maxTxGasLimit)
        }
    };
    Ok(most.and_then(|most| u64::try_from(most).ok()).unwrap_or(TRANSACTION_GAS))
}

/// Nothing where the chain's version does not know the function.
async fn known<C: SolCall>(provider: &impl Provider, to: Address, call: C) -> Result<Option<C::Return>> {
    match chain::view(provider, to, call).await {
        Ok(answer) => Ok(Some(answer)),
        Err(ChainError::Reverted { .. } | ChainError::Decode { .. }) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONE: Conditions = Conditions {
        chain_id: 42_161,
        arbos: 61,
        stylus: 3,
        fragments: 4,
        activation_gas: 0,
        transaction_gas: 32_000_000,
    };

    #[test]
    fn a_pause_is_activation_gas_beyond_any_transaction() {
        assert_eq!(ONE.paused(), None);
        assert_eq!(Conditions { activation_gas: 24_000_000, ..ONE }.paused(), None, "dear, but it can be paid");
        assert!(Conditions { activation_gas: 24_000_001, ..ONE }.paused().is_some());
        let why = Conditions { activation_gas: u64::MAX, ..ONE }.paused().unwrap();
        assert!(why.contains("is 18446744073709551615, and a transaction may use 32000000"), "{why}");
    }

    #[test]
    fn missing_fragments_name_what_is_needed() {
        assert_eq!(ONE.too_many("margin-escrow", 4), None);
        let old = Conditions { arbos: 51, fragments: 0, ..ONE }.too_many("margin-escrow", 2).unwrap();
        assert!(old.contains("at ArbOS 51 knows no fragments: it needs ArbOS 60 or later"), "{old}");
        let small = Conditions { fragments: 2, ..ONE }.too_many("margin-escrow", 3).unwrap();
        assert!(small.contains("takes at most 2: it needs its owner to raise that"), "{small}");
    }
}
