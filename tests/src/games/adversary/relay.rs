//! Venue and relayer: fills at any price within the mandates, and what was signed, submitted late, again, out of order or altered.
use super::super::Game;
use super::super::agent::Cause;
use super::super::deal::Deal;
use super::super::market::instruments;
use super::super::signed::Message;
use crate::actors::*;
use crate::draft::PATIENCE;
use crate::tokens::usd;
use abi::packed::Lapse;
use abi::types::FillTerms;
use alloy::primitives::U256;
use rand::Rng;

impl Game {
    /// The venue reports fills, the agents sign what comes of them, and the relayer settles, waits or lets them lapse.
    pub(in super::super) fn report_fills(&mut self) {
        if self.chance(85) {
            self.bring_prices(RELAYER);
        }
        let desks = self.stated_desks();
        if desks.len() < 2 {
            return self.wait();
        }
        let deals: Vec<Deal> = (0..self.rng.random_range(1..4)).map(|_| self.deal(&desks)).collect();
        let top_ups = self.top_ups(&desks);
        let touched = |desk: &Actor| deals.iter().any(|deal| [deal.buyer, deal.seller].contains(desk));
        let all = self.chance(30);
        let desks: Vec<_> = desks.into_iter().filter(|desk| all || touched(desk)).collect();
        let top_ups: Vec<_> = top_ups.into_iter().filter(|(desk, ..)| desks.contains(desk)).collect();
        let Some(signed) = self.sign(&desks, &Cause::Fills(deals), &top_ups) else {
            return self.log("the second agent refuses fills".into());
        };
        if self.chance(85) {
            self.submit("settle", RELAYER, &signed);
        }
        self.keep(signed);
    }

    fn deal(&mut self, desks: &[Actor]) -> Deal {
        let buyer = self.rng.random_range(0..desks.len());
        let seller = (buyer + self.rng.random_range(1..desks.len())) % desks.len();
        let instrument = self.pick(&instruments());
        let slot = self.w.slot();
        let mark = self.market.at(slot).price(&instrument).raw();
        let away = self.pick(&[5, 5, 10, 10, 10, 60, 400]);
        let terms = FillTerms {
            salt: U256::from(self.fresh_nonce()).into(),
            instrument: instrument.id(),
            quantity: self.rng.random_range(1..=180_000_000),
            price: (mark / 1_000 * self.rng.random_range(1_000 - away..=1_000 + away)).max(1),
        };
        let age = if self.chance(70) { 0 } else { self.rng.random_range(0..20) };
        let patience = if self.chance(70) { PATIENCE } else { self.rng.random_range(1_000..200_000) };
        Deal { buyer: desks[buyer], seller: desks[seller], terms, age, patience }
    }

    fn top_ups(&mut self, desks: &[Actor]) -> Vec<(Actor, u8, u64)> {
        if !self.chance(25) {
            return vec![];
        }
        let (desk, token) = (self.pick(desks), self.pick(&[self.w.usdc, self.w.usde]));
        vec![(desk, token.index, self.rng.random_range(1..usd(8_000)))]
    }

    /// Funding of a perpetual: a lifecycle event that the kernel follows.
    pub(super) fn fund_positions(&mut self) {
        let per_unit = self.rng.random_range(-20_000_000_000..20_000_000_000);
        let holds = |desk: &Actor| !self.truth.book(*desk).is_flat();
        let desks: Vec<_> = self.stated_desks().into_iter().filter(holds).collect();
        if desks.is_empty() {
            return self.wait();
        }
        let [perpetual, ..] = instruments();
        if let Some(signed) = self.sign(&desks, &Cause::Funding(perpetual, per_unit), &[]) {
            self.submit("funding", RELAYER, &signed);
            self.keep(signed);
        }
    }

    /// The agent states some or all, and the relayer submits that.
    pub(super) fn have_stated(&mut self) {
        let mut desks = self.stated_desks();
        if self.chance(50) {
            let at = self.rng.random_range(0..desks.len().max(1));
            desks = desks.into_iter().skip(at).collect();
        }
        if desks.is_empty() {
            return self.wait();
        }
        if let Some(signed) = self.sign(&desks, &Cause::Nothing, &[]) {
            if self.chance(80) {
                self.submit("mark", RELAYER, &signed);
            }
            self.keep(signed);
        }
    }

    /// Something that was signed before, by anybody: taken once at most.
    pub(super) fn submit_again(&mut self) {
        let Some(signed) = self.any_signed() else { return self.wait() };
        let by = self.anyone();
        let name = if matches!(signed.message, Message::Mark(_)) { "mark again" } else { "settle again" };
        if self.submit(name, by, &signed) {
            assert!(!self.send("the same again", by, &signed), "what was signed was taken twice");
        }
    }

    /// The same, altered: never taken.
    pub(super) fn submit_altered(&mut self) {
        let Some(signed) = self.any_signed() else { return self.wait() };
        if let (Message::Settle(bundle), true) = (&signed.message, self.chance(20)) {
            let accounts = bundle.set.statements.iter().map(|statement| statement.account).collect();
            let lapse = Lapse { venue: bundle.venue, accounts, batches: bundle.batches.clone() };
            let outcome = self.w.prank(STRANGER).lapse(&lapse);
            self.did("lapse", outcome);
            return;
        }
        let (altered, by) = (self.altered(&signed), self.anyone());
        assert!(!self.send("submit altered", by, &altered), "what was altered was taken");
    }

    fn any_signed(&mut self) -> Option<super::super::signed::Signed> {
        let at = self.rng.random_range(0..self.pool.len().max(1));
        self.pool.get(at).cloned()
    }

    /// A release that the pledgor signed, by anyone, at any time; or one that it did not sign.
    pub(super) fn carry_instructions(&mut self) {
        let by = self.anyone();
        self.carry_orders(by);
        let at = self.rng.random_range(0..self.instructions.len().max(1));
        if let Some((instruction, signature)) = self.instructions.get(at).cloned() {
            let mut altered = instruction.clone();
            altered.to = by.address();
            assert!(!{
                let outcome = self.w.prank(by).execute(altered, signature.clone());
                self.did("altered release", outcome)
            });
            let outcome = self.w.prank(by).execute(instruction, signature);
            self.did("carry release", outcome);
        }
        let victim = if self.honest == super::super::Honest::Desk { ALICE } else { BOB };
        let (token, nonce) = (self.w.usdc, self.fresh_nonce());
        let release = self.w.release_instruction(victim, token, token.whole(1), nonce);
        let signature = self.w.sign_instruction(STRANGER, &release);
        let outcome = self.w.prank(by).execute(release, signature);
        assert!(!self.did("forged release", outcome), "a stranger's word moved collateral");
    }
}
