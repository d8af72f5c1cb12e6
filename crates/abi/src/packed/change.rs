//! An account's last statements, each as part of the set that its agents signed: what a dispute of variation or root shows.
//!
//! | part | fields |
//! |---|---|
//! | before | sequence `u64`, root `bytes32`, slot `u64`, variation `i64`: of the statement before the first |
//! | sets | count `u8`; for each: house variation `i64`; slot, as of, valid until, each `u64`; place of the account's statement `u8`; count `u8` of hashes of the others, each `bytes32`, in order; new root and fills digest, each `bytes32`; requirement `u64`; variation and fill variation, each `i64`; count `u8` of signatures, 1 or 2, each 64 bytes |
//!
//! House, parameters and account the contract knows. What a statement follows from is what the one before it said, so
//! signatures are right only over statements without a gap between them.
use super::{Malformed, Reader, Signature, fills_digest, put_hash};
use crate::eip712::{set_hash_of, statement_hash};
use crate::types::{MarginStatement, StatementSet};
use alloc::vec::Vec;
use alloy_primitives::B256;

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub sequence: u64,
    pub root: B256,
    pub slot: u64,
    pub variation: i64,
    /// At least one.
    pub sets: Vec<ShownSet>,
}

/// A signed set of which one statement is shown.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownSet {
    pub house_cumulative_variation: i64,
    pub slot: u64,
    pub as_of: u64,
    pub valid_until: u64,
    /// Of the shown statement among all.
    pub place: u8,
    /// Hashes of the others.
    pub others: Vec<B256>,
    pub statement: ShownStatement,
    pub signature: Signature,
    pub second_signature: Option<Signature>,
}

/// A statement, but for what follows from the one before it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownStatement {
    pub new_root: B256,
    pub fills_digest: B256,
    pub requirement: u64,
    pub cumulative_variation: i64,
    pub cumulative_fill_variation: i64,
}

/// Digest of what statements in a row applied: [`fills_digest`] over the digests of those that applied something, from zero.
pub fn span_digest(digest: B256, of_statement: B256) -> B256 {
    if of_statement.is_zero() { digest } else { fills_digest(digest, of_statement) }
}

impl Change {
    /// An account's statements in a row, each in the set that was signed. `None` where a set does not state it, or there is none.
    pub fn of(account: u64, sets: &[(StatementSet, Signature, Option<Signature>)]) -> Option<Self> {
        let shown = |(set, signature, second): &(StatementSet, Signature, Option<Signature>)| {
            ShownSet::of(account, set, *signature, *second)
        };
        let (first, _, _) = sets.first()?;
        let first = first.statements.iter().find(|statement| statement.account == account)?;
        Some(Self {
            sequence: first.sequence.checked_sub(1)?,
            root: first.previousRoot,
            slot: first.previousSlot,
            variation: first.previousVariation,
            sets: sets.iter().map(shown).collect::<Option<_>>()?,
        })
    }

    /// `None` where a count does not fit its field.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        out.extend_from_slice(&self.sequence.to_be_bytes());
        put_hash(&mut out, self.root);
        out.extend_from_slice(&self.slot.to_be_bytes());
        out.extend_from_slice(&self.variation.to_be_bytes());
        out.push(u8::try_from(self.sets.len()).ok()?);
        self.sets.iter().try_for_each(|set| set.encode_into(&mut out))?;
        Some(out)
    }

    /// Reads what [`Change::encode`] wrote, and nothing after it.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let (sequence, root, slot, variation) = (reader.u64(), reader.hash(), reader.u64(), reader.i64());
        let count = reader.u8();
        reader.require(count != 0);
        let sets = reader.many(count.into(), ShownSet::read);
        reader.end()?;
        Ok(Self { sequence, root, slot, variation, sets })
    }
}

impl ShownSet {
    fn of(account: u64, set: &StatementSet, signature: Signature, second_signature: Option<Signature>) -> Option<Self> {
        let place = set.statements.iter().position(|statement| statement.account == account)?;
        let others = set.statements.iter().filter(|statement| statement.account != account);
        let stated = set.statements.get(place)?;
        Some(Self {
            house_cumulative_variation: set.houseCumulativeVariation,
            slot: set.slot,
            as_of: set.asOf,
            valid_until: set.validUntil,
            place: u8::try_from(place).ok()?,
            others: others.map(statement_hash).collect(),
            statement: ShownStatement {
                new_root: stated.newRoot,
                fills_digest: stated.fillsDigest,
                requirement: stated.requirement,
                cumulative_variation: stated.cumulativeVariation,
                cumulative_fill_variation: stated.cumulativeFillVariation,
            },
            signature,
            second_signature,
        })
    }

    /// Hash of the set that holds `statement` in its place; `None` where there is no such place.
    pub fn hash(&self, house: u32, parameters: B256, statement: &MarginStatement) -> Option<B256> {
        let (before, after) = self.others.split_at_checked(self.place.into())?;
        let own = [statement_hash(statement)];
        let header = StatementSet {
            house,
            statements: Vec::new(),
            houseCumulativeVariation: self.house_cumulative_variation,
            slot: self.slot,
            parametersHash: parameters,
            asOf: self.as_of,
            validUntil: self.valid_until,
        };
        Some(set_hash_of(&header, [before, &own, after].into_iter().flatten()))
    }

    fn encode_into(&self, out: &mut Vec<u8>) -> Option<()> {
        out.extend_from_slice(&self.house_cumulative_variation.to_be_bytes());
        out.extend_from_slice(&self.slot.to_be_bytes());
        out.extend_from_slice(&self.as_of.to_be_bytes());
        out.extend_from_slice(&self.valid_until.to_be_bytes());
        out.push(self.place);
        out.push(u8::try_from(self.others.len()).ok()?);
        self.others.iter().for_each(|hash| put_hash(out, *hash));
        let stated = &self.statement;
        put_hash(out, stated.new_root);
        put_hash(out, stated.fills_digest);
        out.extend_from_slice(&stated.requirement.to_be_bytes());
        out.extend_from_slice(&stated.cumulative_variation.to_be_bytes());
        out.extend_from_slice(&stated.cumulative_fill_variation.to_be_bytes());
        out.push(1 + u8::from(self.second_signature.is_some()));
        out.extend_from_slice(&self.signature);
        if let Some(second) = &self.second_signature {
            out.extend_from_slice(second);
        }
        Some(())
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        let house_cumulative_variation = reader.i64();
        let (slot, as_of, valid_until) = (reader.u64(), reader.u64(), reader.u64());
        let (place, others) = (reader.u8(), reader.u8());
        let others = reader.many(others.into(), Reader::hash);
        let statement = ShownStatement {
            new_root: reader.hash(),
            fills_digest: reader.hash(),
            requirement: reader.u64(),
            cumulative_variation: reader.i64(),
            cumulative_fill_variation: reader.i64(),
        };
        let signatures = reader.u8();
        reader.require(matches!(signatures, 1 | 2));
        let signature = reader.array();
        let second_signature = (signatures == 2).then(|| reader.array());
        Self {
            house_cumulative_variation,
            slot,
            as_of,
            valid_until,
            place,
            others,
            statement,
            signature,
            second_signature,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::eip712::set_hash;

    fn statement(account: u64, sequence: u64) -> MarginStatement {
        MarginStatement {
            account,
            sequence,
            previousRoot: B256::repeat_byte(sequence as u8),
            previousSlot: 40 + sequence,
            previousVariation: -3,
            newRoot: B256::repeat_byte(sequence as u8 + 1),
            fillsDigest: B256::repeat_byte(0xf),
            requirement: 5,
            cumulativeVariation: -7,
            cumulativeFillVariation: 2,
        }
    }

    fn set(accounts: &[u64]) -> StatementSet {
        StatementSet {
            house: 3,
            statements: accounts.iter().map(|account| statement(*account, 4)).collect(),
            houseCumulativeVariation: 7,
            slot: 17,
            parametersHash: B256::repeat_byte(9),
            asOf: 171,
            validUntil: 181,
        }
    }

    #[test]
    fn a_change_survives_the_round_trip() {
        let sets = [(set(&[1, 4, 9]), [7; 64], None), (set(&[4]), [8; 64], Some([9; 64]))];
        let change = Change::of(4, &sets).unwrap();
        assert_eq!((change.sequence, change.slot, change.variation), (3, 44, -3));
        let bytes = change.encode().unwrap();
        assert_eq!(Change::decode(&bytes), Ok(change));
        for cut in [0, 8, 56, bytes.len() - 1] {
            assert!(Change::decode(&bytes[..cut]).is_err(), "{cut}");
        }
        assert_eq!(Change::of(5, &sets), None);
    }

    #[test]
    fn a_shown_set_hashes_as_the_whole_one() {
        for accounts in [&[4][..], &[1, 4, 9], &[4, 5], &[1, 4]] {
            let whole = set(accounts);
            let shown = ShownSet::of(4, &whole, [0; 64], None).unwrap();
            assert_eq!(shown.hash(3, whole.parametersHash, &statement(4, 4)), Some(set_hash(&whole)));
            assert_ne!(shown.hash(3, whole.parametersHash, &statement(4, 5)), Some(set_hash(&whole)));
        }
        let beyond = ShownSet { place: 2, ..ShownSet::of(4, &set(&[1, 4]), [0; 64], None).unwrap() };
        assert_eq!(beyond.hash(3, B256::ZERO, &statement(4, 4)), None);
    }
}
