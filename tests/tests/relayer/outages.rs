//! The reporters' service records an outage of the sequencer while its feed shows it.
use super::net::start;
use abi::registry::EligibilityRegistry::{graceBetweenCall, outagesCall, setUptimeFeedCall};
use chain::deploy;
use plumbline_tests::artifacts;
use plumbline_tests::uptime::UptimeFeed::updateStatusCall;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_outage_is_recorded_once() {
    let net = start().await;
    let (operator, registry) = (&net.actors.operator, net.deployment.registry().expect("the registry is deployed"));
    let feed = deploy::evm(&net.provider, "uptime feed", operator.address(), artifacts::token("UptimeFeed")).await;
    let feed = feed.expect("it is deployed").address;
    net.send(operator, registry, setUptimeFeedCall { feed }).await.expect("the owner names it");
    let poster = net.poster().await.expect("a poster");
    assert!(poster.record_outage().await.expect("the node answers").is_none(), "nothing has happened");

    let from = net.time().await.expect("the chain has a time") + 1;
    net.devnode.chain().increase_time(5);
    net.send(operator, feed, updateStatusCall { down: true, timestamp: from }).await.expect("the feed turns");
    net.devnode.chain().increase_time(600);
    net.devnode.chain().mine();
    let recorded = poster.record_outage().await.expect("the node answers").expect("it is down");
    assert!(recorded.status());
    let outages = net.view(registry, outagesCall {}).await.expect("a view");
    let outage = outages.iter().find(|outage| outage.from == from).expect("it is recorded");
    let counted = net.view(registry, graceBetweenCall { from, to: outage.until }).await.expect("a view");
    assert_eq!(counted, outage.until - from);

    let until = net.time().await.expect("the chain has a time") + 1;
    net.devnode.chain().increase_time(5);
    net.send(operator, feed, updateStatusCall { down: false, timestamp: until }).await.expect("the feed turns");
    poster.record_outage().await.expect("the node answers").expect("the rest of it");
    assert!(poster.record_outage().await.expect("the node answers").is_none(), "all of it is recorded");
}
