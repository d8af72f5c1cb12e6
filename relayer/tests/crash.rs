//! `kill -9`: what is acknowledged settles exactly once, whenever the process dies.
use crate::support::{Client, Process, Venue, applied, fill, network, now_ms};
use abi::escrow::MarginEscrow::accountCall;
use anyhow::Result;
use std::time::Duration;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_between_acknowledgement_and_submission() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut venue = Venue::new(&net, 0)?;
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);

    let relayer = Process::start(&net, folder.path(), &["--hold-submission"])?;
    let client = Client::new(&relayer.url);
    let now = now_ms(&net).await?;
    let first = venue.batch(vec![fill(now, buyer, seller, "1"); 5])?;
    let answer = client.accept(&first).await?;
    assert_eq!(client.get(&format!("/v1/fills/{}", venue.id(1))).await?["state"], "accepted");
    relayer.kill()?;
    assert!(applied(&net, venue.actor.address()).await?.is_empty());

    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    for sequence in 1..=5 {
        client.until(&venue.id(sequence), "settled").await?;
    }
    assert_eq!(client.accept(&first).await?, answer, "the same key and body bring the same answer");
    relayer.kill()?;

    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    assert_eq!(client.get(&format!("/v1/fills/{}", venue.id(5))).await?["state"], "settled");
    let account = client.get(&format!("/v1/accounts/{buyer}")).await?;
    assert_eq!(
        (&account["positions"][0]["quantity"], &account["positionsKnown"]),
        (&"5".into(), &true.into()),
        "{account}"
    );
    client.accept(&venue.batch(vec![fill(now, buyer, seller, "1")])?).await?;
    client.until(&venue.id(6), "settled").await?;
    let applied = applied(&net, venue.actor.address()).await?;
    assert_eq!(applied.into_iter().collect::<Vec<_>>(), (1..=6).map(|sequence| (sequence, 1)).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_under_load() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut venue = Venue::new(&net, 0)?;
    let desks = [0, 1, 2, 3].map(|desk| net.deployment.account(&format!("desk-{desk}")));
    let [a, b, c, d] = desks;
    let pairs = [(a?, b?), (c?, d?)];
    let mut sent = 0;
    for round in 0..8u64 {
        let relayer = Process::start(&net, folder.path(), &[])?;
        let client = Client::new(&relayer.url);
        for _ in 0..4 {
            let now = now_ms(&net).await?;
            let fills = (0..10).map(|place| fill(now, pairs[place % 2].0, pairs[place % 2].1, "0.01")).collect();
            client.accept(&venue.batch(fills)?).await?;
            sent += 10;
        }
        tokio::time::sleep(Duration::from_millis(round * 7)).await;
        relayer.kill()?;
    }
    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    for sequence in 1..=sent {
        client.until(&venue.id(sequence), "settled").await?;
    }
    let applied = applied(&net, venue.actor.address()).await?;
    assert_eq!(applied.len() as u64, sent);
    assert!(applied.values().all(|times| *times == 1), "{applied:?}");
    for (buyer, _) in pairs {
        let shown = client.get(&format!("/v1/accounts/{buyer}")).await?;
        let state = net.view(net.deployment.escrow()?, accountCall { account: buyer }).await?;
        assert_eq!(shown["positions"][0]["quantity"], "1.6", "{shown}");
        assert_eq!((&shown["positionsKnown"], &shown["history"]), (&true.into(), &state.history.to_string().into()));
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_bundle_that_settles_while_nobody_looks_is_known_by_its_history() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut venue = Venue::new(&net, 0)?;
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    let now = now_ms(&net).await?;
    client.accept(&venue.batch(vec![fill(now, buyer, seller, "1")])?).await?;
    client.until(&venue.id(1), "settled").await?;
    net.devnode.chain().set_mining(devnode::Mining::Manual);
    client.accept(&venue.batch(vec![fill(now, buyer, seller, "2"), fill(now, seller, buyer, "0.5")])?).await?;
    client.until(&venue.id(3), "submitted").await?;
    relayer.kill()?;
    net.devnode.chain().mine();
    net.devnode.chain().set_mining(devnode::Mining::Automine);

    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    client.until(&venue.id(3), "settled").await?;
    for (account, held, cash) in [(buyer, "2.5", "-282500"), (seller, "-2.5", "282500")] {
        let shown = client.get(&format!("/v1/accounts/{account}")).await?;
        let state = net.view(net.deployment.escrow()?, accountCall { account }).await?;
        assert_eq!((&shown["positions"][0]["quantity"], &shown["cash"]), (&held.into(), &cash.into()), "{shown}");
        assert_eq!((&shown["positionsKnown"], &shown["history"]), (&true.into(), &state.history.to_string().into()));
    }
    relayer.kill()
}

/// A copy of the journal lacks what came after it, until its venue sends that again.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_copy_is_whole_again_once_batches_are_sent_again() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut venue = Venue::new(&net, 0)?;
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    let now = now_ms(&net).await?;
    client.accept(&venue.batch(vec![fill(now, buyer, seller, "1")])?).await?;
    client.until(&venue.id(1), "settled").await?;
    let (journal, copy) = (folder.path().join("journal.sqlite"), folder.path().join("copy"));
    relayer::Store::File(journal.clone()).backup(&copy).await?;
    let lost = [
        venue.batch(vec![fill(now, buyer, seller, "2"), fill(now, seller, buyer, "0.5")])?,
        venue.batch(vec![fill(now, seller, buyer, "0.25")])?,
    ];
    for batch in &lost {
        client.accept(batch).await?;
    }
    client.until(&venue.id(4), "settled").await?;
    relayer.kill()?;
    for leftover in ["journal.sqlite-wal", "journal.sqlite-shm"] {
        let _ = std::fs::remove_file(folder.path().join(leftover));
    }
    std::fs::rename(&copy, &journal)?;
    // Their time is over by now.
    net.devnode.chain().increase_time(200);
    net.devnode.chain().mine();

    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    assert_eq!(client.get(&format!("/v1/accounts/{buyer}")).await?["positionsKnown"], false);
    for batch in &lost {
        client.accept(batch).await?;
    }
    for sequence in 1..=4 {
        client.until(&venue.id(sequence), "settled").await?;
    }
    for (account, held) in [(buyer, "2.25"), (seller, "-2.25")] {
        let shown = client.poll(&format!("/v1/accounts/{account}"), |shown| shown["positionsKnown"] == true).await?;
        assert_eq!(shown["positions"][0]["quantity"], held, "{shown}");
    }
    // A stranger to the past: late, and not on chain.
    let late = serde_json::to_string(&venue.batch(vec![fill(now, buyer, seller, "1")])?)?;
    assert_eq!(client.post("late", late).await?.0, 422);
    assert_eq!(applied(&net, venue.actor.address()).await?, crate::support::once(4));
    relayer.kill()
}

/// Blocks come ten times a second, so that several bundles of two venues are in flight whenever the process dies.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn killed_again_and_again_with_several_in_flight() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut venues = [Venue::new(&net, 0)?, Venue::new(&net, 1)?];
    let desks = [0, 1, 2, 3].map(|desk| net.deployment.account(&format!("desk-{desk}")));
    let [a, b, c, d] = desks;
    let pairs = [(a?, b?), (c?, d?)];
    net.devnode.chain().set_mining(devnode::Mining::Interval(Duration::from_millis(100)));
    for round in 0..8u64 {
        let relayer = Process::start(&net, folder.path(), &[])?;
        let client = Client::new(&relayer.url);
        for _ in 0..4 {
            for venue in &mut venues {
                let now = now_ms(&net).await?;
                let fills = (0..10).map(|place| fill(now, pairs[place % 2].0, pairs[place % 2].1, "0.01")).collect();
                client.accept(&venue.batch(fills)?).await?;
            }
            tokio::time::sleep(Duration::from_millis(30)).await;
        }
        tokio::time::sleep(Duration::from_millis(round * 23)).await;
        relayer.kill()?;
    }
    let relayer = Process::start(&net, folder.path(), &[])?;
    let client = Client::new(&relayer.url);
    for venue in &venues {
        for sequence in 1..venue.next {
            client.until(&venue.id(sequence), "settled").await?;
        }
        assert_eq!(applied(&net, venue.actor.address()).await?, crate::support::once(venue.next - 1));
    }
    for (buyer, _) in pairs {
        let shown = client.get(&format!("/v1/accounts/{buyer}")).await?;
        let state = net.view(net.deployment.escrow()?, accountCall { account: buyer }).await?;
        assert_eq!(shown["positions"][0]["quantity"], "3.2", "{shown}");
        assert_eq!((&shown["positionsKnown"], &shown["history"]), (&true.into(), &state.history.to_string().into()));
    }
    relayer.kill()
}
