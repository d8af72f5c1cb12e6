//! The bar: market clock, BTC, open claims.
use crate::market::clock;
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};

/// One step a minute of market time, on standard error.
pub struct Progress(ProgressBar);

impl Progress {
    pub fn new(minutes: u64) -> Self {
        let bar = ProgressBar::with_draw_target(Some(minutes), ProgressDrawTarget::stderr());
        let style = ProgressStyle::with_template("{prefix} {bar:34} {pos}/{len} min  {msg}");
        bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self(bar)
    }

    /// `minute` of so many; `time` in seconds of the chain, `btc` in 1e-8 USD.
    pub fn show(&self, minute: u64, time: u64, btc: u64, open_claims: u64, fills: u64) {
        self.0.set_position(minute);
        self.0.set_prefix(clock(time));
        self.0.set_message(format!("BTC {:>7}  open claims {open_claims}  fills {fills}", btc / 100_000_000));
    }

    pub fn finish(self) {
        self.0.finish();
    }
}
