//! Disputes of variation and root: the signed statements shown, the books revealed, the figures put right.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, DISPUTE_BOND, DISPUTE_SLOTS, RULING_SECONDS, lifecycle, ruling, subject};
use abi::examiner::PortfolioExaminer::NotShown;
use abi::examiner::reason;
use abi::oracle::KEPT_SLOTS;
use abi::packed::{Change, ShownPosition};
use abi::types::FillTerms;
use alloy::primitives::{B256, I256, U256};
use plumbline_tests::changes::*;
use plumbline_tests::disputes::{KEY, Stated, number};
use plumbline_tests::*;
use rand::{Rng, SeedableRng, rngs::StdRng};
use risk::{Book, Instrument, Position, Price, Quantity, Underlying, fill_variation, positions_root};

/// Variation that the agent keeps from Alice.
const KEPT: u64 = 3_000_000_000;
/// Dollars that BTC rises between two statements.
const RISE: u64 = 500;

/// Alice's book at two statements; at the second she gets 3,000 USD less than it gained, or what `stated` makes of it.
struct Varied {
    w: Fork,
    before: Stated,
    after: Stated,
    sequence: u64,
}

impl Varied {
    fn by(stated: impl FnOnce(i64) -> i64) -> Self {
        let w = World::open();
        w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
        let before = Stated::at(w.slot());
        w.hold(ALICE, &before);
        w.pass(10);
        let after = Stated::of(before.book.clone(), w.slot(), RISE);
        let sequence = w.vary(ALICE, &after, stated(gained(&before.book, &before, &after)));
        Self { w, before, after, sequence }
    }

    fn wrong() -> Self {
        Self::by(|gained| gained - KEPT as i64)
    }

    fn gained(&self) -> i64 {
        gained(&self.before.book, &self.before, &self.after)
    }

    fn change(&self) -> Change {
        self.w.change(ALICE, self.sequence)
    }

    fn dispute(&self, amount: u64) -> Outcome<disputeStatementsCall> {
        self.w.prank(ALICE).dispute_statements(ALICE, subject::VARIATION, amount, &self.change())
    }

    fn reveal(&self) -> Outcome<revealPortfolioCall> {
        self.w.prank(ALICE).reveal_packed(ALICE, &revalued(&self.before, &self.after, None))
    }
}

fn stakes(w: &World) -> (U256, U256) {
    (w.inventory(ALICE, w.usdc), w.inventory(AGENT, w.usdc))
}

#[test]
fn a_dispute_of_variation_keeps_what_the_statements_changed() {
    let v = Varied::wrong();
    let (w, account, state) = (&v.w, v.w.account(ALICE), v.w.state(ALICE));
    let until = w.now() + RULING_SECONDS;
    v.dispute(KEPT)
        .expect_emit(ClaimDisputed {
            account,
            number: 0,
            subject: subject::VARIATION,
            amount: KEPT,
            root: v.after.root(),
            slot: v.after.slot,
            requirement: state.requirement,
            until,
            stake: DISPUTE_BOND,
            agentStake: DISPUTE_BOND,
        })
        .expect_emit(StatementsDisputed {
            account,
            first: v.sequence,
            previousRoot: v.before.root(),
            previousSlot: v.before.slot,
            fillsDigest: B256::ZERO,
            variation: v.gained() - KEPT as i64,
        })
        .ok();
    let dispute = w.dispute(ALICE);
    assert_eq!((dispute.subject, dispute.first, dispute.sequence), (subject::VARIATION, v.sequence, v.sequence));
    assert_eq!((dispute.previousRoot, dispute.previousSlot), (v.before.root(), v.before.slot));
    w.audit();
}

#[test]
fn the_kernel_finds_variation_that_was_kept_and_credits_it() {
    let v = Varied::wrong();
    let (w, account) = (&v.w, v.w.account(ALICE));
    let (before, house) = (w.state(ALICE), w.house_state());
    let lots = w.balance(ALICE, w.usdc).lots;
    v.dispute(KEPT).ok();
    let inventories = stakes(w);
    let done = v.reveal().ok();
    let ruled = done.event::<DisputeRuled>();
    assert_eq!((ruled.ruling, ruled.winner, ruled.stakes), (ruling::UPHELD, ALICE.address(), 2 * DISPUTE_BOND));
    let found = U256::from_be_bytes(ruled.found.0).to::<u64>() as i64;
    assert!(found.abs_diff(v.gained()) <= 2, "{found} found, {} gained", v.gained());
    let credited = found.abs_diff(v.gained() - KEPT as i64);
    let corrected = done.event::<VariationCorrected>();
    assert_eq!((corrected.account, corrected.paid), (account, credited));
    assert_eq!(corrected.cumulativeVariation, before.cumulativeVariation + credited as i64);
    assert_eq!(w.state(ALICE).cumulativeVariation, corrected.cumulativeVariation);
    assert_eq!(w.house_state().cumulativeVariation, house.cumulativeVariation - credited as i64);
    let balance = w.balance(ALICE, w.usdc);
    assert_eq!(balance.lots, lots + credited);
    assert!(balance.heldBackLots >= credited, "as every credit it is held back for a while");
    assert_eq!(stakes(w), (inventories.0 + w.usdc.units(2 * DISPUTE_BOND), inventories.1));
    w.audit();
}

#[test]
fn the_kernel_rejects_a_dispute_of_right_variation() {
    let v = Varied::by(|gained| gained);
    v.dispute(KEPT).ok();
    let done = v.reveal().expect_no_emit::<VariationCorrected>().ok();
    let ruled = done.event::<DisputeRuled>();
    assert_eq!((ruled.ruling, ruled.winner), (ruling::REJECTED, AGENT.address()));
    v.w.audit();
}

#[test]
fn a_disputer_that_got_too_much_loses_the_bond_and_keeps_what_it_got() {
    let v = Varied::by(|gained| gained + KEPT as i64);
    v.dispute(KEPT).ok();
    let done = v.reveal().expect_no_emit::<VariationCorrected>().ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::REJECTED);
    v.w.audit();
}

#[test]
fn who_names_more_than_was_kept_loses_and_is_still_credited() {
    let v = Varied::wrong();
    v.dispute(2 * KEPT).ok();
    let done = v.reveal().ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::REJECTED);
    assert!(done.event::<VariationCorrected>().paid.abs_diff(KEPT) <= 2);
    v.w.audit();
}

/// A wrong statement is not out of reach because others came after it.
#[test]
fn statements_in_a_row_are_disputed_together() {
    let mut v = Varied::wrong();
    for rise in [2 * RISE, 3 * RISE] {
        v.w.pass(10);
        let next = Stated::of(v.before.book.clone(), v.w.slot(), rise);
        v.w.vary(ALICE, &next, gained(&v.before.book, &v.after, &next));
        v.after = next;
    }
    assert_eq!(v.change().sets.len(), 3);
    v.dispute(KEPT).ok();
    let done = v.reveal().ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UPHELD);
    assert!(done.event::<VariationCorrected>().paid.abs_diff(KEPT) <= 3);
    v.w.audit();
}

#[test]
fn what_was_kept_stays_missing_whatever_is_stated_since() {
    let v = Varied::wrong();
    v.dispute(KEPT).ok();
    v.w.pass(10);
    let next = Stated::of(v.before.book.clone(), v.w.slot(), 2 * RISE);
    v.w.vary(ALICE, &next, gained(&v.before.book, &v.after, &next));
    let before = v.w.state(ALICE).cumulativeVariation;
    let paid = v.reveal().ok().event::<VariationCorrected>().paid;
    assert_eq!(v.w.state(ALICE).cumulativeVariation, before + paid as i64);
    v.w.audit();
}

/// The next statement follows from what was corrected.
#[test]
fn agents_go_on_from_what_was_corrected() {
    let v = Varied::wrong();
    v.dispute(KEPT).ok();
    v.reveal().ok();
    v.w.pass(10);
    let next = Stated::of(v.before.book.clone(), v.w.slot(), 2 * RISE);
    let sequence = v.w.vary(ALICE, &next, 0);
    let change = v.w.change(ALICE, sequence);
    assert_eq!(change.variation, v.w.state(ALICE).cumulativeVariation);
    // The statement before the correction leads nowhere any more.
    let whole = v.w.change(ALICE, v.sequence);
    let refused = v.w.prank(ALICE).dispute_statements(ALICE, subject::VARIATION, KEPT, &whole);
    refused.expect_revert_of::<InvalidSigner>();
    v.w.audit();
}

#[test]
fn what_the_house_cannot_pay_it_owes() {
    let v = Varied::wrong();
    v.dispute(KEPT).ok();
    v.w.drain_house();
    let done = v.reveal().ok();
    let claimed = done.event::<HouseClaimIssued>().amount;
    assert_eq!(done.event::<VariationCorrected>().paid, 0);
    assert_eq!(v.w.state(ALICE).houseOwes, claimed);
    v.w.audit();
}

/// What a buyer gains by a fill away from the mark, micro-USD.
fn filled(terms: &FillTerms, at: &Stated) -> i64 {
    let (quantity, price) = (Quantity::from_raw(terms.quantity as i64), Price::from_raw(terms.price));
    let mark = at.marks.price(&Instrument::perpetual(Underlying::BTC)).unwrap();
    fill_variation(quantity, price, mark).unwrap().buyer.raw()
}

/// Alice buys a tenth of a BTC below the mark, and the statement forgets what she gained by that.
struct Bought {
    w: Fork,
    before: Stated,
    after: Stated,
    sequence: u64,
    fill: abi::packed::ShownFill,
}

impl Bought {
    fn with(root: impl FnOnce(&Book) -> B256, variation: impl FnOnce(i64) -> i64) -> Self {
        let w = World::open();
        w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
        let before = Stated::at(w.slot());
        let sequence = w.hold(ALICE, &before) + 1;
        w.pass(10);
        let terms = terms(10, 80_000);
        let after = Stated::of(bought(&before.book, &terms), w.slot(), 0);
        let marked = gained(&before.book, &before, &after);
        let fill = w.buy(ALICE, &terms, root(&after.book), variation(filled(&terms, &after) + marked));
        w.commit(&after);
        Self { w, before, after, sequence, fill }
    }

    fn dispute(&self, of: u8, amount: u64) -> Outcome<disputeStatementsCall> {
        let change = self.w.change(ALICE, self.sequence);
        self.w.prank(ALICE).dispute_statements(ALICE, of, amount, &change)
    }

    fn following(&self, after: Option<&Book>) -> abi::packed::Following {
        self.w.following(ALICE, &self.before.book, after, vec![self.fill.clone()])
    }
}

fn root_of(book: &Book) -> B256 {
    positions_root(book, KEY)
}

#[test]
fn what_fills_cost_is_part_of_variation() {
    for (kept, expected) in [(0, ruling::REJECTED), (KEPT as i64, ruling::UPHELD)] {
        let b = Bought::with(root_of, |variation| variation - kept);
        assert!(b.w.state(ALICE).cumulativeVariation > 2_000_000_000 - kept, "bought 3,000 USD below the mark");
        b.dispute(subject::VARIATION, KEPT).ok();
        let evidence = revalued(&b.before, &b.after, Some(&b.following(None)));
        let done = b.w.prank(ALICE).reveal_packed(ALICE, &evidence).ok();
        assert_eq!(done.event::<DisputeRuled>().ruling, expected);
        b.w.audit();
    }
}

#[test]
fn fills_that_were_not_stated_are_no_evidence() {
    let b = Bought::with(root_of, |variation| variation);
    b.dispute(subject::VARIATION, KEPT).ok();
    let reveal = |following: Option<&abi::packed::Following>| {
        b.w.prank(ALICE).reveal_packed(ALICE, &revalued(&b.before, &b.after, following))
    };
    let mut other = b.following(None);
    other.statements[0][0].terms.price += 1;
    reveal(Some(&other)).expect_revert_of::<NotTheStatement>();
    let mut twice = b.following(None);
    twice.statements[0].push(b.fill.clone());
    reveal(Some(&twice)).expect_revert_of::<NotTheStatement>();
    // None at all: the account's own word comes first, and there is none.
    reveal(None).expect_revert_of::<NotTheStatement>();
    let mut foreign = b.following(None);
    foreign.account = b.w.account(BOB);
    let refused = reveal(Some(&foreign)).expect_revert_of::<NotTheStatement>();
    assert!(refused.field.starts_with(b"account"));
}

#[test]
fn the_kernel_finds_a_root_that_forgot_a_fill_and_corrects_it() {
    let b = Bought::with(|_| B256::repeat_byte(9), |variation| variation);
    let account = b.w.account(ALICE);
    b.dispute(subject::ROOT, 0).ok();
    let right = root_of(&b.after.book);
    // Nobody knows what is behind that root, but every position was there before.
    b.w.prank(ALICE)
        .show_following(ALICE, &b.following(None))
        .expect_emit(DisputeRuled {
            account,
            number: 0,
            ruling: ruling::UPHELD,
            found: right,
            winner: ALICE.address(),
            stakes: 2 * DISPUTE_BOND,
        })
        .expect_emit(RootCorrected { account, root: right })
        .ok();
    assert_eq!(b.w.state(ALICE).root, right);
    b.w.audit();
    // And the next statement follows from it.
    b.w.pass(10);
    let next = Stated::of(b.after.book.clone(), b.w.slot(), 0);
    b.w.vary(ALICE, &next, 0);
}

#[test]
fn the_kernel_rejects_a_dispute_of_a_right_root() {
    let b = Bought::with(root_of, |variation| variation);
    b.dispute(subject::ROOT, 0).ok();
    for after in [None, Some(&b.after.book)] {
        let snapshot = b.w.snapshot();
        let shown = b.w.prank(ALICE).show_following(ALICE, &b.following(after));
        let done = shown.expect_no_emit::<RootCorrected>().ok();
        assert_eq!(done.event::<DisputeRuled>().ruling, ruling::REJECTED);
        b.w.audit();
        b.w.revert(snapshot);
    }
}

/// Alice had no perpetual before.
fn opened(root: impl FnOnce(&Book) -> B256) -> Bought {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let held = Stated::at(w.slot());
    let without = Book::from_positions(held.book.positions().skip(1)).unwrap();
    let before = Stated::of(without.clone(), w.slot(), 0);
    let sequence = w.hold(ALICE, &before) + 1;
    w.pass(10);
    let terms = terms(10, 110_010);
    let after = Stated::of(bought(&without, &terms), w.slot(), 0);
    let fill = w.buy(ALICE, &terms, root(&after.book), 0);
    Bought { w, before, after, sequence, fill }
}

#[test]
fn a_new_position_has_its_salt_from_the_book_behind_the_root() {
    let b = opened(root_of);
    b.dispute(subject::ROOT, 0).ok();
    // Not shown: its salt could be anything.
    b.w.prank(ALICE).show_following(ALICE, &b.following(None)).expect_revert_of::<NotTheStatement>();
    // A salt that no root commits to wins nothing.
    let mut bogus = b.following(None);
    let instrument = b.fill.terms.instrument;
    bogus.after = vec![ShownPosition { salt: B256::repeat_byte(1), instrument, quantity: 5 }];
    b.w.prank(ALICE).show_following(ALICE, &bogus).expect_revert_of::<NotTheStatement>();
    bogus.after[0].quantity = 0;
    assert!(b.w.prank(ALICE).show_following(ALICE, &bogus).reverted());
    let done = b.w.prank(ALICE).show_following(ALICE, &b.following(Some(&b.after.book))).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::REJECTED);
    b.w.audit();
}

#[test]
fn a_root_without_the_new_position_is_wrong_whatever_its_salt() {
    let fewer = |book: &Book| Book::from_positions(book.positions().skip(2)).unwrap();
    let b = opened(|after| root_of(&fewer(after)));
    b.dispute(subject::ROOT, 0).ok();
    let behind = fewer(&b.after.book);
    let done = b.w.prank(ALICE).show_following(ALICE, &b.following(Some(&behind)));
    let done = done.expect_no_emit::<RootCorrected>().ok();
    let ruled = done.event::<DisputeRuled>();
    assert_eq!((ruled.ruling, ruled.found), (ruling::UPHELD, B256::ZERO));
    b.w.audit();
}

#[test]
fn a_book_shown_twice_over_or_with_another_accounts_fill_is_refused() {
    let b = Bought::with(root_of, |variation| variation);
    b.dispute(subject::ROOT, 0).ok();
    let refused = |spoil: fn(&mut abi::packed::Following)| {
        let mut shown = b.following(None);
        spoil(&mut shown);
        b.w.prank(ALICE).show_following(ALICE, &shown)
    };
    let twice = refused(|shown| shown.before.push(shown.before[0]));
    twice.expect_revert(NotShown { reason: reason::INSTRUMENT });
    let foreign = refused(|shown| shown.statements[0][0].buyer = 77);
    foreign.expect_revert(NotShown { reason: reason::FILL });
    let wide = refused(|shown| shown.statements[0][0].terms.quantity = u64::MAX);
    wide.expect_revert(NotShown { reason: reason::OVERFLOW });
    let other = refused(|shown| shown.before[0].quantity += 1).expect_revert_of::<NotTheStatement>();
    assert!(other.field.starts_with(b"previousRoot"));
}

#[test]
fn statements_are_shown_as_they_were_signed_and_without_a_gap() {
    let mut v = Varied::wrong();
    v.w.pass(10);
    let next = Stated::of(v.before.book.clone(), v.w.slot(), RISE);
    v.w.vary(ALICE, &next, 0);
    v.after = next;
    let whole = v.change();
    let dispute = |change: &Change| v.w.prank(ALICE).dispute_statements(ALICE, subject::VARIATION, KEPT, change);
    let spoils: [fn(&mut Change); 8] = [
        |shown| shown.variation -= 1,
        |shown| shown.slot -= 1,
        |shown| shown.root = B256::ZERO,
        |shown| shown.sequence += 1,
        |shown| shown.sets[0].statement.cumulative_variation += 1,
        |shown| shown.sets[1].statement.fills_digest = B256::repeat_byte(1),
        |shown| shown.sets[0].others.push(B256::ZERO),
        |shown| drop(shown.sets.remove(0)),
    ];
    for spoil in spoils {
        let mut wrong = whole.clone();
        spoil(&mut wrong);
        dispute(&wrong).expect_revert_of::<InvalidSigner>();
    }
    let mut early = whole.clone();
    early.sets.pop();
    let refused = dispute(&early).expect_revert_of::<NotTheStatement>();
    assert!(refused.field.starts_with(b"sequence"), "not the last one");
    let mut none = whole.clone();
    none.sets.clear();
    dispute(&none).expect_revert_of::<Malformed>();
    dispute(&whole).ok();
}

#[test]
fn a_dispute_of_statements_has_a_subject_and_an_amount_that_it_can_have() {
    let v = Varied::wrong();
    let (least, account) = (1_000_001, v.w.account(ALICE));
    v.dispute(least - 1).expect_revert(DisputedAmount { amount: least - 1, least, most: u64::MAX });
    let of = |caller: Actor, of, amount| v.w.prank(caller).dispute_statements(ALICE, of, amount, &v.change());
    for unknown in [0, subject::REQUIREMENT, 4] {
        of(ALICE, unknown, KEPT).expect_revert(UnknownSubject { subject: unknown });
    }
    of(ALICE, subject::ROOT, 1).expect_revert(DisputedAmount { amount: 1, least: 0, most: 0 });
    of(HOUSE, subject::VARIATION, KEPT).expect_revert(NotPledgor { account, caller: HOUSE.address() });
    of(ALICE, subject::VARIATION, KEPT).ok();
    of(ALICE, subject::ROOT, 0).expect_revert(NotDisputable { account, number: 0 });
}

#[test]
fn books_at_other_marks_are_no_evidence() {
    let v = Varied::wrong();
    v.dispute(KEPT).ok();
    let reveal = |before: &Stated, after: &Stated| {
        let refused = v.w.prank(ALICE).reveal_packed(ALICE, &revalued(before, after, None));
        refused.expect_revert_of::<NotTheStatement>().field
    };
    assert!(reveal(&v.after, &v.before).starts_with(b"marksRoot"));
    let richer = Stated::of(v.before.book.clone(), v.after.slot, 2 * RISE);
    assert!(reveal(&v.before, &richer).starts_with(b"marksRoot"));
    let other = Stated::of(bought(&v.before.book, &terms(1, 1)), v.after.slot, RISE);
    assert!(reveal(&v.before, &other).starts_with(b"root"));
    v.reveal().ok();
}

/// Variation that is not there is a claim, and the dispute holds it back.
#[test]
fn disputed_variation_is_held_back_of_the_claim_and_ends_it() {
    let w = World::open();
    w.stock(AGENT, w.usdc, w.usdc.whole(1_500));
    let before = Stated::at(w.slot());
    w.hold(ALICE, &before);
    w.pass(10);
    let after = Stated::of(before.book.clone(), w.slot(), RISE);
    let held = w.balance(ALICE, w.usdc).lots;
    let sequence = w.vary(ALICE, &after, -(held as i64) - 1_000_000_000);
    assert_eq!(w.state(ALICE).owed, 1_000_000_000);
    let (account, change) = (w.account(ALICE), w.change(ALICE, sequence));
    w.prank(ALICE).dispute_statements(ALICE, subject::VARIATION, 2_000_000_000, &change).ok();
    w.pass(3_601);
    w.vary(ALICE, &Stated::of(before.book.clone(), w.slot(), RISE), 0);
    let until = w.dispute(ALICE).until;
    let held_back = DisputeHolds { account, amount: 2_000_000_000, until };
    w.prank(STRANGER).escrow(enforceCall { account }).expect_revert(held_back);
    let done = w.prank(ALICE).reveal_packed(ALICE, &revalued(&before, &after, None)).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UPHELD);
    assert!(done.event::<ClaimSatisfied>().late && !w.claim(ALICE).open);
    w.audit();
}

/// What is missing beyond the named amount is not held back: it is what the account owes, and its margin.
#[test]
fn a_dispute_of_variation_holds_back_no_more_than_it_names() {
    let w = World::open();
    let before = Stated::at(w.slot());
    w.hold(ALICE, &before);
    w.pass(10);
    let after = Stated::of(before.book.clone(), w.slot(), RISE);
    let held = w.balance(ALICE, w.usdc).lots;
    let sequence = w.vary(ALICE, &after, -(held as i64) - 1_000_000_000);
    let (account, change) = (w.account(ALICE), w.change(ALICE, sequence));
    w.prank(ALICE).dispute_statements(ALICE, subject::VARIATION, 999_999_999, &change).ok();
    w.pass(3_601);
    w.vary(ALICE, &Stated::of(before.book.clone(), w.slot(), RISE), 0);
    w.prank(STRANGER).escrow(enforceCall { account }).ok();
    assert!(w.state(ALICE).inDefault);
    // The ruling still comes; what is frozen is not touched.
    let done = w.prank(ALICE).reveal_packed(ALICE, &revalued(&before, &after, None));
    let done = done.expect_no_emit::<VariationCorrected>().ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UPHELD);
    w.audit();
}

/// A few hundred with `PLUMBLINE_SLOW=1`.
fn depth() -> u64 {
    if std::env::var_os("PLUMBLINE_SLOW").is_some() { 400 } else { 24 }
}

#[test]
fn fuzz_the_kernel_finds_what_was_kept_of_any_book_and_fill() {
    let mut upheld = 0;
    for seed in 0..depth() {
        let mut rng = StdRng::seed_from_u64(seed);
        let w = World::open();
        let listed = Stated::at(w.slot()).listed;
        let held = listed.positions().map(|held| Position {
            quantity: Quantity::from_raw(rng.random_range(-300_000_000..=300_000_000)),
            ..held
        });
        let before = Stated::of(Book::from_positions(held).unwrap(), w.slot(), 0);
        w.hold(ALICE, &before);
        w.pass(10);
        let (rise, price) = (rng.random_range(0..4_000), rng.random_range(108_000..116_000));
        let terms = terms(rng.random_range(1..40), price);
        let after = Stated::of(bought(&before.book, &terms), w.slot(), rise);
        let filled = filled(&terms, &after);
        let right = gained(&before.book, &before, &after) + filled;
        let kept = if rng.random_bool(0.5) { rng.random_range(0..6_000_000_000) } else { 0 };
        let fill = w.buy(ALICE, &terms, after.root(), right - kept);
        w.commit(&after);
        let change = w.change(ALICE, w.state(ALICE).sequence);
        w.prank(ALICE).dispute_statements(ALICE, subject::VARIATION, KEPT, &change).ok();
        let following = w.following(ALICE, &before.book, None, vec![fill]);
        let stated = w.state(ALICE).cumulativeVariation;
        let done = w.prank(ALICE).reveal_packed(ALICE, &revalued(&before, &after, Some(&following))).ok();
        let ruled = done.event::<DisputeRuled>();
        let found = i64::try_from(I256::from_be_bytes(ruled.found.0)).unwrap();
        assert!(found.abs_diff(right) <= 4, "seed {seed}: {found} found, {right} gained");
        let missing = found - (right - kept);
        let expected = if missing >= KEPT as i64 - 1_000_000 { ruling::UPHELD } else { ruling::REJECTED };
        assert_eq!(ruled.ruling, expected, "seed {seed}");
        let credited = w.state(ALICE).cumulativeVariation - stated;
        assert_eq!(credited, if missing > 1_000_000 { missing } else { 0 }, "seed {seed}");
        w.audit();
        upheld += u64::from(expected == ruling::UPHELD);
    }
    println!("{} books, {upheld} disputes upheld", depth());
    assert!(upheld * 6 > depth() && upheld < depth());
}

/// What a sequencer of Arbitrum takes in a transaction: bytes of calldata, and gas.
const MOST: (usize, u64) = (95_000, 32_000_000);

#[test]
fn large_books_are_shown_in_one_transaction() {
    for count in [64, 800] {
        let w = World::open();
        w.cache_programs();
        let before = Stated::options(count, w.slot());
        w.hold(ALICE, &before);
        w.pass(10);
        let after = Stated::options(count, w.slot());
        let sequence = w.vary(ALICE, &after, gained(&before.book, &before, &after));
        let change = w.change(ALICE, sequence);
        w.prank(ALICE).dispute_statements(ALICE, subject::VARIATION, KEPT, &change).ok();
        let evidence = revalued(&before, &after, None);
        let bytes = evidence.len() + 36;
        let done = w.prank(ALICE).reveal_packed(ALICE, &evidence);
        let gas = done.gas();
        assert_eq!(done.ok().event::<DisputeRuled>().ruling, ruling::REJECTED);
        println!("variation of a book of {count} options: {bytes} bytes of calldata, {gas} gas");
        assert!(bytes < MOST.0 && gas < MOST.1, "{count} options: {bytes} bytes, {gas} gas");
    }
}

#[test]
fn marks_before_the_statements_must_have_been_committed_too() {
    let w = World::open();
    let before = Stated::at(w.slot());
    let draft = w.draft(&[(ALICE, usd(1))]).lifecycle(lifecycle::PORTING);
    let bundle = draft.with(|draft| draft.statement(ALICE).newRoot = before.root()).sign();
    w.prank(RELAYER).settle(&bundle).ok();
    w.pass(10);
    let after = Stated::of(before.book.clone(), w.slot(), RISE);
    let sequence = w.vary(ALICE, &after, 0);
    let change = w.change(ALICE, sequence);
    w.prank(ALICE).dispute_statements(ALICE, subject::VARIATION, KEPT, &change).ok();
    w.warp(RULING_SECONDS + 1);
    let done = w.prank(STRANGER).close_dispute(ALICE).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::MARKS_UNAVAILABLE);
    w.audit();
}

#[test]
fn silence_on_variation_or_root_counts_against_the_pledgor() {
    for of in [subject::VARIATION, subject::ROOT] {
        let v = Varied::wrong();
        let amount = if of == subject::ROOT { 0 } else { KEPT };
        v.w.prank(ALICE).dispute_statements(ALICE, of, amount, &v.change()).ok();
        v.w.warp(RULING_SECONDS + 1);
        let done = v.w.prank(STRANGER).close_dispute(ALICE).ok();
        assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UNPROVEN);
        v.w.audit();
    }
}

/// Without positions there is nothing to mark.
#[test]
fn the_first_statement_of_an_account_needs_no_marks_before_it() {
    let w = World::open();
    let empty = w.state(ALICE).root;
    assert_eq!(empty, B256::ZERO);
    let terms = terms(10, 80_000);
    let after = Stated::of(bought(&Book::new(), &terms), w.slot(), 0);
    let sequence = w.state(ALICE).sequence + 1;
    let fill = w.buy(ALICE, &terms, after.root(), 0);
    w.commit(&after);
    let change = w.change(ALICE, sequence);
    w.prank(ALICE).dispute_statements(ALICE, subject::VARIATION, KEPT, &change).ok();
    let following = w.following(ALICE, &Book::new(), None, vec![fill]);
    let evidence = packed(chain::reveal::revaluation(None, Some(&after.reveal()), Some(&following)));
    let done = w.prank(ALICE).reveal_packed(ALICE, &evidence).ok();
    // A tenth of a BTC, 30,010 USD below the mark.
    assert_eq!(done.event::<DisputeRuled>().found, number(3_001_000_000u64));
    assert_eq!(done.event::<VariationCorrected>().paid, 3_001_000_000);
    w.audit();
}

#[test]
fn statements_whose_marks_would_be_gone_are_not_disputable() {
    let v = Varied::wrong();
    v.w.warp((DISPUTE_SLOTS + 2) * 10);
    let oldest = v.w.slot() - DISPUTE_SLOTS;
    v.dispute(KEPT).expect_revert(StaleSlot { slot: v.before.slot, oldest });
    // A root needs no marks.
    v.w.prank(ALICE).dispute_statements(ALICE, subject::ROOT, 0, &v.change()).ok();
}

/// Else a fault would be paid for again and again.
#[test]
fn a_statement_is_disputed_once() {
    let mut v = Varied::by(|gained| gained);
    v.dispute(KEPT).ok();
    v.reveal().ok();
    let refused = NotDisputable { account: v.w.account(ALICE), number: 0 };
    v.dispute(KEPT).expect_revert(refused.clone());
    v.w.prank(ALICE).dispute_statements(ALICE, subject::ROOT, 0, &v.change()).expect_revert(refused.clone());
    v.w.pass(10);
    let next = Stated::of(v.before.book.clone(), v.w.slot(), 2 * RISE);
    let sequence = v.w.vary(ALICE, &next, gained(&v.before.book, &v.after, &next) - KEPT as i64);
    // Nor together with later ones, which by themselves are.
    v.dispute(KEPT).expect_revert(refused);
    v.sequence = sequence;
    (v.before, v.after) = (v.after, next);
    v.dispute(KEPT).ok();
    assert_eq!(v.reveal().ok().event::<DisputeRuled>().ruling, ruling::UPHELD);
    v.w.audit();
}

#[test]
fn a_ruling_ends_before_the_marks_that_it_needs_are_gone() {
    let v = Varied::wrong();
    v.w.warp(8_000 * 10);
    v.dispute(KEPT).ok();
    let leave = (v.before.slot + KEPT_SLOTS) * 10;
    let until = v.w.dispute(ALICE).until;
    assert_eq!(until, leave - 600);
    v.w.warp(until - v.w.now());
    let done = v.reveal().ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UPHELD);
    v.w.audit();
}

/// An agent that says nothing until nobody can check what it says loses; one that pledgors waited for does not.
#[test]
fn a_statement_that_came_when_its_marks_were_gone_counts_against_the_agent() {
    for (slots, expected) in [(DISPUTE_SLOTS, ruling::UNPROVEN), (DISPUTE_SLOTS + 1, ruling::MARKS_UNAVAILABLE)] {
        let w = World::open();
        let before = Stated::at(w.slot());
        w.hold(ALICE, &before);
        w.pass(slots * 10);
        let after = Stated::of(before.book.clone(), w.slot(), RISE);
        let sequence = w.vary(ALICE, &after, 0);
        let change = w.change(ALICE, sequence);
        w.prank(ALICE).dispute_statements(ALICE, subject::VARIATION, KEPT, &change).ok();
        w.warp(w.dispute(ALICE).until + 1 - w.now());
        let done = w.prank(STRANGER).close_dispute(ALICE).ok();
        assert_eq!(done.event::<DisputeRuled>().ruling, expected, "{slots} slots");
        w.audit();
    }
}

/// Dave's house has two agents; the second finds what neither book shows.
fn before_two_agents(of: u8, amount: u64) -> Fork {
    let w = World::open();
    let terms = Agreement { secondAgent: SECOND_AGENT.address(), ..w.agreement(DAVE) };
    w.join(DAVE, terms);
    w.use_house_of(DAVE);
    w.stock(DAVE, w.usdc, w.usdc.whole(2_000));
    w.post_margin(DAVE, w.usdc, w.usdc.whole(1_000));
    w.prank(HOUSE).fund_house(w.usdc.whole(5_000)).ignore();
    let draft = w.draft_mark(&[(DAVE, 0)]).with(|draft| draft.second_agent = Some(SECOND_AGENT));
    w.prank(RELAYER).mark(&draft.sign_mark()).ok();
    let change = w.change(DAVE, w.state(DAVE).sequence);
    let mut alone = change.clone();
    alone.sets[0].second_signature = None;
    w.prank(DAVE).dispute_statements(DAVE, of, amount, &alone).expect_revert_of::<InvalidSigner>();
    w.prank(DAVE).dispute_statements(DAVE, of, amount, &change).ok();
    w
}

#[test]
fn the_second_agent_rules_on_variation_without_a_publication() {
    let w = before_two_agents(subject::VARIATION, KEPT);
    let ruling = w.ruling_of(DAVE, number(KEPT));
    w.prank(STRANGER).rule_dispute(ruling.clone(), AGENT).expect_revert_of::<InvalidSigner>();
    let done = w.prank(STRANGER).rule_dispute(ruling, SECOND_AGENT).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UPHELD);
    assert_eq!(w.state(DAVE).cumulativeVariation, KEPT as i64);
    w.audit();
}

#[test]
fn the_second_agent_may_find_a_loss() {
    let w = before_two_agents(subject::VARIATION, KEPT);
    let done = w.prank(STRANGER).rule_dispute(w.ruling_of(DAVE, number(-5i64)), SECOND_AGENT).ok();
    assert_eq!(done.event::<DisputeRuled>().found, number(-5i64));
    assert_eq!(w.state(DAVE).cumulativeVariation, 0);
    w.audit();
}

#[test]
fn the_second_agent_rules_on_a_root_without_a_publication() {
    let w = before_two_agents(subject::ROOT, 0);
    let right = B256::repeat_byte(4);
    let done = w.prank(STRANGER).rule_dispute(w.ruling_of(DAVE, right), SECOND_AGENT).ok();
    assert_eq!(done.event::<DisputeRuled>().ruling, ruling::UPHELD);
    assert_eq!(w.state(DAVE).root, right);
    w.audit();
}
