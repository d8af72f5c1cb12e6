//! Inventory and margin accounts: what comes in, what goes out. A wallet that pays keeps something.
use super::{DESK, Measured, mark, usd};
use crate::actors::{HOUSE, RELAYER, STRANGER};
use crate::awkward::Mood;
use crate::outcome::Outcome;
use crate::world::World;
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, CollateralInstruction, SILENCE_SECONDS, action};
use alloy::primitives::{B256, U256};
use chain::sign::{deposit_nonce, pledge_nonce};

const SALT: B256 = B256::repeat_byte(1);

impl Measured<'_> {
    pub(super) fn collateral(&mut self) {
        self.entry(|w| {
            let token = w.list_awkward(6);
            w.pass(10);
            w.stock(crate::actors::ALICE, token, token.whole(1));
            w.set_mood(token, Mood::Paused);
            w.prank(STRANGER).probe(token)
        });
        self.deposits();
        self.custody();
        self.pledges();
        self.instructions();
    }

    fn deposits(&mut self) {
        self.entry(|w| w.prank(DESK).deposit(w.usdc, w.usdc.whole(500)));
        self.entry(|w| w.prank(DESK).withdraw(w.usdc, w.usdc.whole(500)));
        self.entry(|w| {
            let (token, amount) = (w.usdc.address, w.usdc.whole(500));
            let (v, r, s) = w.permit(DESK, amount);
            w.prank(DESK).escrow(depositWithPermitCall { token, amount, deadline: U256::MAX, v, r, s })
        });
        self.entry(|w| {
            let (token, amount) = (w.usdc.address, w.usdc.whole(500));
            let signature = DESK.sign(w.permit_digest(DESK.address(), U256::MAX, U256::ZERO)).to_vec().into();
            let (value, deadline) = (U256::MAX, U256::MAX);
            w.prank(DESK).escrow(depositWithSignedPermitCall { token, amount, value, deadline, signature })
        });
        self.entry(|w| {
            let withdrawal = w.withdrawal(DESK, w.usdc, w.usdc.whole(500), STRANGER);
            let signature = DESK.sign(w.domain().withdrawal(&withdrawal)).to_vec();
            w.prank(RELAYER).withdraw_to(withdrawal, signature)
        });
        self.entry(|w| {
            let (from, token, amount) = (DESK.address(), w.usdc.address, w.usdc.whole(500));
            let (message, (v, r, s)) = w.authorization(DESK, amount, deposit_nonce(from, SALT));
            let (after, before) = (message.validAfter, message.validBefore);
            w.prank(STRANGER).escrow(depositWithAuthorizationCall {
                token,
                from,
                amount,
                validAfter: after,
                validBefore: before,
                salt: SALT,
                v,
                r,
                s,
            })
        });
    }

    /// An issuer has taken some; a share is paid, and what is gone comes back.
    fn custody(&mut self) {
        self.entry(|w| {
            w.take(w.usdc, w.usdc.whole(300));
            w.prank(STRANGER).escrow(reconcileCall { token: w.usdc.address })
        });
        self.case("impaired", |w| {
            w.take(w.usdc, w.usdc.whole(300));
            w.prank(STRANGER).escrow(reconcileCall { token: w.usdc.address }).ok();
            w.prank(DESK).withdraw(w.usdc, w.usdc.whole(500))
        });
    }

    fn pledges(&mut self) {
        self.entry(|w| w.prank(DESK).pledge(DESK, w.usdc, w.usdc.whole(500)));
        self.entry(|w| {
            let (account, token, amount) = (w.account(DESK), w.usdc.address, w.usdc.whole(500));
            let (v, r, s) = w.permit(DESK, amount);
            w.prank(DESK).escrow(pledgeWithPermitCall { account, token, amount, deadline: U256::MAX, v, r, s })
        });
        self.entry(|w| {
            let (account, token, amount) = (w.account(DESK), w.usdc.address, w.usdc.whole(500));
            let signature = DESK.sign(w.permit_digest(DESK.address(), U256::MAX, U256::ZERO)).to_vec().into();
            let (value, deadline) = (U256::MAX, U256::MAX);
            w.prank(DESK).escrow(pledgeWithSignedPermitCall { account, token, amount, value, deadline, signature })
        });
        self.entry(|w| {
            let (from, account, token) = (DESK.address(), w.account(DESK), w.usdc.address);
            let amount = w.usdc.whole(500);
            let (message, (v, r, s)) = w.authorization(DESK, amount, pledge_nonce(from, account, SALT));
            let (after, before) = (message.validAfter, message.validBefore);
            w.prank(STRANGER).escrow(pledgeWithAuthorizationCall {
                account,
                token,
                from,
                amount,
                validAfter: after,
                validBefore: before,
                salt: SALT,
                v,
                r,
                s,
            })
        });
    }

    /// Signed by the desk, carried by a relayer; what leaves the account goes to inventory.
    fn instructions(&mut self) {
        self.case("pledge", |w| carry(w, w.pledge_instruction(DESK, w.usdc, w.usdc.whole(500), 1)));
        self.case("release", |w| {
            mark(w, usd(20_000), 0);
            carry(w, w.release_instruction(DESK, w.usdc, w.usdc.whole(500), 1))
        });
        self.case("substitute", |w| {
            carry(w, w.substitution(DESK, (w.usde, w.usde.whole(600)), (w.usdc, w.usdc.whole(500)), 1))
        });
        self.entry(|w| {
            w.pass(SILENCE_SECONDS + 1);
            let release = w.release_instruction(DESK, w.usdc, w.usdc.whole(500), 1);
            let (signature, consent) = (w.sign_instruction(DESK, &release), w.sign_instruction(HOUSE, &release));
            w.prank(RELAYER).execute_with_consent(release, signature, consent)
        });
        self.case("transfer", |w| {
            let first = w.account(DESK);
            let second = w.open_account(DESK, Agreement { documentHash: B256::repeat_byte(2), ..w.agreement(DESK) });
            w.post_margin(DESK, w.usdc, w.usdc.whole(1_000));
            w.facts.borrow_mut().accounts.insert(DESK, first);
            mark(w, usd(20_000), 0);
            let release = w.release_instruction(DESK, w.usdc, w.usdc.whole(500), 1);
            carry(w, CollateralInstruction { action: action::TRANSFER, toAccount: second, ..release })
        });
    }
}

fn carry(w: &World, instruction: CollateralInstruction) -> Outcome<executeCall> {
    let signature = w.sign_instruction(DESK, &instruction);
    w.prank(RELAYER).execute(instruction, signature)
}
