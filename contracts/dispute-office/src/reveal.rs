//! The pledgor shows its book, and the kernel decides. Nobody else can cause that publication.
use crate::evidence;
use crate::ruling::{decide, ensure_open, ensure_pledgor, expect};
use abi::SLOT_SECONDS;
use alloy_primitives::{B256, U256};
use margin::account::Account;
use margin::args::Args;
use margin::fault::malformed;
use margin::field;
use margin::storage::HouseSlots;

/// The account's word, before the packed examination.
const HEAD: usize = 32;

#[inline(never)]
pub fn reveal(payload: &[u8]) {
    let mut account = Account::open(Args::new(payload).u64(0));
    let shown = payload.get(HEAD..).unwrap_or_else(|| malformed(HEAD));
    ensure_pledgor(&account);
    let dispute = expect(&account);
    ensure_open(&account, &dispute);
    let examined = evidence::examine(shown);
    let agreed = HouseSlots::of(account.terms.house).parameters();
    let stated_at = U256::from(dispute.slot.saturating_mul(SLOT_SECONDS));
    evidence::same(field!("root"), account.slots.disputed_root(), examined.root);
    evidence::same(field!("parametersHash"), agreed, examined.parameters);
    evidence::same(field!("marksRoot"), evidence::committed_marks(dispute.slot), examined.marks);
    evidence::same(field!("asOf"), B256::from(stated_at), examined.as_of);
    decide(&mut account, &dispute, evidence::requirement(shown));
    account.save()
}
