//! The honest agent: it states what the kernel says, of real books at real marks; now and then it is wrong, and puts that right in
//! the next slot.
use super::deal::{Deal, shown};
use super::market::{Figures, Moment};
use super::signed::{Change, Message, Says, Signed};
use super::{Game, Honest, Mood};
use crate::actors::*;
use crate::disputes::KEY;
use crate::draft::Draft;
use crate::tokens::usd;
use abi::SLOT_SECONDS;
use abi::escrow::lifecycle;
use abi::history::funding_reference;
use abi::packed::{Applied, Lifecycle};
use alloy::primitives::B256;
use rand::Rng;
use risk::{Cash, Funding, Instrument, book_root};

/// What moves positions.
#[derive(Clone)]
pub enum Cause {
    Nothing,
    Fills(Vec<Deal>),
    Funding(Instrument, i64),
}

/// An honest mistake about one account.
#[derive(Clone, Copy, Debug)]
struct Slip {
    desk: Actor,
    requirement: i64,
    level: i64,
    root: bool,
}

impl Game {
    /// A set of these accounts, signed by all who must; none where the second agent refuses.
    pub(super) fn sign(&mut self, desks: &[Actor], cause: &Cause, top_ups: &[(Actor, u8, u64)]) -> Option<Signed> {
        let slot = self.w.slot();
        let moment = self.market.at(slot);
        let slip = self.slip(desks);
        let mut says: Vec<Says> = desks.iter().map(|desk| self.says(*desk, cause, &moment, slip)).collect();
        let draft = self.drafted(&says, cause, top_ups);
        let bundle = draft.clone().sign();
        for say in &mut says {
            let account = self.w.account(say.desk);
            if let Some(change) = &mut say.change {
                change.digest = bundle.digest_of(account).expect("what moves it is in the bundle");
                if let Cause::Fills(deals) = cause {
                    change.applied = Some(Applied::Fills(shown(&draft, deals, account)));
                }
            }
        }
        let message = match cause {
            Cause::Nothing => Message::Mark(draft.sign_mark()),
            _ => Message::Settle(bundle),
        };
        // Mostly it sees at once that it was wrong.
        if slip.is_some() && self.chance(70) {
            self.agent_at = (slot + 1) * SLOT_SECONDS;
        }
        self.second_agrees(&says).then_some(Signed { message, slot, says })
    }

    /// Where there is a second agent.
    fn second_agrees(&mut self, says: &[Says]) -> bool {
        let against_a_desk = self.honest == Honest::Desk;
        let wrongs = |says: &&Says| {
            let (worse, better) = if against_a_desk { (says.stated, says.right) } else { (says.right, says.stated) };
            (says.desk == ALICE || !against_a_desk) && worse.is_worse_than(&better)
        };
        match self.mood {
            _ if !self.two_agents => true,
            Mood::Signs(percent) => self.chance(percent),
            Mood::OnlyWrong => says.iter().any(|says| wrongs(&says)) || self.chance(4),
        }
    }

    fn slip(&mut self, desks: &[Actor]) -> Option<Slip> {
        if self.faultless || !self.chance(12) {
            return None;
        }
        let desk = if self.chance(60) && desks.contains(&ALICE) { ALICE } else { self.pick(desks) };
        let mut amount = || self.rng.random_range(-(usd(15_000) as i64)..=usd(15_000) as i64);
        let slip = Slip { desk, requirement: amount(), level: amount(), root: true };
        Some(match self.rng.random_range(0..5) {
            0 => Slip { level: 0, root: false, ..slip },
            1 => Slip { requirement: 0, root: false, ..slip },
            2 => Slip { requirement: 0, level: 0, ..slip },
            3 => Slip { root: false, ..slip },
            _ => slip,
        })
    }

    fn says(&mut self, desk: Actor, cause: &Cause, moment: &Moment, slip: Option<Slip>) -> Says {
        let slip = slip.filter(|slip| slip.desk == desk);
        let change = self.change(desk, cause, slip);
        let book = change.as_ref().map_or_else(|| self.truth.book(desk), |change| change.after.clone());
        let right = moment.figures(&book);
        let stated = slip.map_or(right, |slip| Figures {
            requirement: right.requirement.saturating_add_signed(slip.requirement),
            level: right.level + slip.level,
        });
        Says { desk, stated, right, cost: self.cost(desk, cause, moment).min(0).unsigned_abs(), change }
    }

    /// What becomes of its book. Its digest is known when all is there.
    fn change(&mut self, desk: Actor, cause: &Cause, slip: Option<Slip>) -> Option<Change> {
        let mut after = self.truth.book(desk);
        let applied = match cause {
            Cause::Nothing => return None,
            Cause::Fills(deals) if deals.iter().all(|deal| deal.side(desk) == 0) => return None,
            Cause::Fills(deals) => {
                deals.iter().for_each(|deal| deal.apply(desk, &mut after));
                Applied::Fills(vec![])
            }
            Cause::Funding(instrument, per_unit) => {
                after.fund(instrument, Funding::from_raw(*per_unit)).expect("a small payment");
                Applied::Funding { instrument: instrument.id(), per_unit: *per_unit }
            }
        };
        let behind = match slip {
            Some(Slip { root: true, .. }) => after.clone().with_cash(Cash::from_raw(after.cash().raw() + 1_000)),
            _ => after.clone(),
        };
        let previous = self.w.state(desk).history;
        let (root, digest) = (book_root(&behind, KEY), B256::ZERO);
        Some(Change { previous, digest, root, behind, after, applied: Some(applied) })
    }

    /// What the fills gain an account against the marks, each rounded down.
    fn cost(&self, desk: Actor, cause: &Cause, moment: &Moment) -> i64 {
        let Cause::Fills(deals) = cause else { return 0 };
        deals.iter().map(|deal| deal.gained(desk, moment)).sum()
    }

    fn drafted(&mut self, says: &[Says], cause: &Cause, top_ups: &[(Actor, u8, u64)]) -> Draft {
        let requirements: Vec<_> = says.iter().map(|say| (say.desk, say.stated.requirement)).collect();
        let moment = self.market.at(self.w.slot());
        let mut draft = match cause {
            Cause::Nothing => self.w.draft_mark(&requirements),
            _ => self.w.draft(&requirements),
        };
        match cause {
            Cause::Nothing => {}
            Cause::Fills(deals) => {
                for deal in deals {
                    draft = deal.add(draft);
                }
            }
            Cause::Funding(instrument, per_unit) => {
                let reference = funding_reference(instrument.id(), *per_unit);
                draft = draft.lifecycle(lifecycle::FUNDING);
                draft.lifecycle = Some(Lifecycle { cause: lifecycle::FUNDING, reference });
            }
        }
        for say in says {
            let gained = self.cost(say.desk, cause, &moment);
            draft = draft.level(say.desk, say.stated.level);
            draft.statement(say.desk).fillVariation = gained;
            draft.statement(say.desk).newRoot = say.change.as_ref().map_or(B256::ZERO, |change| change.root);
        }
        for (desk, asset, lots) in top_ups {
            draft = draft.top_up(*desk, *asset, *lots);
        }
        draft.second_agent = self.two_agents.then_some(SECOND_AGENT);
        draft
    }
}
