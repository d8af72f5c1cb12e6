//! The network that each test starts, and the auditor's look at it afterwards.
use alloy::primitives::Address;
use chain::invariants::{audit, compare};
use chain::{EventReader, ledger::Ledger};
use localnet::{DeskFunds, Holdings, Localnet, LocalnetConfig};

pub async fn start() -> Localnet {
    Localnet::start(LocalnetConfig::default()).await.expect("a local network")
}

/// `desk-2` has 1,000 USDC of margin, no inventory, and a million USDC in its wallet.
pub async fn start_with_a_poor_desk() -> Localnet {
    let mut config = LocalnetConfig::default();
    let (wallet, pledged) = (Holdings::new(1_000_000, 0, 0), Holdings::new(1_000, 0, 0));
    config.desks[2] = DeskFunds { wallet, pledged, inventory: Holdings::default() };
    Localnet::start(config).await.expect("a local network")
}

pub fn account(net: &Localnet, desk: usize) -> u64 {
    net.deployment.account(&format!("desk-{desk}")).expect("every desk has an account")
}

pub fn escrow(net: &Localnet) -> Address {
    net.deployment.escrow().expect("the escrow is deployed")
}

/// Every invariant from events alone, and the views beside them.
pub async fn expect_sound(net: &Localnet) -> Ledger {
    let reader = EventReader::new(net.provider.clone(), &net.deployment);
    let mut audit = audit(escrow(net), &reader.read_all().await.expect("events"));
    compare(&net.provider, &mut audit).await.expect("views");
    let broken: Vec<String> = audit.breaches.iter().map(ToString::to_string).collect();
    assert!(broken.is_empty(), "{}", broken.join("\n"));
    audit.ledger
}
