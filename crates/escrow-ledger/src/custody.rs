//! Tokens on the books against tokens held.
//!
//! A token's issuer can take from what the escrow holds. Then the asset is impaired: `reconcile` records the ratio of what
//! is held to what is booked, and all who hold it bear the same share. Moves inside the ledger stay at face.
use crate::encode::emit;
use crate::fault::{OrFail, ensure, fail};
use crate::registry::Asset;
use crate::storage::{self, Head};
use abi::escrow::MarginEscrow::{AssetImpaired, CustodyShort, PaidProRata, TokenCallFailed};
use abi::escrow::WHOLE;
use abi::token::Token::balanceOfCall;
use alloy_primitives::{Address, U256};
use alloy_sol_types::SolCall;
use contract_kit::host;
use contract_kit::words::Writer;
use csa::share_down;

/// What is on the books of an asset, and what a lot of it is paid with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Books {
    /// Lots of all accounts, inventories and houses.
    pub total: u64,
    /// What a lot is paid with and counts for, in 1e-9.
    pub ratio: u64,
}

impl Books {
    /// The books of an asset.
    pub fn of(asset: &Asset) -> Self {
        let impaired = Head::load().impaired & asset.bit() != 0;
        let ratio = if impaired { storage::ratio(asset.index) } else { WHOLE };
        Self { total: storage::total_lots(asset.index), ratio }
    }

    /// Of an asset of which the token says that at least what is booked is there. Nobody leaves whole, and nobody comes in,
    /// between a loss and its record.
    #[inline(never)]
    pub fn covered(asset: &Asset) -> Self {
        let books = Self::of(asset);
        let (held, booked) = (held(asset.token), share_down(books.total, books.ratio));
        let short = || CustodyShort { token: asset.token, held, booked: asset.units_down(booked) };
        ensure(asset.lots_down(held) >= booked, short);
        books
    }

    /// Lots are the escrow's no longer.
    pub fn leave(self, asset: &Asset, lots: u64) {
        storage::record(asset, self.total.checked_sub(lots).checked())
    }
}

/// Lots come into the escrow; none of an impaired asset.
#[inline(never)]
pub fn enter(asset: &Asset, lots: u64) {
    let Books { total, ratio } = Books::covered(asset);
    ensure(ratio == WHOLE, || AssetImpaired { token: asset.token, ratio });
    storage::record(asset, total.checked_add(lots).checked())
}

/// Lots leave to their holder, who asks for it: their share is paid, which an event says where it is not all. Never nothing.
#[inline(never)]
pub fn pay(asset: &Asset, to: Address, lots: u64, amount: U256) -> U256 {
    let (token, books) = (asset.token, Books::covered(asset));
    let ratio = books.ratio;
    books.leave(asset, lots);
    if ratio == WHOLE {
        return amount;
    }
    let paid = asset.units_down(share_down(lots, ratio));
    ensure(!paid.is_zero(), || AssetImpaired { token, ratio });
    emit(&PaidProRata { token, to, amount, paid });
    paid
}

/// What the token says the escrow holds, in units.
pub fn held(token: Address) -> U256 {
    held_by(token, host::this())
}

/// What it says of any holder; an address without code answers nothing and fails here.
pub fn held_by(token: Address, holder: Address) -> U256 {
    said(token, holder).unwrap_or_else(|| fail(&TokenCallFailed { token }))
}

/// The same, where the token may be broken.
#[inline(never)]
pub fn said(token: Address, holder: Address) -> Option<U256> {
    let answer = host::static_call(token, &Writer::after(balanceOfCall::SELECTOR).address(holder).bytes(), u64::MAX);
    let word = answer.ok().and_then(|answer| answer.first_chunk::<32>().copied());
    word.map(U256::from_be_bytes)
}
