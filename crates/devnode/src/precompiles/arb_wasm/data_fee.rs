//! The data fee: what an activation or renewal pays for the native code that nodes keep.

use super::super::call::{Call, Reverted};
use crate::arbos::DataPricer;
use alloy::primitives::U256;

/// Counts `bytes` as activated now and returns their price.
pub fn charge(call: &mut Call, bytes: u32) -> Result<U256, Reverted> {
    // Demand, bytes a second, time of the last update, least price and inertia; then demand and time again.
    for _ in 0..4 {
        call.read_setting()?;
    }
    let mut pricer = DataPricer::unpack(call.read(DataPricer::SLOT)?);
    let fee = pricer.charge(bytes, call.time());
    call.pay_write()?;
    call.write(DataPricer::SLOT, pricer.pack())?;
    Ok(fee)
}

/// Keeps `fee` of the value sent and gives the rest back.
pub fn collect(call: &mut Call, fee: U256) -> Result<(), Reverted> {
    call.check_value(fee)?;
    // Which account gets it.
    call.read_setting()?;
    call.return_surplus(fee)
}
