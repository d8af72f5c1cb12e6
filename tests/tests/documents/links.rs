//! Every relative link leads to a file that exists, and to a heading of it where it names one.
use super::page::Page;
use plumbline_tests::artifacts::workspace;
use std::path::{Component, Path, PathBuf};

#[test]
fn every_link_leads_to_a_file_and_a_heading() {
    let (mut broken, mut count) = (Vec::new(), 0);
    for page in Page::all() {
        for link in page.prose().flat_map(targets).filter(|link| !link.contains("://")) {
            count += 1;
            broken.extend(fault(&page, link).map(|what| format!("{}: {link}: {what}", page.name())));
        }
    }
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    assert!(count > 200, "{count} links found");
}

/// What stands in `](…)`.
fn targets(line: &str) -> impl Iterator<Item = &str> {
    line.split("](").skip(1).filter_map(|rest| rest.split(')').next())
}

fn fault(page: &Page, link: &str) -> Option<&'static str> {
    let (file, heading) = link.split_once('#').unwrap_or((link, ""));
    let from = page.path.parent().unwrap_or(Path::new(""));
    let target = if file.is_empty() { page.path.clone() } else { resolved(&from.join(file)) };
    if !workspace().join(&target).exists() {
        return Some("there is no such file");
    }
    let found = heading.is_empty() || Page::at(&target).anchors().iter().any(|anchor| anchor == heading);
    (!found).then_some("there is no such heading")
}

/// Without `..`, so that a link out of the repository is none.
fn resolved(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path.components() {
        match part {
            Component::ParentDir => drop(plain.pop()),
            other => plain.push(other),
        }
    }
    plain
}
