//! Claims, from their events.
use abi::escrow::MarginEscrow::{ClaimIssued, MarginEscrowEvents as Escrow};
use abi::escrow::cause;
use chain::{Event, Recorded};
use std::collections::BTreeMap;

#[derive(Clone, Debug, Default)]
pub struct Claims {
    /// New claims; a further demand of an open one is none.
    pub opened: u64,
    /// Demands of claims already open.
    pub further_demands: u64,
    pub satisfied: u64,
    /// Satisfied after the deadline of a demand.
    pub late: u64,
    /// What these were charged, in micro-USD.
    pub interest: u64,
    /// Enforced: the account is in default.
    pub failed: u64,
    /// How many by the cause of their first demand.
    pub causes: BTreeMap<&'static str, u64>,
    /// Open at the end, and of those past their deadline.
    pub open: u64,
    pub overdue: u64,
    /// Seconds from issue to satisfaction, in order.
    pub answered_in: Vec<u64>,
    pub list: Vec<Story>,
    /// Chain time and how many are open from then on.
    pub path: Vec<(u64, u64)>,
}

/// One claim from issue to satisfaction; times in seconds of the chain, amounts in micro-USD.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Story {
    pub account: u64,
    /// Of the account, from 1.
    pub number: u16,
    pub cause: &'static str,
    /// Collateral that the first demand asked for.
    pub amount: u64,
    /// Variation and interest that it asked for.
    pub owed: u64,
    pub issued: u64,
    pub deadline: u64,
    pub satisfied: Option<u64>,
    /// Satisfied after a deadline had passed.
    pub late: bool,
    /// Charged for it, in micro-USD.
    pub interest: u64,
    /// When it was enforced, if it was.
    pub failed: Option<u64>,
}

impl Story {
    fn of(issued: &ClaimIssued, time: u64) -> Self {
        let cause = cause::name(issued.cause);
        Self {
            account: issued.account,
            number: issued.number,
            cause,
            amount: issued.amount,
            owed: issued.owed,
            issued: time,
            deadline: issued.deadline,
            satisfied: None,
            late: false,
            interest: 0,
            failed: None,
        }
    }
}

impl Claims {
    /// `now` is the chain's last time.
    pub fn of(events: &[Recorded], now: u64) -> Self {
        let (mut claims, mut open) = (Self::default(), BTreeMap::new());
        for recorded in events {
            let time = recorded.timestamp;
            match &recorded.event {
                Event::Escrow(Escrow::ClaimIssued(issued)) if open.contains_key(&issued.account) => {
                    claims.further_demands += 1;
                }
                Event::Escrow(Escrow::ClaimIssued(issued)) => {
                    open.insert(issued.account, claims.list.len());
                    claims.list.push(Story::of(issued, time));
                }
                Event::Escrow(Escrow::ClaimCancelled(cancelled)) => drop(open.remove(&cancelled.account)),
                Event::Escrow(Escrow::ClaimSatisfied(satisfied)) => {
                    let story = open.remove(&satisfied.account).and_then(|place| claims.list.get_mut(place));
                    story.into_iter().for_each(|story| (story.satisfied, story.late) = (Some(time), satisfied.late));
                }
                Event::Escrow(Escrow::LateInterestCharged(charged)) => {
                    let of = |story: &&mut Story| (story.account, story.number) == (charged.account, charged.number);
                    claims.list.iter_mut().find(of).into_iter().for_each(|story| story.interest = charged.amount);
                }
                Event::Escrow(Escrow::AccountDefaulted(failed)) => {
                    let story = open.remove(&failed.account).and_then(|place| claims.list.get_mut(place));
                    story.into_iter().for_each(|story| story.failed = Some(time));
                }
                _ => continue,
            }
            claims.path.push((time, open.len() as u64));
        }
        claims.count(now)
    }

    fn count(mut self, now: u64) -> Self {
        let number = |which: &dyn Fn(&Story) -> bool| self.list.iter().filter(|story| which(story)).count() as u64;
        let (opened, satisfied) = (number(&|_| true), number(&|story| story.satisfied.is_some()));
        let is_open = |story: &Story| story.satisfied.is_none() && story.failed.is_none();
        let (late, failed) = (number(&|story| story.late), number(&|story| story.failed.is_some()));
        let (open, overdue) = (number(&is_open), number(&|story| is_open(story) && story.deadline < now));
        (self.opened, self.satisfied, self.late, self.failed) = (opened, satisfied, late, failed);
        (self.open, self.overdue) = (open, overdue);
        self.interest = self.list.iter().map(|story| story.interest).sum();
        for story in &self.list {
            *self.causes.entry(story.cause).or_default() += 1;
        }
        self.answered_in = self.list.iter().filter_map(|story| Some(story.satisfied? - story.issued)).collect();
        self
    }
}
