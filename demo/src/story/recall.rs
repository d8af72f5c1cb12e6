//! A recall: the secured party gives notice that it takes a desk's tokenized cash no longer.
use super::LATE_DESK;
use abi::escrow::MarginEscrow::{balanceCall, recallCall};
use abi::escrow::RECALL_SECONDS;
use anyhow::Result;
use localnet::{Net, TCASH};

/// From a day after `now` on; the lots concerned.
pub async fn give_notice(net: &Net, now: u64) -> Result<u64> {
    let (escrow, token) = (net.deployment.escrow()?, net.deployment.token(TCASH)?.address);
    let account = net.deployment.account(&net.actors.desk[LATE_DESK].name)?;
    let held = net.view(escrow, balanceCall { account, token }).await?.lots;
    // The notice arrives a block later than it is given.
    let at = now + RECALL_SECONDS + abi::SLOT_SECONDS;
    net.send(&net.actors.secured_party, escrow, recallCall { account, token, at }).await?;
    Ok(held)
}
