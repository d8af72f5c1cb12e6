//! What JSON lets pass and a book must not: a key that stands twice, null, a list in an object's place.
//!
//! The book's own types would take the last of two entries of a map, pass over a null, and read a list as an object's
//! fields in order.

use super::{Refused, WHOLE};
use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, Visitor},
};
use serde_json::{Value, value::RawValue};
use std::{collections::BTreeMap, fmt};

/// Where lists stand.
const LISTS: [&str; 4] = ["positions", "collateral", "parameters.scenarios", "parameters.offset.among"];
/// Deeper than any book.
const DEEPEST: usize = 16;

pub fn check(text: &str) -> Result<(), Refused> {
    if text.starts_with('\u{feff}') {
        return Err(Refused::at(WHOLE, "begins with a byte order mark"));
    }
    let whole = serde_json::from_str::<&RawValue>(text).map_err(|error| broken(text, error))?;
    let other = match whole.get().as_bytes().first() {
        Some(b'{') => return Walk { text }.value(whole, "", 0),
        Some(b'[') => "a list",
        Some(b'"') => "a text",
        Some(b'n') => "null",
        Some(b't' | b'f') => "a truth value",
        _ => "a number",
    };
    Err(Refused::at(WHOLE, format!("is {other}: one object is read")))
}

/// A parser that keeps what it reads says better what it met: a trailing comma, say.
fn broken(text: &str, error: serde_json::Error) -> Refused {
    let error = serde_json::from_str::<Value>(text).err().unwrap_or(error);
    Refused::at(WHOLE, format!("not JSON, {error}"))
}

struct Walk<'a> {
    text: &'a str,
}

impl<'a> Walk<'a> {
    fn value(&self, value: &'a RawValue, path: &str, depth: usize) -> Result<(), Refused> {
        if depth > DEEPEST {
            return Err(Refused::at(path, "nothing in a book lies so deep"));
        }
        match value.get().as_bytes().first() {
            Some(b'{') => self.object(value, path, depth),
            Some(b'[') if LISTS.contains(&path) => self.list(value, path, depth),
            Some(b'[') => Err(Refused::at(path, "is a list, where none belongs")),
            Some(b'n') => Err(Refused::at(path, "is null: leave the key out where there is nothing to say")),
            _ => Ok(()),
        }
    }

    fn object(&self, value: &'a RawValue, path: &str, depth: usize) -> Result<(), Refused> {
        let Ok(Entries(entries)) = serde_json::from_str(value.get()) else { return Ok(()) };
        let mut places: BTreeMap<&str, &RawValue> = BTreeMap::new();
        for (key, value) in &entries {
            let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            if let Some(first) = places.insert(key, value) {
                let [first, second] = [first, *value].map(|value| self.place(value));
                return Err(Refused::at(&path, format!("stands twice: {path} at {first} and {path} at {second}")));
            }
            self.value(value, &path, depth + 1)?;
        }
        Ok(())
    }

    fn list(&self, value: &'a RawValue, path: &str, depth: usize) -> Result<(), Refused> {
        let Ok(items) = serde_json::from_str::<Vec<&RawValue>>(value.get()) else { return Ok(()) };
        let mut items = items.into_iter().enumerate();
        items.try_for_each(|(index, item)| self.value(item, &format!("{path}[{index}]"), depth + 1))
    }

    /// Of a value in the text.
    fn place(&self, value: &RawValue) -> String {
        let offset = value.get().as_ptr() as usize - self.text.as_ptr() as usize;
        let before = &self.text[..offset];
        let line = before.rsplit('\n').next().unwrap_or(before);
        format!("line {} column {}", before.matches('\n').count() + 1, line.chars().count() + 1)
    }
}

/// An object's entries in their order, with every repetition.
struct Entries<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Entries<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(InOrder)
    }
}

struct InOrder;

impl<'de> Visitor<'de> for InOrder {
    type Value = Entries<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Self::Value, M::Error> {
        let mut entries = Vec::new();
        while let Some(entry) = map.next_entry()? {
            entries.push(entry);
        }
        Ok(Entries(entries))
    }
}
