//! The house's ledger: funding, withdrawal, and payment of what it owes accounts.
//!
//! * `fundHouse`: [`fund`]; `withdrawHouse`: [`withdraw`]; `withdrawTo`: [`leave`]; `payHouseClaim`: [`pay_claim`]; `house`: [`view`].
//! * Errors: `UnknownHouse`, `NotSecuredParty`, `HouseShort`, and those of tokens.
//! * Arithmetic: `csa::reserve` for what it owes, `csa::dues` for what moves.
use crate::collateral::token;
use abi::escrow::HouseState;
use abi::escrow::MarginEscrow::{HouseCured, HouseFunded, HouseShort, HouseWithdrawn, NotSecuredParty, UnknownHouse};
use alloc::vec::Vec;
use alloy_primitives::{Address, U256};
use contract_kit::args::Args;
use contract_kit::host;
use csa::House;
use escrow_ledger::account::Account;
use escrow_ledger::encode::{emit, words};
use escrow_ledger::fault::{OrFail, ensure, require_terms};
use escrow_ledger::registry::{self, Asset};
use escrow_ledger::storage::{Agents, HouseLedger, HouseSlots};
use escrow_ledger::{claims, custody, field};

pub fn open(id: u32) -> (HouseSlots, Agents) {
    let house = HouseSlots::of(id);
    let agents = house.agents();
    ensure(!agents.agent.is_zero(), || UnknownHouse { house: id });
    (house, agents)
}

/// An account's house, its settlement token's index and its ledger.
pub fn books(account: &Account) -> (HouseSlots, u8, HouseLedger) {
    let house = HouseSlots::of(account.terms.house);
    (house, house.agents().settlement, house.ledger())
}

/// A house and its settlement token.
fn with_token(id: u32) -> (HouseSlots, Asset) {
    let (house, agents) = open(id);
    (house, registry::asset_at(agents.settlement))
}

#[inline(never)]
pub fn fund(args: &Args<'_>) {
    let ((house, asset), amount, from) = (with_token(args.u32(0)), args.u256(1), host::sender());
    let (ledger, lots) = (house.ledger(), asset.lots(amount));
    custody::enter(&asset, lots);
    house.set_ledger(&with_balance(ledger, ledger.lots.balance.checked_add(lots)));
    emit(&HouseFunded { house: house.id, from, amount });
    token::pull(asset.token, from, amount, lots <= ledger.lots.owed);
}

#[inline(never)]
pub fn withdraw(args: &Args<'_>) {
    let caller = host::sender();
    leave(args.u32(0), caller, None, args.u256(1), caller)
}

/// For a receiver that the secured party named; `token` where it named that too.
#[inline(never)]
pub fn leave(house: u32, owner: Address, token: Option<Address>, amount: U256, to: Address) {
    let (house, asset) = with_token(house);
    ensure(owner == house.secured_party(), || NotSecuredParty { house: house.id, caller: owner });
    require_terms(field!("token"), token.is_none_or(|token| token == asset.token));
    let (ledger, lots) = (house.ledger(), asset.lots(amount));
    let free = ledger.lots.free();
    ensure(lots <= free, || HouseShort { house: house.id, asked: amount, held: asset.units_down(free) });
    house.set_ledger(&with_balance(ledger, ledger.lots.balance.checked_sub(lots)));
    emit(&HouseWithdrawn { house: house.id, to, amount });
    token::push(asset.token, to, custody::pay(&asset, to, lots, amount));
}

/// What is there is set aside for what is owed now; a later debt has no part in it.
fn with_balance(ledger: HouseLedger, balance: Option<u64>) -> HouseLedger {
    let mut lots = House { balance: balance.checked(), ..ledger.lots };
    lots.set_aside();
    HouseLedger { lots, ..ledger }
}

/// Pays an account its part of what the house holds for its debts; nothing, where it holds or owes nothing.
#[inline(never)]
pub fn pay_claim(args: &Args<'_>) {
    let mut account = Account::here(args.u64(0));
    let (house, agents) = open(account.terms.house);
    pay(&mut account, house, &agents);
    account.save();
}

/// A house that owes nothing any more is not in default any more.
pub fn pay(account: &mut Account, house: HouseSlots, agents: &Agents) {
    let (mut ledger, now) = (house.ledger(), host::timestamp());
    // A claim that failed is not cured any more; what comes in is there for the close-out.
    if account.terms.claim_open && !account.terms.in_default {
        claims::take(account, agents.settlement, &mut ledger, now);
    } else {
        account.recover(agents.settlement, &mut ledger);
    }
    house.set_ledger(&ledger);
    if agents.in_default && ledger.lots.owed == 0 {
        house.set_agents(&Agents { in_default: false, ..*agents });
        emit(&HouseCured { house: house.id })
    }
}

pub fn view(args: &Args<'_>) -> Vec<u8> {
    let (house, agents) = open(args.u32(0));
    let ledger = house.ledger();
    let state = HouseState {
        securedParty: house.secured_party(),
        agent: agents.agent,
        secondAgent: agents.second,
        defaultManager: house.default_manager(),
        settlementToken: registry::asset_at(agents.settlement).token,
        parametersHash: house.parameters(),
        balance: ledger.lots.balance,
        cumulativeVariation: ledger.cumulative_variation,
        owed: ledger.lots.debts(),
        inDefault: agents.in_default,
    };
    words(&state)
}
