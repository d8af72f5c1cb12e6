//! What anyone may read; `valuations` is what the escrow reads on its hot path.
use crate::storage::{self, Index};
use crate::terms::Rule;
use abi::{
    packed::valuation::unpack,
    registry::{
        AssetTerms,
        EligibilityRegistry::{UnknownAsset, UnknownIndex},
        HaircutState,
    },
};
use alloc::vec::Vec;
use alloy_primitives::{Address, B256, U256};
use alloy_sol_types::SolValue;
use contract_kit::{
    Result, ownership,
    words::{Out, Words},
};

/// The words as they are stored: one load an asset, nothing else.
pub fn valuations(words: Words<'_>) -> Result<Vec<u8>> {
    valuation_words(words.exactly(1)?.u16(0)?)
}

/// The same, and whether two still are what they were: no load for the zero address.
pub fn standing(words: Words<'_>) -> Result<Vec<u8>> {
    let words = words.exactly(3)?;
    let (agent, second_agent) = (roles_of(words.address(1)?), roles_of(words.address(2)?));
    let mut out = valuation_words(words.u16(0)?)?;
    out.extend_from_slice(&U256::from(u16::from_le_bytes([agent, second_agent])).to_be_bytes::<32>());
    Ok(out)
}

fn valuation_words(assets: u16) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(assets.count_ones().saturating_add(1).saturating_mul(32) as usize);
    for index in Index::of(assets) {
        out.extend_from_slice(valuation_word(index)?.as_slice());
    }
    Ok(out)
}

fn roles_of(participant: Address) -> u8 {
    if participant.is_zero() { 0 } else { storage::participant(participant).roles }
}

pub fn valuation(words: Words<'_>) -> Result<Vec<u8>> {
    let index = listed(words)?;
    Ok(unpack(&valuation_word(index)?.0).abi_encode())
}

pub fn haircut(words: Words<'_>) -> Result<Vec<u8>> {
    let index = listed(words)?;
    let held = storage::haircut(index);
    let (slot, target) = (held.slot, held.target);
    Ok(HaircutState {
        haircut: held.current,
        target,
        signal: held.signal,
        slot,
        movedAt: held.moved_at,
        tightened: held.tightened,
        status: held.status,
        countsUntil: held.counts_until,
    }
    .abi_encode())
}

pub fn asset_count(words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    Ok(Out::default().uint(storage::registry().assets).bytes())
}

pub fn asset_at(words: Words<'_>) -> Result<Vec<u8>> {
    let index = listed(words)?;
    let (token, feed, Rule { curve, limit, price_cap }) =
        (storage::token(index), storage::feed(index), storage::rule(index));
    let terms = AssetTerms {
        token: token.address,
        class: token.class,
        decimals: token.decimals,
        feed,
        baseHaircut: curve.base,
        floor: curve.floor,
        cap: curve.cap,
        deviationSlope: curve.deviation,
        dispersionSlope: curve.dispersion,
        confidenceSlope: curve.confidence,
        concentrationLimit: limit,
        priceCap: price_cap,
    };
    Ok(terms.abi_encode())
}

pub fn asset_of(words: Words<'_>) -> Result<Vec<u8>> {
    let token = words.exactly(1)?.address(0)?;
    let (index, asset) = storage::asset_of(token).ok_or(UnknownAsset { token })?;
    Ok(Out::default().uint(index.number()).uint(asset.decimals).uint(asset.class).bytes())
}

pub fn roles(words: Words<'_>) -> Result<Vec<u8>> {
    let held = storage::participant(words.exactly(1)?.address(0)?);
    let lei = B256::right_padding_from(held.lei.as_slice());
    Ok(Out::default().uint(held.roles).word(lei).uint(!held.refused).bytes())
}

pub fn accepted_by(words: Words<'_>) -> Result<Vec<u8>> {
    let held = storage::participant(words.exactly(1)?.address(0)?);
    Ok(Out::default().uint(!held.refused).bytes())
}

pub fn oracle(words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    Ok(Out::default().address(storage::registry().oracle).bytes())
}

pub fn guardian(words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    Ok(Out::default().address(storage::guardian()).bytes())
}

pub fn pauser(words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    Ok(Out::default().address(storage::pauser()).bytes())
}

pub fn owner(words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    Ok(Out::default().address(ownership::owner()).bytes())
}

fn listed(words: Words<'_>) -> Result<Index> {
    index_at(words.exactly(1)?)
}

/// The listed asset that the first word names.
pub fn index_at(words: Words<'_>) -> Result<Index> {
    let number = words.u8(0)?;
    let index = Index::new(number).filter(|_| number < storage::registry().assets);
    Ok(index.ok_or(UnknownIndex { index: U256::from(number) })?)
}

fn valuation_word(index: Index) -> Result<B256> {
    let word = storage::valuation_word(index);
    if word.is_zero() { Err(UnknownIndex { index: U256::from(index.number()) }.into()) } else { Ok(word) }
}
