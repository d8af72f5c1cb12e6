//! The books against what a token says the escrow holds: what its issuer took is borne by all who hold it.
use abi::escrow::MarginEscrow::{NothingToReconcile, Reconciled};
use contract_kit::args::Args;
use escrow_ledger::custody::{self, Books};
use escrow_ledger::encode::emit;
use escrow_ledger::fault::ensure;
use escrow_ledger::registry::asset_of;
use escrow_ledger::storage;

#[inline(never)]
pub fn reconcile(args: &Args<'_>) {
    let asset = asset_of(args.address(0));
    let (books, held) = (Books::of(&asset), custody::held(asset.token));
    let (token, ratio) = (asset.token, csa::custody::ratio_down(asset.lots_down(held), books.total));
    ensure(ratio != books.ratio, || NothingToReconcile { token, ratio });
    storage::set_ratio(asset.index, ratio);
    emit(&Reconciled { token, held, totalLots: books.total, ratio })
}
