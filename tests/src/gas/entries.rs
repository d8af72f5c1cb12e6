//! Every function that writes, called once in a typical situation that it succeeds in.
mod accounts;
mod claims;
mod collateral;
mod oracle;
mod registry;

use super::Costs;
use super::costs::DESKS;
use crate::DAY;
use crate::actors::{Actor, GOVERNOR, PAUSER};
use crate::outcome::Outcome;
use crate::tokens::usd;
use crate::world::World;
use abi::escrow::MarginEscrow::{MarginEscrowCalls, pauseCall, unpauseCall};
use abi::oracle::PriceOracle::PriceOracleCalls;
use abi::registry::EligibilityRegistry::EligibilityRegistryCalls;
use alloy::primitives::Address;
use alloy::sol_types::{SolCall, SolInterface};
use std::collections::BTreeMap;

/// The desk that acts.
const DESK: Actor = DESKS[0];

/// Gas by `contract.function`, and `contract.function/case` where one function does several things.
pub type Entries = BTreeMap<String, u64>;

/// Measures entry after entry on the world of [`Costs`].
struct Measured<'c> {
    costs: &'c Costs,
    contract: &'static str,
    entries: Entries,
}

impl Costs {
    /// Measures every function that writes, of escrow, registry and oracle.
    pub fn entries(&self) -> Entries {
        let snapshot = self.world.snapshot();
        rehearse(&self.world);
        let mut measured = Measured { costs: self, contract: "escrow", entries: Entries::new() };
        measured.accounts();
        measured.claims();
        measured.collateral();
        measured.contract = "registry";
        measured.registry();
        measured.contract = "oracle";
        measured.oracle();
        let entries = measured.entries;
        self.world.revert(snapshot);
        entries
    }
}

/// What the entries share has been written before.
fn rehearse(w: &World) {
    w.appoint();
    w.prank(PAUSER).escrow(pauseCall {}).ok();
    w.prank(PAUSER).escrow(unpauseCall {}).ok();
    w.stock(DESK, w.usde, w.usde.whole(10_000));
    w.prank(DESK).execute_own(w.pledge_instruction(DESK, w.usdc, w.usdc.whole(1), 0)).ok();
    w.deal(w.usdc, DESK, w.usdc.whole(1_000));
    w.pass(10);
}

impl Measured<'_> {
    /// The gas of the call that `act` ends with.
    fn entry<C: SolCall>(&mut self, act: impl FnOnce(&World) -> Outcome<C>) {
        self.insert(name_of::<C>(), act);
    }

    /// The same for one of several things that the function does.
    fn case<C: SolCall>(&mut self, case: &str, act: impl FnOnce(&World) -> Outcome<C>) {
        self.insert(format!("{}/{case}", name_of::<C>()), act);
    }

    fn insert<C: SolCall>(&mut self, name: String, act: impl FnOnce(&World) -> Outcome<C>) {
        let gas = self.costs.measure(|w| act(w).ok().gas);
        self.put(name, gas);
    }

    fn put(&mut self, name: String, gas: u64) {
        let name = format!("{}.{name}", self.contract);
        assert!(self.entries.insert(name.clone(), gas).is_none(), "{name} is measured twice");
    }

    /// On a second instance of a program, created and not constructed yet.
    fn constructor<C: SolCall>(&mut self, program: Address, arguments: Vec<u8>) {
        self.entry::<C>(|w| {
            let at = w.node.second(GOVERNOR.address(), program);
            w.prank(GOVERNOR).send_raw(at, [C::SELECTOR.to_vec(), arguments].concat())
        });
    }
}

/// A mark of the desk at `requirement` and now; it credits `variation` micro-USD.
fn mark(w: &World, requirement: u64, variation: i64) {
    let set = w.draft_mark(&[(DESK, requirement)]).variation(DESK, variation).sign_mark();
    w.prank(crate::RELAYER).mark(&set).ok();
}

fn name_of<C: SolCall>() -> String {
    name(C::SIGNATURE).to_owned()
}

fn name(signature: &str) -> &str {
    signature.split('(').next().expect("a signature has a name")
}

/// The functions of the three ABIs that are not views: `contract.function`.
pub fn writers() -> Vec<String> {
    let escrow = writers_of::<MarginEscrowCalls>("escrow", MarginEscrowCalls::signature_by_selector);
    let registry = writers_of::<EligibilityRegistryCalls>("registry", EligibilityRegistryCalls::signature_by_selector);
    let oracle = writers_of::<PriceOracleCalls>("oracle", PriceOracleCalls::signature_by_selector);
    [escrow, registry, oracle].concat()
}

/// What a selector can do to the state stands in the source of the ABI alone.
fn writers_of<C: SolInterface>(abi: &str, signature: impl Fn([u8; 4]) -> Option<&'static str>) -> Vec<String> {
    let path = crate::artifacts::workspace().join(format!("crates/abi/src/{abi}.rs"));
    let source = std::fs::read_to_string(path).expect("the ABI's source");
    let is_view = |function: &str| {
        let head = format!("function {function}(");
        source.lines().any(|line| line.trim_start().starts_with(&head) && line.contains(" view"))
    };
    let functions = C::selectors().map(|selector| name(signature(selector).expect("a selector of the ABI")));
    functions.filter(|function| !is_view(function)).map(|function| format!("{abi}.{function}")).collect()
}
