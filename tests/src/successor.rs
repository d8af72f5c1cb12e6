//! A contract that takes over accounts, or does not, and what both parties sign for it.
use crate::actors::{Actor, GOVERNOR};
use crate::artifacts;
use crate::outcome::Outcome;
use crate::world::{Prank, World};
use abi::escrow::MarginEscrow::migrateCall;
use abi::escrow::Migration;
use alloy::primitives::Address;
use alloy::sol;
use alloy::sol_types::{SolStruct, SolValue};

sol! {
    interface TestSuccessor {
        function answer() external view returns (bytes memory);
        function credit(address pledgor, address token) external view returns (uint256);
        function accounts(uint64 account) external view returns (bytes memory);
    }
}

/// What it does when it is given an account.
#[derive(Clone, Copy, Debug)]
pub enum Mood {
    /// It answers as it should.
    Takes,
    /// It refuses.
    Reverts,
    /// It answers another word than its selector.
    AnswersOtherwise,
    /// It calls the escrow.
    CallsBack,
}

impl World {
    /// Deploys one.
    pub fn successor(&self, mood: Mood) -> Address {
        let arguments = (self.escrow, mood as u16).abi_encode_params();
        self.node.deploy(GOVERNOR.address(), [artifacts::token("TestSuccessor"), arguments].concat())
    }

    /// Of a desk's account under its usual agreement, good for ten minutes.
    pub fn migration(&self, desk: Actor, successor: Address, nonce: u64) -> Migration {
        let agreement = self.agreement(desk).eip712_hash_struct();
        let valid_until = self.now() + 600;
        Migration { account: self.account(desk), agreementHash: agreement, successor, validUntil: valid_until, nonce }
    }

    /// As a party of the agreement.
    pub fn sign_migration(&self, party: Actor, migration: &Migration) -> Vec<u8> {
        party.sign(self.domain().migration(migration)).to_vec()
    }
}

impl Prank<'_> {
    /// Carries both signatures to the escrow.
    pub fn migrate(self, migration: &Migration, pledgor: Vec<u8>, secured_party: Vec<u8>) -> Outcome<migrateCall> {
        let (pledgor, secured_party, migration) = (pledgor.into(), secured_party.into(), migration.clone());
        self.escrow(migrateCall { migration, pledgorSignature: pledgor, securedPartySignature: secured_party })
    }
}
