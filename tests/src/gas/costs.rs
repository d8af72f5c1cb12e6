//! The transactions that are measured, each on a fork of one prepared world.
use crate::actors::{Actor, RELAYER};
use crate::draft::Draft;
use crate::fork::Fork;
use crate::tokens::usd;
use crate::world::World;
use crate::{DAY, ONE};

/// Desks in the order of their accounts.
pub(super) const DESKS: [Actor; 10] = [
    Actor("desk-0"),
    Actor("desk-1"),
    Actor("desk-2"),
    Actor("desk-3"),
    Actor("desk-4"),
    Actor("desk-5"),
    Actor("desk-6"),
    Actor("desk-7"),
    Actor("desk-8"),
    Actor("desk-9"),
];

/// A world in which everything that is measured has happened before, so that no slot is written for the first time.
pub struct Costs {
    pub(super) world: Fork,
    first_sequence: u64,
}

impl Costs {
    pub fn new(cached: bool) -> Self {
        let world = World::open();
        if cached {
            world.cache_programs();
        }
        for desk in DESKS {
            let terms = world.agreement(desk);
            world.join(desk, terms);
            world.post_margin(desk, world.usdc, world.usdc.whole(100_000));
            world.post_margin(desk, world.usde, world.usde.whole(10_000));
            world.stock(desk, world.usdc, world.usdc.whole(10_000));
        }
        let mut costs = Self { world, first_sequence: 0 };
        costs.rehearse();
        costs
    }

    /// Runs everything once.
    fn rehearse(&mut self) {
        let w = &self.world;
        w.pass(10);
        let set = draft_mark(w, 10, usd(200_000)).sign_mark();
        w.prank(RELAYER).mark(&set).ok();
        w.pass(10);
        let draft = draft_settle(w, 10, 16, true);
        self.first_sequence = draft.batches[0].first_sequence + 16;
        w.prank(RELAYER).settle(&draft.sign()).ok();
        w.pass(10);
    }

    /// On a fork that is gone afterwards.
    pub(super) fn measure(&self, act: impl FnOnce(&World) -> u64) -> u64 {
        let snapshot = self.world.snapshot();
        let gas = act(&self.world);
        self.world.revert(snapshot);
        gas
    }

    /// `accounts` of one house and one batch of `fills` between them; variation moves, no claim opens or closes.
    pub fn settle(&self, accounts: usize, fills: u64, moves: bool) -> u64 {
        self.measure(|w| {
            let draft = self.following(draft_settle(w, accounts, fills, moves));
            w.prank(RELAYER).settle(&draft.sign()).ok().gas
        })
    }

    /// Its sequences follow those of the rehearsal, in the same word of the chain's bitmap.
    pub(super) fn following(&self, mut draft: Draft) -> Draft {
        let shift = draft.batches[0].first_sequence - self.first_sequence;
        draft.batches[0].first_sequence -= shift;
        draft.batches[0].fills.iter_mut().for_each(|fill| fill.sequence -= shift);
        draft
    }

    pub fn mark(&self, accounts: usize, claim: bool) -> u64 {
        self.measure(|w| {
            let requirement = if claim { usd(200_000) } else { usd(21_000) };
            let set = draft_mark(w, accounts, requirement).sign_mark();
            let done = w.prank(RELAYER).mark(&set).ok();
            assert_eq!(w.claim(DESKS[0]).open, claim);
            done.gas
        })
    }

    /// The same where a standing top-up in the settlement token brings what is missing.
    pub fn mark_topped_up(&self, accounts: usize) -> u64 {
        self.measure(|w| {
            for desk in DESKS {
                let order = w.top_up_order(desk, &[(w.usdc, 1_000)], 77);
                w.stand(desk, order);
            }
            // Every slot has been written before.
            w.prank(RELAYER).mark(&draft_mark(w, DESKS.len(), usd(108_700)).sign_mark()).ok();
            w.pass(10);
            let stocked = w.stocked(DESKS[0], w.usdc);
            let done = w.prank(RELAYER).mark(&draft_mark(w, accounts, usd(109_000)).sign_mark()).ok();
            assert!(!w.claim(DESKS[0]).open && w.stocked(DESKS[0], w.usdc) < stocked);
            done.gas
        })
    }

    /// Out of one token into another, which both have moved before.
    pub fn standing_substitution(&self) -> u64 {
        self.measure(|w| {
            let mut order = w.substitute_order(DESKS[0], w.usde, &[w.usdc], 78);
            order.amount = w.usde.whole(1_000).to();
            (order.haircutLevel, order.priceLevel) = (40_000, 90_000_000);
            w.stand(DESKS[0], order);
            w.prank(RELAYER).mark(&draft_mark(w, 2, usd(21_000)).sign_mark()).ok();
            w.pass(10);
            w.stock(DESKS[0], w.usde, w.usde.whole(1));
            w.prank(RELAYER).substitute_as_ordered(DESKS[0], w.usde).ok().gas
        })
    }

    /// One feed, five reporters, in a slot of the ring that was used a day ago.
    pub fn price_round(&self) -> u64 {
        self.measure(|w| {
            w.warp(DAY);
            let round = w.round(w.usdc.feed, w.slot(), &[ONE, ONE + 10_000, ONE - 10_000, ONE + 20_000, ONE - 20_000]);
            w.prank(RELAYER).submit(vec![round]).ok().gas
        })
    }

    pub fn sync(&self) -> u64 {
        self.measure(|w| {
            w.warp(10);
            let rounds = w.tokens().map(|token| w.round(token.feed, w.slot(), &[ONE; 5])).to_vec();
            w.prank(RELAYER).submit(rounds).ok();
            w.sync().ok().gas
        })
    }

    pub fn pledge(&self) -> u64 {
        self.measure(|w| {
            let set = draft_mark(w, 1, usd(120_000)).sign_mark();
            w.prank(RELAYER).mark(&set).ok();
            let amount = w.usdc.whole(100_000);
            w.deal(w.usdc, DESKS[0], amount);
            let done = w.prank(DESKS[0]).pledge(DESKS[0], w.usdc, amount).ok();
            assert!(!w.claim(DESKS[0]).open);
            done.gas
        })
    }
}

pub(super) fn draft_settle(w: &World, accounts: usize, fills: u64, moves: bool) -> Draft {
    let requirements: Vec<_> = DESKS[..accounts].iter().map(|desk| (*desk, usd(20_000))).collect();
    let mut draft = with_variation(w.draft(&requirements), accounts, true);
    for fill in 0..fills as usize {
        draft = draft.fill(DESKS[2 * fill % accounts], DESKS[(2 * fill + 1) % accounts]);
    }
    let usdc = w.usdc.index;
    let movers = if moves { accounts } else { 0 };
    DESKS[..movers].iter().fold(draft, |draft, desk| draft.top_up(*desk, usdc, usd(100)))
}

fn draft_mark(w: &World, accounts: usize, requirement: u64) -> Draft {
    let requirements: Vec<_> = DESKS[..accounts].iter().map(|desk| (*desk, requirement)).collect();
    with_variation(w.draft_mark(&requirements), accounts, false)
}

/// Every other desk pays the next one five dollars; of an odd number the last pays nobody.
fn with_variation(draft: Draft, accounts: usize, from_fills: bool) -> Draft {
    DESKS[..accounts - accounts % 2].iter().enumerate().fold(draft, |draft, (place, desk)| {
        let amount = if place % 2 == 0 { -5_000_000 } else { 5_000_000 };
        if from_fills { draft.fill_variation(*desk, amount) } else { draft.variation(*desk, amount) }
    })
}
