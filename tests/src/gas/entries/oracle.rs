//! What owner and anyone write in the oracle.
use super::Measured;
use crate::actors::{GOVERNOR, STRANGER};
use abi::oracle::PriceOracle::*;
use abi::oracle::ReporterSet;
use alloy::primitives::B256;
use alloy::sol_types::SolValue;

impl Measured<'_> {
    pub(super) fn oracle(&mut self) {
        let (new, oracle) = (STRANGER.address(), self.costs.world.oracle);
        self.constructor::<stylus_constructorCall>(oracle, GOVERNOR.address().abi_encode());
        self.entry(|w| {
            let set = ReporterSet { bandPpm: 10_000, ..w.reporters.clone() };
            w.prank(GOVERNOR).send(w.oracle, setReportersCall { set })
        });
        self.entry(|w| w.prank(GOVERNOR).send(w.oracle, transferOwnershipCall { newOwner: new }));
        self.entry(|w| {
            w.prank(GOVERNOR).send(w.oracle, transferOwnershipCall { newOwner: new }).ok();
            w.prank(STRANGER).send(w.oracle, acceptOwnershipCall {})
        });
        self.case("marks", |w| w.send_marks(&w.marks(w.slot(), B256::repeat_byte(1), &[0, 1, 2, 3, 4])));
        let submit = self.costs.price_round();
        self.put("submit".to_owned(), submit);
    }
}
