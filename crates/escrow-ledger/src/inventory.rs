//! Inventory: a holder's collateral in escrow outside any account.
use crate::fault::OrFail;
use crate::registry::Asset;
use crate::storage;
use abi::escrow::MarginEscrow::InventoryShort;
use alloy_primitives::Address;

/// Of an asset by its index.
pub fn put(holder: Address, asset: u8, lots: u64) {
    let more = storage::inventory(&holder, asset).checked_add(lots).checked();
    storage::set_inventory(&holder, asset, more);
}

/// Takes lots out; `InventoryShort` where there are fewer.
pub fn take(holder: Address, asset: &Asset, lots: u64) {
    let held = storage::inventory(&holder, asset.index);
    let left = held.checked_sub(lots).or_fail(|| {
        let (asked, held) = (asset.units_down(lots), asset.units_down(held));
        InventoryShort { holder, token: asset.token, asked, held }
    });
    storage::set_inventory(&holder, asset.index, left);
}
