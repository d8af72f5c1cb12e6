//! Books at random, and books of so many options.
use rand::{Rng, rngs::StdRng};
use risk::parameters::Offset;
use risk::{
    Book, Expiry, Instrument, Kind, Mark, Marks, Parameters, Ppm, Price, Quantity, Rate, Right, Scenario, Underlying,
    Vol, VolMark, Volatility,
};

/// 2025-10-10 20:45 UTC.
const AS_OF: u64 = 1_760_129_100;
const EXPIRIES: u64 = 8;
/// 1e-8 USD.
const DOLLAR: u64 = 100_000_000;

/// Positions of any kind on BTC and ETH, bought and sold at any price, at marks around their spots, mostly certain.
pub fn random(rng: &mut StdRng) -> (Book, Marks) {
    let as_of = if rng.random_bool(0.2) { day_at(1) - rng.random_range(0..2_000) } else { AS_OF };
    let settlement = Price::from_raw(rng.random_range(90_000_000..=101_000_000));
    let (mut book, mut marks) = (Book::new(), Marks::new(as_of, settlement).expect("a price"));
    for (underlying, spot) in [(Underlying::BTC, 110_000), (Underlying::ETH, 4_000)] {
        let spot = spot * DOLLAR + rng.random_range(0..DOLLAR);
        marks.set_spot(underlying, mark(rng, spot));
        for _ in 0..rng.random_range(0..14) {
            let instrument = instrument(rng, underlying, spot);
            quote(rng, &mut marks, instrument, spot);
            let quantity = Quantity::from_raw(rng.random_range(-2_000_000_000..=2_000_000_000));
            let price = Price::from_raw(rng.random_range(0..2 * spot));
            book.trade(&instrument, quantity, price).expect("a small quantity");
        }
    }
    (book, marks)
}

/// The reference set, or one with other scenarios and factors.
pub fn random_parameters(rng: &mut StdRng) -> Parameters {
    let mut set = Parameters::default();
    if rng.random_bool(0.5) {
        return set;
    }
    let volatility =
        |rng: &mut StdRng| [Volatility::Up, Volatility::Unchanged, Volatility::Down][rng.random_range(0..3)];
    let mut scenario = || Scenario {
        spot: ratio(rng, -1_000_000, 6_000_000),
        volatility: volatility(rng),
        damping: ratio(rng, 1, 1_000_000),
    };
    set.scenarios = (0..12).map(|_| scenario()).chain(set.scenarios.split_off(31)).collect();
    (set.volatility.up, set.volatility.down) = (ratio(rng, 0, 2_000_000), ratio(rng, 0, 2_000_000));
    (set.skew.linear.base, set.skew.absolute.slope) = (ratio(rng, 0, 1_000_000), ratio(rng, -500_000, 500_000));
    (set.discount.mult_long, set.discount.mult_short) = (ratio(rng, 0, 1_000_000), ratio(rng, 0, 1_000_000));
    set.offset = Offset { share: ratio(rng, 0, 1_000_000), underlyings: vec![Underlying::BTC, Underlying::ETH] };
    set
}

/// `count` options on BTC over eight expiries, calls and puts, long and short, strikes around the forward.
pub fn options(count: u64) -> (Book, Marks) {
    options_at(count, AS_OF)
}

/// The same at another moment.
pub fn options_at(count: u64, as_of: u64) -> (Book, Marks) {
    let spot = Mark::new(Price::from_raw(110_000 * DOLLAR), Ppm::ONE).expect("a price");
    let (mut book, mut marks) = (Book::new(), Marks::new(as_of, Price::from_raw(DOLLAR)).expect("a price"));
    marks.set_spot(Underlying::BTC, spot);
    for index in 0..count {
        let (expiry, place) = (expiry(14 * (index % EXPIRIES + 1)), index / EXPIRIES);
        marks.set_mark(Instrument::future(Underlying::BTC, expiry), spot);
        marks.set_rate(Underlying::BTC, expiry, Rate::from_raw(50_000_000_000));
        let right = if place % 2 == 0 { Right::Call } else { Right::Put };
        let option = option(Underlying::BTC, expiry, (80 + 5 * place) * 1_100 * DOLLAR, right);
        let volatility = Vol::from_raw(400_000_000_000 + index * 1_234_567_891);
        marks.set_vol(option, VolMark::new(volatility, Ppm::ONE).expect("a volatility"));
        let quantity = Quantity::from_raw(100_000_000 * (index as i64 % 5 - 2) + 12_345_678);
        book.apply(&option, quantity).expect("a small quantity");
    }
    (book, marks)
}

fn instrument(rng: &mut StdRng, underlying: Underlying, spot: u64) -> Instrument {
    let expiry = expiry([1, 7, 30, 77, 500][rng.random_range(0..5)]);
    match rng.random_range(0..6) {
        0 => Instrument::perpetual(underlying),
        1 => Instrument::future(underlying, expiry),
        _ => {
            let strike = spot / 100 * [20, 70, 90, 100, 110, 150, 500][rng.random_range(0..7)];
            let right = if rng.random_bool(0.5) { Right::Call } else { Right::Put };
            option(underlying, expiry, strike / DOLLAR * DOLLAR, right)
        }
    }
}

fn quote(rng: &mut StdRng, marks: &mut Marks, instrument: Instrument, spot: u64) {
    let around = spot / 100 * rng.random_range(95..106);
    if let Some(expiry) = instrument.kind.expiry() {
        marks.set_mark(Instrument::future(instrument.underlying, expiry), mark(rng, around));
        let rate = Rate::from_raw(rng.random_range(-50_000_000_000..=250_000_000_000));
        marks.set_rate(instrument.underlying, expiry, rate);
    } else {
        marks.set_mark(instrument, mark(rng, around));
    }
    if let Kind::Option { .. } = instrument.kind {
        let volatility = Vol::from_raw(rng.random_range(50_000_000_000..=4_000_000_000_000));
        marks.set_vol(instrument, VolMark::new(volatility, confidence(rng)).expect("a volatility"));
    }
}

fn mark(rng: &mut StdRng, price: u64) -> Mark {
    Mark::new(Price::from_raw(price), confidence(rng)).expect("a price")
}

fn confidence(rng: &mut StdRng) -> Ppm {
    if rng.random_bool(0.9) { Ppm::ONE } else { ratio(rng, 0, 1_000_000) }
}

fn ratio(rng: &mut StdRng, least: i64, most: i64) -> Ppm {
    Ppm::from_raw(rng.random_range(least..=most))
}

fn option(underlying: Underlying, expiry: Expiry, strike: u64, right: Right) -> Instrument {
    Instrument::option(underlying, expiry, Price::from_raw(strike), right).expect("a short name")
}

fn expiry(days: u64) -> Expiry {
    Expiry::from_day(AS_OF / 86_400 + days).expect("a day")
}

fn day_at(days: u64) -> u64 {
    expiry(days).unix()
}
