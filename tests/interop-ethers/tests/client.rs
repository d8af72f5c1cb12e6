//! What a client written with ethers-rs does all day.

use anyhow::{Context, Result};
use ethers_contract::abigen;
use ethers_core::types::{
    Address, BlockNumber, Bytes, Eip1559TransactionRequest, Filter, H256, TransactionRequest, U256,
};
use ethers_middleware::SignerMiddleware;
use ethers_providers::{Http, Middleware, Provider, Ws};
use ethers_signers::{LocalWallet, Signer};
use futures_util::StreamExt;
use interop_ethers::Node;
use std::sync::Arc;
use std::time::Duration;

abigen!(
    Counter,
    r#"[
        function number() external view returns (uint256)
        function setNumber(uint256 value) external
        function increment() external
    ]"#
);
abigen!(ArbWasm, r#"[function activateProgram(address program) external payable returns (uint16, uint256)]"#);

type Client = SignerMiddleware<Provider<Http>, LocalWallet>;

/// `EFF00000` and Brotli, as `devnode` compresses the counter, behind cargo-stylus's init code.
const COUNTER: &str = include_str!("data/counter-init-code.hex");

fn client(node: &Node) -> Result<Arc<Client>> {
    let wallet: LocalWallet = node.key(0).parse::<LocalWallet>()?.with_chain_id(node.chain_id());
    let provider = Provider::<Http>::try_from(node.http())?.interval(Duration::from_millis(10));
    Ok(Arc::new(SignerMiddleware::new(provider, wallet)))
}

async fn deploy(client: &Arc<Client>) -> Result<Counter<Client>> {
    let code: Bytes = COUNTER.trim().parse()?;
    let tx = Eip1559TransactionRequest::new().data(code);
    let receipt = client.send_transaction(tx, None).await?.await?.context("no receipt")?;
    let address = receipt.contract_address.context("no address")?;
    let arb_wasm = ArbWasm::new(Address::from_low_u64_be(0x71), client.clone());
    let activate = arb_wasm.activate_program(address).value(U256::exp10(17));
    let receipt = activate.send().await?.await?.context("no receipt")?;
    anyhow::ensure!(receipt.status == Some(1.into()), "{receipt:?}");
    Ok(Counter::new(address, client.clone()))
}

#[tokio::test(flavor = "multi_thread")]
async fn client_deploys_calls_and_sends_at_the_price_of_the_vectors() -> Result<()> {
    let node = Node::start(&[])?;
    let client = client(&node)?;
    assert_eq!(client.get_chainid().await?, U256::from(412_346));
    let counter = deploy(&client).await?;
    let call = counter.set_number(41.into());
    let receipt = call.send().await?.await?.context("no receipt")?;
    assert_eq!((receipt.gas_used, receipt.status), (Some(55_687.into()), Some(1.into())));
    assert_eq!(counter.number().call().await?, U256::from(41));
    assert_eq!(client.get_storage_at(counter.address(), H256::zero(), None).await?, H256::from_low_u64_be(41));
    let block = client.get_block_with_txs(BlockNumber::Latest).await?.context("no block")?;
    assert_eq!(block.transactions[0].hash, receipt.transaction_hash);
    assert_eq!(block.transactions[0].nonce, 2.into());
    let (max_fee, tip) = client.estimate_eip1559_fees(None).await?;
    assert!(max_fee >= U256::from(100_000_000) && tip <= max_fee);
    let gas = counter.increment().estimate_gas().await?;
    assert!(gas > U256::from(30_000) && gas < U256::from(45_000), "{gas}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn client_hears_of_blocks_and_logs_by_websocket() -> Result<()> {
    let node = Node::start(&[])?;
    let client = client(&node)?;
    let ws = Provider::<Ws>::connect(node.ws()).await?;
    let mut blocks = ws.subscribe_blocks().await?;
    let mut pending = ws.subscribe_pending_txs().await?;
    let mut logs = ws.subscribe_logs(&Filter::new()).await?;
    let counter = deploy(&client).await?;
    let wait = Duration::from_secs(10);
    assert_eq!(tokio::time::timeout(wait, blocks.next()).await?.context("ended")?.number, Some(1.into()));
    tokio::time::timeout(wait, pending.next()).await?.context("ended")?;
    let log = tokio::time::timeout(wait, logs.next()).await?.context("ended")?;
    assert_eq!(log.address, Address::from_low_u64_be(0x71));
    let found = client.get_logs(&Filter::new().from_block(0).address(log.address)).await?;
    assert_eq!(found.len(), 1);
    assert!(client.get_code(counter.address(), None).await?.starts_with(&[0xef, 0xf0, 0]));
    Ok(())
}

#[tokio::test(flavor = "multi_thread")]
async fn client_sees_reverts_and_refusals() -> Result<()> {
    let node = Node::start(&["--block-time", "0.25"])?;
    let client = client(&node)?;
    let counter = deploy(&client).await?;
    let unknown = TransactionRequest::new().to(counter.address()).data(vec![1, 2, 3, 4]).into();
    let error = client.call(&unknown, None).await.unwrap_err();
    assert!(error.to_string().contains("execution reverted"), "{error}");
    let poor = TransactionRequest::new().to(Address::zero()).value(U256::exp10(30)).gas(21_000);
    let error = client.send_transaction(poor, None).await.unwrap_err();
    assert!(error.to_string().contains("insufficient funds"), "{error}");
    // A legacy transaction is as good as any other.
    let legacy = TransactionRequest::new().to(Address::repeat_byte(7)).value(5).gas_price(100_000_000);
    let receipt = client.send_transaction(legacy, None).await?.await?.context("no receipt")?;
    assert_eq!(receipt.gas_used, Some(21_000.into()));
    Ok(())
}
