//! The pledgor shows its book, and the kernel decides. Nobody else can cause that publication.
use super::kernel;
use super::ruling::{decide, ensure_open, ensure_pledgor, expect};
use abi::escrow::subject;
use margin::account::Account;
use margin::args::Args;
use margin::fault::malformed;

/// The account's word, before the packed evidence.
const HEAD: usize = 32;

#[inline(never)]
pub fn reveal(payload: &[u8]) {
    let mut account = Account::open(Args::new(payload).u64(0));
    let shown = payload.get(HEAD..).unwrap_or_else(|| malformed(HEAD));
    ensure_pledgor(&account);
    let dispute = expect(&account);
    ensure_open(&account, &dispute);
    let found = match dispute.subject {
        subject::VARIATION => kernel::variation(&account, &dispute, shown),
        subject::ROOT => kernel::root(&account, shown),
        _ => kernel::requirement(&account, &dispute, shown),
    };
    decide(&mut account, &dispute, found);
    account.save()
}
