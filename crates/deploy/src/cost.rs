//! What is still to be done, and what it will cost.
use crate::activation::{self, Answer};
use crate::conditions::Conditions;
use crate::rehearsal::Rehearsed;
use crate::run::Run;
use crate::sender::data_gas;
use crate::step::Step;
use alloy::primitives::U256;
use anyhow::Result;

/// One step still to be done.
#[derive(Clone, Debug)]
pub struct Line {
    pub step: Step,
    /// Of the rehearsal, and what the chain puts on an activation.
    pub gas: u64,
    /// Gas that the parent chain's data comes to; absent where the node does not say.
    pub data_gas: Option<u64>,
    /// Wei that an activation is charged; the rehearsal's where the chain does not say.
    pub activation_fee: U256,
}

#[derive(Clone, Debug)]
pub struct Bill {
    pub lines: Vec<Line>,
    /// Wei for one gas, now.
    pub gas_price: u128,
}

impl Bill {
    pub fn wei(&self, gas: u64) -> U256 {
        U256::from(gas) * U256::from(self.gas_price)
    }

    pub fn execution(&self) -> U256 {
        self.lines.iter().map(|line| self.wei(line.gas)).sum()
    }

    /// A lower bound where the node does not tell the parent chain's fee.
    pub fn data(&self) -> U256 {
        self.lines.iter().map(|line| self.wei(line.data_gas.unwrap_or(0))).sum()
    }

    pub fn activation_fees(&self) -> U256 {
        self.lines.iter().map(|line| line.activation_fee).sum()
    }

    pub fn total(&self) -> U256 {
        self.execution() + self.data() + self.activation_fees()
    }

    pub fn is_whole(&self) -> bool {
        self.lines.iter().all(|line| line.data_gas.is_some())
    }
}

impl Run<'_> {
    /// The steps that the chain does not show done, at the gas of the rehearsal and the chain's prices.
    pub async fn bill(&self, rehearsed: &[Rehearsed], conditions: &Conditions) -> Result<Bill> {
        let gas_price = self.gas_price().await?;
        let mut lines = Vec::new();
        for one in rehearsed {
            if !one.spent.is_empty() && !self.is_done(one.step).await? {
                lines.push(self.line(one, conditions).await?);
            }
        }
        Ok(Bill { lines, gas_price })
    }

    async fn line(&self, Rehearsed { step, spent }: &Rehearsed, conditions: &Conditions) -> Result<Line> {
        let mut data = Some(0u64);
        for sent in spent {
            let one = data_gas(&self.sender.provider, sent.to, &sent.input).await;
            data = data.zip(one).map(|(sum, one)| sum.saturating_add(one));
        }
        let gas = spent.iter().map(|spent| spent.gas).sum();
        let rehearsed_fee = spent.iter().map(|spent| spent.activation_fee).sum();
        let Step::Activate(name) = *step else {
            return Ok(Line { step: *step, gas, data_gas: data, activation_fee: U256::ZERO });
        };
        let answer = activation::of_code(&self.sender.provider, &self.artifacts.code(name)?).await?;
        let activation_fee = if let Answer::For(fee) = answer { fee } else { rehearsed_fee };
        // A pause is no price.
        let extra = if conditions.paused().is_some() { 0 } else { conditions.activation_gas };
        Ok(Line { step: *step, gas: gas + extra, data_gas: data, activation_fee })
    }
}
