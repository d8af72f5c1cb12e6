//! What is still to be done, and what it will cost.
use crate::activation::{self, Answer};
use crate::gas::{data_gas, offered_gas};
use crate::rehearsal::Rehearsed;
use crate::run::Run;
use crate::step::Step;
use alloy::primitives::U256;
use anyhow::Result;

/// One step still to be done.
#[derive(Clone, Debug)]
pub struct Line {
    /// What is to be done.
    pub step: Step,
    /// Of the rehearsal, and what the chain puts on an activation.
    pub gas: u64,
    /// Gas that the parent chain's data comes to; absent where the node does not say.
    pub data_gas: Option<u64>,
    /// Wei that an activation is charged; the rehearsal's where the chain does not say.
    pub activation_fee: U256,
    /// Wei that a place in the program cache may cost: what the network file allows.
    pub bid: U256,
}

/// What the rest of a deployment costs, at the chain's prices of now.
#[derive(Clone, Debug)]
pub struct Bill {
    /// One for each step that is left, in order.
    pub lines: Vec<Line>,
    /// Wei for one gas, now.
    pub gas_price: u128,
    /// Programs that ran once and do not now: what is left on them shows once they do.
    pub stopped: Vec<&'static str>,
}

impl Bill {
    /// What so much gas costs, in wei.
    pub fn wei(&self, gas: u64) -> U256 {
        U256::from(gas) * U256::from(self.gas_price)
    }

    /// Wei for executing all lines, without the parent chain's data.
    pub fn execution(&self) -> U256 {
        self.lines.iter().map(|line| self.wei(line.gas)).sum()
    }

    /// Wei for the parent chain's data. A lower bound where the node does not tell the fee.
    pub fn data(&self) -> U256 {
        self.lines.iter().map(|line| self.wei(line.data_gas.unwrap_or(0))).sum()
    }

    /// Wei that the chain charges for activations.
    pub fn activation_fees(&self) -> U256 {
        self.lines.iter().map(|line| line.activation_fee).sum()
    }

    /// Wei for places in the program cache: at most so much.
    pub fn bids(&self) -> U256 {
        self.lines.iter().map(|line| line.bid).sum()
    }

    /// Wei, all four sums.
    pub fn total(&self) -> U256 {
        self.execution() + self.data() + self.activation_fees() + self.bids()
    }

    /// Wei to begin with, and a fifth of the bill on top, since prices move. More than the total where a large step is near the end:
    /// each must be able to pay its whole gas limit at twice the price, and gets back what it does not use.
    pub fn needed(&self) -> U256 {
        let (mut spent, mut needed) = (U256::ZERO, U256::ZERO);
        for line in &self.lines {
            needed = needed.max(spent + self.offered(line));
            let gas = line.gas.saturating_add(line.data_gas.unwrap_or(0));
            spent += self.wei(gas) + line.activation_fee + line.bid;
        }
        needed.max(spent) + self.total() / U256::from(5)
    }

    fn offered(&self, line: &Line) -> U256 {
        let gas = offered_gas(line.gas, line.data_gas.unwrap_or(0));
        self.wei(gas) * U256::from(2) + line.activation_fee + line.bid
    }

    /// Whether the node told the parent chain's fee of every line.
    pub fn is_whole(&self) -> bool {
        self.lines.iter().all(|line| line.data_gas.is_some())
    }
}

impl Run<'_> {
    /// The steps that the chain does not show done, at the gas of the rehearsal and the chain's prices.
    ///
    /// # Errors
    /// The node does not answer, a contract's build is missing, or what stands on chain is not ours ([`Run::is_done`]).
    pub async fn bill(&self, rehearsed: &[Rehearsed]) -> Result<Bill> {
        let gas_price = self.gas_price().await?;
        let stopped = self.stopped().await?;
        let mut left = Vec::new();
        for one in rehearsed {
            if one.step.asks().is_some_and(|name| stopped.contains(&name)) {
                continue;
            }
            if !one.spent.is_empty() && !self.is_done(one.step).await? {
                left.push(one);
            }
        }
        let first = self.first_fee(&left).await?;
        let mut lines = Vec::new();
        for one in left {
            lines.push(self.line(one, first).await?);
        }
        Ok(Bill { lines, gas_price, stopped })
    }

    async fn line(&self, one: &Rehearsed, first: Option<(U256, U256)>) -> Result<Line> {
        let mut data = Some(0u64);
        for sent in &one.spent {
            let more = data_gas(&self.sender.provider, sent.to, &sent.input).await;
            data = data.zip(more).map(|(sum, more)| sum.saturating_add(more));
        }
        let gas = one.spent.iter().map(|spent| spent.gas).sum();
        let fee = one.activation_fee();
        let activation_fee = first.map_or(fee, |(here, rehearsed)| fee * here / rehearsed);
        let bid = if let Step::Cache(_) = one.step { U256::from(self.network.max_cache_bid) } else { U256::ZERO };
        Ok(Line { step: one.step, gas, data_gas: data, activation_fee, bid })
    }

    /// What the chain charges for the first activation left, and what the rehearsal charged. Each activation makes the next one dearer,
    /// by the same factor there and here.
    async fn first_fee(&self, left: &[&Rehearsed]) -> Result<Option<(U256, U256)>> {
        for one in left {
            if let Step::Activate(name) = one.step
                && let Answer::For(fee) =
                    activation::of_code(&self.sender.provider, &self.artifacts.code(name)?).await?
                && !one.activation_fee().is_zero()
            {
                return Ok(Some((fee, one.activation_fee())));
            }
        }
        Ok(None)
    }
}
