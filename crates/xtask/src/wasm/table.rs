//! The sizes, for people.

use super::{
    Manifest,
    activation::{Report, limits::CODE},
};
use std::collections::BTreeMap;

pub fn print(manifest: &Manifest, reports: &BTreeMap<String, Report>) {
    println!("      {}", manifest.compiler);
    println!("      {:<24}{:>9}{:>12}{:>13}{:>7}  activation", "contract", "raw", "compressed", "of 24,576", "pages");
    for (name, report) in reports {
        let built = &manifest.contracts[name];
        let share = built.compressed as f64 * 100.0 / CODE as f64;
        let verdict = if report.refusals.is_empty() { "ok" } else { "REFUSED" };
        println!(
            "      {name:<24}{:>9}{:>12}{share:>11.1} %{:>7}  {verdict}",
            built.raw, built.compressed, report.pages
        );
    }
}
