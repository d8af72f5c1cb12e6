//! The adversary's moves: anything that its roles may call, and what they may not, at random.
mod books;
mod claims;
mod desks;
mod house;
mod prices;
mod relay;

use super::{Game, Honest, Mood};
use crate::actors::*;
use rand::Rng;

impl Game {
    pub(super) fn move_of_the_adversary(&mut self) {
        match self.rng.random_range(0..128) {
            0..22 => self.report_fills(),
            22..26 => self.fund_positions(),
            26..34 => self.have_stated(),
            34..41 => self.submit_again(),
            41..46 => self.submit_altered(),
            46..64 => self.wait(),
            64..76 => self.claim(),
            76..84 => self.money_of_the_house(),
            84..95 => self.act_as_a_desk(),
            95..103 => self.dispute(),
            103..110 => self.meddle_with_prices(),
            110..112 => self.carry_instructions(),
            112..116 => self.withhold(),
            116..126 => self.shock(),
            _ => self.be_moody(),
        }
    }

    /// Seconds, minutes, hours, and now and then days.
    fn wait(&mut self) {
        if self.chance(30) {
            return self.wait_for_something();
        }
        let seconds = match self.rng.random_range(0..20) {
            0..8 => self.rng.random_range(1..60),
            8..14 => self.rng.random_range(60..1_200),
            14..19 => self.rng.random_range(1_200..8_000),
            _ => self.rng.random_range(8_000..200_000),
        };
        self.travel(seconds);
    }

    /// The market jumps, and the agent says so, once or twice.
    pub(super) fn shock(&mut self) {
        self.market.jump(1_200, &mut self.rng);
        self.travel(10);
        self.state_all();
        if self.chance(40) {
            let seconds = self.rng.random_range(10..3_600);
            self.market.jump(1_000, &mut self.rng);
            self.travel(seconds);
            self.state_all();
        }
    }

    /// The moment of a deadline, or of the end of something, or right before or after it.
    fn wait_for_something(&mut self) {
        let (now, desk) = (self.w.now(), self.any_desk());
        let (claim, dispute) = (self.w.claim(desk), self.w.dispute(desk));
        let (cure, day) = (u64::from(self.terms.resolutionTime), 86_400);
        let mut moments = vec![claim.first.deadline, claim.second.deadline, claim.first.deadline + cure];
        moments.extend([dispute.until, dispute.shieldUntil, self.w.balance(desk, self.w.usdc).heldBackUntil]);
        moments.extend([
            self.w.balance(desk, self.w.usde).recallAt,
            now / day * day + day,
            now / 3_600 * 3_600 + 3_600,
        ]);
        moments.retain(|at| *at > now);
        let seconds = self.pick(&moments) - now - 1 + self.rng.random_range(0..3);
        self.travel(seconds);
    }

    /// The relayer submits none of the agent's sets for a while.
    fn withhold(&mut self) {
        let seconds = self.rng.random_range(60..20_000);
        self.withheld_until = self.w.now() + seconds;
        self.log(format!("sets are withheld for {seconds} seconds"));
    }

    /// The second agent signs more or fewer sets.
    fn be_moody(&mut self) {
        self.mood = self.pick(&[Mood::Signs(100), Mood::Signs(80), Mood::Signs(20), Mood::OnlyWrong, Mood::OnlyWrong]);
        self.log(format!("the second agent's mood: {:?}", self.mood));
    }

    /// Somebody who is not the honest party.
    fn anyone(&mut self) -> Actor {
        match self.honest {
            Honest::Desk => self.pick(&[HOUSE, SECOND_AGENT, VENUE, BOB, CAROL, STRANGER, RELAYER]),
            Honest::House => self.pick(&[ALICE, BOB, CAROL, SECOND_AGENT, VENUE, STRANGER, RELAYER]),
        }
    }

    /// A desk, more often the first.
    fn any_desk(&mut self) -> Actor {
        self.pick(&[ALICE, ALICE, BOB, CAROL])
    }

    /// One of the adversary's.
    fn own_desk(&mut self) -> Actor {
        match self.honest {
            Honest::Desk => self.pick(&[BOB, CAROL]),
            Honest::House => self.pick(&[ALICE, BOB, CAROL]),
        }
    }
}
