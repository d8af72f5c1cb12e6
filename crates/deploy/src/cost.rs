//! What is still to be done, and what it will cost.
use crate::rehearsal::Rehearsed;
use crate::run::Run;
use crate::step::Step;
use alloy::network::TransactionBuilder;
use alloy::primitives::{Address, TxKind, U256, address};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::rpc::types::state::{AccountOverride, StateOverride};
use alloy::sol;
use alloy::sol_types::SolCall;
use anyhow::Result;
use chain::deploy::{ARB_WASM, ArbWasm};
use chain::{ChainError, fragments};

/// Nitro's virtual contract that knows the parent chain's prices.
const NODE_INTERFACE: Address = address!("00000000000000000000000000000000000000c8");

sol! {
    function gasEstimateL1Component(address to, bool contractCreation, bytes data) external payable returns (uint64 gasEstimateForL1, uint256 baseFee, uint256 l1BaseFeeEstimate);
}

/// One step still to be done.
#[derive(Clone, Debug)]
pub struct Line {
    pub step: Step,
    pub gas: u64,
    /// Gas that the parent chain's data comes to; absent where the node does not say.
    pub data_gas: Option<u64>,
    /// Wei that an activation is charged; absent for other steps, and where the node does not say.
    pub activation_fee: Option<U256>,
}

#[derive(Clone, Debug)]
pub struct Bill {
    pub lines: Vec<Line>,
    /// Wei for one gas, now.
    pub gas_price: u128,
}

impl Bill {
    /// Wei; a lower bound where the node does not tell the parent chain's fee.
    pub fn total(&self) -> U256 {
        let line = |line: &Line| {
            let gas = line.gas.saturating_add(line.data_gas.unwrap_or(0));
            U256::from(gas) * U256::from(self.gas_price) + line.activation_fee.unwrap_or_default()
        };
        self.lines.iter().map(line).sum()
    }

    pub fn is_whole(&self) -> bool {
        self.lines.iter().all(|line| line.data_gas.is_some())
    }
}

impl Run<'_> {
    /// The steps that the chain does not show done, at the gas of the rehearsal and the chain's prices.
    pub async fn bill(&self, rehearsed: &[Rehearsed]) -> Result<Bill> {
        let price = self.sender.provider.get_gas_price().await;
        let gas_price = price.map_err(|error| ChainError::rpc("eth_gasPrice", error))?;
        let mut lines = Vec::new();
        for Rehearsed { step, spent } in rehearsed {
            if spent.is_empty() || self.is_done(*step).await? {
                continue;
            }
            let mut data_gas = Some(0u64);
            for sent in spent {
                let one = self.data_gas(sent.to, &sent.input).await;
                data_gas = data_gas.zip(one).map(|(sum, one)| sum.saturating_add(one));
            }
            let gas = spent.iter().map(|spent| spent.gas).sum();
            let activation_fee = match step {
                Step::Activate(name) => self.activation_fee(&self.artifacts.code(name)?).await,
                _ => None,
            };
            lines.push(Line { step: *step, gas, data_gas, activation_fee });
        }
        Ok(Bill { lines, gas_price })
    }

    async fn data_gas(&self, to: TxKind, input: &[u8]) -> Option<u64> {
        let (creation, to) = (to.is_create(), to.to().copied().unwrap_or_default());
        let call = gasEstimateL1ComponentCall { to, contractCreation: creation, data: input.to_vec().into() };
        let answer = chain::view(&self.sender.provider, NODE_INTERFACE, call).await.ok()?;
        Some(answer.gasEstimateForL1)
    }

    /// Asks the chain to activate the code without putting it there: whether it would, and for how much.
    async fn activation_fee(&self, code: &[u8]) -> Option<U256> {
        let (program, from) = (Address::repeat_byte(0x51), self.sender.address());
        let ether = U256::from(10).pow(U256::from(18));
        let rich = AccountOverride { balance: Some(ether * U256::from(2)), ..AccountOverride::default() };
        let mut overrides: StateOverride = [(from, rich)].into_iter().collect();
        overrides.extend(standing_at(program, code)?.map(|(place, code)| (place, holding(code))));
        let input = ArbWasm::activateProgramCall { program }.abi_encode();
        let request = TransactionRequest::default().with_from(from).with_to(ARB_WASM).with_input(input);
        let answer = self.sender.provider.call(request.with_value(ether)).overrides(overrides).await.ok()?;
        Some(ArbWasm::activateProgramCall::abi_decode_returns(&answer).ok()?.dataFee)
    }
}

/// A program and its fragments as if they stood at `program` and beside it.
fn standing_at(program: Address, code: &[u8]) -> Option<impl Iterator<Item = (Address, Vec<u8>)>> {
    let fragments: Vec<_> = (0x52..).map(Address::repeat_byte).zip(fragments::split(code)).collect();
    let places: Vec<_> = fragments.iter().map(|(place, _)| *place).collect();
    Some(fragments.into_iter().chain([(program, fragments::entry(code, &places).ok()?)]))
}

fn holding(code: Vec<u8>) -> AccountOverride {
    AccountOverride { code: Some(code.into()), ..AccountOverride::default() }
}
