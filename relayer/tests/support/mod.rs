//! A venue that signs batches, and a client that sends them to a relayer on a local network.
pub mod party;
pub mod proxy;
pub mod wire;

use abi::escrow::MarginEscrow::MarginEscrowEvents;
use alloy::primitives::{Address, B256};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result, bail};
use chain::Contracts;
use localnet::{Actor, Localnet, LocalnetConfig, positions_key};
use relayer::{Access, AgentAt, AgentsConfig, Config, Keys, Limits, MarkPolicy, Marking, RiskConfig};
use relayer::{FillBatchRequest, FillRequest};
use serde_json::Value;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::path::Path;
use std::time::{Duration, Instant};

pub const PATIENCE: Duration = Duration::from_secs(20);

/// A local network with its calculation agent, which listens as in a process of its own.
pub struct Network {
    net: Localnet,
    pub agent: Agent,
}

impl Deref for Network {
    type Target = Localnet;

    fn deref(&self) -> &Localnet {
        &self.net
    }
}

/// A running agent and its store.
pub struct Agent {
    pub handle: agent::Handle,
    pub address: Address,
    _folder: tempfile::TempDir,
}

impl Agent {
    pub async fn start(net: &Localnet, key: &PrivateKeySigner) -> Result<Self> {
        let folder = tempfile::tempdir()?;
        let handle = agent::serve(agent_config(net, key, folder.path())?).await?;
        Ok(Self { handle, address: key.address(), _folder: folder })
    }

    pub fn at(&self) -> AgentAt {
        AgentAt { address: self.address, url: self.handle.url.clone() }
    }
}

pub fn agent_config(net: &Localnet, key: &PrivateKeySigner, folder: &Path) -> Result<agent::Config> {
    Ok(agent::Config {
        rpc_url: net.rpc_url(),
        contracts: Contracts::of(&net.deployment)?,
        listen: ([127, 0, 0, 1], 0).into(),
        store: folder.join("agent.sqlite"),
        key: agent::Key::local(key.clone()),
        positions: positions_key(),
        markets: risk_config().markets,
        parameters: risk_config().parameters,
        committed_marks: false,
        token: None,
        limits: agent::Limits::default(),
    })
}

pub async fn network() -> Result<Network> {
    network_of(LocalnetConfig { start: Some(START), ..LocalnetConfig::default() }).await
}

pub async fn network_of(config: LocalnetConfig) -> Result<Network> {
    let net = Localnet::start(config).await?;
    let agent = Agent::start(&net, &net.actors.agent.key).await?;
    Ok(Network { net, agent })
}

pub fn config(net: &Network, journal: &Path) -> Result<Config> {
    let keys = Keys { relayer: net.actors.relayer.key.clone(), positions: positions_key() };
    Ok(Config {
        rpc_url: net.rpc_url(),
        contracts: Contracts::of(&net.deployment)?,
        journal: journal.to_owned().into(),
        listen: ([127, 0, 0, 1], 0).into(),
        admin: None,
        keys,
        agents: AgentsConfig { list: vec![net.agent.at()], ..AgentsConfig::default() },
        risk: risk_config(),
        limits: Limits::default(),
        access: Access::default(),
        mark: Marking { policy: MarkPolicy::EverySlot, ..Marking::default() },
        traces: None,
        poll: Duration::from_millis(20),
        hold_submission: false,
        committed_marks: false,
    })
}

/// 10 October 2025, 21:00 UTC.
const START: u64 = 1_760_130_000;
/// The markets file of these tests: BTC has an expiry with two strikes.
pub const MARKETS: &str = r#"{"markets": [
    {"underlying": "BTC", "feed": "BTC-USD", "expiries": [
        {"expiry": "20251031", "strikes": ["80000", "135000"]}, {"expiry": "20251226", "strikes": ["80000"]}]},
    {"underlying": "ETH", "feed": "ETH-USD"}]}"#;
pub const FUTURE: &str = "BTC-20251031";
pub const CALL: &str = "BTC-20251031-120000-C";

/// Prices of a slot with those of the first expiry.
pub const PRICES: [(&str, &str); 9] = [
    ("BTC-USD", "113000"),
    ("ETH-USD", "3830"),
    ("USDC-USD", "1"),
    ("USDE-USD", "1"),
    ("TCASH-USD", "1"),
    (FUTURE, "113500"),
    ("BTC-20251031-R", "1.03"),
    ("BTC-20251031-80000-V", "0.72"),
    ("BTC-20251031-135000-V", "0.46"),
];

pub fn risk_config() -> RiskConfig {
    RiskConfig::parse(MARKETS).expect("the markets are well formed")
}

/// One trade at 113,000 unless said otherwise.
pub fn fill(now_ms: u64, buyer: u64, seller: u64, quantity: &str) -> FillRequest {
    FillRequest {
        sequence: None,
        buyer_account: buyer,
        seller_account: seller,
        matched_at: now_ms,
        settle_by: now_ms + 30_000,
        group: 0,
        salt: B256::repeat_byte(7),
        instrument: "BTC-PERP".to_owned(),
        quantity: quantity.to_owned(),
        price: "113000".to_owned(),
    }
}

/// Keeps its own sequence and chain of hashes.
pub struct Venue {
    pub actor: Actor,
    pub next: u64,
    pub last: B256,
    domain: chain::sign::Domain,
}

impl Venue {
    pub fn new(net: &Localnet, index: usize) -> Result<Self> {
        Self::of(net, net.actors.venue[index].clone())
    }

    /// Of somebody else.
    pub fn of(net: &Localnet, actor: Actor) -> Result<Self> {
        Ok(Self { actor, next: 1, last: B256::ZERO, domain: net.escrow_domain()? })
    }

    /// The next batch, signed; the venue goes on as if it were accepted.
    pub fn batch(&mut self, fills: Vec<FillRequest>) -> Result<FillBatchRequest> {
        let mut request = FillBatchRequest {
            venue: self.actor.address(),
            first_sequence: self.next,
            previous_batch_hash: self.last,
            signature: vec![0; 64].into(),
            fills,
        };
        let Ok(batch) = request.clone().into_batch(&risk_config(), 0) else { bail!("the batch is not well formed") };
        request.signature = self.actor.sign(self.domain.batch(&batch.typed_data())).to_vec().into();
        (self.next, self.last) = (batch.next_sequence(), batch.hash);
        Ok(request)
    }

    pub fn id(&self, sequence: u64) -> String {
        format!("{}-{sequence}", self.actor.address())
    }
}

pub struct Client {
    http: reqwest::Client,
    url: String,
}

impl Client {
    pub fn new(url: &str) -> Self {
        Self { http: reqwest::Client::new(), url: url.to_owned() }
    }

    /// Posts to a path that wants no key.
    pub async fn send(&self, path: &str, body: &str) -> Result<(u16, Value)> {
        let request = self.http.post(format!("{}{path}", self.url)).header("content-type", "application/json");
        let response = request.body(body.to_owned()).send().await?;
        Ok((response.status().as_u16(), response.json().await?))
    }

    /// A batch's answer with its headers.
    pub async fn raw(&self, key: &str, body: &str) -> Result<reqwest::Response> {
        let request = self.http.post(format!("{}/v1/fill-batches", self.url)).header("idempotency-key", key);
        Ok(request.header("content-type", "application/json").body(body.to_owned()).send().await?)
    }

    pub async fn post(&self, key: &str, body: impl Into<String>) -> Result<(u16, Value)> {
        let request = self.http.post(format!("{}/v1/fill-batches", self.url)).header("idempotency-key", key);
        let response = request.header("content-type", "application/json").body(body.into()).send().await?;
        Ok((response.status().as_u16(), response.json().await?))
    }

    /// Sends a batch that must be accepted.
    pub async fn accept(&self, batch: &FillBatchRequest) -> Result<Value> {
        let key = format!("{}-{}", batch.venue, batch.first_sequence);
        let (status, body) = self.post(&key, serde_json::to_string(batch)?).await?;
        if status == 202 { Ok(body) } else { bail!("{status}: {body}") }
    }

    pub async fn get(&self, path: &str) -> Result<Value> {
        Ok(self.http.get(format!("{}{path}", self.url)).send().await?.json().await?)
    }

    /// Asks for a fill until it is in `state`.
    pub async fn until(&self, id: &str, state: &str) -> Result<Value> {
        let started = Instant::now();
        let mut last = Value::Null;
        while started.elapsed() < PATIENCE {
            last = self.get(&format!("/v1/fills/{id}")).await.context("GET of a fill")?;
            if last["state"] == state {
                return Ok(last);
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        bail!("fill {id} is not {state}: {last}")
    }
}

/// How often each sequence of a venue was applied, by the chain's events.
pub async fn applied(net: &Localnet, venue: Address) -> Result<BTreeMap<u64, usize>> {
    let events = chain::EventReader::of(net.provider.clone(), vec![net.deployment.escrow()?]).read_all().await?;
    let mut applied = BTreeMap::new();
    for recorded in events {
        if let chain::Event::Escrow(MarginEscrowEvents::FillsSettled(event)) = recorded.event
            && event.venue == venue
        {
            for bit in (0..256).filter(|bit| event.taken.bit(*bit)) {
                *applied.entry(event.firstSequence + bit as u64).or_insert(0) += 1;
            }
        }
    }
    Ok(applied)
}

/// Sequences 1 to `last`, each once.
pub fn once(last: u64) -> BTreeMap<u64, usize> {
    (1..=last).map(|sequence| (sequence, 1)).collect()
}

pub async fn now_ms(net: &Localnet) -> Result<u64> {
    Ok(net.time().await? * 1_000)
}

impl Client {
    /// Asks until the answer is as wanted.
    pub async fn poll(&self, path: &str, wanted: impl Fn(&Value) -> bool) -> Result<Value> {
        let started = Instant::now();
        loop {
            let body = self.get(path).await?;
            if wanted(&body) {
                return Ok(body);
            }
            if started.elapsed() > PATIENCE {
                bail!("{path} stays {body}");
            }
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// The binary as a process of its own, for tests that kill it.
pub struct Process {
    child: std::process::Child,
    pub url: String,
}

impl Process {
    /// Starts `relayer` and waits until it prints its URL.
    pub fn start(net: &Network, folder: &Path, more: &[&str]) -> Result<Self> {
        Self::at(net, &net.rpc_url(), folder, more)
    }

    /// The same at another address of the node.
    pub fn at(net: &Network, node: &str, folder: &Path, more: &[&str]) -> Result<Self> {
        use std::io::BufRead;
        let (deployment, markets) = (folder.join("deployment.json"), folder.join("markets.json"));
        net.deployment.save(&deployment)?;
        std::fs::write(&markets, MARKETS)?;
        let hex = |key: &alloy::signers::local::PrivateKeySigner| key.to_bytes().to_string();
        let mut command = std::process::Command::new(env!("CARGO_BIN_EXE_relayer"));
        if !more.contains(&"--database") {
            command.arg("--journal").arg(folder.join("journal.sqlite"));
        }
        let mut child = command
            .args(["--rpc-url", node, "--listen", "127.0.0.1:0", "--poll", "10"])
            .arg("--deployment")
            .arg(&deployment)
            .arg("--markets")
            .arg(&markets)
            .args(more)
            .args(["--mark-policy", "every-slot"])
            .env("RELAYER_KEY", hex(&net.actors.relayer.key))
            .env("POSITIONS_KEY", positions_key().to_string())
            .env("RELAYER_AGENTS", format!("{}={}", net.agent.address, net.agent.handle.url))
            .stdout(std::process::Stdio::piped())
            .spawn()?;
        let out = child.stdout.take().context("the process has no output")?;
        let mut url = String::new();
        std::io::BufReader::new(out).read_line(&mut url)?;
        if url.trim().is_empty() {
            bail!("relayer ended: {:?}", child.wait());
        }
        Ok(Self { child, url: url.trim().to_owned() })
    }

    /// Memory that it holds now, MB.
    pub fn memory(&self) -> Option<u64> {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.child.id())).ok()?;
        let line = status.lines().find(|line| line.starts_with("VmRSS"))?;
        Some(line.split_whitespace().nth(1)?.parse::<u64>().ok()? / 1_024)
    }

    /// `STOP`, `CONT`, `TERM`.
    pub fn signal(&self, name: &str) -> Result<()> {
        let mut kill = std::process::Command::new("kill");
        let status = kill.arg(format!("-{name}")).arg(self.child.id().to_string()).status()?;
        if status.success() { Ok(()) } else { bail!("no signal {name}") }
    }

    /// SIGTERM, and until it has ended by itself.
    pub fn end(mut self) -> Result<()> {
        self.signal("TERM")?;
        let status = self.child.wait()?;
        if status.success() { Ok(()) } else { bail!("relayer ended: {status}") }
    }

    /// SIGKILL.
    pub fn kill(mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
