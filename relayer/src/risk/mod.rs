//! Risk: every account's book in memory, and what a fill or a price does to requirement and variation.
mod books;
mod waiting;

pub use ::marks::MarksError;
pub use books::{AccountBook, Books, Lineage, sides};
pub use waiting::{Reason, Waiting};
