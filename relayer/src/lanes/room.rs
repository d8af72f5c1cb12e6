//! Room: how much one transaction holds, as the chain shows it.
//!
//! What fits depends on the price of the parent chain's data, which moves. A refusal for size halves what is tried; each
//! transaction that goes lets the next one be an eighth larger, up to the configured most.
use crate::config::Limits;
use crate::state::late::MOST_FILLS;

/// Of one kind of transaction.
#[derive(Clone, Copy, Debug)]
pub struct Room {
    most: usize,
    now: usize,
}

impl Room {
    pub const fn new(most: usize) -> Self {
        Self { most, now: most }
    }

    /// How much the next transaction may hold.
    pub const fn now(self) -> usize {
        self.now
    }

    /// So much was too much. False where it cannot be less.
    pub fn shrink(&mut self, held: usize) -> bool {
        self.now = (held / 2).max(1);
        held > 1
    }

    pub fn grow(&mut self) {
        self.now = (self.now + self.now / 8 + 1).min(self.most);
    }
}

/// Of every kind.
pub struct Rooms {
    /// Fills of a bundle.
    pub fills: Room,
    /// Accounts of a set without fills.
    pub accounts: Room,
    /// Fills that lapse together.
    pub lapses: Room,
}

impl Rooms {
    pub fn new(limits: &Limits) -> Self {
        let accounts = limits.accounts_in_set.min(255);
        let [fills, accounts, lapses] = [limits.fills_in_bundle, accounts, MOST_FILLS].map(Room::new);
        Self { fills, accounts, lapses }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_too_large_is_halved_until_one_is_left() {
        let mut room = Room::new(256);
        assert!(room.shrink(100) && room.now() == 50);
        assert!(room.shrink(3) && room.now() == 1);
        assert!(!room.shrink(1) && room.now() == 1);
    }

    #[test]
    fn what_goes_makes_room_for_more_up_to_the_most() {
        let mut room = Room::new(256);
        room.shrink(128);
        room.grow();
        assert_eq!(room.now(), 73);
        (0..40).for_each(|_| room.grow());
        assert_eq!(room.now(), 256);
    }
}
