//! Standing orders: desks sign and revoke them, and strangers carry them out.
use super::Walk;
use super::act::Step;
use crate::actors::*;
use crate::orders::Standing;
use crate::tokens::{Token, usd};
use abi::escrow::MarginEscrow::revokeOrderCall;
use abi::escrow::{ReturnOrder, SubstituteOrder, order};
use alloy::primitives::Address;
use rand::Rng;

impl Walk {
    pub(super) fn orders(&mut self) -> Step {
        match self.rng.random_range(0..10) {
            0..3 => self.order(),
            3..5 => self.revoke_order(),
            5..8 => self.substitute_as_ordered(),
            _ => self.return_as_ordered(),
        }
    }

    /// Of any kind; now and then somebody else signs it.
    fn order(&mut self) -> Step {
        let (desk, nonce) = (self.desk(), self.fresh_nonce());
        let tokens = self.some_tokens();
        match self.rng.random_range(0..4) {
            0..2 => {
                let limits: Vec<(Token, u64)> =
                    tokens.iter().map(|token| (*token, self.rng.random_range(0..80_000))).collect();
                self.register(desk, self.w.top_up_order(desk, &limits, nonce))
            }
            2 => {
                let order = self.substitution(desk, tokens[0], &tokens[1..], nonce);
                self.register(desk, order)
            }
            _ => {
                let ppm = self.rng.random_range(0..500_000);
                let order = ReturnOrder { bufferPpm: ppm, ..self.w.return_order(desk, &tokens, nonce) };
                self.register(desk, order)
            }
        }
    }

    fn register(&mut self, desk: Actor, order: impl Standing) -> Step {
        let signer = if self.chance(8) { STRANGER } else { desk };
        let signature = signer.sign(order.digest(&self.w.domain())).to_vec();
        let outcome = self.w.prank(RELAYER).register_order(order, signature);
        let step = self.did("order", outcome);
        assert!(signer == desk || !step.ok, "a stranger ordered for {}", desk.0);
        step
    }

    /// One to three of them, in any order.
    fn some_tokens(&mut self) -> Vec<Token> {
        let mut tokens = self.w.tokens().to_vec();
        for place in (1..tokens.len()).rev() {
            tokens.swap(place, self.rng.random_range(0..=place));
        }
        tokens.truncate(self.rng.random_range(1..4));
        tokens
    }

    /// Reached at once, or on a bad day.
    fn substitution(&mut self, desk: Actor, out: Token, into: &[Token], nonce: u64) -> SubstituteOrder {
        let order = self.w.substitute_order(desk, out, into, nonce);
        match self.rng.random_range(0..3) {
            0 => order,
            1 => SubstituteOrder { haircutLevel: 0, priceLevel: 99_000_000, ..order },
            _ => SubstituteOrder { haircutLevel: 1, ..order },
        }
    }

    fn revoke_order(&mut self) -> Step {
        let desk = self.desk();
        let caller = if self.chance(85) { desk } else { self.pick(&[STRANGER, HOUSE, VENUE]) };
        if self.chance(90) && self.w.standing_top_up(desk).order == 0 {
            let nonce = self.fresh_nonce();
            self.w.try_stand(desk, self.w.top_up_order(desk, &[(self.w.usdc, 1_000)], nonce)).ignore();
        }
        let (kind, token) = match self.rng.random_range(0..6) {
            0 => (order::SUBSTITUTE, self.token().address),
            1 => (order::RETURN, Address::ZERO),
            _ => (order::TOP_UP, Address::ZERO),
        };
        let outcome = self.w.prank(caller).escrow(revokeOrderCall { account: self.w.account(desk), kind, token });
        let step = self.did("revoke order", outcome);
        assert!(caller == desk || !step.ok, "{} revoked {}'s order", caller.0, desk.0);
        step
    }

    fn substitute_as_ordered(&mut self) -> Step {
        let (desk, nonce) = (self.desk(), self.fresh_nonce());
        let [out, into] = if self.chance(60) { [self.w.usdc, self.w.usde] } else { [self.token(), self.w.usdc] };
        if self.chance(80) && self.w.standing_substitute(desk, out).order == 0 {
            let order = self.substitution(desk, out, &[into], nonce);
            let level = if self.chance(70) { 1 } else { order.haircutLevel };
            self.w.try_stand(desk, SubstituteOrder { haircutLevel: level, ..order }).ignore();
        }
        if self.chance(90) {
            self.fresh_prices();
        }
        let outcome = self.w.prank(STRANGER).substitute_as_ordered(desk, out);
        self.did("standing substitution", outcome)
    }

    fn return_as_ordered(&mut self) -> Step {
        let (desk, nonce) = (self.desk(), self.fresh_nonce());
        if self.chance(70) && self.w.standing_return(desk).order == 0 {
            let tokens = self.some_tokens();
            self.w.try_stand(desk, self.w.return_order(desk, &tokens, nonce)).ignore();
        }
        if self.chance(80) {
            let less = self.w.state(desk).requirement.min(usd(60_000));
            self.mark_at(desk, less, 0);
        }
        let outcome = self.w.prank(STRANGER).return_as_ordered(desk);
        self.did("standing return", outcome)
    }
}
