//! Invariant 7: a haircut never leaves its bounds and never moves faster than its clock.
use crate::world::World;
use abi::registry::HaircutState;
use abi::registry::clock::{LOOSEN_PPM, LOOSEN_SECONDS, TIGHTEN_PPM_PER_HOUR};

/// The haircuts after each step, oldest first.
pub struct Haircuts(Vec<[HaircutState; 3]>);

impl Haircuts {
    pub fn of(w: &World) -> Self {
        Self(vec![w.tokens().map(|token| w.haircut(token))])
    }

    /// Against every step before, so that no series of small moves outruns the clock.
    pub fn check(&mut self, w: &World, action: &str) {
        let now = w.tokens().map(|token| w.haircut(token));
        for (token, state) in w.tokens().into_iter().zip(&now) {
            let rule = w.rule(token);
            let within = (rule.floor..=rule.cap).contains(&state.haircut);
            assert!(
                within,
                "{action} took the haircut of asset {} out of its bounds: {state:?}, {rule:?}",
                token.index
            );
        }
        for earlier in &self.0 {
            for (from, to) in earlier.iter().zip(&now) {
                assert!(keeps_its_clock(from, to), "{action} outran the clock: {from:?} to {to:?}");
            }
        }
        self.0.push(now);
    }
}

/// A fraction that was earned before may complete one ppm after.
fn keeps_its_clock(from: &HaircutState, to: &HaircutState) -> bool {
    let elapsed = to.movedAt - from.movedAt;
    let up = u64::from(to.haircut.saturating_sub(from.haircut)).saturating_sub(1);
    let down = u64::from(from.haircut.saturating_sub(to.haircut)).saturating_sub(1);
    up * 3_600 <= elapsed * TIGHTEN_PPM_PER_HOUR && down * LOOSEN_SECONDS <= elapsed * LOOSEN_PPM
}

#[cfg(test)]
mod tests {
    use super::*;

    fn state(haircut: u32, moved_at: u64) -> HaircutState {
        let (target, signal, slot) = (haircut, haircut, moved_at / 10);
        HaircutState { haircut, target, signal, slot, movedAt: moved_at, tightened: 0, status: 0, countsUntil: 0 }
    }

    #[test]
    fn a_haircut_that_outruns_its_clock_is_seen() {
        let from = state(100_000, 0);
        assert!(keeps_its_clock(&from, &state(150_001, 3_600)) && !keeps_its_clock(&from, &state(150_002, 3_600)));
        assert!(keeps_its_clock(&from, &state(94_999, 259_200)) && !keeps_its_clock(&from, &state(94_998, 259_200)));
    }
}
