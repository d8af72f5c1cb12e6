//! `cargo xtask keepalive` as an operator runs it, over more than a year of a devnode.
use alloy::primitives::{Address, U256};
use anyhow::Result;
use chain::deployment::{ESCROW, EXAMINER, ORACLE, REGISTRY, VERIFIER};
use devnode::{Devnode, DevnodeConfig};
use plumbline_deploy::run::Outcome;
use plumbline_deploy::step::PROGRAMS;
use plumbline_deploy::{Artifacts, Network, Record, Run, Sender, Step, workspace};
use serde_json::Value;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::sync::Arc;
use tempfile::TempDir;

const PUBLIC_KEY_OF_TESTS: &str = "0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d";
const DAY: u64 = 86_400;

/// A chain on which the programs are active.
struct Stage {
    devnode: Arc<Devnode>,
    folder: TempDir,
}

impl Stage {
    async fn new() -> Result<Self> {
        let devnode = Arc::new(Devnode::start(DevnodeConfig::default()).await?);
        let stage = Self { devnode, folder: tempfile::tempdir()? };
        for name in PROGRAMS {
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
    async fn keepalive(&self, more: &'static [&'static str]) -> Answer {
        let (url, record) = (self.devnode.http_url(), self.record());
        let before = self.devnode.chain().block_number();
        let output = tokio::task::spawn_blocking(move || run(&url, &record, more)).await.expect("the command ends");
        Answer { output, sent: self.devnode.chain().block_number() - before }
    }

    fn held(&self) -> U256 {
        self.devnode.chain().balance(self.payer())
    }

    fn payer(&self) -> Address {
        self.devnode.accounts()[1].address()
    }
}

fn run(url: &str, record: &Path, more: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_plumbline-keepalive"));
    command.args(["--network", "local", "--json", "--rpc-url", url, "--record"]).arg(record).args(more);
    command.env_remove("PLUMBLINE_KEYSTORE").env_remove("PLUMBLINE_DEPLOYER_KEY");
    if !more.contains(&"--dry-run") {
        command.env("PLUMBLINE_DEPLOYER_KEY", PUBLIC_KEY_OF_TESTS);
    }
    command.output().expect("the binary runs")
}

struct Answer {
    output: Output,
    /// Transactions, each in a block of its own.
    sent: u64,
}

impl Answer {
    fn said(&self) -> String {
        String::from_utf8_lossy(&self.output.stderr).into_owned()
    }

    #[track_caller]
    fn programs(&self, code: i32) -> Vec<Value> {
        assert_eq!(self.output.status.code(), Some(code), "{}", self.said());
        let result: Value = serde_json::from_slice(&self.output.stdout).expect("JSON");
        result["programs"].as_array().expect("a list").clone()
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
        assert_eq!(priced["feeWei"], paid["extended"]["feeWei"], "what the dry run said is what it costs");
    }
    assert!(stage.held() < before);
    assert_eq!(stage.keepalive(&[]).await.sent, 0, "once");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_program_that_has_lapsed_is_said_so_and_only_an_activation_helps() -> Result<()> {
    let stage = Stage::new().await?;
    stage.pass(366);
    let lapsed = stage.keepalive(&[]).await;
    assert_eq!((lapsed.states(1), lapsed.sent), (all("lapsed", None), 0));
    assert!(lapsed.said().contains("activated 366 days ago") && lapsed.said().contains("cargo xtask deploy"));
    for name in PROGRAMS {
        assert!(matches!(stage.perform(Step::Activate(name)).await?, Outcome::Done { .. }), "{name}");
    }
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
    assert!(refused.output.status.code() == Some(1) && refused.said().contains("margin-escrow: the code at"));
    Ok(())
}
