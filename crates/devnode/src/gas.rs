//! `devnode gas`: a transaction's gas as a table.

use alloy::primitives::B256;
use alloy::providers::{Provider, ProviderBuilder};
use anyhow::{Context, Result};
use serde_json::Value;

/// Field of the breakdown, and what it means.
const ROWS: [(&str, &str); 11] = [
    ("intrinsic", "intrinsic"),
    ("calldata", "calldata"),
    ("data", "data on the parent chain"),
    ("programEntry", "program entry"),
    ("memoryPages", "memory pages"),
    ("wasm", "WASM compute"),
    ("hostIo", "host functions"),
    ("storage", "storage"),
    ("evmPriced", "logs, accounts, transient"),
    ("subCalls", "sub-calls, their own price"),
    ("evm", "EVM code, precompiles, rest"),
];

pub async fn print(transaction: B256, rpc_url: &str) -> Result<()> {
    let provider = ProviderBuilder::new().connect_http(rpc_url.parse().context("invalid --rpc-url")?);
    let report: Value = provider
        .raw_request("devnode_gasBreakdown".into(), (transaction,))
        .await
        .with_context(|| format!("no answer from a devnode at {rpc_url}: --rpc-url says where it is"))?;
    anyhow::ensure!(!report.is_null(), "transaction {transaction} is unknown at {rpc_url}");
    print!("{}", table(&report));
    Ok(())
}

/// The breakdown as text.
fn table(report: &Value) -> String {
    let number = |value: &Value, name: &str| value[name].as_u64().unwrap_or_default();
    let total = number(report, "total");
    let spent = total + number(report, "refund");
    let share = |gas: u64| gas as f64 * 100.0 / spent.max(1) as f64;
    let mut text = String::new();
    for (field, meaning) in ROWS {
        let gas = number(report, field);
        text += &format!("{meaning:<30}{gas:>12}{:>8.1} %\n", share(gas));
    }
    if number(report, "refund") > 0 {
        text += &format!("{:<30}{:>12}\n", "refund", -(number(report, "refund") as i64));
    }
    text += &format!("{:<30}{total:>12}\n\ncalls, each with those it made{:>14}{:>12}\n", "total", "gas", "own");
    for call in report["calls"].as_array().into_iter().flatten() {
        let code = if call["program"].as_bool().unwrap_or_default() { "program" } else { "evm" };
        let failed = if call["success"].as_bool().unwrap_or_default() { "" } else { "  failed" };
        let to = call["to"].as_str().unwrap_or_default();
        let name = format!(
            "{}{} {to}",
            "  ".repeat(number(call, "depth") as usize),
            call["kind"].as_str().unwrap_or_default()
        );
        text += &format!("{name:<60}{code:>9}{:>12}{:>12}{failed}\n", number(call, "gasUsed"), number(call, "ownGas"));
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn table_shows_each_part_and_each_call() {
        let call = |depth: u64, program: bool| json!({ "depth": depth, "kind": "CALL", "to": "0xab", "program": program, "success": program, "gasUsed": 5_000, "ownGas": 4_000 });
        let text = table(
            &json!({ "intrinsic": 21_000, "wasm": 4_000, "total": 24_000, "refund": 1_000, "calls": [call(0, true), call(1, false)] }),
        );
        assert!(text.contains("intrinsic                            21000    84.0 %"), "{text}");
        assert!(text.contains("refund                               -1000"), "{text}");
        assert!(text.contains("  CALL 0xab") && text.ends_with("failed\n"), "{text}");
    }
}
