//! How large stakes must be, and where they go.
use super::fault::{equal, put, shift};
use super::{Dispute, Fault, Ledger, Stakes};
use abi::escrow::MarginEscrow::{DisputeOpened, DisputeRuled};
use abi::escrow::{BINDING_SECONDS, MOST_DOUBLINGS, MOST_TIMES, ruling};
use alloy::primitives::Address;

/// Lots of a token, and most whole tokens that a stake has room for.
const TOKEN: u64 = 1_000_000;
const MOST: u128 = (1 << 32) - 1;

impl Ledger {
    /// Whole tokens: the pledgor's is its share of the amount and no less than the least, rounded up; the agent's the same, doubled
    /// with each ruling against it within a day; what its inventory lacks is the house's, and what that lacks it will owe.
    /// Of one that is raised, what is more than before.
    pub(super) fn expected_stakes(
        &mut self,
        event: &DisputeOpened,
        before: Stakes,
    ) -> Result<Result<(), Fault>, Fault> {
        let (bounds, now, account) = (self.bounds, self.now, self.account(event.account)?);
        let (settlement, house) = (account.settlement, account.house);
        let share = (u128::from(event.amount) * u128::from(bounds.stake_ppm)).div_ceil(1_000_000);
        let pledgor = share.max(bounds.least_stake.into()).div_ceil(TOKEN.into()).max((before.pledgor / TOKEN).into());
        let house = self.house(house)?;
        let (count, at) = house.lost;
        let times = if now <= at.saturating_add(BINDING_SECONDS) { count.min(MOST_DOUBLINGS) } else { 0 };
        let most = (pledgor * u128::from(MOST_TIMES)).max(event.amount.div_ceil(TOKEN).into());
        let due = u64::try_from((pledgor << times).min(MOST).min(most)).unwrap_or(u64::MAX);
        let due = due.saturating_sub((before.agent + before.house + before.owed) / TOKEN);
        let (free, agent) = (house.free(), house.agent);
        let own = self.inventory.get(&(agent, settlement)).copied().unwrap_or_default() / TOKEN;
        let own = own.min(due);
        let lent = (due - own).min(free / TOKEN);
        let Stakes { agent: agents, house: houses, owed, .. } = before;
        let more = [(agents, own), (houses, lent), (owed, due - own - lent)];
        let [agents, houses, owed] = more.map(|(before, more)| before / TOKEN + more);
        let expected = [u64::try_from(pledgor).unwrap_or(u64::MAX), agents, houses, owed];
        let staked = [event.stake, event.agentStake, event.houseStake, event.owedStake];
        let expected = expected.map(|tokens| tokens.saturating_mul(TOKEN));
        Ok(equal(6, "stakes", format!("{expected:?}"), format!("{staked:?}")))
    }

    /// To the side that was right; of a void dispute each back where it came from. What the house only owed of it is paid as
    /// variation is.
    pub(super) fn give_stakes(&mut self, event: &DisputeRuled, dispute: &Dispute) -> Result<(), Fault> {
        let account = self.account(event.account)?;
        let (pledgor, settlement, house) = (account.agreement.pledgor, account.settlement, account.house);
        let house = self.house(house)?;
        let (agent, Stakes { pledgor: own, agent: other, house: lent, .. }) = (house.agent, dispute.stakes);
        let (winner, won, back, to_agent) = match event.ruling {
            ruling::UPHELD | ruling::MARKS_UNAVAILABLE => (pledgor, own + other + lent, 0, 0),
            ruling::VOID => (pledgor, own, lent, other),
            _ => (agent, own + other, lent, 0),
        };
        let returned = shift(&mut house.balance, back.into(), "balance of the house");
        self.count_loss(event, winner == pledgor && event.ruling != ruling::VOID)?;
        let mut to =
            |holder: Address, lots| put(self.inventory.entry((holder, settlement)).or_default(), lots, "inventory");
        let put = to(event.winner, event.stakes).and(to(agent, to_agent));
        let winner = equal(6, "who wins the stakes", winner, event.winner);
        winner.and(equal(1, "stakes of the dispute", won, event.stakes)).and(returned).and(put)
    }

    fn count_loss(&mut self, event: &DisputeRuled, lost: bool) -> Result<(), Fault> {
        let (now, house) = (self.now, self.account(event.account)?.house);
        let house = self.house(house)?;
        if lost {
            let (count, at) = house.lost;
            let recent = now <= at.saturating_add(BINDING_SECONDS);
            house.lost = (if recent { count.saturating_add(1).min(MOST_DOUBLINGS) } else { 1 }, now);
        }
        Ok(())
    }
}
