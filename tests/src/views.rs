//! What the escrow and tokens say.
use crate::actors::Actor;
use crate::tokens::{TestToken, Token};
use crate::world::World;
use abi::escrow::MarginEscrow::*;
use abi::escrow::{AccountState, BalanceState, Bounds, ClaimState, HouseState, MandateState};
use abi::registry::EligibilityRegistry::{assetAtCall, haircutCall, valuationCall};
use abi::registry::{HaircutRule, HaircutState, Valuation};
use alloy::primitives::{Address, U256};

impl World {
    /// The desk's account: money in micro-USD, times in seconds.
    pub fn state(&self, desk: Actor) -> AccountState {
        self.view(self.escrow, accountCall { account: self.account(desk) })
    }

    /// What the account holds of a token, in lots.
    pub fn balance(&self, desk: Actor, token: Token) -> BalanceState {
        self.view(self.escrow, balanceCall { account: self.account(desk), token: token.address })
    }

    /// The desk's claim, in micro-USD; `open` is false where nothing is asked.
    pub fn claim(&self, desk: Actor) -> ClaimState {
        self.view(self.escrow, claimCall { account: self.account(desk) })
    }

    /// What a venue may bind the account to.
    pub fn mandate(&self, desk: Actor, venue: impl Into<Address>) -> MandateState {
        self.view(self.escrow, mandateCall { account: self.account(desk), venue: venue.into() })
    }

    /// What may still be topped up under a venue's mandate, in lots.
    pub fn top_up_left(&self, desk: Actor, venue: Actor, token: Token) -> u64 {
        let (account, venue) = (self.account(desk), venue.address());
        self.view(self.escrow, topUpCall { account, venue, token: token.address })
    }

    /// The three bounds that the registry's owner sets.
    pub fn bounds(&self) -> Bounds {
        self.view(self.escrow, boundsCall {})
    }

    /// Units of the token that a holder has in the escrow outside of any account.
    pub fn inventory(&self, holder: impl Into<Address>, token: Token) -> U256 {
        self.view(self.escrow, inventoryCall { holder: holder.into(), token: token.address })
    }

    /// The house that tests speak of.
    pub fn house_state(&self) -> HouseState {
        self.view(self.escrow, houseCall { house: self.house() })
    }

    /// Whether something that the pledgor signed with this nonce was carried out.
    pub fn nonce_used(&self, pledgor: Actor, nonce: u64) -> bool {
        self.view(self.escrow, nonceUsedCall { pledgor: pledgor.address(), nonce })
    }

    /// Whether a fill of this sequence was settled, or lapsed.
    pub fn sequence_applied(&self, venue: Actor, sequence: u64) -> bool {
        self.view(self.escrow, sequenceAppliedCall { venue: venue.address(), sequence })
    }

    /// Balance of a wallet, the escrow's included.
    pub fn wallet(&self, holder: impl Into<Address>, token: Token) -> U256 {
        self.view(token.address, TestToken::balanceOfCall { owner: holder.into() })
    }

    /// What the registry lets the token count for now.
    pub fn valuation(&self, token: Token) -> Valuation {
        self.view(self.registry, valuationCall { index: token.index })
    }

    /// The token's haircut, where it is heading and when it moved, in parts per million and seconds.
    pub fn haircut(&self, token: Token) -> HaircutState {
        self.view(self.registry, haircutCall { index: token.index })
    }

    /// The rule that moves the token's haircut, from the terms it is listed with.
    pub fn rule(&self, token: Token) -> HaircutRule {
        let terms = self.view(self.registry, assetAtCall { index: token.index });
        HaircutRule {
            baseHaircut: terms.baseHaircut,
            floor: terms.floor,
            cap: terms.cap,
            deviationSlope: terms.deviationSlope,
            dispersionSlope: terms.dispersionSlope,
            confidenceSlope: terms.confidenceSlope,
            concentrationLimit: terms.concentrationLimit,
            priceCap: terms.priceCap,
        }
    }
}
