//! Claims, enforcement and recalls.
use super::{DAY, DESK, Measured, mark, usd};
use crate::actors::{AGENT, DAVE, HOUSE, SECOND_AGENT, STRANGER};
use crate::changes::terms;
use crate::disputes::Stated;
use crate::draft::holding;
use crate::price;
use crate::world::World;
use abi::escrow::MarginEscrow::{cancelClaimCall, enforceCall, enforceHouseCall, issueClaimCall, recallCall};
use abi::escrow::{RULING_SECONDS, subject};
use alloy::primitives::B256;

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
        self.case("after_an_outage", |w| {
            let feed = w.watch_uptime();
            w.make_short(DESK, usd(200_000));
            w.outage(feed, 600);
            w.record_outage().ok();
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
        self.disputes();
        self.entry(|w| {
            let (account, token, at) = (w.account(DESK), w.usde.address, w.now() + DAY);
            w.prank(HOUSE).escrow(recallCall { account, token, at })
        });
    }

    fn disputes(&mut self) {
        self.entry(|w| {
            disputable(w);
            w.prank(DESK).dispute(DESK, subject::REQUIREMENT, usd(1_000))
        });
        self.entry(|w| {
            let stated = disputed(w);
            w.prank(DESK).reveal_portfolio(DESK, &stated.reveal())
        });
        self.case("no_claim", |w| {
            let stated = disputable(w);
            w.post_margin(DESK, w.usdc, w.usdc.whole(2_000));
            w.prank(DESK).dispute(DESK, subject::REQUIREMENT, usd(1_000)).ok();
            w.prank(DESK).reveal_portfolio(DESK, &stated.reveal())
        });
        self.case("variation", |w| {
            let after = varied(w);
            w.prank(DESK).dispute(DESK, subject::VARIATION, usd(1_000)).ok();
            w.prank(DESK).reveal_portfolio(DESK, &after.reveal())
        });
        self.case("book", |w| {
            let before = varied(w);
            let fill = w.buy(DESK, &terms(10, 110_000), holding(B256::repeat_byte(9)), 0);
            w.prank(DESK).dispute(DESK, subject::BOOK, usd(1_000)).ok();
            w.prank(DESK).show_following(DESK, &w.following(DESK, &before.book, None, vec![vec![fill]]))
        });
        self.entry(|w| {
            disputed(w);
            w.pass(RULING_SECONDS + 1);
            w.prank(STRANGER).close_dispute(DESK)
        });
        self.entry(|w| {
            w.dispute_before_two_agents(DAVE);
            w.prank(STRANGER).rule_dispute(w.ruling(DAVE, usd(1_500)), SECOND_AGENT)
        });
    }
}

fn stock(w: &World) {
    for staker in [DESK, AGENT] {
        w.stock(staker, w.usdc, w.usdc.whole(2_000));
    }
}

/// A statement that keeps 1,000 USD from the desk.
fn varied(w: &World) -> Stated {
    stock(w);
    let before = Stated::at(w.slot());
    w.hold(DESK, &before);
    w.pass(10);
    let after = Stated::of(before.book, w.slot(), 500);
    w.vary(DESK, &after, -(usd(1_000) as i64));
    after
}

/// The desk's book is stated too high, and both sides can stake.
fn disputable(w: &World) -> Stated {
    stock(w);
    w.make_disputable(DESK, usd(1_000), true)
}

fn disputed(w: &World) -> Stated {
    let stated = disputable(w);
    w.prank(DESK).dispute(DESK, subject::REQUIREMENT, usd(1_000)).ok();
    stated
}
