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
    args::Args,
    host::Host,
    ownership,
    revert::{OrFail, fail},
    words::{Writer, encode},
};

/// The words as they are stored: one load an asset, nothing else.
pub fn valuations(host: Host, args: &Args<'_>) -> Vec<u8> {
    valuation_words(host, args.exactly(1).u16(0))
}

/// The same, and whether two still are what they were: no load for the zero address.
pub fn standing(host: Host, args: &Args<'_>) -> Vec<u8> {
    let args = args.exactly(3);
    let (agent, second_agent) = (roles_of(host, args.address(1)), roles_of(host, args.address(2)));
    let mut out = valuation_words(host, args.u16(0));
    out.extend_from_slice(&U256::from(u16::from_le_bytes([agent, second_agent])).to_be_bytes::<32>());
    out
}

fn valuation_words(host: Host, assets: u16) -> Vec<u8> {
    let mut out = Vec::with_capacity(assets.count_ones().saturating_add(1).saturating_mul(32) as usize);
    for index in Index::of(assets) {
        out.extend_from_slice(valuation_word(host, index).as_slice());
    }
    out
}

fn roles_of(host: Host, participant: Address) -> u8 {
    if participant.is_zero() { 0 } else { storage::participant(host, participant).roles }
}

pub fn valuation(host: Host, args: &Args<'_>) -> Vec<u8> {
    let index = listed(host, args);
    encode(&unpack(&valuation_word(host, index).0))
}

pub fn haircut(host: Host, args: &Args<'_>) -> Vec<u8> {
    let index = listed(host, args);
    let held = storage::haircut(host, index);
    let (slot, target) = (held.slot, held.target);
    encode(&HaircutState {
        haircut: held.current,
        target,
        signal: held.signal,
        slot,
        movedAt: held.moved_at,
        tightened: held.tightened,
        status: held.status,
        countsUntil: held.counts_until,
    })
}

pub fn asset_count(host: Host, args: &Args<'_>) -> Vec<u8> {
    args.exactly(0);
    Writer::default().uint(storage::registry(host).assets).bytes()
}

pub fn asset_at(host: Host, args: &Args<'_>) -> Vec<u8> {
    let index = listed(host, args);
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
    encode(&terms)
}

pub fn asset_of(host: Host, args: &Args<'_>) -> Vec<u8> {
    let token = args.exactly(1).address(0);
    let (index, asset) = storage::asset_of(host, token).or_fail(|| UnknownAsset { token });
    Writer::default().uint(index.number()).uint(asset.decimals).uint(asset.class).bytes()
}

pub fn roles(host: Host, args: &Args<'_>) -> Vec<u8> {
    let held = storage::participant(host, args.exactly(1).address(0));
    let lei = B256::right_padding_from(held.lei.as_slice());
    Writer::default().uint(held.roles).word(lei).uint(!held.refused).bytes()
}

pub fn accepted_by(host: Host, args: &Args<'_>) -> Vec<u8> {
    let held = storage::participant(host, args.exactly(1).address(0));
    Writer::default().uint(!held.refused).bytes()
}

pub fn oracle(host: Host, args: &Args<'_>) -> Vec<u8> {
    args.exactly(0);
    Writer::default().address(storage::registry(host).oracle).bytes()
}

pub fn guardian(host: Host, args: &Args<'_>) -> Vec<u8> {
    args.exactly(0);
    Writer::default().address(storage::guardian(host)).bytes()
}

pub fn pauser(host: Host, args: &Args<'_>) -> Vec<u8> {
    args.exactly(0);
    Writer::default().address(storage::pauser(host)).bytes()
}

pub fn owner(host: Host, args: &Args<'_>) -> Vec<u8> {
    args.exactly(0);
    Writer::default().address(ownership::owner(host)).bytes()
}

fn listed(host: Host, args: &Args<'_>) -> Index {
    index_at(host, args.exactly(1))
}

/// The listed asset that the first word names.
pub fn index_at(host: Host, args: &Args<'_>) -> Index {
    let number = args.u8(0);
    let index = Index::new(number).filter(|_| number < storage::registry(host).assets);
    index.or_fail(|| UnknownIndex { index: U256::from(number) })
}

fn valuation_word(host: Host, index: Index) -> B256 {
    let word = storage::valuation_word(host, index);
    if word.is_zero() { fail(&UnknownIndex { index: U256::from(index.number()) }) } else { word }
}
