//! Games: an honest party keeps to a stated policy, and an adversary in every other role calls anything that it may, at any time.
//!
//! Honest is a [`desk`], or a [`house`]; and the [`agent`], which states what the kernel says and sometimes errs. The adversary has
//! the rest: the other desks, the venue, the relayer, strangers, one reporter of five; against a desk its house; and in half of the
//! games the second agent. [`truth`] keeps what is right, by what the chain applied; [`checks`] hold the chain against it.
mod adversary;
mod agent;
mod checks;
mod deal;
mod desk;
mod evidence;
mod finish;
mod house;
mod market;
mod money;
mod orders;
mod pledge;
mod signed;
mod submit;
mod time;
mod truth;

use crate::actors::*;
use crate::fork::Fork;
use crate::runs::{Run, Tally};
use crate::tokens::usd;
use crate::world::World;
use abi::escrow::{Agreement, CollateralInstruction};
use alloy::primitives::{Address, B256};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

/// Of each desk at the beginning, in whole tokens: it does not last long.
const MARGIN: u64 = 30_000;

/// Who keeps to a policy, beside the agent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Honest {
    /// Alice's.
    Desk,
    /// The secured party's.
    House,
}

/// What the second agent signs of what the agent has signed.
#[derive(Clone, Copy, Debug)]
enum Mood {
    /// So many of a hundred sets.
    Signs(u32),
    /// What is wrong against the honest party, and hardly anything else.
    OnlyWrong,
}

/// One game, which [`Run`] drives; the same seed plays the same one.
pub struct Game {
    w: Fork,
    honest: Honest,
    two_agents: bool,
    rng: StdRng,
    market: market::Market,
    truth: truth::Truth,
    money: money::Money,
    /// What was signed and may be submitted.
    pool: Vec<signed::Signed>,
    /// Alice's releases, for anyone to carry.
    instructions: Vec<(CollateralInstruction, Vec<u8>)>,
    plans: desk::Plans,
    duties: house::Duties,
    /// When the agent states next.
    agent_at: u64,
    /// It errs no more.
    faultless: bool,
    mood: Mood,
    /// Of a hundred demands on them, the adversary's desks mean to answer so many.
    willing: u32,
    terms: Agreement,
    /// The relayer submits none of the agent's sets until then.
    withheld_until: u64,
    /// The honest desk has standing orders.
    orders: bool,
    nonce: u64,
    steps: Vec<String>,
    tally: Tally,
}

impl Game {
    /// The adversary has everybody but Alice and the agent. Odd seeds have a second agent.
    pub fn against_a_desk(seed: u64) -> Self {
        Self::new(seed, Honest::Desk)
    }

    /// The desk has signed standing orders of every kind, and has what they need in its inventory.
    pub fn against_a_desk_with_orders(seed: u64) -> Self {
        let mut game = Self::new(seed, Honest::Desk);
        game.order();
        game
    }

    /// The adversary has everybody but the house and the agent. Odd seeds have a second agent.
    pub fn against_a_house(seed: u64) -> Self {
        Self::new(seed, Honest::House)
    }

    fn new(seed: u64, honest: Honest) -> Self {
        let (w, mut rng) = (World::open(), StdRng::seed_from_u64(seed));
        let two_agents = seed % 2 == 1;
        let terms = join(&w, two_agents, &mut rng);
        furnish(&w);
        if rng.random_bool(0.3) {
            w.prank(ALICE).allow_pledges(ALICE, true).ok();
        }
        let mut game = Self {
            honest,
            two_agents,
            market: market::Market::new(),
            truth: truth::Truth::default(),
            money: money::Money::of(&w),
            pool: vec![],
            instructions: vec![],
            plans: desk::Plans::default(),
            duties: house::Duties::default(),
            agent_at: w.now() + 60,
            faultless: false,
            mood: Mood::Signs(100),
            willing: [20, 70, 95][rng.random_range(0..3)],
            terms,
            withheld_until: 0,
            orders: false,
            nonce: 1_000,
            rng,
            steps: vec![],
            tally: Tally::new(),
            w,
        };
        (0..4).for_each(|_| game.report_fills());
        game
    }

    fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.rng.random_range(0..of.len())]
    }

    fn chance(&mut self, percent: u32) -> bool {
        self.rng.random_range(0..100) < percent
    }

    fn fresh_nonce(&mut self) -> u64 {
        self.nonce += 1;
        self.nonce
    }

    fn is_honest(&self, desk: Actor) -> bool {
        self.honest == Honest::Desk && desk == ALICE
    }

    /// Desks that can still be stated.
    fn stated_desks(&self) -> Vec<Actor> {
        DESKS.into_iter().filter(|desk| !self.w.state(*desk).inDefault).collect()
    }

    /// What is said of the game when something breaks.
    fn log(&mut self, line: String) {
        let seconds = self.w.now() - crate::world::START;
        self.steps.push(format!("{seconds:>7} s  {line}"));
    }
}

/// New accounts for all desks, on terms of any kind, with a house that may have a second agent; Alice's terms.
fn join(w: &World, two_agents: bool, rng: &mut StdRng) -> Agreement {
    let mut one_of = |of: [u64; 3]| of[rng.random_range(0..3)];
    let terms = Agreement {
        secondAgent: if two_agents { SECOND_AGENT.address() } else { Address::ZERO },
        minimumTransferAmount: one_of([usd(1), usd(100), usd(2_500)]),
        threshold: one_of([0, 0, usd(3_000)]),
        independentAmount: one_of([0, 0, usd(2_000)]),
        resolutionTime: one_of([600, 3_600, 7_200]) as u32,
        variationCap: one_of([usd(4_000), usd(50_000), usd(500_000)]),
        lateInterest: one_of([80_000, 80_000, 1_000_000]) as u32,
        documentHash: B256::repeat_byte(3),
        ..w.agreement(ALICE)
    };
    for desk in DESKS {
        w.join(desk, Agreement { pledgor: desk.address(), ..terms.clone() });
        w.post_margin(desk, w.usdc, w.usdc.whole(MARGIN));
    }
    w.use_house_of(ALICE);
    if two_agents {
        w.deal(w.usdc, HOUSE, w.usdc.whole(1_000_000));
        w.prank(HOUSE).fund_house(w.usdc.whole(1_000_000)).ok();
    }
    terms
}

/// What honest parties need for their policies lies in their wallets, and nothing comes to them later.
fn furnish(w: &World) {
    for party in [ALICE, HOUSE] {
        w.deal(w.usdc, party, w.usdc.units(usd(50_000_000)));
        w.deal(w.usde, party, w.usde.units(usd(5_000_000)));
    }
    w.post_margin(ALICE, w.usde, w.usde.whole(5_000));
    w.stock(AGENT, w.usdc, w.usdc.whole(20_000));
}

impl Run for Game {
    fn step(&mut self) {
        self.move_of_the_adversary();
        self.turn();
        self.check();
    }

    fn end(&mut self) {
        self.finish();
        self.w.audit();
    }

    fn steps(&self) -> &[String] {
        &self.steps
    }

    fn tally(&self) -> &Tally {
        &self.tally
    }
}
