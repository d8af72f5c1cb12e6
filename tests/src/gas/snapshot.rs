//! The committed figures: `{compiler, gas: {name: figure}, entries: {contract.function: {cached, uncached}}}`.
use super::Entries;
use crate::artifacts;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// What was measured, and the bar it is held against where the design has one.
#[derive(Default)]
pub struct Figures {
    hot: Vec<(&'static str, u64, Option<u64>)>,
    /// Every entry that writes, with its programs in the cache and without.
    entries: Vec<(String, u64, u64)>,
}

impl Figures {
    /// Adds a figure that the design has a bar for; [`check`] prints what is over it.
    pub fn budgeted(&mut self, name: &'static str, gas: u64, bar: u64) {
        self.hot.push((name, gas, Some(bar)));
    }

    /// Adds a figure that no bar is set for.
    pub fn measured(&mut self, name: &'static str, gas: u64) {
        self.hot.push((name, gas, None));
    }

    /// Adds all entries. Panics where one was measured with the cache alone.
    pub fn entries(&mut self, cached: Entries, uncached: &Entries) {
        self.entries.extend(cached.into_iter().map(|(name, gas)| {
            let outside = uncached[&name];
            (name, gas, outside)
        }));
    }

    fn hot_as_json(&self) -> Map<String, Value> {
        self.hot.iter().map(|(name, gas, _)| ((*name).to_owned(), json!(gas))).collect()
    }

    fn entries_as_json(&self) -> Map<String, Value> {
        let entry = |(name, cached, uncached): &(String, u64, u64)| {
            (name.clone(), json!({ "cached": cached, "uncached": uncached }))
        };
        self.entries.iter().map(entry).collect()
    }
}

/// Prints the figures; fails where they differ from the snapshot of the same compiler.
pub fn check(figures: &Figures) {
    print_tables(figures);
    let compiler = artifacts::compiler();
    if std::env::var_os("UPDATE_SNAPSHOTS").is_some() {
        return write(figures, &compiler);
    }
    let text = std::fs::read_to_string(path()).expect("tests/snapshots/gas.json; UPDATE_SNAPSHOTS=1 writes it");
    let snapshot: Value = serde_json::from_str(&text).expect("the snapshot is JSON");
    let mut differences = differences(&figures.hot_as_json(), &snapshot["gas"]);
    differences.extend(self::differences(&figures.entries_as_json(), &snapshot["entries"]));
    if differences.is_empty() {
        return;
    }
    let report = differences.join("\n");
    if snapshot["compiler"] == compiler.as_str() {
        panic!("gas differs from tests/snapshots/gas.json (UPDATE_SNAPSHOTS=1 accepts it):\n{report}");
    }
    println!("built by {compiler}, the snapshot by {}; not compared:\n{report}", snapshot["compiler"]);
}

fn differences(measured: &Map<String, Value>, snapshot: &Value) -> Vec<String> {
    let changed = measured.iter().filter(|(name, gas)| snapshot[name.as_str()] != **gas);
    let gone = snapshot.as_object().into_iter().flat_map(Map::keys).filter(|name| !measured.contains_key(*name));
    let changed = changed.map(|(name, gas)| format!("{name}: {} → {gas}", snapshot[name.as_str()]));
    changed.chain(gone.map(|name| format!("{name}: no longer measured"))).collect()
}

fn print_tables(figures: &Figures) {
    println!("{:<40} {:>9} {:>9}", "", "gas", "budget");
    for (name, gas, bar) in &figures.hot {
        let over = if bar.is_some_and(|bar| *gas > bar) { "  over" } else { "" };
        let bar = bar.map_or_else(|| "-".to_owned(), |bar| bar.to_string());
        println!("{name:<40} {gas:>9} {bar:>9}{over}");
    }
    println!("\n{:<40} {:>9} {:>9}", "entry", "cached", "uncached");
    for (name, cached, uncached) in &figures.entries {
        println!("{name:<40} {cached:>9} {uncached:>9}");
    }
}

fn write(figures: &Figures, compiler: &str) {
    let (gas, entries) = (figures.hot_as_json(), figures.entries_as_json());
    let all = json!({ "compiler": compiler, "gas": gas, "entries": entries });
    let text = serde_json::to_string_pretty(&all).expect("JSON");
    std::fs::write(path(), text + "\n").expect("the snapshot can be written");
}

fn path() -> PathBuf {
    artifacts::workspace().join("tests/snapshots/gas.json")
}
