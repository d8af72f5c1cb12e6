//! Two books and the steps between them, revealed: what an account's root became, and what it should have become.
//!
//! Its tables are in `docs/layouts.md`. A history and a digest of zeros before the first book: the account's beginning. A step is its
//! kind, its content and the root that was stated after it:
//!
//! | kind `u8` | content |
//! |---|---|
//! | 1 fills | count `u8`, then each [`ShownFill`] |
//! | 2 expiry | count `u8`, then each [`SettledExpiry`] |
//! | 3 funding | instrument `bytes32`, per unit `i64` |
//! | 4 fills that nobody can show | the digest before the last `bytes32`, the last fill's hash `bytes32` |
//! | 5 expiry or funding that nobody can show | a [`Lifecycle`] |
use super::list::Packed;
use super::{Lifecycle, Malformed, Reader, fill_hash, fills_digest, lifecycle_digest, put_hash, terms_hash};
use crate::escrow::lifecycle;
use crate::history::{SettledExpiry, expiry_reference, funding_reference};
use crate::types::{Fill, FillTerms};
use alloc::vec::Vec;
use alloy_primitives::B256;

const FILLS: u8 = 1;
const EXPIRY: u8 = 2;
const FUNDING: u8 = 3;
const HIDDEN_FILLS: u8 = 4;
const HIDDEN_EVENT: u8 = 5;

/// What `follow` takes.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Following {
    /// Whose books they are.
    pub account: u64,
    /// Of the history, before `digest` led to the book before.
    pub previous_history: B256,
    /// What the statement signed that led to the book before; zero with `previous_history`: the account's beginning.
    pub digest: B256,
    /// The book that the steps begin with.
    pub before: ShownBook,
    /// Empty where nobody knows what is behind the root.
    pub after: ShownBook,
    /// What was stated between the two books, in order.
    pub steps: Vec<ShownStep>,
}

/// Cash and positions with the salts of their leaves. A book of nothing has no salt, so it has one spelling.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ShownBook {
    /// 1e-16 USD.
    pub cash: i128,
    /// Salt of the cash's leaf.
    pub cash_salt: B256,
    /// In any order.
    pub positions: Vec<ShownPosition>,
}

/// A position with the salt of its leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownPosition {
    /// Of its leaf, derived from the account's key.
    pub salt: B256,
    /// ASCII, zero-padded.
    pub instrument: B256,
    /// 1e-8 of the underlying; below zero: short.
    pub quantity: i64,
}

/// What a statement applied, and the root that it stated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownStep {
    /// What changed the book.
    pub applied: Applied,
    /// The root that was stated after it.
    pub root: B256,
}

/// What changes a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Applied {
    /// Fills of the account, in the order of the bundle.
    Fills(Vec<ShownFill>),
    /// Futures and options expired at these rounds.
    Expiry(Vec<SettledExpiry>),
    /// Who is long pays `per_unit`, 1e-8 USD, for each unit held.
    Funding {
        /// What pays it.
        instrument: B256,
        /// 1e-8 USD; below zero: who is short pays.
        per_unit: i64,
    },
    /// What the chain keeps of fills whose terms nobody shows.
    HiddenFills {
        /// The digest before the last fill.
        digest: B256,
        /// Leaf of the last fill.
        last: B256,
    },
    /// The same of an event that one side alone can state.
    HiddenEvent(Lifecycle),
}

/// A fill with its terms, in place of their hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownFill {
    /// The venue's number of it.
    pub sequence: u64,
    /// Account of who buys.
    pub buyer: u64,
    /// Account of who sells.
    pub seller: u64,
    /// Milliseconds since 1970.
    pub matched_at: u64,
    /// Milliseconds since 1970.
    pub settle_by: u64,
    /// See [`PackedFill::group`](super::PackedFill::group).
    pub group: u16,
    /// What the venue's hash commits to.
    pub terms: FillTerms,
}

impl Following {
    /// `None` where a count does not fit its field.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        Self::write(self, &mut out)?;
        Some(out)
    }

    /// Reads what [`Following::encode`] wrote, and nothing after it.
    ///
    /// # Errors
    /// [`Malformed`], with the offset in bytes.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let following = Self::read(&mut reader);
        reader.end()?;
        Ok(following)
    }
}

impl ShownBook {
    /// Neither positions nor cash.
    pub fn is_empty(&self) -> bool {
        self.positions.is_empty() && self.cash == 0
    }
}

/// A book of nothing has no salt: no root commits to it.
fn has_one_spelling(book: &ShownBook) -> bool {
    !book.is_empty() || book.cash_salt.is_zero()
}

/// As above: a position of nothing has no leaf.
fn is_held(position: &ShownPosition) -> bool {
    position.quantity != 0
}

packed! {
    Following {
        account: u64,
        previous_history: B256,
        digest: B256,
        before: ShownBook,
        after: ShownBook,
        steps: ShownStep in u8,
    }
    ShownBook {
        cash: i128,
        cash_salt: B256,
        positions: ShownPosition in u16,
    } => has_one_spelling
    ShownPosition {
        salt: B256,
        instrument: B256,
        quantity: i64,
    } => is_held
    ShownFill {
        sequence: u64,
        buyer: u64,
        seller: u64,
        matched_at: u64,
        settle_by: u64,
        group: u16,
        terms: FillTerms,
    }
    FillTerms {
        salt: B256,
        instrument: B256,
        quantity: u64,
        price: u64,
    }
    SettledExpiry {
        future: B256,
        feed: B256,
        slot: u64,
        price: u64,
    }
}

impl Packed for ShownStep {
    type Value = Self;

    fn write(value: &Self, out: &mut Vec<u8>) -> Option<()> {
        match &value.applied {
            Applied::Fills(fills) => {
                out.extend_from_slice(&[FILLS, u8::try_from(fills.len()).ok()?]);
                fills.iter().try_for_each(|fill| ShownFill::write(fill, out))?;
            }
            Applied::Expiry(expiries) => {
                out.extend_from_slice(&[EXPIRY, u8::try_from(expiries.len()).ok()?]);
                expiries.iter().try_for_each(|expiry| SettledExpiry::write(expiry, out))?;
            }
            Applied::Funding { instrument, per_unit } => {
                out.push(FUNDING);
                put_hash(out, *instrument);
                out.extend_from_slice(&per_unit.to_be_bytes());
            }
            Applied::HiddenFills { digest, last } => {
                out.push(HIDDEN_FILLS);
                put_hash(out, *digest);
                put_hash(out, *last);
            }
            Applied::HiddenEvent(event) => {
                out.push(HIDDEN_EVENT);
                Lifecycle::write(event, out)?;
            }
        }
        put_hash(out, value.root);
        Some(())
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        Self { applied: Applied::read(reader), root: reader.hash() }
    }
}

impl Applied {
    /// What the statement signed of it.
    pub fn digest(&self) -> B256 {
        let lifecycle = |cause, reference| lifecycle_digest(&Lifecycle { cause, reference });
        match self {
            Self::Fills(fills) => {
                fills.iter().fold(B256::ZERO, |digest, fill| fills_digest(digest, fill_hash(&fill.fill())))
            }
            Self::Expiry(expiries) => lifecycle(lifecycle::EXPIRY, expiry_reference(expiries)),
            Self::Funding { instrument, per_unit } => {
                lifecycle(lifecycle::FUNDING, funding_reference(*instrument, *per_unit))
            }
            Self::HiddenFills { digest, last } => fills_digest(*digest, *last),
            Self::HiddenEvent(event) => lifecycle_digest(event),
        }
    }

    /// Whether it says what it did to a book.
    pub fn is_shown(&self) -> bool {
        !matches!(self, Self::HiddenFills { .. } | Self::HiddenEvent(_))
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        match reader.u8() {
            HIDDEN_FILLS => Self::HiddenFills { digest: reader.hash(), last: reader.hash() },
            HIDDEN_EVENT => {
                let event = Lifecycle::read(reader);
                // What both parties signed hides nothing from either.
                reader.require(matches!(event.cause, lifecycle::EXPIRY | lifecycle::FUNDING));
                Self::HiddenEvent(event)
            }
            EXPIRY => {
                let count = reader.u8();
                Self::Expiry(reader.many(count.into(), SettledExpiry::read))
            }
            FUNDING => Self::Funding { instrument: reader.hash(), per_unit: reader.i64() },
            kind => {
                reader.require(kind == FILLS);
                let count = reader.u8();
                Self::Fills(reader.many(count.into(), ShownFill::read))
            }
        }
    }
}

impl ShownFill {
    /// The leaf that the venue signed.
    pub fn fill(&self) -> Fill {
        Fill {
            sequence: self.sequence,
            buyerAccount: self.buyer,
            sellerAccount: self.seller,
            matchedAt: self.matched_at,
            settleBy: self.settle_by,
            group: self.group.into(),
            termsHash: terms_hash(&self.terms),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloc::vec;
    use alloy_primitives::keccak256;
    use alloy_sol_types::SolValue;

    fn terms() -> FillTerms {
        FillTerms { salt: B256::repeat_byte(3), instrument: B256::repeat_byte(4), quantity: 5, price: 6 }
    }

    fn fill(sequence: u64) -> ShownFill {
        ShownFill { sequence, buyer: 2, seller: 3, matched_at: 4, settle_by: 5, group: 6, terms: terms() }
    }

    fn following() -> Following {
        let position = |byte, quantity| ShownPosition {
            salt: B256::repeat_byte(byte),
            instrument: B256::right_padding_from(b"BTC-PERP"),
            quantity,
        };
        let cash_salt = B256::repeat_byte(9);
        let expiry =
            SettledExpiry { future: B256::repeat_byte(5), feed: B256::repeat_byte(6), slot: 7, price: u64::MAX };
        let step = |applied, byte| ShownStep { applied, root: B256::repeat_byte(byte) };
        Following {
            account: 7,
            previous_history: B256::repeat_byte(1),
            digest: B256::repeat_byte(2),
            before: ShownBook { cash: i128::MIN, cash_salt, positions: vec![position(1, -5), position(2, i64::MAX)] },
            after: ShownBook { cash: 5, cash_salt, positions: Vec::new() },
            steps: vec![
                step(Applied::Fills(vec![fill(1), fill(2)]), 10),
                step(Applied::Expiry(vec![expiry, expiry]), 11),
                step(Applied::Funding { instrument: B256::repeat_byte(8), per_unit: -9 }, 12),
                step(Applied::Fills(Vec::new()), 13),
                step(Applied::HiddenFills { digest: B256::repeat_byte(14), last: B256::repeat_byte(15) }, 16),
                step(Applied::HiddenEvent(Lifecycle { cause: 2, reference: B256::repeat_byte(17) }), 18),
            ],
        }
    }

    #[test]
    fn a_following_survives_the_round_trip() {
        let bytes = following().encode().unwrap();
        assert_eq!(Following::decode(&bytes), Ok(following()));
        for cut in 0..bytes.len() {
            assert!(Following::decode(&bytes[..cut]).is_err(), "{cut}");
        }
        assert_eq!(Following::decode(&[&bytes[..], &[0]].concat()), Err(Malformed(bytes.len())));
    }

    #[test]
    fn what_no_root_commits_to_is_refused() {
        let refused = |change: &dyn Fn(&mut Following)| {
            let mut shown = following();
            change(&mut shown);
            Following::decode(&shown.encode().unwrap()).is_err()
        };
        assert!(refused(&|shown| shown.before.positions[0].quantity = 0));
        assert!(refused(&|shown| shown.after.cash = 0), "a salt of nothing");
        assert!(!refused(&|shown| shown.after = ShownBook::default()));
    }

    #[test]
    fn an_unknown_step_is_refused() {
        let shown = Following { steps: vec![following().steps[3].clone()], ..Following::default() };
        let mut bytes = shown.encode().unwrap();
        let kind = bytes.len() - 34;
        assert_eq!(bytes[kind], FILLS);
        for unknown in [0, 6, 255] {
            bytes[kind] = unknown;
            assert!(Following::decode(&bytes).is_err(), "{unknown}");
        }
    }

    #[test]
    fn a_step_has_the_digest_that_statements_sign() {
        let [fills, expiry, funding, none, hidden, event] = &following().steps[..] else { unreachable!() };
        let leaves = [1, 2].map(|sequence| fill_hash(&fill(sequence).fill()));
        let folded = leaves.into_iter().fold(B256::ZERO, fills_digest);
        assert_eq!((fills.applied.digest(), none.applied.digest()), (folded, B256::ZERO));
        let Applied::Expiry(expiries) = &expiry.applied else { unreachable!() };
        let preimage = |reference: B256, cause: u8| [&[cause][..], reference.as_slice()].concat();
        assert_eq!(expiry.applied.digest(), keccak256(preimage(expiry_reference(expiries), 1)));
        let reference = funding_reference(B256::repeat_byte(8), -9);
        assert_eq!(funding.applied.digest(), keccak256(preimage(reference, 2)));
        assert_eq!(hidden.applied.digest(), fills_digest(B256::repeat_byte(14), B256::repeat_byte(15)));
        assert_eq!(event.applied.digest(), keccak256(preimage(B256::repeat_byte(17), 2)));
    }

    #[test]
    fn what_both_parties_signed_is_not_hidden() {
        for cause in [lifecycle::PORTING, lifecycle::ADJUSTMENT, lifecycle::CORRECTION, 0] {
            let event = Applied::HiddenEvent(Lifecycle { cause, reference: B256::ZERO });
            let steps = vec![ShownStep { applied: event, root: B256::ZERO }];
            assert!(Following::decode(&Following { steps, ..Following::default() }.encode().unwrap()).is_err());
        }
    }

    #[test]
    fn terms_hash_as_the_abi_has_them() {
        assert_eq!(terms_hash(&terms()), keccak256(terms().abi_encode()));
    }
}
