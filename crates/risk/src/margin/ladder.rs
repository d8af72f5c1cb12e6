//! One option's value at every point of the model: all the pricing there is.
use super::model::{Model, Point};
use super::smile::Smile;
use crate::error::OrOverflow;
use crate::instrument::Right;
use crate::maths::{Discount, Interest, fixed};
use crate::pricing::{Shock, Strike, call};
use crate::{Price, Rate, RiskError, Vol};
use alloc::vec::Vec;

/// Before expiry the settlement price forms over this long, in seconds; the formed part no longer moves.
pub(super) const SETTLEMENT_WINDOW: u64 = 1_800;

/// Undiscounted, as shares of the forward in 2^-40; each off by at most `error`·[`Point::scale`].
#[derive(Debug, Clone, Default)]
pub(crate) struct Ladder {
    /// One for each point of the model.
    pub shares: Vec<i64>,
    /// In 2^-40 too.
    pub error: i64,
    /// The option's mark.
    pub price: Price,
}

/// Prices the options of one expiry.
#[derive(Debug, Clone)]
pub(crate) struct Pricer<'m> {
    model: &'m Model<'m>,
    /// Unmoved.
    pub forward: Price,
    /// To the expiry.
    pub discount: Discount,
    smile: Smile,
    /// The points' shocks where part of the forward is settled.
    settling: Option<Vec<Shock>>,
}

impl<'m> Pricer<'m> {
    /// For the expiry so many seconds ahead.
    pub fn new(model: &'m Model<'m>, forward: Price, rate: Rate, seconds: u64) -> Result<Self, RiskError> {
        let discount = Interest::new(rate, seconds).and_then(Discount::new).or_overflow("rate")?;
        let smile = Smile::new(model.parameters, seconds)?;
        let settling = (seconds < SETTLEMENT_WINDOW).then(|| settling(&model.points, seconds));
        Ok(Self { model, forward, discount, smile, settling })
    }

    /// Fills `ladder` with one option's values.
    pub fn price(&self, strike: Price, right: Right, volatility: Vol, ladder: &mut Ladder) -> Result<(), RiskError> {
        let strike = Strike::new(strike, self.forward).or_overflow("strike over forward")?;
        ladder.shares.clear();
        ladder.shares.reserve(self.model.points.len());
        let mut settling = self.settling.as_deref().unwrap_or_default();
        for run in self.model.points.chunk_by(|one, next| one.volatility == next.volatility) {
            let Some(first) = run.first() else { continue };
            let spread = self.smile.spread(&strike, volatility, first.volatility);
            let shares = |shock: &Shock| strike.worth(call(&strike, shock, &spread), shock.factor, right);
            match settling.split_at_checked(run.len()) {
                Some((shocks, rest)) => {
                    ladder.shares.extend(shocks.iter().map(shares));
                    settling = rest;
                }
                None => ladder.shares.extend(run.iter().map(|point| shares(&point.shock))),
            }
        }
        ladder.error = strike.error();
        let unmoved = ladder.shares.get(self.model.unmoved).copied().unwrap_or_default();
        ladder.price = self.discount.price(unmoved, self.forward).or_overflow("option price")?;
        Ok(())
    }
}

/// The shocks of a forward of which `seconds` of the window are live: 1 + s·live.
fn settling(points: &[Point], seconds: u64) -> Vec<Shock> {
    let live = |shock: Shock| {
        let moved = i128::from(shock.factor.saturating_sub(fixed::ONE)).saturating_mul(i128::from(seconds));
        let moved = moved.div_euclid(i128::from(SETTLEMENT_WINDOW));
        Shock::by(fixed::ONE.saturating_add(i64::try_from(moved).unwrap_or(i64::MIN)))
    };
    points.iter().map(|point| live(point.shock)).collect()
}
