//! Collateral of the adversary's desks, and strangers' gifts to others'.
use super::super::Game;
use crate::actors::*;
use crate::tokens::{Token, usd};
use abi::escrow::action;
use rand::Rng;

impl Game {
    pub(super) fn act_as_a_desk(&mut self) {
        let (desk, token) = (self.own_desk(), self.pick(&[self.w.usdc, self.w.usde]));
        match self.rng.random_range(0..12) {
            0..3 => self.pledge_own(desk, token),
            3..7 => self.take_out_own(desk, token),
            7 => self.exchange_own(desk),
            8 => {
                let outcome = self.w.prank(desk).withdraw(token, token.units(self.rng.random_range(1..usd(20_000))));
                self.did("withdraw", outcome);
            }
            9 => self.replace_mandate(desk),
            _ => self.give_dust(),
        }
    }

    fn pledge_own(&mut self, desk: Actor, token: Token) {
        let amount = token.units(self.rng.random_range(1..usd(60_000)));
        self.w.deal(token, desk, amount);
        let outcome = self.w.prank(desk).pledge(desk, token, amount);
        self.did("pledge", outcome);
    }

    /// As much as a right statement leaves; more is refused.
    fn take_out_own(&mut self, desk: Actor, token: Token) {
        if self.chance(70) {
            self.bring_prices(RELAYER);
            self.state_all();
        }
        let (lots, nonce) = (self.w.balance(desk, token).lots, self.fresh_nonce());
        let lots = if self.chance(30) { lots } else { self.rng.random_range(0..=lots) };
        let mut release = self.w.release_instruction(desk, token, token.units(lots), nonce);
        release.to = desk.address();
        let outcome = self.w.prank(desk).execute_own(release);
        if self.did("release", outcome) {
            self.margin_is_kept(desk);
        }
    }

    /// Nothing leaves an account that a right statement would leave short.
    fn margin_is_kept(&self, desk: Actor) {
        let (known, state) = (self.truth.of(desk), self.w.state(desk));
        if known.stated == known.right {
            assert!(state.posted >= state.required && !self.w.claim(desk).open, "{} took out what is required", desk.0);
        }
    }

    fn exchange_own(&mut self, desk: Actor) {
        let (nonce, lots) = (self.fresh_nonce(), self.rng.random_range(1..usd(30_000)));
        let (usdc, usde) = (self.w.usdc, self.w.usde);
        let (one, other) = if self.chance(50) { (usdc, usde) } else { (usde, usdc) };
        let less = self.rng.random_range(lots / 2..=lots);
        let instruction = self.w.substitution(desk, (one, one.units(lots)), (other, other.units(less)), nonce);
        let outcome = self.w.prank(desk).execute_own(instruction);
        self.did("substitute", outcome);
    }

    fn replace_mandate(&mut self, desk: Actor) {
        if self.chance(30) {
            let outcome = self.w.prank(desk).revoke_mandate(desk, VENUE);
            self.did("revoke", outcome);
        }
        let nonce = self.fresh_nonce();
        let mandate = self.w.mandate_for(desk, nonce);
        let signature = self.w.sign_mandate(desk, &mandate);
        let outcome = self.w.prank(RELAYER).register_mandate(mandate, signature);
        self.did("mandate", outcome);
    }

    /// Into an account of somebody else, who did not ask for it; or out of it.
    fn give_dust(&mut self) {
        let (by, desk, token) = (self.anyone(), self.any_desk(), self.pick(&self.w.tokens()));
        let amount = token.units(self.rng.random_range(1..100));
        self.w.deal(token, by, amount);
        let outcome = self.w.prank(by).pledge(desk, token, amount);
        let given = self.did("pledge dust", outcome);
        let welcome = by == desk || self.w.state(desk).takesPledges;
        assert!(!given || welcome, "dust came into {}'s account", desk.0);
        let nonce = self.fresh_nonce();
        let mut release = self.w.release_instruction(desk, token, amount, nonce);
        (release.to, release.action) = (by.address(), action::RELEASE);
        if by != desk {
            let outcome = self.w.prank(by).execute_own(release);
            assert!(!self.did("stranger's release", outcome), "a stranger moved collateral");
        }
    }
}
