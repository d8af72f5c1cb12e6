//! One event, one change.
use super::fault::equal;
use super::set::{Bundle, Set};
use super::{Account, Asset, Bounds, Fault, House, Ledger};
use crate::token::Erc20::{Erc20Events, Transfer};
use crate::{Event, Recorded};
use abi::escrow::MarginEscrow::{self, MarginEscrowEvents as Escrow};
use abi::oracle::PriceOracle::PriceOracleEvents as Oracle;
use abi::packed::{Lifecycle, lifecycle_digest};
use abi::registry::EligibilityRegistry::{AssetListed, EligibilityRegistryEvents as Registry, LimitMoved, Valued};
use abi::registry::{Valuation, class};
use alloy::primitives::{Address, B256};

/// A cent in 1e-8 USD.
const CENT: u128 = 1_000_000;
/// From a price in 1e-8 USD to the 1e-9 of a factor.
const PRICE: u128 = 10;

impl Ledger {
    /// Follows one event.
    ///
    /// # Errors
    /// [`Fault`] where the event contradicts those before it.
    pub fn apply(&mut self, recorded: &Recorded) -> Result<(), Fault> {
        self.now = recorded.timestamp.max(self.now);
        if self.tx != recorded.tx {
            (self.tx, self.set, self.signer) = (recorded.tx, Set::default(), None);
            self.accounts.values_mut().for_each(|account| account.orders.carried_out = None);
        }
        match &recorded.event {
            Event::Token(Erc20Events::Transfer(event)) => self.transfer(recorded.address, event),
            Event::Registry(Registry::AssetListed(event)) => self.list(event),
            Event::Registry(Registry::RuleSet(event)) => self.cap_price(event.index, event.priceCap),
            Event::Registry(Registry::Valued(event)) => self.value(event),
            Event::Registry(Registry::HaircutMoved(event)) => self.cut(event.index, event.current, event.target),
            Event::Registry(Registry::LimitMoved(event)) => self.limit_value(event),
            Event::Registry(Registry::OutageRecorded(event)) => self.record_outage(event),
            Event::Registry(Registry::UptimeFeedSet(event)) => self.watch(event.current),
            Event::Oracle(Oracle::ReportersSet(event)) => self.govern_prices(event),
            Event::Oracle(Oracle::SlotTaken(event)) => self.take_slot(event),
            Event::Escrow(event) if recorded.address == self.escrow => self.escrow(event, recorded.tx),
            _ => Ok(()),
        }
    }

    fn escrow(&mut self, event: &Escrow, tx: B256) -> Result<(), Fault> {
        match event {
            Escrow::HouseOpened(event) => self.open_house(event),
            Escrow::AccountOpened(event) => self.open_account(event),
            Escrow::MandateRegistered(event) => self.register(event),
            Escrow::MandateRevoked(event) => self.revoke(event),
            Escrow::TopUpLimitSet(event) => self.limit(event),
            Escrow::TopUpOrdered(event) => self.order_top_up(event),
            Escrow::SubstituteOrdered(event) => self.order_substitute(event),
            Escrow::ReturnOrdered(event) => self.order_return(event),
            Escrow::OrderRevoked(event) => self.revoke_order(event),
            Escrow::ToppedUp(event) => self.top_up(event),
            Escrow::OrderCarriedOut(event) => self.carry_out(event),
            Escrow::NonceUsed(event) => self.use_nonce(event),
            Escrow::Deposited(event) => self.deposit(event.holder, event.token, event.amount),
            Escrow::Withdrawn(event) => self.withdraw(event),
            Escrow::HouseFunded(event) => self.fund(event.house, event.amount),
            Escrow::HouseWithdrawn(event) => self.withdraw_house(event),
            Escrow::Pledged(event) => self.pledge(event),
            Escrow::Released(event) => self.release(event),
            Escrow::ReturnedToInventory(event) => self.return_to_inventory(event),
            Escrow::Substituted(event) => self.substitute(event),
            Escrow::MarginStated(event) => self.state(event),
            Escrow::HouseStated(event) => self.state_house(event),
            Escrow::FillsSettled(event) => self.settle(event, tx),
            Escrow::FillsLapsed(event) => self.lapse(event, tx),
            Escrow::LifecycleSettled(event) => self.happen(event),
            Escrow::ClaimIssued(event) => self.issue(event),
            Escrow::ClaimSatisfied(event) => self.satisfy(event),
            Escrow::LateInterestCharged(event) => self.charge_interest(event),
            Escrow::OwedPaid(event) => self.pay_owed(event),
            Escrow::HouseClaimIssued(event) => self.issue_house(event),
            Escrow::HouseClaimPaid(event) => self.pay_house(event),
            Escrow::ClaimCancelled(event) => self.cancel(event),
            Escrow::AccountDefaulted(event) => self.default_account(event),
            Escrow::HouseDefaulted(event) => self.default_house(event),
            Escrow::HouseCured(event) => self.cure_house(event),
            Escrow::DemandsReduced(event) => self.reduce(event),
            Escrow::DisputeOpened(event) => self.dispute(event),
            Escrow::DisputeFound(event) => self.find(event),
            Escrow::DisputeExtended(event) => self.extend(event),
            Escrow::DisputeRuled(event) => self.rule(event),
            Escrow::RequirementCorrected(event) => self.correct(event),
            Escrow::BookCorrected(event) => self.correct_book(event),
            Escrow::PledgesAllowed(event) => self.allow_pledges(event),
            Escrow::BoundsSet(event) => self.set_bounds(event),
            Escrow::Probed(event) => self.probe(event),
            Escrow::VariationCorrected(event) => self.correct_variation(event),
            Escrow::Recalled(event) => self.recall(event),
            Escrow::Transferred(event) => self.transfer_out(event),
            Escrow::Reconciled(event) => self.reconcile(event),
            Escrow::PaidProRata(event) => self.pay_pro_rata(event),
            Escrow::Migrated(event) => self.migrate(event),
            Escrow::Paused(_) => self.pause(true),
            Escrow::Unpaused(_) => self.pause(false),
        }
    }

    fn transfer(&mut self, token: Address, event: &Transfer) -> Result<(), Fault> {
        let held = self.held.entry(token).or_default();
        if event.to == self.escrow {
            *held = held.saturating_add(event.amount);
        }
        if event.from == self.escrow {
            let before = *held;
            *held = before.saturating_sub(event.amount);
            if before < event.amount {
                return Err(Fault::new(
                    1,
                    format!("the escrow sends more of token {token} than it ever received"),
                    before,
                    event.amount,
                ));
            }
        }
        Ok(())
    }

    fn list(&mut self, event: &AssetListed) -> Result<(), Fault> {
        let asset = Asset { token: event.token, decimals: event.decimals, class: event.class, feed: event.feed };
        self.assets.insert(event.index, asset);
        self.haircuts.insert(event.index, (event.baseHaircut, event.baseHaircut));
        // Until its first round it is worth nothing, and may be worth all.
        let valuation = Valuation {
            slot: 0,
            factor: 0,
            factorNew: 0,
            concentrationLimit: event.concentrationLimit,
            suspended: false,
            priceCap: event.priceCap,
        };
        self.valuations.insert(event.index, valuation);
        self.cap_price(event.index, event.priceCap)
    }

    /// Nothing but a fund's shares is priced above 1 USD. In force from the next round on.
    fn cap_price(&mut self, index: u8, cap: u32) -> Result<(), Fault> {
        self.price_caps.insert(index, cap);
        let is_share = self.assets.get(&index).is_some_and(|asset| asset.class == class::FUND_SHARE);
        let capped = cap == class::PAR || (is_share && (class::PAR..=class::MOST_PRICE).contains(&cap));
        equal(9, "the price cap is one of the asset's class", true, capped)
    }

    /// No price above the cap that the owner set last, and no value above the price.
    fn value(&mut self, event: &Valued) -> Result<(), Fault> {
        let valuation = Valuation {
            slot: event.slot,
            factor: event.factor,
            factorNew: event.factorNew,
            concentrationLimit: event.concentrationLimit,
            suspended: false,
            priceCap: event.priceCap,
        };
        self.valuations.insert(event.index, valuation);
        let cap = self.price_caps.get(&event.index).copied().unwrap_or(class::PAR);
        let priced = u128::from(event.price) <= u128::from(cap) * CENT;
        let valued = event.factorNew <= event.factor && u128::from(event.factor) <= u128::from(event.price) * PRICE;
        equal(9, "the price cap is the one set last", cap, event.priceCap)
            .and(equal(9, "the price is at most its cap", true, priced))
            .and(equal(9, "the value is at most the price", true, valued))
    }

    fn cut(&mut self, index: u8, current: u32, target: u32) -> Result<(), Fault> {
        self.haircuts.insert(index, (current, target));
        Ok(())
    }

    fn limit_value(&mut self, event: &LimitMoved) -> Result<(), Fault> {
        if let Some(valuation) = self.valuations.get_mut(&event.index) {
            valuation.concentrationLimit = event.current;
        }
        Ok(())
    }

    fn watch(&mut self, feed: Address) -> Result<(), Fault> {
        self.watched = !feed.is_zero();
        Ok(())
    }

    fn happen(&mut self, event: &MarginEscrow::LifecycleSettled) -> Result<(), Fault> {
        let lifecycle = Lifecycle { cause: event.cause, reference: event.reference };
        self.begin(Bundle::Event(lifecycle_digest(&lifecycle)));
        Ok(())
    }

    fn set_bounds(&mut self, event: &MarginEscrow::BoundsSet) -> Result<(), Fault> {
        let (settle_within, stake_ppm, least_stake) = (event.settleWithin, event.stakePpm, event.leastStake);
        self.bounds = Bounds { settle_within, stake_ppm, least_stake };
        Ok(())
    }

    fn pause(&mut self, paused: bool) -> Result<(), Fault> {
        self.paused = paused;
        Ok(())
    }

    fn use_nonce(&mut self, event: &MarginEscrow::NonceUsed) -> Result<(), Fault> {
        self.signer = Some(event.pledgor);
        // What follows is the call's that spent it.
        self.accounts.values_mut().for_each(|account| account.orders.carried_out = None);
        if self.nonces.insert((event.pledgor, event.nonce)) {
            return Ok(());
        }
        Err(Fault::new(9, format!("nonce {} of {} used twice", event.nonce, event.pledgor), "once", "twice"))
    }

    pub(super) fn index(&self, token: Address) -> Result<u8, Fault> {
        let found = self.asset_of(token).map(|(index, _)| index);
        found.ok_or_else(|| Fault::new(9, format!("token {token} is used before it is listed"), "listed", "unknown"))
    }

    pub(super) fn account(&mut self, account: u64) -> Result<&mut Account, Fault> {
        let found = self.accounts.get_mut(&account);
        found.ok_or_else(|| Fault::new(9, "account is used before it is opened", "opened", "unknown").of(account))
    }

    pub(super) fn house(&mut self, house: u32) -> Result<&mut House, Fault> {
        let found = self.houses.get_mut(&house);
        found.ok_or_else(|| Fault::new(9, format!("house {house} is used before it is opened"), "opened", "unknown"))
    }
}
