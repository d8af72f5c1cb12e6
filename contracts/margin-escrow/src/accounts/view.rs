//! What anyone may ask of accounts, mandates and nonces.
use abi::escrow::{AccountState, MandateState};
use alloc::vec::Vec;
use contract_kit::args::Args;
use contract_kit::words::Writer;
use escrow_ledger::account::{Account, Count};
use escrow_ledger::encode::words;
use escrow_ledger::registry::{Valuations, asset_of};
use escrow_ledger::storage::{self, Bits, Counts, State};

pub fn account(args: &Args<'_>) -> Vec<u8> {
    let mut account = Account::open(args.u64(0));
    let stated = account.slots.state();
    let (State { requirement, slot, .. }, as_of) = (stated, stated.as_of());
    let required = account.required(requirement);
    let posted = account.posting(&Valuations::of(account.terms.held), required, Count::Now).posted;
    words(&state(&mut account, required, posted, slot, as_of))
}

fn state(account: &mut Account, required: u64, posted: u64, slot: u64, as_of: u64) -> AccountState {
    let (slots, terms, state) = (account.slots, account.terms, account.slots.state());
    AccountState {
        pledgor: slots.party().pledgor,
        house: terms.house,
        history: slots.history(),
        sequence: state.sequence,
        requirement: state.requirement,
        cumulativeVariation: state.cumulative_variation,
        slot,
        asOf: as_of,
        required,
        posted,
        owed: account.owed(),
        houseOwes: slots.house_owes().debt.lots,
        eligibleAssets: terms.eligible,
        heldAssets: terms.held,
        inDefault: terms.in_default,
        closed: terms.closed,
        takesPledges: terms.takes_pledges,
    }
}

pub fn mandate(args: &Args<'_>) -> Vec<u8> {
    let (account, venue) = (Account::open(args.u64(0)).id, args.address(1));
    let mandate = storage::mandate(u32::try_from(account).unwrap_or(0), &venue);
    let state = MandateState {
        requirementCap: mandate.requirement_cap,
        fillVariationCap: mandate.fill_variation_cap,
        used: mandate.used,
        day: mandate.day as u16,
        validUntil: mandate.valid_until,
    };
    words(&state)
}

pub fn top_up(args: &Args<'_>) -> Vec<u8> {
    let (mut account, venue) = (Account::open(args.u64(0)), args.address(1));
    let asset = asset_of(args.address(2));
    let mandate = storage::mandate(u32::try_from(account.id).unwrap_or(0), &venue);
    let lots = if mandate.top_ups & asset.bit() == 0 { 0 } else { *account.top_up(asset.index, mandate.serial) };
    Writer::default().uint(lots).bytes()
}

pub fn count() -> Vec<u8> {
    Writer::default().uint(Counts::load().accounts).bytes()
}

pub fn by_agreement(args: &Args<'_>) -> Vec<u8> {
    Writer::default().uint(storage::account_of_agreement(args.word(0))).bytes()
}

pub fn nonce_used(args: &Args<'_>) -> Vec<u8> {
    Writer::default().flag(storage::bit_of(Bits::Nonces(args.address(0)), args.u64(1))).bytes()
}
