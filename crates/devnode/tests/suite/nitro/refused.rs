//! Programs in fragments that are refused: without data, and for no more gas than was spent until it showed.

use super::{activate, chain, code, create, cut, figures, gas, wasm};
use crate::harness::World;
use alloy::primitives::Address;
use plumbline_devnode::{ArbosVersion, FRAGMENT_PREFIX, Root, split};

struct Case {
    world: World,
    fragments: [Address; 2],
    good: Root,
}

impl Case {
    fn new() -> Self {
        let world = chain(ArbosVersion::V60);
        let fragments = cut(&code("forwarder-1"), 200).map(|part| create(&world, &part, &[]).1);
        let good = Root::new(wasm("forwarder-1").len() as u32, fragments.to_vec());
        Self { world, fragments, good }
    }

    /// The good root with a change.
    fn root(&self, change: impl FnOnce(&mut Root)) -> Vec<u8> {
        let mut root = self.good.clone();
        change(&mut root);
        root.code()
    }

    fn named(&self, fragments: &[Address]) -> Vec<u8> {
        self.root(|root| root.fragments = fragments.to_vec())
    }

    #[track_caller]
    fn refuses(&self, name: &str, code: &[u8], why: &str) {
        let (_, root) = create(&self.world, code, &[]);
        let refused = activate(&self.world, root);
        assert_eq!((refused.success, refused.output.len()), (false, 0), "{name}");
        assert_eq!(gas(&refused, root), figures()["refused"][name], "{name}");
        // What the chain does not say, the node does.
        let reason = refused.reason.unwrap();
        assert!(reason.contains(why), "{name}: {reason}");
    }
}

#[test]
fn whatever_is_wrong_with_a_root_it_costs_what_it_does_on_nitro() {
    let case = Case::new();
    let [first, second] = case.fragments;
    let good = case.good.code();
    case.refuses("a fragment itself", &split(&code("forwarder-1"), 200)[0], "activate the root");
    case.refuses("fragments swapped", &case.named(&[second, first]), "Brotli");
    case.refuses("length one short", &case.root(|root| root.wasm_len -= 1), "WASM of 820 bytes, at most 819");
    case.refuses("length one long", &case.root(|root| root.wasm_len += 1), "says 821 bytes");
    case.refuses("no fragments", &case.named(&[]), "no fragment");
    case.refuses("three fragments", &case.named(&[first, second, second]), "3 fragments, at most 2");
    case.refuses("last address cut by a byte", &good[..good.len() - 1], "39 bytes");
    case.refuses("a fragment without code", &case.named(&[first, Address::repeat_byte(7)]), "holds no fragment");
    case.refuses("dictionary 1", &case.root(|root| root.dictionary = 1), "dictionary 1");
    case.refuses("length above the limit of WASM", &case.root(|root| root.wasm_len = 131_073), "131073 bytes");
    case.refuses("root of 7 bytes", &good[..7], "7 bytes");
    assert_eq!(figures()["refused"].as_object().unwrap().len(), 11);
    // And the good one is good.
    let (_, root) = create(&case.world, &good, &[]);
    activate(&case.world, root).ok().unwrap();
}

#[test]
fn a_fragment_named_twice_is_cheaper_to_read_again() {
    let case = Case::new();
    let [_, second] = case.fragments;
    // 2,600 and 100 for the account, and 3 for each word of 235 bytes, on top of what is spent before.
    let expected = 1_683_103 + 2_600 + 100 + 2 * 3 * 8;
    let (_, root) = create(&case.world, &case.named(&[second, second]), &[]);
    assert_eq!(gas(&activate(&case.world, root), root), expected);
}

#[test]
fn what_is_too_much_on_60_is_accepted_on_61() {
    let stored = code("forwarder-1");
    for (version, accepted) in [(ArbosVersion::V60, false), (ArbosVersion::V61, true)] {
        let world = chain(version);
        let fragments: Vec<_> = split(&stored, 110).iter().map(|part| create(&world, part, &[]).1).collect();
        assert_eq!(fragments.len(), 4);
        let (_, root) = create(&world, &Root::new(wasm("forwarder-1").len() as u32, fragments).code(), &[]);
        assert_eq!(activate(&world, root).success, accepted, "{version}");
    }
}

#[test]
fn before_fragments_neither_they_nor_roots_can_be_created() {
    for version in [ArbosVersion::V51, ArbosVersion::V60] {
        let world = chain(version);
        for component in [Root::new(820, vec![Address::ZERO]).code(), [&FRAGMENT_PREFIX[..], b"part"].concat()] {
            let init = plumbline_devnode::init_code(&component);
            let request = plumbline_devnode::TxRequest {
                from: world.from,
                data: init.into(),
                gas: Some(1_000_000),
                ..Default::default()
            };
            let created = world.chain.transact(request).unwrap();
            let expected = if version == ArbosVersion::V51 { (false, 1_000_000) } else { (true, created.gas_used) };
            assert_eq!((created.success, created.gas_used), expected);
        }
    }
}

#[test]
fn code_that_starts_with_ef_and_is_no_stylus_code_cannot_be_created() {
    let world = chain(ArbosVersion::V61);
    for code in [&[0xEF][..], &[0xEF, 0, 1], &[0xEF, 0xF0, 0x03, 0], &[0xEF, 0xF0, 0x00]] {
        let init = plumbline_devnode::init_code(code);
        let request = plumbline_devnode::TxRequest { from: world.from, data: init.into(), ..Default::default() };
        assert!(!world.chain.transact(request).unwrap().success, "{code:?}");
    }
}
