//! Top-ups from pledgors' inventory, within their mandates.
use crate::marks::{StatedAccount, StatementApplication};
use abi::escrow::MarginEscrow::{NotEligible, Pledged, TopUpLimitExceeded};
use abi::escrow::source;
use abi::packed::{Bundle, Move};
use alloc::vec::Vec;
use alloy_primitives::Address;
use escrow_ledger::batch::Millis;
use escrow_ledger::claims;
use escrow_ledger::encode::emit;
use escrow_ledger::fault::{OrFail, ensure};
use escrow_ledger::inventory;
use escrow_ledger::pledge;
use escrow_ledger::registry::{self, Asset, Valuations, bit};

/// Bitmap of the assets that moves bring.
pub fn assets(moves: &[Move]) -> u16 {
    moves.iter().fold(0, |bitmap, top_up| bitmap | bit(top_up.asset))
}

impl StatementApplication<'_> {
    pub fn top_up(&mut self, bundle: &Bundle, valuations: &Valuations) {
        let mut known: Vec<Asset> = Vec::new();
        let (settlement, now) = (self.agents.settlement, self.now);
        for top_up in &bundle.moves {
            let asset = look_up(&mut known, top_up.asset);
            let stated = self.stated(top_up.account);
            stated.allow_top_up(bundle.venue, &asset, top_up.lots, now);
            stated.take_top_up(bundle.venue, &asset, top_up.lots, valuations);
        }
        for Move { account, .. } in &bundle.moves {
            let mut ledger = self.ledger;
            claims::collect(&mut self.stated(*account).account, 0, settlement, &mut ledger);
            self.ledger = ledger;
        }
    }
}

impl StatedAccount<'_> {
    /// The asset is eligible; the venue's mandate allows it and is valid now, where no fill has shown it to be.
    fn allow_top_up(&mut self, venue: Address, asset: &Asset, lots: u64, now: u64) {
        let (account, token) = (self.account.id, asset.token);
        let mandate = match self.mandate {
            Some(mandate) => mandate,
            None => self.mandate_at(venue, Millis::of(now)),
        };
        ensure(self.account.terms.eligible & asset.bit() != 0, || NotEligible { account, token });
        let left = self.account.top_up(asset.index, mandate.serial);
        let allowed = if mandate.top_ups & asset.bit() == 0 { 0 } else { *left };
        let (asked, most) = (asset.units_down(lots), asset.units_down(allowed));
        let rest = allowed.checked_sub(lots);
        *left = rest.or_fail(|| TopUpLimitExceeded { account, token, asked, left: most });
    }

    fn take_top_up(&mut self, venue: Address, asset: &Asset, lots: u64, valuations: &Valuations) {
        let pledgor = self.account.slots.party().pledgor;
        let stressed = pledge::add(&mut self.account, asset, lots, valuations);
        inventory::take(pledgor, asset, lots);
        emit(&Pledged {
            account: self.account.id,
            token: asset.token,
            from: venue,
            amount: asset.units(lots),
            source: source::TOP_UP,
            stressedLots: stressed,
        });
    }
}

fn look_up(known: &mut Vec<Asset>, index: u8) -> Asset {
    if let Some(asset) = known.iter().find(|asset| asset.index == index) {
        return *asset;
    }
    let asset = registry::asset_at(index);
    known.push(asset);
    asset
}
