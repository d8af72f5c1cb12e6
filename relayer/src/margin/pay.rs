//! Variation paid inside the ledger: debits first, then credits, as the escrow does.
use super::draft::Draft;
use super::scene::Scene;
use crate::state::{Reason, Waiting};
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

/// Payments of all stated accounts, in their order. Who gains first recovers what was set aside for it; a house that cannot
/// pay all gains pays the same part of each.
pub fn payments(scene: &Scene<'_>, drafts: &BTreeMap<u64, &Draft>) -> Result<BTreeMap<u64, Payment>, Waiting> {
    settle_up(scene, drafts).map(|(_, payments)| payments)
}

/// The same with what they leave the house.
pub fn settle_up(
    scene: &Scene<'_>,
    drafts: &BTreeMap<u64, &Draft>,
) -> Result<(House, BTreeMap<u64, Payment>), Waiting> {
    let mut house = scene.house.lots;
    let mut payments = BTreeMap::new();
    for (id, draft) in drafts {
        let payment = first(scene, draft, &mut house).ok_or_else(|| overflow(*id))?;
        payments.insert(*id, payment);
    }
    house.set_aside();
    let winners: Vec<(u64, u64)> = drafts.iter().filter_map(|(id, draft)| Some((*id, gain(draft)?))).collect();
    for (id, _) in &winners {
        let dues = payments.get_mut(id).map(|payment| &mut payment.dues).filter(|dues| dues.debt.lots != 0);
        dues.map_or(Some(0), |dues| dues.recover(&mut house)).ok_or_else(|| overflow(*id))?;
    }
    let share = house.share(winners.iter().map(|(_, gain)| gain).fold(0, |sum, gain| sum.saturating_add(*gain)));
    for (id, gain) in winners {
        let payment = payments.get_mut(&id).and_then(|payment| payment.credit(&mut house, gain, share.of_down(gain)));
        payment.ok_or_else(|| overflow(id))?;
    }
    Ok((house, payments))
}

fn gain(draft: &Draft) -> Option<u64> {
    u64::try_from(draft.change()).ok().filter(|gain| *gain > 0)
}

fn overflow(account: u64) -> Waiting {
    Waiting::refused(account, "a figure is out of range")
}

/// A debit, or what a credit begins with.
fn first(scene: &Scene<'_>, draft: &Draft, house: &mut House) -> Option<Payment> {
    let (change, mut dues) = (draft.change(), draft.before.dues(scene.house));
    if change >= 0 {
        return Some(Payment { dues, ..Payment::default() });
    }
    if dues.debt.lots != 0 {
        dues.recover(house)?;
    }
    let Moved { paid, unpaid } = dues.debit(house, change.unsigned_abs(), u64::MAX)?;
    Some(Payment { dues, paid: i64::try_from(paid).ok()?.checked_neg()?, unpaid })
}

impl Payment {
    fn credit(&mut self, house: &mut House, gain: u64, share: Option<u64>) -> Option<()> {
        let Moved { paid, unpaid } = self.dues.credit(house, gain, share)?;
        (self.paid, self.unpaid) = (i64::try_from(paid).ok()?, unpaid);
        Some(())
    }
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
