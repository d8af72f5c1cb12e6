//! `setRule`: the owner changes how an asset's haircut follows the oracle. The clock is nobody's to change.
use crate::{
    decimals::ensure_decimals,
    governance::ensure_owner,
    haircut::Curve,
    storage,
    terms::{self, Rule},
    views::index_at,
};
use abi::registry::EligibilityRegistry::{InvalidTerms, RuleSet};
use alloc::vec::Vec;
use contract_kit::{args::Args, event::emit, host::Host, revert::ensure};

/// In force from the next sync on. What is in force now must lie within the new bounds: so it never leaves them.
pub fn set_rule(host: Host, args: &Args<'_>) -> Vec<u8> {
    ensure_owner(host);
    let args = args.exactly(9);
    let index = index_at(host, args);
    let curve = Curve {
        base: args.u32(1),
        floor: args.u32(2),
        cap: args.u32(3),
        deviation: args.u32(4),
        dispersion: args.u32(5),
        confidence: args.u32(6),
    };
    let (held, token) = (storage::haircut(host, index), storage::token(host, index));
    let rule = Rule { curve, limit: args.u32(7), price_cap: args.u32(8) };
    let bounds = curve.floor..=curve.cap;
    let fits = bounds.contains(&held.current) && held.tightened <= curve.cap;
    ensure(fits && terms::valid_rule(&rule, token.class), || InvalidTerms { token: token.address });
    // A token that says nothing any more stops no tightening.
    if rule.loosens(&storage::rule(host, index)) {
        ensure_decimals(host, token.address, token.decimals);
    }
    storage::put_rule(host, index, &rule);
    emit(
        host,
        &RuleSet {
            index: index.number(),
            baseHaircut: curve.base,
            floor: curve.floor,
            cap: curve.cap,
            deviationSlope: curve.deviation,
            dispersionSlope: curve.dispersion,
            confidenceSlope: curve.confidence,
            concentrationLimit: rule.limit,
            priceCap: rule.price_cap,
        },
    );
    Vec::new()
}
