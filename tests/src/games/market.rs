//! What things are worth: the path of BTC with the marks of each slot, and the prices of the tokens.
use crate::disputes::KEY;
use crate::examiner::reveal;
use crate::verifier::{figures, pack};
use crate::world::START;
use abi::packed::{Examination, mark_leaves};
use abi::{SLOT_SECONDS, merkle};
use alloy::primitives::B256;
use rand::{Rng, rngs::StdRng};
use risk::{
    Book, Expiry, Instrument, Mark, Marks, Parameters, Ppm, Price, Quantity, Right, Underlying, Vol, VolMark,
    variation_level,
};
use std::collections::BTreeMap;

/// 1e-8 USD.
pub const DOLLAR: u64 = 100_000_000;
/// The expiry of everything that expires, beyond the end of any game.
const DAYS: u64 = 300;

/// What the kernel makes of a book, micro-USD.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Figures {
    pub requirement: u64,
    pub level: i64,
}

impl Figures {
    /// For the account.
    pub fn is_worse_than(&self, other: &Self) -> bool {
        self.requirement > other.requirement || self.level < other.level
    }
}

/// BTC in whole USD, slot by slot: what was asked for once stays.
pub struct Market {
    now: u64,
    path: BTreeMap<u64, u64>,
}

/// The marks of a slot.
pub struct Moment(Marks);

impl Market {
    pub fn new() -> Self {
        Self { now: 110_000, path: BTreeMap::new() }
    }

    pub fn at(&mut self, slot: u64) -> Moment {
        let dollars = *self.path.entry(slot).or_insert(self.now);
        Moment(marks(slot, dollars))
    }

    /// Time passes.
    pub fn walk(&mut self, seconds: u64, rng: &mut StdRng) {
        self.jump(1 + seconds.isqrt().min(100), rng)
    }

    /// By so many ten-thousandths at most.
    pub fn jump(&mut self, most: u64, rng: &mut StdRng) {
        let ten_thousandths = rng.random_range(10_000 - most..=10_000 + most);
        self.now = (self.now * ten_thousandths / 10_000).clamp(60_000, 200_000);
    }
}

impl Moment {
    pub fn price(&self, instrument: &Instrument) -> Price {
        self.0.price(instrument).expect("it is listed")
    }

    pub fn figures(&self, book: &Book) -> Figures {
        if book.is_flat() {
            let level = variation_level(book, &self.0).expect("cash alone").raw();
            return Figures { requirement: 0, level };
        }
        let (requirement, _, level) = figures(book, &self.0, &Parameters::default());
        Figures { requirement, level }
    }

    pub fn root(&self) -> B256 {
        merkle::root(&mark_leaves(&pack(&listed(), &self.0, &Parameters::default())))
    }

    pub fn reveal(&self, book: &Book) -> Examination {
        reveal(book, &listed(), &self.0, &Parameters::default(), KEY)
    }
}

/// Everything that is traded.
pub fn instruments() -> [Instrument; 4] {
    let option = |strike: u64, right| {
        Instrument::option(Underlying::BTC, expiry(), Price::from_raw(strike * DOLLAR), right).expect("a strike")
    };
    [
        Instrument::perpetual(Underlying::BTC),
        Instrument::future(Underlying::BTC, expiry()),
        option(100_000, Right::Put),
        option(120_000, Right::Call),
    ]
}

fn expiry() -> Expiry {
    Expiry::from_day(START / 86_400 + DAYS).expect("a day")
}

fn listed() -> Book {
    let mut book = Book::new();
    for instrument in instruments() {
        book.apply(&instrument, Quantity::from_raw(1)).expect("a small quantity");
    }
    book
}

fn marks(slot: u64, dollars: u64) -> Marks {
    let at = |price: u64| Mark::new(Price::from_raw(price * DOLLAR), Ppm::ONE).expect("a price");
    let mut marks = Marks::new(slot * SLOT_SECONDS, Price::from_raw(DOLLAR)).expect("a price");
    let [perpetual, future, put, call] = instruments();
    marks.set_spot(Underlying::BTC, at(dollars));
    marks.set_mark(perpetual, at(dollars + 11));
    marks.set_mark(future, at(dollars + dollars / 100));
    for option in [put, call] {
        marks.set_vol(option, VolMark::new(Vol::from_raw(450_000_000_000), Ppm::ONE).expect("a volatility"));
    }
    marks
}
