//! How a haircut follows the oracle. Pure.
use crate::{
    clock::{LOOSEN, TIGHTEN},
    factor::PAR,
};
use abi::{PPM, registry::status};
use core::cmp::Ordering;

/// The published rule of an asset: haircut in calm, bounds, and slopes in ppm per 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Curve {
    pub base: u32,
    pub floor: u32,
    pub cap: u32,
    pub deviation: u32,
    pub dispersion: u32,
    pub confidence: u32,
}

/// What the oracle says of one slot: price in 1e-8 USD, the rest in ppm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    pub price: u64,
    pub dispersion: u32,
    pub confidence: u32,
}

impl Curve {
    /// What one reading calls for; each term is rounded up.
    pub fn signal_up(&self, reading: Reading) -> u32 {
        let deviation = share_up(self.deviation, PAR.saturating_sub(reading.price), PAR);
        let dispersion = share_up(self.dispersion, reading.dispersion.into(), PPM.into());
        let doubt = share_up(self.confidence, PPM.saturating_sub(reading.confidence).into(), PPM.into());
        let sum = u64::from(self.base).saturating_add(deviation).saturating_add(dispersion).saturating_add(doubt);
        u32::try_from(sum).unwrap_or(u32::MAX).max(self.floor).min(self.cap)
    }
}

/// slope·part/whole.
fn share_up(slope: u32, part: u64, whole: u64) -> u64 {
    u64::from(slope).saturating_mul(part).div_ceil(whole)
}

/// A haircut and where it is heading.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Haircut {
    /// In force for collateral already pledged.
    pub current: u32,
    /// Where the last two slots let it go; `current` where nothing is pending.
    pub target: u32,
    /// What the last slot alone calls for.
    pub signal: u32,
    /// Earned by the clock of the pending movement, not yet a whole ppm.
    pub fraction: u32,
    pub slot: u64,
    pub moved_at: u64,
    /// The guardian's floor under the target.
    pub tightened: u32,
    pub status: u8,
    /// When a wind-down takes effect.
    pub counts_until: u64,
}

impl Haircut {
    /// Before the first reading.
    pub fn resting(base: u32) -> Self {
        Self { current: base, target: base, signal: base, ..Self::default() }
    }

    /// For new pledges, which take a confirmed tightening at once.
    pub fn for_new(&self) -> u32 {
        self.current.max(self.target)
    }

    /// Takes no new pledges.
    pub fn is_suspended(&self) -> bool {
        self.status != status::ACTIVE
    }

    /// Counts for nothing any more.
    pub fn is_wound_down(&self, now: u64) -> bool {
        self.status == status::WINDING_DOWN && now >= self.counts_until
    }

    /// After the reading of a later slot. Time counts from the previous reading and no further back: rest earns no credit.
    pub fn after(&self, curve: &Curve, reading: Reading, slot: u64, now: u64) -> Self {
        let signal = curve.signal_up(reading);
        let target = self.aim(signal, signal.max(curve.base)).max(self.tightened.min(curve.cap));
        let (current, fraction) = self.step(target, now.saturating_sub(self.moved_at));
        Self { current, target, signal, fraction, slot, moved_at: now, ..*self }
    }

    /// Tightening needs two slots: the lower of their signals. Loosening follows the last one.
    fn aim(&self, signal: u32, loosened: u32) -> u32 {
        let confirmed = signal.min(self.signal);
        if confirmed > self.current { confirmed } else { loosened.min(self.current) }
    }

    /// Towards the target by what the clock allows, and the fraction that waits for the next step in the same direction.
    fn step(&self, target: u32, elapsed: u64) -> (u32, u32) {
        let direction = target.cmp(&self.current);
        let waiting = if self.target.cmp(&self.current) == direction { self.fraction } else { 0 };
        let (clock, distance) = match direction {
            Ordering::Equal => return (target, 0),
            Ordering::Greater => (TIGHTEN, target.saturating_sub(self.current)),
            Ordering::Less => (LOOSEN, self.current.saturating_sub(target)),
        };
        let earned = clock.earn_down(elapsed, waiting);
        match direction {
            _ if earned.ppm >= distance => (target, 0),
            Ordering::Greater => (self.current.saturating_add(earned.ppm), earned.fraction),
            _ => (self.current.saturating_sub(earned.ppm), earned.fraction),
        }
    }
}

#[cfg(test)]
#[path = "haircut_tests.rs"]
mod tests;
