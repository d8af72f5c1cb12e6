//! One transaction at a time from the deployer's key.
use crate::gas::Gas;
use crate::record::{Creates, Pending, Record};
use alloy::consensus::TxEip1559;
use alloy::primitives::{Address, B256, TxKind, U256, keccak256};
use alloy::providers::{DynProvider, Provider};
use alloy::rpc::types::TransactionReceipt;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolEvent;
use anyhow::{Context, Result, bail, ensure};
use chain::deployment::ContractRecord;
use chain::intent::{Intent, Sent, send_raw};
use chain::precompiles::ArbWasm;
use chain::{ChainError, Revert};

/// What a transaction is to do.
pub struct Order<'a> {
    /// For messages and the record.
    pub what: &'a str,
    /// Where in the record belongs what it creates; nothing for a call.
    pub creates: Option<Creates>,
    /// Whom it calls, or that it creates.
    pub to: TxKind,
    /// Wei.
    pub value: U256,
    /// Calldata, or init code.
    pub input: Vec<u8>,
    /// Where its gas limit comes from.
    pub gas: Gas,
}

impl<'a> Order<'a> {
    /// A call without value.
    pub fn call(what: &'a str, to: Address, input: Vec<u8>) -> Self {
        Self { what, creates: None, to: TxKind::Call(to), value: U256::ZERO, input, gas: Gas::Estimated }
    }

    /// A creation of the contract `name` from init code.
    pub fn create(what: &'a str, name: &str, init: Vec<u8>) -> Self {
        Self::place(what, Creates::Contract(name.to_owned()), init)
    }

    /// The same for anything that has a place in the record.
    pub fn place(what: &'a str, creates: Creates, init: Vec<u8>) -> Self {
        Self { what, creates: Some(creates), to: TxKind::Create, value: U256::ZERO, input: init, gas: Gas::Estimated }
    }
}

/// A transaction that was included, for the bill.
#[derive(Clone, Debug)]
pub struct Spent {
    /// To execute it.
    pub gas: u64,
    /// For the parent chain's data; 0 where the node does not say.
    pub data_gas: u64,
    /// Wei that an activation was charged.
    pub activation_fee: U256,
    /// Wei that was paid for a place in the program cache.
    pub bid: U256,
    /// Wei for one gas.
    pub price: u128,
    /// As in its [`Order`].
    pub to: TxKind,
    /// As in its [`Order`].
    pub input: Vec<u8>,
}

/// The deployer: a key, the node that it sends to, and the record that it keeps.
pub struct Sender {
    /// The node; it signs nothing.
    pub provider: DynProvider,
    /// What is deployed and under way.
    pub record: Record,
    /// What this process sent.
    pub spent: Vec<Spent>,
    key: PrivateKeySigner,
    signs: bool,
}

impl Sender {
    /// With the deployer's key.
    pub fn new(provider: DynProvider, key: PrivateKeySigner, record: Record) -> Self {
        Self { provider, record, spent: Vec::new(), key, signs: true }
    }

    /// Without a key, for what only looks.
    pub fn onlooker(provider: DynProvider, record: Record) -> Self {
        Self { signs: false, ..Self::new(provider, PrivateKeySigner::random(), record) }
    }

    /// Whether it has the deployer's key.
    pub const fn signs(&self) -> bool {
        self.signs
    }

    /// The deployer's; of an onlooker an address that nobody has.
    pub fn address(&self) -> Address {
        self.key.address()
    }

    /// Signs, keeps the bytes, sends, waits for the receipt and keeps what came of it.
    ///
    /// # Errors
    /// The record cannot be written, the node refuses the transaction, no receipt comes in time, or it reverted.
    /// Without a receipt it stays in the record as under way, and [`Self::resume`] finds out.
    pub async fn transact(&mut self, order: Order<'_>) -> Result<TransactionReceipt> {
        let tx = self.prepare(&order).await?;
        let (price, input) = (tx.max_fee_per_gas, tx.input.to_vec());
        let intent = Intent::sign(tx, &self.key)?;
        self.record.intend(Pending { what: order.what.to_owned(), creates: order.creates, intent })?;
        let receipt = self.conclude().await?;
        let price = if receipt.effective_gas_price == 0 { price } else { receipt.effective_gas_price };
        let data_gas = self.gas_of_data(receipt.transaction_hash).await;
        let gas = receipt.gas_used.saturating_sub(data_gas);
        let activated = receipt.logs().iter().find_map(|log| ArbWasm::ProgramActivated::decode_log(&log.inner).ok());
        // Of an activation's value the surplus comes back; all other value is a bid.
        let (activation_fee, bid) = activated.map_or((U256::ZERO, order.value), |log| (log.dataFee, U256::ZERO));
        self.spent.push(Spent { gas, data_gas, activation_fee, bid, price, to: order.to, input });
        Ok(receipt)
    }

    /// Finds out what became of the transaction of an interrupted run; its step's title, if there was one.
    ///
    /// # Errors
    /// As [`Self::transact`].
    pub async fn resume(&mut self) -> Result<Option<String>> {
        let Some(pending) = self.record.pending.clone() else { return Ok(None) };
        let nonce =
            self.provider.get_transaction_count(self.address()).await.context("reading the deployer's nonce")?;
        let known = self.provider.get_transaction_receipt(pending.intent.hash).await.context("reading a receipt")?;
        if known.is_none() && nonce > pending.intent.nonce {
            // Another transaction took its nonce: it can never be included.
            self.record.close()?;
        } else {
            self.conclude().await?;
        }
        Ok(Some(pending.what))
    }

    async fn prepare(&self, order: &Order<'_>) -> Result<TxEip1559> {
        let gas_limit = self.gas_limit(order).await?;
        let nonce = self.provider.get_transaction_count(self.address()).await;
        let price = self.provider.get_gas_price().await.map_err(|error| ChainError::rpc("eth_gasPrice", error))?;
        Ok(TxEip1559 {
            chain_id: self.record.deployment.chain_id,
            nonce: nonce.map_err(|error| ChainError::rpc("eth_getTransactionCount", error))?,
            gas_limit,
            max_fee_per_gas: price.saturating_mul(2),
            max_priority_fee_per_gas: 0,
            to: order.to,
            value: order.value,
            access_list: Default::default(),
            input: order.input.clone().into(),
        })
    }

    async fn conclude(&mut self) -> Result<TransactionReceipt> {
        let Some(Pending { what, creates, intent }) = self.record.pending.clone() else {
            bail!("nothing is under way")
        };
        if let Sent::Refused(reason) = send_raw(&self.provider, &intent.raw).await
            && !self.has_arrived(intent.hash).await
        {
            self.record.close()?;
            bail!("{what}: the node refused transaction {}: {reason}", intent.hash);
        }
        let receipt = chain::send::wait(&self.provider, &what, intent.hash).await?;
        if let (Some(creates), Some(address), true) = (creates, receipt.contract_address, receipt.status()) {
            let created = self.created(&what, address, &receipt).await?;
            self.record.place(creates, created);
        }
        self.record.close()?;
        if !receipt.status() {
            return Err(ChainError::Reverted { what, revert: Revert::Empty }.into());
        }
        Ok(receipt)
    }

    /// A node that answers with an error may have passed the transaction on.
    async fn has_arrived(&self, tx: B256) -> bool {
        self.provider.get_transaction_by_hash(tx).await.is_ok_and(|found| found.is_some())
    }

    async fn created(&self, what: &str, address: Address, receipt: &TransactionReceipt) -> Result<ContractRecord> {
        let code = self.provider.get_code_at(address).await.map_err(|error| ChainError::rpc(what, error))?;
        ensure!(!code.is_empty(), "{what}: the node shows no code at {address}");
        Ok(ContractRecord {
            address,
            code_hash: keccak256(&code),
            block: receipt.block_number.unwrap_or_default(),
            tx: receipt.transaction_hash,
        })
    }
}
