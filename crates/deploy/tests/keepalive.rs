//! `cargo xtask keepalive` as an operator runs it, over more than a year of a devnode.
use crate::support::{Answer, KEEPALIVE, run, wei};
use alloy::primitives::{Address, U256};
use anyhow::Result;
use chain::deployment::{ESCROW, EXAMINER, ORACLE, REGISTRY, VERIFIER};
use devnode::{ArbosVersion, Devnode, DevnodeConfig};
use plumbline_deploy::run::Outcome;
use plumbline_deploy::step::PROGRAMS;
use plumbline_deploy::{Artifacts, Network, Record, Run, Sender, Step, workspace};
use serde_json::Value;
use std::path::PathBuf;
use std::sync::Arc;
use tempfile::TempDir;

const DAY: u64 = 86_400;

/// A chain on which the programs are active.
struct Stage {
    devnode: Arc<Devnode>,
    folder: TempDir,
}

impl Stage {
    async fn new() -> Result<Self> {
        Self::at(ArbosVersion::default()).await
    }

    async fn at(arbos: ArbosVersion) -> Result<Self> {
        let devnode = Arc::new(Devnode::start(DevnodeConfig { arbos, ..DevnodeConfig::default() }).await?);
        // Of ArbOS 60 the escrow takes more than a chain allows whose owner has not raised it.
        devnode.chain().set_stylus_limits(ArbosVersion::V61.fragments(), ArbosVersion::V61.wasm_size());
        let stage = Self { devnode, folder: tempfile::tempdir()? };
        for name in PROGRAMS {
            for at in 0..Artifacts::default().fragments(name)?.len() {
                stage.perform(Step::Fragment(name, at)).await?;
            }
            stage.perform(Step::Create(name)).await?;
            stage.perform(Step::Activate(name)).await?;
        }
        Ok(stage)
    }

    /// A step of the deployment.
    async fn perform(&self, step: Step) -> Result<Outcome> {
        let network = Network::load(&workspace().join("deployments/networks/local.toml"))?;
        let provider = chain::connect(&self.devnode.http_url(), &[]).await?;
        let record = Record::open(&self.record(), network.chain_id)?;
        let sender = Sender::new(provider, self.devnode.accounts()[0].clone(), record);
        Run { network: &network, artifacts: &Artifacts::default(), sender }.one(step).await
    }

    fn record(&self) -> PathBuf {
        self.folder.path().join("412346.json")
    }

    fn pass(&self, days: u64) {
        self.devnode.chain().increase_time(days * DAY);
        self.devnode.chain().mine();
    }

    /// The second account pays, which deployed nothing.
    async fn keepalive(&self, more: &[&str]) -> Answer {
        run(KEEPALIVE, &self.devnode, &self.record(), more).await
    }

    fn held(&self) -> U256 {
        self.devnode.chain().balance(self.payer())
    }

    fn payer(&self) -> Address {
        self.devnode.accounts()[1].address()
    }
}

trait Programs {
    fn programs(&self, code: i32) -> Vec<Value>;
    fn states(&self, code: i32) -> Vec<(String, Option<u64>)>;
}

impl Programs for Answer {
    #[track_caller]
    fn programs(&self, code: i32) -> Vec<Value> {
        self.json(code)["programs"].as_array().expect("a list").clone()
    }

    #[track_caller]
    fn states(&self, code: i32) -> Vec<(String, Option<u64>)> {
        let state = |program: &Value| {
            (
                program["state"].as_str().unwrap_or("?").to_owned(),
                program["secondsLeft"].as_u64().map(|left| left / DAY),
            )
        };
        self.programs(code).iter().map(state).collect()
    }
}

fn all(state: &str, days: Option<u64>) -> Vec<(String, Option<u64>)> {
    vec![(state.to_owned(), days); PROGRAMS.len()]
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_are_extended_when_they_may_be_and_not_before() -> Result<()> {
    let stage = Stage::new().await?;
    let young = stage.keepalive(&[]).await;
    let names: Vec<_> = young.programs(0).iter().map(|program| program["name"].clone()).collect();
    assert_eq!(names, [ORACLE, REGISTRY, VERIFIER, EXAMINER, ESCROW]);
    assert_eq!((young.states(0), young.sent), (all("young", Some(364)), 0));
    assert!(young.said().contains("in 31 days"), "{}", young.said());

    stage.pass(40);
    let dry = stage.keepalive(&["--dry-run"]).await;
    assert_eq!((dry.states(0), dry.sent), (all("extendable", Some(324)), 0));
    let patient = stage.keepalive(&["--below", "300"]).await;
    assert_eq!((patient.states(0), patient.sent), (all("extendable", Some(324)), 0));

    let before = stage.held();
    let extended = stage.keepalive(&[]).await;
    assert_eq!((extended.states(0), extended.sent), (all("young", Some(364)), PROGRAMS.len() as u64));
    for (priced, paid) in dry.programs(0).iter().zip(extended.programs(0)) {
        let (alone, fee) = (wei(&priced["feeWei"]), wei(&paid["extended"]["feeWei"]));
        assert!(alone <= fee && fee < alone * U256::from(2), "each makes the next one dearer: {alone}, {fee}");
    }
    assert!(stage.held() < before);
    assert_eq!(stage.keepalive(&[]).await.sent, 0, "once");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_has_lapsed_is_priced_and_activated_again() -> Result<()> {
    let stage = Stage::new().await?;
    stage.pass(366);
    let lapsed = stage.keepalive(&["--dry-run"]).await;
    assert_eq!((lapsed.states(1), lapsed.sent), (all("lapsed", None), 0));
    assert!(lapsed.said().contains("last activated or extended 366 days ago"), "{}", lapsed.said());
    let activated = stage.keepalive(&[]).await;
    assert_eq!((activated.states(0), activated.sent), (all("young", Some(364)), PROGRAMS.len() as u64));
    for (priced, paid) in lapsed.programs(1).iter().zip(activated.programs(0)) {
        let (alone, fee) = (wei(&priced["activation"]["feeWei"]), wei(&paid["activated"]["feeWei"]));
        assert!(alone <= fee && fee < alone * U256::from(2), "{alone}, {fee}");
    }
    assert_eq!(stage.keepalive(&[]).await.sent, 0, "once");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_an_upgrade_left_behind_is_activated_again() -> Result<()> {
    let stage = Stage::at(ArbosVersion::V60).await?;
    assert_eq!(stage.keepalive(&[]).await.states(0), all("young", Some(364)));
    stage.devnode.chain().upgrade_arbos(ArbosVersion::V61)?;
    let outdated = stage.keepalive(&["--dry-run"]).await;
    assert_eq!((outdated.states(1), outdated.sent), (all("outdated", None), 0));
    // Gas is dearer than the fees: who holds but these brings back none rather than some.
    let held = stage.held();
    let fees: U256 = outdated.programs(1).iter().map(|program| wei(&program["activation"]["feeWei"])).sum();
    stage.devnode.chain().set_balance(stage.payer(), fees * U256::from(3));
    let poor = stage.keepalive(&[]).await;
    assert_eq!((poor.code(), poor.sent), (Some(1), 0), "{}", poor.said());
    assert!(poor.said().contains("fees and gas are up to"), "{}", poor.said());
    stage.devnode.chain().set_balance(stage.payer(), held);
    assert!(outdated.said().contains("activated for Stylus 2, the chain has 3"), "{}", outdated.said());
    let activated = stage.keepalive(&[]).await;
    assert_eq!((activated.states(0), activated.sent), (all("young", Some(364)), PROGRAMS.len() as u64));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_pause_stops_activations_and_no_extension() -> Result<()> {
    let stage = Stage::at(ArbosVersion::V60).await?;
    stage.devnode.chain().set_activation_gas(u64::MAX);
    stage.pass(40);
    let extended = stage.keepalive(&[]).await;
    assert_eq!((extended.states(0), extended.sent), (all("young", Some(364)), PROGRAMS.len() as u64));
    assert!(extended.said().contains("What lapses now cannot be brought back"), "{}", extended.said());

    stage.devnode.chain().upgrade_arbos(ArbosVersion::V61)?;
    let refused = stage.keepalive(&[]).await;
    assert_eq!((refused.states(4), refused.sent), (all("outdated", None), 0));
    assert!(refused.said().contains("activations are paused on chain 412346"), "{}", refused.said());
    assert!(refused.json(4)["paused"].is_string());
    stage.devnode.chain().set_activation_gas(0);
    assert_eq!(stage.keepalive(&[]).await.states(0), all("young", Some(364)));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_of_other_code_is_refused() -> Result<()> {
    let stage = Stage::new().await?;
    let mut record = Record::open(&stage.record(), 412_346)?;
    let oracle = record.deployment.contracts[ORACLE].clone();
    record.deployment.contracts.get_mut(ESCROW).expect("deployed").address = oracle.address;
    record.save()?;
    let refused = stage.keepalive(&["--dry-run"]).await;
    assert!(refused.code() == Some(1) && refused.said().contains("margin-escrow: the code at"));
    Ok(())
}

/// The same balance is enough where data cost nothing.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_cannot_pay_for_data_extends_none_rather_than_some() -> Result<()> {
    let stage = Stage::new().await?;
    stage.pass(40);
    stage.devnode.chain().set_balance(stage.payer(), U256::from(1_500_000_000_000_000u64));
    stage.devnode.chain().set_data_price(50_000_000_000);
    let poor = stage.keepalive(&[]).await;
    assert_eq!((poor.code(), poor.sent), (Some(1), 0), "{}", poor.said());
    assert!(poor.said().contains("fees and gas are up to"), "{}", poor.said());
    stage.devnode.chain().set_data_price(0);
    assert_eq!(stage.keepalive(&[]).await.sent, PROGRAMS.len() as u64);
    Ok(())
}
