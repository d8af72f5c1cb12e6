//! Five reporters, each with its own key and address, in one process.
use crate::net::Net;
use alloy::network::TransactionBuilder;
use alloy::primitives::U256;
use alloy::rpc::types::TransactionRequest;
use anyhow::{Context, Result};
use reporter::input::Inputs;
use reporter::service::{Config, Handle, serve_on};
use tokio::net::TcpListener;

/// Whole ether of each reporter.
const FUNDS: u64 = 10;

impl Net {
    /// Reporters pay for what they post; the operator gives them the means.
    ///
    /// # Errors
    /// A transaction fails.
    pub async fn fund_reporters(&self) -> Result<()> {
        let value = U256::from(FUNDS) * U256::from(10).pow(U256::from(18));
        for reporter in &self.actors.reporters {
            let request = TransactionRequest::default().with_from(self.actors.operator.address());
            let request = request.with_to(reporter.address()).with_value(value);
            chain::send::send_request(&self.provider, &format!("ether for {}", reporter.name), request).await?;
        }
        Ok(())
    }

    /// Starts all five on free ports, each the others' peer; `inputs` says by name where a reporter's prices come from.
    ///
    /// # Errors
    /// A transaction fails, no port is free, `inputs` fails, or a reporter does not start: its name is in the error.
    pub async fn start_reporters(&self, rpc: &str, inputs: impl Fn(&str) -> Result<Inputs>) -> Result<Vec<Handle>> {
        self.fund_reporters().await?;
        let (mut sockets, mut handles) = (Vec::new(), Vec::new());
        for _ in &self.actors.reporters {
            sockets.push(TcpListener::bind(("127.0.0.1", 0)).await.context("no free port")?);
        }
        let urls = sockets.iter().map(|socket| Ok(format!("http://{}", socket.local_addr()?)));
        let urls: Vec<String> = urls.collect::<std::io::Result<_>>().context("a socket without an address")?;
        for ((reporter, socket), own) in self.actors.reporters.iter().zip(sockets).zip(&urls) {
            let config = Config {
                rpc: rpc.to_owned(),
                deployment: self.deployment.clone(),
                key: reporter.key.clone(),
                listen: socket.local_addr().context("a socket without an address")?,
                peers: urls.iter().filter(|url| *url != own).cloned().collect(),
                inputs: inputs(&reporter.name)?,
                committer: None,
                clock_offset: 0,
            };
            handles.push(serve_on(socket, config).await.with_context(|| format!("starting {}", reporter.name))?);
        }
        Ok(handles)
    }
}
