//! `listAsset`.
use crate::{
    decimals::ensure_decimals,
    governance::ensure_owner,
    haircut::Haircut,
    storage::{self, Index, Registry, Token},
    terms,
};
use abi::registry::{
    AssetTerms,
    EligibilityRegistry::{AssetAlreadyListed, AssetListed, InvalidTerms, TooManyAssets},
    Valuation,
};
use alloc::vec::Vec;
use contract_kit::{
    Result,
    event::emit,
    revert::ensure,
    words::{Out, Words},
};

/// Until its first round an asset is worth nothing.
pub fn list_asset(words: Words<'_>) -> Result<Vec<u8>> {
    ensure_owner()?;
    let terms = terms::read(words)?;
    let token = terms.token;
    ensure(terms::valid(&terms), || InvalidTerms { token })?;
    ensure(storage::asset_of(token).is_none(), || AssetAlreadyListed { token })?;
    ensure_decimals(token, terms.decimals)?;
    let index = next_index()?;
    write(index, &terms);
    announce(index, &terms);
    Ok(Out::default().uint(index.number()).bytes())
}

fn next_index() -> Result<Index> {
    let held = storage::registry();
    let index = Index::new(held.assets).ok_or(TooManyAssets {})?;
    storage::put_registry(Registry { assets: held.assets.saturating_add(1), ..held });
    Ok(index)
}

fn write(index: Index, terms: &AssetTerms) {
    let limit = terms.concentrationLimit;
    storage::put_token(index, Token { address: terms.token, decimals: terms.decimals, class: terms.class });
    storage::put_feed(index, terms.feed);
    storage::put_rule(index, &terms::rule(terms));
    storage::put_haircut(index, &Haircut::resting(terms.baseHaircut));
    storage::put_valuation(
        index,
        &Valuation {
            slot: 0,
            factor: 0,
            factorNew: 0,
            concentrationLimit: limit,
            suspended: false,
            priceCap: terms.priceCap,
        },
    );
}

fn announce(index: Index, terms: &AssetTerms) {
    emit(&AssetListed {
        index: index.number(),
        token: terms.token,
        class: terms.class,
        decimals: terms.decimals,
        feed: terms.feed,
        baseHaircut: terms.baseHaircut,
        floor: terms.floor,
        cap: terms.cap,
        deviationSlope: terms.deviationSlope,
        dispersionSlope: terms.dispersionSlope,
        confidenceSlope: terms.confidenceSlope,
        concentrationLimit: terms.concentrationLimit,
        priceCap: terms.priceCap,
    });
}
