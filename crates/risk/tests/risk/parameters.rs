//! The default set is the reference's, validates, and has a version that any change changes.
use crate::support::*;
use alloy_primitives::keccak256;
use plumbline_risk::*;

#[test]
fn the_default_set_has_33_scenarios_and_validates() {
    let set = Parameters::default();
    assert_eq!((set.scenarios.len(), set.validate()), (33, Ok(())));
    assert_eq!(set.scenarios[23].to_string(), "spot -0.66, volatility up, damping 0.21");
    assert_eq!(set.scenarios[32].to_string(), "spot 0, absolute skew, damping 1");
}

#[test]
fn the_version_of_the_default_set_is_pinned() {
    assert_eq!(
        Parameters::default().version_hash().to_string(),
        "0x1456286fc12fb6d5cdfcabad5a32601e554960af22396f85b7026d144f7fbff2"
    );
}

/// Changes one factor.
type Change = fn(&mut Parameters, Ppm);

const CHANGES: [Change; 16] = [
    |set, value| set.initial_factor = value,
    |set, value| set.maintenance_factor = value,
    |set, value| set.discount.base_long = value,
    |set, value| set.discount.base_short = value,
    |set, value| set.discount.add_long = value,
    |set, value| set.discount.add_short = value,
    |set, value| set.basis.up = value,
    |set, value| set.basis.down = value,
    |set, value| set.basis.add_factor = value,
    |set, value| set.basis.time_factor = value,
    |set, value| set.peg.threshold = value,
    |set, value| set.peg.factor = value,
    |set, value| set.perpetual.maintenance = value,
    |set, value| set.perpetual.initial = value,
    |set, value| set.confidence.threshold = value,
    |set, value| set.confidence.factor = value,
];

fn changed(change: Change, value: i64) -> Parameters {
    let mut set = Parameters::default();
    change(&mut set, Ppm::from_raw(value));
    set
}

#[test]
fn every_factor_is_in_the_version() {
    let versions: std::collections::BTreeSet<B256> =
        CHANGES.iter().map(|change| changed(*change, 12_345).version_hash()).collect();
    assert_eq!(versions.len(), CHANGES.len());
    assert!(!versions.contains(&Parameters::default().version_hash()));
}

#[test]
fn every_scenario_is_in_the_version() {
    let base = Parameters::default();
    for index in 0..base.scenarios.len() {
        let mut set = base.clone();
        set.scenarios[index].volatility = Volatility::AbsoluteSkew;
        set.scenarios[index].spot = decimal("0.000001");
        assert_ne!(set.version_hash(), base.version_hash());
    }
}

#[test]
fn the_version_hashes_whole_words() {
    let mut set = changed(CHANGES[0], -1);
    set.scenarios.clear();
    let text = "RiskParameters1(initialFactor,maintenanceFactor,discountBaseLong,discountBaseShort,discountAddLong,discountAddShort,basisUp,basisDown,basisAddFactor,basisTimeFactor,pegThreshold,pegFactor,perpetualMaintenance,perpetualInitial,confidenceThreshold,confidenceFactor,(spot,volatility,damping)[])";
    let factors = [
        -1, 800_000, 950_000, 1_050_000, 160_000, 160_000, 45_000, 45_000, 500_000, 2_000_000, 990_000, 4_000_000,
        30_000, 10_000, 550_000, 1_000_000, 0i128,
    ];
    let words = factors.map(|factor| alloy_primitives::I256::try_from(factor).unwrap().to_be_bytes::<32>());
    assert_eq!(set.version_hash(), keccak256([keccak256(text).0.to_vec(), words.concat()].concat()));
}

#[test]
fn what_cannot_be_meant_is_refused_by_name() {
    for (index, change) in CHANGES.iter().enumerate() {
        for value in [-1, i64::MIN, i64::MAX] {
            assert!(changed(*change, value).validate().is_err(), "factor {index} at {value}");
        }
    }
    let above = ParameterError::OutOfRange {
        field: "maintenance_factor",
        value: decimal("1.000001"),
        least: decimal("0.000001"),
        most: Ppm::ONE,
    };
    assert_eq!(changed(CHANGES[1], 1_000_001).validate(), Err(above));
}

#[test]
fn a_scenario_is_refused_by_its_place() {
    let mut set = Parameters::default();
    set.scenarios[5].damping = Ppm::ZERO;
    assert!(matches!(set.validate(), Err(ParameterError::Scenario { index: 5, field: "damping", .. })));
    set.scenarios.clear();
    assert_eq!(set.validate(), Err(ParameterError::ScenarioCount { count: 0, most: 256 }));
    assert!(requirement(&book(&[("BTC-PERP", "1")]), &Marks::new(AS_OF, decimal("1")).unwrap(), &set).is_err());
}
