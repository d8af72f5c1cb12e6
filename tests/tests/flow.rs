//! The whole story once: a trade becomes a position with its margin, the price moves, the claim is met, collateral is
//! exchanged, the excess comes back.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{CollateralInstruction, cause, source};
use alloy::primitives::{Address, U256};
use plumbline_tests::*;

#[test]
fn fill_to_release() {
    let w = World::new();

    // Prices. Five reporters sign what a dollar token is worth; the registry turns it into a valuation after haircut.
    w.warp(10);
    w.post(&[(w.usdc.feed, ONE), (w.usde.feed, price(9_990))]);
    assert_eq!(w.valuation(w.usdc).factor, 990_000_000, "1.00 USD less 1 %");
    assert_eq!(w.valuation(w.usde).factor, 949_050_000, "0.999 USD less 5 %");

    // Agreement. Desk and secured party sign the same terms; a margin account is open.
    let (alice_terms, bob_terms) = (w.agreement(ALICE), w.agreement(BOB));
    let alice = w.open_account(ALICE, alice_terms);
    let bob = w.open_account(BOB, bob_terms);
    w.use_house_of(ALICE);
    assert_eq!(w.state(ALICE).pledgor, ALICE.address());

    // Deposit. Both desks put collateral into their inventory, where it still binds nothing.
    for desk in [ALICE, BOB] {
        w.stock(desk, w.usdc, w.usdc.whole(50_000));
        w.stock(desk, w.usde, w.usde.whole(20_000));
    }

    // Mandate. Each lets the venue bind its account, within caps, and a relayer top it up.
    for (nonce, desk) in [ALICE, BOB].into_iter().enumerate() {
        let mandate = w.mandate_for(desk, nonce as u64);
        w.register(desk, mandate);
    }

    // Fill and settlement. The trade calls for 40,000 USD of margin each side; the bundle brings position and margin at once.
    let bundle = w
        .draft(&[(ALICE, usd(40_000)), (BOB, usd(40_000))])
        .fill(ALICE, BOB)
        .top_up(ALICE, w.usdc.index, usd(45_000))
        .top_up(BOB, w.usdc.index, usd(45_000))
        .sign();
    let settled = w.prank(RELAYER).settle(&bundle).ok();
    assert_eq!(settled.event::<FillsSettled>().taken, U256::from(1));
    assert_eq!(settled.events::<Pledged>()[0].source, source::TOP_UP);
    assert_eq!(w.changes(ALICE)[0].root, bundle.set.statements[0].new_root);
    assert_eq!((w.state(ALICE).posted, w.state(ALICE).required), (usd(40_000), usd(40_000)));
    assert_eq!(w.inventory(ALICE, w.usdc), w.usdc.whole(5_000));

    // The price moves against Alice. Her loss is Bob's gain, paid at the mark; both now need more margin.
    w.pass(60);
    let set = w.draft_mark(&[(ALICE, usd(48_000)), (BOB, usd(48_000))]);
    let set = set.variation(ALICE, -6_000_000_000).variation(BOB, 6_000_000_000).sign_mark();
    let marked = w.prank(RELAYER).mark(&set).ok();
    assert_eq!(w.balance(ALICE, w.usdc).lots, usd(39_000));
    assert_eq!(w.balance(BOB, w.usdc).lots, usd(51_000));

    // Claim. 39,000 USDC count 38,610 USD: Alice is 9,390 USD short and has an hour.
    let issued = marked.event::<ClaimIssued>();
    assert_eq!((issued.account, issued.number, issued.cause), (alice, 1, cause::INITIAL));
    assert_eq!((issued.amount, issued.owed, issued.deadline), (usd(9_390), 0, w.now() + 3_600));
    assert!(w.claim(ALICE).open && !w.claim(BOB).open);

    // Pledge. Alice sends 10,000 USDC from her wallet; the claim is satisfied by the same transaction.
    w.warp(1_800);
    w.deal(w.usdc, ALICE, w.usdc.whole(10_000));
    w.prank(ALICE)
        .pledge(ALICE, w.usdc, w.usdc.whole(10_000))
        .expect_emit(ClaimSatisfied { account: alice, number: 1, late: false })
        .ok();
    assert!(!w.claim(ALICE).open);

    // Substitution. USDe comes in from inventory and USDC goes out to it, in one step.
    w.post(&[]);
    let swap = w.substitution(ALICE, (w.usde, w.usde.whole(20_000)), (w.usdc, w.usdc.whole(18_000)), 100);
    let signature = w.sign_instruction(ALICE, &swap);
    w.prank(RELAYER).execute(swap, signature).ok();
    assert_eq!(w.balance(ALICE, w.usde).lots, usd(20_000));
    assert_eq!(w.inventory(ALICE, w.usdc), w.usdc.whole(23_000));
    assert!(w.state(ALICE).posted >= w.state(ALICE).required);

    // Release. Bob's requirement has fallen, a fresh statement says so; the excess goes to the wallet that Bob signed.
    // What variation brought him has passed its challenge window.
    w.pass(7_200);
    let set = w.draft_mark(&[(BOB, usd(20_000))]).sign_mark();
    w.prank(RELAYER).mark(&set).ok();
    let wallet = Address::repeat_byte(0xb0);
    let release = CollateralInstruction { to: wallet, ..w.release_instruction(BOB, w.usdc, w.usdc.whole(30_000), 100) };
    let signature = w.sign_instruction(BOB, &release);
    w.prank(RELAYER)
        .execute(release, signature)
        .expect_emit(Released {
            account: bob,
            token: w.usdc.address,
            to: wallet,
            amount: w.usdc.whole(30_000),
            stressedLots: 0,
        })
        .ok();
    assert_eq!(w.wallet(wallet, w.usdc), w.usdc.whole(30_000));
    assert_eq!(w.balance(BOB, w.usdc).lots, usd(21_000));

    // Audit. Events alone rebuild every account, and what must always hold, holds.
    w.audit();
}
