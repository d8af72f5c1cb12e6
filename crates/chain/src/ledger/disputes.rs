//! Disputes as they open, and what is found before they are ruled.
use super::fault::{equal, shift, take};
use super::{Account, Dispute, Fault, Ledger, Stakes};
use abi::SLOT_SECONDS;
use abi::escrow::MarginEscrow::{DisputeExtended, DisputeFound, DisputeOpened};
use abi::escrow::{ANSWER_SECONDS, CLOSING_SECONDS, RULING_SECONDS, subject};
use abi::oracle::KEPT_SLOTS;
use alloy::primitives::{B256, I256, U256};

impl Ledger {
    /// It is about what is on the books; the stakes leave three pots.
    pub(super) fn dispute(&mut self, event: &DisputeOpened) -> Result<(), Fault> {
        if self.account(event.account)?.dispute.open {
            return self.raise(event);
        }
        let stakes = self.expected_stakes(event, Stakes::default())?;
        let (now, account) = (self.now, self.account(event.account)?);
        let late = account.claim.tranches[0].amount != 0 && now > account.claim.tranches[0].deadline;
        let binds = now <= account.shield.until;
        let checks = [
            equal(6, "disputed after a deadline, and no ruling binds", false, late && !binds),
            equal(6, "disputed in default", false, account.in_default),
            equal(6, "end of the ruling", if now == 0 { event.until } else { ends(event, now) }, event.until),
            equal(9, "number of the dispute", account.dispute.number.saturating_add(1), event.dispute),
            equal(9, "disputed history", account.history, event.history),
            equal(9, "disputed slot", account.slot, event.slot),
            equal(9, "disputed requirement", account.requirement, event.requirement),
            equal(9, "disputed variation", account.cumulative_variation, event.cumulativeVariation),
            stakes,
        ];
        account.begin_dispute(event, now);
        let taken = self.take_stakes(event, Stakes::default());
        checks.into_iter().collect::<Result<(), Fault>>().and(taken).map_err(|fault| fault.of(event.account))
    }

    /// More is named of the same dispute, on larger stakes.
    fn raise(&mut self, event: &DisputeOpened) -> Result<(), Fault> {
        let (now, before) = (self.now, self.account(event.account)?.dispute);
        let stakes = self.expected_stakes(event, before.stakes)?;
        let same = |what: &str, was: String, is: String| equal(6, &format!("a raised dispute's {what}"), was, is);
        let kept =
            |dispute: &Dispute| (dispute.number, dispute.subject, dispute.slot, dispute.requirement, dispute.until);
        let raised = (event.dispute, event.subject, event.slot, event.requirement, event.until);
        let checks = [
            same("terms", format!("{:?}", kept(&before)), format!("{raised:?}")),
            same("history", before.history.to_string(), event.history.to_string()),
            same("variation", before.variation.to_string(), event.cumulativeVariation.to_string()),
            equal(
                6,
                "a raised dispute names more, in its window",
                true,
                event.amount > before.amount && now <= before.until,
            ),
            stakes,
        ];
        let dispute = &mut self.account(event.account)?.dispute;
        dispute.amount = event.amount;
        dispute.stakes = staked(event);
        let taken = self.take_stakes(event, before.stakes);
        checks.into_iter().collect::<Result<(), Fault>>().and(taken).map_err(|fault| fault.of(event.account))
    }

    fn take_stakes(&mut self, event: &DisputeOpened, before: Stakes) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let (pledgor, settlement, house) = (account.agreement.pledgor, account.settlement, account.house);
        let house = self.house(house)?;
        let agent = house.agent;
        let lent =
            shift(&mut house.balance, i128::from(before.house) - i128::from(event.houseStake), "balance of the house");
        let mut of = |holder, stake| {
            take(self.inventory.entry((holder, settlement)).or_default(), stake, &format!("inventory of {holder}"))
        };
        let more = |is: u64, was: u64| is.saturating_sub(was);
        lent.and(of(pledgor, more(event.stake, before.pledgor))).and(of(agent, more(event.agentStake, before.agent)))
    }

    /// The kernel's finding on a book, or the second agent's word, once, within what the pledgor named.
    pub(super) fn find(&mut self, event: &DisputeFound) -> Result<(), Fault> {
        let (now, dispute) = (self.now, &mut self.account(event.account)?.dispute);
        let by_agent = event.steps == 0;
        let better = if by_agent { !dispute.stands } else { dispute.may_be_replaced(event.steps) };
        let checks = [
            equal(6, "the dispute was open", true, dispute.open && now <= dispute.until),
            equal(9, "number of the dispute", dispute.number, event.dispute),
            equal(6, "more is shown than before", true, better),
            equal(6, "the kernel finds steps of a book", true, by_agent || dispute.subject == subject::BOOK),
            equal(6, "the second agent's word lies within what is named", true, dispute.names(event.found)),
        ];
        (dispute.found, dispute.steps, dispute.stands) = (event.found, event.steps, true);
        checks.into_iter().collect::<Result<(), Fault>>().map_err(|fault| fault.of(event.account))
    }

    pub(super) fn extend(&mut self, event: &DisputeExtended) -> Result<(), Fault> {
        let (now, dispute) = (self.now, &mut self.account(event.account)?.dispute);
        let bounds = if dispute.stands {
            (dispute.until.saturating_sub(ANSWER_SECONDS)..=dispute.until).contains(&now)
                && event.until == now + ANSWER_SECONDS
        } else {
            now > dispute.until && (now..=now + RULING_SECONDS).contains(&event.until)
        };
        dispute.until = event.until;
        let number = equal(9, "number of the dispute", dispute.number, event.dispute);
        let extended = equal(
            6,
            "a window is longer where it is over without a finding, or for an answer",
            true,
            dispute.open && bounds,
        );
        number.and(extended).map_err(|fault| fault.of(event.account))
    }
}

impl Account {
    fn begin_dispute(&mut self, event: &DisputeOpened, now: u64) {
        self.dispute = Dispute {
            open: true,
            number: event.dispute,
            subject: event.subject,
            amount: event.amount,
            history: event.history,
            root: self.root,
            slot: event.slot,
            requirement: event.requirement,
            variation: event.cumulativeVariation,
            opened: now,
            until: event.until,
            stakes: staked(event),
            found: self.dispute.found,
            steps: 0,
            stands: false,
        };
    }
}

fn staked(event: &DisputeOpened) -> Stakes {
    let DisputeOpened { stake: pledgor, agentStake: agent, houseStake: house, owedStake: owed, .. } = *event;
    Stakes { pledgor, agent, house, owed }
}

impl Dispute {
    /// By more steps of the book; where nobody could tell the book, by any.
    fn may_be_replaced(&self, steps: u32) -> bool {
        !self.stands || self.steps == 0 || self.found.is_zero() || steps > self.steps
    }

    /// A figure no further from what was stated than the amount, in the pledgor's favour.
    fn names(&self, found: B256) -> bool {
        let amount = i128::from(self.amount);
        match self.subject {
            subject::REQUIREMENT => {
                let stated = i128::from(self.requirement);
                ((stated - amount).max(0)..=stated).contains(&number(found))
            }
            subject::VARIATION => {
                let stated = i128::from(self.variation);
                (stated..=stated + amount).contains(&integer(found))
            }
            _ => true,
        }
    }
}

/// The ruling ends in time before marks that it needs leave the oracle.
fn ends(event: &DisputeOpened, now: u64) -> u64 {
    let until = now + RULING_SECONDS;
    let kept = (event.slot + KEPT_SLOTS) * SLOT_SECONDS - CLOSING_SECONDS;
    if event.subject == subject::BOOK || event.history.is_zero() { until } else { until.min(kept) }
}

/// A number as an ABI word.
pub(super) fn number(word: B256) -> i128 {
    i128::try_from(U256::from_be_bytes(word.0)).unwrap_or(i128::MAX >> 1)
}

/// One that may be negative.
pub(super) fn integer(word: B256) -> i128 {
    i128::try_from(I256::from_be_bytes(word.0)).unwrap_or(i128::MAX >> 1)
}
