//! Rules are numbered, and each names the test that shows it. Every test that a page names exists.
use super::page::{Page, read};

#[test]
fn every_rule_has_its_number_and_names_a_test() {
    let mut pages = Page::within("docs/contracts");
    pages.extend(["docs/claims.md", "docs/properties.md"].map(Page::at));
    let mut count = 0;
    for page in pages {
        count += rules(&page);
    }
    assert!(count > 300, "{count} rules found");
}

/// How many rules a page has: lines that begin with a number, which counts on from one.
fn rules(page: &Page) -> usize {
    let numbered = page.prose().filter(|line| line.starts_with(|first: char| first.is_ascii_digit()));
    let mut count = 0;
    for line in numbered {
        count += 1;
        assert!(line.starts_with(&format!("{count}. ")), "{}: rule {count} is missing before: {line}", page.name());
        let last = line.trim_end_matches('`').rsplit('`').next().unwrap();
        assert!(last.contains(".rs::"), "{}: no test is named: {line}", page.name());
    }
    count
}

#[test]
fn every_test_that_is_named_exists() {
    let (mut missing, mut count) = (Vec::new(), 0);
    for page in Page::all() {
        for named in page.quoted().filter(|quoted| quoted.contains(".rs::")) {
            count += 1;
            if !exists(named) {
                missing.push(format!("{}: there is no {named}", page.name()));
            }
        }
    }
    assert!(missing.is_empty(), "{}", missing.join("\n"));
    assert!(count > 350, "{count} tests named");
}

/// A test is named by its file in `tests/tests`, or by its path from the root.
fn exists(named: &str) -> bool {
    let Some((file, test)) = named.split_once("::") else { return false };
    let texts = [format!("tests/tests/{file}"), file.to_owned()].map(read);
    texts.iter().flatten().any(|text| text.contains(&format!("fn {test}(")))
}

#[test]
fn every_decision_says_what_became_of_it_and_what_was_rejected() {
    let (pages, list) = (Page::within("docs/decisions"), Page::at("docs/decisions/README.md"));
    for page in pages.iter().filter(|page| page.path != list.path) {
        for part in
            ["**Status:** ", "**Date:** ", "\n## Context\n", "\n## Choice\n", "\n## Rejected\n", "\n## Consequences\n"]
        {
            assert!(page.text.contains(part), "{}: {} is missing", page.name(), part.trim());
        }
        let file = page.path.file_name().unwrap().to_string_lossy();
        assert!(list.text.contains(&format!("({file})")), "docs/decisions/README.md does not list {file}");
    }
    assert!(pages.len() > 14, "{} pages found", pages.len());
}
