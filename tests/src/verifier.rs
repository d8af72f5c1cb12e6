//! The risk verifier by itself on a chain, and books in the bytes it takes.
use crate::actors::GOVERNOR;
use crate::artifacts;
use crate::node::Node;
use crate::world::START;
use abi::packed::{PackedExpiry, PackedOption, PackedParameters, PackedScenario, PackedUnderlying, Portfolio, Quote};
use abi::verifier::RiskVerifier::evaluateCall;
use alloy::primitives::{Address, Bytes};
use alloy::sol_types::SolCall;
use risk::{Book, Expiry, Kind, Mark, Marks, Parameters, Position, Requirement, Right, Underlying};

pub struct Verifier {
    node: Node,
    address: Address,
}

impl Verifier {
    pub fn deploy() -> Self {
        let (node, governor) = (Node::start(START), GOVERNOR.address());
        let address = node.deploy_program(governor, &artifacts::contract("risk-verifier"), Vec::new());
        node.cache_program(governor, address);
        Self { node, address }
    }

    /// Whatever bytes follow the selector; `Err` holds the revert data.
    pub fn evaluate_bytes(&self, bytes: &[u8]) -> Result<(u64, u64, i64), Bytes> {
        let answer = self.call(calldata(bytes))?;
        let margin = evaluateCall::abi_decode_returns_validate(&answer).expect("three words");
        Ok((margin.im, margin.mm, margin.markValue))
    }

    pub fn call(&self, data: Vec<u8>) -> Result<Bytes, Bytes> {
        self.node.call(self.address, data)
    }

    pub fn evaluate(&self, portfolio: &Portfolio) -> Result<(u64, u64, i64), Bytes> {
        self.evaluate_bytes(&encode(portfolio))
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
pub fn figures(required: &Requirement) -> (u64, u64, i64) {
    let unsigned = |amount: risk::Usd| u64::try_from(amount).expect("a requirement is not negative");
    (unsigned(required.initial), unsigned(required.maintenance), required.mark_value.raw())
}

/// All marks that the book needs must be there.
pub fn pack(book: &Book, marks: &Marks, parameters: &Parameters) -> Portfolio {
    Portfolio {
        parameters: pack_parameters(parameters),
        as_of: marks.as_of(),
        settlement: marks.settlement().raw(),
        underlyings: book.underlyings().map(|(underlying, _)| pack_underlying(underlying, book, marks)).collect(),
    }
}

fn pack_parameters(parameters: &Parameters) -> PackedParameters {
    let small = |raw: i64| i32::try_from(raw).expect("a factor fits 32 bits");
    let scenario = |line: &risk::Scenario| PackedScenario {
        spot: small(line.spot.raw()),
        volatility: line.volatility.code() as u8,
        damping: line.damping.raw() as u32,
    };
    PackedParameters {
        factors: parameters.factors().map(small),
        scenarios: parameters.scenarios.iter().map(scenario).collect(),
        among: parameters.offset.among.iter().map(|underlying| underlying.to_bytes()).collect(),
    }
}

fn pack_underlying(underlying: Underlying, book: &Book, marks: &Marks) -> PackedUnderlying {
    let mut packed = PackedUnderlying {
        name: underlying.to_bytes(),
        spot: quote(marks.spot(underlying).expect("a spot")),
        perpetual: None,
        expiries: Vec::new(),
    };
    let positions: Vec<Position> = book.positions().filter(|held| held.instrument.underlying == underlying).collect();
    for Position { instrument, quantity } in &positions {
        match instrument.kind.expiry() {
            None => packed.perpetual = Some((quantity.raw(), quote(marks.mark(instrument).expect("a mark")))),
            Some(expiry) if packed.expiries.iter().all(|known| u64::from(known.day) != expiry.day()) => {
                packed.expiries.push(pack_expiry(underlying, expiry, &positions, marks));
            }
            Some(_) => {}
        }
    }
    packed.expiries.sort_by_key(|expiry| expiry.day);
    packed
}

fn pack_expiry(underlying: Underlying, expiry: Expiry, positions: &[Position], marks: &Marks) -> PackedExpiry {
    let mut packed = PackedExpiry {
        day: expiry.day() as u32,
        forward: quote(marks.forward(underlying, expiry).expect("a forward")),
        rate: marks.rate(underlying, expiry).raw(),
        future: 0,
        options: Vec::new(),
    };
    for Position { instrument, quantity } in
        positions.iter().filter(|held| held.instrument.kind.expiry() == Some(expiry))
    {
        match instrument.kind {
            Kind::Option { strike, right, .. } => {
                let vol = marks.vol(instrument).expect("a volatility");
                packed.options.push(PackedOption {
                    strike: strike.raw(),
                    put: right == Right::Put,
                    volatility: vol.volatility().raw(),
                    confidence: vol.confidence().raw() as u32,
                    quantity: quantity.raw(),
                });
            }
            _ => packed.future = quantity.raw(),
        }
    }
    packed
}

fn quote(mark: Mark) -> Quote {
    Quote { price: mark.price().raw(), confidence: mark.confidence().raw() as u32 }
}
