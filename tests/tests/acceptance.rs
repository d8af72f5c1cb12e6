//! What a venue accepts: it bounds the top-ups that a mandate may let it bring, and nothing else.
use abi::escrow::MarginEscrow::{NotEligible, TopUpLimitExceeded, VenueRefusesAsset};
use abi::escrow::{CollateralInstruction, Mandate, TopUpLimit, action};
use abi::registry::EligibilityRegistry::{NotVenue, VenueAccepts, acceptCall, acceptedByCall, rolesCall};
use abi::registry::role;
use plumbline_tests::deploy::terms;
use plumbline_tests::*;

fn accept(w: &World, venue: Actor, assets: u16) -> Outcome<acceptCall> {
    w.prank(venue).registry(acceptCall { assets })
}

fn accepted_by(w: &World, venue: Actor) -> u16 {
    let venue = venue.address();
    let (accepted, roles) =
        (w.view(w.registry, acceptedByCall { venue }), w.view(w.registry, rolesCall { participant: venue }));
    assert_eq!(accepted, roles.accepted);
    accepted
}

/// Alice's mandate for `venue` with limits in these tokens.
fn mandate(w: &World, venue: Actor, nonce: u64, tokens: &[Token]) -> Mandate {
    let limit = |token: &Token| TopUpLimit { token: token.address, amount: token.whole(10).to() };
    let limits = tokens.iter().map(limit).collect();
    Mandate { venue: venue.address(), topUpLimits: limits, ..w.mandate_for(ALICE, nonce) }
}

fn register(w: &World, mandate: Mandate) -> Outcome<abi::escrow::MarginEscrow::registerMandateCall> {
    let signature = w.sign_mandate(ALICE, &mandate);
    w.prank(RELAYER).register_mandate(mandate, signature)
}

#[test]
fn a_venue_that_never_said_so_accepts_everything() {
    let w = World::open();
    assert_eq!(accepted_by(&w, VENUE), u16::MAX);
    let all = w.tokens();
    register(&w, mandate(&w, VENUE, 40, &all)).ok();
    let later = w.list("USDX", 6, abi::registry::AssetTerms { feed: feed("USDX-USD"), ..terms(10_000, 1_000_000) });
    assert_ne!(accepted_by(&w, VENUE) & later.bit(), 0, "what is listed later too");
}

#[test]
fn a_venue_says_what_it_accepts() {
    let w = World::open();
    let (venue, assets) = (VENUE.address(), w.usdc.bit() | w.cash.bit());
    accept(&w, VENUE, assets).expect_emit(VenueAccepts { venue, assets }).ok();
    assert_eq!((accepted_by(&w, VENUE), accepted_by(&w, OTHER_VENUE)), (assets, u16::MAX));
    accept(&w, VENUE, 0).expect_emit(VenueAccepts { venue, assets: 0 }).ok();
    assert_eq!(accepted_by(&w, VENUE), 0);
    accept(&w, VENUE, u16::MAX).ok();
    assert_eq!(accepted_by(&w, VENUE), u16::MAX);
}

#[test]
fn only_a_venue_says_what_it_accepts() {
    let w = World::open();
    for actor in [GOVERNOR, HOUSE, AGENT, ALICE, STRANGER] {
        accept(&w, actor, 1).expect_revert(NotVenue { caller: actor.address() });
    }
    w.set_roles(VENUE, role::CALCULATION_AGENT);
    accept(&w, VENUE, 1).expect_revert(NotVenue { caller: VENUE.address() });
}

#[test]
fn roles_and_acceptance_are_written_apart() {
    let w = World::open();
    let participant = VENUE.address();
    let before = w.view(w.registry, rolesCall { participant });
    accept(&w, VENUE, 5).ok();
    let after = w.view(w.registry, rolesCall { participant });
    assert_eq!((after.roles, after.lei, after.accepted), (before.roles, before.lei, 5));
    w.set_roles(VENUE, role::VENUE | role::CALCULATION_AGENT);
    let after = w.view(w.registry, rolesCall { participant });
    assert_eq!((after.roles, after.lei, after.accepted), (role::VENUE | role::CALCULATION_AGENT, before.lei, 5));
}

#[test]
fn a_mandate_tops_up_only_what_its_venue_accepts() {
    let w = World::open();
    accept(&w, VENUE, w.usdc.bit()).ok();
    let refused = VenueRefusesAsset { venue: VENUE.address(), token: w.usde.address };
    register(&w, mandate(&w, VENUE, 40, &[w.usdc, w.usde])).expect_revert(refused);
    register(&w, mandate(&w, VENUE, 40, &[w.usdc])).ok();
    register(&w, mandate(&w, VENUE, 41, &[])).ok();
    register(&w, mandate(&w, OTHER_VENUE, 42, &[w.usdc, w.usde])).ok();
    w.audit();
}

/// The registry narrows, it never widens.
#[test]
fn what_a_venue_accepts_is_not_eligible_for_that() {
    let w = World::open();
    let terms = abi::escrow::Agreement { eligibleAssets: w.usdc.bit(), ..w.agreement(DAVE) };
    let account = w.open_account(DAVE, terms);
    accept(&w, VENUE, u16::MAX).ok();
    let mandate = w.mandate_for(DAVE, 1);
    let signature = w.sign_mandate(DAVE, &mandate);
    let refused = NotEligible { account, token: w.usde.address };
    w.prank(RELAYER).register_mandate(mandate, signature).expect_revert(refused);
}

/// Settlement asks nothing of the registry for it: what was registered stands until it is replaced, revoked or over.
#[test]
fn what_a_venue_refuses_later_binds_new_mandates() {
    let w = World::open();
    accept(&w, VENUE, w.usdc.bit()).ok();
    let bundle = |draft: Draft| draft.fill(ALICE, BOB).top_up(ALICE, w.usde.index, usd(1)).sign();
    let draft = || w.draft(&[(ALICE, usd(1)), (BOB, usd(1))]);
    w.prank(RELAYER).settle(&bundle(draft())).ok();
    register(&w, mandate(&w, VENUE, 40, &[w.usdc])).ok();
    w.prank(RELAYER).settle(&bundle(draft())).expect_revert_of::<TopUpLimitExceeded>();
}

/// Collateral is the account's, whichever venues it trades at: what the agreement takes comes in and counts.
#[test]
fn what_a_venue_refuses_is_pledged_and_transferred_as_ever() {
    let w = World::open();
    accept(&w, VENUE, 0).ok();
    w.post_margin(ALICE, w.usde, w.usde.whole(1_000));
    assert_eq!(w.balance(ALICE, w.usde).lots, usd(1_000));
    let first = w.account(ALICE);
    let terms = abi::escrow::Agreement { documentHash: feed("second"), ..w.agreement(ALICE) };
    let second = w.open_account(ALICE, terms);
    let transfer = CollateralInstruction {
        account: first,
        action: action::TRANSFER,
        toAccount: second,
        ..w.release_instruction(ALICE, w.usde, w.usde.whole(1_000), 1)
    };
    w.prank(ALICE).execute_own(transfer).ok();
    assert_eq!(w.balance(ALICE, w.usde).lots, usd(1_000), "in the second account");
    w.audit();
}
