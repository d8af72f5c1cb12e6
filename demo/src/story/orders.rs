//! Standing orders: one desk has what it lacks brought from its inventory, another leaves USDe, and neither sends a transaction for it.
use abi::escrow::MarginEscrow::{executeOrderCall, registerSubstituteOrderCall, registerTopUpOrderCall};
use abi::escrow::{DailyLimit, SubstituteOrder, TopUpOrder, order};
use alloy::primitives::Address;
use anyhow::Result;
use localnet::{Net, TCASH, USDC, USDE};

/// The desk whose inventory answers for it.
pub const TOPPED_UP: usize = 0;
/// The desk that leaves USDe by an order.
pub const SUBSTITUTED: usize = 2;
/// The desk that answers by hand alone: long as the first one is, with everything in its wallet.
pub const BY_HAND: usize = 3;
/// Haircut of USDe, in force or coming, from which that order acts, ppm; 4 % in calm.
pub const LEVEL: u32 = 60_000;

/// Both desks sign, and the operator registers.
pub async fn stand(net: &Net) -> Result<()> {
    let (escrow, domain, valid_until) = (net.deployment.escrow()?, net.escrow_domain()?, u64::from(u32::MAX));
    let token = |symbol: &str| net.deployment.token(symbol).map(|token| token.address);
    let limit = |symbol, whole| -> Result<DailyLimit> {
        Ok(DailyLimit { token: token(symbol)?, amount: net.units(symbol, whole)?.to() })
    };
    let desk = &net.actors.desk[TOPPED_UP];
    let order = TopUpOrder {
        account: net.deployment.account(&desk.name)?,
        limits: vec![limit(USDC, 2_000_000)?, limit(TCASH, 500_000)?],
        validUntil: valid_until,
        nonce: 900,
    };
    let signature = desk.sign(domain.top_up_order(&order)).to_vec().into();
    net.send(&net.actors.operator, escrow, registerTopUpOrderCall { order, signature }).await?;
    let desk = &net.actors.desk[SUBSTITUTED];
    let order = SubstituteOrder {
        account: net.deployment.account(&desk.name)?,
        tokenOut: token(USDE)?,
        haircutLevel: LEVEL,
        priceLevel: 0,
        amount: net.units(USDE, 1_000_000)?.to(),
        tokensIn: vec![token(USDC)?, token(TCASH)?],
        validUntil: valid_until,
        nonce: 901,
    };
    let signature = desk.sign(domain.substitute_order(&order)).to_vec().into();
    net.send(&net.actors.operator, escrow, registerSubstituteOrderCall { order, signature }).await?;
    Ok(())
}

/// Anybody carries the substitution out; the gas, where there was something to move.
pub async fn carry_out(net: &Net) -> Result<Option<u64>> {
    let account = net.deployment.account(&net.actors.desk[SUBSTITUTED].name)?;
    let token: Address = net.deployment.token(USDE)?.address;
    let call = executeOrderCall { account, kind: order::SUBSTITUTE, token };
    let sent = net.send(&net.actors.operator, net.deployment.escrow()?, call).await;
    Ok(sent.ok().map(|receipt| receipt.gas_used))
}
