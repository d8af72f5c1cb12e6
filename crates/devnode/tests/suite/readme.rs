//! The README names every method, and no other.

use plumbline_devnode::{Chain, DevnodeConfig, methods};
use std::collections::BTreeSet;

#[test]
fn the_table_of_methods_is_complete() {
    let readme = include_str!("../../README.md");
    let table = readme.split("## Methods").nth(1).unwrap().split("\n## ").next().unwrap();
    let mut named = BTreeSet::new();
    for line in table.lines().filter(|line| line.starts_with("| `")) {
        let cell = line.split('|').nth(1).unwrap();
        for name in cell.split('`').skip(1).step_by(2) {
            assert!(named.insert(name), "{name} stands there twice");
        }
    }
    let node = methods(Chain::new(DevnodeConfig::default())).unwrap();
    assert_eq!(named, node.method_names().collect());
}
