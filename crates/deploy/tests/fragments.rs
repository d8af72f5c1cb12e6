//! A program that one account does not take: built, deployed, interrupted, verified.
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::keccak256;
use alloy::providers::Provider;
use anyhow::Result;
use chain::deployment::ESCROW;
use chain::fragments;
use chain::intent::Intent;
use devnode::{Devnode, DevnodeConfig};
use plumbline_deploy::record::{Creates, Pending};
use plumbline_deploy::run::Outcome;
use plumbline_deploy::step::PROGRAMS;
use plumbline_deploy::verify::{Finding, Verdict};
use plumbline_deploy::{Artifacts, Network, Record, Run, Sender, Step, workspace};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Most bytes of a module, ArbOS 61.
const WASM_LIMIT: u32 = 256 * 1024;

/// A chain, and artefacts among which the escrow is too large for one account.
struct Stage {
    devnode: Devnode,
    network: Network,
    artifacts: Artifacts,
    folder: TempDir,
}

impl Stage {
    async fn new() -> Result<Self> {
        let devnode = Devnode::start(DevnodeConfig::default()).await?;
        let network = Network::load(&workspace().join("deployments/networks/local.toml"))?;
        let folder = tempfile::tempdir()?;
        enlarge(folder.path(), 30_000)?;
        Ok(Self { devnode, network, artifacts: Artifacts::in_folder(folder.path()), folder })
    }

    fn record(&self) -> PathBuf {
        self.folder.path().join("412346.json")
    }

    async fn process(&self) -> Result<Run<'_>> {
        let provider = chain::connect(&self.devnode.http_url(), &[]).await?;
        let record = Record::open(&self.record(), self.network.chain_id)?;
        let sender = Sender::new(provider, self.devnode.accounts()[0].clone(), record);
        Ok(Run { network: &self.network, artifacts: &self.artifacts, sender })
    }

    /// Of the escrow, until it is active.
    fn steps(&self) -> Result<Vec<Step>> {
        let number = self.artifacts.fragments(ESCROW)?.len();
        assert!(number >= 2, "{number} fragments");
        let fragments = (0..number).map(|at| Step::Fragment(ESCROW, at));
        Ok(fragments.chain([Step::Create(ESCROW), Step::Activate(ESCROW)]).collect())
    }
}

/// The programs as they were built, the escrow with so many bytes that mean nothing and hardly compress.
fn enlarge(folder: &Path, bytes: usize) -> Result<()> {
    let built = Artifacts::default();
    for name in PROGRAMS.into_iter().filter(|name| *name != ESCROW) {
        std::fs::write(folder.join(format!("{name}.code")), built.code(name)?)?;
    }
    let mut wasm = devnode::decompress(&built.code(ESCROW)?, WASM_LIMIT)?;
    let mut noise = (0..).flat_map(|at: u64| keccak256(at.to_be_bytes()).0);
    // A custom section of one empty name: nothing reads it.
    let section: Vec<u8> = [0].into_iter().chain(noise.by_ref().take(bytes)).collect();
    wasm.push(0);
    wasm.extend(leb128(section.len()));
    wasm.extend(section);
    std::fs::write(folder.join(format!("{ESCROW}.code")), devnode::compress(&wasm))?;
    Ok(())
}

fn leb128(mut number: usize) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number > 0x7f {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

fn code(findings: &[Finding]) -> &Finding {
    let what = format!("{ESCROW} has the code that was built");
    findings.iter().find(|finding| finding.what == what).expect("the escrow's code is checked")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_fragment_is_a_step_and_an_interrupted_run_goes_on() -> Result<()> {
    let stage = Stage::new().await?;
    let steps = stage.steps()?;
    for (at, step) in steps.iter().enumerate() {
        let mut run = stage.process().await?;
        for earlier in &steps[..at] {
            assert_eq!(run.one(*earlier).await?, Outcome::Stood, "{earlier:?} before {step:?}");
        }
        assert!(matches!(run.one(*step).await?, Outcome::Done { .. }), "{step:?}");
    }
    assert_eq!(stage.devnode.chain().block_number(), steps.len() as u64, "one transaction each");

    let run = stage.process().await?;
    let deployment = &run.sender.record.deployment;
    let places = deployment.fragments(ESCROW);
    let held = fragments::read(&run.sender.provider, deployment.escrow()?).await?;
    assert_eq!(held.fragments.iter().map(|(place, _)| *place).collect::<Vec<_>>(), places);
    assert_eq!(held.whole()?, stage.artifacts.code(ESCROW)?, "what the chain holds is what was built");
    let findings = run.verify().await?;
    assert_eq!(code(&findings).verdict, Verdict::Holds, "{:?}", code(&findings));
    Ok(())
}

/// Killed after the signed bytes were kept, before they were sent and after.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_killed_around_sending_a_fragment_puts_it_in_its_place() -> Result<()> {
    for sent in [false, true] {
        let stage = Stage::new().await?;
        let mut run = stage.process().await?;
        run.one(Step::Fragment(ESCROW, 0)).await?;
        run.one(Step::Fragment(ESCROW, 1)).await?;
        let second = run.sender.record.deployment.fragments[ESCROW][1].clone();
        let tx = run.sender.provider.get_transaction_by_hash(second.tx).await?.expect("the transaction is known");
        let intent = Intent { nonce: 1, hash: second.tx, raw: tx.inner.inner().encoded_2718() };
        run.sender.record.deployment.fragments.get_mut(ESCROW).expect("two").truncate(1);
        run.sender.record.save()?;
        let creates = Creates::Fragment { of: ESCROW.to_owned(), at: 1 };
        run.sender.record.intend(Pending { what: "create it".to_owned(), creates: Some(creates), intent })?;
        if !sent {
            stage.devnode.chain().rollback(1)?;
        }
        let mut run = stage.process().await?;
        assert_eq!(run.sender.resume().await?.as_deref(), Some("create it"));
        assert_eq!(run.sender.record.deployment.fragments(ESCROW)[1], second.address);
        assert_eq!(run.one(Step::Fragment(ESCROW, 1)).await?, Outcome::Stood);
        assert_eq!(stage.devnode.chain().nonce(stage.devnode.accounts()[0].address()), 2);
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_wrong_fragment_is_named() -> Result<()> {
    let stage = Stage::new().await?;
    let mut run = stage.process().await?;
    for step in stage.steps()? {
        run.one(step).await?;
    }
    let second = run.sender.record.deployment.fragments(ESCROW)[1];
    let mut other = stage.artifacts.fragments(ESCROW)?[1].clone();
    *other.last_mut().expect("a fragment") ^= 1;
    stage.devnode.chain().set_code(second, &other);
    let findings = run.verify().await?;
    let found = code(&findings);
    let number = stage.artifacts.fragments(ESCROW)?.len();
    assert_eq!(found.verdict, Verdict::Wrong);
    assert_eq!(found.detail, format!("fragment 2 of {number}, at {second}, is another"));
    let error = stage.process().await?.one(Step::Fragment(ESCROW, 1)).await.unwrap_err().to_string();
    assert!(error.contains("the record says that fragment 2 of margin-escrow stands at"), "{error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_root_that_names_nothing_whole_is_one_finding_among_others() -> Result<()> {
    let stage = Stage::new().await?;
    let mut run = stage.process().await?;
    for step in stage.steps()? {
        run.one(step).await?;
    }
    let root = run.sender.record.deployment.address(ESCROW)?;
    stage.devnode.chain().set_code(root, &[0xEF, 0xF0, 0x02, 0, 0, 0, 0, 1, 0xFF]);
    let findings = run.verify().await?;
    let found = code(&findings);
    assert_eq!(found.verdict, Verdict::Wrong);
    assert!(found.detail.contains("it holds no whole addresses"), "{}", found.detail);
    assert!(findings.len() > 1);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_deployment_has_an_activation_of_its_own() -> Result<()> {
    let stage = Stage::new().await?;
    let mut hashes = Vec::new();
    for _ in 0..2 {
        let mut run = stage.process().await?;
        for step in stage.steps()? {
            assert!(matches!(run.one(step).await?, Outcome::Done { .. }), "{step:?}");
        }
        hashes.push(run.sender.record.deployment.contracts[ESCROW].code_hash);
        std::fs::remove_file(stage.record())?;
    }
    assert_ne!(hashes[0], hashes[1], "the root holds addresses");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn other_sources_are_found_before_a_fragment_is_paid_for() -> Result<()> {
    let stage = Stage::new().await?;
    let whole = Artifacts::default();
    let mut earlier = Run { artifacts: &whole, ..stage.process().await? };
    for at in 0..whole.fragments(ESCROW)?.len() {
        earlier.one(Step::Fragment(ESCROW, at)).await?;
    }
    earlier.one(Step::Create(ESCROW)).await?;
    let before = stage.devnode.chain().block_number();
    let last = Step::Fragment(ESCROW, stage.artifacts.fragments(ESCROW)?.len() - 1);
    let error = stage.process().await?.one(last).await.unwrap_err().to_string();
    assert!(error.contains("was built from other sources than these"), "{error}");
    assert_eq!(stage.devnode.chain().block_number(), before);
    Ok(())
}

#[test]
fn the_build_counts_fragments_as_the_deployment_splits() -> Result<()> {
    let manifest = std::fs::read(workspace().join("target/contracts/manifest.json"))?;
    let manifest: serde_json::Value = serde_json::from_slice(&manifest)?;
    for name in PROGRAMS {
        let split = Artifacts::default().fragments(name)?.len();
        assert_eq!(manifest["contracts"][name]["fragments"], split, "{name}");
    }
    Ok(())
}
