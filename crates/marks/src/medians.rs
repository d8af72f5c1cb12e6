//! The kernel's marks from the oracle's medians.
use crate::market::{ListedExpiry, Market, NotListed, forward_feed, rate_feed, vol_feed};
use crate::prices::{Prices, Spot, feed_name};
use alloy::primitives::B256;
use risk::{Instrument, Kind, Mark, Marks, Ppm, Price, Rate, RiskError, Smile, Underlying, Vol, VolMark};

/// 1e-8, as feeds count, in 1e-12.
const FINER: u64 = 10_000;
/// A rate feed's price at no interest.
const ONE: i64 = 100_000_000;

/// Why prices make no marks.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum MarksError {
    #[error(transparent)]
    NotListed(#[from] NotListed),
    #[error(
        "feed {feed} has no price in slot {slot} or the {} before it: have the reporters post it",
        abi::escrow::FRESH_SLOTS
    )]
    NoPrice { slot: u64, feed: String },
    #[error(transparent)]
    Mark(#[from] risk::MarkError),
    #[error(transparent)]
    Risk(#[from] RiskError),
}

impl Prices {
    /// Marks of `instruments`; `settlement` is the feed of the settlement token.
    ///
    /// # Errors
    /// [`MarksError`]: an instrument that is not listed, a feed without a price, or a price that is no mark.
    pub fn marks(
        &self,
        markets: &[Market],
        settlement: B256,
        instruments: impl IntoIterator<Item = Instrument>,
    ) -> Result<Marks, MarksError> {
        let as_of = self.slot.saturating_mul(abi::SLOT_SECONDS);
        let mut marks = Marks::new(as_of, Price::from_raw(self.feed(settlement)?.price))?;
        for instrument in instruments {
            let market = markets.iter().find(|market| market.underlying == instrument.underlying);
            let market = market.ok_or(NotListed::Underlying(instrument))?;
            let spot = mark(self.feed(market.feed)?)?;
            marks.set_spot(instrument.underlying, spot);
            match market.listed(&instrument)? {
                None => marks.set_mark(instrument, spot),
                Some(listed) => self.mark_dated(&mut marks, market, listed, instrument)?,
            }
        }
        Ok(marks)
    }

    fn mark_dated(
        &self,
        marks: &mut Marks,
        market: &Market,
        listed: &ListedExpiry,
        instrument: Instrument,
    ) -> Result<(), MarksError> {
        let (underlying, expiry) = (market.underlying, listed.expiry);
        let forward = mark(self.feed(forward_feed(underlying, expiry))?)?;
        marks.set_mark(Instrument::future(underlying, expiry), forward);
        let growth = self.feed(rate_feed(underlying, expiry))?.price;
        let rate = i64::try_from(growth).ok().and_then(|growth| growth.checked_sub(ONE)?.checked_mul(FINER as i64));
        let rate = rate.ok_or(RiskError::Overflow { what: "rate" })?;
        marks.set_rate(underlying, expiry, Rate::from_raw(rate));
        if let Kind::Option { strike, .. } = instrument.kind {
            let vol = self.smile(underlying, listed)?.at(strike)?;
            marks.set_vol(instrument, vol.ok_or(NotListed::Volatilities { instrument, expiry })?);
        }
        Ok(())
    }

    fn smile(&self, underlying: Underlying, listed: &ListedExpiry) -> Result<Smile, MarksError> {
        let nodes = listed.strikes.iter().map(|strike| {
            let quote = self.feed(vol_feed(underlying, listed.expiry, *strike))?;
            let vol = quote.price.checked_mul(FINER).ok_or(RiskError::Overflow { what: "volatility" })?;
            Ok::<_, MarksError>((*strike, VolMark::new(Vol::from_raw(vol), confidence(quote))?))
        });
        Ok(Smile::new(nodes.collect::<Result<Vec<_>, _>>()?))
    }

    fn feed(&self, feed: B256) -> Result<Spot, MarksError> {
        let price = self.feeds.get(&feed).copied();
        price.ok_or_else(|| MarksError::NoPrice { slot: self.slot, feed: feed_name(feed) })
    }
}

fn mark(quote: Spot) -> Result<Mark, risk::MarkError> {
    Mark::new(Price::from_raw(quote.price), confidence(quote))
}

fn confidence(quote: Spot) -> Ppm {
    Ppm::from_raw(i64::from(quote.confidence))
}
