//! A provider over HTTP or WebSocket that signs for the keys it is given.
use crate::ChainError;
use alloy::network::EthereumWallet;
use alloy::providers::fillers::{ChainIdFiller, GasFiller, JoinFill, NonceFiller, SimpleNonceManager};
use alloy::providers::{DynProvider, Identity, Provider, ProviderBuilder};
use alloy::signers::local::PrivateKeySigner;
use std::time::Duration;

type Fillers = JoinFill<JoinFill<JoinFill<Identity, GasFiller>, NonceFiller<SimpleNonceManager>>, ChainIdFiller>;

fn fillers() -> ProviderBuilder<Identity, Fillers> {
    ProviderBuilder::default().with_gas_estimation().with_simple_nonce_management().fetch_chain_id()
}

/// Connects to `url`; a transaction whose `from` is one of `signers` is signed with its key.
/// HTTP connects lazily: the first call fails where nobody listens.
/// Nonces are the node's count, asked for anew each time: one counted here would be out of step after a transaction that is refused.
///
/// # Errors
/// A URL that is none, or an endpoint that does not answer.
pub async fn connect(url: &str, signers: &[PrivateKeySigner]) -> Result<DynProvider, ChainError> {
    let mut wallet = EthereumWallet::default();
    for signer in signers {
        wallet.register_signer(signer.clone());
    }
    if url.starts_with("ws") {
        let socket = alloy::providers::WsConnect::new(url);
        let provider = fillers().wallet(wallet).connect_ws(socket).await;
        return Ok(provider.map_err(|error| ChainError::rpc(format!("connect to {url}"), error))?.erased());
    }
    let parsed = url.parse().map_err(|_| ChainError::Url(url.to_owned()))?;
    let provider = fillers().wallet(wallet).connect_http(parsed).erased();
    provider.client().set_poll_interval(Duration::from_millis(20));
    Ok(provider)
}
