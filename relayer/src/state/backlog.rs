//! Fills on their way from intake to the engine: they count to what a venue may have queued from the moment they are let in.
use super::View;
use alloy::primitives::Address;
use parking_lot::Mutex;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Shared by intake, which lets in, and the engine, which takes over.
#[derive(Clone, Debug, Default)]
pub struct Backlog(Arc<Mutex<BTreeMap<Address, usize>>>);

/// Why there is no place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The venue has so many queued.
    Venue(usize),
    /// All venues have.
    All(usize),
}

/// A place for fills of a venue; given back unless the engine gets them.
#[derive(Debug)]
pub struct Place {
    backlog: Backlog,
    venue: Address,
    fills: usize,
}

impl Backlog {
    /// A place for so many fills, where the venue has no more than `most` queued then, and all venues no more than `of_all`.
    pub fn reserve(
        &self,
        view: &View,
        venue: Address,
        fills: usize,
        most: usize,
        of_all: usize,
    ) -> Result<Place, Full> {
        let world = view.read();
        let (queued, all) = (world.queued(venue), world.live.len());
        drop(world);
        let mut coming = self.0.lock();
        let queued = queued + coming.get(&venue).copied().unwrap_or(0);
        let all = all + coming.values().sum::<usize>();
        if queued.saturating_add(fills) > most {
            return Err(Full::Venue(queued));
        }
        if all.saturating_add(fills) > of_all {
            return Err(Full::All(all));
        }
        *coming.entry(venue).or_default() += fills;
        Ok(Place { backlog: self.clone(), venue, fills })
    }

    /// The engine has them.
    pub fn arrived(&self, venue: Address, fills: usize) {
        let mut coming = self.0.lock();
        let left = coming.get(&venue).map_or(0, |held| held.saturating_sub(fills));
        if left == 0 {
            coming.remove(&venue);
        } else {
            coming.insert(venue, left);
        }
    }
}

impl Place {
    /// The engine will have them, and says so.
    pub fn keep(mut self) {
        self.fills = 0;
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        if self.fills > 0 {
            self.backlog.arrived(self.venue, self.fills);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::Writer;

    const ONE: Address = Address::repeat_byte(1);
    const OTHER: Address = Address::repeat_byte(2);

    #[test]
    fn a_venue_that_fills_its_share_leaves_the_others_theirs() {
        let (backlog, view) = (Backlog::default(), Writer::default().view());
        let reserve = |venue, fills| backlog.reserve(&view, venue, fills, 100, 150);
        let held = reserve(ONE, 90).unwrap();
        assert_eq!(reserve(ONE, 20).unwrap_err(), Full::Venue(90));
        reserve(OTHER, 60).unwrap().keep();
        assert_eq!(reserve(OTHER, 1).unwrap_err(), Full::All(150));
        drop(held);
        assert!(reserve(ONE, 90).is_ok(), "a batch that was not accepted gives its place back");
        backlog.arrived(OTHER, 60);
        assert!(reserve(OTHER, 100).is_ok(), "the engine counts it from then on");
    }
}
