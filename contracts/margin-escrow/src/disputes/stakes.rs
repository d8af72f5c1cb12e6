//! Stakes grow with what is held back, and the agent's with each ruling against it within a day. They are really there: what
//! the agent's inventory lacks its house stands for.
use crate::house::books;
use abi::escrow::{BINDING_SECONDS, Bounds, MOST_DOUBLINGS, ruling};
use alloy_primitives::Address;
use contract_kit::host;
use margin::account::Account;
use margin::fault::OrFail;
use margin::inventory;
use margin::registry::asset_at;
use margin::storage::{self, Head, HouseSlots, Lost, Stakes};

const PPM: u64 = 1_000_000;

/// Takes both sides' stakes from where they lie.
pub fn take(account: &Account, amount: u64, variation: i64) -> Stakes {
    let (house, settlement, mut ledger) = books(account);
    let (asset, agent) = (asset_at(settlement), house.agents().agent);
    let pledgor = least(amount);
    inventory::take(account.slots.party().pledgor, &asset, pledgor);
    let due = doubled(pledgor, house.lost());
    let own = storage::inventory(&agent, asset.index).min(due);
    inventory::take(agent, &asset, own);
    let rest = due.saturating_sub(own);
    let lent = rest.min(ledger.lots.free());
    ledger.lots.balance = ledger.lots.balance.checked_sub(lent).checked();
    house.set_ledger(&ledger);
    Stakes { pledgor, agent: own, house: lent, owed: rest.saturating_sub(lent), variation }
}

/// Of the amount named, rounded up, and no less than the governed least.
fn least(amount: u64) -> u64 {
    let Bounds { stakePpm, leastStake, .. } = Head::load().bounds;
    let share = u128::from(amount).saturating_mul(stakePpm.into()).div_ceil(PPM.into());
    u64::try_from(share).unwrap_or(u64::MAX).max(leastStake)
}

fn doubled(stake: u64, lost: Lost) -> u64 {
    let recent = host::timestamp() <= lost.at.saturating_add(BINDING_SECONDS);
    let times = if recent { lost.count.min(MOST_DOUBLINGS) } else { 0 };
    stake.saturating_mul(1u64.wrapping_shl(times)).min((1 << 50) - 1)
}

/// To whom the stakes go, and how many lots; of a void dispute each goes back where it came from.
pub fn give(account: &mut Account, outcome: u8) -> (Address, u64) {
    let (house, settlement, mut ledger) = books(account);
    let (stakes, agent, pledgor) = (account.slots.stakes(), house.agents().agent, account.slots.party().pledgor);
    let asset = asset_at(settlement);
    let mut back = |lots: u64| ledger.lots.balance = ledger.lots.balance.checked_add(lots).checked();
    let (winner, won) = match outcome {
        ruling::UPHELD | ruling::MARKS_UNAVAILABLE => {
            count_loss(house);
            (pledgor, stakes.pledgor.saturating_add(stakes.agent).saturating_add(stakes.house))
        }
        ruling::VOID => {
            back(stakes.house);
            inventory::put(agent, &asset, stakes.agent);
            (pledgor, stakes.pledgor)
        }
        _ => {
            back(stakes.house);
            (agent, stakes.pledgor.saturating_add(stakes.agent))
        }
    };
    inventory::put(winner, &asset, won);
    if winner == pledgor && outcome != ruling::VOID && stakes.owed != 0 {
        account.receive(settlement, &mut ledger, stakes.owed, None);
    }
    house.set_ledger(&ledger);
    (winner, won)
}

fn count_loss(house: HouseSlots) {
    let (now, lost) = (host::timestamp(), house.lost());
    let recent = now <= lost.at.saturating_add(BINDING_SECONDS);
    let count = if recent { lost.count.saturating_add(1).min(MOST_DOUBLINGS) } else { 1 };
    house.set_lost(Lost { count, at: now })
}
