//! The README: its figures are those of the snapshots, and its walks lead through functions that exist.
use super::page::{Page, read};
use serde_json::Value;

/// Rows of the gas table, by how they begin, and the snapshot's figures that they hold.
const GAS: [(&str, &[&str]); 11] = [
    ("| `settle`, 2 accounts, 1 fill, every check |", &["settle_2_accounts_1_fill"]),
    ("| each further fill between them |", &["settle_marginal_fill"]),
    ("| each further account,", &["settle_marginal_account", "settle_marginal_account_with_move"]),
    ("| `mark` of one more account,", &["mark_marginal_account", "mark_marginal_account_with_claim"]),
    ("| the same, with a standing top-up", &["mark_marginal_account_top_up", "standing_substitution"]),
    ("| price round, 5 signers |", &["price_round_5_signers"]),
    ("| a slot: nine feeds by five reporters,", &["slot_9_feeds_5_reporters"]),
    ("| `settle`, 2 accounts, 1 fill, a move for each |", &["settle_2_accounts_1_fill_with_moves"]),
    ("| portfolio margin, 64 options", &["evaluate_64_options"]),
    (
        "| a dispute decided",
        &["escrow.revealPortfolio/no_claim", "escrow.revealPortfolio/variation", "escrow.revealPortfolio/book"],
    ),
    ("| the same of a requirement, with the claim", &["escrow.revealPortfolio"]),
];

#[test]
fn its_gas_is_that_of_the_snapshot() {
    let (readme, snapshot) = (Page::at("README.md"), snapshot("gas"));
    for (row, names) in GAS {
        let line =
            readme.prose().find(|line| line.starts_with(row)).unwrap_or_else(|| panic!("README.md: no row {row}"));
        for name in names {
            let (hot, entry) = (&snapshot["gas"][name], &snapshot["entries"][name]["cached"]);
            let figure = thousands(hot.as_u64().or(entry.as_u64()).unwrap_or_else(|| panic!("gas.json: no {name}")));
            assert!(line.contains(&figure), "README.md: {name} is {figure} in gas.json, and here stands: {line}");
        }
    }
}

#[test]
fn its_sizes_are_those_of_the_snapshot() {
    let (readme, snapshot) = (Page::at("README.md"), snapshot("size"));
    for (name, size) in snapshot["contracts"].as_object().unwrap() {
        let figure = thousands(size["compressed"].as_u64().unwrap());
        assert!(readme.text.contains(&format!(" {figure} ")), "README.md: {name} has {figure} bytes in size.json");
    }
}

fn snapshot(name: &str) -> Value {
    serde_json::from_str(&read(format!("tests/snapshots/{name}.json")).unwrap()).unwrap()
}

/// 1,234,567
fn thousands(number: u64) -> String {
    let digits = number.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place != 0 && (digits.len() - place).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// Rows of three cells: what happens, links to files, and functions to look for in them.
#[test]
fn its_walks_name_functions_that_exist() {
    let (readme, mut count) = (Page::at("README.md"), 0);
    for line in readme.prose().filter(|line| line.starts_with('|') && line.contains(".rs)")) {
        let cells: Vec<&str> = line.trim_matches('|').split('|').collect();
        let [_, files, functions] = cells[..] else { continue };
        let linked = files.split("](").skip(1).filter_map(|rest| rest.split(')').next());
        let source: String = linked.filter_map(read).collect();
        for function in functions.split('`').skip(1).step_by(2) {
            let found = ["(", "<"].iter().any(|open| source.contains(&format!("fn {function}{open}")));
            assert!(found, "README.md: there is no `{function}` in {}", files.trim());
            count += 1;
        }
    }
    assert!(count > 70, "{count} functions named");
}
