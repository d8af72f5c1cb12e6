//! Standing orders, as desks sign them.
use crate::actors::*;
use crate::outcome::Outcome;
use crate::tokens::Token;
use crate::world::{Prank, World};
use crate::{DAY, usd};
use abi::escrow::MarginEscrow::*;
use abi::escrow::{
    DailyLimit, ReturnOrder, ReturnOrderState, SubstituteOrder, SubstituteOrderState, TopUpOrder, TopUpOrderState,
    order,
};
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolCall;
use chain::sign::Domain;

/// A standing order of any kind.
pub trait Standing: Clone {
    /// The escrow's call that registers it.
    type Register: SolCall;

    /// What the pledgor signs (EIP-712).
    fn digest(&self, domain: &Domain) -> B256;

    /// The call, with a signature as it is.
    fn register(self, signature: Bytes) -> Self::Register;
}

impl Standing for TopUpOrder {
    type Register = registerTopUpOrderCall;

    fn digest(&self, domain: &Domain) -> B256 {
        domain.top_up_order(self)
    }

    fn register(self, signature: Bytes) -> Self::Register {
        registerTopUpOrderCall { order: self, signature }
    }
}

impl Standing for SubstituteOrder {
    type Register = registerSubstituteOrderCall;

    fn digest(&self, domain: &Domain) -> B256 {
        domain.substitute_order(self)
    }

    fn register(self, signature: Bytes) -> Self::Register {
        registerSubstituteOrderCall { order: self, signature }
    }
}

impl Standing for ReturnOrder {
    type Register = registerReturnOrderCall;

    fn digest(&self, domain: &Domain) -> B256 {
        domain.return_order(self)
    }

    fn register(self, signature: Bytes) -> Self::Register {
        registerReturnOrderCall { order: self, signature }
    }
}

impl World {
    /// Top-ups of so many whole tokens a day, for 30 days.
    pub fn top_up_order(&self, desk: Actor, limits: &[(Token, u64)], nonce: u64) -> TopUpOrder {
        let limit =
            |(token, tokens): &(Token, u64)| DailyLimit { token: token.address, amount: token.whole(*tokens).to() };
        TopUpOrder {
            account: self.account(desk),
            limits: limits.iter().map(limit).collect(),
            validUntil: self.now() + 30 * DAY,
            nonce,
        }
    }

    /// Out of a token once its haircut is 6 %, a million of it at most, for 30 days.
    pub fn substitute_order(&self, desk: Actor, out: Token, into: &[Token], nonce: u64) -> SubstituteOrder {
        SubstituteOrder {
            account: self.account(desk),
            tokenOut: out.address,
            haircutLevel: 60_000,
            priceLevel: 0,
            amount: out.whole(1_000_000).to(),
            tokensIn: into.iter().map(|token| token.address).collect(),
            validUntil: self.now() + 30 * DAY,
            nonce,
        }
    }

    /// What exceeds the requirement by a tenth and 1,000 USD goes back, no less than 100 USD of it, for 30 days.
    pub fn return_order(&self, desk: Actor, tokens: &[Token], nonce: u64) -> ReturnOrder {
        ReturnOrder {
            account: self.account(desk),
            tokens: tokens.iter().map(|token| token.address).collect(),
            bufferPpm: 100_000,
            bufferAmount: usd(1_000),
            minimum: usd(100),
            validUntil: self.now() + 30 * DAY,
            nonce,
        }
    }

    /// The desk signs and anyone registers.
    pub fn stand(&self, desk: Actor, order: impl Standing) {
        self.try_stand(desk, order).ok();
    }

    /// The same, where it may be refused.
    pub fn try_stand<S: Standing>(&self, desk: Actor, order: S) -> Outcome<S::Register> {
        let signature = desk.sign(order.digest(&self.domain())).to_vec();
        self.prank(RELAYER).register_order(order, signature)
    }

    /// The desk's top-up order as the escrow keeps it.
    pub fn standing_top_up(&self, desk: Actor) -> TopUpOrderState {
        self.view(self.escrow, topUpOrderCall { account: self.account(desk) })
    }

    /// The desk's order to go out of a token, as the escrow keeps it.
    pub fn standing_substitute(&self, desk: Actor, out: Token) -> SubstituteOrderState {
        self.view(self.escrow, substituteOrderCall { account: self.account(desk), tokenOut: out.address })
    }

    /// The desk's return order as the escrow keeps it.
    pub fn standing_return(&self, desk: Actor) -> ReturnOrderState {
        self.view(self.escrow, returnOrderCall { account: self.account(desk) })
    }

    /// Lots in a holder's inventory.
    pub fn stocked(&self, holder: Actor, token: Token) -> u64 {
        let units = self.inventory(holder, token).to::<u128>();
        abi::lots::from_units(units, token.decimals).expect("whole lots")
    }
}

impl Prank<'_> {
    /// With a signature as it is, right or wrong.
    pub fn register_order<S: Standing>(self, order: S, signature: Vec<u8>) -> Outcome<S::Register> {
        self.escrow(order.register(signature.into()))
    }

    /// Revokes the desk's top-up.
    pub fn revoke_top_up(self, desk: Actor) -> Outcome<revokeOrderCall> {
        let account = self.world.account(desk);
        self.escrow(revokeOrderCall { account, kind: order::TOP_UP, token: Address::ZERO })
    }

    /// Issues the claim that is due on the desk, at its last statement and present values.
    pub fn issue_claim(self, desk: Actor) -> Outcome<issueClaimCall> {
        let account = self.world.account(desk);
        self.escrow(issueClaimCall { account })
    }

    /// Carries out the desk's substitution out of a token.
    pub fn substitute_as_ordered(self, desk: Actor, out: Token) -> Outcome<executeOrderCall> {
        let account = self.world.account(desk);
        self.escrow(executeOrderCall { account, kind: order::SUBSTITUTE, token: out.address })
    }

    /// Carries out the desk's return.
    pub fn return_as_ordered(self, desk: Actor) -> Outcome<executeOrderCall> {
        let account = self.world.account(desk);
        self.escrow(executeOrderCall { account, kind: order::RETURN, token: Address::ZERO })
    }
}
