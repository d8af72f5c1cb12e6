//! Questions to the eligibility registry.
use crate::fault::{OrFail, ensure, fail};
use crate::storage::{self, Head};
use abi::escrow::MarginEscrow::{NotWholeLots, RegistryCallFailed, StaleValuation, UnknownAsset};
use abi::escrow::{FRESH_SLOTS, MARK_SLOTS, WHOLE};
use abi::registry::EligibilityRegistry::{
    assetAtCall, assetCountCall, assetOfCall, graceBetweenCall, haircutCall, oracleCall, ownerCall, pauserCall,
    rolesCall, standingCall, valuationsCall,
};
use abi::registry::Valuation;
use abi::{lots, packed, slot_at};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::{SolCall, SolError};
use contract_kit::host;
use contract_kit::words::Writer;

/// A listed asset.
#[derive(Clone, Copy, Debug)]
pub struct Asset {
    /// Place in the registry, 0 to 15.
    pub index: u8,
    /// The ERC-20.
    pub token: Address,
    /// Of the token; a lot is 1e-6 of a token whatever they are.
    pub decimals: u8,
    /// 1 stablecoin, 2 tokenized cash, 3 a fund's shares.
    pub class: u8,
}

impl Asset {
    /// Whole lots in `amount` units.
    pub fn lots(&self, amount: U256) -> u64 {
        let whole = u128::try_from(amount).ok().and_then(|amount| lots::from_units(amount, self.decimals));
        whole.or_fail(|| NotWholeLots { token: self.token, amount })
    }

    /// Units of `lots`, which are whole where they came from [`Asset::lots`].
    pub fn units(&self, lots: u64) -> U256 {
        lots::to_units(lots, self.decimals).map(U256::from).checked()
    }

    /// Units of what is held, for errors and views.
    pub fn units_down(&self, lots: u64) -> U256 {
        let whole = lots.saturating_sub(lots.checked_rem(self.least()).unwrap_or(0));
        self.units(whole)
    }

    /// The least lots that are whole units: more than one below six decimals.
    pub fn least(&self) -> u64 {
        10u64.checked_pow(u32::from(6u8.saturating_sub(self.decimals))).unwrap_or(u64::MAX)
    }

    /// Whole lots in what the token says is there, rounded down.
    pub fn lots_down(&self, amount: U256) -> u64 {
        lots::from_units_down(u128::try_from(amount).unwrap_or(u128::MAX), self.decimals)
    }

    /// The asset's bit in bitmaps of assets.
    pub fn bit(&self) -> u16 {
        bit(self.index)
    }
}

/// The bit of an asset in bitmaps of assets; none beyond 15.
pub fn bit(asset: u8) -> u16 {
    1u16.checked_shl(asset.into()).unwrap_or(0)
}

/// The assets of a bitmap, lowest first.
pub fn assets(bitmap: u16) -> impl Iterator<Item = u8> {
    (0..16u8).filter(move |asset| bitmap & bit(*asset) != 0)
}

#[cold]
fn failed() -> ! {
    fail(&RegistryCallFailed {})
}

/// The words of the registry's answer.
struct Answer(Vec<u8>);

impl Answer {
    #[inline(never)]
    fn of(call: &[u8]) -> Self {
        Self::from(Head::load().registry, call)
    }

    fn from(registry: Address, call: &[u8]) -> Self {
        Self(host::static_call(registry, call, u64::MAX).unwrap_or_else(|_| failed()))
    }

    #[inline(never)]
    fn word(&self, index: usize) -> &[u8; 32] {
        self.0.as_chunks().0.get(index).unwrap_or_else(|| failed())
    }

    fn u8(&self, index: usize) -> u8 {
        let [.., low] = self.word(index);
        *low
    }

    fn u16(&self, index: usize) -> u16 {
        let [.., high, low] = self.word(index);
        u16::from_be_bytes([*high, *low])
    }

    fn u64(&self, index: usize) -> u64 {
        let [.., low] = self.word(index).as_chunks().0 else { failed() };
        u64::from_be_bytes(*low)
    }

    fn address(&self, index: usize) -> Address {
        Address::from_word(self.word(index).into())
    }
}

/// What the registry says of a token; `UnknownAsset` where it lists none.
#[inline(never)]
pub fn asset_of(token: Address) -> Asset {
    let call = Writer::after(assetOfCall::SELECTOR).address(token).bytes();
    let answer = match host::static_call(Head::load().registry, &call, u64::MAX) {
        Ok(answer) => Answer(answer),
        Err(data) if data.starts_with(&UnknownAsset::SELECTOR) => fail(&UnknownAsset { token }),
        Err(_) => failed(),
    };
    Asset { index: answer.u8(0), token, decimals: answer.u8(1), class: answer.u8(2) }
}

/// From the escrow's own record, where there is one: an asset's index, token and decimals never change.
#[inline(never)]
pub fn asset_at(index: u8) -> Asset {
    let known = storage::asset(index);
    if !known.token.is_zero() {
        return known;
    }
    let answer = Answer::of(&Writer::after(assetAtCall::SELECTOR).uint(index).bytes());
    Asset { index, token: answer.address(0), class: answer.u8(1), decimals: answer.u8(2) }
}

/// One bit for each listed asset.
pub fn listed() -> u16 {
    let count = Answer::of(&assetCountCall::SELECTOR).u8(0);
    1u32.checked_shl(count.into()).unwrap_or(0).wrapping_sub(1) as u16
}

/// What the registry says of somebody.
#[derive(Clone, Copy, Debug)]
pub struct Participant {
    /// Bits of [`abi::registry::role`].
    pub roles: u8,
    /// Its legal entity; zero: none is known.
    pub lei: B256,
    /// Bit i set: as a venue it accepts asset i in top-ups.
    pub accepted: u16,
}

/// Asks the registry about somebody; nothing is known of a stranger.
#[inline(never)]
pub fn participant(address: Address) -> Participant {
    let answer = Answer::of(&Writer::after(rolesCall::SELECTOR).address(address).bytes());
    Participant { roles: answer.u8(0), lei: answer.word(1).into(), accepted: answer.u16(2) }
}

/// Who may pause; the zero address is nobody.
pub fn pauser() -> Address {
    Answer::of(&pauserCall::SELECTOR).address(0)
}

/// Who owns the registry, and so sets the escrow's bounds.
pub fn owner() -> Address {
    Answer::of(&ownerCall::SELECTOR).address(0)
}

/// The oracle that the registry reads. It never changes.
pub fn oracle() -> Address {
    Answer::of(&oracleCall::SELECTOR).address(0)
}

/// Seconds that outages of the sequencer between two times add to a deadline.
pub fn grace_between(from: u64, to: u64) -> u64 {
    Answer::of(&Writer::after(graceBetweenCall::SELECTOR).uint(from).uint(to).bytes()).u64(0)
}

/// Valuations of a bitmap's assets, and the roles of two participants; the zero address has none.
#[inline(never)]
pub fn standing(bitmap: u16, agent: Address, second: Address) -> (Valuations, (u8, u8)) {
    let head = Head::load();
    let call = Writer::after(standingCall::SELECTOR).uint(bitmap).address(agent).address(second).bytes();
    let answer = Answer::from(head.registry, &call);
    let [.., of_second, of_agent] = answer.word(bitmap.count_ones() as usize);
    (Valuations::read(bitmap, &answer, head.impaired), (*of_agent, *of_second))
}

/// An asset's haircut in force, and where it is heading, parts per million.
#[inline(never)]
pub fn haircut(asset: u8) -> (u32, u32) {
    let answer = Answer::of(&Writer::after(haircutCall::SELECTOR).uint(asset).bytes());
    (answer.u64(0) as u32, answer.u64(1) as u32)
}

/// What the assets of a bitmap are valued with.
pub struct Valuations {
    of: Vec<(u8, Valuation)>,
    /// A valuation of an older slot is stale.
    oldest: u64,
    /// Assets that count for less than a whole lot each.
    impaired: u16,
}

impl Valuations {
    /// One call for all of them; none for none.
    #[inline(never)]
    pub fn of(bitmap: u16) -> Self {
        let head = Head::load();
        let call = || Writer::after(valuationsCall::SELECTOR).uint(bitmap).bytes();
        let answer = if bitmap == 0 { Answer(Vec::new()) } else { Answer::from(head.registry, &call()) };
        Self::read(bitmap, &answer, head.impaired)
    }

    fn read(bitmap: u16, answer: &Answer, impaired: u16) -> Self {
        let valuation = |(place, index)| (index, packed::valuation::unpack(answer.word(place)));
        let oldest = slot_at(host::timestamp()).saturating_sub(FRESH_SLOTS);
        Self { of: assets(bitmap).enumerate().map(valuation).collect(), oldest, impaired }
    }

    /// Of an asset that was asked for; `RegistryCallFailed` for another.
    #[inline(never)]
    pub fn get(&self, asset: u8) -> &Valuation {
        let found = self.of.iter().find(|(index, _)| *index == asset);
        found.map_or_else(|| failed(), |(_, valuation)| valuation)
    }

    /// The same, where a valuation of up to `slots` before now is fresh.
    pub fn within(self, slots: u64) -> Self {
        Self { oldest: slot_at(host::timestamp()).saturating_sub(slots), ..self }
    }

    /// What a lot of it counts for, in 1e-9.
    pub fn ratio(&self, asset: u8) -> u64 {
        if self.impaired & bit(asset) == 0 { WHOLE } else { storage::ratio(asset) }
    }

    /// Older slots are stale.
    pub fn oldest(&self) -> u64 {
        self.oldest
    }

    /// Of a slot that marks would accept.
    pub fn is_of_marks(&self, valuation: &Valuation) -> bool {
        valuation.slot >= slot_at(host::timestamp()).saturating_sub(MARK_SLOTS)
    }

    /// Of a slot that is not stale.
    pub fn is_fresh(&self, valuation: &Valuation) -> bool {
        valuation.slot >= self.oldest
    }

    /// Those of a bitmap are fresh, or `StaleValuation`.
    #[inline(never)]
    pub fn ensure_fresh(&self, bitmap: u16) {
        let oldest = self.oldest;
        for index in assets(bitmap) {
            let slot = self.get(index).slot;
            ensure(slot >= oldest, || StaleValuation { index, slot, oldest });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bitmaps_name_assets_lowest_first() {
        assert_eq!(assets(0b1000_0000_0000_0101).collect::<Vec<_>>(), [0, 2, 15]);
        assert_eq!(bit(16), 0);
    }

    #[test]
    fn what_is_held_is_shown_in_whole_units() {
        let asset = |decimals| Asset { index: 0, token: Address::ZERO, decimals, class: 1 };
        assert_eq!(asset(2).units_down(19_999), U256::from(1));
        assert_eq!(asset(6).units_down(19_999), U256::from(19_999));
        assert_eq!(asset(18).units_down(2), U256::from(2_000_000_000_000u64));
        assert_eq!(asset(2).lots(U256::from(3)), 30_000);
    }
}
