//! What the office answers the escrow: what to write, to log and to move, and what the caller is given.
use super::{Malformed, Reader, put_address, put_hash};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};

/// A move of tokens, checked against the escrow's balance as every move is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Transfer {
    /// From a wallet that has approved the escrow.
    Pull {
        token: Address,
        from: Address,
        amount: U256,
    },
    Push {
        token: Address,
        to: Address,
        amount: U256,
    },
}

/// Carried out in this order: words, logs, transfers, calls.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Plan {
    /// Storage keys and words, each key once.
    pub words: Vec<(B256, B256)>,
    /// Number of topics, and the topics followed by the data.
    pub logs: Vec<(u8, Vec<u8>)>,
    pub transfers: Vec<Transfer>,
    /// Contracts and calldata; each must answer the call's own selector.
    pub calls: Vec<(Address, Vec<u8>)>,
    pub output: Vec<u8>,
}

const PULL: u8 = 0;
const PUSH: u8 = 1;

impl Plan {
    pub fn encode(&self) -> Vec<u8> {
        let mut out = Vec::new();
        put_count(&mut out, self.words.len());
        for (key, word) in &self.words {
            put_hash(&mut out, *key);
            put_hash(&mut out, *word);
        }
        put_count(&mut out, self.logs.len());
        for (topics, bytes) in &self.logs {
            out.push(*topics);
            put_bytes(&mut out, bytes);
        }
        put_count(&mut out, self.transfers.len());
        for transfer in &self.transfers {
            let (kind, token, party, amount) = match transfer {
                Transfer::Pull { token, from, amount } => (PULL, token, from, amount),
                Transfer::Push { token, to, amount } => (PUSH, token, to, amount),
            };
            out.push(kind);
            put_address(&mut out, *token);
            put_address(&mut out, *party);
            put_hash(&mut out, B256::from(*amount));
        }
        put_count(&mut out, self.calls.len());
        for (to, calldata) in &self.calls {
            put_address(&mut out, *to);
            put_bytes(&mut out, calldata);
        }
        put_bytes(&mut out, &self.output);
        out
    }

    /// Reads what [`Plan::encode`] wrote, and nothing after it.
    pub fn decode(bytes: &[u8]) -> Result<Self, Malformed> {
        let mut reader = Reader::new(bytes);
        let count = reader.u16();
        let words = reader.many(count.into(), |reader| (reader.hash(), reader.hash()));
        let count = reader.u16();
        let logs = reader.many(count.into(), |reader| (reader.u8(), bytes_of(reader)));
        let count = reader.u16();
        let transfers = reader.many(count.into(), Transfer::read);
        let count = reader.u16();
        let calls = reader.many(count.into(), |reader| (reader.address(), bytes_of(reader)));
        let output = bytes_of(&mut reader);
        reader.end()?;
        Ok(Self { words, logs, transfers, calls, output })
    }
}

impl Transfer {
    fn read(reader: &mut Reader<'_>) -> Self {
        let kind = reader.u8();
        let (token, party, amount) = (reader.address(), reader.address(), U256::from_be_bytes(reader.hash().0));
        reader.require(kind <= PUSH);
        match kind {
            PULL => Self::Pull { token, from: party, amount },
            _ => Self::Push { token, to: party, amount },
        }
    }
}

/// A call has no room for 65,536 of anything here.
fn put_count(out: &mut Vec<u8>, count: usize) {
    out.extend_from_slice(&(count as u16).to_be_bytes());
}

fn put_bytes(out: &mut Vec<u8>, bytes: &[u8]) {
    put_count(out, bytes.len());
    out.extend_from_slice(bytes);
}

fn bytes_of(reader: &mut Reader<'_>) -> Vec<u8> {
    let count = reader.u16();
    let mut bytes = alloc::vec![0; count.into()];
    reader.fill(&mut bytes);
    bytes
}

#[cfg(test)]
mod tests {
    use super::*;

    fn plan() -> Plan {
        let (token, from, to) = (Address::repeat_byte(1), Address::repeat_byte(2), Address::repeat_byte(3));
        Plan {
            words: alloc::vec![(B256::repeat_byte(4), B256::repeat_byte(5))],
            logs: alloc::vec![(1, alloc::vec![6; 40]), (0, Vec::new())],
            transfers: alloc::vec![
                Transfer::Pull { token, from, amount: U256::MAX },
                Transfer::Push { token, to, amount: U256::from(7) },
            ],
            calls: alloc::vec![(to, alloc::vec![9; 5])],
            output: alloc::vec![8; 33],
        }
    }

    #[test]
    fn a_plan_survives_the_round_trip() {
        assert_eq!(Plan::decode(&plan().encode()), Ok(plan()));
        assert_eq!(Plan::decode(&Plan::default().encode()), Ok(Plan::default()));
    }

    #[test]
    fn every_truncation_is_malformed() {
        let bytes = plan().encode();
        for end in 0..bytes.len() {
            assert!(Plan::decode(&bytes[..end]).is_err(), "{end}");
        }
    }
}
