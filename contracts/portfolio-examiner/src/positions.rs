//! The root of a revealed portfolio.
use crate::refused;
use abi::examiner::reason;
use abi::packed::{Examination, PackedUnderlying};
use alloc::vec::Vec;
use alloy_primitives::B256;
use contract_kit::Result;
use risk::{Cash, Expiry, Instrument, Price, Quantity, Revealed, RevealedCash, RevealedPosition, Right, Underlying};

/// Of its cash and all its positions, each with its salt.
///
/// # Errors
/// `NotShown` with its [`reason`]: another number of salts than of positions, or an instrument that is none.
pub fn root(of: &Examination) -> Result<B256> {
    let mut positions = Vec::new();
    of.portfolio.underlyings.iter().try_for_each(|underlying| list(underlying, &mut positions))?;
    if positions.len() != of.salts.len() {
        return Err(refused(reason::SALTS));
    }
    let revealed = of.salts.iter().zip(positions).map(|(salt, (instrument, quantity))| RevealedPosition {
        salt: *salt,
        instrument: instrument.id(),
        quantity,
    });
    let cash = RevealedCash { salt: of.cash_salt, amount: Cash::from_raw(of.portfolio.cash) };
    let book = Revealed::new(cash, revealed).ok_or_else(|| refused(reason::INSTRUMENT))?;
    Ok(book.root())
}

/// The positions that are not zero, in order.
fn list(of: &PackedUnderlying, out: &mut Vec<(Instrument, Quantity)>) -> Result<()> {
    let unnamed = |_| refused(reason::INSTRUMENT);
    let underlying = Underlying::from_bytes(of.name).map_err(unnamed)?;
    let mut add = |instrument, quantity: i64| {
        if quantity != 0 {
            out.push((instrument, Quantity::from_raw(quantity)));
        }
    };
    if let Some((quantity, _)) = of.perpetual {
        add(Instrument::perpetual(underlying), quantity);
    }
    for listed in &of.expiries {
        let expiry = Expiry::from_day(listed.day.into()).map_err(unnamed)?;
        add(Instrument::future(underlying, expiry), listed.future);
        for option in &listed.options {
            let right = if option.put { Right::Put } else { Right::Call };
            let instrument = Instrument::option(underlying, expiry, Price::from_raw(option.strike), right);
            add(instrument.ok_or_else(|| refused(reason::INSTRUMENT))?, option.quantity);
        }
    }
    Ok(())
}
