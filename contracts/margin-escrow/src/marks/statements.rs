//! A statement set at work: the checks that `settle` and `mark` share, and what both leave behind.
use abi::escrow::MarginEscrow::{
    AccountNotInSet, AccountsNotAscending, AsOfInFuture, Expired, HouseStated, MarginStated, MissingRole, OutOfOrder,
    ParametersNotAgreed, PositionsMoved, SlotInFuture, StaleSlot, UnknownHouse, VariationNotZeroSum, WrongHouse,
};
use abi::packed::{Set, Statement};
use abi::registry::role;
use abi::types::{MarginStatement, StatementSet};
use abi::{eip712, history, slot_at};
use alloc::vec::Vec;
use alloy_primitives::{B256, I256, U256};
use contract_kit::host;
use csa::Posting;
use escrow_ledger::account::{Account, Count};
use escrow_ledger::authority;
use escrow_ledger::batch::Millis;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::{OrFail, ensure};
use escrow_ledger::registry::{self, Valuations, bit};
use escrow_ledger::storage::{Agents, HouseLedger, HouseSlots, Mandate, State, parameters_tag};

/// An account that the set states.
pub struct StatedAccount<'a> {
    /// As it is now; saved at the end.
    pub account: Account,
    /// What the set states of it.
    pub statement: &'a Statement,
    /// As of the statement before; with what this day's debits come to.
    pub before: State,
    /// Before the set.
    pub history: B256,
    /// `C` after the set, micro-USD.
    pub required: u64,
    /// Micro-USD that it owed before the set.
    pub owed_before: u64,
    /// The house owed it variation before the set.
    pub house_owed: bool,
    /// Lots that moved from the house, or to it where negative.
    pub paid: i64,
    /// What moved its positions.
    pub fills: Fills,
    /// The venue's mandate, where it was asked for.
    pub mandate: Option<Mandate>,
}

/// The fills of a bundle that an account is a side of.
#[derive(Clone, Copy, Default)]
pub struct Fills {
    /// There are some.
    pub any: bool,
    /// Of the fills, or of what the bundle has in their place.
    pub digest: B256,
    /// The latest `matchedAt`.
    pub latest: Millis,
}

/// A statement set at work: what is loaded once, and the accounts that it states.
pub struct StatementApplication<'a> {
    /// As it was signed.
    pub set: &'a Set,
    /// The other side of all its accounts.
    pub house: HouseSlots,
    /// Who must have signed.
    pub agents: Agents,
    /// The house's, as it is now; stored by [`StatementApplication::finish`].
    pub ledger: HouseLedger,
    /// The escrow's domain separator.
    pub domain: B256,
    /// What the set signs of top-ups.
    pub top_ups: B256,
    /// Seconds.
    pub now: u64,
    /// In the set's order.
    pub accounts: Vec<StatedAccount<'a>>,
}

impl<'a> StatementApplication<'a> {
    /// Loads the accounts and checks the set's header; its slot may be `max_slots` old.
    pub fn begin(set: &'a Set, top_ups: B256, max_slots: u64) -> Self {
        let house = HouseSlots::of(set.house);
        let agents = house.agents();
        ensure(!agents.agent.is_zero(), || UnknownHouse { house: set.house });
        let accounts = accounts(set);
        let now = host::timestamp();
        header(set, house, &agents, now, max_slots);
        Self { set, house, agents, ledger: house.ledger(), domain: authority::domain(), top_ups, now, accounts }
    }

    pub fn stated(&mut self, place: u8) -> &mut StatedAccount<'a> {
        let absent = || AccountNotInSet { index: U256::from(place) };
        self.accounts.get_mut(usize::from(place)).or_fail(absent)
    }

    /// The set, rebuilt with what the contract knows, is signed; nothing goes back; the house is the other side.
    pub fn verify(&self) {
        self.signed();
        for stated in &self.accounts {
            stated.follows(self.set);
        }
        self.sums_to_zero()
    }

    fn signed(&self) {
        let hash = eip712::set_hash(&self.rebuilt());
        let Set { signature, second_signature, .. } = self.set;
        authority::by_agents(&self.domain, &self.agents, &hash, signature, second_signature.as_deref());
    }

    fn rebuilt(&self) -> StatementSet {
        let set = self.set;
        StatementSet {
            house: set.house,
            statements: self.accounts.iter().map(StatedAccount::rebuilt).collect(),
            houseCumulativeVariation: set.house_cumulative_variation,
            topUps: self.top_ups,
            slot: set.slot,
            parametersHash: set.parameters_hash,
            asOf: set.as_of,
            validUntil: set.valid_until,
        }
    }

    fn sums_to_zero(&self) {
        let change = |new: i64, old: i64| i128::from(new).saturating_sub(old.into());
        let mut sum = change(self.set.house_cumulative_variation, self.ledger.cumulative_variation);
        for StatedAccount { statement, before, .. } in &self.accounts {
            sum = sum.saturating_add(change(statement.cumulative_variation, before.cumulative_variation));
        }
        ensure(sum == 0, || VariationNotZeroSum { sum: wide(sum) })
    }

    /// Valuations of what counts: held or credited by an account that needs margin or owes variation, or in `moved`. Whoever
    /// signed the set is a calculation agent still.
    pub fn valuations(&self, moved: u16) -> Valuations {
        let needed = self.accounts.iter().filter(|stated| stated.is_valued());
        let held = needed.fold(0, |bitmap, stated| bitmap | stated.account.terms.held | bit(self.agents.settlement));
        let (Agents { agent, second, .. }, role) = (self.agents, role::CALCULATION_AGENT);
        let (valuations, roles) = registry::standing(held | moved, agent, second);
        for (participant, roles) in [(agent, roles.0), (second, roles.1)] {
            ensure(participant.is_zero() || roles & role != 0, || MissingRole { participant, role });
        }
        valuations
    }

    /// The house's ledger after the set.
    pub fn finish(&mut self) {
        self.ledger.cumulative_variation = self.set.house_cumulative_variation;
        if self.ledger != self.house.ledger() {
            self.house.set_ledger(&self.ledger);
            let HouseLedger { cumulative_variation, lots } = self.ledger;
            let balance = lots.balance;
            emit(&HouseStated { house: self.house.id, cumulativeVariation: cumulative_variation, balance });
        }
    }
}

/// A sum of 64-bit numbers, as wide as the ABI has it.
fn wide(sum: i128) -> I256 {
    let sign = (sum >> 127) as u64;
    I256::from_limbs([sum as u64, (sum >> 64) as u64, sign, sign])
}

fn accounts(set: &Set) -> Vec<StatedAccount<'_>> {
    let mut accounts = Vec::with_capacity(set.statements.len());
    let mut last = 0;
    for statement in &set.statements {
        ensure(statement.account > last, || AccountsNotAscending { account: statement.account.into() });
        last = statement.account;
        accounts.push(StatedAccount::load(statement, set.house));
    }
    accounts
}

fn header(set: &Set, house: HouseSlots, agents: &Agents, now: u64, max_slots: u64) {
    let oldest = slot_at(now).saturating_sub(max_slots);
    ensure(now <= set.valid_until, || Expired { validUntil: set.valid_until, timestamp: now });
    ensure(set.as_of <= now, || AsOfInFuture { asOf: set.as_of, timestamp: now });
    ensure(set.slot <= slot_at(set.as_of), || SlotInFuture { slot: set.slot, current: slot_at(set.as_of) });
    ensure(set.slot >= oldest, || StaleSlot { slot: set.slot, oldest });
    let (given, meant) = (set.parameters_hash, parameters_tag(&set.parameters_hash));
    ensure(meant == agents.parameters_tag, || ParametersNotAgreed { agreed: house.parameters(), given })
}

impl<'a> StatedAccount<'a> {
    fn load(statement: &'a Statement, house: u32) -> Self {
        let mut account = Account::acting(statement.account.into());
        ensure(account.terms.house == house, || WrongHouse { account: account.id, house });
        let (history, before) = (account.slots.history(), account.slots.state());
        let required = account.required(statement.requirement);
        let (owed_before, house_owed) = (account.owed(), account.terms.house_owes);
        Self {
            account,
            statement,
            before,
            history,
            required,
            owed_before,
            house_owed,
            paid: 0,
            fills: Fills::default(),
            mandate: None,
        }
    }

    fn rebuilt(&self) -> MarginStatement {
        MarginStatement {
            account: self.account.id,
            sequence: self.before.sequence.checked_add(1).checked(),
            previousHistory: self.history,
            newRoot: self.statement.new_root,
            fillsDigest: self.fills.digest,
            requirement: self.statement.requirement,
            cumulativeVariation: self.statement.cumulative_variation,
            fillVariation: self.statement.fill_variation,
        }
    }

    /// Neither time goes back; positions move by fills or a lifecycle event only, and only fills cost what fills cost.
    fn follows(&self, set: &Set) {
        let Self { account: Account { id, .. }, before, statement, .. } = self;
        let forward = set.as_of >= before.as_of() && set.slot >= before.slot;
        ensure(forward, || OutOfOrder { account: *id, asOf: set.as_of, lastAsOf: before.as_of() });
        let still = statement.new_root.is_zero() || !self.fills.digest.is_zero();
        let free = statement.fill_variation == 0 || self.fills.any;
        ensure(still && free, || PositionsMoved { account: *id })
    }

    /// What it holds must be known: margin is required, or it owed or was asked for something, and what it lacked before is held
    /// against what it lacks now.
    pub fn is_valued(&self) -> bool {
        self.required != 0 || self.owed_before != 0 || self.account.terms.claim_open
    }

    /// What it holds; nobody needs to know where nothing is required.
    pub fn posting(&mut self, valuations: &Valuations, count: Count) -> Posting {
        let required = self.required;
        if required == 0 { Posting::default() } else { self.account.posting(valuations, required, count) }
    }

    /// Writes the statement; what the account holds and owes is saved after it.
    pub fn state(&self, set: &Set, posted: u64) {
        let (statement, account) = (self.statement, &self.account);
        let state = State {
            sequence: self.before.sequence.checked_add(1).checked(),
            requirement: statement.requirement,
            cumulative_variation: statement.cumulative_variation,
            debited_usd: self.before.debited_usd,
            slot: set.slot,
            after_slot: State::after(set.slot, set.as_of),
        };
        let (root, digest) = (statement.new_root, self.fills.digest);
        let history = if digest.is_zero() { self.history } else { history::after(self.history, root, digest) };
        account.slots.set_history(history);
        account.slots.set_state(&state);
        emit(&MarginStated {
            account: account.id,
            sequence: state.sequence,
            root,
            history,
            requirement: state.requirement,
            cumulativeVariation: state.cumulative_variation,
            fillVariation: statement.fill_variation,
            paid: self.paid,
            posted,
            slot: set.slot,
            asOf: set.as_of,
        });
    }
}
