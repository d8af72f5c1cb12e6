//! What a caller can do to the escrow, by its name, and to the registry.
use crate::actors::Actor;
use crate::outcome::Outcome;
use crate::tokens::Token;
use crate::world::Prank;
use abi::escrow::MarginEscrow::*;
use abi::escrow::{Agreement, CollateralInstruction, Mandate, Withdrawal};
use abi::packed::{Bundle, Lapse, Set};
use alloy::primitives::{Address, U256};
use alloy::sol_types::SolCall;

impl Prank<'_> {
    /// Sends a bundle, whether or not it may pass.
    pub fn settle(self, bundle: &Bundle) -> Outcome<settleCall> {
        let data = bundle.encode().expect("the bundle fits its fields");
        self.packed(settleCall::SELECTOR, data)
    }

    /// Sends a set without fills, whether or not it may pass.
    pub fn mark(self, set: &Set) -> Outcome<markCall> {
        let data = set.encode().expect("the set fits its fields");
        self.packed(markCall::SELECTOR, data)
    }

    /// Asks that fills past their `settleBy` can never settle.
    pub fn lapse(self, lapse: &Lapse) -> Outcome<lapseCall> {
        let data = lapse.encode().expect("the lapse fits its fields");
        self.packed(lapseCall::SELECTOR, data)
    }

    /// Packed calldata as it is, well formed or not.
    pub fn packed<C: SolCall>(self, selector: [u8; 4], data: Vec<u8>) -> Outcome<C> {
        let escrow = self.world.escrow;
        self.send_raw(escrow, [selector.to_vec(), data].concat())
    }

    /// Whether others may pledge into the desk's account.
    pub fn allow_pledges(self, desk: Actor, allowed: bool) -> Outcome<allowPledgesCall> {
        let account = self.world.account(desk);
        self.escrow(allowPledgesCall { account, allowed })
    }

    /// Lets the escrow try to move the token, as after a pause by its issuer.
    pub fn probe(self, token: Token) -> Outcome<probeCall> {
        self.escrow(probeCall { token: token.address })
    }

    /// Approves and deposits.
    pub fn deposit(self, token: Token, amount: U256) -> Outcome<depositCall> {
        self.approved(token, amount, depositCall { token: token.address, amount })
    }

    /// From the caller's inventory to its wallet; units of the token.
    pub fn withdraw(self, token: Token, amount: U256) -> Outcome<withdrawCall> {
        self.escrow(withdrawCall { token: token.address, amount })
    }

    /// Carries out a withdrawal; no signature where the caller is the owner.
    pub fn withdraw_to(self, withdrawal: Withdrawal, signature: Vec<u8>) -> Outcome<withdrawToCall> {
        self.escrow(withdrawToCall { withdrawal, signature: signature.into() })
    }

    /// Approves and pledges from the caller's wallet.
    pub fn pledge(self, desk: Actor, token: Token, amount: U256) -> Outcome<pledgeCall> {
        let account = self.world.account(desk);
        self.approved(token, amount, pledgeCall { account, token: token.address, amount })
    }

    /// Approves and funds the house's ledger.
    pub fn fund_house(self, amount: U256) -> Outcome<fundHouseCall> {
        let (house, usdc) = (self.world.house(), self.world.usdc);
        self.approved(usdc, amount, fundHouseCall { house, amount })
    }

    /// From the house to the caller, in units of its settlement token.
    pub fn withdraw_house(self, amount: U256) -> Outcome<withdrawHouseCall> {
        let house = self.world.house();
        self.escrow(withdrawHouseCall { house, amount })
    }

    /// Lets the house pay the desk what it owes it, or its share of what is there.
    pub fn pay_house_claim(self, desk: Actor) -> Outcome<payHouseClaimCall> {
        let account = self.world.account(desk);
        self.escrow(payHouseClaimCall { account })
    }

    /// With the parties' signatures as they are, right or wrong.
    pub fn open_account(
        self,
        agreement: Agreement,
        pledgor: Vec<u8>,
        secured_party: Vec<u8>,
    ) -> Outcome<openAccountCall> {
        let (pledgor, secured_party) = (pledgor.into(), secured_party.into());
        self.escrow(openAccountCall { agreement, pledgorSignature: pledgor, securedPartySignature: secured_party })
    }

    /// With a signature as it is, right or wrong.
    pub fn register_mandate(self, mandate: Mandate, signature: Vec<u8>) -> Outcome<registerMandateCall> {
        self.escrow(registerMandateCall { mandate, signature: signature.into() })
    }

    /// Ends the desk's mandate for a venue, for fills matched from then on.
    pub fn revoke_mandate(self, desk: Actor, venue: impl Into<Address>) -> Outcome<revokeMandateCall> {
        let account = self.world.account(desk);
        self.escrow(revokeMandateCall { account, venue: venue.into() })
    }

    /// Carries out an instruction; no signature where the caller is the pledgor.
    pub fn execute(self, instruction: CollateralInstruction, signature: Vec<u8>) -> Outcome<executeCall> {
        self.escrow(executeCall { instruction, signature: signature.into() })
    }

    /// The same, with the secured party's word in place of agents that are silent.
    pub fn execute_with_consent(
        self,
        instruction: CollateralInstruction,
        signature: Vec<u8>,
        consent: Vec<u8>,
    ) -> Outcome<executeWithConsentCall> {
        let (signature, consent) = (signature.into(), consent.into());
        self.escrow(executeWithConsentCall { instruction, signature, consent })
    }

    /// Any call of the escrow.
    pub fn escrow<C: SolCall>(self, call: C) -> Outcome<C> {
        let escrow = self.world.escrow;
        self.send(escrow, call)
    }

    /// Any call of the registry.
    pub fn registry<C: SolCall>(self, call: C) -> Outcome<C> {
        let registry = self.world.registry;
        self.send(registry, call)
    }
}
