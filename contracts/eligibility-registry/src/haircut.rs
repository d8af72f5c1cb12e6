//! How a haircut follows the oracle. Pure.
use crate::{
    clock::{LOOSEN, TIGHTEN},
    factor::PAR,
};
use abi::{PPM, SLOT_SECONDS, registry::status};
use core::cmp::Ordering;

/// The published rule of an asset: haircut in calm, bounds, and slopes in ppm per 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Curve {
    /// ppm in calm.
    pub base: u32,
    /// ppm at least.
    pub floor: u32,
    /// ppm at most.
    pub cap: u32,
    /// Per 1 of deviation from par.
    pub deviation: u32,
    /// Per 1 of dispersion of the sources.
    pub dispersion: u32,
    /// Per 1 that confidence lacks.
    pub confidence: u32,
}

/// What the oracle says of one slot: price in 1e-8 USD, the rest in ppm.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Number of the oracle slot.
    pub slot: u64,
    /// 1e-8 USD.
    pub price: u64,
    /// Of the sources around their median.
    pub dispersion: u32,
    /// Median of those that count.
    pub confidence: u32,
}

impl Curve {
    /// Whether any term is lower than the other's.
    pub fn is_below(&self, other: &Self) -> bool {
        self.base < other.base
            || self.floor < other.floor
            || self.cap < other.cap
            || self.deviation < other.deviation
            || self.dispersion < other.dispersion
            || self.confidence < other.confidence
    }

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
    /// Where the last two rounds let it go; `current` where nothing is pending.
    pub target: u32,
    /// What the last round alone calls for.
    pub signal: u32,
    /// Earned by the clock of the pending movement, not yet a whole ppm.
    pub fraction: u32,
    /// Of the round that was taken last.
    pub slot: u64,
    /// Time of that sync.
    pub moved_at: u64,
    /// The guardian's floor under the target.
    pub tightened: u32,
    /// As `abi::registry::status` has it.
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

    /// After the reading of this slot or a later one; `previous` is of the round before it, synced or not.
    pub fn after(&self, curve: &Curve, reading: Reading, previous: Option<Reading>, now: u64) -> Self {
        let signal = curve.signal_up(reading);
        let confirmed = signal.min(self.confirming(curve, previous));
        let aim = |from: &Self| from.aim(confirmed, signal.max(curve.base)).max(self.tightened.min(curve.cap));
        let heading = previous.map_or(aim(self), |_| self.heading(aim(self)));
        let (current, fraction) = self.step(heading, self.elapsed(reading.slot, previous, now));
        let moved = Self { current, signal, slot: reading.slot, moved_at: now, ..*self };
        let target = aim(&moved);
        let goes_on = target.cmp(&current) == heading.cmp(&self.current);
        Self { target, fraction: if goes_on { fraction } else { 0 }, ..moved }
    }

    /// Where the time since the round before leads: to what this one calls for, or where it ends a movement, to where that was
    /// going. So whoever syncs a passing reading first takes no time from the movement.
    fn heading(&self, target: u32) -> u32 {
        match (target.cmp(&self.current), self.target.cmp(&self.current)) {
            (Ordering::Less | Ordering::Equal, Ordering::Greater) | (Ordering::Equal, Ordering::Less) => self.target,
            _ => target,
        }
    }

    /// What the round before calls for. Nothing before the first reading: an asset starts at its base.
    fn confirming(&self, curve: &Curve, previous: Option<Reading>) -> u32 {
        previous.filter(|_| self.slot != 0).map_or(0, |previous| curve.signal_up(previous))
    }

    /// Tightening needs two rounds, one after the other: the lower of their signals. Loosening follows the last one.
    fn aim(&self, confirmed: u32, loosened: u32) -> u32 {
        if confirmed > self.current { confirmed } else { loosened.min(self.current) }
    }

    /// Seconds since the last sync, and of them no more than the two rounds span: neither rest nor rounds that nobody synced earn
    /// credit.
    fn elapsed(&self, slot: u64, previous: Option<Reading>, now: u64) -> u64 {
        let slots = |previous: Reading| slot.saturating_add(1).saturating_sub(previous.slot);
        let span = previous.map_or(u64::MAX, |previous| slots(previous).saturating_mul(SLOT_SECONDS));
        now.saturating_sub(self.moved_at).min(span)
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
