//! Three disputes, in an account of a house whose agent is another than the relayer's.
//!
//! At the bottom of the crash the agent states what the kernel requires; the desk disputes it, shows its book and loses its
//! bond. As prices come back the agent keeps variation to itself: the desk finds the signed statement on chain, shows its book
//! at both slots and is credited. After the evening the agent states too much; the desk shows the same book and wins.
use super::network;
use abi::escrow::MarginEscrow::{
    DisputeRuled, accountCall, balanceCall, claimCall, disputeClaimCall, disputeOfCall, disputeStatementsCall,
    houseCall, markCall, pledgeCall, revealPortfolioCall, settleCall,
};
use abi::escrow::{DISPUTE_BOND, lifecycle, ruling, subject};
use abi::packed::{Bundle, Examination, Lifecycle, Set, Statement, lifecycle_digest};
use abi::types::{Agreement, MarginStatement, StatementSet};
use alloy::primitives::{Address, B256, I256, keccak256};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{SolCall, SolEvent, SolValue};
use anyhow::{Context, Result};
use chain::reveal::{revaluation, reveal};
use chain::{sign, statements};
use localnet::{Actor, Net, USDC};
use marks::MarkSet;
use risk::{Book, Instrument, Parameters, Position, Quantity, mark_variation, positions_root, requirement};

/// The desk whose third account it is.
const DESK: usize = 2;
/// What the agent states beyond what is required, or posted where that is more; micro-USD.
const TOO_MUCH: u64 = 50_000_000_000;
/// What the agent keeps back of variation, micro-USD.
const KEPT: i64 = 20_000_000_000;
/// Whole USDC: a bond, and what the house can pay in variation.
const BOND: u64 = DISPUTE_BOND / 1_000_000;
const HOUSE: u64 = 500_000;
/// Instruments and quantities, 1e-8: long the perpetual, short puts far below.
const BOOK: [(&str, i64); 3] =
    [("BTC-PERP", 200_000_000), ("BTC-20251031-80000-P", -500_000_000), ("BTC-20251031-135000-C", -100_000_000)];

/// What became of a dispute.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Ruled {
    pub subject: &'static str,
    pub ruling: &'static str,
    /// Micro-USD: what the agent stated, and what the kernel found.
    pub stated: i64,
    pub found: i64,
    pub stakes: u64,
    pub tx: B256,
    pub gas: u64,
}

pub struct Disputed {
    net: Net,
    desk: Actor,
    account: u64,
    agent: PrivateKeySigner,
    key: B256,
    book: Book,
    /// Of the last statement.
    last: MarkSet,
}

impl Disputed {
    /// Opens the account with a book at a slot's marks, with a tenth more posted than the kernel requires.
    pub async fn open(net: Net, set: &MarkSet) -> Result<Self> {
        let desk = net.actors.desk[DESK].clone();
        let agent = PrivateKeySigner::from_bytes(&keccak256("the other agent"))?;
        let agreement = Agreement { agent: agent.address(), ..net.agreement(&desk, &network().terms)? };
        let account = net.open_account(&desk, agreement).await?;
        let position = |(name, quantity): &(&str, i64)| -> Result<Position> {
            Ok(Position { instrument: name.parse::<Instrument>()?, quantity: Quantity::from_raw(*quantity) })
        };
        let book = Book::from_positions(BOOK.iter().map(position).collect::<Result<Vec<_>>>()?)?;
        let (key, last) = (keccak256("salts of the disputed account"), set.clone());
        let disputed = Self { net, desk, account, agent, key, book, last };
        disputed.fund(set).await?;
        let porting = Lifecycle { cause: lifecycle::PORTING, reference: disputed.root() };
        disputed.state(set, disputed.required(set)?, 0, Some(porting)).await?;
        Ok(disputed)
    }

    async fn fund(&self, set: &MarkSet) -> Result<()> {
        let (net, desk) = (&self.net, &self.desk);
        let posted = self.required(set)? * 11 / 10 / 1_000_000;
        net.mint(USDC, desk.address(), posted).await?;
        net.approve(desk, USDC, posted).await?;
        net.pledge_wallet(desk, self.account, USDC, posted).await?;
        let house = net.view(net.deployment.escrow()?, accountCall { account: self.account }).await?.house;
        net.fund(house, HOUSE).await
    }

    fn root(&self) -> B256 {
        positions_root(&self.book, self.key)
    }

    fn required(&self, set: &MarkSet) -> Result<u64> {
        Ok(u64::try_from(requirement(&self.book, &set.marks, &Parameters::default())?.initial)?)
    }

    /// The agent states what the kernel requires, and the desk says a third of the shortfall is too much.
    pub async fn lose(&mut self, set: &MarkSet) -> Result<Ruled> {
        let required = self.required(set)?;
        self.mark(set, required, 0).await?;
        let amount = self.claimed().await? / 3;
        self.dispute(set, required, amount).await
    }

    /// The agent states more than the kernel requires and the account holds, and the desk says by how much.
    pub async fn win(&mut self, set: &MarkSet) -> Result<Ruled> {
        let (escrow, token) = (self.net.deployment.escrow()?, self.net.deployment.token(USDC)?.address);
        let held = self.net.view(escrow, balanceCall { account: self.account, token }).await?.lots;
        let required = self.required(set)?;
        let stated = required.max(held) + TOO_MUCH;
        self.mark(set, stated, 0).await?;
        let amount = self.claimed().await?.min(stated - required);
        self.dispute(set, stated, amount).await
    }

    /// The agent states less variation than the book gained, and the desk says by how much.
    pub async fn recover(&mut self, set: &MarkSet) -> Result<Ruled> {
        let (before, escrow) = (self.last.clone(), self.net.deployment.escrow()?);
        self.mark(set, self.required(set)?, KEPT).await?;
        self.stake().await?;
        let state = self.net.view(escrow, accountCall { account: self.account }).await?;
        let change =
            statements::read_change(&self.net.provider, &self.net.deployment, self.account, state.sequence).await?;
        let shown = change.encode().context("the statement does not fit its fields")?;
        let (account, subject, amount) = (self.account, subject::VARIATION, KEPT.unsigned_abs());
        let call = disputeStatementsCall { account, subject, amount }.abi_encode();
        chain::send(&self.net.provider, "disputeStatements", self.desk.address(), escrow, [call, shown].concat())
            .await?;
        let stated = self.net.view(escrow, disputeOfCall { account }).await?.variation;
        let [before, after] = [&before, set].map(|set| self.examination(set));
        let evidence = revaluation(Some(&before?), Some(&after?), None).and_then(|evidence| evidence.encode());
        self.reveal("variation", stated, evidence.context("the books do not fit their fields")?).await
    }

    async fn claimed(&self) -> Result<u64> {
        let claim = self.net.view(self.net.deployment.escrow()?, claimCall { account: self.account }).await?;
        Ok(claim.first.amount)
    }

    async fn dispute(&self, set: &MarkSet, stated: u64, amount: u64) -> Result<Ruled> {
        self.stake().await?;
        let (net, escrow) = (&self.net, self.net.deployment.escrow()?);
        net.send(&self.desk, escrow, disputeClaimCall { account: self.account, amount }).await?;
        let evidence = self.examination(set)?.encode().context("the book does not fit the examination's fields")?;
        self.reveal("requirement", i64::try_from(stated)?, evidence).await
    }

    /// More than the bond: the relayer may top another account up from the same inventory meanwhile.
    async fn stake(&self) -> Result<()> {
        let net = &self.net;
        net.mint(USDC, self.desk.address(), 10 * BOND).await?;
        net.approve(&self.desk, USDC, 10 * BOND).await?;
        net.deposit(&self.desk, USDC, 10 * BOND).await
    }

    fn examination(&self, set: &MarkSet) -> Result<Examination> {
        Ok(reveal(&self.book, &set.listed, &set.marks, &Parameters::default(), self.key)?)
    }

    async fn reveal(&self, subject: &'static str, stated: i64, evidence: Vec<u8>) -> Result<Ruled> {
        let (net, escrow) = (&self.net, self.net.deployment.escrow()?);
        let call = [&revealPortfolioCall::SELECTOR[..], &self.account.abi_encode(), &evidence].concat();
        let receipt = chain::send(&net.provider, "revealPortfolio", self.desk.address(), escrow, call).await?;
        let ruled = receipt.logs().iter().find_map(|log| DisputeRuled::decode_log(&log.inner).ok());
        let ruled = ruled.context("revealPortfolio left no DisputeRuled event")?;
        let ruling = if ruled.ruling == ruling::UPHELD { "upheld" } else { "rejected" };
        let (tx, gas) = (receipt.transaction_hash, receipt.gas_used);
        let found = i64::try_from(I256::from_be_bytes(ruled.found.0))?;
        Ok(Ruled { subject, ruling, stated, found, stakes: ruled.stakes, tx, gas })
    }

    /// The desk pledges what its open claim asks for.
    pub async fn answer(&self) -> Result<()> {
        let (net, escrow) = (&self.net, self.net.deployment.escrow()?);
        let state = net.view(escrow, accountCall { account: self.account }).await?;
        // A tenth more than what is missing: the token has a haircut.
        let missing = (state.required.saturating_sub(state.posted) + state.owed) * 11 / 10 / 1_000_000 + 1;
        net.mint(USDC, self.desk.address(), missing).await?;
        net.approve(&self.desk, USDC, missing).await?;
        let (token, amount) = (net.deployment.token(USDC)?.address, net.units(USDC, missing)?);
        net.send(&self.desk, escrow, pledgeCall { account: self.account, token, amount }).await?;
        Ok(())
    }

    async fn mark(&mut self, set: &MarkSet, stated: u64, kept: i64) -> Result<()> {
        self.state(set, stated, kept, None).await?;
        self.last = set.clone();
        Ok(())
    }

    /// The agent's statement at a slot: variation since the last one, less what it keeps, and the requirement that it says;
    /// with an event, the book.
    async fn state(&self, set: &MarkSet, stated: u64, kept: i64, event: Option<Lifecycle>) -> Result<()> {
        let (net, escrow) = (&self.net, self.net.deployment.escrow()?);
        let before = net.view(escrow, accountCall { account: self.account }).await?;
        let house = net.view(escrow, houseCall { house: before.house }).await?;
        let variation = mark_variation(&self.book, &self.last.marks, &set.marks)?.raw() - kept;
        let as_of = net.time().await?;
        let statement = MarginStatement {
            account: self.account,
            sequence: before.sequence + 1,
            previousRoot: before.root,
            previousSlot: before.slot,
            previousVariation: before.cumulativeVariation,
            newRoot: self.root(),
            fillsDigest: event.as_ref().map_or(B256::ZERO, lifecycle_digest),
            requirement: stated,
            cumulativeVariation: before.cumulativeVariation + variation,
            cumulativeFillVariation: before.cumulativeFillVariation,
        };
        let signed = StatementSet {
            house: before.house,
            statements: vec![statement],
            houseCumulativeVariation: house.cumulativeVariation - variation,
            slot: set.slot,
            parametersHash: house.parametersHash,
            asOf: as_of,
            validUntil: as_of + 60,
        };
        let packed = self.pack(signed)?;
        let (what, call) = match event {
            None => ("mark by the other agent", [&markCall::SELECTOR[..], &packed.encode().context("set")?].concat()),
            lifecycle => {
                let bundle = Bundle { set: packed, venue: Address::ZERO, batches: vec![], lifecycle, moves: vec![] };
                (
                    "porting by the other agent",
                    [&settleCall::SELECTOR[..], &bundle.encode().context("bundle")?].concat(),
                )
            }
        };
        chain::send(&net.provider, what, net.actors.operator.address(), escrow, call).await?;
        Ok(())
    }

    fn pack(&self, set: StatementSet) -> Result<Set> {
        let signature = sign::sign(&self.agent, self.net.escrow_domain()?.set(&set));
        let statement = |stated: &MarginStatement| -> Result<Statement> {
            Ok(Statement {
                account: u32::try_from(stated.account)?,
                new_root: stated.newRoot,
                requirement: stated.requirement,
                cumulative_variation: stated.cumulativeVariation,
                cumulative_fill_variation: stated.cumulativeFillVariation,
            })
        };
        Ok(Set {
            house: set.house,
            house_cumulative_variation: set.houseCumulativeVariation,
            slot: set.slot,
            as_of: set.asOf,
            valid_until: set.validUntil,
            parameters_hash: set.parametersHash,
            statements: set.statements.iter().map(statement).collect::<Result<_>>()?,
            signature,
            second_signature: None,
        })
    }
}
