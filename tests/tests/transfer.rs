//! Transfer: collateral moves between two accounts of one pledgor, out as a release and in as a pledge.
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, CollateralInstruction, action, source};
use alloy::primitives::{B256, U256};
use plumbline_tests::*;

/// Alice's first account, with 99,000 USD bound of 200,000 USDC, and her second, which is empty.
struct Two {
    w: Fork,
    first: u64,
    second: u64,
}

fn two() -> Two {
    let w = World::open();
    w.trade_all(99_000);
    let first = w.account(ALICE);
    let second = w.join(ALICE, Agreement { documentHash: B256::repeat_byte(2), ..w.agreement(ALICE) });
    Two { w, first, second }
}

impl Two {
    fn instruction(&self, amount: U256) -> CollateralInstruction {
        let w = &self.w;
        let plain = w.release_instruction(ALICE, w.usdc, amount, 40);
        CollateralInstruction { account: self.first, action: action::TRANSFER, toAccount: self.second, ..plain }
    }

    fn lots(&self, account: u64) -> u64 {
        self.w.view(self.w.escrow, balanceCall { account, token: self.w.usdc.address }).lots
    }
}

#[test]
fn collateral_moves_to_the_pledgors_other_account() {
    let two = two();
    let (w, instruction) = (&two.w, two.instruction(two.w.usdc.whole(50_000)));
    let signature = w.sign_instruction(ALICE, &instruction);
    let (token, amount) = (w.usdc.address, w.usdc.whole(50_000));
    w.prank(RELAYER)
        .execute(instruction, signature)
        .expect_emit(Transferred { account: two.first, toAccount: two.second, token, amount, stressedLots: 0 })
        .expect_emit(Pledged {
            account: two.second,
            token,
            from: ALICE.address(),
            amount,
            source: source::TRANSFER,
            stressedLots: 0,
        })
        .ok();
    assert_eq!((two.lots(two.first), two.lots(two.second)), (usd(150_000), usd(50_000)));
    w.audit();
}

#[test]
fn a_transfer_satisfies_the_other_accounts_claim() {
    let two = two();
    let w = &two.w;
    w.make_short(ALICE, usd(40_000));
    w.prank(ALICE)
        .execute_own(two.instruction(w.usdc.whole(50_000)))
        .expect_emit(ClaimSatisfied { account: two.second, number: 1, late: false })
        .ok();
    w.audit();
}

#[test]
fn only_the_excess_moves() {
    let two = two();
    let instruction = two.instruction(two.w.usdc.units(usd(100_000) + 1));
    two.w.prank(ALICE).execute_own(instruction).expect_revert_of::<MarginShort>();
}

#[test]
fn collateral_moves_to_nobody_elses_account() {
    let two = two();
    let instruction = CollateralInstruction { toAccount: two.w.account(BOB), ..two.instruction(U256::from(1_000_000)) };
    let field = B256::right_padding_from(b"toAccount");
    two.w.prank(ALICE).execute_own(instruction.clone()).expect_revert(InvalidTerms { field });
    let itself = CollateralInstruction { toAccount: two.first, ..instruction };
    two.w.prank(ALICE).execute_own(itself).expect_revert(InvalidTerms { field });
}

#[test]
fn a_token_that_the_other_account_does_not_accept_stays() {
    let two = two();
    let w = &two.w;
    let only = Agreement {
        eligibleAssets: w.usde.bit() | w.usdc.bit(),
        settlementToken: w.usde.address,
        documentHash: B256::repeat_byte(3),
        ..w.agreement(ALICE)
    };
    let third = w.open_account(ALICE, Agreement { eligibleAssets: w.usde.bit(), ..only });
    let instruction = CollateralInstruction { toAccount: third, ..two.instruction(w.usdc.whole(1)) };
    let refused = NotEligible { account: third, token: w.usdc.address };
    w.prank(ALICE).execute_own(instruction).expect_revert(refused);
}

#[test]
fn nothing_moves_without_the_pledgors_word() {
    let two = two();
    let instruction = two.instruction(two.w.usdc.whole(1));
    let signature = two.w.sign_instruction(BOB, &instruction);
    two.w.prank(RELAYER).execute(instruction, signature).expect_revert_of::<InvalidSigner>();
}
