//! Reporter and relayer where bytes cost far more than execution: 50 gwei a unit, 8,000 gas a byte.
use super::net::{account, expect_sound, start};
use super::process::Relayer;
use super::venue::{Trade, Venue};
use alloy::primitives::B256;
use alloy::providers::Provider;
use alloy::rpc::types::TransactionReceipt;
use devnode::{Devnode, DevnodeConfig};
use localnet::{Actors, Localnet, LocalnetConfig, Net, constant_quotes};
use reporter::Committer;
use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

/// Wei of a unit: the parent chain at 50 gwei, with 0.1 gwei here.
const PRICE: u64 = 50_000_000_000;
/// Gas of one compressed byte then.
const BYTE: u64 = 8_000;
/// Execution gas of one transaction that holds some, but not all of what is to go.
const BUNDLE: u64 = 290_000;
const MARKS: u64 = 110_000;
const LAPSES: u64 = 170_000;
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

/// A held relayer's fills are accepted and nothing is sent: what was accepted by the end goes at once.
async fn held(net: &Localnet, folder: &Path, batches: &[serde_json::Value]) {
    let relayer = Relayer::start(net, folder, &["--hold-submission"]);
    for (number, body) in batches.iter().enumerate() {
        relayer.accept(&format!("batch-{number}"), body).await;
    }
    relayer.kill();
}

/// Bounds execution of one transaction, as a chain's owner may.
async fn limit_execution(net: &Localnet, gas: u64) {
    let set: bool = net.provider.raw_request("evm_setBlockGasLimit".into(), (gas,)).await.expect("the node answers");
    assert!(set);
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
    let posted = poster.post(slot, &constant_quotes(&PRICES).expect("quotes")).await.expect("a slot");
    assert!(posted.marks.is_some(), "the marks are committed");
    let receipt: TransactionReceipt = posted.receipt.expect("nobody else posts");
    assert!(receipt.status());
    let (execution, bytes) = parts(&net, receipt.transaction_hash);
    // Five signatures of 64 bytes alone, with the reporters and the root.
    assert!(bytes > 5 * 64 + 5 * 20 + 32 && bytes < 1_100, "{bytes}");
    assert!(execution < 1_000_000, "{execution}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_posts_a_slot_first_stops_neither_its_sync_nor_its_marks() {
    let net = dear().await;
    let settlement = reporter::feed::feed("USDC-USD").expect("a feed");
    let committer = Committer::parse(MARKETS, settlement).expect("markets");
    let poster = net.poster().await.expect("a poster").with_marks(committer);
    net.devnode.chain().increase_time(10);
    net.devnode.chain().mine();
    let slot = abi::slot_at(poster.chain_time().await.expect("a time"));
    let quotes = constant_quotes(&PRICES).expect("quotes");
    let signed = poster.sign(slot, &quotes, B256::ZERO).expect("reports");
    poster.submit(&signed).await.expect("somebody else's rounds");
    let posted = poster.post(slot, &quotes).await.expect("the rest");
    assert!(posted.receipt.is_some() && posted.marks.is_some());
    let posted = poster.post(slot, &quotes).await.expect("nothing is left to do");
    assert!(posted.receipt.is_none() && posted.marks.is_some());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn rounds_need_no_estimate_at_a_quiet_chain_s_time() {
    let node = DevnodeConfig { quiet: true, data_price: PRICE, ..DevnodeConfig::default() };
    let node = Devnode::start(node).await.expect("a node");
    let mut net = Net::connect(&node.http_url(), Actors::new()).await.expect("a connection");
    net.set_up(&LocalnetConfig::default()).await.expect("a network");
    let poster = net.poster().await.expect("a poster");
    // Nothing happens for a while: at the latest block's time, where estimates run, the slot lies in the future.
    let now = poster.chain_time().await.expect("a time") + 40;
    node.chain().set_next_timestamp(now).expect("later");
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

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_too_large_for_one_transaction_goes_in_several() {
    let (net, folder) = (dear().await, tempfile::tempdir().expect("a folder"));
    let mut venue = Venue::new(&net, 0);
    let trade = Trade::new(&net, account(&net, 0), account(&net, 1), 100_000).await;
    let batches = [0, 1].map(|_| venue.batch(&vec![trade.clone(); 200]).0);
    held(&net, folder.path(), &batches).await;
    limit_execution(&net, BUNDLE).await;
    let relayer = Relayer::start(&net, folder.path(), &[]);
    let mut transactions = BTreeSet::new();
    for sequence in 1..=400 {
        transactions.insert(settled(&relayer, &venue.id(sequence)).await);
    }
    let most = transactions.iter().map(|tx| parts(&net, *tx).0).max().expect("some");
    assert!(transactions.len() > 2 && most <= BUNDLE, "{} transactions, {most}", transactions.len());
    assert_eq!(expect_sound(&net).await.fills.len(), 400);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn marks_too_many_for_one_transaction_go_in_several() {
    let (net, folder) = (dear().await, tempfile::tempdir().expect("a folder"));
    let mut venue = Venue::new(&net, 0);
    let relayer = Relayer::start(&net, folder.path(), &["--mark-every-slots", "0"]);
    for (number, (buyer, seller)) in (0..).zip([(0, 1), (2, 3)]) {
        let trade = Trade::new(&net, account(&net, buyer), account(&net, seller), 10_000_000).await;
        relayer.accept(&format!("batch-{number}"), &venue.batch(&[trade]).0).await;
        settled(&relayer, &venue.id(number + 1)).await;
    }
    relayer.kill();
    net.devnode.chain().increase_time(10);
    net.devnode.chain().mine();
    let moved = [("BTC-USD", "112000"), PRICES[1], PRICES[2], PRICES[3], PRICES[4]];
    net.post_prices(&moved).await.expect("rounds");
    limit_execution(&net, MARKS).await;
    let relayer = Relayer::start(&net, folder.path(), &["--mark-policy", "every-slot"]);
    let marked = async {
        loop {
            let (_, status) = relayer.get("/v1/status").await;
            if status["bundles"]["markedAccounts"] == 4 {
                return status;
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    };
    let status = tokio::time::timeout(Duration::from_secs(30), marked).await.expect("four accounts are marked");
    assert!(status["bundles"]["markSets"].as_u64().expect("a number") > 1, "{status}");
    expect_sound(&net).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fills_too_many_for_one_transaction_lapse_in_several() {
    let (net, folder) = (dear().await, tempfile::tempdir().expect("a folder"));
    let mut venue = Venue::new(&net, 0);
    let trade = Trade::new(&net, account(&net, 0), account(&net, 1), 100_000).await;
    held(&net, folder.path(), &[venue.batch(&vec![trade; 200]).0]).await;
    net.devnode.chain().increase_time(60);
    net.devnode.chain().mine();
    limit_execution(&net, LAPSES).await;
    let relayer = Relayer::start(&net, folder.path(), &[]);
    let mut transactions = BTreeSet::new();
    for sequence in 1..=200 {
        transactions.insert(relayer.until(&venue.id(sequence), "lapsed").await["tx"].to_string());
    }
    assert!(transactions.len() > 1, "{transactions:?}");
}
