//! The slots of a house: the secured party's ledger for accounts with the same agents, token and parameters.
use super::{Fields, Row, space};
use alloy_primitives::{Address, B256};
use contract_kit::host;
use csa::House;

const AGENTS: u8 = 0;
const SECOND_AGENT: u8 = 1;
const SECURED_PARTY: u8 = 2;
const DEFAULT_MANAGER: u8 = 3;
const PARAMETERS: u8 = 4;
const LEDGER: u8 = 5;
const RESERVE: u8 = 6;
const TAG_BITS: u32 = 40;

/// Where a house lies.
#[derive(Clone, Copy, Debug)]
pub struct HouseSlots {
    /// The house's number, from 1.
    pub id: u32,
    row: Row,
}

/// The low bits of a hash of parameters. A set whose agents mean others by mistake is refused; agents that meant to deceive would
/// sign the agreed hash.
pub fn parameters_tag(hash: &B256) -> u64 {
    let [.., low] = hash.0.as_chunks::<8>().0 else { return 0 };
    u64::from_be_bytes(*low) & ((1 << TAG_BITS) - 1)
}

/// Who signs for a house's accounts, and what every call needs to know of the house.
#[derive(Clone, Copy, Debug)]
pub struct Agents {
    /// Zero: no such house.
    pub agent: Address,
    /// Zero: the agent is alone.
    pub second: Address,
    /// The settlement token's index in the registry.
    pub settlement: u8,
    /// It missed a claim on it: no new fills.
    pub in_default: bool,
    /// Rulings against the agents.
    pub lost: Lost,
    /// Of the agreed parameters: what every set is held against, without loading their hash.
    pub parameters_tag: u64,
}

/// Lots of the settlement token, and the variation that moved them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct HouseLedger {
    /// What it holds and owes, in lots.
    pub lots: House,
    /// Lots, since the house was opened; with that of all its accounts it comes to zero.
    pub cumulative_variation: i64,
}

/// Rulings against the agents in a row, each within a day of the one before, and when the last was.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lost {
    /// Rulings in a row; as many as 255.
    pub count: u32,
    /// Seconds since 1970.
    pub at: u64,
}

/// The agents as they lie; a second one has a slot of its own.
pub(super) struct AgentsWord {
    agent: Address,
    settlement: u8,
    has_second: bool,
    in_default: bool,
    lost: u32,
    lost_at: u64,
    parameters_tag: u64,
}

slot! {
    AgentsWord {
        agent: Address = 160,
        settlement: u8 = 8,
        has_second: bool = 1,
        in_default: bool = 1,
        lost: u32 = 8,
        lost_at: u64 = 34,
        parameters_tag: u64 = 40,
    }
}

/// The ledger as it lies while nothing is set aside; nothing unpaid: there are no debts.
pub(super) struct LedgerWord {
    balance: u64,
    cumulative_variation: i64,
    owed: u64,
    unpaid: u64,
}

slot! {
    LedgerWord {
        balance: u64 = 64,
        cumulative_variation: i64 = 64,
        owed: u64 = 64,
        unpaid: u64 = 64,
    }
}

/// What is set aside, and the scale of debts.
pub(super) struct Reserve {
    reserved: u64,
    epoch: u32,
}

slot! {
    Reserve {
        reserved: u64 = 64,
        epoch: u32 = 32,
    }
}

impl HouseSlots {
    /// The slots of a house's number.
    pub fn of(id: u32) -> Self {
        Self { id, row: Row::of(space::HOUSE, id) }
    }

    /// Loads the agents.
    #[inline(never)]
    pub fn agents(self) -> Agents {
        let AgentsWord { agent, settlement, has_second, in_default, lost, lost_at, parameters_tag } =
            AgentsWord::take(self.row.load(AGENTS));
        let second = if has_second { self.address(SECOND_AGENT) } else { Address::ZERO };
        Agents { agent, second, settlement, in_default, lost: Lost { count: lost, at: lost_at }, parameters_tag }
    }

    /// Stores the agents; a second one only where there is one.
    pub fn set_agents(self, agents: &Agents) {
        let Agents { agent, second, settlement, in_default, lost, parameters_tag } = *agents;
        let has_second = !second.is_zero();
        let (lost, lost_at) = (lost.count, lost.at);
        let word = AgentsWord { agent, settlement, has_second, in_default, lost, lost_at, parameters_tag };
        self.row.store(AGENTS, &word.put());
        if has_second {
            self.set_address(SECOND_AGENT, &second);
        }
    }

    /// Who holds the margin as security, and pays out of the house's balance.
    pub fn secured_party(self) -> Address {
        self.address(SECURED_PARTY)
    }

    /// Stores the secured party, when the house is opened.
    pub fn set_secured_party(self, party: &Address) {
        self.set_address(SECURED_PARTY, party);
    }

    /// Who may act on an account in default; the zero address is nobody.
    pub fn default_manager(self) -> Address {
        self.address(DEFAULT_MANAGER)
    }

    /// Stores the default manager, when the house is opened.
    pub fn set_default_manager(self, manager: &Address) {
        self.set_address(DEFAULT_MANAGER, manager);
    }

    /// The agreed parameters' hash, whole.
    pub fn parameters(self) -> B256 {
        host::load(self.row.at(PARAMETERS))
    }

    /// Stores the parameters' hash, when the house is opened.
    pub fn set_parameters(self, hash: B256) {
        host::store(self.row.at(PARAMETERS), hash);
    }

    /// Loads the ledger.
    #[inline(never)]
    pub fn ledger(self) -> HouseLedger {
        let LedgerWord { balance, cumulative_variation, owed, unpaid } = LedgerWord::take(self.row.load(LEDGER));
        let mut lots = House { balance, owed, ..House::default() };
        if unpaid != 0 {
            let Reserve { reserved, epoch } = Reserve::take(self.row.load(RESERVE));
            lots = House { reserved, epoch, unpaid, ..lots };
        }
        HouseLedger { lots, cumulative_variation }
    }

    /// Stores the ledger; its second slot only while something is set aside or left of a debt.
    #[inline(never)]
    pub fn set_ledger(self, ledger: &HouseLedger) {
        let House { balance, owed, reserved, unpaid, epoch } = ledger.lots;
        let unpaid = if ledger.lots.debts() == 0 { 0 } else { unpaid };
        let cumulative_variation = ledger.cumulative_variation;
        self.row.store(LEDGER, &LedgerWord { balance, cumulative_variation, owed, unpaid }.put());
        if unpaid != 0 || reserved != 0 {
            self.row.store(RESERVE, &Reserve { reserved, epoch }.put());
        }
    }

    fn address(self, slot: u8) -> Address {
        self.row.load(slot).take_address()
    }

    fn set_address(self, slot: u8, address: &Address) {
        self.row.store(slot, Fields::default().fit_address(address));
    }
}
