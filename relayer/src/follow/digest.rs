//! A range of events, sorted by what follows from them.
use super::Directory;
use crate::state::claims::{ClaimChange, ClaimEvent};
use crate::state::fill::FillId;
use crate::state::ledger::Ledger;
use crate::state::ledger::prices::Spot;
use abi::escrow::MarginEscrow::{BookCorrected, MarginEscrowEvents, MarginStated};
use abi::oracle::PriceOracle::PriceOracleEvents;
use abi::packed::{Lifecycle, lifecycle_digest};
use abi::registry::EligibilityRegistry::EligibilityRegistryEvents;
use abi::registry::Valuation;
use alloy::primitives::{Address, B256, U256};
use chain::{Event, Recorded};
use std::collections::{BTreeMap, BTreeSet};

/// A fill that an included transaction applied or lapsed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Spent {
    pub fill: FillId,
    pub tx: B256,
    pub block_number: u64,
    pub block_hash: B256,
}

/// What moved positions in a bundle without fills.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moved {
    pub block_number: u64,
    pub block_hash: B256,
    pub event: Lifecycle,
}

impl Moved {
    /// Of what the agents applied: as [`crate::journal::ExpiredPosition`] keeps it.
    pub fn digest(&self) -> B256 {
        lifecycle_digest(&self.event)
    }
}

/// A statement that was applied, and in which transaction.
#[derive(Clone)]
pub struct Stated {
    pub tx: B256,
    pub block_number: u64,
    pub block_hash: B256,
    pub statement: MarginStated,
}

/// What may move an account's book.
#[derive(Clone)]
pub enum Change {
    Stated(Stated),
    /// A ruling put it right.
    Corrected(BookCorrected),
}

/// What a range of events means for the books and what must be read again.
#[derive(Default)]
pub struct Digest {
    pub settled: Vec<Spent>,
    pub lapsed: Vec<Spent>,
    /// In order.
    pub changes: Vec<Change>,
    /// By transaction.
    pub moved: BTreeMap<B256, Moved>,
    pub claims: Vec<ClaimEvent>,
    /// House, its cumulative variation and balance, after a set.
    pub houses: Vec<(u32, i64, u64)>,
    /// Accounts that something other than a statement touched.
    pub touched: BTreeSet<u64>,
    pub touched_houses: BTreeSet<u32>,
    /// Accounts whose houses something other than a set touched.
    pub touched_houses_of: BTreeSet<u64>,
    /// Holders and tokens whose inventory moved.
    pub inventory: BTreeSet<(Address, Address)>,
    pub new_assets: bool,
}

/// Reads events in order; prices, valuations and the directory are updated at once.
pub fn read(events: &[Recorded], ledger: &mut Ledger, directory: &mut Directory) -> Digest {
    let mut digest = Digest::default();
    for recorded in events {
        match &recorded.event {
            Event::Escrow(event) => {
                directory.add(event);
                impair(event, ledger);
                bound(event, ledger);
                freeze(event, ledger);
                digest.escrow(event, recorded);
            }
            Event::Oracle(PriceOracleEvents::SlotTaken(event)) => {
                let Some(taken) = chain::events::taken(event) else { continue };
                for (feed, round) in taken.rounds() {
                    let spot = Spot { price: round.price, confidence: round.confidence };
                    ledger.prices.insert(feed, round.slot, spot);
                }
                if taken.root().is_some() {
                    ledger.prices.commit(event.slot);
                }
                ledger.version += 1;
            }
            Event::Registry(event) => {
                directory.admit(event);
                digest.registry(event, ledger);
            }
            _ => {}
        }
    }
    digest
}

/// What a lot of a reconciled asset counts for from here on.
fn impair(event: &MarginEscrowEvents, ledger: &mut Ledger) {
    let MarginEscrowEvents::Reconciled(event) = event else { return };
    if let Some(asset) = ledger.assets.values_mut().find(|asset| asset.token == event.token) {
        asset.ratio = event.ratio;
    }
    ledger.version += 1;
}

/// Until when orders pass a token over.
fn freeze(event: &MarginEscrowEvents, ledger: &mut Ledger) {
    if let MarginEscrowEvents::Probed(probed) = event {
        ledger.frozen.insert(probed.token, probed.until);
    }
}

/// How long a fill may wait from here on.
fn bound(event: &MarginEscrowEvents, ledger: &mut Ledger) {
    if let MarginEscrowEvents::BoundsSet(bounds) = event {
        ledger.settle_within = bounds.settleWithin.into();
    }
}

impl Digest {
    fn registry(&mut self, event: &EligibilityRegistryEvents, ledger: &mut Ledger) {
        match event {
            EligibilityRegistryEvents::StatusSet(set) => {
                if let Some(asset) = ledger.assets.get_mut(&set.index) {
                    asset.valuation.suspended = set.current != abi::registry::status::ACTIVE;
                }
                ledger.version += 1;
            }
            EligibilityRegistryEvents::LimitMoved(moved) => {
                if let Some(asset) = ledger.assets.get_mut(&moved.index) {
                    asset.valuation.concentrationLimit = moved.current;
                }
                ledger.version += 1;
            }
            EligibilityRegistryEvents::Valued(valued) => {
                if let Some(asset) = ledger.assets.get_mut(&valued.index) {
                    asset.valuation = Valuation {
                        slot: valued.slot,
                        factor: valued.factor,
                        factorNew: valued.factorNew,
                        concentrationLimit: valued.concentrationLimit,
                        suspended: asset.valuation.suspended,
                        priceCap: valued.priceCap,
                    };
                }
                ledger.version += 1;
            }
            EligibilityRegistryEvents::AssetListed(_) => self.new_assets = true,
            _ => {}
        }
    }

    fn escrow(&mut self, event: &MarginEscrowEvents, at: &Recorded) {
        use MarginEscrowEvents as E;
        match event {
            E::FillsSettled(event) => self.settled.extend(spent(event.venue, event.firstSequence, event.taken, at)),
            E::FillsLapsed(event) => self.lapsed.extend(spent(event.venue, event.firstSequence, event.taken, at)),
            E::LifecycleSettled(event) => {
                let event = Lifecycle { cause: event.cause, reference: event.reference };
                self.moved.insert(at.tx, Moved { block_number: at.block, block_hash: at.block_hash, event });
            }
            E::MarginStated(stated) => {
                self.changes.push(Change::Stated(Stated {
                    tx: at.tx,
                    block_number: at.block,
                    block_hash: at.block_hash,
                    statement: stated.clone(),
                }));
            }
            E::HouseStated(stated) => self.houses.push((stated.house, stated.cumulativeVariation, stated.balance)),
            E::ClaimIssued(claim) => {
                self.touched.insert(claim.account);
                let (tranche, cause) = (claim.tranche, claim.cause);
                let (amount, owed, deadline) = (claim.amount, claim.owed, claim.deadline);
                let change = ClaimChange::Issued { tranche, cause, amount, owed, deadline };
                self.claim(claim.account, claim.number, at, change);
            }
            E::ClaimSatisfied(claim) => {
                self.touched.insert(claim.account);
                self.claim(claim.account, claim.number, at, ClaimChange::Satisfied { late: claim.late });
            }
            E::ClaimCancelled(claim) => {
                self.touched.insert(claim.account);
                self.claim(claim.account, claim.number, at, ClaimChange::Cancelled);
            }
            E::AccountDefaulted(failed) => {
                self.touched.insert(failed.account);
                self.claim(failed.account, failed.number, at, ClaimChange::Failed);
            }
            E::DemandsReduced(claim) => {
                self.touched.insert(claim.account);
                let asked = claim.first.saturating_add(claim.second);
                self.claim(claim.account, claim.number, at, ClaimChange::Reduced { asked });
            }
            E::BookCorrected(event) => {
                self.touched.insert(event.account);
                self.changes.push(Change::Corrected(event.clone()));
            }
            E::DisputeOpened(event) => self.dispute(event.account),
            E::DisputeRuled(event) => self.dispute(event.account),
            E::Deposited(moved) => self.inventory.extend([(moved.holder, moved.token)]),
            E::Withdrawn(moved) => self.inventory.extend([(moved.holder, moved.token)]),
            other => self.touch(other),
        }
    }

    /// Everything that leaves no trace beyond an account or a house to read again.
    fn touch(&mut self, event: &MarginEscrowEvents) {
        use MarginEscrowEvents as E;
        let account = match event {
            E::AccountOpened(event) => event.account,
            E::MandateRegistered(event) => event.account,
            E::MandateRevoked(event) => event.account,
            E::TopUpLimitSet(event) => event.account,
            E::TopUpOrdered(event) => event.account,
            E::OrderRevoked(event) => event.account,
            E::ToppedUp(event) => event.account,
            // A top-up belongs to a bundle, whose statement says what came of it.
            E::Pledged(event) if event.source == abi::escrow::source::TOP_UP => return,
            E::Pledged(event) => event.account,
            E::Released(event) => event.account,
            E::Substituted(event) => event.account,
            E::Recalled(event) => event.account,
            E::Transferred(event) => event.account,
            E::Migrated(event) => event.account,
            E::HouseDefaulted(event) => return self.touched_houses.extend([event.house]),
            E::LateInterestCharged(event) => event.account,
            E::RequirementCorrected(event) => event.account,
            E::VariationCorrected(event) => event.account,
            E::HouseCured(event) => return self.touched_houses.extend([event.house]),
            E::OwedPaid(event) => return self.touch_both(event.account, event.house),
            E::HouseClaimIssued(event) => return self.touch_both(event.account, event.house),
            E::HouseClaimPaid(event) => return self.touch_both(event.account, event.house),
            E::HouseOpened(event) => return self.touched_houses.extend([event.house]),
            E::HouseFunded(event) => return self.touched_houses.extend([event.house]),
            E::HouseWithdrawn(event) => return self.touched_houses.extend([event.house]),
            _ => return,
        };
        self.touched.insert(account);
    }

    /// Stakes come from the pledgor's inventory and the house's balance, and go back to one of them.
    fn dispute(&mut self, account: u64) {
        self.touched.insert(account);
        self.touched_houses_of.insert(account);
    }

    fn touch_both(&mut self, account: u64, house: u32) {
        self.touched.insert(account);
        self.touched_houses.insert(house);
    }

    fn claim(&mut self, account: u64, number: u16, at: &Recorded, change: ClaimChange) {
        let (block_number, tx) = (at.block, at.tx);
        self.claims.push(ClaimEvent { account, number, block_number, at: at.timestamp, tx, change });
    }
}

/// Bit *i* of `taken` is sequence `first + i`.
fn spent(venue: Address, first: u64, taken: U256, at: &Recorded) -> Vec<Spent> {
    let taken = (0..256usize).filter(|bit| taken.bit(*bit));
    let spent = taken.map(|bit| Spent {
        fill: FillId { venue, sequence: first.saturating_add(bit as u64) },
        tx: at.tx,
        block_number: at.block,
        block_hash: at.block_hash,
    });
    spent.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::escrow::MarginEscrow::FillsSettled;

    #[test]
    fn taken_bits_name_sequences() {
        let venue = Address::repeat_byte(1);
        let event = FillsSettled { venue, firstSequence: 100, batchHash: B256::ZERO, taken: U256::from(0b1001) };
        let at = Recorded {
            event: Event::Escrow(MarginEscrowEvents::FillsSettled(event.clone())),
            address: Address::ZERO,
            block: 7,
            block_hash: B256::repeat_byte(7),
            timestamp: 0,
            tx: B256::repeat_byte(8),
            index: 0,
        };
        let spent = spent(venue, event.firstSequence, event.taken, &at);
        let sequences: Vec<_> = spent.iter().map(|spent| spent.fill.sequence).collect();
        assert_eq!(sequences, [100, 103]);
    }
}
