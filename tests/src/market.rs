//! Prices: five reporters sign, anyone posts, the registry follows.
use crate::actors::{RELAYER, REPORTERS, STRANGER};
use crate::outcome::Outcome;
use crate::tokens::Token;
use crate::world::{Prank, World};
use abi::oracle::PriceOracle::{SlotTaken, marksRootCall, submitCall};
use abi::packed::{SignedSlot, TakenSlot};
use abi::registry::EligibilityRegistry::{submitAndSyncCall, syncCall};
use abi::types::SlotReport;
use alloy::primitives::B256;
use alloy::sol_types::{SolCall, SolEvent};
use chain::sign::Domain;

/// One dollar in 1e-8 USD.
pub const ONE: u64 = 100_000_000;
/// Parts per million: a reporter's sources agree.
pub const FULL_CONFIDENCE: u32 = 1_000_000;

/// What reporters say of one feed, not signed yet.
#[derive(Clone, Debug)]
pub struct Round {
    /// What the price is of: a name as 32 bytes.
    pub feed: B256,
    /// Tens of seconds since 1970.
    pub slot: u64,
    /// At most one for each reporter.
    pub said: Vec<Said>,
}

/// What the reporter at a place of the set says.
#[derive(Clone, Copy, Debug)]
pub struct Said {
    /// Place in the set, from 0.
    pub reporter: u8,
    /// 1e-8 USD.
    pub price: u64,
    /// Parts per million.
    pub confidence: u32,
}

impl World {
    /// All reporters post these prices for the present slot, and the registry follows.
    /// Feeds not named keep their last price.
    pub fn post(&self, prices: &[(B256, u64)]) {
        self.facts.borrow_mut().prices.extend(prices.iter().copied());
        let prices = self.facts.borrow().prices.clone();
        let rounds: Vec<_> = prices.iter().map(|(feed, price)| self.round(*feed, self.slot(), &[*price; 5])).collect();
        let (slot, assets) = (self.signed_slot(&rounds, B256::ZERO), self.priced());
        let done = self.prank(RELAYER).submit_and_sync(&slot, assets).ok();
        assert_eq!((done.returned.taken.count_ones(), done.returned.moved), (rounds.len(), assets));
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
        let (registry, slot, assets) = (self.registry, self.slot(), self.priced());
        self.prank(RELAYER).send(registry, syncCall { slot, assets })
    }

    /// Assets that have a price.
    pub fn priced(&self) -> u16 {
        let facts = self.facts.borrow();
        facts.assets.iter().filter(|token| facts.prices.contains_key(&token.feed)).map(Token::bit).sum()
    }

    /// Reporter i says `prices[i]`, with full confidence.
    pub fn round(&self, feed: B256, slot: u64, prices: &[u64]) -> Round {
        let said =
            (0..).zip(prices).map(|(reporter, price)| Said { reporter, price: *price, confidence: FULL_CONFIDENCE });
        Round { feed, slot, said: said.collect() }
    }

    /// What each reporter signs where the slot has these rounds and this root; of all rounds' reporters.
    pub fn messages(&self, rounds: &[Round], root: B256) -> Vec<(u8, SlotReport)> {
        let slot = rounds.first().map_or(self.slot(), |round| round.slot);
        let mut rounds: Vec<_> = rounds.iter().collect();
        rounds.sort_by_key(|round| round.feed);
        let message = |reporter: u8| {
            let mut message = report(slot, root);
            for round in &rounds {
                assert_eq!(round.slot, slot, "a call brings one slot");
                for said in round.said.iter().filter(|said| said.reporter == reporter) {
                    message.feeds.push(round.feed);
                    message.prices.push(said.price);
                    message.confidences.push(said.confidence);
                }
            }
            (reporter, message)
        };
        (0..32).map(message).filter(|(_, message)| !message.feeds.is_empty()).collect()
    }

    /// Each message signed by its reporter.
    pub fn sign_messages(&self, slot: u64, messages: Vec<(u8, SlotReport)>) -> SignedSlot {
        let signed = messages.into_iter().map(|(reporter, message)| {
            let signature = sign_report(self.oracle_domain(), reporter, &message);
            (reporter, message, signature)
        });
        SignedSlot::of(self.reporters.clone(), slot, signed.collect()).expect("the messages fit together")
    }

    /// The rounds of one slot, signed with a root.
    pub fn signed_slot(&self, rounds: &[Round], root: B256) -> SignedSlot {
        let messages = self.messages(rounds, root);
        let slot = messages.first().map_or(self.slot(), |(_, message)| message.slot);
        self.sign_messages(slot, messages)
    }

    /// A root alone, signed by the reporters at these places.
    pub fn marks(&self, slot: u64, root: B256, signers: &[u8]) -> SignedSlot {
        self.sign_messages(slot, signers.iter().map(|place| (*place, report(slot, root))).collect())
    }

    /// A stranger posts a signed slot to the oracle alone.
    pub fn send_marks(&self, marks: &SignedSlot) -> Outcome<submitCall> {
        self.prank(STRANGER).submit_signed(marks)
    }

    /// The marks root that the oracle keeps for a slot; zero where there is none.
    pub fn root_of(&self, slot: u64) -> B256 {
        self.view(self.oracle, marksRootCall { slot })
    }

    /// The oracle's EIP-712 domain.
    pub fn oracle_domain(&self) -> Domain {
        Domain::oracle(self.node.chain_id(), self.oracle)
    }
}

/// A message without prices.
pub fn report(slot: u64, root: B256) -> SlotReport {
    SlotReport { slot, feeds: vec![], prices: vec![], confidences: vec![], marksRoot: root }
}

/// The reporter at a place signs for an oracle.
pub fn sign_report(domain: Domain, place: u8, message: &SlotReport) -> [u8; 64] {
    REPORTERS[usize::from(place)].sign(domain.slot(message))
}

impl Prank<'_> {
    /// Signed by those who say something, and posted to the oracle alone.
    pub fn submit(self, rounds: Vec<Round>) -> Outcome<submitCall> {
        let slot = self.world.signed_slot(&rounds, B256::ZERO);
        self.submit_signed(&slot)
    }

    /// Posted to the oracle alone, whether or not its signatures are good.
    pub fn submit_signed(self, slot: &SignedSlot) -> Outcome<submitCall> {
        let data = [&submitCall::SELECTOR[..], &slot.encode().expect("a slot fits its fields")].concat();
        let oracle = self.world.oracle;
        self.send_raw(oracle, data)
    }

    /// Posted through the registry, which follows for the assets of these bits.
    pub fn submit_and_sync(self, slot: &SignedSlot, assets: u16) -> Outcome<submitAndSyncCall> {
        let packed = slot.encode_and_sync(assets).expect("a slot fits its fields");
        let registry = self.world.registry;
        self.send_raw(registry, [&submitAndSyncCall::SELECTOR[..], &packed].concat())
    }
}

impl<C: SolCall> Outcome<C> {
    /// It succeeded, and this is the slot's round of the feed from here on.
    #[track_caller]
    pub fn expect_round(self, feed: B256, round: abi::oracle::Round) -> Self {
        assert!(!self.reverted, "{} reverted: {}", C::SIGNATURE, self.revert());
        let taken = taken(&self.logs);
        let kept: Vec<_> = taken.rounds().filter(|(kept, _)| *kept == feed).collect();
        assert_eq!(kept, [(feed, &round)]);
        self
    }
}

/// What the one `SlotTaken` among the logs says.
#[track_caller]
pub fn taken(logs: &[alloy::primitives::Log]) -> TakenSlot {
    let told: Vec<_> = logs.iter().filter_map(|log| SlotTaken::decode_log(log).ok()).collect();
    assert_eq!(told.len(), 1, "one event says it all");
    let taken = TakenSlot::decode(&told[0].taken).expect("it can be read");
    assert_eq!(taken.reports.slot, told[0].slot);
    taken
}
