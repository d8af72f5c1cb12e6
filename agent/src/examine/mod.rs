//! A proposal, computed anew: from the call as it will stand on chain, the agent's own view of the chain, and its own books.
//!
//! Nothing of the relayer's is believed. Accounts and houses are as the agent's node tells them; fills are what their venue signed;
//! books are behind the chain's histories; prices are the oracle's. The order of the checks is the order in which an answer names what differs.
mod figures;
mod fills;
mod top_ups;

use crate::ahead::Ahead;
use crate::books::{Books, Filed};
use crate::config::Config;
use crate::promise::history_after;
use crate::view::View;
use abi::escrow::{FRESH_SLOTS, MARK_SLOTS, lifecycle};
use abi::packed::{Bundle, Set, Statement, lifecycle_digest};
use abi::slot_at;
use abi::types::StatementSet;
use alloy::primitives::{Address, B256};
use chain::ledger::{Account, House};
use chain::proposal::{Call, Proposal, Reason, Refusal};
use chain::sign::Domain;
use figures::{Computed, Scene};
pub use fills::Taken;
use marks::Prices;
use marks::expiry::Settlements;
use risk::Book;
use std::collections::BTreeMap;

/// What a proposal turned out to be.
#[derive(Debug)]
pub struct Examined {
    /// The typed data that is signed, with what the chain knows of each account.
    pub set: StatementSet,
    /// Books that it leads to.
    pub books: Vec<Filed>,
}

/// A contract wallet's signature over a digest (ERC-1271).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Wallet {
    /// The contract that is asked.
    pub signer: Address,
    /// EIP-712.
    pub digest: B256,
    /// As the call carries it; its form is the contract's own.
    pub signature: Vec<u8>,
}

/// What the examination rests on.
pub struct Known<'a> {
    /// What the operator decided.
    pub config: &'a Config,
    /// The chain.
    pub view: &'a View,
    /// Positions by history.
    pub books: &'a Books,
    /// What has expired settled at.
    pub settlements: &'a Settlements,
    /// The sets that the proposal builds on.
    pub ahead: &'a Ahead,
    /// The chain's time now.
    pub now: u64,
}

/// The call as it is read, before anything is computed.
pub struct Read<'a> {
    set: &'a Set,
    bundle: Option<&'a Bundle>,
    house: &'a House,
    accounts: Vec<&'a Account>,
}

/// What the call takes: fills with their terms, or an event. Batches that their venue's key did not sign are its wallet's to approve.
///
/// # Errors
/// Why the agent does not sign it.
pub fn take(known: &Known<'_>, proposal: &Proposal, call: &Call) -> Result<Taken, Refusal> {
    let read = read(known, proposal, call)?;
    read.bundle.map_or_else(|| Ok(Taken::default()), |bundle| known.take(bundle, &read, proposal))
}

/// The figures of a call that takes this.
///
/// # Errors
/// Why the agent does not sign it.
pub fn examine(known: &Known<'_>, proposal: &Proposal, call: &Call, taken: &Taken) -> Result<Examined, Refusal> {
    let read = read(known, proposal, call)?;
    let scene = known.scene(&read)?;
    let computed = figures::compute(&scene, &read, taken)?;
    compare(known, &read, &computed)?;
    if let Some(bundle) = read.bundle {
        top_ups::check(known, bundle, &read)?;
    }
    let before = |id: u64| known.view.account(id).map(|account| known.ahead.account(id, account));
    let set = call.typed(|id| before(id).map(|before| (before.sequence, before.history)));
    let set = set.ok_or_else(|| Refusal::new(Reason::Malformed, "a fill of no stated account"))?;
    Ok(Examined { books: filed(&set, computed), set })
}

fn read<'a>(known: &Known<'a>, proposal: &Proposal, call: &'a Call) -> Result<Read<'a>, Refusal> {
    let (config, view) = (known.config, known.view);
    let contracts = &config.contracts;
    if (proposal.chain_id, proposal.escrow) != (contracts.chain_id, contracts.escrow) {
        let detail = format!(
            "the proposal is for escrow {} of chain {}, this agent signs for {} of {}",
            proposal.escrow, proposal.chain_id, contracts.escrow, contracts.chain_id
        );
        return Err(Refusal::new(Reason::OtherChain, detail));
    }
    if let Some(hash) = view.hash_of(proposal.block_number).filter(|hash| *hash != proposal.block_hash) {
        let (number, theirs) = (proposal.block_number, proposal.block_hash);
        let detail = format!("block {number} is {hash} here, and {theirs} to who proposes");
        return Err(Refusal::new(Reason::OtherChain, detail));
    }
    let set = call.set();
    let bundle = match call {
        Call::Mark(_) => None,
        Call::Settle(bundle) => Some(bundle.as_ref()),
    };
    let unknown = || Refusal::new(Reason::NotServed, format!("house {} is not open", set.house));
    let house = view.house(set.house).ok_or_else(unknown)?;
    served(known, set, house)?;
    times(known, set, bundle)?;
    let accounts = set.statements.iter().map(|statement| account(known, set, statement));
    let accounts = accounts.collect::<Result<Vec<_>, _>>()?;
    let ascending = set.statements.windows(2).all(|pair| matches!(pair, [a, b] if a.account < b.account));
    if set.statements.is_empty() || !ascending {
        return Err(Refusal::new(Reason::Malformed, "accounts of a set ascend, and there is one at least"));
    }
    Ok(Read { set, bundle, house, accounts })
}

fn served(known: &Known<'_>, set: &Set, house: &House) -> Result<(), Refusal> {
    let own = known.config.key.address();
    if ![house.agent, house.second_agent].contains(&own) {
        let detail = format!("the agents of house {} are {} and {}", set.house, house.agent, house.second_agent);
        return Err(Refusal::new(Reason::NotServed, detail));
    }
    let (agreed, computed) = (house.parameters_hash, known.config.parameters.version_hash());
    if agreed != computed {
        let detail = format!("house {} agreed on parameters {agreed}, this agent computes with {computed}", set.house);
        return Err(Refusal::new(Reason::NotServed, detail));
    }
    if set.parameters_hash != agreed {
        return Err(Refusal::differs("parametersHash", set.parameters_hash, agreed));
    }
    Ok(())
}

/// As the contract asks them, at the newest block that the agent has; and no longer than the agent allows.
fn times(known: &Known<'_>, set: &Set, bundle: Option<&Bundle>) -> Result<(), Refusal> {
    let (head, now) = (known.view.head.timestamp, known.now);
    let most = if bundle.is_some_and(|bundle| bundle.lifecycle.is_none()) { FRESH_SLOTS } else { MARK_SLOTS };
    let refuse = |detail: String| Err(Refusal::new(Reason::Time, detail));
    if set.valid_until < head {
        return refuse(format!("validUntil {} has passed: the chain is at {head}", set.valid_until));
    }
    let last = now.saturating_add(known.config.limits.validity);
    if set.valid_until > last {
        return refuse(format!(
            "validUntil {} lies more than {} s ahead",
            set.valid_until, known.config.limits.validity
        ));
    }
    if set.as_of > head {
        return refuse(format!("asOf {} lies ahead: the newest block here is of {head}", set.as_of));
    }
    if set.slot > slot_at(set.as_of) {
        return refuse(format!("slot {} lies after asOf {}", set.slot, set.as_of));
    }
    let oldest = slot_at(head).saturating_sub(most);
    if set.slot < oldest {
        return refuse(format!("slot {} is old: {oldest} is the oldest that counts", set.slot));
    }
    if known.config.committed_marks && !known.view.committed.contains(&set.slot) {
        let detail = format!("no quorum committed to the marks of slot {}: a dispute of it would be lost", set.slot);
        return Err(Refusal::new(Reason::Prices, detail));
    }
    Ok(())
}

fn account<'a>(known: &Known<'a>, set: &Set, statement: &Statement) -> Result<&'a Account, Refusal> {
    let id = u64::from(statement.account);
    let refuse = |reason, detail: String| Err(Refusal::new(reason, detail).of(id));
    let Some(account) = known.view.account(id) else { return refuse(Reason::Account, "is not open".to_owned()) };
    if account.house != set.house {
        return refuse(Reason::Account, format!("is of house {}, not of {}", account.house, set.house));
    }
    if account.closed || account.in_default {
        return refuse(Reason::Account, "is closed, or in default: nothing is stated of it".to_owned());
    }
    let before = known.ahead.account(id, account);
    if set.slot < before.slot || set.as_of < before.as_of {
        let detail = format!("was stated at slot {} as of {} already", before.slot, before.as_of);
        return refuse(Reason::Time, detail);
    }
    Ok(account)
}

impl<'a> Known<'a> {
    /// Prices as the set must use them: with fills nothing that is silent, without any what a mark accepts.
    fn scene(&self, read: &Read<'_>) -> Result<Scene<'a>, Refusal> {
        let slot = read.set.slot;
        let none = || Refusal::new(Reason::Prices, format!("the oracle has no price of slot {slot}"));
        let prices = self.view.prices.at(slot).ok_or_else(none)?;
        let trades = read.bundle.is_some_and(|bundle| bundle.lifecycle.is_none());
        let prices: Prices = if trades { prices } else { self.view.prices.with_silent(prices) };
        let settlement = self.view.settlement_feed(read.house);
        Ok(Scene { known: Self { ..*self }, prices, settlement })
    }

    fn take(&self, bundle: &Bundle, read: &Read<'_>, proposal: &Proposal) -> Result<Taken, Refusal> {
        let domain = Domain::escrow(self.config.contracts.chain_id, self.config.contracts.escrow);
        match &bundle.lifecycle {
            None => fills::take(self.view, &domain, bundle, proposal),
            Some(event) if event.cause == lifecycle::EXPIRY => {
                let digest = lifecycle_digest(event);
                let digests = read.accounts.iter().zip(&read.set.statements);
                let digests = digests.map(|(_, statement)| (u64::from(statement.account), digest)).collect();
                Ok(Taken { digests, reference: Some(event.reference), ..Taken::default() })
            }
            Some(event) => {
                let detail = format!("a bundle of cause {} is stated by hand, with both parties' consent", event.cause);
                Err(Refusal::new(Reason::Malformed, detail))
            }
        }
    }
}

/// The first figure that differs, account by account; then the house's.
fn compare(known: &Known<'_>, read: &Read<'_>, computed: &BTreeMap<u64, Computed>) -> Result<(), Refusal> {
    let mut change = 0i128;
    for (statement, account) in read.set.statements.iter().zip(&read.accounts) {
        let id = u64::from(statement.account);
        let Some(own) = computed.get(&id) else { continue };
        let at = |refusal: Refusal| Err(refusal.of(id));
        if statement.new_root != own.new_root {
            return at(Refusal::differs("newRoot", statement.new_root, own.new_root));
        }
        if statement.fill_variation != own.filled {
            return at(Refusal::differs("fillVariation", statement.fill_variation, own.filled));
        }
        if statement.requirement != own.requirement {
            return at(Refusal::differs("requirement", statement.requirement, own.requirement));
        }
        if statement.cumulative_variation != own.level {
            return at(Refusal::differs("cumulativeVariation", statement.cumulative_variation, own.level));
        }
        let before = known.ahead.account(id, account).cumulative_variation;
        change = change.saturating_add(i128::from(own.level)).saturating_sub(i128::from(before));
    }
    let before = known.ahead.house(read.set.house, read.house);
    let house = i128::from(before).saturating_sub(change);
    if i128::from(read.set.house_cumulative_variation) != house {
        return Err(Refusal::differs("houseCumulativeVariation", read.set.house_cumulative_variation, house));
    }
    Ok(())
}

/// Books under the histories that the set leads to, where positions move.
fn filed(set: &StatementSet, mut computed: BTreeMap<u64, Computed>) -> Vec<Filed> {
    let moved = set.statements.iter().filter(|statement| !statement.fillsDigest.is_zero());
    let filed = moved.filter_map(|statement| {
        let book = computed.remove(&statement.account)?.book;
        Some(Filed { account: statement.account, history: history_after(statement), book })
    });
    filed.collect()
}

/// The book behind an account's history, or whose book is to be shown.
fn book_of(known: &Known<'_>, id: u64, account: &Account, missing: &mut Vec<u64>) -> Option<Book> {
    let book = known.books.get(id, known.ahead.account(id, account).history);
    if book.is_none() {
        missing.push(id);
    }
    book
}
