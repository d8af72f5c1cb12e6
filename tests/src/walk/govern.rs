//! Guardian, pauser and governor, and others in their place, who never succeed.
use super::Walk;
use super::act::Step;
use crate::actors::*;
use crate::tokens::Token;
use abi::escrow::MarginEscrow::{pauseCall, pausedCall, unpauseCall};
use abi::registry::EligibilityRegistry::{
    acceptCall, applyWindDownCall, resumeCall, setRuleCall, suspendCall, tightenCall, windDownCall,
};
use abi::registry::{HaircutRule, status};
use alloy::sol_types::SolCall;
use rand::Rng;

const ANYBODY: [Actor; 9] = [ALICE, HOUSE, AGENT, VENUE, RELAYER, STRANGER, GOVERNOR, GUARDIAN, PAUSER];

impl Walk {
    pub(super) fn govern(&mut self) -> Step {
        let token = self.token();
        let index = token.index;
        match self.rng.random_range(0..11) {
            10 => self.accept(),
            0..2 => {
                let haircut = self.rng.random_range(0..300_000);
                self.registry("tighten", GUARDIAN, tightenCall { index, haircut })
            }
            2 => self.registry("suspend", GUARDIAN, suspendCall { index }),
            3 => self.registry("wind down", GUARDIAN, windDownCall { index }),
            4 => self.apply_wind_down(),
            5..7 => self.set_rule(token),
            7 => self.registry("resume", GOVERNOR, resumeCall { index }),
            8 => self.pause(),
            _ => self.unpause(),
        }
    }

    /// Mostly what was stopped goes on soon, so that walks get somewhere.
    pub(super) fn restart(&mut self) -> Option<Step> {
        if self.is_paused() && self.chance(25) {
            return Some(self.unpause());
        }
        if self.is_impaired() && self.chance(10) {
            return Some(self.issuer());
        }
        let stopped = self.w.tokens().into_iter().find(|token| self.w.haircut(*token).status != status::ACTIVE);
        let index = stopped.filter(|_| self.chance(20))?.index;
        Some(self.registry("resume", GOVERNOR, resumeCall { index }))
    }

    pub(super) fn is_paused(&self) -> bool {
        self.w.view(self.w.escrow, pausedCall {})
    }

    /// By whom it belongs to, or by anybody.
    fn caller(&mut self, right: Actor) -> Actor {
        if self.chance(70) { right } else { self.pick(&ANYBODY) }
    }

    pub(super) fn registry<C: SolCall>(&mut self, name: &'static str, right: Actor, call: C) -> Step {
        let caller = self.caller(right);
        let outcome = self.w.prank(caller).registry(call);
        let step = self.did(name, outcome);
        assert!(caller == right || !step.ok, "{name} by {}", caller.0);
        step
    }

    /// Mostly by a venue, and mostly everything, so that top-ups get somewhere.
    fn accept(&mut self) -> Step {
        let assets = if self.chance(60) { u16::MAX } else { self.rng.random() };
        self.registry("accept", VENUE, acceptCall { assets })
    }

    /// Mostly within bounds.
    fn set_rule(&mut self, token: Token) -> Step {
        let cap = self.rng.random_range(100_000..700_000);
        let floor = self.rng.random_range(0..20_000);
        let highest = if self.chance(90) { 100_000 } else { 800_000 };
        let rule = HaircutRule {
            baseHaircut: self.rng.random_range(floor..highest),
            floor,
            cap,
            deviationSlope: self.rng.random_range(0..2_000_000),
            dispersionSlope: self.rng.random_range(0..2_000_000),
            confidenceSlope: self.rng.random_range(0..200_000),
            concentrationLimit: self.rng.random_range(500_000..1_050_000),
            priceCap: if self.chance(95) { 100 } else { 101 },
        };
        self.registry("set rule", GOVERNOR, setRuleCall { index: token.index, rule })
    }

    /// By anybody; mostly of an asset that winds down, and after its day.
    fn apply_wind_down(&mut self) -> Step {
        let token = self.token();
        let index = token.index;
        if self.chance(70) {
            self.w.prank(GUARDIAN).registry(windDownCall { index }).ignore();
        }
        let before = self.w.haircut(token);
        if self.chance(70) {
            self.w.warp(before.countsUntil.saturating_sub(self.w.now()));
        }
        let due = before.status == status::WINDING_DOWN && self.w.now() >= before.countsUntil;
        let outcome = self.w.prank(STRANGER).registry(applyWindDownCall { index });
        let step = self.did("apply wind-down", outcome);
        assert_eq!(step.ok, due, "a wind-down took effect before its time, or not after it");
        step
    }

    fn pause(&mut self) -> Step {
        let caller = self.caller(PAUSER);
        let outcome = self.w.prank(caller).escrow(pauseCall {});
        let step = self.did("pause", outcome);
        assert_eq!(step.ok, caller == PAUSER, "a pause by {}", caller.0);
        step
    }

    fn unpause(&mut self) -> Step {
        let caller = self.caller(PAUSER);
        let outcome = self.w.prank(caller).escrow(unpauseCall {});
        let step = self.did("unpause", outcome);
        assert_eq!(step.ok, [PAUSER, GOVERNOR].contains(&caller), "the pause ended by {}", caller.0);
        step
    }
}
