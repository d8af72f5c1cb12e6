//! An exact ratio.

#[derive(Clone, Copy)]
pub struct Ratio {
    of: i128,
    by: i128,
}

impl Ratio {
    pub fn new(of: i128, by: i128) -> Self {
        assert!(by > 0);
        Self { of, by }
    }

    /// The whole number that it is rounded down to: found by its definition.
    pub fn is_down(&self, whole: i128) -> bool {
        whole * self.by <= self.of && self.of < (whole + 1) * self.by
    }

    pub fn is_up(&self, whole: i128) -> bool {
        (whole - 1) * self.by < self.of && self.of <= whole * self.by
    }
}
