//! An owner who hands over in two steps: storage slots 0 and 1 of a contract that uses this. Errors and events are the contract's.
use crate::host::Host;
use alloy_primitives::{Address, B256};

const OWNER: B256 = B256::ZERO;
const PENDING: B256 = B256::with_last_byte(1);

/// The owner; the zero address before [`establish`].
pub fn owner(host: Host) -> Address {
    Address::from_word(host.load(OWNER))
}

/// The first owner; false where there is one already.
#[must_use]
pub fn establish(host: Host, owner: Address) -> bool {
    let first = self::owner(host).is_zero();
    if first {
        host.store(OWNER, owner.into_word());
    }
    first
}

/// Names who may accept; the zero address names nobody.
pub fn propose(host: Host, successor: Address) {
    host.store(PENDING, successor.into_word());
}

/// Makes the named successor the owner and returns the previous one; `None` for any other caller.
pub fn accept(host: Host, caller: Address) -> Option<Address> {
    if caller.is_zero() || Address::from_word(host.load(PENDING)) != caller {
        return None;
    }
    let previous = owner(host);
    host.store(PENDING, B256::ZERO);
    host.store(OWNER, caller.into_word());
    Some(previous)
}
