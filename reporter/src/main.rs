//! plumbline-reporter: signs prices from configured sources and posts them.
mod cli;

use alloy::primitives::B256;
use anyhow::{Context, Result};
use clap::Parser;
use cli::{Cli, Command, Once};
use plumbline_reporter::{Committer, Poster, PriceFile, Quote, Quotes, Source, Sources, feed, round, serve, source};
use std::collections::BTreeMap;

#[tokio::main]
async fn main() -> Result<()> {
    let cli = Cli::parse();
    tracing_subscriber::fmt().with_env_filter(cli.log.as_str()).with_target(false).init();
    let poster = poster(&cli).await?;
    match &cli.command {
        Command::Once(once) => post_once(&poster, once).await,
        Command::Run { file, speed } => serve::replay(&poster, &PriceFile::load(file)?, *speed).await,
        Command::Serve { file, prices } => {
            let file = file.as_ref().map(PriceFile::load).transpose()?;
            let constant = constants(prices)?;
            serve::every_slot(&poster, |now| merged(file.as_ref().map(|file| file.at(now)), &constant)).await
        }
    }
}

async fn poster(cli: &Cli) -> Result<Poster> {
    let deployment = chain::Deployment::load(&cli.deployment)?;
    let sender = cli.key.parse::<alloy::signers::local::PrivateKeySigner>().context("--key is not a private key")?;
    let from = sender.address();
    let provider = chain::connect(&cli.rpc, &[sender]).await?;
    let set = source::governed_set(&provider, deployment.oracle()?).await?;
    let sources = Sources::new(set, cli.sources.clone())?;
    let poster = Poster::new(provider, &deployment, from, sources).await?;
    let Some(path) = &cli.markets else { return Ok(poster) };
    let text = std::fs::read_to_string(path).with_context(|| format!("reading {}", path.display()))?;
    let committer = Committer::parse(&text, feed::feed(&cli.settlement)?);
    Ok(poster
        .with_marks(committer.map_err(anyhow::Error::msg).with_context(|| format!("markets file {}", path.display()))?))
}

async fn post_once(poster: &Poster, once: &Once) -> Result<()> {
    let slot = match once.slot {
        Some(slot) => slot,
        None => abi::slot_at(poster.chain_time().await?),
    };
    let quote = Quote { price: feed::price(&once.price)?, confidence: once.confidence };
    let name = once.source.as_deref().unwrap_or(round::EVERY_SOURCE);
    let quotes = [(feed::feed(&once.feed)?, [(name.to_owned(), quote)].into())].into();
    let posted = poster.post(slot, &quotes).await?;
    let submit = posted.submit.with_context(|| format!("slot {slot} has a round of as many reports already"))?;
    println!(
        "{} {} in slot {slot}: transaction {}, {} gas",
        once.feed, once.price, submit.transaction_hash, submit.gas_used
    );
    Ok(())
}

/// `FEED=PRICE` pairs, said by every source.
fn constants(prices: &[String]) -> Result<BTreeMap<B256, Quotes>> {
    let parse = |pair: &String| {
        let (name, price) = pair.split_once('=').with_context(|| format!("{pair:?} is not FEED=PRICE"))?;
        let quotes: Quotes = [(round::EVERY_SOURCE.to_owned(), Quote::of(feed::price(price)?))].into();
        Ok((feed::feed(name)?, quotes))
    };
    prices.iter().map(parse).collect()
}

fn merged(file: Option<BTreeMap<B256, Quotes>>, constant: &BTreeMap<B256, Quotes>) -> BTreeMap<B256, Quotes> {
    let mut quotes = constant.clone();
    quotes.extend(file.unwrap_or_default());
    quotes
}

/// A source on the command line: `NAME=KEY`.
fn parse_source(text: &str) -> Result<Source, String> {
    let (name, key) = text.split_once('=').ok_or("expected NAME=PRIVATE_KEY")?;
    let key = key.parse().map_err(|_| format!("the key of {name} is not 32 bytes of hexadecimal"))?;
    Ok(Source { name: name.to_owned(), key })
}
