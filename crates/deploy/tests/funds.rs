//! What a deployer must hold: no run stops half-way for want of what the bill did not say.
use crate::support::{DEPLOY, run, wei};
use alloy::primitives::{Address, U256};
use anyhow::Result;
use devnode::{Devnode, DevnodeConfig};
use plumbline_deploy::step::PROGRAMS;
use plumbline_deploy::workspace;
use serde_json::Value;
use std::sync::Arc;

fn deployer(node: &Devnode) -> Address {
    node.accounts()[0].address()
}

fn sum(result: &Value) -> U256 {
    ["executionWei", "dataWei", "activationFeesWei", "bidsWei"].map(|key| wei(&result[key])).into_iter().sum()
}

/// The largest transactions are the escrow's fragments, near the end, and a node asks for their whole gas limit at twice the price.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_holds_what_the_bill_says_gets_to_the_end() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let record = folder.path().join("412346.json");
    let config = DevnodeConfig { data_price: 50_000_000_000, ..DevnodeConfig::default() };
    let node = Arc::new(Devnode::start(config).await?);
    let bill = run(DEPLOY, &node, &record, &["--dry-run"]).await.json(0)["bill"].clone();
    let (total, needed) = (wei(&bill["totalWei"]), wei(&bill["neededWei"]));
    assert!(needed > total + total / U256::from(5) && needed < total * U256::from(2), "{total}, {needed}");

    node.chain().set_balance(deployer(&node), total + total / U256::from(4));
    let poor = run(DEPLOY, &node, &record, &[]).await;
    assert_eq!((poor.code(), poor.sent), (Some(1), 0), "{}", poor.said());
    assert!(poor.said().contains("ETH are needed"), "{}", poor.said());

    // Data fees of activations rise with time here.
    node.chain().set_balance(deployer(&node), needed + needed / U256::from(1_000));
    assert_eq!(run(DEPLOY, &node, &record, &[]).await.json(3)["complete"], false, "all but the timelock");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn bids_for_places_are_in_the_bill_and_in_what_was_paid() -> Result<()> {
    let place = U256::from(10).pow(U256::from(17));
    let folder = tempfile::tempdir()?;
    let (record, file) = (folder.path().join("412346.json"), folder.path().join("bids.toml"));
    let text = std::fs::read_to_string(workspace().join("deployments/networks/local.toml"))?;
    std::fs::write(&file, text.replace("max_cache_bid = 0", &format!("max_cache_bid = {place}")))?;
    let network = ["--network-file", &file.to_string_lossy()];
    let node = Arc::new(Devnode::start(DevnodeConfig::default()).await?);
    node.chain().set_place_price(place.to());

    let bill = run(DEPLOY, &node, &record, &[&network[..], &["--dry-run"]].concat()).await.json(0)["bill"].clone();
    let bids = place * U256::from(PROGRAMS.len());
    assert_eq!((wei(&bill["bidsWei"]), wei(&bill["totalWei"])), (bids, sum(&bill)));
    let before = node.chain().balance(deployer(&node));
    let result = run(DEPLOY, &node, &record, &network).await.json(3);
    assert_eq!((wei(&result["bidsWei"]), sum(&result)), (bids, before - node.chain().balance(deployer(&node))));
    Ok(())
}
