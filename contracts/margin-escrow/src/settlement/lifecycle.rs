//! What moves positions in place of fills: the agents sign its cause and a hash of what they applied.
use crate::marks::Step;
use abi::escrow::MarginEscrow::{LifecycleSettled, UnknownCause};
use abi::escrow::lifecycle;
use abi::packed::{Lifecycle, lifecycle_digest};
use margin::encode::emit;
use margin::fault::ensure;

impl Step<'_> {
    pub fn take_lifecycle(&mut self, event: &Lifecycle) {
        let Lifecycle { cause, reference } = *event;
        ensure(cause <= lifecycle::ADJUSTMENT, || UnknownCause { cause });
        let digest = lifecycle_digest(event);
        for touched in &mut self.accounts {
            touched.fills.digest = digest;
        }
        emit(&LifecycleSettled { house: self.set.house, cause, reference })
    }
}
