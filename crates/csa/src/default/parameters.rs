//! What a default manager fixes at construction; an agreement that names it accepts it.

const HOUR: u32 = 3_600;
const DAY: u32 = 24 * HOUR;

/// Seconds that a sale of other collateral takes to fall to its last price.
pub const SALE_SECONDS: u64 = 1_800;
/// Seconds beyond the resolution time after which a recovery claim is overdue.
pub const RECOVERY_SECONDS: u64 = DAY as u64;

/// Times in seconds, rates in ppm of the requirement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parameters {
    /// From the opening to the first round.
    pub preparing: u32,
    /// `T`: a round.
    pub round: u32,
    /// `s`: the rate at a round's start, that takers pay.
    pub start: u32,
    /// `f`: the rate at its end, that takers are paid.
    pub floor: u32,
    /// `N`: units of a book in the first round.
    pub units: u32,
    /// What all hedges may cost.
    pub hedges: u32,
    /// From the close to the resolution.
    pub challenge: u32,
    /// In which accounts of a house in default may port.
    pub porting: u32,
}

impl Default for Parameters {
    fn default() -> Self {
        Self {
            preparing: 900,
            round: 1_800,
            start: 20_000,
            floor: 300_000,
            units: 4,
            hedges: 20_000,
            challenge: HOUR,
            porting: 48 * HOUR,
        }
    }
}

impl Parameters {
    /// Whether each is within its bounds.
    pub fn are_bounded(&self) -> bool {
        self.preparing <= HOUR
            && (600..=14_400).contains(&self.round)
            && self.start <= 100_000
            && self.floor <= 500_000
            && (1..=20).contains(&self.units)
            && self.hedges <= 100_000
            && (HOUR..=21_600).contains(&self.challenge)
            && (DAY..=3 * DAY).contains(&self.porting)
    }

    /// What all hedges of an account may cost, in micro-USD.
    pub fn hedges_down(&self, requirement: u64) -> u64 {
        crate::custody::part_down(requirement, self.hedges.into(), abi::PPM.into())
    }
}

/// When a recovery claim is overdue. `None` where that is no time.
pub fn recovery_due(resolved: u64, resolution_seconds: u64) -> Option<u64> {
    resolved.checked_add(resolution_seconds)?.checked_add(RECOVERY_SECONDS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_parameter_has_its_bounds() {
        let of = |change: fn(&mut Parameters)| {
            let mut parameters = Parameters::default();
            change(&mut parameters);
            parameters.are_bounded()
        };
        assert!(of(|_| ()) && of(|p| p.preparing = 0) && of(|p| p.start = 0) && of(|p| p.floor = 0));
        assert!(!of(|p| p.preparing = 3_601) && !of(|p| p.round = 599) && !of(|p| p.round = 14_401));
        assert!(!of(|p| p.start = 100_001) && !of(|p| p.floor = 500_001) && !of(|p| p.units = 0));
        assert!(!of(|p| p.units = 21) && !of(|p| p.hedges = 100_001) && !of(|p| p.challenge = 3_599));
        assert!(!of(|p| p.challenge = 21_601) && !of(|p| p.porting = 86_399) && !of(|p| p.porting = 259_201));
    }

    #[test]
    fn hedges_cost_at_most_their_part_of_the_requirement() {
        assert_eq!(Parameters::default().hedges_down(1_049), 20);
        assert_eq!(Parameters::default().hedges_down(u64::MAX), u64::MAX / 50);
    }

    #[test]
    fn a_recovery_is_due_a_day_after_the_resolution_time() {
        assert_eq!(recovery_due(1_000, 3_600), Some(91_000));
        assert_eq!(recovery_due(u64::MAX, 0), None);
    }
}
