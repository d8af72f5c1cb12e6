//! Accounts, mandates, settlement, the house's ledger and the pause.
use super::{DESK, DESKS, Measured, mark, usd};
use crate::actors::*;
use crate::gas::costs::draft_settle;
use crate::successor::Mood;
use abi::escrow::MarginEscrow::{markCall, pauseCall, setBoundsCall, settleCall, stylus_constructorCall, unpauseCall};
use abi::escrow::lifecycle;
use abi::escrow::{Agreement, Bounds, SubstituteOrder};
use alloy::primitives::B256;

impl Measured<'_> {
    pub(super) fn accounts(&mut self) {
        let w = &self.costs.world;
        self.constructor::<stylus_constructorCall>(w.escrow, w.programs.wires(w.registry));
        self.entry(|w| {
            let terms = Agreement { documentHash: B256::repeat_byte(2), ..w.agreement(DESK) };
            let digest = w.domain().agreement(&terms);
            w.prank(RELAYER).open_account(terms, DESK.sign(digest).to_vec(), HOUSE.sign(digest).to_vec())
        });
        self.entry(|w| {
            let mandate = w.mandate_for(DESK, 1);
            let signature = w.sign_mandate(DESK, &mandate);
            w.prank(RELAYER).register_mandate(mandate, signature)
        });
        self.entry(|w| w.prank(DESK).revoke_mandate(DESK, VENUE));
        self.entry(|w| w.prank(DESK).allow_pledges(DESK, true));
        self.orders();
        self.entry(|w| {
            let migration = w.migration(DESK, w.successor(Mood::Takes), 9);
            let (desk, house) = (w.sign_migration(DESK, &migration), w.sign_migration(HOUSE, &migration));
            w.prank(RELAYER).migrate(&migration, desk, house)
        });
        self.entry(|w| {
            let bounds = Bounds { settleWithin: 60, ..w.bounds() };
            w.prank(GOVERNOR).escrow(setBoundsCall { bounds })
        });
        self.settlement();
        self.house();
        self.entry(|w| w.prank(PAUSER).escrow(pauseCall {}));
        self.entry(|w| {
            w.prank(PAUSER).escrow(pauseCall {}).ok();
            w.prank(PAUSER).escrow(unpauseCall {})
        });
    }

    fn orders(&mut self) {
        self.entry(|w| w.try_stand(DESK, w.top_up_order(DESK, &[(w.usdc, 1_000)], 1)));
        self.entry(|w| w.try_stand(DESK, w.substitute_order(DESK, w.usde, &[w.usdc], 1)));
        self.entry(|w| w.try_stand(DESK, w.return_order(DESK, &[w.usdc], 1)));
        self.entry(|w| {
            w.stand(DESK, w.top_up_order(DESK, &[(w.usdc, 1_000)], 1));
            w.prank(DESK).revoke_top_up(DESK)
        });
        self.case("substitute", |w| {
            let order = SubstituteOrder { haircutLevel: 40_000, ..w.substitute_order(DESK, w.usde, &[w.usdc], 1) };
            w.stand(DESK, order);
            w.prank(STRANGER).substitute_as_ordered(DESK, w.usde)
        });
        self.case("return", |w| {
            w.stand(DESK, w.return_order(DESK, &[w.usdc], 1));
            mark(w, usd(20_000), 0);
            w.prank(STRANGER).return_as_ordered(DESK)
        });
    }

    /// Two accounts each: a fill with a top-up for both, an expiry, a mark, and a fill that nobody settled.
    fn settlement(&mut self) {
        let costs = self.costs;
        self.case::<settleCall>("fill", |w| {
            w.prank(RELAYER).settle(&costs.following(draft_settle(w, 2, 1, true)).sign())
        });
        self.case::<settleCall>("expiry", |w| {
            let both = [(DESKS[0], usd(20_000)), (DESKS[1], usd(20_000))];
            let draft = w.draft(&both).variation(DESKS[0], 5_000_000).variation(DESKS[1], -5_000_000);
            w.prank(RELAYER).settle(&draft.lifecycle(lifecycle::EXPIRY).sign())
        });
        self.entry::<markCall>(|w| {
            let both = [(DESKS[0], usd(21_000)), (DESKS[1], usd(21_000))];
            let draft = w.draft_mark(&both).variation(DESKS[0], 5_000_000).variation(DESKS[1], -5_000_000);
            w.prank(RELAYER).mark(&draft.sign_mark())
        });
        self.entry(|w| {
            let lapse = costs.following(draft_settle(w, 2, 1, false)).sign_lapse();
            w.warp(31);
            w.prank(STRANGER).lapse(&lapse)
        });
    }

    fn house(&mut self) {
        self.entry(|w| {
            w.deal(w.usdc, HOUSE, w.usdc.whole(2_000));
            w.prank(HOUSE).fund_house(w.usdc.whole(1_000))
        });
        self.entry(|w| w.prank(HOUSE).withdraw_house(w.usdc.whole(1_000)));
        self.entry(|w| {
            w.drain_house();
            mark(w, usd(20_000), usd(1_000) as i64);
            w.deal(w.usdc, HOUSE, w.usdc.whole(2_000));
            w.prank(HOUSE).fund_house(w.usdc.whole(2_000)).ok();
            w.prank(STRANGER).pay_house_claim(DESK)
        });
    }
}
