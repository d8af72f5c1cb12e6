//! What a venue computes: terms, leaves, roots, batches.
use crate::{CHAIN, ESCROW, key, signed};
use abi::merkle;
use abi::packed::{fill_hash, terms_hash};
use abi::types::{Fill, FillBatch, FillTerms};
use alloy::primitives::{B256, keccak256};
use alloy::sol_types::{SolStruct, SolValue};
use plumbline_chain::sign::Domain;
use risk::{Instrument, Price, Quantity};
use serde_json::{Value, json};

/// Roots over one to nine leaves, and of one of 256.
pub fn roots() -> Vec<Value> {
    let of = |count: usize| {
        let leaves: Vec<B256> = (0..count).map(|place| keccak256([(place % 256) as u8])).collect();
        json!({ "count": count, "root": merkle::root(&leaves) })
    };
    (1..10).chain([255, 256]).map(of).collect()
}

struct Trade {
    instrument: &'static str,
    quantity: &'static str,
    price: &'static str,
    group: u64,
}

const TRADES: [Trade; 5] = [
    Trade { instrument: "BTC-PERP", quantity: "1.5", price: "110000.25", group: 0 },
    Trade { instrument: "ETH-20251226", quantity: "0.00000001", price: "0.00000001", group: 0 },
    Trade {
        instrument: "BTC-20251226-120000-C",
        quantity: "92233720368.54775807",
        price: "92233720368.54775807",
        group: 513,
    },
    Trade { instrument: "BTC-20251226-80000-P", quantity: "25", price: "1234.5", group: 513 },
    Trade { instrument: "ETH-PERP", quantity: "007.10", price: "3830", group: 0 },
];

/// A batch, and the next one of the venue.
pub fn batches() -> Vec<Value> {
    let (first, hash) = batch(41, &TRADES, B256::ZERO);
    let (second, _) = batch(46, &TRADES[..1], hash);
    vec![first, second]
}

fn batch(first: u64, trades: &[Trade], previous: B256) -> (Value, B256) {
    let venue = key().address();
    let (mut shown, mut terms_of, mut leaves) = (Vec::new(), Vec::new(), Vec::new());
    for (sequence, trade) in (first..).zip(trades) {
        let salt = keccak256(sequence.to_be_bytes());
        let matched_at = 1_760_130_000_250 + sequence;
        let (buyer, seller, settle_by) = (1 + sequence % 3, 9, matched_at + 30_000);
        let instrument: Instrument = trade.instrument.parse().expect("an instrument");
        let quantity: Quantity = trade.quantity.parse().expect("a quantity");
        let price: Price = trade.price.parse().expect("a price");
        let terms = FillTerms {
            salt,
            instrument: instrument.id(),
            quantity: quantity.raw().unsigned_abs(),
            price: price.raw(),
        };
        let fill = Fill {
            sequence,
            buyerAccount: buyer,
            sellerAccount: seller,
            matchedAt: matched_at,
            settleBy: settle_by,
            group: trade.group,
            termsHash: terms_hash(&terms),
        };
        assert_eq!(terms_hash(&terms), keccak256(terms.abi_encode()));
        assert_eq!(fill_hash(&fill), keccak256(fill.abi_encode()));
        terms_of.push(fill.termsHash);
        leaves.push(fill_hash(&fill));
        shown.push(json!({
            "buyerAccount": buyer, "sellerAccount": seller, "matchedAt": matched_at, "settleBy": settle_by,
            "group": trade.group, "salt": salt, "instrument": trade.instrument, "quantity": trade.quantity,
            "price": trade.price,
        }));
    }
    let root = merkle::root(&leaves);
    let typed = FillBatch {
        venue,
        firstSequence: first,
        count: leaves.len() as u32,
        fillsRoot: root,
        previousBatchHash: previous,
    };
    let hash = typed.eip712_hash_struct();
    let signed = signed(Domain::escrow(CHAIN, ESCROW).batch(&typed));
    let request = json!({
        "venue": venue, "firstSequence": first, "previousBatchHash": previous, "signature": signed["compact"], "fills": shown,
    });
    let value = json!({
        "request": request, "termsHashes": terms_of, "leaves": leaves, "fillsRoot": root, "batchHash": hash, "signed": signed,
    });
    (value, hash)
}
