//! Whether a step is done, by the chain's word.
use crate::run::Run;
use crate::step::{OWNED, PROGRAMS, Step};
use crate::timelock::{Acceptance, TIMELOCK, Timelock};
use abi::escrow::MarginEscrow;
use abi::oracle::PriceOracle;
use abi::registry::EligibilityRegistry;
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use alloy::rpc::types::Filter;
use alloy::sol_types::{SolCall, SolEvent};
use anyhow::{Result, bail, ensure};
use chain::ChainError;
use chain::deploy::{ARB_WASM, ARB_WASM_CACHE, ArbWasm, ArbWasmCache};
use chain::deployment::{ESCROW, EXAMINER, ORACLE, REGISTRY, VERIFIER};

impl Run<'_> {
    /// Whether the chain shows a step done. False as well where what it builds on is not there yet.
    ///
    /// # Errors
    /// The node does not answer; or something stands there that this deployment did not make: other code, other terms, another constructor.
    pub async fn is_done(&self, step: Step) -> Result<bool> {
        match step {
            Step::Fragment(name, at) => self.has_fragment(name, at).await,
            Step::Create(name) => self.has_program(name).await,
            Step::Activate(name) => self.is_active(name).await,
            Step::Cache(name) => self.is_cached(name).await,
            Step::Construct(name) => self.is_constructed(name).await,
            Step::Reporters => self.has_reporters().await,
            Step::List(at) => self.is_listed(at).await,
            Step::Participant(at) => self.has_roles(at).await,
            Step::Guardian => {
                let named = self.ask(REGISTRY, EligibilityRegistry::guardianCall {}).await?;
                Ok(named.is_some() && named == self.network.governance.guardian)
            }
            Step::Pauser => {
                let named = self.ask(REGISTRY, EligibilityRegistry::pauserCall {}).await?;
                Ok(named.is_some() && named == self.network.governance.pauser)
            }
            Step::UptimeFeed => {
                let named = self.ask(REGISTRY, EligibilityRegistry::uptimeFeedCall {}).await?;
                Ok(named.is_some() && named == self.network.uptime_feed)
            }
            Step::Timelock => self.has_timelock().await,
            Step::Offer(name) => self.is_offered(name).await,
            Step::Schedule => Ok(self.is_scheduled().await? || self.is_governed().await?),
            Step::Accept => self.is_governed().await,
        }
    }

    /// Asks a contract of the record; nothing where it is not there, is not active or does not answer that yet.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn ask<C: SolCall>(&self, name: &str, call: C) -> Result<Option<C::Return>> {
        let Some(address) = self.address(name) else { return Ok(None) };
        // Calling it would not tell: a program that is not active takes all gas and reverts with nothing.
        if PROGRAMS.contains(&name) && !self.is_active(name).await? {
            return Ok(None);
        }
        self.ask_at(address, call).await
    }

    /// The same of any address.
    pub(crate) async fn ask_at<C: SolCall>(&self, address: Address, call: C) -> Result<Option<C::Return>> {
        match chain::view(&self.sender.provider, address, call).await {
            Ok(answer) => Ok(Some(answer)),
            // Not constructed or not listed: in time it will answer.
            Err(ChainError::Reverted { .. } | ChainError::Decode { .. }) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a program runs, by `ArbWasm`'s word: one that lapsed, or is of a Stylus version that the chain has left behind, does not.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn is_active(&self, name: &str) -> Result<bool> {
        let Some(program) = self.address(name) else { return Ok(false) };
        Ok(self.ask_at(ARB_WASM, ArbWasm::programVersionCall { program }).await?.is_some_and(|version| version > 0))
    }

    /// Those that ran once and do not now: lapsed, or of a Stylus version that the chain has left behind.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn stopped(&self) -> Result<Vec<&'static str>> {
        let mut stopped = Vec::new();
        for name in PROGRAMS {
            let Some(program) = self.address(name) else { continue };
            let answer = chain::view(&self.sender.provider, ARB_WASM, ArbWasm::programVersionCall { program }).await;
            if let Err(ChainError::Reverted { revert, .. }) = answer
                && (revert.is::<ArbWasm::ProgramExpired>().is_some()
                    || revert.is::<ArbWasm::ProgramNeedsUpgrade>().is_some())
            {
                stopped.push(name);
            }
        }
        Ok(stopped)
    }

    async fn is_cached(&self, name: &str) -> Result<bool> {
        let Some(contract) = self.sender.record.deployment.contracts.get(name) else { return Ok(false) };
        let codehash = contract.code_hash;
        let cached = self.ask_at(ARB_WASM_CACHE, ArbWasmCache::codehashIsCachedCall { codehash }).await?;
        Ok(cached == Some(true))
    }

    /// A program can be constructed once, by anyone: who was faster shows here.
    async fn is_constructed(&self, name: &str) -> Result<bool> {
        if !self.is_active(name).await? {
            return Ok(false);
        }
        let wires = match name {
            ESCROW => vec![
                (self.ask(ESCROW, MarginEscrow::registryCall {}).await?, self.address(REGISTRY)),
                (self.ask(ESCROW, MarginEscrow::verifierCall {}).await?, self.address(VERIFIER)),
                (self.ask(ESCROW, MarginEscrow::examinerCall {}).await?, self.address(EXAMINER)),
            ],
            REGISTRY => vec![(self.ask(REGISTRY, EligibilityRegistry::oracleCall {}).await?, self.address(ORACLE))],
            _ => vec![(self.owner(name).await?, None)],
        };
        if wires.iter().all(|(given, _)| given.is_none_or(|given| given.is_zero())) {
            return Ok(false);
        }
        let wired = wires.iter().all(|(given, expected)| expected.is_none() || given == expected);
        let owner = if OWNED.contains(&name) { self.owner(name).await? } else { None };
        let known = |owner| owner == self.sender.address() || Some(owner) == self.governor();
        // Whoever only looks cannot tell the deployer from another.
        let ours = !self.sender.signs() || owner.is_none_or(known);
        if !ours || !wired {
            bail!(
                "{name} was constructed by somebody else, or by another key: it is not ours; take it out of the record and deploy it anew"
            );
        }
        Ok(true)
    }

    /// Owner of oracle or registry; nothing where it is not constructed yet.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn owner(&self, name: &str) -> Result<Option<Address>> {
        self.ask(name, PriceOracle::ownerCall {}).await
    }

    async fn has_reporters(&self) -> Result<bool> {
        let Some(oracle) = &self.network.oracle else { return Ok(true) };
        let expected = abi::packed::reporter_set_hash(&oracle.set());
        Ok(self.ask(ORACLE, PriceOracle::reporterSetHashCall {}).await? == expected)
    }

    async fn is_listed(&self, at: usize) -> Result<bool> {
        let Some(asset) = self.network.assets.get(at) else { return Ok(true) };
        let found = self.ask(REGISTRY, EligibilityRegistry::assetOfCall { token: asset.token }).await?;
        let Some(found) = found else { return Ok(false) };
        let terms = self.ask(REGISTRY, EligibilityRegistry::assetAtCall { index: found.index }).await?;
        ensure!(terms == Some(asset.terms()?), "{} is listed with other terms than the network file's", asset.symbol);
        Ok(true)
    }

    async fn has_roles(&self, at: usize) -> Result<bool> {
        let Some(given) = self.network.participants.get(at) else { return Ok(true) };
        let found = self.ask(REGISTRY, EligibilityRegistry::rolesCall { participant: given.address }).await?;
        let lei = given.lei()?;
        Ok(found.is_some_and(|found| found.roles == given.roles() && found.lei == lei))
    }

    /// The newest offer was to the governor, or it has accepted.
    async fn is_offered(&self, name: &str) -> Result<bool> {
        let (Some(contract), Some(governor)) = (self.sender.record.deployment.contracts.get(name), self.governor())
        else {
            return Ok(false);
        };
        if self.owner(name).await? == Some(governor) {
            return Ok(true);
        }
        let started = PriceOracle::OwnershipTransferStarted::SIGNATURE_HASH;
        let filter = Filter::new().address(contract.address).event_signature(started).from_block(contract.block);
        let logs =
            self.sender.provider.get_logs(&filter).await.map_err(|error| ChainError::rpc("eth_getLogs", error))?;
        let newest = logs.last().and_then(|log| log.topics().get(2).copied());
        Ok(newest == Some(governor.into_word()))
    }

    /// Whether the governor owns oracle and registry.
    ///
    /// # Errors
    /// The node does not answer.
    pub async fn is_governed(&self) -> Result<bool> {
        let governor = self.governor();
        for name in OWNED {
            let owner = self.owner(name).await?;
            if owner.is_none() || owner != governor {
                return Ok(false);
            }
        }
        Ok(true)
    }

    async fn is_scheduled(&self) -> Result<bool> {
        let Some(id) = self.acceptance_id().await? else { return Ok(false) };
        Ok(self.ask(TIMELOCK, Timelock::isOperationCall { id }).await? == Some(true))
    }

    /// The timelock's one operation: accepting what it was offered.
    pub(crate) fn acceptance(&self) -> Acceptance {
        Acceptance::of(OWNED.iter().filter_map(|name| self.address(name)).collect())
    }

    /// Its number, by the timelock's own hash; nothing where there is no timelock yet.
    pub(crate) async fn acceptance_id(&self) -> Result<Option<B256>> {
        self.ask(TIMELOCK, self.acceptance().id()).await
    }
}
