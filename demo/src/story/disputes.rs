//! Three disputes, in an account of a house whose agent is another than the relayer's.
//!
//! At the bottom of the crash the agent credits too much by mistake and puts it right in the same slot; the desk disputes the
//! correction, shows its book and loses its stake: variation is a level, and the correction is right by itself. As prices come
//! back the agent keeps variation to itself: the desk shows its book and is credited. After the evening the agent states too high
//! a requirement; the desk shows the same book and wins.
use super::network;
use abi::escrow::MarginEscrow::{
    DisputeRuled, accountCall, balanceCall, claimCall, disputeCall, houseCall, markCall, pledgeCall,
    revealPortfolioCall, settleCall,
};
use abi::escrow::{lifecycle, ruling, subject};
use abi::packed::{Bundle, Consent, Examination, Lifecycle, Set, lifecycle_digest};
use abi::registry::EligibilityRegistry::setParticipantCall;
use abi::registry::role;
use abi::types::{Agreement, MarginStatement, PositionChange, StatementSet};
use alloy::primitives::{Address, B256, FixedBytes, I256, keccak256};
use alloy::signers::local::PrivateKeySigner;
use alloy::sol_types::{SolCall, SolEvent, SolValue};
use anyhow::{Context, Result};
use chain::reveal::reveal;
use chain::sign;
use localnet::{Actor, Net, USDC};
use marks::MarkSet;
use risk::{Book, Instrument, Parameters, Price, Quantity, book_root, requirement, variation_level};

/// The desk whose third account it is.
const DESK: usize = 2;
/// What the agent states beyond what is required, or posted where that is more; micro-USD.
const TOO_MUCH: u64 = 50_000_000_000;
/// What the agent credits by mistake, and later keeps back, of variation; micro-USD.
const KEPT: u64 = 20_000_000_000;
/// Whole USDC: what a stake takes, and what the house can pay in variation.
const STAKE: u64 = 1_000;
const HOUSE: u64 = 500_000;
/// Instruments and quantities, 1e-8: long the perpetual, short puts far below.
const BOOK: [(&str, i64); 3] =
    [("BTC-PERP", 200_000_000), ("BTC-20251031-80000-P", -500_000_000), ("BTC-20251031-135000-C", -100_000_000)];

/// What became of a dispute.
#[derive(Clone, Debug, serde::Serialize)]
pub struct Ruled {
    pub subject: &'static str,
    /// `upheld` for the desk, or `rejected`.
    pub ruling: &'static str,
    /// Micro-USD: what the agent stated, and what the kernel found.
    pub stated: i64,
    pub found: i64,
    pub stakes: u64,
    pub tx: B256,
    pub gas: u64,
}

/// The account, its own agent, and the book that it shows.
pub struct Disputed {
    net: Net,
    desk: Actor,
    account: u64,
    agent: PrivateKeySigner,
    key: B256,
    /// With its cash: as if it had been bought at the marks of the first slot.
    book: Book,
    /// Hash of what both parties signed when the book came in.
    ported: B256,
}

/// What the agent says of the account at a slot.
struct Says {
    requirement: u64,
    level: i64,
}

impl Disputed {
    /// Opens the account with a book at a slot's marks, with a tenth more posted than the kernel requires.
    pub async fn open(net: Net, set: &MarkSet) -> Result<Self> {
        let desk = net.actors.desk[DESK].clone();
        let agent = PrivateKeySigner::from_bytes(&keccak256("the other agent"))?;
        register(&net, agent.address()).await?;
        let agreement = Agreement { agent: agent.address(), ..net.agreement(&desk, &network().terms).await? };
        let account = net.open_account(&desk, agreement).await?;
        let mut book = Book::new();
        for (name, quantity) in BOOK {
            let instrument = name.parse::<Instrument>()?;
            let price: Price = set.marks.price(&instrument)?;
            book.trade(&instrument, Quantity::from_raw(quantity), price)?;
        }
        let key = keccak256("salts of the disputed account");
        let ported = lifecycle_digest(&porting(book_root(&book, key)));
        let disputed = Self { net, desk, account, agent, key, book, ported };
        disputed.fund(set).await?;
        let says = Says { requirement: disputed.required(set)?, level: disputed.level(set)? };
        disputed.state(set, says, Some(porting(disputed.root()))).await?;
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
        book_root(&self.book, self.key)
    }

    fn required(&self, set: &MarkSet) -> Result<u64> {
        Ok(u64::try_from(requirement(&self.book, &set.marks, &Parameters::default())?.initial)?)
    }

    fn level(&self, set: &MarkSet) -> Result<i64> {
        Ok(variation_level(&self.book, &set.marks)?.raw())
    }

    /// The agent credits too much and puts it right in the same slot. The desk says that the correction took what was its own.
    pub async fn dispute_a_correction(&mut self, set: &MarkSet) -> Result<Ruled> {
        let (requirement, level) = (self.required(set)?, self.level(set)?);
        self.state(set, Says { requirement, level: level + KEPT.cast_signed() }, None).await?;
        self.state(set, Says { requirement, level }, None).await?;
        self.dispute(set, subject::VARIATION, KEPT, level).await
    }

    /// The agent states less variation than the book is worth, and the desk says by how much.
    pub async fn recover(&mut self, set: &MarkSet) -> Result<Ruled> {
        let stated = self.level(set)? - KEPT.cast_signed();
        self.state(set, Says { requirement: self.required(set)?, level: stated }, None).await?;
        self.dispute(set, subject::VARIATION, KEPT, stated).await
    }

    /// The agent states more than the kernel requires and the account holds, and the desk says by how much.
    pub async fn win(&mut self, set: &MarkSet) -> Result<Ruled> {
        let (escrow, token) = (self.net.deployment.escrow()?, self.net.deployment.token(USDC)?.address);
        let held = self.net.view(escrow, balanceCall { account: self.account, token }).await?.lots;
        let (required, level) = (self.required(set)?, self.level(set)?);
        let stated = required.max(held) + TOO_MUCH;
        self.state(set, Says { requirement: stated, level }, None).await?;
        let claimed = self.net.view(escrow, claimCall { account: self.account }).await?.first.amount;
        self.dispute(set, subject::REQUIREMENT, claimed.min(stated - required), i64::try_from(stated)?).await
    }

    async fn dispute(&self, set: &MarkSet, subject: u8, amount: u64, stated: i64) -> Result<Ruled> {
        self.stake().await?;
        let (net, escrow) = (&self.net, self.net.deployment.escrow()?);
        let objected = B256::from(I256::try_from(stated)?.into_raw());
        net.send(&self.desk, escrow, disputeCall { account: self.account, subject, amount, stated: objected }).await?;
        self.reveal(set, subject, stated).await
    }

    /// More than the stake: the relayer may top another account up from the same inventory meanwhile.
    async fn stake(&self) -> Result<()> {
        let net = &self.net;
        net.mint(USDC, self.desk.address(), 10 * STAKE).await?;
        net.approve(&self.desk, USDC, 10 * STAKE).await?;
        net.deposit(&self.desk, USDC, 10 * STAKE).await
    }

    /// What came before the book and what brought it, then the book itself with its salts and marks.
    fn evidence(&self, set: &MarkSet) -> Result<Vec<u8>> {
        let shown: Examination = reveal(&self.book, &set.listed, &set.marks, &Parameters::default(), self.key)?;
        let shown = shown.encode().context("the book does not fit the examination's fields")?;
        Ok([B256::ZERO.as_slice(), self.ported.as_slice(), &shown].concat())
    }

    async fn reveal(&self, set: &MarkSet, subject: u8, stated: i64) -> Result<Ruled> {
        let (net, escrow) = (&self.net, self.net.deployment.escrow()?);
        let call = [&revealPortfolioCall::SELECTOR[..], &self.account.abi_encode(), &self.evidence(set)?].concat();
        let receipt = chain::send(&net.provider, "revealPortfolio", self.desk.address(), escrow, call).await?;
        let ruled = receipt.logs().iter().find_map(|log| DisputeRuled::decode_log(&log.inner).ok());
        let ruled = ruled.context("revealPortfolio left no DisputeRuled event")?;
        let ruling = if ruled.ruling == ruling::UPHELD { "upheld" } else { "rejected" };
        let (tx, gas) = (receipt.transaction_hash, receipt.gas_used);
        let found = i64::try_from(I256::from_be_bytes(ruled.found.0))?;
        let subject = if subject == subject::VARIATION { "variation" } else { "requirement" };
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

    /// The agent's statement at a slot; with an event, the book, to which both parties agree.
    async fn state(&self, set: &MarkSet, says: Says, event: Option<Lifecycle>) -> Result<()> {
        let (net, escrow) = (&self.net, self.net.deployment.escrow()?);
        let before = net.view(escrow, accountCall { account: self.account }).await?;
        let house = net.view(escrow, houseCall { house: before.house }).await?;
        let as_of = net.time().await?;
        let statement = MarginStatement {
            account: self.account,
            sequence: before.sequence + 1,
            previousHistory: before.history,
            newRoot: event.as_ref().map_or(B256::ZERO, |_| self.root()),
            fillsDigest: event.as_ref().map_or(B256::ZERO, lifecycle_digest),
            requirement: says.requirement,
            cumulativeVariation: says.level,
            fillVariation: 0,
        };
        let signed = StatementSet {
            house: before.house,
            statements: vec![statement],
            houseCumulativeVariation: house.cumulativeVariation - (says.level - before.cumulativeVariation),
            topUps: B256::ZERO,
            slot: set.slot,
            parametersHash: house.parametersHash,
            asOf: as_of,
            validUntil: as_of + 60,
        };
        let packed = self.pack(signed)?;
        let (what, call) = match event {
            None => ("mark by the other agent", [&markCall::SELECTOR[..], &packed.encode().context("set")?].concat()),
            Some(event) => {
                let consents = vec![self.agreed(&event, before.history, as_of + 60)?];
                let (venue, batches, moves) = (Address::ZERO, vec![], vec![]);
                let bundle = Bundle { set: packed, venue, batches, lifecycle: Some(event), consents, moves };
                let call = [&settleCall::SELECTOR[..], &bundle.encode().context("bundle")?].concat();
                ("porting by the other agent", call)
            }
        };
        chain::send(&net.provider, what, net.actors.operator.address(), escrow, call).await?;
        Ok(())
    }

    /// The desk's word and the secured party's that this book comes into the account.
    fn agreed(&self, event: &Lifecycle, history: B256, valid_until: u64) -> Result<Consent> {
        let change = PositionChange {
            account: self.account,
            cause: event.cause,
            reference: event.reference,
            previousHistory: history,
            newRoot: self.root(),
            validUntil: valid_until,
        };
        let digest = self.net.escrow_domain()?.position_change(&change);
        let (pledgor, secured_party) = (self.desk.sign(digest), self.net.actors.secured_party.sign(digest));
        Ok(Consent { valid_until, pledgor: pledgor.to_vec(), secured_party: secured_party.to_vec() })
    }

    fn pack(&self, set: StatementSet) -> Result<Set> {
        let signature = sign::sign(&self.agent, self.net.escrow_domain()?.set(&set));
        Set::of(&set, signature.into(), None).context("an account beyond 32 bits")
    }
}

/// The book comes from elsewhere.
fn porting(root: B256) -> Lifecycle {
    Lifecycle { cause: lifecycle::PORTING, reference: root }
}

/// The registry's owner admits a calculation agent, of an institution of its own.
async fn register(net: &Net, participant: Address) -> Result<()> {
    let lei = FixedBytes::from_slice(participant.as_slice());
    let call = setParticipantCall { participant, lei, roles: role::CALCULATION_AGENT };
    net.send(&net.actors.operator, net.deployment.registry()?, call).await?;
    Ok(())
}
