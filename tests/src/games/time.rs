//! Time: it passes from one thing that somebody honest means to do to the next.
use super::agent::Cause;
use super::{Game, Honest};
use crate::actors::*;
use crate::tokens::usd;
use rand::Rng;

impl Game {
    /// Honest parties do what is due.
    pub(super) fn turn(&mut self) {
        match self.honest {
            Honest::Desk => self.desk_turn(),
            Honest::House => self.house_turn(),
        }
    }

    pub(super) fn travel(&mut self, seconds: u64) {
        let end = self.w.now() + seconds;
        self.log(format!("{seconds} seconds pass"));
        // Honest parties see what is said before time passes.
        self.turn();
        while self.w.now() < end {
            let now = self.w.now();
            let plans = self.plans.next(now).into_iter().chain(self.duties.next(now));
            let next = plans.chain([self.agent_at, end]).filter(|at| *at > now).min().unwrap_or(end);
            self.w.warp(next.min(end) - now);
            self.market.walk(next.min(end) - now, &mut self.rng);
            self.pause(seconds > 40_000);
        }
    }

    /// What happens at a moment that somebody waited for.
    fn pause(&mut self, long: bool) {
        if self.w.now() >= self.withheld_until && self.chance(70) {
            self.bring_prices(RELAYER);
        }
        if self.w.now() >= self.agent_at {
            let most = if long { 20_000 } else { 4_000 };
            self.agent_at = self.w.now() + self.rng.random_range(10..most);
            self.state_all();
        }
        self.others_answer();
        self.turn();
    }

    /// The agent states everybody.
    pub(super) fn state_all(&mut self) {
        let desks = self.stated_desks();
        if desks.is_empty() {
            return;
        }
        if let Some(signed) = self.sign(&desks, &Cause::Nothing, &[]) {
            self.publish(signed);
        }
    }

    /// Mostly the adversary's desks pay what is asked of them, so that games get somewhere.
    fn others_answer(&mut self) {
        let others = DESKS.into_iter().filter(|desk| !self.is_honest(*desk)).collect::<Vec<_>>();
        for desk in others {
            let (claim, soon) = (self.w.claim(desk), self.w.now() + 1_800);
            if claim.open && claim.first.amount != 0 && claim.first.deadline < soon && self.chance(self.willing) {
                let amount =
                    claim.first.amount + claim.second.amount + claim.owed + usd(self.rng.random_range(0..9_000));
                let amount = self.w.usdc.units(amount * 102 / 100);
                self.w.deal(self.w.usdc, desk, amount);
                let outcome = self.w.prank(desk).pledge(desk, self.w.usdc, amount);
                self.did("others answer", outcome);
            }
        }
    }
}
