//! What people and machines read.
use alloy::primitives::U256;
use anyhow::Result;
use chain::cache::Place;
use chain::ether;
use plumbline_deploy::conditions::Conditions;
use plumbline_deploy::cost::Bill;
use plumbline_deploy::run::Outcome;
use plumbline_deploy::sender::Spent;
use plumbline_deploy::verify::{Finding, Verdict};
use plumbline_deploy::{Network, Run, Step};
use serde_json::{Value, json};

/// What the chain says of itself, and what it would not take.
pub fn conditions(conditions: &Conditions, obstacles: &[String]) {
    let Conditions { chain_id, arbos, stylus, fragments, .. } = conditions;
    eprintln!("Chain {chain_id}: ArbOS {arbos}, Stylus {stylus}, programs of up to {fragments} fragments.");
    for obstacle in obstacles {
        eprintln!("Not possible now: {obstacle}.");
    }
}

pub fn refused(as_json: bool, conditions: &Conditions, obstacles: &[String]) -> Result<()> {
    eprintln!("\nNothing was sent. With --dry-run the bill is shown all the same.");
    if as_json {
        print(&json!({ "chain": conditions, "obstacles": obstacles, "complete": false, "transactions": 0 }))?;
    }
    Ok(())
}

pub fn print(value: &Value) -> Result<()> {
    println!("{}", serde_json::to_string_pretty(value)?);
    Ok(())
}

pub fn bill(network: &Network, bill: &Bill) {
    if !bill.stopped.is_empty() {
        eprintln!(
            "Ran once and do not now: {}. What is left to do on them shows once they do.",
            bill.stopped.join(", ")
        );
    }
    if bill.lines.is_empty() {
        eprintln!("Nothing is left to do.");
        return;
    }
    row("still to do, gas", ["execution", "data", "data fee, ETH"].map(str::to_owned));
    for line in &bill.lines {
        let data = line.data_gas.map_or("unknown".to_owned(), |gas| gas.to_string());
        let fee = if line.activation_fee.is_zero() { String::new() } else { ether(line.activation_fee) };
        row(&line.step.title(network), [line.gas.to_string(), data, fee]);
    }
    let [execution, data, fees] = [bill.execution(), bill.data(), bill.activation_fees()].map(ether);
    row("in all, ETH at today's prices", [execution, data, fees]);
    let least = if bill.is_whole() { "" } else { "at least " };
    if !bill.bids().is_zero() {
        eprintln!(
            "{:<52}{:>57}",
            "bids for places in the program cache",
            format!("at most {} ETH", ether(bill.bids()))
        );
    }
    eprintln!("{:<52}{:>57}", "sum", format!("{least}{} ETH", ether(bill.total())));
    eprintln!("{:<52}{:>57}", "to hold at the start", format!("{} ETH", ether(bill.needed())));
    if !bill.is_whole() {
        eprintln!("The node does not tell what the parent chain's data costs: that comes on top.");
    }
}

fn row(title: &str, [execution, data, fee]: [String; 3]) {
    eprintln!("{title:<52}{execution:>19}{data:>19}{fee:>23}");
}

pub fn bill_json(network: &Network, bill: &Bill) -> Value {
    let lines = bill.lines.iter().map(|line| {
        json!({
            "step": line.step.title(network),
            "executionGas": line.gas.to_string(),
            "executionWei": bill.wei(line.gas).to_string(),
            "dataGas": line.data_gas.map(|gas| gas.to_string()),
            "dataWei": line.data_gas.map(|gas| bill.wei(gas).to_string()),
            "activationFeeWei": line.activation_fee.to_string(),
            "bidWei": line.bid.to_string(),
        })
    });
    json!({
        "steps": lines.collect::<Vec<_>>(),
        "gasPriceWei": bill.gas_price.to_string(),
        "executionWei": bill.execution().to_string(),
        "dataWei": bill.data().to_string(),
        "activationFeesWei": bill.activation_fees().to_string(),
        "bidsWei": bill.bids().to_string(),
        "totalWei": bill.total().to_string(),
        "neededWei": bill.needed().to_string(),
        "dataPriceKnown": bill.is_whole(),
        "stopped": bill.stopped,
    })
}

/// Which programs are cached, what a place costs now, and what having none costs a day.
pub fn places(places: &[(&str, Place)], gas_price: u128) {
    for (name, place) in places {
        eprintln!("{name:<22}{}", place.describe(gas_price));
    }
}

pub fn cached(places: &[(&str, Place)]) -> Value {
    places
        .iter()
        .map(|(name, place)| {
            json!({
                "name": name,
                "cached": place.cached,
                "priceWei": place.price_wei.map(|price| price.to_string()),
                "savesGas": place.saves_gas.to_string(),
                "gasADay": if place.cached { "0".to_owned() } else { place.gas_a_day().to_string() },
            })
        })
        .collect()
}

/// `[3/17] activate price-oracle … 14,103,222 gas`, what the parent chain's data took apart.
pub fn progress(network: &Network, list: Vec<Step>) -> impl FnMut(Step, Option<&Outcome>) {
    move |step, outcome| {
        let at = list.iter().position(|listed| *listed == step).map_or(0, |at| at + 1);
        match outcome {
            None => eprint!("[{at}/{}] {} … ", list.len(), step.title(network)),
            Some(Outcome::Stood) => eprintln!("stands already"),
            Some(Outcome::Done { gas, data_gas: 0 }) => eprintln!("{gas} gas"),
            Some(Outcome::Done { gas, data_gas }) => eprintln!("{gas} gas and {data_gas} for data"),
            Some(Outcome::Left(why)) => eprintln!("left out: {why}"),
            Some(Outcome::Waits(_)) => eprintln!("waits"),
        }
    }
}

pub fn findings(findings: &[Finding]) {
    eprintln!();
    for finding in findings {
        let verdict = match finding.verdict {
            Verdict::Holds => "ok",
            Verdict::Offered => "later",
            Verdict::Wrong => "WRONG",
        };
        eprintln!("{verdict:<6}{:<52} {}", finding.what, finding.detail);
    }
}

pub fn result(run: &Run<'_>, findings: &[Finding], places: &[(&str, Place)], waits: Option<&str>) -> Value {
    let sum = |gas: fn(&Spent) -> u64| -> U256 {
        run.sender.spent.iter().map(|spent| U256::from(gas(spent)) * U256::from(spent.price)).sum()
    };
    let fees: U256 = run.sender.spent.iter().map(|spent| spent.activation_fee).sum();
    let bids: U256 = run.sender.spent.iter().map(|spent| spent.bid).sum();
    json!({
        "deployment": run.sender.record.deployment,
        "governor": run.governor(),
        "complete": waits.is_none() && findings.iter().all(|finding| finding.verdict == Verdict::Holds),
        "waitsFor": waits,
        "transactions": run.sender.spent.len(),
        "executionWei": sum(|spent| spent.gas).to_string(),
        "dataWei": sum(|spent| spent.data_gas).to_string(),
        "activationFeesWei": fees.to_string(),
        "bidsWei": bids.to_string(),
        "findings": findings,
        "cache": cached(places),
    })
}

pub fn addresses(run: &Run<'_>) {
    println!();
    for (name, contract) in &run.sender.record.deployment.contracts {
        let link = run.network.explorer.as_ref().map(|base| format!("   {base}/address/{}", contract.address));
        println!("{name:<22}{}{}", contract.address, link.unwrap_or_default());
    }
    if let Some(governor) = run.governor() {
        println!("{:<22}{governor}", "governor");
    }
}
