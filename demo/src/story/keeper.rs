//! A keeper: anybody with gas. It issues claims that are due and that no mark issued, enforces what was missed, and carries out
//! a standing substitution once its level is reached.
use super::orders::{self, LEVEL};
use abi::escrow::MarginEscrow::{MarginEscrowEvents as Escrow, accountCall, claimCall, enforceCall, issueClaimCall};
use abi::registry::EligibilityRegistry::EligibilityRegistryEvents as Registry;
use anyhow::Result;
use chain::{Event, EventReader};
use localnet::{Net, USDE};
use std::collections::BTreeSet;
use tokio::sync::watch;

/// Seconds after a deadline that this keeper waits; nothing makes it wait.
const PATIENCE: u64 = 600;
/// Seconds between two looks at the accounts it watches.
const ROUND: u64 = 60;

/// Its view of the chain, and the gas that it has spent.
pub struct Keeper {
    net: Net,
    reader: EventReader<alloy::providers::DynProvider>,
    next_block: u64,
    /// Accounts that it looks at; of all others it learns from events.
    watched: Vec<u64>,
    /// Accounts with an open claim.
    open: BTreeSet<u64>,
    looked: u64,
    /// Haircut of USDe, in force or coming, ppm.
    usde_haircut: u32,
    usde_index: u8,
    gas: u64,
}

impl Keeper {
    /// `watched` are accounts that no event speaks of: it looks at them every minute.
    pub fn new(net: Net, watched: Vec<u64>) -> Result<Self> {
        let reader = EventReader::new(net.provider.clone(), &net.deployment);
        let usde_index = net.deployment.token(USDE)?.index;
        let open = BTreeSet::new();
        Ok(Self { net, reader, next_block: 0, watched, open, looked: 0, usde_haircut: 0, usde_index, gas: 0 })
    }

    /// Acts once for each time the clock announces, until it stops; the gas of what it sent.
    pub async fn run(mut self, mut clock: watch::Receiver<u64>) -> Result<u64> {
        while clock.changed().await.is_ok() {
            let now = *clock.borrow_and_update();
            self.observe().await?;
            self.enforce(now).await?;
            if self.usde_haircut >= LEVEL {
                self.gas += orders::carry_out(&self.net).await?.unwrap_or(0);
            }
            if now >= self.looked + ROUND {
                self.looked = now;
                self.issue().await?;
            }
        }
        Ok(self.gas)
    }

    async fn observe(&mut self) -> Result<()> {
        let latest = self.reader.latest_block().await?;
        if latest < self.next_block {
            return Ok(());
        }
        for recorded in self.reader.read(self.next_block, latest).await? {
            match recorded.event {
                Event::Escrow(Escrow::ClaimIssued(claim)) => drop(self.open.insert(claim.account)),
                Event::Escrow(Escrow::ClaimSatisfied(claim)) => drop(self.open.remove(&claim.account)),
                Event::Escrow(Escrow::ClaimCancelled(claim)) => drop(self.open.remove(&claim.account)),
                Event::Escrow(Escrow::AccountDefaulted(failed)) => drop(self.open.remove(&failed.account)),
                Event::Registry(Registry::HaircutMoved(moved)) if moved.index == self.usde_index => {
                    self.usde_haircut = moved.current.max(moved.target);
                }
                _ => {}
            }
        }
        self.next_block = latest + 1;
        Ok(())
    }

    /// A refusal means that the account's agent has not stated it in the last minute; the next time it may have.
    async fn enforce(&mut self, now: u64) -> Result<()> {
        let escrow = self.net.deployment.escrow()?;
        for account in self.open.iter().copied() {
            let first = self.net.view(escrow, claimCall { account }).await?.first;
            if first.amount > 0 && first.deadline + PATIENCE < now {
                let sent = self.net.send(&self.net.actors.operator, escrow, enforceCall { account }).await;
                self.gas += sent.map_or(0, |receipt| receipt.gas_used);
            }
        }
        Ok(())
    }

    async fn issue(&mut self) -> Result<()> {
        let escrow = self.net.deployment.escrow()?;
        for account in self.watched.iter().copied() {
            let state = self.net.view(escrow, accountCall { account }).await?;
            let open = self.net.view(escrow, claimCall { account }).await?.open;
            if state.posted < state.required && !open {
                let sent = self.net.send(&self.net.actors.operator, escrow, issueClaimCall { account }).await?;
                self.gas += sent.gas_used;
            }
        }
        Ok(())
    }
}
