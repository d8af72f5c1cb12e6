//! Metrics for Prometheus, filled in from state whenever somebody asks.
use super::{Ops, checks};
use crate::state::{LiveState, World};
use prometheus::core::Collector;
use prometheus::{
    Encoder, Gauge, GaugeVec, Histogram, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry, TextEncoder,
};

const PREFIX: &str = "plumbline_relayer";

pub struct Metrics {
    registry: Registry,
    /// What is the operator's alone: how much each venue has.
    own: Registry,
    fills: IntCounterVec,
    queued: IntGaugeVec,
    venues: IntGaugeVec,
    refused: IntCounter,
    reverted: IntCounter,
    mispredicted: IntCounter,
    marked: IntCounter,
    transactions: IntCounterVec,
    settled: IntCounterVec,
    bytes: IntCounterVec,
    execution: IntCounterVec,
    data: IntCounterVec,
    wei: GaugeVec,
    head: IntGauge,
    finalized: IntGauge,
    ages: GaugeVec,
    balance: Gauge,
    checks: IntGaugeVec,
    claims: IntGauge,
    leads: IntGauge,
    epoch: IntGauge,
}

impl Metrics {
    /// `inclusion` is filled in by the engine.
    pub fn new(inclusion: Histogram) -> Self {
        let by_kind = ["kind", "house"];
        let metrics = Self {
            registry: Registry::new(),
            own: Registry::new(),
            fills: counters("fills_total", "Fills that came so far, since the process started", &["state"]),
            queued: gauges("fills", "Fills that have not ended", &["state"]),
            venues: gauges("venue_fills", "Fills of a venue that have not ended", &["venue"]),
            refused: counter("bundles_refused_total", "Bundles that the chain refused before or after they were sent"),
            reverted: counter("bundles_reverted_total", "Bundles on chain without effect"),
            mispredicted: counter("mispredicted_total", "Statements whose effect was another than predicted"),
            marked: counter("marked_accounts_total", "Accounts stated without a fill"),
            transactions: counters("transactions_total", "Included transactions", &by_kind),
            settled: counters("transaction_fills_total", "Fills in included transactions", &by_kind),
            bytes: counters("calldata_bytes_total", "Calldata of included transactions", &by_kind),
            execution: counters("execution_gas_total", "Gas of execution", &by_kind),
            data: counters("data_gas_total", "Gas for data of the parent chain", &by_kind),
            wei: wide("cost_wei", "Paid since the process started", &by_kind),
            head: gauge("head_block", "The newest block absorbed"),
            finalized: gauge("finalized_block", "The newest of them that the chain will not take back"),
            ages: wide(
                "age_seconds",
                "Age of the newest block, prices, the node's last answer, the last turn",
                &["of"],
            ),
            balance: float("balance_wei", "What the relayer's key holds"),
            checks: gauges("check", "1 where a check of /readyz is well", &["name"]),
            claims: gauge("open_claims", "Claims that are open"),
            leads: gauge("leads", "1 where this relayer leads: it settles, the others that share its journal do not"),
            epoch: gauge("lease_epoch", "The epoch in which it leads; grows with every change of the leader"),
        };
        metrics.register(inclusion);
        metrics
    }

    fn register(&self, inclusion: Histogram) {
        let _ = self.own.register(Box::new(self.venues.clone()));
        for collector in self.public(inclusion) {
            // Names are constants, each used once.
            let _ = self.registry.register(collector);
        }
    }

    fn public(&self, inclusion: Histogram) -> Vec<Box<dyn Collector>> {
        vec![
            Box::new(inclusion),
            Box::new(self.fills.clone()),
            Box::new(self.queued.clone()),
            Box::new(self.refused.clone()),
            Box::new(self.reverted.clone()),
            Box::new(self.mispredicted.clone()),
            Box::new(self.marked.clone()),
            Box::new(self.transactions.clone()),
            Box::new(self.settled.clone()),
            Box::new(self.bytes.clone()),
            Box::new(self.execution.clone()),
            Box::new(self.data.clone()),
            Box::new(self.wei.clone()),
            Box::new(self.head.clone()),
            Box::new(self.finalized.clone()),
            Box::new(self.ages.clone()),
            Box::new(self.balance.clone()),
            Box::new(self.checks.clone()),
            Box::new(self.claims.clone()),
            Box::new(self.leads.clone()),
            Box::new(self.epoch.clone()),
        ]
    }

    /// As text; with what is the operator's alone where `own` is true.
    pub fn text(&self, ops: &Ops, own: bool) -> Result<String, prometheus::Error> {
        for check in checks::all(ops) {
            self.checks.with_label_values(&[check.name]).set(i64::from(check.ok));
        }
        let standing = ops.journal.standing();
        self.leads.set(i64::from(standing.may_send()));
        self.epoch.set(standing.epoch().map_or(0, |epoch| epoch as i64));
        let figures = ops.pulse.figures();
        let age = |of: &str, seconds: f64| self.ages.with_label_values(&[of]).set(seconds);
        age("node-answer", figures.answered.as_secs_f64());
        age("turn", figures.turned.as_secs_f64());
        if let Some(balance) = figures.balance {
            self.balance.set(f64::from(balance));
        }
        let world = ops.world.read();
        age("head", checks::head_age(&world) as f64);
        if let Some(prices) = checks::prices_age(ops, &world) {
            age("prices", prices as f64);
        }
        self.count(&world);
        self.pay(&world);
        drop(world);
        let mut text = Vec::new();
        let mut families = self.registry.gather();
        if own {
            families.append(&mut self.own.gather());
        }
        TextEncoder::new().encode(&families, &mut text)?;
        String::from_utf8(text).map_err(|error| prometheus::Error::Msg(error.to_string()))
    }

    fn count(&self, world: &World) {
        let stats = &world.stats;
        for (state, count) in [
            ("accepted", stats.accepted),
            ("settled", stats.settled),
            ("lapsed", stats.lapsed),
            ("rejected", stats.rejected),
        ] {
            raise(&self.fills.with_label_values(&[state]), count);
        }
        let mut states = [("accepted", 0), ("waiting", 0), ("submitted", 0), ("expired", 0)];
        for live in world.live.values() {
            let place = match live.state {
                LiveState::Accepted => 0,
                LiveState::Waiting(_) => 1,
                LiveState::Submitted { .. } => 2,
                LiveState::Expired(_) => 3,
            };
            states[place].1 += 1;
        }
        states.iter().for_each(|(state, count)| self.queued.with_label_values(&[state]).set(*count));
        for (venue, count) in world.queues() {
            self.venues.with_label_values(&[&venue.to_string()]).set(count as i64);
        }
        raise(&self.refused, stats.bundles_refused);
        raise(&self.reverted, stats.bundles_reverted);
        raise(&self.mispredicted, stats.mispredicted);
        raise(&self.marked, stats.marked_accounts);
        self.head.set(world.ledger.head.number as i64);
        self.finalized.set(world.finalized as i64);
        let open = world.claims.values().filter(|claim| claim.state == crate::state::ClaimStanding::Open).count();
        self.claims.set(open as i64);
    }

    fn pay(&self, world: &World) {
        for ((kind, house), costs) in &world.stats.costs {
            let house = house.to_string();
            let labels = [kind.name(), house.as_str()];
            raise(&self.transactions.with_label_values(&labels), costs.transactions);
            raise(&self.settled.with_label_values(&labels), costs.fills);
            raise(&self.bytes.with_label_values(&labels), costs.bytes);
            raise(&self.execution.with_label_values(&labels), costs.execution_gas);
            raise(&self.data.with_label_values(&labels), costs.data_gas);
            self.wei.with_label_values(&labels).set(costs.wei as f64);
        }
    }
}

/// Up to a figure that only grows.
fn raise(counter: &IntCounter, to: u64) {
    counter.inc_by(to.saturating_sub(counter.get()));
}

fn named(name: &str, help: &str) -> Opts {
    Opts::new(format!("{PREFIX}_{name}"), help)
}

/// Names and labels are constants: [`Metrics::new`] is the test.
fn made<T>(metric: Result<T, prometheus::Error>) -> T {
    metric.unwrap_or_else(|error| unreachable!("a metric's name or label: {error}"))
}

fn counter(name: &str, help: &str) -> IntCounter {
    made(IntCounter::with_opts(named(name, help)))
}

fn counters(name: &str, help: &str, labels: &[&str]) -> IntCounterVec {
    made(IntCounterVec::new(named(name, help), labels))
}

fn gauge(name: &str, help: &str) -> IntGauge {
    made(IntGauge::with_opts(named(name, help)))
}

fn gauges(name: &str, help: &str, labels: &[&str]) -> IntGaugeVec {
    made(IntGaugeVec::new(named(name, help), labels))
}

fn float(name: &str, help: &str) -> Gauge {
    made(Gauge::with_opts(named(name, help)))
}

fn wide(name: &str, help: &str, labels: &[&str]) -> GaugeVec {
    made(GaugeVec::new(named(name, help), labels))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::state::stats::Inclusion;
    use std::collections::BTreeSet;

    /// The first name of each metric, histograms with what Prometheus puts behind theirs.
    fn shown(dashboard: &str) -> BTreeSet<String> {
        let rest = dashboard.split(PREFIX).skip(1);
        let names = rest.filter_map(|rest| rest.strip_prefix('_')).map(|rest| {
            let end = rest.find(|letter: char| letter != '_' && !letter.is_ascii_alphanumeric()).unwrap_or(rest.len());
            format!("{PREFIX}_{}", rest[..end].trim_end_matches("_bucket"))
        });
        names.collect()
    }

    #[test]
    fn the_dashboard_shows_every_metric_and_no_other() {
        let inclusion = Inclusion::default().0;
        let metrics = Metrics::new(inclusion.clone());
        let venues: Box<dyn Collector> = Box::new(metrics.venues.clone());
        let all = metrics.public(inclusion).into_iter().chain([venues]);
        let names = all.flat_map(|one| one.desc().into_iter().map(|desc| desc.fq_name.clone()).collect::<Vec<_>>());
        let dashboard = include_str!("../../grafana.json");
        assert!(serde_json::from_str::<serde_json::Value>(dashboard).is_ok());
        assert_eq!(shown(dashboard), names.collect());
    }
}
