//! Deployment of the contracts and the test tokens.
use crate::config::{TCASH, USDC, USDE};
use crate::net::Net;
use ::deploy::artifacts::{Artifacts, source_revision};
use alloy::primitives::Address;
use alloy::sol_types::SolValue;
use anyhow::Result;
use chain::deploy::{self, Stylus};
use chain::deployment::{ESCROW, EXAMINER, ORACLE, REGISTRY, TokenRecord, VERIFIER};

impl Net {
    /// Oracle, registry, the programs that the escrow asks, and the escrow, each activated, cached and constructed.
    ///
    /// # Errors
    /// A build is missing (`cargo xtask build`), or the chain refuses it.
    pub async fn deploy_contracts(&mut self, artifacts: &Artifacts) -> Result<()> {
        let registry = self.deploy_prices(artifacts).await?;
        let verifier = self.deploy(artifacts, VERIFIER, Vec::new()).await?;
        let examiner = self.deploy(artifacts, EXAMINER, Vec::new()).await?;
        self.deploy(artifacts, ESCROW, (registry, verifier, examiner).abi_encode()).await?;
        Ok(())
    }

    /// Oracle and registry alone: what reporters need. Returns the registry.
    ///
    /// # Errors
    /// As [`Self::deploy_contracts`].
    pub async fn deploy_prices(&mut self, artifacts: &Artifacts) -> Result<Address> {
        self.deployment.source_revision = source_revision();
        let owner = self.actors.operator.address();
        let oracle = self.deploy(artifacts, ORACLE, owner.abi_encode()).await?;
        self.deploy(artifacts, REGISTRY, (owner, oracle).abi_encode()).await
    }

    async fn deploy(&mut self, artifacts: &Artifacts, name: &str, arguments: Vec<u8>) -> Result<Address> {
        let code = artifacts.code(name)?;
        let program = Stylus { name, from: self.actors.operator.address(), code: &code, arguments, cache: true };
        let created = deploy::stylus(&self.provider, program).await?;
        let address = created.record.address;
        self.places.insert(name.to_owned(), created.place);
        self.deployment.contracts.insert(name.to_owned(), created.record);
        if !created.fragments.is_empty() {
            self.deployment.fragments.insert(name.to_owned(), created.fragments);
        }
        Ok(address)
    }

    /// Two stablecoins and tokenized cash; worthless tokens that the operator mints.
    ///
    /// # Errors
    /// As [`Self::deploy_contracts`].
    pub async fn deploy_tokens(&mut self, artifacts: &Artifacts) -> Result<()> {
        let stablecoin = artifacts.token("TestStablecoin")?;
        let cash = artifacts.token("TokenizedCash")?;
        self.deploy_token(USDC, [stablecoin.clone(), (test(USDC), USDC, 6u16).abi_encode_params()].concat(), 6, 1)
            .await?;
        self.deploy_token(USDE, [stablecoin, (test(USDE), USDE, 18u16).abi_encode_params()].concat(), 18, 1).await?;
        self.deploy_token(TCASH, [cash, (test(TCASH), TCASH).abi_encode_params()].concat(), 6, 2).await
    }

    async fn deploy_token(&mut self, symbol: &str, init: Vec<u8>, decimals: u8, class: u8) -> Result<()> {
        let record = deploy::evm(&self.provider, symbol, self.actors.operator.address(), init).await?;
        let feed = format!("{}-USD", symbol.to_uppercase());
        let token = TokenRecord { address: record.address, decimals, index: 0, class, feed };
        self.deployment.tokens.insert(symbol.to_owned(), token);
        Ok(())
    }
}

/// Name of a test token, also that of its EIP-712 domain.
pub(crate) fn test(symbol: &str) -> String {
    format!("Test {symbol}")
}
