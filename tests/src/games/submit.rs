//! Transactions: what became of them is noted, and what the chain applied is known from then on.
use super::market::Figures;
use super::signed::{Message, Signed};
use super::{Game, Honest};
use crate::actors::*;
use crate::outcome::Outcome;
use alloy::sol_types::SolCall;

const TAKEN: &str = "taken";

impl Game {
    /// Whether the chain took it.
    pub(super) fn did<C: SolCall>(&mut self, name: &'static str, outcome: Outcome<C>) -> bool {
        let taken = !outcome.reverted();
        let result = if taken { TAKEN.to_owned() } else { outcome.revert().to_string() };
        self.log(format!("{name}: {result}"));
        let kind = result.split('(').next().unwrap_or(&result).to_owned();
        *self.tally.entry((name, kind)).or_default() += 1;
        assert!(!result.starts_with("Overflow"), "{name}: an amount left its range");
        if taken {
            self.hear(&outcome.logs);
        }
        taken
    }

    /// A call that an honest party relies on.
    pub(super) fn must<C: SolCall>(&mut self, name: &'static str, outcome: Outcome<C>) {
        let why = if outcome.reverted() { outcome.revert().to_string() } else { String::new() };
        assert!(self.did(name, outcome), "{name}, by an honest party, was refused: {why}");
    }

    /// As it was signed.
    pub(super) fn submit(&mut self, name: &'static str, by: Actor, signed: &Signed) -> bool {
        let taken = self.send(name, by, signed);
        if taken {
            self.truth.apply(signed);
            self.charge_mandate(signed);
            self.say(signed);
            self.commit(signed.slot);
        }
        taken
    }

    /// Whatever became of it since it was signed.
    pub(super) fn send(&mut self, name: &'static str, by: Actor, signed: &Signed) -> bool {
        match &signed.message {
            Message::Mark(set) => {
                let outcome = self.w.prank(by).mark(set);
                self.did(name, outcome)
            }
            Message::Settle(bundle) => {
                let outcome = self.w.prank(by).settle(bundle);
                self.did(name, outcome)
            }
        }
    }

    fn say(&mut self, signed: &Signed) {
        for says in &signed.says {
            let wrong = if says.stated == says.right { "" } else { ", which is wrong" };
            let (Figures { requirement, level }, posted) = (says.stated, self.w.state(says.desk).posted);
            let dollars = |amount: i64| amount / 1_000_000;
            let (requirement, posted) = (dollars(requirement as i64), dollars(posted as i64));
            let (desk, level) = (says.desk.0, dollars(level));
            self.log(format!("    {desk} requires {requirement} of {posted}, variation {level}{wrong}"));
        }
    }

    /// Honest parties bring the marks of every slot that they may need to show.
    fn commit(&mut self, slot: u64) {
        let root = self.market.at(slot).root();
        if self.w.root_of(slot).is_zero() {
            let marks = self.w.marks(slot, root, &[0, 1, 3]);
            let outcome = self.w.send_marks(&marks);
            self.must("honest marks", outcome);
        }
    }

    /// The agent's set of now goes round. The relayer withholds it, or who needs it submits it.
    pub(super) fn publish(&mut self, signed: Signed) {
        let withheld = self.w.now() < self.withheld_until;
        let honest = if self.honest == Honest::Desk { ALICE } else { HOUSE };
        let by = if withheld { self.chance(60).then_some(honest) } else { Some(RELAYER) };
        if let Some(by) = by {
            assert!(self.submit("mark", by, &signed), "a right set was refused");
        }
        self.keep(signed);
    }

    /// The adversary has it too.
    pub(super) fn keep(&mut self, signed: Signed) {
        if self.pool.len() == 12 {
            self.pool.remove(0);
        }
        self.pool.push(signed);
    }
}
