//! Batches that are fine: they settle, or wait with a reason until they can.
use super::net::{account, escrow, expect_sound, start, start_with_a_poor_desk};
use super::process::Relayer;
use super::venue::{Trade, Venue};
use abi::escrow::MarginEscrow::{accountCall, houseCall, revealPortfolioCall, sequenceAppliedCall};
use abi::examiner::PortfolioExaminer::examineCall;
use abi::packed::Examination;
use abi::verifier::RiskVerifier::evaluateCall;
use alloy::eips::BlockId;
use alloy::primitives::{B256, Bytes};
use alloy::providers::Provider;
use alloy::sol_types::{SolCall, SolValue};
use chain::deployment::{EXAMINER, VERIFIER};
use chain::view::view_raw;
use localnet::{Localnet, USDC};
use serde_json::Value;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_signed_batch_settles_and_names_its_block() {
    let net = start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (relayer, mut venue) = (Relayer::start(&net, folder.path(), &[]), Venue::new(&net, 0));
    let trade = Trade::new(&net, account(&net, 0), account(&net, 1), 150_000_000).await;
    let (body, hash) = venue.batch(&[trade.clone(), trade]);

    let accepted = relayer.accept("first", &body).await;
    assert_eq!(accepted["batchHash"], hash.to_string(), "the hash that the next batch names");
    assert_eq!(accepted["fills"][1], venue.id(2));
    for sequence in [1, 2] {
        let fill = relayer.until(&venue.id(sequence), "settled").await;
        let tx: B256 = serde_json::from_value(fill["tx"].clone()).expect("a transaction");
        let receipt = net.provider.get_transaction_receipt(tx).await.expect("the node answers").expect("it is mined");
        assert!(receipt.status());
        assert_eq!(fill["blockHash"], receipt.block_hash.expect("a block").to_string());
        assert_eq!(fill["blockNumber"], receipt.block_number.expect("a block"));
        let applied = sequenceAppliedCall { venue: venue.address(), sequence };
        assert!(net.view(escrow(&net), applied).await.expect("a view"));
    }
    let ledger = expect_sound(&net).await;
    assert_eq!(ledger.fills.len(), 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_fill_without_margin_waits_with_its_shortfall_and_settles_when_margin_arrives() {
    let net = start_with_a_poor_desk().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (relayer, mut venue) = (Relayer::start(&net, folder.path(), &[]), Venue::new(&net, 0));
    let (rich, poor) = (account(&net, 0), account(&net, 2));
    let (body, _) = venue.batch(&[Trade::new(&net, rich, poor, 100_000_000).await]);
    relayer.accept("poor", &body).await;

    let waiting = relayer.until(&venue.id(1), "waiting").await;
    assert_eq!((&waiting["reason"], &waiting["account"]), (&"margin-short".into(), &poor.into()), "{waiting}");
    let shortfall: f64 = waiting["shortfall"].as_str().and_then(|text| text.parse().ok()).expect("a decimal string");
    assert!(shortfall > 0.0, "{waiting}");
    assert!(expect_sound(&net).await.fills.is_empty(), "nothing of it is on chain");

    let enough = shortfall as u64 * 102 / 100 + 1;
    net.pledge_wallet(&net.actors.desk[2], poor, USDC, enough).await.expect("a pledge");
    relayer.until(&venue.id(1), "settled").await;
    let ledger = expect_sound(&net).await;
    assert_eq!(ledger.fills.len(), 1);
}

/// What the relayer says of a statement is what the programs on chain say, and what the statement says.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_evidence_behind_a_statement_is_what_the_chain_computes() {
    let net = start().await;
    let folder = tempfile::tempdir().expect("a folder");
    let (relayer, mut venue) = (Relayer::start(&net, folder.path(), &[]), Venue::new(&net, 0));
    let buyer = account(&net, 0);
    let (body, _) = venue.batch(&[Trade::new(&net, buyer, account(&net, 1), 150_000_000).await]);
    relayer.accept("first", &body).await;
    relayer.until(&venue.id(1), "settled").await;

    let (status, evidence) = relayer.get(&format!("/v1/accounts/{buyer}/evidence")).await;
    assert_eq!(status, 200, "{evidence}");
    let bytes = |name: &str| serde_json::from_value::<Bytes>(evidence[name].clone()).expect("hexadecimal bytes");
    let (shown, state) =
        (bytes("examination"), net.view(escrow(&net), accountCall { account: buyer }).await.expect("a view"));
    let house = net.view(escrow(&net), houseCall { house: state.house }).await.expect("a view");
    let examined = ask::<examineCall>(&net, EXAMINER, &shown).await;
    assert_eq!((examined.root.to_string(), examined.parametersHash), (text(&evidence, "root"), house.parametersHash));
    assert_eq!((examined.marksRoot.to_string(), examined.asOf), (text(&evidence, "marksRoot"), state.slot * 10));
    let portfolio = Examination::portfolio_in(&shown).expect("a packed portfolio");
    let figures = ask::<evaluateCall>(&net, VERIFIER, portfolio).await;
    assert_eq!(figures.im, state.requirement);
    assert_eq!(
        (text(&evidence, "requirement"), evidence["sequence"].as_u64()),
        (text(&evidence, "computed"), Some(state.sequence))
    );
    let word = |name: &str| serde_json::from_value::<B256>(evidence[name].clone()).expect("a word").0;
    let [previous, digest] = [word("previousHistory"), word("fillsDigest")];
    let call = [&revealPortfolioCall::SELECTOR[..], &buyer.abi_encode(), &previous, &digest, &shown].concat();
    assert_eq!(bytes("call"), call);

    for (path, status) in [("/v1/accounts/99/evidence", 404), ("/v1/accounts/one/evidence", 422)] {
        assert_eq!(relayer.get(path).await.0, status, "{path}");
    }
}

async fn ask<C: SolCall>(net: &Localnet, program: &str, packed: &[u8]) -> C::Return {
    let to = net.deployment.address(program).expect("it is deployed");
    let input = [&C::SELECTOR[..], packed].concat();
    let answer = view_raw(&net.provider, to, input, program, BlockId::latest()).await.expect("an answer");
    C::abi_decode_returns(&answer).expect("what the ABI says")
}

fn text(of: &Value, member: &str) -> String {
    of[member].as_str().expect("a string").to_owned()
}
