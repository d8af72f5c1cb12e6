//! Calldata of `settle` and `mark`.
use super::list::{Bytes, Packed, u8_less_one, u24};
use super::{Malformed, Reader, Signed, put_address, put_hash};
use crate::escrow::lifecycle;
use crate::types::{Fill, FillTerms};
use crate::words::Writer;
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, keccak256};

/// One account's statement, as far as the contract does not know it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// Ascending within a set.
    pub account: u32,
    /// Of the book after it; zero where positions do not move.
    pub new_root: B256,
    /// Micro-USD.
    pub requirement: u64,
    /// Lots of the settlement token, since the account was opened.
    pub cumulative_variation: i64,
    /// Of it, what the bundle's fills cost or bring; lots.
    pub fill_variation: i64,
}

/// A statement set with its agents' signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Set {
    /// The house of all its accounts.
    pub house: u32,
    /// Lots; with that of all its accounts it comes to zero.
    pub house_cumulative_variation: i64,
    /// Slot of the prices.
    pub slot: u64,
    /// Seconds since 1970 at which the agents stated it.
    pub as_of: u64,
    /// Seconds since 1970.
    pub valid_until: u64,
    /// Of the risk parameters, see `risk::parameters_hash`.
    pub parameters_hash: B256,
    /// At most 255.
    pub statements: Vec<Statement>,
    /// The calculation agent's.
    pub signature: Signed,
    /// The second agent's, where the house has one.
    pub second_signature: Option<Signed>,
}

/// A fill of a batch that the bundle takes; its sequence is its place in the batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PackedFill {
    /// Places of the accounts in the set.
    pub buyer: u8,
    /// The seller's.
    pub seller: u8,
    /// Milliseconds after the batch's base time.
    pub matched_after: u32,
    /// Milliseconds after `matchedAt`.
    pub settle_within: u32,
    /// Fills of one group settle together; its high byte is their number. Zero: alone.
    pub group: u16,
    /// See [`terms_hash`].
    pub terms_hash: B256,
}

/// Some or all fills of one signed batch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Sequence of the venue's fill at place 0.
    pub first_sequence: u64,
    /// Fills in the batch, 1 to 256.
    pub count: u16,
    /// The venue's batch before this one.
    pub previous_batch_hash: B256,
    /// Base of the fills' times, in milliseconds.
    pub base_time: u64,
    /// Place in the batch and fill, ascending.
    pub fills: Vec<(u8, PackedFill)>,
    /// The rest of the batch, from [`crate::merkle::prune`].
    pub hashes: Vec<B256>,
    /// The venue's, over the batch.
    pub signature: Signed,
}

/// A top-up from the pledgor's inventory within its mandate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Move {
    /// Place of the account in the set.
    pub account: u8,
    /// Index of the asset in the registry.
    pub asset: u8,
    /// Lots that come in.
    pub lots: u64,
}

/// What moves positions where no fill does: an expiry, say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lifecycle {
    /// Of [`crate::escrow::lifecycle`]; never zero.
    pub cause: u8,
    /// Hash of what the agents applied, see [`crate::history`].
    pub reference: B256,
}

/// Both parties' word for one statement of a bundle that ports or adjusts positions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Consent {
    /// Seconds since 1970.
    pub valid_until: u64,
    /// Over a [`crate::types::PositionChange`]; as long as the signer's wallet wants it.
    pub pledgor: Vec<u8>,
    /// The same of the secured party.
    pub secured_party: Vec<u8>,
}

/// Calldata of `settle`: one set, the fills of one venue or what happened instead of any, top-ups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bundle {
    /// The statements, of one house.
    pub set: Set,
    /// Who signed the batches, or the venue whose mandate the top-ups are within.
    pub venue: Address,
    /// At most 255.
    pub batches: Vec<Batch>,
    /// Only where there is no batch.
    pub lifecycle: Option<Lifecycle>,
    /// One for each statement where the lifecycle needs them, else none.
    pub consents: Vec<Consent>,
    /// The top-ups; at most 255.
    pub moves: Vec<Move>,
}

/// Leaf of a fill.
pub fn fill_hash(fill: &Fill) -> B256 {
    let mut words = Writer::with_room(11);
    words.push_u64(fill.sequence);
    words.push_u64(fill.buyerAccount);
    words.push_u64(fill.sellerAccount);
    words.push_u64(fill.matchedAt);
    words.push_u64(fill.settleBy);
    words.push_u64(fill.group);
    words.push(&fill.termsHash);
    words.keccak()
}

/// What a fill's `termsHash` commits to.
pub fn terms_hash(terms: &FillTerms) -> B256 {
    let mut words = Writer::with_room(11);
    words.push(&terms.salt);
    words.push(&terms.instrument);
    words.push_u64(terms.quantity);
    words.push_u64(terms.price);
    words.keccak()
}

/// Digest of an account's fills in the order of the bundle: `keccak256(digest ‖ leaf)` from zero.
pub fn fills_digest(digest: B256, leaf: B256) -> B256 {
    crate::merkle::parent(digest, leaf)
}

/// What a statement of a bundle without fills signs in place of their digest: a preimage of 33 bytes, which no fills have.
pub fn lifecycle_digest(lifecycle: &Lifecycle) -> B256 {
    let mut preimage = [lifecycle.cause; 33];
    if let Some(reference) = preimage.last_chunk_mut() {
        *reference = lifecycle.reference.0;
    }
    keccak256(preimage)
}

/// What a set signs of top-ups: a hash of them as they are packed; zero where there are none.
pub fn moves_digest(moves: &[Move]) -> B256 {
    if moves.is_empty() {
        return B256::ZERO;
    }
    let mut packed = Vec::with_capacity(moves.len().saturating_mul(10));
    let _fits = moves.iter().try_for_each(|moved| Move::write(moved, &mut packed));
    keccak256(packed)
}

/// A fill at its place in the batch.
struct Placed;

impl Packed for Placed {
    type Value = (u8, PackedFill);

    fn read(reader: &mut Reader<'_>) -> (u8, PackedFill) {
        (reader.u8(), PackedFill::read(reader))
    }

    fn write((place, fill): &(u8, PackedFill), out: &mut Vec<u8>) -> Option<()> {
        out.push(*place);
        PackedFill::write(fill, out)
    }
}

/// Places ascend and lie in the batch.
fn in_order(batch: &Batch) -> bool {
    let ascending = batch.fills.windows(2).all(|pair| matches!(pair, [(a, _), (b, _)] if a < b));
    ascending && batch.fills.last().is_some_and(|(place, _)| u16::from(*place) < batch.count)
}

packed! {
    Statement {
        account: u32,
        new_root: B256,
        requirement: u64,
        cumulative_variation: i64,
        fill_variation: i64,
    }
    Batch {
        first_sequence: u64,
        count: u8_less_one,
        previous_batch_hash: B256,
        base_time: u64,
        fills: Placed in u8_less_one,
        hashes: B256 in u8,
        signature: Signed,
    } => in_order
    PackedFill {
        buyer: u8,
        seller: u8,
        matched_after: u24,
        settle_within: u24,
        group: u16,
        terms_hash: B256,
    }
    Lifecycle {
        cause: u8,
        reference: B256,
    }
    Consent {
        valid_until: u64,
        pledgor: Bytes,
        secured_party: Bytes,
    }
    Move {
        account: u8,
        asset: u8,
        lots: u64,
    }
}

impl Bundle {
    /// What the account's statement signs of what moved its positions. `None` where the bundle takes a fill of an account
    /// that it does not state, or of a time out of range.
    pub fn digest_of(&self, account: u64) -> Option<B256> {
        if let Some(lifecycle) = &self.lifecycle {
            return Some(lifecycle_digest(lifecycle));
        }
        let id = |place: u8| self.set.statements.get(usize::from(place)).map(|statement| u64::from(statement.account));
        let mut digest = B256::ZERO;
        for batch in &self.batches {
            for (place, fill) in &batch.fills {
                let (buyer, seller) = (id(fill.buyer)?, id(fill.seller)?);
                if [buyer, seller].contains(&account) {
                    digest = fills_digest(digest, fill_hash(&fill.leaf(batch, *place, buyer, seller)?));
                }
            }
        }
        Some(digest)
    }
}

impl Batch {
    /// Whether the bundle takes the fill at `place`.
    pub fn takes(&self, place: usize) -> bool {
        self.fills.iter().any(|(at, _)| usize::from(*at) == place)
    }
}

impl PackedFill {
    /// The leaf that the venue signed. `None` where a time or sequence overflows.
    pub fn leaf(&self, batch: &Batch, place: u8, buyer_account: u64, seller_account: u64) -> Option<Fill> {
        let matched_at = batch.base_time.checked_add(u64::from(self.matched_after))?;
        Some(Fill {
            sequence: batch.first_sequence.checked_add(u64::from(place))?,
            buyerAccount: buyer_account,
            sellerAccount: seller_account,
            matchedAt: matched_at,
            settleBy: matched_at.checked_add(u64::from(self.settle_within))?,
            group: u64::from(self.group),
            termsHash: self.terms_hash,
        })
    }
}

impl Set {
    /// Bytes that follow the selector of `mark`. `None` where a count does not fit its field.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        self.encode_into(&mut out)?;
        Some(out)
    }

    fn encode_into(&self, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(&self.house.to_be_bytes());
        out.extend_from_slice(&self.house_cumulative_variation.to_be_bytes());
        out.extend_from_slice(&self.slot.to_be_bytes());
        out.extend_from_slice(&self.as_of.to_be_bytes());
        out.extend_from_slice(&self.valid_until.to_be_bytes());
        put_hash(out, self.parameters_hash);
        out.push(u8::try_from(self.statements.len()).ok()?);
        self.statements.iter().try_for_each(|statement| Statement::write(statement, out))?;
        out.push(1 + u8::from(self.second_signature.is_some()));
        self.signature.encode_into(out)?;
        self.second_signature.as_ref().map_or(Some(()), |second| second.encode_into(out))
    }

    /// Reads what [`Set::encode`] wrote, and nothing after it.
    ///
    /// # Errors
    /// [`Malformed`], with the offset in bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let set = Self::read(&mut reader);
        reader.end()?;
        Ok(set)
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        let (house, house_cumulative_variation) = (reader.u32(), reader.i64());
        let (slot, as_of, valid_until, parameters_hash) = (reader.u64(), reader.u64(), reader.u64(), reader.hash());
        let count = reader.u8();
        let statements = reader.many(count.into(), Statement::read);
        let signatures = reader.u8();
        reader.require(matches!(signatures, 1 | 2));
        let signature = Signed::read(reader);
        let second_signature = (signatures == 2).then(|| Signed::read(reader));
        Self {
            house,
            house_cumulative_variation,
            slot,
            as_of,
            valid_until,
            parameters_hash,
            statements,
            signature,
            second_signature,
        }
    }
}

impl Bundle {
    /// Bytes that follow the selector of `settle`. `None` where a count does not fit its field.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        self.set.encode_into(&mut out)?;
        put_address(&mut out, self.venue);
        out.push(u8::try_from(self.batches.len()).ok()?);
        self.batches.iter().try_for_each(|batch| Batch::write(batch, &mut out))?;
        match (&self.lifecycle, self.batches.is_empty()) {
            (None, false) => (),
            (None, true) => out.push(0),
            (Some(lifecycle), empty) => {
                out.push(Some(lifecycle.cause).filter(|cause| empty && *cause != 0)?);
                put_hash(&mut out, lifecycle.reference);
            }
        }
        (self.consents.len() == self.consents_needed()).then_some(())?;
        self.consents.iter().try_for_each(|consent| Consent::write(consent, &mut out))?;
        out.push(u8::try_from(self.moves.len()).ok()?);
        self.moves.iter().try_for_each(|moved| Move::write(moved, &mut out))?;
        Some(out)
    }

    fn consents_needed(&self) -> usize {
        consents_needed(self.lifecycle.as_ref(), &self.set)
    }

    /// Reads what [`Bundle::encode`] wrote, and nothing after it.
    ///
    /// # Errors
    /// [`Malformed`], with the offset in bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let (set, venue) = (Set::read(&mut reader), reader.address());
        let count = reader.u8();
        let batches = reader.many(count.into(), Batch::read);
        let cause = if count == 0 { reader.u8() } else { 0 };
        let lifecycle = (cause != 0).then(|| Lifecycle { cause, reference: reader.hash() });
        let consents = reader.many(consents_needed(lifecycle.as_ref(), &set), Consent::read);
        let count = reader.u8();
        let moves = reader.many(count.into(), Move::read);
        reader.end()?;
        Ok(Self { set, venue, batches, lifecycle, consents, moves })
    }
}

fn consents_needed(event: Option<&Lifecycle>, set: &Set) -> usize {
    let needed = event.is_some_and(|event| lifecycle::needs_consent(event.cause));
    if needed { set.statements.len() } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;
    use alloy_sol_types::SolValue;

    fn bundle() -> Bundle {
        let statement = |account| Statement {
            account,
            new_root: B256::repeat_byte(1),
            requirement: 5,
            cumulative_variation: -6,
            fill_variation: 7,
        };
        let fill = PackedFill {
            buyer: 0,
            seller: 1,
            matched_after: 70_000,
            settle_within: 30_000,
            group: 2,
            terms_hash: B256::repeat_byte(9),
        };
        Bundle {
            set: Set {
                house: 1,
                house_cumulative_variation: -4,
                slot: 176_011_560,
                as_of: 1_760_115_601,
                valid_until: 1_760_115_661,
                parameters_hash: B256::repeat_byte(3),
                statements: alloc::vec![statement(1), statement(2)],
                signature: [5; 64].into(),
                second_signature: Some([6; 64].into()),
            },
            venue: Address::repeat_byte(7),
            batches: alloc::vec![Batch {
                first_sequence: 100,
                count: 256,
                previous_batch_hash: B256::ZERO,
                base_time: 1_760_115_600_000,
                fills: alloc::vec![(3, fill.clone()), (255, fill)],
                hashes: alloc::vec![B256::repeat_byte(8)],
                signature: [4; 64].into(),
            }],
            lifecycle: None,
            consents: Vec::new(),
            moves: alloc::vec![Move { account: 1, asset: 2, lots: 3 }],
        }
    }

    #[test]
    fn bundle_survives_the_round_trip() {
        assert_eq!(Bundle::decode(&bundle().encode().unwrap()), Ok(bundle()));
    }

    #[test]
    fn signatures_of_contract_wallets_are_as_long_as_they_want() {
        for length in [0, 1, 63, 64, 65, 325, 8_192] {
            for byte in [0, 7] {
                let signed = Signed::from(alloc::vec![byte; length]);
                let mut long = bundle();
                (long.set.signature, long.set.second_signature) = (signed.clone(), Some(signed.clone()));
                long.batches[0].signature = signed;
                assert_eq!(Bundle::decode(&long.encode().unwrap()), Ok(long), "{length} times {byte}");
            }
        }
    }

    #[test]
    fn a_lifecycle_takes_the_place_of_batches() {
        let lifecycle = Some(Lifecycle { cause: 1, reference: B256::repeat_byte(7) });
        let moved = Bundle { lifecycle, batches: Vec::new(), ..bundle() };
        assert_eq!(Bundle::decode(&moved.encode().unwrap()), Ok(moved));
        let nothing = Bundle { batches: Vec::new(), ..bundle() };
        assert_eq!(Bundle::decode(&nothing.encode().unwrap()), Ok(nothing));
        assert_eq!(Bundle { lifecycle, ..bundle() }.encode(), None);
    }

    #[test]
    fn porting_brings_the_word_of_both_parties_for_each_statement() {
        let lifecycle = Some(Lifecycle { cause: lifecycle::PORTING, reference: B256::repeat_byte(7) });
        let consent = Consent { valid_until: 9, pledgor: alloc::vec![1; 65], secured_party: alloc::vec![2; 130] };
        let ported = Bundle { lifecycle, batches: Vec::new(), ..bundle() };
        assert_eq!(ported.encode(), None, "nobody agreed");
        let ported = Bundle { consents: alloc::vec![consent.clone(), consent], ..ported };
        assert_eq!(Bundle::decode(&ported.encode().unwrap()), Ok(ported));
    }

    #[test]
    fn top_ups_hash_as_they_are_packed() {
        assert_eq!(moves_digest(&[]), B256::ZERO);
        let packed = [[1, 2].as_slice(), &3u64.to_be_bytes()].concat();
        assert_eq!(moves_digest(&bundle().moves), keccak256(packed));
    }

    #[test]
    fn a_lifecycle_hashes_cause_and_reference() {
        let reference = B256::repeat_byte(7);
        let digest = lifecycle_digest(&Lifecycle { cause: 1, reference });
        assert_eq!(digest, keccak256([&[1], reference.as_slice()].concat()));
    }

    #[test]
    fn leaf_is_the_abi_encoding() {
        let fill = Fill {
            sequence: 1,
            buyerAccount: 2,
            sellerAccount: 3,
            matchedAt: 4,
            settleBy: 5,
            group: 6,
            termsHash: B256::repeat_byte(7),
        };
        assert_eq!(fill_hash(&fill), keccak256(fill.abi_encode()));
    }

    #[test]
    fn every_truncation_is_malformed() {
        let bytes = bundle().encode().unwrap();
        for end in 0..bytes.len() {
            assert!(Bundle::decode(&bytes[..end]).is_err(), "{end}");
        }
    }

    #[test]
    fn a_byte_too_many_is_named() {
        let mut bytes = bundle().encode().unwrap();
        bytes.push(0);
        assert_eq!(Bundle::decode(&bytes), Err(Malformed(bytes.len() - 1)));
    }

    #[test]
    fn fills_out_of_order_are_malformed() {
        let mut wrong = bundle();
        wrong.batches[0].fills.swap(0, 1);
        assert!(Bundle::decode(&wrong.encode().unwrap()).is_err());
    }
}
