//! A book that is stated with another requirement than the kernel's, and what a dispute of it shows.
use crate::actors::*;
use crate::books::options_at;
use crate::examiner::reveal;
use crate::outcome::Outcome;
use crate::tokens::usd;
use crate::verifier::{figures, pack};
use crate::world::{Prank, World};
use abi::escrow::MarginEscrow::{closeDisputeCall, disputeCall, disputeOfCall, revealPortfolioCall, ruleDisputeCall};
use abi::escrow::{Agreement, DisputeRuling, DisputeState, subject};
use abi::packed::{Examination, mark_leaves};
use abi::{SLOT_SECONDS, merkle};
use alloy::primitives::{B256, I256};
use alloy::sol_types::{SolCall, SolValue};
use risk::{
    Book, Cash, Expiry, Instrument, Mark, Marks, Parameters, Ppm, Price, Quantity, Right, Underlying, Vol, VolMark,
    book_root,
};

/// The key of the account's salts.
pub const KEY: B256 = B256::repeat_byte(7);
/// 1e-8 USD.
const DOLLAR: u64 = 100_000_000;
/// Of a valuation's factor.
const FACTOR: u128 = 1_000_000_000;

/// What an account holds at a slot, and what the kernel requires for it.
pub struct Stated {
    /// Its positions and cash.
    pub book: Book,
    /// All that has a mark in the slot.
    pub listed: Book,
    /// Of that slot.
    pub marks: Marks,
    /// Of the statement.
    pub slot: u64,
    /// The kernel's, micro-USD.
    pub requirement: u64,
    /// The kernel's variation, micro-USD.
    pub level: i64,
}

impl Stated {
    /// A perpetual, a future and two options on BTC, at the marks of a slot.
    pub fn at(slot: u64) -> Self {
        let (listed, _) = market(slot * SLOT_SECONDS, 0);
        let book = Book::from_positions(listed.positions().take(4)).expect("positions of a book");
        Self::of(bought_at_marks(book, slot), slot, 0)
    }

    /// A book at the marks of a slot in which BTC stands so many dollars higher.
    pub fn of(book: Book, slot: u64, rise: u64) -> Self {
        let (listed, marks) = market(slot * SLOT_SECONDS, rise);
        Self::from(book, listed, marks, slot)
    }

    /// So many options, and nothing else has a mark.
    pub fn options(count: u64, slot: u64) -> Self {
        let (book, marks) = options_at(count, slot * SLOT_SECONDS);
        Self::from(book.clone(), book, marks, slot)
    }

    fn from(book: Book, listed: Book, marks: Marks, slot: u64) -> Self {
        let (requirement, _, level) = figures(&book, &marks, &Parameters::default());
        Self { requirement, level, book, listed, marks, slot }
    }

    /// Of the book, under [`KEY`].
    pub fn root(&self) -> B256 {
        book_root(&self.book, KEY)
    }

    /// Of all that has a mark.
    pub fn marks_root(&self) -> B256 {
        merkle::root(&mark_leaves(&pack(&self.listed, &self.marks, &Parameters::default())))
    }

    /// What the pledgor shows.
    pub fn reveal(&self) -> Examination {
        reveal(&self.book, &self.listed, &self.marks, &Parameters::default(), KEY)
    }
}

/// A book with the cash of fills at a slot's marks: its variation is nothing then.
pub fn bought_at_marks(book: Book, slot: u64) -> Book {
    let (_, marks) = market(slot * SLOT_SECONDS, 0);
    let worth = |held: risk::Position| {
        i128::from(held.quantity.raw()) * i128::from(marks.price(&held.instrument).expect("a mark").raw())
    };
    let cash = -book.positions().map(worth).sum::<i128>();
    book.with_cash(Cash::from_raw(cash))
}

/// Six positions with their marks.
fn market(as_of: u64, rise: u64) -> (Book, Marks) {
    let at = |price: u64| Mark::new(Price::from_raw((price + rise) * DOLLAR), Ppm::ONE).expect("a price");
    let mut marks = Marks::new(as_of, Price::from_raw(DOLLAR)).expect("a price");
    marks.set_spot(Underlying::BTC, at(110_000));
    marks.set_mark(Instrument::perpetual(Underlying::BTC), at(110_010));
    // The same for some weeks, one to two months ahead.
    let expiry = Expiry::from_day((as_of / 86_400 / 30 + 2) * 30).expect("a day");
    marks.set_mark(Instrument::future(Underlying::BTC, expiry), at(110_500));
    let mut instruments = vec![Instrument::perpetual(Underlying::BTC), Instrument::future(Underlying::BTC, expiry)];
    for (strike, right) in [(90_000, Right::Put), (100_000, Right::Put), (120_000, Right::Call), (130_000, Right::Call)]
    {
        let strike = Price::from_raw(strike * DOLLAR);
        let option = Instrument::option(Underlying::BTC, expiry, strike, right).expect("a strike");
        marks.set_vol(option, VolMark::new(Vol::from_raw(450_000_000_000), Ppm::ONE).expect("a volatility"));
        instruments.push(option);
    }
    let mut book = Book::new();
    for (place, instrument) in instruments.iter().enumerate() {
        let quantity = Quantity::from_raw(40_000_000 * (place as i64 % 3 - 1) + 70_000_000);
        book.apply(instrument, quantity).expect("a small quantity");
    }
    (book, marks)
}

/// A number as the `found` of a ruling.
pub fn number(number: impl Into<i128>) -> B256 {
    I256::try_from(number.into()).expect("a small number").into_raw().into()
}

impl World {
    /// The desk holds a book by a fill, and the agent states `too_much` micro-USD more than the kernel requires and `short`
    /// more than it has posted: a claim is open. The slot's marks are committed where `committed`.
    pub fn make_disputable(&self, desk: Actor, too_much: u64, committed: bool) -> Stated {
        let other = if desk == BOB { ALICE } else { BOB };
        let root = Stated::at(self.slot()).root();
        let bundle = self.draft(&[(desk, usd(1)), (other, usd(1))]).fill(desk, other);
        let bundle = bundle.with(|draft| draft.statement(desk).newRoot = root).sign();
        let held = Stated::at(self.slot()).book;
        self.prank(RELAYER).settle(&bundle).ok();
        self.pass(10);
        let stated = Stated::of(held, self.slot(), 0);
        self.release_to(desk, stated.requirement);
        let set = self.draft_mark(&[(desk, stated.requirement + too_much)]).sign_mark();
        self.prank(RELAYER).mark(&set).ok();
        if committed {
            self.send_marks(&self.marks(stated.slot, stated.marks_root(), &[0, 1, 2])).ok();
        }
        stated
    }

    /// The desk takes out of its USDC what it does not need for `requirement` micro-USD.
    fn release_to(&self, desk: Actor, requirement: u64) {
        let set = self.draft_mark(&[(desk, requirement)]).sign_mark();
        self.prank(RELAYER).mark(&set).ok();
        let (lots, factor) = (self.balance(desk, self.usdc).lots, self.valuation(self.usdc).factor);
        let value = (u128::from(lots) * u128::from(factor) / FACTOR) as u64;
        let others = self.state(desk).posted - value.min(requirement);
        let needed = (u128::from(requirement - others) * FACTOR).div_ceil(factor.into()) as u64;
        let amount = self.usdc.units(lots - needed);
        let release = self.release_instruction(desk, self.usdc, amount, 77);
        self.prank(desk).execute_own(release).ok();
    }

    /// A new account of the desk with a house of two agents; it disputes 800 of 2,000 USD that it is stated with.
    pub fn dispute_before_two_agents(&self, desk: Actor) {
        let terms = Agreement { secondAgent: SECOND_AGENT.address(), ..self.agreement(desk) };
        self.join(desk, terms);
        self.use_house_of(desk);
        self.stock(desk, self.usdc, self.usdc.whole(2_000));
        self.post_margin(desk, self.usdc, self.usdc.whole(1_000));
        let draft = self.draft_mark(&[(desk, usd(2_000))]).with(|draft| draft.second_agent = Some(SECOND_AGENT));
        self.prank(RELAYER).mark(&draft.sign_mark()).ok();
        self.prank(desk).dispute(desk, subject::REQUIREMENT, usd(800)).ok();
    }

    /// The desk's dispute as the escrow shows it; `open` is false where it has none.
    pub fn dispute(&self, desk: Actor) -> DisputeState {
        self.view(self.escrow, disputeOfCall { account: self.account(desk) })
    }

    /// The second agent's word.
    pub fn ruling(&self, desk: Actor, requirement: u64) -> DisputeRuling {
        self.ruling_of(desk, number(requirement))
    }

    /// Of what is disputed, whatever it is.
    pub fn ruling_of(&self, desk: Actor, found: B256) -> DisputeRuling {
        let DisputeState { dispute, subject, .. } = self.dispute(desk);
        DisputeRuling { account: self.account(desk), dispute, subject, found, validUntil: self.now() + 600 }
    }

    /// What ties the desk's last book to its history, and the book itself: what a dispute of a figure shows.
    pub fn evidence(&self, desk: Actor, shown: &Examination) -> Vec<u8> {
        let last = self.changes(desk).pop().expect("a book that changed");
        [last.previous.as_slice(), last.digest.as_slice(), &shown.encode().expect("the book fits its fields")].concat()
    }
}

impl Prank<'_> {
    /// Of whatever figure stands.
    pub fn dispute(self, desk: Actor, subject: u8, amount: u64) -> Outcome<disputeCall> {
        self.dispute_stated(desk, subject, amount, B256::ZERO)
    }

    /// Of this figure and no other.
    pub fn dispute_stated(self, desk: Actor, subject: u8, amount: u64, stated: B256) -> Outcome<disputeCall> {
        let account = self.world.account(desk);
        self.escrow(disputeCall { account, subject, amount, stated })
    }

    /// Shows the kernel the book of the last statement, with what ties it to its history.
    pub fn reveal_portfolio(self, desk: Actor, shown: &Examination) -> Outcome<revealPortfolioCall> {
        let evidence = self.world.evidence(desk, shown);
        self.reveal_packed(desk, &evidence)
    }

    /// Evidence as it is, well formed or not.
    pub fn reveal_packed(self, desk: Actor, evidence: &[u8]) -> Outcome<revealPortfolioCall> {
        let (account, escrow) = (self.world.account(desk).abi_encode(), self.world.escrow);
        self.send_raw(escrow, [&revealPortfolioCall::SELECTOR[..], &account, evidence].concat())
    }

    /// Carries a ruling signed by anybody, the second agent or not.
    pub fn rule_dispute(self, ruling: DisputeRuling, by: Actor) -> Outcome<ruleDisputeCall> {
        let signature = by.sign(self.world.domain().ruling(&ruling)).to_vec().into();
        self.escrow(ruleDisputeCall { ruling, signature })
    }

    /// Ends the desk's dispute, where its ruling's time is over.
    pub fn close_dispute(self, desk: Actor) -> Outcome<closeDisputeCall> {
        let account = self.world.account(desk);
        self.escrow(closeDisputeCall { account })
    }
}
