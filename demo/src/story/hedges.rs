//! Hedges beside the perpetuals: futures and options of 31 October, built up in calm and partly sold in the crash.
use super::{Market, Trade};
use crate::market::Day;
use alloy::primitives::B256;
use anyhow::Result;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const UNIT: u64 = 100_000_000;

/// Who holds what against whom, and how much of it at most, in BTC.
struct Line {
    market: Market,
    holder: usize,
    writer: usize,
    most: u64,
}

/// Desk 0, long perpetuals, wears a collar; desk 3 writes puts far below for their premium; desk 2, short
/// perpetuals, holds futures against them.
const LINES: [Line; 4] = [
    Line { market: Market::NearPut, holder: 0, writer: 2, most: 20 },
    Line { market: Market::FarPut, holder: 0, writer: 3, most: 20 },
    Line { market: Market::Call, holder: 1, writer: 0, most: 30 },
    Line { market: Market::Future, holder: 2, writer: 1, most: 20 },
];

/// Draws hedges from the seed, apart from the perpetuals' trades.
pub struct Hedger {
    random: StdRng,
    held: [u64; LINES.len()],
}

impl Hedger {
    pub fn new(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed.rotate_left(32) ^ 0x31), held: [0; LINES.len()] }
    }

    /// The trades of a minute.
    pub fn minute(&mut self, day: &Day, time: u64) -> Result<Vec<Trade>> {
        let heat = day.heat(time);
        let mut trades = Vec::new();
        for (place, line) in LINES.iter().enumerate() {
            let sells = self.random.random_ratio(if heat >= 2 { 6 } else { 2 }, 10);
            let wanted = self.random.random_range(1..=4);
            if !self.random.random_ratio(1 + heat as u32, 6) {
                continue;
            }
            let room = if sells { self.held[place] } else { line.most - self.held[place] };
            let units = wanted.min(room);
            if units > 0 {
                self.held[place] = if sells { self.held[place] - units } else { self.held[place] + units };
                trades.push(self.trade(line, sells, units, day.dated(&line.market.instrument(), time)?));
            }
        }
        Ok(trades)
    }

    fn trade(&mut self, line: &Line, sells: bool, units: u64, mark: u64) -> Trade {
        let (buyer, seller) = if sells { (line.writer, line.holder) } else { (line.holder, line.writer) };
        // Options within one percent of the mark, futures within three basis points.
        let widest = if line.market == Market::Future { 3 } else { 100 };
        let points = self.random.random_range(-widest..=widest);
        let price = mark.saturating_add_signed(mark as i64 / 10_000 * points) / 1_000_000 * 1_000_000;
        let salt = B256::from(self.random.random::<[u8; 32]>());
        Trade { market: line.market, buyer, seller, quantity: units * UNIT, price: price.max(1_000_000), salt }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::BEGIN;

    #[test]
    fn hedges_are_those_of_the_seed_and_stay_within_their_size() {
        let day = Day::load().unwrap();
        let draw = |seed| {
            let mut hedger = Hedger::new(seed);
            let minutes = (0..150).map(|minute| hedger.minute(&day, BEGIN + minute * 60).unwrap());
            minutes.flatten().collect::<Vec<_>>()
        };
        let trades = draw(7);
        assert_eq!(trades, draw(7));
        assert_ne!(trades, draw(8));
        for line in LINES {
            let of_line = trades.iter().filter(|trade| trade.market == line.market);
            let held = of_line.fold(0i64, |held, trade| {
                let change = trade.quantity as i64;
                let held = if trade.buyer == line.holder { held + change } else { held - change };
                assert!((0..=(line.most * UNIT) as i64).contains(&held));
                held
            });
            assert!(held >= 0);
        }
        assert!(trades.iter().any(|trade| trade.market == Market::Call));
    }
}
