//! A venue: signs its trades in batches and posts them to the relayer.
use super::Trade;
use abi::packed::{fill_hash, terms_hash};
use abi::types::{Fill, FillBatch, FillTerms};
use alloy::hex;
use alloy::primitives::{Address, B256};
use anyhow::{Context, Result, bail};
use chain::sign::Domain;
use localnet::Actor;
use serde_json::{Value, json};

/// As long as the chain lets a fill wait: two minutes of market time, about a second of this machine's at the usual speed.
const SETTLE_WITHIN_MS: u64 = 120_000;

/// A batch the relayer acknowledged.
#[derive(Clone, Copy, Debug)]
pub struct Offered {
    pub venue: Address,
    pub first_sequence: u64,
    /// How many, with sequences from the first on.
    pub fills: u64,
}

/// Its key, and where its sequence of batches stands.
pub struct Venue {
    actor: Actor,
    domain: Domain,
    /// Account of each desk.
    accounts: [u64; 4],
    url: String,
    client: reqwest::Client,
    next_sequence: u64,
    previous: B256,
}

impl Venue {
    /// `accounts` by desk; batches go to the relayer's `/v1/fill-batches`.
    pub fn new(actor: Actor, domain: Domain, accounts: [u64; 4], relayer: &str) -> Self {
        let url = format!("{relayer}/v1/fill-batches");
        Self { actor, domain, accounts, url, client: reqwest::Client::new(), next_sequence: 1, previous: B256::ZERO }
    }

    /// Signs the trades as one batch, matched at `matched_at` (milliseconds of chain time), and posts it.
    pub async fn offer(&mut self, trades: &[Trade], matched_at: u64) -> Result<Offered> {
        let settle_by = matched_at + SETTLE_WITHIN_MS;
        let leaves: Vec<B256> = (self.next_sequence..)
            .zip(trades)
            .map(|(sequence, trade)| self.leaf(sequence, trade, matched_at, settle_by))
            .collect();
        let batch = FillBatch {
            venue: self.actor.address(),
            firstSequence: self.next_sequence,
            count: leaves.len() as u32,
            fillsRoot: abi::merkle::root(&leaves),
            previousBatchHash: self.previous,
        };
        let fills: Vec<Value> = trades.iter().map(|trade| self.fill(trade, matched_at, settle_by)).collect();
        self.post(&batch, fills).await?;
        let offered = Offered { venue: batch.venue, first_sequence: self.next_sequence, fills: trades.len() as u64 };
        self.previous = abi::eip712::batch_hash(&batch);
        self.next_sequence += trades.len() as u64;
        Ok(offered)
    }

    async fn post(&self, batch: &FillBatch, fills: Vec<Value>) -> Result<()> {
        let body = json!({
            "venue": batch.venue,
            "firstSequence": batch.firstSequence,
            "previousBatchHash": batch.previousBatchHash,
            "signature": hex::encode_prefixed(self.actor.sign(self.domain.batch(batch))),
            "fills": fills,
        });
        let key = format!("{}-{}", self.actor.name, batch.firstSequence);
        let request = self.client.post(&self.url).header("idempotency-key", key).json(&body);
        let answer = request.send().await.with_context(|| format!("{} posting to {}", self.actor.name, self.url))?;
        let status = answer.status();
        if status.is_success() {
            return Ok(());
        }
        bail!(
            "the relayer refused a batch of {} from sequence {}: {status} {}",
            self.actor.name,
            batch.firstSequence,
            answer.text().await?
        )
    }

    fn leaf(&self, sequence: u64, trade: &Trade, matched_at: u64, settle_by: u64) -> B256 {
        let terms = FillTerms {
            salt: trade.salt,
            instrument: B256::right_padding_from(trade.market.name().as_bytes()),
            quantity: trade.quantity,
            price: trade.price,
        };
        fill_hash(&Fill {
            sequence,
            buyerAccount: self.accounts[trade.buyer],
            sellerAccount: self.accounts[trade.seller],
            matchedAt: matched_at,
            settleBy: settle_by,
            group: 0,
            termsHash: terms_hash(&terms),
        })
    }

    fn fill(&self, trade: &Trade, matched_at: u64, settle_by: u64) -> Value {
        json!({
            "buyerAccount": self.accounts[trade.buyer],
            "sellerAccount": self.accounts[trade.seller],
            "matchedAt": matched_at,
            "settleBy": settle_by,
            "salt": trade.salt,
            "instrument": trade.market.name(),
            "quantity": reporter::feed::decimal(trade.quantity),
            "price": reporter::feed::decimal(trade.price),
        })
    }
}
