use super::*;
use crate::feed;
use crate::round::{Quote, report, sign_report};
use abi::oracle::Reporter;
use alloy::signers::local::PrivateKeySigner;

const NOW: u64 = 176_013_327;

fn key(byte: u8) -> PrivateKeySigner {
    PrivateKeySigner::from_bytes(&B256::repeat_byte(byte)).unwrap()
}

fn domain() -> Domain {
    Domain::oracle(1, Address::repeat_byte(9))
}

fn btc() -> B256 {
    feed::feed("BTC-USD").unwrap()
}

fn eth() -> B256 {
    feed::feed("ETH-USD").unwrap()
}

/// Reporters 1 to 4; the last two share a source group.
fn book() -> VoteBook {
    let reporters = [(1, 1), (2, 2), (3, 3), (4, 3)];
    let reporters = reporters.map(|(byte, group)| Reporter { signer: key(byte).address(), group }).to_vec();
    let set = ReporterSet { quorum: 2, bandPpm: 20_000, maxAgeSlots: 6, reporters };
    VoteBook::new(domain(), set, [btc(), eth()].into())
}

fn signed_by(by: u8, report: SlotReport) -> Vote {
    Vote { reporter: key(by).address(), signature: sign_report(&domain(), &key(by), &report), report }
}

fn vote_with(by: u8, slot: u64, price: u64, root: B256) -> Vote {
    signed_by(by, report(slot, [(&btc(), &Quote::of(price))], root))
}

fn vote(by: u8, slot: u64, price: u64) -> Vote {
    vote_with(by, slot, price, B256::ZERO)
}

fn root(by: u8, slot: u64, root: B256) -> Vote {
    signed_by(by, report(slot, [], root))
}

fn places(chosen: &Chosen) -> Vec<u8> {
    chosen.iter().map(|(place, ..)| *place).collect()
}

#[test]
fn a_report_is_taken_once() {
    let mut book = book();
    assert_eq!(book.take(&vote(1, NOW, 5), NOW), Ok(true));
    assert_eq!(book.take(&vote(1, NOW, 5), NOW), Ok(false));
    assert_eq!(book.priced(NOW, B256::ZERO).len(), 1);
}

#[test]
fn the_first_of_two_different_reports_stands() {
    let mut book = book();
    book.take(&vote(1, NOW, 5), NOW).unwrap();
    let two = report(NOW, [(&btc(), &Quote::of(5)), (&eth(), &Quote::of(7))], B256::ZERO);
    for other in [vote(1, NOW, 6), vote_with(1, NOW, 6, B256::repeat_byte(1)), signed_by(1, two)] {
        assert_eq!(book.take(&other, NOW), Err(Refusal::Contradicts(key(1).address())));
    }
    assert_eq!(book.priced(NOW, B256::ZERO)[0].1.prices, [5]);
}

#[test]
fn what_the_oracle_would_refuse_changes_nothing() {
    let mut book = book();
    let good = vote(1, NOW, 5);
    let stranger = vote(7, NOW, 5);
    assert_eq!(book.take(&stranger, NOW), Err(Refusal::Stranger(stranger.reporter)));
    let stolen = Vote { reporter: key(2).address(), ..good.clone() };
    assert_eq!(book.take(&stolen, NOW), Err(Refusal::Signature(stolen.reporter)));
    let altered = Vote { report: vote(1, NOW, 6).report, ..good.clone() };
    assert_eq!(book.take(&altered, NOW), Err(Refusal::Signature(good.reporter)));
    assert_eq!(book.take(&vote(1, NOW, 0), NOW), Err(Refusal::Quote));
    let sure = Quote { price: 5, confidence: FULL_CONFIDENCE + 1 };
    assert_eq!(book.take(&signed_by(1, report(NOW, [(&btc(), &sure)], B256::ZERO)), NOW), Err(Refusal::Quote));
    assert_eq!(book.take(&root(1, NOW, B256::ZERO), NOW), Err(Refusal::Nothing));
    let mut unordered = report(NOW, [(&btc(), &Quote::of(5)), (&eth(), &Quote::of(7))], B256::ZERO);
    unordered.feeds.reverse();
    assert_eq!(book.take(&signed_by(1, unordered.clone()), NOW), Err(Refusal::Quote));
    unordered.feeds = vec![btc(), btc()];
    assert_eq!(book.take(&signed_by(1, unordered.clone()), NOW), Err(Refusal::Quote));
    unordered.feeds.pop();
    assert_eq!(book.take(&signed_by(1, unordered), NOW), Err(Refusal::Quote));
    for (slot, taken) in
        [(NOW - 2, false), (NOW - 1, true), (NOW + 1, true), (NOW + 2, false), (0, false), (u64::MAX, false)]
    {
        assert_eq!(book.take(&vote(1, slot, 5), NOW).is_ok(), taken, "{slot}");
    }
    let zero = Vote { signature: [0; 64], ..good.clone() };
    assert_eq!(book.take(&zero, NOW), Err(Refusal::Signature(good.reporter)));
    assert!(book.priced(NOW, B256::ZERO).is_empty());
}

/// Whoever has some feeds more is heard; whoever fills messages with them is not.
#[test]
fn some_feeds_of_others_are_taken() {
    let mut book = book();
    let with = |count: usize| {
        let foreign: Vec<B256> = (0..count).map(|n| feed::feed(&format!("F{n:03}")).unwrap()).collect();
        let (btc, quote) = (btc(), Quote::of(5));
        let quotes = foreign.iter().chain([&btc]).map(|feed| (feed, &quote));
        report(NOW, quotes, B256::ZERO)
    };
    assert_eq!(book.take(&signed_by(1, with(FOREIGN + 1)), NOW), Err(Refusal::Feeds));
    assert_eq!(book.take(&signed_by(1, with(FOREIGN)), NOW), Ok(true));
    assert_eq!(book.priced(NOW, B256::ZERO)[0].1.feeds.len(), FOREIGN + 1);
}

/// `ecrecover` finds the signer of both forms; the oracle takes the lower alone, and a whole transaction would fail with the other.
#[test]
fn a_signature_with_the_higher_s_is_refused() {
    const ORDER: U256 = uint!(0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141_U256);
    let highest_that_fits = U256::MAX >> 1;
    let mut seen = 0;
    for price in 1..64 {
        let good = vote(1, NOW, price);
        let mut s: [u8; 32] = good.signature[32..].try_into().unwrap();
        let parity = s[0] >> 7;
        s[0] &= 0x7f;
        let higher = ORDER - U256::from_be_bytes(s);
        if higher > highest_that_fits {
            continue;
        }
        let mut forged = good.clone();
        forged.signature[32..].copy_from_slice(&higher.to_be_bytes::<32>());
        forged.signature[32] |= (1 - parity) << 7;
        assert_eq!(book().take(&forged, NOW), Err(Refusal::Signature(good.reporter)), "{price}");
        seen += 1;
    }
    // Half the order is almost 2^255: hardly any higher form fits 255 bits.
    assert!(seen <= 1);
}

#[test]
fn a_group_has_one_voice() {
    let mut book = book();
    for by in 1..=4 {
        book.take(&vote(by, NOW, u64::from(by)), NOW).unwrap();
    }
    assert_eq!(places(&book.priced(NOW, B256::ZERO)), [0, 1, 2]);
    let same = B256::repeat_byte(5);
    assert!(book.take(&root(3, NOW, same), NOW).unwrap() && book.take(&root(4, NOW, same), NOW).unwrap());
    assert!(book.quorate(NOW, same).is_none());
    book.take(&root(1, NOW, same), NOW).unwrap();
    assert_eq!(book.quorate(NOW, same).map(|chosen| places(&chosen)), Some(vec![0, 2]));
}

/// Two of one group complete each other where they speak of different feeds.
#[test]
fn a_group_speaks_of_each_feed_once() {
    let mut book = book();
    book.take(&vote(3, NOW, 5), NOW).unwrap();
    book.take(&signed_by(4, report(NOW, [(&eth(), &Quote::of(7))], B256::ZERO)), NOW).unwrap();
    assert_eq!(places(&book.priced(NOW, B256::ZERO)), [2, 3]);
}

/// Prices come with the root of most where its reporter signed it, else without one.
#[test]
fn prices_are_chosen_with_the_root() {
    let (mut book, ours, other) = (book(), B256::repeat_byte(5), B256::repeat_byte(6));
    for by in 1..=3 {
        book.take(&vote(by, NOW, 5), NOW).unwrap();
    }
    book.take(&vote_with(1, NOW, 5, ours), NOW).unwrap();
    assert_eq!(book.priced_root(NOW), None);
    book.take(&root(3, NOW, ours), NOW).unwrap();
    assert_eq!(book.priced_root(NOW), None, "without prices it does not count here");
    assert_eq!(book.quorate(NOW, ours).map(|chosen| places(&chosen)), Some(vec![0, 2]));
    book.take(&vote_with(2, NOW, 5, ours), NOW).unwrap();
    book.take(&vote_with(3, NOW, 5, other), NOW).unwrap();
    assert_eq!(book.priced_root(NOW), Some(ours));
    let roots: Vec<B256> = book.priced(NOW, ours).iter().map(|(_, report, _)| report.marksRoot).collect();
    assert_eq!(roots, [ours, ours, B256::ZERO]);
    let call = book.call(NOW, book.priced(NOW, ours)).unwrap();
    assert_eq!((call.reports.roots.len(), call.signatures.len()), (1, 3));
    assert!(book.has_signed(key(3).address(), NOW, other) && !book.has_signed(key(1).address(), NOW, other));
}

#[test]
fn memory_is_bounded() {
    let mut book = book();
    for byte in 1..=200u8 {
        let taken = book.take(&root(1, NOW, B256::repeat_byte(byte)), NOW);
        assert_eq!(taken.is_ok(), usize::from(byte) <= ROOTS, "{byte}");
    }
    for slot in NOW..NOW + 50 {
        book.take(&vote(1, slot, 5), slot).unwrap();
        book.keep_near(slot);
    }
    assert!(book.slots.len() <= 1 + 2 * KEPT as usize, "{}", book.slots.len());
    book.keep_near(NOW + 10_000);
    assert!(book.slots.is_empty());
}

#[test]
fn the_silent_are_not_waited_for() {
    let mut book = book();
    for by in 1..=3 {
        book.take(&vote(by, NOW, 5), NOW).unwrap();
    }
    book.take(&vote(1, NOW + 1, 5), NOW + 1).unwrap();
    book.take(&vote(2, NOW + 1, 5), NOW + 1).unwrap();
    assert!(!book.all_voted(NOW + 1), "the third may come");
    book.take(&vote(1, NOW + 3, 5), NOW + 3).unwrap();
    assert!(!book.all_voted(NOW + 3), "no quorum");
    book.take(&vote(2, NOW + 3, 5), NOW + 3).unwrap();
    assert!(book.all_voted(NOW + 3), "the third was silent for two slots");
}

#[test]
fn another_set_forgets_the_reports_of_the_old() {
    let mut book = book();
    book.take(&vote(1, NOW, 5), NOW).unwrap();
    let set = ReporterSet { reporters: book.set().reporters[1..].to_vec(), ..book.set().clone() };
    book.govern(set);
    assert!(book.priced(NOW, B256::ZERO).is_empty());
    assert!(matches!(book.take(&vote(1, NOW, 5), NOW), Err(Refusal::Stranger(_))));
}
