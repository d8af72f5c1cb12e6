//! Answering a claim: USDC from inventory by a signed instruction, the rest from the wallet.
use super::desks::Desk;
use abi::escrow::MarginEscrow::{accountCall, claimCall, executeCall, inventoryCall, pledgeCall};
use abi::escrow::action;
use abi::types::CollateralInstruction;
use alloy::primitives::{Address, U256};
use anyhow::Result;
use chain::token::Erc20::balanceOfCall;
use localnet::{Net, USDC};

/// Pledges what is missing and a tenth of the requirement, so that the next tick does not reopen the claim; the gas of each
/// pledge sent.
pub async fn answer(net: &Net, desk: &mut Desk) -> Result<Vec<u64>> {
    let escrow = net.deployment.escrow()?;
    if !net.view(escrow, claimCall { account: desk.account }).await?.open {
        return Ok(vec![]);
    }
    let state = net.view(escrow, accountCall { account: desk.account }).await?;
    let missing = state.required.saturating_sub(state.posted) + state.owed;
    let wanted = U256::from(missing + state.required / 10);
    let (token, holder) = (net.deployment.token(USDC)?.address, desk.actor.address());
    let stock = net.view(escrow, inventoryCall { holder, token }).await?.min(wanted);
    let wallet = net.view(token, balanceOfCall { owner: holder }).await?.min(wanted - stock);
    let from_stock = CollateralInstruction { action: action::PLEDGE, token, amount: stock.to(), ..instruction(desk) };
    let mut gas = vec![];
    if !stock.is_zero() {
        gas.push(execute(net, desk, from_stock).await?);
    }
    if !wallet.is_zero() {
        let call = pledgeCall { account: desk.account, token, amount: wallet };
        gas.push(net.send(&desk.actor, escrow, call).await?.gas_used);
    }
    Ok(gas)
}

/// An instruction of the desk that does nothing yet.
pub fn instruction(desk: &Desk) -> CollateralInstruction {
    CollateralInstruction {
        account: desk.account,
        action: 0,
        token: Address::ZERO,
        amount: 0,
        toAccount: 0,
        to: Address::ZERO,
        tokenOut: Address::ZERO,
        amountOut: 0,
        nonce: desk.nonce,
        validUntil: u64::from(u32::MAX),
    }
}

/// Signs and submits; the gas. The nonce is used up only if it goes through.
pub async fn execute(net: &Net, desk: &mut Desk, instruction: CollateralInstruction) -> Result<u64> {
    let signature = desk.actor.sign(net.escrow_domain()?.instruction(&instruction)).to_vec().into();
    let sent = net.send(&desk.actor, net.deployment.escrow()?, executeCall { instruction, signature }).await?;
    desk.nonce += 1;
    Ok(sent.gas_used)
}
