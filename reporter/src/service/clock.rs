//! What time it is on the chain, as far as a reporter can tell: the oracle judges a slot by its block's time.
//!
//! **The rule.** The clock is this machine's, moved by a shift that two bounds hold. A block's time cannot lie ahead of the chain's own
//! clock: the shift is at least what brings this clock to the latest block's time. A block that was not there at the look before was
//! made since: the shift is at most what brings this clock, as it was at that look, to the end of the block's second. Between the
//! bounds the shift stays as it is. So a clock that is some seconds off is right from the first new block on, and one that is
//! right within a second is left alone.
use crate::time::Moment;
use std::time::{SystemTime, UNIX_EPOCH};

/// Blocks by which a node may lag behind another.
const LAG: u64 = 64;

/// A slot, in milliseconds.
pub const SLOT_MILLIS: u64 = abi::SLOT_SECONDS * 1_000;

/// Times in milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default)]
pub struct Clock {
    /// What the operator adds to the machine's clock.
    offset: i64,
    shift: i64,
    before: Option<Look>,
}

/// A look at the chain: which block was the latest, and when it was asked, by this machine.
#[derive(Clone, Copy, Debug)]
struct Look {
    block: u64,
    asked: u64,
}

impl Clock {
    /// `offset_millis` is added to the machine's clock.
    pub fn new(offset_millis: i64) -> Self {
        Self { offset: offset_millis, ..Self::default() }
    }

    /// This machine's clock with the operator's offset: what sources' times are judged by.
    pub fn machine(&self) -> u64 {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX).saturating_add_signed(self.offset)
    }

    /// The chain's time, as far as this clock can tell.
    pub fn now(&self) -> u64 {
        self.machine().saturating_add_signed(self.shift)
    }

    /// The machine's clock with the offset, as sources' times are kept.
    pub fn now_moment(&self) -> Moment {
        Moment::of_millis(self.machine())
    }

    /// How far the clock has been moved.
    pub fn shift(&self) -> i64 {
        self.shift
    }

    /// Takes account of a latest block, its time in seconds, that the node named between `asked` and `answered`.
    pub fn observe(&mut self, block: u64, seconds: u64, asked: u64, answered: u64) {
        let time = seconds.saturating_mul(1_000);
        self.shift = self.shift.max(distance(time, answered));
        if let Some(before) = self.before.filter(|before| before.block < block) {
            self.shift = self.shift.min(distance(time.saturating_add(1_000), before.asked));
        }
        // One of several nodes behind one address may lag: a block that is lower says nothing, unless the chain began anew.
        if self.before.is_none_or(|before| before.block <= block || before.block > block.saturating_add(LAG)) {
            self.before = Some(Look { block, asked });
        }
    }
}

/// From `from` to `to`.
fn distance(to: u64, from: u64) -> i64 {
    i64::try_from(i128::from(to) - i128::from(from)).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    const T: u64 = 1_760_133_270_000;

    /// A clock that is `off` milliseconds ahead looks every half second at a chain with a block each `every` milliseconds.
    fn shift_after(off: i64, every: u64, millis: u64) -> i64 {
        let mut clock = Clock::default();
        for now in (0..=millis).step_by(500).map(|after| T + after) {
            let made = now / every * every;
            let seen = now.saturating_add_signed(off);
            clock.observe(made / every, made / 1_000, seen, seen + 20);
        }
        clock.shift()
    }

    #[test]
    fn a_clock_that_is_off_is_right_after_a_new_block() {
        for off in [-5_000, -2_300, 2_300, 5_000, 60_000] {
            let left = shift_after(off, 4_000, 12_000) + off;
            assert!(left.abs() <= 1_500, "{off}: {left} ms are left");
        }
    }

    #[test]
    fn a_clock_that_is_right_is_left_alone() {
        for every in [250, 1_000, 4_000] {
            assert_eq!(shift_after(0, every, 60_000), 0, "{every}");
        }
    }

    #[test]
    fn an_old_block_says_nothing_of_a_clock_ahead() {
        let mut clock = Clock::default();
        for look in 0..20 {
            clock.observe(7, T / 1_000 - 3_600, T + look * 500, T + look * 500 + 20);
        }
        assert_eq!(clock.shift(), 0);
    }

    #[test]
    fn a_block_ahead_pulls_the_clock_at_once() {
        let mut clock = Clock::default();
        clock.observe(7, T / 1_000 + 5, T, T + 20);
        assert_eq!(clock.shift(), 4_980);
    }
}
