//! The portfolio examiner by itself on a chain, and books revealed to it.
use crate::actors::GOVERNOR;
use crate::artifacts;
use crate::node::Node;
use crate::world::START;
use abi::examiner::PortfolioExaminer::{examineCall, examineReturn, followCall, followReturn};
use abi::packed::{Examination, Following};
use alloy::primitives::{Address, B256, Bytes};
use alloy::sol_types::SolCall;
use risk::{Book, Marks, Parameters};

/// A chain with this one program, in the cache.
pub struct Examiner {
    node: Node,
    address: Address,
}

impl Examiner {
    /// On a chain of its own.
    pub fn deploy() -> Self {
        let (node, governor) = (Node::start(START), GOVERNOR.address());
        let address = node.deploy_program(governor, &artifacts::contract("portfolio-examiner"), Vec::new());
        node.cache_program(governor, address);
        Self { node, address }
    }

    /// Calldata as it is, its selector included.
    ///
    /// # Errors
    /// The revert data.
    pub fn call(&self, data: Vec<u8>) -> Result<Bytes, Bytes> {
        self.node.call(self.address, data)
    }

    /// What the revealed book hashes to.
    ///
    /// # Errors
    /// The revert data.
    pub fn examine(&self, shown: &Examination) -> Result<examineReturn, Bytes> {
        let answer = self.call(calldata(shown))?;
        Ok(examineCall::abi_decode_returns_validate(&answer).expect("four words"))
    }

    /// What the steps shown lead to, with feed, slot and price of each round that they used.
    ///
    /// # Errors
    /// The revert data.
    pub fn follow(&self, shown: &Following) -> Result<(followReturn, Vec<[B256; 3]>), Bytes> {
        let packed = shown.encode().expect("every field fits");
        let answer = self.call([&followCall::SELECTOR[..], &packed].concat())?;
        let (head, rounds) = answer.split_at(8 * 32);
        let followed = followCall::abi_decode_returns_validate(head).expect("eight words");
        let word = |at: usize| B256::from_slice(&rounds[at * 32..][..32]);
        let rounds: Vec<_> = (0..rounds.len() / 96).map(|round| [0, 1, 2].map(|at| word(3 * round + at))).collect();
        assert_eq!((rounds.len() as u32, answer.len()), (followed.rounds, (8 + 3 * rounds.len()) * 32));
        Ok((followed, rounds))
    }

    /// Execution gas of a transaction, intrinsic part and calldata included, the program cached.
    pub fn gas(&self, shown: &Examination) -> u64 {
        let done = self.node.transact(GOVERNOR.address(), self.address, calldata(shown));
        assert!(done.success, "{:?}", done.reason);
        done.gas_used
    }
}

fn calldata(shown: &Examination) -> Vec<u8> {
    [&examineCall::SELECTOR[..], &shown.encode().expect("every field fits")].concat()
}

/// A book with the salts of its key, its marks shown as part of those of `all`.
pub fn reveal(book: &Book, all: &Book, marks: &Marks, parameters: &Parameters, key: B256) -> Examination {
    chain::reveal::reveal(book, all, marks, parameters, key).expect("the book's marks are among all")
}
