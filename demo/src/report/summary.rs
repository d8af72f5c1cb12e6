//! `summary.json`: the figures for machines.
use super::Figures;
use anyhow::{Context, Result};
use chain::invariants::INVARIANTS;
use serde_json::{Map, Value, json};
use std::path::Path;

/// Writes the file and returns what is in it.
pub fn write(figures: &Figures, path: &Path) -> Result<Value> {
    let summary = summary(figures);
    let text = serde_json::to_string_pretty(&summary)?;
    std::fs::write(path, text + "\n").with_context(|| format!("writing {}", path.display()))?;
    Ok(summary)
}

fn summary(figures: &Figures) -> Value {
    json!({
        "fills_offered": figures.fills_offered,
        "fills_settled": figures.fills_settled,
        "fills_waiting": figures.fills_waiting,
        "fills_lapsed": figures.fills_lapsed,
        "bundles": figures.bundles,
        "marks": figures.marks,
        "claims_opened": figures.claims.opened,
        "claims_satisfied": figures.claims.satisfied,
        "claims_late": figures.claims.late,
        "late_interest": figures.claims.interest,
        "claims_open": figures.claims.open,
        "claims_failed": figures.claims.failed,
        "claims_by_cause": figures.claims.causes,
        "recalled_lots": figures.recalled,
        "claims": figures.claims.list,
        "disputes": figures.disputes,
        "requirements": figures.requirements,
        "haircuts": haircuts(figures),
        "gas": {
            "per_bundle": figures.bundle_gas,
            "per_fill": figures.gas_per_fill,
            "fills_per_bundle": figures.fills_per_bundle,
            "per_mark": figures.mark_gas,
            "per_price_slot": figures.slot_gas,
        },
        "latency_ms": latency(figures),
        "responses": figures.responses,
        "gas_by_kind": figures.spent,
        "substitutions": figures.moves.substitutions,
        "pledges": figures.moves.pledges,
        "blocks": figures.blocks,
        "seconds": figures.seconds,
        "invariants": invariants(figures),
    })
}

/// Accepted to included: all fills, then those with margin at once and those that waited for it.
fn latency(figures: &Figures) -> Value {
    let all = figures.latency.accepted_to_included;
    json!({
        "p50": all.p50,
        "p99": all.p99,
        "max": all.max,
        "count": all.count,
        "margin_at_once": figures.latency.at_once,
        "waited_for_margin": figures.latency.after_waiting,
    })
}

fn haircuts(figures: &Figures) -> Value {
    let path = |(symbol, path): (&String, &super::haircuts::Path)| {
        let steps: Vec<Value> = path
            .steps
            .iter()
            .map(|(time, current, new)| json!({ "time": time, "ppm": current, "new_ppm": new }))
            .collect();
        let figures = json!({
            "base_ppm": path.base,
            "highest_ppm": figures.haircuts.highest(symbol),
            "highest_new_ppm": figures.haircuts.highest_for_new(symbol),
            "last_ppm": figures.haircuts.at(symbol, u64::MAX),
            "path": steps,
        });
        (symbol.clone(), figures)
    };
    Value::Object(figures.haircuts.paths.iter().map(path).collect::<Map<_, _>>())
}

fn invariants(figures: &Figures) -> Value {
    let one = |(number, name): &(u8, &str)| {
        let broken: Vec<String> = figures
            .audit
            .breaches
            .iter()
            .filter(|breach| breach.fault.invariant == *number)
            .map(ToString::to_string)
            .collect();
        let checks = figures.audit.checks.get(number).copied().unwrap_or(0);
        (number.to_string(), json!({ "name": name, "checks": checks, "holds": broken.is_empty(), "broken": broken }))
    };
    Value::Object(INVARIANTS.iter().map(one).collect::<Map<_, _>>())
}
