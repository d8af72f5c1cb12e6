//! What a transaction pays for WASM memory.

/// Pages a transaction may open without paying.
pub const FREE_PAGES: u16 = 2;
/// Gas for each page beyond the free ones.
pub const PAGE_GAS: u64 = 1_000;
/// Most pages a program may have.
pub const PAGE_LIMIT: u16 = 128;

/// Pages open now, and the most that ever were, in one transaction.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Pages {
    /// Of all programs that run now.
    pub open: u16,
    /// The highest that `open` was.
    pub ever: u16,
}

impl Pages {
    /// Gas to open `new` more pages, without opening them.
    pub fn cost(self, new: u16) -> u64 {
        let open = self.open.saturating_add(new);
        let ever = self.ever.max(open);
        if ever <= FREE_PAGES {
            return 0;
        }
        let beyond_free = |pages: u16| u64::from(pages.saturating_sub(FREE_PAGES));
        let linear = (beyond_free(open) - beyond_free(self.open)) * PAGE_GAS;
        linear.saturating_add(ramp(ever).saturating_sub(ramp(self.ever)))
    }

    /// Opens `new` pages and returns what that costs.
    pub fn add(&mut self, new: u16) -> u64 {
        let gas = self.cost(new);
        self.open = self.open.saturating_add(new);
        self.ever = self.ever.max(self.open);
        gas
    }
}

fn ramp(pages: u16) -> u64 {
    RAMP.get(usize::from(pages)).map_or(u64::MAX, |gas| u64::from(*gas))
}

#[rustfmt::skip]
const RAMP: [u32; 129] = [
    1, 1, 1, 1, 1, 1, 2, 2, 2, 3, 3, 4, 5, 5, 6, 7, 8, 9, 11, 12, 14, 17, 19, 22, 25, 29, 33, 38,
    43, 50, 57, 65, 75, 85, 98, 112, 128, 147, 168, 193, 221, 253, 289, 331, 379, 434, 497, 569,
    651, 745, 853, 976, 1117, 1279, 1463, 1675, 1917, 2194, 2511, 2874, 3290, 3765, 4309, 4932,
    5645, 6461, 7395, 8464, 9687, 11087, 12689, 14523, 16621, 19024, 21773, 24919, 28521, 32642,
    37359, 42758, 48938, 56010, 64104, 73368, 83971, 96106, 109994, 125890, 144082, 164904, 188735,
    216010, 247226, 282953, 323844, 370643, 424206, 485509, 555672, 635973, 727880, 833067, 953456,
    1091243, 1248941, 1429429, 1636000, 1872423, 2143012, 2452704, 2807151, 3212820, 3677113,
    4208502, 4816684, 5512756, 6309419, 7221210, 8264766, 9459129, 10826093, 12390601, 14181199,
    16230562, 18576084, 21260563, 24332984, 27849408, 31873999,
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn seventeen_pages_cost_15008() {
        assert_eq!(Pages::default().cost(17), 15_008);
    }

    #[test]
    fn two_pages_are_free_and_counted_over_the_transaction() {
        let mut pages = Pages::default();
        assert_eq!((pages.add(1), pages.add(1), pages.add(1)), (0, 0, 1_000));
        pages.open = 0;
        assert_eq!(pages.add(2), 0);
    }

    #[test]
    fn beyond_the_limit_nothing_can_pay() {
        assert_eq!(Pages::default().cost(129), u64::MAX);
    }
}
