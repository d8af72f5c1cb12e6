//! Deployment on a devnode: whole, interrupted, contested.
use abi::oracle::PriceOracle;
use abi::registry::EligibilityRegistry;
use alloy::eips::eip2718::Encodable2718;
use alloy::primitives::{Address, U256};
use alloy::providers::Provider;
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{SolCall, SolValue};
use anyhow::Result;
use chain::deploy::stylus_constructorCall;
use chain::deployment::{ORACLE, REGISTRY};
use devnode::{Devnode, DevnodeConfig};
use plumbline_deploy::conditions::Conditions;
use plumbline_deploy::record::{Creates, Pending};
use plumbline_deploy::run::Outcome;
use plumbline_deploy::step::steps;
use plumbline_deploy::verify::Verdict;
use plumbline_deploy::{Artifacts, Network, Record, Run, Sender, Step, TIMELOCK, rehearsal};
use std::path::Path;

const DELAY: u64 = 60;
const UPTIME_FEED: Address = Address::repeat_byte(0xfe);

fn network() -> Network {
    let mut network = Network::load(&plumbline_deploy::workspace().join("deployments/networks/local.toml")).unwrap();
    network.governance.timelock_delay = Some(DELAY);
    network.uptime_feed = Some(UPTIME_FEED);
    network.assets = toml::from_str::<Assets>(USDC).unwrap().asset;
    network
}

#[derive(serde::Deserialize)]
struct Assets {
    asset: Vec<plumbline_deploy::network::Asset>,
}

const USDC: &str = "
[[asset]]
symbol = \"USDC\"
token = \"0x00000000000000000000000000000000000000c0\"
class = \"stablecoin\"
decimals = 6
feed = \"USDC-USD\"
base_haircut_ppm = 5000
floor_ppm = 2500
cap_ppm = 200000
deviation_slope_ppm = 1000000
dispersion_slope_ppm = 250000
confidence_slope_ppm = 100000
concentration_limit_ppm = 1000000
";

struct Stage {
    devnode: Devnode,
    network: Network,
    artifacts: Artifacts,
    key: PrivateKeySigner,
}

impl Stage {
    async fn new() -> Result<Self> {
        let devnode = Devnode::start(DevnodeConfig::default()).await?;
        let key = devnode.accounts()[0].clone();
        let network = network();
        for asset in &network.assets {
            devnode.chain().set_code(asset.token, &rehearsal::answers(asset.decimals));
        }
        Ok(Self { devnode, network, artifacts: Artifacts::default(), key })
    }

    /// A process that starts anew with what stands at `record`.
    async fn process(&self, record: &Path) -> Result<Run<'_>> {
        let provider = chain::connect(&self.devnode.http_url(), &[]).await?;
        let record = Record::open(record, self.network.chain_id)?;
        let sender = Sender::new(provider, self.key.clone(), record);
        Ok(Run { network: &self.network, artifacts: &self.artifacts, sender })
    }

    fn pass(&self, seconds: u64) {
        self.devnode.chain().increase_time(seconds);
        self.devnode.chain().mine();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_deployment_waits_for_its_timelock_and_then_is_whole() -> Result<()> {
    let (stage, folder) = (Stage::new().await?, tempfile::tempdir()?);
    let record = folder.path().join("412346.json");
    let mut run = stage.process(&record).await?;
    let waits = run.all(|_, _| {}).await?.expect("the delay has not passed");
    assert!(waits.contains("60 s to go"), "{waits}");
    let open: Vec<_> = run.verify().await?.into_iter().filter(|finding| finding.verdict != Verdict::Holds).collect();
    assert!(open.len() == 2 && open.iter().all(|finding| finding.verdict == Verdict::Offered), "{open:?}");

    stage.pass(DELAY);
    let mut run = stage.process(&record).await?;
    assert_eq!(run.all(|_, _| {}).await?, None);
    assert_eq!(run.sender.spent.len(), 1, "only the acceptance was left");
    let findings = run.verify().await?;
    assert!(findings.iter().all(|finding| finding.verdict == Verdict::Holds), "{findings:?}");
    let timelock = run.address(TIMELOCK);
    assert_eq!((run.owner(ORACLE).await?, run.owner(REGISTRY).await?), (timelock, timelock));
    assert_eq!(run.sender.record.deployment.token("USDC")?.feed, "USDC-USD");
    let found =
        run.ask(REGISTRY, EligibilityRegistry::rolesCall { participant: stage.network.participants[0].address });
    assert_eq!(found.await?.unwrap().roles, 1);
    assert_eq!(run.ask(REGISTRY, EligibilityRegistry::uptimeFeedCall {}).await?, Some(UPTIME_FEED));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_process_for_each_step_does_nothing_twice() -> Result<()> {
    let (stage, folder) = (Stage::new().await?, tempfile::tempdir()?);
    let record = folder.path().join("412346.json");
    let list = steps(&stage.network, &stage.artifacts)?;
    for (at, step) in list.iter().enumerate() {
        if *step == Step::Accept {
            stage.pass(DELAY);
        }
        let mut run = stage.process(&record).await?;
        for earlier in &list[..at] {
            assert_eq!(run.one(*earlier).await?, Outcome::Stood, "{earlier:?} before {step:?}");
        }
        assert!(matches!(run.one(*step).await?, Outcome::Done { .. }), "{step:?}");
    }
    assert_eq!(stage.devnode.chain().nonce(stage.key.address()), list.len() as u64, "one transaction each");
    Ok(())
}

/// Both sides of the moment of sending.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_killed_around_sending_goes_on_with_the_same_transaction() -> Result<()> {
    for sent in [false, true] {
        let (stage, folder) = (Stage::new().await?, tempfile::tempdir()?);
        let record = folder.path().join("412346.json");
        let mut run = stage.process(&record).await?;
        run.one(Step::Create(ORACLE)).await?;
        let contract = run.sender.record.deployment.contracts[ORACLE].clone();
        // What the killed process left: the signed bytes, and no contract in the record.
        let sent_before =
            run.sender.provider.get_transaction_by_hash(contract.tx).await?.expect("the transaction is known");
        let raw = sent_before.inner.inner().encoded_2718();
        let intent = chain::intent::Intent { nonce: 0, hash: contract.tx, raw };
        run.sender.record.deployment.contracts.clear();
        run.sender.record.save()?;
        let pending = Pending {
            what: "create price-oracle".to_owned(),
            creates: Some(Creates::Contract(ORACLE.to_owned())),
            intent,
        };
        run.sender.record.intend(pending)?;
        if !sent {
            stage.devnode.chain().rollback(1)?;
        }
        let mut run = stage.process(&record).await?;
        assert_eq!(run.sender.resume().await?.as_deref(), Some("create price-oracle"));
        assert_eq!(run.one(Step::Create(ORACLE)).await?, Outcome::Stood);
        assert_eq!(run.address(ORACLE), Some(contract.address));
        assert_eq!(stage.devnode.chain().nonce(stage.key.address()), 1);
    }
    Ok(())
}

/// Killed while a listing waited for its receipt: the chain has the asset, the record does not.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_run_killed_around_a_listing_keeps_the_token_all_the_same() -> Result<()> {
    let (stage, folder) = (Stage::new().await?, tempfile::tempdir()?);
    let record = folder.path().join("412346.json");
    let mut run = stage.process(&record).await?;
    for step in steps(&stage.network, &stage.artifacts)? {
        run.one(step).await?;
        if step == Step::List(0) {
            break;
        }
    }
    let listed = run.sender.record.deployment.tokens.remove("USDC").expect("kept");
    run.sender.record.save()?;
    let mut run = stage.process(&record).await?;
    assert_eq!(run.one(Step::List(0)).await?, Outcome::Stood);
    assert_eq!(stage.process(&record).await?.sender.record.deployment.token("USDC")?, &listed);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_contract_that_somebody_else_constructed_is_refused() -> Result<()> {
    let (stage, folder) = (Stage::new().await?, tempfile::tempdir()?);
    let record = folder.path().join("412346.json");
    let mut run = stage.process(&record).await?;
    for step in [Step::Create(ORACLE), Step::Activate(ORACLE)] {
        run.one(step).await?;
    }
    let thief = stage.devnode.accounts()[1].clone();
    let provider = chain::connect(&stage.devnode.http_url(), std::slice::from_ref(&thief)).await?;
    let input = [stylus_constructorCall::SELECTOR.as_slice(), &thief.address().abi_encode()].concat();
    chain::send(&provider, "theft", thief.address(), run.address(ORACLE).unwrap(), input).await?;
    let error = run.one(Step::Construct(ORACLE)).await.unwrap_err().to_string();
    assert!(error.contains("constructed by somebody else"), "{error}");
    assert_eq!(run.owner(ORACLE).await?, Some(thief.address()));
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_record_of_another_chain_or_another_build_is_refused() -> Result<()> {
    let (stage, folder) = (Stage::new().await?, tempfile::tempdir()?);
    let record = folder.path().join("412346.json");
    stage.process(&record).await?.one(Step::Create(ORACLE)).await?;
    let fresh = Stage::new().await?;
    let error = fresh.process(&record).await?.one(Step::Create(ORACLE)).await.unwrap_err().to_string();
    assert!(error.contains("the chain does not"), "{error}");
    let mut run = stage.process(&record).await?;
    let oracle = run.sender.record.deployment.contracts[ORACLE].clone();
    run.sender.record.deployment.contracts.insert(REGISTRY.to_owned(), oracle);
    run.sender.record.deployment.source_revision = "earlier".to_owned();
    let error = run.one(Step::Create(REGISTRY)).await.unwrap_err().to_string();
    assert!(error.contains("other sources") && error.contains("revision earlier"), "{error}");
    let error = run.all(|_, _| {}).await.unwrap_err().to_string();
    assert!(error.contains("revision earlier"), "the record's revision, not this one's: {error}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_bill_shrinks_with_what_is_done() -> Result<()> {
    let (stage, folder) = (Stage::new().await?, tempfile::tempdir()?);
    let conditions = Conditions::of(&chain::connect(&stage.devnode.http_url(), &[]).await?).await?;
    let rehearsed = rehearsal::rehearse(&stage.network, &stage.artifacts, &conditions).await?;
    assert_eq!(rehearsed.len(), steps(&stage.network, &stage.artifacts)?.len(), "every step was rehearsed");
    let mut run = stage.process(&folder.path().join("412346.json")).await?;
    let before = run.bill(&rehearsed).await?;
    assert_eq!(before.lines.len(), rehearsed.len());
    assert!(before.is_whole() && before.data().is_zero(), "data costs nothing on this chain");
    let Outcome::Done { gas, .. } = run.one(Step::Create(ORACLE)).await? else { panic!("created") };
    let after = run.bill(&rehearsed).await?;
    assert_eq!(after.lines.len(), before.lines.len() - 1);
    assert_eq!(before.lines[0].gas, gas, "what the rehearsal took is what it takes");
    assert!(after.total() < before.total() && after.total() > U256::ZERO);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_governor_of_its_own_is_offered_and_must_accept() -> Result<()> {
    let (mut stage, folder) = (Stage::new().await?, tempfile::tempdir()?);
    let safe = stage.devnode.accounts()[2].clone();
    stage.network.governance.timelock_delay = None;
    stage.network.governance.governor = Some(safe.address());
    let record = folder.path().join("412346.json");
    let mut run = stage.process(&record).await?;
    assert_eq!(run.all(|_, _| {}).await?, None);
    assert!(!run.is_governed().await?);
    let provider = chain::connect(&stage.devnode.http_url(), std::slice::from_ref(&safe)).await?;
    for name in [ORACLE, REGISTRY] {
        let accept = PriceOracle::acceptOwnershipCall {}.abi_encode();
        chain::send(&provider, "accept", safe.address(), run.address(name).unwrap(), accept).await?;
    }
    assert!(run.is_governed().await? && run.verify().await?.iter().all(|finding| finding.verdict == Verdict::Holds));
    assert_ne!(run.governor(), Some(Address::ZERO));
    Ok(())
}
