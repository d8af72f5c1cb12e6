//! What a revealed book hashes to on chain is what the relayer committed to off it.
use abi::examiner::PortfolioExaminer::{Malformed, NotShown, PortfolioExaminerCalls, examineCall};
use abi::examiner::reason;
use abi::merkle;
use abi::packed::{Examination, Following, ShownFill, fill_hash, fills_digest, mark_leaves, span_digest};
use abi::types::FillTerms;
use alloy::primitives::{B256, Bytes, U256};
use alloy::sol_types::{SolCall, SolError, SolInterface};
use chain::reveal::positions;
use plumbline_tests::books::{options, random, random_parameters};
use plumbline_tests::examiner::{Examiner, reveal};
use plumbline_tests::verifier::pack;
use rand::{Rng, SeedableRng, rngs::StdRng};
use risk::{Book, Instrument, Parameters, Position, Quantity, positions_root};

const KEY: B256 = B256::repeat_byte(7);

/// A thousand with `PLUMBLINE_SLOW=1`.
fn depth() -> u64 {
    if std::env::var_os("PLUMBLINE_SLOW").is_some() { 1_000 } else { 100 }
}

/// Every other position.
fn part(book: &Book) -> Book {
    Book::from_positions(book.positions().step_by(2).collect::<Vec<Position>>()).unwrap()
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
        assert_eq!(shown.positionsRoot, positions_root(&book, KEY), "book {seed}");
        assert_eq!(shown.parametersHash, parameters.version_hash(), "book {seed}");
        assert_eq!(shown.marksRoot, merkle::root(&mark_leaves(&pack(&all, &marks, &parameters))), "book {seed}");
        assert_eq!(shown.asOf, marks.as_of());
        positions += book.positions().count();
    }
    println!("{} books, {positions} positions", depth());
    assert!(positions as u64 > depth());
}

/// Random fills in random statements, and what a book of the kernel makes of them.
struct Filled {
    shown: Following,
    after: Book,
    digest: B256,
    /// 1e-16 USD.
    cost: i128,
}

fn filled(rng: &mut StdRng, before: &Book, all: &Book) -> Filled {
    let instruments: Vec<Instrument> = all.positions().map(|held| held.instrument).collect();
    let (account, mut after, mut digest, mut cost) = (rng.random_range(1..9u64), before.clone(), B256::ZERO, 0);
    let mut statements = Vec::new();
    for _ in 0..rng.random_range(0..4) {
        let (mut fills, mut own) = (Vec::new(), B256::ZERO);
        let most = if instruments.is_empty() { 1 } else { 4 };
        for _ in 0..rng.random_range(0..most) {
            let instrument = instruments[rng.random_range(0..instruments.len())];
            let (quantity, price) = (rng.random_range(0..1_000_000_000_000), rng.random_range(0..20_000_000_000_000));
            let terms =
                FillTerms { salt: B256::from(rng.random::<[u8; 32]>()), instrument: instrument.id(), quantity, price };
            let buys = rng.random_bool(0.5);
            let (buyer, seller) = if buys { (account, account + 1) } else { (account + 1, account) };
            let (sequence, matched_at) = (rng.random(), rng.random());
            let fill = ShownFill { sequence, buyer, seller, matched_at, settle_by: 9, group: rng.random(), terms };
            let change = if buys { quantity as i64 } else { -(quantity as i64) };
            after.apply(&instrument, Quantity::from_raw(change)).expect("a small quantity");
            cost += i128::from(change) * i128::from(price);
            own = fills_digest(own, fill_hash(&fill.fill()));
            fills.push(fill);
        }
        digest = span_digest(digest, own);
        statements.push(fills);
    }
    let shown = Following { account, before: positions(before, KEY), after: positions(&after, KEY), statements };
    Filled { shown, after, digest, cost }
}

#[test]
fn fuzz_fills_make_of_a_book_what_the_kernel_makes_of_it() {
    let examiner = Examiner::deploy();
    let (mut fills, mut unsalted) = (0, 0);
    for seed in 0..depth() {
        let mut rng = StdRng::seed_from_u64(seed);
        let (all, _) = random(&mut rng);
        let before = part(&all);
        let Filled { mut shown, after, digest, cost } = filled(&mut rng, &before, &all);
        let expected = positions_root(&after, KEY);
        let followed = examiner.follow(&shown).unwrap();
        assert_eq!((followed.beforeRoot, followed.afterRoot), (positions_root(&before, KEY), expected), "book {seed}");
        assert_eq!((followed.fillsDigest, followed.newRoot, followed.salted), (digest, expected, true), "book {seed}");
        assert_eq!(i128::from(followed.cost), cost.div_euclid(10_000_000_000), "book {seed}");
        // Without the book after, only positions of the book before have salts.
        shown.after.clear();
        let alone = examiner.follow(&shown).unwrap();
        let known = |held: Position| before.quantity(&held.instrument) != Quantity::ZERO;
        assert_eq!(alone.salted, after.positions().all(known), "book {seed}");
        assert_eq!((alone.afterRoot, alone.newRoot == expected), (B256::ZERO, alone.salted), "book {seed}");
        fills += shown.statements.iter().map(Vec::len).sum::<usize>();
        unsalted += u64::from(!alone.salted);
    }
    println!("{} books, {fills} fills, {unsalted} with a new position", depth());
    assert!(fills as u64 > depth() && unsalted * 4 > depth() && unsalted < depth());
}

fn revealed() -> (Examination, B256, B256) {
    let ((all, marks), parameters) = (options(8), Parameters::default());
    let shown = reveal(&part(&all), &all, &marks, &parameters, KEY);
    let marks_root = merkle::root(&mark_leaves(&pack(&all, &marks, &parameters)));
    (shown, positions_root(&part(&all), KEY), marks_root)
}

#[test]
fn another_quantity_or_salt_is_another_book() {
    let (shown, root, _) = revealed();
    let examiner = Examiner::deploy();
    assert_eq!(examiner.examine(&shown).unwrap().positionsRoot, root);
    let mut more = shown.clone();
    more.portfolio.underlyings[0].expiries[0].options[0].quantity += 1;
    let mut other = shown;
    other.salts[0] = B256::repeat_byte(1);
    for wrong in [more, other] {
        assert_ne!(examiner.examine(&wrong).unwrap().positionsRoot, root);
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
