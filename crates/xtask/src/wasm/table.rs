//! The sizes, for people.

use super::{Manifest, activation::Report, fragments, manifest::Built};
use std::collections::BTreeMap;

/// `left` is what the compressed code may grow by until another fragment is needed, and until no chain takes it.
pub fn print(manifest: &Manifest, reports: &BTreeMap<String, Report>) {
    println!("      {}", manifest.compiler);
    println!(
        "      {:<24}{:>9}{:>12}{:>11}{:>10}{:>11}{:>7}{:>9}  activation",
        "contract", "raw", "compressed", "fragments", "left", "left of 4", "pages", "opcodes"
    );
    for (name, report) in reports {
        let Built { raw, compressed, fragments, .. } = manifest.contracts[name];
        let verdict = if report.refusals.is_empty() { "ok" } else { "REFUSED" };
        let accounts = if fragments == 0 { "–".to_owned() } else { fragments.to_string() };
        println!(
            "      {name:<24}{raw:>9}{compressed:>12}{accounts:>11}{:>10}{:>11}{:>7}{:>9}  {verdict}",
            fragments::left(compressed, fragments.max(1)),
            fragments::left(compressed, 4),
            report.pages,
            report.longest
        );
    }
}
