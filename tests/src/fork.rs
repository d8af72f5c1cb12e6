//! Worlds that were deployed once and are lent to one test after another.
//!
//! A chain that comes back is rewound to where the test found it, so a process deploys only as many chains as tests run
//! at the same time.
use crate::world::{Snapshot, World};
use parking_lot::Mutex;
use std::ops::Deref;

/// Deployed worlds that no test uses now.
pub struct Pool {
    deploy: fn() -> World,
    idle: Mutex<Vec<World>>,
}

/// A world of one's own, until it is dropped.
pub struct Fork {
    /// The world, and how the test found it.
    lent: Option<(World, Snapshot)>,
    pool: &'static Pool,
}

impl Pool {
    /// An empty pool of worlds that `deploy` makes.
    pub const fn new(deploy: fn() -> World) -> Self {
        Self { deploy, idle: Mutex::new(Vec::new()) }
    }

    /// Lends an idle world, or deploys one more.
    pub fn fork(&'static self) -> Fork {
        let idle = self.idle.lock().pop();
        let world = idle.unwrap_or_else(self.deploy);
        let snapshot = world.snapshot();
        Fork { lent: Some((world, snapshot)), pool: self }
    }
}

impl Drop for Fork {
    fn drop(&mut self) {
        // A test that failed may have left anything behind.
        if let Some((world, snapshot)) = self.lent.take().filter(|_| !std::thread::panicking()) {
            world.revert(snapshot);
            self.pool.idle.lock().push(world);
        }
    }
}

impl Deref for Fork {
    type Target = World;

    fn deref(&self) -> &World {
        &self.lent.as_ref().expect("lent until dropped").0
    }
}
