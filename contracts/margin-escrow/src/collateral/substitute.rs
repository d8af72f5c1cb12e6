//! Substitution: new in and old out, in one step between account and inventory.
use super::release::{ensure_margin, ensure_releasable, remove};
use abi::escrow::MarginEscrow::{Substituted, SubstitutionWeakens};
use abi::registry::class;
use abi::types::CollateralInstruction;
use alloy_primitives::{Address, U256};
use escrow_ledger::account::{Account, Count};
use escrow_ledger::encode::emit;
use escrow_ledger::fault::{ensure, require_terms};
use escrow_ledger::registry::{Asset, Valuations, asset_of};
use escrow_ledger::{claims, field, inventory, pledge};

/// A token on its way in or out.
pub struct Leg {
    pub asset: Asset,
    /// In the token's units.
    pub amount: U256,
    pub lots: u64,
}

impl Leg {
    fn of(token: Address, amount: u128) -> Self {
        let (asset, amount) = (asset_of(token), U256::from(amount));
        Self { asset, amount, lots: asset.lots(amount) }
    }
}

pub fn substitute(account: &mut Account, instruction: &CollateralInstruction, pledgor: Address, oldest: u64) {
    let incoming = Leg::of(instruction.token, instruction.amount);
    let outgoing = Leg::of(instruction.tokenOut, instruction.amountOut);
    require_terms(field!("tokenOut"), incoming.asset.index != outgoing.asset.index);
    pledge::ensure_eligible(account, &incoming.asset);
    let valuations = Valuations::of(account.terms.held | incoming.asset.bit() | outgoing.asset.bit());
    ensure_priced(&valuations, &incoming.asset, &outgoing.asset);
    exchange(account, &incoming, &outgoing, pledgor, &valuations);
    ensure_kept(account, &valuations, oldest);
    claims::cure(account, valuations);
    account.save()
}

/// The step itself, with its event.
pub fn exchange(account: &mut Account, incoming: &Leg, outgoing: &Leg, pledgor: Address, valuations: &Valuations) {
    inventory::take(pledgor, &incoming.asset, incoming.lots);
    let stressed_in = pledge::add(account, &incoming.asset, incoming.lots, valuations);
    let stressed_out = remove(account, &outgoing.asset, outgoing.lots, valuations);
    inventory::put(pledgor, outgoing.asset.index, outgoing.lots);
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

/// `P` at the last prices has not fallen, or `P ≥ C` at fresh ones. Where value leaves, though a concentration limit or an
/// old requirement hides it in `P`, it is a release and must be allowed as one.
fn ensure_kept(account: &mut Account, valuations: &Valuations, oldest: u64) {
    let required = account.required(account.slots.state().requirement);
    let (before, after) =
        (account.posting(valuations, required, Count::Before), account.posting(valuations, required, Count::Now));
    let last = account.posting(valuations, required, Count::Final);
    let kept = after.posted >= before.posted || last.fresh >= required;
    let (account_id, posted_before, posted_after) = (account.id, before.posted, after.posted);
    ensure(kept, || SubstitutionWeakens {
        account: account_id,
        postedBefore: posted_before,
        postedAfter: posted_after,
        required,
    });
    if after.value < before.value {
        ensure_releasable(account, oldest);
        ensure_margin(account, valuations)
    }
}

fn ensure_priced(valuations: &Valuations, incoming: &Asset, outgoing: &Asset) {
    if !is_priced(valuations, incoming.index, outgoing.index) {
        valuations.ensure_fresh(incoming.bit())
    }
}

/// What comes in has a fresh valuation; or what goes out has none that is newer, and by the two it is the better collateral: which
/// factors tell of tokens that are worth 1 USD at most, and of a fund's shares do not.
pub fn is_priced(valuations: &Valuations, incoming: u8, outgoing: u8) -> bool {
    let (new, old) = (valuations.get(incoming), valuations.get(outgoing));
    let par = new.priceCap == class::PAR && old.priceCap == class::PAR;
    let better = par && new.factorNew >= old.factor && new.slot >= old.slot;
    valuations.is_fresh(new) || (better && valuations.is_of_marks(new))
}
