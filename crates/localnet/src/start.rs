//! From nothing to a network with open, funded accounts.
use crate::actors::Actors;
use crate::config::LocalnetConfig;
use crate::net::Net;
use anyhow::Result;
use devnode::{Devnode, DevnodeConfig, Mining};
use std::ops::Deref;

/// A running network; ends when dropped. Derefs to its [`Net`].
pub struct Localnet {
    /// The chain.
    pub devnode: Devnode,
    /// The system on it.
    pub net: Net,
    /// Number of the secured party's house.
    pub house: u32,
}

impl Deref for Localnet {
    type Target = Net;

    fn deref(&self) -> &Net {
        &self.net
    }
}

impl Localnet {
    /// Starts a devnode, deploys, lists, opens and funds.
    ///
    /// # Errors
    /// A port that is taken, a build that is missing, or a step that fails: which one is in the error.
    pub async fn start(config: LocalnetConfig) -> Result<Self> {
        let node = DevnodeConfig {
            port: config.port,
            timestamp: config.start,
            internal_transactions: true,
            ..DevnodeConfig::default()
        };
        let devnode = Devnode::start(node).await?;
        let mut net = Net::connect(&devnode.http_url(), Actors::new()).await?;
        let house = net.set_up(&config).await?;
        if let Some(time) = config.block_time {
            devnode.chain().set_mining(Mining::Interval(time));
        }
        Ok(Self { devnode, net, house })
    }

    /// The chain's HTTP endpoint.
    pub fn rpc_url(&self) -> String {
        self.devnode.http_url()
    }
}

impl Net {
    /// All steps in order; returns the house.
    ///
    /// # Errors
    /// The first step that fails.
    pub async fn set_up(&mut self, config: &LocalnetConfig) -> Result<u32> {
        self.deploy_contracts(&config.artifacts).await?;
        self.deploy_tokens(&config.artifacts).await?;
        self.set_reporters().await?;
        self.list_assets().await?;
        self.set_participants().await?;
        self.allow_cash_holders().await?;
        self.post_prices(&config.prices).await?;
        self.open_accounts(&config.terms).await?;
        for (desk, funds) in self.actors.desk.iter().zip(&config.desks) {
            self.fund_desk(desk, funds).await?;
        }
        self.fund_house(config.house).await
    }
}
