//! A sender stays in step with the chain, whatever was refused before and whoever else sends with its key.
use super::net::{account, escrow, start};
use abi::escrow::MarginEscrow::pledgeCall;
use alloy::primitives::U256;
use localnet::USDC;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_refused_estimate_uses_no_nonce_up() {
    let net = start().await;
    let desk = &net.actors.desk[0];
    let before = net.devnode.chain().nonce(desk.address());
    let token = net.deployment.token(USDC).expect("it is deployed").address;
    for _ in 0..3 {
        let call = pledgeCall { account: account(&net, 0), token, amount: U256::MAX };
        let refused = net.send(desk, escrow(&net), call).await.expect_err("nobody has so much");
        assert!(refused.revert().is_some(), "{refused}");
    }
    assert_eq!(net.devnode.chain().nonce(desk.address()), before);
    net.approve(desk, USDC, 10).await.expect("the next one goes");
    assert_eq!(net.devnode.chain().nonce(desk.address()), before + 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn transactions_of_one_key_sent_at_once_all_go() {
    let net = start().await;
    let desk = &net.actors.desk[0];
    let before = net.devnode.chain().nonce(desk.address());
    for _ in 0..5 {
        let sent = tokio::join!(net.approve(desk, USDC, 1), net.approve(desk, USDC, 2), net.approve(desk, USDC, 3));
        let sent = [sent.0, sent.1, sent.2];
        assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    }
    assert_eq!(net.devnode.chain().nonce(desk.address()), before + 15);
}
