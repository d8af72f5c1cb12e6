//! Activations asked of a chain without doing them, held against what was measured on Nitro.
use alloy::primitives::{Address, U256};
use anyhow::Result;
use devnode::{ArbosVersion, Devnode, DevnodeConfig};
use plumbline_deploy::activation::{Answer, of_code, price};
use plumbline_deploy::workspace;

const PROGRAM: Address = Address::repeat_byte(7);

fn code(name: &str) -> Result<Vec<u8>> {
    Ok(std::fs::read(workspace().join(format!("crates/devnode/tests/data/nitro/{name}.code")))?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_answer_is_the_fee_or_the_reason() -> Result<()> {
    let node = Devnode::start(DevnodeConfig { arbos: ArbosVersion::V60, ..DevnodeConfig::default() }).await?;
    let provider = chain::connect(&node.http_url(), &[]).await?;
    let fee = U256::from(44_017_951_784_297u64);
    assert_eq!(of_code(&provider, &code("forwarder-1")?).await?, Answer::For(fee));
    let Answer::Refused(why) = of_code(&provider, &code("blocks-3000")?).await? else { panic!("too many opcodes") };
    assert!(why.contains("program activation failed") && why.contains("65536"), "{why}");
    assert_eq!(node.chain().block_number(), 0);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_standing_program_is_priced_as_of_a_time() -> Result<()> {
    let node = Devnode::start(DevnodeConfig { arbos: ArbosVersion::V60, ..DevnodeConfig::default() }).await?;
    let provider = chain::connect(&node.http_url(), &[]).await?;
    node.chain().set_code(PROGRAM, &code("forwarder-1")?);
    let now = chain::time::now(&provider).await?;
    let cost = price(&provider, PROGRAM, now).await.expect("it can be activated");
    assert_eq!(cost.fee, U256::from(44_017_951_784_297u64));
    // What an activation takes was measured as 1,848,486; the payer's account is warm or not.
    assert!((1_848_486..1_900_000).contains(&cost.gas), "{}", cost.gas);
    node.chain().set_activation_gas(u64::MAX);
    assert_eq!(price(&provider, PROGRAM, now).await, None);
    Ok(())
}
