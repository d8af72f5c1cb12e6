//! A relayer's part, done by hand: venues' signed batches, figures by the kernel, calls as they stand on chain.

use abi::escrow::FRESH_SLOTS;
use abi::escrow::MarginEscrow::{accountCall, houseCall};
use abi::oracle::PriceOracle::{latestCall, roundCall};
use abi::packed::{Batch, Bundle, Move, PackedFill, Set, Statement, fill_hash};
use abi::types::FillBatch;
use alloy::primitives::{Address, B256};
use alloy::providers::Provider;
use alloy::rpc::types::TransactionRequest;
use alloy::signers::local::PrivateKeySigner;
use anyhow::{Context, Result};
use chain::Contracts;
use chain::proposal::{Call, Proposal, Refusal, Signature, Terms, account_key};
use localnet::{Actor, Localnet, LocalnetConfig, positions_key};
use marks::{Market, Prices, Spot};
use plumbline_agent::{Config, Handle, Key, Limits, serve};
use risk::{
    Book, Instrument, Parameters, Price, Quantity, Underlying, book_root, fill_variation, requirement, variation_level,
};
use std::collections::BTreeMap;
use std::path::Path;

/// 10 October 2025, 21:00 UTC.
const START: u64 = 1_760_130_000;
const UNIT: i64 = 100_000_000;

pub async fn network() -> Result<Localnet> {
    Localnet::start(LocalnetConfig { start: Some(START), ..LocalnetConfig::default() }).await
}

pub fn config(net: &Localnet, key: &PrivateKeySigner, folder: &Path) -> Result<Config> {
    Ok(Config {
        rpc_url: net.rpc_url(),
        contracts: Contracts::of(&net.deployment)?,
        listen: ([127, 0, 0, 1], 0).into(),
        store: folder.join("agent.sqlite"),
        key: Key::local(key.clone()),
        positions: positions_key(),
        markets: Market::references(),
        parameters: Parameters::default(),
        committed_marks: false,
        token: None,
        limits: Limits::default(),
    })
}

pub async fn agent(net: &Localnet, folder: &Path) -> Result<Handle> {
    Ok(serve(config(net, &net.actors.agent.key, folder)?).await?)
}

/// A feed by its name.
fn feed(name: &str) -> B256 {
    B256::right_padding_from(name.as_bytes())
}

/// A trade of perpetuals.
#[derive(Clone, Copy, Debug)]
pub struct Deal {
    pub buyer: u64,
    pub seller: u64,
    /// 1e-8.
    pub quantity: u64,
    /// Whole USD.
    pub price: u64,
}

impl Deal {
    pub const fn new(buyer: u64, seller: u64, bitcoins: u64, price: u64) -> Self {
        Self { buyer, seller, quantity: bitcoins * UNIT as u64, price }
    }

    fn terms(&self) -> Terms {
        let price = self.price * UNIT as u64;
        Terms { salt: B256::repeat_byte(7), instrument: "BTC-PERP".to_owned(), quantity: self.quantity, price }
    }
}

/// A call that is proposed; tests change it before it is.
pub struct Draft {
    pub call: Call,
    pub terms: Vec<Terms>,
    /// The accounts' books after it.
    pub books: BTreeMap<u64, Book>,
    pub chain_id: u64,
    pub escrow: Address,
    pub block: (u64, B256),
    pub ahead: Vec<B256>,
}

impl Draft {
    pub fn proposal(&self) -> Proposal {
        Proposal {
            chain_id: self.chain_id,
            escrow: self.escrow,
            block_number: self.block.0,
            block_hash: self.block.1,
            ahead: self.ahead.clone(),
            call: self.call.encode().expect("it fits").into(),
            terms: self.terms.clone(),
            openings: Vec::new(),
        }
    }

    pub fn set(&mut self) -> &mut Set {
        self.call.set_mut()
    }

    pub fn bundle(&mut self) -> &mut Bundle {
        match &mut self.call {
            Call::Settle(bundle) => bundle,
            Call::Mark(_) => panic!("a mark has no bundle"),
        }
    }
}

/// Who keeps books beside the agent, to propose what it should find.
pub struct Desk<'a> {
    pub net: &'a Localnet,
    pub books: BTreeMap<u64, Book>,
    next: u64,
    last: B256,
}

impl<'a> Desk<'a> {
    pub const fn new(net: &'a Localnet) -> Self {
        Self { net, books: BTreeMap::new(), next: 1, last: B256::ZERO }
    }

    pub fn venue(&self) -> &Actor {
        &self.net.actors.venue[0]
    }

    /// A bundle of these deals in one batch, with the figures that the kernel computes.
    pub async fn settle(&mut self, deals: &[Deal]) -> Result<Draft> {
        let mut accounts: Vec<u64> = deals.iter().flat_map(|deal| [deal.buyer, deal.seller]).collect();
        accounts.sort_unstable();
        accounts.dedup();
        let mut draft = self.figures(&accounts, deals).await?;
        let Call::Mark(set) = draft.call else { unreachable!("figures are a mark's") };
        let now = self.net.time().await?;
        let place = |account: u64| accounts.iter().position(|id| *id == account).map(|at| at as u8);
        let instrument = Instrument::perpetual(Underlying::BTC);
        let packed = deals.iter().enumerate().map(|(at, deal)| {
            let fill = PackedFill {
                buyer: place(deal.buyer)?,
                seller: place(deal.seller)?,
                matched_after: 0,
                settle_within: 30_000,
                group: 0,
                terms_hash: deal.terms().hash(&instrument),
            };
            Some((at as u8, fill))
        });
        let mut batch = Batch {
            first_sequence: self.next,
            count: u16::try_from(deals.len())?,
            previous_batch_hash: self.last,
            base_time: now * 1_000,
            fills: packed.collect::<Option<_>>().context("every account has a place")?,
            hashes: Vec::new(),
            signature: [0; 64].into(),
        };
        let leaves = batch
            .fills
            .iter()
            .zip(deals)
            .map(|((at, fill), deal)| Some(fill_hash(&fill.leaf(&batch, *at, deal.buyer, deal.seller)?)));
        let leaves: Vec<B256> = leaves.collect::<Option<_>>().context("no time overflows")?;
        let typed = FillBatch {
            venue: self.venue().address(),
            firstSequence: batch.first_sequence,
            count: batch.count.into(),
            fillsRoot: abi::merkle::root(&leaves),
            previousBatchHash: batch.previous_batch_hash,
        };
        batch.signature = self.venue().sign(self.net.escrow_domain()?.batch(&typed)).into();
        (self.next, self.last) = (self.next + deals.len() as u64, abi::eip712::batch_hash(&typed));
        let (lifecycle, consents, moves) = Default::default();
        let venue = self.venue().address();
        let bundle = Bundle { set, venue, batches: vec![batch], lifecycle, consents, moves };
        draft.call = Call::Settle(Box::new(bundle));
        draft.terms = deals.iter().map(Deal::terms).collect();
        Ok(draft)
    }

    /// A mark of these accounts.
    pub async fn mark(&self, accounts: &[u64]) -> Result<Draft> {
        self.figures(accounts, &[]).await
    }

    async fn figures(&self, accounts: &[u64], deals: &[Deal]) -> Result<Draft> {
        let (net, escrow) = (self.net, self.net.deployment.escrow()?);
        let prices = self.prices().await?;
        let usdc = feed("USDC-USD");
        let instrument = Instrument::perpetual(Underlying::BTC);
        let marks = prices.marks(&Market::references(), usdc, [instrument])?;
        let mark = marks.price(&instrument)?;
        let (mut statements, mut books, mut house_id, mut change) = (Vec::new(), BTreeMap::new(), 0, 0);
        for id in accounts {
            let state = net.view(escrow, accountCall { account: *id }).await?;
            house_id = state.house;
            let mut book = self.books.get(id).cloned().unwrap_or_default();
            let mut filled = 0;
            for deal in deals.iter().filter(|deal| [deal.buyer, deal.seller].contains(id)) {
                let (quantity, price) = (Quantity::from_raw(deal.quantity as i64), Price::from_raw(deal.terms().price));
                let variation = fill_variation(quantity, price, mark)?;
                let bought = deal.buyer == *id;
                filled += if bought { variation.buyer.raw() } else { variation.seller.raw() };
                let moved = if bought { deal.quantity as i64 } else { -(deal.quantity as i64) };
                book.trade(&instrument, Quantity::from_raw(moved), price)?;
            }
            let level = variation_level(&book, &marks)?.raw();
            change += level - state.cumulativeVariation;
            let moved = deals.iter().any(|deal| [deal.buyer, deal.seller].contains(id));
            statements.push(Statement {
                account: u32::try_from(*id)?,
                new_root: if moved { book_root(&book, account_key(positions_key(), *id)) } else { B256::ZERO },
                requirement: u64::try_from(requirement(&book, &marks, &Parameters::default())?.initial)?,
                cumulative_variation: level,
                fill_variation: filled,
            });
            books.insert(*id, book);
        }
        let house = net.view(escrow, houseCall { house: house_id }).await?;
        let head = net.provider.get_block(alloy::eips::BlockId::latest()).await?.context("a latest block")?.header;
        let set = Set {
            house: house_id,
            house_cumulative_variation: house.cumulativeVariation - change,
            slot: prices.slot,
            as_of: head.timestamp,
            valid_until: head.timestamp + 60,
            parameters_hash: Parameters::default().version_hash(),
            statements,
            signature: [1; 64].into(),
            second_signature: (!house.secondAgent.is_zero()).then(|| [1; 64].into()),
        };
        let (call, block) = (Call::Mark(set), (head.number, head.hash));
        Ok(Draft {
            call,
            terms: Vec::new(),
            books,
            chain_id: net.deployment.chain_id,
            escrow,
            block,
            ahead: Vec::new(),
        })
    }

    /// The newest slot's.
    async fn prices(&self) -> Result<Prices> {
        let oracle = self.net.deployment.oracle()?;
        let latest = latestCall { feed: feed("BTC-USD"), maxAgeSlots: FRESH_SLOTS };
        let slot = self.net.view(oracle, latest).await?.slot;
        let mut prices = Prices { slot, ..Prices::default() };
        for feed in ["BTC-USD", "ETH-USD", "USDC-USD"].map(feed) {
            let round = self.net.view(oracle, roundCall { feed, slot }).await?;
            prices.feeds.insert(feed, Spot { price: round.price, confidence: round.confidence });
        }
        Ok(prices)
    }

    /// Sends the call with the agent's signature; its books stand.
    pub async fn land(&mut self, draft: &Draft, signature: &Signature) -> Result<()> {
        self.land_by(draft, &signature.signature, None).await
    }

    /// The same with the second agent's.
    pub async fn land_by(&mut self, draft: &Draft, first: &[u8], second: Option<&[u8]>) -> Result<()> {
        let mut call = draft.call.clone();
        call.set_mut().signature = first.to_vec().into();
        call.set_mut().second_signature = second.map(|second| second.to_vec().into());
        let input = call.encode().context("it fits")?;
        let from = self.net.actors.relayer.address();
        let request = TransactionRequest { from: Some(from), to: Some(draft.escrow.into()), ..Default::default() };
        let sent = self.net.provider.send_transaction(request.input(input.into())).await?;
        anyhow::ensure!(sent.get_receipt().await?.status(), "the call reverted");
        self.books.extend(draft.books.clone());
        Ok(())
    }
}

/// What the agent says, over HTTP.
pub async fn ask(agent: &Handle, proposal: &Proposal) -> Result<Result<Signature, Refusal>> {
    let answer = reqwest::Client::new().post(format!("{}/v1/sets", agent.url)).json(proposal).send().await?;
    let well = answer.status().is_success();
    let text = answer.text().await?;
    Ok(if well { Ok(serde_json::from_str(&text)?) } else { Err(serde_json::from_str(&text).context(text)?) })
}

/// The signature on what is proposed.
pub async fn signed(agent: &Handle, draft: &Draft) -> Result<Signature> {
    ask(agent, &draft.proposal()).await?.map_err(|refusal| anyhow::anyhow!("{refusal}"))
}

/// Why it is not signed.
pub async fn refused(agent: &Handle, draft: &Draft) -> Result<Refusal> {
    ask(agent, &draft.proposal()).await?.err().context("it is signed")
}

/// A top-up of an account's place.
pub const fn top_up(account: u8, asset: u8, lots: u64) -> Move {
    Move { account, asset, lots }
}
