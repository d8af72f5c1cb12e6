//! The pages that name things name what there is.
use plumbline_tests::artifacts::workspace;
use std::fs;

fn page(name: &str) -> String {
    fs::read_to_string(workspace().join("docs").join(name)).unwrap()
}

#[test]
fn every_event_stands_on_its_page() {
    let (page, mut count) = (page("events.md"), 0);
    for source in ["escrow", "registry", "oracle"] {
        let abi = fs::read_to_string(workspace().join(format!("crates/abi/src/{source}.rs"))).unwrap();
        for line in abi.lines().filter_map(|line| line.trim().strip_prefix("event ")) {
            let name = line.split('(').next().unwrap();
            assert!(page.contains(&format!("`{name}`")), "docs/events.md says nothing of {source}'s {name}");
            count += 1;
        }
    }
    assert!(count > 25, "{count} events found");
}

#[test]
fn every_property_names_a_test_that_exists() {
    let (page, mut count) = (page("properties.md"), 0);
    for line in page.lines().filter(|line| line.starts_with("- ")) {
        let named = line.trim_end_matches('`').rsplit('`').next().unwrap();
        let (file, test) = named.split_once("::").unwrap_or_else(|| panic!("no test is named: {line}"));
        let text = fs::read_to_string(workspace().join("tests/tests").join(file)).unwrap_or_default();
        assert!(text.contains(&format!("fn {test}(")), "docs/properties.md: there is no {file}::{test}");
        count += 1;
    }
    assert!(count > 40, "{count} properties found");
}

#[test]
fn every_behaviour_of_a_token_names_a_test_that_exists() {
    let (page, mut count) = (page("tokens.md"), 0);
    for named in page.split('`').filter(|part| part.contains(".rs::")) {
        let (file, test) = named.split_once("::").unwrap();
        let folder = if file.contains('/') { "" } else { "tests/tests" };
        let text = fs::read_to_string(workspace().join(folder).join(file)).unwrap_or_default();
        assert!(text.contains(&format!("fn {test}(")), "docs/tokens.md: there is no {named}");
        count += 1;
    }
    assert!(count > 25, "{count} behaviours found");
}

#[test]
fn every_rule_names_a_test_that_exists() {
    let (page, mut count) = (page("claims.md"), 0);
    for line in page.lines().filter(|line| line.starts_with(|first: char| first.is_ascii_digit())) {
        count += 1;
        assert!(line.starts_with(&format!("{count}. ")), "docs/claims.md: rule {count} is missing before: {line}");
        let named = line.trim_end_matches('`').rsplit('`').next().unwrap();
        let (file, test) = named.split_once("::").unwrap_or_else(|| panic!("no test is named: {line}"));
        let text = fs::read_to_string(workspace().join("tests/tests").join(file)).unwrap_or_default();
        assert!(text.contains(&format!("fn {test}(")), "docs/claims.md: there is no {file}::{test}");
    }
    assert!(count > 70, "{count} rules found");
}
