//! The reference set: 33 scenarios and the factors that go with them.
use super::*;
use Volatility::{AbsoluteSkew, Down, LinearSkew, Unchanged, Up};

/// Spot moves that meet every volatility direction, ppm.
const GRID: [i64; 7] = [-135_000, -90_000, -45_000, 0, 45_000, 90_000, 135_000];
const EDGES: [i64; 2] = [-180_000, 180_000];
/// Spot move and damping, ppm.
const TAILS: [(i64, i64); 8] = [
    (-660_000, 210_000),
    (-330_000, 420_000),
    (500_000, 277_200),
    (1_000_000, 138_600),
    (2_000_000, 69_300),
    (3_000_000, 46_200),
    (4_000_000, 34_650),
    (5_000_000, 27_720),
];

impl Default for Parameters {
    fn default() -> Self {
        Self {
            scenarios: scenarios(),
            volatility: VolatilityShock {
                up: ppm(500_000),
                down: ppm(300_000),
                short_power: ppm(300_000),
                long_power: ppm(130_000),
                floor: 86_400,
                least: ppm(400_000),
            },
            skew: skew(),
            discount: StaticDiscount {
                base_long: ppm(950_000),
                base_short: ppm(1_050_000),
                add_long: ppm(160_000),
                add_short: ppm(160_000),
                mult_long: Ppm::ZERO,
                mult_short: Ppm::ZERO,
            },
            basis: Basis { up: ppm(45_000), down: ppm(45_000), add_factor: ppm(500_000), time_factor: ppm(2_000_000) },
            peg: Peg { threshold: ppm(990_000), factor: ppm(4_000_000) },
            initial_factor: Ppm::ONE,
            maintenance_factor: ppm(800_000),
            perpetual: PerpetualContingency { maintenance: ppm(30_000), initial: ppm(10_000) },
            option: OptionContingency { maintenance: ppm(3_000), initial: ppm(2_000) },
            confidence: Confidence { threshold: ppm(550_000), factor: Ppm::ONE },
            offset: Offset::default(),
        }
    }
}

const fn skew() -> Skew {
    let cap = SkewCap { base: ppm(250_000), slope: ppm(-100_000) };
    Skew {
        linear: cap,
        absolute: cap,
        least_width: ppm(10_000),
        width: ppm(4_000_000),
        width_base: ppm(600_000),
        width_slope: Ppm::ZERO,
    }
}

fn scenarios() -> Vec<Scenario> {
    let full = |spot, volatility| Scenario { spot: ppm(spot), volatility, damping: Ppm::ONE };
    let grid = GRID.into_iter().flat_map(|spot| [Up, Unchanged, Down].map(|volatility| full(spot, volatility)));
    let edges = EDGES.into_iter().map(|spot| full(spot, Up));
    let tails =
        TAILS.into_iter().map(|(spot, damping)| Scenario { spot: ppm(spot), volatility: Up, damping: ppm(damping) });
    let skews = [full(0, LinearSkew), full(0, AbsoluteSkew)];
    grid.chain(edges).chain(tails).chain(skews).collect()
}

const fn ppm(raw: i64) -> Ppm {
    Ppm::from_raw(raw)
}
