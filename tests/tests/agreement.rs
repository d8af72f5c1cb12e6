//! Agreements: two signatures over one set of terms open one margin account, once, on one chain.
use abi::escrow::Agreement;
use abi::escrow::MarginEscrow::*;
use abi::registry::role;
use alloy::primitives::{Address, B256, U256, b256};
use alloy::sol_types::SolStruct;
use chain::sign::Domain;
use plumbline_tests::*;

type Change = fn(&mut Agreement);

/// What both parties sign.
fn signed(w: &World, domain: Domain, terms: &Agreement) -> (Vec<u8>, Vec<u8>) {
    let digest = domain.agreement(terms);
    assert_ne!(w.escrow, Address::ZERO);
    (DAVE.sign(digest).to_vec(), HOUSE.sign(digest).to_vec())
}

#[track_caller]
fn open(w: &World, terms: &Agreement) -> Outcome<openAccountCall> {
    let (pledgor, house) = signed(w, w.domain(), terms);
    w.prank(RELAYER).open_account(terms.clone(), pledgor, house)
}

#[test]
fn opening_writes_the_account_and_its_house() {
    let w = World::new();
    let terms = w.agreement(DAVE);
    let hash = terms.eip712_hash_struct();
    let count = w.view(w.escrow, accountCountCall {});
    let done = open(&w, &terms).ok();
    let (account, house) = (done.returned, done.event::<HouseOpened>());
    assert_eq!(
        (house.securedParty, house.agent, house.secondAgent, house.defaultManager),
        (HOUSE.address(), AGENT.address(), Address::ZERO, DEFAULT_MANAGER.address())
    );
    assert_eq!((house.settlementToken, house.parametersHash), (w.usdc.address, parameters_hash()));
    let opened = done.event::<AccountOpened>();
    assert_eq!((opened.account, opened.pledgor, opened.house), (account, DAVE.address(), house.house));
    assert_eq!(opened.agreement, terms);

    assert_eq!(w.view(w.escrow, accountCountCall {}), count + 1);
    assert_eq!(w.view(w.escrow, accountByAgreementCall { agreementHash: opened.agreementHash }), account);
    assert_eq!(opened.agreementHash, hash);
    let state = w.view(w.escrow, accountCall { account });
    assert_eq!((state.pledgor, state.house, state.eligibleAssets), (DAVE.address(), house.house, 0b111));
    assert_eq!((state.history, state.sequence, state.requirement, state.required), (B256::ZERO, 0, 0, 0));
    let state = w.view(w.escrow, houseCall { house: house.house });
    assert_eq!((state.securedParty, state.agent, state.balance, state.owed), (HOUSE.address(), AGENT.address(), 0, 0));
}

#[test]
fn a_second_desk_joins_the_same_house() {
    let w = World::open();
    let terms = w.agreement(DAVE);
    let done = open(&w, &terms).expect_no_emit::<HouseOpened>().ok();
    assert_eq!(done.event::<AccountOpened>().house, w.house());
}

#[test]
fn a_desk_may_have_a_second_account_under_other_terms() {
    let w = World::open();
    let terms = w.agreement(DAVE);
    let first = open(&w, &terms).ok().returned;
    let second = open(&w, &Agreement { documentHash: B256::repeat_byte(9), ..terms }).ok().returned;
    assert_ne!(first, second);
}

#[test]
fn an_agreement_opens_one_account() {
    let w = World::open();
    let terms = w.agreement(DAVE);
    let account = open(&w, &terms).ok().returned;
    open(&w, &terms).expect_revert(AgreementAlreadyOpen { account });
}

#[test]
fn both_parties_must_sign() {
    let w = World::new();
    let terms = w.agreement(DAVE);
    let digest = w.domain().agreement(&terms);
    let (dave, house, stranger) =
        (DAVE.sign(digest).to_vec(), HOUSE.sign(digest).to_vec(), STRANGER.sign(digest).to_vec());
    w.prank(RELAYER)
        .open_account(terms.clone(), stranger.clone(), house.clone())
        .expect_revert(InvalidSigner { expected: DAVE.address(), recovered: STRANGER.address() });
    w.prank(RELAYER)
        .open_account(terms.clone(), dave.clone(), stranger)
        .expect_revert(InvalidSigner { expected: HOUSE.address(), recovered: STRANGER.address() });
    w.prank(RELAYER)
        .open_account(terms.clone(), house, dave)
        .expect_revert(InvalidSigner { expected: DAVE.address(), recovered: HOUSE.address() });
    w.prank(RELAYER)
        .open_account(terms, vec![], vec![])
        .expect_revert(InvalidSigner { expected: DAVE.address(), recovered: Address::ZERO });
}

#[test]
fn no_term_can_be_changed_after_signing() {
    let w = World::new();
    let terms = w.agreement(DAVE);
    let (dave, house) = signed(&w, w.domain(), &terms);
    let changes: [Change; 15] = [
        |a| a.pledgor = STRANGER.address(),
        |a| a.securedParty = RIVAL_HOUSE.address(),
        |a| a.agent = RIVAL_AGENT.address(),
        |a| a.secondAgent = SECOND_AGENT.address(),
        |a| a.defaultManager = STRANGER.address(),
        |a| a.parametersHash = B256::repeat_byte(1),
        |a| a.threshold += 1,
        |a| a.independentAmount += 1,
        |a| a.minimumTransferAmount += 1,
        |a| a.variationCap += 1_000_000,
        |a| a.resolutionTime += 1,
        |a| a.lateInterest += 1,
        |a| a.eligibleAssets = 1,
        |a| a.documentHash = B256::repeat_byte(1),
        |a| a.variationCap -= 1_000_000,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut spoilt = terms.clone();
        change(&mut spoilt);
        let outcome = w.prank(RELAYER).open_account(spoilt, dave.clone(), house.clone());
        let found = outcome.expect_revert_of::<InvalidSigner>();
        assert_ne!(found.expected, found.recovered, "change {number}");
    }
    w.prank(RELAYER).open_account(terms, dave, house).ok();
}

#[test]
fn signatures_for_another_chain_revert() {
    let w = World::new();
    let terms = w.agreement(DAVE);
    let (dave, house) = signed(&w, Domain::escrow(42_161, w.escrow), &terms);
    w.prank(RELAYER).open_account(terms, dave, house).expect_revert_of::<InvalidSigner>();
}

#[test]
fn signatures_for_another_contract_revert() {
    let w = World::new();
    let terms = w.agreement(DAVE);
    let chain = w.node.chain_id();
    for domain in [Domain::escrow(chain, w.registry), Domain::oracle(chain, w.escrow)] {
        let (dave, house) = signed(&w, domain, &terms);
        w.prank(RELAYER).open_account(terms.clone(), dave, house).expect_revert_of::<InvalidSigner>();
    }
}

/// Order of secp256k1.
const ORDER: B256 = b256!("fffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141");

/// The 65-byte form.
fn long(actor: Actor, digest: B256) -> Vec<u8> {
    chain::sign::signature(&actor.key(), digest).unwrap().as_bytes().to_vec()
}

/// The other signature over the same digest: `(r, n − s, v')`.
fn malleated(signature: &[u8]) -> Vec<u8> {
    let s = U256::from_be_slice(&signature[32..64]);
    let s = (U256::from_be_bytes(ORDER.0) - s).to_be_bytes::<32>();
    [&signature[..32], &s, &[27 + 28 - signature[64]]].concat()
}

#[test]
fn signatures_of_65_bytes_are_as_good() {
    let w = World::new();
    let terms = w.agreement(DAVE);
    let digest = w.domain().agreement(&terms);
    w.prank(RELAYER).open_account(terms, long(DAVE, digest), long(HOUSE, digest)).ok();
}

#[test]
fn malleable_signatures_revert() {
    let w = World::new();
    let terms = w.agreement(DAVE);
    let digest = w.domain().agreement(&terms);
    let (dave, house) = (long(DAVE, digest), long(HOUSE, digest));
    w.prank(RELAYER)
        .open_account(terms.clone(), malleated(&dave), house.clone())
        .expect_revert(InvalidSigner { expected: DAVE.address(), recovered: Address::ZERO });
    w.prank(RELAYER)
        .open_account(terms, dave, malleated(&house))
        .expect_revert(InvalidSigner { expected: HOUSE.address(), recovered: Address::ZERO });
}

#[test]
fn signatures_of_other_lengths_or_parities_revert() {
    let w = World::new();
    let terms = w.agreement(DAVE);
    let digest = w.domain().agreement(&terms);
    let (dave, house) = (long(DAVE, digest), long(HOUSE, digest));
    let mut parity = dave.clone();
    parity[64] -= 27;
    for wrong in [dave[..63].to_vec(), [dave.clone(), vec![0]].concat(), parity] {
        w.prank(RELAYER)
            .open_account(terms.clone(), wrong, house.clone())
            .expect_revert(InvalidSigner { expected: DAVE.address(), recovered: Address::ZERO });
    }
}

#[test]
fn the_secured_party_needs_its_role() {
    let w = World::new();
    w.set_roles(HOUSE, role::VENUE | role::CALCULATION_AGENT);
    let expected = MissingRole { participant: HOUSE.address(), role: role::SECURED_PARTY };
    open(&w, &w.agreement(DAVE)).expect_revert(expected);
}

/// Every rule on terms names the field it is about.
#[test]
fn impossible_terms_revert() {
    let w = World::new();
    let changes: [(&str, Change); 9] = [
        ("securedParty", |a| a.securedParty = a.pledgor),
        ("agent", |a| a.agent = Address::ZERO),
        ("agent", |a| a.agent = a.pledgor),
        ("agent", |a| a.agent = a.securedParty),
        ("secondAgent", |a| a.secondAgent = a.agent),
        ("secondAgent", |a| a.secondAgent = a.pledgor),
        ("variationCap", |a| a.variationCap += 1),
        ("eligibleAssets", |a| a.eligibleAssets |= 1 << 9),
        ("eligibleAssets", |a| a.eligibleAssets = 0b110),
    ];
    for (number, (field, change)) in changes.into_iter().enumerate() {
        let mut terms = w.agreement(DAVE);
        change(&mut terms);
        let found = open(&w, &terms).expect_revert_of::<InvalidTerms>();
        assert_eq!(found.field, feed(field), "change {number}");
    }
}

#[test]
fn with_two_agents_the_first_may_be_the_secured_party() {
    let w = World::new();
    w.set_roles(HOUSE, role::SECURED_PARTY | role::CALCULATION_AGENT);
    let terms = Agreement { agent: HOUSE.address(), secondAgent: SECOND_AGENT.address(), ..w.agreement(DAVE) };
    open(&w, &terms).ok();
}

#[test]
fn amounts_that_do_not_fit_their_field_revert() {
    let w = World::new();
    let terms = w.agreement(DAVE);
    let changes: [Change; 4] = [
        |a| a.threshold = 1 << 50,
        |a| a.independentAmount = 1 << 50,
        |a| a.minimumTransferAmount = 1 << 44,
        |a| a.variationCap = (1 << 28) * 1_000_000,
    ];
    for (number, change) in changes.into_iter().enumerate() {
        let mut spoilt = terms.clone();
        change(&mut spoilt);
        assert!(open(&w, &spoilt).reverted(), "change {number}");
    }
}

#[test]
fn settlement_is_in_a_listed_stablecoin() {
    let w = World::new();
    let token = Address::repeat_byte(0x77);
    let terms = Agreement { settlementToken: token, ..w.agreement(DAVE) };
    open(&w, &terms).expect_revert(UnknownAsset { token });
    let terms = Agreement { settlementToken: w.cash.address, ..w.agreement(DAVE) };
    open(&w, &terms).expect_revert_of::<InvalidTerms>();
}
