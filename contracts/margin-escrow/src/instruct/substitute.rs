//! Substitution: new in and old out, in one step between account and inventory.
use super::release::{ensure_releasable, remove};
use crate::account::{Account, Posting};
use crate::encode::emit;
use crate::fault::{ensure, require_terms};
use crate::registry::{Asset, Valuations, asset_of};
use crate::{claims, inventory, pledge};
use abi::escrow::FRESH_SLOTS;
use abi::escrow::MarginEscrow::{Substituted, SubstitutionWeakens};
use abi::slot_at;
use abi::types::CollateralInstruction;
use alloy_primitives::{Address, U256};

struct Leg {
    asset: Asset,
    amount: U256,
    lots: u64,
}

impl Leg {
    fn of(token: Address, amount: u128) -> Self {
        let (asset, amount) = (asset_of(token), U256::from(amount));
        Self { asset, amount, lots: asset.lots(amount) }
    }
}

pub fn substitute(account: &mut Account, instruction: &CollateralInstruction, pledgor: Address, now: u64) {
    let incoming = Leg::of(instruction.token, instruction.amount);
    let outgoing = Leg::of(instruction.tokenOut, instruction.amountOut);
    require_terms(field!("tokenOut"), incoming.asset.index != outgoing.asset.index);
    pledge::ensure_eligible(account, &incoming.asset);
    let oldest = slot_at(now).saturating_sub(FRESH_SLOTS);
    let valuations = Valuations::of(account.terms.held | incoming.asset.bit() | outgoing.asset.bit());
    valuations.ensure_fresh(incoming.asset.bit(), oldest);
    exchange(account, &incoming, &outgoing, pledgor, &valuations);
    let all_fresh = valuations.first_stale(account.terms.held | outgoing.asset.bit(), oldest).is_none();
    ensure_not_weakened(account, &valuations, all_fresh, now);
    claims::cure(account, valuations);
    account.save()
}

fn exchange(account: &mut Account, incoming: &Leg, outgoing: &Leg, pledgor: Address, valuations: &Valuations) {
    inventory::take(pledgor, &incoming.asset, incoming.lots);
    let stressed_in = pledge::add(account, &incoming.asset, incoming.lots, valuations);
    let stressed_out = remove(account, &outgoing.asset, outgoing.lots, valuations);
    inventory::put(pledgor, &outgoing.asset, outgoing.lots);
    emit(&Substituted {
        account: account.id,
        tokenIn: incoming.asset.token,
        amountIn: incoming.amount,
        stressedLotsIn: stressed_in,
        tokenOut: outgoing.asset.token,
        amountOut: outgoing.amount,
        stressedLotsOut: stressed_out,
    });
}

/// `P ≥ C` at fresh valuations, or `P` has not fallen. Where value leaves, though `P` hides it behind a concentration
/// limit or an old requirement, it is a release and must be allowed as one.
fn ensure_not_weakened(account: &mut Account, valuations: &Valuations, all_fresh: bool, now: u64) {
    let required = account.required(account.slots.state().requirement);
    let before: Posting = account.posting_before(valuations, required);
    let after = account.posting(valuations, required);
    let kept = after.posted >= before.posted || (all_fresh && after.posted >= required);
    let (id, posted_before, posted_after) = (account.id, before.posted, after.posted);
    ensure(kept, || SubstitutionWeakens {
        account: id,
        postedBefore: posted_before,
        postedAfter: posted_after,
        required,
    });
    if after.value < before.value {
        ensure_releasable(account, now);
    }
}
