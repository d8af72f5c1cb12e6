//! What anyone may ask.
use crate::house;
use abi::escrow::MarginEscrow::*;
use abi::escrow::{AccountState, BalanceState, ClaimState, CustodyState, DefaultState, HouseState, MandateState};
use alloc::vec::Vec;
use alloy_sol_types::SolCall;
use contract_kit::host;
use contract_kit::words::Out;
use margin::account::Account;
use margin::args::Args;
use margin::csa;
use margin::custody::Books;
use margin::encode::Put;
use margin::fault::malformed;
use margin::registry::{Valuations, asset_at, asset_of};
use margin::storage::{self, Balance, Bits, Counts, Head, Hold, Program, State, Tranche};

#[inline(never)]
pub fn answer(selector: [u8; 4], args: &Args<'_>) -> Vec<u8> {
    match selector {
        accountCall::SELECTOR => account(args.exactly(1)),
        balanceCall::SELECTOR => balance(args.exactly(2)),
        inventoryCall::SELECTOR => inventory(args.exactly(2)),
        claimCall::SELECTOR => claim(args.exactly(1)),
        mandateCall::SELECTOR => mandate(args.exactly(2)),
        houseCall::SELECTOR => house_state(args.exactly(1)),
        custodyCall::SELECTOR => custody(args.exactly(1)),
        defaultOfCall::SELECTOR => default_of(args.exactly(1)),
        pausedCall::SELECTOR => Out::default().flag(Head::load().paused).bytes(),
        accountCountCall::SELECTOR => Out::default().uint(Counts::load().accounts).bytes(),
        accountByAgreementCall::SELECTOR => {
            Out::default().uint(storage::account_of_agreement(args.exactly(1).word(0))).bytes()
        }
        sequenceAppliedCall::SELECTOR => applied(Bits::Applied(args.exactly(2).address(0)), args),
        nonceUsedCall::SELECTOR => applied(Bits::Nonces(args.exactly(2).address(0)), args),
        registryCall::SELECTOR => Out::default().address(Head::load().registry).bytes(),
        officeCall::SELECTOR => program(Program::Office),
        disputeOfficeCall::SELECTOR => program(Program::DisputeOffice),
        verifierCall::SELECTOR => program(Program::Verifier),
        examinerCall::SELECTOR => program(Program::Examiner),
        _ => malformed(0),
    }
}

fn account(args: &Args<'_>) -> Vec<u8> {
    let mut account = Account::open(args.u64(0));
    let State { requirement, slot, as_of, .. } = account.slots.state();
    let required = account.required(requirement);
    let posted = account.posting(&Valuations::of(account.terms.held), required).posted;
    words(&state(&mut account, required, posted, slot, as_of))
}

fn state(account: &mut Account, required: u64, posted: u64, slot: u64, as_of: u64) -> AccountState {
    let (slots, terms, state) = (account.slots, account.terms, account.slots.state());
    AccountState {
        pledgor: slots.party().pledgor,
        house: terms.house,
        root: slots.root(),
        sequence: state.sequence,
        requirement: state.requirement,
        cumulativeVariation: state.cumulative_variation,
        cumulativeFillVariation: state.cumulative_fill_variation,
        slot,
        asOf: as_of,
        required,
        posted,
        owed: account.owed(),
        houseOwes: slots.house_owes().lots,
        eligibleAssets: terms.eligible,
        heldAssets: terms.held,
        inDefault: terms.in_default,
        closed: terms.closed,
    }
}

fn balance(args: &Args<'_>) -> Vec<u8> {
    let (account, asset) = (Account::open(args.u64(0)), asset_of(args.address(1)));
    let held = account.slots.balance(asset.index);
    let Balance { lots: csa::Lots { all, stressed }, top_up, hold } = held;
    words(&BalanceState {
        lots: all,
        stressedLots: stressed,
        topUpLots: top_up,
        recallAt: if let Hold::Recall(at) = hold { at } else { 0 },
        heldBackLots: all.saturating_sub(held.free()),
        heldBackUntil: hold.credits().until(host::timestamp()),
    })
}

fn inventory(args: &Args<'_>) -> Vec<u8> {
    let asset = asset_of(args.address(1));
    let lots = storage::inventory(&args.address(0), asset.index);
    Out::default().word(asset.units_down(lots)).bytes()
}

fn claim(args: &Args<'_>) -> Vec<u8> {
    let mut account = Account::open(args.u64(0));
    let open = account.terms.claim_open;
    let storage::Claims { owed, number, first, second } = *account.claims();
    let tranche = |Tranche { amount, deadline, cause }| abi::escrow::Tranche { amount, deadline, cause };
    words(&ClaimState { number, open, owed, first: tranche(first), second: tranche(second) })
}

fn custody(args: &Args<'_>) -> Vec<u8> {
    let Books { total, ratio } = Books::of(&asset_of(args.address(0)));
    words(&CustodyState { totalLots: total, ratio })
}

fn default_of(args: &Args<'_>) -> Vec<u8> {
    let storage::DefaultRecord { at, number, slot, required, posted, owed } =
        Account::open(args.u64(0)).slots.default_record();
    words(&DefaultState { at, number, slot, required, posted, owed })
}

fn program(of: Program) -> Vec<u8> {
    Out::default().address(of.address()).bytes()
}

fn mandate(args: &Args<'_>) -> Vec<u8> {
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

fn house_state(args: &Args<'_>) -> Vec<u8> {
    let (house, agents) = house::open(args.u32(0));
    let ledger = house.ledger();
    let state = HouseState {
        securedParty: house.secured_party(),
        agent: agents.agent,
        secondAgent: agents.second,
        defaultManager: house.default_manager(),
        settlementToken: asset_at(agents.settlement).token,
        parametersHash: house.parameters(),
        balance: ledger.balance,
        cumulativeVariation: ledger.cumulative_variation,
        owed: ledger.owed,
        inDefault: agents.in_default,
    };
    words(&state)
}

fn words<T: Put>(value: &T) -> Vec<u8> {
    let mut out = Out::default();
    value.put(&mut out);
    out.bytes()
}

fn applied(bits: Bits, args: &Args<'_>) -> Vec<u8> {
    Out::default().flag(storage::bit_of(bits, args.u64(1))).bytes()
}
