//! A small account that nobody minds: USDe against an independent amount. What happens to it happens to nobody else.
use super::network;
use abi::types::Agreement;
use anyhow::Result;
use localnet::{Localnet, Net, Terms, USDE};

/// The desk whose second account it is; its first is looked after.
const DESK: usize = 1;
/// Whole USDe pledged.
const PLEDGED: u64 = 100_000;
/// Whole USD that it must hold: a little less than what is pledged is worth in calm.
const INDEPENDENT_AMOUNT: u64 = 95_000;

/// Opens and funds it; its number.
pub async fn open(net: &Localnet) -> Result<u64> {
    let net: &Net = net;
    let desk = &net.actors.desk[DESK];
    let terms = Terms { independent_amount: INDEPENDENT_AMOUNT, minimum_transfer_amount: 1_000, ..network().terms };
    let agreement: Agreement = net.agreement(desk, &terms).await?;
    let account = net.open_account(desk, agreement).await?;
    net.mint(USDE, desk.address(), PLEDGED).await?;
    net.approve(desk, USDE, PLEDGED).await?;
    net.pledge_wallet(desk, account, USDE, PLEDGED).await?;
    Ok(account)
}
