//! A chain that makes no block by itself: its latest block may be of any age.
use crate::support::{DEPLOY, KEEPALIVE, run, wei};
use alloy::primitives::U256;
use anyhow::Result;
use devnode::{Devnode, DevnodeConfig};
use plumbline_deploy::workspace;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const DAY: u64 = 86_400;

/// The local network with another delay.
fn network(folder: &Path, delay: u64) -> Result<PathBuf> {
    let file = folder.join("quiet.toml");
    let text = std::fs::read_to_string(workspace().join("deployments/networks/local.toml"))?;
    std::fs::write(&file, text.replace("timelock_delay = 5", &format!("timelock_delay = {delay}")))?;
    Ok(file)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_ends_though_no_block_is_made_in_between() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (record, file) = (folder.path().join("412346.json"), network(folder.path(), 2)?);
    let arguments = ["--network-file", &file.to_string_lossy()];
    let node = Arc::new(Devnode::start(DevnodeConfig { quiet: true, ..DevnodeConfig::default() }).await?);
    let first = run(DEPLOY, &node, &record, &arguments).await.json(3);
    assert!(first["waitsFor"].as_str().is_some_and(|why| why.contains("s to go")), "{first}");
    tokio::time::sleep(Duration::from_secs(3)).await;
    let last = run(DEPLOY, &node, &record, &arguments).await;
    assert_eq!((last.json(0)["complete"].as_bool(), last.sent), (Some(true), 1));
    Ok(())
}

/// Forty days pass, and the latest block is of the day of the deployment.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_are_extended_though_the_latest_block_is_too_early() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (record, file) = (folder.path().join("412346.json"), network(folder.path(), 2)?);
    let arguments = ["--network-file", &file.to_string_lossy()];
    let start = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs() - 40 * DAY;
    let config = DevnodeConfig { quiet: true, timestamp: Some(start), ..DevnodeConfig::default() };
    let node = Arc::new(Devnode::start(config).await?);
    let _ = run(DEPLOY, &node, &record, &arguments).await;
    node.chain().increase_time(40 * DAY);
    let extended = run(KEEPALIVE, &node, &record, &arguments).await;
    let programs = extended.json(0)["programs"].as_array().expect("a list").clone();
    assert_eq!(extended.sent, programs.len() as u64, "{}", extended.said());
    assert!(programs.iter().all(|program| program["state"] == "young" && program["extended"].is_object()));
    Ok(())
}

/// With the parent chain at 50 gwei a unit, data is dearer than execution, and a fragment takes more gas than a node estimates.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bill_names_data_apart_and_what_it_said_is_what_is_paid() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let (record, file) = (folder.path().join("412346.json"), network(folder.path(), 2)?);
    let arguments = ["--network-file", &file.to_string_lossy()];
    let config = DevnodeConfig { quiet: true, data_price: 50_000_000_000, ..DevnodeConfig::default() };
    let node = Arc::new(Devnode::start(config).await?);
    let bill = run(DEPLOY, &node, &record, &[&arguments[..], &["--dry-run"]].concat()).await.json(0)["bill"].clone();
    assert_eq!(bill["dataPriceKnown"], true);
    assert!(wei(&bill["dataWei"]) > wei(&bill["executionWei"]) * U256::from(5), "{bill}");
    let steps = bill["steps"].as_array().expect("a list");
    let sum = |key: &str| steps.iter().map(|step| wei(&step[key])).sum::<U256>();
    assert_eq!([sum("executionWei"), sum("dataWei")], [wei(&bill["executionWei"]), wei(&bill["dataWei"])]);
    let total = ["executionWei", "dataWei", "activationFeesWei"].map(|key| wei(&bill[key])).into_iter().sum::<U256>();
    assert_eq!(total, wei(&bill["totalWei"]));

    let first = run(DEPLOY, &node, &record, &arguments).await.json(3);
    tokio::time::sleep(Duration::from_secs(3)).await;
    let last = run(DEPLOY, &node, &record, &arguments).await.json(0);
    for key in ["executionWei", "dataWei", "activationFeesWei"] {
        let (said, paid) = (wei(&bill[key]), wei(&first[key]) + wei(&last[key]));
        assert!(
            paid <= said + said / U256::from(50) && said < paid * U256::from(5) / U256::from(4),
            "{key}: {said}, {paid}"
        );
    }
    Ok(())
}
