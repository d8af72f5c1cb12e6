//! Bytes of the calls that are sent most: calldata, and the signed transaction after the chain's compression. The parent chain is paid for
//! them. Kept in `snapshots/bytes.json`: `{name: {calldata, compressed}}`.
use super::Costs;
use super::costs::{DESKS, draft_mark, draft_settle};
use crate::actors::RELAYER;
use crate::artifacts;
use crate::tokens::usd;
use crate::world::World;
use abi::escrow::MarginEscrow::{markCall, settleCall};
use abi::registry::EligibilityRegistry::syncCall;
use alloy::consensus::{SignableTransaction, TxEip1559, TxEnvelope};
use alloy::eips::eip2718::Encodable2718;
use alloy::network::TxSignerSync;
use alloy::primitives::{Address, B256, TxKind};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::SolCall;
use brotlic::{CompressionMode, Quality, WindowSize};
use serde_json::{Map, Value, json};

/// What one call weighs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bytes {
    /// Before compression, the selector included.
    pub calldata: usize,
    /// Of the signed transaction, by Brotli at the chain's level, 1.
    pub compressed: usize,
}

impl Bytes {
    /// Of a call to `to`, in a transaction of fixed nonce, limit and fee, signed by a fixed key.
    pub fn of(to: Address, calldata: &[u8]) -> Self {
        let mut tx = TxEip1559 {
            chain_id: 42_161,
            nonce: 176_013,
            gas_limit: 1_000_000,
            max_fee_per_gas: 20_000_000,
            max_priority_fee_per_gas: 0,
            to: TxKind::Call(to),
            input: calldata.to_vec().into(),
            ..TxEip1559::default()
        };
        let signer = PrivateKeySigner::from_bytes(&B256::repeat_byte(7)).expect("a key");
        let signature = signer.sign_transaction_sync(&mut tx).expect("a local key signs");
        let signed = TxEnvelope::from(tx.into_signed(signature)).encoded_2718();
        let mut room = vec![0; signed.len() * 2 + 64];
        let level = Quality::new(1).expect("Brotli has a level 1");
        let compressed = brotlic::compress(&signed, &mut room, level, WindowSize::default(), CompressionMode::Generic);
        Self { calldata: calldata.len(), compressed: compressed.expect("there is room") }
    }

    fn more(many: Self, few: Self, more: usize) -> Self {
        let each = |many: usize, few: usize| (many - few).div_ceil(more);
        Self { calldata: each(many.calldata, few.calldata), compressed: each(many.compressed, few.compressed) }
    }
}

impl Costs {
    /// Every entry with its budget of calldata, where it has one.
    pub fn bytes(&self) -> Vec<(&'static str, Bytes, Option<usize>)> {
        let (two, mark) = (self.bytes_of_settle(2, 1), self.bytes_of_mark(2));
        let accounts = Bytes::more(self.bytes_of_settle(10, 16), self.bytes_of_settle(2, 16), 8);
        let slot = |feeds| Bytes::of(self.world.registry, &self.slot(feeds).calldata);
        let sync = syncCall { slot: self.world.slot(), assets: 7 }.abi_encode();
        vec![
            ("settle_2_accounts_1_fill", two, Some(440)),
            ("settle_further_fill", Bytes::more(self.bytes_of_settle(2, 33), two, 32), Some(43)),
            ("settle_further_account", accounts, Some(64)),
            ("mark_2_accounts", mark, None),
            ("mark_further_account", Bytes::more(self.bytes_of_mark(10), mark, 8), Some(64)),
            ("slot_1_feed_5_reporters", slot(1), None),
            ("slot_9_feeds_5_reporters", slot(9), Some(1_100)),
            ("slot_50_feeds_5_reporters", slot(50), None),
            ("registry_sync", Bytes::of(self.world.registry, &sync), None),
        ]
    }

    fn bytes_of_settle(&self, accounts: usize, fills: u64) -> Bytes {
        self.weigh(settleCall::SELECTOR, |w| {
            let bundle = self.following(draft_settle(w, accounts, fills, false)).sign();
            w.prank(RELAYER).settle(&bundle).ok();
            bundle.encode().expect("it fits")
        })
    }

    fn bytes_of_mark(&self, accounts: usize) -> Bytes {
        self.weigh(markCall::SELECTOR, |w| {
            let set = draft_mark(w, accounts, usd(21_000)).sign_mark();
            w.prank(RELAYER).mark(&set).ok();
            set.encode().expect("it fits")
        })
    }

    fn weigh(&self, selector: [u8; 4], payload: impl FnOnce(&World) -> Vec<u8>) -> Bytes {
        assert!(DESKS.len() >= 10, "as many accounts are weighed");
        let payload = self.measure_as(payload);
        Bytes::of(self.world.escrow, &[&selector[..], &payload].concat())
    }
}

/// Prints the entries; fails where one is beyond its budget or not as the snapshot says.
pub fn check_bytes(entries: &[(&'static str, Bytes, Option<usize>)]) {
    println!("{:<32} {:>9} {:>9} {:>11}", "", "calldata", "budget", "compressed");
    for (name, Bytes { calldata, compressed }, bar) in entries {
        let told = bar.map_or_else(|| "-".to_owned(), |bar| bar.to_string());
        println!("{name:<32} {calldata:>9} {told:>9} {compressed:>11}");
        assert!(bar.is_none_or(|bar| *calldata <= bar), "{name} is beyond its budget");
    }
    let entry = |(name, bytes, _): &(&str, Bytes, Option<usize>)| {
        ((*name).to_owned(), json!({ "calldata": bytes.calldata, "compressed": bytes.compressed }))
    };
    let measured: Map<String, Value> = entries.iter().map(entry).collect();
    let path = artifacts::workspace().join("tests/snapshots/bytes.json");
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        let text = serde_json::to_string_pretty(&measured).expect("JSON") + "\n";
        return std::fs::write(path, text).expect("the snapshot can be written");
    }
    let text = std::fs::read_to_string(path).expect("tests/snapshots/bytes.json; UPDATE_SNAPSHOTS=1 writes it");
    let snapshot: Value = serde_json::from_str(&text).expect("the snapshot is JSON");
    let expected = Value::Object(measured);
    assert!(
        expected == snapshot,
        "bytes differ from tests/snapshots/bytes.json (UPDATE_SNAPSHOTS=1 accepts it): {expected:#}"
    );
}
