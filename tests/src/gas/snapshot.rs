//! The committed figures: `{compiler, gas: {name: figure}}`.
use crate::artifacts;
use serde_json::{Value, json};
use std::path::PathBuf;

/// What was measured, and the bar it is held against where the design has one.
#[derive(Default)]
pub struct Figures(Vec<(&'static str, u64, Option<u64>)>);

impl Figures {
    pub fn budgeted(&mut self, name: &'static str, gas: u64, bar: u64) {
        self.0.push((name, gas, Some(bar)));
    }

    pub fn measured(&mut self, name: &'static str, gas: u64) {
        self.0.push((name, gas, None));
    }
}

/// Prints the figures; fails where they differ from the snapshot of the same compiler.
pub fn check(figures: &Figures) {
    print_table(figures);
    let compiler = artifacts::compiler();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        return write(figures, &compiler);
    }
    let text = std::fs::read_to_string(path()).expect("tests/snapshots/gas.json; UPDATE_SNAPSHOTS=1 writes it");
    let snapshot: Value = serde_json::from_str(&text).expect("the snapshot is JSON");
    let differences = differences(figures, &snapshot["gas"]);
    if differences.is_empty() {
        return;
    }
    let report = differences.join("\n");
    if snapshot["compiler"] == compiler.as_str() {
        panic!("gas differs from tests/snapshots/gas.json (UPDATE_SNAPSHOTS=1 accepts it):\n{report}");
    }
    println!("built by {compiler}, the snapshot by {}; not compared:\n{report}", snapshot["compiler"]);
}

fn differences(figures: &Figures, snapshot: &Value) -> Vec<String> {
    let mut lines = Vec::new();
    for (name, gas, bar) in &figures.0 {
        if snapshot[name].as_u64() != Some(*gas) {
            lines.push(format!("{name}: {} → {gas} → {}", snapshot[name], bar_text(*bar)));
        }
    }
    for name in snapshot.as_object().into_iter().flat_map(|known| known.keys()) {
        if !figures.0.iter().any(|(measured, ..)| measured == name) {
            lines.push(format!("{name}: no longer measured"));
        }
    }
    lines
}

fn print_table(figures: &Figures) {
    println!("{:<40} {:>9} {:>9}", "", "gas", "budget");
    for (name, gas, bar) in &figures.0 {
        let over = if bar.is_some_and(|bar| *gas > bar) { "  over" } else { "" };
        println!("{name:<40} {gas:>9} {:>9}{over}", bar_text(*bar));
    }
}

fn bar_text(bar: Option<u64>) -> String {
    bar.map_or_else(|| "-".to_owned(), |bar| bar.to_string())
}

fn write(figures: &Figures, compiler: &str) {
    let gas: serde_json::Map<String, Value> =
        figures.0.iter().map(|(name, gas, _)| ((*name).to_owned(), json!(gas))).collect();
    let text = serde_json::to_string_pretty(&json!({ "compiler": compiler, "gas": gas })).expect("JSON");
    std::fs::write(path(), text + "\n").expect("the snapshot can be written");
}

fn path() -> PathBuf {
    artifacts::workspace().join("tests/snapshots/gas.json")
}
