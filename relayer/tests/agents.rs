//! The agents as the relayer meets them: silent, of two minds, somebody else's.
use crate::support::{Client, Network, Venue, agent_config, config, fill, network, now_ms};
use abi::registry::EligibilityRegistry::setParticipantCall;
use abi::registry::role;
use abi::types::Agreement;
use alloy::primitives::{B256, FixedBytes, keccak256};
use alloy::signers::local::PrivateKeySigner;
use anyhow::Result;
use localnet::{LocalnetConfig, USDC};
use relayer::{AgentAt, Config};
use serde_json::Value;
use std::net::SocketAddr;
use std::path::Path;

fn check<'a>(health: &'a Value, name: &str) -> &'a Value {
    let checks = health["checks"].as_array().expect("checks");
    checks.iter().find(|check| check["name"] == name).expect("the check")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fills_wait_for_an_agent_that_is_down_and_settle_once_it_is_back() -> Result<()> {
    let net = network().await?;
    let (folder, store) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let key = net.actors.agent.key.clone();
    let one = agent::serve(agent_config(&net, &key, store.path())?).await?;
    let listen: SocketAddr = one.url.trim_start_matches("http://").parse()?;
    let mut config = config(&net, &folder.path().join("journal.sqlite"))?;
    config.agents.list = vec![AgentAt { address: key.address(), url: one.url.clone() }];
    let relayer = relayer::serve(config).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1")])?).await?;
    client.until(&venue.id(1), "settled").await?;
    client.poll("/healthz", |health| health["status"] == "ok").await?;

    one.shutdown().await;
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1")])?).await?;
    let waiting = client.until(&venue.id(2), "waiting").await?;
    assert_eq!(waiting["reason"], "not-signed", "{waiting}");
    let health = client.poll("/healthz", |health| health["status"] == "failing").await?;
    let said = check(&health, "agents")["detail"].as_str().unwrap_or_default();
    assert!(said.contains(&key.address().to_string()) && said.contains("does not answer"), "{said}");

    let again = agent::Config { listen, ..agent_config(&net, &key, store.path())? };
    let two = agent::serve(again).await?;
    client.until(&venue.id(2), "settled").await?;
    client.poll("/healthz", |health| check(health, "agents")["ok"] == true).await?;
    relayer.shutdown().await;
    two.shutdown().await;
    Ok(())
}

/// Two accounts of a house with a second agent; who that is.
async fn two_agents(net: &Network) -> Result<(PrivateKeySigner, [u64; 2])> {
    let second = PrivateKeySigner::from_bytes(&keccak256("the second agent"))?;
    let participant = setParticipantCall {
        participant: second.address(),
        lei: FixedBytes::right_padding_from(b"SECONDAGENT000000001"),
        roles: role::CALCULATION_AGENT,
    };
    net.send(&net.actors.operator, net.deployment.registry()?, participant).await?;
    let (terms, mut accounts, mut house) = (LocalnetConfig::default().terms, [0; 2], 0);
    for (place, desk) in net.actors.desk.iter().take(2).enumerate() {
        let agreement = Agreement { secondAgent: second.address(), ..net.agreement(desk, &terms).await? };
        let account = net.open_account(desk, agreement).await?;
        net.register_mandate(desk, net.mandate(account, &net.actors.venue[0], &terms, 100).await?).await?;
        net.approve(desk, USDC, 200_000).await?;
        net.pledge_wallet(desk, account, USDC, 200_000).await?;
        let state = net.view(net.deployment.escrow()?, abi::escrow::MarginEscrow::accountCall { account }).await?;
        (accounts[place], house) = (account, state.house);
    }
    net.fund(house, 100_000).await?;
    Ok((second, accounts))
}

fn with_both(config: Config, first: AgentAt, second: AgentAt) -> Config {
    let agents = relayer::AgentsConfig { list: vec![first, second], ..config.agents.clone() };
    Config { agents, ..config }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn two_agents_that_disagree_are_shown_side_by_side() -> Result<()> {
    let net = network().await?;
    let (second, [buyer, seller]) = two_agents(&net).await?;
    let (folder, store) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let serve = async |positions: Option<B256>, listen: SocketAddr, store: &Path| -> Result<agent::Handle> {
        let config = agent_config(&net, &second, store)?;
        let positions = positions.unwrap_or(config.positions);
        Ok(agent::serve(agent::Config { positions, listen, ..config }).await?)
    };
    // It has another secret of positions, and so finds other roots.
    let wrong = serve(Some(B256::repeat_byte(9)), ([127, 0, 0, 1], 0).into(), store.path()).await?;
    let listen: SocketAddr = wrong.url.trim_start_matches("http://").parse()?;
    let at = AgentAt { address: second.address(), url: wrong.url.clone() };
    let config = with_both(config(&net, &folder.path().join("journal.sqlite"))?, net.agent.at(), at);
    let relayer = relayer::serve(config).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "0.1")])?).await?;
    let waiting = client.until(&venue.id(1), "waiting").await?;
    assert_eq!(waiting["reason"], "not-signed", "{waiting}");
    let status = client.poll("/v1/status", |status| status["difference"].is_object()).await?;
    let found = &status["difference"];
    assert_eq!((&found["figure"], &found["account"]), (&"newRoot".into(), &buyer.min(seller).into()), "{found}");
    let sides = found["agents"].as_array().expect("both");
    assert_eq!(sides.len(), 2, "{found}");
    assert_eq!(sides[0]["computed"], found["proposed"], "the first signs: {found}");
    assert_ne!(sides[1]["computed"], found["proposed"], "{found}");

    wrong.shutdown().await;
    let right = serve(None, listen, store.path()).await?;
    client.until(&venue.id(1), "settled").await?;
    client.poll("/v1/status", |status| status["difference"].is_null()).await?;
    relayer.shutdown().await;
    right.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_without_its_store_is_shown_the_books() -> Result<()> {
    let net = network().await?;
    let (folder, store) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1")])?).await?;
    client.until(&venue.id(1), "settled").await?;
    relayer.shutdown().await;

    let new = agent::serve(agent_config(&net, &net.actors.agent.key, store.path())?).await?;
    let mut config = config(&net, &folder.path().join("journal.sqlite"))?;
    config.agents.list = vec![AgentAt { address: net.agent.address, url: new.url.clone() }];
    let relayer = relayer::serve(config).await?;
    let client = Client::new(&relayer.url);
    client.accept(&venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "1")])?).await?;
    client.until(&venue.id(2), "settled").await?;
    relayer.shutdown().await;
    new.shutdown().await;
    Ok(())
}

#[test]
fn an_agents_key_that_is_given_to_the_relayer_is_refused_with_what_to_do() -> Result<()> {
    let (folder, key) = (tempfile::tempdir()?, B256::repeat_byte(1).to_string());
    let deployment = folder.path().join("deployment.json");
    std::fs::write(&deployment, "{}")?;
    for variable in ["AGENT_KEY", "SECOND_AGENT_KEY"] {
        let relayer = std::process::Command::new(env!("CARGO_BIN_EXE_relayer"))
            .arg("--deployment")
            .arg(&deployment)
            .env("RELAYER_KEY", B256::repeat_byte(2).to_string())
            .env(variable, &key)
            .output()?;
        let said = String::from_utf8_lossy(&relayer.stderr);
        assert!(!relayer.status.success(), "{said}");
        for word in [variable, "plumbline-agent serve", "positions-key", "--agent ADDRESS=URL"] {
            assert!(said.contains(word), "{word}: {said}");
        }
        assert!(!said.contains(key.trim_start_matches("0x")), "a key is never printed");
    }
    Ok(())
}
