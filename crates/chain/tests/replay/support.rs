//! Two accounts of one house, one settlement token of six decimals worth a dollar, and events about them.
use abi::escrow::Agreement;
use abi::escrow::MarginEscrow::*;
use abi::escrow::{cause, source};
use abi::registry::EligibilityRegistry::{AssetListed, HaircutMoved, OutageRecorded, Valued};
use abi::slot_at;
use alloy::primitives::{Address, B256, Log, U256};
use alloy::sol_types::SolEvent;
use plumbline_chain::invariants::audit;
use plumbline_chain::token::Erc20::Transfer;
use plumbline_chain::{Recorded, events};

pub const ESCROW: Address = Address::repeat_byte(0xe5);
pub const TOKEN: Address = Address::repeat_byte(0x70);
pub const VENUE: Address = Address::repeat_byte(0xf0);
pub const DESK_A: Address = Address::repeat_byte(0xa1);
pub const HASH: B256 = B256::repeat_byte(9);
/// When all begins, and how long a cure lasts, in seconds.
pub const T: u64 = 1_760_000_000;
pub const CURE: u64 = 900;
pub const HOUSE: Address = Address::repeat_byte(0x40);

/// Events in the order they are added; [`Book::next`] starts a new transaction.
#[derive(Clone, Default)]
pub struct Book {
    events: Vec<Recorded>,
    transaction: u64,
    sequences: [u64; 3],
    cumulative: [i64; 3],
    /// The house's, as the next `HouseStated` says it.
    house_balance: i64,
    house_variation: i64,
    /// Of both accounts, whose positions move together.
    history: B256,
    settling: bool,
    /// The next set stands in the same transaction as what was added last.
    same: bool,
    /// Seconds since the beginning.
    seconds: u64,
}

impl Book {
    /// One pledgor owns both accounts, so that one inventory serves both. The house holds 1,000,000.
    pub fn open() -> Self {
        Self::capped(1_000_000_000_000)
    }

    /// Statements take so much in a day.
    pub fn capped(most: u64) -> Self {
        let mut book = Self { house_balance: 1_000_000, ..Self::default() };
        book.next().at(TOKEN, listed()).at(
            TOKEN,
            Valued {
                index: 0,
                slot: slot_at(T),
                price: 100_000_000,
                factor: 1_000_000_000,
                factorNew: 1_000_000_000,
                concentrationLimit: 1_000_000,
                priceCap: 100,
            },
        );
        book.add(HouseOpened {
            house: 1,
            securedParty: HOUSE,
            agent: VENUE,
            secondAgent: Address::ZERO,
            defaultManager: HOUSE,
            settlementToken: TOKEN,
            parametersHash: HASH,
        });
        for account in [1, 2] {
            book.add(AccountOpened {
                account,
                pledgor: DESK_A,
                house: 1,
                agreementHash: B256::with_last_byte(account as u8),
                agreement: Agreement { variationCap: most, ..agreement() },
            });
            book.add(MandateRegistered {
                account,
                venue: VENUE,
                requirementCap: 1_000_000,
                fillVariationCap: 1_000_000,
                validUntil: u64::MAX,
                nonce: account,
            });
        }
        book.next().transfer_in(1_000_000);
        book.add(HouseFunded { house: 1, from: HOUSE, amount: U256::from(1_000_000) });
        book
    }

    /// Time passes.
    pub fn wait(&mut self, seconds: u64) -> &mut Self {
        self.seconds += seconds;
        self
    }

    pub fn next(&mut self) -> &mut Self {
        self.transaction += 1;
        self
    }

    pub fn add(&mut self, event: impl SolEvent) -> &mut Self {
        self.at(ESCROW, event)
    }

    fn at(&mut self, address: Address, event: impl SolEvent) -> &mut Self {
        let log = Log { address, data: event.encode_log_data() };
        let event = events::decode_raw(&log).expect("one of ours");
        let (tx, index) = (B256::with_last_byte(self.transaction as u8), self.events.len() as u64);
        self.events.push(Recorded {
            event,
            address,
            block: self.transaction,
            block_hash: tx,
            timestamp: T + self.seconds,
            tx,
            index,
        });
        self
    }

    /// The registry records an outage.
    pub fn outage(&mut self, from: u64, until: u64) -> &mut Self {
        self.at(TOKEN, OutageRecorded { from, until, counted: until - from })
    }

    /// The registry's haircut of the token, ppm: in force, and where it moves to.
    pub fn haircut(&mut self, current: u32, target: u32) -> &mut Self {
        self.at(TOKEN, HaircutMoved { index: 0, slot: 1, previous: 0, current, target, cause: 1 })
    }

    /// The registry values the token at a price, 1e-8 USD, under a haircut.
    pub fn value(&mut self, price: u64, haircut: u32) -> &mut Self {
        let factor = price * u64::from(1_000_000 - haircut) / 100_000;
        self.at(
            TOKEN,
            Valued {
                index: 0,
                slot: T / 10,
                price,
                factor,
                factorNew: factor,
                concentrationLimit: 1_000_000,
                priceCap: 100,
            },
        )
    }

    pub fn transfer_in(&mut self, amount: u64) -> &mut Self {
        self.at(TOKEN, Transfer { from: DESK_A, to: ESCROW, amount: U256::from(amount) })
    }

    pub fn transfer_out(&mut self, amount: u64) -> &mut Self {
        self.at(TOKEN, Transfer { from: ESCROW, to: DESK_A, amount: U256::from(amount) })
    }

    pub fn deposit(&mut self, holder: Address, amount: u64) -> &mut Self {
        self.next().transfer_in(amount);
        self.add(Deposited { holder, token: TOKEN, amount: U256::from(amount) })
    }

    pub fn pledge_from_stock(&mut self, account: u64, amount: u64) -> &mut Self {
        let amount = U256::from(amount);
        self.next().add(Pledged {
            account,
            token: TOKEN,
            from: DESK_A,
            amount,
            source: source::INVENTORY,
            stressedLots: 0,
        })
    }

    /// A bundle of one fill with sequence 7: `(account, change, paid)` each.
    pub fn settle(&mut self, changes: &[(u64, i64, i64)], requirement: u64) {
        self.history = HASH;
        self.settling = true;
        self.next().add(FillsSettled { venue: VENUE, firstSequence: 7, batchHash: HASH, taken: U256::from(1) });
        self.statements(changes, requirement);
        self.settling = false;
    }

    pub fn mark(&mut self, changes: &[(u64, i64, i64)], requirement: u64) {
        if !std::mem::take(&mut self.same) {
            self.next();
        }
        self.statements(changes, requirement);
    }

    /// The set that follows stands in the same transaction.
    pub fn same(&mut self) -> &mut Self {
        self.same = true;
        self
    }

    /// Money comes to the house.
    pub fn fund(&mut self, amount: u64) -> &mut Self {
        self.house_balance += amount as i64;
        self.next().transfer_in(amount);
        self.add(HouseFunded { house: 1, from: HOUSE, amount: U256::from(amount) })
    }

    /// The house pays an account what it owes it; `owed` is left.
    pub fn pay(&mut self, account: u64, amount: u64, owed: u64) -> &mut Self {
        self.house_balance -= amount as i64;
        self.next().add(HouseClaimPaid { house: 1, account, amount, owed })
    }

    /// The house takes the other side.
    pub fn against_house(&mut self, changes: &[(u64, i64, i64)], requirement: u64) -> &mut Self {
        self.house_variation -= changes.iter().map(|(_, change, _)| change).sum::<i64>();
        self.mark(changes, requirement);
        self
    }

    /// Account 1 is stated with this requirement, and nothing else.
    pub fn require(&mut self, requirement: u64) -> &mut Self {
        self.mark(&[(1, 0, 0)], requirement);
        self
    }

    /// A demand on account 1 for margin, with a full cure.
    pub fn demand(&mut self, tranche: u8, amount: u64) -> &mut Self {
        let deadline = self.now() + CURE;
        self.add(demand(tranche, amount, deadline))
    }

    /// What is left of the demands on account 1.
    pub fn reduced(&mut self, first: u64, second: u64) -> &mut Self {
        self.add(DemandsReduced { account: 1, number: 1, first, second })
    }

    /// Account 1 is in default, stated with this requirement a moment ago.
    pub fn fail(&mut self, requirement: u64, posted: u64) -> &mut Self {
        self.next().add(defaulted(1, requirement, posted))
    }

    pub fn now(&self) -> u64 {
        T + self.seconds
    }

    fn statements(&mut self, changes: &[(u64, i64, i64)], requirement: u64) {
        for (account, change, paid) in changes {
            let at = *account as usize;
            self.sequences[at] += 1;
            self.cumulative[at] += change;
            self.house_balance -= paid;
            let posted = self.posted(*account, requirement);
            let event = statement(*account, self.sequences[at], requirement, self.cumulative[at], *paid, posted);
            let (history, root) = (self.history, if self.settling { HASH } else { B256::ZERO });
            let now = T + self.seconds;
            self.add(MarginStated { root, history, slot: slot_at(now), asOf: now, ..event });
        }
        let balance = self.house_balance as u64;
        let stated = HouseStated { house: 1, cumulativeVariation: self.house_variation, balance };
        self.add(stated);
    }

    /// What the replay holds before this statement, at a dollar a lot, capped by the requirement.
    fn posted(&self, account: u64, requirement: u64) -> u64 {
        let ledger = audit(ESCROW, &self.events).ledger;
        ledger.accounts[&account].holdings.get(&0).map_or(0, |held| held.lots).min(requirement)
    }

    pub fn events(&self) -> Vec<Recorded> {
        self.events.clone()
    }
}

pub fn demand(tranche: u8, amount: u64, deadline: u64) -> ClaimIssued {
    ClaimIssued { account: 1, number: 1, tranche, cause: cause::INITIAL, amount, owed: 0, deadline }
}

pub fn defaulted(number: u16, requirement: u64, posted: u64) -> AccountDefaulted {
    AccountDefaulted { account: 1, number, slot: slot_at(T), requirement, required: requirement, posted, owed: 0 }
}

pub fn statement(
    account: u64,
    sequence: u64,
    requirement: u64,
    variation: i64,
    paid: i64,
    posted: u64,
) -> MarginStated {
    MarginStated {
        account,
        sequence,
        root: B256::ZERO,
        history: B256::ZERO,
        requirement,
        cumulativeVariation: variation,
        fillVariation: 0,
        paid,
        posted,
        slot: slot_at(T),
        asOf: T,
    }
}

pub fn breaches(book: &Book) -> Vec<String> {
    audit(ESCROW, &book.events()).breaches.iter().map(ToString::to_string).collect()
}

/// The one finding, which must be of this invariant.
pub fn only_breach(book: &Book, invariant: u8) -> String {
    let found = breaches(book);
    assert_eq!(found.len(), 1, "{found:#?}");
    assert!(found[0].starts_with(&format!("invariant {invariant} is broken in block")), "{}", found[0]);
    found[0].clone()
}

/// One finding of this invariant that says so.
pub fn breach(book: &Book, invariant: u8, what: &str) {
    let found = only_breach(book, invariant);
    assert!(found.contains(what), "{found}");
}

/// No finding.
pub fn holds(book: &Book) {
    let found = breaches(book);
    assert!(found.is_empty(), "{found:#?}");
}

fn listed() -> AssetListed {
    AssetListed {
        index: 0,
        token: TOKEN,
        class: 1,
        decimals: 6,
        feed: HASH,
        baseHaircut: 0,
        floor: 0,
        cap: 0,
        deviationSlope: 0,
        dispersionSlope: 0,
        confidenceSlope: 0,
        concentrationLimit: 1_000_000,
        priceCap: 100,
    }
}

fn agreement() -> Agreement {
    Agreement {
        pledgor: DESK_A,
        securedParty: HOUSE,
        agent: VENUE,
        secondAgent: Address::ZERO,
        defaultManager: HOUSE,
        settlementToken: TOKEN,
        parametersHash: HASH,
        threshold: 0,
        independentAmount: 0,
        minimumTransferAmount: 0,
        variationCap: 1_000_000_000_000,
        resolutionTime: CURE as u32,
        lateInterest: 100_000,
        eligibleAssets: 1,
        documentHash: HASH,
        validUntil: u64::MAX,
    }
}
