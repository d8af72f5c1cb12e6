//! What an operator decides, as TOML.
use crate::commit::Committer;
use crate::feed;
use crate::input::Inputs;
use crate::input::config::{ChoiceText, SourceText};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result, ensure};
use chain::Deployment;
use serde::Deserialize;
use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

/// Everything that [`super::serve`] needs.
#[derive(Clone)]
pub struct Config {
    /// `http(s)://` or `ws(s)://`.
    pub rpc: String,
    /// The contracts it reports to.
    pub deployment: Deployment,
    /// Signs reports, and pays for transactions.
    pub key: PrivateKeySigner,
    /// Port 0 takes a free one; the handle says which.
    pub listen: SocketAddr,
    /// URLs of the other reporters.
    pub peers: Vec<String>,
    /// Where its prices come from.
    pub inputs: Inputs,
    /// Commits to the marks of each slot too.
    pub committer: Option<Committer>,
    /// Milliseconds added to the machine's clock.
    pub clock_offset: i64,
}

/// The configuration's text, read and checked; no key yet.
#[derive(Clone)]
pub struct Settings {
    /// `http(s)://` or `ws(s)://`.
    pub rpc: String,
    /// The deployment's record.
    pub deployment: PathBuf,
    /// Where it listens for votes.
    pub listen: SocketAddr,
    /// URLs of the other reporters.
    pub peers: Vec<String>,
    /// Where its prices come from.
    pub inputs: Inputs,
    /// What it commits to in each slot, where it does.
    pub committer: Option<Committer>,
    /// An encrypted key; none where the environment has the key.
    pub keystore: Option<PathBuf>,
    /// The keystore's password, alone in a file.
    pub password_file: Option<PathBuf>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Text {
    #[serde(default = "local_node")]
    rpc: String,
    deployment: PathBuf,
    #[serde(default = "loopback")]
    listen: SocketAddr,
    #[serde(default)]
    peers: Vec<String>,
    markets: Option<PathBuf>,
    settlement: Option<String>,
    keystore: Option<PathBuf>,
    password_file: Option<PathBuf>,
    #[serde(default)]
    sources: BTreeMap<String, SourceText>,
    feeds: BTreeMap<String, Vec<ChoiceText>>,
}

fn local_node() -> String {
    "http://127.0.0.1:8547".to_owned()
}

fn loopback() -> SocketAddr {
    ([127, 0, 0, 1], 9100).into()
}

impl Settings {
    /// # Errors
    /// Naming the file, and the place in it.
    pub fn load(path: &Path) -> Result<Self> {
        let within = || format!("configuration {}", path.display());
        let text = std::fs::read_to_string(path).with_context(within)?;
        Self::parse(&text, path.parent().unwrap_or(Path::new("."))).with_context(within)
    }

    /// Paths in the text are relative to `folder`.
    ///
    /// # Errors
    /// What is wrong in it, and where.
    pub fn parse(text: &str, folder: &Path) -> Result<Self> {
        let text: Text = toml::from_str(text)?;
        super::peers::Peers::new(&text.peers)?;
        ensure!(text.markets.is_some() || text.settlement.is_none(), "settlement goes with markets");
        Ok(Self {
            committer: text.committer(folder)?,
            inputs: Inputs::of(text.sources, text.feeds, folder)?,
            rpc: text.rpc,
            deployment: folder.join(text.deployment),
            listen: text.listen,
            peers: text.peers,
            keystore: text.keystore.map(|path| folder.join(path)),
            password_file: text.password_file.map(|path| folder.join(path)),
        })
    }

    /// With the deployment read and a key.
    ///
    /// # Errors
    /// Where the deployment's record cannot be read.
    pub fn with_key(self, key: PrivateKeySigner) -> Result<Config> {
        Ok(Config {
            deployment: Deployment::load(&self.deployment)?,
            key,
            rpc: self.rpc,
            listen: self.listen,
            peers: self.peers,
            inputs: self.inputs,
            committer: self.committer,
            clock_offset: 0,
        })
    }
}

impl Text {
    fn committer(&self, folder: &Path) -> Result<Option<Committer>> {
        let Some(path) = &self.markets else { return Ok(None) };
        let path = folder.join(path);
        let within = || format!("markets file {}", path.display());
        let text = std::fs::read_to_string(&path).with_context(within)?;
        let settlement = feed::feed(self.settlement.as_deref().unwrap_or("USDC-USD"))?;
        Committer::parse(&text, settlement).map_err(anyhow::Error::msg).with_context(within).map(Some)
    }
}
