//! Two books and the fills between them, revealed: what an account's root became, and what it should have become.
//!
//! | part | fields |
//! |---|---|
//! | account | `u64` |
//! | books | before and after; each count `u16`, then salt `bytes32`, instrument `bytes32`, quantity `i64`, not zero |
//! | fills | count `u8` of statements; each count `u8` of fills: sequence, buyer, seller, matched at, settle by, each `u64`; group `u16`; the terms: salt `bytes32`, instrument `bytes32`, quantity `u64`, price `u64` |
use super::{Malformed, Reader, put_hash, terms_hash};
use crate::types::{Fill, FillTerms};
use alloc::vec::Vec;
use alloy_primitives::B256;

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Following {
    pub account: u64,
    pub before: Vec<ShownPosition>,
    /// None where only the fills are of interest, or where nobody knows what is behind the root.
    pub after: Vec<ShownPosition>,
    /// For each statement those that it applied to the account.
    pub statements: Vec<Vec<ShownFill>>,
}

/// A position with the salt of its leaf.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ShownPosition {
    pub salt: B256,
    /// ASCII, zero-padded.
    pub instrument: B256,
    /// 1e-8 of the underlying; below zero: short.
    pub quantity: i64,
}

/// A fill with its terms, in place of their hash.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ShownFill {
    pub sequence: u64,
    pub buyer: u64,
    pub seller: u64,
    pub matched_at: u64,
    pub settle_by: u64,
    pub group: u16,
    pub terms: FillTerms,
}

impl Following {
    /// `None` where a count does not fit its field.
    pub fn encode(&self) -> Option<Vec<u8>> {
        let mut out = Vec::new();
        out.extend_from_slice(&self.account.to_be_bytes());
        for book in [&self.before, &self.after] {
            out.extend_from_slice(&u16::try_from(book.len()).ok()?.to_be_bytes());
            for position in book {
                put_hash(&mut out, position.salt);
                put_hash(&mut out, position.instrument);
                out.extend_from_slice(&position.quantity.to_be_bytes());
            }
        }
        out.push(u8::try_from(self.statements.len()).ok()?);
        for fills in &self.statements {
            out.push(u8::try_from(fills.len()).ok()?);
            fills.iter().for_each(|fill| fill.encode_into(&mut out));
        }
        Some(out)
    }

    /// Reads what [`Following::encode`] wrote, and nothing after it.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let account = reader.u64();
        let (before, after) = (positions(&mut reader), positions(&mut reader));
        let statements = reader.u8();
        let statements = reader.many(statements.into(), |reader| {
            let fills = reader.u8();
            reader.many(fills.into(), ShownFill::read)
        });
        reader.end()?;
        Ok(Self { account, before, after, statements })
    }
}

fn positions(reader: &mut Reader<'_>) -> Vec<ShownPosition> {
    let count = reader.u16();
    reader.many(count.into(), |reader| {
        let shown = ShownPosition { salt: reader.hash(), instrument: reader.hash(), quantity: reader.i64() };
        // One of nothing would bring a salt that no root commits to.
        reader.require(shown.quantity != 0);
        shown
    })
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

    fn encode_into(&self, out: &mut Vec<u8>) {
        for number in [self.sequence, self.buyer, self.seller, self.matched_at, self.settle_by] {
            out.extend_from_slice(&number.to_be_bytes());
        }
        out.extend_from_slice(&self.group.to_be_bytes());
        put_hash(out, self.terms.salt);
        put_hash(out, self.terms.instrument);
        out.extend_from_slice(&self.terms.quantity.to_be_bytes());
        out.extend_from_slice(&self.terms.price.to_be_bytes());
    }

    fn read(reader: &mut Reader<'_>) -> Self {
        Self {
            sequence: reader.u64(),
            buyer: reader.u64(),
            seller: reader.u64(),
            matched_at: reader.u64(),
            settle_by: reader.u64(),
            group: reader.u16(),
            terms: FillTerms {
                salt: reader.hash(),
                instrument: reader.hash(),
                quantity: reader.u64(),
                price: reader.u64(),
            },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use alloy_primitives::keccak256;
    use alloy_sol_types::SolValue;

    #[test]
    fn a_following_survives_the_round_trip() {
        let position = |byte, quantity| ShownPosition {
            salt: B256::repeat_byte(byte),
            instrument: B256::right_padding_from(b"BTC-PERP"),
            quantity,
        };
        let terms = FillTerms { salt: B256::repeat_byte(3), instrument: B256::repeat_byte(4), quantity: 5, price: 6 };
        let fill = ShownFill { sequence: 1, buyer: 2, seller: 3, matched_at: 4, settle_by: 5, group: 6, terms };
        let shown = Following {
            account: 7,
            before: alloc::vec![position(1, -5), position(2, i64::MAX)],
            after: alloc::vec![position(1, 5)],
            statements: alloc::vec![alloc::vec![fill.clone(), fill], Vec::new()],
        };
        let bytes = shown.encode().unwrap();
        assert_eq!(Following::decode(&bytes), Ok(shown));
        for cut in [0, 8, 80, bytes.len() - 1] {
            assert!(Following::decode(&bytes[..cut]).is_err(), "{cut}");
        }
    }

    #[test]
    fn terms_hash_as_the_abi_has_them() {
        let terms = FillTerms { salt: B256::repeat_byte(3), instrument: B256::repeat_byte(4), quantity: 5, price: 6 };
        assert_eq!(terms_hash(&terms), keccak256(terms.abi_encode()));
    }
}
