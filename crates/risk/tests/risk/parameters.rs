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
        "0x3aac9156885c76b149fea8d72988863d9fb380fc414e7451e2e3b57c972ec2af"
    );
}

/// Changes one factor.
type Change = fn(&mut Parameters, Ppm);

/// In the order of the version's type, the floor of volatility shocks left out.
const CHANGES: [Change; 34] = [
    |set, value| set.initial_factor = value,
    |set, value| set.maintenance_factor = value,
    |set, value| set.volatility.up = value,
    |set, value| set.volatility.down = value,
    |set, value| set.volatility.short_power = value,
    |set, value| set.volatility.long_power = value,
    |set, value| set.volatility.least = value,
    |set, value| set.skew.linear.base = value,
    |set, value| set.skew.linear.slope = value,
    |set, value| set.skew.absolute.base = value,
    |set, value| set.skew.absolute.slope = value,
    |set, value| set.skew.least_width = value,
    |set, value| set.skew.width = value,
    |set, value| set.skew.width_base = value,
    |set, value| set.skew.width_slope = value,
    |set, value| set.discount.base_long = value,
    |set, value| set.discount.base_short = value,
    |set, value| set.discount.add_long = value,
    |set, value| set.discount.add_short = value,
    |set, value| set.discount.mult_long = value,
    |set, value| set.discount.mult_short = value,
    |set, value| set.basis.up = value,
    |set, value| set.basis.down = value,
    |set, value| set.basis.add_factor = value,
    |set, value| set.basis.time_factor = value,
    |set, value| set.peg.threshold = value,
    |set, value| set.peg.factor = value,
    |set, value| set.perpetual.maintenance = value,
    |set, value| set.perpetual.initial = value,
    |set, value| set.option.maintenance = value,
    |set, value| set.option.initial = value,
    |set, value| set.confidence.threshold = value,
    |set, value| set.confidence.factor = value,
    |set, value| set.offset.share = value,
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
    set.offset.among.push(Underlying::ETH);
    let text = "RiskParameters2(initialFactor,maintenanceFactor,volatilityUp,volatilityDown,volatilityShortPower,volatilityLongPower,volatilityFloor,volatilityLeast,skewLinearBase,skewLinearSlope,skewAbsoluteBase,skewAbsoluteSlope,skewLeastWidth,skewWidth,skewWidthBase,skewWidthSlope,discountBaseLong,discountBaseShort,discountAddLong,discountAddShort,discountMultLong,discountMultShort,basisUp,basisDown,basisAddFactor,basisTimeFactor,pegThreshold,pegFactor,perpetualMaintenance,perpetualInitial,optionMaintenance,optionInitial,confidenceThreshold,confidenceFactor,offsetShare,(spot,volatility,damping)[],(underlying)[])";
    let factors = [
        -1, 800_000, 500_000, 300_000, 300_000, 130_000, 86_400, 400_000, 250_000, -100_000, 250_000, -100_000, 10_000,
        4_000_000, 600_000, 0, 950_000, 1_050_000, 160_000, 160_000, 0, 0, 45_000, 45_000, 500_000, 2_000_000, 990_000,
        4_000_000, 30_000, 10_000, 3_000, 2_000, 550_000, 1_000_000, 0, 0, 1i128,
    ];
    let words = factors.map(|factor| alloy_primitives::I256::try_from(factor).unwrap().to_be_bytes::<32>());
    assert_eq!(
        set.version_hash(),
        keccak256([keccak256(text).0.to_vec(), words.concat(), Underlying::ETH.word().0.to_vec()].concat())
    );
}

#[test]
fn what_cannot_be_meant_is_refused_by_name() {
    for (index, change) in CHANGES.iter().enumerate() {
        for value in [i64::MIN, -10_000_001, i64::MAX] {
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
fn what_has_no_sign_is_refused_below_zero() {
    let signed = ["skew.linear.slope", "skew.absolute.slope", "skew.width_base", "skew.width_slope"];
    let refused = CHANGES.iter().filter(|change| changed(**change, -1).validate().is_err()).count();
    assert_eq!(refused, CHANGES.len() - signed.len());
}

#[test]
fn floor_and_offset_are_in_the_version_and_checked() {
    let base = Parameters::default();
    let [mut floor, mut offset] = [base.clone(), base.clone()];
    floor.volatility.floor = 3_600;
    offset.offset.among = vec![Underlying::BTC, Underlying::ETH];
    assert_eq!((floor.validate(), offset.validate()), (Ok(()), Ok(())));
    assert!(floor.version_hash() != base.version_hash() && offset.version_hash() != base.version_hash());
    floor.volatility.floor = 0;
    offset.offset.among.reverse();
    assert_eq!(floor.validate(), Err(ParameterError::Floor(0)));
    assert_eq!(offset.validate(), Err(ParameterError::OffsetOrder));
}

#[test]
fn spot_does_not_move_in_a_skew_scenario() {
    let mut set = Parameters::default();
    set.scenarios[32].spot = decimal("0.01");
    assert_eq!(set.validate(), Err(ParameterError::SkewWithMove { index: 32 }));
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

#[test]
fn a_question_goes_beyond_the_governed_ranges_and_is_told_where() {
    let mut set = Parameters::default();
    (set.volatility.short_power, set.maintenance_factor, set.basis.up) = (decimal("10"), decimal("1.5"), decimal("2"));
    (set.scenarios[23].damping, set.volatility.floor) = (decimal("4"), 0);
    assert!(set.validate().is_err() && Model::new(&set).is_err());
    assert_eq!(set.validate_what_if(), Ok(()));
    assert!(Model::what_if(&set).is_ok());
    let beyond: Vec<String> = set.beyond_governed().iter().map(ToString::to_string).collect();
    assert_eq!(
        beyond,
        [
            "parameter maintenance_factor is 1.5, outside 0.000001 to 1",
            "parameter volatility.short_power is 10, outside 0 to 1",
            "parameter basis.up is 2, outside 0 to 1",
            "volatility.floor is 0 s, where 1 s to 10 years are allowed",
            "scenario 23: damping is 4, outside 0.000001 to 1",
        ]
    );
    assert_eq!(Parameters::default().beyond_governed(), []);
}

#[test]
fn a_question_ends_where_the_arithmetic_does() {
    const FAR: i64 = 1_000_000_000_000;
    for (index, change) in CHANGES.iter().enumerate() {
        for value in [i64::MIN, -FAR - 1, FAR + 1, i64::MAX] {
            assert!(changed(*change, value).validate_what_if().is_err(), "factor {index} at {value}");
        }
    }
    let as_governed = ["basis.down", "confidence.threshold", "offset.share"];
    let nearer = ["volatility.short_power", "volatility.long_power", "discount.base_long"];
    let refused = CHANGES.iter().filter(|change| changed(**change, FAR).validate_what_if().is_err()).count();
    assert_eq!(refused, as_governed.len() + nearer.len());
    let mut set = Parameters::default();
    set.volatility.floor = 1 << 36;
    assert!(matches!(set.validate_what_if(), Err(ParameterError::FloorReach { .. })));
    set = Parameters { scenarios: vec![set.scenarios[0]; 4_097], ..Parameters::default() };
    assert_eq!(set.validate_what_if(), Err(ParameterError::ScenarioCount { count: 4_097, most: 4_096 }));
    set.scenarios.truncate(300);
    assert_eq!(set.beyond_governed(), [ParameterError::ScenarioCount { count: 300, most: 256 }]);
    set.scenarios[0].spot = decimal("-1.000001");
    assert!(matches!(set.validate_what_if(), Err(ParameterError::Scenario { index: 0, field: "spot", .. })));
}
