//! Running a transaction or call again to see what happened in it.

use super::contents::Contents;
use super::error::ChainError;
use super::execute::{BlockFacts, Traced, rules, trace, tx_env};
use super::request::{CallError, CallRequest, GasBreakdown};
use super::view::Overlay;
use crate::evm::{CallGas, StylusEnv, Watch};
use crate::vm::hostio::HostCall;
use alloy::primitives::{B256, U256};
use alloy::rpc::types::trace::geth::{GethDebugTracingOptions, GethTrace};
use revm::context::{BlockEnv, CfgEnv, TxEnv};
use revm::inspector::NoOpInspector;
use revm_inspectors::tracing::{DebugInspector, TransactionContext};

/// Where a transaction's gas went, in total and for each call in it.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize)]
pub struct GasReport {
    /// Of the whole transaction.
    #[serde(flatten)]
    pub total: GasBreakdown,
    /// The transaction's own call first, each further call after the one that made it.
    pub calls: Vec<CallGas>,
}

/// An execution made ready to be traced.
pub struct Replay {
    overlay: Option<Overlay>,
    facts: BlockFacts,
    cfg: CfgEnv,
    tx: TxEnv,
    env: StylusEnv,
    context: TransactionContext,
}

impl Contents {
    /// An included transaction, on the state it found; none if it is unknown.
    pub fn replay(&self, hash: B256) -> Option<Replay> {
        let (block, index, record) = self.transaction(hash)?;
        let facts = block.facts();
        let tx = tx_env(&record.tx, facts.base_fee);
        let mut cfg = rules(&facts, false);
        cfg.disable_base_fee = tx.gas_price == 0;
        Some(Replay {
            overlay: Some(Overlay::before(self.world.since(record.mark))),
            env: StylusEnv {
                block: facts.number,
                recent: record.recent.clone(),
                data_gas: record.breakdown.data,
                execution_limit: facts.execution_limit,
                limited: true,
                ..StylusEnv::default()
            },
            context: TransactionContext { block_hash: Some(block.hash), tx_index: Some(index), tx_hash: Some(hash) },
            facts,
            cfg,
            tx,
        })
    }

    /// A call that is not to be included.
    pub fn replay_call(&self, request: &CallRequest) -> Result<Replay, ChainError> {
        let prepared = self.prepare(request)?;
        Ok(Replay {
            env: prepared.env(),
            overlay: prepared.overlay,
            cfg: rules(&prepared.facts, true),
            facts: prepared.facts,
            tx: prepared.tx,
            context: TransactionContext::default(),
        })
    }

    /// Traces as geth's tracers do.
    pub fn geth_trace(&self, replay: &Replay, options: GethDebugTracingOptions) -> Result<GethTrace, CallError> {
        let failed = |error: &dyn std::fmt::Display| CallError::Refused(ChainError::Trace(error.to_string()));
        let inspector = DebugInspector::new(options).map_err(|e| failed(&e))?;
        let Traced { result, mut inspector, .. } = self.run(replay, inspector)?;
        let mut view = self.view(replay.overlay.as_ref());
        let own_block = BlockEnv { number: U256::from(replay.facts.number), ..replay.facts.env() };
        inspector
            // Traces name this chain's block, although the EVM counts the parent chain's.
            .get_result(Some(replay.context), &replay.tx, &own_block, &result, &mut view)
            .map_err(|e| failed(&e))
    }

    /// Host functions that programs called.
    pub fn host_trace(&self, replay: &Replay) -> Result<Vec<HostCall>, CallError> {
        Ok(self.watch(replay)?.steps)
    }

    /// Gas of a transaction and of each call in it; none if it is unknown.
    pub fn gas_report(&self, hash: B256) -> Result<Option<GasReport>, CallError> {
        let (Some((_, _, record)), Some(replay)) = (self.transaction(hash), self.replay(hash)) else { return Ok(None) };
        let calls = self.watch(&replay)?.calls;
        Ok(Some(GasReport { total: record.breakdown, calls }))
    }

    fn watch(&self, replay: &Replay) -> Result<Watch, CallError> {
        self.run(replay, NoOpInspector).map(|traced| traced.watch)
    }

    fn run<'a, I: revm::Inspector<crate::evm::Ctx<'a>>>(
        &'a self,
        replay: &'a Replay,
        inspector: I,
    ) -> Result<Traced<I>, CallError> {
        let view = self.view(replay.overlay.as_ref());
        let Replay { cfg, facts, tx, env, .. } = replay;
        trace(view, cfg.clone(), facts.env(), tx.clone(), env.clone(), inspector)
            .map_err(|error| CallError::Refused(ChainError::Invalid(error.to_string())))
    }
}
