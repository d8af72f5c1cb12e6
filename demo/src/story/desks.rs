//! The desks' back offices: they watch the chain's events and act on their own account, each with its own key.
use super::{answers, substitution};
use crate::story::LATE_DESK;
use crate::story::orders::SUBSTITUTED;
use abi::escrow::MarginEscrow::{MarginEscrowEvents as Escrow, claimCall};
use abi::registry::EligibilityRegistry::EligibilityRegistryEvents as Registry;
use anyhow::Result;
use chain::{Event, EventReader, Recorded};
use localnet::{Actor, Net, USDE};
use std::collections::BTreeMap;
use tokio::sync::watch;

/// Seconds of chain time between a claim and a desk's answer.
const PROMPT: u64 = 10;
/// Seconds after a demand's deadline at which the late desk answers, once.
const LATE: u64 = 300;

/// What the desks did.
#[derive(Clone, Copy, Debug, Default)]
pub struct Moves {
    pub pledges: u64,
    pub substitutions: u64,
    /// Sent and reverted, or refused before they were sent.
    pub refused: u64,
    /// Of all that the desks sent.
    pub gas: u64,
}

/// A desk, its account and the nonce of its next instruction.
pub struct Desk {
    pub actor: Actor,
    pub account: u64,
    /// Raised only by what went through.
    pub nonce: u64,
    /// The open claim, and the chain time from which the desk answers it.
    claim: Option<(u16, u64)>,
    /// Has missed a deadline; from then on it answers as promptly as the others.
    learnt: bool,
    /// Chain time before which it substitutes nothing more.
    rests_until: u64,
}

/// All four, and what they have read of the chain.
pub struct Desks {
    pub(super) net: Net,
    desks: Vec<Desk>,
    reader: EventReader<alloy::providers::DynProvider>,
    next_block: u64,
    /// Haircut of USDe for new pledges, ppm.
    usde_haircut: u32,
    usde_index: u8,
    moves: Moves,
}

impl Desks {
    pub fn new(net: Net) -> Result<Self> {
        let desk = |actor: &Actor| -> Result<Desk> {
            Ok(Desk {
                actor: actor.clone(),
                account: net.deployment.account(&actor.name)?,
                nonce: 1_000,
                claim: None,
                learnt: false,
                rests_until: 0,
            })
        };
        let desks = net.actors.desk.iter().map(desk).collect::<Result<_>>()?;
        let reader = EventReader::new(net.provider.clone(), &net.deployment);
        let usde_index = net.deployment.token(USDE)?.index;
        Ok(Self { net, desks, reader, next_block: 0, usde_haircut: 0, usde_index, moves: Moves::default() })
    }

    /// Acts once for each time the clock announces, until it stops.
    pub async fn run(mut self, mut clock: watch::Receiver<u64>) -> Result<Moves> {
        while clock.changed().await.is_ok() {
            let now = *clock.borrow_and_update();
            self.observe().await?;
            self.act(now).await?;
        }
        Ok(self.moves)
    }

    async fn observe(&mut self) -> Result<()> {
        let latest = self.reader.latest_block().await?;
        if latest < self.next_block {
            return Ok(());
        }
        let events = self.reader.read(self.next_block, latest).await?;
        self.next_block = latest + 1;
        let by_account: BTreeMap<u64, usize> =
            self.desks.iter().enumerate().map(|(place, desk)| (desk.account, place)).collect();
        events.iter().for_each(|recorded| self.note(recorded, &by_account));
        Ok(())
    }

    fn note(&mut self, recorded: &Recorded, desks: &BTreeMap<u64, usize>) {
        match &recorded.event {
            Event::Escrow(Escrow::ClaimIssued(claim)) => {
                let Some(place) = desks.get(&claim.account) else { return };
                let held = self.desks[*place].claim.filter(|(number, _)| *number == claim.number);
                self.desks[*place].claim = Some(held.unwrap_or((claim.number, recorded.timestamp + PROMPT)));
            }
            Event::Escrow(Escrow::ClaimSatisfied(claim)) => {
                if let Some(place) = desks.get(&claim.account) {
                    self.desks[*place].claim = None;
                }
            }
            Event::Registry(Registry::HaircutMoved(moved)) if moved.index == self.usde_index => {
                self.usde_haircut = moved.current.max(moved.target);
            }
            _ => {}
        }
    }

    async fn act(&mut self, now: u64) -> Result<()> {
        for (place, desk) in self.desks.iter_mut().enumerate() {
            let answers = if place == LATE_DESK && !desk.learnt {
                has_missed(&self.net, desk.account, now).await?
            } else {
                desk.claim.is_some_and(|(_, time)| time <= now)
            };
            if answers {
                match answers::answer(&self.net, desk).await {
                    Ok(pledges) => {
                        self.moves.pledges += pledges.len() as u64;
                        self.moves.gas += pledges.iter().sum::<u64>();
                        desk.learnt |= !pledges.is_empty();
                    }
                    Err(_) => self.moves.refused += 1,
                }
            }
            let by_hand = place != SUBSTITUTED;
            if by_hand && self.usde_haircut >= substitution::TRIGGER && now >= desk.rests_until {
                desk.rests_until = now + substitution::PAUSE;
                match substitution::out_of_usde(&self.net, desk).await {
                    Ok(done) => {
                        self.moves.substitutions += u64::from(done.is_some());
                        self.moves.gas += done.unwrap_or(0);
                    }
                    Err(_) => self.moves.refused += 1,
                }
            }
        }
        Ok(())
    }
}

/// Whether the oldest demand of an account's claim is that late.
async fn has_missed(net: &Net, account: u64, now: u64) -> Result<bool> {
    let first = net.view(net.deployment.escrow()?, claimCall { account }).await?.first;
    Ok(first.amount > 0 && first.deadline + LATE <= now)
}
