//! Which network, which node, whose key and which record: what every command begins with.
use crate::artifacts::workspace;
use crate::{Network, key};
use alloy::providers::{DynProvider, Provider};
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result, bail, ensure};
use clap::Args;
use std::path::PathBuf;

/// The options that `deploy` and `keepalive` share.
#[derive(Debug, Args)]
pub struct Reach {
    /// Name of a file in deployments/networks, without .toml
    #[arg(long, required_unless_present = "network_file")]
    pub network: Option<String>,
    /// A network file elsewhere
    #[arg(long, conflicts_with = "network")]
    pub network_file: Option<PathBuf>,
    /// Another node than the network file's
    #[arg(long, env = "PLUMBLINE_RPC_URL", hide_env_values = true)]
    pub rpc_url: Option<String>,
    /// Encrypted key (Web3 Secret Storage); otherwise the key is in PLUMBLINE_DEPLOYER_KEY
    #[arg(long, env = "PLUMBLINE_KEYSTORE")]
    pub keystore: Option<PathBuf>,
    /// Its password; otherwise in PLUMBLINE_KEYSTORE_PASSWORD
    #[arg(long)]
    pub password_file: Option<PathBuf>,
    /// Another record than deployments/CHAIN-ID.json
    #[arg(long)]
    pub record: Option<PathBuf>,
}

impl Reach {
    /// The network that is named, with the node of the options where they name one.
    ///
    /// # Errors
    /// No network is named, or its file is missing or wrong ([`Network::parse`]).
    pub fn network(&self) -> Result<Network> {
        let path = match (&self.network, &self.network_file) {
            (_, Some(path)) => path.clone(),
            (Some(name), None) => folder().join(format!("{name}.toml")),
            (None, None) => bail!("give --network or --network-file"),
        };
        let mut network = Network::load(&path).with_context(|| format!("known networks: {}", known()))?;
        if let Some(url) = &self.rpc_url {
            network.rpc_url.clone_from(url);
        }
        Ok(network)
    }

    /// The deployer's key: of the keystore, or of the environment.
    ///
    /// # Errors
    /// There is none, or it cannot be read. The message says which option or variable is wanted.
    pub fn key(&self) -> Result<PrivateKeySigner> {
        key::deployer(self.keystore.as_deref(), self.password_file.as_deref())
    }

    /// Where the deployment is recorded: `deployments/CHAIN-ID.json` unless the options say otherwise.
    pub fn record(&self, network: &Network) -> PathBuf {
        let kept = || workspace().join("deployments").join(format!("{}.json", network.chain_id));
        self.record.clone().unwrap_or_else(kept)
    }
}

/// The node, once it has said that it is of the chain that is meant.
///
/// # Errors
/// No node answers there, or it is of another chain.
pub async fn connect(network: &Network) -> Result<DynProvider> {
    let provider = chain::connect(&network.rpc_url, &[]).await?;
    let actual = provider.get_chain_id().await.with_context(|| format!("no node answers at {}", network.rpc_url))?;
    let expected = network.chain_id;
    ensure!(actual == expected, "{} is chain {actual}, the network file says {expected}", network.rpc_url);
    Ok(provider)
}

fn folder() -> PathBuf {
    workspace().join("deployments/networks")
}

fn known() -> String {
    let files = std::fs::read_dir(folder()).into_iter().flatten().flatten();
    let mut names: Vec<_> =
        files.filter_map(|file| Some(file.path().file_stem()?.to_string_lossy().into_owned())).collect();
    names.sort();
    names.join(", ")
}
