//! How many fills a venue's signatures may bring in: one that floods takes nothing from another.
use crate::http::problem::{Problem, RateLimit};
use alloy::primitives::Address;
use governor::clock::{Clock, DefaultClock};
use governor::{DefaultKeyedRateLimiter, RateLimiter};
use std::num::NonZeroU32;

/// Seconds whose fills may come at once.
pub const BURST: u32 = 4;

/// Only venues that are known have an entry: what they sign was checked before.
pub struct Quota {
    limiter: DefaultKeyedRateLimiter<Address>,
    burst: u32,
    /// Seconds in which so many come again.
    window: u32,
    clock: DefaultClock,
}

impl Quota {
    /// `rate` fills a second.
    pub fn new(rate: u32) -> Self {
        let rate = NonZeroU32::new(rate).unwrap_or(NonZeroU32::MIN);
        // A whole batch must fit.
        let burst = rate.saturating_mul(NonZeroU32::MIN.saturating_add(BURST - 1)).max(LEAST);
        let limiter = RateLimiter::keyed(governor::Quota::per_second(rate).allow_burst(burst));
        let window = burst.get().div_ceil(rate.get());
        Self { limiter, burst: burst.get(), window, clock: DefaultClock::default() }
    }

    /// # Errors
    /// 429 with when to try again.
    pub fn take(&self, venue: Address, fills: usize) -> Result<(), Problem> {
        let Some(count) = u32::try_from(fills).ok().and_then(NonZeroU32::new) else { return Ok(()) };
        match self.limiter.check_key_n(&venue, count) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => {
                let pause = until.wait_time_from(self.clock.now());
                let Self { burst: quota, window, .. } = *self;
                let limit = RateLimit { quota, window, reset: pause.as_secs().saturating_add(1) };
                let detail = format!("{venue} may send {quota} fills in {window} s; nothing of this batch was taken");
                Err(Problem::quota(pause, detail, limit))
            }
            Err(_) => Err(Problem::internal("a batch is larger than any quota")),
        }
    }
}

const LEAST: NonZeroU32 = match NonZeroU32::new(abi::escrow::MAX_BATCH as u32) {
    Some(least) => least,
    None => NonZeroU32::MIN,
};

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_venue_has_its_own_quota() {
        let (one, other) = (Address::repeat_byte(1), Address::repeat_byte(2));
        let quota = Quota::new(100);
        assert!(quota.take(one, 256).is_ok() && quota.take(one, 144).is_ok());
        let problem = quota.take(one, 200).unwrap_err();
        assert_eq!((problem.status, problem.code()), (429, "venue-rate"));
        let seconds = problem.retry_after.unwrap();
        assert!((2..=3).contains(&seconds), "{seconds}");
        assert!(quota.take(other, 256).is_ok());
        assert!(Quota::new(1).take(one, 256).is_ok(), "a whole batch fits into any quota");
    }
}
