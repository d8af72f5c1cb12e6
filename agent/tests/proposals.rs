//! What the agent signs, and what it does not, however it is asked.
use crate::support::{Deal, Desk, agent, ask, network, refused, signed, top_up};
use alloy::primitives::{Address, B256};
use anyhow::Result;
use chain::proposal::{BookText, Opening, Reason};
use localnet::Localnet;

fn parties(net: &Localnet) -> Result<(u64, u64)> {
    Ok((net.deployment.account("desk-0")?, net.deployment.account("desk-1")?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_the_agent_computes_too_is_signed_and_lands() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let (agent, mut desk, (buyer, seller)) = (agent(&net, folder.path()).await?, Desk::new(&net), parties(&net)?);
    let first = desk.settle(&[Deal::new(buyer, seller, 2, 113_100), Deal::new(seller, buyer, 1, 112_900)]).await?;
    let signature = signed(&agent, &first).await?;
    assert_eq!(signature.agent, net.actors.agent.address());
    desk.land(&first, &signature).await?;

    // From the books that it filed itself, after a kill too.
    let mark = desk.mark(&[buyer, seller]).await?;
    let signature = signed(&agent, &mark).await?;
    desk.land(&mark, &signature).await?;
    drop(agent);
    let agent = crate::support::agent(&net, folder.path()).await?;
    let next = desk.settle(&[Deal::new(buyer, seller, 1, 113_000)]).await?;
    let signature = signed(&agent, &next).await?;
    desk.land(&next, &signature).await?;
    agent.shutdown().await;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_first_figure_that_differs_is_named() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let (agent, mut desk, (buyer, seller)) = (agent(&net, folder.path()).await?, Desk::new(&net), parties(&net)?);
    let mut draft = desk.settle(&[Deal::new(buyer, seller, 1, 113_100)]).await?;
    let right = draft.call.clone();
    let figure = async |draft: &crate::support::Draft| -> Result<(Option<u64>, String, String, String)> {
        let refusal = refused(&agent, draft).await?;
        assert_eq!(refusal.reason, Reason::Differs, "{refusal}");
        let figure = refusal.figure.expect("a figure");
        Ok((refusal.account, figure.name, figure.proposed, figure.computed))
    };
    let statement = draft.set().statements[1].clone();

    draft.set().statements[1].requirement += 1;
    let (of, name, proposed, computed) = figure(&draft).await?;
    assert_eq!((of, name.as_str()), (Some(seller), "requirement"));
    assert_eq!((proposed, computed), ((statement.requirement + 1).to_string(), statement.requirement.to_string()));

    draft.call = right.clone();
    draft.set().statements[0].cumulative_variation += 5;
    draft.set().house_cumulative_variation -= 5;
    assert_eq!(figure(&draft).await?.1, "cumulativeVariation");

    draft.call = right.clone();
    draft.set().statements[0].fill_variation -= 1;
    assert_eq!(figure(&draft).await?.1, "fillVariation");

    draft.call = right.clone();
    draft.set().statements[0].new_root = B256::repeat_byte(9);
    assert_eq!(figure(&draft).await?.1, "newRoot");

    draft.call = right.clone();
    draft.set().house_cumulative_variation += 1;
    assert_eq!(figure(&draft).await?.1, "houseCumulativeVariation");

    draft.call = right.clone();
    draft.set().parameters_hash = B256::repeat_byte(9);
    assert_eq!(figure(&draft).await?.1, "parametersHash");

    // A million USDC out of the buyer's inventory, which nothing calls for.
    draft.call = right.clone();
    draft.bundle().moves = vec![top_up(0, 0, 1_000_000_000_000)];
    let (of, name, ..) = figure(&draft).await?;
    assert_eq!((of, name.as_str()), (Some(buyer), "topUp"));

    draft.call = right;
    signed(&agent, &draft).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fills_are_those_that_the_venue_signed_and_new() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let (agent, mut desk, (buyer, seller)) = (agent(&net, folder.path()).await?, Desk::new(&net), parties(&net)?);
    let mut draft = desk.settle(&[Deal::new(buyer, seller, 1, 113_100)]).await?;
    let (call, terms) = (draft.call.clone(), draft.terms.clone());

    draft.terms[0].price += 1;
    let refusal = refused(&agent, &draft).await?;
    assert_eq!(refusal.reason, Reason::Fills, "{refusal}");
    draft.terms = terms.clone();
    draft.terms[0].salt = B256::ZERO;
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::Fills);
    draft.terms = Vec::new();
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::Malformed);
    draft.terms = [terms.clone(), terms.clone()].concat();
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::Malformed);

    // The same fill with the sides exchanged, for half the time, from another venue, or under another's signature.
    draft.terms = terms.clone();
    let fill = &mut draft.bundle().batches[0].fills[0].1;
    (fill.buyer, fill.seller) = (fill.seller, fill.buyer);
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::Fills);
    draft.call = call.clone();
    draft.bundle().batches[0].fills[0].1.settle_within /= 2;
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::Fills);
    draft.call = call.clone();
    draft.bundle().venue = net.actors.venue[1].address();
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::Fills);
    draft.call = call.clone();
    draft.bundle().batches[0].signature = net.actors.relayer.sign(B256::ZERO).into();
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::Fills);

    draft.call = call;
    let signature = signed(&agent, &draft).await?;
    desk.land(&draft, &signature).await?;
    let again = refused(&agent, &draft).await?;
    assert!(matches!(again.reason, Reason::Fills) && again.detail.contains("applied"), "{again}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn another_chains_escrows_or_times_proposal_is_refused() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let (agent, desk, (buyer, _)) = (agent(&net, folder.path()).await?, Desk::new(&net), parties(&net)?);
    let mut draft = desk.mark(&[buyer]).await?;
    let (call, escrow, block) = (draft.call.clone(), draft.escrow, draft.block);

    draft.chain_id += 1;
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::OtherChain);
    draft.chain_id -= 1;
    draft.escrow = Address::repeat_byte(9);
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::OtherChain);
    draft.escrow = escrow;
    draft.block.1 = B256::repeat_byte(9);
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::OtherChain);
    draft.block = (block.0 + 1_000, block.1);
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::Behind);
    draft.block = block;

    for late in [0, u64::MAX, draft.call.set().as_of - 1, draft.call.set().as_of + 100_000] {
        draft.set().valid_until = late;
        assert_eq!(refused(&agent, &draft).await?.reason, Reason::Time, "validUntil {late}");
    }
    draft.call = call.clone();
    draft.set().as_of += 3_600;
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::Time);
    draft.call = call.clone();
    draft.set().slot += 1_000;
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::Time);
    draft.call = call.clone();
    draft.set().slot -= 400;
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::Time);
    draft.call = call.clone();
    draft.set().slot -= 1;
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::Prices, "the oracle has no round of it");
    draft.call = call.clone();
    draft.set().house += 1;
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::NotServed);
    draft.call = call.clone();
    draft.set().statements[0].account = 9_999;
    assert_eq!(refused(&agent, &draft).await?.reason, Reason::Account);

    draft.call = call;
    signed(&agent, &draft).await?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_else_is_signed_for_a_sequence_while_it_may_land() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let agent = agent(&net, folder.path()).await?;
    let (mut desk, (buyer, seller)) = (Desk::new(&net), parties(&net)?);
    let (one, other) = (
        desk.settle(&[Deal::new(buyer, seller, 1, 113_100)]).await?,
        desk.settle(&[Deal::new(buyer, seller, 2, 113_000)]).await?,
    );
    let first = signed(&agent, &one).await?;
    assert_eq!(signed(&agent, &one).await?, first, "the same is signed as often as one likes");
    let refusal = refused(&agent, &other).await?;
    assert_eq!((refusal.reason, refusal.account), (Reason::AlreadySigned, Some(buyer.min(seller))), "{refusal}");
    assert_eq!(refusal.standing.as_deref(), Some(&one.proposal()), "what was signed is shown, to be sent");

    // Its store remembers.
    drop(agent);
    let agent = crate::support::agent(&net, folder.path()).await?;
    assert_eq!(refused(&agent, &other).await?.reason, Reason::AlreadySigned);

    // Past its end the first can land no more.
    net.devnode.chain().increase_time(61);
    net.devnode.chain().mine();
    net.post_prices(&localnet::LocalnetConfig::default().prices).await?;
    let late = desk.settle(&[Deal::new(buyer, seller, 3, 113_000)]).await?;
    let signature = signed(&agent, &late).await?;
    desk.land(&late, &signature).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_set_builds_on_one_that_was_signed_and_is_in_flight() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let agent = agent(&net, folder.path()).await?;
    let (mut desk, (buyer, seller)) = (Desk::new(&net), parties(&net)?);
    let first = desk.settle(&[Deal::new(buyer, seller, 1, 113_100)]).await?;
    let signature = signed(&agent, &first).await?;
    desk.books.extend(first.books.clone());
    let mut second = desk.settle(&[Deal::new(buyer, seller, 2, 112_900)]).await?;
    assert_eq!(refused(&agent, &second).await?.reason, Reason::Differs, "the chain does not have the first yet");
    second.ahead = vec![B256::repeat_byte(9)];
    assert_eq!(refused(&agent, &second).await?.reason, Reason::AheadUnknown);
    second.ahead = vec![signature.digest];
    let next = signed(&agent, &second).await?;
    desk.land(&first, &signature).await?;
    assert_eq!(signed(&agent, &second).await?, next, "as much once the first has landed");
    desk.land(&second, &next).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_book_that_the_agent_lacks_is_taken_where_the_chain_proves_it() -> Result<()> {
    let net = network().await?;
    let (folder, empty) = (tempfile::tempdir()?, tempfile::tempdir()?);
    let (agent, mut desk, (buyer, seller)) = (agent(&net, folder.path()).await?, Desk::new(&net), parties(&net)?);
    let trade = desk.settle(&[Deal::new(buyer, seller, 1, 113_100)]).await?;
    let digests = trade.call.typed(|_| Some((0, B256::ZERO))).expect("typed").statements;
    let signature = signed(&agent, &trade).await?;
    desk.land(&trade, &signature).await?;
    drop(agent);

    let agent = crate::support::agent(&net, empty.path()).await?;
    let mark = desk.mark(&[buyer, seller]).await?;
    let refusal = refused(&agent, &mark).await?;
    assert_eq!((refusal.reason, refusal.accounts), (Reason::BooksUnknown, vec![buyer, seller]));
    let opening = |at: usize, book: &risk::Book| Opening {
        account: digests[at].account,
        previous: B256::ZERO,
        digest: digests[at].fillsDigest,
        book: BookText::of(book),
    };
    let mut proposal = mark.proposal();
    // The other side's book is not the one behind this history.
    proposal.openings = vec![opening(0, &desk.books[&seller]), opening(1, &desk.books[&buyer])];
    let refusal = ask(&agent, &proposal).await?.expect_err("it is another's book");
    assert!(refusal.reason == Reason::BooksUnknown && refusal.accounts.is_empty(), "{refusal}");
    proposal.openings = vec![opening(0, &desk.books[&buyer]), opening(1, &desk.books[&seller])];
    ask(&agent, &proposal).await?.map_err(|refusal| anyhow::anyhow!("{refusal}"))?;
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_agent_that_others_can_reach_wants_a_token() -> Result<()> {
    let net = network().await?;
    let folder = tempfile::tempdir()?;
    let config = crate::support::config(&net, &net.actors.agent.key, folder.path())?;
    let open = plumbline_agent::Config { listen: ([0, 0, 0, 0], 0).into(), ..config.clone() };
    assert!(matches!(plumbline_agent::serve(open).await, Err(plumbline_agent::ServeError::Open { .. })));

    let agent = plumbline_agent::serve(plumbline_agent::Config { token: Some("secret".to_owned()), ..config }).await?;
    let mark = Desk::new(&net).mark(&[parties(&net)?.0]).await?;
    let post = |token: &str| {
        let http = reqwest::Client::new();
        http.post(format!("{}/v1/sets", agent.url)).bearer_auth(token).json(&mark.proposal()).send()
    };
    assert_eq!((post("guess").await?.status(), post("secret").await?.status()), (401.try_into()?, 200.try_into()?));
    let health: serde_json::Value = reqwest::get(format!("{}/healthz", agent.url)).await?.json().await?;
    assert_eq!(health["status"], "ok", "{health}");
    Ok(())
}
