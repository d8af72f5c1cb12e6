//! One account within a bundle: as it is, and as it will be.
use super::cover::top_up;
use crate::config::{Keys, RiskConfig};
use crate::expiry::{Settlements, has_expired, split};
use crate::fill::Fill;
use crate::ledger::{Account, Balance, House, Ledger, Prices, posted};
use crate::risk::{Books, MarksError, Reason, Waiting};
use alloy::primitives::Address;
use risk::{
    Book, Instrument, Marks, Position, Price, Quantity, fill_variation, mark_variation, positions_root, requirement,
};
use std::sync::Arc;

/// What all drafts of a set share.
#[derive(Clone, Copy)]
pub struct Scene<'a> {
    pub ledger: &'a Ledger,
    pub books: &'a Books,
    pub house: &'a House,
    pub prices: &'a Arc<Prices>,
    pub settlements: &'a Settlements,
    pub risk: &'a RiskConfig,
    pub keys: &'a Keys,
    /// Seconds: the chain's time.
    pub as_of: u64,
}

impl Scene<'_> {
    fn marks(&self, prices: &Prices, book: &Book, and: Option<Instrument>) -> Result<Marks, MarksError> {
        let held = book.positions().map(|position| position.instrument);
        prices.marks(&self.risk.markets, self.ledger.settlement_feed(self.house), held.chain(and))
    }
}

/// Variation, requirement and collateral of one account after the set.
#[derive(Clone, Debug)]
pub struct Draft {
    pub before: Account,
    /// What the escrow is expected to hold afterwards.
    pub after: Account,
    /// Positions that have not expired at the scene's slot: what the requirement is of.
    pub book: Book,
    /// The others, worth what they settle at.
    pub expired: Vec<Position>,
    /// The expired ones leave with this statement.
    leaving: bool,
    /// Micro-USD; positive is received.
    pub marked: i64,
    pub filled: i64,
    /// What moves between account and house now.
    pub paid: i64,
    /// Top-ups: asset and lots.
    pub moves: Vec<(u8, u64)>,
    pub posted: u64,
}

impl Draft {
    /// The account re-marked to the scene's prices.
    pub fn open(scene: &Scene<'_>, id: u64) -> Result<Self, Waiting> {
        let account = scene.ledger.accounts.get(&id).ok_or_else(|| Waiting::refused(id, "the account is unknown"))?;
        let held = scene.books.get(id);
        if !held.known {
            return Err(Waiting::new(Reason::PositionsUnknown, id, "the journal does not reproduce the root on chain"));
        }
        if account.slot > scene.prices.slot || account.as_of > scene.as_of {
            return Err(Waiting::new(Reason::PricesStale, id, "the account was stated at a later slot"));
        }
        let (book, expired) = split(held.book, scene.prices.slot);
        let marked = marked(scene, &book, &held.prices).map_err(|error| unmarked(id, error))?;
        let settled = settled(scene, id, &expired, &held.prices)?;
        let marked = marked.checked_add(settled).ok_or_else(|| overflow(id))?;
        let (before, after, leaving, moves) = (account.clone(), account.clone(), false, Vec::new());
        Ok(Self { before, after, book, expired, leaving, marked, filled: 0, paid: 0, moves, posted: 0 })
    }

    pub const fn id(&self) -> u64 {
        self.before.id
    }

    /// Whether `venue` may bind the account to `fill` now.
    pub fn admit(&self, fill: &Fill, now: u64) -> Result<(), Waiting> {
        let (id, venue) = (self.id(), fill.id.venue);
        if let Some(position) = self.expired.first() {
            let detail = format!("{} has expired and leaves the book first", position.instrument);
            return Err(Waiting::new(Reason::PositionsExpired, id, detail));
        }
        if self.before.in_default {
            return Err(Waiting::new(Reason::AccountInDefault, id, "a claim on the account failed"));
        }
        if self.before.closed {
            return Err(Waiting::new(Reason::AccountClosed, id, "the account has left for a successor"));
        }
        let mandate = self.before.mandates.get(&venue).filter(|mandate| mandate.validUntil > 0);
        let mandate = mandate.ok_or_else(|| Waiting::new(Reason::NoMandate, id, format!("no mandate for {venue}")))?;
        if fill.matched_at > mandate.validUntil.saturating_mul(1_000) {
            let detail = format!("the mandate for {venue} ended at {}", mandate.validUntil);
            return Err(Waiting::new(Reason::MandateExpired, id, detail));
        }
        if self.before.claim.overdue(now) {
            return Err(Waiting::new(Reason::ClaimOverdue, id, "a claim is past its deadline"));
        }
        Ok(())
    }

    /// Takes one side of a fill.
    pub fn take(&mut self, scene: &Scene<'_>, fill: &Fill, change: Quantity) -> Result<(), Waiting> {
        let id = self.id();
        let marks = scene.marks(scene.prices, &self.book, Some(fill.instrument)).map_err(|e| unmarked(id, e))?;
        let mark = marks.price(&fill.instrument).map_err(|error| Waiting::refused(id, error))?;
        let variation = fill_variation(fill.quantity, fill.price, mark);
        let variation = variation.map_err(|error| Waiting::refused(id, error))?;
        let own = if change == fill.quantity { variation.buyer } else { variation.seller };
        self.filled = self.filled.checked_add(own.raw()).ok_or_else(|| overflow(id))?;
        self.book.apply(&fill.instrument, change).map_err(|error| Waiting::refused(id, error))?;
        Ok(())
    }

    /// States the account as `mark` applies it: what it cannot pay is owed.
    pub fn close_mark(&mut self, scene: &Scene<'_>) -> Result<(), Waiting> {
        self.state(scene)?;
        let unpaid = self.pay(scene, self.variation()?);
        self.after.owed = self.after.owed.saturating_add(unpaid);
        self.posted = posted::posted(&self.after, &scene.ledger.assets, self.after.required());
        Ok(())
    }

    /// States the account as `settle` applies it, topped up from `inventory` where that lets it pass.
    pub fn close_settle(
        &mut self,
        scene: &Scene<'_>,
        venue: Address,
        inventory: impl Fn(u8) -> u64,
    ) -> Result<(), Waiting> {
        self.state(scene)?;
        self.check_caps(scene, venue)?;
        self.check_valuations(scene)?;
        self.pay_all(scene)?;
        self.moves = top_up(&mut self.after, scene, venue, inventory);
        if !self.moves.is_empty() {
            self.collect(scene);
        }
        self.posted = posted::posted(&self.after, &scene.ledger.assets, self.after.required());
        self.check_margin(scene)
    }

    /// States the account without its expired positions, as `settle` applies it; no top-up, since no venue asks for it.
    pub fn close_expiry(&mut self, scene: &Scene<'_>) -> Result<(), Waiting> {
        self.leaving = true;
        self.state(scene)?;
        self.check_valuations(scene)?;
        self.pay_all(scene)?;
        self.posted = posted::posted(&self.after, &scene.ledger.assets, self.after.required());
        self.check_margin(scene)
    }

    /// Pays the whole variation, or none.
    fn pay_all(&mut self, scene: &Scene<'_>) -> Result<(), Waiting> {
        let variation = self.variation()?;
        let unpaid = self.pay(scene, variation);
        if unpaid == 0 {
            return Ok(());
        }
        let debit = variation.unsigned_abs();
        let detail = format!("variation of {debit} micro-USD falls due, the settlement token is short of {unpaid}");
        Err(Waiting::short(Reason::VariationUncovered, self.id(), unpaid, detail))
    }

    /// What the set pays in all.
    pub fn variation(&self) -> Result<i64, Waiting> {
        self.marked.checked_add(self.filled).ok_or_else(|| overflow(self.id()))
    }

    /// Starts `after` again from `before`: statement figures, no collateral yet.
    fn state(&mut self, scene: &Scene<'_>) -> Result<(), Waiting> {
        let id = self.id();
        let marks = scene.marks(scene.prices, &self.book, None).map_err(|error| unmarked(id, error))?;
        let needed = requirement(&self.book, &marks, &scene.risk.parameters);
        let needed = needed.map_err(|error| Waiting::refused(id, error))?.initial;
        let variation = self.variation()?;
        self.after = self.before.clone();
        self.after.sequence = self.before.sequence.saturating_add(1);
        if self.expired.is_empty() || self.leaving {
            self.after.root = positions_root(&self.book, scene.keys.of_account(id));
        }
        self.after.requirement = u64::try_from(needed).map_err(|error| Waiting::refused(id, error))?;
        let sum = self.before.cumulative_variation.checked_add(variation);
        self.after.cumulative_variation = sum.ok_or_else(|| overflow(id))?;
        let sum = self.before.cumulative_fill_variation.checked_add(self.filled);
        self.after.cumulative_fill_variation = sum.ok_or_else(|| overflow(id))?;
        (self.after.slot, self.after.as_of) = (scene.prices.slot, scene.as_of);
        Ok(())
    }

    /// Moves `amount` between account and house, set off against what either owes; returns what the account cannot pay.
    fn pay(&mut self, scene: &Scene<'_>, amount: i64) -> u64 {
        let balance = self.after.balances.entry(scene.house.settlement).or_default();
        let opposite = if amount < 0 { &mut self.after.house_owes } else { &mut self.after.owed };
        let set_off = amount.unsigned_abs().min(*opposite);
        *opposite -= set_off;
        let asked = amount.unsigned_abs() - set_off;
        if amount < 0 {
            let paid = asked.min(balance.lots);
            take_lots(balance, paid);
            self.paid = negative(paid);
            return asked - paid;
        }
        balance.lots = balance.lots.saturating_add(asked);
        self.paid = negative(asked).saturating_neg();
        0
    }

    /// With a top-up, what the account owes is paid from what it then holds.
    fn collect(&mut self, scene: &Scene<'_>) {
        let balance = self.after.balances.entry(scene.house.settlement).or_default();
        let amount = self.after.owed.min(balance.lots);
        take_lots(balance, amount);
        self.after.owed -= amount;
    }

    fn check_caps(&mut self, scene: &Scene<'_>, venue: Address) -> Result<(), Waiting> {
        let id = self.id();
        let Some(mandate) = self.after.mandates.get_mut(&venue) else {
            return Err(Waiting::new(Reason::NoMandate, id, format!("no mandate for {venue}")));
        };
        let (needed, cap) = (self.after.requirement, mandate.requirementCap);
        if needed > cap {
            let detail = format!("a requirement of {needed} micro-USD, {cap} allowed to {venue}");
            return Err(Waiting::short(Reason::RequirementCapExceeded, id, needed - cap, detail));
        }
        let fall = self.filled.min(0).unsigned_abs();
        let today = u16::try_from(scene.as_of / 86_400).unwrap_or(u16::MAX);
        let used = if mandate.day == today { mandate.used } else { 0 }.saturating_add(fall);
        if fall > 0 && used > mandate.fillVariationCap {
            let detail = format!("fill variation of {used} micro-USD in a day, {} allowed", mandate.fillVariationCap);
            return Err(Waiting::short(Reason::FillVariationCapExceeded, id, used - mandate.fillVariationCap, detail));
        }
        (mandate.used, mandate.day) = if fall > 0 { (used, today) } else { (mandate.used, mandate.day) };
        Ok(())
    }

    fn check_valuations(&self, scene: &Scene<'_>) -> Result<(), Waiting> {
        if self.after.required() == 0 {
            return Ok(());
        }
        let oldest = scene.ledger.oldest_fresh_slot();
        let held = self.before.balances.iter().filter(|(_, balance)| balance.lots > 0);
        let mut stale =
            held.filter_map(|(index, _)| scene.ledger.assets.get(index)).filter(|a| a.valuation.slot < oldest);
        stale.next().map_or(Ok(()), |asset| {
            let detail = format!(
                "asset {} was valued at slot {}, {oldest} or later is needed",
                asset.index, asset.valuation.slot
            );
            Err(Waiting::new(Reason::PricesStale, self.id(), detail))
        })
    }

    /// `P ≥ C` and nothing owed; or short before, and neither `C` nor the shortfall has risen.
    fn check_margin(&self, scene: &Scene<'_>) -> Result<(), Waiting> {
        let needed = self.after.required();
        let short = needed.saturating_sub(self.posted);
        if short == 0 && self.after.owed == 0 {
            return Ok(());
        }
        let needed_before = self.before.required();
        let posted_before = posted::posted(&self.before, &scene.ledger.assets, needed_before);
        let short_before = needed_before.saturating_sub(posted_before).saturating_add(self.before.owed);
        let short = short.saturating_add(self.after.owed);
        if short_before > 0 && needed <= needed_before && short <= short_before {
            return Ok(());
        }
        let detail = format!("{} micro-USD posted, {needed} required, {} owed", self.posted, self.after.owed);
        Err(Waiting::short(Reason::MarginShort, self.id(), short, detail))
    }
}

fn marked(scene: &Scene<'_>, book: &Book, last: &Prices) -> Result<i64, MarksError> {
    if book.is_flat() {
        return Ok(0);
    }
    let (before, after) = (scene.marks(last, book, None)?, scene.marks(scene.prices, book, None)?);
    Ok(mark_variation(book, &before, &after)?.raw())
}

/// What expired positions receive from their last mark to what they settle at, each rounded down. One that a mark
/// after the expiry has settled already receives nothing more.
fn settled(scene: &Scene<'_>, id: u64, expired: &[Position], last: &Prices) -> Result<i64, Waiting> {
    let mut sum = 0i64;
    for position in expired.iter().filter(|position| !has_expired(&position.instrument, last.slot)) {
        let (instrument, quantity) = (position.instrument, position.quantity);
        let value = scene.settlements.value(&instrument).ok_or_else(|| {
            Waiting::new(
                Reason::PositionsExpired,
                id,
                format!("{instrument} has expired and has no settlement price yet"),
            )
        })?;
        let before = last_price(scene, instrument, last).map_err(|error| unmarked(id, error))?;
        let gained = fill_variation(quantity, before, value).map_err(|error| Waiting::refused(id, error))?.buyer;
        sum = sum.checked_add(gained.raw()).ok_or_else(|| overflow(id))?;
    }
    Ok(sum)
}

fn last_price(scene: &Scene<'_>, instrument: Instrument, last: &Prices) -> Result<Price, MarksError> {
    Ok(scene.marks(last, &Book::new(), Some(instrument))?.price(&instrument)?)
}

/// A feed that is silent may speak again.
fn unmarked(account: u64, error: MarksError) -> Waiting {
    match error {
        MarksError::NoPrice { .. } => Waiting::new(Reason::PricesStale, account, error.to_string()),
        _ => Waiting::refused(account, error),
    }
}

/// Ordinary lots leave first, stressed ones last.
fn take_lots(balance: &mut Balance, lots: u64) {
    balance.lots = balance.lots.saturating_sub(lots);
    balance.stressed = balance.stressed.min(balance.lots);
}

fn negative(amount: u64) -> i64 {
    i64::try_from(amount).map_or(i64::MIN, |amount| -amount)
}

fn overflow(account: u64) -> Waiting {
    Waiting::refused(account, "a figure is out of range")
}
