//! What owner, guardian and anyone write in the registry.
use super::{DAY, Measured};
use crate::actors::*;
use crate::deploy::terms;
use crate::market::ONE;
use crate::outcome::Outcome;
use crate::tokens::feed;
use crate::world::World;
use abi::registry::EligibilityRegistry::*;
use abi::registry::{AssetTerms, HaircutRule, role};
use alloy::primitives::{Address, FixedBytes};
use alloy::sol_types::SolValue;

impl Measured<'_> {
    pub(super) fn registry(&mut self) {
        let w = &self.costs.world;
        let index = w.usde.index;
        self.constructor::<stylus_constructorCall>(w.registry, (GOVERNOR.address(), w.oracle).abi_encode());
        self.owner();
        self.entry(|w| {
            w.prank(VENUE).registry(acceptCall { assets: 1 }).ok();
            w.prank(VENUE).registry(acceptCall { assets: 3 })
        });
        self.entry(|w| {
            w.prank(GUARDIAN).registry(tightenCall { index, haircut: 100_000 }).ok();
            w.prank(GUARDIAN).registry(tightenCall { index, haircut: 200_000 })
        });
        self.entry(|w| w.prank(GUARDIAN).registry(suspendCall { index }));
        self.entry(|w| w.prank(GUARDIAN).registry(windDownCall { index }));
        self.entry(|w| {
            w.prank(GUARDIAN).registry(tightenCall { index, haircut: 100_000 }).ok();
            w.prank(GUARDIAN).registry(suspendCall { index }).ok();
            w.prank(GOVERNOR).registry(resumeCall { index })
        });
        self.entry(|w| {
            w.prank(GUARDIAN).registry(windDownCall { index }).ok();
            w.warp(DAY);
            w.prank(STRANGER).registry(applyWindDownCall { index })
        });
        self.outages();
        let sync = self.costs.sync();
        self.put("sync".to_owned(), sync);
        let slot = self.costs.slot(9).gas;
        self.put("submitAndSync".to_owned(), slot);
    }

    /// With a feed that keeps history. A record in an empty place, and the extension of one; a sync that asks the feed.
    fn outages(&mut self) {
        self.entry(|w| {
            let feed = w.watch_uptime();
            w.outage(feed, 600);
            w.record_outage()
        });
        self.case("extends", |w| {
            let feed = w.watch_uptime();
            w.turns(feed, true);
            w.warp(600);
            w.record_outage().ok();
            w.warp(600);
            w.record_outage()
        });
        self.case("feed_up", |w| {
            w.watch_uptime();
            sync_next(w)
        });
        self.case("outage", |w| {
            let feed = w.watch_uptime();
            w.turns(feed, true);
            sync_next(w)
        });
    }

    fn owner(&mut self) {
        self.entry(|w| {
            let (token, feed) = (Address::repeat_byte(9), feed("NEW-USD"));
            w.node.set_code(token, &crate::hostile::answers(6));
            w.prank(GOVERNOR).registry(listAssetCall { terms: AssetTerms { token, feed, ..terms(10_000, 500_000) } })
        });
        self.entry(|w| {
            let (participant, lei) = (VENUE.address(), FixedBytes::repeat_byte(b'V'));
            w.prank(GOVERNOR).registry(setParticipantCall { participant, lei, roles: role::VENUE })
        });
        self.entry(|w| {
            let rule = HaircutRule { baseHaircut: 60_000, concentrationLimit: 500_000, ..w.rule(w.usde) };
            w.prank(GOVERNOR).registry(setRuleCall { index: w.usde.index, rule })
        });
        self.entry(|w| w.prank(GOVERNOR).registry(setGuardianCall { guardian: STRANGER.address() }));
        self.entry(|w| w.prank(GOVERNOR).registry(setUptimeFeedCall { feed: STRANGER.address() }));
        self.entry(|w| w.prank(GOVERNOR).registry(setPauserCall { pauser: STRANGER.address() }));
        self.entry(|w| w.prank(GOVERNOR).registry(transferOwnershipCall { newOwner: STRANGER.address() }));
        self.entry(|w| {
            w.prank(GOVERNOR).registry(transferOwnershipCall { newOwner: STRANGER.address() }).ok();
            w.prank(STRANGER).registry(acceptOwnershipCall {})
        });
    }
}

/// The rounds of the next slot, for all three assets.
fn sync_next(w: &World) -> Outcome<syncCall> {
    w.warp(10);
    let rounds = w.tokens().map(|token| w.round(token.feed, w.slot(), &[ONE; 5])).to_vec();
    w.prank(RELAYER).submit(rounds).ok();
    w.sync()
}
