//! Out of USDe in steps, into USDC or tokenized cash of at least the same value after haircuts.
use super::answers::{execute, instruction};
use super::desks::Desk;
use abi::escrow::MarginEscrow::{balanceCall, inventoryCall};
use abi::escrow::action;
use abi::lots;
use abi::registry::EligibilityRegistry::valuationCall;
use abi::types::CollateralInstruction;
use alloy::primitives::U256;
use anyhow::{Context, Result};
use localnet::{Net, TCASH, USDC, USDE};

/// Haircut of USDe for new pledges, ppm, from which desks leave it by hand.
pub const TRIGGER: u32 = super::orders::LEVEL;
/// Seconds between two steps of a desk.
pub const PAUSE: u64 = 600;
/// Least worth moving, in lots: 1,000 tokens.
const LEAST: u64 = 1_000_000_000;

/// Moves a third of the account's USDe, at least 100,000, out; the gas, none where it holds none or has nothing to put in.
pub async fn out_of_usde(net: &Net, desk: &mut Desk) -> Result<Option<u64>> {
    let (escrow, registry) = (net.deployment.escrow()?, net.deployment.registry()?);
    let usde = net.deployment.token(USDE)?;
    let held = net.view(escrow, balanceCall { account: desk.account, token: usde.address }).await?.lots;
    let out = (held / 3).max(100 * LEAST).min(held);
    let factor = net.view(registry, valuationCall { index: usde.index }).await?.factor;
    for symbol in [USDC, TCASH] {
        let token = net.deployment.token(symbol)?;
        let stock = net.view(escrow, inventoryCall { holder: desk.actor.address(), token: token.address }).await?;
        let into = net.view(registry, valuationCall { index: token.index }).await?.factorNew.max(1);
        let affordable =
            u64::try_from(stock).unwrap_or(u64::MAX) as u128 * u128::from(into) / u128::from(factor.max(1)) * 99 / 100;
        let out = out.min(u64::try_from(affordable).unwrap_or(u64::MAX));
        if out >= LEAST {
            let incoming = (u128::from(out) * u128::from(factor) / u128::from(into)) * 101 / 100;
            return exchange(net, desk, symbol, U256::from(incoming), out).await.map(Some);
        }
    }
    Ok(None)
}

async fn exchange(net: &Net, desk: &mut Desk, symbol: &str, incoming: U256, out: u64) -> Result<u64> {
    let usde = net.deployment.token(USDE)?;
    let order = CollateralInstruction {
        action: action::SUBSTITUTE,
        token: net.deployment.token(symbol)?.address,
        amount: incoming.to(),
        tokenOut: usde.address,
        amountOut: lots::to_units(out, usde.decimals).context("lots of USDe do not fit its units")?,
        ..instruction(desk)
    };
    execute(net, desk, order).await
}
