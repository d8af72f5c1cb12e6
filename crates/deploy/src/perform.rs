//! Doing a step: one transaction each.
use crate::gas::Gas;
use crate::record::Creates;
use crate::run::{Outcome, Run};
use crate::sender::Order;
use crate::step::Step;
use crate::timelock::{self, TIMELOCK, Timelock};
use abi::oracle::PriceOracle;
use abi::registry::EligibilityRegistry;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::sol_types::{SolCall, SolValue};
use anyhow::{Context, Result, bail};
use chain::ChainError;
use chain::deploy::{ARB_WASM, ArbWasm, init_code, stylus_constructorCall};
use chain::deployment::{ESCROW, EXAMINER, ORACLE, REGISTRY, TokenRecord, VERIFIER};

/// Wei: what is offered for an activation, whose surplus comes back; its data fee is far below.
const ACTIVATION_VALUE: u64 = 100_000_000_000_000_000;
/// Several times what the timelock takes to accept both contracts. No estimate will do: where no block was made since, it is one of the
/// time before the delay ended.
const ACCEPTANCE_GAS: u64 = 1_000_000;

impl Run<'_> {
    /// Sends what a step takes, done or not.
    pub(crate) async fn perform(&mut self, step: Step) -> Result<Outcome> {
        let title = step.title(self.network);
        let before = self.sender.spent.len();
        let outcome = match step {
            Step::Cache(name) => self.cache(&title, name).await?,
            Step::Schedule => self.schedule(&title).await?,
            Step::Accept => self.accept(&title).await?,
            _ => self.plain(step, &title).await.map(|()| None)?,
        };
        let spent = self.sender.spent.iter().skip(before);
        let gas = spent.clone().map(|spent| spent.gas).sum();
        let data_gas = spent.map(|spent| spent.data_gas).sum();
        Ok(outcome.unwrap_or(Outcome::Done { gas, data_gas }))
    }

    async fn plain(&mut self, step: Step, title: &str) -> Result<()> {
        let order = match step {
            Step::Fragment(name, at) => self.fragment(title, name, at)?,
            Step::Create(name) => Order::create(title, name, init_code(&self.entry_code(name)?)),
            Step::Timelock => Order::create(title, TIMELOCK, self.timelock_code()?),
            Step::Activate(name) => self.activation(title, name).await?,
            Step::Construct(name) => Order::call(title, self.known(name)?, self.constructor(name)?),
            Step::Reporters => Order::call(title, self.known(ORACLE)?, self.reporters()?),
            Step::List(at) => Order::call(title, self.known(REGISTRY)?, self.listing(at)?),
            Step::Participant(at) => Order::call(title, self.known(REGISTRY)?, self.participant(at)?),
            Step::Guardian => Order::call(title, self.known(REGISTRY)?, self.guardian()),
            Step::Pauser => Order::call(title, self.known(REGISTRY)?, self.pauser()),
            Step::UptimeFeed => Order::call(title, self.known(REGISTRY)?, self.uptime_feed()),
            Step::Offer(name) => Order::call(title, self.known(name)?, self.offer()?),
            Step::Cache(_) | Step::Schedule | Step::Accept => bail!("{title} is not a plain transaction"),
        };
        if let Err(error) = self.sender.transact(order).await {
            // Anybody may activate: who was faster makes ours revert.
            let is_over = self.sender.record.pending.is_none();
            if !(is_over && self.is_done(step).await?) {
                return Err(error);
            }
        }
        match step {
            Step::List(at) => self.keep_token(at).await,
            _ => Ok(()),
        }
    }

    fn fragment<'t>(&self, title: &'t str, name: &str, at: usize) -> Result<Order<'t>> {
        let fragments = self.artifacts.fragments(name)?;
        let code = fragments.get(at).with_context(|| format!("{name} has no fragment {at}"))?;
        Ok(Order::place(title, Creates::Fragment { of: name.to_owned(), at }, init_code(code)))
    }

    fn known(&self, name: &str) -> Result<Address> {
        self.address(name).with_context(|| format!("{name} is not deployed yet"))
    }

    /// With what the call asks for and a fifth more; at most what the deployer has.
    async fn activation<'a>(&self, title: &'a str, name: &str) -> Result<Order<'a>> {
        let program = self.known(name)?;
        let input = ArbWasm::activateProgramCall { program }.abi_encode();
        let (provider, from) = (&self.sender.provider, self.sender.address());
        let held = provider.get_balance(from).await.map_err(|error| ChainError::rpc("eth_getBalance", error))?;
        let most = U256::from(ACTIVATION_VALUE).min(held / U256::from(2));
        let request = TransactionRequest::default().with_from(from).with_to(ARB_WASM).with_input(input.clone());
        let answer = provider.call(request.with_value(most)).await.map_err(|error| ChainError::rpc(title, error))?;
        let fee = ArbWasm::activateProgramCall::abi_decode_returns(&answer).context("reading the data fee")?.dataFee;
        Ok(Order { value: fee + fee / U256::from(5), ..Order::call(title, ARB_WASM, input) })
    }

    fn constructor(&self, name: &str) -> Result<Vec<u8>> {
        let deployer = self.sender.address();
        let arguments = match name {
            ORACLE => deployer.abi_encode(),
            REGISTRY => (deployer, self.known(ORACLE)?).abi_encode(),
            ESCROW => (self.known(REGISTRY)?, self.known(VERIFIER)?, self.known(EXAMINER)?).abi_encode(),
            other => bail!("no constructor is known for {other}"),
        };
        Ok([stylus_constructorCall::SELECTOR.as_slice(), &arguments].concat())
    }

    fn reporters(&self) -> Result<Vec<u8>> {
        let set = self.network.oracle.as_ref().context("the network file has no oracle")?.set();
        Ok(PriceOracle::setReportersCall { set }.abi_encode())
    }

    fn listing(&self, at: usize) -> Result<Vec<u8>> {
        let terms = self.network.assets.get(at).context("no such asset")?.terms()?;
        Ok(EligibilityRegistry::listAssetCall { terms }.abi_encode())
    }

    /// What a run that was killed after its transaction did not write down any more.
    pub(crate) async fn catch_up(&mut self, step: Step) -> Result<()> {
        let known = |symbol: &String| self.sender.record.deployment.tokens.contains_key(symbol);
        match step {
            Step::List(at) if !self.network.assets.get(at).is_some_and(|asset| known(&asset.symbol)) => {
                self.keep_token(at).await
            }
            _ => Ok(()),
        }
    }

    async fn keep_token(&mut self, at: usize) -> Result<()> {
        let asset = self.network.assets.get(at).context("no such asset")?;
        let found = self.ask(REGISTRY, EligibilityRegistry::assetOfCall { token: asset.token }).await?;
        let index = found.with_context(|| format!("the registry does not know {}", asset.symbol))?.index;
        let (class, feed) = (asset.class as u8, asset.feed.clone());
        let token = TokenRecord { address: asset.token, decimals: asset.decimals, index, class, feed };
        self.sender.record.deployment.tokens.insert(asset.symbol.clone(), token);
        self.sender.record.save()
    }

    fn participant(&self, at: usize) -> Result<Vec<u8>> {
        let given = self.network.participants.get(at).context("no such participant")?;
        let (participant, lei, roles) = (given.address, given.lei()?, given.roles());
        Ok(EligibilityRegistry::setParticipantCall { participant, lei, roles }.abi_encode())
    }

    fn guardian(&self) -> Vec<u8> {
        let guardian = self.network.governance.guardian.unwrap_or_default();
        EligibilityRegistry::setGuardianCall { guardian }.abi_encode()
    }

    fn pauser(&self) -> Vec<u8> {
        let pauser = self.network.governance.pauser.unwrap_or_default();
        EligibilityRegistry::setPauserCall { pauser }.abi_encode()
    }

    fn uptime_feed(&self) -> Vec<u8> {
        let feed = self.network.uptime_feed.unwrap_or_default();
        EligibilityRegistry::setUptimeFeedCall { feed }.abi_encode()
    }

    fn timelock_code(&self) -> Result<Vec<u8>> {
        let delay = self.network.governance.timelock_delay.context("governance has no timelock_delay")?;
        let arguments = timelock::arguments(&self.network.governance, delay, self.sender.address());
        Ok([self.artifacts.token(TIMELOCK)?, arguments].concat())
    }

    fn offer(&self) -> Result<Vec<u8>> {
        let governor = self.governor().context("there is no governor yet")?;
        Ok(PriceOracle::transferOwnershipCall { newOwner: governor }.abi_encode())
    }

    async fn schedule(&mut self, title: &str) -> Result<Option<Outcome>> {
        let timelock = self.known(TIMELOCK)?;
        let delay = self.ask(TIMELOCK, Timelock::getMinDelayCall {}).await?.context("the timelock does not answer")?;
        let input = self.acceptance().schedule(delay);
        let proposers = &self.network.governance.proposers;
        if !proposers.is_empty() && !proposers.contains(&self.sender.address()) {
            let call = alloy::hex::encode_prefixed(input);
            return Ok(Some(Outcome::Waits(format!("a proposer must send this to the timelock {timelock}: {call}"))));
        }
        self.sender.transact(Order::call(title, timelock, input)).await?;
        Ok(None)
    }

    async fn accept(&mut self, title: &str) -> Result<Option<Outcome>> {
        let timelock = self.known(TIMELOCK)?;
        let id = self.acceptance_id().await?.context("the timelock does not answer")?;
        let due =
            self.ask(TIMELOCK, Timelock::getTimestampCall { id }).await?.context("the timelock does not answer")?;
        let now = chain::time::now(&self.sender.provider).await?;
        if due > U256::from(now) {
            let left = due.saturating_sub(U256::from(now));
            let why = format!("the timelock's delay has {left} s to go, until {due}; run the same command then");
            return Ok(Some(Outcome::Waits(why)));
        }
        let executors = &self.network.governance.executors;
        let input = self.acceptance().execute();
        if !executors.is_empty() && !executors.contains(&self.sender.address()) {
            let call = alloy::hex::encode_prefixed(input);
            return Ok(Some(Outcome::Waits(format!("an executor must send this to the timelock {timelock}: {call}"))));
        }
        let order = Order { gas: Gas::Within(ACCEPTANCE_GAS), ..Order::call(title, timelock, input) };
        self.sender.transact(order).await?;
        Ok(None)
    }
}
