//! The one holder of the relayer's key and of its nonce.
use alloy::consensus::TxEip1559;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, B256, Bytes, TxKind, U256};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::state::{AccountOverride, StateOverride};
use alloy::rpc::types::{TransactionReceipt, TransactionRequest};
use alloy::signers::local::PrivateKeySigner;
use chain::intent::Intent;
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
    /// With the fee that it pays at most, wei for a unit of gas.
    Signed(Intent, u128),
    Broke(Short),
    /// Gas costs more than the operator allows.
    Dear {
        price: u128,
        most: u128,
    },
}

/// What bidding again comes to.
pub enum Bid {
    /// What was bid is enough, or more cannot be paid.
    Enough,
    /// Gas costs more than the operator allows.
    Dear {
        price: u128,
        most: u128,
    },
    Signed(Intent, u128),
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

/// How long a balance that was enough is taken for granted, and a price of gas or data.
const BALANCE_HOLDS: Duration = Duration::from_secs(10);
const PRICE_HOLDS: Duration = Duration::from_secs(1);
const DATA_HOLDS: Duration = Duration::from_secs(5);

pub struct Sender {
    provider: DynProvider,
    key: PrivateKeySigner,
    chain_id: u64,
    escrow: Address,
    nonce: u64,
    /// The key's, and when it was read.
    balance: Option<(U256, Instant)>,
    /// Wei for a unit of gas, and when it was asked for.
    price: Option<(u128, Instant)>,
    /// Gas for a thousand bytes of calldata that do not compress, and when it was asked for.
    data: Option<(u64, Instant)>,
    /// Wei for a unit of gas that the operator pays at most.
    most: Option<u128>,
}

impl Sender {
    pub async fn new(
        provider: DynProvider,
        key: PrivateKeySigner,
        chain_id: u64,
        escrow: Address,
        most: Option<u128>,
    ) -> Result<Self, ChainError> {
        let (nonce, balance, price, data) = Default::default();
        let mut sender = Self { provider, key, chain_id, escrow, nonce, balance, price, data, most };
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
    pub async fn short_of(&mut self, gas_limit: u64) -> Result<Option<Short>, ChainError> {
        let price = self.price().await?;
        let max_fee = self.most.map_or(price.saturating_mul(2), |most| price.saturating_mul(2).min(most));
        let needed = U256::from(gas_limit).saturating_mul(U256::from(max_fee));
        let balance = self.balance(needed).await?;
        Ok((balance < needed).then(|| Short { key: self.key.address(), balance, needed }))
    }

    /// Signs the calldata under the next nonce. Nothing is signed that the key cannot pay, or that costs more than allowed.
    pub async fn intend(&mut self, calldata: Vec<u8>, gas_limit: u64) -> Result<Intended, ChainError> {
        let price = self.price().await?;
        let max_fee = self.most.map_or(price.saturating_mul(2), |most| price.saturating_mul(2).min(most));
        if max_fee < price {
            return Ok(Intended::Dear { price, most: max_fee });
        }
        self.sign(self.nonce, calldata, gas_limit, max_fee).await
    }

    /// Signs the same once more for a higher fee, where gas costs more than `paid`. Nodes that replace transactions want an
    /// eighth more at least.
    pub async fn outbid(
        &mut self,
        nonce: u64,
        calldata: Vec<u8>,
        gas_limit: u64,
        paid: u128,
    ) -> Result<Bid, ChainError> {
        self.price = None;
        let price = self.price().await?;
        if price <= paid {
            return Ok(Bid::Enough);
        }
        let wanted = price.saturating_mul(2).max(paid.saturating_add(paid / 8).saturating_add(1));
        let max_fee = self.most.map_or(wanted, |most| wanted.min(most));
        if max_fee < price {
            return Ok(Bid::Dear { price, most: max_fee });
        }
        Ok(match self.sign(nonce, calldata, gas_limit, max_fee).await? {
            Intended::Signed(intent, max_fee) => Bid::Signed(intent, max_fee),
            _ => Bid::Enough,
        })
    }

    async fn sign(
        &mut self,
        nonce: u64,
        calldata: Vec<u8>,
        gas_limit: u64,
        max_fee: u128,
    ) -> Result<Intended, ChainError> {
        let tx = TxEip1559 {
            chain_id: self.chain_id,
            nonce,
            gas_limit,
            max_fee_per_gas: max_fee,
            max_priority_fee_per_gas: 0,
            to: TxKind::Call(self.escrow),
            value: U256::ZERO,
            access_list: Default::default(),
            input: calldata.into(),
        };
        let needed = U256::from(tx.gas_limit).saturating_mul(U256::from(tx.max_fee_per_gas));
        let balance = self.balance(needed).await?;
        if balance < needed {
            return Ok(Intended::Broke(Short { key: self.key.address(), balance, needed }));
        }
        Ok(Intended::Signed(Intent::sign(tx, &self.key)?, max_fee))
    }

    /// Wei for a unit of gas, asked for once a second.
    pub async fn price(&mut self) -> Result<u128, ChainError> {
        if let Some((price, read)) = self.price
            && read.elapsed() < PRICE_HOLDS
        {
            return Ok(price);
        }
        let price = self.provider.get_gas_price().await.map_err(|error| ChainError::rpc("eth_gasPrice", error))?;
        self.price = Some((price, Instant::now()));
        Ok(price)
    }

    /// Gas that so many bytes of calldata cost for the parent chain, from above; 0 on a chain that has no such price.
    pub async fn data_gas(&mut self, bytes: usize) -> Result<u64, ChainError> {
        let held = self.data.filter(|(_, read)| read.elapsed() < DATA_HOLDS).map(|(gas, _)| gas);
        let per_thousand = match held {
            Some(gas) => gas,
            None => {
                let gas = chain::gas::limit(&self.provider, self.escrow, &incompressible(), 0).await?;
                self.data = Some((gas, Instant::now()));
                gas
            }
        };
        Ok(per_thousand.saturating_mul(bytes as u64 / 1_000 + 1))
    }

    /// The key's, read anew where it is old or not enough.
    async fn balance(&mut self, needed: U256) -> Result<U256, ChainError> {
        if let Some((balance, read)) = self.balance
            && balance >= needed
            && read.elapsed() < BALANCE_HOLDS
        {
            return Ok(balance);
        }
        let balance = self.holds().await?;
        self.balance = Some((balance, Instant::now()));
        Ok(balance)
    }

    /// The intent is on its way for certain: its nonce is used up.
    pub const fn spend(&mut self, nonce: u64) {
        if nonce >= self.nonce {
            self.nonce = nonce + 1;
        }
    }

    /// The key's, wei.
    pub async fn holds(&self) -> Result<U256, ChainError> {
        let balance = self.provider.get_balance(self.key.address()).await;
        balance.map_err(|error| ChainError::rpc("eth_getBalance", error))
    }

    /// A refusal may be for want of gas money, or of a higher fee.
    pub const fn refused(&mut self) {
        (self.balance, self.price) = (None, None);
    }

    pub const fn provider(&self) -> &DynProvider {
        &self.provider
    }

    pub async fn receipt(&self, tx: B256) -> Result<Option<TransactionReceipt>, ChainError> {
        let receipt = self.provider.get_transaction_receipt(tx).await;
        receipt.map_err(|error| ChainError::rpc(format!("receipt of {tx}"), error))
    }
}

/// A thousand bytes as statements and leaves are: hashes.
fn incompressible() -> Vec<u8> {
    let hashes = (0u64..).map(|at| alloy::primitives::keccak256(at.to_be_bytes()));
    hashes.flat_map(|hash| hash.0).take(1_000).collect()
}

/// Why nothing is sent though the key could pay.
pub fn dear(price: u128, most: u128) -> String {
    format!("gas costs {price} wei, and the operator pays {most} at most (--max-fee-gwei)")
}
