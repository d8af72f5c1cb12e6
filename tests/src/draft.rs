//! A bundle before anybody signs it: every field open, so that a test can spoil exactly one.
use crate::actors::{AGENT, Actor, HOUSE, VENUE};
use crate::safe::Safe;
use crate::world::World;
use abi::escrow::lifecycle;
use abi::merkle;
use abi::packed::{
    Batch, Bundle, Consent, Lapse, Lifecycle, Move, PackedFill, Set, Signed, fill_hash, fills_digest, lifecycle_digest,
    moves_digest,
};
use abi::types::{Fill, FillBatch, MarginStatement, PositionChange, StatementSet};
use alloy::primitives::{Address, B256, keccak256};
use chain::sign::Domain;
use std::collections::BTreeMap;

/// How long a drafted fill may wait, in milliseconds.
pub const PATIENCE: u64 = 30_000;

/// A bundle, or a set, that nobody has signed yet.
#[derive(Clone)]
pub struct Draft {
    /// The escrow's.
    pub domain: Domain,
    /// Number of each desk's account.
    pub accounts: BTreeMap<Actor, u64>,
    /// As the agents sign it; fills digests are filled in when it is signed.
    pub set: StatementSet,
    /// Whose batches it takes.
    pub venue: Address,
    /// With fills in the order of their sequences.
    pub batches: Vec<DraftBatch>,
    /// In place of batches.
    pub lifecycle: Option<Lifecycle>,
    /// Top-ups.
    pub moves: Vec<Move>,
    /// Signs the set.
    pub agent: Actor,
    /// Signs it too.
    pub second_agent: Option<Actor>,
    /// Signs what ports or adjusts positions, beside the desks.
    pub secured_party: Actor,
    /// Signs the batches.
    pub venue_key: Actor,
    /// Signs in place of the agent.
    pub agent_safe: Option<Safe>,
    /// Signs in place of the second agent.
    pub second_safe: Option<Safe>,
    /// Signs in place of the venue.
    pub venue_safe: Option<Safe>,
    now: u64,
}

/// A venue's batch, and which of its fills the bundle takes.
#[derive(Clone)]
pub struct DraftBatch {
    /// Of its first fill.
    pub first_sequence: u64,
    /// Hash of the batch before.
    pub previous: B256,
    /// Leaves, in order.
    pub fills: Vec<Fill>,
    /// Places left out of the bundle.
    pub left: Vec<usize>,
}

impl World {
    /// Statements of these desks with these requirements, on top of what the chain holds, and an empty batch of the venue.
    pub fn draft(&self, requirements: &[(Actor, u64)]) -> Draft {
        let statements = requirements.iter().map(|(desk, requirement)| self.statement(*desk, *requirement)).collect();
        let first_sequence = self.reserve_sequences(VENUE.address());
        let mut draft = Draft {
            domain: self.domain(),
            accounts: self.facts.borrow().accounts.clone(),
            set: self.set(statements),
            venue: VENUE.address(),
            batches: vec![DraftBatch { first_sequence, previous: B256::ZERO, fills: vec![], left: vec![] }],
            lifecycle: None,
            moves: vec![],
            agent: AGENT,
            second_agent: None,
            secured_party: HOUSE,
            venue_key: VENUE,
            agent_safe: None,
            second_safe: None,
            venue_safe: None,
            now: self.now(),
        };
        draft.set.statements.sort_by_key(|statement| statement.account);
        draft
    }

    /// The same without fills, for `mark`.
    pub fn draft_mark(&self, requirements: &[(Actor, u64)]) -> Draft {
        let mut draft = self.draft(requirements);
        draft.batches.clear();
        draft
    }

    fn statement(&self, desk: Actor, requirement: u64) -> MarginStatement {
        let state = self.state(desk);
        MarginStatement {
            account: self.account(desk),
            sequence: state.sequence + 1,
            previousHistory: state.history,
            newRoot: B256::ZERO,
            fillsDigest: B256::ZERO,
            requirement,
            cumulativeVariation: state.cumulativeVariation,
            fillVariation: 0,
        }
    }

    fn set(&self, statements: Vec<MarginStatement>) -> StatementSet {
        let house = self.house_state();
        StatementSet {
            house: self.house(),
            statements,
            houseCumulativeVariation: house.cumulativeVariation,
            topUps: B256::ZERO,
            slot: self.slot(),
            parametersHash: house.parametersHash,
            asOf: self.now(),
            validUntil: self.now() + 60,
        }
    }

    /// Sequences that no other draft of this world uses.
    pub(crate) fn reserve_sequences(&self, venue: Address) -> u64 {
        let mut facts = self.facts.borrow_mut();
        let next = facts.sequences.entry(venue).or_insert(0);
        *next += 256;
        *next - 256
    }
}

impl Draft {
    /// One fill, matched now.
    pub fn fill(self, buyer: Actor, seller: Actor) -> Self {
        let (buyer, seller) = (self.accounts[&buyer], self.accounts[&seller]);
        self.fill_of(buyer, seller)
    }

    /// The same between two accounts by number, whether or not the set states them.
    pub fn fill_of(mut self, buyer: u64, seller: u64) -> Self {
        let matched_at = self.now * 1_000;
        let batch = self.batches.last_mut().expect("a draft of a bundle");
        let sequence = batch.first_sequence + batch.fills.len() as u64;
        batch.fills.push(Fill {
            sequence,
            buyerAccount: buyer,
            sellerAccount: seller,
            matchedAt: matched_at,
            settleBy: matched_at + PATIENCE,
            group: 0,
            termsHash: keccak256(sequence.to_be_bytes()),
        });
        self
    }

    /// Something else than fills moves the positions.
    pub fn lifecycle(mut self, cause: u8) -> Self {
        self.batches.clear();
        self.lifecycle = Some(Lifecycle { cause, reference: keccak256([cause]) });
        self
    }

    /// A further batch of the same venue, right after the last one.
    pub fn batch(mut self) -> Self {
        let last = self.batches.last().expect("a draft of a bundle");
        let first_sequence = last.first_sequence + last.fills.len() as u64;
        self.batches.push(DraftBatch { first_sequence, previous: B256::ZERO, fills: vec![], left: vec![] });
        self
    }

    /// The desk receives `micro_usd` (or pays, when negative) and the house the opposite.
    pub fn variation(mut self, desk: Actor, micro_usd: i64) -> Self {
        self.statement(desk).cumulativeVariation += micro_usd;
        self.set.houseCumulativeVariation -= micro_usd;
        self
    }

    /// The desk's variation is this level, and the house takes the difference.
    pub fn level(mut self, desk: Actor, micro_usd: i64) -> Self {
        let change = micro_usd - self.statement(desk).cumulativeVariation;
        self.variation(desk, change)
    }

    /// The same, from fills away from the mark.
    pub fn fill_variation(mut self, desk: Actor, micro_usd: i64) -> Self {
        self.statement(desk).fillVariation += micro_usd;
        self.variation(desk, micro_usd)
    }

    /// A top-up from the desk's inventory.
    pub fn top_up(mut self, desk: Actor, asset: u8, lots: u64) -> Self {
        let account = self.place(self.accounts[&desk]);
        self.moves.push(Move { account, asset, lots });
        self
    }

    /// Lets a test change anything in one chain of calls.
    pub fn with(mut self, change: impl FnOnce(&mut Self)) -> Self {
        change(&mut self);
        self
    }

    /// A desk's statement, to change it.
    pub fn statement(&mut self, desk: Actor) -> &mut MarginStatement {
        let account = self.accounts[&desk];
        self.set.statements.iter_mut().find(|statement| statement.account == account).expect("the desk is in the set")
    }

    /// The first fill of the first batch.
    pub fn first_fill(&mut self) -> &mut Fill {
        &mut self.batches[0].fills[0]
    }

    /// Everybody signs what is now in the draft: calldata of `settle`.
    pub fn sign(mut self) -> Bundle {
        self.commit_to_fills();
        self.set.topUps = moves_digest(&self.moves);
        let consents = self.consents();
        let batches = self.batches.iter().map(|batch| self.sign_batch(batch)).collect();
        let (lifecycle, moves) = (self.lifecycle, self.moves.clone());
        Bundle { set: self.sign_set(), venue: self.venue, batches, lifecycle, consents, moves }
    }

    /// The venue alone signs: calldata of `lapse`.
    pub fn sign_lapse(&self) -> Lapse {
        let accounts = self.set.statements.iter().map(|statement| statement.account as u32).collect();
        let batches = self.batches.iter().map(|batch| self.sign_batch(batch)).collect();
        Lapse { venue: self.venue, accounts, batches }
    }

    /// The agents alone sign: calldata of `mark`.
    pub fn sign_mark(self) -> Set {
        self.sign_set()
    }

    fn sign_set(&self) -> Set {
        let digest = self.domain.set(&self.set);
        let second = match (&self.second_safe, self.second_agent) {
            (Some(safe), _) => Some(safe.sign(digest).into()),
            (None, agent) => agent.map(|agent| agent.sign(digest).into()),
        };
        let signature = by(self.agent, self.agent_safe.as_ref(), digest);
        Set::of(&self.set, signature, second).expect("accounts within 32 bits")
    }

    /// Ties each statement to its account's fills or to what is there in their place; it gets a new root.
    fn commit_to_fills(&mut self) {
        let taken: Vec<Fill> = self.batches.iter().flat_map(DraftBatch::taken).map(|(_, fill)| fill.clone()).collect();
        for statement in &mut self.set.statements {
            statement.fillsDigest = self.lifecycle.as_ref().map_or(B256::ZERO, lifecycle_digest);
            for fill in taken.iter().filter(|fill| [fill.buyerAccount, fill.sellerAccount].contains(&statement.account))
            {
                statement.fillsDigest = fills_digest(statement.fillsDigest, fill_hash(fill));
            }
            if statement.fillsDigest != B256::ZERO && statement.newRoot == B256::ZERO {
                statement.newRoot = holding(fills_digest(statement.previousHistory, statement.fillsDigest));
            }
        }
    }

    /// Both parties of each account sign what no kernel could follow.
    fn consents(&self) -> Vec<Consent> {
        let Some(event) = self.lifecycle.filter(|event| lifecycle::needs_consent(event.cause)) else { return vec![] };
        let of = |statement: &MarginStatement| {
            let (cause, reference) = (event.cause, event.reference);
            let change = PositionChange {
                account: statement.account,
                cause,
                reference,
                previousHistory: statement.previousHistory,
                newRoot: statement.newRoot,
                validUntil: self.set.validUntil,
            };
            let digest = self.domain.position_change(&change);
            let desk =
                self.accounts.iter().find(|(_, number)| **number == statement.account).expect("a desk's account").0;
            let (pledgor, secured_party) = (desk.sign(digest).to_vec(), self.secured_party.sign(digest).to_vec());
            Consent { valid_until: self.set.validUntil, pledgor, secured_party }
        };
        self.set.statements.iter().map(of).collect()
    }

    fn sign_batch(&self, batch: &DraftBatch) -> Batch {
        let leaves: Vec<B256> = batch.fills.iter().map(fill_hash).collect();
        let header = FillBatch {
            venue: self.venue,
            firstSequence: batch.first_sequence,
            count: batch.fills.len() as u32,
            fillsRoot: merkle::root(&leaves),
            previousBatchHash: batch.previous,
        };
        let base_time = batch.taken().map(|(_, fill)| fill.matchedAt).min().unwrap_or_default();
        Batch {
            first_sequence: batch.first_sequence,
            count: batch.fills.len() as u16,
            previous_batch_hash: batch.previous,
            base_time,
            fills: batch.taken().map(|(place, fill)| (place as u8, self.pack(fill, base_time))).collect(),
            hashes: merkle::prune(&leaves, &|place| !batch.left.contains(&place)),
            signature: by(self.venue_key, self.venue_safe.as_ref(), self.domain.batch(&header)),
        }
    }

    fn pack(&self, fill: &Fill, base_time: u64) -> PackedFill {
        PackedFill {
            buyer: self.place(fill.buyerAccount),
            seller: self.place(fill.sellerAccount),
            matched_after: (fill.matchedAt - base_time) as u32,
            settle_within: (fill.settleBy - fill.matchedAt) as u32,
            group: fill.group as u16,
            terms_hash: fill.termsHash,
        }
    }

    /// Place of an account in the set; 255 for one that is not in it.
    fn place(&self, account: u64) -> u8 {
        let place = self.set.statements.iter().position(|statement| statement.account == account);
        place.map_or(u8::MAX, |place| place as u8)
    }
}

fn by(key: Actor, safe: Option<&Safe>, digest: B256) -> Signed {
    safe.map_or_else(|| key.sign(digest).into(), |safe| safe.sign(digest).into())
}

/// A root as of a book that holds positions.
pub fn holding(mut root: B256) -> B256 {
    root.0[31] |= 1;
    root
}

/// A root as of a book that holds none.
pub fn flat(mut root: B256) -> B256 {
    root.0[31] &= !1;
    root
}

impl DraftBatch {
    fn taken(&self) -> impl Iterator<Item = (usize, &Fill)> {
        self.fills.iter().enumerate().filter(|(place, _)| !self.left.contains(place))
    }

    /// What the `FillsSettled` of this batch says.
    pub fn hash(&self, venue: Address) -> B256 {
        let leaves: Vec<B256> = self.fills.iter().map(fill_hash).collect();
        abi::eip712::batch_hash(&FillBatch {
            venue,
            firstSequence: self.first_sequence,
            count: self.fills.len() as u32,
            fillsRoot: merkle::root(&leaves),
            previousBatchHash: self.previous,
        })
    }
}
