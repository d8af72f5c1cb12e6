//! Risk: every account's positions in memory, and what a fill or a price does to requirement and variation.
mod books;
mod marks;
mod waiting;

pub use books::{AccountBook, Books, sides};
pub use marks::MarksError;
pub use waiting::{Reason, Waiting};
