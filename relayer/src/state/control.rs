//! What an operator told the process to do.
use serde::Serialize;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use utoipa::ToSchema;

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "kebab-case")]
pub enum Order {
    /// Takes fills and settles them.
    Run,
    /// Takes fills, and sends nothing. What is in flight is followed.
    Pause,
    /// Settles what it has, and takes nothing more.
    Drain,
}

/// Shared by whoever gives orders and whoever carries them out.
#[derive(Clone, Debug, Default)]
pub struct Control(Arc<AtomicU8>);

impl Control {
    pub fn order(&self) -> Order {
        match self.0.load(Ordering::Relaxed) {
            0 => Order::Run,
            1 => Order::Pause,
            _ => Order::Drain,
        }
    }

    pub fn give(&self, order: Order) {
        let code = match order {
            Order::Run => 0,
            Order::Pause => 1,
            Order::Drain => 2,
        };
        self.0.store(code, Ordering::Relaxed);
    }
}
