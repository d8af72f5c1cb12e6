//! The second agent's word in a dispute.
use crate::support::{Deal, Desk, agent, config, network, signed};
use abi::escrow::MarginEscrow::{accountCall, disputeCall, disputeOfCall};
use abi::escrow::subject::REQUIREMENT;
use abi::registry::EligibilityRegistry::setParticipantCall;
use abi::registry::role;
use abi::types::Agreement;
use alloy::primitives::{B256, FixedBytes, U256, keccak256};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result};
use chain::sign::sign;
use localnet::{Localnet, LocalnetConfig, USDC};
use plumbline_agent::rule::{RuleError, rule};
use plumbline_agent::serve;

/// Micro-USD that a statement is too high by.
const TOO_MUCH: u64 = 5_000_000_000;

async fn accounts(net: &Localnet, second: &PrivateKeySigner) -> Result<[u64; 2]> {
    let lei = FixedBytes::right_padding_from(b"SECONDAGENT000000001");
    let call = setParticipantCall { participant: second.address(), lei, roles: role::CALCULATION_AGENT };
    net.send(&net.actors.operator, net.deployment.registry()?, call).await?;
    let (terms, mut accounts, mut house) = (LocalnetConfig::default().terms, [0; 2], 0);
    for (place, desk) in net.actors.desk.iter().take(2).enumerate() {
        let agreement = Agreement { secondAgent: second.address(), ..net.agreement(desk, &terms).await? };
        let account = net.open_account(desk, agreement).await?;
        net.register_mandate(desk, net.mandate(account, &net.actors.venue[0], &terms, 100).await?).await?;
        net.approve(desk, USDC, 200_000).await?;
        net.pledge_wallet(desk, account, USDC, 200_000).await?;
        house = net.view(net.deployment.escrow()?, accountCall { account }).await?.house;
        accounts[place] = account;
    }
    net.fund(house, 100_000).await?;
    Ok(accounts)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_second_agent_finds_what_should_have_been_stated() -> Result<()> {
    let net = network().await?;
    let second = PrivateKeySigner::from_bytes(&keccak256("the second agent"))?;
    let [buyer, seller] = accounts(&net, &second).await?;
    let (one, two) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let own = config(&net, &second, two.path())?;
    let (first, other) = (agent(&net, one.path()).await?, serve(own.clone()).await?);
    let mut desk = Desk::new(&net);
    let trade = desk.settle(&[Deal::new(buyer, seller, 1, 113_100)]).await?;
    let (by_first, by_second) = (signed(&first, &trade).await?, signed(&other, &trade).await?);
    assert_eq!(by_first.digest, by_second.digest, "both sign the same");
    desk.land_by(&trade, &by_first.signature, Some(&by_second.signature)).await?;

    // Keys that no agent guards sign too high a requirement.
    let escrow = net.deployment.escrow()?;
    let state = net.view(escrow, accountCall { account: buyer }).await?;
    let mut mark = desk.mark(&[buyer]).await?;
    let right = mark.set().statements[0].requirement;
    mark.set().statements[0].requirement += TOO_MUCH;
    let set = mark.call.typed(|_| Some((state.sequence, state.history))).context("typed")?;
    let digest = net.escrow_domain()?.set(&set);
    desk.land_by(&mark, &sign(&net.actors.agent.key, digest), Some(&sign(&second, digest))).await?;

    let nothing = rule(&own, buyer, None, 600).await;
    assert!(matches!(nothing, Err(RuleError::Nothing(_))), "nobody disputes it yet");
    let dispute = disputeCall { account: buyer, subject: REQUIREMENT, amount: TOO_MUCH, stated: B256::ZERO };
    net.send(&net.actors.desk[0], escrow, dispute).await?;
    let first_key = config(&net, &net.actors.agent.key, two.path())?;
    assert!(matches!(rule(&first_key, buyer, None, 600).await, Err(RuleError::NotSecond { .. })));

    // From the store of the agent that serves meanwhile.
    let ruled = rule(&own, buyer, None, 600).await?;
    assert_eq!((ruled.stated, ruled.found), ((right + TOO_MUCH).to_string(), right.to_string()));
    chain::send(&net.provider, "ruleDispute", net.actors.relayer.address(), escrow, ruled.calldata.to_vec()).await?;
    let after = net.view(escrow, disputeOfCall { account: buyer }).await?;
    assert_eq!((after.found, after.steps), (B256::from(U256::from(right)), 0));
    assert!(matches!(rule(&own, buyer, None, 600).await, Err(RuleError::Nothing(_))), "it is said");
    Ok(())
}
