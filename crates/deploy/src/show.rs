//! What people and machines read.
use alloy::primitives::{U256, utils::format_ether};
use plumbline_deploy::cost::Bill;
use plumbline_deploy::run::Outcome;
use plumbline_deploy::verify::{Finding, Verdict};
use plumbline_deploy::{Network, Run, Step};
use serde_json::{Value, json};

pub fn bill(network: &Network, bill: &Bill) {
    if bill.lines.is_empty() {
        eprintln!("Nothing is left to do.");
        return;
    }
    eprintln!("{:<52}{:>12}{:>14}", "still to do", "gas", "data gas");
    for line in &bill.lines {
        let data = line.data_gas.map_or("unknown".to_owned(), |gas| gas.to_string());
        eprintln!("{:<52}{:>12}{data:>14}", line.step.title(network), line.gas);
        if let Some(fee) = line.activation_fee {
            eprintln!("{:<52}{:>26}", "  activation's data fee", format!("{} ETH", format_ether(fee)));
        }
    }
    let least = if bill.is_whole() { "" } else { "at least " };
    eprintln!("{:<40}{:>38}", "in all, at today's prices", format!("{least}{} ETH", format_ether(bill.total())));
    if !bill.is_whole() {
        eprintln!("The node does not tell what the parent chain's data costs: that comes on top.");
    }
}

pub fn bill_json(network: &Network, bill: &Bill) -> Value {
    let lines = bill.lines.iter().map(|line| {
        json!({
            "step": line.step.title(network),
            "gas": line.gas.to_string(),
            "dataGas": line.data_gas.map(|gas| gas.to_string()),
            "activationFeeWei": line.activation_fee.map(|fee| fee.to_string()),
        })
    });
    let (price, total) = (bill.gas_price.to_string(), bill.total().to_string());
    json!({ "steps": lines.collect::<Vec<_>>(), "gasPriceWei": price, "totalWei": total, "dataPriceKnown": bill.is_whole() })
}

/// `[3/17] activate price-oracle … 14,103,222 gas`.
pub fn progress(network: &Network, list: Vec<Step>) -> impl FnMut(Step, Option<&Outcome>) {
    move |step, outcome| {
        let at = list.iter().position(|listed| *listed == step).map_or(0, |at| at + 1);
        match outcome {
            None => eprint!("[{at}/{}] {} … ", list.len(), step.title(network)),
            Some(Outcome::Stood) => eprintln!("stands already"),
            Some(Outcome::Done { gas }) => eprintln!("{gas} gas"),
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

pub fn result(run: &Run<'_>, findings: &[Finding], waits: Option<&str>) -> Value {
    let spent: U256 = run.sender.spent.iter().map(|spent| U256::from(spent.gas) * U256::from(spent.price)).sum();
    json!({
        "deployment": run.sender.record.deployment,
        "governor": run.governor(),
        "complete": waits.is_none() && findings.iter().all(|finding| finding.verdict == Verdict::Holds),
        "waitsFor": waits,
        "transactions": run.sender.spent.len(),
        "gasFeesWei": spent.to_string(),
        "findings": findings,
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
