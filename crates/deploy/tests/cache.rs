//! A program cache that is full: said, and no reason to stop.
use crate::support::{DEPLOY, run};
use anyhow::Result;
use devnode::{Devnode, DevnodeConfig};
use plumbline_deploy::step::PROGRAMS;
use plumbline_deploy::workspace;
use serde_json::Value;
use std::path::Path;
use std::sync::Arc;

const PRICE: u64 = 2_000_000_000_000_000;

async fn full() -> Result<Arc<Devnode>> {
    let node = Devnode::start(DevnodeConfig::default()).await?;
    node.chain().set_place_price(PRICE);
    Ok(Arc::new(node))
}

fn places(result: &Value) -> Vec<Value> {
    result["cache"].as_array().expect("a list").clone()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_that_costs_more_than_allowed_is_left_and_priced() -> Result<()> {
    let (node, folder) = (full().await?, tempfile::tempdir()?);
    let record = folder.path().join("412346.json");
    let deployed = run(DEPLOY, &node, &record, &[]).await;
    let places = places(&deployed.json(3));
    assert_eq!(places.iter().map(|place| place["name"].clone()).collect::<Vec<_>>(), PROGRAMS);
    for place in places {
        assert_eq!((&place["cached"], &place["priceWei"]), (&false.into(), &PRICE.to_string().into()));
        let saves: u64 = place["savesGas"].as_str().expect("gas").parse()?;
        // A place saves the start of the program: 8,832 gas at least, and more with its size.
        assert!((8_832..60_000).contains(&saves), "{place}");
        assert_eq!(place["gasADay"], (saves * 8_640).to_string());
    }
    let said = deployed.said();
    assert!(said.contains("left out: not cached: a place costs 0.002 ETH now"), "{said}");
    assert!(said.contains("max_cache_bid is 0 wei") && said.contains("ETH a day at 8640 calls"), "{said}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_place_within_the_network_files_limit_is_bought() -> Result<()> {
    let (node, folder) = (full().await?, tempfile::tempdir()?);
    let file = network(folder.path())?;
    let record = folder.path().join("412346.json");
    let result = run(DEPLOY, &node, &record, &["--network-file", &file]).await.json(3);
    assert!(places(&result).iter().all(|place| place["cached"] == true), "{result}");
    Ok(())
}

/// The local network, with as much to bid as a place costs.
fn network(folder: &Path) -> Result<String> {
    let file = folder.join("bids.toml");
    let text = std::fs::read_to_string(workspace().join("deployments/networks/local.toml"))?;
    std::fs::write(&file, text.replace("max_cache_bid = 0", &format!("max_cache_bid = {PRICE}")))?;
    Ok(file.to_string_lossy().into_owned())
}
