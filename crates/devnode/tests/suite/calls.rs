//! Calls and estimates obey the rules of the transactions they stand for.

use crate::harness::{PURSE, rpc};
use alloy::primitives::{Address, U256};
use plumbline_devnode::dev_accounts;
use serde_json::json;

const ETHER: &str = "0xde0b6b3a7640000";
const FEE: &str = "0x5f5e100";

#[tokio::test(flavor = "multi_thread")]
async fn who_cannot_pay_cannot_call() {
    let (chain, rpc, _) = rpc();
    let (poor, to) = (Address::repeat_byte(0xab), Address::repeat_byte(2));
    chain.impersonate(poor);
    for fields in [
        json!({ "value": ETHER }),
        json!({ "gas": "0xf4240", "gasPrice": FEE }),
        json!({ "gas": "0xf4240", "maxFeePerGas": FEE }),
        json!({ "gasPrice": FEE }),
        json!({ "maxPriorityFeePerGas": "0x1" }),
    ] {
        let mut tx = json!({ "from": poor, "to": to });
        tx.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
        for method in ["eth_call", "eth_estimateGas", "eth_createAccessList", "eth_sendTransaction"] {
            let message = rpc.refused(method, json!([tx])).await;
            assert!(message.contains("insufficient funds for gas * price + value"), "{method} {tx}: {message}");
        }
        let message = rpc.refused("debug_traceCall", json!([tx, "latest", { "tracer": "callTracer" }])).await;
        assert!(message.contains("insufficient funds"), "{message}");
        // What an override gives counts.
        rpc.get("eth_call", json!([tx, "latest", { poor.to_string(): { "balance": "0xffffffffffffffffff" } }])).await;
    }
    rpc.get("eth_call", json!([{ "from": poor, "to": to }])).await;
    rpc.get("eth_estimateGas", json!([{ "from": poor, "to": to, "gasPrice": "0x0" }])).await;
    // Where no gas is named, it is what the balance pays for.
    chain.set_balance(poor, U256::from(30_000) * U256::from(100_000_000));
    assert_eq!(rpc.get("eth_estimateGas", json!([{ "from": poor, "to": to, "gasPrice": FEE }])).await, "0x5208");
    chain.set_code(to, &[0x5b, 0x5f, 0x56]);
    let message = rpc.refused("eth_estimateGas", json!([{ "from": poor, "to": to, "gasPrice": FEE }])).await;
    assert_eq!(message, "gas required exceeds allowance (30000)");
}

#[tokio::test(flavor = "multi_thread")]
async fn prices_and_nonces_that_no_transaction_could_have_are_refused() {
    let (_, rpc, from) = rpc();
    rpc.get("eth_sendTransaction", json!([{ "from": from, "to": from }])).await;
    for method in ["eth_call", "eth_estimateGas", "eth_sendTransaction"] {
        let message = rpc.refused(method, json!([{ "from": from, "to": from, "maxFeePerGas": "0x1" }])).await;
        assert!(message.starts_with("max fee per gas less than block base fee"), "{method}: {message}");
    }
    for method in ["eth_estimateGas", "eth_sendTransaction"] {
        let message = rpc.refused(method, json!([{ "from": from, "to": from, "nonce": "0x0" }])).await;
        assert!(message.starts_with("nonce too low"), "{method}: {message}");
    }
    // As on a node a call asks what would happen, and an estimate may be for a later transaction.
    rpc.get("eth_call", json!([{ "from": from, "to": from, "nonce": "0x0" }])).await;
    rpc.get("eth_estimateGas", json!([{ "from": from, "to": from, "nonce": "0x9" }])).await;
    // A signed transaction whose tip is above its cap: nonce 0 of a fresh chain.
    let raw = "0x02f86d83064aba80841dcd65008405f5e1008275309470997970c51812dc3a010c7d01b50e0d17dc79c88080c001a01331aeee920d76f7bacb52625b1005914af347807bf88dec2d973d4fde45b22ba063d0f6925cbe7d4b4b49e233a57455970719ee6622a518222a3ad7f85cfdbdd3";
    let message = rpc.refused("eth_sendRawTransaction", json!([raw])).await;
    assert!(message.starts_with("max priority fee per gas higher than max fee per gas"), "{message}");
}

#[tokio::test(flavor = "multi_thread")]
async fn intrinsic_gas_counts_lists_before_a_transaction_is_taken() {
    let (chain, rpc, from) = rpc();
    let list = json!([{ "address": from, "storageKeys": [alloy::primitives::B256::ZERO] }]);
    let tx = |gas: u64| json!([{ "from": from, "to": from, "accessList": list, "gas": format!("{gas:#x}") }]);
    let before = chain.block_number();
    assert_eq!(rpc.refused("eth_sendTransaction", tx(25_299)).await, "intrinsic gas too low");
    assert!(rpc.refused("eth_call", tx(25_299)).await.contains("intrinsic gas too low"));
    assert_eq!(chain.block_number(), before, "no block was made for it");
    rpc.get("eth_call", tx(25_300)).await;
    rpc.get("eth_sendTransaction", tx(25_300)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_with_code_signs_nothing() {
    let (chain, rpc, _) = rpc();
    let account = dev_accounts()[4].address();
    let tx = json!({ "from": account, "to": account, "gas": "0x186a0" });
    let raw = rpc.get("eth_signTransaction", json!([tx])).await;
    chain.set_code(account, PURSE);
    for (method, params) in [("eth_sendRawTransaction", json!([raw])), ("eth_sendTransaction", json!([tx]))] {
        let message = rpc.refused(method, params).await;
        assert!(message.starts_with("sender not an eoa"), "{method}: {message}");
    }
    // Calls may come from it, as on a node, and whoever impersonates it sends.
    rpc.get("eth_call", json!([tx])).await;
    chain.impersonate(account);
    rpc.get("eth_sendTransaction", json!([tx])).await;
    assert_eq!(chain.nonce(account), 1);
}
