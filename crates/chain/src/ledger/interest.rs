//! Interest: on what was delivered late, from the deadline on; and on what a rejected dispute held back.
use super::delivered::Counting;
use super::fault::put;
use super::{Account, Claim, Fault, Ledger, Tranche};
use abi::escrow::MarginEscrow::LateInterestCharged;
use abi::escrow::cause;
use abi::registry::grace::{MOST_SECONDS, OUTAGE_SECONDS};

/// Within what it lies: an outage that nobody recorded may have made it less, where somebody's word on outages is taken.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Interest {
    pub least: u64,
    pub most: u64,
}

/// When a demand falls due, by the outages recorded and by those that may not have been.
#[derive(Clone, Copy)]
struct Due {
    earliest: u64,
    latest: u64,
}

impl Ledger {
    /// With the grace of outages since it was issued; and of something owed with what the settlement token was frozen.
    fn due(&self, account: &Account, tranche: &Tranche) -> Due {
        let Tranche { deadline, cause, .. } = *tranche;
        let issued = deadline.saturating_sub(account.agreement.resolutionTime.into());
        let in_cash = matches!(cause, cause::VARIATION | cause::INTEREST);
        let frozen = if in_cash { self.frozen(account.settlement, issued) } else { 0 };
        let recorded = self.outages.grace(issued, self.now);
        let unseen = if self.watched { OUTAGE_SECONDS } else { 0 };
        let with = |grace: u64| deadline.saturating_add(grace.min(MOST_SECONDS)).saturating_add(frozen);
        Due { earliest: with(recorded), latest: with(recorded.saturating_add(unseen)) }
    }

    /// What a deadline of something owed waits for a settlement token that could not be moved.
    pub(super) fn frozen(&self, asset: u8, from: u64) -> u64 {
        self.freezes.get(&asset).map_or(0, |freeze| freeze.between(from, self.now))
    }

    /// Whether a claim satisfied now is late; nothing where events do not tell.
    pub(super) fn is_late(&self, account: &Account) -> Option<bool> {
        let first = account.claim.tranches[0];
        // What an open dispute holds back is not late.
        if account.dispute.open && self.now > first.deadline {
            return None;
        }
        let Due { earliest, latest } = self.due(account, &first);
        let in_time = first.amount == 0 || self.now <= earliest;
        (in_time || self.now > latest).then_some(!in_time)
    }

    /// On each part from its own deadline on, where the first has passed.
    pub(super) fn bears(&self, account: &Account, claim: &Claim, parts: [u64; 2]) -> Interest {
        let first = self.due(account, &claim.tranches[0]);
        let parts = beyond(account, claim, parts);
        let sum = |passed: bool, since: fn(&Due) -> u64| {
            let of = |(tranche, part): (&Tranche, u64)| {
                account.interest(part, self.now.saturating_sub(since(&self.due(account, tranche))))
            };
            let all = claim.tranches.iter().zip(parts).map(of).fold(0, u64::saturating_add);
            if passed { all } else { 0 }
        };
        let most = sum(self.now > first.earliest, |due| due.earliest);
        Interest { least: sum(self.now > first.latest, |due| due.latest), most }
    }

    /// Set off against what the house owes; the rest is owed.
    pub(super) fn charge_interest(&mut self, event: &LateInterestCharged) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let Interest { least, most } = account.announced.interest.take().unwrap_or_default();
        let right = (least..=most).contains(&event.amount);
        let interest = if right { Ok(()) } else { Err(Fault::new(3, "late interest", most, event.amount)) };
        let number = super::fault::equal(9, "number of the claim", account.claim.number, event.number);
        put(&mut account.announced.charged, event.amount, "interest")?;
        account.counting = Counting::Over;
        self.owe(event.account, event.amount.into())?;
        interest.and(number).map_err(|fault| fault.of(event.account))
    }
}

/// What is delivered of demands but for what an open dispute holds back of them, the oldest first: the rest is delivered of what is
/// left of them, by its deadline.
fn beyond(account: &Account, claim: &Claim, parts: [u64; 2]) -> [u64; 2] {
    let mut held = if account.dispute.open { account.dispute.amount } else { 0 };
    let mut delivered = parts.into_iter().fold(0, u64::saturating_add);
    claim.tranches.map(|tranche| {
        let left = tranche.amount.saturating_sub(held);
        held = held.saturating_sub(tranche.amount);
        let part = delivered.min(left);
        delivered -= part;
        part
    })
}

impl Account {
    /// Simple, on years of 365 days, rounded up.
    pub(super) fn interest(&self, amount: u64, seconds: u64) -> u64 {
        const YEAR: u128 = 365 * 24 * 3_600;
        let exact = u128::from(amount) * u128::from(self.agreement.lateInterest) * u128::from(seconds);
        u64::try_from(exact.div_ceil(1_000_000 * YEAR)).unwrap_or(u64::MAX)
    }

    /// No more than announced: events do not tell how much.
    pub(super) fn announce_any_interest(&mut self) {
        self.announced.interest = self.announced.interest.map(|interest| Interest { least: 0, ..interest });
    }

    pub(super) fn announce_interest(&mut self, interest: Interest) {
        self.announced.interest = (interest.most > 0).then_some(interest);
    }
}
