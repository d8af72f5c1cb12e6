//! Whether a token can be moved at all: its issuer may pause it, bar the escrow, or break it.
use super::token;
use abi::escrow::MarginEscrow::{GasShort, NotFrozen, Probed, TokenCallFailed};
use alloy_primitives::U256;
use contract_kit::args::Args;
use contract_kit::host;
use escrow_ledger::custody::said;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::ensure;
use escrow_ledger::registry::asset_of;
use escrow_ledger::storage::{freeze, set_freeze};

/// With less, whoever asks could make the token fail.
const GAS_TO_ASK: u64 = 1_000_000;

/// Moves one unit from the escrow to itself. That asks of the issuer's bars on the escrow alone, whoever else is
/// barred; and a token that would keep something on the way makes the call revert.
#[inline(never)]
pub fn probe(args: &Args<'_>) {
    let (asset, now, left) = (asset_of(args.address(0)), host::timestamp(), host::gas_left());
    ensure(left >= GAS_TO_ASK, || GasShort { left, needed: GAS_TO_ASK });
    let (token, before) = (asset.token, freeze(asset.index));
    let held = said(token, host::this());
    // Where there is nothing to move, a refusal says nothing, nor does consent.
    ensure(held != Some(U256::ZERO), || NotFrozen { token });
    let frozen = !held.is_some_and(|held| token::moves_out(token, held.min(U256::ONE)));
    ensure(frozen || said(token, host::this()) == held, || TokenCallFailed { token });
    ensure(frozen || before.until > now, || NotFrozen { token });
    let after = if frozen { before.extended(now) } else { before.ended(now) };
    set_freeze(asset.index, &after);
    emit(&Probed { token, frozen, from: after.from, until: after.until, used: after.used })
}
