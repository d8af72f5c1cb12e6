//! The command as an operator runs it.
use crate::support::{DEPLOY, run};
use anyhow::Result;
use devnode::{Devnode, DevnodeConfig};
use std::sync::Arc;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_prices_and_sends_nothing_then_the_real_one_waits_and_ends() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let record = folder.path().join("412346.json");
    let node = Arc::new(Devnode::start(DevnodeConfig::default()).await?);

    let dry = run(DEPLOY, &node, &record, &["--dry-run"]).await;
    let bill = dry.json(0)["bill"].clone();
    assert!(bill["steps"].as_array().is_some_and(|steps| steps.len() >= 17), "{bill}");
    assert_eq!((record.exists(), dry.sent), (false, 0));

    let first = run(DEPLOY, &node, &record, &[]).await.json(3);
    assert!(first["waitsFor"].as_str().is_some_and(|why| why.contains("to go")) && first["complete"] == false);

    // The contracts are still the deployer's, whom a run without a key does not know.
    let half = run(DEPLOY, &node, &record, &["--dry-run"]).await;
    let left = half.json(0)["bill"]["steps"].as_array().expect("a list").clone();
    assert_eq!((left.len(), &left[0]["step"], half.sent), (1, &"the timelock accepts".into(), 0));

    node.chain().increase_time(10);
    node.chain().mine();
    let last = run(DEPLOY, &node, &record, &[]).await.json(0);
    assert_eq!((&last["complete"], &last["transactions"]), (&true.into(), &1.into()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_leaves_an_interrupted_transaction_alone() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let record = folder.path().join("412346.json");
    let pending = record.with_extension("pending.json");
    let text = format!(
        r#"{{"what":"create price-oracle","creates":null,"intent":{{"nonce":0,"hash":"0x{:064x}","raw":"0x02"}}}}"#,
        1
    );
    std::fs::write(&pending, &text)?;
    let node = Arc::new(Devnode::start(DevnodeConfig::default()).await?);
    let dry = run(DEPLOY, &node, &record, &["--dry-run"]).await;
    assert_eq!(dry.code(), Some(0), "{}", dry.said());
    assert!(dry.said().contains("interrupted at: create price-oracle"), "{}", dry.said());
    assert_eq!((std::fs::read_to_string(&pending)?, dry.sent), (text, 0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_meant_is_refused_before_anything_is_sent() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let record = folder.path().join("x.json");
    let node = Arc::new(Devnode::start(DevnodeConfig { chain_id: 42_161, ..DevnodeConfig::default() }).await?);
    let mainnet = folder.path().join("one.toml");
    std::fs::write(
        &mainnet,
        "chain_id = 42161\nrpc_url = \"http://127.0.0.1:1\"\n[governance]\ntimelock_delay = 60\n",
    )?;
    let file = mainnet.to_string_lossy().into_owned();
    let cases = [
        (vec!["--network-file", &file], "Arbitrum One is a mainnet"),
        (vec!["--network", "local"], "is chain 42161, the network file says 412346"),
        (vec!["--network", "nowhere"], "known networks: arbitrum-sepolia, local"),
    ];
    for (arguments, reason) in cases {
        let refused = run(DEPLOY, &node, &record, &arguments).await;
        assert_eq!((refused.code(), refused.sent), (Some(1), 0));
        assert!(refused.said().contains(reason), "{}", refused.said());
    }
    Ok(())
}
