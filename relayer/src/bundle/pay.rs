//! Variation paid inside the ledger: debits first, then credits, as the escrow does.
use super::draft::{Draft, Scene};
use crate::risk::{Reason, Waiting};
use csa::{Dues, House, Moved};
use std::collections::BTreeMap;

/// What a statement moves between an account and its house.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Payment {
    /// What it leaves.
    pub dues: Dues,
    /// Positive is received.
    pub paid: i64,
    /// What could not be paid: it is owed.
    pub unpaid: u64,
}

/// Payments of all stated accounts, in their order. A house that cannot pay all gains pays the same part of each.
pub fn payments(scene: &Scene<'_>, drafts: &BTreeMap<u64, &Draft>) -> Result<BTreeMap<u64, Payment>, Waiting> {
    let mut house = scene.house.lots;
    let mut payments = BTreeMap::new();
    let mut pay = |house: &mut House, draft: &Draft, share: Option<u64>| {
        let payment = payment(scene, draft, house, share);
        let payment = payment.ok_or_else(|| Waiting::refused(draft.id(), "a figure is out of range"))?;
        payments.insert(draft.id(), payment);
        Ok(())
    };
    drafts.values().filter(|draft| draft.change() <= 0).try_for_each(|draft| pay(&mut house, draft, None))?;
    let gains = drafts.values().map(|draft| draft.change()).filter(|change| *change > 0);
    let share = house.share(gains.map(i64::unsigned_abs).fold(0, u64::saturating_add));
    let winners = drafts.values().filter(|draft| draft.change() > 0);
    winners.into_iter().try_for_each(|draft| {
        let own = share.of_down(draft.change().unsigned_abs());
        pay(&mut house, draft, own)
    })?;
    Ok(payments)
}

fn payment(scene: &Scene<'_>, draft: &Draft, house: &mut House, share: Option<u64>) -> Option<Payment> {
    let (change, mut dues) = (draft.change(), draft.before.dues(scene.house));
    if change == 0 {
        return Some(Payment { dues, ..Payment::default() });
    }
    if dues.debt.lots != 0 {
        dues.recover(house)?;
    }
    let Moved { paid, unpaid } = match change {
        ..0 => dues.debit(house, change.unsigned_abs(), u64::MAX)?,
        _ => dues.credit(house, change.unsigned_abs(), share)?,
    };
    let paid = i64::try_from(paid).ok()?;
    Some(Payment { dues, paid: if change < 0 { -paid } else { paid }, unpaid })
}

/// A bundle with fills pays everything, or nothing happens.
pub fn covered(scene: &Scene<'_>, draft: &Draft, payment: &Payment) -> Result<(), Waiting> {
    let (id, change, unpaid) = (draft.id(), draft.change(), payment.unpaid);
    if unpaid == 0 {
        return Ok(());
    }
    if change < 0 {
        let debit = change.unsigned_abs();
        let detail = format!("variation of {debit} micro-USD falls due, the settlement token is short of {unpaid}");
        return Err(Waiting::short(Reason::VariationUncovered, id, unpaid, detail));
    }
    let house = scene.house;
    let detail = format!("house {} is free to pay {} micro-USD, and is short of {unpaid}", house.id, house.lots.free());
    Err(Waiting { account: None, ..Waiting::short(Reason::HouseUncovered, id, unpaid, detail) })
}
