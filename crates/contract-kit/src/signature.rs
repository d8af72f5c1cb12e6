//! Who signed a digest: the `ecrecover` precompile, with the rules against malleability.
use crate::host::Host;
use alloy_primitives::{Address, B256, U256, address, uint};

const ECRECOVER: Address = address!("0000000000000000000000000000000000000001");
/// Half the order of secp256k1: a signature's `s` may not be above it.
const HALF_ORDER: U256 = uint!(0x7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0_U256);

/// Signature in parts; `v` is 27 or 28.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The x-coordinate of the ephemeral key.
    pub r: B256,
    /// The proof, in either half of the order.
    pub s: B256,
    /// 27 or 28: which of the two keys with that coordinate.
    pub v: u8,
}

impl Parts {
    /// From 64 (EIP-2098) or 65 bytes; `None` for another length or `v`.
    pub fn parse(bytes: &[u8]) -> Option<Self> {
        let (r, rest) = bytes.split_first_chunk::<32>()?;
        let (s, rest) = rest.split_first_chunk::<32>()?;
        match rest {
            [] => Some(Self::compact(r, s)),
            [v @ (27 | 28)] => Some(Self { r: r.into(), s: s.into(), v: *v }),
            _ => None,
        }
    }

    /// EIP-2098: the highest bit of `s` is the parity.
    pub fn compact(r: &[u8; 32], parity_and_s: &[u8; 32]) -> Self {
        let mut s = *parity_and_s;
        let [first, ..] = &mut s;
        let odd = *first >> 7 == 1;
        *first &= 0x7f;
        Self { r: r.into(), s: s.into(), v: if odd { 28 } else { 27 } }
    }

    /// The signer, or the zero address where there is none.
    pub fn recover(&self, host: Host, digest: B256) -> Address {
        if U256::from_be_bytes(self.s.0) > HALF_ORDER {
            return Address::ZERO;
        }
        let mut input = [0u8; 128];
        let (head, tail) = input.split_at_mut(64);
        let (hash, v) = head.split_at_mut(32);
        hash.copy_from_slice(digest.as_slice());
        if let [.., last] = v {
            *last = self.v;
        }
        let (r, s) = tail.split_at_mut(32);
        r.copy_from_slice(self.r.as_slice());
        s.copy_from_slice(self.s.as_slice());
        match host.static_call(ECRECOVER, &input, u64::MAX) {
            Ok(output) => output.get(12..32).map_or(Address::ZERO, Address::from_slice),
            Err(_) => Address::ZERO,
        }
    }
}

/// The signer of a digest, or the zero address for a signature that is none.
#[inline(never)]
pub fn recover(host: Host, digest: B256, bytes: &[u8]) -> Address {
    Parts::parse(bytes).map_or(Address::ZERO, |parts| parts.recover(host, digest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn compact_and_long_forms_agree() {
        let (r, s) = ([1u8; 32], [2u8; 32]);
        let mut compact = [r, s].concat();
        let mut long = compact.clone();
        long.push(27);
        assert_eq!(Parts::parse(&compact), Parts::parse(&long));
        compact[32] |= 0x80;
        long[64] = 28;
        assert_eq!(Parts::parse(&compact), Parts::parse(&long));
    }

    #[test]
    fn other_lengths_and_parities_are_none() {
        assert_eq!(Parts::parse(&[0; 63]), None);
        assert_eq!(Parts::parse(&[0; 66]), None);
        let mut wrong = [0u8; 65];
        wrong[64] = 29;
        assert_eq!(Parts::parse(&wrong), None);
    }
}
