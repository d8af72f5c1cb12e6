//! What a venue reads, tries and takes back; and what nobody else does.
use alloy::signers::local::PrivateKeySigner;
use anyhow::Result;

use crate::support::party::{Party, cancel};
use crate::support::{Client, Network, Venue, config, fill, network, now_ms, once};
use relayer::FillRequest;
use relayer::{Access, Config, Webhook};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

/// As for callers of other machines: every read is signed.
fn signed(net: &Network, journal: &Path) -> Result<Config> {
    Ok(Config { access: Access { signed: true, ..Access::default() }, ..config(net, journal)? })
}

fn code(body: &Value) -> &str {
    body["type"].as_str().and_then(|kind| kind.rsplit(':').next()).unwrap_or("")
}

fn states(page: &Value) -> Vec<&str> {
    page["fills"].as_array().into_iter().flatten().filter_map(|fill| fill["state"].as_str()).collect()
}

async fn trades(net: &Network, count: usize) -> Result<Vec<FillRequest>> {
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    Ok(vec![fill(now_ms(net).await?, buyer, seller, "0.01"); count])
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn reads_are_for_those_whom_they_concern() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(signed(&net, &folder.path().join("journal.sqlite"))?).await?;
    let client = Client::new(&relayer.url);
    let mut venue = Venue::new(&net, 0)?;
    client.accept(&venue.batch(trades(&net, 2).await?)?).await?;
    let party = |key: &PrivateKeySigner| Party::new(&net, &relayer.url, key);
    let actors = &net.actors;
    let (own, other) = (party(&actors.venue[0].key)?, party(&actors.venue[1].key)?);
    own.until(&venue.id(1), "settled").await?;
    let stranger = party(&PrivateKeySigner::random())?;
    let [agent, secured, pledgor, neighbour] =
        [&actors.agent, &actors.secured_party, &actors.desk[0], &actors.desk[3]].map(|actor| party(&actor.key));
    let (agent, secured, pledgor, neighbour) = (agent?, secured?, pledgor?, neighbour?);

    let address = venue.actor.address();
    let fill = format!("/v1/fills/{}", venue.id(1));
    let account = format!("/v1/accounts/{}", net.deployment.account("desk-0")?);
    let evidence = format!("{account}/evidence");
    let of_venue = ["", "/fills", "/batches", "/events", "/socket"].map(|of| format!("/v1/venues/{address}{of}"));
    let batch = format!("/v1/batches/{}", venue.id(1));

    for path in of_venue.iter().chain([&fill, &batch, &account, &evidence, &"/v1/settlements".to_owned()]) {
        let body = client.get(path).await?;
        assert_eq!((body["status"].as_u64(), code(&body)), (Some(401), "signature-missing"), "{path}: {body}");
    }
    for path in of_venue.iter().take(3).chain([&fill, &batch]) {
        assert_eq!(own.get(path).await?.0, 200, "{path}");
    }
    for path in of_venue.iter().chain([&batch]) {
        for reader in [&other, &stranger, &agent, &secured, &pledgor] {
            let (status, body) = reader.get(path).await?;
            assert_eq!((status, code(&body)), (403, "not-yours"), "{path}: {body}");
        }
    }
    // Nobody learns from the refusal whether there is such a fill.
    for reader in [&other, &stranger, &pledgor] {
        for sequence in [1, 77] {
            let (status, body) = reader.get(&format!("/v1/fills/{}", venue.id(sequence))).await?;
            assert_eq!((status, code(&body)), (403, "not-yours"), "{body}");
        }
    }
    for reader in [&agent, &secured] {
        assert_eq!(reader.get(&fill).await?.0, 200);
    }
    for path in [&account, &evidence] {
        for reader in [&pledgor, &agent, &secured] {
            let (status, body) = reader.get(path).await?;
            assert_eq!(status, 200, "{path}: {body}");
        }
        for reader in [&neighbour, &own, &stranger] {
            let (status, body) = reader.get(path).await?;
            assert_eq!((status, code(&body)), (403, "not-yours"), "{path}: {body}");
        }
    }
    // What is for everybody.
    for path in ["/v1/time", "/v1/markets", "/v1/status", "/healthz", "/openapi.json", "/v1/claims"] {
        assert!(client.get(path).await?["status"].as_u64().is_none(), "{path}");
    }
    relayer.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_venue_finds_its_place_and_tries_before_it_sends() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let config = Config { hold_submission: true, ..signed(&net, &folder.path().join("journal.sqlite"))? };
    let relayer = relayer::serve(config).await?;
    let client = Client::new(&relayer.url);
    let mut venue = Venue::new(&net, 0)?;
    let own = Party::new(&net, &relayer.url, &venue.actor.key)?;
    let path = format!("/v1/venues/{}", venue.actor.address());

    let (_, shown) = own.get(&path).await?;
    assert_eq!(
        (&shown["nextSequence"], &shown["lastBatchHash"], &shown["admitted"]),
        (&Value::Null, &Value::Null, &json!(true))
    );
    assert_eq!(shown["mandates"].as_array().map(Vec::len), Some(net.deployment.accounts.len()));
    assert_eq!(shown["limits"]["fillsInBatch"], 256);

    let batch = venue.batch(trades(&net, 3).await?)?;
    let text = serde_json::to_string(&batch)?;
    let (status, tried) = client.send("/v1/fill-batches/dry-run", &text).await?;
    assert_eq!((status, tried["leaves"].as_array().map(Vec::len)), (200, Some(3)), "{tried}");
    assert_eq!(own.get(&path).await?.1["nextSequence"], Value::Null, "nothing is stored");
    assert_eq!(client.get("/v1/status").await?["fills"]["accepted"], 0);
    let accepted = client.accept(&batch).await?;
    assert_eq!((&accepted["batchHash"], &accepted["fills"]), (&tried["batchHash"], &tried["fills"]));
    let (status, body) = client.send("/v1/fill-batches/dry-run", &text).await?;
    assert_eq!((status, code(&body)), (409, "sequence-replayed"), "{body}");
    let wrong = text.replace("113000", "113001");
    let (status, body) = client.send("/v1/fill-batches/dry-run", &wrong).await?;
    assert_eq!((status, code(&body)), (403, "invalid-signature"), "{body}");

    client.accept(&venue.batch(trades(&net, 2).await?)?).await?;
    let (_, shown) = own.get(&path).await?;
    assert_eq!((&shown["nextSequence"], &shown["lastBatchHash"]), (&json!(6), &json!(venue.last)));
    assert_eq!(shown["queued"]["accepted"], 5, "{shown}");

    let (mut after, mut seen) = (String::new(), Vec::new());
    loop {
        let (_, page) = own.get(&format!("{path}/fills?limit=2{after}")).await?;
        seen.extend(page["fills"].as_array().into_iter().flatten().map(|fill| fill["id"].clone()));
        let Some(next) = page["next"].as_u64() else { break };
        after = format!("&after={next}");
    }
    assert_eq!(json!(seen), json!((1..=5).map(|sequence| venue.id(sequence)).collect::<Vec<_>>()));
    let (_, none) = own.get(&format!("{path}/fills?state=settled")).await?;
    assert_eq!(none, json!({ "fills": [], "next": null }));
    let (_, page) = own.get(&format!("{path}/batches?after=1")).await?;
    assert_eq!(page["batches"].as_array().map(Vec::len), Some(1));
    let (_, first) = own.get(&format!("/v1/batches/{}", venue.id(1))).await?;
    assert_eq!(
        (&first["count"], &first["states"], &first["ended"]),
        (&json!(3), &json!({ "accepted": 3 }), &json!(false))
    );
    assert_eq!(own.get(&format!("/v1/batches/{}", venue.id(2))).await?.0, 404, "no batch begins at its second fill");
    for query in ["limit=0", "limit=257", "after=9223372036854775808", "after=x", "state=maybe", "page=1"] {
        let (status, body) = own.get(&format!("{path}/fills?{query}")).await?;
        assert_eq!((status, code(&body)), (422, "invalid-query"), "{query}: {body}");
    }

    let markets = client.get("/v1/markets").await?;
    assert_eq!(markets["markets"][0]["perpetual"], "BTC-PERP");
    assert_eq!(markets["markets"][0]["expiries"][0]["strikes"], json!(["80000", "135000"]));
    assert_eq!(client.get("/v1/claims?limit=1&after=1-0").await?, json!({ "claims": [], "next": null }));
    assert_eq!(code(&client.get("/v1/claims?after=1").await?), "invalid-query");
    let time = client.get("/v1/time").await?;
    assert!(time["chain"].as_u64() >= Some(now_ms(&net).await?), "{time}");
    relayer.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_venue_takes_back_never_settles() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let journal = folder.path().join("journal.sqlite");
    let held = relayer::serve(Config { hold_submission: true, ..signed(&net, &journal)? }).await?;
    let client = Client::new(&held.url);
    let mut venue = Venue::new(&net, 0)?;
    let mut fills = trades(&net, 5).await?;
    fills[3..].iter_mut().for_each(|leg| leg.group = 2 << 8 | 1);
    client.accept(&venue.batch(fills)?).await?;

    let (key, address) = (&venue.actor.key, venue.actor.address());
    let cancel = |signer: &PrivateKeySigner, first: u64, count: u32| cancel(&net, signer, address, first, count);
    let (status, body) = client.send("/v1/cancellations", &cancel(&net.actors.venue[1].key, 2, 1)?).await?;
    assert_eq!((status, code(&body)), (403, "invalid-signature"), "{body}");
    let signed_for_one = cancel(key, 2, 1)?;
    let (status, _) = client.send("/v1/cancellations", &signed_for_one.replace("\"count\":1", "\"count\":2")).await?;
    assert_eq!(status, 403, "the signature is over the count");
    for _ in 0..2 {
        let (status, body) = client.send("/v1/cancellations", &cancel(key, 2, 3)?).await?;
        assert_eq!((status, &body["cancelled"]), (200, &json!([venue.id(2), venue.id(3)])), "{body}");
        assert_eq!(body["refused"][0]["id"], json!(venue.id(4)), "half a group is not taken back: {body}");
    }
    let (_, body) = client.send("/v1/cancellations", &cancel(key, 6, 1)?).await?;
    assert_eq!(body["refused"][0]["state"], "unknown", "{body}");
    held.shutdown().await;

    // Another process, which submits.
    let relayer = relayer::serve(signed(&net, &journal)?).await?;
    let own = Party::new(&net, &relayer.url, &venue.actor.key)?;
    own.until(&venue.id(5), "settled").await?;
    let (_, page) = own.get(&format!("/v1/venues/{address}/fills")).await?;
    assert_eq!(states(&page), ["settled", "cancelled", "cancelled", "settled", "settled"]);
    let client = Client::new(&relayer.url);
    let (_, body) = client.send("/v1/cancellations", &cancel(&venue.actor.key, 1, 1)?).await?;
    assert_eq!(body["refused"][0]["state"], "settled", "{body}");
    net.devnode.chain().increase_time(130);
    net.devnode.chain().mine();
    let lapsed = own.until(&venue.id(2), "lapsed").await?;
    assert_eq!(lapsed["detail"], "cancelled by the venue", "{lapsed}");
    own.until(&venue.id(3), "lapsed").await?;
    let applied = crate::support::applied(&net, address).await?;
    assert_eq!(applied, once(5).into_iter().filter(|(sequence, _)| ![2, 3].contains(sequence)).collect());
    relayer.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn events_are_replayed_from_a_cursor() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let journal = folder.path().join("journal.sqlite");
    let relayer = relayer::serve(signed(&net, &journal)?).await?;
    let client = Client::new(&relayer.url);
    let (mut venue, mut second) = (Venue::new(&net, 0)?, Venue::new(&net, 1)?);
    let own = Party::new(&net, &relayer.url, &venue.actor.key)?;
    let path = format!("/v1/venues/{}", venue.actor.address());

    let mut live = own.stream(&format!("{path}/events")).await?;
    assert_eq!(live.next().await?, ("open".to_owned(), 0, json!({})));
    let mut socket = own.socket(&format!("{path}/socket?after=0")).await?;
    assert_eq!(socket.next().await?, json!({ "open": 0 }));
    client.accept(&second.batch(trades(&net, 1).await?)?).await?;
    client.accept(&venue.batch(trades(&net, 2).await?)?).await?;
    let mut seen = Vec::new();
    while seen.len() < 4 {
        let (name, number, event) = live.next().await?;
        assert_eq!((name.as_str(), &event["number"]), ("fill", &json!(number)));
        assert_eq!(socket.next().await?, event);
        seen.push((number, event["sequence"].as_u64().unwrap_or(0), event["state"].as_str().unwrap_or("").to_owned()));
    }
    let of = |state: &str| {
        seen.iter().filter(|(_, _, of)| of == state).map(|(_, sequence, _)| *sequence).collect::<Vec<_>>()
    };
    assert_eq!(
        (of("accepted"), of("settled")),
        (vec![1, 2], vec![1, 2]),
        "another venue's events are not told: {seen:?}"
    );
    relayer.shutdown().await;
    assert!(live.next().await.is_err(), "a stream ends with the relayer");

    let relayer = relayer::serve(signed(&net, &journal)?).await?;
    let own = Party::new(&net, &relayer.url, &venue.actor.key)?;
    let mut again = own.stream(&format!("{path}/events?after=3")).await?;
    assert_eq!(again.next().await?.0, "open");
    assert_eq!(again.next().await?.1, 4);
    for after in [5, i64::MAX] {
        let (status, body) = own.get(&format!("{path}/events?after={after}")).await?;
        assert_eq!((status, code(&body)), (410, "events-gone"), "{body}");
    }
    let mut more = Vec::new();
    for _ in 0..3 {
        more.push(own.stream(&format!("{path}/events")).await?);
    }
    let (status, body) = own.get(&format!("{path}/events")).await?;
    assert_eq!((status, code(&body)), (429, "too-many-streams"), "{body}");
    let other = Party::new(&net, &relayer.url, &second.actor.key)?;
    other.stream(&format!("/v1/venues/{}/events", second.actor.address())).await?;
    drop(more);
    let freed = async {
        while own.get(&format!("{path}/events")).await?.0 == 429 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        anyhow::Ok(())
    };
    tokio::time::timeout(crate::support::PATIENCE, freed).await??;
    // One who signs for itself and is no venue holds no stream.
    let stranger = PrivateKeySigner::random();
    let nobody = Party::new(&net, &relayer.url, &stranger)?;
    for of in ["events", "socket"] {
        let (status, _) = nobody.get(&format!("/v1/venues/{}/{of}", stranger.address())).await?;
        assert!(matches!(status, 400 | 404), "{of}: {status}");
    }
    relayer.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_venue_that_floods_takes_nothing_from_another() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let mut config = signed(&net, &folder.path().join("journal.sqlite"))?;
    config.hold_submission = true;
    config.limits.venue_rate = 1;
    let relayer = relayer::serve(config).await?;
    let client = Client::new(&relayer.url);
    let (mut venue, mut other) = (Venue::new(&net, 0)?, Venue::new(&net, 1)?);
    client.accept(&venue.batch(trades(&net, 256).await?)?).await?;
    let text = serde_json::to_string(&venue.batch(trades(&net, 10).await?)?)?;
    let response = client.raw("k", &text).await?;
    assert_eq!(response.status(), 429);
    let header =
        |name: &str| response.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
    assert_eq!(header("ratelimit-policy"), "\"fills\";q=256;w=256");
    assert!(header("ratelimit").starts_with("\"fills\";r=0;t="), "{}", header("ratelimit"));
    assert!(
        header("retry-after").parse::<u64>().is_ok_and(|seconds| (5..=11).contains(&seconds)),
        "{}",
        header("retry-after")
    );
    // Nobody else's name uses it up, or is held back by it.
    for _ in 0..3 {
        let forged = text.replace(
            &venue.actor.address().to_string().to_lowercase(),
            &other.actor.address().to_string().to_lowercase(),
        );
        assert_eq!(client.raw("f", &forged).await?.status(), 403);
    }
    client.accept(&other.batch(trades(&net, 256).await?)?).await?;
    relayer.shutdown().await;
    Ok(())
}

/// A venue's server: takes nothing at first, then everything.
async fn hook(refuse: usize) -> Result<(String, tokio::sync::mpsc::UnboundedReceiver<(String, Vec<u8>)>)> {
    let (sender, received) = tokio::sync::mpsc::unbounded_channel();
    let left = std::sync::Arc::new(std::sync::atomic::AtomicUsize::new(refuse));
    let answer = move |headers: axum::http::HeaderMap, body: axum::body::Bytes| {
        let signature =
            headers.get("plumbline-signature").and_then(|value| value.to_str().ok()).unwrap_or("").to_owned();
        let _ = sender.send((signature, body.to_vec()));
        let refused = left.fetch_update(Relaxed, Relaxed, |left| left.checked_sub(1)).is_ok();
        std::future::ready(if refused {
            axum::http::StatusCode::BAD_GATEWAY
        } else {
            axum::http::StatusCode::NO_CONTENT
        })
    };
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await?;
    let url = format!("http://{}/told?by=relayer", listener.local_addr()?);
    let app = axum::Router::new().route("/told", axum::routing::post(answer));
    tokio::spawn(async move { axum::serve(listener, app).await });
    Ok((url, received))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_webhook_is_told_in_order_until_it_takes_it() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let journal = folder.path().join("journal.sqlite");
    let (url, mut received) = hook(2).await?;
    let mut config = signed(&net, &journal)?;
    let (mut venue, mut other) = (Venue::new(&net, 0)?, Venue::new(&net, 1)?);
    config.access.webhooks = vec![Webhook { venue: venue.actor.address(), url: url.clone() }];
    let relayer = relayer::serve(config.clone()).await?;
    let client = Client::new(&relayer.url);
    client.accept(&other.batch(trades(&net, 1).await?)?).await?;
    client.accept(&venue.batch(trades(&net, 2).await?)?).await?;

    let domain = chain::sign::Domain::relayer(net.deployment.chain_id, net.deployment.escrow()?);
    let mut posts: Vec<Value> = Vec::new();
    let last = |posts: &[Value]| posts.last().and_then(|post| post["events"].as_array()?.last()?["number"].as_u64());
    while last(&posts) != Some(4) || posts.len() < 3 {
        let (header, body) = tokio::time::timeout(crate::support::PATIENCE, received.recv()).await?.unwrap_or_default();
        let part = |name: &str| header.split(", ").find_map(|part| part.strip_prefix(name)).unwrap_or("").to_owned();
        let notice = chain::requests::Notice {
            venue: venue.actor.address(),
            url: url.clone(),
            sentAt: part("sent=").parse()?,
            body: alloy::primitives::keccak256(&body),
        };
        let signature: alloy::primitives::Signature = part("signature=").parse()?;
        let signer = signature.recover_address_from_prehash(&domain.notice(&notice))?;
        assert_eq!((signer, part("address=")), (net.actors.relayer.address(), signer.to_string()));
        posts.push(serde_json::from_slice(&body)?);
    }
    let numbers = |post: &Value| {
        post["events"].as_array().into_iter().flatten().filter_map(|event| event["number"].as_u64()).collect::<Vec<_>>()
    };
    assert!(
        posts[..3].iter().all(|post| numbers(post).first() == Some(&1)),
        "refused twice, so told three times: {posts:?}"
    );
    let told: Vec<u64> = posts[2..].iter().flat_map(numbers).collect();
    assert_eq!(told, [1, 2, 3, 4]);
    relayer.shutdown().await;

    // The next process goes on behind what was taken.
    let relayer = relayer::serve(config.clone()).await?;
    Client::new(&relayer.url).accept(&venue.batch(trades(&net, 1).await?)?).await?;
    let (_, body) = tokio::time::timeout(crate::support::PATIENCE, received.recv()).await?.unwrap_or_default();
    assert_eq!(numbers(&serde_json::from_slice(&body)?).first(), Some(&5));
    relayer.shutdown().await;

    config.access.webhooks[0].url = "file:///etc/passwd".to_owned();
    assert!(matches!(relayer::serve(config).await, Err(relayer::ServeError::Config(_))));
    Ok(())
}

/// Whatever comes first: what is told to be cancelled never settles, and what is not settles once.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_cancellation_that_races_its_submission_is_told_the_truth() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let relayer = relayer::serve(config(&net, &folder.path().join("journal.sqlite"))?).await?;
    let (client, mut venue) = (Client::new(&relayer.url), Venue::new(&net, 0)?);
    let (buyer, seller) = (net.deployment.account("desk-0")?, net.deployment.account("desk-1")?);
    net.devnode.chain().set_mining(devnode::Mining::Interval(Duration::from_millis(40)));
    let mut cancelled = BTreeSet::new();
    for round in 0..40u64 {
        let first = venue.next;
        let batch = venue.batch(vec![fill(now_ms(&net).await?, buyer, seller, "0.001"); 4])?;
        client.accept(&batch).await?;
        tokio::time::sleep(Duration::from_millis(round % 5 * 6)).await;
        let body = cancel(&net, &venue.actor.key, venue.actor.address(), first, 4)?;
        let (status, told) = client.send("/v1/cancellations", &body).await?;
        assert_eq!(status, 200, "{told}");
        let ids = told["cancelled"].as_array().cloned().unwrap_or_default();
        cancelled.extend(ids.iter().filter_map(|id| id.as_str().map(ToOwned::to_owned)));
    }
    for sequence in (1..venue.next).filter(|sequence| !cancelled.contains(&venue.id(*sequence))) {
        client.until(&venue.id(sequence), "settled").await?;
    }
    let applied = crate::support::applied(&net, venue.actor.address()).await?;
    assert!(applied.values().all(|times| *times == 1), "{applied:?}");
    let settled: BTreeSet<String> = applied.keys().map(|sequence| venue.id(*sequence)).collect();
    assert!(settled.is_disjoint(&cancelled), "{:?}", settled.intersection(&cancelled).collect::<Vec<_>>());
    assert_eq!((settled.len() + cancelled.len()) as u64, venue.next - 1);
    println!("{} of {} fills were taken back in time", cancelled.len(), venue.next - 1);
    relayer.shutdown().await;
    Ok(())
}
