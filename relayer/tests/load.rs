//! Accepted → included under load: `cargo xtask bench relayer`.
mod support;

use anyhow::Result;
use std::time::{Duration, Instant};
use support::{Client, Venue, config, fill, network, now_ms};

/// Fills a second and seconds, from `LOAD_RATE` and `LOAD_SECONDS`.
fn wish(variable: &str, default: u64) -> u64 {
    std::env::var(variable).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "a measurement"]
async fn five_hundred_fills_a_second() -> Result<()> {
    let (rate, seconds, size) = (wish("LOAD_RATE", 500), wish("LOAD_SECONDS", 10), wish("LOAD_BATCH", 10));
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let desks: Vec<u64> =
        (0..4).map(|desk| net.deployment.account(&format!("desk-{desk}"))).collect::<Result<_, _>>()?;
    let mut ticks = tokio::time::interval(Duration::from_secs(1) * u32::try_from(size)? / u32::try_from(rate)?);
    let (started, mut sent) = (Instant::now(), 0u64);
    while sent < rate * seconds {
        ticks.tick().await;
        let now = now_ms(&net).await?;
        let pick = |place: u64| desks[usize::try_from((sent + place) % 4).unwrap_or(0)];
        let fills = (0..size).map(|place| fill(now, pick(place), pick(place + 1), "0.01")).collect();
        client.accept(&venue.batch(fills)?).await?;
        sent += size;
    }
    let offered = started.elapsed();
    let status = client.poll("/v1/status", |status| status["fills"]["settled"] == sent).await?;
    println!("{sent} fills in {offered:?}\n{status:#}");
    relayer.shutdown().await;
    Ok(())
}
