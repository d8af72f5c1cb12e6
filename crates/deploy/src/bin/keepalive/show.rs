//! What people and machines read.
use alloy::primitives::B256;
use chain::ether;
use plumbline_deploy::conditions::Conditions;
use plumbline_deploy::keepalive::{DAY, Life, Program, Renewed, Why};
use serde_json::{Value, json};
use std::collections::BTreeMap;

/// By code hash.
pub type Done = BTreeMap<B256, Renewed>;

pub fn table(programs: &[Program]) {
    eprintln!("{:<22}{:>10}  extension", "program", "days left");
    for program in programs {
        let days = program.seconds_left().map_or("none".to_owned(), |seconds| (seconds / DAY).to_string());
        eprintln!("{:<22}{days:>10}  {}", program.name, life(&program.life));
    }
}

fn life(life: &Life) -> String {
    match life {
        Life::Extendable { fee, .. } => format!("now, {} ETH", ether(*fee)),
        Life::Young { wait, .. } => format!("in {} days", wait.div_ceil(DAY)),
        Life::Stopped { why, activation: None } => why.to_string(),
        Life::Stopped { why, activation: Some(cost) } => {
            format!("{why}; an activation costs {} ETH and {} gas", ether(cost.fee), cost.gas)
        }
    }
}

pub fn renewed(what: &str, name: &str, done: &Renewed) {
    eprintln!("{what} {name}: {} ETH and {} gas", ether(done.fee), done.gas);
}

pub fn result(chain: &Conditions, programs: &[Program], extended: &Done, activated: &Done) -> Value {
    let program = |program: &Program| {
        let (state, fee, wait) = match &program.life {
            Life::Extendable { fee, .. } => ("extendable", Some(fee.to_string()), None),
            Life::Young { wait, .. } => ("young", None, Some(wait)),
            Life::Stopped { why, .. } => (state(why), None, None),
        };
        let again = if let Life::Stopped { activation, .. } = program.life { activation } else { None };
        json!({
            "name": program.name,
            "address": program.address,
            "codeHash": program.code_hash,
            "secondsLeft": program.seconds_left(),
            "state": state,
            "feeWei": fee,
            "extendableInSeconds": wait,
            "activation": again.map(|cost| json!({ "gas": cost.gas.to_string(), "feeWei": cost.fee.to_string() })),
            "extended": transaction(extended.get(&program.code_hash)),
            "activated": transaction(activated.get(&program.code_hash)),
        })
    };
    let programs: Vec<_> = programs.iter().map(program).collect();
    json!({ "chain": chain, "paused": chain.paused(), "programs": programs })
}

const fn state(why: &Why) -> &'static str {
    match why {
        Why::Lapsed(_) => "lapsed",
        Why::Outdated { .. } => "outdated",
        Why::Never | Why::Other(_) => "inactive",
    }
}

fn transaction(done: Option<&Renewed>) -> Option<Value> {
    done.map(|done| json!({ "transaction": done.tx, "gas": done.gas.to_string(), "feeWei": done.fee.to_string() }))
}
