//! What owner, guardian and anyone write in the registry.
use super::{DAY, Measured};
use crate::actors::*;
use crate::deploy::terms;
use crate::tokens::feed;
use abi::registry::EligibilityRegistry::*;
use abi::registry::{AssetTerms, HaircutRule, role};
use alloy::primitives::{Address, FixedBytes};
use alloy::sol_types::SolValue;

impl Measured<'_> {
    pub(super) fn registry(&mut self) {
        let w = &self.costs.world;
        let index = w.usde.index;
        self.constructor::<stylus_constructorCall>("eligibility-registry", (GOVERNOR.address(), w.oracle).abi_encode());
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
        let sync = self.costs.sync();
        self.put("sync".to_owned(), sync);
    }

    fn owner(&mut self) {
        self.entry(|w| {
            let (token, feed) = (Address::repeat_byte(9), feed("NEW-USD"));
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
        self.entry(|w| w.prank(GOVERNOR).registry(setPauserCall { pauser: STRANGER.address() }));
        self.entry(|w| w.prank(GOVERNOR).registry(transferOwnershipCall { newOwner: STRANGER.address() }));
        self.entry(|w| {
            w.prank(GOVERNOR).registry(transferOwnershipCall { newOwner: STRANGER.address() }).ok();
            w.prank(STRANGER).registry(acceptOwnershipCall {})
        });
    }
}
