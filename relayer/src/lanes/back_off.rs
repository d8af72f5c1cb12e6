//! How long a lane waits before it tries again.
use std::time::{Duration, Instant};

/// After a refusal that names nobody.
pub const BACK_OFF: Duration = Duration::from_millis(500);
/// What waits is tried again after this even if no event touched it.
pub const LOOK_AGAIN: Duration = Duration::from_secs(2);
/// Between two bundles of one house and venue that build on each other, where neither is full.
pub const AHEAD: Duration = Duration::from_millis(50);

/// After so many refusals in a row.
pub fn after(refusals: u32) -> Duration {
    LOOK_AGAIN * (1 << refusals.min(4))
}

/// A pause of a whole lane.
#[derive(Clone, Copy, Debug, Default)]
pub struct BackOff {
    until: Option<Instant>,
}

impl BackOff {
    pub fn begin(&mut self) {
        self.until = Some(Instant::now() + BACK_OFF);
    }

    pub fn holds(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() < until)
    }
}
