//! Tables of the documentation that come from the code.
//!
//! A page holds each between `<!-- name -->` and `<!-- end -->`. A test beside the code checks it; with `UPDATE_DOCS=1` it writes it.
#![warn(missing_docs, clippy::missing_errors_doc)]

use std::path::{Path, PathBuf};
use std::sync::Mutex;

/// A field of a storage word: name, type, bits, and the name by which `OutOfRange` refuses what is wider, or nothing.
pub type SlotField = (&'static str, &'static str, u32, &'static str);

/// A field of packed calldata: name and shape.
pub type PackedField = (&'static str, &'static str);

/// One test writes a page at a time.
static PAGE: Mutex<()> = Mutex::new(());

/// Fails where the page's table is not this one.
#[track_caller]
pub fn check(page: &str, name: &str, table: &str) {
    let _alone = PAGE.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
    let path = path(page);
    let text = std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    let (before, held, after) = parts(&text, name).unwrap_or_else(|| panic!("{page} has no table {name}"));
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, format!("{before}{table}{after}")).unwrap_or_else(|error| panic!("{page}: {error}"));
    } else {
        assert_eq!(held, table, "{page} shows another table {name}; UPDATE_DOCS=1 writes this one");
    }
}

/// A storage word, lowest bits first.
pub fn slot(fields: &[SlotField]) -> String {
    let mut table = String::from("| bits | field | type | wider is refused as |\n|---|---|---|---|\n");
    let mut from = 0;
    for (name, of, bits, refused) in fields {
        let last = from + bits - 1;
        let bits_of = if last == from { from.to_string() } else { format!("{from}–{last}") };
        table += &format!("| {bits_of} | {name} | {of} | {refused} |\n");
        from += bits;
    }
    table
}

/// Packed calldata, in order.
pub fn packed(fields: &[PackedField]) -> String {
    let rows = fields.iter().map(|(name, shape)| format!("| {name} | {shape} |\n"));
    "| field | bytes |\n|---|---|\n".to_owned() + &rows.collect::<String>()
}

fn path(page: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(page)
}

/// What stands before, in and after a table.
fn parts<'a>(text: &'a str, name: &str) -> Option<(&'a str, &'a str, &'a str)> {
    let marker = format!("<!-- {name} -->\n");
    let start = text.find(&marker)? + marker.len();
    let (before, rest) = text.split_at(start);
    let (held, after) = rest.split_at(rest.find("<!-- end -->")?);
    Some((before, held, after))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_table_is_found_by_its_name() {
        let text = "a\n<!-- slots:x -->\none\n<!-- end -->\n<!-- slots:y -->\ntwo\n<!-- end -->\nb";
        let (before, held, after) = parts(text, "slots:y").unwrap();
        assert_eq!((held, after), ("two\n", "<!-- end -->\nb"));
        assert!(before.ends_with("<!-- slots:y -->\n"));
        assert_eq!(parts(text, "slots:z"), None);
    }

    #[test]
    fn bits_are_counted_from_the_lowest() {
        let table = slot(&[("a", "u32", 24, "house"), ("b", "bool", 1, "")]);
        assert!(table.ends_with("| 0–23 | a | u32 | house |\n| 24 | b | bool |  |\n"));
    }
}
