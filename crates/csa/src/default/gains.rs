//! What a house in default pays of gains: of each the same part, more with each payment. The rest stays recorded.

/// A part of one whole.
const ONE: u64 = 1_000_000_000;

/// `φ = min(1e9, ⌊paid in·1e9/Σ gains⌋)`. One where nothing was gained.
pub fn part_down(paid_in: u64, gains: u64) -> u64 {
    if paid_in >= gains {
        return ONE;
    }
    crate::custody::part_down(ONE, paid_in, gains)
}

/// What is due of a gain at `part` that has been paid so much.
pub fn due_down(gain: u64, part: u64, paid: u64) -> u64 {
    crate::custody::part_down(gain, part.min(ONE), ONE).saturating_sub(paid)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_gain_is_paid_the_same_part_and_the_rest_later() {
        let part = part_down(100, 300);
        assert_eq!((part, due_down(200, part, 0), due_down(100, part, 0)), (333_333_333, 66, 33));
        let part = part_down(150, 300);
        assert_eq!((due_down(200, part, 66), due_down(100, part, 33)), (34, 17));
        assert_eq!((due_down(200, part_down(300, 300), 100), due_down(200, part_down(900, 300), 200)), (100, 0));
        assert_eq!([part_down(0, 0), part_down(0, 1)], [ONE, 0]);
    }
}
