//! Submit: one transaction from calldata to the node.
//!
//! ```text
//! simulated ──refused──▶ a revert action: an offender is left out, or back off
//!     │       ──too large──▶ less of it
//!     │ passes   (a key that cannot pay asks no agent and signs nothing)
//! asked      ──not signed──▶ what the agents name waits; an earlier set of theirs goes first
//!     │ signed by the house's agents
//! intended   journaled with nonce, hash and raw bytes before anything is sent
//!     │ sent
//! pending ──receipt, status 0──▶ reverted: its fills queue again
//!     │ receipt, status 1
//! included   block hash known; events settle its fills
//! ```
//! A process that dies anywhere leaves either nothing or an intent. The next one asks the chain for the intent's
//! receipt, and sends the same bytes again where there is none: one nonce, so one of them at most.
use alloy::consensus::TxEip1559;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::state::{AccountOverride, StateOverride};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::signers::local::PrivateKeySigner;
use chain::intent::send_raw;
pub use chain::intent::{Intent, Sent};
use chain::{ChainError, Revert};
use std::time::{Duration, Instant};

/// What the node says to a transaction that is not sent yet.
#[derive(Debug)]
pub enum Simulation {
    Passes {
        gas: u64,
    },
    Refused(Revert),
    /// Too much for one transaction, in the node's words.
    TooLarge(String),
}

/// What signing comes to.
pub enum Intended {
    Signed(Intent),
    Broke(Short),
}

/// The key cannot pay, wei.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Short {
    pub key: Address,
    pub balance: U256,
    pub needed: U256,
}

impl std::fmt::Display for Short {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { key, balance, needed } = self;
        write!(
            formatter,
            "the relayer's key {key} has {balance} wei, a transaction may cost {needed}: send it gas money"
        )
    }
}

/// A contract that answers every question with `isValidSignature`'s yes (ERC-1271).
const APPROVES: [u8; 16] =
    [0x63, 0x16, 0x26, 0xba, 0x7e, 0x60, 0xe0, 0x1b, 0x60, 0x00, 0x52, 0x60, 0x20, 0x60, 0x00, 0xf3];

/// How long a balance that was enough is taken for granted.
const BALANCE_HOLDS: Duration = Duration::from_secs(10);

/// The one holder of the relayer's key and of its nonce.
pub struct Sender {
    provider: DynProvider,
    key: PrivateKeySigner,
    chain_id: u64,
    escrow: Address,
    nonce: u64,
    /// The key's, and when it was read.
    balance: Option<(U256, Instant)>,
    /// Of gas, when a transaction was last signed or could not be paid.
    last_price: Option<u128>,
}

/// Gas of a transaction, with room for what the price of data may do until it is included.
const fn limit(gas: u64) -> u64 {
    gas.saturating_add(gas / 4).saturating_add(50_000)
}

/// The most that a transaction may cost, wei.
fn cost(gas_limit: u64, price: u128) -> U256 {
    U256::from(gas_limit).saturating_mul(U256::from(price.saturating_mul(2)))
}

impl Sender {
    pub async fn new(
        provider: DynProvider,
        key: PrivateKeySigner,
        chain_id: u64,
        escrow: Address,
    ) -> Result<Self, ChainError> {
        let mut sender = Self { provider, key, chain_id, escrow, nonce: 0, balance: None, last_price: None };
        sender.refresh_nonce().await?;
        Ok(sender)
    }

    /// Takes the nonce from the chain again.
    pub async fn refresh_nonce(&mut self) -> Result<(), ChainError> {
        let nonce = self.provider.get_transaction_count(self.key.address()).await;
        self.nonce = nonce.map_err(|error| ChainError::rpc("eth_getTransactionCount", error))?;
        Ok(())
    }

    /// Runs the calldata without sending it; the same call measures its gas, of execution and data, as far as the node lets
    /// a transaction go.
    /// `agents` approve whatever they are asked, as wallets do: for a call that they are yet to sign.
    pub async fn simulate(&self, calldata: &[u8], agents: &[Address]) -> Result<Simulation, ChainError> {
        let request = TransactionRequest::default()
            .with_from(self.key.address())
            .with_to(self.escrow)
            .with_input(Bytes::copy_from_slice(calldata));
        let approving = |agent: &Address| (*agent, AccountOverride::default().with_code(Bytes::from_static(&APPROVES)));
        let overrides: Option<StateOverride> = (!agents.is_empty()).then(|| agents.iter().map(approving).collect());
        let estimate = self.provider.estimate_gas(request).overrides_opt(overrides);
        match estimate.await.map_err(|error| ChainError::rpc("eth_estimateGas", error)) {
            Ok(gas) => Ok(Simulation::Passes { gas }),
            Err(ChainError::Reverted { revert, .. }) => Ok(Simulation::Refused(revert)),
            Err(ChainError::TooLarge { reason, .. }) => Ok(Simulation::TooLarge(reason)),
            Err(error) => Err(error),
        }
    }

    pub const fn address(&self) -> Address {
        self.key.address()
    }

    /// What the key lacks for a transaction of so much gas.
    pub async fn short_of(&mut self, gas: u64) -> Result<Option<Short>, ChainError> {
        // At the price that was paid last: asking for today's costs a call, and whoever signs asks.
        let needed = self.last_price.map(|price| cost(limit(gas), price));
        let Some(needed) = needed else { return Ok(None) };
        let balance = self.balance(needed).await?;
        Ok((balance < needed).then(|| Short { key: self.key.address(), balance, needed }))
    }

    /// Signs the calldata under the next nonce, with room for what the price of data may do until it is included. Nothing is
    /// signed that the key cannot pay.
    pub async fn intend(&mut self, calldata: Vec<u8>, gas: u64) -> Result<Intended, ChainError> {
        let price = self.provider.get_gas_price().await.map_err(|error| ChainError::rpc("eth_gasPrice", error))?;
        let tx = TxEip1559 {
            chain_id: self.chain_id,
            nonce: self.nonce,
            gas_limit: limit(gas),
            max_fee_per_gas: price.saturating_mul(2),
            max_priority_fee_per_gas: 0,
            to: TxKind::Call(self.escrow),
            value: U256::ZERO,
            access_list: Default::default(),
            input: calldata.into(),
        };
        self.last_price = Some(price);
        let needed = cost(tx.gas_limit, price);
        let balance = self.balance(needed).await?;
        if balance < needed {
            return Ok(Intended::Broke(Short { key: self.key.address(), balance, needed }));
        }
        Intent::sign(tx, &self.key).map(Intended::Signed)
    }

    /// The key's, read anew where it is old or not enough.
    async fn balance(&mut self, needed: U256) -> Result<U256, ChainError> {
        if let Some((balance, read)) = self.balance
            && balance >= needed
            && read.elapsed() < BALANCE_HOLDS
        {
            return Ok(balance);
        }
        let balance = self.provider.get_balance(self.key.address()).await;
        let balance = balance.map_err(|error| ChainError::rpc("eth_getBalance", error))?;
        self.balance = Some((balance, Instant::now()));
        Ok(balance)
    }

    /// The intent is on its way for certain: its nonce is used up.
    pub const fn spend(&mut self, nonce: u64) {
        if nonce >= self.nonce {
            self.nonce = nonce + 1;
        }
    }

    pub async fn send(&mut self, raw: &[u8]) -> Sent {
        let sent = send_raw(&self.provider, raw).await;
        if matches!(sent, Sent::Refused(_)) {
            // Perhaps for want of gas money.
            self.balance = None;
        }
        sent
    }

    pub async fn receipt(&self, tx: B256) -> Result<Option<TransactionReceipt>, ChainError> {
        let receipt = self.provider.get_transaction_receipt(tx).await;
        receipt.map_err(|error| ChainError::rpc(format!("receipt of {tx}"), error))
    }
}
