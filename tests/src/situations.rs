//! Situations that many tests start from.
use crate::actors::*;
use crate::hostile::{self, Trick};
use crate::outcome::Outcome;
use crate::tokens::{Token, usd};
use crate::world::{Prank, World};
use abi::escrow::Agreement;
use abi::escrow::MarginEscrow::{enforceHouseCall, withdrawHouseCall};
use abi::registry::EligibilityRegistry::{setGuardianCall, setPauserCall, syncCall};
use alloy::primitives::{U256, keccak256};
use alloy::sol_types::SolValue;

impl World {
    /// The governor names guardian and pauser.
    pub fn appoint(&self) {
        self.prank(GOVERNOR).registry(setGuardianCall { guardian: GUARDIAN.address() }).ok();
        self.prank(GOVERNOR).registry(setPauserCall { pauser: PAUSER.address() }).ok();
    }

    /// A mark that raises the requirement above what the desk has posted: a claim is open.
    pub fn make_short(&self, desk: Actor, requirement: u64) {
        let set = self.draft_mark(&[(desk, requirement)]).sign_mark();
        self.prank(RELAYER).mark(&set).ok();
        assert!(self.claim(desk).open, "{} is not short at {requirement}", desk.0);
    }

    /// A mark that debits `owed` more than the settlement tokens the desk holds: it holds none and owes that much.
    pub fn make_owing(&self, desk: Actor, owed: u64) {
        let debit = self.balance(desk, self.usdc).lots + owed;
        let requirement = self.state(desk).requirement;
        let set = self.draft_mark(&[(desk, requirement)]).variation(desk, -(debit as i64)).sign_mark();
        self.prank(RELAYER).mark(&set).ok();
        assert_eq!(self.claim(desk).owed, owed);
    }

    /// The house holds no more than it owes.
    pub fn drain_house(&self) {
        self.try_drain_house().ok();
    }

    /// The same, which an impaired token may refuse.
    pub fn try_drain_house(&self) -> Outcome<withdrawHouseCall> {
        let house = self.house_state();
        self.prank(HOUSE).withdraw_house(self.usdc.units(house.balance.saturating_sub(house.owed)))
    }

    /// What the house owes the desk passes its deadline.
    pub fn default_house(&self, desk: Actor) {
        self.drain_house();
        let set = self.draft_mark(&[(desk, 0)]).variation(desk, usd(30_000) as i64).sign_mark();
        self.prank(RELAYER).mark(&set).ok();
        self.pass(3_601);
        self.prank(desk).escrow(enforceHouseCall { account: self.account(desk) }).ok();
    }

    /// An account with the rival house; the world's own house stays the first.
    pub fn open_rival(&self, desk: Actor) -> u32 {
        let terms =
            Agreement { securedParty: RIVAL_HOUSE.address(), agent: RIVAL_AGENT.address(), ..self.agreement(desk) };
        self.open_account(desk, terms);
        self.state(desk).house
    }

    /// An account with the first house's parties, and a mandate like the others'.
    pub fn join(&self, desk: Actor, terms: Agreement) -> u64 {
        let account = self.open_account(desk, terms);
        let mandate = self.mandate_for(desk, u64::MAX);
        self.register(desk, mandate);
        account
    }

    /// The round of the present slot for one token alone.
    pub fn post_only(&self, token: Token) {
        let (price, slot, registry) = (self.facts.borrow().prices[&token.feed], self.slot(), self.registry);
        let round = self.round(token.feed, slot, &[price; 5]);
        self.prank(RELAYER).submit(vec![round]).ok();
        self.prank(RELAYER).send(registry, syncCall { slot, assets: token.bit() }).ok();
    }

    /// The issuer of `token` loses three points of price: new pledges of it are stressed from the second slot on.
    pub fn stress(&self, token: Token, price: u64) {
        for _ in 0..2 {
            self.warp(10);
            self.post(&[(token.feed, price)]);
        }
        let valuation = self.valuation(token);
        assert!(valuation.factorNew < valuation.factor, "not stressed: {valuation:?}");
    }

    /// A listed token turns hostile; its books start again from what the escrow holds.
    pub fn turn(&self, token: Token, trick: &Trick) {
        let held = self.wallet(self.escrow, token);
        self.node.set_code(token.address, &hostile::code(trick));
        self.node.set_storage(token.address, U256::from_be_slice(self.escrow.as_slice()), held);
    }

    /// The issuer of a token takes units from the escrow, without an event as a rebase does.
    pub fn take(&self, token: Token, units: U256) {
        let held = self.wallet(self.escrow, token) - units;
        // OpenZeppelin's `ERC20` keeps balances in its first slot.
        let slot = keccak256((self.escrow, U256::ZERO).abi_encode());
        self.node.set_storage(token.address, slot.into(), held);
        assert_eq!(self.wallet(self.escrow, token), held);
    }

    /// All contracts have a place in the program cache, as on a chain where somebody bid for it.
    pub fn cache_programs(&self) {
        for program in [self.oracle, self.registry, self.escrow].into_iter().chain(self.programs.all()) {
            self.node.cache_program(GOVERNOR.address(), program);
        }
    }

    /// All accounts hold a requirement, so that `usd` of each is bound.
    pub fn trade_all(&self, dollars: u64) {
        let requirements = DESKS.map(|desk| (desk, usd(dollars)));
        let bundle = self.draft(&requirements).fill(ALICE, BOB).fill(BOB, CAROL).sign();
        self.prank(RELAYER).settle(&bundle).ok();
    }
}

impl Prank<'_> {
    /// The caller is the pledgor and needs no signature.
    pub fn execute_own(
        self,
        instruction: abi::escrow::CollateralInstruction,
    ) -> crate::Outcome<abi::escrow::MarginEscrow::executeCall> {
        self.execute(instruction, Vec::new())
    }
}
