//! What a revealed book hashes to on chain is what the relayer committed to off it.
use abi::examiner::PortfolioExaminer::{Malformed, NotShown, PortfolioExaminerCalls, examineCall};
use abi::examiner::reason;
use abi::history::{self, SettledExpiry};
use abi::merkle;
use abi::packed::{Applied, Examination, Following, ShownBook, ShownFill, ShownPosition, ShownStep, mark_leaves};
use abi::types::FillTerms;
use alloy::primitives::{B256, Bytes, U256};
use alloy::sol_types::{SolCall, SolError, SolInterface};
use plumbline_tests::books::{options, random, random_parameters};
use plumbline_tests::examiner::{Examiner, reveal};
use plumbline_tests::verifier::pack;
use rand::{Rng, SeedableRng, rngs::StdRng};
use risk::{
    Book, Cash, Expiry, Funding, Instrument, Parameters, Position, Price, Quantity, Underlying, book_root, cash_salt,
};
use std::collections::BTreeSet;

const KEY: B256 = B256::repeat_byte(7);

/// A thousand with `PLUMBLINE_SLOW=1`.
fn depth() -> u64 {
    if std::env::var_os("PLUMBLINE_SLOW").is_some() { 1_000 } else { 100 }
}

/// Every other position, and all the cash.
fn part(book: &Book) -> Book {
    let positions = book.positions().step_by(2).collect::<Vec<Position>>();
    Book::from_positions(positions).unwrap().with_cash(book.cash())
}

#[test]
fn fuzz_random_books_hash_to_what_was_committed() {
    let examiner = Examiner::deploy();
    let mut positions = 0;
    for seed in 0..depth() {
        let mut rng = StdRng::seed_from_u64(seed);
        let ((all, marks), parameters) = (random(&mut rng), random_parameters(&mut rng));
        let book = part(&all);
        let shown = examiner.examine(&reveal(&book, &all, &marks, &parameters, KEY)).unwrap();
        assert_eq!(shown.root, book_root(&book, KEY), "book {seed}");
        assert_eq!(shown.parametersHash, parameters.version_hash(), "book {seed}");
        assert_eq!(shown.marksRoot, merkle::root(&mark_leaves(&pack(&all, &marks, &parameters))), "book {seed}");
        assert_eq!(shown.asOf, marks.as_of());
        positions += book.positions().count();
    }
    println!("{} books, {positions} positions", depth());
    assert!(positions as u64 > depth());
}

/// Random steps, what a book of the kernel makes of them, and the history that they leave.
struct Walk {
    shown: Following,
    after: Book,
    start: B256,
    end: B256,
    rounds: Vec<[B256; 3]>,
}

fn hash(rng: &mut StdRng) -> B256 {
    B256::from(rng.random::<[u8; 32]>())
}

fn word(number: u64) -> B256 {
    U256::from(number).into()
}

fn walk(rng: &mut StdRng, before: &Book, all: &Book) -> Walk {
    let (account, previous_history, digest) = (rng.random_range(1..9u64), hash(rng), hash(rng));
    let start = history::after(previous_history, book_root(before, KEY), digest);
    let shown = Following {
        account,
        previous_history,
        digest,
        before: shown_of(before),
        after: ShownBook::default(),
        steps: Vec::new(),
    };
    let mut walk = Walk { shown, after: before.clone(), start, end: start, rounds: Vec::new() };
    let instruments: Vec<Instrument> = all.positions().map(|held| held.instrument).collect();
    let steps = if instruments.is_empty() { 0 } else { rng.random_range(0..6) };
    for _ in 0..steps {
        let applied = match rng.random_range(0..4) {
            0 => expire(rng, &mut walk, &instruments),
            1 => fund(rng, &mut walk, &instruments),
            _ => trade(rng, &mut walk, &instruments),
        };
        // Whatever root was stated is part of the history, right or wrong.
        let root = if rng.random_bool(0.9) { book_root(&walk.after, KEY) } else { hash(rng) };
        walk.end = history::after(walk.end, root, applied.digest());
        walk.shown.steps.push(ShownStep { applied, root });
    }
    walk.shown.after = shown_of(&walk.after);
    walk
}

fn shown_of(book: &Book) -> ShownBook {
    chain::reveal::shown(book, KEY)
}

fn any(rng: &mut StdRng, of: &[Instrument]) -> Instrument {
    of[rng.random_range(0..of.len())]
}

fn trade(rng: &mut StdRng, walk: &mut Walk, instruments: &[Instrument]) -> Applied {
    let (account, mut fills) = (walk.shown.account, Vec::new());
    for _ in 0..rng.random_range(0..4) {
        let instrument = any(rng, instruments);
        let (quantity, price) = (rng.random_range(0..1_000_000_000_000), rng.random_range(0..20_000_000_000_000));
        let terms = FillTerms { salt: hash(rng), instrument: instrument.id(), quantity, price };
        let buys = rng.random_bool(0.5);
        let (buyer, seller) = if buys { (account, account + 1) } else { (account + 1, account) };
        let (sequence, matched_at, group) = (rng.random(), rng.random(), rng.random());
        fills.push(ShownFill { sequence, buyer, seller, matched_at, settle_by: 9, group, terms });
        let change = Quantity::from_raw(if buys { quantity as i64 } else { -(quantity as i64) });
        walk.after.trade(&instrument, change, Price::from_raw(price)).expect("a small quantity");
    }
    Applied::Fills(fills)
}

fn expire(rng: &mut StdRng, walk: &mut Walk, instruments: &[Instrument]) -> Applied {
    let mut settled = Vec::new();
    for _ in 0..rng.random_range(0..3) {
        let of = any(rng, instruments);
        let Some(expiry) = of.kind.expiry() else { continue };
        let price = rng.random_range(0..20_000_000_000_000);
        let of = round(of.underlying, expiry, rng.random_range(0..=360), price);
        walk.after.expire(underlying_of(&of), expiry, Price::from_raw(price)).expect("a small quantity");
        walk.rounds.push([of.feed, word(of.slot), word(price)]);
        settled.push(of);
    }
    Applied::Expiry(settled)
}

fn underlying_of(settled: &SettledExpiry) -> Underlying {
    Instrument::from_id(settled.future).unwrap().underlying
}

/// So many slots before the expiry's.
fn round(underlying: Underlying, expiry: Expiry, before: u64, price: u64) -> SettledExpiry {
    let future = Instrument::future(underlying, expiry);
    let feed = if before.is_multiple_of(2) { format!("{underlying}-USD") } else { format!("{future}-USD") };
    SettledExpiry {
        future: future.id(),
        feed: B256::right_padding_from(feed.as_bytes()),
        slot: expiry.unix() / 10 - before,
        price,
    }
}

fn fund(rng: &mut StdRng, walk: &mut Walk, instruments: &[Instrument]) -> Applied {
    let (instrument, per_unit) = (any(rng, instruments), rng.random_range(-1_000_000_000_000..1_000_000_000_000));
    walk.after.fund(&instrument, Funding::from_raw(per_unit)).expect("a small payment");
    Applied::Funding { instrument: instrument.id(), per_unit }
}

#[test]
fn fuzz_steps_make_of_a_book_what_the_kernel_makes_of_it() {
    let examiner = Examiner::deploy();
    let (mut steps, mut rounds, mut unsalted) = (0, 0, 0);
    for seed in 0..depth() {
        let mut rng = StdRng::seed_from_u64(seed);
        let (all, _) = random(&mut rng);
        let before = part(&all);
        let Walk { mut shown, after, start, end, rounds: used } = walk(&mut rng, &before, &all);
        let expected = book_root(&after, KEY);
        let (followed, named) = examiner.follow(&shown).unwrap();
        assert_eq!((followed.startHistory, followed.endHistory), (start, end), "book {seed}");
        assert_eq!((followed.afterRoot, followed.root, followed.salted), (expected, expected, true), "book {seed}");
        assert_eq!((followed.steps as usize, named), (shown.steps.len(), used.clone()), "book {seed}");
        assert_eq!(followed.statedRoot, shown.steps.last().map_or(B256::ZERO, |step| step.root), "book {seed}");
        // Without the book after, only leaves of the book before have salts.
        shown.after = ShownBook::default();
        let (alone, _) = examiner.follow(&shown).unwrap();
        let known = |held: Position| before.quantity(&held.instrument) != Quantity::ZERO;
        let cash = !shown.before.is_empty() || after.is_flat() && after.cash().is_zero();
        assert_eq!(alone.salted, cash && after.positions().all(known), "book {seed}");
        assert_eq!((alone.afterRoot, alone.root == expected), (B256::ZERO, alone.salted), "book {seed}");
        (steps, rounds) = (steps + shown.steps.len() as u64, rounds + used.len() as u64);
        unsalted += u64::from(!alone.salted);
    }
    println!("{} books, {steps} steps, {rounds} rounds, {unsalted} with a new position", depth());
    assert!(steps > depth() && rounds * 3 > depth() && unsalted * 4 > depth() && unsalted < depth());
}

fn perpetual() -> Instrument {
    Instrument::perpetual(Underlying::BTC)
}

/// An account that buys one perpetual, from its beginning.
fn beginning() -> Following {
    let terms = FillTerms { salt: KEY, instrument: perpetual().id(), quantity: 100_000_000, price: 5 };
    let fill = ShownFill { sequence: 1, buyer: 7, seller: 8, matched_at: 1, settle_by: 2, group: 0, terms };
    let mut after = Book::new();
    after.trade(&perpetual(), Quantity::from_raw(100_000_000), Price::from_raw(5)).unwrap();
    let step = ShownStep { applied: Applied::Fills(vec![fill]), root: book_root(&after, KEY) };
    Following { account: 7, after: shown_of(&after), steps: vec![step], ..Following::default() }
}

#[test]
fn an_account_begins_with_no_history_and_no_book() {
    let examiner = Examiner::deploy();
    let shown = beginning();
    let (followed, _) = examiner.follow(&shown).unwrap();
    let end = history::after(B256::ZERO, shown.steps[0].root, shown.steps[0].applied.digest());
    assert_eq!((followed.startHistory, followed.endHistory), (B256::ZERO, end));
    assert_eq!((followed.root, followed.salted), (shown.steps[0].root, true));
    let held = Following { before: shown.after.clone(), ..shown.clone() };
    let because = |reason| Some(Bytes::from(NotShown { reason }.abi_encode()));
    assert_eq!(examiner.follow(&held).err(), because(reason::BEGINNING));
    // A first history of its own: that of a step from zero.
    let later = Following { digest: KEY, ..held };
    let (followed, _) = examiner.follow(&later).unwrap();
    assert_eq!(followed.startHistory, history::after(B256::ZERO, shown.steps[0].root, KEY));
}

/// The salt of cash that came from nothing is in no root before: only the book after has it.
#[test]
fn a_book_from_nothing_needs_the_salts_of_the_book_after() {
    let examiner = Examiner::deploy();
    let unknown = Following { after: ShownBook::default(), ..beginning() };
    assert!(!examiner.follow(&unknown).unwrap().0.salted);
    let mut shown = unknown.clone();
    shown.before.cash_salt = cash_salt(KEY);
    let malformed = examiner.follow(&shown).err();
    assert!(malformed.unwrap().starts_with(&Malformed::SELECTOR));
}

#[test]
fn an_expiry_takes_a_round_of_its_underlying_and_of_its_last_hour() {
    let examiner = Examiner::deploy();
    let expiry: Expiry = "20251226".parse().unwrap();
    let good = round(Underlying::BTC, expiry, 0, 9);
    let follow = |settled: SettledExpiry| {
        let step = ShownStep { applied: Applied::Expiry(vec![settled]), root: B256::ZERO };
        examiner.follow(&Following { steps: vec![step], ..Following::default() })
    };
    let name = |name: &str| B256::right_padding_from(name.as_bytes());
    for good in [good, round(Underlying::BTC, expiry, 360, 9), SettledExpiry { feed: name("BTC-20251226-USD"), ..good }]
    {
        assert_eq!(follow(good).unwrap().1, [[good.feed, word(good.slot), word(9)]]);
    }
    let wrong = [
        SettledExpiry { slot: good.slot + 1, ..good },
        round(Underlying::BTC, expiry, 361, 9),
        SettledExpiry { slot: 0, ..good },
        SettledExpiry { feed: name("ETH-USD"), ..good },
        SettledExpiry { feed: name("BTCX-USD"), ..good },
        SettledExpiry { feed: name("BTC"), ..good },
        SettledExpiry { future: name("BTC-PERP"), ..good },
        SettledExpiry { future: name("BTC-20251226-100000-C"), ..good },
        SettledExpiry { future: name("btc-20251226"), ..good },
    ];
    let because = Bytes::from(NotShown { reason: reason::EXPIRY }.abi_encode());
    for wrong in wrong {
        assert_eq!(follow(wrong).err(), Some(because.clone()), "{wrong:?}");
    }
}

#[test]
fn a_fill_of_others_or_out_of_range_is_not_followed() {
    let examiner = Examiner::deploy();
    let refused = |change: &dyn Fn(&mut ShownFill)| {
        let mut shown = beginning();
        let Applied::Fills(fills) = &mut shown.steps[0].applied else { unreachable!() };
        change(&mut fills[0]);
        examiner.follow(&shown).err()
    };
    let because = |reason| Some(Bytes::from(NotShown { reason }.abi_encode()));
    assert_eq!(refused(&|fill| fill.buyer = 9), because(reason::FILL));
    assert_eq!(refused(&|fill| fill.seller = 7), because(reason::FILL));
    assert_eq!(refused(&|fill| fill.terms.quantity = u64::MAX), because(reason::OVERFLOW));
}

/// A program's stack is small, and a dispute shows what it must.
#[test]
fn large_books_are_followed() {
    let examiner = Examiner::deploy();
    let (before, _) = options(200);
    let dates: BTreeSet<_> = before.positions().filter_map(|held| held.instrument.kind.expiry()).collect();
    let dates = &dates.into_iter().collect::<Vec<_>>()[..4];
    let settled = dates.iter().map(|date| round(Underlying::BTC, *date, 3, 11_000_000_000_000)).collect();
    let mut after = before.clone();
    dates.iter().for_each(|date| after.expire(Underlying::BTC, *date, Price::from_raw(11_000_000_000_000)).unwrap());
    let many = |of: &Following| {
        let Applied::Fills(fills) = &of.steps[0].applied else { unreachable!() };
        Applied::Fills(vec![fills[0].clone(); 255])
    };
    let bought = Quantity::from_raw(25_500_000_000);
    after.trade(&perpetual(), bought, Price::from_raw(5)).unwrap();
    let step = |applied| ShownStep { applied, root: KEY };
    let steps = vec![step(Applied::Expiry(settled)), step(many(&beginning()))];
    let (before, after) = (shown_of(&before), shown_of(&after));
    let shown = Following { account: 7, digest: KEY, before, after, steps, ..Following::default() };
    let (followed, rounds) = examiner.follow(&shown).unwrap();
    assert_eq!((followed.root, followed.salted, rounds.len()), (followed.afterRoot, true, 4));
}

/// A position whose root was stated under a name that is none stays, whatever expires.
#[test]
fn a_name_that_is_none_does_not_hinder_an_expiry() {
    let examiner = Examiner::deploy();
    let odd = ShownPosition { salt: KEY, instrument: B256::right_padding_from(b"BTC-20251226-X"), quantity: 5 };
    let before = ShownBook { cash: 0, cash_salt: KEY, positions: vec![odd] };
    let settled = round(Underlying::BTC, "20251226".parse().unwrap(), 0, 9);
    let step = ShownStep { applied: Applied::Expiry(vec![settled]), root: B256::ZERO };
    let shown = Following { digest: KEY, after: before.clone(), before, steps: vec![step], ..Following::default() };
    let (followed, _) = examiner.follow(&shown).unwrap();
    assert_eq!((followed.root, followed.salted), (followed.afterRoot, true));
}

fn revealed() -> (Examination, B256, B256) {
    let ((all, marks), parameters) = (options(8), Parameters::default());
    let all = all.with_cash(Cash::from_raw(-12_345));
    let shown = reveal(&part(&all), &all, &marks, &parameters, KEY);
    let marks_root = merkle::root(&mark_leaves(&pack(&all, &marks, &parameters)));
    (shown, book_root(&part(&all), KEY), marks_root)
}

#[test]
fn another_quantity_cash_or_salt_is_another_book() {
    let (shown, root, _) = revealed();
    let examiner = Examiner::deploy();
    assert_eq!(examiner.examine(&shown).unwrap().root, root);
    let mut more = shown.clone();
    more.portfolio.underlyings[0].expiries[0].options[0].quantity += 1;
    let (mut richer, mut salted, mut other) = (shown.clone(), shown.clone(), shown);
    richer.portfolio.cash += 1;
    salted.cash_salt = B256::repeat_byte(1);
    other.salts[0] = B256::repeat_byte(1);
    for wrong in [more, richer, salted, other] {
        assert_ne!(examiner.examine(&wrong).unwrap().root, root);
    }
}

#[test]
fn another_mark_is_of_another_set() {
    let (shown, _, root) = revealed();
    let examiner = Examiner::deploy();
    let mut marks = vec![shown.clone(); 4];
    marks[0].portfolio.underlyings[0].spot.price += 1;
    marks[1].portfolio.underlyings[0].expiries[0].rate += 1;
    marks[2].portfolio.underlyings[0].expiries[0].options[0].volatility += 1;
    marks[3].portfolio.as_of += 1;
    for wrong in marks {
        assert_ne!(examiner.examine(&wrong).unwrap().marksRoot, root);
    }
}

#[test]
fn other_parameters_have_another_version() {
    let (shown, ..) = revealed();
    let examiner = Examiner::deploy();
    let agreed = Parameters::default().version_hash();
    assert_eq!(examiner.examine(&shown).unwrap().parametersHash, agreed);
    let (mut factor, mut scenario) = (shown.clone(), shown);
    factor.portfolio.parameters.factors[0] += 1;
    scenario.portfolio.parameters.scenarios.pop();
    for wrong in [factor, scenario] {
        assert_ne!(examiner.examine(&wrong).unwrap().parametersHash, agreed);
    }
}

#[test]
fn what_cannot_be_shown_reverts_with_the_reason() {
    let (shown, ..) = revealed();
    let examiner = Examiner::deploy();
    let refused = |shown: &Examination| examiner.examine(shown).err();
    let because = |reason| Some(Bytes::from(NotShown { reason }.abi_encode()));
    let mut salts = shown.clone();
    salts.salts.pop();
    assert_eq!(refused(&salts), because(reason::SALTS));
    let (mut fewer, mut more) = (shown.clone(), shown.clone());
    fewer.marks.places.pop();
    more.marks.hashes.push(B256::ZERO);
    assert_eq!((refused(&fewer), refused(&more)), (because(reason::MARKS), because(reason::MARKS)));
    let mut nameless = shown;
    nameless.portfolio.underlyings[0].name = *b"btc\0\0\0\0\0";
    assert_eq!(refused(&nameless), because(reason::INSTRUMENT));
}

#[test]
fn broken_bytes_revert_with_their_offset() {
    let examiner = Examiner::deploy();
    let bytes = revealed().0.encode().unwrap();
    let call = |bytes: &[u8]| examiner.call([&examineCall::SELECTOR[..], bytes].concat());
    let long = Bytes::from(Malformed { offset: U256::from(bytes.len()) }.abi_encode());
    assert_eq!(call(&[&bytes[..], &[0]].concat()), Err(long));
    for length in (0..bytes.len()).step_by(41) {
        let answer = call(&bytes[..length]).expect_err("it is cut short");
        assert!(answer.starts_with(&Malformed::SELECTOR), "{length}");
    }
}

#[test]
fn every_selector_of_the_examiner_is_routed_and_no_other() {
    let examiner = Examiner::deploy();
    let unknown = examiner.call(vec![0xde, 0xad, 0xbe, 0xef]);
    assert_eq!(unknown, Err(Bytes::new()));
    for selector in PortfolioExaminerCalls::selectors() {
        assert_ne!(examiner.call(selector.to_vec()), unknown);
    }
}
