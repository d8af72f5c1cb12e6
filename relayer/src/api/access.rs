//! Who may read what: a fill is its venue's, an account its parties'; the agents and the secured party of a house see both.
use super::signed::Caller;
use crate::http::problem::Problem;
use crate::state::World;
use crate::state::ledger::Account;
use alloy::primitives::Address;

impl Caller {
    /// Batches, events and lists of a venue: its own alone.
    pub fn as_venue(self, venue: Address) -> Result<(), Problem> {
        match self {
            Self::Signer(signer) if signer != venue => Err(Problem::forbidden("not-yours", "Not yours to read")
                .detail(format!("this is read by {venue} alone, the signature is {signer}'s"))),
            _ => Ok(()),
        }
    }

    /// An account: its pledgor's, its house's secured party's and agents'.
    pub fn may_read(self, world: &World, account: &Account) -> Result<(), Problem> {
        match self {
            Self::Signer(signer) if signer != account.pledgor && !minds(world, account.id, signer) => {
                Err(Problem::forbidden("not-yours", "Not yours to read").detail(format!(
                    "account {} is read by its pledgor, secured party and agents; the signature is {signer}'s",
                    account.id
                )))
            }
            _ => Ok(()),
        }
    }

    /// A fill: its venue's. Both accounts are of one house, so its secured party and agents see both sides anyway; a pledgor
    /// would see the other one's.
    pub fn may_read_fill(self, world: &World, venue: Address, accounts: Option<[u64; 2]>) -> Result<(), Problem> {
        let Self::Signer(signer) = self else { return Ok(()) };
        let of_house = accounts.is_some_and(|accounts| accounts.iter().all(|id| minds(world, *id, signer)));
        // Who has no part in a fill does not learn whether there is one.
        if of_house { Ok(()) } else { self.as_venue(venue) }
    }
}

/// Whether a key is the account's secured party or agent.
fn minds(world: &World, account: u64, signer: Address) -> bool {
    world.ledger.house_of(account).is_some_and(|house| {
        signer != Address::ZERO && [house.agent, house.second_agent, house.secured_party].contains(&signer)
    })
}

impl World {
    /// Known by its role at the registry or by a mandate: both from events, so that a stranger costs no call to the node.
    pub fn knows_venue(&self, venue: Address) -> bool {
        self.admitted.contains(&venue)
            || self.ledger.accounts.values().any(|account| account.mandates.contains_key(&venue))
    }
}
