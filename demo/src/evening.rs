//! The evening, slot by slot: chain time, prices, trades; desks and relayer react by themselves.
use crate::cli::Cli;
use crate::market::{BEGIN, Day, SLOTS_IN_MINUTE};
use crate::progress::Progress;
use crate::report::{Inputs, drained};
use crate::story::{Desks, Disputed, Hedger, Keeper, Moves, Offered, Ruled, Trader, Venue, give_notice};
use crate::system::System;
use crate::tracking::Tracker;
use abi::escrow::MarginEscrow::claimCall;
use abi::{SLOT_SECONDS, slot_at};
use alloy::providers::Provider;
use anyhow::{Context, Result};
use marks::MarkSet;
use std::time::{Duration, Instant};
use tokio::sync::mpsc::{UnboundedSender, unbounded_channel};
use tokio::sync::watch;

/// Slots after the last minute, in which what is under way settles.
const EPILOGUE: usize = 12;
const DAY: u64 = 86_400;
/// The slot of 21:21 UTC, the bottom of the crash.
const CRASH: u64 = 36 * SLOTS_IN_MINUTE;
/// The slot of 22:45, in which variation is disputed.
const RECOVERY: u64 = 120 * SLOTS_IN_MINUTE;

/// Who acts in a slot, and what they have done.
pub struct Evening<'a> {
    system: &'a System,
    day: &'a Day,
    trader: Trader,
    hedger: Hedger,
    venues: [Venue; 2],
    offered: Vec<Offered>,
    slots: Vec<u64>,
    /// Tells the tracker what was offered.
    batches: UnboundedSender<Offered>,
    /// Tells the desks the time.
    clock: watch::Sender<u64>,
    started: Instant,
    speed: f64,
    /// Later slots have the prices of this one.
    last_quotes: u64,
    /// The account that disputes, from the first slot with marks on.
    disputed: Option<Disputed>,
    ruled: Vec<Ruled>,
}

/// Runs it all; what only the run knows comes back.
pub async fn run(system: &System, day: &Day, cli: &Cli) -> Result<Inputs> {
    let ((clock, times), (batches, offers)) = (watch::channel(0), unbounded_channel());
    let keeper = tokio::spawn(Keeper::new(system.net.net.clone(), vec![system.unminded])?.run(times.clone()));
    let desks = tokio::spawn(Desks::new(system.net.net.clone())?.run(times));
    let tracker = tokio::spawn(Tracker::new(&system.relayer.url).run(offers));
    let mut evening = Evening::new(system, day, cli, clock, batches)?;
    let progress = Progress::new(cli.minutes);
    for slot in 0..cli.minutes * SLOTS_IN_MINUTE {
        evening.slot(slot, &progress).await?;
    }
    progress.finish();
    drained(&system.relayer.url, Duration::from_secs(20)).await?;
    let end = BEGIN + cli.minutes * SLOTS_IN_MINUTE * SLOT_SECONDS;
    evening.settle_down(end).await?;
    evening.win_dispute().await?;
    let recalled = evening.next_day().await?;
    let (last_time, seconds) = (*evening.clock.borrow(), evening.started.elapsed().as_secs());
    let Evening { offered, slots, ruled: disputes, clock, batches, .. } = evening;
    drop((clock, batches));
    let moves: Moves = desks.await.context("the desks' task")??;
    let keeper_gas = keeper.await.context("the keeper's task")??;
    let latency = tracker.await.context("the tracker's task")??;
    let unminded = system.unminded;
    Ok(Inputs { offered, moves, keeper_gas, slots, latency, seconds, last_time, unminded, recalled, disputes })
}

impl<'a> Evening<'a> {
    fn new(
        system: &'a System,
        day: &'a Day,
        cli: &Cli,
        clock: watch::Sender<u64>,
        batches: UnboundedSender<Offered>,
    ) -> Result<Self> {
        let (net, domain) = (&system.net, system.net.escrow_domain()?);
        let mut accounts = [0; 4];
        for (account, desk) in accounts.iter_mut().zip(&net.actors.desk) {
            *account = net.deployment.account(&desk.name)?;
        }
        let venues = net.actors.venue.clone().map(|actor| Venue::new(actor, domain, accounts, &system.relayer.url));
        let trader = Trader::new(cli.seed);
        Ok(Self {
            system,
            day,
            trader,
            hedger: Hedger::new(cli.seed),
            venues,
            offered: vec![],
            slots: vec![],
            batches,
            clock,
            started: Instant::now(),
            speed: cli.speed,
            last_quotes: BEGIN + (cli.minutes * SLOTS_IN_MINUTE + EPILOGUE as u64) * SLOT_SECONDS,
            disputed: None,
            ruled: vec![],
        })
    }

    async fn slot(&mut self, slot: u64, progress: &Progress) -> Result<()> {
        let time = BEGIN + slot * SLOT_SECONDS;
        self.pace(slot).await;
        let set = self.post(time).await?;
        self.dispute_at(slot, &set).await?;
        if slot.is_multiple_of(SLOTS_IN_MINUTE) {
            self.trade(time).await?;
            let (minute, btc) = (slot / SLOTS_IN_MINUTE + 1, self.day.btc(time)?);
            let fills = self.offered.iter().map(|batch| batch.fills).sum();
            progress.show(minute, time, btc, self.open_claims().await?, fills);
        }
        self.clock.send_replace(time);
        Ok(())
    }

    /// Chain time moves to the slot with the block of its prices; the marks that its root commits to.
    async fn post(&mut self, time: u64) -> Result<MarkSet> {
        let provider = &self.system.net.provider;
        let _: serde_json::Value = provider
            .raw_request("evm_setNextBlockTimestamp".into(), (time,))
            .await
            .context("moving the chain's clock")?;
        let quotes = self.day.quotes(time.min(self.last_quotes))?;
        let posted = self.system.poster.post(slot_at(time), &quotes).await?;
        self.slots.extend(posted.receipt.map(|receipt| receipt.gas_used));
        posted.marks.context("the slot's marks were not committed")
    }

    async fn trade(&mut self, time: u64) -> Result<()> {
        let (heat, prices) = (self.day.heat(time), [self.day.btc(time)?, self.day.eth(time)?]);
        // The first venue lists the expiry too, once the relayer has seen marks of it.
        let mut hedges = if time > BEGIN { self.hedger.minute(self.day, time)? } else { vec![] };
        for venue in &mut self.venues {
            let mut trades = self.trader.minute(heat, prices);
            trades.append(&mut hedges);
            if !trades.is_empty() {
                let batch = venue.offer(&trades, time * 1_000).await?;
                // The tracker ends only with the sender.
                let _ = self.batches.send(batch);
                self.offered.push(batch);
            }
        }
        Ok(())
    }

    async fn open_claims(&self) -> Result<u64> {
        let (net, mut open) = (&self.system.net, 0);
        for account in net.deployment.accounts.values() {
            open += u64::from(net.view(net.deployment.escrow()?, claimCall { account: *account }).await?.open);
        }
        Ok(open)
    }

    /// Waits until it is the slot's turn on this machine's clock.
    async fn pace(&self, slot: u64) {
        let due = Duration::from_secs_f64((slot * SLOT_SECONDS) as f64 / self.speed);
        tokio::time::sleep(due.saturating_sub(self.started.elapsed())).await;
    }

    /// Some slots from `begin` on without trades, in which what is under way settles.
    async fn settle_down(&mut self, begin: u64) -> Result<()> {
        for time in (begin..).step_by(SLOT_SECONDS as usize).take(EPILOGUE) {
            self.post(time).await?;
            self.clock.send_replace(time);
            tokio::time::sleep(Duration::from_millis(100)).await;
        }
        drained(&self.system.relayer.url, Duration::from_secs(10)).await
    }

    /// The account that disputes opens with the first marks, disputes an honest correction at the bottom of the crash in vain, and wins later.
    async fn dispute_at(&mut self, slot: u64, set: &MarkSet) -> Result<()> {
        match &mut self.disputed {
            None => self.disputed = Some(Disputed::open(self.system.net.net.clone(), set).await?),
            Some(disputed) if slot == CRASH => {
                self.ruled.push(disputed.dispute_a_correction(set).await?);
                disputed.answer().await?;
            }
            Some(disputed) if slot == RECOVERY => self.ruled.push(disputed.recover(set).await?),
            Some(_) => {}
        }
        Ok(())
    }

    /// After the evening it wins another one.
    async fn win_dispute(&mut self) -> Result<()> {
        let now = *self.clock.borrow() + SLOT_SECONDS;
        let set = self.post(now).await?;
        if let Some(disputed) = &mut self.disputed {
            self.ruled.push(disputed.win(&set).await?);
        }
        self.clock.send_replace(now);
        Ok(())
    }

    /// The secured party recalls a token; a day passes, at the evening's last prices; what was recalled.
    async fn next_day(&mut self) -> Result<u64> {
        let now = *self.clock.borrow();
        let recalled = give_notice(&self.system.net, now).await?;
        self.settle_down(now + DAY + 6 * SLOT_SECONDS).await?;
        Ok(recalled)
    }
}
