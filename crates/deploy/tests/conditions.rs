//! A chain that would not take the deployment now: found before anything is sent.
use crate::support::{Answer, DEPLOY, KEEPALIVE, run, wei};
use alloy::primitives::U256;
use anyhow::Result;
use chain::deployment::ESCROW;
use devnode::{ArbosVersion, Devnode, DevnodeConfig};
use plumbline_deploy::Artifacts;
use plumbline_deploy::step::PROGRAMS;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

const PAUSED: u64 = u64::MAX;

struct Stage {
    devnode: Arc<Devnode>,
    folder: TempDir,
}

impl Stage {
    async fn new(arbos: ArbosVersion) -> Result<Self> {
        let devnode = Devnode::start(DevnodeConfig { arbos, ..DevnodeConfig::default() }).await?;
        // Of ArbOS 60 the escrow takes more than a chain allows whose owner has not raised it.
        devnode.chain().set_stylus_limits(ArbosVersion::V61.fragments(), ArbosVersion::V61.wasm_size());
        Ok(Self { devnode: Arc::new(devnode), folder: tempfile::tempdir()? })
    }

    fn record(&self) -> PathBuf {
        self.folder.path().join("412346.json")
    }

    async fn deploy(&self, more: &[&str]) -> Answer {
        run(DEPLOY, &self.devnode, &self.record(), more).await
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_is_found_before_anything_is_sent_and_the_bill_is_shown_all_the_same() -> Result<()> {
    let stage = Stage::new(ArbosVersion::V61).await?;
    let open = stage.deploy(&["--dry-run"]).await.json(0);
    stage.devnode.chain().set_activation_gas(PAUSED);

    let refused = stage.deploy(&[]).await;
    let result = refused.json(4);
    assert_eq!((refused.sent, stage.record().exists()), (0, false));
    let why = result["obstacles"][0].as_str().unwrap_or_default();
    assert!(
        why.contains("activations are paused on chain 412346: ArbWasm.activationGas() is 18446744073709551615"),
        "{why}"
    );
    assert!(why.contains("a transaction may use 32000000") && why.contains("The chain's owner ends it"), "{why}");
    assert!(refused.said().contains("Nothing was sent"), "{}", refused.said());

    let dry = stage.deploy(&["--dry-run"]).await;
    let priced = dry.json(4);
    assert_eq!((&priced["obstacles"], dry.sent), (&result["obstacles"], 0));
    assert_eq!(priced["bill"]["executionWei"], open["bill"]["executionWei"], "a pause is no price");
    let [before, paused] = [&open, &priced].map(|said| wei(&said["bill"]["activationFeesWei"]));
    assert!(paused.abs_diff(before) < before / U256::from(20), "the rehearsal's fees where the chain tells none");

    stage.devnode.chain().set_activation_gas(0);
    assert_eq!(stage.deploy(&[]).await.code(), Some(3), "all but the timelock");
    Ok(())
}

/// The smallest program could pay it, the escrow could not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn activation_gas_that_not_every_program_can_pay_is_a_pause() -> Result<()> {
    let stage = Stage::new(ArbosVersion::V61).await?;
    stage.devnode.chain().set_activation_gas(28_000_000);
    let refused = stage.deploy(&[]).await;
    assert!(refused.json(4)["obstacles"][0].as_str().is_some_and(|why| why.contains("activationGas() is 28000000")));
    assert_eq!(refused.sent, 0);
    assert!(
        stage.deploy(&["--dry-run"]).await.json(4)["bill"]["totalWei"].is_string(),
        "the bill is shown all the same"
    );
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_stops_only_what_must_be_activated() -> Result<()> {
    let stage = Stage::new(ArbosVersion::V61).await?;
    assert_eq!(stage.deploy(&[]).await.code(), Some(3));
    stage.devnode.chain().set_activation_gas(PAUSED);
    stage.devnode.chain().increase_time(10);
    stage.devnode.chain().mine();
    let last = stage.deploy(&[]).await;
    assert_eq!((last.json(0)["complete"].as_bool(), last.sent), (Some(true), 1));
    Ok(())
}

/// What the owner puts on an activation to make it dear is paid, and in the bill.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn activation_gas_that_can_be_paid_is_in_the_bill() -> Result<()> {
    let stage = Stage::new(ArbosVersion::V61).await?;
    let gas = |bill: serde_json::Value| -> u64 {
        let steps = bill["bill"]["steps"].as_array().expect("steps").clone();
        let activation = steps.iter().find(|step| step["step"] == "activate price-oracle").expect("a step").clone();
        activation["executionGas"].as_str().and_then(|gas| gas.parse().ok()).expect("gas")
    };
    let before = gas(stage.deploy(&["--dry-run"]).await.json(0));
    stage.devnode.chain().set_activation_gas(1_000_000);
    assert_eq!(gas(stage.deploy(&["--dry-run"]).await.json(0)), before + 1_000_000);
    assert_eq!(stage.deploy(&[]).await.code(), Some(3));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_module_larger_than_the_chain_takes_is_found_by_a_dry_activation() -> Result<()> {
    let stage = Stage::new(ArbosVersion::V61).await?;
    let escrow = devnode::decompress(&Artifacts::default().code(ESCROW)?, u32::MAX)?;
    stage.devnode.chain().set_stylus_limits(4, escrow.len() as u32 - 1);
    let refused = stage.deploy(&[]).await;
    let obstacles = refused.json(4)["obstacles"].clone();
    assert_eq!(obstacles.as_array().map(Vec::len), Some(1), "{obstacles}");
    assert!(obstacles[0].as_str().is_some_and(|why| why.contains("would not activate margin-escrow")), "{obstacles}");
    assert_eq!(refused.sent, 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_chain_without_fragments_is_told_from_one_with_too_few() -> Result<()> {
    let number = Artifacts::default().fragments(ESCROW)?.len();
    for (arbos, most, needed) in [
        (ArbosVersion::V51, 0, "at ArbOS 51 knows no fragments: it needs ArbOS 60 or later"),
        (ArbosVersion::V61, 1, "at ArbOS 61 takes at most 1: it needs its owner to raise that"),
    ] {
        let stage = Stage::new(arbos).await?;
        stage.devnode.chain().set_stylus_limits(most, 256 * 1024);
        for more in [&[][..], &["--dry-run"]] {
            let refused = stage.deploy(more).await;
            let result = refused.json(4);
            let why = result["obstacles"][0].as_str().unwrap_or_default();
            assert!(why.contains(&format!("margin-escrow takes {number} fragments")) && why.contains(needed), "{why}");
            assert_eq!((refused.sent, result["bill"].is_object()), (0, !more.is_empty()));
        }
    }
    Ok(())
}

/// Gas differs between versions: an activation's, and that of programs which are not cached.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bill_is_that_of_the_chains_own_version() -> Result<()> {
    for arbos in [ArbosVersion::V60, ArbosVersion::V61] {
        let stage = Stage::new(arbos).await?;
        let said = wei(&stage.deploy(&["--dry-run"]).await.json(0)["bill"]["executionWei"]);
        let first = wei(&stage.deploy(&[]).await.json(3)["executionWei"]);
        stage.devnode.chain().increase_time(10);
        stage.devnode.chain().mine();
        let paid = first + wei(&stage.deploy(&[]).await.json(0)["executionWei"]);
        // Zero bytes of addresses differ, at 12 gas each.
        assert!(said.abs_diff(paid) < said / U256::from(10_000), "ArbOS {arbos}: {said}, {paid}");
    }
    Ok(())
}

/// What an operator runs on the day of an upgrade.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn after_an_upgrade_keepalive_leaves_nothing_to_deploy() -> Result<()> {
    let stage = Stage::new(ArbosVersion::V60).await?;
    stage.deploy(&[]).await.json(3);
    stage.devnode.chain().increase_time(10);
    stage.devnode.chain().mine();
    stage.deploy(&[]).await.json(0);
    stage.devnode.chain().upgrade_arbos(ArbosVersion::V61)?;
    let steps = |result: serde_json::Value| result["bill"]["steps"].as_array().map(Vec::len);
    assert_eq!(steps(stage.deploy(&["--dry-run"]).await.json(0)), Some(PROGRAMS.len()), "an activation each");
    run(KEEPALIVE, &stage.devnode, &stage.record(), &[]).await.json(0);
    let after = stage.deploy(&["--dry-run"]).await;
    let result = after.json(0);
    assert!(
        result["cache"].as_array().is_some_and(|places| places.iter().all(|place| place["cached"] == true)),
        "places stay"
    );
    assert_eq!(steps(result), Some(0), "{}", after.said());
    Ok(())
}
