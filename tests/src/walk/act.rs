//! The actions of a random walk. Each is sensible most of the time, and nonsense now and then.
use super::Walk;
use super::checks::Before;
use crate::actors::*;
use crate::draft::Draft;
use crate::market::ONE;
use crate::successor::Mood;
use crate::tokens::{Token, usd};
use crate::{Outcome, price};
use abi::escrow::MarginEscrow::{cancelClaimCall, enforceCall, enforceHouseCall, issueClaimCall, recallCall};
use abi::escrow::{CollateralInstruction, Mandate, SILENCE_SECONDS, action};
use abi::registry::EligibilityRegistry::acceptedByCall;
use alloy::primitives::{Address, U256};
use alloy::sol_types::{SolCall, SolStruct};
use rand::Rng;

pub(super) const TAKEN: &str = "taken";

/// A transaction, and whether the chain took it.
pub(super) struct Step {
    pub(super) name: &'static str,
    pub(super) ok: bool,
}

impl Walk {
    /// Somebody does something.
    pub(super) fn act(&mut self) -> Step {
        if let Some(step) = self.restart() {
            return step;
        }
        if let Some(step) = self.recover() {
            return step;
        }
        match self.rng.random_range(0..127) {
            0..18 => self.settle(),
            18..20 => self.lifecycle(),
            20..38 => self.mark(),
            38..46 => self.pass(),
            46..51 => self.move_prices(),
            51..56 => self.pledge(),
            56..60 => self.claims_call(),
            60..62 => self.transfer(),
            62..64 => self.recall(),
            64..67 => self.pledge_from_inventory(),
            67..74 => self.release(),
            74..80 => self.substitute(),
            80..84 => self.deposit(),
            84..88 => self.withdraw(),
            88..91 => self.fund_house(),
            91..94 => self.withdraw_house(),
            94..97 => self.pay_house_claim(),
            97..99 => self.mandate(),
            99 => self.revoke(),
            100 => self.lapse(),
            101 => self.open_account(),
            102..109 => self.dispute(),
            109..111 => self.issuer(),
            111..115 => self.outage(),
            115 => self.migrate(),
            116 => self.release_with_consent(),
            117..121 => self.orders(),
            _ => self.govern(),
        }
    }

    pub(super) fn did<C: SolCall>(&mut self, name: &'static str, outcome: Outcome<C>) -> Step {
        let ok = !outcome.reverted();
        let result = if ok { TAKEN.to_owned() } else { outcome.revert().to_string() };
        outcome.ignore();
        self.note(name, &result);
        Step { name, ok }
    }

    pub(super) fn note(&mut self, name: &'static str, result: &str) {
        self.steps.push(format!("{name}: {result}"));
        let kind = result.split('(').next().unwrap_or(result).to_owned();
        *self.tally.entry((name, kind)).or_default() += 1;
    }

    fn requirements(&mut self, least: usize) -> Vec<(Actor, u64)> {
        let count = self.rng.random_range(least..=DESKS.len());
        let first = self.rng.random_range(0..DESKS.len());
        let desks = (0..count).map(|at| DESKS[(first + at) % DESKS.len()]);
        desks.map(|desk| (desk, self.requirement(desk))).collect()
    }

    fn requirement(&mut self, desk: Actor) -> u64 {
        match self.rng.random_range(0..10) {
            0 => 0,
            1..4 => self.w.state(desk).requirement,
            4 => self.rng.random_range(0..usd(600_000)),
            5 => self.rng.random_range(0..usd(180_000)),
            _ => {
                self.w.state(desk).requirement * self.rng.random_range(70..100) / 100
                    + self.rng.random_range(0..usd(20_000))
            }
        }
    }

    fn vary(&mut self, mut draft: Draft, desks: &[(Actor, u64)], from_fills: bool) -> Draft {
        for (desk, _) in desks {
            let most: i64 = if self.chance(if from_fills { 2 } else { 10 }) { 260_000_000_000 } else { 9_000_000_000 };
            let amount = self.rng.random_range(-most..=most);
            match self.rng.random_range(0..4) {
                0 => {}
                1 if from_fills => draft = draft.fill_variation(*desk, amount / 10),
                _ => draft = draft.variation(*desk, amount),
            }
        }
        draft
    }

    fn settle(&mut self) -> Step {
        if self.chance(80) {
            self.fresh_prices();
        }
        let requirements = self.requirements(2);
        let draft = self.w.draft(&requirements);
        let mut draft = self.vary(draft, &requirements, true);
        for _ in 0..self.rng.random_range(1..4) {
            let buyer = self.rng.random_range(0..requirements.len());
            let away = if self.chance(3) { 0 } else { self.rng.random_range(1..requirements.len()) };
            let seller = (buyer + away) % requirements.len();
            draft = draft.fill(requirements[buyer].0, requirements[seller].0);
        }
        if self.chance(40) {
            let (desk, token) = (self.pick(&requirements).0, self.token());
            draft = draft.top_up(desk, token.index, self.rng.random_range(0..usd(20_000)));
        }
        let draft = if self.chance(20) { self.grouped(draft) } else { draft };
        let draft = self.spoil(draft);
        let bundle = draft.sign();
        let again = self.chance(10).then(|| bundle.clone());
        let outcome = self.w.prank(RELAYER).settle(&bundle);
        let step = self.did("settle", outcome);
        if let Some(bundle) = again {
            assert!(self.w.prank(STRANGER).settle(&bundle).reverted(), "a bundle was taken twice");
        }
        step
    }

    /// The fills as a group, whose number is mostly right.
    fn grouped(&mut self, draft: Draft) -> Draft {
        let legs = self.rng.random_range(1..4);
        draft.with(|d| d.batches[0].fills.iter_mut().for_each(|fill| fill.group = legs << 8))
    }

    /// Something else than fills.
    fn lifecycle(&mut self) -> Step {
        self.fresh_prices();
        let requirements = self.requirements(2);
        let draft = self.w.draft(&requirements);
        let cause = self.rng.random_range(1..6);
        let draft = self.vary(draft, &requirements, false).lifecycle(cause);
        let bundle = self.spoil(draft).sign();
        let outcome = self.w.prank(RELAYER).settle(&bundle);
        self.did("lifecycle", outcome)
    }

    /// A fill that nobody settled, mostly after its time.
    fn lapse(&mut self) -> Step {
        let requirements = self.requirements(2);
        let draft = self.w.draft(&requirements).fill(requirements[0].0, requirements[1].0);
        let draft = self.spoil(draft);
        let late = self.chance(80);
        self.w.warp(if late { 31 } else { 0 });
        let outcome = self.w.prank(STRANGER).lapse(&draft.sign_lapse());
        let step = self.did("lapse", outcome);
        assert!(late || !step.ok, "a fill lapsed before its time");
        assert!(!step.ok || self.w.prank(RELAYER).settle(&draft.sign()).reverted(), "a lapsed fill settled");
        step
    }

    fn mark(&mut self) -> Step {
        let requirements = self.requirements(1);
        let draft = self.w.draft_mark(&requirements);
        let draft = self.vary(draft, &requirements, false);
        let set = self.spoil(draft).sign_mark();
        let outcome = self.w.prank(RELAYER).mark(&set);
        self.did("mark", outcome)
    }

    /// Now and then something is wrong with what was signed.
    fn spoil(&mut self, draft: Draft) -> Draft {
        let kind = self.rng.random_range(0..60);
        draft.with(|d| match kind {
            0 => d.agent = STRANGER,
            1 => d.venue_key = STRANGER,
            2 => d.set.asOf += 1,
            3 => d.set.slot -= 7,
            4 => d.set.houseCumulativeVariation += 1,
            5 => d.set.statements[0].sequence += 1,
            6 => d.set.statements[0].newRoot = alloy::primitives::B256::repeat_byte(6),
            _ => {}
        })
    }

    pub(super) fn pass(&mut self) -> Step {
        let seconds = match self.rng.random_range(0..10) {
            0 => self.rng.random_range(0..100_000),
            1..3 => self.rng.random_range(0..4_000),
            _ => self.rng.random_range(0..90),
        };
        self.w.warp(seconds);
        if self.chance(80) {
            self.fresh_prices();
        }
        self.steps.push(format!("{seconds} seconds"));
        self.note("pass", TAKEN);
        Step { name: "pass", ok: true }
    }

    fn move_prices(&mut self) -> Step {
        self.w.warp(10);
        let token = self.token();
        let new = if self.chance(30) { ONE } else { price(self.rng.random_range(8_500..10_200)) };
        self.w.post(&[(token.feed, new)]);
        self.steps.push(format!("asset {} trades at {new}", token.index));
        self.note("post", TAKEN);
        Step { name: "post", ok: true }
    }

    /// Prices of the present slot, if nobody has posted them. The call that follows is held against what they make of each account.
    pub(super) fn fresh_prices(&mut self) {
        if !self.posted_now() {
            self.w.post(&[]);
            self.before = Before::of(&self.w);
        }
    }

    fn posted_now(&self) -> bool {
        self.w.haircut(self.w.usdc).slot >= self.w.slot()
    }

    pub(super) fn token(&mut self) -> Token {
        let tokens = self.w.tokens();
        self.pick(&tokens)
    }

    /// Mostly whole cents, sometimes single lots, sometimes dust.
    fn amount(&mut self, token: Token, most: u64) -> U256 {
        let lots = self.rng.random_range(0..=most);
        match self.rng.random_range(0..12) {
            0 => token.units(lots),
            1 => token.units(lots) + U256::from(1),
            _ => token.units(lots / 10_000 * 10_000),
        }
    }

    fn pledge(&mut self) -> Step {
        let (desk, token, payer) = (self.desk(), self.token(), self.pick(&[ALICE, BOB, CAROL, STRANGER]));
        let amount = self.amount(token, usd(60_000));
        self.w.deal(token, payer, amount);
        let outcome = self.w.prank(payer).pledge(desk, token, amount);
        let step = self.did("pledge", outcome);
        assert!(!step.ok || !self.w.valuation(token).suspended, "a pledge of a suspended asset");
        step
    }

    fn pledge_from_inventory(&mut self) -> Step {
        let (desk, token, nonce) = (self.desk(), self.token(), self.fresh_nonce());
        let amount = self.amount(token, usd(30_000));
        let instruction = self.w.pledge_instruction(desk, token, amount, nonce);
        self.execute("pledge from inventory", desk, instruction)
    }

    fn release(&mut self) -> Step {
        let (desk, token, nonce) = (self.desk(), self.token(), self.fresh_nonce());
        let amount = self.amount(token, usd(60_000));
        let to = if self.chance(50) { Address::ZERO } else { desk.address() };
        let instruction = CollateralInstruction { to, ..self.w.release_instruction(desk, token, amount, nonce) };
        self.execute("release", desk, instruction)
    }

    /// With the secured party's word, mostly after a day in which the agents said nothing.
    fn release_with_consent(&mut self) -> Step {
        let (desk, token, nonce) = (self.desk(), self.token(), self.fresh_nonce());
        let amount = self.amount(token, usd(30_000));
        if self.chance(80) {
            self.w.warp(SILENCE_SECONDS + 1);
            self.fresh_prices();
        }
        let instruction = self.w.release_instruction(desk, token, amount, nonce);
        let silent = self.w.state(desk).asOf < self.w.now() - SILENCE_SECONDS;
        let securer = if self.chance(85) { HOUSE } else { AGENT };
        let signed = [desk, securer].map(|signer| self.w.sign_instruction(signer, &instruction));
        let [signature, consent] = signed;
        let outcome = self.w.prank(RELAYER).execute_with_consent(instruction, signature, consent);
        let step = self.did("release with consent", outcome);
        assert!(securer == HOUSE && silent || !step.ok, "collateral left without the secured party's word");
        step
    }

    fn substitute(&mut self) -> Step {
        let (desk, nonce) = (self.desk(), self.fresh_nonce());
        let (one, other) = (self.token(), self.token());
        let (most, less) = (self.rng.random_range(1..usd(60_000)), self.rng.random_range(20..101));
        let (amount_in, amount_out) = (self.amount(one, most), self.amount(other, most * less / 100));
        let instruction = self.w.substitution(desk, (one, amount_in), (other, amount_out), nonce);
        self.execute("substitution", desk, instruction)
    }

    /// Signed by the desk and carried by anyone, or sent by the desk; now and then by somebody else.
    fn execute(&mut self, name: &'static str, desk: Actor, instruction: CollateralInstruction) -> Step {
        let signer = if self.chance(8) { STRANGER } else { desk };
        let signature = self.w.sign_instruction(signer, &instruction);
        let outcome = match self.rng.random_range(0..3) {
            0 => self.w.prank(signer).execute_own(instruction),
            _ => self.w.prank(RELAYER).execute(instruction, signature),
        };
        let step = self.did(name, outcome);
        assert!(signer == desk || !step.ok, "a stranger moved {}'s collateral", desk.0);
        step
    }

    fn deposit(&mut self) -> Step {
        let (holder, token) = (self.pick(&[ALICE, BOB, CAROL, STRANGER]), self.token());
        let amount = self.amount(token, usd(60_000));
        self.w.deal(token, holder, amount);
        let outcome = self.w.prank(holder).deposit(token, amount);
        self.did("deposit", outcome)
    }

    fn withdraw(&mut self) -> Step {
        let (holder, token) = (self.pick(&[ALICE, BOB, CAROL, STRANGER]), self.token());
        let amount = self.amount(token, usd(60_000));
        let outcome = self.w.prank(holder).withdraw(token, amount);
        self.did("withdraw", outcome)
    }

    fn fund_house(&mut self) -> Step {
        let payer = self.pick(&[HOUSE, STRANGER]);
        let amount = self.amount(self.w.usdc, usd(200_000));
        self.w.deal(self.w.usdc, payer, amount);
        let outcome = self.w.prank(payer).fund_house(amount);
        self.did("fund house", outcome)
    }

    fn withdraw_house(&mut self) -> Step {
        let caller = if self.chance(90) { HOUSE } else { AGENT };
        let held = self.w.house_state().balance;
        let amount = self.amount(self.w.usdc, held.saturating_add(usd(1)));
        let outcome = self.w.prank(caller).withdraw_house(amount);
        let step = self.did("withdraw house", outcome);
        assert!(caller == HOUSE || !step.ok, "the agent took the house's money");
        step
    }

    fn pay_house_claim(&mut self) -> Step {
        let desk = self.desk();
        let outcome = self.w.prank(STRANGER).pay_house_claim(desk);
        self.did("pay house claim", outcome)
    }

    /// Issue, enforce or give up a claim, by anybody.
    fn claims_call(&mut self) -> Step {
        let (desk, caller) = (self.desk(), self.pick(&[HOUSE, STRANGER]));
        let account = self.w.account(desk);
        match self.rng.random_range(0..8) {
            0..3 => {
                let outcome = self.w.prank(caller).escrow(issueClaimCall { account });
                self.did("issue claim", outcome)
            }
            3..5 => {
                if self.chance(80) {
                    self.miss_claim(desk);
                }
                let due = self.due(desk);
                let outcome = self.w.prank(caller).escrow(enforceCall { account });
                let step = self.did("enforce", outcome);
                assert!(!step.ok || self.w.now() > due, "{} was enforced before {due}", desk.0);
                step
            }
            5 => {
                if self.chance(80) {
                    self.miss_house_claim(desk);
                }
                let outcome = self.w.prank(caller).escrow(enforceHouseCall { account });
                self.did("enforce house", outcome)
            }
            _ => {
                if self.chance(60) {
                    self.be_short(desk);
                }
                let outcome = self.w.prank(caller).escrow(cancelClaimCall { account });
                let step = self.did("cancel claim", outcome);
                assert!(caller == HOUSE || !step.ok, "a stranger gave up a claim");
                step
            }
        }
    }

    /// The deadline of the claim on the desk, with what outages add to it.
    fn due(&self, desk: Actor) -> u64 {
        let deadline = self.w.claim(desk).first.deadline;
        deadline + self.w.grace(deadline.saturating_sub(3_600), self.w.now())
    }

    /// There is a claim on the desk.
    pub(super) fn be_short(&mut self, desk: Actor) {
        if !self.w.claim(desk).open {
            let requirement = self.w.state(desk).posted.max(usd(1_000)) + usd(300_000);
            self.mark_at(desk, requirement, 0);
        }
    }

    /// The claim on the desk, made where there is none, passes its deadline; then a mark.
    fn miss_claim(&mut self, desk: Actor) {
        self.be_short(desk);
        self.miss(self.w.claim(desk).first.deadline);
        self.mark_at(desk, self.w.state(desk).requirement, 0);
    }

    /// The same of what the house owes the desk.
    fn miss_house_claim(&mut self, desk: Actor) {
        if self.w.state(desk).houseOwes == 0 {
            self.w.try_drain_house().ignore();
            self.mark_at(desk, self.w.state(desk).requirement, 1_000_000_000);
        }
        self.miss(self.w.now() + 3_600);
    }

    /// A deadline passes.
    fn miss(&mut self, deadline: u64) {
        let seconds = (deadline + 1).saturating_sub(self.w.now());
        if seconds < 100_000 {
            self.w.warp(seconds);
            self.fresh_prices();
        }
    }

    /// A mark with prices of now; what it changes is not the step's.
    pub(super) fn mark_at(&mut self, desk: Actor, requirement: u64, variation: i64) {
        self.fresh_prices();
        let set = self.w.draft_mark(&[(desk, requirement)]).variation(desk, variation).sign_mark();
        self.w.prank(RELAYER).mark(&set).ignore();
        self.before = Before::of(&self.w);
    }

    /// To the desk's own second account, opened for it, or to another desk's, which never works.
    fn transfer(&mut self) -> Step {
        let (desk, other, token, nonce) = (self.desk(), self.desk(), self.token(), self.fresh_nonce());
        let amount = self.amount(token, usd(5_000));
        let release = self.w.release_instruction(desk, token, amount, nonce);
        let own = self.chance(70);
        let to = if own { self.second_account(desk) } else { self.w.account(other) };
        if own && self.chance(70) {
            self.mark_at(desk, self.w.state(desk).requirement, 0);
        }
        let instruction = CollateralInstruction { action: action::TRANSFER, toAccount: to, ..release };
        let step = self.execute("transfer", desk, instruction);
        assert!(own || !step.ok, "{}'s collateral went to {}", desk.0, other.0);
        step
    }

    /// The desk keeps its name for the first.
    fn second_account(&mut self, desk: Actor) -> u64 {
        let first = self.w.account(desk);
        let terms =
            abi::escrow::Agreement { documentHash: self.rng.random::<[u8; 32]>().into(), ..self.w.agreement(desk) };
        let second = self.w.open_account(desk, terms);
        self.w.facts.borrow_mut().accounts.insert(desk, first);
        second
    }

    fn recall(&mut self) -> Step {
        let (desk, token) = (self.desk(), self.token());
        let caller = if self.chance(80) { HOUSE } else { desk };
        let at = if self.chance(20) { 0 } else { self.w.now() + self.rng.random_range(80_000..90_000) };
        let call = recallCall { account: self.w.account(desk), token: token.address, at };
        let outcome = self.w.prank(caller).escrow(call);
        let step = self.did("recall", outcome);
        assert!(caller == HOUSE || !step.ok, "{} recalled its own collateral", desk.0);
        step
    }

    fn mandate(&mut self) -> Step {
        let (desk, nonce) = (self.desk(), self.fresh_nonce());
        let cap = self.rng.random_range(0..usd(500_000));
        let mandate = Mandate { requirementCap: cap, ..self.w.mandate_for(desk, nonce) };
        let signature = self.w.sign_mandate(desk, &mandate);
        let accepted = self.w.view(self.w.registry, acceptedByCall { venue: mandate.venue });
        let limits = self.w.usdc.bit() | self.w.usde.bit();
        let outcome = self.w.prank(RELAYER).register_mandate(mandate, signature);
        let step = self.did("mandate", outcome);
        assert!(!step.ok || limits & !accepted == 0, "a mandate for what its venue refuses");
        step
    }

    fn revoke(&mut self) -> Step {
        let (desk, caller) = (self.desk(), self.desk());
        let outcome = self.w.prank(caller).revoke_mandate(desk, VENUE);
        let step = self.did("revoke", outcome);
        assert!(caller == desk || !step.ok, "{} revoked {}'s mandate", caller.0, desk.0);
        step
    }

    /// A second account of the desk's, opened for it, leaves; now and then somebody else signs.
    fn migrate(&mut self) -> Step {
        let (desk, nonce) = (self.desk(), self.fresh_nonce());
        let document = self.rng.random::<[u8; 32]>().into();
        let terms = abi::escrow::Agreement { documentHash: document, ..self.w.agreement(desk) };
        let first = self.w.account(desk);
        let account = self.w.open_account(desk, terms.clone());
        let token = self.token();
        let amount = token.whole(self.rng.random_range(0..100));
        self.w.deal(token, STRANGER, amount);
        self.w.prank(STRANGER).pledge(desk, token, amount).ignore();
        self.w.facts.borrow_mut().accounts.insert(desk, first);
        let mood = self.pick(&[Mood::Takes, Mood::Takes, Mood::CallsBack, Mood::AnswersOtherwise, Mood::Reverts]);
        let successor = self.w.successor(mood);
        self.w.admit(self.w.cash, successor, true);
        let migration = abi::escrow::Migration {
            account,
            agreementHash: terms.eip712_hash_struct(),
            ..self.w.migration(desk, successor, nonce)
        };
        let pledgor = if self.chance(85) { desk } else { self.pick(&[STRANGER, HOUSE]) };
        let secured = if self.chance(85) { HOUSE } else { self.pick(&[STRANGER, desk, AGENT]) };
        let (one, other) = (self.w.sign_migration(pledgor, &migration), self.w.sign_migration(secured, &migration));
        let caller = self.pick(&[desk, STRANGER]);
        let outcome = self.w.prank(caller).migrate(&migration, one.clone(), other.clone());
        let step = self.did("migrate", outcome);
        assert!((pledgor, secured) == (desk, HOUSE) || !step.ok, "an account left without a signature");
        assert!(!step.ok || self.w.prank(caller).migrate(&migration, one, other).reverted(), "it left twice");
        step
    }

    fn open_account(&mut self) -> Step {
        let terms = self.w.agreement(DAVE);
        let terms = abi::escrow::Agreement { threshold: usd(self.rng.random_range(0..4)), ..terms };
        let digest = self.w.domain().agreement(&terms);
        let (dave, house) = (DAVE.sign(digest).to_vec(), HOUSE.sign(digest).to_vec());
        let outcome = self.w.prank(RELAYER).open_account(terms, dave, house);
        self.did("open account", outcome)
    }
}
