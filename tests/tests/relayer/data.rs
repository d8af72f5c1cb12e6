//! Reporter and relayer where bytes cost far more than execution: 50 gwei a unit, 8,000 gas a byte.
use super::net::{account, escrow, expect_sound, start};
use super::process::Relayer;
use super::venue::{Trade, Venue};
use abi::escrow::MarginEscrow::sequenceAppliedCall;
use alloy::primitives::B256;
use alloy::rpc::types::TransactionReceipt;
use localnet::{Localnet, constant_quotes};
use reporter::Committer;
use std::collections::BTreeSet;

/// Wei of a unit: the parent chain at 50 gwei, with 0.1 gwei here.
const PRICE: u64 = 50_000_000_000;
/// Gas of one compressed byte then.
const BYTE: u64 = 8_000;
const PRICES: [(&str, &str); 5] =
    [("BTC-USD", "113000"), ("ETH-USD", "3830"), ("USDC-USD", "1"), ("USDE-USD", "1"), ("TCASH-USD", "1")];
const MARKETS: &str =
    r#"{"markets": [{"underlying": "BTC", "feed": "BTC-USD"}, {"underlying": "ETH", "feed": "ETH-USD"}]}"#;

async fn dear() -> Localnet {
    let net = start().await;
    net.devnode.chain().set_data_price(PRICE);
    net
}

/// Gas of a transaction's execution, and compressed bytes it paid for.
fn parts(net: &Localnet, tx: B256) -> (u64, u64) {
    let gas = net.devnode.chain().gas_breakdown(tx).expect("it is included");
    (gas.total - gas.data, gas.data / BYTE)
}

async fn settled(relayer: &Relayer, id: &str) -> B256 {
    serde_json::from_value(relayer.until(id, "settled").await["tx"].clone()).expect("a transaction")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_slot_s_rounds_and_its_marks_go_through() {
    let net = dear().await;
    let settlement = reporter::feed::feed("USDC-USD").expect("a feed");
    let committer = Committer::parse(MARKETS, settlement).expect("markets");
    let poster = net.poster().await.expect("a poster").with_marks(committer);
    net.devnode.chain().increase_time(10);
    net.devnode.chain().mine();
    let slot = abi::slot_at(poster.chain_time().await.expect("a time"));
    let posted = poster.post(slot, &constant_quotes(&PRICES).expect("quotes")).await.expect("rounds");
    let sync = posted.sync.expect("listed assets follow the feeds");
    let marks = posted.marks.expect("the marks are committed").receipt;
    let [rounds, sync, marks] = [posted.submit, sync, marks].map(|receipt: TransactionReceipt| {
        assert!(receipt.status());
        parts(&net, receipt.transaction_hash)
    });
    // Twenty-five signatures of 64 bytes alone, and the gas that was fixed before: 8,000,000 for all.
    assert!(rounds.1 > 25 * 64 && rounds.1 * BYTE > 8_000_000, "{rounds:?}");
    assert!(sync.1 > 100 && marks.1 > 5 * 64, "{sync:?} {marks:?}");
    assert!([rounds, sync, marks].iter().all(|(execution, _)| *execution < 1_000_000));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rounds_need_no_estimate_at_an_old_block_s_time() {
    let net = dear().await;
    let poster = net.poster().await.expect("a poster");
    let now = poster.chain_time().await.expect("a time") + 40;
    net.devnode.chain().set_next_timestamp(now).expect("later");
    // At the latest block's time the round would lie in the future.
    poster.post(abi::slot_at(now), &constant_quotes(&PRICES).expect("quotes")).await.expect("rounds");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_settlement_pays_for_as_many_bytes_as_on_nitro() {
    let net = dear().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (relayer, mut venue) = (Relayer::start(&net, folder.path(), &[]), Venue::new(&net, 0));
    let trade = Trade::new(&net, account(&net, 0), account(&net, 1), 10_000_000).await;
    let (body, _) = venue.batch(&[trade]);
    relayer.accept("first", &body).await;
    let (execution, bytes) = parts(&net, settled(&relayer, &venue.id(1)).await);
    // 554 where every number of the signature has its full length.
    assert!((548..=554).contains(&bytes), "{bytes}");
    assert!(execution < 300_000, "{execution}");
    expect_sound(&net).await;
}

/// 400 fills are some 16,000 bytes, 128,000,000 gas: no transaction takes them, and no estimate above 50,000,000.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_too_large_for_one_transaction_goes_in_several() {
    let net = dear().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (relayer, mut venue) = (Relayer::start(&net, folder.path(), &["--hold-submission"]), Venue::new(&net, 0));
    let mut trade = Trade::new(&net, account(&net, 0), account(&net, 1), 100_000).await;
    for number in 0..2 {
        let trades: Vec<_> = (0..200).map(|_| trade.clone()).collect();
        let (body, _) = venue.batch(&trades);
        relayer.accept(&format!("batch-{number}"), &body).await;
        trade.matched_at += 1;
    }
    relayer.kill();
    let relayer = Relayer::start(&net, folder.path(), &[]);
    let mut transactions = BTreeSet::new();
    for sequence in 1..=400 {
        transactions.insert(settled(&relayer, &venue.id(sequence)).await);
    }
    let most = transactions.iter().map(|tx| parts(&net, *tx).1 * BYTE).max().expect("some");
    assert!(transactions.len() >= 4 && most < 50_000_000, "{} transactions, {most}", transactions.len());
    let applied = sequenceAppliedCall { venue: venue.address(), sequence: 400 };
    assert!(net.view(escrow(&net), applied).await.expect("a view"));
    assert_eq!(expect_sound(&net).await.fills.len(), 400);
}
