//! The risk verifier by itself on a chain, and books in the bytes it takes.
use crate::actors::GOVERNOR;
use crate::artifacts;
use crate::node::Node;
use crate::world::START;
use abi::packed::Portfolio;
use abi::verifier::RiskVerifier::evaluateCall;
use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use risk::{Book, Marks, Parameters, requirement, variation_level};

/// A chain with this one program, in the cache.
pub struct Verifier {
    node: Node,
    address: Address,
}

impl Verifier {
    /// On a chain of its own.
    pub fn deploy() -> Self {
        let (node, governor) = (Node::start(START), GOVERNOR.address());
        let address = node.deploy_program(governor, &artifacts::contract("risk-verifier"), Vec::new());
        node.cache_program(governor, address);
        Self { node, address }
    }

    /// A book's initial margin, maintenance margin and variation, in micro-USD.
    ///
    /// # Errors
    /// The revert data.
    pub fn evaluate(&self, portfolio: &Portfolio) -> Result<(u64, u64, i64), Bytes> {
        self.evaluate_bytes(&encode(portfolio))
    }

    /// The same of whatever bytes follow the selector.
    ///
    /// # Errors
    /// The revert data.
    pub fn evaluate_bytes(&self, bytes: &[u8]) -> Result<(u64, u64, i64), Bytes> {
        let answer = self.call(calldata(bytes))?;
        let margin = evaluateCall::abi_decode_returns_validate(&answer).expect("three words");
        Ok((margin.im, margin.mm, margin.variation))
    }

    /// Calldata as it is, its selector included.
    ///
    /// # Errors
    /// The revert data.
    pub fn call(&self, data: Vec<u8>) -> Result<Bytes, Bytes> {
        self.node.call(self.address, data)
    }

    /// Execution gas of a transaction, intrinsic part and calldata included, the program cached.
    pub fn gas(&self, portfolio: &Portfolio) -> u64 {
        let done = self.node.transact(GOVERNOR.address(), self.address, calldata(&encode(portfolio)));
        assert!(done.success, "{:?}", done.reason);
        done.gas_used
    }
}

fn calldata(bytes: &[u8]) -> Vec<u8> {
    [&evaluateCall::SELECTOR[..], bytes].concat()
}

fn encode(portfolio: &Portfolio) -> Vec<u8> {
    portfolio.encode().expect("every field fits")
}

/// What the kernel says natively, as the contract returns it.
pub fn figures(book: &Book, marks: &Marks, parameters: &Parameters) -> (u64, u64, i64) {
    let required = requirement(book, marks, parameters).expect("it is computed");
    let unsigned = |amount: risk::Usd| u64::try_from(amount).expect("a requirement is not negative");
    let level = variation_level(book, marks).expect("it is computed");
    (unsigned(required.initial), unsigned(required.maintenance), level.raw())
}

/// As the contracts take it; all marks that the book needs must be there.
pub fn pack(book: &Book, marks: &Marks, parameters: &Parameters) -> Portfolio {
    chain::reveal::pack(book, marks, parameters).expect("all marks are there")
}
