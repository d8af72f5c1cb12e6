//! A refusal before a transaction exists takes no nonce.
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, TxKind, U256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use anyhow::Result;
use chain::ChainError;
use chain::precompiles::{ARB_WASM, ArbWasm};
use devnode::{Devnode, DevnodeConfig};
use plumbline_deploy::sender::Order;
use plumbline_deploy::{Record, Sender};

const STRANGER: Address = Address::repeat_byte(0x77);

fn activation_of_nothing() -> Vec<u8> {
    alloy::sol_types::SolCall::abi_encode(&ArbWasm::activateProgramCall { program: STRANGER })
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_provider_that_signs_is_in_step_after_refusals() -> Result<()> {
    let node = Devnode::start(DevnodeConfig::default()).await?;
    let key = node.accounts()[0].clone();
    let provider = chain::connect(&node.http_url(), std::slice::from_ref(&key)).await?;
    let ether = U256::from(10).pow(U256::from(18));
    let send = |value, input| {
        let request = TransactionRequest::default().with_from(key.address()).with_value(value);
        let to = if input { ARB_WASM } else { STRANGER };
        let request = request.with_to(to).with_input(if input { activation_of_nothing() } else { Vec::new() });
        let provider = provider.clone();
        async move { chain::send::send_request(&provider, "test", request).await }
    };
    for _ in 0..2 {
        let reverted = send(U256::ZERO, true).await.unwrap_err();
        assert!(matches!(reverted, ChainError::Reverted { .. }), "{reverted}");
        assert!(send(ether * ether, false).await.is_err(), "nobody has so much");
        let done = send(U256::from(1), false).await?;
        assert!(done.status());
    }
    assert_eq!((node.chain().nonce(key.address()), node.chain().balance(STRANGER)), (2, U256::from(2)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_sent_at_once_from_one_key_have_a_nonce_each() -> Result<()> {
    let node = Devnode::start(DevnodeConfig::default()).await?;
    let key = node.accounts()[0].clone();
    let provider = chain::connect(&node.http_url(), std::slice::from_ref(&key)).await?;
    let send = |_| {
        let (provider, from) = (provider.clone(), key.address());
        tokio::spawn(async move { chain::send(&provider, "test", from, STRANGER, Vec::new()).await })
    };
    for sent in (0..20).map(send).collect::<Vec<_>>() {
        assert!(sent.await??.status());
    }
    assert_eq!(node.chain().nonce(key.address()), 20);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_sender_is_in_step_after_refusals() -> Result<()> {
    let node = Devnode::start(DevnodeConfig::default()).await?;
    let key = node.accounts()[0].clone();
    let provider = chain::connect(&node.http_url(), &[]).await?;
    let mut sender = Sender::new(provider, key.clone(), Record::new(412_346));
    for _ in 0..2 {
        let refused = sender.transact(Order::call("test", ARB_WASM, activation_of_nothing())).await.unwrap_err();
        assert!(refused.downcast_ref::<ChainError>().is_some_and(|error| error.revert().is_some()), "{refused}");
        let rich = Order { value: U256::MAX, ..Order::call("test", STRANGER, Vec::new()) };
        assert!(sender.transact(rich).await.is_err());
        let order = Order { to: TxKind::Call(STRANGER), ..Order::call("test", STRANGER, Vec::new()) };
        assert!(sender.transact(order).await?.status());
    }
    assert_eq!((node.chain().nonce(key.address()), sender.spent.len()), (2, 2));
    assert_eq!(sender.provider.get_balance(STRANGER).await?, U256::ZERO);
    Ok(())
}
