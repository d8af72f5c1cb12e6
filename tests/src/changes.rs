//! A book through its statements, while prices move and fills come, and what a dispute of them shows.
use crate::actors::*;
use crate::disputes::{KEY, Stated};
use crate::outcome::Outcome;
use crate::tokens::usd;
use crate::world::{Prank, World};
use abi::escrow::MarginEscrow::{disputeStatementsCall, revealPortfolioCall, settleCall};
use abi::escrow::lifecycle;
use abi::packed::{Change, Following, Revaluation, ShownFill, terms_hash};
use abi::types::{Fill, FillTerms};
use alloy::primitives::B256;
use alloy::sol_types::SolCall;
use chain::reveal::{positions, revaluation};
use chain::statements;
use risk::{Book, Instrument, Quantity, Underlying, mark_variation};

/// 1e-8 USD in a USD, and 1e-8 BTC in a BTC.
const WHOLE: u64 = 100_000_000;

/// A fill of BTC perpetuals, in whole USD and hundredths of a BTC.
pub fn terms(hundredths: u64, price: u64) -> FillTerms {
    let instrument = Instrument::perpetual(Underlying::BTC).id();
    FillTerms { salt: B256::repeat_byte(5), instrument, quantity: hundredths * WHOLE / 100, price: price * WHOLE }
}

/// A book with what a fill brings the buyer.
pub fn bought(book: &Book, terms: &FillTerms) -> Book {
    let (instrument, quantity) = (Instrument::from_id(terms.instrument), Quantity::from_raw(terms.quantity as i64));
    let mut book = book.clone();
    book.apply(&instrument.expect("an instrument"), quantity).expect("a small quantity");
    book
}

/// What a book gains between two statements, micro-USD.
pub fn gained(book: &Book, before: &Stated, after: &Stated) -> i64 {
    mark_variation(book, &before.marks, &after.marks).expect("all marks are there").raw()
}

/// The evidence that a book was worth this before and that after.
pub fn revalued(before: &Stated, after: &Stated, following: Option<&Following>) -> Vec<u8> {
    packed(revaluation(Some(&before.reveal()), Some(&after.reveal()), following))
}

pub fn packed(shown: Option<Revaluation>) -> Vec<u8> {
    shown.and_then(|shown| shown.encode()).expect("everything fits its field")
}

impl World {
    /// The desk's statements from this sequence to its last, as its own software finds them on chain.
    pub fn change(&self, desk: Actor, first: u64) -> Change {
        let (events, account) = (self.events(), self.account(desk));
        let wanted = statements::transactions(&events, account, first);
        let of = |tx: &B256| events.iter().find(|recorded| recorded.tx == *tx).map(|recorded| recorded.block);
        let call = |tx: B256| Some((tx, self.node.calldata(of(&tx)?, tx)?));
        let calls = wanted.into_iter().filter_map(call).collect();
        statements::change(&events, account, first, &calls).expect("statements with their calldata")
    }

    /// The desk is stated with a book from nowhere, at marks that are committed; sequence of that statement.
    pub fn hold(&self, desk: Actor, stated: &Stated) -> u64 {
        let draft = self.draft(&[(desk, usd(1))]).lifecycle(lifecycle::PORTING);
        let bundle = draft.with(|draft| draft.statement(desk).newRoot = stated.root()).sign();
        self.prank(RELAYER).settle(&bundle).ok();
        self.commit(stated);
        self.state(desk).sequence
    }

    /// The desk is marked with this variation; sequence of that statement. Its marks are committed.
    pub fn vary(&self, desk: Actor, stated: &Stated, variation: i64) -> u64 {
        let requirement = self.state(desk).requirement;
        let set = self.draft_mark(&[(desk, requirement)]).variation(desk, variation).sign_mark();
        self.prank(RELAYER).mark(&set).ok();
        self.commit(stated);
        self.state(desk).sequence
    }

    pub fn commit(&self, stated: &Stated) {
        self.send_marks(&self.marks(stated.slot, stated.marks_root(), &[0, 1, 2])).ok();
    }

    /// The desk buys of Bob: it gets this root and variation. The fill, as it is shown.
    pub fn buy(&self, desk: Actor, terms: &FillTerms, root: B256, variation: i64) -> ShownFill {
        let (outcome, fill) = self.try_buy((desk, BOB), terms, root, variation);
        outcome.ok();
        fill
    }

    /// The same of anyone, where it may fail.
    pub fn try_buy(
        &self,
        (buyer, seller): (Actor, Actor),
        terms: &FillTerms,
        root: B256,
        variation: i64,
    ) -> (Outcome<settleCall>, ShownFill) {
        let requirement = self.state(buyer).requirement;
        let draft = self.draft(&[(buyer, requirement), (seller, usd(1))]).fill(buyer, seller);
        let draft = draft.fill_variation(buyer, variation).with(|draft| {
            draft.first_fill().termsHash = terms_hash(terms);
            draft.statement(buyer).newRoot = root;
        });
        let fill = shown(&draft.batches[0].fills[0], terms);
        (self.prank(RELAYER).settle(&draft.sign()), fill)
    }

    /// What the desk's fills made of its book; `after` is what is behind its root, where anybody knows.
    pub fn following(&self, desk: Actor, before: &Book, after: Option<&Book>, fills: Vec<ShownFill>) -> Following {
        let after = after.map_or(Vec::new(), |after| positions(after, KEY));
        Following { account: self.account(desk), before: positions(before, KEY), after, statements: vec![fills] }
    }
}

fn shown(fill: &Fill, terms: &FillTerms) -> ShownFill {
    ShownFill {
        sequence: fill.sequence,
        buyer: fill.buyerAccount,
        seller: fill.sellerAccount,
        matched_at: fill.matchedAt,
        settle_by: fill.settleBy,
        group: fill.group as u16,
        terms: terms.clone(),
    }
}

impl Prank<'_> {
    pub fn dispute_statements(
        self,
        desk: Actor,
        subject: u8,
        amount: u64,
        shown: &Change,
    ) -> Outcome<disputeStatementsCall> {
        let (account, escrow) = (self.world.account(desk), self.world.escrow);
        let shown = shown.encode().expect("everything fits its field");
        let call = disputeStatementsCall { account, subject, amount };
        self.send_raw(escrow, [call.abi_encode(), shown].concat())
    }

    pub fn show_following(self, desk: Actor, shown: &Following) -> Outcome<revealPortfolioCall> {
        self.reveal_packed(desk, &shown.encode().expect("everything fits its field"))
    }
}
