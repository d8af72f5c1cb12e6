//! A contract's page names each of its functions and errors, and the page of events each event.
use super::page::{Page, read};

/// By source in `crates/abi`: the interface, and the contract's page.
const CONTRACTS: [(&str, &str, &str); 5] = [
    ("oracle", "PriceOracle", "price-oracle"),
    ("registry", "EligibilityRegistry", "eligibility-registry"),
    ("escrow", "MarginEscrow", "margin-escrow"),
    ("verifier", "RiskVerifier", "risk-verifier"),
    ("examiner", "PortfolioExaminer", "portfolio-examiner"),
];

#[test]
fn every_function_and_error_stands_on_its_contracts_page() {
    let mut count = 0;
    for (source, interface, name) in CONTRACTS {
        let page = Page::at(format!("docs/contracts/{name}.md"));
        for kind in ["function", "error"] {
            for declared in declarations(source, interface, kind) {
                let named = ["`", "("].map(|end| format!("`{declared}{end}"));
                let found = named.iter().any(|named| page.text.contains(named));
                assert!(found, "{}: nothing is said of the {kind} {declared}", page.name());
                count += 1;
            }
        }
    }
    assert!(count > 200, "{count} functions and errors found");
}

#[test]
fn every_event_stands_on_its_page() {
    let (page, mut count) = (Page::at("docs/events.md"), 0);
    for (source, interface, name) in CONTRACTS {
        for event in declarations(source, interface, "event") {
            assert!(page.text.contains(&format!("`{event}`")), "docs/events.md says nothing of {name}'s {event}");
            count += 1;
        }
    }
    assert!(count > 60, "{count} events found");
}

/// Names that an interface declares.
fn declarations(source: &str, interface: &str, kind: &str) -> Vec<String> {
    let abi = read(format!("crates/abi/src/{source}.rs")).unwrap();
    let (_, declared) = abi.split_once(&format!("interface {interface} {{")).unwrap();
    let lines = declared.lines().filter_map(|line| line.trim().strip_prefix(kind)?.strip_prefix(' '));
    lines.map(|line| line.split('(').next().unwrap().to_owned()).collect()
}
