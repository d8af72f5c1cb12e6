//! A book through its statements, while prices move and fills come, and what a dispute of it shows.
use crate::actors::*;
use crate::disputes::{KEY, Stated};
use crate::outcome::Outcome;
use crate::tokens::usd;
use crate::world::{Prank, World};
use abi::escrow::MarginEscrow::{MarginEscrowEvents as Escrow, revealPortfolioCall, settleCall};
use abi::escrow::lifecycle;
use abi::packed::{Applied, Bundle, Following, Lifecycle, ShownFill, ShownStep, lifecycle_digest, terms_hash};
use abi::types::{Fill, FillTerms};
use alloy::primitives::B256;
use chain::Event;
use chain::reveal::shown as shown_book;
use risk::{Book, Instrument, Price, Quantity, Underlying};

/// 1e-8 USD in a USD, and 1e-8 BTC in a BTC.
const WHOLE: u64 = 100_000_000;

/// A fill of BTC perpetuals, in whole USD and hundredths of a BTC.
pub fn terms(hundredths: u64, price: u64) -> FillTerms {
    let instrument = Instrument::perpetual(Underlying::BTC).id();
    FillTerms { salt: B256::repeat_byte(5), instrument, quantity: hundredths * WHOLE / 100, price: price * WHOLE }
}

/// A book with what a fill brings the buyer, and costs it.
pub fn bought(book: &Book, terms: &FillTerms) -> Book {
    let (instrument, quantity) = (Instrument::from_id(terms.instrument), Quantity::from_raw(terms.quantity as i64));
    let mut book = book.clone();
    book.trade(&instrument.expect("an instrument"), quantity, Price::from_raw(terms.price)).expect("a small quantity");
    book
}

/// A change of an account's positions, as its history keeps it.
#[derive(Clone, Copy, Debug)]
pub struct Moved {
    /// The history before it.
    pub previous: B256,
    /// What moved the positions.
    pub digest: B256,
    /// The root that was stated.
    pub root: B256,
    /// The history after it.
    pub history: B256,
}

impl World {
    /// All changes of the desk's positions, oldest first, as its own software finds them on chain.
    pub fn changes(&self, desk: Actor) -> Vec<Moved> {
        let (account, mut previous, mut changes) = (self.account(desk), B256::ZERO, Vec::new());
        for recorded in self.events() {
            let (root, history, digest) = match &recorded.event {
                Event::Escrow(Escrow::MarginStated(stated)) if stated.account == account => {
                    if stated.history == previous {
                        continue;
                    }
                    let call = self.node.calldata(recorded.block, recorded.tx).expect("the transaction that stated it");
                    let bundle = Bundle::decode(&call[4..]).expect("a direct call of settle");
                    (stated.root, stated.history, bundle.digest_of(account).expect("its digest"))
                }
                Event::Escrow(Escrow::BookCorrected(event)) if event.account == account => {
                    let correction = Lifecycle { cause: lifecycle::CORRECTION, reference: event.root };
                    (event.root, event.history, lifecycle_digest(&correction))
                }
                _ => continue,
            };
            changes.push(Moved { previous, digest, root, history });
            previous = history;
        }
        changes
    }

    /// The desk is stated with a book from nowhere, that both parties signed, at marks that are committed.
    pub fn hold(&self, desk: Actor, stated: &Stated) {
        let draft = self.draft(&[(desk, usd(1))]).lifecycle(lifecycle::PORTING).level(desk, stated.level);
        let bundle = draft.with(|draft| draft.statement(desk).newRoot = stated.root()).sign();
        self.prank(RELAYER).settle(&bundle).ok();
        self.commit(stated);
    }

    /// The desk is marked with its variation, and `error` micro-USD more. Its marks are committed.
    pub fn vary(&self, desk: Actor, stated: &Stated, error: i64) {
        let requirement = self.state(desk).requirement;
        let set = self.draft_mark(&[(desk, requirement)]).level(desk, stated.level + error).sign_mark();
        self.prank(RELAYER).mark(&set).ok();
        self.commit(stated);
    }

    /// Three reporters of five sign the root of its marks, and the oracle keeps it.
    pub fn commit(&self, stated: &Stated) {
        self.send_marks(&self.marks(stated.slot, stated.marks_root(), &[0, 1, 2])).ok();
    }

    /// The desk buys of Bob: it gets this root and its variation this level. The fill, as it is shown.
    pub fn buy(&self, desk: Actor, terms: &FillTerms, root: B256, level: i64) -> ShownFill {
        let (outcome, fill) = self.try_buy((desk, BOB), terms, root, level);
        outcome.ok();
        fill
    }

    /// The same of anyone, where it may fail.
    pub fn try_buy(
        &self,
        (buyer, seller): (Actor, Actor),
        terms: &FillTerms,
        root: B256,
        level: i64,
    ) -> (Outcome<settleCall>, ShownFill) {
        let requirement = self.state(buyer).requirement;
        let draft = self.draft(&[(buyer, requirement), (seller, usd(1))]).fill(buyer, seller);
        let draft = draft.level(buyer, level).with(|draft| {
            draft.first_fill().termsHash = terms_hash(terms);
            draft.statement(buyer).newRoot = root;
        });
        let fill = shown_fill(&draft.batches[0].fills[0], terms);
        (self.prank(RELAYER).settle(&draft.sign()), fill)
    }

    /// What the desk's last changes made of its book: each with the fills that it applied. `after` is what is behind its root,
    /// where anybody knows.
    pub fn following(&self, desk: Actor, before: &Book, after: Option<&Book>, fills: Vec<Vec<ShownFill>>) -> Following {
        let steps = fills.into_iter().map(Applied::Fills).collect();
        self.following_steps(desk, before, after, steps)
    }

    /// The same of steps of any kind.
    pub fn following_steps(
        &self,
        desk: Actor,
        before: &Book,
        after: Option<&Book>,
        applied: Vec<Applied>,
    ) -> Following {
        let mut changes = self.changes(desk);
        let last = changes.split_off(changes.len() - applied.len());
        let start = changes.last().map_or((B256::ZERO, B256::ZERO), |start| (start.previous, start.digest));
        let step = |(applied, moved): (Applied, Moved)| ShownStep { applied, root: moved.root };
        Following {
            account: self.account(desk),
            previous_history: start.0,
            digest: start.1,
            before: shown_book(before, KEY),
            after: after.map_or_else(Default::default, |after| shown_book(after, KEY)),
            steps: applied.into_iter().zip(last).map(step).collect(),
        }
    }
}

/// A fill as it is shown in a dispute.
pub(crate) fn shown_fill(fill: &Fill, terms: &FillTerms) -> ShownFill {
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
    /// Shows the kernel every step from the desk's last known book to the disputed one.
    pub fn show_following(self, desk: Actor, shown: &Following) -> Outcome<revealPortfolioCall> {
        self.reveal_packed(desk, &shown.encode().expect("everything fits its field"))
    }
}
