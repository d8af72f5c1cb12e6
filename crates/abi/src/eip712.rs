//! EIP-712 digests, cheap enough for the chain: type hashes are constants, checked against `sol!` by a test.
use crate::types::{FillBatch, MarginStatement, SlotReport, StatementSet};
use crate::words::{Writer, limbs};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, b256, keccak256};

/// Domain names; every domain has version "1", the chain's id and the contract's address.
pub const ESCROW: &str = "Plumbline Margin Escrow";
/// Name of the price-oracle's domain.
pub const ORACLE: &str = "Plumbline Price Oracle";

/// Hash of the domain of `name` at `contract`.
pub fn domain_separator(name: &str, chain_id: u64, contract: Address) -> B256 {
    let mut words = Writer::of_type(&typehash::DOMAIN);
    words.push(&keccak256(name.as_bytes()));
    words.push(&keccak256(b"1"));
    words.push_u64(chain_id);
    words.push_address(&contract);
    words.keccak()
}

/// The same of [`ORACLE`]: its hash is numbers in the oracle's code, where the name itself would cost every call of it.
pub fn oracle_domain(chain_id: u64, oracle: Address) -> B256 {
    const NAME: B256 = b256!("4b7e9806c774672ade385126acd173a4a34ea223d55209b7e3eeb8af48d431e4");
    let mut words = Writer::of_type(&typehash::DOMAIN);
    let [a, b, c, d] = const { limbs(&NAME) };
    words.push_limbs(a, b, c, d);
    words.push(&keccak256(b"1"));
    words.push_u64(chain_id);
    words.push_address(&oracle);
    words.keccak()
}

/// What is signed: `keccak256(0x1901 ‖ domain ‖ struct hash)`.
pub fn digest(domain: B256, struct_hash: B256) -> B256 {
    let mut bytes = [0u8; 66];
    let (prefix, rest) = bytes.split_at_mut(2);
    let (first, second) = rest.split_at_mut(32);
    prefix.copy_from_slice(&[0x19, 0x01]);
    first.copy_from_slice(domain.as_slice());
    second.copy_from_slice(struct_hash.as_slice());
    keccak256(bytes)
}

/// Hash of a struct without dynamic members from its ABI words.
#[inline(always)]
pub fn hash_words(type_hash: B256, words: &[u8]) -> B256 {
    let mut all = Writer::of_type(&type_hash);
    all.push_raw(words);
    all.keccak()
}

/// Struct hash of a batch, which its venue signs.
pub fn batch_hash(batch: &FillBatch) -> B256 {
    let mut words = Writer::of_type(&typehash::FILL_BATCH);
    words.push_address(&batch.venue);
    words.push_u64(batch.firstSequence);
    words.push_u64(batch.count.into());
    words.push(&batch.fillsRoot);
    words.push(&batch.previousBatchHash);
    words.keccak()
}

/// Struct hash of one statement; a set's holds those of all.
pub fn statement_hash(statement: &MarginStatement) -> B256 {
    let mut words = Writer::of_type(&typehash::MARGIN_STATEMENT);
    words.push_u64(statement.account);
    words.push_u64(statement.sequence);
    words.push(&statement.previousHistory);
    words.push(&statement.newRoot);
    words.push(&statement.fillsDigest);
    words.push_u64(statement.requirement);
    words.push_int(statement.cumulativeVariation);
    words.push_int(statement.fillVariation);
    words.keccak()
}

/// Struct hash of what a reporter says of a slot, and signs.
pub fn slot_hash(report: &SlotReport) -> B256 {
    let SlotReport { slot, feeds, prices, confidences, marksRoot } = report;
    let feeds = keccak256(feeds.concat());
    let hash = |numbers: &mut dyn Iterator<Item = u64>| {
        let mut words = Writer::default();
        numbers.for_each(|number| words.push_u64(number));
        words.keccak()
    };
    let prices = hash(&mut prices.iter().copied());
    slot_parts(*slot, feeds, prices, hash(&mut confidences.iter().map(|ppm| u64::from(*ppm))), marksRoot)
}

/// The same, of the hashes of its lists.
pub fn slot_parts(slot: u64, feeds: B256, prices: B256, confidences: B256, root: &B256) -> B256 {
    let mut words = Writer::of_type(&typehash::SLOT_REPORT);
    words.push_u64(slot);
    [&feeds, &prices, &confidences, root].into_iter().for_each(|word| words.push(word));
    words.keccak()
}

/// Struct hash of a set, which its house's agents sign.
pub fn set_hash(set: &StatementSet) -> B256 {
    let hashes: Vec<u8> = set.statements.iter().flat_map(|statement| statement_hash(statement).0).collect();
    let mut words = Writer::of_type(&typehash::STATEMENT_SET);
    words.push_u64(set.house.into());
    words.push(&keccak256(hashes));
    words.push_int(set.houseCumulativeVariation);
    words.push(&set.topUps);
    words.push_u64(set.slot);
    words.push(&set.parametersHash);
    words.push_u64(set.asOf);
    words.push_u64(set.validUntil);
    words.keccak()
}

/// `keccak256` of each type's EIP-712 encoding.
pub mod typehash {
    use alloy_primitives::{B256, b256};
    /// Of the domain.
    pub const DOMAIN: B256 = b256!("8b73c3c69bb8fe3d512ecc4cf759cc79239f7b179b0ffacaa9a75d522b39400f");
    /// Of [`crate::types::FillBatch`].
    pub const FILL_BATCH: B256 = b256!("3df8479f3746e1ee1be638b006e2ac79d5c3c9d10e3e1669a0f16c74aab4d7ad");
    /// Of [`crate::types::StatementSet`].
    pub const STATEMENT_SET: B256 = b256!("790d0d778c6b18a3dd0cb93fb6d90b842f3dd79c4d061eee43f08f6988a75a9d");
    /// Of [`crate::types::MarginStatement`].
    pub const MARGIN_STATEMENT: B256 = b256!("208e02be7fd8343a840fbfadd5101e021755baac42042b07e7d670b56fee18d3");
    /// Of [`crate::types::SlotReport`].
    pub const SLOT_REPORT: B256 = b256!("7766e228029e2b6e1be7937294e18c2bdbebcfaabab287f479da32a0b08b7eec");
    /// Of [`crate::escrow::Agreement`].
    pub const AGREEMENT: B256 = b256!("bc119e67a2e41f637772d02fd20e9efd5d5e54df1eeb2b40ab2a41104a1b5bee");
    /// Of [`crate::types::Mandate`].
    pub const MANDATE: B256 = b256!("96b9377b1b3432244c158963ae510eba38878a74521c5e1e19c0e1a6376bf574");
    /// Of [`crate::types::TopUpLimit`], within a mandate.
    pub const TOP_UP_LIMIT: B256 = b256!("ca5e87b0cc44443669a7fd6a4eafdc5a8b6df945cf1bea1a45842847969e58e9");
    /// Of [`crate::types::DisputeRuling`].
    pub const DISPUTE_RULING: B256 = b256!("00524abd02b825c56d19728c4e196e3a76f053c198eff399ec64a5354501040f");
    /// Of [`crate::types::PositionChange`].
    pub const POSITION_CHANGE: B256 = b256!("08398f36e686917d641afbaeb86315fffa798347df12bc8a30ac25d1bfd5e06f");
    /// Of [`crate::types::Migration`].
    pub const MIGRATION: B256 = b256!("197e91c44aeb55ea29043f653f78fd4debaa93e69ec58538d2015cdcd0d5a6ac");
    /// Of [`crate::types::Withdrawal`].
    pub const WITHDRAWAL: B256 = b256!("37a05edba6deae1f6831bd179154508c76885131302b3b455a13571d9ba75604");
    /// Of [`crate::types::DailyLimit`], within a standing top-up.
    pub const DAILY_LIMIT: B256 = b256!("2819c530de5fb5c930f010364becadea4bdc1a5d1411d9a2bddc9cf051594baf");
    /// Of [`crate::types::TopUpOrder`].
    pub const TOP_UP_ORDER: B256 = b256!("c0071bc7b45755fb651e48305b38fb9aa228389e781817e97ba2e069dfa8134d");
    /// Of [`crate::types::SubstituteOrder`].
    pub const SUBSTITUTE_ORDER: B256 = b256!("60a80d37ad6e61410e4a907741b4be1f65d3c431075d2a0db6b1883d44661a41");
    /// Of [`crate::types::ReturnOrder`].
    pub const RETURN_ORDER: B256 = b256!("41d4f25637cfbc8bd0591aa9049e0ca948c3a10acf411e0b729b243f888e65c3");
    /// Of [`crate::types::CollateralInstruction`].
    pub const COLLATERAL_INSTRUCTION: B256 = b256!("7c14be44550463792403aab4cbfc882eb385c9b0a88dce53e96716bbb968c731");
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::types::*;
    use alloy_sol_types::{Eip712Domain, SolStruct, eip712_domain};

    fn set() -> StatementSet {
        StatementSet {
            house: 3,
            statements: alloc::vec![
                MarginStatement { account: 1, sequence: 2, requirement: 5, cumulativeVariation: -7, ..zero() },
                MarginStatement { account: 9, newRoot: B256::repeat_byte(1), ..zero() },
            ],
            houseCumulativeVariation: 7,
            topUps: B256::repeat_byte(5),
            slot: 17,
            parametersHash: B256::repeat_byte(9),
            asOf: 171,
            validUntil: 181,
        }
    }

    fn zero() -> MarginStatement {
        MarginStatement {
            account: 0,
            sequence: 0,
            previousHistory: B256::ZERO,
            newRoot: B256::ZERO,
            fillsDigest: B256::ZERO,
            requirement: 0,
            cumulativeVariation: 0,
            fillVariation: 0,
        }
    }

    #[test]
    fn type_hashes_are_those_of_the_types() {
        let batch = FillBatch {
            venue: Address::ZERO,
            firstSequence: 0,
            count: 0,
            fillsRoot: B256::ZERO,
            previousBatchHash: B256::ZERO,
        };
        assert_eq!(batch.eip712_type_hash(), typehash::FILL_BATCH, "FILL_BATCH");
        assert_eq!(set().eip712_type_hash(), typehash::STATEMENT_SET, "STATEMENT_SET");
        assert_eq!(zero().eip712_type_hash(), typehash::MARGIN_STATEMENT, "MARGIN_STATEMENT");
        for (encoded, expected) in [
            (Agreement::eip712_encode_type(), typehash::AGREEMENT),
            (Mandate::eip712_encode_type(), typehash::MANDATE),
            (TopUpLimit::eip712_encode_type(), typehash::TOP_UP_LIMIT),
            (CollateralInstruction::eip712_encode_type(), typehash::COLLATERAL_INSTRUCTION),
            (DisputeRuling::eip712_encode_type(), typehash::DISPUTE_RULING),
            (Migration::eip712_encode_type(), typehash::MIGRATION),
            (PositionChange::eip712_encode_type(), typehash::POSITION_CHANGE),
            (SlotReport::eip712_encode_type(), typehash::SLOT_REPORT),
            (Withdrawal::eip712_encode_type(), typehash::WITHDRAWAL),
            (DailyLimit::eip712_encode_type(), typehash::DAILY_LIMIT),
            (TopUpOrder::eip712_encode_type(), typehash::TOP_UP_ORDER),
            (SubstituteOrder::eip712_encode_type(), typehash::SUBSTITUTE_ORDER),
            (ReturnOrder::eip712_encode_type(), typehash::RETURN_ORDER),
        ] {
            assert_eq!(keccak256(encoded.as_bytes()), expected, "{encoded}");
        }
    }

    #[test]
    fn hashes_are_those_of_the_standard() {
        let batch = FillBatch {
            venue: Address::repeat_byte(2),
            firstSequence: 40,
            count: 3,
            fillsRoot: B256::repeat_byte(3),
            previousBatchHash: B256::repeat_byte(4),
        };
        let report = SlotReport {
            slot: 1,
            feeds: alloc::vec![B256::repeat_byte(6), B256::repeat_byte(7)],
            prices: alloc::vec![2, u64::MAX],
            confidences: alloc::vec![3, 4],
            marksRoot: B256::repeat_byte(9),
        };
        assert_eq!(batch_hash(&batch), batch.eip712_hash_struct());
        assert_eq!(set_hash(&set()), set().eip712_hash_struct());
        assert_eq!(slot_hash(&report), report.eip712_hash_struct());
    }

    #[test]
    fn digest_is_that_of_the_standard() {
        let contract = Address::repeat_byte(8);
        let domain: Eip712Domain =
            eip712_domain! { name: ESCROW, version: "1", chain_id: 412346, verifying_contract: contract, };
        assert_eq!(domain_separator(ESCROW, 412346, contract), domain.hash_struct());
        assert_eq!(oracle_domain(412346, contract), domain_separator(ORACLE, 412346, contract));
        assert_eq!(digest(domain.hash_struct(), set_hash(&set())), set().eip712_signing_hash(&domain));
    }
}
