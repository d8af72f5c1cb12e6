//! What each policy of marks costs, in gas and bytes, and what it leaves unsecured; `cargo xtask bench policy` runs it.
//!
//! Books of BTC and ETH perpetuals live through a day of real prices. Each slot the margin kernel says what is right; the policy, the very
//! one that the relayer runs, says whether it is stated. A desk answers a claim ten minutes after it opens. Between two minutes prices move
//! in equal steps, one a slot.
use anyhow::{Context, Result};
use clap::Parser;
use relayer::{Difference, MarkPolicy};
use risk::{Book, Instrument, Mark, Marks, Parameters, Ppm, Price, Quantity, Underlying, requirement, variation_level};
use serde::Serialize;

const USD: u64 = 1_000_000;
const MTA: u64 = 1_000 * USD;
/// Slots that a desk takes to answer a claim.
const ANSWER: u64 = 60;
const SLOT_SECONDS: u64 = 10;
const SLOTS_A_MINUTE: u64 = 6;
/// As many accounts fit into one set.
const SET: u64 = 100;
const DAYS: [(&str, &str, u64); 2] = [
    ("10 October 2025", include_str!("days/2025-10-10.csv"), 1_760_054_400),
    ("14 June 2025, calm", include_str!("days/2025-06-14.csv"), 1_749_859_200),
];
const SNAPSHOT: &str = include_str!("../../tests/snapshots/gas.json");
const BYTES: &str = include_str!("../../tests/snapshots/bytes.json");

#[derive(Parser)]
#[command(about = "Gas and unsecured exposure of each policy of marks, over two days of real prices")]
struct Cli {
    /// Accounts; several with commas
    #[arg(long, value_delimiter = ',', default_values_t = [5, 500])]
    accounts: Vec<u64>,
    /// Rows as JSON
    #[arg(long)]
    json: bool,
}

fn main() -> Result<()> {
    let cli = Cli::parse();
    let (gas, bytes) = (Gas::measured()?, Bytes::measured()?);
    let mut rows = Vec::new();
    for (day, prices, start) in DAYS {
        let path = path(prices, start)?;
        for accounts in &cli.accounts {
            eprintln!("{day}: {accounts} accounts, {} slots", path.len());
            rows.extend(replay(day, &path, *accounts, &gas, &bytes)?);
        }
    }
    if cli.json {
        println!("{}", serde_json::to_string_pretty(&rows)?)
    } else {
        print(&rows)
    }
    Ok(())
}

/// Execution gas as the committed snapshot has it.
struct Gas {
    set: u64,
    account: u64,
    claim: u64,
}

impl Gas {
    fn measured() -> Result<Self> {
        let snapshot: serde_json::Value = serde_json::from_str(SNAPSHOT)?;
        let of = |name: &str| snapshot["gas"][name].as_u64().with_context(|| format!("no {name} in the gas snapshot"));
        let account = of("mark_marginal_account")?;
        let claim = of("mark_marginal_account_with_claim")?.saturating_sub(account);
        Ok(Self { set: of("mark_2_accounts")?.saturating_sub(2 * account), account, claim })
    }
}

/// Calldata of a set without accounts, and of one account in it, as the committed snapshot has them.
struct Bytes {
    set: u64,
    account: u64,
}

impl Bytes {
    fn measured() -> Result<Self> {
        let snapshot: serde_json::Value = serde_json::from_str(BYTES)?;
        let of = |name: &str| {
            snapshot[name]["calldata"].as_u64().with_context(|| format!("no {name} in the snapshot of bytes"))
        };
        let account = of("mark_further_account")?;
        Ok(Self { set: of("mark_2_accounts")?.saturating_sub(2 * account), account })
    }

    const fn of(&self, tally: &Tally) -> u64 {
        tally.sets * self.set + tally.statements * self.account
    }
}

/// Marks of one slot.
struct Slot {
    number: u64,
    marks: Marks,
}

fn path(prices: &str, start: u64) -> Result<Vec<Slot>> {
    let minutes: Vec<[f64; 2]> = prices.lines().skip(1).map(minute).collect::<Result<_>>()?;
    let mut slots = Vec::new();
    for (at, pair) in minutes.windows(2).enumerate() {
        for step in 0..SLOTS_A_MINUTE {
            let part = step as f64 / SLOTS_A_MINUTE as f64;
            let [btc, eth] = [0, 1].map(|of| pair[0][of] + (pair[1][of] - pair[0][of]) * part);
            let seconds = start + at as u64 * 60 + step * SLOT_SECONDS;
            slots.push(Slot { number: seconds / SLOT_SECONDS, marks: marks(seconds, btc, eth)? });
        }
    }
    Ok(slots)
}

fn minute(row: &str) -> Result<[f64; 2]> {
    let mut cells = row.split(',').skip(1);
    let mut next = || -> Result<f64> { Ok(cells.next().with_context(|| format!("too few cells: {row}"))?.parse()?) };
    Ok([next()?, next()?])
}

fn marks(seconds: u64, btc: f64, eth: f64) -> Result<Marks> {
    let mut marks = Marks::new(seconds, "1".parse()?)?;
    for (underlying, price) in [(Underlying::BTC, btc), (Underlying::ETH, eth)] {
        let mark = Mark::new(format!("{price:.2}").parse::<Price>()?, Ppm::ONE)?;
        marks.set_spot(underlying, mark);
        marks.set_mark(Instrument::perpetual(underlying), mark);
    }
    Ok(marks)
}

/// What the chain holds of an account under one policy.
#[derive(Clone, Default)]
struct Stated {
    slot: u64,
    requirement: u64,
    variation: i64,
    /// Micro-USD; below zero is owed.
    cash: i64,
    /// When its claim opened.
    claim: Option<u64>,
}

#[derive(Clone, Default)]
struct Tally {
    statements: u64,
    sets: u64,
    claims: u64,
    /// Micro-USD times slots.
    missing: u128,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Row {
    day: &'static str,
    accounts: u64,
    policy: &'static str,
    statements_per_account: f64,
    gas_per_account: u64,
    /// Of calldata.
    bytes_per_account: u64,
    claims: u64,
    /// Margin and variation that were right and not there, summed over time, for each account.
    unsecured_usd_hours: f64,
}

fn policies() -> [(&'static str, MarkPolicy); 4] {
    let policy = |trigger: Option<u64>, most_slots| MarkPolicy::WhenItMatters { trigger, most_slots };
    [
        ("every-slot", MarkPolicy::EverySlot),
        ("when-it-matters, 100 USD", policy(Some(100 * USD), 360)),
        ("when-it-matters (1,000 USD, the MTA)", MarkPolicy::default()),
        ("when-it-matters, 10,000 USD, 12 h", policy(Some(10_000 * USD), 4_320)),
    ]
}

fn replay(day: &'static str, path: &[Slot], accounts: u64, gas: &Gas, bytes: &Bytes) -> Result<Vec<Row>> {
    let (parameters, policies) = (Parameters::default(), policies());
    let first = path.first().context("no prices")?;
    let books: Vec<Book> = (0..accounts).map(|of| book(of, first)).collect::<Result<_>>()?;
    let mut tallies = vec![Tally::default(); policies.len()];
    let mut stated = vec![Vec::with_capacity(books.len()); policies.len()];
    for book in &books {
        let needed = requirement(book, &first.marks, &parameters)?.initial;
        let needed = u64::try_from(needed)?;
        let opened =
            Stated { slot: first.number, requirement: needed, cash: (needed + needed / 5) as i64, ..Stated::default() };
        stated.iter_mut().for_each(|of: &mut Vec<Stated>| of.push(opened.clone()));
    }
    for slot in path {
        let mut in_set = vec![0u64; policies.len()];
        for (place, book) in books.iter().enumerate() {
            let needed = u64::try_from(requirement(book, &slot.marks, &parameters)?.initial)?;
            let level = variation_level(book, &slot.marks)?.raw();
            for (of, (_, policy)) in policies.iter().enumerate() {
                let tally = &mut tallies[of];
                in_set[of] += u64::from(stated[of][place].live(slot.number, needed, level, *policy, tally));
            }
        }
        for (tally, accounts) in tallies.iter_mut().zip(in_set) {
            tally.sets += accounts.div_ceil(SET);
        }
    }
    let row = |((policy, _), tally): (&(&'static str, MarkPolicy), Tally)| Row {
        day,
        accounts,
        policy,
        statements_per_account: tally.statements as f64 / accounts as f64,
        gas_per_account: (tally.sets * gas.set + tally.statements * gas.account + tally.claims * gas.claim) / accounts,
        bytes_per_account: bytes.of(&tally) / accounts,
        claims: tally.claims,
        unsecured_usd_hours: tally.missing as f64 / USD as f64 * SLOT_SECONDS as f64 / 3_600.0 / accounts as f64,
    };
    Ok(policies.iter().zip(tallies).map(row).collect())
}

impl Stated {
    /// One slot; whether the account is stated in it.
    fn live(&mut self, now: u64, needed: u64, level: i64, policy: MarkPolicy, tally: &mut Tally) -> bool {
        if self.claim.is_some_and(|since| now >= since + ANSWER) {
            self.cash += i64::try_from(self.missing(self.requirement)).unwrap_or(i64::MAX);
            self.claim = None;
        }
        let moved = level - self.variation;
        let after = Self { cash: self.cash + moved, ..self.clone() };
        let missing = after.missing(needed);
        let opens = missing >= MTA && self.claim.is_none();
        let difference = Difference {
            variation: moved.unsigned_abs(),
            requirement: needed != self.requirement,
            claim: opens || missing == 0 && self.claim.is_some(),
            asked_for: false,
            age: now - self.slot,
            minimum_transfer_amount: MTA,
        };
        tally.missing += u128::from(missing);
        if !policy.states(&difference) {
            return false;
        }
        *self = Self { slot: now, requirement: needed, variation: level, ..after };
        self.claim = if missing == 0 { None } else { self.claim.or(opens.then_some(now)) };
        tally.claims += u64::from(opens);
        tally.statements += 1;
        true
    }

    fn missing(&self, needed: u64) -> u64 {
        u64::try_from(i128::from(needed) - i128::from(self.cash)).unwrap_or(0)
    }
}

/// Long or short, up to 10 BTC and 150 ETH, the same for each number.
fn book(of: u64, first: &Slot) -> Result<Book> {
    let mut state = of.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
    let mut next = |most: i64| {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        (state % (2 * most as u64)) as i64 - most
    };
    let mut book = Book::new();
    for (underlying, quantity) in
        [(Underlying::BTC, next(1_000) * 1_000_000), (Underlying::ETH, next(1_500) * 10_000_000)]
    {
        let instrument = Instrument::perpetual(underlying);
        book.trade(&instrument, Quantity::from_raw(quantity), first.marks.price(&instrument)?)?;
    }
    Ok(book)
}

fn print(rows: &[Row]) {
    println!(
        "| day | accounts | policy | statements an account | gas an account | bytes an account | claims | unsecured, USD h an account |"
    );
    println!("|---|---:|---|---:|---:|---:|---:|---:|");
    for row in rows {
        println!(
            "| {} | {} | {} | {:.0} | {} | {} | {} | {:.0} |",
            row.day,
            row.accounts,
            row.policy,
            row.statements_per_account,
            row.gas_per_account,
            row.bytes_per_account,
            row.claims,
            row.unsecured_usd_hours
        );
    }
}
