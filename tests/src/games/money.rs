//! What the honest party has, wherever it lies, and what its stakes won and cost.
use super::Game;
use crate::actors::*;
use crate::tokens::Token;
use crate::world::World;
use abi::escrow::MarginEscrow::MarginEscrowEvents as Escrow;
use abi::escrow::{ruling, source};
use alloy::primitives::{Log, U256};
use chain::Event;
use chain::events::decode_raw;
use std::collections::BTreeMap;

/// Lots of the settlement token, but for what is said otherwise.
pub struct Money {
    /// What Alice had of each token at the beginning, and the house of its settlement token.
    alice: [i128; 3],
    house: i128,
    pub stakes: BTreeMap<u64, Stakes>,
    /// What the house lost in stakes, and won.
    pub house_staked: i128,
    /// Late interest of all accounts.
    pub interest: i128,
    /// What others gave the house, and Alice of each token.
    pub gifts: i128,
    pub gifts_to_alice: [i128; 3],
    /// What fills cost Alice, by the UTC day of their statement.
    pub cost: BTreeMap<u64, u64>,
}

/// Of an account's disputes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Stakes {
    pub pledgor: u64,
    pub agent: u64,
    pub house: u64,
    pub owed: u64,
    /// Of all that were ruled.
    pub won: i128,
}

impl Money {
    pub fn of(w: &World) -> Self {
        Self {
            alice: holdings(w),
            house: of_house(w),
            stakes: BTreeMap::new(),
            house_staked: 0,
            interest: 0,
            gifts: 0,
            gifts_to_alice: [0; 3],
            cost: BTreeMap::new(),
        }
    }

    /// What Alice has more than at the beginning, of each token.
    pub fn of_alice(&self, w: &World) -> [i128; 3] {
        let now = holdings(w);
        std::array::from_fn(|at| now[at] - self.alice[at])
    }

    pub fn of_house(&self, w: &World) -> i128 {
        of_house(w) - self.house
    }

    fn hear(&mut self, event: &Escrow) {
        match event {
            Escrow::DisputeOpened(opened) => {
                let stakes = self.stakes.entry(opened.account).or_default();
                // One that is raised says totals.
                self.house_staked -= i128::from(opened.houseStake) - i128::from(stakes.house);
                (stakes.pledgor, stakes.agent) = (opened.stake, opened.agentStake);
                (stakes.house, stakes.owed) = (opened.houseStake, opened.owedStake);
            }
            Escrow::DisputeRuled(ruled) => {
                let stakes = self.stakes.entry(ruled.account).or_default();
                let [pledgor, agent, house, owed] =
                    [stakes.pledgor, stakes.agent, stakes.house, stakes.owed].map(i128::from);
                let (won, house_won) = match ruled.ruling {
                    ruling::UPHELD | ruling::MARKS_UNAVAILABLE => (agent + house + owed, -owed),
                    ruling::VOID => (0, house),
                    _ => (-pledgor, house),
                };
                self.house_staked += house_won;
                *stakes = Stakes { won: stakes.won + won, ..Stakes::default() };
            }
            Escrow::HouseFunded(funded) if funded.from != HOUSE.address() => {
                self.gifts += funded.amount.to::<u128>() as i128
            }
            Escrow::LateInterestCharged(charged) => self.interest += i128::from(charged.amount),
            _ => {}
        }
    }
}

impl Game {
    /// A stranger's pledge.
    fn count_gift(&mut self, event: &Escrow) {
        let Escrow::Pledged(pledged) = event else { return };
        let given = pledged.source == source::WALLET && pledged.from != ALICE.address();
        if given && pledged.account == self.w.account(ALICE) {
            let tokens = self.w.tokens();
            let at = tokens.iter().position(|token| token.address == pledged.token).expect("a listed token");
            self.money.gifts_to_alice[at] += lots(tokens[at], pledged.amount);
        }
    }

    /// What a transaction changed.
    pub(super) fn hear(&mut self, logs: &[Log]) {
        self.check_orders(logs);
        for log in logs {
            let Some(decoded) = decode_raw(log) else { continue };
            let name = decoded.signature().split('(').next().unwrap_or_default().to_owned();
            if let Event::Escrow(event) = decoded {
                *self.tally.entry(("the chain says", name)).or_default() += 1;
                self.money.hear(&event);
                self.count_gift(&event);
                self.follow(&event);
            }
        }
    }
}

/// All that is Alice's, with what the house owes her and without what she owes it.
fn holdings(w: &World) -> [i128; 3] {
    let state = w.state(ALICE);
    let mut all = w.tokens().map(|token| {
        let held = lots(token, w.wallet(ALICE, token) + w.inventory(ALICE, token));
        held + i128::from(w.balance(ALICE, token).lots)
    });
    all[0] += i128::from(state.houseOwes) - i128::from(state.owed);
    all
}

/// The same of the house.
fn of_house(w: &World) -> i128 {
    let (house, usdc) = (w.house_state(), w.usdc);
    let held = lots(usdc, w.wallet(HOUSE, usdc) + w.inventory(HOUSE, usdc));
    let dues = DESKS.map(|desk| w.state(desk)).map(|state| i128::from(state.owed) - i128::from(state.houseOwes));
    held + i128::from(house.balance) + dues.iter().sum::<i128>()
}

fn lots(token: Token, units: U256) -> i128 {
    let lots = units / (token.units(1_000_000) / U256::from(1_000_000));
    lots.to::<u128>() as i128
}
