use super::*;
use crate::round::sign_quote;
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

/// Reporters 1 to 4; the last two share a source group.
fn book() -> VoteBook {
    let reporters = [(1, 1), (2, 2), (3, 3), (4, 3)];
    let reporters = reporters.map(|(byte, group)| Reporter { signer: key(byte).address(), group }).to_vec();
    VoteBook::new(domain(), ReporterSet { quorum: 2, bandPpm: 20_000, maxAgeSlots: 6, reporters }, [btc()].into())
}

fn vote(by: u8, slot: u64, price: u64) -> Vote {
    let (key, quote) = (key(by), Quote::of(price));
    Vote {
        reporter: key.address(),
        feed: btc(),
        slot,
        quote,
        signature: sign_quote(&domain(), &key, btc(), slot, quote),
    }
}

fn root(by: u8, slot: u64, root: B256) -> RootVote {
    let signature = sign::sign(&key(by), domain().marks(&MarksRoot { slot, root }));
    RootVote { reporter: key(by).address(), slot, root, signature }
}

#[test]
fn a_vote_is_taken_once() {
    let mut book = book();
    assert_eq!(book.take(&vote(1, NOW, 5), NOW), Ok(true));
    assert_eq!(book.take(&vote(1, NOW, 5), NOW), Ok(false));
    assert_eq!(book.rounds(NOW)[0].reports.len(), 1);
}

#[test]
fn the_first_of_two_different_votes_stands() {
    let mut book = book();
    book.take(&vote(1, NOW, 5), NOW).unwrap();
    assert_eq!(book.take(&vote(1, NOW, 6), NOW), Err(Refusal::Contradicts(key(1).address())));
    assert_eq!(book.rounds(NOW)[0].reports[0].price, 5);
}

#[test]
fn what_the_oracle_would_refuse_changes_nothing() {
    let mut book = book();
    let good = vote(1, NOW, 5);
    let stranger = vote(7, NOW, 5);
    assert_eq!(book.take(&stranger, NOW), Err(Refusal::Stranger(stranger.reporter)));
    let stolen = Vote { reporter: key(2).address(), ..good.clone() };
    assert_eq!(book.take(&stolen, NOW), Err(Refusal::Signature(stolen.reporter)));
    let altered = Vote { quote: Quote::of(6), ..good.clone() };
    assert_eq!(book.take(&altered, NOW), Err(Refusal::Signature(good.reporter)));
    let elsewhere = Vote { feed: feed::feed("ETH-USD").unwrap(), ..good.clone() };
    assert_eq!(book.take(&elsewhere, NOW), Err(Refusal::Feed("ETH-USD".to_owned())));
    assert_eq!(book.take(&vote(1, NOW, 0), NOW), Err(Refusal::Quote));
    let sure = Vote { quote: Quote { price: 5, confidence: FULL_CONFIDENCE + 1 }, ..good.clone() };
    assert_eq!(book.take(&sure, NOW), Err(Refusal::Quote));
    for (slot, taken) in
        [(NOW - 2, false), (NOW - 1, true), (NOW + 1, true), (NOW + 2, false), (0, false), (u64::MAX, false)]
    {
        assert_eq!(book.take(&vote(1, slot, 5), NOW).is_ok(), taken, "{slot}");
    }
    let zero = Vote { signature: [0; 64], ..good.clone() };
    assert_eq!(book.take(&zero, NOW), Err(Refusal::Signature(good.reporter)));
    assert!(book.rounds(NOW).is_empty());
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
    let places: Vec<u8> = book.rounds(NOW)[0].reports.iter().map(|report| report.reporter).collect();
    assert_eq!(places, [0, 1, 2]);
    let same = B256::repeat_byte(5);
    assert!(book.take_root(&root(3, NOW, same), NOW).unwrap() && book.take_root(&root(4, NOW, same), NOW).unwrap());
    assert!(book.quorate_root(NOW).is_none());
    book.take_root(&root(1, NOW, same), NOW).unwrap();
    assert_eq!(book.quorate_root(NOW).map(|(root, votes)| (root, votes.len())), Some((same, 2)));
}

#[test]
fn memory_is_bounded() {
    let mut book = book();
    for byte in 1..=200u8 {
        let taken = book.take_root(&root(1, NOW, B256::repeat_byte(byte)), NOW);
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
fn another_set_forgets_the_votes_of_the_old() {
    let mut book = book();
    book.take(&vote(1, NOW, 5), NOW).unwrap();
    let set = ReporterSet { reporters: book.set().reporters[1..].to_vec(), ..book.set().clone() };
    book.govern(set);
    assert!(book.rounds(NOW).is_empty());
    assert!(matches!(book.take(&vote(1, NOW, 5), NOW), Err(Refusal::Stranger(_))));
}
