//! The figures for people.
use super::{Figures, Spread, requirements};
use crate::market::{MIDNIGHT, clock};
use crate::story::Ruled;
use chain::invariants::INVARIANTS;
use localnet::USDE;

/// The minute of the 0.65 print.
const LOW: u64 = MIDNIGHT + (21 * 60 + 54) * 60;

pub fn print(figures: &Figures) {
    heading("10 October 2025 through Plumbline");
    fills(figures);
    claims(figures);
    haircuts(figures);
    gas(figures);
    responses(figures);
    low_print(figures);
    invariants(figures);
}

fn heading(text: &str) {
    println!("\n{text}\n{}", "─".repeat(78));
}

fn line(name: &str, value: impl std::fmt::Display) {
    println!("{name:<34}{value}");
}

fn fills(figures: &Figures) {
    line("fills offered", figures.fills_offered);
    line("      settled", figures.fills_settled);
    line("      waiting, without margin", figures.fills_waiting);
    line("      lapsed, past their time", figures.fills_lapsed);
    let size = figures.fills_per_bundle;
    line("bundles", format!("{}; fills in one: median {}, most {}", figures.bundles, size.p50, size.max));
    line("marks", figures.marks);
    line("highest requirement", highest(figures));
    let latency = |spread: Spread| format!("p50 {} ms, p99 {} ms, of {} fills", spread.p50, spread.p99, spread.count);
    line("accepted to included", latency(figures.latency.accepted_to_included));
    line("         margin was there", latency(figures.latency.at_once));
    line("         waited for margin", latency(figures.latency.after_waiting));
}

fn highest(figures: &Figures) -> String {
    let of = |(account, path): (&u64, &Vec<(u64, u64)>)| {
        let (time, amount) = requirements::highest(path).filter(|(_, amount)| *amount > 0)?;
        Some(format!("account {account} {} USD at {}", amount / 1_000_000, clock(time)))
    };
    figures.requirements.iter().filter_map(of).collect::<Vec<_>>().join(", ")
}

fn claims(figures: &Figures) {
    let claims = &figures.claims;
    line("claims opened", format!("{}, and {} further demands in them", claims.opened, claims.further_demands));
    line("       satisfied", format!("{}, of these late {}", claims.satisfied, claims.late));
    line("       late interest", format!("{}.{:02} USD", claims.interest / 1_000_000, claims.interest / 10_000 % 100));
    let causes: Vec<String> = claims.causes.iter().map(|(cause, count)| format!("{cause} {count}")).collect();
    line("       by cause", causes.join(", "));
    line("       enforced", enforced(figures));
    line("       open at the end", format!("{}, of these past their deadline {}", claims.open, claims.overdue));
    let answered = Spread::of(claims.answered_in.clone());
    line("       issued to satisfied", format!("median {} s, longest {} s of market time", answered.p50, answered.max));
    for ruled in &figures.disputes {
        line(&format!("dispute of {} {}", ruled.subject, ruled.ruling), dispute(ruled));
    }
    line(
        "collateral",
        format!(
            "{} pledges to claims, {} substitutions out of USDe, {} TCASH recalled a day later",
            figures.moves.pledges,
            figures.moves.substitutions,
            figures.recalled / 1_000_000
        ),
    );
}

fn dispute(ruled: &Ruled) -> String {
    format!(
        "stated {} USD, the kernel on chain finds {}; {} USDC to the winner; {} gas, {}",
        ruled.stated / 1_000_000,
        ruled.found / 1_000_000,
        ruled.stakes / 1_000_000,
        ruled.gas,
        ruled.tx
    )
}

fn enforced(figures: &Figures) -> String {
    let failed = figures.claims.list.iter().filter_map(|story| Some((story, story.failed?)));
    let told = failed.map(|(story, at)| {
        let whose = if story.account == figures.unminded { ", which nobody minds" } else { "" };
        format!("account {}{whose}, {} s after its deadline", story.account, at - story.deadline)
    });
    let told: Vec<String> = told.collect();
    if told.is_empty() { "none".to_owned() } else { told.join("; ") }
}

fn haircuts(figures: &Figures) {
    for (symbol, path) in &figures.haircuts.paths {
        let (high, new) = (figures.haircuts.highest(symbol), figures.haircuts.highest_for_new(symbol));
        let last = figures.haircuts.at(symbol, u64::MAX);
        let value = format!(
            "{} calm → {} highest ({} for new pledges) → {} at the end",
            percent(path.base),
            percent(high),
            percent(new),
            percent(last)
        );
        line(&format!("haircut {symbol}"), value);
    }
}

/// From a price to the claim and on to the pledge, for each way to answer: one row a desk.
fn responses(figures: &Figures) {
    heading("Three ways to answer; seconds of market time, median / longest");
    let names = ["claims", "price→claim", "claim→pledge", "price→order", "price→covered", "own gas", "orders' gas"];
    let [claims, claim, pledge, order, cover, own, ordered] = names;
    println!("{:<30}{claims:>7}{claim:>13}{pledge:>14}{order:>13}{cover:>15}{own:>11}{ordered:>12}", "");
    for response in &figures.responses {
        let name = format!("{}, {}", response.desk, short(response.how));
        let [claim, pledge] = [response.price_to_claim, response.claim_to_pledge].map(times);
        let [order, cover] = [response.price_to_order, response.price_to_cover].map(times);
        let (claims, own, ordered) = (response.claims, response.own_gas, response.order_gas);
        println!("{name:<30}{claims:>7}{claim:>13}{pledge:>14}{order:>13}{cover:>15}{own:>11}{ordered:>12}");
    }
}

fn short(how: &str) -> &str {
    how.split(" out of").next().unwrap_or(how)
}

fn times(of: Spread) -> String {
    if of.count == 0 { "–".to_owned() } else { format!("{} / {}", of.p50, of.max) }
}

fn gas(figures: &Figures) {
    let of = |spread: Spread| format!("median {}, p99 {}, of {}", spread.p50, spread.p99, spread.count);
    line("gas of a bundle", of(figures.bundle_gas));
    line("gas for each fill", format!("{}, all bundles over all fills", figures.gas_per_fill));
    line("gas of a mark", of(figures.mark_gas));
    line("gas of a slot, everything in it", of(figures.slot_gas));
    let spent = figures.spent;
    line(
        "gas of the evening, in millions",
        format!(
            "prices {}, marks {}, settlements {}, desks {}, keeper {}",
            millions(spent.prices),
            millions(spent.marks),
            millions(spent.settlements),
            millions(spent.desks),
            millions(spent.keeper)
        ),
    );
}

fn millions(gas: u64) -> String {
    format!("{}.{}", gas / 1_000_000, gas / 100_000 % 10)
}

fn low_print(figures: &Figures) {
    let Some(reading) = figures.haircuts.lowest_round("USDE-USD", LOW, LOW + 60) else { return };
    heading(&format!("USDe printed 0.6500 on Binance at {}", clock(LOW)));
    let median = reporter::feed::decimal(reading.price);
    line(
        "oracle's lowest median then",
        format!("{median} ({} sources counted, {} dropped)", reading.votes, reading.dropped),
    );
    line(
        "haircut in force",
        format!(
            "{} → {} an hour later",
            percent(figures.haircuts.at(USDE, LOW)),
            percent(figures.haircuts.at(USDE, LOW + 3_600))
        ),
    );
    line("enforced before a deadline", "0: a price alone closes nobody out");
}

fn invariants(figures: &Figures) {
    heading("Recomputed from events alone");
    for (number, name) in INVARIANTS {
        let broken = figures.audit.breaches.iter().filter(|breach| breach.fault.invariant == number).count();
        let checks = figures.audit.checks.get(&number).copied().unwrap_or(0);
        let verdict = if broken == 0 { "holds".to_owned() } else { format!("BROKEN {broken} times") };
        println!("{number}  {name:<64}{verdict}, {checks} checks");
    }
}

fn percent(ppm: u32) -> String {
    format!("{}.{:02} %", ppm / 10_000, ppm % 10_000 / 100)
}
