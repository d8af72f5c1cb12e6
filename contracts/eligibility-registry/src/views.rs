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
use contract_kit::{
    Result,
    host::Host,
    ownership,
    words::{Words, Writer, encode},
};

/// The words as they are stored: one load an asset, nothing else.
pub fn valuations(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    valuation_words(host, words.exactly(1)?.u16(0)?)
}

/// The same, and whether two still are what they were: no load for the zero address.
pub fn standing(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let words = words.exactly(3)?;
    let (agent, second_agent) = (roles_of(host, words.address(1)?), roles_of(host, words.address(2)?));
    let mut out = valuation_words(host, words.u16(0)?)?;
    out.extend_from_slice(&U256::from(u16::from_le_bytes([agent, second_agent])).to_be_bytes::<32>());
    Ok(out)
}

fn valuation_words(host: Host, assets: u16) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(assets.count_ones().saturating_add(1).saturating_mul(32) as usize);
    for index in Index::of(assets) {
        out.extend_from_slice(valuation_word(host, index)?.as_slice());
    }
    Ok(out)
}

fn roles_of(host: Host, participant: Address) -> u8 {
    if participant.is_zero() { 0 } else { storage::participant(host, participant).roles }
}

pub fn valuation(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let index = listed(host, words)?;
    Ok(encode(&unpack(&valuation_word(host, index)?.0)))
}

pub fn haircut(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let index = listed(host, words)?;
    let held = storage::haircut(host, index);
    let (slot, target) = (held.slot, held.target);
    Ok(encode(&HaircutState {
        haircut: held.current,
        target,
        signal: held.signal,
        slot,
        movedAt: held.moved_at,
        tightened: held.tightened,
        status: held.status,
        countsUntil: held.counts_until,
    }))
}

pub fn asset_count(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    Ok(Writer::default().uint(storage::registry(host).assets).bytes())
}

pub fn asset_at(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let index = listed(host, words)?;
    let (token, feed, Rule { curve, limit, price_cap }) =
        (storage::token(host, index), storage::feed(host, index), storage::rule(host, index));
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
    Ok(encode(&terms))
}

pub fn asset_of(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let token = words.exactly(1)?.address(0)?;
    let (index, asset) = storage::asset_of(host, token).ok_or(UnknownAsset { token })?;
    Ok(Writer::default().uint(index.number()).uint(asset.decimals).uint(asset.class).bytes())
}

pub fn roles(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let held = storage::participant(host, words.exactly(1)?.address(0)?);
    let lei = B256::right_padding_from(held.lei.as_slice());
    Ok(Writer::default().uint(held.roles).word(lei).uint(!held.refused).bytes())
}

pub fn accepted_by(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    let held = storage::participant(host, words.exactly(1)?.address(0)?);
    Ok(Writer::default().uint(!held.refused).bytes())
}

pub fn oracle(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    Ok(Writer::default().address(storage::registry(host).oracle).bytes())
}

pub fn guardian(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    Ok(Writer::default().address(storage::guardian(host)).bytes())
}

pub fn pauser(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    Ok(Writer::default().address(storage::pauser(host)).bytes())
}

pub fn owner(host: Host, words: Words<'_>) -> Result<Vec<u8>> {
    words.exactly(0)?;
    Ok(Writer::default().address(ownership::owner(host)).bytes())
}

fn listed(host: Host, words: Words<'_>) -> Result<Index> {
    index_at(host, words.exactly(1)?)
}

/// The listed asset that the first word names.
pub fn index_at(host: Host, words: Words<'_>) -> Result<Index> {
    let number = words.u8(0)?;
    let index = Index::new(number).filter(|_| number < storage::registry(host).assets);
    Ok(index.ok_or(UnknownIndex { index: U256::from(number) })?)
}

fn valuation_word(host: Host, index: Index) -> Result<B256> {
    let word = storage::valuation_word(host, index);
    if word.is_zero() { Err(UnknownIndex { index: U256::from(index.number()) }.into()) } else { Ok(word) }
}
