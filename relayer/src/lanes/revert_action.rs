//! What to do about a refusal of the escrow: whom it names.
use crate::state::fill::FillId;
use crate::state::{Reason, Waiting};
use abi::escrow::MarginEscrow::MarginEscrowErrors as E;
use chain::Revert;

/// What to do about a bundle that the chain refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RevertAction {
    /// Leave this account's fills out; its figures here are not those of the chain.
    Account(u64, Waiting),
    /// Leave out fills matched after this time of the chain, seconds.
    MatchedAfter(u64, Waiting),
    /// Fills whose `settleBy` lies before this time of the chain, seconds, have lapsed.
    ExpiredBefore(u64),
    /// The fill is on chain already; an event says where.
    Applied(FillId),
    /// Nobody is named: read everything again, try later, keep the fills.
    Nobody,
}

pub fn revert_action(revert: &Revert) -> RevertAction {
    let Revert::Escrow(error) = revert else { return RevertAction::Nobody };
    let detail = revert.to_string();
    let account = |id: u64, reason| RevertAction::Account(id, Waiting::new(reason, id, detail.clone()));
    let short = |id: u64, reason, amount| RevertAction::Account(id, Waiting::short(reason, id, amount, detail.clone()));
    match error {
        E::MarginShort(e) => short(e.account, Reason::MarginShort, e.required.saturating_sub(e.posted)),
        E::VariationUncovered(e) => short(e.account, Reason::VariationUncovered, e.debit.saturating_sub(e.held)),
        E::RequirementCapExceeded(e) => {
            short(e.account, Reason::RequirementCapExceeded, e.requirement.saturating_sub(e.cap))
        }
        E::FillVariationCapExceeded(e) => {
            short(e.account, Reason::FillVariationCapExceeded, e.used.saturating_sub(e.cap))
        }
        E::NoMandate(e) => account(e.account, Reason::NoMandate),
        E::MandateExpired(e) => account(e.account, Reason::MandateExpired),
        E::AccountInDefault(e) => account(e.account, Reason::AccountInDefault),
        E::AccountClosed(e) => account(e.account, Reason::AccountClosed),
        E::ClaimOverdue(e) => account(e.account, Reason::ClaimOverdue),
        E::VariationCapExceeded(e) => account(e.account, Reason::Refused),
        E::TopUpLimitExceeded(e) => account(e.account, Reason::Refused),
        E::NotEligible(e) => account(e.account, Reason::Refused),
        E::BalanceShort(e) => account(e.account, Reason::Refused),
        E::WrongHouse(e) => account(e.account, Reason::HouseNotServed),
        E::SelfTrade(e) => account(e.account, Reason::Refused),
        E::UnknownAccount(e) => account(e.account, Reason::Refused),
        E::OutOfOrder(e) => account(e.account, Reason::Refused),
        E::FillExpired(e) => RevertAction::ExpiredBefore(e.timestamp),
        E::FillAlreadyApplied(e) => RevertAction::Applied(FillId { venue: e.venue, sequence: e.sequence }),
        E::FillFromFuture(e) => {
            let waiting = Waiting { reason: Reason::MatchedInFuture, account: None, shortfall: None, detail };
            RevertAction::MatchedAfter(e.timestamp, waiting)
        }
        _ => RevertAction::Nobody,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use abi::escrow::MarginEscrow::{FillExpired, MarginShort, NoFills};
    use alloy::primitives::Address;
    use alloy::sol_types::SolError;

    #[test]
    fn short_margin_names_account_and_shortfall() {
        let revert = Revert::decode(&MarginShort { account: 3, posted: 10, required: 25 }.abi_encode());
        let RevertAction::Account(3, waiting) = revert_action(&revert) else { panic!("{revert}") };
        assert_eq!(waiting.shortfall, Some(risk::Usd::from_raw(15)));
    }

    #[test]
    fn expired_fill_lapses_and_the_unknown_blames_nobody() {
        let venue = Address::repeat_byte(7);
        let expired = FillExpired { venue, sequence: 9, settleBy: 1, timestamp: 2 };
        assert_eq!(revert_action(&Revert::decode(&expired.abi_encode())), RevertAction::ExpiredBefore(2));
        assert_eq!(revert_action(&Revert::decode(&NoFills {}.abi_encode())), RevertAction::Nobody);
    }
}
