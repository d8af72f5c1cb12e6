//! A venue, written from the ABI and the API's description, with nothing of the relayer's in it.
use abi::merkle;
use abi::packed::fill_hash;
use abi::types::{Fill, FillBatch, FillTerms};
use alloy::primitives::{Address, B256, keccak256};
use alloy::sol_types::SolValue;
use chain::sign::Domain;
use localnet::{Actor, Localnet};
use serde_json::{Value, json};

/// Patience of a fill, milliseconds.
pub const PATIENCE: u64 = 30_000;

/// Signs batches in an unbroken chain.
pub struct Venue {
    pub actor: Actor,
    pub next: u64,
    pub previous: B256,
    pub domain: Domain,
}

/// A trade of BTC perpetuals at 113,000 USD.
#[derive(Clone)]
pub struct Trade {
    pub buyer: u64,
    pub seller: u64,
    /// 1e-8 BTC.
    pub quantity: u64,
    /// Milliseconds.
    pub matched_at: u64,
}

const PRICE: u64 = 113_000 * 100_000_000;

impl Trade {
    pub async fn new(net: &Localnet, buyer: u64, seller: u64, quantity: u64) -> Self {
        let now = net.time().await.expect("the chain has a time");
        Self { buyer, seller, quantity, matched_at: now * 1_000 }
    }

    fn terms(&self, sequence: u64) -> FillTerms {
        FillTerms {
            salt: salt(sequence),
            instrument: B256::right_padding_from(b"BTC-PERP"),
            quantity: self.quantity,
            price: PRICE,
        }
    }

    fn leaf(&self, sequence: u64) -> B256 {
        fill_hash(&Fill {
            sequence,
            buyerAccount: self.buyer,
            sellerAccount: self.seller,
            matchedAt: self.matched_at,
            settleBy: self.matched_at + PATIENCE,
            group: 0,
            termsHash: keccak256(self.terms(sequence).abi_encode()),
        })
    }

    fn json(&self, sequence: u64) -> Value {
        json!({
            "sequence": sequence,
            "buyerAccount": self.buyer,
            "sellerAccount": self.seller,
            "matchedAt": self.matched_at,
            "settleBy": self.matched_at + PATIENCE,
            "salt": salt(sequence),
            "instrument": "BTC-PERP",
            "quantity": format!("{}.{:08}", self.quantity / 100_000_000, self.quantity % 100_000_000),
            "price": "113000",
        })
    }
}

fn salt(sequence: u64) -> B256 {
    keccak256(sequence.to_be_bytes())
}

impl Venue {
    pub fn new(net: &Localnet, index: usize) -> Self {
        let domain = net.escrow_domain().expect("the escrow is deployed");
        Self { actor: net.actors.venue[index].clone(), next: 1, previous: B256::ZERO, domain }
    }

    pub fn address(&self) -> Address {
        self.actor.address()
    }

    pub fn id(&self, sequence: u64) -> String {
        format!("{}-{sequence}", self.address())
    }

    /// The next batch and its hash; the venue goes on from it.
    pub fn batch(&mut self, trades: &[Trade]) -> (Value, B256) {
        let (body, hash) = self.draft(trades);
        (self.next, self.previous) = (self.next + trades.len() as u64, hash);
        (body, hash)
    }

    /// The same without going on.
    pub fn draft(&self, trades: &[Trade]) -> (Value, B256) {
        let numbered = || trades.iter().zip(self.next..);
        let leaves: Vec<B256> = numbered().map(|(trade, sequence)| trade.leaf(sequence)).collect();
        let header = FillBatch {
            venue: self.address(),
            firstSequence: self.next,
            count: trades.len() as u32,
            fillsRoot: merkle::root(&leaves),
            previousBatchHash: self.previous,
        };
        let signature = self.actor.sign(self.domain.batch(&header));
        let body = json!({
            "venue": self.address(),
            "firstSequence": self.next,
            "previousBatchHash": self.previous,
            "signature": alloy::hex::encode_prefixed(signature),
            "fills": numbered().map(|(trade, sequence)| trade.json(sequence)).collect::<Vec<_>>(),
        });
        (body, abi::eip712::batch_hash(&header))
    }
}
