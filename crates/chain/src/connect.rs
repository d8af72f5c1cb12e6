//! A provider over HTTP or WebSocket that signs for the keys it is given.
use crate::ChainError;
use alloy::network::{Ethereum, EthereumWallet};
use alloy::providers::{DynProvider, Provider, ProviderBuilder};
use alloy::signers::local::PrivateKeySigner;
use std::time::Duration;

/// Connects to `url`; a transaction whose `from` is one of `signers` is signed with its key.
/// HTTP connects lazily: the first call fails where nobody listens.
///
/// Each transaction takes its nonce from the node. One counted here would be out of step for good once a transaction is
/// refused by its estimate, after it was counted.
pub async fn connect(url: &str, signers: &[PrivateKeySigner]) -> Result<DynProvider, ChainError> {
    let mut wallet = EthereumWallet::default();
    for signer in signers {
        wallet.register_signer(signer.clone());
    }
    let builder = ProviderBuilder::<_, _, Ethereum>::default().with_gas_estimation().with_simple_nonce_management();
    let builder = builder.fetch_chain_id().wallet(wallet);
    if url.starts_with("ws") {
        let socket = alloy::providers::WsConnect::new(url);
        let provider = builder.connect_ws(socket).await;
        return Ok(provider.map_err(|error| ChainError::rpc(format!("connect to {url}"), error))?.erased());
    }
    let parsed = url.parse().map_err(|_| ChainError::Url(url.to_owned()))?;
    let provider = builder.connect_http(parsed).erased();
    provider.client().set_poll_interval(Duration::from_millis(20));
    Ok(provider)
}
