//! The command as an operator runs it.
use anyhow::Result;
use devnode::{Devnode, DevnodeConfig};
use serde_json::Value;
use std::path::Path;
use std::process::{Command, Output};

const PUBLIC_KEY_OF_TESTS: &str = "0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80";

fn deploy(node: &Devnode, record: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plumbline-deploy"));
    command.args(["--rpc-url", &node.http_url(), "--json", "--record"]).arg(record).args(more);
    command.env_remove("PLUMBLINE_KEYSTORE").env_remove("PLUMBLINE_DEPLOYER_KEY");
    if !more.contains(&"--dry-run") {
        command.env("PLUMBLINE_DEPLOYER_KEY", PUBLIC_KEY_OF_TESTS);
    }
    command.output().expect("the binary runs")
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

async fn blocking(work: impl FnOnce() -> Output + Send + 'static) -> Output {
    tokio::task::spawn_blocking(work).await.expect("the command ends")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dry_run_prices_and_sends_nothing_then_the_real_one_waits_and_ends() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let record = folder.path().join("412346.json");
    let node = std::sync::Arc::new(Devnode::start(DevnodeConfig::default()).await?);
    let run = |more: &'static [&'static str]| {
        let (node, record) = (node.clone(), record.clone());
        blocking(move || deploy(&node, &record, more))
    };

    let dry = run(&["--network", "local", "--dry-run"]).await;
    assert_eq!(dry.status.code(), Some(0), "{}", said(&dry));
    let bill: Value = serde_json::from_slice(&dry.stdout)?;
    assert!(bill["bill"]["steps"].as_array().is_some_and(|steps| steps.len() >= 17), "{bill}");
    assert!(!record.exists() && node.chain().block_number() == 0);

    let first = run(&["--network", "local"]).await;
    assert_eq!(first.status.code(), Some(3), "{}", said(&first));
    let result: Value = serde_json::from_slice(&first.stdout)?;
    assert!(result["waitsFor"].as_str().is_some_and(|why| why.contains("to go")) && result["complete"] == false);

    node.chain().increase_time(10);
    node.chain().mine();
    let last = run(&["--network", "local"]).await;
    assert_eq!(last.status.code(), Some(0), "{}", said(&last));
    let result: Value = serde_json::from_slice(&last.stdout)?;
    assert_eq!((&result["complete"], &result["transactions"]), (&true.into(), &1.into()));
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
    let node = std::sync::Arc::new(Devnode::start(DevnodeConfig::default()).await?);
    let at = node.clone();
    let dry = blocking(move || deploy(&at, &record, &["--network", "local", "--dry-run"])).await;
    assert_eq!(dry.status.code(), Some(0), "{}", said(&dry));
    assert!(said(&dry).contains("interrupted at: create price-oracle"), "{}", said(&dry));
    assert_eq!((std::fs::read_to_string(&pending)?, node.chain().block_number()), (text, 0));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_not_meant_is_refused_before_anything_is_sent() -> Result<()> {
    let folder = tempfile::tempdir()?;
    let record = folder.path().join("x.json");
    let node =
        std::sync::Arc::new(Devnode::start(DevnodeConfig { chain_id: 42_161, ..DevnodeConfig::default() }).await?);
    let mainnet = folder.path().join("one.toml");
    std::fs::write(
        &mainnet,
        "chain_id = 42161\nrpc_url = \"http://127.0.0.1:1\"\n[governance]\ntimelock_delay = 60\n",
    )?;
    let file = mainnet.to_string_lossy().into_owned();
    let refused = |more: Vec<String>| {
        let (node, record) = (node.clone(), record.clone());
        blocking(move || deploy(&node, &record, &more.iter().map(String::as_str).collect::<Vec<_>>()))
    };
    let cases = [
        (vec!["--network-file".to_owned(), file], "Arbitrum One is a mainnet"),
        (vec!["--network".to_owned(), "local".to_owned()], "is chain 42161, the network file says 412346"),
        (vec!["--network".to_owned(), "nowhere".to_owned()], "known networks: arbitrum-sepolia, local"),
    ];
    for (arguments, reason) in cases {
        let output = refused(arguments).await;
        assert_eq!(output.status.code(), Some(1));
        assert!(said(&output).contains(reason), "{}", said(&output));
    }
    assert_eq!(node.chain().block_number(), 0);
    Ok(())
}
