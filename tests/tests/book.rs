//! Disputes of a book: one word holds its history, and the kernel follows fills and lifecycle events from any earlier point of it.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{RULING_SECONDS, lifecycle, ruling, subject};
use abi::examiner::PortfolioExaminer::NotShown;
use abi::examiner::reason;
use abi::history::{self, SettledExpiry, expiry_reference, funding_reference};
use abi::packed::{Applied, Following, Lifecycle, ShownFill, lifecycle_digest};
use alloy::primitives::{B256, keccak256};
use plumbline_tests::changes::*;
use plumbline_tests::disputes::{KEY, Stated};
use plumbline_tests::draft::{flat, holding};
use plumbline_tests::*;
use risk::{Book, Expiry, Funding, Instrument, Price, Underlying, book_root};

const BOOK: u8 = subject::BOOK;
const GARBAGE: B256 = B256::repeat_byte(9);

fn root_of(book: &Book) -> B256 {
    book_root(book, KEY)
}

/// Alice buys a tenth of a BTC; her root is stated so, and she disputes it.
struct Bought {
    w: Fork,
    before: Stated,
    after: Book,
    fill: ShownFill,
}

impl Bought {
    fn with(root: impl FnOnce(&Book) -> B256) -> Self {
        let w = World::open();
        w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
        let before = Stated::at(w.slot());
        w.hold(ALICE, &before);
        w.pass(10);
        let terms = terms(10, 110_010);
        let after = bought(&before.book, &terms);
        let fill = w.buy(ALICE, &terms, root(&after), 0);
        w.prank(ALICE).dispute(ALICE, BOOK, usd(10)).ok();
        Self { w, before, after, fill }
    }

    fn following(&self, after: Option<&Book>) -> Following {
        self.w.following(ALICE, &self.before.book, after, vec![vec![self.fill.clone()]])
    }

    fn show(&self, shown: &Following) -> Outcome<revealPortfolioCall> {
        self.w.prank(ALICE).show_following(ALICE, shown)
    }
}

fn end(w: &World) -> Outcome<closeDisputeCall> {
    w.warp(w.dispute(ALICE).until + 1 - w.now());
    w.prank(STRANGER).close_dispute(ALICE)
}

#[test]
fn a_book_that_forgot_a_fill_is_corrected() {
    let b = Bought::with(|_| holding(GARBAGE));
    let (w, account, right) = (&b.w, b.w.account(ALICE), root_of(&b.after));
    // Nobody knows what is behind that root, but every position was there before.
    b.show(&b.following(None)).expect_emit(DisputeFound { account, dispute: 1, found: right, steps: 1 }).ok();
    let before = w.state(ALICE).history;
    let corrected = Lifecycle { cause: lifecycle::CORRECTION, reference: right };
    let history = history::after(before, right, lifecycle_digest(&corrected));
    end(w).expect_emit(BookCorrected { account, root: right, history }).ok();
    assert_eq!(w.state(ALICE).history, history);
    w.audit();
    // The next statement follows from it, and its figures can be shown.
    w.pass(10);
    let next = Stated::of(b.after.clone(), w.slot(), 0);
    w.vary(ALICE, &next, -(usd(3_000) as i64));
    w.prank(ALICE).dispute(ALICE, subject::VARIATION, usd(3_000)).ok();
    let done = w.prank(ALICE).reveal_portfolio(ALICE, &next.reveal()).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UPHELD);
    w.audit();
}

#[test]
fn a_right_book_is_disputed_in_vain() {
    let b = Bought::with(root_of);
    for after in [None, Some(&b.after)] {
        let snapshot = b.w.snapshot();
        b.show(&b.following(after)).ok();
        let done = end(&b.w).expect_no_emit::<BookCorrected>().ok();
        assert_eq!(done.event::<DisputeRuled>().ruling, ruling::REJECTED);
        b.w.audit();
        b.w.revert(snapshot);
    }
}

/// An agent that put a wrong book right is not made wrong again by whoever starts to count after the mistake: more steps know better.
#[test]
fn who_starts_earlier_knows_better() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let before = Stated::at(w.slot());
    w.hold(ALICE, &before);
    w.pass(10);
    let first = terms(10, 110_010);
    let right = bought(&before.book, &first);
    // The mistake: a whole BTC instead of a tenth.
    let wrong = bought(&before.book, &terms(100, 110_010));
    let one = w.buy(ALICE, &first, root_of(&wrong), 0);
    w.pass(10);
    let (second, put_right) = (terms(1, 110_010), bought(&right, &terms(1, 110_010)));
    let two = w.buy(ALICE, &second, root_of(&put_right), 0);
    w.prank(ALICE).dispute(ALICE, BOOK, usd(10)).ok();
    let late = w.following(ALICE, &wrong, Some(&put_right), vec![vec![two.clone()]]);
    let late = w.prank(ALICE).show_following(ALICE, &late).ok().event::<DisputeFound>();
    assert_eq!((late.found, late.steps), (root_of(&bought(&wrong, &second)), 1), "from the mistake on it looks wrong");
    let whole = w.following(ALICE, &before.book, Some(&put_right), vec![vec![one], vec![two]]);
    let whole = w.prank(AGENT).show_following(ALICE, &whole).ok().event::<DisputeFound>();
    assert_eq!((whole.found, whole.steps), (root_of(&put_right), 2));
    assert_eq!(end(&w).expect_no_emit::<BookCorrected>().ok().event::<DisputeRuled>().ruling, ruling::REJECTED);
    w.audit();
}

#[test]
fn fewer_steps_replace_nothing() {
    let b = Bought::with(|_| holding(GARBAGE));
    b.show(&b.following(None)).ok();
    let again = b.show(&b.following(None)).expect_revert_of::<NotTheStatement>();
    assert!(again.field.starts_with(b"steps"));
    let anchor = Following { steps: vec![], ..b.following(None) };
    assert!(b.show(&anchor).reverted());
}

/// Alice had no perpetual before: its salt is in the book behind the stated root, which the agent alone may know.
#[test]
fn a_root_that_nobody_can_open_counts_against_who_stated_it() {
    let open = |root: fn(&Book) -> B256| {
        let w = World::open();
        w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
        let held = Stated::at(w.slot());
        let without = Book::from_positions(held.book.positions().skip(1)).unwrap();
        let before = Stated::of(without, w.slot(), 0);
        w.hold(ALICE, &before);
        w.pass(10);
        let terms = terms(10, 110_010);
        let after = bought(&before.book, &terms);
        let fill = w.buy(ALICE, &terms, root(&after), 0);
        w.prank(ALICE).dispute(ALICE, BOOK, usd(10)).ok();
        let shown = |after: Option<&Book>| w.following(ALICE, &before.book, after, vec![vec![fill.clone()]]);
        let shown = (shown(None), shown(Some(&after)));
        (w, shown)
    };
    let (w, (closed, _)) = open(|_| holding(GARBAGE));
    let found = w.prank(ALICE).show_following(ALICE, &closed).ok().event::<DisputeFound>();
    assert_eq!(found.found, B256::ZERO);
    let ruled = end(&w).expect_no_emit::<BookCorrected>().ok().event::<DisputeRuled>();
    assert_eq!((ruled.ruling, ruled.winner), (ruling::UPHELD, ALICE.address()));
    w.audit();
    // Of a right root the agent shows what is behind it.
    let (w, (closed, open)) = open(root_of);
    w.prank(AGENT).show_following(ALICE, &open).expect_revert_of::<NotPledgor>();
    w.prank(ALICE).show_following(ALICE, &closed).ok();
    w.prank(AGENT).show_following(ALICE, &open).ok();
    assert_eq!(end(&w).ok().event::<DisputeRuled>().ruling, ruling::REJECTED);
    w.audit();
}

#[test]
fn steps_that_were_not_stated_are_no_evidence() {
    let b = Bought::with(root_of);
    let refused = |spoil: fn(&mut Following)| {
        let mut shown = b.following(None);
        spoil(&mut shown);
        b.show(&shown)
    };
    let field = |outcome: Outcome<revealPortfolioCall>| outcome.expect_revert_of::<NotTheStatement>().field;
    let fills = |shown: &mut Following, spoil: fn(&mut Vec<ShownFill>)| match &mut shown.steps[0].applied {
        Applied::Fills(fills) => spoil(fills),
        _ => unreachable!("a step of fills"),
    };
    let mut other = b.following(None);
    fills(&mut other, |fills| fills[0].terms.price += 1);
    assert!(field(b.show(&other)).starts_with(b"history"));
    let mut foreign = b.following(None);
    fills(&mut foreign, |fills| fills[0].buyer = 77);
    b.show(&foreign).expect_revert(NotShown { reason: reason::FILL });
    assert!(field(refused(|shown| shown.before.positions[0].quantity += 1)).starts_with(b"history"));
    assert!(field(refused(|shown| shown.before.cash += 1)).starts_with(b"history"));
    assert!(field(refused(|shown| shown.account += 1)).starts_with(b"account"));
    assert!(field(refused(|shown| shown.digest = B256::repeat_byte(1))).starts_with(b"history"));
    refused(|shown| shown.before.positions.push(shown.before.positions[0]))
        .expect_revert(NotShown { reason: reason::INSTRUMENT });
}

/// From the account's beginning: nothing has to be shown of what came before.
#[test]
fn a_book_is_followed_from_its_beginning() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let terms = terms(10, 110_010);
    let after = bought(&Book::new(), &terms);
    let fill = w.buy(ALICE, &terms, root_of(&after), 0);
    w.prank(ALICE).dispute(ALICE, BOOK, usd(10)).ok();
    let shown = w.following(ALICE, &Book::new(), Some(&after), vec![vec![fill]]);
    assert_eq!((shown.previous_history, shown.digest), (B256::ZERO, B256::ZERO));
    w.prank(ALICE).show_following(ALICE, &shown).ok();
    assert_eq!(end(&w).ok().event::<DisputeRuled>().ruling, ruling::REJECTED);
}

/// What an agent slips in between hides nothing: an event is followed like a fill, whatever it changed.
#[test]
fn an_empty_event_hides_no_wrong_statement() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let before = Stated::at(w.slot());
    w.hold(ALICE, &before);
    w.pass(10);
    let wrong = Stated::of(before.book.clone(), w.slot(), 500);
    w.vary(ALICE, &wrong, -(usd(3_000) as i64));
    let nothing = Lifecycle { cause: lifecycle::FUNDING, reference: funding_reference(keccak256("nothing"), 0) };
    let draft = w.draft(&[(ALICE, w.state(ALICE).requirement)]).lifecycle(lifecycle::FUNDING);
    let draft = draft.with(|draft| {
        draft.lifecycle = Some(nothing);
        draft.statement(ALICE).newRoot = before.root();
    });
    w.prank(RELAYER).settle(&draft.sign()).ok();
    w.prank(ALICE).dispute(ALICE, subject::VARIATION, usd(3_000)).ok();
    let done = w.prank(ALICE).reveal_portfolio(ALICE, &wrong.reveal()).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UPHELD);
    assert_eq!(done.event::<VariationCorrected>().paid, usd(3_000) as i64);
    w.audit();
}

/// A payment whose reference is a hash of nothing that anybody can show.
#[test]
fn an_event_that_nobody_can_open_counts_against_who_stated_it() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let before = Stated::at(w.slot());
    w.hold(ALICE, &before);
    w.pass(10);
    let per_unit = 5_000_000_000;
    let perpetual = Instrument::perpetual(Underlying::BTC);
    let mut paid = before.book.clone();
    paid.fund(&perpetual, Funding::from_raw(per_unit)).unwrap();
    let state = |event: Lifecycle, root: B256| {
        let draft = w.draft(&[(ALICE, w.state(ALICE).requirement)]).lifecycle(lifecycle::FUNDING);
        let draft = draft.with(|draft| {
            draft.lifecycle = Some(event);
            draft.statement(ALICE).newRoot = root;
        });
        w.prank(RELAYER).settle(&draft.sign()).ok();
    };
    let event = |reference| Lifecycle { cause: lifecycle::FUNDING, reference };
    let hidden = |event| w.following_steps(ALICE, &before.book, None, vec![Applied::HiddenEvent(event)]);
    let snapshot = w.snapshot();
    let nothing = event(GARBAGE);
    state(nothing, holding(GARBAGE));
    w.prank(ALICE).dispute(ALICE, BOOK, usd(10)).ok();
    w.prank(ALICE).show_following(ALICE, &hidden(nothing)).ok();
    assert_eq!(end(&w).ok().event::<DisputeRuled>().ruling, ruling::UPHELD);
    w.audit();
    w.revert(snapshot);
    // One that the agent can open is no mistake.
    let payment = event(funding_reference(perpetual.id(), per_unit));
    state(payment, root_of(&paid));
    w.prank(ALICE).dispute(ALICE, BOOK, usd(10)).ok();
    w.prank(ALICE).show_following(ALICE, &hidden(payment)).ok();
    let shown = vec![Applied::Funding { instrument: perpetual.id(), per_unit }];
    w.prank(AGENT).show_following(ALICE, &w.following_steps(ALICE, &before.book, Some(&paid), shown)).ok();
    assert_eq!(end(&w).ok().event::<DisputeRuled>().ruling, ruling::REJECTED);
    w.audit();
}

#[test]
fn a_book_is_disputed_for_no_more_than_is_asked_for() {
    let b = Bought::with(root_of);
    let (w, most) = (&b.w, usd(1_000_000_000));
    w.prank(ALICE).dispute(ALICE, BOOK, most).expect_revert_of::<DisputedAmount>();
}

/// Funding and expiry are followed by what they commit to.
#[test]
fn lifecycle_events_are_followed_like_fills() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let before = Stated::at(w.slot());
    w.hold(ALICE, &before);
    let perpetual = Instrument::perpetual(Underlying::BTC);
    let (mut after, per_unit) = (before.book.clone(), 5_000_000_000);
    after.fund(&perpetual, Funding::from_raw(per_unit)).unwrap();
    let funding = Lifecycle { cause: lifecycle::FUNDING, reference: funding_reference(perpetual.id(), per_unit) };
    let state = |root: B256| {
        let draft = w.draft(&[(ALICE, w.state(ALICE).requirement)]).lifecycle(lifecycle::FUNDING);
        let draft = draft.with(|draft| {
            draft.lifecycle = Some(funding);
            draft.statement(ALICE).newRoot = root;
        });
        w.prank(RELAYER).settle(&draft.sign()).ok();
    };
    w.pass(10);
    // The agent forgets the payment.
    state(before.root());
    w.prank(ALICE).dispute(ALICE, BOOK, usd(10)).ok();
    let applied = Applied::Funding { instrument: perpetual.id(), per_unit };
    let shown = w.following_steps(ALICE, &before.book, None, vec![applied]);
    let found = w.prank(ALICE).show_following(ALICE, &shown).ok().event::<DisputeFound>();
    assert_eq!(found.found, root_of(&after));
    assert_eq!(end(&w).ok().event::<DisputeRuled>().ruling, ruling::UPHELD);
    w.audit();
}

/// An expiry names a round of the oracle, and the chain has it.
#[test]
fn an_expiry_settles_at_the_round_that_it_names() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    // The future expires this morning.
    let expiry = Expiry::from_day(w.now() / 86_400 + 1).unwrap();
    let future = Instrument::future(Underlying::BTC, expiry);
    let slot = expiry.unix() / 10;
    w.warp(expiry.unix() - w.now());
    w.post(&[(feed("BTC-USD"), 11_000_000_000_000)]);
    let mut book = Book::new();
    book.trade(&future, risk::Quantity::from_raw(100_000_000), Price::from_raw(10_900_000_000_000)).unwrap();
    let draft = w.draft(&[(ALICE, usd(1))]).lifecycle(lifecycle::PORTING);
    w.prank(RELAYER).settle(&draft.with(|d| d.statement(ALICE).newRoot = root_of(&book)).sign()).ok();
    w.pass(10);
    let settled = SettledExpiry { future: future.id(), feed: feed("BTC-USD"), slot, price: 11_000_000_000_000 };
    let mut after = book.clone();
    after.expire(Underlying::BTC, expiry, Price::from_raw(settled.price)).unwrap();
    assert!(after.is_flat());
    let event = Lifecycle { cause: lifecycle::EXPIRY, reference: expiry_reference(&[settled]) };
    let draft = w.draft(&[(ALICE, 0)]).lifecycle(lifecycle::EXPIRY).with(|draft| {
        draft.lifecycle = Some(event);
        draft.statement(ALICE).newRoot = flat(GARBAGE);
    });
    w.prank(RELAYER).settle(&draft.sign()).ok();
    w.prank(ALICE).dispute(ALICE, BOOK, usd(10)).ok();
    let shown = |of: SettledExpiry| w.following_steps(ALICE, &book, None, vec![Applied::Expiry(vec![of])]);
    let found = w.prank(ALICE).show_following(ALICE, &shown(settled)).ok().event::<DisputeFound>();
    assert_eq!(found.found, root_of(&after));
    w.audit();
    // Where the event names a price that no round has, nobody can follow it.
    let none = SettledExpiry { price: settled.price + 1, ..settled };
    w.prank(ALICE).show_following(ALICE, &shown(none)).expect_revert_of::<NotTheStatement>();
}

/// Without both signatures no position moves but by fills, expiry and funding.
#[test]
fn porting_and_adjustment_need_both_parties() {
    for cause in [lifecycle::PORTING, lifecycle::ADJUSTMENT] {
        let w = World::open();
        let draft = || w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]).lifecycle(cause);
        let bundle = draft().sign();
        for spoil in [0, 1] {
            let mut forged = bundle.clone();
            let consent = &mut forged.consents[0];
            let signature = if spoil == 0 { &mut consent.pledgor } else { &mut consent.secured_party };
            *signature = STRANGER.sign(B256::repeat_byte(1)).to_vec();
            w.prank(RELAYER).settle(&forged).expect_revert_of::<InvalidSigner>();
        }
        let other = draft().with(|draft| draft.secured_party = RIVAL_HOUSE).sign();
        w.prank(RELAYER).settle(&other).expect_revert_of::<InvalidSigner>();
        let mut old = bundle.clone();
        old.consents[1].valid_until = w.now() - 1;
        w.prank(RELAYER).settle(&old).expect_revert_of::<Expired>();
        w.prank(RELAYER).settle(&bundle).ok();
        // One word, one change: the history has moved on.
        assert!(w.prank(RELAYER).settle(&bundle).reverted());
        w.audit();
    }
}

#[test]
fn silence_about_a_book_counts_against_the_pledgor() {
    let b = Bought::with(|_| holding(GARBAGE));
    assert_eq!(b.w.dispute(ALICE).until, b.w.now() + RULING_SECONDS);
    let ruled = end(&b.w).ok().event::<DisputeRuled>();
    assert_eq!((ruled.ruling, ruled.winner), (ruling::UNPROVEN, AGENT.address()));
    b.w.audit();
}

/// Whoever may answer what was shown has time to, however late it was shown.
#[test]
fn steps_shown_in_the_last_second_can_still_be_answered() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let terms = terms(10, 110_010);
    let after = bought(&Book::new(), &terms);
    let fill = w.buy(ALICE, &terms, root_of(&after), 0);
    w.prank(ALICE).dispute(ALICE, BOOK, usd(10)).ok();
    let shown = |after| w.following(ALICE, &Book::new(), after, vec![vec![fill.clone()]]);
    w.warp(w.dispute(ALICE).until - w.now());
    // Alice keeps the new position's salt to herself, so that the root looks like one that nobody can open.
    w.prank(ALICE).show_following(ALICE, &shown(None)).ok();
    w.warp(60);
    w.prank(AGENT).show_following(ALICE, &shown(Some(&after))).ok();
    assert_eq!(end(&w).ok().event::<DisputeRuled>().ruling, ruling::REJECTED);
    w.audit();
}

/// The book behind the stated root, and nothing that came after it, shows nothing wrong.
#[test]
fn no_steps_show_nothing_wrong() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let terms = terms(10, 110_010);
    let after = bought(&Book::new(), &terms);
    let fill = w.buy(ALICE, &terms, root_of(&after), 0);
    w.prank(ALICE).dispute(ALICE, BOOK, usd(10)).ok();
    let last = w.changes(ALICE).pop().unwrap();
    let none = w.following(ALICE, &after, None, vec![]);
    let none = Following { previous_history: last.previous, digest: last.digest, ..none };
    let outcome = w.prank(ALICE).show_following(ALICE, &none);
    assert!(outcome.reverted() || end(&w).ok().event::<DisputeRuled>().ruling == ruling::REJECTED, "{fill:?}");
    w.audit();
}
