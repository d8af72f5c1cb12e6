//! The local network as tests and the demo find it. Needs the contracts: `cargo xtask build`.
use abi::escrow::MarginEscrow::{accountCall, inventoryCall, mandateCall, pledgeCall};
use alloy::primitives::{B256, U256, keccak256};
use alloy::providers::Provider;
use alloy::sol_types::SolValue;
use anyhow::Result;
use chain::invariants::{audit, compare};
use chain::{Deployment, EventReader};
use devnode::{Devnode, DevnodeConfig};
use plumbline_localnet::{Actors, Artifacts, Localnet, LocalnetConfig, Net, TCASH, USDC, USDE};

#[tokio::test(flavor = "multi_thread")]
async fn a_fresh_network_is_open_funded_and_sound() -> Result<()> {
    let net = Localnet::start(LocalnetConfig::default()).await?;
    accounts_are_as_configured(&net).await?;
    barred_wallets_hold_no_cash(&net).await?;
    let events = EventReader::new(net.provider.clone(), &net.deployment).read_all().await?;
    let mut audit = audit(net.deployment.escrow()?, &events);
    compare(&net.provider, &mut audit).await?;
    assert!(audit.holds(), "{:#?}", audit.breaches);
    assert!(net.places.values().all(|place| place.cached), "{:?}", net.places);
    assert_eq!(audit.ledger.accounts.len(), 4);
    assert_eq!(audit.ledger.houses[&net.house].balance, 20_000_000_000_000);
    deployment_survives_its_file(&net.deployment)
}

/// A rebasing token changes balances and emits nothing.
#[tokio::test(flavor = "multi_thread")]
async fn a_balance_that_changes_without_an_event_breaks_invariant_1() -> Result<()> {
    let net = Localnet::start(LocalnetConfig::default()).await?;
    let (escrow, token) = (net.deployment.escrow()?, net.deployment.token(USDC)?.address);
    let balances_of_escrow = keccak256((escrow, U256::ZERO).abi_encode());
    let five = B256::from(U256::from(5));
    let _: bool = net.provider.raw_request("anvil_setStorageAt".into(), (token, balances_of_escrow, five)).await?;
    let events = EventReader::new(net.provider.clone(), &net.deployment).read_all().await?;
    let mut audit = audit(escrow, &events);
    assert!(audit.holds());
    compare(&net.provider, &mut audit).await?;
    let [breach] = &audit.breaches[..] else { panic!("{:#?}", audit.breaches) };
    assert_eq!((breach.fault.invariant, &*breach.fault.found), (1, "5"));
    Ok(())
}

async fn accounts_are_as_configured(net: &Localnet) -> Result<()> {
    let escrow = net.deployment.escrow()?;
    for desk in &net.actors.desk {
        let account = net.deployment.account(&desk.name)?;
        let state = net.view(escrow, accountCall { account }).await?;
        assert_eq!((state.pledgor, state.house, state.requirement), (desk.address(), net.house, 0));
        for (symbol, whole) in [(USDC, 2_000_000), (USDE, 1_000_000), (TCASH, 1_000_000)] {
            let token = net.deployment.token(symbol)?.address;
            let held = net.view(escrow, inventoryCall { holder: desk.address(), token }).await?;
            assert_eq!(held, net.units(symbol, whole)?, "{symbol} of {}", desk.name);
        }
        for venue in &net.actors.venue {
            let mandate = net.view(escrow, mandateCall { account, venue: venue.address() }).await?;
            assert!(mandate.validUntil > net.time().await?);
        }
    }
    Ok(())
}

async fn barred_wallets_hold_no_cash(net: &Localnet) -> Result<()> {
    let venue = &net.actors.venue[0];
    assert!(net.mint(TCASH, venue.address(), 1).await.is_err(), "a venue is no allowed holder");
    let call = pledgeCall { account: 1, token: net.deployment.token(USDC)?.address, amount: U256::from(1) };
    let refused = net.send(venue, net.deployment.escrow()?, call).await.unwrap_err().to_string();
    assert!(refused.contains("pledge(uint64,address,uint256) by venue-0"), "{refused}");
    Ok(())
}

fn deployment_survives_its_file(deployment: &Deployment) -> Result<()> {
    let path = std::env::temp_dir().join(format!("plumbline-localnet-{}.json", std::process::id()));
    deployment.save(&path)?;
    assert_eq!(&Deployment::load(&path)?, deployment);
    Ok(std::fs::remove_file(path)?)
}

/// Set up on a node whose cache has no room: no place is won, and each program is told with what that costs.
#[tokio::test(flavor = "multi_thread")]
async fn a_full_program_cache_is_told() -> Result<()> {
    let node = Devnode::start(DevnodeConfig::default()).await?;
    node.chain().set_place_price(1_000_000_000);
    let mut net = Net::connect(&node.http_url(), Actors::new()).await?;
    net.deploy_contracts(&Artifacts::default()).await?;
    let told = net.uncached().await?;
    assert_eq!(told.len(), net.deployment.contracts.len(), "{told:?}");
    let escrow =
        told.iter().find(|line| line.starts_with("margin-escrow is not cached: a place costs 0.000000001 ETH now"));
    assert!(escrow.is_some_and(|line| line.contains("without one a call pays")), "{told:?}");
    Ok(())
}
