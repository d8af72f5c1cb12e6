//! Claims, enforcement and recalls.
use super::{DAY, DESK, Measured, mark, usd};
use crate::actors::{HOUSE, STRANGER};
use crate::price;
use abi::escrow::MarginEscrow::{cancelClaimCall, enforceCall, enforceHouseCall, issueClaimCall, recallCall};

impl Measured<'_> {
    pub(super) fn claims(&mut self) {
        self.entry(|w| {
            mark(w, usd(100_000), 0);
            w.warp(10);
            w.post(&[(w.usdc.feed, price(9_000))]);
            w.prank(STRANGER).escrow(issueClaimCall { account: w.account(DESK) })
        });
        self.entry(|w| {
            w.make_short(DESK, usd(200_000));
            w.prank(HOUSE).escrow(cancelClaimCall { account: w.account(DESK) })
        });
        self.entry(|w| {
            w.make_short(DESK, usd(200_000));
            w.pass(3_601);
            mark(w, usd(200_000), 0);
            w.prank(STRANGER).escrow(enforceCall { account: w.account(DESK) })
        });
        self.entry(|w| {
            w.drain_house();
            mark(w, usd(20_000), usd(30_000) as i64);
            w.pass(3_601);
            w.prank(STRANGER).escrow(enforceHouseCall { account: w.account(DESK) })
        });
        self.entry(|w| {
            let (account, token, at) = (w.account(DESK), w.usde.address, w.now() + DAY);
            w.prank(HOUSE).escrow(recallCall { account, token, at })
        });
    }
}
