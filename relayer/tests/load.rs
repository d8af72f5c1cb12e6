//! Accepted → included under load: `cargo xtask bench relayer`.
//!
//! Each measurement has a chain, a relayer in a process of its own, and venues of its own. `LOAD_ONLY` names one by a part of
//! its name; `LOAD_SECONDS`, `LOAD_RATE`, `LOAD_BATCH` and `LOAD_ACCOUNTS` (at most) change all that run.
use crate::support::{Client, Network, Process, Venue, fill, network_of, wire};
use abi::registry::EligibilityRegistry::setParticipantCall;
use abi::registry::role::VENUE;
use alloy::primitives::{FixedBytes, keccak256};
use anyhow::Result;
use localnet::{Actor, DeskFunds, Holdings, LocalnetConfig, Terms, USDC, constant_quotes};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

#[derive(Clone, Copy)]
struct Load {
    name: &'static str,
    /// Fills a second of all venues together, and for how many seconds.
    rate: u64,
    seconds: u64,
    /// Fills of a batch.
    batch: u64,
    venues: usize,
    /// `None` mines a block with each transaction.
    block_time: Option<Duration>,
    /// To the node, each way.
    wire: Duration,
    /// Wei for a unit of data.
    data_price: u64,
    /// Accounts beside the desks', marked whenever the price moves, each slot.
    accounts: u64,
    /// Milliseconds from accepted to included at most, at the 99th percentile.
    budget: Option<u64>,
    /// The same as measured on one bundle of at most 256 fills in flight.
    before: &'static str,
}

const BLOCKS: Option<Duration> = Some(Duration::from_millis(250));
const FAR: Duration = Duration::from_millis(50);
const GWEI: u64 = 1_000_000_000;

const LOADS: [Load; 4] = [
    Load {
        name: "automine, 500 a second",
        rate: 500,
        seconds: 10,
        batch: 10,
        venues: 1,
        block_time: None,
        wire: Duration::ZERO,
        data_price: 0,
        accounts: 0,
        budget: Some(15),
        before: "10",
    },
    Load {
        name: "blocks of 250 ms, 50 ms away, 5,000 a second",
        rate: 5_000,
        seconds: 60,
        batch: 50,
        venues: 4,
        block_time: BLOCKS,
        wire: FAR,
        data_price: 0,
        accounts: 0,
        budget: Some(1_500),
        before: "about 1,000 a second at most",
    },
    Load {
        name: "the same, 1,000 accounts marked meanwhile",
        rate: 5_000,
        seconds: 60,
        batch: 50,
        venues: 4,
        block_time: BLOCKS,
        wire: FAR,
        data_price: 0,
        accounts: 1_000,
        budget: Some(2_000),
        before: "39 of 40 fills never settled",
    },
    Load {
        name: "data at 50 gwei a unit, 500 a second",
        rate: 500,
        seconds: 20,
        batch: 10,
        venues: 4,
        block_time: BLOCKS,
        wire: FAR,
        data_price: 50 * GWEI,
        accounts: 0,
        budget: None,
        before: "stopped for good",
    },
];

fn wish(variable: &str) -> Option<u64> {
    std::env::var(variable).ok().and_then(|text| text.parse().ok())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn accepted_to_included() -> Result<()> {
    let only = std::env::var("LOAD_ONLY").unwrap_or_default();
    let mut lines = Vec::new();
    for load in LOADS.iter().filter(|load| load.name.contains(&only)) {
        let load = Load {
            rate: wish("LOAD_RATE").unwrap_or(load.rate),
            seconds: wish("LOAD_SECONDS").unwrap_or(load.seconds),
            batch: wish("LOAD_BATCH").unwrap_or(load.batch),
            accounts: wish("LOAD_ACCOUNTS").map_or(load.accounts, |most| most.min(load.accounts)),
            ..*load
        };
        lines.push(measure(load).await?);
        println!("{}", lines.last().map_or("", String::as_str));
    }
    println!(
        "\n| load | offered | settled | p50 ms | p99 ms | budget | before | fills a bundle | gas, data gas a fill | memory MB | journal bytes a fill |"
    );
    println!("|---|---|---|---|---|---|---|---|---|---|---|");
    lines.iter().for_each(|line| println!("{line}"));
    Ok(())
}

/// One line of the table. Everything that was offered has settled once.
async fn measure(load: Load) -> Result<String> {
    let (net, mut venues, accounts) = network(load).await?;
    let net = Arc::new(net);
    let prices = tokio::spawn(price(Arc::clone(&net), load.accounts > 0));
    let node = if load.wire.is_zero() { net.rpc_url() } else { wire::long(&net.rpc_url(), load.wire).await? };
    let folder = tempfile::tempdir()?;
    let relayer = Process::at(&net, &node, folder.path(), &["--venue-rate", "1000000"])?;
    if let Some(time) = load.block_time {
        net.devnode.chain().set_mining(devnode::Mining::Interval(time));
    }
    net.devnode.chain().set_data_price(load.data_price);
    // The chain's time is that of its last block.
    net.devnode.chain().mine();
    let client = Client::new(&relayer.url);
    let ended = |status: &serde_json::Value| status["fills"]["queued"] == 0;
    let other = net.deployment.account("desk-1")?;
    for some in accounts.chunks(90) {
        let now = net.devnode.chain().timestamp() * 1_000;
        let fills = some.iter().map(|account| fill(now, *account, other, "0.001")).collect();
        client.accept(&venues[0].batch(fills)?).await?;
        client.poll("/v1/status", ended).await?;
    }
    let (memory, sent, started) = (relayer.memory(), Arc::new(AtomicU64::new(0)), Instant::now());
    let mut tasks = Vec::new();
    for venue in venues {
        tasks.push(tokio::spawn(offer(Arc::clone(&net), relayer.url.clone(), venue, load, Arc::clone(&sent))));
    }
    let mut signers = Vec::new();
    for task in tasks {
        signers.push(task.await??);
    }
    let (sent, offered) = (sent.load(Ordering::Relaxed), started.elapsed());
    let status = client.poll("/v1/status", ended).await?;
    assert_eq!(status["fills"]["settled"], sent + accounts.len() as u64, "{status:#}");
    for venue in signers {
        let applied = crate::support::applied(&net, venue.actor.address()).await?;
        assert_eq!(applied, crate::support::once(venue.next - 1), "each once");
    }
    let costs = client.get("/v1/costs").await?;
    let settle = costs["totals"].as_array().and_then(|all| all.iter().find(|total| total["kind"] == "settle"));
    let figure = |name: &str| settle.and_then(|total| total[name].as_u64()).unwrap_or(0);
    let fills = figure("fills").max(1);
    let size = std::fs::metadata(folder.path().join("journal.sqlite"))?.len();
    let now = relayer.memory().unwrap_or(0);
    prices.abort();
    relayer.kill()?;
    let again = Instant::now();
    let relayer = Process::at(&net, &node, folder.path(), &[])?;
    println!(
        "{}: with {} accounts it starts again in {} ms",
        load.name,
        load.accounts + 4,
        again.elapsed().as_millis()
    );
    relayer.kill()?;
    Ok(format!(
        "| {} | {:.0} a second | {sent} | {} | {} | {} | {} | {} | {}, {} | {} → {now} | {} |",
        load.name,
        sent as f64 / offered.as_secs_f64(),
        status["latencyMs"]["p50"],
        status["latencyMs"]["p99"],
        load.budget.map_or("all settle".to_owned(), |budget| format!("≤ {budget}")),
        load.before,
        fills / figure("transactions").max(1),
        figure("executionGas") / fills,
        figure("dataGas") / fills,
        memory.unwrap_or(0),
        size / sent.max(1),
    ))
}

/// Prices of every slot; where accounts are to be marked, BTC moves from each to the next.
async fn price(net: Arc<Network>, moving: bool) -> Result<()> {
    let poster = net.poster().await?;
    let mut ticks = tokio::time::interval(Duration::from_secs(2));
    let mut last = 0;
    loop {
        ticks.tick().await;
        let slot = net.devnode.chain().timestamp() / 10;
        if slot == last {
            continue;
        }
        let btc = if moving && slot.is_multiple_of(2) { "113010" } else { "113000" };
        let rest = [("ETH-USD", "3830"), ("USDC-USD", "1"), ("USDE-USD", "1"), ("TCASH-USD", "1")];
        let quotes = constant_quotes(&[&[("BTC-USD", btc)], &rest[..]].concat())?;
        match poster.post(slot, &quotes).await {
            Ok(_) => last = slot,
            Err(error) => eprintln!("slot {slot}: {error:#}"),
        }
    }
}

/// A venue's share, in time.
async fn offer(net: Arc<Network>, url: String, mut venue: Venue, load: Load, sent: Arc<AtomicU64>) -> Result<Venue> {
    let client = Client::new(&url);
    let desks: Vec<u64> =
        (0..4).map(|desk| net.deployment.account(&format!("desk-{desk}"))).collect::<Result<_, _>>()?;
    let share = load.rate / load.venues as u64;
    let mut ticks = tokio::time::interval(Duration::from_secs(1).mul_f64(load.batch as f64 / share.max(1) as f64));
    let mut offered = 0;
    while offered < share * load.seconds {
        ticks.tick().await;
        let now = net.devnode.chain().timestamp() * 1_000;
        let pick = |place: u64| desks[((offered + place) % 4) as usize];
        let fills = (0..load.batch).map(|place| fill(now, pick(place), pick(place + 1), "0.01")).collect();
        client.accept(&venue.batch(fills)?).await?;
        offered += load.batch;
        sent.fetch_add(load.batch, Ordering::Relaxed);
    }
    Ok(venue)
}

/// A chain with the clock of this machine, rich desks, and venues with mandates; and the accounts beside the desks'.
async fn network(load: Load) -> Result<(Network, Vec<Venue>, Vec<u64>)> {
    let funds = Holdings::new(50_000_000, 0, 0);
    let rich = DeskFunds { wallet: funds, inventory: funds, pledged: Holdings::new(20_000_000, 0, 0) };
    let terms = Terms { fill_variation_cap: 200_000_000, requirement_cap: 1_000_000_000, ..Terms::default() };
    let start = SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs();
    let config = LocalnetConfig {
        house: 1_000_000_000,
        desks: [rich; 4],
        terms,
        start: Some(start),
        ..LocalnetConfig::default()
    };
    let net = network_of(config).await?;
    let mut actors = net.actors.venue.to_vec();
    for index in 2..load.venues.max(2) {
        let key = alloy::signers::local::PrivateKeySigner::from_bytes(&keccak256(format!("venue {index}")))?;
        let actor = Actor { name: format!("venue-{index}"), role: "venue", index: 30 + index, key };
        let lei = FixedBytes::from_slice(actor.lei().as_bytes());
        let call = setParticipantCall { participant: actor.address(), lei, roles: VENUE };
        net.send(&net.actors.operator, net.deployment.registry()?, call).await?;
        for desk in &net.actors.desk {
            let account = net.deployment.account(&desk.name)?;
            let mandate = net.mandate(account, &actor, &terms, index as u64).await?;
            net.register_mandate(desk, mandate).await?;
        }
        actors.push(actor);
    }
    let mut accounts = Vec::new();
    for place in 0..load.accounts {
        let desk = &net.actors.desk[0];
        let mut agreement = net.agreement(desk, &terms).await?;
        agreement.documentHash = keccak256(format!("account {place}"));
        let account = net.open_account(desk, agreement).await?;
        let mandate = net.mandate(account, &actors[0], &terms, 1_000 + place).await?;
        net.register_mandate(desk, mandate).await?;
        net.pledge_wallet(desk, account, USDC, 2_000).await?;
        accounts.push(account);
    }
    let venues = actors.into_iter().take(load.venues).map(|actor| Venue::of(&net, actor)).collect::<Result<_>>()?;
    Ok((net, venues, accounts))
}
