//! Who takes part. A name is a key: the same in every test and every run.
use alloy::primitives::{Address, B256, keccak256};
use alloy::signers::local::PrivateKeySigner;

/// A party with a key of its own, derived from its name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Actor(pub &'static str);

/// Owns oracle and registry.
pub const GOVERNOR: Actor = Actor("governor");
/// Tightens, once [`crate::World::appoint`] has named it.
pub const GUARDIAN: Actor = Actor("guardian");
/// Stops the escrow, likewise.
pub const PAUSER: Actor = Actor("pauser");
/// Each a source group of its own, in the set's order.
pub const REPORTERS: [Actor; 5] =
    [Actor("reporter-0"), Actor("reporter-1"), Actor("reporter-2"), Actor("reporter-3"), Actor("reporter-4")];
/// The secured party of the first house.
pub const HOUSE: Actor = Actor("house");
/// The first agent of the first house.
pub const AGENT: Actor = Actor("agent");
/// The second one, where a test's house has two.
pub const SECOND_AGENT: Actor = Actor("second-agent");
/// Named in agreements; does nothing.
pub const DEFAULT_MANAGER: Actor = Actor("default-manager");
/// The venue of a [`crate::Draft`].
pub const VENUE: Actor = Actor("venue");
/// A venue that desks may give a mandate too.
pub const OTHER_VENUE: Actor = Actor("other-venue");
/// The first desk.
pub const ALICE: Actor = Actor("alice");
/// The second desk.
pub const BOB: Actor = Actor("bob");
/// The third desk.
pub const CAROL: Actor = Actor("carol");
/// A desk of nobody's house yet.
pub const DAVE: Actor = Actor("dave");
/// Submits what others signed; has no rights of its own.
pub const RELAYER: Actor = Actor("relayer");
/// Nobody in particular.
pub const STRANGER: Actor = Actor("stranger");
/// Secured party and agent of a second house.
pub const RIVAL_HOUSE: Actor = Actor("rival-house");
/// The agent of [`RIVAL_HOUSE`].
pub const RIVAL_AGENT: Actor = Actor("rival-agent");

/// The desks of [`crate::World::open`], whose accounts are numbered in this order.
pub const DESKS: [Actor; 3] = [ALICE, BOB, CAROL];

impl Actor {
    /// From the name's hash.
    pub fn key(self) -> PrivateKeySigner {
        PrivateKeySigner::from_bytes(&keccak256(self.0)).expect("a hash is a key")
    }

    /// Of the key.
    pub fn address(self) -> Address {
        self.key().address()
    }

    /// A compact signature (EIP-2098).
    pub fn sign(self, digest: B256) -> [u8; 64] {
        chain::sign::sign(&self.key(), digest)
    }
}

impl From<Actor> for Address {
    fn from(actor: Actor) -> Self {
        actor.address()
    }
}
