//! The fills of a bundle: signed by their venue, applied never before, each with the terms that it hashes.
use super::Wallet;
use crate::view::View;
use abi::packed::{Batch, Bundle, fill_hash, fills_digest};
use abi::types::{Fill, FillBatch};
use alloy::primitives::{Address, B256};
use chain::proposal::{Proposal, Reason, Refusal, Terms};
use chain::sign::{Domain, recover};
use risk::{Instrument, Price, Quantity};
use std::collections::BTreeMap;

/// What a bundle takes.
#[derive(Debug, Default)]
pub struct Taken {
    /// Each account's trades, in the order of the call.
    pub trades: BTreeMap<u64, Vec<Trade>>,
    /// What each account's statement signs of what moves its positions.
    pub digests: BTreeMap<u64, B256>,
    /// Of an expiry: the hash of what settles at which price.
    pub reference: Option<B256>,
    /// Venues whose signature is no key's: their contract is asked.
    pub wallets: Vec<Wallet>,
}

/// One side of a fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trade {
    /// What is traded.
    pub instrument: Instrument,
    /// The fill's, positive, whichever side this is.
    pub quantity: Quantity,
    /// The fill's.
    pub price: Price,
    /// Which side this is.
    pub bought: bool,
}

impl Taken {
    /// What an account's statement signs of it; zero where its positions do not move.
    pub fn digest_of(&self, account: u64) -> B256 {
        self.digests.get(&account).copied().unwrap_or_default()
    }
}

/// The fills of a bundle, each with its terms.
///
/// # Errors
/// Fills that cannot be read, hashes that are not the batch's, terms that the venue did not sign, or a fill that was applied or lapsed.
pub fn take(view: &View, domain: &Domain, bundle: &Bundle, proposal: &Proposal) -> Result<Taken, Refusal> {
    let mut taken = Taken::default();
    let mut terms = proposal.terms.iter();
    for batch in &bundle.batches {
        let fills = leaves(bundle, batch)?;
        signed(domain, bundle.venue, batch, &fills, &mut taken)?;
        for fill in &fills {
            let terms = terms.next().ok_or_else(|| malformed("a fill has no terms"))?;
            new(view, bundle.venue, fill)?;
            taken.trade(fill, terms)?;
        }
    }
    if terms.next().is_some() {
        return Err(malformed("there are more terms than fills"));
    }
    Ok(taken)
}

fn malformed(detail: &str) -> Refusal {
    Refusal::new(Reason::Malformed, detail)
}

/// The fills as the venue hashed them.
fn leaves(bundle: &Bundle, batch: &Batch) -> Result<Vec<Fill>, Refusal> {
    let account = |place: u8| {
        let statement = bundle.set.statements.get(usize::from(place));
        statement.map(|statement| u64::from(statement.account)).ok_or_else(|| malformed("a fill of no stated account"))
    };
    let leaves = batch.fills.iter().map(|(place, packed)| {
        let (buyer, seller) = (account(packed.buyer)?, account(packed.seller)?);
        if buyer == seller {
            return Err(malformed("an account trades with itself").of(buyer));
        }
        packed.leaf(batch, *place, buyer, seller).ok_or_else(|| malformed("a time or sequence is out of range"))
    });
    leaves.collect()
}

/// A contract wallet is asked later.
fn signed(domain: &Domain, venue: Address, batch: &Batch, fills: &[Fill], taken: &mut Taken) -> Result<(), Refusal> {
    let leaves: Vec<B256> = fills.iter().map(fill_hash).collect();
    let takes = |place: usize| batch.takes(place);
    let root = abi::merkle::pruned_root(batch.count.into(), &takes, &leaves, &batch.hashes);
    let root = root.ok_or_else(|| malformed("the hashes are not those of the batch's other fills"))?;
    let typed = FillBatch {
        venue,
        firstSequence: batch.first_sequence,
        count: batch.count.into(),
        fillsRoot: root,
        previousBatchHash: batch.previous_batch_hash,
    };
    let digest = domain.batch(&typed);
    let compact: Option<&[u8; 64]> = batch.signature[..].try_into().ok();
    if compact.and_then(|compact| recover(digest, compact)) != Some(venue) {
        taken.wallets.push(Wallet { signer: venue, digest, signature: batch.signature.to_vec() });
    }
    Ok(())
}

fn new(view: &View, venue: Address, fill: &Fill) -> Result<(), Refusal> {
    let key = (venue, fill.sequence);
    let spent = view.ledger.fills.get(&key).or_else(|| view.ledger.lapsed.get(&key));
    let spent = spent.map(|tx| format!("fill {venue}-{} was applied or lapsed in {tx}", fill.sequence));
    spent.map_or(Ok(()), |detail| Err(Refusal::new(Reason::Fills, detail)))
}

impl Taken {
    fn trade(&mut self, fill: &Fill, terms: &Terms) -> Result<(), Refusal> {
        let sequence = fill.sequence;
        let unknown = || malformed(&format!("fill {sequence}: {} is no instrument", terms.instrument));
        let instrument = terms.instrument().ok_or_else(unknown)?;
        if terms.hash(&instrument) != fill.termsHash {
            let detail = format!("fill {sequence}: the terms are not those that the venue signed");
            return Err(Refusal::new(Reason::Fills, detail));
        }
        let large = |_| malformed(&format!("fill {sequence}: the quantity is out of range"));
        let quantity = Quantity::from_raw(i64::try_from(terms.quantity).map_err(large)?);
        let (price, leaf) = (Price::from_raw(terms.price), fill_hash(fill));
        for (account, bought) in [(fill.buyerAccount, true), (fill.sellerAccount, false)] {
            self.trades.entry(account).or_default().push(Trade { instrument, quantity, price, bought });
            let digest = self.digests.entry(account).or_default();
            *digest = fills_digest(*digest, leaf);
        }
        Ok(())
    }
}
