//! A chain on which nothing happens.

use crate::harness::World;
use alloy::primitives::{Address, Bytes, U256, hex};
use alloy::rpc::types::TransactionRequest;
use plumbline_devnode::{CallRequest, Devnode, DevnodeConfig, Mining};
use std::time::Duration;

const TARGET: Address = Address::repeat_byte(0x71);
/// Returns the time: TIMESTAMP, PUSH0, MSTORE, PUSH1 32, PUSH0, RETURN.
const TIME: [u8; 7] = hex!("425f5260205ff3");

fn world(quiet: bool) -> World {
    World::with(DevnodeConfig { quiet, timestamp: Some(1_800_000_000), ..DevnodeConfig::default() })
}

/// Fails before `time`: PUSH4 time, TIMESTAMP, LT, ISZERO, PUSH1 12, JUMPI, PUSH0, PUSH0, REVERT, JUMPDEST.
fn not_before(time: u32) -> Vec<u8> {
    [&[0x63][..], &time.to_be_bytes(), &hex!("421015600e575f5ffd5b")].concat()
}

#[test]
fn calls_and_estimates_stay_at_the_last_transaction_s_time() {
    for quiet in [false, true] {
        let world = world(quiet);
        world.send(TARGET, Bytes::new());
        let last = world.chain.timestamp();
        world.chain.increase_time(1_000);
        world.chain.set_code(TARGET, &TIME);
        let seen = U256::from_be_slice(&world.chain.call(world.from, TARGET, Bytes::new()).unwrap()).to::<u64>();
        assert_eq!(world.chain.timestamp(), last);
        assert_eq!(seen >= last + 1_000, !quiet, "{seen} {last}");
        assert_eq!(seen == last, quiet, "{seen} {last}");
        world.chain.set_code(TARGET, &not_before(last as u32 + 900));
        let tx = TransactionRequest::default().from(world.from).to(TARGET);
        let request = CallRequest { tx, ..CallRequest::default() };
        assert_eq!(world.chain.estimate(&request).is_err(), quiet);
        // The transaction itself comes at its own time, and takes calls along.
        assert!(world.send(TARGET, Bytes::new()).success);
        assert!(world.chain.estimate(&request).is_ok() && world.chain.timestamp() >= last + 1_000);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_interval_without_transactions_makes_no_block() {
    let mining = Mining::Interval(Duration::from_millis(20));
    let node = Devnode::start(DevnodeConfig { quiet: true, mining, ..DevnodeConfig::default() }).await.unwrap();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(node.chain().block_number(), 0);
    let provider = alloy::providers::ProviderBuilder::new()
        .wallet(alloy::network::EthereumWallet::from(node.accounts()[0].clone()))
        .connect_http(node.http_url().parse().unwrap());
    use alloy::providers::Provider;
    let sent = provider.send_transaction(TransactionRequest::default().to(TARGET)).await.unwrap();
    assert_eq!(sent.get_receipt().await.unwrap().block_number, Some(1));
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert_eq!(node.chain().block_number(), 1);
    // Asked for, a block is made all the same.
    node.chain().mine();
    assert_eq!(node.chain().block_number(), 2);
}
