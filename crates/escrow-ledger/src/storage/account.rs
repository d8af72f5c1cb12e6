//! The slots of a margin account.
use super::{Fields, Row, Word, space};
use crate::fault::Field;
use abi::SLOT_SECONDS;
use alloy_primitives::{Address, B256};
use contract_kit::host;
use contract_kit::word::Part;
use csa::{Credits, Debt, Demands, Lots};

const TERMS: u8 = 0;
const HISTORY: u8 = 1;
const STATE: u8 = 2;
const PARTY: u8 = 3;
const CLAIMS: u8 = 4;
const HOUSE_OWES: u8 = 5;
const DEFAULT: u8 = 6;
/// Slots 7 to 10 are those of [`super::dispute`]; 11 and those from 32 on of [`super::orders`].
const BALANCES: u8 = 16;

/// Where an account lies.
#[derive(Clone, Copy, Debug)]
pub struct Slots(pub(super) Row);

/// What both parties agreed, what it holds, and what is open.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Zero: no such account.
    pub house: u32,
    /// Bit i set: asset i may be pledged.
    pub eligible: u16,
    /// Bit i set: it holds lots of asset i.
    pub held: u16,
    /// Micro-USD; taken off the requirement.
    pub threshold: u64,
    /// Micro-USD; added to the requirement.
    pub independent_amount: u64,
    /// Micro-USD; less is not asked for.
    pub minimum_transfer_amount: u64,
    /// Whole USD that variation may take in a day.
    pub variation_cap_usd: u64,
    /// A demand is open, or something is owed.
    pub claim_open: bool,
    /// The house owes it variation.
    pub house_owes: bool,
    /// A claim on it failed: it is frozen until it is closed out.
    pub in_default: bool,
    /// Its last dispute is not ruled yet.
    pub disputed: bool,
    /// It has left for a successor of this contract.
    pub closed: bool,
    /// Others than the pledgor may pledge into it.
    pub takes_pledges: bool,
    /// The first token of its standing top-up, its index and one; zero: it has none.
    pub top_up_first: u8,
    /// Mandates ever given, by venue, and standing orders.
    pub mandates: u16,
}

/// As of the last statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct State {
    /// Statements so far.
    pub sequence: u64,
    /// Micro-USD, as the agents stated it.
    pub requirement: u64,
    /// Lots of the settlement token, since the account was opened.
    pub cumulative_variation: i64,
    /// Whole USD debited in the day in which it was stated.
    pub debited_usd: u64,
    /// Slot of the prices that it was computed at.
    pub slot: u64,
    /// Seconds from the slot's beginning to the moment at which the agents stated it.
    pub after_slot: u64,
}

/// Whose account it is, and what its agreement says of lateness.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Party {
    /// Who posts the collateral.
    pub pledgor: Address,
    /// Seconds that a demand runs.
    pub resolution_time: u32,
    /// Parts per million a year.
    pub late_interest: u32,
}

/// The account's claim: open or, between claims, the last one's number.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Claims {
    /// Micro-USD of variation and interest that the account could not pay.
    pub owed: u64,
    /// Claims so far; the open one's number, where one is open.
    pub number: u16,
    /// What is asked for; none between claims.
    pub demands: Demands,
}

/// What an account has of one asset.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Balance {
    /// What it holds.
    pub lots: Lots,
    /// What may still be topped up under the mandate of this serial number.
    pub top_up: u64,
    /// Serial number of the mandate that `top_up` is of; zero: of none.
    pub top_up_of: u16,
    /// Whole tokens that came in while a claim was open and the token had no price.
    pub late: u64,
    /// What keeps lots of it from counting or leaving.
    pub hold: Hold,
}

/// What keeps a token from counting, or from leaving. Variation is paid in the settlement token alone, and that is never
/// recalled: so an account has one or the other of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// From here on it counts for nothing; zero: not recalled.
    Recall(u64),
    /// Of the settlement token: what variation brought, until it may leave.
    Credits(Credits),
}

impl Default for Hold {
    fn default() -> Self {
        Self::Recall(0)
    }
}

/// Variation that the house could not pay, and until when it must.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HouseOwes {
    /// What is owed, as of the last time that it was looked at.
    pub debt: Debt,
    /// Seconds since 1970; zero where nothing is owed.
    pub deadline: u64,
}

/// What a close-out needs of the moment of default.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct DefaultRecord {
    /// Seconds since 1970 at which it was enforced.
    pub at: u64,
    /// The claim that failed.
    pub number: u16,
    /// Slot of its last statement.
    pub slot: u64,
    /// `C` then, micro-USD.
    pub required: u64,
    /// `P` then, micro-USD.
    pub posted: u64,
    /// Micro-USD that it owed.
    pub owed: u64,
}

impl Slots {
    /// The slots of an account's number.
    pub fn of(account: u32) -> Self {
        Self(Row::of(space::ACCOUNT, account))
    }

    /// Loads the terms.
    #[inline(never)]
    pub fn terms(self) -> Terms {
        Terms::take(self.0.load(TERMS))
    }

    /// Stores the terms.
    #[inline(never)]
    pub fn set_terms(self, terms: &Terms) {
        self.0.store(TERMS, &terms.put())
    }

    /// See [`abi::history`].
    pub fn history(self) -> B256 {
        host::load(self.0.at(HISTORY))
    }

    /// Stores the history, see [`abi::history`].
    pub fn set_history(self, history: B256) {
        host::store(self.0.at(HISTORY), history);
    }

    /// Loads the last statement.
    #[inline(never)]
    pub fn state(self) -> State {
        State::take(self.0.load(STATE))
    }

    /// Stores a statement.
    #[inline(never)]
    pub fn set_state(self, state: &State) {
        self.0.store(STATE, &state.put())
    }

    /// Loads the pledgor and what the agreement says of lateness.
    #[inline(never)]
    pub fn party(self) -> Party {
        Party::take(self.0.load(PARTY))
    }

    /// Stores them, when the account is opened.
    pub fn set_party(self, party: &Party) {
        self.0.store(PARTY, &party.put());
    }

    /// Loads the claims.
    #[inline(never)]
    pub fn claims(self) -> Claims {
        Claims::take(self.0.load(CLAIMS))
    }

    /// Stores the claims.
    #[inline(never)]
    pub fn set_claims(self, claims: &Claims) {
        self.0.store(CLAIMS, &claims.put())
    }

    /// Loads what the house owes.
    #[inline(never)]
    pub fn house_owes(self) -> HouseOwes {
        HouseOwes::take(self.0.load(HOUSE_OWES))
    }

    /// Stores what the house owes.
    #[inline(never)]
    pub fn set_house_owes(self, owes: HouseOwes) {
        self.0.store(HOUSE_OWES, &owes.put());
    }

    /// Loads the record of the default; zeros where there was none.
    pub fn default_record(self) -> DefaultRecord {
        DefaultRecord::take(self.0.load(DEFAULT))
    }

    /// Stores the record of the default.
    pub fn set_default_record(self, record: &DefaultRecord) {
        self.0.store(DEFAULT, &record.put());
    }

    /// Loads the balance of an asset.
    #[inline(never)]
    pub fn balance(self, asset: u8) -> Balance {
        Balance::take(self.0.load(BALANCES.wrapping_add(asset)))
    }

    /// Stores the balance of an asset.
    #[inline(never)]
    pub fn set_balance(self, asset: u8, balance: &Balance) {
        self.0.store(BALANCES.wrapping_add(asset), &balance.put());
    }
}

impl Balance {
    /// Bits of storage that [`Balance::late`] takes.
    pub const LATE_BITS: u32 = 24;
}

slot! {
    paths Balance {
        lots.all: u64 = 52 or "lots",
        lots.stressed: u64 = 52 or "lots",
        top_up: u64 = 48 or "topUpLimit",
        top_up_of: u16 = 16,
        late: u64 = 24,
        hold: Hold = 64,
    }
}

/// A flag, and what it says the rest is.
impl Part for Hold {
    fn take(word: &mut Word, _: u32) -> Self {
        if word.flag() {
            let hour = word.take(Credits::HOUR_BITS);
            Self::Credits(Credits { hour, latest: word.take(Credits::BITS), earlier: word.take(Credits::BITS) })
        } else {
            Self::Recall(word.take(40))
        }
    }

    fn fit(&self, fields: &mut Fields, _: u32) {
        match self {
            Self::Recall(at) => fields.fit(0, 1).put(field!("recall"), *at, 40),
            Self::Credits(Credits { hour, latest, earlier }) => {
                fields.fit(1, 1).fit(*hour, Credits::HOUR_BITS).fit(*latest, Credits::BITS).fit(*earlier, Credits::BITS)
            }
        };
    }

    fn put(&self, fields: &mut Fields, _: Field, bits: u32) {
        self.fit(fields, bits)
    }
}

slot! {
    Terms {
        house: u32 = 24 or "house",
        eligible: u16 = 16,
        held: u16 = 16,
        threshold: u64 = 50 or "threshold",
        independent_amount: u64 = 50 or "independentAmount",
        minimum_transfer_amount: u64 = 44 or "minimumTransferAmount",
        variation_cap_usd: u64 = 28 or "variationCap",
        claim_open: bool = 1,
        house_owes: bool = 1,
        in_default: bool = 1,
        disputed: bool = 1,
        closed: bool = 1,
        takes_pledges: bool = 1,
        top_up_first: u8 = 5,
        mandates: u16 = 16,
    }
}

slot! {
    Party {
        pledgor: Address = 160,
        resolution_time: u32 = 32,
        late_interest: u32 = 32,
    }
}

slot! {
    DefaultRecord {
        at: u64 = 34 or "at",
        number: u16 = 16,
        slot: u64 = 34 or "slot",
        required: u64 = 56 or "required",
        posted: u64 = 60 or "posted",
        owed: u64 = 56 or "owed",
    }
}

impl State {
    /// Seconds since 1970 at which the agents stated it.
    pub fn as_of(&self) -> u64 {
        self.slot.wrapping_mul(SLOT_SECONDS).wrapping_add(self.after_slot)
    }

    /// What [`State::after_slot`] is of a statement of that time.
    pub fn after(slot: u64, as_of: u64) -> u64 {
        as_of.wrapping_sub(slot.wrapping_mul(SLOT_SECONDS))
    }
}

slot! {
    State {
        sequence: u64 = 40 or "sequence",
        requirement: u64 = 50 or "requirement",
        cumulative_variation: i64 = 56 or "cumulativeVariation",
        debited_usd: u64 = 28 or "variation",
        slot: u64 = 30 or "slot",
        after_slot: u64 = 14 or "asOf",
    }
}

slot! {
    paths HouseOwes {
        debt.lots: u64 = 64,
        debt.unpaid: u64 = 60,
        debt.epoch: u32 = 32,
        deadline: u64 = 40 or "deadline",
    }
}

slot! {
    paths Claims {
        owed: u64 = 56 or "owed",
        number: u16 = 16,
        demands.first.amount: u64 = 50 or "tranche",
        demands.first.deadline: u64 = 34 or "deadline",
        demands.first.cause: u8 = 8,
        demands.second.amount: u64 = 50 or "tranche",
        demands.second.deadline: u64 = 34 or "deadline",
        demands.second.cause: u8 = 8,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use csa::Tranche;

    #[test]
    fn terms_survive_the_round_trip() {
        let terms = Terms {
            house: 0xff_ffff,
            eligible: 0xffff,
            held: 5,
            threshold: (1 << 50) - 1,
            independent_amount: 7,
            minimum_transfer_amount: (1 << 44) - 1,
            variation_cap_usd: (1 << 28) - 1,
            claim_open: true,
            house_owes: false,
            in_default: true,
            disputed: true,
            closed: false,
            takes_pledges: true,
            top_up_first: 16,
            mandates: u16::MAX,
        };
        let closed = Terms { in_default: false, closed: true, ..terms };
        assert_eq!(Terms::take(Word::of(&closed.put())), closed);
        assert_eq!(Terms::take(Word::of(&terms.put())), terms);
    }

    #[test]
    fn state_survives_the_round_trip() {
        let state = State {
            sequence: 9,
            requirement: 1 << 49,
            cumulative_variation: -(1 << 55),
            debited_usd: 3,
            slot: 176_011_560,
            after_slot: State::after(176_011_560, 1_760_115_999),
        };
        assert_eq!(State::take(Word::of(&state.put())), state);
        assert_eq!(state.as_of(), 1_760_115_999);
    }

    #[test]
    #[should_panic]
    fn a_statement_long_after_its_slot_is_refused() {
        let state = State {
            sequence: 9,
            requirement: 0,
            cumulative_variation: 0,
            debited_usd: 0,
            slot: 176_011_560,
            after_slot: 1 << 14,
        };
        state.put();
    }

    #[test]
    fn balances_survive_the_round_trip() {
        let lots = Lots { all: (1 << 52) - 1, stressed: 1 << 51 };
        let credits = Credits { hour: (1 << 15) - 1, latest: (1 << 24) - 1, earlier: 1 << 23 };
        for hold in [Hold::default(), Hold::Recall((1 << 40) - 1), Hold::Credits(credits)] {
            let balance = Balance { lots, top_up: (1 << 48) - 1, top_up_of: u16::MAX, late: (1 << 24) - 1, hold };
            assert_eq!(Balance::take(Word::of(&balance.put())), balance);
            assert_eq!(balance.late, Balance::MOST_LATE);
        }
    }

    #[test]
    fn claims_survive_the_round_trip() {
        let first = Tranche { amount: (1 << 50) - 1, deadline: (1 << 34) - 1, cause: 255 };
        let demands = Demands { first, second: Tranche { amount: 1, ..first } };
        let claims = Claims { owed: (1 << 56) - 1, number: u16::MAX, demands };
        assert_eq!(Claims::take(Word::of(&claims.put())), claims);
    }
}
