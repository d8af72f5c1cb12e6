//! Houses and accounts as they are opened, and what pledgors allow.
use super::announced::Announced;
use super::delivered::Counting;
use super::fault::equal;
use super::{Account, Claim, Dispute, Fault, House, Ledger, Mandate, Orders, Shield, Window};
use abi::escrow::{DefaultState, MarginEscrow};
use alloy::primitives::B256;
use std::collections::BTreeMap;

impl Ledger {
    pub(super) fn open_house(&mut self, event: &MarginEscrow::HouseOpened) -> Result<(), Fault> {
        let settlement = self.index(event.settlementToken)?;
        let house = House {
            secured_party: event.securedParty,
            agent: event.agent,
            second_agent: event.secondAgent,
            default_manager: event.defaultManager,
            parameters_hash: event.parametersHash,
            settlement,
            balance: 0,
            cumulative_variation: 0,
            owed: 0,
            in_default: false,
            lost: (0, 0),
            parts: Vec::new(),
            paid_out: 0,
        };
        self.houses.insert(event.house, house);
        Ok(())
    }

    pub(super) fn open_account(&mut self, event: &MarginEscrow::AccountOpened) -> Result<(), Fault> {
        let settlement = self.index(event.agreement.settlementToken)?;
        let account = Account {
            agreement: event.agreement.clone(),
            agreement_hash: event.agreementHash,
            house: event.house,
            settlement,
            history: B256::ZERO,
            root: B256::ZERO,
            sequence: 0,
            requirement: 0,
            cumulative_variation: 0,
            debited: 0,
            slot: 0,
            as_of: 0,
            owed: 0,
            house_owes: 0,
            house_owes_since: 0,
            holdings: BTreeMap::new(),
            window: Window::default(),
            claim: Claim::default(),
            dispute: Dispute::default(),
            shield: Shield::default(),
            takes_pledges: false,
            orders: Orders::default(),
            in_default: false,
            failed: DefaultState { at: 0, number: 0, slot: 0, required: 0, posted: 0, owed: 0 },
            closed: false,
            announced: Announced::default(),
            counting: Counting::default(),
            part: None,
        };
        match self.accounts.insert(event.account, account) {
            None => Ok(()),
            Some(_) => Err(Fault::new(9, "account opened twice", "once", "twice").of(event.account)),
        }
    }

    /// With the limits named just before it, and no others. What fills cost today stays charged.
    pub(super) fn register(&mut self, event: &MarginEscrow::MandateRegistered) -> Result<(), Fault> {
        let (account, venue) = (event.account, event.venue);
        let mandate = self.mandates.entry((account, venue)).or_default();
        *mandate = Mandate {
            requirement_cap: event.requirementCap,
            fill_variation_cap: event.fillVariationCap,
            valid_until: event.validUntil,
            ..*mandate
        };
        let named = std::mem::take(&mut self.named);
        self.top_ups.retain(|limit, _| (limit.0, limit.1) != (account, venue) || named.contains(limit));
        let own = named.iter().all(|limit| (limit.0, limit.1) == (account, venue));
        equal(9, "limits of another mandate", true, own).map_err(|fault| fault.of(account))
    }

    pub(super) fn revoke(&mut self, event: &MarginEscrow::MandateRevoked) -> Result<(), Fault> {
        self.mandates.entry((event.account, event.venue)).or_default().valid_until = event.validUntil;
        Ok(())
    }

    pub(super) fn limit(&mut self, event: &MarginEscrow::TopUpLimitSet) -> Result<(), Fault> {
        let limit = (event.account, event.venue, self.index(event.token)?);
        self.named.insert(limit);
        self.top_ups.insert(limit, event.lots);
        Ok(())
    }

    pub(super) fn allow_pledges(&mut self, event: &MarginEscrow::PledgesAllowed) -> Result<(), Fault> {
        self.account(event.account)?.takes_pledges = event.allowed;
        Ok(())
    }
}
