//! Books in the bytes that the risk-verifier and the portfolio-examiner take: what a pledgor shows in a dispute.
use abi::packed::{
    Examination, MarksProof, PackedExpiry, PackedOption, PackedParameters, PackedScenario, PackedUnderlying, Portfolio,
    Quote, ShownBook, ShownPosition, mark_leaves,
};
use alloy::primitives::B256;
use risk::{
    Book, Expiry, Instrument, Kind, Mark, Marks, Parameters, Position, Right, RiskError, Underlying, cash_salt,
    position_salt,
};

/// Why a book cannot be shown.
#[derive(Debug, thiserror::Error)]
#[allow(missing_docs, reason = "each message says what is wrong")]
pub enum RevealError {
    #[error(transparent)]
    Risk(#[from] RiskError),
    #[error("a mark of the book is not in the slot's mark set: was another set committed?")]
    NotAmongMarks,
}

/// A book with the salts of its key, its marks shown as part of those of `all`.
///
/// # Errors
/// Where the book needs a mark that is not there, or whose like `all` does not list.
pub fn reveal(
    book: &Book,
    all: &Book,
    marks: &Marks,
    parameters: &Parameters,
    key: B256,
) -> Result<Examination, RevealError> {
    let portfolio = pack(book, marks, parameters)?;
    let whole = mark_leaves(&pack(all, marks, parameters)?);
    let marks = MarksProof::of(&whole, &mark_leaves(&portfolio)).ok_or(RevealError::NotAmongMarks)?;
    let mut held: Vec<Instrument> = book.positions().map(|held| held.instrument).collect();
    // As the portfolio lists them: expiry by expiry, the future first.
    held.sort_by_key(|held| (held.underlying, held.kind.expiry(), held.kind));
    let salts = held.iter().map(|held| position_salt(key, held)).collect();
    Ok(Examination { cash_salt: cash_salt(key), salts, marks, portfolio })
}

/// A book with the marks it needs and the parameters.
///
/// # Errors
/// Where a mark is missing.
pub fn pack(book: &Book, marks: &Marks, parameters: &Parameters) -> Result<Portfolio, RiskError> {
    let underlyings = book.underlyings().map(|(underlying, _)| pack_underlying(underlying, book, marks));
    Ok(Portfolio {
        parameters: pack_parameters(parameters)?,
        as_of: marks.as_of(),
        settlement: marks.settlement().raw(),
        cash: book.cash().raw(),
        underlyings: underlyings.collect::<Result<_, RiskError>>()?,
    })
}

fn pack_parameters(parameters: &Parameters) -> Result<PackedParameters, RiskError> {
    let small = |raw: i64| i32::try_from(raw).map_err(|_| RiskError::Overflow { what: "a factor" });
    let scenario = |line: &risk::Scenario| -> Result<PackedScenario, RiskError> {
        let (volatility, damping) = (line.volatility.code() as u8, line.damping.raw() as u32);
        Ok(PackedScenario { spot: small(line.spot.raw())?, volatility, damping })
    };
    let mut factors = [0; abi::packed::FACTORS];
    for (factor, raw) in factors.iter_mut().zip(parameters.factors()) {
        *factor = small(raw)?;
    }
    Ok(PackedParameters {
        factors,
        scenarios: parameters.scenarios.iter().map(scenario).collect::<Result<_, RiskError>>()?,
        underlyings: parameters.offset.underlyings.iter().map(|underlying| underlying.to_bytes()).collect(),
    })
}

fn pack_underlying(underlying: Underlying, book: &Book, marks: &Marks) -> Result<PackedUnderlying, RiskError> {
    let spot = quote(marks.spot(underlying)?);
    let mut packed = PackedUnderlying { name: underlying.to_bytes(), spot, perpetual: None, expiries: Vec::new() };
    let positions: Vec<Position> = book.positions().filter(|held| held.instrument.underlying == underlying).collect();
    for Position { instrument, quantity } in &positions {
        match instrument.kind.expiry() {
            None => packed.perpetual = Some((quantity.raw(), quote(marks.mark(instrument)?))),
            Some(expiry) if packed.expiries.iter().all(|known| u64::from(known.day) != expiry.day()) => {
                packed.expiries.push(pack_expiry(underlying, expiry, &positions, marks)?);
            }
            Some(_) => {}
        }
    }
    packed.expiries.sort_by_key(|expiry| expiry.day);
    Ok(packed)
}

fn pack_expiry(
    underlying: Underlying,
    expiry: Expiry,
    positions: &[Position],
    marks: &Marks,
) -> Result<PackedExpiry, RiskError> {
    let mut packed = PackedExpiry {
        day: expiry.day() as u32,
        forward: quote(marks.forward(underlying, expiry)?),
        rate: marks.rate(underlying, expiry).raw(),
        future: 0,
        options: Vec::new(),
    };
    let of_expiry = positions.iter().filter(|held| held.instrument.kind.expiry() == Some(expiry));
    for Position { instrument, quantity } in of_expiry {
        match instrument.kind {
            Kind::Option { strike, right, .. } => {
                let vol = marks.vol(instrument)?;
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
    Ok(packed)
}

fn quote(mark: Mark) -> Quote {
    Quote { price: mark.price().raw(), confidence: mark.confidence().raw() as u32 }
}

/// A book with the salts of its key, as [`abi::packed::Following`] shows it.
pub fn shown(book: &Book, key: B256) -> ShownBook {
    if book.is_flat() && book.cash().is_zero() {
        return ShownBook::default();
    }
    let position = |Position { instrument, quantity }: Position| ShownPosition {
        salt: position_salt(key, &instrument),
        instrument: instrument.id(),
        quantity: quantity.raw(),
    };
    let positions = book.positions().map(position).collect();
    ShownBook { cash: book.cash().raw(), cash_salt: cash_salt(key), positions }
}
