//! Trades of perpetuals between the desks, the same for the same seed: calm ones build positions, the crash unwinds them.
use alloy::primitives::B256;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

const UNIT: u64 = 100_000_000;
/// Most that a desk holds of an instrument, long or short: BTC, ETH.
const LIMITS: [i64; 2] = [40 * UNIT as i64, 800 * UNIT as i64];
/// Trades of a venue in a calm minute.
const CALM: u64 = 2;
/// More of them for each degree of heat.
const HEATED: u64 = 5;

/// What the desks trade; the options and the future settle on 31 October 2025.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Market {
    Btc,
    Eth,
    Future,
    /// At 105,000 USD.
    NearPut,
    /// At 80,000 USD.
    FarPut,
    /// At 135,000 USD.
    Call,
}

impl Market {
    /// The instrument, as venues spell it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Btc => "BTC-PERP",
            Self::Eth => "ETH-PERP",
            Self::Future => "BTC-20251031",
            Self::NearPut => "BTC-20251031-105000-P",
            Self::FarPut => "BTC-20251031-80000-P",
            Self::Call => "BTC-20251031-135000-C",
        }
    }

    pub fn instrument(self) -> risk::Instrument {
        self.name().parse().expect("a name of this list")
    }
}

/// One trade between two desks; quantity 1e-8 of the underlying, price 1e-8 USD.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Trade {
    pub market: Market,
    /// Place of a desk, 0 to 3.
    pub buyer: usize,
    /// Place of another.
    pub seller: usize,
    pub quantity: u64,
    pub price: u64,
    /// Hides the terms in their hash.
    pub salt: B256,
}

/// Draws trades from a seed and remembers what everybody holds.
pub struct Trader {
    random: StdRng,
    /// By desk: BTC, ETH.
    positions: [[i64; 2]; 4],
}

impl Trader {
    pub fn new(seed: u64) -> Self {
        Self { random: StdRng::seed_from_u64(seed), positions: [[0; 2]; 4] }
    }

    /// The trades one venue matches in a minute at prices `[BTC, ETH]`; `heat` is 0 to 4.
    pub fn minute(&mut self, heat: u64, prices: [u64; 2]) -> Vec<Trade> {
        let count = self.random.random_range(1..=CALM + 1) + heat * self.random.random_range(HEATED - 2..=HEATED);
        (0..count).filter_map(|_| self.trade(heat, prices)).collect()
    }

    fn trade(&mut self, heat: u64, prices: [u64; 2]) -> Option<Trade> {
        let at = usize::from(!self.random.random_bool(0.55));
        let market = [Market::Btc, Market::Eth][at];
        let (buyer, seller) = self.pair(heat);
        let quantity = self.quantity(at, buyer, seller)?;
        self.positions[buyer][at] += quantity as i64;
        self.positions[seller][at] -= quantity as i64;
        Some(Trade {
            market,
            buyer,
            seller,
            quantity,
            price: self.near(prices[at]),
            salt: B256::from(self.random.random::<[u8; 32]>()),
        })
    }

    /// In calm desks 0 and 3 buy from 1 and 2; in the crash mostly the other way round.
    fn pair(&mut self, heat: u64) -> (usize, usize) {
        let (long, short) = ([0, 3][self.random.random_range(0..2)], [1, 2][self.random.random_range(0..2)]);
        let buys_back = self.random.random_ratio(if heat >= 2 { 7 } else { 3 }, 10);
        if buys_back { (short, long) } else { (long, short) }
    }

    /// What both limits leave room for; nothing below a hundredth.
    fn quantity(&mut self, at: usize, buyer: usize, seller: usize) -> Option<u64> {
        let (step, most) = [(UNIT / 100, 250), (UNIT / 10, 500)][at];
        let wanted = self.random.random_range(5..=most) * step;
        let room = (LIMITS[at] - self.positions[buyer][at]).min(LIMITS[at] + self.positions[seller][at]);
        let room = u64::try_from(room).ok()? / step * step;
        Some(wanted.min(room)).filter(|quantity| *quantity > 0)
    }

    /// Within three basis points of the mark, in cents.
    fn near(&mut self, mark: u64) -> u64 {
        let points = self.random.random_range(-3..=3i64);
        let price = mark.saturating_add_signed(mark as i64 / 10_000 * points);
        price / 1_000_000 * 1_000_000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_seed_draws_the_same_trades() {
        let draw = |seed| {
            (0..20).flat_map(|_| Trader::new(seed).minute(3, [11_000_000_000_000, 400_000_000_000])).collect::<Vec<_>>()
        };
        assert_eq!(draw(7), draw(7));
        assert_ne!(draw(7), draw(8));
    }

    #[test]
    fn positions_stay_within_limits_and_sum_to_zero() {
        let mut trader = Trader::new(1);
        let trades: usize =
            (0..400).map(|minute| trader.minute(minute % 5, [11_000_000_000_000, 400_000_000_000]).len()).sum();
        assert!(trades > 2_000, "{trades}");
        for at in 0..2 {
            assert_eq!(trader.positions.iter().map(|held| held[at]).sum::<i64>(), 0);
            assert!(trader.positions.iter().all(|held| held[at].abs() <= LIMITS[at]));
        }
    }
}
