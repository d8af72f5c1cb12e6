//! Inventories, house funds, pledges, releases, substitutions.
use super::fault::{at_most, equal, put, shift, take};
use super::margin::TOKEN;
use super::{Fault, Ledger};
use abi::escrow::MarginEscrow::{
    HouseWithdrawn, Pledged, Recalled, Released, ReturnedToInventory, Substituted, Transferred, Withdrawn,
};
use abi::escrow::{MARK_SLOTS, source};
use abi::lots;
use alloy::primitives::{Address, U256};

impl Ledger {
    pub(super) fn deposit(&mut self, holder: Address, token: Address, amount: U256) -> Result<(), Fault> {
        let (index, lots) = self.lots(token, amount)?;
        put(self.inventory.entry((holder, index)).or_default(), lots, "inventory")
    }

    pub(super) fn withdraw(&mut self, event: &Withdrawn) -> Result<(), Fault> {
        let (holder, (index, lots)) = (event.holder, self.lots(event.token, event.amount)?);
        let named = self.named_receiver(holder, event.to);
        take(
            self.inventory.entry((holder, index)).or_default(),
            lots,
            &format!("inventory of {holder} in asset {index}"),
        )
        .and(named)
    }

    /// Another address than the owner's was named by the owner, whose nonce was spent just before.
    fn named_receiver(&mut self, owner: Address, to: Address) -> Result<(), Fault> {
        let named = self.signer.take() == Some(owner) || to == owner;
        equal(9, &format!("{owner} named the receiver {to} by a nonce"), true, named)
    }

    pub(super) fn fund(&mut self, house: u32, amount: U256) -> Result<(), Fault> {
        let lots = self.house_lots(house, amount)?;
        shift(&mut self.house(house)?.balance, lots.into(), "balance of the house")
    }

    /// Never what the house owes.
    pub(super) fn withdraw_house(&mut self, event: &HouseWithdrawn) -> Result<(), Fault> {
        let lots = self.house_lots(event.house, event.amount)?;
        let owner = self.house(event.house)?.secured_party;
        let named = self.named_receiver(owner, event.to);
        let house = self.house(event.house)?;
        let free = at_most(3, "what leaves the house, not owed", house.free(), lots);
        shift(&mut house.balance, -i128::from(lots), "balance of the house").and(free).and(named)
    }

    pub(super) fn pledge(&mut self, event: &Pledged) -> Result<(), Fault> {
        let (index, lots) = self.lots(event.token, event.amount)?;
        let topped_up = event.source == source::TOP_UP;
        if topped_up { self.deliver_from(event.account) } else { self.pledge_from(event.account) }?;
        let account = self.account(event.account)?;
        let pledgor = account.agreement.pledgor;
        let welcome = event.source != source::WALLET || account.takes_pledges || event.from == pledgor;
        let of = if matches!(event.source, source::INVENTORY | source::TOP_UP) {
            let inventory = self.inventory.entry((pledgor, index)).or_default();
            take(inventory, lots, &format!("inventory of {pledgor} in asset {index}"))
        } else {
            Ok(())
        };
        let limit = if topped_up {
            take(self.top_ups.entry((event.account, event.from, index)).or_default(), lots, "top-up limit")
        } else {
            Ok(())
        };
        let (priced, claimed) = (self.is_priced(index), self.account(event.account)?.claim.open);
        let counted = event.source == source::WALLET && event.from != pledgor && !priced && claimed;
        self.take_in(event.account, index, lots, event.stressedLots)?;
        let whole = !counted || lots.is_multiple_of(TOKEN);
        let whole = equal(9, "others pledge whole tokens of what has no price while a claim is open", true, whole);
        let welcome = equal(9, "a pledge by a stranger, without the pledgor's consent", true, welcome);
        of.and(limit).and(welcome).and(whole).map_err(|fault| fault.of(event.account))
    }

    /// By a round that marks would accept.
    fn is_priced(&self, index: u8) -> bool {
        let oldest = self.prices(MARK_SLOTS).oldest;
        self.valuations.get(&index).is_some_and(|valuation| valuation.slot >= oldest)
    }

    /// Lots come into an account; without a price while a claim is open, they are late.
    pub(super) fn take_in(&mut self, number: u64, index: u8, lots: u64, stressed: u64) -> Result<(), Fault> {
        let priced = self.is_priced(index);
        let account = self.account(number)?;
        let claimed = account.claim.open;
        let holding = account.holdings.entry(index).or_default();
        holding.note_late(lots, priced, claimed);
        holding.stressed = stressed;
        put(&mut holding.lots, lots, "lots")
    }

    pub(super) fn release(&mut self, event: &Released) -> Result<(), Fault> {
        let (index, lots) = self.lots(event.token, event.amount)?;
        let pledgor = self.account(event.account)?.agreement.pledgor;
        self.take_out(event.account, index, lots, event.stressedLots)?;
        if event.to == Address::ZERO {
            put(self.inventory.entry((pledgor, index)).or_default(), lots, "inventory")?;
        }
        self.returned_as_ordered(event).map_err(|fault| fault.of(event.account))
    }

    /// What the `Released` before it took out of the account never left the escrow.
    pub(super) fn return_to_inventory(&mut self, event: &ReturnedToInventory) -> Result<(), Fault> {
        let (index, lots) = self.lots(event.token, event.amount)?;
        let pledgor = self.account(event.account)?.agreement.pledgor;
        put(self.inventory.entry((pledgor, index)).or_default(), lots, "inventory")
    }

    pub(super) fn substitute(&mut self, event: &Substituted) -> Result<(), Fault> {
        let (index_in, lots_in) = self.lots(event.tokenIn, event.amountIn)?;
        let (index_out, lots_out) = self.lots(event.tokenOut, event.amountOut)?;
        // The steps of a standing substitution are one call.
        if !self.account(event.account)?.orders.is_substituting() {
            self.pledge_from(event.account)?;
        }
        let pledgor = self.account(event.account)?.agreement.pledgor;
        let before = self.accounts.get(&event.account).map_or([0; 2], |account| self.worth(account));
        self.take_in(event.account, index_in, lots_in, event.stressedLotsIn)?;
        self.take_out(event.account, index_out, lots_out, event.stressedLotsOut)?;
        take(
            self.inventory.entry((pledgor, index_in)).or_default(),
            lots_in,
            &format!("inventory of {pledgor} in asset {index_in}"),
        )?;
        put(self.inventory.entry((pledgor, index_out)).or_default(), lots_out, "inventory")?;
        self.substituted_as_ordered(event, before).map_err(|fault| fault.of(event.account))
    }

    /// The `Pledged` that follows brings them into the other account.
    pub(super) fn transfer_out(&mut self, event: &Transferred) -> Result<(), Fault> {
        let (index, lots) = self.lots(event.token, event.amount)?;
        self.take_out(event.account, index, lots, event.stressedLots)
    }

    /// Lots leave an account, none of them in its challenge window.
    fn take_out(&mut self, number: u64, index: u8, lots: u64, stressed: u64) -> Result<(), Fault> {
        let now = self.now;
        let account = self.account(number)?;
        let holding = account.holdings.entry(index).or_default();
        let held = holding.lots;
        let taken = take(&mut holding.lots, lots, "lots");
        holding.stressed = stressed;
        taken.and(account.left(index, held, lots, now)).map_err(|fault| fault.of(number))
    }

    pub(super) fn recall(&mut self, event: &Recalled) -> Result<(), Fault> {
        let index = self.index(event.token)?;
        self.account(event.account)?.holdings.entry(index).or_default().recall_at = event.at;
        Ok(())
    }

    fn house_lots(&self, house: u32, amount: U256) -> Result<u64, Fault> {
        let settlement = self.houses.get(&house).and_then(|house| self.assets.get(&house.settlement));
        let token = settlement
            .ok_or_else(|| Fault::new(9, format!("house {house} is used before it is opened"), "opened", "unknown"))?
            .token;
        Ok(self.lots(token, amount)?.1)
    }

    /// The asset's index and the lots in `amount` units.
    pub(super) fn lots(&self, token: Address, amount: U256) -> Result<(u8, u64), Fault> {
        let index = self.index(token)?;
        let decimals = self.assets.get(&index).map_or(6, |asset| asset.decimals);
        let units = u128::try_from(amount).ok();
        let lots = units.and_then(|units| lots::from_units(units, decimals));
        lots.map(|lots| (index, lots))
            .ok_or_else(|| Fault::new(9, format!("amount of token {token}"), "whole lots", amount))
    }
}
