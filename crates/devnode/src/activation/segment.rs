//! Data and element segments.

use super::ActivationError;
use wasmparser::{ConstExpr, Data, DataKind, Element, ElementItems, ElementKind, Operator};

/// Where a segment is written when the program starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// Nowhere.
    Passive,
    /// Into this memory or table, from this offset on.
    At(u32, u64),
    /// Somewhere, or with entries, that only running tells.
    Computed,
}

/// A data segment, or an element segment.
#[derive(Debug, Clone, Copy)]
pub struct Segment {
    /// Where it is written.
    pub place: Place,
    /// Bytes of data, or entries.
    pub len: u64,
    /// Bytes as it stands in the binary, headers included.
    pub bytes: u64,
}

impl Segment {
    /// Of a data segment.
    pub fn data(data: &Data) -> Result<Self, ActivationError> {
        let place = match &data.kind {
            DataKind::Passive => Place::Passive,
            DataKind::Active { memory_index, offset_expr } => place(*memory_index, offset_expr)?,
        };
        let bytes = data.range.end - data.range.start;
        Ok(Self { place, len: data.data.len() as u64, bytes })
    }

    /// Of an element segment.
    pub fn elements(element: &Element) -> Result<Self, ActivationError> {
        let place = match &element.kind {
            ElementKind::Active { table_index, offset_expr } => place(table_index.unwrap_or_default(), offset_expr)?,
            _ => Place::Passive,
        };
        let (len, place) = match &element.items {
            ElementItems::Functions(items) => (items.count(), place),
            // Only running tells what they are.
            ElementItems::Expressions(_, items) if place != Place::Passive => (items.count(), Place::Computed),
            ElementItems::Expressions(_, items) => (items.count(), place),
        };
        Ok(Self { place, len: len.into(), bytes: element.range.end - element.range.start })
    }

    /// Whether it lies within something of `size`.
    pub fn fits(&self, size: u64) -> bool {
        match self.place {
            Place::Passive => true,
            Place::At(_, offset) => offset.checked_add(self.len).is_some_and(|end| end <= size),
            Place::Computed => false,
        }
    }
}

fn place(index: u32, offset: &ConstExpr) -> Result<Place, ActivationError> {
    let mut reader = offset.get_operators_reader();
    Ok(match (reader.read()?, reader.read()?, reader.eof()) {
        // A negative offset is one beyond everything.
        (Operator::I32Const { value }, Operator::End, true) => Place::At(index, i64::from(value) as u64),
        _ => Place::Computed,
    })
}
