//! Two evenings that happened, through oracle, registry and escrow: a print that one venue alone saw, and a depeg that everybody saw.
use abi::escrow::MarginEscrow::*;
use abi::registry::EligibilityRegistry::syncCall;
use abi::registry::clock;
use plumbline_tests::artifacts::workspace;
use plumbline_tests::*;

/// 1e-8 USD.
type Price = u64;

/// A column of a file, one price a row.
fn column(file: &str, name: &str) -> Vec<(String, Price)> {
    let text = std::fs::read_to_string(workspace().join(file)).unwrap();
    let mut rows = text.lines().map(|line| line.split(',').collect::<Vec<_>>());
    let place = rows.next().unwrap().iter().position(|header| *header == name).unwrap();
    let price = |text: &str| (text.parse::<f64>().unwrap() * 1e8).round() as Price;
    rows.map(|row| (row[0].to_owned(), price(row[place]))).collect()
}

/// What one round did to a token.
struct Moved {
    median: Price,
    haircut: u32,
    for_new: u32,
}

/// After some seconds the five sources say so, and the registry follows.
fn say(w: &World, token: Token, seconds: u64, prices: [Price; 5]) -> Moved {
    w.warp(seconds);
    let slot = w.slot();
    w.prank(RELAYER).submit(vec![w.round(token.feed, slot, &prices)]).ok();
    w.prank(RELAYER).send(w.registry, syncCall { slot, assets: token.bit() }).ok();
    let (round, held) =
        (w.view(w.oracle, abi::oracle::PriceOracle::roundCall { feed: token.feed, slot }), w.haircut(token));
    Moved { median: round.price, haircut: held.haircut, for_new: held.haircut.max(held.target) }
}

/// The same requirement stated again.
fn mark(w: &World, requirement: u64) {
    let set = w.draft_mark(&[(DAVE, requirement)]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
}

fn mean(prices: &[Price]) -> Price {
    prices.iter().sum::<Price>() / prices.len() as Price
}

/// Dave with the collateral given, and a requirement.
fn desk(w: &World, collateral: &[(Token, u64)], requirement: u64) {
    let terms = w.agreement(DAVE);
    w.join(DAVE, terms);
    w.use_house_of(DAVE);
    for (token, whole) in collateral {
        w.post_margin(DAVE, *token, token.whole(*whole));
    }
    mark(w, requirement);
    assert!(!w.claim(DAVE).open, "enough in calm");
}

/// 10 October 2025. Binance printed 0.65 while Uniswap stayed above 0.994. Three further sources are derived: means of Uniswap over 5 and 15
/// minutes, and of both venues over 30.
#[test]
fn the_print_of_one_venue_calls_nobody() {
    let binance = column("demo/data/usde_usdt_binance_1m.csv", "low");
    let uniswap = column("demo/data/usde_usdt_uniswap_1m.csv", "close");
    assert_eq!(binance.len(), uniswap.len());
    let (binance, uniswap): (Vec<_>, Vec<_>) =
        (binance.iter().map(|row| row.1).collect(), uniswap.iter().map(|row| row.1).collect());
    let w = World::new();
    desk(&w, &[(w.usdc, 250_000), (w.usde, 400_000)], usd(500_000));
    let (mut lowest_median, mut lowest_print, mut highest, mut newest) = (u64::MAX, u64::MAX, 0, 0);
    let (base, start) = (w.haircut(w.usde).haircut, w.now());
    for minute in 30..binance.len() {
        let last = |prices: &[Price], count: usize| mean(&prices[minute + 1 - count..=minute]);
        let blend = (last(&binance, 30) + last(&uniswap, 30)) / 2;
        let prices = [binance[minute], uniswap[minute], last(&uniswap, 5), last(&uniswap, 15), blend];
        let moved = say(&w, w.usde, 60, prices);
        let clock = (w.now() - start) * clock::TIGHTEN_PPM_PER_HOUR / 3_600;
        assert!(u64::from(moved.haircut - base) <= clock, "{} ppm in {} s", moved.haircut - base, w.now() - start);
        mark(&w, usd(500_000));
        assert!(!w.claim(DAVE).open, "minute {minute}: a claim at a median of {}", moved.median);
        lowest_print = lowest_print.min(binance[minute]);
        lowest_median = lowest_median.min(moved.median);
        (highest, newest) = (highest.max(moved.haircut), newest.max(moved.for_new));
    }
    assert_eq!((lowest_print, lowest_median), (65_000_000, 99_466_900), "what one saw, what counts");
    assert_eq!(
        (base, highest, newest),
        (50_000, 98_993, 389_263),
        "in calm, in force at most, for new pledges at most"
    );
    // On the print the same collateral would not have been enough.
    let on_print = 400_000u64 * 65 * 95 / 100 / 100 + 250_000 * 99 / 100;
    assert!(on_print < 500_000, "{on_print}");
}

/// March 2023. Every source saw USDC fall to 0.875; 5 basis points apart here.
#[test]
fn a_depeg_that_everybody_sees_tightens_and_calls() {
    let rows = column("tests/data/usdc_usd_2023-03_5m.csv", "usdc_usd");
    let w = World::new();
    desk(&w, &[(w.usdc, 1_000_000)], usd(900_000));
    let (base, mut before) = (w.haircut(w.usdc).haircut, w.haircut(w.usdc).haircut);
    let (mut claimed, mut highest, mut lowest) = (None, (0, String::new()), u64::MAX);
    for (time, price) in &rows {
        let around =
            [0, 5, 10, -5, -10].map(|points: i64| price.saturating_add_signed(*price as i64 / 10_000 * points));
        let moved = say(&w, w.usdc, 300, around);
        assert_eq!(moved.median, *price, "{time}");
        let (up, down) = (moved.haircut.saturating_sub(before), before.saturating_sub(moved.haircut));
        assert!(u64::from(up) <= clock::TIGHTEN_PPM_PER_HOUR / 12 + 1, "{time}: up {up} ppm in five minutes");
        assert!(u64::from(down) <= 300 * clock::LOOSEN_PPM / clock::LOOSEN_SECONDS + 1, "{time}: down {down} ppm");
        before = moved.haircut;
        lowest = lowest.min(*price);
        highest = highest.max((moved.haircut, time.clone()));
        mark(&w, usd(900_000));
        if claimed.is_none() && w.claim(DAVE).open {
            claimed = Some((time.clone(), w.claim(DAVE).first.amount));
            cure(&w);
        }
    }
    assert_eq!((base, lowest), (10_000, 87_483_000));
    assert_eq!(claimed, Some(("2023-03-11 07:20:00".to_owned(), 2_812_592_000)), "the first claim");
    assert_eq!(
        (highest, before),
        ((67_955, "2023-03-11 08:00:00".to_owned()), 63_928),
        "the highest haircut in force, and the last"
    );
}

/// A pledge that restores the margin satisfies the claim.
fn cure(w: &World) {
    let amount = w.usdc.whole(200_000);
    w.deal(w.usdc, DAVE, amount);
    let done = w.prank(DAVE).pledge(DAVE, w.usdc, amount).ok();
    assert!(!done.event::<ClaimSatisfied>().late);
}
