//! All marks of a slot, and the root that reporters sign: what a dispute is decided with.
use crate::{Market, MarksError, Prices};
use abi::merkle;
use abi::packed::mark_leaves;
use alloy::primitives::B256;
use risk::{Book, Instrument, Marks, Parameters, Quantity};

/// All marks of a slot, as the oracle's marks root commits to them.
#[derive(Clone, Debug)]
pub struct MarkSet {
    /// Slot that they are of.
    pub slot: u64,
    /// Whatever has a mark, one of each.
    pub listed: Book,
    /// What the instruments are priced at.
    pub marks: Marks,
}

impl MarkSet {
    /// Of all instruments of the markets whose feeds have a price and that have not expired; `settlement` is the feed of the
    /// settlement token.
    ///
    /// # Errors
    /// Where the settlement token has no price.
    pub fn of(markets: &[Market], prices: &Prices, settlement: B256) -> Result<Self, MarksError> {
        let as_of = prices.slot.saturating_mul(abi::SLOT_SECONDS);
        let lives = |held: &Instrument| held.kind.expiry().is_none_or(|expiry| expiry.unix() > as_of);
        let priced = |held: &Instrument| prices.marks(markets, settlement, [*held]).is_ok();
        let all = markets.iter().flat_map(Market::instruments);
        let held: Vec<Instrument> = all.filter(lives).filter(priced).collect();
        let marks = prices.marks(markets, settlement, held.iter().copied())?;
        let mut listed = Book::new();
        for instrument in &held {
            listed.apply(instrument, Quantity::from_raw(1))?;
        }
        Ok(Self { slot: prices.slot, listed, marks })
    }

    /// Root of the tree over the marks; parameters are no part of it.
    ///
    /// # Errors
    /// Where a mark is missing, which [`MarkSet::of`] does not leave.
    pub fn root(&self) -> Result<B256, MarksError> {
        let portfolio = chain::reveal::pack(&self.listed, &self.marks, &Parameters::default())?;
        Ok(merkle::root(&mark_leaves(&portfolio)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::market::{ListedExpiry, forward_feed, rate_feed, vol_feed};
    use crate::prices::Spot;
    use risk::{Price, Underlying};

    const ONE: u64 = 100_000_000;

    /// BTC with an expiry of two quoted strikes and one between them, at prices of `slot`.
    fn market(slot: u64) -> (Vec<Market>, Prices, B256) {
        let (expiry, strike) = ("20251031".parse().unwrap(), |usd: u64| Price::from_raw(usd * ONE));
        let (strikes, listed) = (vec![strike(80_000), strike(135_000)], vec![strike(95_000)]);
        let mut markets =
            vec![Market::spot_only(Underlying::BTC, "BTC-USD"), Market::spot_only(Underlying::ETH, "ETH-USD")];
        markets[0].expiries.push(ListedExpiry { expiry, strikes: strikes.clone(), listed });
        let (btc, usdc) = (Underlying::BTC, B256::right_padding_from(b"USDC-USD"));
        let vols = strikes.iter().map(|strike| (vol_feed(btc, expiry, *strike), ONE / 2));
        let prices = [
            (usdc, ONE),
            (markets[0].feed, 110_000 * ONE),
            (forward_feed(btc, expiry), 110_500 * ONE),
            (rate_feed(btc, expiry), ONE),
        ];
        let spot = |price| Spot { price, confidence: 1_000_000 };
        let feeds = prices.into_iter().chain(vols).map(|(feed, price)| (feed, spot(price))).collect();
        (markets, Prices { slot, feeds }, usdc)
    }

    #[test]
    fn a_set_lists_what_has_a_price() {
        let (markets, prices, usdc) = market(176_008_680);
        let set = MarkSet::of(&markets, &prices, usdc).unwrap();
        let names: Vec<String> = set.listed.positions().map(|held| held.instrument.to_string()).collect();
        assert_eq!(names.len(), 8, "a perpetual, a future, six options and nothing on ETH: {names:?}");
        assert!(names.contains(&"BTC-20251031-95000-P".to_owned()));
    }

    #[test]
    fn what_has_expired_is_in_no_set() {
        let (markets, prices, usdc) = market(176_200_000);
        let set = MarkSet::of(&markets, &prices, usdc).unwrap();
        assert_eq!(set.listed.positions().count(), 1);
    }

    #[test]
    fn the_root_is_that_of_the_marks() {
        let (markets, mut prices, usdc) = market(176_008_680);
        let root = |prices: &Prices| MarkSet::of(&markets, prices, usdc).unwrap().root().unwrap();
        let before = root(&prices);
        assert_eq!(root(&prices), before);
        prices.feeds.get_mut(&markets[0].feed).unwrap().price += 1;
        assert_ne!(root(&prices), before);
    }
}
