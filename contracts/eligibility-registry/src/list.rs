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
    args::Args,
    event::emit,
    host::Host,
    revert::{OrFail, ensure},
    words::Writer,
};

/// Until its first round an asset is worth nothing.
pub fn list_asset(host: Host, args: &Args<'_>) -> Vec<u8> {
    ensure_owner(host);
    let terms = terms::read(args);
    let token = terms.token;
    ensure(terms::valid(&terms), || InvalidTerms { token });
    ensure(storage::asset_of(host, token).is_none(), || AssetAlreadyListed { token });
    ensure_decimals(host, token, terms.decimals);
    let index = next_index(host);
    write(host, index, &terms);
    announce(host, index, &terms);
    Writer::default().uint(index.number()).bytes()
}

fn next_index(host: Host) -> Index {
    let held = storage::registry(host);
    let index = Index::new(held.assets).or_fail(|| TooManyAssets {});
    storage::put_registry(host, Registry { assets: held.assets.saturating_add(1), ..held });
    index
}

fn write(host: Host, index: Index, terms: &AssetTerms) {
    let limit = terms.concentrationLimit;
    storage::put_token(host, index, Token { address: terms.token, decimals: terms.decimals, class: terms.class });
    storage::put_feed(host, index, terms.feed);
    storage::put_rule(host, index, &terms::rule(terms));
    storage::put_haircut(host, index, &Haircut::resting(terms.baseHaircut));
    storage::put_valuation(
        host,
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

fn announce(host: Host, index: Index, terms: &AssetTerms) {
    emit(
        host,
        &AssetListed {
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
        },
    );
}
