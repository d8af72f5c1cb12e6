//! Standing orders: in force, within their bounds, and never to anybody's harm. Written anew here, so that it checks the contract.
use super::custody::share;
use super::fault::{at_most, equal, put, take};
use super::{Account, Fault, Holding, Ledger, value};
use abi::escrow::MarginEscrow::{
    OrderCarriedOut, OrderRevoked, Released, ReturnOrdered, SubstituteOrdered, Substituted, TopUpOrdered, ToppedUp,
};
use abi::escrow::order::{self, RETURN_SECONDS};
use abi::escrow::{FRESH_SLOTS, MARK_SLOTS, ReturnOrderState, SubstituteOrderState, TopUpOrderState, WHOLE};
use alloy::primitives::Address;
use std::collections::BTreeMap;

const DAY: u64 = 86_400;
const PPM: u32 = 1_000_000;
/// From 1e-8 USD times ppm to the 1e-9 of a valuation factor.
const FACTOR: u128 = 100_000;

/// What an account's pledgor has others carry out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Orders {
    /// From inventory into the account.
    pub top_up: Option<TopUp>,
    /// By the index of what goes out.
    pub substitutes: BTreeMap<u8, Substitute>,
    /// Back to inventory.
    pub give_back: Option<GiveBack>,
    /// Lots that top-ups brought of an asset, by day since 1970, under whatever order.
    pub brought: BTreeMap<(u8, u64), u64>,
    /// Seconds since 1970: when something went back last.
    pub last_return: u64,
    /// What the events after it carry out: kind and number.
    pub(super) carried_out: Option<(u8, u16)>,
}

/// A standing top-up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TopUp {
    /// Its number among the account's mandates and orders.
    pub order: u16,
    /// Seconds since 1970.
    pub valid_until: u64,
    /// Index and lots within 24 hours, in the pledgor's order.
    pub limits: Vec<(u8, u64)>,
}

/// A standing substitution.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Substitute {
    /// Its number.
    pub order: u16,
    /// Seconds since 1970.
    pub valid_until: u64,
    /// Parts per million; zero: none.
    pub haircut_level: u32,
    /// 1e-8 USD; zero: none.
    pub price_level: u64,
    /// Lots that may still go out.
    pub left: u64,
    /// Indices, in the pledgor's order.
    pub into: Vec<u8>,
}

/// A standing return.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GiveBack {
    /// Its number.
    pub order: u16,
    /// Seconds since 1970.
    pub valid_until: u64,
    /// Parts per million of what is required.
    pub ppm: u32,
    /// Micro-USD over that.
    pub amount: u64,
    /// Micro-USD: less does not go back.
    pub minimum: u64,
    /// Indices, in the pledgor's order.
    pub tokens: Vec<u8>,
}

impl Orders {
    /// What follows is what a standing substitution moves.
    pub(super) fn is_substituting(&self) -> bool {
        matches!(self.carried_out, Some((order::SUBSTITUTE, _)))
    }

    /// Lots that an asset may still bring now: what this day and the last one brought counts.
    pub fn left(&self, asset: u8, limit: u64, now: u64) -> u64 {
        let today = now / DAY;
        let of = |day: u64| self.brought.get(&(asset, day)).copied().unwrap_or_default();
        limit.saturating_sub(of(today)).saturating_sub(of(today.saturating_sub(1)))
    }
}

impl Ledger {
    pub(super) fn order_top_up(&mut self, event: &TopUpOrdered) -> Result<(), Fault> {
        let limits: Result<Vec<_>, Fault> =
            event.tokens.iter().zip(&event.limits).map(|(token, lots)| Ok((self.index(*token)?, *lots))).collect();
        let top_up = TopUp { order: event.order, valid_until: event.validUntil, limits: limits? };
        let named = equal(9, "a limit for each token of the order", event.tokens.len(), event.limits.len());
        self.account(event.account)?.orders.top_up = Some(top_up);
        named.and(self.ordered_by_the_pledgor(event.account, event.nonce))
    }

    pub(super) fn order_substitute(&mut self, event: &SubstituteOrdered) -> Result<(), Fault> {
        let (out, into) = (self.index(event.tokenOut)?, self.indices(&event.tokensIn)?);
        let substitute = Substitute {
            order: event.order,
            valid_until: event.validUntil,
            haircut_level: event.haircutLevel,
            price_level: event.priceLevel,
            left: event.limit,
            into,
        };
        self.account(event.account)?.orders.substitutes.insert(out, substitute);
        self.ordered_by_the_pledgor(event.account, event.nonce)
    }

    pub(super) fn order_return(&mut self, event: &ReturnOrdered) -> Result<(), Fault> {
        let give_back = GiveBack {
            order: event.order,
            valid_until: event.validUntil,
            ppm: event.bufferPpm,
            amount: event.bufferAmount,
            minimum: event.minimum,
            tokens: self.indices(&event.tokens)?,
        };
        self.account(event.account)?.orders.give_back = Some(give_back);
        self.ordered_by_the_pledgor(event.account, event.nonce)
    }

    fn indices(&self, tokens: &[Address]) -> Result<Vec<u8>, Fault> {
        tokens.iter().map(|token| self.index(*token)).collect()
    }

    /// Its nonce was spent just before.
    fn ordered_by_the_pledgor(&mut self, number: u64, nonce: u64) -> Result<(), Fault> {
        let pledgor = self.account(number)?.agreement.pledgor;
        let signed = self.signer == Some(pledgor) && self.nonces.contains(&(pledgor, nonce));
        equal(9, "the pledgor's nonce was spent for its order", true, signed).map_err(|fault| fault.of(number))
    }

    pub(super) fn revoke_order(&mut self, event: &OrderRevoked) -> Result<(), Fault> {
        let orders = &mut self.account(event.account)?.orders;
        let known = match event.kind {
            order::TOP_UP => orders.top_up.take().map(|top_up| top_up.order),
            order::RETURN => orders.give_back.take().map(|give_back| give_back.order),
            _ => {
                let of = orders.substitutes.iter().find(|(_, substitute)| substitute.order == event.order);
                let out = of.map(|(out, _)| *out);
                out.and_then(|out| orders.substitutes.remove(&out)).map(|substitute| substitute.order)
            }
        };
        equal(9, "the order that is revoked", Some(event.order).map_or(0, u32::from), known.map_or(u32::MAX, u32::from))
            .map_err(|fault| fault.of(event.account))
    }

    /// From inventory, under an order in force, within the day's limit, and only where something was missing.
    pub(super) fn top_up(&mut self, event: &ToppedUp) -> Result<(), Fault> {
        let (now, (index, lots)) = (self.now, self.lots(event.token, event.amount)?);
        self.order_from(event.account)?;
        let missing = self.accounts.get(&event.account).map_or(0, |account| self.lacking(account));
        let account = self.account(event.account)?;
        let may = account.may_act();
        let (pledgor, limit) = (account.agreement.pledgor, account.orders.limit(index, event.order, now));
        let left = account.orders.left(index, limit.unwrap_or_default(), now);
        put(account.orders.brought.entry((index, now / DAY)).or_default(), lots, "what a top-up brought")?;
        let checks = [
            may,
            equal(9, "the order that topped up is in force and names the token", true, limit.is_some()),
            at_most(9, "lots that the order may bring", left, lots),
            equal(10, "a top-up where nothing is missing", false, missing == 0),
            take(
                self.inventory.entry((pledgor, index)).or_default(),
                lots,
                &format!("inventory of {pledgor} in asset {index}"),
            ),
            self.take_in(event.account, index, lots, event.stressedLots),
        ];
        checks.into_iter().collect::<Result<(), Fault>>().map_err(|fault| fault.of(event.account))
    }

    /// Of margin, by what has a price, and of what is owed.
    fn lacking(&self, account: &Account) -> u64 {
        let required = account.required();
        let fresh = self.prices(MARK_SLOTS).posting(&account.holdings, required).fresh;
        required.saturating_sub(fresh).saturating_add(account.owed)
    }

    pub(super) fn carry_out(&mut self, event: &OrderCarriedOut) -> Result<(), Fault> {
        let (now, reached) = (self.now, self.reaches_its_level(event));
        if event.kind == order::SUBSTITUTE {
            self.pledge_from(event.account)?;
        }
        let account = self.account(event.account)?;
        let (may, orders) = (account.may_act(), &mut account.orders);
        orders.carried_out = Some((event.kind, event.order));
        let (valid_until, waited) = match event.kind {
            order::SUBSTITUTE => {
                let of = orders.substitutes.values().find(|substitute| substitute.order == event.order);
                (of.map(|substitute| substitute.valid_until), true)
            }
            _ => {
                let of = orders.give_back.as_ref().filter(|give_back| give_back.order == event.order);
                let waited = orders.last_return == 0 || now >= orders.last_return.saturating_add(RETURN_SECONDS);
                orders.last_return = now;
                (of.map(|give_back| give_back.valid_until), waited)
            }
        };
        let in_force = valid_until.is_some_and(|valid_until| now <= valid_until);
        may.and(equal(9, "the order that is carried out is in force", true, in_force))
            .and(equal(9, "a day between two returns", true, waited))
            .and(reached)
            .map_err(|fault| fault.of(event.account))
    }

    /// A substitution waits for haircut or price: a price is at most the level where its value after the haircut is at most the
    /// level's.
    fn reaches_its_level(&self, event: &OrderCarriedOut) -> Result<(), Fault> {
        let orders = self.accounts.get(&event.account).map(|account| &account.orders);
        let standing = |orders: &'_ Orders| {
            let of = orders.substitutes.iter().find(|(_, standing)| standing.order == event.order);
            of.map(|(out, standing)| (*out, standing.haircut_level, standing.price_level))
        };
        let Some((out, haircut_level, price_level)) = orders.and_then(standing) else { return Ok(()) };
        if event.kind != order::SUBSTITUTE {
            return Ok(());
        }
        let (haircut, target) = self.haircuts.get(&out).copied().unwrap_or_default();
        let factor = self.valuations.get(&out).map_or(0, |valuation| valuation.factor);
        let worth = u128::from(price_level) * u128::from(PPM.saturating_sub(haircut)) / FACTOR;
        let cut = haircut_level != 0 && haircut.max(target) >= haircut_level;
        let fallen = price_level != 0 && u128::from(factor) <= worth;
        equal(9, "haircut or price has reached the order's level", true, cut || fallen)
    }

    /// What a standing substitution moved: as it says, and neither what all is worth fell nor `P`, unless it stays above `C`.
    pub(super) fn substituted_as_ordered(&mut self, event: &Substituted, before: [u64; 2]) -> Result<(), Fault> {
        let (out, lots) = self.lots(event.tokenOut, event.amountOut)?;
        let (into, _) = self.lots(event.tokenIn, event.amountIn)?;
        let after = self.accounts.get(&event.account).map_or([0; 2], |account| self.worth(account));
        let required = self.account(event.account)?.required();
        let orders = &mut self.account(event.account)?.orders;
        let Some((order::SUBSTITUTE, number)) = orders.carried_out else { return Ok(()) };
        let standing = orders.substitutes.get_mut(&out).filter(|standing| standing.order == number);
        let named = standing.as_ref().is_some_and(|standing| standing.into.contains(&into));
        let left = standing.map_or(Ok(()), |standing| take(&mut standing.left, lots, "what an order may substitute"));
        let kept = after[1] >= before[1] && after[0] >= before[0].min(required);
        let kept = equal(9, "neither P below C nor what all is worth falls", true, kept);
        left.and(kept).and(equal(9, "the order names what is substituted", true, named))
    }

    /// `P`, and `Σ V` of what is not recalled.
    pub(super) fn worth(&self, account: &Account) -> [u64; 2] {
        let counts = |holding: &Holding| holding.recall_at == 0 || holding.recall_at > self.now;
        let value = |(index, holding): (&u8, &Holding)| {
            let ratio = self.ratios.get(index).copied().unwrap_or(WHOLE);
            self.valuations.get(index).map_or(0, |valuation| share(value(holding, valuation), ratio))
        };
        let all: u128 = account.holdings.iter().filter(|(_, holding)| counts(holding)).map(value).sum();
        let posted = self.prices(0).posting(&account.holdings, account.required()).posted;
        [posted, u64::try_from(all).unwrap_or(u64::MAX)]
    }

    /// What a standing return moved: to inventory, and what it names stays.
    pub(super) fn returned_as_ordered(&mut self, event: &Released) -> Result<(), Fault> {
        let index = self.index(event.token)?;
        let Some(account) = self.accounts.get(&event.account) else { return Ok(()) };
        let Some((order::RETURN, _)) = account.orders.carried_out else { return Ok(()) };
        let Some(standing) = &account.orders.give_back else { return Ok(()) };
        let required = u128::from(account.required());
        let base = required + (required * u128::from(standing.ppm)).div_ceil(1_000_000) + u128::from(standing.amount);
        let base = u64::try_from(base).unwrap_or(u64::MAX);
        let stays = self.prices(FRESH_SLOTS).posting(&account.holdings, base).fresh;
        equal(9, "what goes back goes to inventory", Address::ZERO, event.to)
            .and(equal(9, "the order names what goes back", true, standing.tokens.contains(&index)))
            .and(equal(9, "the buffer of the order stays", true, stays >= base))
    }
}

/// As the escrow's views say them.
impl Ledger {
    /// The standing top-up in force now.
    pub fn top_up_order(&self, account: &Account) -> TopUpOrderState {
        let in_force = account.orders.top_up.as_ref().filter(|order| self.now <= order.valid_until);
        let limits = in_force.map_or(&[][..], |order| &order.limits);
        TopUpOrderState {
            order: in_force.map_or(0, |order| order.order),
            validUntil: in_force.map_or(0, |order| order.valid_until),
            tokens: limits.iter().map(|(index, _)| self.token(*index)).collect(),
            limits: limits.iter().map(|(_, lots)| *lots).collect(),
            left: limits.iter().map(|(index, lots)| account.orders.left(*index, *lots, self.now)).collect(),
        }
    }

    /// The standing substitution in force now out of an asset.
    pub fn substitute_order(&self, account: &Account, out: u8) -> SubstituteOrderState {
        let in_force = account.orders.substitutes.get(&out).filter(|order| self.now <= order.valid_until);
        SubstituteOrderState {
            order: in_force.map_or(0, |order| order.order),
            validUntil: in_force.map_or(0, |order| order.valid_until),
            haircutLevel: in_force.map_or(0, |order| order.haircut_level),
            priceLevel: in_force.map_or(0, |order| order.price_level),
            left: in_force.map_or(0, |order| order.left),
            tokensIn: in_force.map_or(&[][..], |order| &order.into).iter().map(|index| self.token(*index)).collect(),
        }
    }

    /// The standing return in force now.
    pub fn return_order(&self, account: &Account) -> ReturnOrderState {
        let in_force = account.orders.give_back.as_ref().filter(|order| self.now <= order.valid_until);
        ReturnOrderState {
            order: in_force.map_or(0, |order| order.order),
            validUntil: in_force.map_or(0, |order| order.valid_until),
            bufferPpm: in_force.map_or(0, |order| order.ppm),
            bufferAmount: in_force.map_or(0, |order| order.amount),
            minimum: in_force.map_or(0, |order| order.minimum),
            last: in_force.map_or(0, |_| account.orders.last_return),
            tokens: in_force.map_or(&[][..], |order| &order.tokens).iter().map(|index| self.token(*index)).collect(),
        }
    }

    fn token(&self, index: u8) -> Address {
        self.assets.get(&index).map_or(Address::ZERO, |asset| asset.token)
    }
}

impl Orders {
    /// What an order in force names of an asset.
    fn limit(&self, asset: u8, number: u16, now: u64) -> Option<u64> {
        let order = self.top_up.as_ref().filter(|order| order.order == number && now <= order.valid_until)?;
        order.limits.iter().find(|(index, _)| *index == asset).map(|(_, lots)| *lots)
    }
}

impl Account {
    /// No order acts for an account in default, or one that has left.
    fn may_act(&self) -> Result<(), Fault> {
        equal(6, "an order acts for an account that has left or failed", false, self.closed || self.in_default)
    }
}
