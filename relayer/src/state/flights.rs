//! Transactions in flight, in the order of their nonces.
//!
//! A set that is in flight says what its accounts and its house will be. The next one builds on that, so that a key has several
//! in flight. What becomes of each the events say ([`crate::follow`]) and the receipts ([`crate::submit`]).
use super::fill::FillId;
use super::ledger::{Account, House, Prices};
use alloy::primitives::{Address, B256};
use chain::intent::Sent;
use risk::Book;
use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// What a transaction is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Kind {
    Settle,
    Mark,
    Expiry,
    Lapse,
}

impl Kind {
    pub const ALL: [Self; 4] = [Self::Settle, Self::Mark, Self::Expiry, Self::Lapse];

    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// As the journal and the metrics have it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Settle => "settle",
            Self::Mark => "mark",
            Self::Expiry => "expiry",
            Self::Lapse => "lapse",
        }
    }
}

/// What a statement's events are expected to say.
#[derive(Clone, Debug)]
pub struct Expected {
    pub after: Account,
    pub book: Book,
    pub paid: i64,
    pub posted: u64,
    /// Top-ups: asset and lots.
    pub moves: Vec<(u8, u64)>,
}

impl Expected {
    pub fn came_true(&self, paid: i64, posted: u64, sequence: u64) -> bool {
        (self.paid, self.posted, self.after.sequence) == (paid, posted, sequence)
    }
}

/// One signed form of a transaction: another has the same nonce and pays more.
#[derive(Clone, Debug)]
pub struct Copy {
    /// Its row in the journal.
    pub bundle: i64,
    pub tx: B256,
    pub raw: Vec<u8>,
    /// Wei for a unit of gas at most.
    pub max_fee: u128,
}

#[derive(Clone, Debug)]
pub struct Flight {
    pub kind: Kind,
    /// What its agents signed; zero for a lapse, and for one that is inherited.
    pub digest: B256,
    pub nonce: u64,
    /// The newest last; never empty.
    pub copies: Vec<Copy>,
    pub house: u32,
    pub venue: Address,
    pub prices: Arc<Prices>,
    pub accounts: BTreeMap<u64, Expected>,
    pub house_after: Option<House>,
    /// Fills that settle with it.
    pub fills: Vec<FillId>,
    /// Fills in it, settled or lapsed.
    pub count: usize,
    pub calldata: Vec<u8>,
    /// Of the calldata.
    pub bytes: usize,
    pub gas_limit: u64,
    /// Of an earlier process, or of before the chain went back: nothing is built until its fate is known.
    pub inherited: bool,
    /// A block that was absorbed has this copy.
    pub landed: Option<B256>,
    pub progress: Progress,
}

/// How far its sending is.
#[derive(Clone, Debug)]
pub struct Progress {
    /// When it was sent first, and last.
    pub first: Instant,
    pub last: Instant,
    /// What the node said to the last sending; `None` until it answers.
    pub said: Option<Sent>,
    /// When its receipt was last asked for, and the pause until it is again.
    pub looked: Instant,
    pub pause: Duration,
}

impl Progress {
    pub fn new(pause: Duration) -> Self {
        let now = Instant::now();
        Self { first: now, last: now, said: None, looked: now, pause }
    }
}

impl Flight {
    pub fn has(&self, tx: B256) -> bool {
        self.copies.iter().any(|copy| copy.tx == tx)
    }

    /// The copy that was signed last.
    pub fn newest(&self) -> &Copy {
        self.copies.last().unwrap_or_else(|| unreachable!("a flight has a copy from the start"))
    }
}

#[derive(Debug, Default)]
pub struct Flights {
    flights: VecDeque<Flight>,
    /// Something in flight is not, or may not be, as expected: nothing builds on it.
    doubted: bool,
    /// After a transaction went wrong, each is tried before it is sent, for a while.
    sober_until: Option<Instant>,
    /// Houses of which something waits until nothing is in flight.
    giving_way: BTreeSet<u32>,
}

/// How long each set waits for the one before it after one went wrong.
const SOBER: Duration = Duration::from_secs(5);

impl Flights {
    pub fn push(&mut self, flight: Flight) {
        self.flights.push_back(flight);
    }

    pub fn iter(&self) -> impl Iterator<Item = &Flight> {
        self.flights.iter()
    }

    pub fn iter_mut(&mut self) -> impl Iterator<Item = &mut Flight> {
        self.flights.iter_mut()
    }

    pub fn len(&self) -> usize {
        self.flights.len()
    }

    pub fn is_empty(&self) -> bool {
        self.flights.is_empty()
    }

    pub fn clear(&mut self) {
        *self = Self::default();
    }

    /// What is in flight may be wrong: the next set waits for all of it.
    pub fn doubt(&mut self) {
        self.doubted = !self.flights.is_empty();
    }

    /// A transaction went wrong.
    pub fn sober(&mut self) {
        self.sober_until = Some(Instant::now() + SOBER);
    }

    /// Whether a set of a house may go now: where one before it has landed, or may be built on.
    pub fn ready(&self, house: u32, most: usize) -> bool {
        if self.flights.len() >= most.max(1) || self.inherited() {
            return false;
        }
        let sober = self.sober_until.is_some_and(|until| Instant::now() < until);
        !self.of_house(house) || !(self.doubted || sober || self.giving_way.contains(&house))
    }

    /// Sets of these houses wait until nothing of theirs is in flight.
    pub fn give_way(&mut self, houses: BTreeSet<u32>) {
        self.giving_way = houses;
    }

    pub fn first(&self) -> Option<&Flight> {
        self.flights.front()
    }

    /// The nonce of the first one.
    pub fn lowest(&self) -> Option<u64> {
        self.first().map(|flight| flight.nonce)
    }

    /// The nonce of the first one that an absorbed block has.
    pub fn landed(&self) -> Option<u64> {
        self.flights.iter().find(|flight| flight.landed.is_some()).map(|flight| flight.nonce)
    }

    pub fn with(&self, tx: B256) -> Option<&Flight> {
        self.flights.iter().find(|flight| flight.has(tx))
    }

    pub fn with_mut(&mut self, tx: B256) -> Option<&mut Flight> {
        self.flights.iter_mut().find(|flight| flight.has(tx))
    }

    /// Takes one out.
    pub fn take(&mut self, nonce: u64) -> Option<Flight> {
        let place = self.flights.iter().position(|flight| flight.nonce == nonce)?;
        let taken = self.flights.remove(place);
        self.doubted &= !self.flights.is_empty();
        taken
    }

    /// Whether there are any of an earlier process.
    pub fn inherited(&self) -> bool {
        self.flights.iter().any(|flight| flight.inherited)
    }

    /// Whether the next set of a house builds on one that no block has yet.
    pub fn of_house(&self, house: u32) -> bool {
        self.up().any(|flight| flight.house == house)
    }

    /// What the agents signed of a house that no block has yet, in its order.
    pub fn digests(&self, house: u32) -> Vec<B256> {
        self.up().filter(|flight| flight.house == house).map(|flight| flight.digest).collect()
    }

    /// What the newest set with this account says of it.
    pub fn account(&self, id: u64) -> Option<&Expected> {
        self.up().rev().find_map(|flight| flight.accounts.get(&id))
    }

    pub fn house(&self, id: u32) -> Option<&House> {
        self.up().rev().filter_map(|flight| flight.house_after.as_ref()).find(|house| house.id == id)
    }

    /// Lots that bundles take from a holder's inventory.
    pub fn moved(&self, holder: Address, asset: u8) -> u64 {
        let accounts = self.up().flat_map(|flight| flight.accounts.values());
        let moves = accounts.filter(|expected| expected.after.pledgor == holder).flat_map(|expected| &expected.moves);
        moves.filter(|(index, _)| *index == asset).fold(0, |sum, (_, lots)| sum.saturating_add(*lots))
    }

    /// Those that no absorbed block has.
    fn up(&self) -> impl DoubleEndedIterator<Item = &Flight> {
        self.flights.iter().filter(|flight| flight.landed.is_none())
    }
}
