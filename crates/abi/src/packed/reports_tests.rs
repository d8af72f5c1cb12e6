use super::*;
use crate::oracle::ReporterSet;
use crate::packed::SignedSlot;
use alloc::vec;
use alloy_sol_types::SolStruct;
use proptest::collection::{btree_map, vec as list};
use proptest::prelude::*;

fn feed(name: &str) -> B256 {
    B256::right_padding_from(name.as_bytes())
}

fn message(slot: u64, quotes: &[(B256, u64, u32)], root: B256) -> SlotReport {
    SlotReport {
        slot,
        feeds: quotes.iter().map(|(feed, ..)| *feed).collect(),
        prices: quotes.iter().map(|(_, price, _)| *price).collect(),
        confidences: quotes.iter().map(|(.., confidence)| *confidence).collect(),
        marksRoot: root,
    }
}

fn two() -> Reports {
    let (btc, usdc, root) = (feed("BTC-USD"), feed("USDC-USD"), B256::repeat_byte(9));
    let first = message(7, &[(btc, 11_300_012_000_000, PPM), (usdc, 100_000_000, 900_000)], root);
    let second = message(7, &[(btc, 11_300_010_000_000, PPM)], B256::ZERO);
    Reports::of(7, &[(4, second), (0, first)]).unwrap()
}

#[test]
fn bytes_are_those_of_the_table() {
    let expected = [
        &[0, 0, 0, 7][..],
        &[0, 0, 0, 0b1_0001],
        &[1],
        &[9; 32],
        &[2],
        // Both prices end with six zeros: 11,300,012 and 11,300,010, of which the upper is the base.
        &[6 << 5 | 6],
        b"BTC-USD",
        &[0xac, 0xd9, 0xb1, 0x05],
        &[7 << 5 | 7],
        b"USDC-USD",
        &[10],
        // The first reporter: the first root, doubts; no differences; full confidence, and a tenth missing.
        &[64 | 1, 0, 0, 0, 0xa0, 0x8d, 0x06],
        // The fifth: no root, the second feed absent; two units less.
        &[32, 0b10, 3],
    ]
    .concat();
    assert_eq!(two().encode().unwrap(), expected);
    assert_eq!(Reports::decode(&expected), Ok(two()));
}

#[test]
fn what_was_signed_comes_back() {
    let reports = two();
    let signers: Vec<u8> = reports.reports.iter().map(|report| report.reporter).collect();
    assert_eq!(signers, [0, 4]);
    let usdc = (feed("USDC-USD"), 100_000_000, 900_000);
    let first = message(7, &[(feed("BTC-USD"), 11_300_012_000_000, PPM), usdc], B256::repeat_byte(9));
    assert_eq!(reports.message(&reports.reports[0]), first);
    for report in &reports.reports {
        let signed = reports.message(report);
        assert_eq!(reports.hash(report, reports.feeds_hash()), signed.eip712_hash_struct());
        assert_eq!(eip712::slot_hash(&signed), signed.eip712_hash_struct());
    }
}

#[test]
fn what_is_out_of_order_is_not_written() {
    type Spoil = fn(&mut Reports);
    let spoil: [Spoil; 9] = [
        |reports| reports.slot = 1 << 32,
        |reports| reports.reports.reverse(),
        |reports| reports.reports[1].reporter = 0,
        |reports| reports.reports[1].reporter = 32,
        |reports| reports.reports[0].root = 2,
        |reports| reports.reports[0].quotes.reverse(),
        |reports| reports.reports[0].quotes[1].feed = 2,
        |reports| reports.reports[0].quotes[1].confidence = PPM + 1,
        |reports| reports.roots = vec![B256::repeat_byte(1); 32],
    ];
    for (place, spoil) in spoil.into_iter().enumerate() {
        let mut reports = two();
        spoil(&mut reports);
        assert_eq!(reports.encode(), None, "{place}");
    }
    let other = message(8, &[(feed("X"), 1, 1)], B256::ZERO);
    assert_eq!(Reports::of(7, &[(0, other)]), None);
}

/// As many feeds as a byte counts are read, and whatever stands in their place.
#[test]
fn the_most_feeds_are_read() {
    let quotes: Vec<_> = (1..=255u8).map(|name| (B256::right_padding_from(&[name]), 7, PPM)).collect();
    let reports = Reports::of(7, &[(0, message(7, &quotes, B256::ZERO))]).unwrap();
    assert_eq!(Reports::decode(&reports.encode().unwrap()), Ok(reports));
}

/// At each place one byte is changed into what may not stand there.
#[test]
fn malformed_bytes_are_named_by_their_place() {
    let reports =
        Reports::of(7, &[(1, message(7, &[(feed("A"), 50, PPM), (feed("B"), 7, 999_999)], B256::ZERO))]).unwrap();
    let bytes = reports.encode().unwrap();
    // slot 4, signers 4, no roots, two feeds: 0x20 A 5, 0x00 B 7; head, two differences, two doubts.
    assert_eq!(bytes[8..], [0, 2, 1 << 5, b'A', 5, 0, b'B', 7, 64, 0, 0, 0, 1]);
    let at = |place: usize, byte: u8| {
        let mut spoilt = bytes.clone();
        spoilt[place] = byte;
        Reports::decode(&spoilt).map_err(|at| at.0)
    };
    assert_eq!(at(8, 32), Err(9), "more roots than may be");
    assert_eq!(at(8, 1), Err(9), "no room for a root");
    assert_eq!(at(11, 0), Err(12), "a name that ends with a zero");
    assert_eq!(at(14, b'A'), Err(16), "feeds not ascending");
    assert_eq!(at(14, b'@'), Err(16), "feeds not ascending");
    assert_eq!(at(16, 65), Err(17), "a root that is not there");
    assert_eq!(at(16, 192), Err(17), "an unknown flag");
    assert_eq!(at(20, 0), Err(21), "doubts without one");
    for length in 0..bytes.len() {
        assert!(Reports::decode(&bytes[..length]).is_err(), "{length}");
    }
    assert_eq!(Reports::decode(&[&bytes[..], &[0]].concat()), Err(Malformed(bytes.len())));
}

#[test]
fn numbers_stand_in_one_way_alone() {
    for value in [0, 1, 127, 128, 16_383, 16_384, u64::MAX - 1, u64::MAX, 1 << 63] {
        let mut bytes = Vec::new();
        write_number(value, &mut bytes);
        let mut reader = Reader::new(&bytes);
        assert_eq!((reader.number(), reader.end()), (value, Ok(())));
        *bytes.last_mut().unwrap() |= 128;
        bytes.push(0);
        let mut longer = Reader::new(&bytes);
        longer.number();
        assert!(longer.end().is_err(), "{value} with a zero behind it");
    }
    for bytes in [&[255u8; 10][..], &[255, 255, 255, 255, 255, 255, 255, 255, 255, 2], &[128; 11]] {
        let mut reader = Reader::new(bytes);
        assert_eq!(reader.number(), 0);
        assert!(reader.end().is_err(), "{bytes:?}");
    }
}

/// A price beyond 64 bits is none.
#[test]
fn a_product_that_overflows_is_malformed() {
    let units = u64::MAX / 10 + 1;
    let mut bytes = vec![0, 0, 0, 7, 0, 0, 0, 1, 0, 1, 1 << 5, b'A'];
    write_number(units, &mut bytes);
    bytes.extend([0, 0]);
    assert_eq!(Reports::decode(&bytes), Err(Malformed(bytes.len())));
}

#[test]
fn a_slot_of_nine_feeds_and_five_reporters_is_small() {
    let names = ["BTC-USD", "ETH-USD", "SOL-USD", "USDC-USD", "USDE-USD", "BTC-F", "BTC-R", "BTC-V1", "BTC-V2"];
    let prices = [
        11_300_000_000_000,
        412_345_000_000,
        22_012_000_000,
        99_990_000,
        99_900_000,
        11_350_000_000_000,
        4_210_000,
        5_512_000,
        6_130_000,
    ];
    let mut quotes: Vec<(B256, u64)> = names.iter().map(|name| feed(name)).zip(prices).collect();
    quotes.sort();
    let of = |place: u8| {
        let quotes: Vec<_> = quotes
            .iter()
            .map(|(feed, price)| (*feed, price + u64::from(place) * price / 1_000_000 / 1_000 * 1_000, PPM))
            .collect();
        (place, message(170_000_000, &quotes, B256::repeat_byte(7)))
    };
    let messages: Vec<_> = (0..5).map(of).collect();
    let bytes = Reports::of(170_000_000, &messages).unwrap().encode().unwrap();
    assert!(bytes.len() < 340, "{}", bytes.len());
}

prop_compose! {
    fn said()(quotes in btree_map(0u8..40, (prop_oneof![any::<u64>(), 1u64..1_000_000, (1u64..1_000).prop_map(|n| n * 10_000_000)], prop_oneof![Just(PPM), 0..=PPM]), 0..12), root in 0u8..3) -> SlotReport {
        let quotes: Vec<_> = quotes.into_iter().map(|(name, (price, confidence))| {
            let length = usize::from(name % 32) + 1;
            (B256::right_padding_from(&vec![name + 1; length]), price, confidence)
        }).collect();
        // Who has no price has a root: nobody says nothing.
        let root = if quotes.is_empty() { root.max(1) } else { root };
        message(9, &quotes, B256::repeat_byte(root))
    }
}

proptest! {
    #[test]
    fn fuzz_what_was_signed_survives_the_round_trip(said in list(said(), 1..8), asked in list(any::<[u8; 32]>(), 0..3)) {
        let messages: Vec<_> = (0..).map(|place| place * 4).zip(said).collect();
        let reports = Reports::of(9, &messages).unwrap();
        prop_assert_eq!(&Reports::decode(&reports.encode().unwrap()).unwrap(), &reports);
        let back: Vec<_> = reports.reports.iter().map(|report| (report.reporter, reports.message(report))).collect();
        prop_assert_eq!(&back, &messages);
        let set = ReporterSet { quorum: 1, bandPpm: 2, maxAgeSlots: 3, reporters: vec![] };
        let signatures = vec![[5; 64]; messages.len()];
        let slot = SignedSlot { set, reports, signatures, asked: asked.into_iter().map(B256::from).collect() };
        prop_assert_eq!(SignedSlot::decode(&slot.encode().unwrap()), Ok(slot));
    }

    /// Whatever the bytes, what can be read is what its writer would write.
    #[test]
    fn fuzz_bytes_are_read_in_one_way_alone(mut place in 0usize..80, byte: u8, said in list(said(), 1..3)) {
        let messages: Vec<_> = (0..).zip(said).collect();
        let mut bytes = Reports::of(9, &messages).unwrap().encode().unwrap();
        place %= bytes.len();
        bytes[place] = byte;
        if let Ok(reports) = Reports::decode(&bytes) {
            // Base and zeros are the writer's choice; all else is not.
            prop_assert_eq!(Reports::decode(&reports.encode().unwrap()).unwrap(), reports);
        }
    }
}
