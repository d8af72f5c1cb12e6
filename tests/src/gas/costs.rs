//! The transactions that are measured, each on a fork of one prepared world.
use crate::actors::{Actor, RELAYER};
use crate::draft::Draft;
use crate::fork::Fork;
use crate::market::Round;
use crate::tokens::{feed, usd};
use crate::world::World;
use crate::{DAY, ONE};
use abi::packed::SignedSlot;
use abi::registry::EligibilityRegistry::submitAndSyncCall;
use alloy::primitives::B256;
use alloy::sol_types::SolCall;

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
    /// Ten desks' accounts, with or without the programs in the chain's cache.
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
        self.measure_as(act)
    }

    pub(super) fn measure_as<T>(&self, act: impl FnOnce(&World) -> T) -> T {
        let snapshot = self.world.snapshot();
        let measured = act(&self.world);
        self.world.revert(snapshot);
        measured
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

    /// A mark of so many accounts; with `claim` each is left short, and a claim opens.
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

    /// A slot of so many feeds by five reporters with the root of its marks, the three assets synced, in one call; in places of the
    /// rings that were used a day ago, the slot before it as full.
    pub fn slot(&self, feeds: usize) -> Slot {
        self.measure_as(|w| {
            for seconds in [0, DAY - 10, 10] {
                w.warp(seconds);
                if seconds != 10 {
                    w.prank(RELAYER).submit_and_sync(&full_slot(w, feeds), w.priced()).ok();
                }
            }
            let signed = full_slot(w, feeds);
            let packed = signed.encode_and_sync(w.priced()).expect("it fits");
            let calldata = [&submitAndSyncCall::SELECTOR[..], &packed].concat();
            let done = w.prank(RELAYER).submit_and_sync(&signed, w.priced()).ok();
            assert_eq!(done.returned.taken.count_ones(), feeds.max(1) + 1, "all rounds and the root");
            Slot { gas: done.gas, calldata }
        })
    }

    /// The registry takes the rounds of three feeds that the oracle has already.
    pub fn sync(&self) -> u64 {
        self.measure(|w| {
            w.warp(10);
            let rounds = w.tokens().map(|token| w.round(token.feed, w.slot(), &[ONE; 5])).to_vec();
            w.prank(RELAYER).submit(rounds).ok();
            w.sync().ok().gas
        })
    }

    /// A pledge from the wallet that satisfies an open claim.
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

/// What a slot cost.
pub struct Slot {
    /// Execution gas, with the intrinsic part and calldata.
    pub gas: u64,
    /// Of `submitAndSync`, the selector included.
    pub calldata: Vec<u8>,
}

/// Feeds of the tokens, then of what is traded: spots and forwards to the cent, rates and volatilities to six places. Each reporter's
/// prices lie some hundredths of a per cent from the others'.
fn full_slot(w: &World, feeds: usize) -> SignedSlot {
    let tokens = w.tokens().map(|token| (token.feed, ONE, 10_000));
    const TRADED: [(&str, u64, u64); 6] = [
        ("BTC-USD", 11_301_234, 1_000_000),
        ("ETH-USD", 381_247, 1_000_000),
        ("SOL-USD", 18_231, 1_000_000),
        ("BTC-31OCT25-FWD", 11_345_678, 1_000_000),
        ("BTC-31OCT25-RATE", 41_250, 100),
        ("BTC-31OCT25-VOL", 551_230, 100),
    ];
    let traded = (0..).flat_map(|round| TRADED.map(|of| (round, of))).map(|(round, (name, units, unit))| {
        let name = if round == 0 { name.to_owned() } else { format!("{name}-{round}") };
        (feed(&name), units * unit, unit)
    });
    let rounds: Vec<Round> = tokens
        .into_iter()
        .chain(traded)
        .take(feeds)
        .map(|(feed, price, unit)| {
            let spread = |reporter: u64| price + price * (reporter * 7 % 5) / 10_000 / unit * unit;
            w.round(feed, w.slot(), &[0, 1, 2, 3, 4].map(spread))
        })
        .collect();
    w.signed_slot(&rounds, B256::repeat_byte(0xa7))
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

pub(super) fn draft_mark(w: &World, accounts: usize, requirement: u64) -> Draft {
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
