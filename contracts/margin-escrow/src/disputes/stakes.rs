//! Stakes grow with what is held back, and the agent's with each ruling against it within a day. They are really there: what
//! the agent's inventory lacks its house stands for. Whole tokens.
use crate::house::books;
use abi::escrow::{BINDING_SECONDS, Bounds, MOST_DOUBLINGS, MOST_TIMES, ruling};
use alloy_primitives::Address;
use contract_kit::host;
use csa::value::micro_usd as lots_of;
use escrow_ledger::account::Account;
use escrow_ledger::fault::OrFail;
use escrow_ledger::inventory;
use escrow_ledger::registry::asset_at;
use escrow_ledger::storage::{self, Agents, Head, HouseSlots, Lost, Stakes};

const PPM: u64 = 1_000_000;
/// Lots of a token.
const TOKEN: u64 = 1_000_000;
/// Most that has room in its field.
const MOST: u64 = (1 << 32) - 1;

/// Takes both sides' stakes from where they lie, as far as they are more than what is staked before. What binds of earlier
/// rulings stays.
pub fn take(account: &Account, amount: u64, before: Stakes) -> Stakes {
    let (house, settlement, mut ledger) = books(account);
    let (asset, Agents { agent, lost, .. }) = (asset_at(settlement), house.agents());
    let pledgor = least(amount).max(before.pledgor);
    inventory::take(account.slots.party().pledgor, &asset, lots_of(pledgor.saturating_sub(before.pledgor)));
    let staked = before.agent.saturating_add(before.house).saturating_add(before.owed);
    let due = doubled(pledgor, lost).min(most(pledgor, amount)).saturating_sub(staked);
    let own = (storage::inventory(&agent, asset.index) / TOKEN).min(due);
    inventory::take(agent, &asset, lots_of(own));
    let rest = due.saturating_sub(own);
    let lent = rest.min(ledger.lots.free() / TOKEN);
    ledger.lots.balance = ledger.lots.balance.checked_sub(lots_of(lent)).checked();
    house.set_ledger(&ledger);
    let owed = before.owed.saturating_add(rest.saturating_sub(lent));
    Stakes {
        pledgor,
        agent: before.agent.saturating_add(own),
        house: before.house.saturating_add(lent),
        owed,
        ..before
    }
}

/// Nobody stakes more than what is disputed, or some times the other side's stake.
fn most(pledgor: u64, amount: u64) -> u64 {
    pledgor.saturating_mul(MOST_TIMES).max(amount.div_ceil(TOKEN))
}

/// Of the amount named, rounded up, and no less than the governed least.
fn least(amount: u64) -> u64 {
    let Bounds { stakePpm, leastStake, .. } = Head::load().bounds;
    let share = u128::from(amount).saturating_mul(stakePpm.into()).div_ceil(PPM.into());
    u64::try_from(share).unwrap_or(u64::MAX).max(leastStake).div_ceil(TOKEN)
}

fn is_recent(lost: Lost) -> bool {
    host::timestamp() <= lost.at.saturating_add(BINDING_SECONDS)
}

fn doubled(stake: u64, lost: Lost) -> u64 {
    let times = if is_recent(lost) { lost.count.min(MOST_DOUBLINGS) } else { 0 };
    stake.saturating_mul(1u64.wrapping_shl(times)).min(MOST)
}

/// To whom the stakes go, and how many lots; of a void dispute each goes back where it came from.
pub fn give(account: &mut Account, outcome: u8) -> (Address, u64) {
    let (house, settlement, mut ledger) = books(account);
    let (stakes, agents, pledgor) = (account.slots.stakes(), house.agents(), account.slots.party().pledgor);
    let agent = agents.agent;
    let upheld = matches!(outcome, ruling::UPHELD | ruling::MARKS_UNAVAILABLE);
    let (winner, won) = match outcome {
        _ if upheld => (pledgor, stakes.pledgor.saturating_add(stakes.agent).saturating_add(stakes.house)),
        ruling::VOID => (pledgor, stakes.pledgor),
        _ => (agent, stakes.pledgor.saturating_add(stakes.agent)),
    };
    if upheld {
        count_loss(house, agents);
    } else {
        ledger.lots.balance = ledger.lots.balance.checked_add(lots_of(stakes.house)).checked();
    }
    if outcome == ruling::VOID {
        inventory::put(agent, settlement, lots_of(stakes.agent));
    }
    inventory::put(winner, settlement, lots_of(won));
    if upheld && stakes.owed != 0 {
        account.receive(settlement, &mut ledger, lots_of(stakes.owed));
    }
    house.set_ledger(&ledger);
    (winner, lots_of(won))
}

fn count_loss(house: HouseSlots, agents: Agents) {
    let count = if is_recent(agents.lost) { agents.lost.count.saturating_add(1).min(MOST_DOUBLINGS) } else { 1 };
    house.set_agents(&Agents { lost: Lost { count, at: host::timestamp() }, ..agents })
}
