//! Prices: five reporters sign, anyone posts, the registry follows.
use crate::actors::{RELAYER, REPORTERS};
use crate::outcome::Outcome;
use crate::tokens::Token;
use crate::world::{Prank, World};
use abi::oracle::PriceOracle::submitCall;
use abi::packed::{Report, Round, Rounds};
use abi::registry::EligibilityRegistry::syncCall;
use abi::types::PriceReport;
use alloy::primitives::B256;
use alloy::sol_types::SolCall;
use chain::sign::Domain;

/// One dollar in 1e-8 USD.
pub const ONE: u64 = 100_000_000;
pub const FULL_CONFIDENCE: u32 = 1_000_000;

impl World {
    /// All reporters post these prices for the present slot, and the registry follows.
    /// Feeds not named keep their last price.
    pub fn post(&self, prices: &[(B256, u64)]) {
        self.facts.borrow_mut().prices.extend(prices.iter().copied());
        let prices = self.facts.borrow().prices.clone();
        let rounds: Vec<_> = prices.iter().map(|(feed, price)| self.round(*feed, self.slot(), &[*price; 5])).collect();
        self.prank(RELAYER).submit(rounds).ok();
        self.sync().ok();
    }

    /// From now on nobody reports this token's price.
    pub fn silence(&self, token: Token) {
        self.facts.borrow_mut().prices.remove(&token.feed);
    }

    /// Time passes and the same prices are posted again.
    pub fn pass(&self, seconds: u64) {
        self.warp(seconds);
        self.post(&[]);
    }

    /// The registry takes the rounds of the present slot for all assets that have a price.
    pub fn sync(&self) -> Outcome<syncCall> {
        let priced = |token: &&Token| self.facts.borrow().prices.contains_key(&token.feed);
        let assets = self.facts.borrow().assets.iter().filter(priced).map(Token::bit).sum();
        let (registry, slot) = (self.registry, self.slot());
        self.prank(RELAYER).send(registry, syncCall { slot, assets })
    }

    /// A signed round: reporter i says `prices[i]`, with full confidence.
    pub fn round(&self, feed: B256, slot: u64, prices: &[u64]) -> Round {
        let report = |(place, price): (usize, &u64)| {
            self.report(place, PriceReport { feed, slot, price: *price, confidence: FULL_CONFIDENCE })
        };
        Round { feed, slot, reports: prices.iter().enumerate().map(report).collect() }
    }

    /// One report, signed by the reporter at `place`.
    pub fn report(&self, place: usize, report: PriceReport) -> Report {
        let domain = Domain::oracle(self.node.chain_id(), self.oracle);
        let signature = REPORTERS[place].sign(domain.report(&report));
        Report { reporter: place as u8, price: report.price, confidence: report.confidence, signature }
    }
}

impl Prank<'_> {
    pub fn submit(self, rounds: Vec<Round>) -> Outcome<submitCall> {
        let rounds = Rounds { set: self.world.reporters.clone(), rounds };
        let mut data = submitCall::SELECTOR.to_vec();
        data.extend(rounds.encode().expect("rounds fit their fields"));
        let oracle = self.world.oracle;
        self.send_raw(oracle, data)
    }
}
