//! One account within a bundle: as it is, and as it will be.
use super::Scene;
use super::cover::top_up;
use super::pay::Payment;
use super::standing::bring_in;
use crate::state::fill::Fill;
use crate::state::ledger::{Account, Claim};
use crate::state::settlements::expired;
use crate::state::{Reason, Waiting};
use alloy::primitives::{Address, B256};
use csa::{Posting, Side, Verdict, verdict};
use marks::MarksError;
use risk::{Book, Position, Quantity, book_root, fill_variation, requirement, variation_level};

/// Variation, requirement and collateral of one account after the set.
#[derive(Clone, Debug)]
pub struct Draft {
    pub before: Account,
    /// What the escrow is expected to hold afterwards.
    pub after: Account,
    pub book: Book,
    /// Root of the book; zero where positions do not move.
    pub new_root: B256,
    /// Positions that leave with this statement.
    pub expired: Vec<Position>,
    /// What its fills gain against the marks, micro-USD.
    pub filled: i64,
    /// What moves between account and house now; positive is received.
    pub paid: i64,
    /// Top-ups of a bundle, or of a standing order: asset and lots.
    pub moves: Vec<(u8, u64)>,
    pub posted: u64,
}

impl Draft {
    /// The account as its book is.
    pub fn open(scene: &Scene<'_>, id: u64) -> Result<Self, Waiting> {
        let draft = Self::take_over(scene, id)?;
        let first = expired(&draft.book, scene.prices.slot).next();
        first.map_or(Ok(draft), |Position { instrument, .. }| {
            let detail = format!("{instrument} has expired and leaves the book first");
            Err(Waiting::new(Reason::PositionsExpired, id, detail))
        })
    }

    /// The account stated without its expired positions.
    pub fn expire(scene: &Scene<'_>, id: u64) -> Result<Self, Waiting> {
        let mut draft = Self::take_over(scene, id)?;
        let gone = scene.settlements.settle(&mut draft.book, scene.prices.slot);
        draft.expired = gone.map_err(|error| Waiting::new(Reason::PositionsExpired, id, error.to_string()))?;
        draft.new_root = book_root(&draft.book, scene.keys.of_account(id));
        draft.state(scene)?;
        Ok(draft)
    }

    /// The account marked to the scene's prices.
    pub fn mark(scene: &Scene<'_>, id: u64) -> Result<Self, Waiting> {
        let mut draft = Self::open(scene, id)?;
        draft.state(scene)?;
        if draft.was_whole(scene) {
            draft.after.claim = Claim { number: draft.before.claim.number, ..Claim::default() };
        }
        Ok(draft)
    }

    /// Whether a claim is open on an account that lacked nothing before it is stated: the escrow ends it first.
    fn was_whole(&self, scene: &Scene<'_>) -> bool {
        let Account { claim, owed, terms, .. } = &self.before;
        let required = self.before.required();
        let posting = self.before.posting(&scene.ledger.assets, required, scene.ledger.marked());
        claim.open && *owed == 0 && csa::delivery_due(required, posting.fresh, terms.minimum_transfer_amount) == 0
    }

    fn take_over(scene: &Scene<'_>, id: u64) -> Result<Self, Waiting> {
        let account = scene.account(id).ok_or_else(|| Waiting::refused(id, "the account is unknown"))?;
        let Some(book) = scene.book(id) else {
            return Err(Waiting::new(Reason::PositionsUnknown, id, "the journal does not reproduce the book on chain"));
        };
        if account.slot > scene.prices.slot || account.as_of > scene.as_of {
            return Err(Waiting::new(Reason::PricesStale, id, "the account was stated at a later slot"));
        }
        let (before, after) = (account.clone(), account.clone());
        let (new_root, expired, moves) = (B256::ZERO, Vec::new(), Vec::new());
        Ok(Self { before, after, book, new_root, expired, filled: 0, paid: 0, moves, posted: 0 })
    }

    pub const fn id(&self) -> u64 {
        self.before.id
    }

    /// What variation the statement brings.
    pub const fn change(&self) -> i64 {
        self.after.cumulative_variation.saturating_sub(self.before.cumulative_variation)
    }

    /// Whether `venue` may bind the account to `fill` now.
    pub fn admit(&self, fill: &Fill) -> Result<(), Waiting> {
        let (id, venue) = (self.id(), fill.id.venue);
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
        Ok(())
    }

    /// Takes one side of a fill.
    pub fn take(&mut self, scene: &Scene<'_>, fill: &Fill, change: Quantity) -> Result<(), Waiting> {
        let id = self.id();
        let refused = |error: risk::RiskError| Waiting::refused(id, error);
        // The whole book is marked once, when it is stated.
        let marks = scene.marks(&Book::default(), Some(fill.instrument)).map_err(|error| unmarked(id, error))?;
        let mark = marks.price(&fill.instrument).map_err(refused)?;
        let variation = fill_variation(fill.quantity, fill.price, mark).map_err(refused)?;
        let own = if change == fill.quantity { variation.buyer } else { variation.seller };
        self.filled = self.filled.checked_add(own.raw()).ok_or_else(|| overflow(id))?;
        self.book.trade(&fill.instrument, change, fill.price).map_err(refused)?;
        Ok(())
    }

    /// States the account with its fills, within what its pledgor allowed `venue`.
    pub fn fill(&mut self, scene: &Scene<'_>, venue: Address) -> Result<(), Waiting> {
        self.new_root = book_root(&self.book, scene.keys.of_account(self.id()));
        self.state(scene)?;
        self.check_caps(scene, venue)
    }

    /// Starts `after` again from `before`, with the statement's figures.
    fn state(&mut self, scene: &Scene<'_>) -> Result<(), Waiting> {
        let id = self.id();
        let marks = scene.marks(&self.book, None).map_err(|error| unmarked(id, error))?;
        let refused = |error: risk::RiskError| Waiting::refused(id, error);
        let needed = requirement(&self.book, &marks, &scene.risk.parameters).map_err(refused)?.initial;
        let level = variation_level(&self.book, &marks).map_err(refused)?;
        level.raw().checked_sub(self.before.cumulative_variation).ok_or_else(|| overflow(id))?;
        self.after = self.before.clone();
        self.after.sequence = self.before.sequence.saturating_add(1);
        self.after.requirement = u64::try_from(needed).map_err(|error| Waiting::refused(id, error))?;
        self.after.cumulative_variation = level.raw();
        (self.after.slot, self.after.as_of) = (scene.prices.slot, scene.as_of);
        Ok(())
    }

    /// As a mark, or an expiry, applies it: what is then missing its pledgor's standing order brings from `inventory`.
    pub fn close_mark(&mut self, scene: &Scene<'_>, payment: &Payment, inventory: impl Fn(u8) -> u64) {
        // It may have been closed before, alone; what an order brought then is not there.
        self.after.balances.clone_from(&self.before.balances);
        self.after.standing.clone_from(&self.before.standing);
        self.pay(scene, payment);
        self.posted = self.marked_posting(scene).posted;
        self.moves = bring_in(&mut self.after, scene, inventory);
    }

    /// What counts for the account after a mark.
    pub fn marked_posting(&self, scene: &Scene<'_>) -> Posting {
        self.after.posting(&scene.ledger.assets, self.after.required(), scene.ledger.marked())
    }

    /// As `settle` applies it, topped up from `inventory` where that lets it pass.
    pub fn close_settle(
        &mut self,
        scene: &Scene<'_>,
        venue: Address,
        payment: &Payment,
        inventory: impl Fn(u8) -> u64,
    ) -> Result<(), Waiting> {
        self.pay(scene, payment);
        self.moves = top_up(&mut self.after, scene, venue, inventory);
        if !self.moves.is_empty() {
            self.collect(scene);
        }
        let posting = |valued| self.after.posting(&scene.ledger.assets, self.after.required(), valued);
        let lasting = posting(scene.ledger.lasting());
        self.posted = posting(scene.ledger.fresh()).posted;
        self.check_margin(scene, &lasting)
    }

    fn pay(&mut self, scene: &Scene<'_>, payment: &Payment) {
        self.after.set_dues(scene.house, &payment.dues);
        self.paid = payment.paid;
    }

    /// With a top-up, what the account owes is paid from what it then holds.
    fn collect(&mut self, scene: &Scene<'_>) {
        let (mut dues, mut house) = (self.after.dues(scene.house), scene.house.lots);
        if dues.collect(&mut house, 0).is_some() {
            self.after.set_dues(scene.house, &dues);
        }
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
        let today = u16::try_from(csa::value::day(scene.as_of)).unwrap_or(u16::MAX);
        let used = if mandate.day == today { mandate.used } else { 0 }.saturating_add(fall);
        if fall > 0 && used > mandate.fillVariationCap {
            let detail = format!("fill variation of {used} micro-USD in a day, {} allowed", mandate.fillVariationCap);
            return Err(Waiting::short(Reason::FillVariationCapExceeded, id, used - mandate.fillVariationCap, detail));
        }
        (mandate.used, mandate.day) = if fall > 0 { (used, today) } else { (mandate.used, mandate.day) };
        Ok(())
    }

    /// What is fresh covers `C` and nothing is owed; or the account was short before, and neither has risen.
    fn check_margin(&self, scene: &Scene<'_>, posting: &Posting) -> Result<(), Waiting> {
        let (id, needed) = (self.id(), self.after.required());
        let after = side(needed, posting, self.after.owed);
        let late = self.before.claim.overdue(scene.as_of);
        match verdict(self.side_before(scene), after, late) {
            Verdict::Covered | Verdict::NotWorse => Ok(()),
            Verdict::Overdue => {
                let detail = "a claim is past its deadline, and the fills do not lower what is missing";
                Err(Waiting::short(Reason::ClaimOverdue, id, after.missing(), detail))
            }
            Verdict::Short if posting.posted >= needed && self.after.owed == 0 => {
                let oldest = scene.ledger.oldest_fresh_slot();
                let detail =
                    format!("collateral was valued before slot {oldest}, and what is fresh does not cover {needed}");
                Err(Waiting::new(Reason::PricesStale, id, detail))
            }
            Verdict::Short => {
                let detail = format!("{} micro-USD posted, {needed} required, {} owed", posting.fresh, after.owed);
                Err(Waiting::short(Reason::MarginShort, id, after.missing(), detail))
            }
        }
    }

    /// Nobody asks for valuations where nothing is required any more.
    fn side_before(&self, scene: &Scene<'_>) -> Side {
        let required = self.before.required();
        let valued = self.after.required() != 0;
        let lasting = self.before.posting(&scene.ledger.assets, required, scene.ledger.lasting());
        side(required, &if valued { lasting } else { Posting::default() }, self.before.owed)
    }
}

fn side(required: u64, posting: &Posting, owed: u64) -> Side {
    Side { required, posted: posting.posted, fresh: posting.fresh, owed }
}

/// A feed that is silent may speak again.
fn unmarked(account: u64, error: MarksError) -> Waiting {
    match error {
        MarksError::NoPrice { .. } => Waiting::new(Reason::PricesStale, account, error.to_string()),
        _ => Waiting::refused(account, error),
    }
}

fn overflow(account: u64) -> Waiting {
    Waiting::refused(account, "a figure is out of range")
}
