//! Prices of the tokens: four reporters are honest, one is the adversary's, and anybody posts what they sign.
use super::super::Game;
use crate::actors::*;
use crate::market::{FULL_CONFIDENCE, ONE, Round, Said};
use crate::tokens::{Token, price};
use abi::registry::EligibilityRegistry::syncCall;
use alloy::primitives::B256;
use rand::Rng;

impl Game {
    /// The honest reporters' rounds of now, and the registry follows; unless somebody was here before.
    pub(in super::super) fn bring_prices(&mut self, by: Actor) {
        if self.w.haircut(self.w.usdc).slot >= self.w.slot() {
            return;
        }
        let tokens = self.w.tokens();
        let rounds = tokens.map(|token| self.honest_round(token)).to_vec();
        self.w.prank(by).submit(rounds).ignore();
        self.sync(u16::MAX);
    }

    fn honest_round(&self, token: Token) -> Round {
        let price = self.w.facts.borrow().prices[&token.feed];
        self.w.round(token.feed, self.w.slot(), &[price; 4])
    }

    fn sync(&self, assets: u16) {
        let all: u16 = self.w.tokens().iter().map(Token::bit).sum();
        let (registry, slot) = (self.w.registry, self.w.slot());
        self.w.prank(STRANGER).send(registry, syncCall { slot, assets: assets & all }).ignore();
    }

    pub(super) fn meddle_with_prices(&mut self) {
        match self.rng.random_range(0..10) {
            0..4 => self.choose_reports(),
            4..6 => self.move_a_token(),
            6 => {
                let assets = self.rng.random();
                self.sync(assets)
            }
            _ => self.commit_to_other_marks(),
        }
    }

    /// Some of the honest reports with the adversary's own.
    fn choose_reports(&mut self) {
        let token = self.pick(&self.w.tokens());
        let (slot, honest) = (self.w.slot(), self.w.facts.borrow().prices[&token.feed]);
        let mut places = vec![0, 1, 2, 3];
        places.truncate(self.rng.random_range(2..=4));
        let honest_one = |reporter: &u8| Said { reporter: *reporter, price: honest, confidence: FULL_CONFIDENCE };
        let mut said: Vec<_> = places.iter().map(honest_one).collect();
        let (price, confidence) =
            (honest / 1_000 * self.rng.random_range(900..1_100), self.pick(&[FULL_CONFIDENCE, 500_000, 0]));
        said.push(Said { reporter: 4, price, confidence });
        let outcome = self.w.prank(RELAYER).submit(vec![Round { feed: token.feed, slot, said }]);
        self.did("submit round", outcome);
        self.sync(token.bit());
    }

    /// The market moves; mostly a token is worth a dollar.
    fn move_a_token(&mut self) {
        let token = self.pick(&[self.w.usde, self.w.usde, self.w.usdc]);
        let new = if self.chance(60) { ONE } else { price(self.rng.random_range(9_700..10_010)) };
        self.travel(10);
        self.w.facts.borrow_mut().prices.insert(token.feed, new);
        self.log(format!("token {} trades at {new}", token.index));
        self.bring_prices(RELAYER);
    }

    /// One reporter alone commits to nothing.
    fn commit_to_other_marks(&mut self) {
        let (slot, root) = (self.w.slot(), B256::repeat_byte(3));
        let marks = self.w.marks(slot, root, &[4]);
        let outcome = self.w.send_marks(&marks);
        assert!(!self.did("submit marks", outcome), "one reporter committed to marks");
    }
}
